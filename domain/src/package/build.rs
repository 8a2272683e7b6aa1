//! Writing a package: the same sources give the same bytes, so the same SHA-256 and the same revision.

use super::container::entry;
use super::{Entry, Limits, MANIFEST, Manifest, PackageError, archive::check_content, database, path};
use std::io::{Seek, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// One file that goes into a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name in the package, such as `modules/berths/index.html`.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it may be run.
    pub executable: bool,
}

/// Files smaller than this are stored as they are: packing them gains nothing.
const PACK_FROM: usize = 128;

/// Writes a package from its manifest and its files, in any order. Names are sorted, times and modes are fixed.
/// What [`super::read`] would refuse is refused here already.
///
/// # Errors
/// One sentence on the first fault found; [`PackageError::Io`] where the writer fails.
pub fn build<W: Write + Seek>(
    manifest: &str,
    files: impl IntoIterator<Item = SourceFile>,
    writer: W,
) -> Result<W, PackageError> {
    let parsed = Manifest::parse(manifest)?;
    let mut all: Vec<SourceFile> = files.into_iter().collect();
    all.push(SourceFile {
        path: MANIFEST.to_owned(),
        bytes: manifest.as_bytes().to_vec(),
        executable: false,
    });
    all.sort_by(|a, b| (a.path != MANIFEST, &a.path).cmp(&(b.path != MANIFEST, &b.path)));
    check(&parsed, &all)?;
    let mut zip = ZipWriter::new(writer);
    for file in &all {
        let method = if file.bytes.len() < PACK_FROM {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::DEFAULT)
            .system(System::Unix)
            .unix_permissions(if file.executable { 0o755 } else { 0o644 });
        zip.start_file(&file.path, options).map_err(failed)?;
        zip.write_all(&file.bytes)?;
    }
    zip.finish().map_err(failed)
}

fn check(manifest: &Manifest, files: &[SourceFile]) -> Result<(), PackageError> {
    let limits = Limits::default();
    let mut names = path::Names::default();
    let mut total = 0;
    for file in files {
        if let Some(reason) = path::fault(&file.path) {
            return Err(entry(&file.path, reason));
        }
        names.add(&file.path, false).map_err(|reason| entry(&file.path, reason))?;
        let size = file.bytes.len() as u64;
        total += size;
        if size > limits.entry_bytes {
            return Err(entry(
                &file.path,
                format!("has {size} bytes; at most {} are allowed", limits.entry_bytes),
            ));
        }
    }
    if files.len() as u64 > limits.entries || total > limits.total_bytes {
        return Err(PackageError::Limit(format!(
            "it would have {} files with {total} bytes; at most {} files with {} bytes are allowed.",
            files.len(),
            limits.entries,
            limits.total_bytes
        )));
    }
    let entries: Vec<Entry> = files
        .iter()
        .map(|f| Entry { path: f.path.clone(), size: f.bytes.len() as u64, executable: f.executable })
        .collect();
    check_content(manifest, &entries)?;
    let migrations = files.iter().filter(|file| database::is_inside(&file.path));
    migrations.map(|file| database::migration(&file.path, &file.bytes)).try_for_each(|one| one.map(drop))
}

fn failed(error: zip::result::ZipError) -> PackageError {
    match error {
        zip::result::ZipError::Io(error) => PackageError::Io(error),
        other => PackageError::Container(format!("{other}.")),
    }
}
