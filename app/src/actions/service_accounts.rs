//! Forms on the pages of service accounts. What shows a token once is no server function: the server answers it with the page itself.

use leptos::prelude::*;

/// Adds a service account with a default role.
#[server(prefix = "/do", endpoint = "service-accounts/create")]
pub async fn create_service_account(
    infra: String,
    username: String,
    name: String,
    role: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use operations::OperationError;
    let back = format!("/i/{infra}/service-accounts/new");
    let kept = [("username", username.as_str()), ("name", name.as_str()), ("role", role.as_str())];
    let outcome = async {
        let role = role.parse().map_err(|_| OperationError::invalid("role", "Choose a default role."))?;
        let id = console()?.create_service_account(&caller()?, &infra, &username, &name, role).await?;
        let sentence = "The service account is added. It can do nothing until it has a token.";
        Ok(Done { to: format!("/i/{infra}/service-accounts/{id}"), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, &back, &kept);
    Ok(())
}

/// Revokes a token of a service account.
#[server(prefix = "/do", endpoint = "service-accounts/revoke")]
pub async fn revoke_token(infra: String, account: String, token: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/service-accounts/{account}");
    let outcome = async {
        let (account, token) = (identity(&account)?, identity(&token)?);
        console()?.revoke_token(&caller()?, &infra, account, token).await?;
        let sentence = "The token is revoked; the next request with it is refused.";
        Ok(Done { to: to.clone(), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Deactivates a service account.
#[server(prefix = "/do", endpoint = "service-accounts/deactivate")]
pub async fn deactivate_service_account(infra: String, account: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/service-accounts/{account}");
    let outcome = async {
        console()?.deactivate_user(&caller()?, &infra, identity(&account)?).await?;
        let sentence = "The service account is deactivated, and its tokens are revoked.";
        Ok(Done { to: to.clone(), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Lets a deactivated service account in again.
#[server(prefix = "/do", endpoint = "service-accounts/reactivate")]
pub async fn reactivate_service_account(infra: String, account: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/service-accounts/{account}");
    let outcome = async {
        console()?.reactivate_user(&caller()?, &infra, identity(&account)?).await?;
        let sentence = "The service account is let in again. Its tokens stay revoked; make a new one.";
        Ok(Done { to: to.clone(), flash: Some(Flash::done(sentence)) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}
