//! The lists of `/api/v1`, a page at a time: cursors, sizes, and what is said where one of them is wrong.

use crate::api::{Program, Things, account, problem, role};
use crate::common::{Served, client};
use domain::token::Scope;
use operations::{ApplicationInput, Caller, InvitationInput, StartInput};
use serde_json::Value;
use std::collections::BTreeSet;

/// The lists that come in pages: address, the parameter that takes the cursor, where the rows are, and where the next cursor is.
const LISTS: &[(&str, &str, &str, &str)] = &[
    ("/api/v1/i/{infra}/matrix", "after", "/rows/rows", "/rows/next"),
    ("/api/v1/i/{infra}/applications/{app}", "after", "/versions/rows", "/versions/next"),
    ("/api/v1/i/{infra}/environments/{env}/modified", "after", "/rows/rows", "/rows/next"),
    ("/api/v1/i/{infra}/retired-applications", "after", "/rows", "/next"),
    ("/api/v1/i/{infra}/plans", "after", "/rows", "/next"),
    ("/api/v1/i/{infra}/plan-candidates", "after", "/rows/rows", "/rows/next"),
    ("/api/v1/i/{infra}/deployments", "after", "/rows", "/next"),
    ("/api/v1/i/{infra}/reviews", "after", "/rows/rows", "/rows/next"),
    ("/api/v1/i/{infra}/audit", "after", "/entries/rows", "/entries/next"),
    ("/api/v1/i/{infra}/users", "after", "/users/rows", "/users/next"),
    ("/api/v1/i/{infra}/users/{user}/effective-rights", "after", "/rows", "/next"),
    ("/api/v1/i/{infra}/invitations", "after", "/invitations/rows", "/invitations/next"),
    ("/api/v1/i/{infra}/access-review", "after", "/rows", "/next"),
    ("/api/v1/i/{infra}/teams/{team}", "members_after", "/members/rows", "/members/next"),
    ("/api/v1/i/{infra}/teams/{team}", "applications_after", "/applications/rows", "/applications/next"),
    ("/api/v1/i/{infra}/service-accounts", "after", "/accounts/rows", "/accounts/next"),
];

#[test]
fn the_document_says_which_lists_have_pages() {
    let rows = include_str!("../../../docs/api.md").lines().filter(|row| row.starts_with("| GET"));
    let paged = rows.filter(|row| row.contains("`limit`"));
    let documented: BTreeSet<&str> = paged.filter_map(|row| row.split('`').nth(1)).collect();
    let listed: BTreeSet<&str> = LISTS.iter().map(|(address, ..)| *address).collect();
    assert_eq!(documented, listed);
}

/// A cursor that no list gave is the caller's mistake, and the sentence names the parameter.
#[tokio::test]
async fn a_wrong_cursor_is_named() {
    let served = Served::start().await;
    let things = Things::new(&served).await;
    let (_, token) = account(&served, "robot", "Administrator", &Scope::ALL).await;
    let program = Program { served: &served, token };
    for (address, field, ..) in LISTS {
        let path = things.path(address, "");
        for cursor in ["nonsense", "", "~", "nonsense~nonsense", "0.0.0.0"] {
            let answer = program.send("get", &format!("{path}?{field}={cursor}"), None).await;
            // What is empty on both sides is where the access review begins.
            if cursor == "~" && path.ends_with("/access-review") {
                assert_eq!(answer.status(), 200);
                continue;
            }
            let told = problem(answer, 400).await;
            assert_eq!(told["fields"][0]["field"], *field, "{path} {cursor}: {told}");
            assert_eq!(told["detail"], told["fields"][0]["sentence"]);
        }
    }
    // On a page it is a mistake in the address, too.
    let cookie = served.cookie("ada").await;
    let page =
        client().get(format!("{}/i/harbour/users?after=nonsense", served.base)).header("cookie", cookie);
    assert_eq!(page.send().await.unwrap().status(), 400);
    served.running.stop().await;
}

/// A row as it is compared: an entry is chained, and the use of a token noted, while the list is read.
fn lasting(row: &Value) -> Value {
    let mut row = row.clone();
    if let Some(members) = row.as_object_mut() {
        members.remove("last_used_at");
        if members.contains_key("outcome") {
            members.remove("number");
        }
    }
    row
}

/// All rows of a list, by pages of a size, and how many pages there were.
async fn paged(
    program: &Program<'_>,
    path: &str,
    list: (&str, &str, &str),
    limit: u32,
) -> (Vec<Value>, usize) {
    let (field, rows, next) = list;
    let (mut found, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let page = program.get(&format!("{path}?limit={limit}{after}")).await;
        let part = page.pointer(rows).and_then(Value::as_array).unwrap_or_else(|| panic!("{path}: {page}"));
        // The default role stands above the first page of a user's rights; the review goes on to the end of an application.
        let above = usize::from(path.ends_with("/effective-rights") && pages == 0);
        let whole = path.ends_with("/access-review");
        assert!(whole || part.len() <= limit as usize + above, "{path}: {}", part.len());
        found.extend(part.iter().map(lasting));
        pages += 1;
        assert!(pages < 1_000, "{path} has no end");
        match page.pointer(next).unwrap().as_str() {
            Some(cursor) => after = format!("&{field}={cursor}"),
            None => return (found, pages),
        }
    }
}

/// Any size of a page gives the same rows in the same order, each once; a size that is none is named, with what is allowed.
#[tokio::test]
async fn pages_of_any_size_have_all_rows_once() {
    let served = Served::start().await;
    let things = Things::new(&served).await;
    let (console, local) = (&served.running.console, Caller::local_operator());
    served.published("tide", "1").await;
    console.tag(&local, "harbour", "desk", "dev", "1.0.0", "").await.unwrap();
    served.published("desk", "2").await;
    console.tag(&local, "harbour", "desk", "dev", "1.0.1", "").await.unwrap();
    console.make_plan(&local, "harbour", "dev", "test", &["tide".to_owned()]).await.unwrap();
    let team = things.team.parse().unwrap();
    console.give_application(&local, "harbour", team, "tide").await.unwrap();
    let users = console.users(&local, "harbour", &Default::default()).await.unwrap();
    let dev = users.users.rows.iter().find(|row| row.username == "dev").unwrap().id;
    console.put_member(&local, "harbour", team, dev, role(&served, "Reader").await).await.unwrap();
    for username in ["una", "ute"] {
        let role = role(&served, "Reader").await;
        let (username, name, email) = (username.to_owned(), format!("Invited {username}"), String::new());
        let input = InvitationInput { username, name, email, role };
        console.invite_user(&local, "harbour", input).await.unwrap();
    }
    for key in ["map", "chart"] {
        let (environment, name, kind) = ("dev".into(), key.to_owned(), "web".into());
        let input = ApplicationInput { environment, key: key.into(), name, kind, ..Default::default() };
        console.create_application(&local, "harbour", &input).await.unwrap();
        console.retire_application(&local, "harbour", key, "Old").await.unwrap();
    }
    served.published("desk", "3").await;
    // Two that are started in spite of their conflicts, so that somebody has to review them.
    for key in ["kiosk", "counter"] {
        let uses = "[[modules.consumes]]\napplication = \"absent\"\nmodule = \"absent\"\nelement = \"Sum\"\nsignature = \"1\"\n";
        served.published_with(key, uses, "1").await;
        let plan = console.make_plan(&local, "harbour", "dev", "test", &[key.to_owned()]).await.unwrap();
        let page = console.plan(&local, "harbour", plan).await.unwrap();
        let input = StartInput {
            conflicts: page.errors.unwrap(),
            conflicts_reason: "It is a trial.".to_owned(),
            ..StartInput::now(&page.digest, "")
        };
        console.start_plan_with(&local, "harbour", plan, &input).await.unwrap();
    }
    let (_, token) = account(&served, "robot", "Administrator", &Scope::ALL).await;
    let program = Program { served: &served, token };

    for &(address, field, rows, next) in LISTS {
        let path = things.path(address, "");
        let (whole, _) = paged(&program, &path, (field, rows, next), 200).await;
        let (single, pages) = paged(&program, &path, (field, rows, next), 1).await;
        assert!(pages > 1, "{path} has one page only, so nothing is tried");
        assert_eq!(single, whole, "{path}");
    }
    for (address, ..) in LISTS {
        let path = things.path(address, "");
        for wrong in ["0", "201", "-1", "1.5", "all", ""] {
            let told = problem(program.send("get", &format!("{path}?limit={wrong}"), None).await, 400).await;
            assert_eq!(told["fields"][0]["field"], "limit", "{path} {wrong}: {told}");
            assert!(told["detail"].as_str().unwrap().contains("from 1 to 200"), "{told}");
        }
    }
    served.running.stop().await;
}
