//! Forms on the pages of IT users.

use leptos::prelude::*;

/// Adds an IT user with a default role and a first password.
#[server(prefix = "/do", endpoint = "users/create")]
pub async fn create_user(
    infra: String,
    username: String,
    name: String,
    email: String,
    role: String,
    password: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use operations::{OperationError, UserInput};
    let back = format!("/i/{infra}/users/new");
    let kept = [
        ("username", username.clone()),
        ("name", name.clone()),
        ("email", email.clone()),
        ("role", role.clone()),
    ];
    let outcome = async {
        let role = role.parse().map_err(|_| OperationError::invalid("role", "Choose a default role."))?;
        let input = UserInput { username, name, email, role, password: Some(password) };
        let added = console()?.create_user(&caller()?, &infra, input).await?;
        let advice =
            added.advice.map(|advice| format!(" About the first password: {advice}")).unwrap_or_default();
        let sentence = format!("The user is added and can sign in with the first password.{advice}");
        Ok(Done { to: format!("/i/{infra}/users/{}", added.user), flash: Some(Flash::done(sentence)) })
    };
    let kept: Vec<_> = kept.iter().map(|(field, value)| (*field, value.as_str())).collect();
    answer(outcome.await, &back, &kept);
    Ok(())
}

/// Changes a user's name and e-mail address.
#[server(prefix = "/do", endpoint = "users/change")]
pub async fn change_user(
    infra: String,
    user: String,
    name: String,
    email: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/users/{user}");
    let outcome = async {
        console()?.change_user(&caller()?, &infra, identity(&user)?, &name, &email).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("Name and e-mail address are saved.")) })
    };
    answer(outcome.await, &to, &[("name", name.as_str()), ("email", email.as_str())]);
    Ok(())
}

/// Gives a user another default role.
#[server(prefix = "/do", endpoint = "users/role")]
pub async fn change_role(
    infra: String,
    user: String,
    role: String,
    reason: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, encoded, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/users/{user}");
    let back = format!("{to}?role={}", encoded(&role));
    let outcome = async {
        let (id, chosen) = (identity(&user)?, identity(&role)?);
        console()?.set_default_role(&caller()?, &infra, id, chosen, &reason).await?;
        let sentence = "The default role is changed. It counts from now on, in open sessions too.";
        Ok(Done { to: to.clone(), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, &back, &[("reason", reason.as_str())]);
    Ok(())
}

/// Deactivates a user.
#[server(prefix = "/do", endpoint = "users/deactivate")]
pub async fn deactivate_user(infra: String, user: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/users/{user}");
    let outcome = async {
        console()?.deactivate_user(&caller()?, &infra, identity(&user)?).await?;
        let sentence = "The user is deactivated, and every session has ended.";
        Ok(Done { to: to.clone(), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Lets a deactivated user sign in again.
#[server(prefix = "/do", endpoint = "users/reactivate")]
pub async fn reactivate_user(infra: String, user: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/users/{user}");
    let outcome = async {
        console()?.reactivate_user(&caller()?, &infra, identity(&user)?).await?;
        let sentence = "The user may sign in again, with the roles from before.";
        Ok(Done { to: to.clone(), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Ends one session of a user.
#[server(prefix = "/do", endpoint = "users/end-session")]
pub async fn end_user_session(infra: String, user: String, session: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/users/{user}");
    let outcome = async {
        console()?.end_user_session(&caller()?, &infra, identity(&user)?, &session).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The session is ended.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Ends every session of a user.
#[server(prefix = "/do", endpoint = "users/end-sessions")]
pub async fn end_user_sessions(infra: String, user: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/users/{user}");
    let outcome = async {
        let ended = console()?.end_user_sessions(&caller()?, &infra, identity(&user)?).await?;
        let sentence = match ended {
            1 => "1 session is ended.".to_owned(),
            more => format!("{more} sessions are ended."),
        };
        Ok(Done { to: to.clone(), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Ends the pause after failed sign-ins.
#[server(prefix = "/do", endpoint = "users/unblock")]
pub async fn unblock_user(infra: String, user: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/users/{user}");
    let outcome = async {
        console()?.unblock_user(&caller()?, identity(&user)?).await?;
        let sentence = "Failed sign-ins are forgotten; the user can sign in at once.";
        Ok(Done { to: to.clone(), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Withdraws the open invitation of a user.
#[server(prefix = "/do", endpoint = "users/withdraw-invitation")]
pub async fn withdraw_invitation(infra: String, user: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/users/invitations");
    let outcome = async {
        console()?.withdraw_invitation(&caller()?, &infra, identity(&user)?).await?;
        let sentence = "The invitation is withdrawn; its link is no good any more.";
        Ok(Done { to: to.clone(), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}
