//! `towpath package`: makes and shows packages (docs/package-format.md).

use super::Failure;
use clap::Subcommand;
use domain::package::database::Engine;
use domain::package::{
    Database, Limits, MANIFEST, Manifest, PackageError, RECIPE, Recipe, SourceFile, build, read,
};
use domain::text::Sha256;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// What can be done with packages.
#[derive(Debug, Subcommand)]
pub enum Package {
    /// Make a package from the folder of its sources
    #[command(
        after_help = "The folder holds manifest.toml, modules/ and, where there are any, hooks/ and database/; package.toml, if it is there, \
                            names files from elsewhere.\n\nExample:\n  towpath package build samples/berths -o berths.oap"
    )]
    Build {
        /// The folder with manifest.toml
        dir: PathBuf,
        /// The file to write; <key>-<version>.oap in this folder if none is named
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Check a package and show what is in it
    Show {
        /// The package
        file: PathBuf,
    },
}

pub(super) fn run(command: Package) -> Result<(), Failure> {
    match command {
        Package::Build { dir, output } => {
            let (manifest, bytes) = from_folder(&dir)?;
            let application = &manifest.application;
            let version =
                application.version.map_or_else(|| "none".to_owned(), |version| version.to_string());
            let output = output.unwrap_or_else(|| format!("{}-{version}.oap", application.key).into());
            std::fs::write(&output, &bytes).map_err(|error| at(&output, &error))?;
            let hash = Sha256::of(&bytes);
            println!(
                "{}: {} {version}, {} bytes, SHA-256 {hash}",
                output.display(),
                application.name,
                bytes.len()
            );
        }
        Package::Show { file } => show(&file)?,
    }
    Ok(())
}

fn at(path: &Path, error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    format!("{}: {}.", path.display(), text.trim_end_matches('.'))
}

/// Builds the package of a folder in memory.
///
/// # Errors
/// One sentence that names the file.
pub fn from_folder(folder: &Path) -> Result<(Manifest, Vec<u8>), String> {
    let manifest_file = folder.join(MANIFEST);
    let text = std::fs::read_to_string(&manifest_file).map_err(|error| at(&manifest_file, &error))?;
    let fault = |error: PackageError| at(folder, &error);
    let manifest = Manifest::parse(&text).map_err(fault)?;
    let mut files = Vec::new();
    for part in [domain::package::MODULES, domain::package::HOOKS, domain::package::DATABASE] {
        collect(folder, &folder.join(part), &mut files)?;
    }
    let recipe_file = folder.join(RECIPE);
    if recipe_file.is_file() {
        let recipe = std::fs::read_to_string(&recipe_file).map_err(|error| at(&recipe_file, &error))?;
        let program =
            std::env::current_exe().map_err(|error| format!("This program's own folder: {error}."))?;
        let bin = program.parent().unwrap_or(Path::new("."));
        for include in Recipe::parse(&recipe).map_err(fault)?.include {
            let source = include.source(folder, bin);
            let bytes = std::fs::read(&source).map_err(|error| {
                format!(
                    "{} names {}, which cannot be read: {error}.",
                    recipe_file.display(),
                    source.display()
                )
            })?;
            files.push(SourceFile { path: include.path, bytes, executable: include.executable });
        }
    }
    let bytes = build(&text, files, Cursor::new(Vec::new())).map_err(fault)?.into_inner();
    Ok((manifest, bytes))
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) -> Result<(), String> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(|error| at(folder, &error))? {
        let entry = entry.map_err(|error| at(folder, &error))?;
        let path = entry.path();
        let meta = std::fs::symlink_metadata(&path).map_err(|error| at(&path, &error))?;
        if meta.is_dir() {
            collect(root, &path, files)?;
        } else if meta.is_file() {
            let name = path.strip_prefix(root).ok().and_then(Path::to_str);
            let name = name.ok_or_else(|| format!("{}: the name is not UTF-8.", path.display()))?;
            let bytes = std::fs::read(&path).map_err(|error| at(&path, &error))?;
            let executable = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o111 != 0;
            files.push(SourceFile { path: name.to_owned(), bytes, executable });
        } else {
            return Err(format!(
                "{} is neither a file nor a folder, and only those get into a package.",
                path.display()
            ));
        }
    }
    Ok(())
}

/// What a package asks of a database, in words.
fn told(database: &Database) -> String {
    let engines: Vec<_> =
        Engine::ALL.into_iter().filter(|one| database.engine.takes(*one)).map(Engine::name).collect();
    format!("database on {}, at most {} s for each migration", engines.join(" or "), database.seconds())
}

fn show(file: &Path) -> Result<(), String> {
    let bytes = std::fs::read(file).map_err(|error| at(file, &error))?;
    let hash = Sha256::of(&bytes);
    let size = bytes.len();
    let package = read(Cursor::new(bytes), &Limits::default()).map_err(|error| at(file, &error))?;
    let manifest = &package.manifest;
    let application = &manifest.application;
    let version = application.version.map_or_else(|| "no version".to_owned(), |version| version.to_string());
    println!("{} ({}), {version}", application.name, application.key);
    println!("{}", application.description);
    println!("SHA-256 {hash}, {size} bytes, {} files", package.entries.len());
    for module in &manifest.modules {
        println!("\nmodule {} at {}", module.key, module.virtual_directory);
        for element in &module.produces {
            println!("  produces {} (signature {})", element.name, element.signature);
        }
        for need in &module.consumes {
            println!(
                "  consumes {} of {}/{} (signature {})",
                need.element, need.application, need.module, need.signature
            );
        }
    }
    if let Some(database) = &manifest.database {
        println!("\n{}", told(database));
        for migration in &package.migrations {
            let only = migration.engine.map(|engine| format!(" ({} alone)", engine.name()));
            println!("  {migration}{}, SHA-256 {}", only.unwrap_or_default(), migration.sha256);
        }
    }
    println!();
    for entry in &package.entries {
        println!("{:>10}  {}{}", entry.size, entry.path, if entry.executable { " *" } else { "" });
    }
    Ok(())
}
