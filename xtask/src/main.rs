//! Build steps that cargo has no place for. `xtask site` writes what a browser fetches into `target/site`:
//!
//! - `pkg/main.js` and `pkg/main.wasm`: the browser half, taken through wasm-bindgen. Doing it here, with the library
//!   pinned to the version of the `wasm-bindgen` crate, leaves nothing to install and no version to get wrong.
//! - `pkg/towpath.css`: the files that `style/order.txt` names, in that order.
//! - `fonts/`, `favicon.svg`, `favicon.ico`: copied from `style/`.
//!
//! It runs in the root of the repository, after the WebAssembly was built, and does nothing when all is up to date.

mod site;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["site"] => site::build(std::path::Path::new(".")),
        _ => {
            Err("usage: xtask site    (in the root of the repository, after the browser half was built)"
                .into())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
