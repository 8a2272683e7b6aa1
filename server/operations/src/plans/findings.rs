//! What the validation of a plan found, in sentences, each with its ways out.

use super::evaluate::{Evaluated, options};
use crate::error::Result;
use crate::settings::snapshot::back_sentence;
use crate::view::{ApplicationRef, Check, Finding, PlanItemView, PlanOperation, WayBackItem, WayOut};
use domain::plan::{Conflict, Item, Kind, Required};
use domain::setting::{Origin, Told};
use domain::text::{Key, Sha256, VersionNumber};
use storage::Reader;

impl Evaluated {
    /// The lines for people.
    pub fn views(&self) -> Vec<PlanItemView> {
        self.lines
            .iter()
            .map(|line| PlanItemView {
                application: line.application.clone(),
                now: line.now.clone(),
                next: line.next.as_ref().and_then(|next| next.number),
                operation: line.operation.clone(),
                options: line.options.clone(),
                zone: line.zone.clone(),
                blocked: line.blocked.clone(),
                check: self.check(&line.key),
                settings: line.settings.clone(),
                modules: line.modules.clone(),
            })
            .collect()
    }

    fn check(&self, key: &Key) -> Check {
        let about = self.conflicts.iter().filter(|conflict| conflict.consumer == *key);
        about
            .map(|c| if c.kind.is_error() { Check::Conflict } else { Check::Warning })
            .max()
            .unwrap_or(Check::Fine)
    }

    /// The findings for people, each with its ways out.
    pub async fn findings(&self, tx: &mut impl Reader, target: &str) -> Result<Vec<Finding>> {
        let mut all = Vec::new();
        for conflict in &self.conflicts {
            let Some(application) = self.reference(&conflict.consumer) else { continue };
            all.push(Finding {
                kind: conflict.kind.words(),
                is_error: conflict.kind.is_error(),
                sentence: self.sentence(conflict, target),
                ways_out: self.ways_out(tx, conflict, &application).await?,
                application,
            });
        }
        all.sort_by_key(|finding| !finding.is_error);
        Ok(all)
    }

    /// The way back that is worked out before anything is started: what each application would go back to, and whom that would break.
    pub fn way_back(&self) -> (Vec<WayBackItem>, Vec<String>) {
        let changed = self.items.iter().filter(|item| item.before != item.after);
        let items = changed.rev().filter_map(|item| {
            let label = |sha: Option<Sha256>, number: Option<VersionNumber>| {
                sha.map(|sha| number.map_or_else(|| sha.short(), |number| number.to_string()))
            };
            let before = self.before.get(&item.key).and_then(|placed| placed.number);
            Some(WayBackItem {
                application: self.reference(&item.key)?,
                now: label(item.after, item.number),
                to: label(item.before, before),
                stays: None,
                settings: self.back_settings(item),
            })
        });
        let breaks = self.back.iter().map(|conflict| {
            let elements = listed(conflict.elements.iter().map(wanted));
            let (consumer, producer) = (self.name(&conflict.consumer), self.name(&conflict.producer));
            format!("{}: {consumer} needs {elements} of {producer}.", conflict.kind.words())
        });
        (items.collect(), breaks.collect())
    }

    /// What a rollback would do with what the plan sets, in sentences.
    fn back_settings(&self, item: &Item) -> Vec<String> {
        let line = self.lines.iter().find(|line| line.key == item.key);
        let set =
            line.into_iter().flat_map(|line| &line.settings).filter(|one| one.origin == Some(Origin::Set));
        set.map(|one| back_sentence(&one.name, &one.key, one.now.as_ref().unwrap_or(&Told::Missing)))
            .collect()
    }

    /// What the plan sets, as the audit log has it.
    pub fn set_entries(&self) -> Vec<serde_json::Value> {
        let of = |line: &super::evaluate::Line| {
            let name = line.application.name.clone();
            let set = line.settings.iter().filter(|one| one.origin == Some(Origin::Set));
            set.map(move |one| {
                let value = match &one.next {
                    Some(Told::Value { value }) => serde_json::Value::from(value.as_str()),
                    _ => crate::door::masked(),
                };
                serde_json::json!([name, one.key, value])
            })
            .collect::<Vec<_>>()
        };
        self.lines.iter().flat_map(of).collect()
    }

    /// The conflicts that stop the plan, in sentences.
    pub fn errors(&self, target: &str) -> Vec<String> {
        let errors = self.conflicts.iter().filter(|conflict| conflict.kind.is_error());
        errors.map(|conflict| self.sentence(conflict, target)).collect()
    }

    fn reference(&self, key: &Key) -> Option<ApplicationRef> {
        let planned = self.lines.iter().find(|line| line.key == *key).map(|line| line.application.clone());
        let placed = || self.before.get(key).or_else(|| self.source.get(key));
        planned.or_else(|| placed().map(|placed| ApplicationRef::from(&placed.application)))
    }

    /// An application's name.
    pub fn name(&self, key: &Key) -> String {
        self.reference(key).map_or_else(|| format!("“{key}”"), |application| application.name)
    }

    /// Name and number as the target would have it.
    fn label(&self, key: &Key) -> String {
        let planned = self.lines.iter().find(|line| line.key == *key).and_then(|line| line.next.as_ref());
        let number = planned
            .map(|next| next.number)
            .unwrap_or_else(|| self.before.get(key).and_then(|placed| placed.number));
        match number {
            Some(number) => format!("{} {number}", self.name(key)),
            None => self.name(key),
        }
    }

    /// Both sides of a conflict by application, version, module and element.
    fn sentence(&self, conflict: &Conflict, target: &str) -> String {
        let (consumer, producer) = (self.label(&conflict.consumer), self.label(&conflict.producer));
        let named = self.name(&conflict.producer);
        let about = || listed(&conflict.about);
        let elements = listed(conflict.elements.iter().map(wanted));
        match conflict.kind {
            Kind::ProducerMissing => format!(
                "{consumer} uses {elements} of {named}, and {named} would be neither in {target} nor in this plan."
            ),
            Kind::ElementMissing => {
                format!(
                    "{consumer} uses {elements} of {named}, and {producer} in {target} would not have it."
                )
            }
            Kind::ElementIncompatible => {
                let signatures = listed(conflict.elements.iter().map(signatures));
                format!(
                    "{consumer} uses {elements} of {named} with another signature than {producer} in {target} would have: {signatures}."
                )
            }
            Kind::ProducerMoved => format!(
                "{consumer} uses {elements} of {named}, and in {target} that would belong to {} by then. A version of {} that uses it there is needed.",
                listed(conflict.about.iter().map(|key| self.name_of(key))),
                self.name(&conflict.consumer),
            ),
            Kind::IncompatiblePlatformServer => {
                let [has, wants] = [" there", " wanted"].map(|end| {
                    conflict.about.iter().find_map(|word| word.strip_suffix(end)).unwrap_or_default()
                });
                format!("{consumer} needs Platform Server {wants} or newer, and {target} has {has}.")
            }
            Kind::NameCollision => format!(
                "{consumer} and {producer} would both have {}; in an environment names and virtual directories are unique (R15).",
                about()
            ),
            Kind::LowerVersion => format!(
                "{target} runs {} {}, and {consumer} is lower; going back needs a new, higher number, or the right “Deploy Lower Versions” (R03).",
                self.name(&conflict.consumer),
                about()
            ),
            Kind::SettingMissing => {
                format!("{consumer} needs {} and has no value for it in {target}.", about())
            }
            Kind::ConsumerMoved => format!(
                "The module {} moved from {} to {producer}. {consumer} stays in {target} as it is, so that both would have it.",
                about(),
                self.name(&conflict.consumer)
            ),
            Kind::ConsumerOutdated => format!(
                "{consumer} in {target} uses {elements} of {named}, of which {producer} offers something else than before. Redeploy {} to bring it up to date.",
                self.name(&conflict.consumer)
            ),
            Kind::NewerProducerAvailable => {
                let newest = self.source.get(&conflict.producer).and_then(|placed| placed.number);
                let newest = newest.map_or_else(|| "a newer one".to_owned(), |number| number.to_string());
                format!("{consumer} would use {producer}, and the source has {newest}.")
            }
        }
    }

    fn name_of(&self, key: &str) -> String {
        key.parse().map_or_else(|_| key.to_owned(), |key| self.name(&key))
    }

    async fn ways_out(
        &self,
        tx: &mut impl Reader,
        conflict: &Conflict,
        consumer: &ApplicationRef,
    ) -> Result<Vec<WayOut>> {
        let mut ways = Vec::new();
        let wants_producer = matches!(
            conflict.kind,
            Kind::ProducerMissing
                | Kind::ElementMissing
                | Kind::ElementIncompatible
                | Kind::NewerProducerAvailable
        );
        // Who has the module still, or was made for what is to change, can follow: with a newer version of its own.
        let wants_consumer =
            matches!(
                conflict.kind,
                Kind::ElementMissing
                    | Kind::ElementIncompatible
                    | Kind::ProducerMoved
                    | Kind::ConsumerMoved
                    | Kind::ProducerMissing
            ) && !self.lines.iter().any(|line| line.key == conflict.consumer && line.next.is_some());
        let follower = wants_consumer.then_some(&conflict.consumer);
        if conflict.kind == Kind::ConsumerOutdated {
            let (application, operation) = (consumer.id, PlanOperation::Redeploy);
            ways.push(WayOut {
                words: format!("Redeploy {}", consumer.name),
                application,
                operation,
                setting: None,
            });
        }
        if conflict.kind == Kind::SettingMissing {
            let line = self.lines.iter().find(|line| line.key == conflict.consumer);
            if let Some(line) = line {
                let missing = line.settings.iter().filter(|one| one.origin == Some(Origin::Missing));
                ways.extend(missing.map(|one| WayOut {
                    words: format!("Set {} here", one.name),
                    application: consumer.id,
                    operation: line.operation.clone(),
                    setting: Some(one.key.clone()),
                }));
            }
        }
        for key in wants_producer.then_some(&conflict.producer).into_iter().chain(follower) {
            let Some(from) = self.source.get(key) else { continue };
            if self.blocks.keep_out(from.application.id) {
                continue;
            }
            let to = self.before.get(key);
            for operation in options(tx, from.application.id, Some(from), to, &self.zones).await? {
                let words = match &operation {
                    PlanOperation::Deploy(_, number) => {
                        format!("Bring {} {number} along", from.application.name)
                    }
                    PlanOperation::TagAndDeploy(number) => {
                        format!("Tag {} {number} and bring it along", from.application.name)
                    }
                    PlanOperation::Undeploy | PlanOperation::Redeploy | PlanOperation::Nothing => continue,
                };
                ways.push(WayOut { words, application: from.application.id, operation, setting: None });
                break;
            }
        }
        if self.lines.iter().any(|line| line.key == conflict.consumer) && conflict.kind.is_error() {
            ways.push(WayOut {
                words: format!("Leave {} as it is", consumer.name),
                application: consumer.id,
                operation: PlanOperation::Nothing,
                setting: None,
            });
        }
        Ok(ways)
    }
}

/// An element as a sentence has it: `Skin (module theme)`.
fn wanted(one: &Required) -> String {
    format!("{} (module {})", one.element, one.module)
}

/// The signatures of both sides.
fn signatures(one: &Required) -> String {
    let found = one.found.as_deref().unwrap_or("none");
    format!("{} of module {} wants “{}” and would find “{found}”", one.element, one.by, one.wanted)
}

/// `a, b and c`.
fn listed(words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut words: Vec<String> = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
    match (words.pop(), words.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", words.join(", ")),
    }
}
