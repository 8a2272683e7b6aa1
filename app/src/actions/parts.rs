//! Forms of the parts of an architecture. Their fields come as `fields[name]`, and what is ticked apart.

use leptos::prelude::*;
use std::collections::BTreeMap;

/// Adds a part.
#[server(prefix = "/do", endpoint = "parts/add")]
pub async fn add_part(
    infra: String,
    #[server(default)] env: String,
    kind: String,
    #[server(default)] key: String,
    #[server(default)] fields: BTreeMap<String, String>,
    #[server(default)] ticked: Vec<String>,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use crate::pages::parts::{address, home, typed};
    let typed = typed(&kind, fields, &ticked);
    let at = operations::PartAt {
        environment: (!env.is_empty()).then(|| env.clone()),
        kind: kind.clone(),
        key: key.clone(),
    };
    let outcome = async {
        let added = console()?.add_part(&caller()?, &infra, &at, &typed).await?;
        let flash = Flash::done(format!("The {} “{}” is added.", added.kind, added.name));
        Ok(Done { to: home(&infra, &env), flash: Some(flash) })
    };
    let kept = typed.iter().map(|(field, value)| (field.as_str(), value.as_str()));
    let kept: Vec<_> = kept.chain([("key", key.as_str())]).collect();
    answer(outcome.await, &address(&infra, &env, &kind, ""), &kept);
    Ok(())
}

/// Changes a part.
#[server(prefix = "/do", endpoint = "parts/change")]
pub async fn change_part(
    infra: String,
    #[server(default)] env: String,
    kind: String,
    key: String,
    #[server(default)] fields: BTreeMap<String, String>,
    #[server(default)] ticked: Vec<String>,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use crate::pages::parts::{address, home, typed};
    let typed = typed(&kind, fields, &ticked);
    let at = operations::PartAt {
        environment: (!env.is_empty()).then(|| env.clone()),
        kind: kind.clone(),
        key: key.clone(),
    };
    let outcome = async {
        let changed = console()?.change_part(&caller()?, &infra, &at, &typed).await?;
        let flash = Flash::done(format!("The {} “{}” is saved.", changed.kind, changed.name));
        Ok(Done { to: home(&infra, &env), flash: Some(flash) })
    };
    let kept: Vec<_> = typed.iter().map(|(field, value)| (field.as_str(), value.as_str())).collect();
    answer(outcome.await, &address(&infra, &env, &kind, &key), &kept);
    Ok(())
}

/// Takes a part out.
#[server(prefix = "/do", endpoint = "parts/remove")]
pub async fn remove_part(
    infra: String,
    #[server(default)] env: String,
    kind: String,
    key: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use crate::pages::parts::{address, home};
    let at = operations::PartAt {
        environment: (!env.is_empty()).then(|| env.clone()),
        kind: kind.clone(),
        key: key.clone(),
    };
    let outcome = async {
        let gone = console()?.remove_part(&caller()?, &infra, &at).await?;
        let flash = Flash::done(format!("The {} “{}” is taken out.", gone.kind, gone.name));
        Ok(Done { to: home(&infra, &env), flash: Some(flash) })
    };
    answer(outcome.await, &address(&infra, &env, &kind, &key), &[]);
    Ok(())
}
