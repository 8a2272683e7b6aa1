//! Forms on the pages of teams, and grants on an application's page. Those about a person stand on the person's page, too.

use leptos::prelude::*;

/// Makes a team.
#[server(prefix = "/do", endpoint = "teams/create")]
pub async fn create_team(infra: String, name: String, description: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let outcome = async {
        let id = console()?.create_team(&caller()?, &infra, &name, &description).await?;
        let flash = Flash::done(format!("The team “{}” is made.", name.trim()));
        Ok(Done { to: format!("/i/{infra}/teams/{id}"), flash: Some(flash) })
    };
    let kept = [("name", name.as_str()), ("description", description.as_str())];
    answer(outcome.await, &format!("/i/{infra}/teams/new"), &kept);
    Ok(())
}

/// Changes a team's name and description.
#[server(prefix = "/do", endpoint = "teams/edit")]
pub async fn edit_team(
    infra: String,
    team: String,
    name: String,
    description: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/teams/{team}");
    let outcome = async {
        console()?.edit_team(&caller()?, &infra, identity(&team)?, &name, &description).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The team is saved.")) })
    };
    let kept = [("name", name.as_str()), ("description", description.as_str())];
    answer(outcome.await, &to, &kept);
    Ok(())
}

/// Deletes a team.
#[server(prefix = "/do", endpoint = "teams/delete")]
pub async fn delete_team(infra: String, team: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let outcome = async {
        console()?.delete_team(&caller()?, &infra, identity(&team)?).await?;
        Ok(Done { to: format!("/i/{infra}/teams"), flash: Some(Flash::done("The team is deleted.")) })
    };
    answer(outcome.await, &format!("/i/{infra}/teams/{team}"), &[]);
    Ok(())
}

/// Puts somebody into a team with a role, or gives a member another one.
#[server(prefix = "/do", endpoint = "teams/put-member")]
pub async fn put_member(
    infra: String,
    team: String,
    user: String,
    role: String,
    #[server(default)] from: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, back_to, caller, console, identity};
    use crate::flash::Flash;
    let to = back_to(&from, &infra, &user, format!("/i/{infra}/teams/{team}"));
    let outcome = async {
        let (id, user, role) = (identity(&team)?, identity(&user)?, identity(&role)?);
        console()?.put_member(&caller()?, &infra, id, user, role).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The member's role is saved.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Takes somebody out of a team.
#[server(prefix = "/do", endpoint = "teams/remove-member")]
pub async fn remove_member(
    infra: String,
    team: String,
    user: String,
    #[server(default)] from: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, back_to, caller, console, identity};
    use crate::flash::Flash;
    let to = back_to(&from, &infra, &user, format!("/i/{infra}/teams/{team}"));
    let outcome = async {
        console()?.remove_member(&caller()?, &infra, identity(&team)?, identity(&user)?).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The member is out of the team.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Gives an application to a team.
#[server(prefix = "/do", endpoint = "teams/give-application")]
pub async fn give_application(infra: String, team: String, app: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/teams/{team}");
    let outcome = async {
        console()?.give_application(&caller()?, &infra, identity(&team)?, &app).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The application belongs to the team.")) })
    };
    answer(outcome.await, &to, &[("app", app.as_str())]);
    Ok(())
}

/// Takes an application from a team.
#[server(prefix = "/do", endpoint = "teams/take-application")]
pub async fn take_application(infra: String, team: String, app: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/teams/{team}");
    let outcome = async {
        console()?.take_application(&caller()?, &infra, identity(&team)?, &app).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The application belongs to no team.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Grants somebody a role on an application, from the application's page or the person's.
#[server(prefix = "/do", endpoint = "applications/grant")]
pub async fn grant_on(
    infra: String,
    app: String,
    user: String,
    role: String,
    #[server(default)] from: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, back_to, caller, console, identity};
    use crate::flash::Flash;
    let to = back_to(&from, &infra, &user, format!("/i/{infra}/applications/{app}"));
    let outcome = async {
        console()?.grant(&caller()?, &infra, identity(&user)?, &app, identity(&role)?).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The role is granted.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Takes a grant on an application away, from the application's page or the person's.
#[server(prefix = "/do", endpoint = "applications/revoke")]
pub async fn revoke_on(
    infra: String,
    app: String,
    user: String,
    #[server(default)] from: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, back_to, caller, console, identity};
    use crate::flash::Flash;
    let to = back_to(&from, &infra, &user, format!("/i/{infra}/applications/{app}"));
    let outcome = async {
        console()?.revoke_grant(&caller()?, &infra, identity(&user)?, &app).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The grant is taken away.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}
