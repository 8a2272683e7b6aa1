use super::*;
use crate::access::{Actor, Requirement, Right, Rights, RoleRights, Standing, decide};
use crate::id::{EnvironmentId, InfrastructureId, UserId};
use proptest::prelude::*;
use uuid::Uuid;

#[test]
fn a_token_has_one_form() {
    let token = Token::of(&[7; 32]);
    let text = token.reveal();
    assert_eq!(text.len(), 62);
    assert!(text.starts_with("tow_"));
    assert_eq!(text.parse::<Token>().unwrap(), token);
    assert_eq!(format!(" {text}\n").parse::<Token>().unwrap(), token, "blanks around it are no typing error");
    assert_eq!(token.shown(), format!("tow_…{}", &text[58..]));
    assert!(!format!("{token:?}").contains(&text[4..58]), "a log must not have it");
}

#[test]
fn a_typing_error_is_told_apart() {
    let text = Token::of(&[7; 32]).reveal().to_owned();
    assert_eq!("ghp_abc".parse::<Token>(), Err(NoToken::Prefix));
    assert_eq!("".parse::<Token>(), Err(NoToken::Prefix));
    assert_eq!(text[..61].parse::<Token>(), Err(NoToken::Length));
    assert_eq!(format!("{text}a").parse::<Token>(), Err(NoToken::Length));
    assert_eq!(text.to_uppercase().replace("TOW_", "tow_").parse::<Token>(), Err(NoToken::Mistyped));
    assert_eq!(format!("tow_{}", "é".repeat(29)).parse::<Token>(), Err(NoToken::Mistyped));
}

#[test]
fn lives_have_an_end() {
    let now = Timestamp(1_000);
    assert_eq!(expires(now, 0), Err(BadLife::Days));
    assert_eq!(expires(now, 366), Err(BadLife::Days));
    assert_eq!(expires(now, i64::MAX), Err(BadLife::Days));
    assert_eq!(expires(now, 365), Ok(now.plus(365 * DAY)));
    let far = now.plus(100 * DAY);
    assert_eq!(rotated_until(now, far, 169), Err(BadLife::Overlap));
    assert_eq!(rotated_until(now, far, -1), Err(BadLife::Overlap));
    assert_eq!(rotated_until(now, far, 168), Ok(now.plus(7 * DAY)));
    assert_eq!(rotated_until(now, now.plus(5), 24), Ok(now.plus(5)), "an overlap lengthens no life");
    let life = Life { expires_at: now.plus(2), revoked_at: None, active: true };
    assert!(life.good(now));
    assert!(!life.good(now.plus(2)));
    assert!(!Life { revoked_at: Some(now), ..life }.good(now));
    assert!(!Life { active: false, ..life }.good(now));
}

#[test]
fn each_change_is_in_one_area_or_for_no_token() {
    let read = Scopes::of(&[]);
    assert!(read.has(Scope::Read));
    assert_eq!(read.allow_change("plan.start"), Err(OutOfScope { missing: Some(Scope::Promotion) }));
    assert_eq!(Scopes::of(&[Scope::Promotion]).allow_change("plan.start"), Ok(()));
    assert_eq!(read.allow_change("access.preview"), Err(OutOfScope { missing: Some(Scope::People) }));
    assert_eq!(
        Scopes::of(&[Scope::Promotion]).allow_change("role.edit"),
        Err(OutOfScope { missing: Some(Scope::People) })
    );
    assert_eq!(Scopes::of(&Scope::ALL).allow_change("session.start"), Err(OutOfScope { missing: None }));
    assert_eq!(Scopes::of(&Scope::ALL).allow_change("nonsense"), Err(OutOfScope { missing: None }));
    for own in ["user.change_own", "user.change_own_password", "second_factor.remove", "invitation.accept"] {
        assert_eq!(Scopes::of(&Scope::ALL).allow_change(own), Err(OutOfScope { missing: None }), "{own}");
    }
    for others in ["second_factor.reset", "invitation.make", "user.end_sessions", "token.create"] {
        assert_eq!(Scopes::of(&[Scope::People]).allow_change(others), Ok(()), "{others}");
    }
    assert!("write".parse::<Scope>().is_err());
    for scope in Scope::ALL {
        assert_eq!(scope.word().parse(), Ok(scope));
    }
}

proptest! {
    #[test]
    fn any_other_letter_is_noticed(random: [u8; 32], place in 4usize..62, letter in 0usize..31) {
        let text = Token::of(&random).reveal().to_owned();
        let mut bytes = text.clone().into_bytes();
        let was = LETTERS.iter().position(|l| *l == bytes[place]).unwrap();
        bytes[place] = LETTERS[(was + 1 + letter) % 32];
        let other = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(other.parse::<Token>(), Err(NoToken::Mistyped));
        let read = text.parse::<Token>().unwrap();
        prop_assert_eq!(read.reveal(), text);
    }

    /// A token may what its account may and its scopes reach, and never more; fewer scopes never allow more.
    #[test]
    fn scopes_only_narrow(bits in 0i64..8, fewer in 0i64..8, rights in 0i64..1024, wanted in 0usize..10, operation in 0usize..4) {
        let operation = ["plan.start", "role.edit", "session.start", "application.tag"][operation];
        let (infrastructure, environment) = (InfrastructureId(Uuid::from_u128(1)), EnvironmentId(Uuid::from_u128(2)));
        let mut default = RoleRights::default();
        default.environments.insert(environment, Rights::from_bits(rights));
        let standing = Standing { infrastructure, default, applications: Default::default(), teams: Default::default() };
        let requirement = Requirement::Environment(environment, Right::ALL[wanted]);
        let account = decide(Actor::User { user: UserId(Uuid::from_u128(3)) }, Some(&standing), &requirement).is_ok();
        let may = |scopes: Scopes| account && scopes.allow_change(operation).is_ok();
        prop_assert!(!may(Scopes::from_bits(bits)) || account);
        let less = Scopes::from_bits(bits & fewer);
        prop_assert!(less.within(Scopes::from_bits(bits)));
        prop_assert!(!may(less) || may(Scopes::from_bits(bits)));
    }
}
