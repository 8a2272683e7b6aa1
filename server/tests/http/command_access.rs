//! Every command that speaks to a console as every kind of caller, compared with one reviewed table. A command that is not in it fails.

use crate::api::{Things, account};
use crate::command_line::Person;
use crate::common::Served;
use clap::CommandFactory as _;
use domain::token::Scope;
use futures::StreamExt as _;
use operations::{Caller, NewUser};
use server::cli::Cli;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Output;
use tempfile::TempDir;

/// Commands that work on the machine itself, as its operator.
const LOCAL: [&str; 7] =
    ["serve", "demo", "migrate", "user add", "token create", "package build", "package show"];

/// Programs that run at the same time.
const AT_ONCE: usize = 6;

/// The words that name a command, and what follows them.
type Line = (&'static str, Vec<String>);

fn line(name: &'static str, rest: &[&str]) -> Line {
    (name, rest.iter().map(|word| (*word).to_owned()).collect())
}

fn lines(things: &Things, base: &str, file: &str, (architecture, package): (&str, &str)) -> Vec<Line> {
    let token = things.token.as_str();
    let deployment = things.deployment.as_str();
    let (rule, path) = (things.finding.0.as_str(), things.finding.1.as_str());
    vec![
        line("login", &["--console", base]),
        line("users list", &[]),
        line("users show", &["ron"]),
        line("users create", &["zoe", "--name", "Zoe", "--role", "Reader"]),
        line("users change", &["ron", "--name", "Ron"]),
        line("users role", &["ron", "Developer"]),
        line("users deactivate", &["ron"]),
        line("users reactivate", &["zed"]),
        line("users grant", &["ron", "desk", "--role", "Reader"]),
        line("users revoke", &["ron", "desk"]),
        line("teams list", &[]),
        line("teams show", &["Pilots"]),
        line("teams create", &["Crew"]),
        line("teams change", &["Pilots", "--name", "Crew"]),
        line("teams delete", &["Pilots"]),
        line("teams put", &["Pilots", "ron", "--role", "Reader"]),
        line("teams remove", &["Pilots", "ron"]),
        line("teams give", &["Pilots", "tide"]),
        line("teams take", &["Pilots", "desk"]),
        line("roles list", &[]),
        line("roles show", &["Reader"]),
        line("roles create", &[file]),
        line("roles change", &["Reader", file]),
        line("roles delete", &["Developer", "--substitute", "Reader"]),
        line("tokens accounts", &[]),
        line("tokens account", &["more", "--role", "Reader"]),
        line("tokens list", &["spare"]),
        line("tokens create", &["spare", "--name", "more"]),
        line("tokens rotate", &["spare", token]),
        line("tokens revoke", &["spare", token]),
        line("infrastructures list", &[]),
        line("infrastructures create", &["quay", "--name", "Quay", "--administrator", "ada"]),
        line("infrastructures change", &["--hosting", "aws"]),
        line("environments list", &[]),
        line("environments dependencies", &["dev"]),
        line("environments register", &["Staging", "--purpose", "test", "--front-end", "stage-1"]),
        line("environments change", &["dev", "--name", "Workshop"]),
        line("environments zone", &["dev", "desk"]),
        line("environments leave", &["test"]),
        line("environments maintain", &["dev", "--reason", "New disks"]),
        line("environments end-maintenance", &["test"]),
        line("servers list", &["dev"]),
        line("servers add", &["dev", "dev-2"]),
        line("servers change", &["dev", "dev-1", "--host", "dev-1.example"]),
        line("servers leave", &["dev", "dev-1"]),
        line("servers code", &["dev", "dev-1"]),
        line("servers confirm", &["dev", "dev-1", "00"]),
        line("servers refuse", &["dev", "dev-1"]),
        line("servers make-controller", &["dev", "dev-1"]),
        line("servers revoke", &["dev", "dev-1"]),
        line("applications show", &["desk"]),
        line("applications create", &["more", "--name", "More", "--environment", "dev"]),
        line("applications rename", &["desk", "--name", "Port Desk"]),
        line("applications block", &["test", "desk", "--reason", "Later"]),
        line("applications unblock", &["test", "tide"]),
        line("applications solve", &["dev", "desk", "--reason", "Merged"]),
        line("applications log", &["test", "desk"]),
        line("applications usage", &["desk"]),
        line("applications retire", &["desk", "--reason", "Old"]),
        line("applications retired", &[]),
        line("applications bring-back", &["desk"]),
        line("timers list", &["test", "desk"]),
        line("timers runs", &["test", "desk", "tidy"]),
        line("timers run", &["test", "desk", "tidy"]),
        line("settings list", &["dev", "dial"]),
        line("settings set", &["dev", "dial", "mood", "--value", "calm"]),
        line("settings clear", &["dev", "dial", "crew"]),
        line("settings apply", &["dev", "dial"]),
        line("settings plan", &[things.settings_plan.as_str(), "dial", "mood", "--value", "calm"]),
        line("settings withdraw", &[things.settings_plan.as_str(), "dial", "crew"]),
        line("versions list", &["desk"]),
        line("versions show", &["tide", "1.0.0"]),
        line("versions tag", &["dev", "desk", "1.0.0"]),
        line("versions again", &["tide", "1.0.0", "--environment", "dev"]),
        line("versions modified", &["dev"]),
        line("versions tag-together", &["dev", "desk"]),
        line("versions compare", &["tide", "1.0.0", "in:dev"]),
        line("versions delete", &["tide", "1.0.0"]),
        line("plans list", &[]),
        line("plans make", &["dev", "test", "desk"]),
        line("plans can", &["dev", "test", "desk"]),
        line("plans show", &[things.plan.as_str()]),
        line("plans edit", &[things.plan.as_str(), "desk", "undeploy"]),
        line("plans fill", &[things.plan.as_str()]),
        line("plans refresh", &[things.plan.as_str()]),
        line("plans reuse", &[things.plan.as_str()]),
        line("plans note", &[things.plan.as_str(), "--name", "Named"]),
        line("plans discard", &[things.plan.as_str()]),
        line("plans why", &[things.plan.as_str()]),
        line("plans ask", &[things.plan.as_str()]),
        line("plans check", &[things.plan.as_str()]),
        line("plans start", &[things.plan.as_str(), "--digest", things.digest.as_str()]),
        line(
            "publish",
            &[package, "--environment", "dev", "--application", "desk", "--notes", "What is new"],
        ),
        line("gates list", &[]),
        line("gates add", &["--environment", "dev", "--soak", "1"]),
        line("gates remove", &[things.gate.as_str()]),
        line(
            "gates freeze",
            &["--from", things.days[0].as_str(), "--until", things.days[1].as_str(), "--reason", "Far"],
        ),
        line("gates end-freeze", &[things.freeze.as_str()]),
        line("gates report", &["dev", "desk", "1.0.0", "smoke", "--result", "passed"]),
        line("deployments list", &[]),
        line("deployments why", &[deployment]),
        line("deployments reviews", &[]),
        line("deployments override", &[deployment, "--reason", "A fix"]),
        line("deployments show", &[deployment]),
        line("deployments continue", &[deployment]),
        line("deployments abort", &[deployment]),
        line("deployments retry", &[deployment]),
        line("deployments leave-out", &[deployment]),
        line("deployments take-back", &[deployment]),
        line("deployments way-back", &[deployment]),
        line("deployments roll-back", &[deployment, "--reason", "It hangs."]),
        line("deployments lift-pin", &["--application", "tides", "--environment", "test"]),
        line("deployments log", &[deployment]),
        line("deployments report", &[deployment]),
        line("parts list", &[]),
        line("parts add", &["data_center", "--set", "name=More"]),
        line("parts change", &["data_center", "spare", "--set", "name=Other"]),
        line("parts remove", &["data_center", "spare"]),
        line("pipelines list", &[]),
        line("pipelines create", &["long", "--name", "Long", "--stage", "dev", "--stage", "test"]),
        line("pipelines change", &["short", "--name", "Short", "--stage", "dev"]),
        line("pipelines delete", &["short"]),
        line("pipelines assign", &["desk"]),
        line("architecture show", &[]),
        line("architecture export", &[]),
        line("architecture compare", &[architecture]),
        line("architecture apply", &[architecture]),
        line("architecture template", &["standard", "--engine", "postgresql"]),
        line("architecture accept", &[rule, path, "--reason", "Later", "--days", "9"]),
        line("architecture withdraw", &[rule, path]),
        line("architecture check tool", &["builds"]),
        line("architecture check database", &["ledger"]),
    ]
}

/// The commands that clap knows, by their words.
fn known(command: &clap::Command, before: &str, found: &mut BTreeSet<String>) {
    for sub in command.get_subcommands() {
        let name = format!("{before}{}", sub.get_name());
        if sub.has_subcommands() {
            known(sub, &format!("{name} "), found);
        } else {
            found.insert(name);
        }
    }
}

/// What became of a command, in one word or two.
fn outcome(output: &Output) -> &'static str {
    let sentence = String::from_utf8_lossy(&output.stderr);
    let says = |text: &str| sentence.contains(text);
    match output.status.code() {
        Some(0) => "done",
        Some(1) if says("This token lacks the scope") => "no scope",
        Some(1) if says("Your role lacks") || says("Your role does not allow it") => "no right",
        Some(1) => "not done",
        Some(2) if says("towpath login") || says("This is no token") => "no token",
        _ => "broken",
    }
}

/// The callers, each with a folder of its own: one without a token, then those of the API's table.
async fn callers(served: &Served) -> Vec<(&'static str, TempDir, Option<String>)> {
    let kinds: [(&str, &str, &[Scope]); 7] = [
        ("reader", "Reader", &Scope::ALL),
        ("developer", "Developer", &Scope::ALL),
        ("administrator", "Administrator", &Scope::ALL),
        ("administrator, read", "Administrator", &[Scope::Read]),
        ("administrator, promotion", "Administrator", &[Scope::Promotion]),
        ("administrator, people", "Administrator", &[Scope::People]),
        ("administrator, infrastructure", "Administrator", &[Scope::Infrastructure]),
    ];
    let mut callers = vec![("no token", tempfile::tempdir().unwrap(), None)];
    for (n, (name, role, scopes)) in kinds.into_iter().enumerate() {
        let (_, token) = account(served, &format!("c{n}"), role, scopes).await;
        callers.push((name, tempfile::tempdir().unwrap(), Some(token)));
    }
    callers
}

/// Changes are only tried, so that each caller finds the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_use_which_command() {
    let served = Served::start().await;
    let things = Things::new(&served).await;
    served.published("tide", "1").await;
    let (console, local) = (&served.running.console, Caller::local_operator());
    let gone = NewUser {
        username: "zed".into(),
        name: "Zed".into(),
        email: String::new(),
        role: "Reader".into(),
        infrastructure: None,
        password: Some(crate::common::PASSWORD.into()),
    };
    let gone = console.add_user(&local, gone).await.unwrap().user;
    console.deactivate_user(&local, "harbour", gone).await.unwrap();
    let role = served.folder.path().join("role.json");
    std::fs::write(&role, r#"{ "name": "Extra", "environments": { "dev": 2, "test": ["list"] } }"#).unwrap();
    let file = console.architecture_file(&local, "harbour").await.unwrap();
    let architecture = served.folder.path().join("harbour.toml");
    std::fs::write(&architecture, file.replacen("on_premises", "aws", 1)).unwrap();
    console.begin_maintenance(&local, "harbour", "test", "Tried only").await.unwrap();
    console.tag(&local, "harbour", "tide", "dev", "1.0.0", "").await.unwrap();
    console.block_application(&local, "harbour", "test", "tide", "Later").await.unwrap();
    let package = crate::common::package(&served.folder, "desk", "published").display().to_string();
    let also = (architecture.to_str().unwrap(), package.as_str());
    let lines = lines(&things, &served.base, &role.display().to_string(), also);

    let mut all = BTreeSet::new();
    known(&Cli::command(), "", &mut all);
    let tried = lines.iter().map(|(name, _)| *name).chain(LOCAL).map(ToOwned::to_owned);
    assert_eq!(
        all,
        tried.collect::<BTreeSet<_>>(),
        "each command is tried here, or works on the machine itself"
    );

    let callers = callers(&served).await;
    let everyone = lines.iter().flat_map(|line| callers.iter().map(move |caller| (line, caller)));
    let runs = everyone.map(|((name, rest), (_, folder, token))| {
        let (input, variables) = match token {
            Some(token) if *name == "login" => (token.as_str(), vec![]),
            Some(token) => {
                ("", vec![("TOWPATH_CONSOLE", served.base.clone()), ("TOWPATH_TOKEN", token.clone())])
            }
            None => ("", vec![]),
        };
        let person = Person { folder: folder.path(), variables };
        let dry = (*name != "login").then_some("--dry-run");
        let line: Vec<&str> = name.split(' ').chain(rest.iter().map(String::as_str)).chain(dry).collect();
        async move { person.types(&line, input).await }
    });
    let outputs: Vec<Output> = futures::stream::iter(runs).buffered(AT_ONCE).collect().await;

    let mut table = "command".to_owned();
    for (name, ..) in &callers {
        let _ = write!(table, "\t{name}");
    }
    table.push('\n');
    let mut told = String::new();
    for ((name, _), row) in lines.iter().zip(outputs.chunks(callers.len())) {
        table.push_str(name);
        for ((who, ..), output) in callers.iter().zip(row) {
            let _ = write!(table, "\t{}", outcome(output));
            if !output.status.success() {
                let _ = write!(told, "{name} as {who}: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
        table.push('\n');
    }
    served.running.stop().await;
    let reviewed = include_str!("command_access.tsv");
    assert!(
        table == reviewed,
        "what commands do differs from server/tests/http/command_access.tsv; it is now:\n{table}\n{told}"
    );
}
