//! The boundary behind which a module runs: two drivers, static files and a supervised process.
//!
//! A new release is prepared and must be ready while the old one still serves; then it is activated, the old one is drained
//! and undone. So a switch drops no request, and a release that does not get ready changes nothing.

mod hooks;
mod limited;
mod output;
mod process;
mod static_files;

pub use crate::log_writer::LogSender;
pub use hooks::{HookPlace, Hooks};
pub use limited::exec_limited;
pub use process::{Process, ProcessSpec, Supervision, end_orphans};
pub use static_files::StaticFiles;

use axum::extract::Request;
use axum::response::Response;
use futures::future::BoxFuture;

/// Why a module cannot run: one sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RuntimeError(pub String);

/// One module of one release on this front-end.
pub trait Runtime: Send + Sync {
    /// Makes everything that is needed, beside what runs.
    fn prepare(&self) -> BoxFuture<'_, Result<(), RuntimeError>>;
    /// Waits until requests can be answered, at most as long as the manifest allows.
    fn ready(&self) -> BoxFuture<'_, Result<(), RuntimeError>>;
    /// From now on this is the module that serves, and is kept serving.
    fn activate(&self);
    /// From now on nothing new is begun; what was begun is answered.
    fn drain(&self);
    /// Ends it and removes what `prepare` made.
    fn undo(&self) -> BoxFuture<'_, ()>;
    /// Whether the readiness check holds now.
    fn is_ready(&self) -> bool;
    /// Answers a request; `rest` is its path below the virtual directory, with the slash.
    fn serve<'a>(&'a self, request: Request, rest: &'a str) -> BoxFuture<'a, Response>;
}
