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
    let few = listed(FEW, &[("", "first page, 50 users")]).await?;
    print_page("first page, 50 users", &few[0], "");
    let asked = [
        ("?after=MIDDLE", "middle page, 50,000 users"),
        ("", "first page, 50,000 users"),
        ("?q=person-04242", "search that finds one, 50,000 users"),
        ("?q=nobody+of+this+name", "search that finds none, 50,000 users"),
    ];
    for ((_, name), measured) in asked.iter().zip(listed(MANY, &asked).await?) {
        // A search reads on until a page is full; by what it finds it is compared with nothing.
        let ratio = match name.contains("page") {
            true => against(measured.per_second, few[0].per_second, LIMIT),
            false => String::new(),
        };
        print_page(name, &measured, &ratio);
    }
    Ok(())
}

async fn listed(count: u32, asked: &[(&str, &str)]) -> Result<Vec<load::Measured>, Failed> {
    let folder = tempfile::tempdir()?;
    let (console, store) = seed::open(folder.path(), 1).await?;
    seed::fill(&console, &store).await?;
    seed::people(&store, count).await?;
    let middle = middle(&store, count).await?;
    drop((console, store));
    let served = page::console(folder.path())?;
    let (_, cookie) = page::signed_in(served.address).await?;
    let mut measured = Vec::new();
    for (query, name) in asked {
        let query = query.replace(MIDDLE, &middle);
        let path = format!("/i/{}/users{query}", seed::INFRASTRUCTURE);
        let request = page::request(served.address, &cookie, &path);
        let answer = Connection::open(served.address).await?.ask(&request).await?;
        if answer.status != 200 {
            return Err(format!("{name}: the console answers {}", answer.status).into());
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
