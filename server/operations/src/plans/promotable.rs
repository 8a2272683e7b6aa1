//! Whether versions could be promoted: the validation of a plan that nobody makes.

use super::Found;
use super::evaluate::{evaluate, natural, not_there, options};
use super::make::{hop, item_row, may_plan, new_draft};
use super::sight::Sight;
use crate::applications::find as find_application;
use crate::console::{Caller, Console};
use crate::content;
use crate::deployments::ways::Zones;
use crate::door::{on, short};
use crate::error::{OperationError, Result};
use crate::people::set_up::field;
use crate::view::{PlanOperation, Promotable};
use domain::access::Right;
use domain::text::VersionNumber;
use storage::versions;

/// The most applications that are asked about at once.
const MOST: usize = 500;

impl Console {
    /// Whether versions of applications could go from one environment to another as its other applications are: what would be in the way, as
    /// the plan of just these would say it. Each is an application's key alone, or with a version, such as `tides@1.2.0`. Nothing is made.
    ///
    /// # Errors
    /// Source and target are the same (R01), nothing or too much is asked about, an application or a version is not there, or the caller may
    /// not plan it (R08).
    pub async fn promotable(
        &self,
        caller: &Caller,
        infrastructure: &str,
        (from, to): (&str, &str),
        wanted: &[String],
    ) -> Result<Promotable> {
        self.traced(caller, "plan.promotable", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let (source, target) = hop(self, &mut tx, caller, home.id, (from, to)).await?;
            if wanted.is_empty() || wanted.len() > MOST {
                let sentence = format!(
                    "Name 1 to {MOST} applications, each by its key alone or with a version, such as tides@1.2.0."
                );
                return Err(OperationError::invalid("applications", sentence));
            }
            let here = content::placed(&mut tx, source.id).await?;
            let (there, _) = content::expected(&mut tx, target.id).await?;
            let zones = Zones::load(&mut tx, &target).await?;
            let plan = new_draft(self, caller, home.id, (&source, &target), String::new());
            let mut items = Vec::new();
            for (position, text) in wanted.iter().enumerate() {
                let (key, number) = match text.trim().split_once('@') {
                    Some((key, number)) => (key, Some(field::<VersionNumber>("applications", number)?)),
                    None => (text.trim(), None),
                };
                let row = find_application(&mut tx, home.id, key).await?;
                let doing = format!("plan {}", row.name);
                let list = on(row.id, source.id, Right::List);
                if self.permit(&mut tx, caller, home.id, &list, &doing).await.is_err() {
                    let sentence = "There is nothing here, or you may not see it.";
                    return Err(OperationError::not_found(sentence));
                }
                self.permit(&mut tx, caller, home.id, &may_plan(row.id, source.id), &doing).await?;
                let operation = match number {
                    Some(number) => {
                        let version = versions::by_number(&mut tx, row.id, number.order()).await?;
                        let version = version.ok_or_else(|| {
                            let sentence = format!("{} has no version {number}.", row.name);
                            OperationError::invalid("applications", sentence)
                        })?;
                        PlanOperation::Deploy(version.id, version.number)
                    }
                    None => {
                        let Some(one) = here.get(&row.key) else {
                            let sentence = not_there(row.name.as_str(), None, source.name.as_str());
                            return Err(OperationError::invalid("applications", sentence));
                        };
                        natural(options(&mut tx, row.id, Some(one), there.get(&row.key), &zones).await?)
                    }
                };
                if items.iter().any(|item: &storage::plans::PlanItemRow| item.application_id == row.id) {
                    let sentence = format!("“{}” is named twice.", short(key));
                    return Err(OperationError::invalid("applications", sentence));
                }
                items.push(item_row(plan.id, row.id, &operation, position as i64)?);
            }
            let found = Found { plan, source, target, items };
            let evaluated = evaluate(&mut tx, &found).await?;
            let sight = Sight::load(self, &mut tx, caller, (&found, &evaluated)).await?;
            let target = found.target.name.as_str();
            let mut reasons = evaluated.mixed(found.source.name.as_str());
            for line in &evaluated.lines {
                reasons.extend(line.blocked.clone());
                if line.gone {
                    let number = line.next.as_ref().and_then(|next| next.number);
                    let name = &line.application.name;
                    reasons.push(not_there(name, number, found.source.name.as_str()));
                }
            }
            let possible = reasons.is_empty() && evaluated.errors(target, &sight).is_empty();
            Ok(Promotable {
                possible,
                reasons,
                items: evaluated.views(),
                findings: evaluated.findings(&mut tx, target, &sight).await?,
            })
        })
        .await
    }
}
