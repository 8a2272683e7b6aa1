//! Forms on the own profile.

use leptos::prelude::*;

/// Ends one of one's own sessions.
#[server(prefix = "/do", endpoint = "profile/end-session")]
pub async fn end_session(session: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let outcome = async {
        console()?.end_session(&caller()?, &session).await?;
        Ok(Done { to: "/profile".to_owned(), flash: Some(Flash::done("The session is ended.")) })
    };
    answer(outcome.await, "/profile", &[]);
    Ok(())
}

/// Ends all of one's own sessions but this one.
#[server(prefix = "/do", endpoint = "profile/end-others")]
pub async fn end_others() -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, session_hash};
    use crate::flash::Flash;
    let outcome = async {
        let ended = console()?.end_other_sessions(&caller()?, &session_hash()).await?;
        let sentence = match ended {
            1 => "1 other session is ended.".to_owned(),
            more => format!("{more} other sessions are ended."),
        };
        Ok(Done { to: "/profile".to_owned(), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, "/profile", &[]);
    Ok(())
}

/// Changes one's own name, e-mail address, time zone and theme.
#[server(prefix = "/do", endpoint = "profile/change")]
pub async fn change_profile(
    name: String,
    email: String,
    time_zone: String,
    theme: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use operations::OwnProfile;
    let kept = [
        ("name", name.clone()),
        ("email", email.clone()),
        ("time_zone", time_zone.clone()),
        ("theme", theme.clone()),
    ];
    let outcome = async {
        let input = OwnProfile { name, email, time_zone, theme };
        console()?.change_own_profile(&caller()?, input).await?;
        Ok(Done { to: "/profile".to_owned(), flash: Some(Flash::done("Your profile is saved.")) })
    };
    let kept: Vec<_> = kept.iter().map(|(field, value)| (*field, value.as_str())).collect();
    answer(outcome.await, "/profile", &kept);
    Ok(())
}

/// Changes one's own password.
#[server(prefix = "/do", endpoint = "profile/password")]
pub async fn change_password(old: String, new: String, again: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, session_hash};
    use crate::flash::Flash;
    use operations::OperationError;
    let outcome = async {
        if new != again {
            return Err(OperationError::invalid(
                "again",
                "The two new passwords differ; type the same twice.",
            ));
        }
        let advice = console()?.change_own_password(&caller()?, &session_hash(), &old, &new).await?;
        let sentence = match advice {
            None => "Your password is changed; it is hard to guess.".to_owned(),
            Some(advice) => format!("Your password is changed. {advice}"),
        };
        Ok(Done { to: "/profile".to_owned(), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, "/profile", &[]);
    Ok(())
}
