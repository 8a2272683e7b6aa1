//! `make bench`: what the console itself costs, beside bare programs that do the same work, from one run on one machine.
//!
//! The number that says something is the ratio: the absolute ones are this machine's. No ratio decides a test.

mod bare;
mod decisions;
mod infrastructure;
mod load;
mod page;
mod people;
mod platforms;
mod seed;
mod validation;
mod writes;

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use load::Measured;

/// Anything that stops the run, in one sentence.
pub type Failed = Box<dyn Error + Send + Sync>;

/// How long each server is asked, and each loop runs.
const SPAN: Duration = Duration::from_secs(5);
/// Connections at once, as many as a busy office has.
const CONNECTIONS: usize = 16;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bare-bytes", file] => match std::fs::read(file) {
            Ok(page) => bare::bytes(page.into()).await,
            Err(error) => Err(error.into()),
        },
        ["bare-queries", file, folder, user, session] => bare_queries(file, folder, user, session).await,
        [] => everything().await,
        ["decisions"] => decisions::measure(),
        ["validation"] => validation::measure(),
        ["page"] => measure(true, false).await,
        ["people"] => people::measure().await,
        ["infrastructure"] => infrastructure::measure().await,
        ["platforms"] => platforms::measure().await,
        ["changes"] => measure(false, true).await,
        _ => Err("usage: make bench [ARGS=decisions | ARGS=validation | ARGS=page | ARGS=people | ARGS=infrastructure | ARGS=platforms | ARGS=changes]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn everything() -> Result<(), Failed> {
    decisions::measure()?;
    validation::measure()?;
    measure(true, true).await?;
    people::measure().await?;
    infrastructure::measure().await?;
    platforms::measure().await
}

async fn bare_queries(file: &str, folder: &str, user: &str, session: &str) -> Result<(), Failed> {
    let user = user.parse::<uuid::Uuid>()?.into();
    bare::queries(Path::new(folder), user, session.to_owned(), std::fs::read(file)?.into()).await
}

async fn measure(page: bool, changes: bool) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (console, store) = seed::open(folder.path(), 1).await?;
    let user = seed::fill(&console, &store).await?;
    if page {
        matrix(folder.path(), &user.to_string()).await?;
    }
    if changes {
        let plan = writes::plan(&console, user).await?;
        let one = writes::audited(&console, user, plan, 1, SPAN).await?;
        let many = writes::audited(&console, user, plan, CONNECTIONS, SPAN).await?;
        drop((console, store));
        let bare = writes::bare(folder.path(), SPAN)?;
        println!(
            "Audited changes: a plan's notes and their entry, SQLite with synchronous=FULL, changes in a second"
        );
        print_changes("bare loop of the two statements", bare, "");
        print_changes("console, one person", one, &against(one, bare, 0.5));
        let name = format!("console, {CONNECTIONS} people at once");
        print_changes(&name, many, &against(many, bare, 0.5));
    }
    Ok(())
}

/// The matrix page and the two servers beside it.
async fn matrix(folder: &Path, user: &str) -> Result<(), Failed> {
    let served = page::console(folder)?;
    let (request, cookie) = page::signed_in(served.address).await?;
    let answer = load::Connection::open(served.address).await?.ask(&request).await?;
    if answer.status != 200 {
        return Err(format!("the matrix page answers {}", answer.status).into());
    }
    let file = folder.join("page.html");
    std::fs::write(&file, &answer.body)?;
    let real = load::run(served.address, &request, CONNECTIONS, SPAN).await?;
    drop(served);

    let this = std::env::current_exe()?;
    let plain = page::Served::start(Command::new(&this).arg("bare-bytes").arg(&file))?;
    let root = format!("GET / HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\n\r\n", plain.address);
    let bytes = load::run(plain.address, root.as_bytes(), CONNECTIONS, SPAN).await?;
    drop(plain);

    let session = session_hash(&cookie);
    let mut command = Command::new(&this);
    command.arg("bare-queries").arg(&file).arg(folder).args([user, &session]);
    let asking = page::Served::start(&mut command)?;
    let queries = load::run(asking.address, root.as_bytes(), CONNECTIONS, SPAN).await?;
    drop(asking);

    println!(
        "Matrix page: {} applications in 4 environments, {} bytes, {CONNECTIONS} connections, answers in a second",
        seed::APPLICATIONS,
        answer.body.len()
    );
    print_page("bare axum, the same bytes", &bytes, "");
    print_page("bare axum, the same queries and bytes", &queries, "");
    let ratio = against(real.per_second, queries.per_second, 0.4);
    print_page("console", &real, &ratio);
    println!("  {:<44} {:>9.1} %", "console : the same bytes", 100.0 * real.per_second / bytes.per_second);
    Ok(())
}

fn print_page(name: &str, measured: &Measured, ratio: &str) {
    println!(
        "  {name:<44} {:>9.0}   half within {:>7.2?}, 99 % within {:>7.2?}   {ratio}",
        measured.per_second, measured.median, measured.p99
    );
}

fn print_changes(name: &str, per_second: f64, ratio: &str) {
    println!("  {name:<44} {per_second:>9.0}   {ratio}");
}

/// A ratio beside the limit that it should keep.
fn against(ours: f64, bare: f64, limit: f64) -> String {
    let ratio = ours / bare;
    let word = if ratio >= limit { "keeps" } else { "is BELOW" };
    format!("{:.0} % of bare, {word} the limit of {:.0} %", 100.0 * ratio, 100.0 * limit)
}

/// How the console stores the session of a cookie: under a hash of its value.
fn session_hash(cookie: &str) -> String {
    domain::text::Sha256::of(cookie.split('=').nth(1).unwrap_or_default().as_bytes()).to_string()
}
