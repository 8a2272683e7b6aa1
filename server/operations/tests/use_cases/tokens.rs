//! Service accounts and their tokens: each rule both ways.

use crate::common::{HOME, PASSWORD, World, denied, later, origin, role};
use domain::access::{Actor, Rights, WideRight, WideRights};
use domain::id::UserId;
use domain::time::{DAY, HOUR, MINUTE};
use domain::token::{Scope, Token};
use operations::{AuditQuery, Caller, Limits, NewToken, OperationError, PageQuery, RoleInput, UserInput};

fn new(scopes: &[Scope]) -> NewToken {
    NewToken { name: "CI".to_owned(), scopes: scopes.to_vec(), days: 30 }
}

async fn account(world: &World, username: &str, role_name: &str) -> UserId {
    let role = role(world, role_name).await;
    world.console.create_service_account(&world.local, HOME, username, username, role).await.unwrap()
}

async fn caller(world: &World, token: &Token) -> operations::Result<Caller> {
    world.console.token_caller(origin(), token.reveal(), true).await
}

/// Somebody who calls with a fresh token of an account.
async fn with_token(world: &World, account: UserId, scopes: &[Scope]) -> Caller {
    let made = world.console.create_token(&world.local, HOME, account, new(scopes)).await.unwrap();
    caller(world, &made.token).await.unwrap()
}

async fn entries(world: &World, operation: &str) -> usize {
    let query = AuditQuery { operation: Some(operation.to_owned()), ..AuditQuery::default() };
    world.console.audit(&world.local, HOME, &query).await.unwrap().entries.rows.len()
}

#[tokio::test]
async fn a_token_acts_as_its_account_and_is_stored_as_a_hash() {
    let world = World::new().await;
    let account = account(&world, "ci", "Reader").await;
    let made = world.console.create_token(&world.local, HOME, account, new(&[Scope::Read])).await.unwrap();
    let found = caller(&world, &made.token).await.unwrap();
    assert_eq!(found.actor, Actor::User { user: account });
    assert_eq!(found.origin.token, Some(made.id.to_string()));
    let me = world.console.me(&found).await.unwrap();
    assert_eq!((me.username.as_str(), me.infrastructures.len()), ("ci", 1));
    let page = world.console.service_account(&world.local, HOME, account).await.unwrap();
    assert_eq!(page.tokens.len(), 1);
    assert!(page.tokens[0].good && page.tokens[0].last_used_at.is_some());
    assert_eq!(page.tokens[0].reads, 1);
    assert_eq!(page.row.last_used_at, page.tokens[0].last_used_at);
    // Neither a page nor the log has the text.
    let secret = &made.token.reveal()[4..50];
    assert!(!format!("{page:?}").contains(secret));
    let log = world.console.audit(&world.local, HOME, &AuditQuery::default()).await.unwrap();
    for row in log.entries.rows {
        let entry = world.console.audit_entry(&world.local, HOME, row.id).await.unwrap();
        assert!(!format!("{entry:?}").contains(secret));
    }
    // Uses within a minute are added up and written down later.
    for _ in 0..3 {
        caller(&world, &made.token).await.unwrap();
    }
    later(&world, MINUTE);
    caller(&world, &made.token).await.unwrap();
    let page = world.console.service_account(&world.local, HOME, account).await.unwrap();
    assert_eq!(page.tokens[0].reads, 5);
}

#[tokio::test]
async fn scopes_narrow_and_never_widen() {
    let world = World::new().await;
    let admin = account(&world, "robot", "Administrator").await;
    let reader = account(&world, "eye", "Reader").await;
    // The account may, the token may not.
    let read = with_token(&world, admin, &[Scope::Read]).await;
    world.console.users(&read, HOME, &Default::default()).await.unwrap();
    let sentence = denied(world.console.create_team(&read, HOME, "Pilots", "").await);
    assert!(sentence.contains("lacks the scope “people”"), "{sentence}");
    assert_eq!(entries(&world, "team.create").await, 1, "the refusal has an entry");
    let promotion = with_token(&world, admin, &[Scope::Promotion]).await;
    denied(world.console.create_team(&promotion, HOME, "Pilots", "").await);
    let people = with_token(&world, admin, &[Scope::People]).await;
    world.console.create_team(&people, HOME, "Pilots", "").await.unwrap();
    // The token may, the account may not.
    let eager = with_token(&world, reader, &Scope::ALL).await;
    denied(world.console.create_team(&eager, HOME, "Crew", "").await);
    // A browser's own acts are for no token.
    let sentence = denied(
        world.console.change_own_password(&people, "current", PASSWORD, "seven swans on the cut").await,
    );
    assert!(sentence.contains("No token"), "{sentence}");
}

#[tokio::test]
async fn nobody_makes_an_account_or_a_token_stronger_than_themselves() {
    let world = World::new().await;
    let robot = account(&world, "robot", "Administrator").await;
    // Mia manages users and lists applications, no more (R28).
    let keys = ["dev", "test", "prod"].map(str::to_owned);
    let registrar = RoleInput {
        name: "Registrar".to_owned(),
        description: String::new(),
        environments: keys.into_iter().map(|key| (key, Rights::level(2))).collect(),
        wide: WideRights::of(&[WideRight::ManageInfrastructure]),
        new_environment: None,
    };
    let registrar = world.console.create_role(&world.local, HOME, &registrar).await.unwrap();
    let input = UserInput {
        username: "mia".to_owned(),
        name: "Mia".to_owned(),
        email: String::new(),
        role: registrar,
        password: Some(PASSWORD.to_owned()),
    };
    world.console.create_user(&world.local, HOME, input).await.unwrap();
    let mia = world.user("mia").await;
    let administrator = role(&world, "Administrator").await;
    denied(world.console.create_service_account(&mia, HOME, "mine", "Mine", administrator).await);
    denied(world.console.create_token(&mia, HOME, robot, new(&[Scope::Read])).await);
    assert!(world.console.service_account(&mia, HOME, robot).await.unwrap().create_token.is_err());
    let own = world.console.create_service_account(&mia, HOME, "mine", "Mine", registrar).await.unwrap();
    world.console.create_token(&mia, HOME, own, new(&[Scope::Read])).await.unwrap();
    // One without the right sees none of it.
    let dev = world.user("dev").await;
    denied(world.console.service_accounts(&dev, HOME, &PageQuery::default()).await);
    denied(world.console.create_token(&dev, HOME, own, new(&[])).await);
    // A token makes no token that reaches further.
    let people = with_token(&world, robot, &[Scope::People]).await;
    let sentence = denied(world.console.create_token(&people, HOME, robot, new(&Scope::ALL)).await);
    assert!(sentence.contains("your own has read, people"), "{sentence}");
    world.console.create_token(&people, HOME, robot, new(&[Scope::People])).await.unwrap();
    // And no account changes its own role (R29).
    denied(world.console.set_default_role(&people, HOME, robot, registrar, "").await);
}

#[tokio::test]
async fn tokens_end_by_time_by_hand_and_with_their_account() {
    let world = World::new().await;
    let account = account(&world, "ci", "Reader").await;
    let console = &world.console;
    let make = async |days| {
        let token = NewToken { days, ..new(&[Scope::Read]) };
        console.create_token(&world.local, HOME, account, token).await
    };
    for days in [0, 366, -1] {
        assert!(matches!(make(days).await, Err(OperationError::Invalid { .. })), "{days}");
    }
    let short = make(1).await.unwrap();
    let long = make(365).await.unwrap();
    later(&world, DAY);
    denied(caller(&world, &short.token).await);
    caller(&world, &long.token).await.unwrap();

    let next = console.rotate_token(&world.local, HOME, account, long.id, 90, 24).await.unwrap();
    for token in [&long.token, &next.token] {
        caller(&world, token).await.unwrap();
    }
    assert!(matches!(
        console.rotate_token(&world.local, HOME, account, next.id, 90, 169).await,
        Err(OperationError::Invalid { .. })
    ));
    later(&world, 24 * HOUR);
    denied(caller(&world, &long.token).await);
    caller(&world, &next.token).await.unwrap();
    assert!(matches!(
        console.rotate_token(&world.local, HOME, account, long.id, 90, 1).await,
        Err(OperationError::Conflict { .. })
    ));

    console.revoke_token(&world.local, HOME, account, next.id).await.unwrap();
    denied(caller(&world, &next.token).await);
    assert!(matches!(
        console.revoke_token(&world.local, HOME, account, next.id).await,
        Err(OperationError::Conflict { .. })
    ));

    let last = make(30).await.unwrap();
    console.deactivate_user(&world.local, HOME, account).await.unwrap();
    denied(caller(&world, &last.token).await);
    assert!(matches!(make(30).await, Err(OperationError::Conflict { .. })));
    console.reactivate_user(&world.local, HOME, account).await.unwrap();
    denied(caller(&world, &last.token).await);
}

#[tokio::test]
async fn a_service_account_is_no_person() {
    let world = World::new().await;
    let robot = account(&world, "robot", "Administrator").await;
    let people = world.console.users(&world.local, HOME, &Default::default()).await.unwrap();
    assert!(people.users.rows.iter().all(|row| row.id != robot));
    for password in ["", PASSWORD] {
        assert!(world.sign_in("robot", password).await.is_err());
    }
    // Ada is the last administrator, whatever the robot is; the robot may go.
    let Actor::User { user: ada } = world.user("ada").await.actor else { panic!("a user") };
    let reader = role(&world, "Reader").await;
    assert!(matches!(
        world.console.set_default_role(&world.local, HOME, ada, reader, "").await,
        Err(OperationError::Conflict { .. })
    ));
    assert!(matches!(
        world.console.deactivate_user(&world.local, HOME, ada).await,
        Err(OperationError::Conflict { .. })
    ));
    world.console.deactivate_user(&world.local, HOME, robot).await.unwrap();
    // It stays in its infrastructure.
    world.console.create_infrastructure(&world.local, "canal", "Canal").await.unwrap();
    let elsewhere = world.console.roles(&world.local, "canal").await.unwrap().roles[0].id;
    assert!(matches!(
        world.console.set_default_role(&world.local, "canal", robot, elsewhere, "").await,
        Err(OperationError::Conflict { .. })
    ));
    assert!(world.console.service_account(&world.local, "canal", robot).await.is_err());
}

#[tokio::test]
async fn bad_tokens_are_told_apart_and_followed_by_pauses() {
    let world = World::new().await;
    let account = account(&world, "ci", "Reader").await;
    let good = world.console.create_token(&world.local, HOME, account, new(&[])).await.unwrap();
    let mistyped = format!("{}a", &good.token.reveal()[..61]);
    let mistyped = if mistyped == good.token.reveal() { mistyped.replace("a", "b") } else { mistyped };
    let typo = denied(world.console.token_caller(origin(), &mistyped, true).await);
    assert!(typo.contains("typing error"), "{typo}");
    let unknown = Token::of(&[9; 32]);
    let sentence = denied(caller(&world, &unknown).await);
    assert!(sentence.contains("not known"), "{sentence}");
    for _ in 2..20 {
        denied(caller(&world, &unknown).await);
    }
    assert!(matches!(caller(&world, &unknown).await, Err(OperationError::Paused { .. })));
    assert!(matches!(caller(&world, &good.token).await, Err(OperationError::Paused { .. })));
    // Another address is not held up, nor is signing in from this one.
    let elsewhere = domain::audit::Origin { address: "192.0.2.9".to_owned(), ..origin() };
    world.console.token_caller(elsewhere, good.token.reveal(), true).await.unwrap();
    world.user("ada").await;
    later(&world, MINUTE);
    caller(&world, &good.token).await.unwrap();
}

#[tokio::test]
async fn a_dry_run_checks_everything_and_changes_nothing() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let dry = Caller { limits: Limits { dry_run: true, ..Limits::default() }, ..ada.clone() };
    let reader = role(&world, "Reader").await;
    world.console.create_team(&dry, HOME, "Pilots", "").await.unwrap();
    let ci = world.console.create_service_account(&dry, HOME, "ci", "CI", reader).await.unwrap();
    assert!(world.console.service_account(&ada, HOME, ci).await.is_err());
    assert!(world.console.teams(&ada, HOME).await.unwrap().teams.is_empty());
    assert_eq!(entries(&world, "team.create").await, 0, "what was only tried leaves no entry");
    // The same refusals, with their entries.
    world.console.create_team(&ada, HOME, "Pilots", "").await.unwrap();
    assert!(world.console.create_team(&dry, HOME, "Pilots", "").await.is_err());
    assert_eq!(entries(&world, "team.create").await, 2);
    let ron = world.user("ron").await;
    let ron = Caller { limits: dry.limits, ..ron };
    denied(world.console.create_team(&ron, HOME, "Crew", "").await);
}
