//! Forms on the pages of versions.

use leptos::prelude::*;
use std::collections::BTreeMap;

/// Tags an older version's content again, with a new number.
#[server(prefix = "/do", endpoint = "versions/again")]
pub async fn tag_again(
    infra: String,
    app: String,
    older: String,
    env: String,
    #[server(default)] number: String,
    #[server(default)] change_log: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use operations::AgainInput;
    let back = format!("/i/{infra}/applications/{app}/versions/{older}");
    let outcome = async {
        let input =
            AgainInput { environment: env.clone(), number: number.clone(), change_log: change_log.clone() };
        let new = console()?.tag_again(&caller()?, &infra, &app, &older, &input).await?;
        let flash = Flash::done(format!("Version {new} is tagged; it has the content of {older}."));
        Ok(Done { to: format!("/i/{infra}/applications/{app}/versions/{new}"), flash: Some(flash) })
    };
    let kept =
        [("environment", env.as_str()), ("number", number.as_str()), ("change_log", change_log.as_str())];
    answer(outcome.await, &back, &kept);
    Ok(())
}

/// Deletes a version that was never used.
#[server(prefix = "/do", endpoint = "versions/delete")]
pub async fn delete_version(infra: String, app: String, number: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let back = format!("/i/{infra}/applications/{app}/versions/{number}");
    let outcome = async {
        console()?.delete_version(&caller()?, &infra, &app, &number).await?;
        let flash = Flash::done(format!("Version {number} is deleted."));
        Ok(Done { to: format!("/i/{infra}/applications/{app}"), flash: Some(flash) })
    };
    answer(outcome.await, &back, &[]);
    Ok(())
}

/// Tags the chosen applications of an environment at once. `numbers` has the number for each key.
#[server(prefix = "/do", endpoint = "versions/together")]
pub async fn tag_together(
    infra: String,
    env: String,
    #[server(default)] chosen: Vec<String>,
    #[server(default)] numbers: BTreeMap<String, String>,
    #[server(default)] change_log: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use operations::TagInput;
    let back = format!("/i/{infra}/environments/{env}/modified");
    let outcome = async {
        let inputs: Vec<TagInput> = chosen
            .iter()
            .map(|key| TagInput {
                application: key.clone(),
                number: numbers.get(key).cloned().unwrap_or_default(),
                change_log: change_log.clone(),
            })
            .collect();
        let made = console()?.tag_together(&caller()?, &infra, &env, &inputs).await?;
        let named: Vec<String> = made.iter().map(|(key, number)| format!("{key} {number}")).collect();
        let flash = Flash::done(format!("Tagged: {}.", named.join(", ")));
        Ok(Done { to: back.clone(), flash: Some(flash) })
    };
    let mut kept: Vec<(String, String)> =
        numbers.iter().map(|(key, number)| (format!("number-{key}"), number.clone())).collect();
    kept.push(("chosen".to_owned(), chosen.join(" ")));
    kept.push(("change_log".to_owned(), change_log.clone()));
    let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    answer(outcome.await, &back, &kept);
    Ok(())
}
