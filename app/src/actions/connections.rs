//! Forms that check a connection now.

use leptos::prelude::*;

/// Asks a tool's address once.
#[server(prefix = "/do", endpoint = "connections/check-tool")]
pub async fn check_tool(infra: String, tool: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    let to = format!("/i/{infra}/architecture");
    let outcome = async {
        let checked = console()?.check_tool(&caller()?, &infra, &tool).await?;
        Ok(Done { to: to.clone(), flash: Some(crate::pages::architecture::found(&checked)) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Tests a database: signs in where there is a driver. The password goes no further than that.
#[server(prefix = "/do", endpoint = "connections/test-database")]
pub async fn test_database(
    infra: String,
    place: String,
    #[server(default)] user: String,
    #[server(default)] password: String,
    #[server(default)] database: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use operations::DatabaseTest;
    let to = format!("/i/{infra}/architecture");
    let test = DatabaseTest { user, password, database };
    let outcome = async {
        let checked = console()?.check_database(&caller()?, &infra, &place, &test).await?;
        Ok(Done { to: to.clone(), flash: Some(crate::pages::architecture::found(&checked)) })
    };
    let kept =
        [("place", place.as_str()), ("user", test.user.as_str()), ("database", test.database.as_str())];
    answer(outcome.await, &to, &kept);
    Ok(())
}
