//! What Server.API of a deployment controller is asked, and what it answers.

pub mod emails;
pub mod jobs;
pub mod timers;
