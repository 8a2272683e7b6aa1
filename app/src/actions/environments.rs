//! Forms on the pages of environments.

use leptos::prelude::*;

/// Puts an environment into maintenance, or gives another reason.
#[server(prefix = "/do", endpoint = "environments/maintain")]
pub async fn maintain(infra: String, env: String, reason: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}");
    let outcome = async {
        let done = console()?.begin_maintenance(&caller()?, &infra, &env, &reason).await?;
        let running = match done.open {
            0 => "Nothing is being brought there now.".to_owned(),
            1 => "One deployment was started before: wait until it has ended.".to_owned(),
            n => format!("{n} deployments were started before: wait until they have ended."),
        };
        let words = format!("It is in maintenance; new deployments are refused. {running}");
        Ok(Done { to: to.clone(), flash: Some(Flash::done(words)) })
    };
    answer(outcome.await, &to, &[("reason", reason.as_str())]);
    Ok(())
}

/// Ends an environment's maintenance.
#[server(prefix = "/do", endpoint = "environments/end-maintenance")]
pub async fn end_maintenance(infra: String, env: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}");
    let outcome = async {
        console()?.end_maintenance(&caller()?, &infra, &env).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The maintenance has ended.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Takes an environment out.
#[server(prefix = "/do", endpoint = "environments/leave")]
pub async fn leave_environment(infra: String, env: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let outcome = async {
        console()?.leave_environment(&caller()?, &infra, &env).await?;
        let flash = Flash::done("The environment has left.");
        Ok(Done { to: format!("/i/{infra}/environments"), flash: Some(flash) })
    };
    answer(outcome.await, &format!("/i/{infra}/environments/{env}/leave"), &[]);
    Ok(())
}

/// Gives an environment another name, purpose, topology, address or place.
#[server(prefix = "/do", endpoint = "environments/change")]
pub async fn change_environment(
    infra: String,
    env: String,
    name: String,
    purpose: String,
    topology: String,
    address: String,
    after: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use operations::EnvironmentInput;
    let to = format!("/i/{infra}/environments/{env}/settings");
    let kept = [
        ("form", crate::pages::environments::ITSELF),
        ("name", name.as_str()),
        ("purpose", purpose.as_str()),
        ("topology", topology.as_str()),
        ("address", address.as_str()),
        ("after", after.as_str()),
    ];
    let outcome = async {
        let input = EnvironmentInput {
            name: name.clone(),
            purpose: purpose.clone(),
            topology: topology.clone(),
            address: address.clone(),
            after: Some(after.clone()),
        };
        console()?.change_environment(&caller()?, &infra, &env, &input).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The environment is saved.")) })
    };
    answer(outcome.await, &to, &kept);
    Ok(())
}

/// Gives a front-end another name, machine, data center or deployment zones.
#[server(prefix = "/do", endpoint = "environments/change-server")]
pub async fn change_server(
    infra: String,
    env: String,
    server: String,
    name: String,
    host: String,
    data_center: String,
    #[server(default)] zones: Vec<String>,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use operations::ServerInput;
    let to = format!("/i/{infra}/environments/{env}/settings");
    let kept = [
        ("form", server.as_str()),
        ("name", name.as_str()),
        ("host", host.as_str()),
        ("data_center", data_center.as_str()),
    ];
    let outcome = async {
        let input = ServerInput {
            name: name.clone(),
            host: host.clone(),
            data_center: data_center.clone(),
            zones: Some(zones),
        };
        console()?.change_server(&caller()?, &infra, &env, &server, &input).await?;
        let flash = Flash::done(format!("The front-end “{}” is saved.", name.trim()));
        Ok(Done { to: to.clone(), flash: Some(flash) })
    };
    answer(outcome.await, &to, &kept);
    Ok(())
}

/// Takes a front-end out that was never used.
#[server(prefix = "/do", endpoint = "environments/leave-server")]
pub async fn leave_server(infra: String, env: String, server: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}/settings");
    let outcome = async {
        console()?.leave_server(&caller()?, &infra, &env, &server).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The front-end is taken out.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}
