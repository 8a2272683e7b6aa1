//! The Platform Server as real processes (`towpath-platform`), against a small console inside the test.

mod addresses;
mod balanced;
mod clients;
mod clocks;
mod common;
mod controllers;
mod cut;
mod databases;
mod endings;
mod enrolment;
mod farm;
mod front;
mod full;
mod hooks;
mod hostile;
mod keys;
mod limits;
mod logs;
mod promotion;
mod questions;
mod recovery;
mod scheduler;
mod server_api;
mod services;
mod settings;
mod twice;
