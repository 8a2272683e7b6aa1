//! Forms about the second factor that show no secret; the others are handlers of the server.

use leptos::prelude::*;

/// Begins an authenticator app.
#[server(prefix = "/do", endpoint = "second-factor/begin")]
pub async fn begin_authenticator() -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    let outcome = async {
        console()?.begin_authenticator(&caller()?).await?;
        Ok(Done { to: "/second-factor".to_owned(), flash: None })
    };
    answer(outcome.await, "/second-factor", &[]);
    Ok(())
}

/// Removes the authenticator app.
#[server(prefix = "/do", endpoint = "second-factor/remove")]
pub async fn remove_authenticator() -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let outcome = async {
        console()?.remove_authenticator(&caller()?).await?;
        let flash = Some(Flash::done("The authenticator app is removed."));
        Ok(Done { to: "/second-factor".to_owned(), flash })
    };
    answer(outcome.await, "/second-factor", &[]);
    Ok(())
}

/// Removes one of one's own passkeys.
#[server(prefix = "/do", endpoint = "second-factor/remove-passkey")]
pub async fn remove_passkey(passkey: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let outcome = async {
        console()?.remove_passkey(&caller()?, identity(&passkey)?).await?;
        let flash = Some(Flash::done("The passkey is removed."));
        Ok(Done { to: "/second-factor".to_owned(), flash })
    };
    answer(outcome.await, "/second-factor", &[]);
    Ok(())
}

/// Says whether a role asks for a second factor.
#[server(prefix = "/do", endpoint = "roles/second-factor")]
pub async fn require_second_factor(infra: String, role: String, asks: bool) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/second-factor");
    let outcome = async {
        console()?.require_second_factor(&caller()?, &infra, identity(&role)?, asks).await?;
        let flash = Some(Flash::done(if asks {
            "Who holds this role needs a second factor from now on."
        } else {
            "Who holds this role needs no second factor any more."
        }));
        Ok(Done { to: to.clone(), flash })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Removes the second factor of somebody who has lost it.
#[server(prefix = "/do", endpoint = "users/reset-second-factor")]
pub async fn reset_second_factor(infra: String, user: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/users/invite");
    let outcome = async {
        console()?.reset_second_factor(&caller()?, &infra, identity(&user)?).await?;
        let flash = Some(Flash::done("The second factor is removed, and every session is ended."));
        Ok(Done { to: to.clone(), flash })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}
