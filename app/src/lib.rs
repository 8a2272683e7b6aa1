//! The face of the console: pages rendered on the server, and islands that make them lively.
//!
//! Two builds come out of this crate, told apart in this file alone. With `ssr` (the server) it has everything; with
//! `hydrate` (the browser) only the islands and what they call. Pages work before and without the browser half.
//!
//! Reading order: `shell` (document and routes), `context` (what the server hands in, and the way from a request to a framed
//! page), `ui` (elements), `view` (words, icons and times, without markup), then one page a folder.

#![recursion_limit = "256"]

pub mod actions;
pub mod islands;

#[cfg(feature = "ssr")]
pub mod context;
#[cfg(feature = "ssr")]
pub mod error;
#[cfg(feature = "ssr")]
pub mod flash;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod prelude;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
pub mod ui;
#[cfg(feature = "ssr")]
pub mod view;

/// Starts the islands of a page in the browser.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
