//! What is known of the settings of some applications in an environment, read once for all of them.

use super::{kept_of, own_of, planned_of};
use crate::error::Result;
use domain::deployment::Phase;
use domain::id::{ApplicationId, DeploymentId, EnvironmentId, PlanId};
use domain::package::Setting;
use domain::setting::{Effective, Own, effective_all};
use domain::text::Key;
use std::collections::{BTreeMap, BTreeSet};
use storage::settings::{PlannedRow, SnapshotRow, ValueRow};
use storage::{Reader, settings};

/// What is known of the settings of some applications in an environment.
#[derive(Default)]
pub(crate) struct Known {
    own: BTreeMap<ApplicationId, Vec<ValueRow>>,
    planned: BTreeMap<ApplicationId, Vec<PlannedRow>>,
    /// What each deployment that brought something of them ran with.
    kept: BTreeMap<(DeploymentId, ApplicationId), Vec<SnapshotRow>>,
}

fn by_key<R>(rows: Option<&Vec<R>>, of: impl Fn(&R) -> Result<(Key, Own)>) -> Result<BTreeMap<Key, Own>> {
    rows.into_iter().flatten().map(of).collect()
}

impl Known {
    /// Reads it: of each application with the deployment that brought what runs, and of a plan what it sets.
    pub async fn load(
        tx: &mut impl Reader,
        environment: EnvironmentId,
        applications: &[(ApplicationId, Option<DeploymentId>)],
        plan: Option<PlanId>,
    ) -> Result<Self> {
        let mut known = Self::default();
        let ids: Vec<ApplicationId> = applications.iter().map(|(id, _)| *id).collect();
        for row in settings::of_applications(tx, environment, &ids).await? {
            known.own.entry(row.application_id).or_default().push(row);
        }
        if let Some(plan) = plan {
            for row in settings::planned(tx, plan).await? {
                known.planned.entry(row.application_id).or_default().push(row);
            }
        }
        let runs: BTreeSet<DeploymentId> = applications.iter().filter_map(|(_, run)| *run).collect();
        let runs: Vec<DeploymentId> = runs.into_iter().collect();
        for row in settings::kept(tx, &runs).await? {
            if row.phase == Phase::Forward.word() {
                known.kept.entry((row.deployment_id, row.application_id)).or_default().push(row);
            }
        }
        Ok(known)
    }

    /// What the environment has of its own.
    pub fn own(&self, application: ApplicationId) -> Result<BTreeMap<Key, Own>> {
        by_key(self.own.get(&application), |row| Ok((row.key.clone(), own_of(row)?)))
    }

    /// The same, as it is stored.
    pub fn own_rows(&self, application: ApplicationId) -> &[ValueRow] {
        self.own.get(&application).map_or(&[], Vec::as_slice)
    }

    /// What the plan sets.
    pub fn planned(&self, application: ApplicationId) -> Result<BTreeMap<Key, Own>> {
        by_key(self.planned.get(&application), |row| Ok((row.key.clone(), planned_of(row)?)))
    }

    /// The same, as it is stored.
    pub fn planned_rows(&self, application: ApplicationId) -> &[PlannedRow] {
        self.planned.get(&application).map_or(&[], Vec::as_slice)
    }

    /// What an application that a deployment brought runs with. What came before this was kept runs with its defaults.
    pub fn running(
        &self,
        application: ApplicationId,
        brought_by: Option<DeploymentId>,
        settings: &[Setting],
    ) -> BTreeMap<Key, Effective> {
        match brought_by.and_then(|run| self.kept.get(&(run, application))) {
            Some(rows) => rows
                .iter()
                .filter(|row| settings.iter().any(|setting| setting.key == row.key))
                .map(|row| (row.key.clone(), Effective { origin: row.origin, held: kept_of(row) }))
                .collect(),
            None => effective_all(settings, &BTreeMap::new(), &BTreeMap::new()),
        }
    }
}
