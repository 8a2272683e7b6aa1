//! Forms on the pages of pipelines.

use leptos::prelude::*;

/// Makes a pipeline.
#[server(prefix = "/do", endpoint = "pipelines/create")]
pub async fn create_pipeline(
    infra: String,
    key: String,
    name: String,
    #[server(default)] purposes: Vec<String>,
    #[server(default)] stages: Vec<String>,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let kept = [
        ("key", key.clone()),
        ("name", name.clone()),
        ("purposes", purposes.join(",")),
        ("stages", stages.join(",")),
    ];
    let outcome = async {
        let input = operations::PipelineInput { name: name.clone(), purposes, stages };
        console()?.create_pipeline(&caller()?, &infra, &key, &input).await?;
        let flash = Flash::done(format!("The pipeline “{name}” is made."));
        Ok(Done { to: format!("/i/{infra}/pipelines"), flash: Some(flash) })
    };
    let kept: Vec<_> = kept.iter().map(|(field, value)| (*field, value.as_str())).collect();
    answer(outcome.await, &format!("/i/{infra}/pipelines/new"), &kept);
    Ok(())
}

/// Changes a pipeline.
#[server(prefix = "/do", endpoint = "pipelines/change")]
pub async fn change_pipeline(
    infra: String,
    key: String,
    name: String,
    #[server(default)] purposes: Vec<String>,
    #[server(default)] stages: Vec<String>,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let kept = [("name", name.clone()), ("purposes", purposes.join(",")), ("stages", stages.join(","))];
    let outcome = async {
        let input = operations::PipelineInput { name: name.clone(), purposes, stages };
        console()?.change_pipeline(&caller()?, &infra, &key, &input).await?;
        let flash = Flash::done(format!("The pipeline “{name}” is saved."));
        Ok(Done { to: format!("/i/{infra}/pipelines"), flash: Some(flash) })
    };
    let kept: Vec<_> = kept.iter().map(|(field, value)| (*field, value.as_str())).collect();
    answer(outcome.await, &format!("/i/{infra}/pipelines/{key}"), &kept);
    Ok(())
}

/// Deletes a pipeline.
#[server(prefix = "/do", endpoint = "pipelines/delete")]
pub async fn delete_pipeline(infra: String, key: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let outcome = async {
        console()?.delete_pipeline(&caller()?, &infra, &key).await?;
        let flash = Flash::done("The pipeline is deleted; its environments stay.");
        Ok(Done { to: format!("/i/{infra}/pipelines"), flash: Some(flash) })
    };
    answer(outcome.await, &format!("/i/{infra}/pipelines/{key}"), &[]);
    Ok(())
}
