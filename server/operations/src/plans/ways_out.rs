//! The ways out of a conflict: each is tried on the two applications that it is about, and offered only where it ends the conflict.

use super::evaluate::{Evaluated, Line, options};
use super::sight::Sight;
use crate::content::{self, Placed};
use crate::door::fault;
use crate::error::Result;
use crate::view::{ApplicationRef, EnvironmentRef, PlanOperation, WayOut};
use domain::plan::{Changes, Conflict, Content, Contents, Kind, Landscape, apply, validate};
use domain::setting::Origin;
use domain::text::Key;
use std::collections::BTreeSet;
use storage::{Reader, versions};

/// Versions of an application that are tried for a way out.
const TRIES: usize = 4;

impl Evaluated {
    /// The ways out of a conflict, the likeliest first.
    pub(super) async fn ways_out(
        &self,
        tx: &mut impl Reader,
        conflict: &Conflict,
        sight: &Sight,
    ) -> Result<Vec<WayOut>> {
        let (consumer, producer) = (&conflict.consumer, &conflict.producer);
        let mut ways = Vec::new();
        match conflict.kind {
            Kind::ConsumerOutdated => ways.extend(self.once_more(conflict, sight)),
            Kind::SettingMissing => ways.extend(self.fields(consumer)),
            Kind::HotfixOverwritten => ways.extend(self.back_first(consumer, sight)),
            _ => {}
        }
        let brings_producer = matches!(
            conflict.kind,
            Kind::ProducerMissing
                | Kind::ElementMissing
                | Kind::ElementIncompatible
                | Kind::NewerProducerAvailable
        );
        // Who has the module still, or was made for what is to change, can follow: with a newer version of its own.
        let follows = matches!(
            conflict.kind,
            Kind::ElementMissing
                | Kind::ElementIncompatible
                | Kind::ProducerMoved
                | Kind::ConsumerMoved
                | Kind::ProducerMissing
        ) && self.moving(consumer).is_none();
        let another_of_its_own =
            matches!(conflict.kind, Kind::LowerVersion | Kind::IncompatiblePlatformServer);
        let tried =
            [brings_producer.then_some(producer), (follows || another_of_its_own).then_some(consumer)];
        for key in tried.into_iter().flatten().filter(|key| !sight.hides(key)) {
            ways.extend(self.another(tx, conflict, key, sight).await?);
        }
        if conflict.kind.is_error() {
            let mut both = vec![consumer];
            both.extend((producer != consumer).then_some(producer));
            ways.extend(both.into_iter().filter_map(|key| self.left(conflict, key)));
        }
        Ok(ways)
    }

    /// The line of an application that the plan changes.
    fn moving(&self, key: &Key) -> Option<&Line> {
        self.lines.iter().find(|line| line.key == *key && line.operation != PlanOperation::Nothing)
    }

    /// The outdated consumer, deployed as it is.
    fn once_more(&self, conflict: &Conflict, sight: &Sight) -> Option<WayOut> {
        let placed = self.before.get(&conflict.consumer).filter(|_| !sight.hides(&conflict.consumer))?;
        if !self.may_plan(&conflict.consumer, placed, sight) || self.blocks.keep_out(placed.application.id) {
            return None;
        }
        let application = ApplicationRef::from(&placed.application);
        let words = format!("Redeploy {}", application.name);
        self.ends(conflict, &conflict.consumer, Some(placed.content.clone()))
            .then(|| way(words, application, PlanOperation::Redeploy))
    }

    /// The fields of settings that lack a value.
    fn fields(&self, consumer: &Key) -> Vec<WayOut> {
        let Some(line) = self.lines.iter().find(|line| line.key == *consumer) else { return Vec::new() };
        let missing = line.settings.iter().filter(|one| one.origin == Some(Origin::Missing));
        let field = missing.map(|one| WayOut {
            setting: Some(one.key.clone()),
            ..way(format!("Set {} here", one.name), line.application.clone(), line.operation.clone())
        });
        field.collect()
    }

    /// The stage before that a plan can bring a hotfix back to.
    fn back_first(&self, key: &Key, sight: &Sight) -> Option<WayOut> {
        let line = self.moving(key)?;
        let stage = self.hotfixes.get(key)?.iter().find(|stage| sight.has(stage.id))?;
        let words = format!("Plan it back to {}", stage.name);
        Some(WayOut {
            back_to: Some(EnvironmentRef::from(stage)),
            ..way(words, line.application.clone(), line.operation.clone())
        })
    }

    fn may_plan(&self, key: &Key, placed: &Placed, sight: &Sight) -> bool {
        self.lines.iter().any(|line| line.key == *key) || sight.may_plan(placed.application.id)
    }

    /// Another version of an application that ends a conflict, and is none below what the target runs (R03).
    async fn another(
        &self,
        tx: &mut impl Reader,
        conflict: &Conflict,
        key: &Key,
        sight: &Sight,
    ) -> Result<Option<WayOut>> {
        let Some(from) = self.source.get(key) else { return Ok(None) };
        if self.blocks.keep_out(from.application.id) || !self.may_plan(key, from, sight) {
            return Ok(None);
        }
        let own = self.moving(key).map(|line| &line.operation);
        // Who takes something out does not want more of it.
        if own == Some(&PlanOperation::Undeploy) {
            return Ok(None);
        }
        let to = self.before.get(key);
        let mut tries = 0;
        for operation in options(tx, from.application.id, Some(from), to, &self.zones).await? {
            let (PlanOperation::Deploy(_, number) | PlanOperation::TagAndDeploy(number)) = &operation else {
                continue;
            };
            let number = *number;
            let below = to.and_then(|placed| placed.number).is_some_and(|now| number < now);
            if below || own == Some(&operation) || tries == TRIES {
                continue;
            }
            tries += 1;
            if !self.ends(conflict, key, Some(brought(tx, from, &operation).await?)) {
                continue;
            }
            let application = ApplicationRef::from(&from.application);
            let (name, tags) = (&application.name, matches!(operation, PlanOperation::TagAndDeploy(_)));
            let words = match (own.is_some(), tags) {
                (false, false) => format!("Bring {name} {number} along"),
                (false, true) => format!("Tag {name} {number} and bring it along"),
                (true, false) => format!("Deploy {name} {number} instead"),
                (true, true) => format!("Tag {name} {number} and deploy that instead"),
            };
            return Ok(Some(way(words, application, operation)));
        }
        Ok(None)
    }

    /// An application of the plan, left as it is.
    fn left(&self, conflict: &Conflict, key: &Key) -> Option<WayOut> {
        let line = self.moving(key)?;
        // A value that is missing is asked for by what would come alone.
        let ends = conflict.kind == Kind::SettingMissing || self.ends(conflict, key, None);
        let words = format!("Leave {} as it is", line.application.name);
        ends.then(|| way(words, line.application.clone(), PlanOperation::Nothing))
    }

    /// Whether a conflict is none any more, and no other stops the two applications in its place, where one of them came with this content or
    /// was left as it is. The rest of the target has no part in it, so that the answer takes no longer where there is much of it.
    fn ends(&self, conflict: &Conflict, key: &Key, next: Option<Content>) -> bool {
        let two = BTreeSet::from([&conflict.consumer, &conflict.producer]);
        let of = |side: &std::collections::BTreeMap<Key, Placed>| -> Contents {
            let placed = two.iter().filter_map(|key| Some(((*key).clone(), side.get(*key)?.content.clone())));
            placed.collect()
        };
        let changed = self.changes.iter().filter(|(key, _)| two.contains(key));
        let mut changes: Changes = changed.map(|(key, next)| (key.clone(), next.clone())).collect();
        match next {
            Some(content) => changes.insert(key.clone(), Some(content)),
            None => changes.remove(key),
        };
        let before = of(&self.before);
        let found = validate(&Landscape {
            before: &before,
            after: &apply(&before, &changes),
            source: &of(&self.source),
            touched: &changes.keys().cloned().collect(),
            platform: self.platform,
            hotfixes: &self.hotfixes.keys().cloned().collect(),
        });
        !found.iter().any(|one| {
            let pair = BTreeSet::from([&one.consumer, &one.producer]);
            pair == two && (one.kind == conflict.kind || one.kind.is_error())
        })
    }
}

fn way(words: String, application: ApplicationRef, operation: PlanOperation) -> WayOut {
    WayOut { words, application, operation, setting: None, back_to: None }
}

/// What an operation brings of an application of the source.
async fn brought(tx: &mut impl Reader, from: &Placed, operation: &PlanOperation) -> Result<Content> {
    Ok(match operation {
        PlanOperation::Deploy(id, number) if from.state.modified || from.state.version_id != Some(*id) => {
            let version =
                versions::by_id(tx, *id).await?.ok_or_else(|| fault("an offered version is missing"))?;
            let revision = content::revision(tx, version.revision_id).await?;
            content::content(from.application.name.as_str(), &revision, Some(*number))?
        }
        PlanOperation::TagAndDeploy(number) => Content { number: Some(*number), ..from.content.clone() },
        _ => from.content.clone(),
    })
}
