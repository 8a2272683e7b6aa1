//! What the validation of a plan found, in sentences, each with its ways out.

use super::evaluate::{Evaluated, Line};
use super::sight::{SOMETHING, Sight};
use crate::error::Result;
use crate::settings::snapshot::back_sentence;
use crate::view::{ApplicationRef, Check, Finding, FindingElement, PlanItemView, PlanOperation, WayBackItem};
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
                source_runs: self.other_in_source(line),
                check: self.check(&line.key),
                settings: line.settings.clone(),
                modules: line.modules.clone(),
                database: line.database[0].clone(),
            })
            .collect()
    }

    /// What the source runs, where a line brings a version that is not that.
    fn other_in_source(&self, line: &Line) -> Option<String> {
        let (PlanOperation::Deploy(..), Some(next)) = (&line.operation, &line.next) else { return None };
        let placed = self.source.get(&line.key)?;
        (placed.content.sha256 != next.content.sha256).then(|| placed.label())
    }

    fn check(&self, key: &Key) -> Check {
        let planned = |key: &Key| self.lines.iter().any(|line| line.key == *key);
        let about = self.conflicts.iter().filter(|conflict| {
            // What a line does to somebody else, who has no line, is said at that line.
            let stops = conflict.kind == Kind::NameCollision
                || (conflict.kind.is_error() && !planned(&conflict.consumer));
            conflict.consumer == *key || (conflict.producer == *key && stops)
        });
        about
            .map(|c| if c.kind.is_error() { Check::Conflict } else { Check::Warning })
            .max()
            .unwrap_or(Check::Fine)
    }

    /// The findings for people, each with its ways out. What the caller may not see is not named.
    pub async fn findings(&self, tx: &mut impl Reader, target: &str, sight: &Sight) -> Result<Vec<Finding>> {
        let mut all = Vec::new();
        for conflict in &self.conflicts {
            let mut sides = vec![&conflict.consumer];
            sides.extend((conflict.producer != conflict.consumer).then_some(&conflict.producer));
            sides.retain(|key| !sight.hides(key));
            let [first, others @ ..] = sides.as_slice() else { continue };
            let Some(application) = self.reference(first) else { continue };
            let producer = others.first().copied();
            let elements = conflict.elements.iter().filter(|_| !sight.hides_a_side(conflict));
            all.push(Finding {
                kind: conflict.kind.words(),
                is_error: conflict.kind.is_error(),
                sentence: self.sentence(conflict, target, sight),
                ways_out: self.ways_out(tx, conflict, sight).await?,
                application,
                version: self.number_after(first),
                producer: producer.and_then(|key| self.reference(key)),
                producer_version: producer.and_then(|key| self.number_after(key)),
                elements: elements.map(FindingElement::from).collect(),
            });
        }
        all.sort_by_key(|finding| !finding.is_error);
        Ok(all)
    }

    /// The way back that is worked out before anything is started: what each application would go back to, and whom that would break.
    /// What the caller may not see is not named.
    pub fn way_back(&self, sight: &Sight) -> (Vec<WayBackItem>, Vec<String>) {
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
                database: self.lines.iter().find(|line| line.key == item.key)?.database[1].clone(),
            })
        });
        let breaks = self.back.iter().map(|conflict| {
            let elements = elements(conflict, sight);
            let side = |key: &Key| self.named(key, sight);
            let (consumer, producer) = (side(&conflict.consumer), side(&conflict.producer));
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

    /// The conflicts that stop the plan, in sentences. What the caller may not see is not named.
    pub fn errors(&self, target: &str, sight: &Sight) -> Vec<String> {
        let errors = self.conflicts.iter().filter(|conflict| conflict.kind.is_error());
        errors.map(|conflict| self.sentence(conflict, target, sight)).collect()
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

    /// The number that the target would have of an application; none where it would not be there or has none.
    fn number_after(&self, key: &Key) -> Option<VersionNumber> {
        match self.changes.get(key) {
            Some(next) => next.as_ref().and_then(|content| content.number),
            None => self.before.get(key).and_then(|placed| placed.number),
        }
    }

    /// An application's name, if it may be told.
    fn named(&self, key: &Key, sight: &Sight) -> String {
        if sight.hides(key) { SOMETHING.to_owned() } else { self.name(key) }
    }

    /// Name and number as the target would have it.
    fn label(&self, key: &Key, sight: &Sight) -> String {
        if sight.hides(key) {
            return SOMETHING.to_owned();
        }
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
    fn sentence(&self, conflict: &Conflict, target: &str, sight: &Sight) -> String {
        let mut told = self.told(conflict, target, sight);
        if told.starts_with(SOMETHING) {
            told.replace_range(..1, "A");
        }
        told
    }

    fn told(&self, conflict: &Conflict, target: &str, sight: &Sight) -> String {
        let label = |key: &Key| self.label(key, sight);
        let (consumer, producer) = (label(&conflict.consumer), label(&conflict.producer));
        let named = self.named(&conflict.producer, sight);
        let about = || listed(&conflict.about);
        let elements = elements(conflict, sight);
        match conflict.kind {
            Kind::ProducerMissing => {
                let again = if sight.hides(&conflict.producer) { "that" } else { named.as_str() };
                format!(
                    "{consumer} uses {elements} of {named}, and {again} would be neither in {target} nor in this plan."
                )
            }
            Kind::ElementMissing => {
                format!(
                    "{consumer} uses {elements} of {named}, and {producer} in {target} would not have it."
                )
            }
            Kind::ElementIncompatible if sight.hides_a_side(conflict) => format!(
                "{consumer} uses {elements} of {named} with another signature than {producer} in {target} would have."
            ),
            Kind::ElementIncompatible => {
                let signatures = listed(conflict.elements.iter().map(signatures));
                format!(
                    "{consumer} uses {elements} of {named} with another signature than {producer} in {target} would have: {signatures}."
                )
            }
            Kind::ProducerMoved => format!(
                "{consumer} uses {elements} of {named}, and in {target} that would belong to {} by then. A version of {} that uses it there is needed.",
                listed(conflict.about.iter().map(|key| self.name_of(key, sight))),
                self.named(&conflict.consumer, sight),
            ),
            Kind::IncompatiblePlatformServer => {
                let [has, wants] = [" there", " wanted"].map(|end| {
                    conflict.about.iter().find_map(|word| word.strip_suffix(end)).unwrap_or_default()
                });
                format!("{consumer} needs Platform Server {wants} or newer, and {target} has {has}.")
            }
            Kind::NameCollision => format!(
                "{consumer} and {producer} would both have {}; in an environment names, virtual directories and hosts are unique (R15).",
                about()
            ),
            Kind::LowerVersion => format!(
                "{target} runs {} {}, and {consumer} is lower; going back needs a new, higher number, or the right “Deploy Lower Versions” (R03).",
                self.name(&conflict.consumer),
                about()
            ),
            Kind::HotfixOverwritten => format!(
                "{target} runs {}, a hotfix that the source never had, and {consumer} would undo it. Bring it back first, or mark it as solved.",
                format!("{} {}", self.name(&conflict.consumer), about()).trim_end(),
            ),
            Kind::SettingMissing => {
                format!("{consumer} needs {} and has no value for it in {target}.", about())
            }
            Kind::ConsumerMoved => format!(
                "The module {} moved from {} to {producer}. {consumer} stays in {target} as it is, so that both would have it.",
                about(),
                self.named(&conflict.consumer, sight)
            ),
            Kind::ConsumerOutdated => format!(
                "{consumer} in {target} uses {elements} of {named}, of which {producer} offers something else than before. Redeploy {} to bring it up to date.",
                self.named(&conflict.consumer, sight)
            ),
            Kind::NewerProducerAvailable if sight.hides(&conflict.producer) => {
                format!("{consumer} would use {producer}, and the source has a newer one.")
            }
            Kind::NewerProducerAvailable => {
                let newest = self.source.get(&conflict.producer).and_then(|placed| placed.number);
                let newest = newest.map_or_else(|| "a newer one".to_owned(), |number| number.to_string());
                format!("{consumer} would use {producer}, and the source has {newest}.")
            }
        }
    }

    fn name_of(&self, key: &str, sight: &Sight) -> String {
        key.parse().map_or_else(|_| key.to_owned(), |key| self.named(&key, sight))
    }
}

impl From<&Required> for FindingElement {
    fn from(one: &Required) -> Self {
        Self {
            by: one.by.to_string(),
            module: one.module.to_string(),
            element: one.element.clone(),
            wanted: one.wanted.clone(),
            found: one.found.clone(),
        }
    }
}

/// The elements of a conflict, if both sides may be seen.
fn elements(conflict: &Conflict, sight: &Sight) -> String {
    if sight.hides_a_side(conflict) {
        return "something".to_owned();
    }
    listed(conflict.elements.iter().map(wanted))
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
pub(super) fn listed(words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut words: Vec<String> = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
    match (words.pop(), words.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", words.join(", ")),
    }
}
