//! The architecture of an infrastructure as one value: what it is made of, what is good or bad about it, how two of them differ, and
//! how it is written and drawn.
//!
//! Reading order: [`words`], [`model`]; then [`rules`], [`template`], [`difference`], [`file`], [`drawing`], [`network`], [`connection`],
//! [`seen`], [`parts`], each for itself.

#[cfg(test)]
mod arbitrary;
pub mod connection;
pub mod difference;
#[cfg(test)]
mod difference_tests;
pub mod drawing;
pub mod file;
pub mod model;
pub mod network;
pub mod parts;
pub mod rules;
pub mod seen;
pub mod template;
#[cfg(test)]
mod template_tests;
pub mod words;

pub use model::Architecture;
