//! The Platform Server as real processes (`towpath-platform`), against a small console inside the test.

mod addresses;
mod balanced;
mod common;
mod endings;
mod enrolment;
mod farm;
mod hooks;
mod hostile;
mod promotion;
mod recovery;
mod services;
mod settings;
mod twice;
