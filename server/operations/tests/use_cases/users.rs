//! What screens show and change about IT users: bad names, effective rights of any application, the access review, sessions ended by
//! an administrator, and the own profile.

use crate::common::{HOME, PASSWORD, World, anonymous, denied, role, user_of};
use domain::access::{Rights, Source};
use domain::id::{RoleId, UserId};
use domain::paging::PageSize;
use domain::time::Timestamp;
use operations::view::{EffectivePage, ReviewRow};
use operations::{
    Caller, EffectiveQuery, OperationError, OwnProfile, PageQuery, SessionRow, UserInput, UserQuery,
};

fn input(username: &str, name: &str, email: &str, role: RoleId) -> UserInput {
    UserInput {
        username: username.into(),
        name: name.into(),
        email: email.into(),
        role,
        password: Some(PASSWORD.into()),
    }
}

fn invalid<T: std::fmt::Debug>(result: operations::Result<T>) -> (&'static str, String) {
    match result.unwrap_err() {
        OperationError::Invalid { fields } => (fields[0].field, fields[0].sentence.clone()),
        other => panic!("not refused for a field: {other}"),
    }
}

async fn users(world: &World) -> u64 {
    world.console.users(&world.local, HOME, &UserQuery::default()).await.unwrap().total.n
}

#[tokio::test]
async fn names_that_pass_for_others_or_break_a_line_are_refused_with_an_entry() {
    let world = World::new().await;
    let (ada, reader) = (world.user("ada").await, role(&world, "Reader").await);
    let before = users(&world).await;
    let header = "Eve\r\nBcc: all@harbour.example";
    let cases = [
        (input("аda", "Eve", "", reader), "username", "U+0430"),
        (input("ad\u{200b}a", "Eve", "", reader), "username", "U+200B"),
        (input("ada", "Eve", "", reader), "username", "already"),
        (input("r0n", "Eve", "", reader), "username", "looks like the user name “ron”"),
        (input("eve", header, "", reader), "name", "U+000D"),
        (input("eve", "Eve\u{202e}", "", reader), "name", "U+202E"),
        (input("eve", "Eve", "eve@x\r\nBcc: all@harbour.example", reader), "email", "one @"),
        (input(&"e".repeat(1_000_000), "Eve", "", reader), "username", "1 to 64"),
        (input("eve", &"e".repeat(1_000_000), "", reader), "name", "1 to 80"),
    ];
    let tried = cases.len();
    for (input, field, part) in cases {
        let (wrong, sentence) = invalid(world.console.create_user(&ada, HOME, input).await);
        assert_eq!(wrong, field, "{sentence}");
        assert!(sentence.contains(part) && sentence.len() < 300, "{sentence}");
    }
    let long = UserInput { password: Some("x".repeat(10_000_000)), ..input("eve", "Eve", "", reader) };
    let (field, sentence) = invalid(world.console.create_user(&ada, HOME, long).await);
    assert!(field == "password" && sentence.contains("12 to 256 characters"), "{sentence}");
    assert_eq!(users(&world).await, before, "nobody was added");
    assert_eq!(world.count("user.add", "failed").await, tried + 1);

    let ron = user_of(&world.user("ron").await);
    let (field, _) = invalid(world.console.change_user(&ada, HOME, ron, header, "").await);
    assert_eq!(field, "name");
    assert_eq!(world.count("user.change", "failed").await, 1);
    assert_eq!(world.console.user(&ada, HOME, ron).await.unwrap().row.name, "Ron Reader");
    world.console.change_user(&ada, HOME, ron, "Рон Читатель", "ron@harbour.example").await.unwrap();
    assert_eq!(
        world.console.user(&ada, HOME, ron).await.unwrap().row.name,
        "Рон Читатель",
        "names are of any script"
    );
}

async fn found(world: &World, caller: &Caller, user: UserId, search: Option<&str>) -> EffectivePage {
    let query = EffectiveQuery { search: search.map(str::to_owned), ..EffectiveQuery::default() };
    world.console.effective_rights(caller, HOME, user, &query).await.unwrap()
}

#[tokio::test]
async fn the_rights_on_any_application_are_found_with_their_source() {
    let world = World::new().await;
    for key in ["desk", "tides", "gates"] {
        world.publish(key, None, "", key).await;
    }
    let (ada, ron) = (world.user("ada").await, user_of(&world.user("ron").await));
    let developer = role(&world, "Developer").await;
    world.console.grant(&ada, HOME, ron, "desk", developer).await.unwrap();

    let narrowed = found(&world, &ada, ron, None).await;
    assert_eq!((narrowed.total.n, narrowed.narrowed.n, narrowed.applications.n), (1, 1, 3));
    assert!(narrowed.rows[0].application.is_none(), "the default row stands first");
    assert_eq!(narrowed.rows[1].application.as_ref().unwrap().key, "desk");
    assert_eq!(narrowed.rows[1].cells[0].source, Source::Grant);
    assert_eq!(narrowed.default, [Rights::level(2); 3]);

    let searched = found(&world, &ada, ron, Some("TID")).await;
    assert_eq!((searched.total.n, searched.rows.len()), (1, 1));
    let row = &searched.rows[0];
    assert_eq!(row.application.as_ref().unwrap().key, "tides", "without any narrower role");
    assert_eq!((row.cells[0].source, row.cells[0].level), (Source::Default, 2));
    assert_eq!(row.cells[0].role_name, "Reader");
    assert_eq!(found(&world, &ada, ron, Some("nothing")).await.rows, []);

    // One's own rights; but nobody finds applications that they may not see.
    let own = world.user("ron").await;
    assert_eq!(found(&world, &own, ron, Some("tides")).await.total.n, 1);
    let blind = operations::RoleInput {
        name: "Blind".into(),
        environments: ["dev", "test", "prod"].map(|key| (key.to_owned(), Rights::level(1))).into(),
        ..operations::RoleInput::default()
    };
    let blind = world.console.create_role(&ada, HOME, &blind).await.unwrap();
    world.console.set_default_role(&ada, HOME, ron, blind, "").await.unwrap();
    let own = world.user("ron").await;
    let hidden = found(&world, &own, ron, Some("tides")).await;
    assert_eq!((hidden.total.n, hidden.rows.len()), (0, 0));
    assert_eq!(found(&world, &ada, ron, Some("tides")).await.total.n, 1, "who manages teams finds it");
    denied(world.console.effective_rights(&own, HOME, user_of(&ada), &EffectiveQuery::default()).await);
}

async fn review(world: &World, caller: &Caller) -> Vec<ReviewRow> {
    review_by(world, caller, None).await
}

/// The whole review by pages of a size.
async fn review_by(world: &World, caller: &Caller, limit: Option<PageSize>) -> Vec<ReviewRow> {
    let mut rows = Vec::new();
    let mut query = PageQuery { after: None, limit };
    loop {
        let page = world.console.access_review(caller, HOME, &query).await.unwrap();
        assert!(page.rows.len() < 1_000, "a page has an end: {}", page.rows.len());
        rows.extend(page.rows);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn the_access_review_has_everybody_with_every_narrower_role() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let (ada, rita, ron) = (world.user("ada").await, world.user("rita").await, world.user("ron").await);
    world.console.grant(&ada, HOME, user_of(&ron), "desk", role(&world, "Developer").await).await.unwrap();
    // Who reads the audit log reads the review too; who has neither right does not.
    for caller in [&ada, &rita] {
        world.console.begin_access_review(caller, HOME).await.unwrap();
    }
    denied(world.console.begin_access_review(&ron, HOME).await);
    denied(world.console.access_review(&ron, HOME, &PageQuery::default()).await);
    assert_eq!(
        (world.count("user.review", "done").await, world.count("user.review", "denied").await),
        (2, 1)
    );

    let rows = review(&world, &rita).await;
    assert_eq!(rows.len(), 4 * 3 + 3, "four users by three environments, and one application");
    let granted: Vec<_> = rows.iter().filter(|row| row.application.is_some()).collect();
    assert!(granted.iter().all(|row| row.username == "ron" && row.cell.source == Source::Grant));
    assert_eq!(granted[0].cell.role_name, "Developer");
    let wrong = PageQuery::after(Some("nonsense".to_owned()));
    let refused = world.console.access_review(&ada, HOME, &wrong).await;
    assert!(matches!(refused, Err(OperationError::Page { field: "after" })), "{refused:?}");
}

#[tokio::test]
async fn a_thousand_teams_and_grants_on_one_user_stay_within_a_page() {
    let world = World::new().await;
    let (ron, developer) = (user_of(&world.user("ron").await), role(&world, "Developer").await);
    for n in 0..1_000 {
        let team = world.console.create_team(&world.local, HOME, &format!("Team {n:04}"), "").await.unwrap();
        world.console.put_member(&world.local, HOME, team, ron, developer).await.unwrap();
        if n < 30 {
            world.publish(&format!("app-{n}"), None, "", "a").await;
            world.console.give_application(&world.local, HOME, team, &format!("app-{n}")).await.unwrap();
        }
    }
    let page = world.console.user(&world.local, HOME, ron).await.unwrap();
    assert!(page.more && page.teams.len() == 200, "{}", page.teams.len());
    let first = found(&world, &world.local, ron, None).await;
    assert_eq!((first.rows.len(), first.total.n), (21, 30), "the default row and twenty applications");
    let query = EffectiveQuery { after: first.next, ..EffectiveQuery::default() };
    let second = world.console.effective_rights(&world.local, HOME, ron, &query).await.unwrap();
    assert_eq!((second.rows.len(), second.next), (10, None));
    let rows = review(&world, &world.local).await;
    for limit in ["1", "7", "200"] {
        let limit = limit.parse().unwrap();
        assert_eq!(review_by(&world, &world.local, Some(limit)).await, rows, "{limit:?}");
        let query = EffectiveQuery { limit: Some(limit), ..EffectiveQuery::default() };
        let page = world.console.effective_rights(&world.local, HOME, ron, &query).await.unwrap();
        assert_eq!(page.rows.len(), 1 + 30_usize.min(limit.rows() as usize), "the default row stands above");
    }
    let applications = rows.iter().filter(|row| row.application.is_some()).count();
    assert_eq!(applications, 30 * 3, "the review has all of them");
}

fn session(world: &World, user: UserId, hash: &str) -> SessionRow {
    let now = world.console.time();
    SessionRow {
        id_hash: hash.into(),
        user_id: Some(user),
        data: "{}".into(),
        created_at: now,
        last_seen_at: now,
        idle_expires_at: now.plus(1_000_000),
        expires_at: Timestamp(now.0 + 1_000_000),
        address: "192.0.2.7".into(),
        user_agent: "Firefox/140.0 (X11; Linux)".into(),
    }
}

#[tokio::test]
async fn asvs_7_4_5_an_administrator_ends_sessions_of_others() {
    let world = World::new().await;
    let (ada, dev, ron) = (world.user("ada").await, world.user("dev").await, world.user("ron").await);
    let sessions = world.console.sessions();
    for hash in ["a", "b", "c"] {
        assert!(sessions.create(&session(&world, user_of(&ron), hash)).await.unwrap());
    }
    assert!(sessions.create(&session(&world, user_of(&ada), "own")).await.unwrap());
    assert_eq!(world.console.user_sessions(&ada, HOME, user_of(&ron)).await.unwrap().len(), 3);

    denied(world.console.user_sessions(&dev, HOME, user_of(&ron)).await);
    denied(world.console.end_user_session(&dev, HOME, user_of(&ron), "a").await);
    denied(world.console.end_user_sessions(&dev, HOME, user_of(&ron)).await);
    // Somebody else's session is none of this user's.
    assert!(world.console.end_user_session(&ada, HOME, user_of(&ron), "own").await.is_err());
    assert!(
        world
            .console
            .end_user_sessions(&ada, HOME, user_of(&ada))
            .await
            .unwrap_err()
            .sentence()
            .contains("your profile")
    );
    assert!(sessions.load("own").await.unwrap().is_some());

    world.console.end_user_session(&ada, HOME, user_of(&ron), "a").await.unwrap();
    assert!(sessions.load("a").await.unwrap().is_none());
    assert_eq!(world.console.end_user_sessions(&ada, HOME, user_of(&ron)).await.unwrap(), 2);
    let why = world.console.why_signed_out("a").await.unwrap().unwrap();
    assert!(why.contains("an administrator ended your session"), "{why}");
    for (operation, outcome, n) in [
        ("user.end_session", "done", 1),
        ("user.end_session", "denied", 1),
        ("user.end_sessions", "done", 1),
        ("user.end_sessions", "denied", 1),
    ] {
        assert_eq!(world.count(operation, outcome).await, n, "{operation} {outcome}");
    }
}

#[tokio::test]
async fn people_choose_their_name_zone_and_theme() {
    let world = World::new().await;
    let ron = world.user("ron").await;
    let good = OwnProfile {
        name: "Ron of the Lock".into(),
        email: "ron@harbour.example".into(),
        time_zone: "Europe/Lisbon".into(),
        theme: "dark".into(),
    };
    world.console.change_own_profile(&ron, good.clone()).await.unwrap();
    let me = world.console.me(&ron).await.unwrap();
    assert_eq!((me.name.as_str(), me.email.as_str()), ("Ron of the Lock", "ron@harbour.example"));
    assert_eq!((me.time_zone.as_str(), me.theme), ("Europe/Lisbon", domain::person::Theme::Dark));
    for (bad, field) in [
        (OwnProfile { name: "Ron\nBcc: x".into(), ..good.clone() }, "name"),
        (OwnProfile { email: "ron".into(), ..good.clone() }, "email"),
        (OwnProfile { time_zone: "Mars/Olympus".into(), ..good.clone() }, "time_zone"),
        (OwnProfile { theme: "sepia".into(), ..good.clone() }, "theme"),
    ] {
        assert_eq!(invalid(world.console.change_own_profile(&ron, bad).await).0, field);
    }
    assert_eq!(world.console.me(&ron).await.unwrap().name, "Ron of the Lock");
    let nobody = Caller { name: "nobody".into(), ..anonymous() };
    assert!(world.console.change_own_profile(&nobody, good).await.is_err());
    assert_eq!(world.count("user.change_own", "done").await, 1);
    assert_eq!(world.count("user.change_own", "failed").await, 4);
}

#[tokio::test]
async fn the_reason_for_another_role_stands_in_the_entry() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, user_of(&world.user("ron").await));
    let developer = role(&world, "Developer").await;
    let long = "x".repeat(501);
    let (field, _) = invalid(world.console.set_default_role(&ada, HOME, ron, developer, &long).await);
    assert_eq!(field, "reason");
    let reason = "Joins the release rota";
    world.console.set_default_role(&ada, HOME, ron, developer, reason).await.unwrap();
    let query = operations::AuditQuery {
        operation: Some("user.role".into()),
        outcome: Some("done".into()),
        ..Default::default()
    };
    let log = world.console.audit(&ada, HOME, &query).await.unwrap();
    let entry = world.console.audit_entry(&ada, HOME, log.entries.rows[0].id).await.unwrap();
    assert!(format!("{entry:?}").contains(reason), "{entry:?}");
}
