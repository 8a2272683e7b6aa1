//! What others ask an environment's front-ends over Server.API: one file for each noun.

pub mod arrival;
pub mod emails;
pub mod jobs;
pub mod logs;
pub mod queue;
pub mod timers;
pub mod turn;
