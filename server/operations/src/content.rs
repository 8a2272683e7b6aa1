//! What a revision holds, as the rules of `domain::plan` look at it.

use crate::deployments::begin::RunPlan;
use crate::door::fault;
use crate::error::Result;
use domain::deployment::Release;
use domain::id::{EnvironmentId, RevisionId};
use domain::package::Summary;
use domain::plan::{Content, Contents, Element, Need, Part};
use domain::text::{Key, VersionNumber};
use std::collections::BTreeMap;
use storage::applications::ApplicationRow;
use storage::revisions::RevisionRow;
use storage::states::{PlacedRow, StateRow};
use storage::{Reader, applications, deployments, revisions, states, versions};

/// An application as it stands in one environment.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub application: ApplicationRow,
    pub state: StateRow,
    pub revision: RevisionRow,
    pub number: Option<VersionNumber>,
    pub content: Content,
}

impl Placed {
    /// What was read of it.
    pub fn of(row: PlacedRow) -> Result<Self> {
        let PlacedRow { application, state, revision, number, bond: _ } = row;
        let content = content(application.name.as_str(), &revision, number)?;
        Ok(Self { application, state, revision, number, content })
    }

    /// What runs in words: `1.4.0`, `1.4.0+` where it differs from that version, or the first digits of what it is.
    pub fn label(&self) -> String {
        let plus = if self.state.modified { "+" } else { "" };
        self.number.map_or_else(|| self.content.sha256.short(), |number| format!("{number}{plus}"))
    }

    /// What runs, as a run tells it; without the number of its version where it differs from that.
    pub fn release(&self) -> Release {
        Release {
            sha256: self.content.sha256,
            size: self.revision.size,
            number: self.number.filter(|_| !self.state.modified),
        }
    }
}

/// The summary of a revision's package.
pub(crate) fn summary(revision: &RevisionRow) -> Result<Summary> {
    serde_json::from_str(&revision.summary).map_err(|error| {
        fault(format!("revision {} has a summary that cannot be read: {error}", revision.id))
    })
}

/// What validation looks at.
pub(crate) fn content(name: &str, revision: &RevisionRow, number: Option<VersionNumber>) -> Result<Content> {
    let manifest = summary(revision)?.manifest;
    let mut produces = Vec::new();
    let mut consumes = Vec::new();
    for module in &manifest.modules {
        produces.extend(module.produces.iter().map(|element| Element {
            module: module.key.clone(),
            name: element.name.to_string(),
            signature: element.signature.clone(),
        }));
        consumes.extend(module.consumes.iter().map(|need| Need {
            by: module.key.clone(),
            application: need.application.clone(),
            element: Element {
                module: need.module.clone(),
                name: need.element.to_string(),
                signature: need.signature.clone(),
            },
        }));
    }
    Ok(Content {
        name: name.to_owned(),
        number,
        sha256: revision.sha256,
        produces,
        consumes,
        modules: manifest
            .modules
            .iter()
            .map(|module| Part {
                key: module.key.clone(),
                virtual_directory: module.virtual_directory.to_string(),
                host: module.host.as_ref().map(ToString::to_string),
            })
            .collect(),
        platform: manifest.application.platform,
    })
}

/// Everything that stands in an environment, by key.
pub(crate) async fn placed(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<BTreeMap<Key, Placed>> {
    let mut all = BTreeMap::new();
    for row in states::of_environment(tx, environment).await? {
        all.insert(row.application.key.clone(), Placed::of(row)?);
    }
    Ok(all)
}

/// Everything that will stand in an environment when everything has ended that is open into it, as far as that succeeds: what a start is
/// looked at against, since nothing overtakes what it depends on (R10). When its turn comes it is looked at once more. Says besides how many
/// deployments those are.
pub(crate) async fn expected(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<(BTreeMap<Key, Placed>, u64)> {
    let mut all = placed(tx, environment).await?;
    let open = deployments::open_in(tx, environment).await?;
    for row in &open {
        for item in RunPlan::of(row)?.items {
            let Some(after) = item.after else {
                all.remove(&item.key);
                continue;
            };
            let Some(application) = applications::by_id(tx, item.application).await? else { continue };
            let found = revisions::by_sha(tx, item.application, after.sha256).await?;
            let revision = found.ok_or_else(|| fault("a run of a missing revision"))?;
            let now = all.remove(&item.key);
            let version = match after.number {
                Some(number) => versions::by_number(tx, item.application, number.order()).await?,
                None => None,
            };
            let based = now.and_then(|now| Some((now.state.version_id?, now.number?)));
            let based = version.map(|version| (version.id, version.number)).or(based);
            let number = based.map(|(_, number)| number);
            let state = StateRow {
                environment_id: environment,
                application_id: item.application,
                infrastructure_id: row.infrastructure_id,
                revision_id: revision.id,
                version_id: based.map(|(id, _)| id),
                modified: after.number.is_none(),
                mixed: false,
                deployment_id: Some(row.id),
                changed_at: row.created_at,
                changed_by: row.started_by.clone(),
            };
            let content = content(application.name.as_str(), &revision, number)?;
            all.insert(item.key, Placed { application, state, revision, number, content });
        }
    }
    Ok((all, open.len() as u64))
}

/// The contents of some placed applications.
pub(crate) fn contents(placed: &BTreeMap<Key, Placed>) -> Contents {
    placed.iter().map(|(key, one)| (key.clone(), one.content.clone())).collect()
}

/// A revision that must be there.
pub(crate) async fn revision(tx: &mut impl Reader, id: RevisionId) -> Result<RevisionRow> {
    revisions::by_id(tx, id).await?.ok_or_else(|| fault(format!("revision {id} is missing")))
}

/// What runs of an application, as a run tells it.
pub(crate) async fn release(tx: &mut impl Reader, state: &StateRow) -> Result<Release> {
    let revision = revision(tx, state.revision_id).await?;
    let number = number_of(tx, state).await?.filter(|_| !state.modified);
    Ok(Release { sha256: revision.sha256, size: revision.size, number })
}

/// The number of the version that what runs is based on.
pub(crate) async fn number_of(tx: &mut impl Reader, state: &StateRow) -> Result<Option<VersionNumber>> {
    let Some(id) = state.version_id else { return Ok(None) };
    Ok(versions::by_id(tx, id).await?.map(|version| version.number))
}
