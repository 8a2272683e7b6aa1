//! The console's program: configuration, sessions, the map of addresses, live events, the gateway of Platform Servers, and
//! the command line.
//!
//! Reading order: `router` (every address on one screen), `protection` and `session` (what surrounds every request), then one
//! file for each kind of answer, and `cli` with `serve` and `demo`.

pub mod agents;
pub mod api;
mod architecture;
pub mod bounded;
pub mod cli;
pub mod clock;
pub mod compare;
pub mod configuration;
pub mod demo;
mod deployment_log;
mod download;
pub mod factors;
pub mod forms;
pub mod live;
pub mod master_key;
pub mod protection;
mod registering;
pub mod respond;
pub mod review;
pub mod router;
pub mod serve;
pub mod session;
pub mod tokens;
pub mod web;
