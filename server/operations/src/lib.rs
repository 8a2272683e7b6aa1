//! The use-cases of the console behind one door, and the deployment engine.

pub mod view;
