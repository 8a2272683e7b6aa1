//! The second factor: setting it up, signing in with it, roles that ask for it, and proofs before dangerous acts.

use crate::common::{PASSWORD, World, anonymous, later, user_of};
use data_encoding::BASE32_NOPAD;
use domain::access::Proof;
use domain::time::{MINUTE, SECOND};
use domain::totp;
use operations::{
    Answer, Caller, Credentials, Evidence, HalfOpen, OperationError, Result, SessionRow, SignedIn,
};

/// Somebody's authenticator app.
struct App(Vec<u8>);

impl App {
    fn shows(&self, world: &World) -> String {
        totp::code(&self.0, totp::step(world.console.time()))
    }
}

/// The same person, with a proof of now.
fn fresh(world: &World, caller: &Caller) -> Caller {
    Caller { proof: Proof::At(world.console.time()), ..caller.clone() }
}

/// Sets an app up and gives it with the recovery codes.
async fn set_up(world: &World, caller: &Caller) -> (App, Vec<String>) {
    world.console.begin_authenticator(caller).await.unwrap();
    let enrolment = world.console.authenticator_to_confirm(caller).await.unwrap().unwrap();
    let app = App(BASE32_NOPAD.decode(enrolment.words.replace(' ', "").as_bytes()).unwrap());
    assert!(enrolment.address.starts_with("otpauth://totp/Towpath:"));
    let codes = world.console.confirm_authenticator(caller, &app.shows(world)).await.unwrap();
    (app, codes)
}

async fn half(world: &World, username: &str) -> HalfOpen {
    let who = world.sign_in(username, PASSWORD).await.unwrap();
    assert!(who.device.is_empty(), "no device is known before the second step");
    who.asks.expect("the second factor is asked")
}

async fn second(world: &World, half: &HalfOpen, code: &str) -> Result<SignedIn> {
    world.console.second_step(&anonymous(), half, Answer::Code(code), None).await
}

fn is_wrong<T: std::fmt::Debug>(outcome: &Result<T>) -> bool {
    matches!(outcome, Err(OperationError::Invalid { .. }))
}

#[tokio::test]
async fn asvs_6_3_3_the_password_alone_opens_nothing() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let (app, codes) = set_up(&world, &ada).await;
    assert_eq!(codes.len(), 10);
    let held = world.console.own_second_factor(&ada).await.unwrap();
    assert!(held.exists() && held.authenticator.is_some() && held.recovery_left == 10 && !held.required);
    let half = half(&world, "ada").await;
    assert!(is_wrong(&second(&world, &half, "000000").await));
    assert!(
        is_wrong(&second(&world, &half, &app.shows(&world)).await),
        "the code that confirmed it counts no more"
    );
    later(&world, 30 * SECOND);
    let code = app.shows(&world);
    let who = second(&world, &half, &format!(" {} {} ", &code[..3], &code[3..])).await.unwrap();
    assert!(who.asks.is_none() && !who.device.is_empty());
    assert_eq!(world.count("session.first_step", "done").await, 1);
    assert_eq!(world.count("session.second_step", "failed").await, 2);
    // Signing in as a whole is one entry.
    assert_eq!(world.count("session.sign_in", "done").await, 2);
    let all = format!("{:?}", world.entries().await);
    assert!(codes.iter().all(|code| !all.contains(code.as_str())));
}

#[tokio::test]
async fn asvs_6_5_1_a_code_counts_once_even_for_two_at_once() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let (app, codes) = set_up(&world, &ada).await;
    later(&world, 30 * SECOND);
    let half = half(&world, "ada").await;
    let code = app.shows(&world);
    let (a, b) = futures::future::join(second(&world, &half, &code), second(&world, &half, &code)).await;
    assert!(a.is_ok() != b.is_ok());
    let (a, b) =
        futures::future::join(second(&world, &half, &codes[0]), second(&world, &half, &codes[0])).await;
    assert!(a.is_ok() != b.is_ok());
    let held = world.console.own_second_factor(&ada).await.unwrap();
    assert_eq!(held.recovery_left, 9);
}

#[tokio::test]
async fn asvs_6_5_2_recovery_codes_are_shown_once_count_once_and_are_renewed() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let (_, codes) = set_up(&world, &ada).await;
    let half = half(&world, "ada").await;
    second(&world, &half, &codes[3].to_uppercase().replace('-', " ")).await.unwrap();
    assert!(is_wrong(&second(&world, &half, &codes[3]).await), "once");
    let new = world.console.renew_recovery_codes(&ada).await.unwrap();
    assert!(new.len() == 10 && new.iter().all(|code| !codes.contains(code)));
    assert!(is_wrong(&second(&world, &half, &codes[4]).await), "those before have ended");
    second(&world, &half, &new[4]).await.unwrap();
    let ron = world.user("ron").await;
    assert!(matches!(world.console.renew_recovery_codes(&ron).await, Err(OperationError::Conflict { .. })));
}

#[tokio::test]
async fn wrong_codes_are_followed_by_pauses_that_only_who_has_the_password_causes() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let (app, _) = set_up(&world, &ada).await;
    for _ in 0..10 {
        assert!(world.sign_in("ada", "wrong horse battery").await.is_err());
    }
    later(&world, 60 * MINUTE);
    let first = half(&world, "ada").await;
    for _ in 0..5 {
        assert!(is_wrong(&second(&world, &first, "000000").await));
    }
    // From wherever: six digits are few.
    let elsewhere = Caller {
        origin: domain::audit::Origin { address: "198.51.100.4".into(), ..Default::default() },
        ..anonymous()
    };
    let paused = world.console.second_step(&elsewhere, &first, Answer::Code(&app.shows(&world)), None).await;
    assert!(matches!(paused, Err(OperationError::Paused { .. })), "{paused:?}");
    // The right password once more does not end the pause.
    let again = half(&world, "ada").await;
    assert!(matches!(second(&world, &again, &app.shows(&world)).await, Err(OperationError::Paused { .. })));
    later(&world, MINUTE + SECOND);
    second(&world, &again, &app.shows(&world)).await.unwrap();
    assert!(is_wrong(&second(&world, &again, "000000").await), "a success begins anew");
}

#[tokio::test]
async fn the_second_step_ends_with_time_password_and_account() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let (app, _) = set_up(&world, &ron).await;
    later(&world, MINUTE);
    let begins_anew = |outcome: Result<SignedIn>| {
        assert!(matches!(outcome, Err(OperationError::Denied { sign_in: true, .. })), "{outcome:?}");
    };
    let old = half(&world, "ron").await;
    later(&world, 10 * MINUTE + SECOND);
    begins_anew(second(&world, &old, &app.shows(&world)).await);
    let before = half(&world, "ron").await;
    let ron = fresh(&world, &ron);
    world.console.change_own_password(&ron, "", PASSWORD, "seven swans on the cut").await.unwrap();
    begins_anew(second(&world, &before, &app.shows(&world)).await);
    let now = world.sign_in("ron", "seven swans on the cut").await.unwrap().asks.unwrap();
    world.console.deactivate_user(&ada, "harbour", user_of(&ron)).await.unwrap();
    begins_anew(second(&world, &now, &app.shows(&world)).await);
}

#[tokio::test]
async fn an_app_counts_once_it_has_shown_a_right_code() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    assert!(world.console.authenticator_to_confirm(&ada).await.unwrap().is_none());
    assert!(world.console.confirm_authenticator(&ada, "000000").await.is_err());
    world.console.begin_authenticator(&ada).await.unwrap();
    let first = world.console.authenticator_to_confirm(&ada).await.unwrap().unwrap();
    assert!(is_wrong(&world.console.confirm_authenticator(&ada, "000000").await));
    assert!(world.sign_in("ada", PASSWORD).await.unwrap().asks.is_none(), "nothing is asked yet");
    world.console.begin_authenticator(&ada).await.unwrap();
    let second = world.console.authenticator_to_confirm(&ada).await.unwrap().unwrap();
    assert_ne!(first.words, second.words);
    later(&world, 31 * MINUTE);
    assert!(
        world.console.authenticator_to_confirm(&fresh(&world, &ada)).await.unwrap().is_none(),
        "forgotten"
    );
    let ada = fresh(&world, &ada);
    set_up(&world, &ada).await;
    let two = world.console.begin_authenticator(&ada).await.unwrap_err();
    assert!(matches!(two, OperationError::Conflict { .. }), "{two}");
}

#[tokio::test]
async fn asvs_7_5_1_the_second_factor_is_changed_with_a_recent_proof_only() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    set_up(&world, &ada).await;
    later(&world, 10 * MINUTE + SECOND);
    let asks = |outcome: Result<()>| {
        assert!(matches!(outcome, Err(OperationError::ProofNeeded { .. })), "{outcome:?}");
    };
    let console = &world.console;
    asks(console.begin_authenticator(&ada).await);
    asks(console.confirm_authenticator(&ada, "000000").await.map(drop));
    asks(console.remove_authenticator(&ada).await);
    asks(console.renew_recovery_codes(&ada).await.map(drop));
    asks(console.begin_passkey(&ada).await.map(drop));
    asks(console.add_passkey(&ada, "", "", "Key").await.map(drop));
    console.remove_authenticator(&fresh(&world, &ada)).await.unwrap();
    let held = console.own_second_factor(&ada).await.unwrap();
    assert!(!held.exists() && held.recovery_left == 0, "codes without a factor are worth nothing");
    assert!(world.sign_in("ada", PASSWORD).await.unwrap().asks.is_none());
}

#[tokio::test]
async fn asvs_7_5_3_dangerous_acts_ask_for_a_recent_proof() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let stale = Caller { proof: Proof::At(world.console.time()), ..ada.clone() };
    later(&world, 10 * MINUTE + SECOND);
    let console = &world.console;
    let asks = |what: &str, outcome: Result<()>| {
        assert!(matches!(outcome, Err(OperationError::ProofNeeded { .. })), "{what}: {outcome:?}");
    };
    let roles = console.role_factors(&ada, "harbour").await.unwrap();
    let reader = roles.iter().find(|each| each.role.name == "Reader").unwrap().role.id;
    let ron = user_of(&world.user("ron").await);
    let mut input = operations::RoleInput { name: "Watcher".into(), ..Default::default() };
    for key in ["dev", "test", "prod"] {
        input.environments.insert(key.into(), domain::access::Rights::NONE);
    }
    let watcher = console.create_role(&fresh(&world, &ada), "harbour", &input).await.unwrap();
    let other = operations::RoleInput { name: "Other".into(), ..input.clone() };
    asks("create", console.create_role(&stale, "harbour", &other).await.map(drop));
    asks("edit", console.edit_role(&stale, "harbour", watcher, &other).await);
    asks("delete", console.delete_role(&stale, "harbour", watcher, None).await);
    asks("default role", console.set_default_role(&stale, "harbour", ron, reader, "").await);
    let crew = console.create_team(&stale, "harbour", "Crew", "").await.unwrap();
    world.publish("desk", None, "", "one").await;
    asks("team role", console.put_member(&stale, "harbour", crew, ron, reader).await);
    asks("application", console.give_application(&stale, "harbour", crew, "desk").await);
    asks("grant", console.grant(&stale, "harbour", ron, "desk", reader).await);
    let recent = fresh(&world, &ada);
    console.put_member(&recent, "harbour", crew, ron, reader).await.unwrap();
    console.give_application(&recent, "harbour", crew, "desk").await.unwrap();
    console.grant(&recent, "harbour", ron, "desk", reader).await.unwrap();
    asks("out of the team", console.remove_member(&stale, "harbour", crew, ron).await);
    asks("take application", console.take_application(&stale, "harbour", crew, "desk").await);
    asks("revoke", console.revoke_grant(&stale, "harbour", ron, "desk").await);
    asks("delete team", console.delete_team(&stale, "harbour", crew).await);
    let input = operations::UserInput {
        username: "una".into(),
        name: "Una Union".into(),
        email: String::new(),
        role: reader,
        password: Some("a quiet canal at dawn".into()),
    };
    asks("add a user", console.create_user(&stale, "harbour", input).await.map(drop));
    asks("require", console.require_second_factor(&stale, "harbour", reader, true).await);
    // Who lacks the right is told that, and not asked for a proof first.
    let rita = Caller { proof: Proof::None, ..world.user("rita").await };
    let denied = console.create_role(&rita, "harbour", &other).await.unwrap_err();
    assert!(matches!(denied, OperationError::Denied { .. }), "{denied}");
    assert_eq!(world.count("role.create", "failed").await, 1, "each that was refused has its entry");
}

#[tokio::test]
async fn asvs_7_5_3_a_deployment_into_production_asks_for_a_recent_proof() {
    let world = World::new().await;
    world.publish("tides", Some("1.0.0"), "", "one").await;
    let ada = world.user("ada").await;
    let start = async |caller: &Caller, from: &str, to: &str| {
        let plan =
            world.console.make_plan(&world.local, "harbour", from, to, &["tides".into()]).await.unwrap();
        let digest = world.console.plan(&world.local, "harbour", plan).await.unwrap().digest;
        (plan, digest.clone(), world.console.start_plan(caller, "harbour", plan, &digest).await)
    };
    later(&world, 11 * MINUTE);
    let (.., run) = start(&ada, "dev", "test").await;
    world.carry_out("test", run.expect("no production"), |_| domain::protocol::TaskOutcome::Done).await;
    let (plan, digest, asked) = start(&ada, "test", "prod").await;
    assert!(matches!(asked, Err(OperationError::ProofNeeded { .. })), "{asked:?}");
    world.console.start_plan(&fresh(&world, &ada), "harbour", plan, &digest).await.unwrap();
}

#[tokio::test]
async fn a_proof_is_given_by_password_or_second_factor() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let (app, codes) = set_up(&world, &ada).await;
    let console = &world.console;
    console.prove(&ada, Evidence::Password(PASSWORD)).await.unwrap();
    assert!(is_wrong(&console.prove(&ada, Evidence::Password("wrong horse battery")).await));
    later(&world, 30 * SECOND);
    let code = app.shows(&world);
    console.prove(&ada, Evidence::Second(Answer::Code(&code))).await.unwrap();
    assert!(is_wrong(&console.prove(&ada, Evidence::Second(Answer::Code(&code))).await), "once, here too");
    console.prove(&ada, Evidence::Second(Answer::Code(&codes[0]))).await.unwrap();
    assert!(console.prove(&anonymous(), Evidence::Password(PASSWORD)).await.is_err());
    let ron = world.user("ron").await;
    for _ in 0..5 {
        assert!(is_wrong(&console.prove(&ron, Evidence::Password("wrong horse battery")).await));
    }
    let paused = console.prove(&ron, Evidence::Password(PASSWORD)).await;
    assert!(matches!(paused, Err(OperationError::Paused { .. })), "{paused:?}");
    assert_eq!(world.count("session.prove", "done").await, 3);
}

#[tokio::test]
async fn a_role_that_asks_leaves_no_way_around() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let console = &world.console;
    let roles = console.role_factors(&ada, "harbour").await.unwrap();
    let reader = roles.iter().find(|each| each.role.name == "Reader").unwrap().role.id;
    assert!(!console.must_enrol(user_of(&ron)).await.unwrap());
    console.require_second_factor(&ada, "harbour", reader, true).await.unwrap();
    assert!(console.must_enrol(user_of(&ron)).await.unwrap(), "at once");
    assert!(!console.must_enrol(user_of(&ada)).await.unwrap());
    assert!(console.role_factors(&ron, "harbour").await.is_err());
    assert!(console.require_second_factor(&ron, "harbour", reader, false).await.is_err());
    set_up(&world, &ron).await;
    assert!(!console.must_enrol(user_of(&ron)).await.unwrap());
    let last = console.remove_authenticator(&ron).await.unwrap_err();
    assert!(matches!(last, OperationError::Conflict { .. }), "{last}");
    console.require_second_factor(&ada, "harbour", reader, false).await.unwrap();
    console.remove_authenticator(&ron).await.unwrap();
}

#[tokio::test]
async fn an_administrator_resets_a_second_factor_and_ends_what_is_open() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    set_up(&world, &ron).await;
    set_up(&world, &ada).await;
    let now = world.console.time();
    let row = SessionRow {
        id_hash: "a".repeat(64),
        user_id: Some(user_of(&ron)),
        data: "{}".into(),
        created_at: now,
        last_seen_at: now,
        idle_expires_at: now.plus(30 * MINUTE),
        expires_at: now.plus(60 * MINUTE),
        address: String::new(),
        user_agent: String::new(),
    };
    assert!(world.console.sessions().create(&row).await.unwrap());
    let console = &world.console;
    let denied = console.reset_second_factor(&ron, "harbour", user_of(&ada)).await.unwrap_err();
    assert!(matches!(denied, OperationError::Denied { .. }), "{denied}");
    let own = console.reset_second_factor(&ada, "harbour", user_of(&ada)).await.unwrap_err();
    assert!(own.sentence().contains("your own"), "{own}");
    let stale = Caller { proof: Proof::None, ..ada.clone() };
    let asked = console.reset_second_factor(&stale, "harbour", user_of(&ron)).await.unwrap_err();
    assert!(matches!(asked, OperationError::ProofNeeded { .. }), "{asked}");
    console.reset_second_factor(&ada, "harbour", user_of(&ron)).await.unwrap();
    assert!(console.own_sessions(&ron, None).await.unwrap().is_empty());
    let nobody = anonymous();
    let who = console.sign_in(&nobody, Credentials { username: "ron", password: PASSWORD, device: None });
    assert!(who.await.unwrap().asks.is_none());
    let none = console.reset_second_factor(&ada, "harbour", user_of(&ron)).await.unwrap_err();
    assert!(matches!(none, OperationError::Conflict { .. }), "{none}");
    assert_eq!(world.count("second_factor.reset", "done").await, 1);
}

#[tokio::test]
async fn without_a_host_name_passkeys_are_refused_with_the_reason() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let why = world.console.own_second_factor(&ada).await.unwrap().passkeys_possible.unwrap_err();
    assert!(why.sentence.contains("host name") && why.lifted_by.contains("public-origin"), "{why:?}");
    assert!(world.console.begin_passkey(&ada).await.is_err());
    assert!(world.console.passkey_challenge(user_of(&ada)).await.is_err());
}
