//! The outer shape of a package: a plain ZIP archive without any of the freedoms that make two readers see two contents.
//!
//! The `zip` crate unpacks; this pass comes first, because a general reader forgives what a package must not have: the same
//! name twice, a local header that contradicts the directory, bytes between or behind the parts (the class of uv's
//! CVE-2025-54368).

use super::{Limits, PackageError, path};
use crate::text::shorten;
use std::io::{Read, Seek, SeekFrom};

const END: u32 = 0x0605_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
/// Entries up to this size may be packed as tightly as they happen to be.
const RATIO_FREE: u64 = 64 << 10;
/// Extra fields that change what the header says: ZIP64 sizes, AES, another name, another comment.
const EXTRA_REFUSED: [u16; 4] = [0x0001, 0x9901, 0x7075, 0x6375];

/// One entry as the directory has it, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The name; a folder's comes without its last slash.
    pub name: String,
    pub folder: bool,
    pub executable: bool,
    pub size: u64,
    packed: u64,
    offset: u64,
    flags: u16,
    method: u16,
    pub crc: u32,
    raw_name: Vec<u8>,
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn broken(text: &str) -> PackageError {
    PackageError::Container(text.to_owned())
}

/// An error about one entry.
pub(super) fn entry(name: &str, reason: impl Into<String>) -> PackageError {
    PackageError::Entry { name: shorten(name), reason: reason.into() }
}

/// Reads the directory and every local header, and refuses whatever is not plain.
pub(super) fn scan<R: Read + Seek>(reader: &mut R, limits: &Limits) -> Result<Vec<Record>, PackageError> {
    let length = reader.seek(SeekFrom::End(0))?;
    if length > limits.file_bytes {
        return Err(PackageError::Limit(format!(
            "the file has {length} bytes; at most {} are allowed.",
            limits.file_bytes
        )));
    }
    if length < 22 {
        return Err(broken("it is too short to be a ZIP archive."));
    }
    let mut end = [0; 22];
    reader.seek(SeekFrom::Start(length - 22))?;
    reader.read_exact(&mut end)?;
    if u32_at(&end, 0) != END || u16_at(&end, 20) != 0 {
        return Err(broken(
            "a ZIP archive's end record is not where it belongs; the file is cut off, has something behind it, or is no ZIP archive.",
        ));
    }
    let (here, total) = (u16_at(&end, 8), u16_at(&end, 10));
    let (size, start) = (u64::from(u32_at(&end, 12)), u64::from(u32_at(&end, 16)));
    if u16_at(&end, 4) != 0 || u16_at(&end, 6) != 0 || here != total {
        return Err(broken("it is one part of a divided ZIP archive."));
    }
    if total == u16::MAX || size == u64::from(u32::MAX) || start == u64::from(u32::MAX) {
        return Err(broken("it uses ZIP64, which packages do not need."));
    }
    if start + size != length - 22 {
        return Err(broken("the ZIP directory does not end where its end record begins."));
    }
    if u64::from(total) > limits.entries {
        return Err(PackageError::Limit(format!(
            "it has {total} entries; at most {} are allowed.",
            limits.entries
        )));
    }
    let mut directory = vec![0; usize::try_from(size).map_err(|_| broken("the ZIP directory is too big."))?];
    reader.seek(SeekFrom::Start(start))?;
    reader.read_exact(&mut directory)?;
    let records = directory_records(&directory, total)?;
    check_sizes(&records, limits)?;
    check_layout(reader, &records, start)?;
    Ok(records)
}

fn directory_records(mut bytes: &[u8], total: u16) -> Result<Vec<Record>, PackageError> {
    let mut names = path::Names::default();
    let mut records = Vec::with_capacity(usize::from(total));
    while !bytes.is_empty() {
        if bytes.len() < 46 || u32_at(bytes, 0) != CENTRAL {
            return Err(broken("the ZIP directory is damaged."));
        }
        let lengths = [28, 30, 32].map(|at| usize::from(u16_at(bytes, at)));
        let next = 46 + lengths.iter().sum::<usize>();
        if bytes.len() < next {
            return Err(broken("the ZIP directory is damaged."));
        }
        let raw_name = bytes[46..46 + lengths[0]].to_vec();
        let record = one_record(bytes, raw_name)?;
        check_extra(&record.name, &bytes[46 + lengths[0]..46 + lengths[0] + lengths[1]])?;
        names.add(&record.name, record.folder).map_err(|reason| entry(&record.name, reason))?;
        records.push(record);
        bytes = &bytes[next..];
    }
    if records.len() != usize::from(total) {
        return Err(broken("the ZIP directory has another number of entries than its end record says."));
    }
    Ok(records)
}

fn one_record(bytes: &[u8], raw_name: Vec<u8>) -> Result<Record, PackageError> {
    let full = String::from_utf8(raw_name.clone())
        .map_err(|bad| entry(&String::from_utf8_lossy(bad.as_bytes()), "has a name that is not UTF-8"))?;
    let folder = full.ends_with('/');
    let name = full.strip_suffix('/').unwrap_or(&full).to_owned();
    if let Some(reason) = path::fault(&name) {
        return Err(entry(&full, reason));
    }
    let (flags, method) = (u16_at(bytes, 8), u16_at(bytes, 10));
    // Bits 1 and 2 tell how hard the packer tried, bit 11 that the name is UTF-8; nothing else is plain.
    match flags & !0b1000_0000_0110 {
        0 => {}
        rest if rest & 0b0010_0000_0100_0001 != 0 => return Err(entry(&name, "is encrypted")),
        rest if rest & 0b1000 != 0 => {
            return Err(entry(
                &name,
                "was written as a stream, with its size behind it; pack it with “towpath package build”",
            ));
        }
        _ => return Err(entry(&name, "uses a part of ZIP that packages do not use")),
    }
    if !matches!(method, 0 | 8) {
        return Err(entry(
            &name,
            "is packed in a way that is not allowed; only stored and deflated entries are",
        ));
    }
    if u16_at(bytes, 34) != 0 {
        return Err(entry(&name, "lies in another part of a divided archive"));
    }
    let mode = u32_at(bytes, 38) >> 16;
    let is_folder = match mode & 0o170_000 {
        0 => folder,
        0o100_000 => false,
        0o040_000 => true,
        0o120_000 => {
            return Err(entry(&name, "is a symbolic link; only files and folders are allowed"));
        }
        _ => {
            return Err(entry(
                &name,
                "is a device or another special file; only files and folders are allowed",
            ));
        }
    };
    if mode & 0o7000 != 0 {
        return Err(entry(&name, "has a set-user, set-group or sticky bit"));
    }
    if is_folder != folder {
        return Err(entry(&name, "is marked as a folder in one place and as a file in another"));
    }
    let (packed, size) = (u64::from(u32_at(bytes, 20)), u64::from(u32_at(bytes, 24)));
    if folder && (size != 0 || packed > 2) {
        return Err(entry(&name, "is a folder with content"));
    }
    if method == 0 && packed != size {
        return Err(entry(&name, "is stored, but its two sizes differ"));
    }
    Ok(Record {
        name,
        folder,
        executable: mode & 0o111 != 0 && !folder,
        size,
        packed,
        offset: u64::from(u32_at(bytes, 42)),
        flags,
        method,
        crc: u32_at(bytes, 16),
        raw_name,
    })
}

fn check_extra(name: &str, mut extra: &[u8]) -> Result<(), PackageError> {
    while extra.len() >= 4 {
        let (id, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        if EXTRA_REFUSED.contains(&id) {
            return Err(entry(name, "has an extra field that changes its name, size or encryption"));
        }
        if extra.len() < 4 + length {
            return Err(entry(name, "has a damaged extra field"));
        }
        extra = &extra[4 + length..];
    }
    if extra.is_empty() { Ok(()) } else { Err(entry(name, "has a damaged extra field")) }
}

fn check_sizes(records: &[Record], limits: &Limits) -> Result<(), PackageError> {
    for record in records {
        if record.size > limits.entry_bytes {
            let text =
                format!("has {} bytes unpacked; at most {} are allowed", record.size, limits.entry_bytes);
            return Err(entry(&record.name, text));
        }
        if record.size > RATIO_FREE && record.size > record.packed.saturating_mul(limits.ratio) {
            let text = format!("gets more than {} times bigger when it is unpacked", limits.ratio);
            return Err(entry(&record.name, text));
        }
    }
    let total: u64 = records.iter().map(|r| r.size).sum();
    if total > limits.total_bytes {
        return Err(PackageError::Limit(format!(
            "it has {total} bytes unpacked; at most {} are allowed.",
            limits.total_bytes
        )));
    }
    Ok(())
}

/// Every local header says what the directory says, and the entries fill the file from its first byte to the directory.
fn check_layout<R: Read + Seek>(
    reader: &mut R,
    records: &[Record],
    directory: u64,
) -> Result<(), PackageError> {
    let mut by_place: Vec<&Record> = records.iter().collect();
    by_place.sort_by_key(|r| r.offset);
    let mut place = 0;
    for record in by_place {
        let disagrees = || entry(&record.name, "is described differently in the archive's two places");
        if record.offset != place {
            return Err(entry(&record.name, "does not lie where the entry before it ends"));
        }
        if place + 30 > directory {
            return Err(disagrees());
        }
        let mut header = [0; 30];
        reader.seek(SeekFrom::Start(place))?;
        reader.read_exact(&mut header)?;
        let (name_length, extra_length) =
            (usize::from(u16_at(&header, 26)), usize::from(u16_at(&header, 28)));
        let same = u32_at(&header, 0) == LOCAL
            && u16_at(&header, 6) == record.flags
            && u16_at(&header, 8) == record.method
            && u32_at(&header, 14) == record.crc
            && u64::from(u32_at(&header, 18)) == record.packed
            && u64::from(u32_at(&header, 22)) == record.size
            && name_length == record.raw_name.len();
        place += 30 + (name_length + extra_length) as u64 + record.packed;
        if !same || place > directory {
            return Err(disagrees());
        }
        let mut rest = vec![0; name_length + extra_length];
        reader.read_exact(&mut rest)?;
        if rest[..name_length] != record.raw_name[..] {
            return Err(disagrees());
        }
        check_extra(&record.name, &rest[name_length..])?;
    }
    if place == directory {
        Ok(())
    } else {
        Err(broken("there are bytes between its entries and its directory."))
    }
}
