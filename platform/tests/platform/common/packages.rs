//! Packages for the tests.

use domain::package::{SourceFile, build};
use domain::text::Sha256;
use std::io::Cursor;
use std::path::Path;

/// A package and what identifies it.
#[derive(Clone)]
pub struct Made {
    pub bytes: Vec<u8>,
    pub sha256: Sha256,
}

impl Made {
    pub fn of(bytes: Vec<u8>) -> Self {
        Self { sha256: Sha256::of(&bytes), bytes }
    }

    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }
}

fn file(path: &str, bytes: &[u8], executable: bool) -> SourceFile {
    SourceFile { path: path.to_owned(), bytes: bytes.to_vec(), executable }
}

/// A static application whose page shows `version`.
pub fn berths(version: &str) -> Made {
    // Bytes that cannot be packed, so that a fetch takes more than one piece.
    let noise: Vec<u8> = (0..6000u32).flat_map(|n| Sha256::of(&n.to_le_bytes()).0).collect();
    berths_with(version, &noise)
}

/// The same with other bytes in a file of it.
pub fn berths_with(version: &str, noise: &[u8]) -> Made {
    let manifest = format!(
        "format = 1\n[application]\nkey = \"berths\"\nname = \"Berths\"\nkind = \"web\"\nversion = \"{version}\"\n\
         [[modules]]\nkey = \"berths\"\nname = \"Berths\"\nkind = \"static\"\nvirtual_directory = \"/berths\"\n"
    );
    let page = format!("<!doctype html><title>Berths</title>{}<p>version {version}", "<br>".repeat(400));
    let files = [
        file("modules/berths/index.html", page.as_bytes(), false),
        file("modules/berths/map/index.html", b"map", false),
        file("modules/berths/noise.bin", noise, false),
    ];
    Made::of(build(&manifest, files, Cursor::new(Vec::new())).unwrap().into_inner())
}

/// An application with a process, the example `small_service`, that behaves as `word` says.
pub fn tides(version: &str, word: &str) -> Made {
    let bin = Path::new(env!("CARGO_BIN_EXE_towpath-platform"));
    let program = bin.parent().unwrap().join("examples/small_service");
    let bytes = std::fs::read(&program).unwrap_or_else(|error| {
        panic!("{}: {error}; build it with: cargo build -p platform --examples", program.display())
    });
    let manifest = format!(
        "format = 1\n[application]\nkey = \"tides\"\nname = \"Tides\"\nkind = \"service\"\nversion = \"{version}\"\n\
         [[modules]]\nkey = \"tides\"\nname = \"Tides\"\nkind = \"process\"\nvirtual_directory = \"/tides\"\n\
         command = [\"./service\", \"{word}\"]\nready = \"/healthz\"\nready_seconds = {}\n\
         [[settings]]\nkey = \"harbour\"\nname = \"Harbour\"\nkind = \"text\"\ndefault = \"Lockhaven\"\n\
         [[settings]]\nkey = \"door\"\nname = \"Door\"\nkind = \"secret\"\n",
        if word == "never-ready" { 2 } else { 60 }
    );
    Made::of(
        build(&manifest, [file("modules/tides/service", &bytes, true)], Cursor::new(Vec::new()))
            .unwrap()
            .into_inner(),
    )
}

/// The sample `beacon` of this repository in another version and weather. In slow weather its check has a second.
pub fn beacon(version: &str, weather: &str) -> Made {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/beacon");
    let read = |name: &str| std::fs::read(sample.join(name)).unwrap();
    let manifest = String::from_utf8(read("manifest.toml")).unwrap();
    let manifest = manifest
        .replace("version = \"1.0.0\"", &format!("version = \"{version}\""))
        .replace("default = \"calm\"", &format!("default = \"{weather}\""))
        .replace("seconds = 10", if weather == "slow" { "seconds = 1" } else { "seconds = 10" });
    let files = [
        file("hooks/keeper", &read("hooks/keeper"), true),
        file("hooks/light", &read("hooks/light"), true),
        file("modules/beacon/index.html", &read("modules/beacon/index.html"), false),
    ];
    Made::of(build(&manifest, files, Cursor::new(Vec::new())).unwrap().into_inner())
}
