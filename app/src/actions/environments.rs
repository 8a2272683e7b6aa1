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
            1 => "One deployment was started before: what runs goes on, what has not begun waits.".to_owned(),
            n => format!("{n} deployments were started before: what runs goes on, what has not begun waits."),
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

/// The settings of an environment as they were typed.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct EnvironmentForm {
    name: String,
    purpose: String,
    topology: String,
    address: String,
    after: String,
    /// Anything where the box is ticked.
    #[serde(default)]
    two_stage: String,
    #[serde(default)]
    application_limit: String,
    #[serde(default)]
    deployment_limit: String,
    #[serde(default)]
    deployments_at_once: String,
    #[serde(default)]
    out_at_once: String,
    #[serde(default)]
    drain_seconds: String,
    #[serde(default)]
    open_requests_seconds: String,
}

/// Gives an environment another name, purpose, topology, address, place, stages, limits, or way to leave its load balancer.
#[server(prefix = "/do", endpoint = "environments/change")]
pub async fn change_environment(
    infra: String,
    env: String,
    wanted: EnvironmentForm,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use operations::EnvironmentInput;
    let to = format!("/i/{infra}/environments/{env}/settings");
    let kept = [
        ("form", crate::pages::environments::ITSELF),
        ("name", wanted.name.as_str()),
        ("purpose", wanted.purpose.as_str()),
        ("topology", wanted.topology.as_str()),
        ("address", wanted.address.as_str()),
        ("after", wanted.after.as_str()),
        ("two_stage", wanted.two_stage.as_str()),
        ("application_limit", wanted.application_limit.as_str()),
        ("deployment_limit", wanted.deployment_limit.as_str()),
        ("deployments_at_once", wanted.deployments_at_once.as_str()),
        ("out_at_once", wanted.out_at_once.as_str()),
        ("drain_seconds", wanted.drain_seconds.as_str()),
        ("open_requests_seconds", wanted.open_requests_seconds.as_str()),
    ];
    let outcome = async {
        let wanted = wanted.clone();
        let input = EnvironmentInput {
            name: wanted.name,
            purpose: wanted.purpose,
            topology: wanted.topology,
            address: wanted.address,
            after: Some(wanted.after),
            two_stage: Some(!wanted.two_stage.is_empty()),
            application_limit: Some(wanted.application_limit),
            deployment_limit: Some(wanted.deployment_limit),
            deployments_at_once: Some(wanted.deployments_at_once),
            out_at_once: Some(wanted.out_at_once),
            drain_seconds: Some(wanted.drain_seconds),
            open_requests_seconds: Some(wanted.open_requests_seconds),
        };
        console()?.change_environment(&caller()?, &infra, &env, &input).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The environment is saved.")) })
    };
    answer(outcome.await, &to, &kept);
    Ok(())
}

/// A front-end as it was typed.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct FrontEndForm {
    name: String,
    host: String,
    data_center: String,
    #[serde(default)]
    zones: Vec<String>,
    #[serde(default)]
    cores: String,
    #[serde(default)]
    memory_gib: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    system: String,
    #[serde(default)]
    services: Vec<String>,
}

/// Gives a front-end another name, machine, capacity, data center, deployment zones, services or version.
#[server(prefix = "/do", endpoint = "environments/change-server")]
pub async fn change_server(
    infra: String,
    env: String,
    server: String,
    wanted: FrontEndForm,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use operations::ServerInput;
    let to = format!("/i/{infra}/environments/{env}/settings");
    let kept = [
        ("form", server.as_str()),
        ("name", wanted.name.as_str()),
        ("host", wanted.host.as_str()),
        ("data_center", wanted.data_center.as_str()),
        ("cores", wanted.cores.as_str()),
        ("memory_gib", wanted.memory_gib.as_str()),
        ("version", wanted.version.as_str()),
        ("system", wanted.system.as_str()),
    ];
    let outcome = async {
        let wanted = wanted.clone();
        let name = wanted.name.trim().to_owned();
        let input = ServerInput {
            name: wanted.name,
            host: wanted.host,
            data_center: wanted.data_center,
            zones: Some(wanted.zones),
            cores: Some(wanted.cores),
            memory_gib: Some(wanted.memory_gib),
            version: Some(wanted.version),
            system: Some(wanted.system),
            services: Some(wanted.services),
        };
        console()?.change_server(&caller()?, &infra, &env, &server, &input).await?;
        let flash = Flash::done(format!("The front-end “{name}” is saved."));
        Ok(Done { to: to.clone(), flash: Some(flash) })
    };
    answer(outcome.await, &to, &kept);
    Ok(())
}

/// Makes a front-end the deployment controller.
#[server(prefix = "/do", endpoint = "environments/make-controller")]
pub async fn make_controller(infra: String, env: String, server: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}/servers/{server}");
    let outcome = async {
        console()?.make_controller(&caller()?, &infra, &env, &server).await?;
        Ok(Done {
            to: to.clone(),
            flash: Some(Flash::done("The front-end is the deployment controller now.")),
        })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Confirms the key of a Platform Server that waits.
#[server(prefix = "/do", endpoint = "environments/confirm-server")]
pub async fn confirm_server(
    infra: String,
    env: String,
    server: String,
    fingerprint: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}/servers/{server}");
    let outcome = async {
        console()?.confirm_server(&caller()?, &infra, &env, &server, &fingerprint).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The Platform Server is confirmed.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Refuses the key of a Platform Server that waits.
#[server(prefix = "/do", endpoint = "environments/refuse-server")]
pub async fn refuse_server(infra: String, env: String, server: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}/servers/{server}");
    let outcome = async {
        console()?.refuse_server(&caller()?, &infra, &env, &server).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The Platform Server is refused.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Takes the key away from a Platform Server.
#[server(prefix = "/do", endpoint = "environments/revoke-server")]
pub async fn revoke_server(infra: String, env: String, server: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}/servers/{server}");
    let outcome = async {
        console()?.revoke_server(&caller()?, &infra, &env, &server).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The Platform Server is revoked.")) })
    };
    answer(outcome.await, &to, &[]);
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
