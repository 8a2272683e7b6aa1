//! The page of IT users with 50,000 of them, beside the same page with 50: a page by key costs no more where there are more.

use crate::load::Connection;
use crate::{CONNECTIONS, Failed, SPAN, against, load, page, print_page, seed};
use storage::users::UserFilter;
use storage::{Page, Store, infrastructures, users};

/// How many there are in a large company.
const MANY: u32 = 50_000;
/// As many as one page shows.
const FEW: u32 = 50;
/// The share of the small list's speed that a page of the large one should keep.
const LIMIT: f64 = 0.8;
/// Stands for the mark of the middle page.
const MIDDLE: &str = "MIDDLE";

/// Measures and prints.
///
/// # Errors
/// A database cannot be filled, or the console does not answer.
pub async fn measure() -> Result<(), Failed> {
    println!("IT users: a page of 50, {CONNECTIONS} connections, answers in a second");
    let few = listed(FEW, &[""]).await?;
    print_page("first page, 50 users", &few[0], "");
    // A search reads on until a page is full; it is compared with nothing.
    let asked = [
        ("?after=MIDDLE", "middle page, 50,000 users", true),
        ("", "first page, 50,000 users", true),
        ("?q=person-04242", "search that finds one, 50,000 users", false),
        ("?q=nobody+of+this+name", "search that finds none, 50,000 users", false),
    ];
    let measured = listed(MANY, &asked.map(|(query, ..)| query)).await?;
    for ((_, name, compared), many) in asked.into_iter().zip(measured) {
        let ratio = compared.then(|| against(many.per_second, few[0].per_second, LIMIT));
        print_page(name, &many, &ratio.unwrap_or_default());
    }
    Ok(())
}

async fn listed(count: u32, asked: &[&str]) -> Result<Vec<load::Measured>, Failed> {
    let folder = tempfile::tempdir()?;
    let (console, store) = seed::open(folder.path(), 1).await?;
    seed::fill(&console, &store).await?;
    seed::people(&store, count).await?;
    let middle = middle(&store, count).await?;
    drop((console, store));
    let served = page::console(folder.path())?;
    let (_, cookie) = page::signed_in(served.address).await?;
    let mut measured = Vec::new();
    for query in asked {
        let query = query.replace(MIDDLE, &middle);
        let path = format!("/i/{}/users{query}", seed::INFRASTRUCTURE);
        let request = page::request(served.address, &cookie, &path);
        let answer = Connection::open(served.address).await?.ask(&request).await?;
        if answer.status != 200 {
            return Err(format!("{query}: the console answers {}", answer.status).into());
        }
        measured.push(load::run(served.address, &request, CONNECTIONS, SPAN).await?);
    }
    Ok(measured)
}

/// The mark of the page in the middle of the list.
async fn middle(store: &Store, count: u32) -> Result<String, Failed> {
    let mut read = store.read().await?;
    let home = infrastructures::by_key(&mut read, seed::INFRASTRUCTURE).await?.ok_or("no infrastructure")?;
    let mut page = Page::first(count.div_ceil(2).min(1000));
    for _ in 0..count.div_ceil(2).div_ceil(page.limit) {
        let found = users::list(&mut read, home.id, &UserFilter::default(), &page).await?;
        page.after = found.next;
    }
    page.after.ok_or_else(|| "no middle".into())
}
