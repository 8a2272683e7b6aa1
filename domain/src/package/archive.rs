//! Reading a package: everything is checked, and every byte is counted while it is unpacked.

use super::container::{self, Record, entry};
use super::{
    HOOKS, Limits, MANIFEST, MODULES, Manifest, Migration, ModuleKind, PackageError, Summary, database,
};
use crate::text::{Key, Sha256};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read, Seek};
use zip::ZipArchive;

/// Longest manifest, bytes.
const MANIFEST_BYTES: u64 = 256 << 10;
/// The folder below each virtual directory that the front-end answers itself.
const RESERVED: &str = "_towpath";

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name, relative, with `/` between folders.
    pub path: String,
    /// Its size unpacked, bytes.
    pub size: u64,
    /// Whether it may be run.
    pub executable: bool,
}

/// A package that was read and found sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// What it says about itself.
    pub manifest: Manifest,
    /// Its files in the archive's order, the manifest among them.
    pub entries: Vec<Entry>,
    /// What the files of each module are, by its key: equal marks for equal names, sizes and checksums.
    pub marks: BTreeMap<Key, Sha256>,
    /// The migrations of its database, by number.
    pub migrations: Vec<Migration>,
}

impl Package {
    /// What the console keeps of it.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            manifest: self.manifest.clone(),
            files: self.entries.len() as u64,
            unpacked_bytes: self.entries.iter().map(|e| e.size).sum(),
            marks: self.marks.clone(),
            migrations: self.migrations.clone(),
        }
    }
}

/// Reads and checks a whole package, and keeps nothing of its content but the manifest.
///
/// # Errors
/// One sentence on the first fault found.
pub fn read<R: Read + Seek>(reader: R, limits: &Limits) -> Result<Package, PackageError> {
    walk(reader, limits, |_, _| Ok(()))
}

/// Reads and checks a whole package and hands every file, one after the other, to `sink`. The manifest and all names
/// are found sound before the first call. A file's content is known to be sound only when `walk` has ended well, so a
/// caller writes to a place that it throws away on an error.
///
/// # Errors
/// One sentence on the first fault found; [`PackageError::Io`] with the error of `sink`.
pub fn walk<R, F>(mut reader: R, limits: &Limits, mut sink: F) -> Result<Package, PackageError>
where
    R: Read + Seek,
    F: FnMut(&Entry, &mut dyn Read) -> io::Result<()>,
{
    let records = container::scan(&mut reader, limits)?;
    let mut archive = ZipArchive::new(reader).map_err(unreadable)?;
    let agrees =
        archive.len() == records.len() && records.iter().enumerate().all(|(i, r)| same(&archive, i, r));
    if !agrees {
        return Err(PackageError::Container("two readers see two different contents in it.".to_owned()));
    }
    let manifest = read_manifest(&mut archive, &records)?;
    let entries: Vec<Entry> = records.iter().filter(|r| !r.folder).map(Entry::of).collect();
    check_content(&manifest, &entries)?;
    let mut migrations = Vec::new();
    for (index, record) in records.iter().enumerate().filter(|(_, r)| !r.folder) {
        let one = Entry::of(record);
        if !database::is_inside(&one.path) {
            unpack(&mut archive, index, record, |content| sink(&one, content))?;
            continue;
        }
        let mut bytes = Vec::new();
        unpack(&mut archive, index, record, |content| content.read_to_end(&mut bytes).map(drop))?;
        migrations.push(database::migration(&one.path, &bytes)?);
        sink(&one, &mut &bytes[..])?;
    }
    migrations.sort();
    let marks = manifest.modules.iter().map(|module| (module.key.clone(), mark(&module.key, &records)));
    Ok(Package { marks: marks.collect(), manifest, entries, migrations })
}

/// What the files of a module are, in any order: their names, sizes, checksums, and whether they may be run.
fn mark(module: &Key, records: &[Record]) -> Sha256 {
    let folder = format!("{MODULES}/{module}/");
    let own = records.iter().filter(|record| !record.folder && record.name.starts_with(&folder));
    let mut lines: Vec<String> =
        own.map(|r| format!("{} {} {:08x} {}", r.name, r.size, r.crc, u8::from(r.executable))).collect();
    lines.sort_unstable();
    Sha256::of(lines.join("\n").as_bytes())
}

impl Entry {
    fn of(record: &Record) -> Self {
        Self { path: record.name.clone(), size: record.size, executable: record.executable }
    }
}

fn same<R: Read + Seek>(archive: &ZipArchive<R>, index: usize, record: &Record) -> bool {
    let name = archive.name_for_index(index).and_then(Result::ok);
    name.is_some_and(|name| name.strip_suffix('/').unwrap_or(&name) == record.name)
}

fn unreadable(error: zip::result::ZipError) -> PackageError {
    match error {
        zip::result::ZipError::Io(error) => PackageError::Io(error),
        other => PackageError::Container(format!("{other}.")),
    }
}

fn read_manifest<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    records: &[Record],
) -> Result<Manifest, PackageError> {
    let found = records.iter().enumerate().find(|(_, r)| r.name == MANIFEST && !r.folder);
    let Some((index, record)) = found else {
        return Err(PackageError::Container(format!("it has no {MANIFEST} at its root.")));
    };
    if record.size > MANIFEST_BYTES {
        return Err(entry(
            MANIFEST,
            format!("has {} bytes; at most {MANIFEST_BYTES} are allowed", record.size),
        ));
    }
    let mut bytes = Vec::new();
    unpack(archive, index, record, |content| content.read_to_end(&mut bytes).map(drop))?;
    let text = String::from_utf8(bytes).map_err(|_| entry(MANIFEST, "is not UTF-8 text"))?;
    Manifest::parse(&text)
}

/// The manifest and the files belong together. The builder asks the same.
pub(super) fn check_content(manifest: &Manifest, entries: &[Entry]) -> Result<(), PackageError> {
    let files: HashMap<&str, &Entry> = entries.iter().map(|e| (e.path.as_str(), e)).collect();
    database::check_files(manifest, entries)?;
    for one in entries.iter().filter(|e| e.path != MANIFEST && !database::is_inside(&e.path)) {
        if !manifest.hooks.is_empty() && one.path.starts_with("hooks/") {
            continue;
        }
        let module = one.path.strip_prefix("modules/").and_then(|rest| rest.split_once('/'));
        if !module.is_some_and(|(key, _)| manifest.modules.iter().any(|m| m.key.as_str() == key)) {
            let text = format!("belongs to no module of the manifest; files lie in {MODULES}/<module key>/");
            return Err(entry(&one.path, text));
        }
        if module.is_some_and(|(_, rest)| rest.split('/').next() == Some(RESERVED)) {
            return Err(entry(&one.path, "lies in a folder that the front-end keeps for itself"));
        }
    }
    for hook in &manifest.hooks {
        let (place, program) = (format!(", hook {}", hook.phase.word()), hook.program());
        let reason = match files.get(format!("{HOOKS}/{program}").as_str()) {
            None => format!("its program “{program}” is not in {HOOKS}/."),
            Some(file) if !file.executable => {
                format!("its program “{program}” is not marked as executable in the package.")
            }
            Some(_) => continue,
        };
        return Err(PackageError::Manifest { place, reason });
    }
    for module in &manifest.modules {
        let (wanted, what) = match module.kind {
            ModuleKind::Static => (module.ready_path().trim_start_matches('/'), "its readiness file"),
            ModuleKind::Process => (module.command[0].trim_start_matches("./"), "its program"),
        };
        let fault = |reason: String| PackageError::Manifest {
            place: format!(", module “{}”", module.key),
            reason,
        };
        match files.get(format!("{MODULES}/{}/{wanted}", module.key).as_str()) {
            None => {
                return Err(fault(format!("{what} “{wanted}” is not in {MODULES}/{}/.", module.key)));
            }
            Some(file) if module.kind == ModuleKind::Process && !file.executable => {
                return Err(fault(format!("{what} “{wanted}” is not marked as executable in the package.")));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn unpack<R, F>(
    archive: &mut ZipArchive<R>,
    index: usize,
    record: &Record,
    sink: F,
) -> Result<(), PackageError>
where
    R: Read + Seek,
    F: FnOnce(&mut dyn Read) -> io::Result<()>,
{
    let content = archive.by_index(index).map_err(unreadable)?;
    let mut counted = Counted { content, left: record.size, fault: None };
    let result = sink(&mut counted);
    // What the sink did not take is read all the same: a fault behind it counts too.
    let drained = if result.is_ok() { io::copy(&mut counted, &mut io::sink()).map(drop) } else { Ok(()) };
    if let Some(reason) = counted.fault {
        return Err(entry(&record.name, reason));
    }
    result.and(drained).map_err(PackageError::Io)
}

/// Counts what really comes out and stops where it is not what the directory promised.
struct Counted<R> {
    content: R,
    left: u64,
    fault: Option<&'static str>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut fail = |reason: &'static str| {
            self.fault = Some(reason);
            Err(io::Error::new(io::ErrorKind::InvalidData, reason))
        };
        match self.content.read(buffer) {
            Ok(0) if self.left > 0 => fail("is shorter than it says"),
            Ok(count) => match self.left.checked_sub(count as u64) {
                Some(left) => {
                    self.left = left;
                    Ok(count)
                }
                None => fail("is longer than it says"),
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(_) => fail("is damaged: its bytes do not match its checksum or its packing"),
        }
    }
}
