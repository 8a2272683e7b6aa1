//! The Platform Server as real processes (`towpath-platform`), against a small console inside the test.

mod addresses;
mod balanced;
mod clocks;
mod common;
mod cut;
mod endings;
mod enrolment;
mod full;
mod hooks;
mod hostile;
mod promotion;
mod recovery;
mod services;
mod settings;
mod twice;
