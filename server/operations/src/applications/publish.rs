//! Publishing: a package becomes a revision that runs in a development environment. It is modified until it is tagged.

use super::tag::CHANGE_LOG;
use super::{block, describe, pin, retire};
use crate::console::{Caller, Console};
use crate::content;
use crate::deployments::begin::{Run, begin, way};
use crate::deployments::still;
use crate::deployments::ways::Zones;
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use domain::access::{Requirement, Right};
use domain::audit::Object;
use domain::deployment::{OnFailure, Release, RunItem};
use domain::environment::Purpose;
use domain::id::{ApplicationId, DeploymentId};
use domain::package::{Limits, Package, read};
use domain::text::{Key, Sha256, VersionNumber};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io::{Read, Seek};
use std::path::Path;
use storage::applications::ApplicationRow;
use storage::environments::EnvironmentRow;
use storage::revisions::RevisionRow;
use storage::{Reader, applications, revisions, versions};

/// What is said with a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishInput {
    /// The key of the application that is meant; a package of another one is refused. Empty for whatever the package says.
    pub application: String,
    /// Release notes: what is new; kept with the revision, and proposed as the change log of its version.
    pub notes: String,
}

impl PublishInput {
    /// The notes, checked.
    fn notes(&self) -> Result<&str> {
        let notes = self.notes.trim();
        let length = notes.chars().count();
        if length > CHANGE_LOG {
            let sentence =
                format!("Release notes have at most {CHANGE_LOG} characters; these have {length}.");
            return Err(OperationError::invalid("notes", sentence));
        }
        Ok(notes)
    }

    /// Refuses the package of another application than the one that is meant.
    fn is_meant(&self, key: &Key, name: &str) -> Result<()> {
        let meant = self.application.trim();
        if meant.is_empty() || key.as_str() == meant {
            return Ok(());
        }
        let sentence = format!(
            "The package is of {name} (“{key}”), and “{}” is meant; choose that one's package, or publish this one as {name}.",
            short(meant)
        );
        Err(OperationError::invalid("package", sentence))
    }
}

/// What became of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The deployment that brings it; none where these bytes run already.
    pub deployment: Option<DeploymentId>,
    /// What happened, in one sentence.
    pub sentence: String,
}

impl Console {
    /// Publishes a package file into a development environment.
    ///
    /// # Errors
    /// The package is not sound, the environment is none for development, the claimed version has other bytes, or a right is missing.
    /// Nothing is changed then.
    pub async fn publish(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        file: &Path,
    ) -> Result<Published> {
        let arrived = std::future::ready(Ok((file, PublishInput::default())));
        self.receive_and_publish(caller, infrastructure, environment, arrived).await
    }

    /// Publishes a package file that is still on its way, with what is said of it: it is taken only from somebody who may be here at all.
    ///
    /// # Errors
    /// As [`Self::publish`], another application is meant, the notes are too long, and whatever came in the way of the file.
    pub async fn receive_and_publish<F: AsRef<Path>>(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        arriving: impl Future<Output = Result<(F, PublishInput)>>,
    ) -> Result<Published> {
        let object = Object::new("environment", short(environment), short(environment));
        let attempt = Attempt::within(infrastructure, "application.publish", object);
        self.audited(caller, attempt, async {
            // Whether the caller may at all comes before the work on the file.
            let mut look = self.store().read().await?;
            let home = self.infrastructure(&mut look, caller, infrastructure).await?;
            let place = find_environment(&mut look, home.id, environment).await?;
            let any = Requirement::Environment(place.id, Right::Access);
            self.permit(&mut look, caller, home.id, &any, &format!("publish into {}", place.name)).await?;
            drop(look);
            if place.purpose != Purpose::Development {
                let sentence = format!(
                    "Packages are published into a development environment; {} gets its applications by promotion.",
                    place.name
                );
                return Err(OperationError::conflict(sentence));
            }
            let limits = Limits { file_bytes: self.settings().package_bytes, ..Limits::default() };
            let (file, input) = arriving.await?;
            let notes = input.notes()?;
            let (package, sha256, size) = examine(file.as_ref().to_owned(), limits).await?;
            let manifest = &package.manifest.application;
            input.is_meant(&manifest.key, manifest.name.as_str())?;
            // Nothing is kept of somebody who may not publish it.
            let mut look = self.store().read().await?;
            let known = applications::by_key(&mut look, home.id, manifest.key.as_str()).await?;
            let (needed, doing) = needs(known.as_ref(), &place, manifest.name.as_str());
            self.permit(&mut look, caller, home.id, &needed, &doing).await?;
            drop(look);
            if !caller.limits.dry_run {
                self.inner.packages.put(&sha256, file.as_ref()).await?;
            }

            let mut pending = self.store().begin_change().await?;
            let known = applications::by_key(&mut pending, home.id, manifest.key.as_str()).await?;
            let (needed, doing) = needs(known.as_ref(), &place, manifest.name.as_str());
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            if known.is_none() {
                describe::name_is_free(&mut pending, home.id, ("package", &manifest.name), None).await?;
            }
            if let Some(row) = &known {
                retire::refused(&mut pending, row).await?;
                block::refused(&mut pending, row, &place).await?;
            }
            let claimed = manifest.version;
            let existing = match &known {
                Some(row) => {
                    claim_holds(&mut pending, row, claimed, &sha256).await?;
                    revisions::by_sha(&mut pending, row.id, sha256).await?
                }
                None => None,
            };
            // What is on its way comes first.
            let before = match &known {
                Some(row) => still::coming(&mut pending, &place, row.id).await?,
                None => None,
            };
            let moves = match &known {
                Some(row) => Zones::load(&mut pending, &place).await?.moves(row.id),
                None => false,
            };
            if let (Some(before), Some(row)) = (&before, &known)
                && before.sha256 == sha256
                && !moves
            {
                let sentence = format!("Nothing changed: {} already runs just this in {}.", manifest.name, place.name);
                let object = Object::new("application", row.id, manifest.name.as_str());
                let mut entry = self.entry(caller, "application.publish", object);
                entry.infrastructure = Some(home.id);
                entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
                entry.after = json!({ "sha256": sha256, "changed": false });
                pending.authorised(grant).commit(entry).await?;
                return Ok(Published { deployment: None, sentence });
            }
            let tagged = match &existing {
                Some(row) => versions::by_revision(&mut pending, row.application_id, row.id).await?.into_iter().next(),
                None => None,
            };
            let item = RunItem {
                application: known.as_ref().map_or_else(|| self.id(), |row| row.id),
                key: manifest.key.clone(),
                name: known.as_ref().map_or(&manifest.name, |row| &row.name).to_string(),
                before: before.clone(),
                after: Some(Release { sha256, size, number: tagged.map(|version| version.number) }),
                zone: None,
            };
            let new: ApplicationId = item.application;
            if let Some(pinned) = pin::refusals(&mut pending, &place, &[(new, item.name.clone())]).await?.first() {
                return Err(OperationError::conflict(format!("{} {}", pinned.sentence, pinned.lifted_by)));
            }
            let way = way(&mut pending, &place, vec![item]).await?;

            let now = self.now();
            let mut tx = pending.authorised(grant);
            let application = match known {
                Some(row) => row,
                None => {
                    let row = ApplicationRow {
                        id: new,
                        infrastructure_id: home.id,
                        key: manifest.key.clone(),
                        name: manifest.name.clone(),
                        description: manifest.description.clone(),
                        kind: kind(&package),
                        created_at: now,
                    };
                    applications::insert(&mut tx, &row).await?;
                    row
                }
            };
            if let Some(revision) = existing.as_ref().filter(|_| !notes.is_empty()) {
                revisions::say(&mut tx, revision.id, notes).await?;
            }
            if existing.is_none() {
                let summary = serde_json::to_string(&package.summary())
                    .map_err(|error| crate::door::fault(format!("a summary cannot be written: {error}")))?;
                let row = RevisionRow {
                    id: self.id(),
                    application_id: application.id,
                    sha256,
                    size,
                    summary,
                    claimed_number: claimed,
                    created_at: now,
                    created_by: caller.name.clone(),
                    notes: notes.to_owned(),
                };
                revisions::insert(&mut tx, &row).await?;
            }
            let run = Run {
                infrastructure: &home,
                plan: None,
                name: format!("Publish {}", application.name),
                source: None,
                target: &place,
                items: way.items,
                servers: way.servers,
                waits: way.waits,
                out_at_once: way.out_at_once,
                on_failure: OnFailure::RollBack,
                rolls_back: None,
                settings: BTreeMap::new(),
                applies_settings: false,
                catches_up: false,
                accepted: BTreeSet::new(),
            };
            let deployment = begin(self, &mut tx, caller, run).await?;
            tx.notice(&topic(home.key.as_str()), application.id);
            let object = Object::new("application", application.id, application.name.as_str());
            let mut entry = self.entry(caller, "application.publish", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![
                Object::new("environment", place.id, place.name.as_str()),
                Object::new("deployment", deployment, format!("Publish {}", application.name)),
            ];
            let said = existing.map(|revision| revision.notes).filter(|said| !said.is_empty());
            entry.before = json!({ "sha256": before.map(|before| before.sha256), "notes_of_these_bytes": said });
            entry.after = json!({ "sha256": sha256, "size": size, "claimed_version": claimed, "notes": notes });
            tx.commit(entry).await?;
            let sentence = format!("{} is on its way into {}.", application.name, place.name);
            Ok(Published { deployment: Some(deployment), sentence })
        })
        .await
    }
}

/// What publishing needs: Change on the application, or for a new one the right to create it too.
fn needs(known: Option<&ApplicationRow>, place: &EnvironmentRow, name: &str) -> (Requirement, String) {
    match known {
        Some(row) => {
            (on(row.id, place.id, Right::Change), format!("publish {} into {}", row.name, place.name))
        }
        None => (
            Requirement::All(vec![
                Requirement::Environment(place.id, Right::CreateApplications),
                Requirement::Environment(place.id, Right::Change),
            ]),
            format!("create {name} in {}", place.name),
        ),
    }
}

fn kind(package: &Package) -> String {
    serde_json::to_value(package.manifest.application.kind)
        .ok()
        .and_then(|value| value.as_str().map(ToOwned::to_owned))
        .unwrap_or_default()
}

/// Reads and checks the whole file, away from the async threads.
async fn examine(file: std::path::PathBuf, limits: Limits) -> Result<(Package, Sha256, u64)> {
    let work = tokio::task::spawn_blocking(move || {
        let mut file = std::fs::File::open(file)?;
        let size = file.metadata()?.len();
        let mut hash = <sha2::Sha256 as sha2::Digest>::new();
        let mut part = vec![0; 64 << 10];
        loop {
            let read = file.read(&mut part)?;
            if read == 0 {
                break;
            }
            sha2::Digest::update(&mut hash, &part[..read]);
        }
        file.rewind()?;
        let sha256 = Sha256(sha2::Digest::finalize(hash).into());
        Ok::<_, std::io::Error>((read(std::io::BufReader::new(file), &limits), sha256, size))
    });
    let (package, sha256, size) = work.await.map_err(|error| crate::door::fault(error.to_string()))??;
    let package = package.map_err(|refused| OperationError::invalid("package", refused.to_string()))?;
    Ok((package, sha256, size))
}

/// A number inside a package is the version that it claims: same number and other bytes are refused (design 8).
async fn claim_holds(
    tx: &mut impl Reader,
    application: &ApplicationRow,
    claimed: Option<VersionNumber>,
    sha256: &Sha256,
) -> Result<()> {
    let Some(number) = claimed else { return Ok(()) };
    let Some(version) = versions::by_number(tx, application.id, number.order()).await? else { return Ok(()) };
    let revision = content::revision(tx, version.revision_id).await?;
    if revision.sha256 == *sha256 {
        return Ok(());
    }
    Err(OperationError::conflict(format!(
        "The package claims to be {} {number}, and that version has other content. Give the package a new number.",
        application.name
    ))
    .under("R22"))
}
