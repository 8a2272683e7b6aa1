//! Forms on the page of the architecture.

use leptos::prelude::*;

/// Accepts a finding until the end of a day.
#[server(prefix = "/do", endpoint = "architecture/accept")]
pub async fn accept_finding(
    infra: String,
    rule: String,
    path: String,
    reason: String,
    expires_at: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, me};
    use crate::flash::Flash;
    use crate::view::times::{Zone, end_of_day};
    use operations::{AcceptInput, OperationError};
    let to = format!("/i/{infra}/architecture");
    let outcome = async {
        let zone = Zone::named(&me().await?.time_zone);
        let until = end_of_day(&expires_at, &zone)
            .ok_or_else(|| OperationError::invalid("expires_at", "Choose a day, such as 2030-03-31."))?;
        let input =
            AcceptInput { rule: rule.clone(), path: path.clone(), reason: reason.clone(), expires_at: until };
        console()?.accept_finding(&caller()?, &infra, &input).await?;
        let flash = Flash::done("The finding is accepted. It does not count until then.");
        Ok(Done { to: to.clone(), flash: Some(flash) })
    };
    let kept = [
        ("rule", rule.as_str()),
        ("path", path.as_str()),
        ("reason", reason.as_str()),
        ("expires_at", expires_at.as_str()),
    ];
    answer(outcome.await, &to, &kept);
    Ok(())
}

/// Takes an exception back; the finding counts again.
#[server(prefix = "/do", endpoint = "architecture/withdraw")]
pub async fn withdraw_exception(infra: String, rule: String, path: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/architecture");
    let outcome = async {
        console()?.withdraw_exception(&caller()?, &infra, &rule, &path).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The exception is withdrawn.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}
