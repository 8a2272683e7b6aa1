//! The console for end-to-end tests: the same program, whose clock is as many seconds ahead as the file says that the environment
//! variable below names. What people install is `towpath`, which has no such switch; a test looks for that name in it.

use clap::Parser as _;
use domain::time::{SECOND, Timestamp};
use operations::Clock;
use server::cli::{Cli, run_with};
use server::clock::{Sources, SystemClock};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Names the file.
const FILE: &str = "TOWPATH_TEST_CLOCK_FILE";

/// The machine's clock, as far ahead as the file says; a file that is not there says nothing.
struct Ahead(PathBuf);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        let seconds = std::fs::read_to_string(&self.0).ok().and_then(|text| text.trim().parse::<i64>().ok());
        SystemClock.now().plus(seconds.unwrap_or(0).saturating_mul(SECOND))
    }
}

fn main() -> ExitCode {
    let Some(file) = std::env::var_os(FILE) else {
        eprintln!("{FILE} is to name a file that says how many seconds the clock is ahead.");
        return ExitCode::from(2);
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("The runtime could not be started: {error}.");
            return ExitCode::FAILURE;
        }
    };
    let sources = Sources { clock: Arc::new(Ahead(file.into())), ..Sources::default() };
    let ended = runtime.block_on(run_with(Cli::parse(), sources));
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            failure.code()
        }
    }
}
