//! The pages of a large infrastructure, 200 environments with 2,000 front-ends, beside the same pages with 5 environments and 10 front-ends.

use crate::load::Connection;
use crate::{Failed, load, page, seed};
use domain::access::{Actor, Requirement, decide};
use domain::text::Sha256;
use domain::time::Timestamp;
use operations::{Caller, NewUser, Wanted};
use std::time::Duration;
use storage::servers::ServerStateRow;
use storage::{Store, Visibility, environments, infrastructures, servers};

/// Environments and front-ends of each, in a small and in a large infrastructure.
const FEW: (usize, usize) = (5, 2);
const MANY: (usize, usize) = (200, 10);
/// How long each page is asked, by one person: what counts is how long they wait.
const SPAN: Duration = Duration::from_secs(2);
/// What a page of one thing may cost more: it names the other environments at most, 40 times as many of them.
const ONE: f64 = 4.0;
/// What a page of a part that is cut off, or of the environments alone, may cost more: as many times as there are more environments.
const PART: f64 = 40.0;
/// What a page that judges or writes every front-end may cost more: as many times as there are more front-ends.
const WHOLE: f64 = 200.0;

/// The pages, and what each may cost more.
const PAGES: [(&str, &str, f64); 13] = [
    ("list of environments", "/environments", PART),
    // Its drawing is made from the whole architecture.
    ("one environment", "/environments/e-001", PART),
    ("its timeline", "/environments/e-001/timeline", ONE),
    ("its settings", "/environments/e-001/settings", PART),
    ("whether it can leave", "/environments/e-001/leave", PART),
    ("pipelines", "/pipelines", PART),
    ("one pipeline", "/pipelines?pipeline=p-000", PART),
    ("architecture, with its findings", "/architecture", WHOLE),
    ("comparison with a template", "/architecture/compare?template=basic&engine=postgresql", WHOLE),
    ("matrix", "", PART),
    ("new plan", "/plans/new?from=e-000&to=e-001", PART),
    ("deployments", "/deployments", ONE),
    ("an application that runs everywhere", "/applications/application-000", PART),
];

/// Measures and prints.
///
/// # Errors
/// A database cannot be filled, or the console does not answer.
pub async fn measure() -> Result<(), Failed> {
    println!(
        "Pages of {} environments with {} front-ends, beside {} with {}: half of the answers within, one person",
        MANY.0,
        MANY.0 * MANY.1,
        FEW.0,
        FEW.0 * FEW.1
    );
    let few = pages(FEW).await?;
    let many = pages(MANY).await?;
    for ((name, _, limit), ((few, _), (many, bytes))) in PAGES.into_iter().zip(few.into_iter().zip(many)) {
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        let word = if ratio <= limit { "keeps" } else { "is ABOVE" };
        println!(
            "  {name:<44} {few:>9.2?} {many:>9.2?}   {:>5} kB   {ratio:.1} times, {word} the limit of {limit:.0}",
            bytes / 1000
        );
    }
    Ok(())
}

/// How long each page takes, and how large it is.
async fn pages((count, front_ends): (usize, usize)) -> Result<Vec<(Duration, usize)>, Failed> {
    let folder = tempfile::tempdir()?;
    let (console, store) = seed::open(folder.path(), 1).await?;
    fill(&console, &store, count, front_ends).await?;
    drop((console, store));
    let served = page::console(folder.path())?;
    let (_, cookie) = page::signed_in(served.address).await?;
    let mut measured = Vec::new();
    for (name, path, _) in PAGES {
        let request = page::request(served.address, &cookie, &format!("/i/{}{path}", seed::INFRASTRUCTURE));
        let answer = Connection::open(served.address).await?.ask(&request).await?;
        if answer.status != 200 {
            return Err(format!("{name}: the console answers {}", answer.status).into());
        }
        let took = load::run(served.address, &request, 1, SPAN).await?;
        measured.push((took.median, answer.body.len()));
    }
    Ok(measured)
}

/// Makes the infrastructure, reports its front-ends, and lets applications run: one everywhere, the others in the first environments.
async fn fill(
    console: &operations::Console,
    store: &Store,
    count: usize,
    front_ends: usize,
) -> Result<(), Failed> {
    let local = Caller::local_operator();
    console.create_infrastructure(&local, seed::INFRASTRUCTURE, "Bench").await?;
    let file = domain::architecture::file::export(&domain::testing::large(count, front_ends))?;
    console.apply_architecture(&local, seed::INFRASTRUCTURE, &Wanted::File(file), None).await?;
    let new = NewUser {
        username: seed::USERNAME.to_owned(),
        name: "Bench".to_owned(),
        email: String::new(),
        role: "Administrator".to_owned(),
        infrastructure: Some(seed::INFRASTRUCTURE.to_owned()),
        password: Some(seed::PASSWORD.to_owned()),
    };
    console.add_user(&local, new).await?;

    let mut read = store.read().await?;
    let home = infrastructures::by_key(&mut read, seed::INFRASTRUCTURE).await?.ok_or("no infrastructure")?;
    let stages = environments::list(&mut read, home.id, &Visibility::Everything).await?;
    let stages: Vec<_> = stages.iter().map(|stage| stage.id).collect();
    let rows = servers::of_infrastructure(&mut read, home.id).await?;
    drop(read);
    // So far ahead that nothing falls silent while it is measured.
    let at = Timestamp(4_102_444_800_000_000);
    let grant = decide(Actor::LocalOperator, None, &Requirement::Local).map_err(|_| "no grant")?;
    let mut tx = store.begin_change().await?.authorised(grant);
    for server in &rows {
        servers::set_enrolled(&mut tx, server.id, &Sha256::of(server.id.0.as_bytes()).to_string(), at)
            .await?;
    }
    seed::application(&mut tx, home.id, &stages, 0, at).await?;
    for n in 1..seed::APPLICATIONS {
        seed::application(&mut tx, home.id, &stages[..4], n, at).await?;
    }
    tx.commit(seed::entry(home.id, 2, at)).await?;
    let mut tx = store.heartbeat().await?;
    for server in rows {
        let row = ServerStateRow {
            server_id: server.id,
            seen_at: at,
            boot_id: "boot".to_owned(),
            version: "1.0.0".to_owned(),
            reachable: true,
            public_address: "http://127.0.0.1:1".to_owned(),
            api_address: "http://127.0.0.1:2".to_owned(),
            services: "[\"deployment\"]".to_owned(),
            applications: "[]".to_owned(),
        };
        servers::put_state(&mut tx, &row).await?;
    }
    tx.commit(at).await?;
    Ok(())
}
