//! What tests of several crates need, behind the feature `testing`.

use crate::package::SourceFile;
use std::io::Cursor;

/// A package of one static page. `extra` is more of its module's manifest, such as what it produces or uses.
///
/// # Panics
/// Where the parts make no package.
#[must_use]
pub fn package(application: &str, version: Option<&str>, extra: &str, content: &str) -> Vec<u8> {
    let version = version.map(|number| format!("version = \"{number}\"\n")).unwrap_or_default();
    let manifest = format!(
        "format = 1\n[application]\nkey = \"{application}\"\nname = \"App {application}\"\ndescription = \"A test application.\"\n\
         kind = \"web\"\n{version}[[modules]]\nkey = \"{application}\"\nname = \"Module\"\nkind = \"static\"\n\
         virtual_directory = \"/{application}\"\n{extra}"
    );
    let page = SourceFile {
        path: format!("modules/{application}/index.html"),
        bytes: content.as_bytes().to_vec(),
        executable: false,
    };
    crate::package::build(&manifest, [page], Cursor::new(Vec::new())).expect("a package").into_inner()
}
