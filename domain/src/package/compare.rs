//! What differs between two packages of an application, by their summaries alone (A23): modules, settings, what they produce and consume.

use super::{Module, ModuleKind, ProcessLimits, Setting, Summary};
use crate::text::Key;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What became of something from one package to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is only in the second.
    Added,
    /// It is only in the first.
    Removed,
    /// It is in both, and not the same.
    Changed,
}

impl Change {
    /// The word that people read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Removed => "Removed",
            Self::Changed => "Changed",
        }
    }
}

/// One fact of something that changed; none on the side where it is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// What, such as “Default”.
    pub what: &'static str,
    /// In the first.
    pub before: Option<String>,
    /// In the second.
    pub after: Option<String>,
}

/// A module, a setting or an element that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What identifies it: a key, or for an element where it is and its name.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// What of it differs, or what it is where only one side has it.
    pub details: Vec<Detail>,
}

/// What differs between two packages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Comparison {
    /// Modules.
    pub modules: Vec<Difference>,
    /// Settings.
    pub settings: Vec<Difference>,
    /// Elements that it offers.
    pub produces: Vec<Difference>,
    /// Elements of others that it uses.
    pub consumes: Vec<Difference>,
    /// Migrations of its database.
    pub migrations: Vec<Difference>,
    /// Modules whose files cannot be compared, since one of the packages was published before that was kept.
    pub unknown: Vec<String>,
}

impl Comparison {
    /// Whether nothing differs that a summary tells of.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
            && self.settings.is_empty()
            && self.produces.is_empty()
            && self.consumes.is_empty()
            && self.migrations.is_empty()
    }

    /// Produced elements that are gone or have another signature: consumers of them have to follow.
    #[must_use]
    pub fn breaks(&self) -> usize {
        self.produces.iter().filter(|one| one.change != Change::Added).count()
    }
}

/// A thing as facts: its name, and what can differ of it.
type Facts = (String, Vec<(&'static str, String)>);

/// Compares two packages, from the first to the second.
#[must_use]
pub fn compare(before: &Summary, after: &Summary) -> Comparison {
    let modules = |of: &Summary| of.manifest.modules.iter().map(|m| (m.key.to_string(), module(m))).collect();
    let settings =
        |of: &Summary| of.manifest.settings.iter().map(|s| (s.key.to_string(), setting(s))).collect();
    let mut all = Comparison {
        modules: differences(&modules(before), &modules(after)),
        settings: differences(&settings(before), &settings(after)),
        produces: differences(&produces(before), &produces(after)),
        consumes: differences(&consumes(before), &consumes(after)),
        migrations: differences(&migrations(before), &migrations(after)),
        unknown: Vec::new(),
    };
    files(before, after, &mut all);
    all
}

/// The modules from one package to the other, where either may be missing: what comes, what goes, and what is another one, with the first digits
/// of what its files are.
#[must_use]
pub fn modules(before: Option<&Summary>, after: Option<&Summary>) -> Vec<Difference> {
    let of = |of: Option<&Summary>| {
        let all = of.into_iter().flat_map(|of| &of.manifest.modules);
        all.map(|m| (m.key.to_string(), module(m))).collect::<BTreeMap<_, _>>()
    };
    let mark = |of: Option<&Summary>, key: &str| {
        of.and_then(|of| of.marks.iter().find(|(one, _)| one.as_str() == key)).map(|(_, mark)| mark.short())
    };
    let mut all = differences(&of(before), &of(after));
    for (key, (name, _)) in of(after) {
        let (old, new) = (mark(before, &key), mark(after, &key));
        let both = before.is_some_and(|before| before.manifest.modules.iter().any(|m| m.key.as_str() == key));
        if !both || old == new {
            continue;
        }
        let detail = Detail { what: "Files", before: old, after: new };
        match all.iter_mut().find(|one| one.key == key) {
            Some(known) => known.details.push(detail),
            None => all.push(Difference { key, name, change: Change::Changed, details: vec![detail] }),
        }
    }
    all.sort_by(|one, other| one.key.cmp(&other.key));
    all
}

/// The files of the modules that are in both.
fn files(before: &Summary, after: &Summary, all: &mut Comparison) {
    let keys = |of: &Summary| of.manifest.modules.iter().map(|m| m.key.clone()).collect::<BTreeSet<Key>>();
    for key in keys(before).intersection(&keys(after)) {
        let name = after.manifest.modules.iter().find(|m| m.key == *key).map(|m| m.name.to_string());
        let name = name.unwrap_or_default();
        let differ = match (before.marks.get(key), after.marks.get(key)) {
            (Some(one), Some(other)) => one != other,
            _ => {
                all.unknown.push(name);
                continue;
            }
        };
        if !differ {
            continue;
        }
        let detail = Detail { what: "Files", before: None, after: Some("other content".to_owned()) };
        match all.modules.iter_mut().find(|one| one.key == key.as_str()) {
            Some(known) => known.details.push(detail),
            None => all.modules.push(Difference {
                key: key.to_string(),
                name,
                change: Change::Changed,
                details: vec![detail],
            }),
        }
    }
    all.modules.sort_by(|one, other| one.key.cmp(&other.key));
}

fn differences(before: &BTreeMap<String, Facts>, after: &BTreeMap<String, Facts>) -> Vec<Difference> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut all = Vec::new();
    for key in keys {
        let (old, new) = (before.get(key), after.get(key));
        let change = match (old, new) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            (Some(old), Some(new)) if old == new => continue,
            _ => Change::Changed,
        };
        let none = Vec::new();
        let facts = |side: Option<&Facts>| -> BTreeMap<&'static str, String> {
            side.map_or(&none, |(_, facts)| facts).iter().cloned().collect()
        };
        let (left, right) = (facts(old), facts(new));
        let order = new.or(old).map_or(&none, |(_, facts)| facts).iter().map(|(what, _)| *what);
        let gone = left.keys().copied().filter(|what| !right.contains_key(what) && new.is_some());
        let mut details: Vec<Detail> = order
            .chain(gone)
            .map(|what| Detail { what, before: left.get(what).cloned(), after: right.get(what).cloned() })
            .filter(|detail| detail.before != detail.after)
            .collect();
        let name = new.or(old).map(|(name, _)| name.clone()).unwrap_or_default();
        if let (Some((old, _)), Some((new, _))) = (old, new)
            && old != new
        {
            details.insert(0, Detail { what: "Name", before: Some(old.clone()), after: Some(new.clone()) });
        }
        all.push(Difference { key: key.clone(), name, change, details });
    }
    all
}

fn module(of: &Module) -> Facts {
    let kind = match of.kind {
        ModuleKind::Static => "static files",
        ModuleKind::Process => "a process of its own",
    };
    let mut facts = vec![
        ("Kind", kind.to_owned()),
        ("Served under", of.virtual_directory.to_string()),
        ("Ready at", of.ready_path().to_owned()),
        ("Ready within", format!("{} s", of.ready_seconds())),
    ];
    if !of.command.is_empty() {
        facts.push(("Command", of.command.join(" ")));
    }
    if let Some(host) = &of.host {
        facts.push(("Host", host.to_string()));
    }
    if let Some(concurrent) = of.concurrent {
        facts.push(("Requests at once", concurrent.to_string()));
    }
    if let Some(limits) = of.limits.filter(ProcessLimits::any) {
        facts.push(("Limits", limits.words()));
    }
    (of.name.to_string(), facts)
}

fn setting(of: &Setting) -> Facts {
    let mut facts = vec![("Kind", word(of.kind))];
    if let Some(default) = &of.default {
        facts.push(("Default", default.clone()));
    }
    if !of.description.is_empty() {
        facts.push(("Description", of.description.clone()));
    }
    (of.name.to_string(), facts)
}

/// A word as the manifest writes it.
fn word(of: impl Serialize) -> String {
    serde_json::to_value(of).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn produces(of: &Summary) -> BTreeMap<String, Facts> {
    let each = of.manifest.modules.iter().flat_map(|module| {
        module.produces.iter().map(move |one| {
            let facts = vec![
                ("Signature", one.signature.clone()),
                ("Kind", word(one.kind)),
                ("Module", module.name.to_string()),
            ];
            (format!("{}/{}", module.key, one.name), (one.name.to_string(), facts))
        })
    });
    each.collect()
}

fn consumes(of: &Summary) -> BTreeMap<String, Facts> {
    let each = of.manifest.modules.iter().flat_map(|module| {
        module.consumes.iter().map(move |one| {
            let facts = vec![
                ("Signature", one.signature.clone()),
                ("Of", format!("{}, module {}", one.application, one.module)),
                ("By", module.name.to_string()),
            ];
            let key = format!("{}: {}/{}/{}", module.key, one.application, one.module, one.element);
            (key, (one.element.to_string(), facts))
        })
    });
    each.collect()
}

/// Each by its file, since one may differ between the kinds of database.
fn migrations(of: &Summary) -> BTreeMap<String, Facts> {
    let each = of.migrations.iter().map(|one| {
        let engine = one.engine.map_or("every kind of database", |engine| engine.name());
        let facts = vec![("For", engine.to_owned()), ("SHA-256", one.sha256.short())];
        (one.path(), (one.to_string(), facts))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{Limits, SourceFile, build, read};
    use proptest::prelude::*;
    use std::io::Cursor;

    /// A summary of modules with their files, and more of the manifest.
    fn summary(modules: &[(&str, &str, &str)], settings: &str) -> Summary {
        let mut manifest =
            "format = 1\n[application]\nkey = \"desk\"\nname = \"Desk\"\nkind = \"web\"\n".to_owned();
        let mut files = Vec::new();
        for (key, content, more) in modules {
            manifest.push_str(&format!(
                "[[modules]]\nkey = \"{key}\"\nname = \"Module {key}\"\nkind = \"static\"\nvirtual_directory = \"/{key}\"\n{more}"
            ));
            files.push(SourceFile {
                path: format!("modules/{key}/index.html"),
                bytes: content.as_bytes().to_vec(),
                executable: false,
            });
        }
        manifest.push_str(settings);
        let bytes = build(&manifest, files, Cursor::new(Vec::new())).unwrap().into_inner();
        read(Cursor::new(bytes), &Limits::default()).unwrap().summary()
    }

    fn told(list: &[Difference]) -> Vec<(&str, Change)> {
        list.iter().map(|one| (one.key.as_str(), one.change)).collect()
    }

    const SKIN: &str = "[[modules.produces]]\nname = \"Skin\"\nkind = \"theme\"\nsignature = \"v1\"\n";

    #[test]
    fn a23_modules_settings_and_elements() {
        let one = summary(
            &[("a", "x", SKIN), ("b", "y", ""), ("same", "z", "")],
            "[[settings]]\nkey = \"mood\"\nname = \"Mood\"\nkind = \"text\"\ndefault = \"calm\"\n",
        );
        let uses = "[[modules.consumes]]\napplication = \"tide\"\nmodule = \"m\"\nelement = \"Table\"\nsignature = \"1\"\n";
        let skin = SKIN.replace("v1", "v2");
        let two = summary(
            &[("a", "x2", &format!("ready_seconds = 60\n{skin}")), ("c", "y", uses), ("same", "z", "")],
            "[[settings]]\nkey = \"mood\"\nname = \"Mood\"\nkind = \"text\"\ndefault = \"gay\"\n\
             [[settings]]\nkey = \"size\"\nname = \"Size\"\nkind = \"number\"\ndefault = \"3\"\n",
        );
        let found = compare(&one, &two);
        assert_eq!(
            told(&found.modules),
            [("a", Change::Changed), ("b", Change::Removed), ("c", Change::Added)]
        );
        let details: Vec<_> = found.modules[0].details.iter().map(|d| (d.what, d.after.as_deref())).collect();
        assert_eq!(details, [("Ready within", Some("60 s")), ("Files", Some("other content"))]);
        assert_eq!(told(&found.settings), [("mood", Change::Changed), ("size", Change::Added)]);
        let mood = &found.settings[0].details;
        assert_eq!(
            mood,
            &[Detail { what: "Default", before: Some("calm".into()), after: Some("gay".into()) }]
        );
        assert_eq!(told(&found.produces), [("a/Skin", Change::Changed)]);
        assert_eq!(found.breaks(), 1);
        assert_eq!(told(&found.consumes), [("c: tide/m/Table", Change::Added)]);
        assert_eq!(found.consumes[0].details[0].after.as_deref(), Some("1"));
        assert!(found.unknown.is_empty());
    }

    #[test]
    fn modules_come_go_and_change_also_where_one_side_is_missing() {
        let one = summary(&[("a", "x", ""), ("b", "y", "")], "");
        let two = summary(&[("a", "x2", ""), ("c", "y", "")], "");
        let found = modules(Some(&one), Some(&two));
        assert_eq!(told(&found), [("a", Change::Changed), ("b", Change::Removed), ("c", Change::Added)]);
        let files = &found[0].details[0];
        assert_eq!(files.what, "Files");
        assert!(files.before.is_some() && files.after.is_some() && files.before != files.after);
        assert_eq!(told(&modules(None, Some(&one))), [("a", Change::Added), ("b", Change::Added)]);
        assert_eq!(told(&modules(Some(&one), None)), [("a", Change::Removed), ("b", Change::Removed)]);
        assert!(modules(Some(&one), Some(&one)).is_empty() && modules(None, None).is_empty());
    }

    #[test]
    fn what_was_kept_before_has_no_marks_and_says_so() {
        let one = summary(&[("a", "x", "")], "");
        let old = Summary { marks: BTreeMap::new(), ..summary(&[("a", "y", "")], "") };
        let found = compare(&old, &one);
        assert!(found.is_empty());
        assert_eq!(found.unknown, ["Module a"]);
    }

    proptest! {
        #[test]
        fn nothing_differs_from_itself_and_both_ways_are_mirrors(
            left in prop::collection::btree_map("[abc]", "[xy]", 1..4), right in prop::collection::btree_map("[abc]", "[xy]", 1..4),
        ) {
            let of = |all: &BTreeMap<String, String>| {
                summary(&all.iter().map(|(k, c)| (k.as_str(), c.as_str(), SKIN)).collect::<Vec<_>>(), "")
            };
            let (one, other) = (of(&left), of(&right));
            prop_assert_eq!(compare(&one, &one), Comparison::default());
            let (there, back) = (compare(&one, &other), compare(&other, &one));
            prop_assert_eq!(there.is_empty(), left == right);
            let mirror = |change| match change {
                Change::Added => Change::Removed,
                Change::Removed => Change::Added,
                Change::Changed => Change::Changed,
            };
            let mirrored: Vec<_> = back.modules.iter().map(|d| (d.key.clone(), mirror(d.change))).collect();
            let seen: Vec<_> = there.modules.iter().map(|d| (d.key.clone(), d.change)).collect();
            prop_assert_eq!(mirrored, seen);
        }
    }
}
