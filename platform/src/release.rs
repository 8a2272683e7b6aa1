//! Building once: a package becomes a bundle, the same for every front-end of the farm, and a bundle becomes a release.
//!
//! A bundle is one line of JSON ([`Contents`]) and then the bytes of its files, one after the other. The same JSON lies
//! in a release as `release.json` and is its manifest of hashes.

use crate::folders::{self, Folders};
use crate::point::point;
use domain::package::{self, HookPhase, Limits, Manifest, Migration, ModuleKind, PackageError};
use domain::text::{Key, Sha256, VersionNumber};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Hasher};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The form of [`Contents`].
const FORMAT: u32 = 1;
/// Longest first line of a bundle, bytes.
const HEADER_BYTES: u64 = 16 << 20;
/// Files smaller than this are not compressed: the answer fits into one packet anyway.
const COMPRESS_FROM: u64 = 512;
/// Files bigger than this are not compressed while a front-end waits for them.
const COMPRESS_TO: u64 = 8 << 20;

/// What is in a release, by hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// The form of this document.
    pub format: u32,
    /// The package it was built from.
    pub package: Sha256,
    /// The version number, where it has one.
    pub version: Option<VersionNumber>,
    /// The package's manifest.
    pub manifest: Manifest,
    /// Every file.
    pub files: Vec<BuiltFile>,
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltFile {
    /// Its name, `modules/…`, `hooks/…`, `database/…` or, compressed, `variants/gzip/modules/…` and `variants/br/modules/…`.
    pub path: String,
    /// Its size, bytes.
    pub size: u64,
    /// Its hash.
    pub sha256: Sha256,
    /// Whether it may be run.
    pub executable: bool,
}

/// Why a release could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The package is not sound.
    #[error("{0}")]
    Package(#[from] PackageError),
    /// It is a package of another application.
    #[error("The package is one of “{found}”, and the task is for “{wanted}”.")]
    Application {
        /// What the package says.
        found: Key,
        /// What the task says.
        wanted: Key,
    },
    /// The bundle is not what its first line says.
    #[error("The bundle is damaged: {0}.")]
    Bundle(String),
    /// A timer of the package cannot be kept here.
    #[error("{0}")]
    Timer(String),
    /// A hook of the package did not end well.
    #[error("The release could not be installed: {0}")]
    Hook(String),
    /// The disk refused.
    #[error("The disk refused: {0}")]
    Io(#[from] io::Error),
}

impl Contents {
    /// Reads the contents of a release that lies in `folder`.
    pub fn of_release(folder: &Path) -> Result<Self, ReleaseError> {
        let bytes = fs::read(folder.join("release.json"))?;
        serde_json::from_slice(&bytes).map_err(|error| ReleaseError::Bundle(format!("release.json: {error}")))
    }

    /// The name of the release's folder.
    pub fn folder(&self) -> String {
        folders::release_folder(self.version, &self.package)
    }
}

/// Unpacks and compresses a package that was found on disk and hashed, and writes its bundle to `target`.
pub fn build_bundle(
    folders: &Folders,
    package_file: &Path,
    package: Sha256,
    application: &Key,
    version: Option<VersionNumber>,
    target: &Path,
) -> Result<Contents, ReleaseError> {
    let work = folders.staging("build");
    let built = unpack_package(&work, package_file, package, application, version)
        .and_then(|contents| write_bundle(&work, &contents, target).map(|()| contents));
    folders::remove_folder_if_there(&work)?;
    built
}

fn unpack_package(
    work: &Path,
    package_file: &Path,
    package: Sha256,
    application: &Key,
    version: Option<VersionNumber>,
) -> Result<Contents, ReleaseError> {
    fs::create_dir_all(work)?;
    let mut files = Vec::new();
    let read =
        package::walk(BufReader::new(File::open(package_file)?), &Limits::default(), |entry, content| {
            if entry.path == package::MANIFEST {
                return Ok(());
            }
            files.push(write_file(work, &entry.path, entry.executable, content)?);
            Ok(())
        })?;
    let manifest = read.manifest;
    if manifest.application.key != *application {
        return Err(ReleaseError::Application {
            found: manifest.application.key,
            wanted: application.clone(),
        });
    }
    crate::scheduler::check(&manifest, crate::clock::now()).map_err(ReleaseError::Timer)?;
    let statics: Vec<String> = manifest
        .modules
        .iter()
        .filter(|m| m.kind == ModuleKind::Static)
        .map(|m| format!("modules/{}/", m.key))
        .collect();
    let originals = files.clone();
    for file in originals.iter().filter(|f| statics.iter().any(|s| f.path.starts_with(s)) && is_worth_it(f)) {
        files.extend(compress(work, file)?);
    }
    let version = version.or(manifest.application.version);
    Ok(Contents { format: FORMAT, package, version, manifest, files })
}

fn is_worth_it(file: &BuiltFile) -> bool {
    const KINDS: [&str; 10] = ["html", "css", "js", "mjs", "json", "svg", "txt", "xml", "wasm", "map"];
    let kind = file.path.rsplit_once('.').map_or("", |(_, kind)| kind);
    (COMPRESS_FROM..=COMPRESS_TO).contains(&file.size) && KINDS.contains(&kind.to_ascii_lowercase().as_str())
}

/// The gzip and brotli forms of a file, where they are smaller than it is.
fn compress(work: &Path, file: &BuiltFile) -> Result<Vec<BuiltFile>, ReleaseError> {
    let bytes = fs::read(work.join(&file.path))?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&bytes)?;
    let mut br = Vec::new();
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 9, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut br, &parameters)?;
    [("gzip", gzip.finish()?), ("br", br)]
        .into_iter()
        .filter(|(_, packed)| (packed.len() as u64) < file.size)
        .map(|(name, packed)| {
            write_file(work, &format!("variants/{name}/{}", file.path), false, &mut &packed[..])
        })
        .collect::<io::Result<_>>()
        .map_err(ReleaseError::Io)
}

/// Writes one new file with a fixed mode, hashing it, and makes it survive a loss of power.
fn write_file(folder: &Path, path: &str, executable: bool, content: &mut dyn Read) -> io::Result<BuiltFile> {
    let target = folder.join(path);
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    let mode = if executable { 0o755 } else { 0o644 };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&target)?;
    let mut hasher = Hasher::new();
    let (mut buffer, mut size) = (vec![0; 64 << 10], 0);
    loop {
        match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                hasher.update(&buffer[..count]);
                file.write_all(&buffer[..count])?;
                size += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    file.sync_all()?;
    Ok(BuiltFile { path: path.to_owned(), size, sha256: Sha256(hasher.finalize().into()), executable })
}

fn write_bundle(work: &Path, contents: &Contents, target: &Path) -> Result<(), ReleaseError> {
    let temporary = work.join("bundle");
    let mut out = BufWriter::new(File::create(&temporary)?);
    serde_json::to_writer(&mut out, contents).map_err(io::Error::other)?;
    out.write_all(b"\n")?;
    for file in &contents.files {
        io::copy(&mut File::open(work.join(&file.path))?, &mut out)?;
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&temporary, target)?;
    if let Some(parent) = target.parent() {
        folders::sync_folder(parent)?;
    }
    Ok(())
}

/// Unpacks a bundle into the application's releases. Every file is hashed again; nothing is taken that the first line
/// does not name. A release that lies there already is kept as it is. `install` runs the hooks of before and after, each with where the
/// files lie then; a release whose hook fails does not stay.
pub fn unpack_bundle(
    folders: &Folders,
    bundle: &Path,
    install: impl Fn(HookPhase, &Path, &Contents) -> Result<(), String>,
) -> Result<Contents, ReleaseError> {
    let mut reader = BufReader::new(File::open(bundle)?);
    let contents = read_header(&mut reader)?;
    let releases = folders.releases(&contents.manifest.application.key);
    let place = releases.join(contents.folder());
    let installed = |place: &Path| {
        install(HookPhase::AfterInstall, place, &contents).or_else(|reason| {
            folders.remove_whole(place)?;
            Err(ReleaseError::Hook(reason))
        })
    };
    match Contents::of_release(&place) {
        // Whoever put it there was cut off before that was noted: the hook may have been, too.
        Ok(there) if there.package == contents.package => {
            return installed(&place).map(|()| contents.clone());
        }
        Ok(_) => return Err(ReleaseError::Bundle("another package has the same short name".to_owned())),
        Err(_) => {}
    }
    let work = folders.staging("release");
    let result = unpack_files(&work, &contents, &mut reader).and_then(|()| {
        folders.make_application(&contents.manifest.application.key)?;
        install(HookPhase::BeforeInstall, &work, &contents).map_err(ReleaseError::Hook)?;
        // Only something unreadable can lie there, see above.
        folders.remove_whole(&place)?;
        point("release", "before it has its name");
        fs::rename(&work, &place)?;
        point("release", "after it has its name");
        folders::sync_folder(&releases)?;
        installed(&place)
    });
    folders::remove_folder_if_there(&work)?;
    result.map(|()| contents)
}

/// What a bundle says is in it.
pub fn read_bundle_header(bundle: &Path) -> Result<Contents, ReleaseError> {
    read_header(&mut BufReader::new(File::open(bundle)?))
}

fn read_header(reader: &mut impl BufRead) -> Result<Contents, ReleaseError> {
    let damaged = |text: &str| ReleaseError::Bundle(text.to_owned());
    let mut line = Vec::new();
    reader.by_ref().take(HEADER_BYTES).read_until(b'\n', &mut line)?;
    let contents: Contents =
        serde_json::from_slice(&line).map_err(|_| damaged("its first line does not say what is in it"))?;
    if contents.format != FORMAT {
        return Err(damaged("it was made by another version"));
    }
    let wrong = contents.files.iter().find(|file| {
        let known = ["modules/", "variants/", "hooks/", "database/"]
            .iter()
            .any(|folder| file.path.starts_with(folder));
        !known || package::name_fault(&file.path).is_some()
    });
    match wrong {
        Some(file) => Err(damaged(&format!("it holds “{}”", domain::text::shorten(&file.path)))),
        None => Ok(contents),
    }
}

fn unpack_files(work: &Path, contents: &Contents, reader: &mut impl Read) -> Result<(), ReleaseError> {
    fs::create_dir_all(work)?;
    let mut made = BTreeSet::from([work.to_owned()]);
    for file in &contents.files {
        let written = write_file(work, &file.path, file.executable, &mut reader.by_ref().take(file.size))?;
        if written != *file {
            return Err(ReleaseError::Bundle(format!("“{}” is not what its hash says", file.path)));
        }
        let folder = work.join(&file.path);
        made.extend(folder.ancestors().skip(1).take_while(|a| a.starts_with(work)).map(Path::to_owned));
    }
    if reader.read(&mut [0])? != 0 {
        return Err(ReleaseError::Bundle("there is something behind its last file".to_owned()));
    }
    let json = serde_json::to_vec(contents).map_err(io::Error::other)?;
    write_file(work, "release.json", false, &mut &json[..])?;
    made.iter().try_for_each(|folder| folders::sync_folder(folder))?;
    Ok(())
}

/// The migrations of a package, each with its text.
pub fn migrations(package_file: &Path) -> Result<Vec<(Migration, String)>, ReleaseError> {
    let mut texts = BTreeMap::new();
    let file = BufReader::new(File::open(package_file)?);
    let read = package::walk(file, &Limits::default(), |entry, content| {
        if entry.path.starts_with("database/") {
            texts.insert(entry.path.clone(), io::read_to_string(content)?);
        }
        Ok(())
    })?;
    let each = read.migrations.into_iter().map(|one| {
        let text = texts.remove(&one.path()).unwrap_or_default();
        (one, text)
    });
    Ok(each.collect())
}

/// The hash of a file.
pub fn hash_file(path: &Path) -> io::Result<Sha256> {
    let (mut hasher, mut buffer) = (Hasher::new(), vec![0; 64 << 10]);
    let mut file = File::open(path)?;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Sha256(hasher.finalize().into())),
            count => hasher.update(&buffer[..count]),
        }
    }
}
