//! Starting a program with limits. This program starts itself first, takes the limits, and becomes the other program: so there is no moment
//! at which that runs without them, nothing that it begins is left out, and its number stays the one that was started.

use crate::cli::ExecLimited;
use domain::package::ProcessLimits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Bytes of a megabyte.
const MEGABYTE: u64 = 1 << 20;

/// What starts `program` with these limits; its arguments are added by the caller.
pub fn command(limits: &ProcessLimits, program: &Path) -> io::Result<Command> {
    // The link leads to this program also where its file was replaced by a newer version meanwhile.
    let own =
        if cfg!(target_os = "linux") { PathBuf::from("/proc/self/exe") } else { std::env::current_exe()? };
    let mut command = Command::new(own);
    command.arg("exec-limited");
    let each = [
        ("--memory-megabytes", limits.memory_megabytes),
        ("--open-files", limits.open_files),
        ("--processes", limits.processes),
    ];
    for (option, limit) in each {
        if let Some(limit) = limit {
            command.args([option, &limit.to_string()]);
        }
    }
    command.arg("--").arg(program);
    Ok(command)
}

/// Takes limits, and becomes another program. Comes back only where that failed.
pub fn exec_limited(arguments: &ExecLimited) -> String {
    let each = [
        // Data and not address space: many programs reserve far more addresses than they ever use.
        (Resource::Data, "memory", arguments.memory_megabytes.map(|n| u64::from(n) * MEGABYTE)),
        (Resource::Nofile, "open files", arguments.open_files.map(u64::from)),
        (Resource::Nproc, "processes", arguments.processes.map(u64::from)),
    ];
    for (resource, name, wanted) in each {
        if let Some(wanted) = wanted
            && let Err(error) = limit(resource, wanted)
        {
            return format!("The limit of {name} could not be set: {error}.");
        }
    }
    let Some((program, rest)) = arguments.command.split_first() else {
        return "There is no program.".to_owned();
    };
    let error = std::process::Command::new(program).args(rest).exec();
    format!("{} could not be started: {error}.", Path::new(program).display())
}

fn limit(resource: Resource, wanted: u64) -> io::Result<()> {
    // Where less is allowed already, nobody but root could raise it.
    let most = getrlimit(resource).maximum.map_or(wanted, |most| most.min(wanted));
    setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).map_err(io::Error::from)
}
