//! The Platform Server as real processes (`towpath-platform`), against a small console inside the test.

mod addresses;
mod common;
mod enrolment;
mod promotion;
mod recovery;
