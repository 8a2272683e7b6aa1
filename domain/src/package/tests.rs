//! Hostile and broken packages: each gets exactly one clear sentence. The archives are put together byte by byte, because
//! no sound writer makes them.

use super::*;
use proptest::prelude::*;
use std::io::Cursor;

const SOUND: &str = r#"
format = 1
[application]
key = "berths"
name = "Berths"
kind = "web"
version = "1.2"
[[modules]]
key = "berths"
name = "Berths"
kind = "static"
virtual_directory = "/berths"
[[modules.consumes]]
application = "harbour-theme"
module = "theme"
element = "Theme"
signature = "1"
"#;

/// One entry of a hand-made archive. What is `None` in `local` is the same as in the directory.
#[derive(Clone)]
struct Raw {
    name: Vec<u8>,
    data: Vec<u8>,
    flags: u16,
    method: u16,
    mode: u32,
    size: Option<u32>,
    crc: Option<u32>,
    extra: Vec<u8>,
    local_name: Option<Vec<u8>>,
    local_size: Option<u32>,
    gap: usize,
}

fn raw(name: &str, data: &[u8]) -> Raw {
    Raw {
        name: name.as_bytes().to_vec(),
        data: data.to_vec(),
        flags: 0,
        method: 0,
        mode: 0o100_644,
        size: None,
        crc: None,
        extra: Vec::new(),
        local_name: None,
        local_size: None,
        gap: 0,
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
    })
}

fn archive(entries: &[Raw]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for e in entries {
        let offset = u32::try_from(file.len()).unwrap();
        let (packed, crc) = (e.data.len() as u32, e.crc.unwrap_or_else(|| crc32(&e.data)));
        let size = e.size.unwrap_or(packed);
        let name = e.local_name.as_ref().unwrap_or(&e.name);
        file.extend(0x0403_4b50u32.to_le_bytes());
        for half in [20, e.flags, e.method, 0, 0x21] {
            file.extend(half.to_le_bytes());
        }
        for word in [crc, packed, e.local_size.unwrap_or(size)] {
            file.extend(word.to_le_bytes());
        }
        file.extend((name.len() as u16).to_le_bytes());
        file.extend(0u16.to_le_bytes());
        file.extend(name);
        file.extend(&e.data);
        file.extend(vec![b'?'; e.gap]);
        directory.extend(0x0201_4b50u32.to_le_bytes());
        for half in [(3 << 8) | 20, 20, e.flags, e.method, 0, 0x21] {
            directory.extend(half.to_le_bytes());
        }
        for word in [crc, packed, size] {
            directory.extend(word.to_le_bytes());
        }
        for half in [e.name.len() as u16, e.extra.len() as u16, 0, 0, 0] {
            directory.extend(half.to_le_bytes());
        }
        directory.extend((e.mode << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(&e.name);
        directory.extend(&e.extra);
    }
    let (start, size, count) = (file.len() as u32, directory.len() as u32, entries.len() as u16);
    file.extend(directory);
    file.extend(0x0605_4b50u32.to_le_bytes());
    for half in [0, 0, count, count] {
        file.extend(half.to_le_bytes());
    }
    file.extend(size.to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend(0u16.to_le_bytes());
    file
}

fn good() -> Vec<Raw> {
    vec![raw("manifest.toml", SOUND.as_bytes()), raw("modules/berths/index.html", b"<!doctype html>")]
}

/// A sound package with one more entry.
fn with(entry: Raw) -> Vec<u8> {
    let mut all = good();
    all.push(entry);
    archive(&all)
}

fn limits() -> Limits {
    Limits { file_bytes: 1 << 20, entries: 20, total_bytes: 512 << 10, entry_bytes: 256 << 10, ratio: 20 }
}

fn refusal(bytes: &[u8]) -> String {
    match read(Cursor::new(bytes), &limits()) {
        Ok(_) => panic!("a hostile package was taken"),
        Err(error) => error.to_string(),
    }
}

fn is_one_sentence(text: &str) -> bool {
    text.ends_with('.')
        && !text.contains('\n')
        && text.len() < 400
        && text.chars().next().is_some_and(char::is_alphabetic)
}

#[test]
fn a_sound_package_is_read() {
    let package = read(Cursor::new(archive(&good())), &limits()).unwrap();
    assert_eq!(package.manifest.application.version.unwrap().to_string(), "1.2.0");
    assert_eq!(package.entries.len(), 2);
    assert_eq!(package.summary().unpacked_bytes, SOUND.len() as u64 + 15);
    let stored = serde_json::to_string(&package.summary()).unwrap();
    assert_eq!(serde_json::from_str::<Summary>(&stored).unwrap(), package.summary());
}

#[test]
fn names_that_lead_elsewhere_or_mean_two_things() {
    let cases: [(&str, &str); 17] = [
        ("modules/berths/../../etc/passwd", ".."),
        ("../manifest.toml", ".."),
        ("/etc/passwd", "absolute"),
        ("C:/windows/a.dll", "drive letter"),
        ("modules\\berths\\x", "backslash"),
        ("modules/berths/a:b", "colon"),
        ("modules/berths/a\0.html", "NUL"),
        ("modules/berths/a\n.html", "control"),
        ("modules/berths/\u{202e}lmth.x", "control"),
        ("modules//berths/a", "empty"),
        ("modules/berths/a. ", "ends with"),
        ("modules/berths/INDEX.html", "capital letters"),
        ("modules/berths/index.html", "twice"),
        ("Modules/berths/a.html", "capital letters"),
        ("modules/berths/index.html/x", "both a file and a folder"),
        ("modules/other/x", "no module of the manifest"),
        ("modules/berths/_towpath/x", "keeps for itself"),
    ];
    for (name, words) in cases {
        let text = refusal(&with(raw(name, b"x")));
        assert!(is_one_sentence(&text) && text.contains(words), "{name:?}: {text}");
    }
    let mut unreadable = raw("x", b"x");
    unreadable.name = b"modules/berths/\xff".to_vec();
    assert!(refusal(&with(unreadable)).contains("UTF-8"));
    assert!(
        refusal(&with(raw(&format!("modules/berths/{}", "x".repeat(300)), b"x"))).contains("bytes; at most")
    );
    assert!(
        refusal(&with(raw(&format!("modules/berths/{}x", "a/".repeat(40)), b"x"))).contains("folders deep")
    );
}

#[test]
fn entries_that_are_no_plain_files() {
    let name = "modules/berths/x";
    let cases: Vec<(Raw, &str)> = vec![
        (Raw { mode: 0o120_777, ..raw(name, b"/etc/passwd") }, "symbolic link"),
        (Raw { mode: 0o020_644, ..raw(name, b"") }, "device"),
        (Raw { mode: 0o010_644, ..raw(name, b"") }, "special file"),
        (Raw { mode: 0o104_755, ..raw(name, b"x") }, "set-user"),
        (Raw { mode: 0o102_755, ..raw(name, b"x") }, "set-group"),
        (Raw { mode: 0o040_755, ..raw(name, b"") }, "marked as a folder"),
        (Raw { flags: 1, ..raw(name, b"x") }, "encrypted"),
        (Raw { flags: 8, ..raw(name, b"x") }, "as a stream"),
        (Raw { flags: 1 << 13, ..raw(name, b"x") }, "encrypted"),
        (Raw { flags: 1 << 5, ..raw(name, b"x") }, "part of ZIP"),
        (Raw { method: 12, ..raw(name, b"x") }, "stored and deflated"),
        (Raw { extra: vec![1, 0, 0, 0], ..raw(name, b"x") }, "extra field"),
        (Raw { extra: vec![9, 9, 9], ..raw(name, b"x") }, "damaged extra"),
        (Raw { mode: 0o040_755, ..raw("modules/berths/d/", b"abcd") }, "folder with content"),
    ];
    for (entry, words) in cases {
        let text = refusal(&with(entry));
        assert!(is_one_sentence(&text) && text.contains(words), "{words}: {text}");
    }
}

#[test]
fn archives_that_say_two_things() {
    let name = "modules/berths/x";
    let cases: Vec<(Raw, &str)> = vec![
        (Raw { local_name: Some(b"modules/berths/y".to_vec()), ..raw(name, b"x") }, "two places"),
        (Raw { local_size: Some(7), ..raw(name, b"x") }, "two places"),
        (Raw { size: Some(2), ..raw(name, b"x") }, "two sizes differ"),
        (Raw { crc: Some(1), ..raw(name, b"x") }, "damaged"),
        (
            Raw {
                method: 8,
                size: Some(5),
                crc: Some(crc32(b"abcd")),
                ..raw(name, b"\x01\x04\x00\xfb\xffabcd")
            },
            "shorter",
        ),
        (
            Raw {
                method: 8,
                size: Some(2),
                crc: Some(crc32(b"ab")),
                ..raw(name, b"\x01\x04\x00\xfb\xffabcd")
            },
            "damaged",
        ),
        (Raw { method: 8, size: Some(4), ..raw(name, b"\x07rubbish") }, "damaged"),
        (Raw { gap: 3, ..raw(name, b"x") }, "between"),
    ];
    for (entry, words) in cases {
        let text = refusal(&with(entry));
        assert!(is_one_sentence(&text) && text.contains(words), "{words}: {text}");
    }
    let mut hidden = good();
    hidden[0].gap = 1;
    assert!(refusal(&archive(&hidden)).contains("entry before it ends"));
}

#[test]
fn files_that_are_no_archives() {
    let sound = archive(&good());
    let mut longer = sound.clone();
    longer.extend(b"more");
    let mut before = b"#!/bin/sh\n".to_vec();
    before.extend(&sound);
    let mut zip64 = sound.clone();
    let end = zip64.len() - 22;
    zip64[end + 8..end + 12].copy_from_slice(&[0xff; 4]);
    let mut divided = sound.clone();
    divided[end + 4] = 1;
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "too short"),
        (b"hello, this is a text and not an archive at all".to_vec(), "no ZIP archive"),
        (sound[..sound.len() - 5].to_vec(), "cut off"),
        (longer, "behind it"),
        (before, "does not end where"),
        (zip64, "ZIP64"),
        (divided, "divided"),
        (archive(&[raw("readme", b"x")]), "no manifest.toml"),
        (archive(&[]), "no manifest.toml"),
    ];
    for (bytes, words) in cases {
        let text = refusal(&bytes);
        assert!(is_one_sentence(&text) && text.contains(words), "{words}: {text}");
    }
}

#[test]
fn packages_that_are_too_big() {
    let name = "modules/berths/x";
    let many: Vec<Raw> =
        good().into_iter().chain((0..30).map(|n| raw(&format!("modules/berths/{n}"), b""))).collect();
    let heavy: Vec<Raw> = good()
        .into_iter()
        .chain((0..3).map(|n| raw(&format!("modules/berths/{n}"), &[b'x'; 200 << 10])))
        .collect();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (archive(&many), "32 entries; at most 20"),
        (archive(&heavy), "bytes unpacked; at most"),
        (with(raw(name, &[b'x'; 300 << 10])), "at most 262144"),
        (vec![0; 2 << 20], "the file has"),
    ];
    for (bytes, words) in cases {
        let text = refusal(&bytes);
        assert!(is_one_sentence(&text) && text.contains(words), "{words}: {text}");
    }
    let bomb = SourceFile { path: name.to_owned(), bytes: vec![0; 200 << 10], executable: false };
    let page =
        SourceFile { path: "modules/berths/index.html".to_owned(), bytes: b"x".to_vec(), executable: false };
    let bytes = build(SOUND, [bomb, page], Cursor::new(Vec::new())).unwrap().into_inner();
    let text = refusal(&bytes);
    assert!(text.contains("20 times bigger") && is_one_sentence(&text), "{text}");
}

#[test]
fn settings_of_every_kind_are_read_with_and_without_a_default() {
    use crate::setting::SettingKind;
    let one = |kind: SettingKind, default: Option<&str>| {
        let default = default.map(|value| format!("default = \"{value}\"\n")).unwrap_or_default();
        let word = kind.word();
        format!("[[settings]]\nkey = \"a-{word}\"\nname = \"A\"\nkind = \"{word}\"\n{default}")
    };
    let needed: String = SettingKind::ALL.into_iter().map(|kind| one(kind, None)).collect();
    let manifest = Manifest::parse(&format!("{SOUND}\n{needed}")).unwrap();
    assert_eq!(manifest.settings.len(), SettingKind::ALL.len());
    assert!(manifest.settings.iter().all(Setting::is_needed));
    let defaults = [
        (SettingKind::Text, "x"),
        (SettingKind::Number, "7"),
        (SettingKind::Boolean, "true"),
        (SettingKind::Timer, "0 3 * * *"),
        (SettingKind::Endpoint, "https://rates.example"),
    ];
    let with: String = defaults.iter().map(|(kind, value)| one(*kind, Some(value))).collect();
    let manifest = Manifest::parse(&format!("{SOUND}\n{with}")).unwrap();
    assert!(!manifest.settings.iter().any(Setting::is_needed));
    for (kind, bad) in [
        (SettingKind::Timer, "daily"),
        (SettingKind::Endpoint, "rates.example"),
        (SettingKind::Connection, "postgres://x/y"),
    ] {
        let text = Manifest::parse(&format!("{SOUND}\n{}", one(kind, Some(bad)))).unwrap_err().to_string();
        assert!(is_one_line(&text) && text.contains(&format!("setting “a-{}”", kind.word())), "{text}");
    }
}

fn is_one_line(text: &str) -> bool {
    text.ends_with('.') && !text.contains('\n')
}

#[test]
fn every_single_changed_or_missing_byte_is_survived() {
    let sound = archive(&good());
    let expected = read(Cursor::new(&sound), &limits()).unwrap();
    for at in 0..sound.len() {
        assert!(read(Cursor::new(&sound[..at]), &limits()).is_err(), "cut at {at}");
        let mut changed = sound.clone();
        changed[at] ^= 0xff;
        // Times and version fields carry no meaning; whatever is read all the same is the same package.
        if let Ok(package) = read(Cursor::new(&changed), &limits()) {
            assert_eq!(package.manifest, expected.manifest, "byte {at}");
        }
    }
}

fn files() -> Vec<SourceFile> {
    let file = |path: &str, bytes: &[u8]| SourceFile {
        path: path.to_owned(),
        bytes: bytes.to_vec(),
        executable: false,
    };
    vec![
        file("modules/berths/index.html", b"<!doctype html>"),
        file("modules/berths/a.css", &b"b{color:red}".repeat(40)),
    ]
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    let one = build(SOUND, files(), Cursor::new(Vec::new())).unwrap().into_inner();
    let other = build(SOUND, files().into_iter().rev(), Cursor::new(Vec::new())).unwrap().into_inner();
    assert_eq!(one, other);
    let mut contents = Vec::new();
    let package = walk(Cursor::new(one), &limits(), |entry, content| {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        contents.push((entry.path.clone(), bytes));
        Ok(())
    })
    .unwrap();
    assert_eq!(package.entries[0].path, MANIFEST);
    assert_eq!(contents[1].1, files()[1].bytes);
    assert_eq!(contents[2].1, files()[0].bytes);
}

#[test]
fn the_builder_refuses_what_the_reader_would() {
    let mut twice = files();
    twice.push(twice[0].clone());
    assert!(build(SOUND, twice, Cursor::new(Vec::new())).unwrap_err().to_string().contains("twice"));
    let missing = build(SOUND, [], Cursor::new(Vec::new())).unwrap_err().to_string();
    assert_eq!(
        missing,
        "manifest.toml, module “berths”: its readiness file “index.html” is not in modules/berths/."
    );
    let process = SOUND.replace("kind = \"static\"", "kind = \"process\"\ncommand = [\"./index.html\"]");
    assert!(
        build(&process, files(), Cursor::new(Vec::new())).unwrap_err().to_string().contains("executable")
    );
}

#[test]
fn hooks_lie_in_their_own_folder_and_can_be_run() {
    let with = format!("{SOUND}\n[[hooks]]\nphase = \"start\"\ncommand = [\"./keeper\", \"now\"]\n");
    let keeper = |executable: bool| {
        let one = SourceFile { path: "hooks/keeper".to_owned(), bytes: b"#!/bin/sh".to_vec(), executable };
        files().into_iter().chain([one])
    };
    let built = build(&with, keeper(true), Cursor::new(Vec::new())).unwrap().into_inner();
    let package = read(Cursor::new(built), &limits()).unwrap();
    let hook = &package.manifest.hooks[0];
    assert_eq!((hook.program(), hook.seconds()), ("keeper", HOOK_SECONDS_DEFAULT));
    for (manifest, files, fault) in [
        (with.as_str(), files(), "hook start: its program “keeper” is not in hooks/."),
        (with.as_str(), keeper(false).collect(), "is not marked as executable in the package."),
        (SOUND, keeper(true).collect(), "“hooks/keeper” belongs to no module of the manifest"),
    ] {
        let said = build(manifest, files, Cursor::new(Vec::new())).unwrap_err().to_string();
        assert!(said.contains(fault), "{said}");
    }
}

#[test]
fn an_error_of_the_sink_comes_through() {
    let bytes = archive(&good());
    let result = walk(Cursor::new(bytes), &limits(), |_, _| Err(std::io::Error::other("disk is full")));
    assert!(matches!(result, Err(PackageError::Io(error)) if error.to_string() == "disk is full"));
}

#[test]
fn manifests_get_one_sentence_with_the_place() {
    let cases: Vec<(String, &str)> = vec![
        (SOUND.replace("format = 1", ""), "the format is missing"),
        (
            SOUND.replace("format = 1", "format = 2"),
            "the format is 2; this version of Towpath reads format 1",
        ),
        (
            SOUND.replace("kind = \"web\"", "kind = \"web\"\ncolour = \"red\""),
            ", line 7: unknown field `colour`",
        ),
        (SOUND.replace("kind = \"web\"", "kind = \"toy\""), ", line 6: unknown variant `toy`"),
        (SOUND.replace("\"berths\"\nname", "\"Berths\"\nname"), "is no key"),
        (SOUND.replace("version = \"1.2\"", "version = \"one\""), "is no version number"),
        (SOUND.replace("\"/berths\"", "\"berths\""), "is no virtual directory"),
        (SOUND.replace("\"/berths\"", "\"/a//b\""), "is no virtual directory"),
        (SOUND.replace("signature = \"1\"", "signature = \"\""), "the signature of “Theme”"),
        (SOUND.replace("\"harbour-theme\"", "\"berths\""), "its own application"),
        (
            SOUND.replace("kind = \"static\"", "kind = \"static\"\ncommand = [\"./x\"]"),
            "a static module has no command",
        ),
        (SOUND.replace("kind = \"static\"", "kind = \"process\""), "a process needs a command"),
        (SOUND.replace("kind = \"static\"", "kind = \"process\"\ncommand = [\"/bin/sh\"]"), "own folder"),
        (SOUND.replace("kind = \"static\"", "kind = \"process\"\ncommand = [\"./../sh\"]"), "own folder"),
        (SOUND.replace("kind = \"static\"", "kind = \"static\"\nready = \"x\""), "is no path"),
        (SOUND.replace("kind = \"static\"", "kind = \"static\"\nready = \"/../x\""), "is no path"),
        (
            SOUND.replace("kind = \"static\"", "kind = \"static\"\nready_seconds = 0"),
            "ready_seconds must be 1 to 600",
        ),
        (
            format!("{SOUND}\n[[hooks]]\nphase = \"start\"\ncommand = [\"/bin/sh\"]"),
            "hook start: the program “/bin/sh” must lie in the folder hooks: write it as ./<file>.",
        ),
        (
            format!("{SOUND}\n[[hooks]]\nphase = \"start\"\ncommand = []"),
            "hook start: the program “” must lie in the folder hooks",
        ),
        (
            format!("{SOUND}\n[[hooks]]\nphase = \"stop\"\ncommand = [\"./x\"]\nseconds = 601"),
            "hook stop: seconds must be 1 to 600.",
        ),
        (
            format!(
                "{SOUND}\n[[hooks]]\nphase = \"stop\"\ncommand = [\"./x\"]\n[[hooks]]\nphase = \"stop\"\ncommand = [\"./y\"]"
            ),
            "the hook “stop” is there twice.",
        ),
        (format!("{SOUND}\n[[hooks]]\nphase = \"lunch\"\ncommand = [\"./x\"]"), "unknown variant `lunch`"),
        (
            format!(
                "{SOUND}\n[[timers]]\nkey = \"t\"\nname = \"T\"\nmodule = \"berths\"\npath = \"/t\"\nschedule = \"0 * * * *\""
            ),
            "timer “t”: the module “berths” is static",
        ),
        (format!("{SOUND}\n[[settings]]\nkey = \"a\"\nname = \"A\"\nkind = \"moon\""), "unknown variant"),
        (
            format!("{SOUND}\n[[settings]]\nkey = \"a\"\nname = \"A\"\nkind = \"secret\"\ndefault = \"x\""),
            "a secret has no default",
        ),
        (
            format!("{SOUND}\n[[settings]]\nkey = \"a\"\nname = \"A\"\nkind = \"number\"\ndefault = \"x\""),
            "no whole number",
        ),
        (
            format!(
                "{SOUND}\n[[modules]]\nkey = \"berths\"\nname = \"B\"\nkind = \"static\"\nvirtual_directory = \"/b\""
            ),
            "the module key “berths” is there twice",
        ),
        (
            format!(
                "{SOUND}\n[[modules]]\nkey = \"b\"\nname = \"B\"\nkind = \"static\"\nvirtual_directory = \"/berths\""
            ),
            "the virtual directory “/berths” is there twice",
        ),
        (
            "format = 1\n[application]\nkey = \"a\"\nname = \"A\"\nkind = \"web\"".to_owned(),
            "there is no module",
        ),
        ("format = 1\n[application".to_owned(), ", line 2"),
        (String::new(), "the format is missing"),
    ];
    for (text, words) in cases {
        let error = Manifest::parse(&text).unwrap_err().to_string();
        let sentence = is_one_sentence(&error) && error.starts_with("manifest.toml");
        assert!(sentence && error.contains(words), "{words}: {error}");
    }
}

#[test]
fn recipes() {
    let recipe =
        Recipe::parse("[[include]]\npath = \"modules/a/x\"\nfrom = \"{bin}/x\"\nexecutable = true").unwrap();
    let from = recipe.include[0].source("/src".as_ref(), "/bin".as_ref());
    assert_eq!(from, std::path::Path::new("/bin/x"));
    let near = Include { from: "x".to_owned(), ..recipe.include[0].clone() };
    assert_eq!(near.source("/src".as_ref(), "/bin".as_ref()), std::path::Path::new("/src/x"));
    assert!(
        Recipe::parse("[[include]]\npath = \"../x\"\nfrom = \"x\"").unwrap_err().to_string().contains("..")
    );
    assert!(Recipe::parse("colour = 1").unwrap_err().to_string().starts_with("package.toml, line 1: "));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_fall(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read(Cursor::new(bytes), &limits()).is_err());
    }

    #[test]
    fn no_text_makes_the_manifest_reader_fall(text in ".{0,200}") {
        let _ = (Manifest::parse(&text), Recipe::parse(&text));
    }
}
