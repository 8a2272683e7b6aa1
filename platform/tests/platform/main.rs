//! The Platform Server as real processes (`towpath-platform`), against a small console inside the test.

mod addresses;
mod balanced;
mod clients;
mod common;
mod endings;
mod enrolment;
mod hooks;
mod hostile;
mod promotion;
mod recovery;
mod server_api;
mod services;
mod settings;
mod twice;
