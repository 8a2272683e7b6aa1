//! Forms that make an infrastructure or change what it is called.

use leptos::prelude::*;

/// A new infrastructure as it was typed.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct InfrastructureForm {
    name: String,
    key: String,
    #[serde(default)]
    hosting: String,
    #[serde(default)]
    template: String,
    #[serde(default)]
    engine: String,
    #[serde(default)]
    administrator: String,
}

/// Makes an infrastructure beside the one at hand, and goes there.
#[server(prefix = "/do", endpoint = "infrastructures/create")]
pub async fn create_infrastructure(infra: String, wanted: InfrastructureForm) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, me};
    use crate::flash::Flash;
    use operations::InfrastructureInput;
    let form = format!("/i/{infra}/new-infrastructure");
    let kept = [
        ("name", wanted.name.as_str()),
        ("key", wanted.key.as_str()),
        ("hosting", wanted.hosting.as_str()),
        ("template", wanted.template.as_str()),
        ("engine", wanted.engine.as_str()),
        ("administrator", wanted.administrator.as_str()),
    ];
    let outcome = async {
        let of = wanted.clone();
        let empty = of.template.is_empty();
        let input = InfrastructureInput {
            key: of.key,
            name: of.name.clone(),
            hosting: of.hosting,
            template: of.template,
            engine: of.engine,
            administrator: of.administrator.clone(),
        };
        let key = console()?.add_infrastructure(&caller()?, &infra, &input).await?;
        let own = me().await?.infrastructures.iter().any(|each| each.key == key);
        let (to, words) = match (own, empty) {
            (true, true) => (
                format!("/i/{key}/environments"),
                format!(
                    "{} is made, and you are its Administrator. Register its first environment.",
                    of.name
                ),
            ),
            (true, false) => (
                format!("/i/{key}/environments"),
                format!("{} is made, and you are its Administrator. Its front-ends can enrol.", of.name),
            ),
            (false, _) => (
                format!("/i/{infra}/architecture"),
                format!(
                    "{} is made. {} administers it; you have no role there.",
                    of.name,
                    of.administrator.trim()
                ),
            ),
        };
        Ok(Done { to, flash: Some(Flash::done(words)) })
    };
    answer(outcome.await, &form, &kept);
    Ok(())
}

/// Gives an infrastructure another name or hosting.
#[server(prefix = "/do", endpoint = "infrastructures/change")]
pub async fn change_infrastructure(
    infra: String,
    name: String,
    hosting: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/architecture");
    let outcome = async {
        console()?.change_infrastructure(&caller()?, &infra, &name, &hosting).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The infrastructure is saved.")) })
    };
    answer(outcome.await, &to, &[("name", name.as_str()), ("hosting", hosting.as_str())]);
    Ok(())
}
