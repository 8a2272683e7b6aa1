//! Forms on the pages of roles.

use leptos::prelude::*;

/// Makes the role of a draft.
#[server(prefix = "/do", endpoint = "roles/create")]
pub async fn create_role(infra: String, draft: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use crate::pages::roles::draft::Draft;
    let read = Draft::read(&draft);
    let query = read.as_ref().map(Draft::query).unwrap_or_default();
    let outcome = async {
        let draft = read?;
        let id = console()?.create_role(&caller()?, &infra, &draft.input()).await?;
        let flash = Flash::done(format!("The role “{}” is made.", draft.name()));
        Ok(Done { to: format!("/i/{infra}/roles/{id}"), flash: Some(flash) })
    };
    answer(outcome.await, &format!("/i/{infra}/roles/new?{query}"), &[]);
    Ok(())
}

/// Makes of a role what its draft says.
#[server(prefix = "/do", endpoint = "roles/edit")]
pub async fn edit_role(infra: String, role: String, draft: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    use crate::pages::roles::draft::Draft;
    let read = Draft::read(&draft);
    let query = read.as_ref().map(Draft::query).unwrap_or_default();
    let to = format!("/i/{infra}/roles/{role}");
    let outcome = async {
        let draft = read?;
        console()?.edit_role(&caller()?, &infra, identity(&role)?, &draft.input()).await?;
        let flash = Flash::done(format!("The role “{}” is saved. It counts from now on.", draft.name()));
        Ok(Done { to: to.clone(), flash: Some(flash) })
    };
    answer(outcome.await, &format!("{to}?{query}"), &[]);
    Ok(())
}

/// Deletes a role; another one takes its place.
#[server(prefix = "/do", endpoint = "roles/delete")]
pub async fn delete_role(infra: String, role: String, substitute: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let outcome = async {
        let other = if substitute.is_empty() { None } else { Some(identity(&substitute)?) };
        console()?.delete_role(&caller()?, &infra, identity(&role)?, other).await?;
        Ok(Done { to: format!("/i/{infra}/roles"), flash: Some(Flash::done("The role is deleted.")) })
    };
    answer(outcome.await, &format!("/i/{infra}/roles/{role}"), &[]);
    Ok(())
}
