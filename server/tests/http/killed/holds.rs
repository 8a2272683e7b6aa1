//! What has to hold after a promotion in which processes were killed.

use super::farm::{APPLICATIONS, Farm, count, eventually};
use crate::common::client;
use domain::audit::{GENESIS, chain};
use domain::id::DeploymentId;
use domain::text::Sha256;
use operations::AuditQuery;
use serde_json::Value;
use std::collections::BTreeMap;

pub const FRONT_ENDS: [&str; 3] = ["test-1", "test-2", "test-3"];

/// The entries about a deployment: operation and outcome, sorted; those about decisions of a person are counted apart.
pub type Entries = (Vec<(String, String)>, usize);

impl Farm {
    pub async fn entries(&self, run: DeploymentId) -> Entries {
        let object = Some(("deployment".to_owned(), run.to_string()));
        let query = AuditQuery { object, ..AuditQuery::default() };
        let found = self.console.audit(&self.local, "harbour", &query).await.unwrap().entries.rows;
        let (decisions, mut others): (Vec<_>, Vec<_>) = found
            .into_iter()
            .map(|row| (row.operation, row.outcome))
            .partition(|(operation, outcome)| operation == "deployment.retry" && outcome == "done");
        others.sort();
        (others, decisions.len())
    }

    /// Everything that is asked of a promotion: `version` runs everywhere, once, and the record says what the one without kills says.
    pub async fn holds(
        &self,
        run: DeploymentId,
        version: &str,
        hashes: &BTreeMap<String, Sha256>,
        clean: &Entries,
    ) {
        let page = self.console.deployment(&self.local, "harbour", run).await.unwrap();
        assert_eq!(page.row.status, "finished_successful", "{:#?} {:#?}", page.row, page.lines);
        assert!(page.steps.iter().all(|step| step.state == "done" && !step.back), "{:#?}", page.steps);
        let (entries, decisions) = self.entries(run).await;
        assert_eq!(entries, clean.0, "nothing lost, nothing doubled");
        let told = page.lines.iter().filter(|line| line.message.contains("has it tried again")).count();
        assert_eq!(decisions, told, "each decision has one entry and one line");
        assert!(decisions >= self.decisions, "a confirmed decision was lost");

        // No lease is left, nothing is mixed, and nothing waits.
        let mut tx = self.store.read().await.unwrap();
        let row = storage::deployments::by_id(&mut tx, run).await.unwrap().unwrap();
        assert_eq!(row.lease_owner, None);
        assert_eq!(storage::deployments::open_in(&mut tx, row.target_id).await.unwrap(), []);
        for placed in storage::states::of_environment(&mut tx, row.target_id).await.unwrap() {
            assert!(!placed.state.mixed, "{} is mixed", placed.state.application_id);
        }
        drop(tx);
        for server in FRONT_ENDS {
            self.front_end_holds(server, run, hashes).await;
            self.serves(server, version).await;
        }
        chain_holds(&self.store).await;
    }

    async fn front_end_holds(&self, server: &str, run: DeploymentId, hashes: &BTreeMap<String, Sha256>) {
        let catalog = self.catalog(server);
        let mut select = catalog
            .prepare(
                "SELECT application, sha256 FROM activations WHERE key LIKE ?1 || '/%' ORDER BY application",
            )
            .unwrap();
        let rows = select.query_map([run.to_string()], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let activated: Vec<(String, String)> = rows.map(Result::unwrap).collect();
        let wanted: Vec<_> = hashes.iter().map(|(key, hash)| (key.clone(), hash.to_string())).collect();
        assert_eq!(activated, wanted, "{server}: one activation of each application");
        let twice = "SELECT count(*) FROM (SELECT 1 FROM activations GROUP BY application, sha256 HAVING count(*) > 1)";
        assert_eq!(count(&catalog, twice), 0, "{server}: a version was activated twice");
        for (what, sql) in [
            ("a switch under way", "SELECT count(*) FROM operations WHERE state = 'started'"),
            ("a task under way", "SELECT count(*) FROM tasks WHERE state NOT IN ('done', 'failed')"),
        ] {
            assert_eq!(count(&catalog, sql), 0, "{server}: {what} is left");
        }
        let data = self.data(server);
        eventually(&format!("the end of what was switched away on {server}"), async || {
            let alive = processes_in(&data);
            (alive == 1 && count(&catalog, "SELECT count(*) FROM processes") == 1).then_some(())
        })
        .await;
        eventually("an empty staging folder", async || {
            (std::fs::read_dir(data.join("staging")).unwrap().count() == 0).then_some(())
        })
        .await;
    }

    /// Every application answers, in this version.
    async fn serves(&self, server: &str, version: &str) {
        let identity: String =
            self.catalog(server).query_row("SELECT document FROM identity", [], |row| row.get(0)).unwrap();
        let identity: Value = serde_json::from_str(&identity).unwrap();
        let address = identity["public_address"].as_str().unwrap();
        for application in APPLICATIONS {
            let url = format!("{address}/{application}/");
            let what = format!("version {version} of {application} on {server}");
            eventually(&what, async || {
                let answer = client().get(&url).send().await.ok()?;
                let words = [format!("version {version}"), format!("{application} {version} ")];
                let text = answer.text().await.ok()?;
                words.iter().any(|words| text.contains(words)).then_some(())
            })
            .await;
        }
    }
}

/// Every entry is in the chain, and each hash follows from the one before.
pub async fn chain_holds(store: &storage::Store) {
    let whole = eventually("a chain with every entry", async || {
        let mut tx = store.read().await.unwrap();
        let rest = storage::audit::tail_unchained(&mut tx).await.unwrap();
        let all = storage::audit::chained(&mut tx, 0, 1_000_000).await.unwrap();
        (rest.n == 0).then_some(all)
    })
    .await;
    let mut before = GENESIS;
    for (number, row) in (1..).zip(&whole) {
        assert_eq!(row.number, Some(number));
        before = chain(number, &before, row.canonical.as_bytes());
        assert_eq!(row.hash.as_deref(), Some(hex::encode(before).as_str()), "entry {number}");
    }
}

/// How many processes run a program that lies in a folder.
fn processes_in(folder: &std::path::Path) -> usize {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter(|entry| std::fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe.starts_with(folder)))
        .count()
}
