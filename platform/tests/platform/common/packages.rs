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

/// A static application of one page, with more lines about its module.
pub fn page(key: &str, directory: &str, text: &str, module: &str) -> Made {
    let manifest = format!(
        "format = 1\n[application]\nkey = \"{key}\"\nname = \"{key}\"\nkind = \"web\"\nversion = \"1.0.0\"\n\
         [[modules]]\nkey = \"{key}\"\nname = \"{key}\"\nkind = \"static\"\nvirtual_directory = \"{directory}\"\n{module}\n"
    );
    let files = [file(&format!("modules/{key}/index.html"), text.as_bytes(), false)];
    Made::of(build(&manifest, files, Cursor::new(Vec::new())).unwrap().into_inner())
}

/// The program of an example.
fn example(name: &str) -> Vec<u8> {
    let bin = Path::new(env!("CARGO_BIN_EXE_towpath-platform"));
    let program = bin.parent().unwrap().join("examples").join(name);
    std::fs::read(&program).unwrap_or_else(|error| {
        panic!("{}: {error}; build it with: cargo build -p platform --examples", program.display())
    })
}

/// An application with a database, the example `berth_book`, and its migrations: the name of each file below `database/`, and its text.
pub fn book(key: &str, version: &str, engine: &str, migrations: &[(&str, &str)]) -> Made {
    let manifest = format!(
        "format = 1\n[application]\nkey = \"{key}\"\nname = \"Book\"\nkind = \"service\"\nversion = \"{version}\"\n\
         [database]\nengine = \"{engine}\"\n\
         [[modules]]\nkey = \"book\"\nname = \"Book\"\nkind = \"process\"\nvirtual_directory = \"/{key}\"\n\
         command = [\"./book\"]\nready_seconds = 60\n"
    );
    let mut files = vec![file("modules/book/book", &example("berth_book"), true)];
    files.extend(
        migrations.iter().map(|(name, text)| file(&format!("database/{name}.sql"), text.as_bytes(), false)),
    );
    Made::of(build(&manifest, files, Cursor::new(Vec::new())).unwrap().into_inner())
}

/// An application with a process, the example `small_service`, that behaves as `word` says.
pub fn tides(version: &str, word: &str) -> Made {
    tides_with(version, word, "")
}

/// The same with a timer in a zone and a handler of jobs.
pub fn scheduled(version: &str, schedule: &str, zone: &str) -> Made {
    let more = format!(
        "[[timers]]\nkey = \"tidy\"\nname = \"Tidy up\"\nmodule = \"tides\"\npath = \"/tasks/tidy\"\n\
         schedule = \"{schedule}\"\ntime_zone = \"{zone}\"\n\
         [[jobs]]\nkey = \"letter\"\nname = \"Letters\"\nmodule = \"tides\"\npath = \"/jobs/letter\"\n\
         [[settings]]\nkey = \"tidy\"\nname = \"When\"\nkind = \"timer\"\n"
    );
    tides_and(version, "", "", &more)
}

/// The same, with more lines about its module.
pub fn tides_with(version: &str, word: &str, module: &str) -> Made {
    tides_and(version, word, module, "")
}

fn tides_and(version: &str, word: &str, module: &str, more: &str) -> Made {
    let bytes = example("small_service");
    let manifest = format!(
        "format = 1\n[application]\nkey = \"tides\"\nname = \"Tides\"\nkind = \"service\"\nversion = \"{version}\"\n\
         [[modules]]\nkey = \"tides\"\nname = \"Tides\"\nkind = \"process\"\nvirtual_directory = \"/tides\"\n\
         command = [\"./service\", \"{word}\"]\nready = \"/healthz\"\nready_seconds = {}\n{module}\n\
         [[settings]]\nkey = \"harbour\"\nname = \"Harbour\"\nkind = \"text\"\ndefault = \"Lockhaven\"\n\
         [[settings]]\nkey = \"door\"\nname = \"Door\"\nkind = \"secret\"\n{more}",
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
