//! The files that a browser fetches.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use wasm_bindgen_cli_support::Bindgen;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where cargo leaves the browser half (profile `wasm-release`).
const WASM: &str = "target/wasm32-unknown-unknown/wasm-release/app.wasm";
/// Names the style sheets in the order in which they are joined: tokens, elements, areas.
const ORDER: &str = "style/order.txt";
const FAVICON: &str = "style/favicon.svg";
const FONTS: &str = "style/fonts";
const SITE: &str = "target/site";

/// Writes the site below `root`, or nothing when every input is as it was at the last time.
///
/// # Errors
/// One sentence that names the file which is missing, not listed, or cannot be read or written.
pub fn build(root: &Path) -> Result<()> {
    let wasm = root.join(WASM);
    if !wasm.is_file() {
        return Err(
            format!("{WASM} is missing: build the browser half first, scripts/build.sh does both").into()
        );
    }
    let sheets = style_sheets(root)?;
    let fonts = files_in(&root.join(FONTS), None)?;
    let favicon = root.join(FAVICON);
    let site = root.join(SITE);

    let mut inputs = vec![std::env::current_exe()?, wasm.clone(), root.join(ORDER), favicon.clone()];
    inputs.extend(sheets.iter().chain(&fonts).cloned());
    let fingerprint = fingerprint(&inputs)?;
    let stamp = site.join(".stamp");
    if fs::read_to_string(&stamp).is_ok_and(|old| old == fingerprint) {
        return Ok(());
    }
    // Without its stamp, a site that was left half written is written again.
    if stamp.exists() {
        fs::remove_file(&stamp).map_err(at(&stamp))?;
    }

    let pkg = site.join("pkg");
    fs::create_dir_all(&pkg).map_err(at(&pkg))?;
    Bindgen::new()
        .input_path(&wasm)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .out_name("main")
        .generate(&pkg)
        .map_err(|error| format!("wasm-bindgen cannot use {WASM}: {error:#}"))?;
    // leptos, compiled with LEPTOS_OUTPUT_NAME, asks for this name, as cargo-leptos writes it.
    let (made, wanted) = (pkg.join("main_bg.wasm"), pkg.join("main.wasm"));
    fs::rename(&made, &wanted).map_err(at(&wanted))?;

    let css = pkg.join("towpath.css");
    fs::write(&css, joined(&sheets)?).map_err(at(&css))?;
    copy(&favicon, &site.join("favicon.svg"))?;
    // Browsers ask for this name by themselves, and an error in their console is a fault in the tests.
    copy(&favicon, &site.join("favicon.ico"))?;
    let target = site.join("fonts");
    if target.exists() {
        fs::remove_dir_all(&target).map_err(at(&target))?;
    }
    fs::create_dir_all(&target).map_err(at(&target))?;
    for font in &fonts {
        copy(font, &target.join(font.file_name().unwrap_or_default()))?;
    }
    fs::write(&stamp, fingerprint).map_err(at(&stamp))?;
    println!("{SITE} is written");
    Ok(())
}

/// The style sheets in the order of [`ORDER`]; each `.css` below `style/` must be listed once.
fn style_sheets(root: &Path) -> Result<Vec<PathBuf>> {
    let order = root.join(ORDER);
    let text = fs::read_to_string(&order).map_err(at(&order))?;
    let style = root.join("style");
    let mut listed = BTreeSet::new();
    let mut sheets = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let sheet = style.join(line);
        if !sheet.is_file() {
            return Err(format!("{ORDER} names {line}, which is not in style/").into());
        }
        if !listed.insert(sheet.clone()) {
            return Err(format!("{ORDER} names {line} twice").into());
        }
        sheets.push(sheet);
    }
    for sheet in files_in(&style, Some("css"))? {
        if !listed.contains(&sheet) {
            return Err(format!(
                "{} is not listed in {ORDER}, so no page would get it",
                sheet.strip_prefix(root).unwrap_or(&sheet).display()
            )
            .into());
        }
    }
    Ok(sheets)
}

/// All files below `directory`, sorted; only those with `extension` if one is given. None where there is no directory.
fn files_in(directory: &Path, extension: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !directory.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(directory).map_err(at(directory))? {
        let path = entry.map_err(at(directory))?.path();
        if path.is_dir() {
            files.extend(files_in(&path, extension)?);
        } else if extension.is_none_or(|wanted| path.extension().is_some_and(|e| e == wanted)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn joined(sheets: &[PathBuf]) -> Result<String> {
    let mut css = String::new();
    for sheet in sheets {
        let text = fs::read_to_string(sheet).map_err(at(sheet))?;
        css.push_str(text.trim_end());
        css.push('\n');
    }
    Ok(css)
}

/// What decides whether the site is up to date: name, size and time of change of each input, this program being one.
fn fingerprint(inputs: &[PathBuf]) -> Result<String> {
    let mut text = String::new();
    for input in inputs {
        let meta = fs::metadata(input).map_err(at(input))?;
        let changed = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        writeln!(text, "{} {} {}", input.display(), meta.len(), changed.as_nanos())?;
    }
    Ok(text)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map_err(at(from))?;
    Ok(())
}

/// Says which file an error is about.
fn at(path: &Path) -> impl Fn(std::io::Error) -> String + '_ {
    move |error| format!("{}: {error}", path.display())
}
