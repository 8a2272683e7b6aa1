//! What is asked of a Platform Server's Server.API (`/server/v1/…`), and what it answers: one noun is one file. The routes
//! are in `platform/src/server_api`, the document of them is `docs/server-api.json`.

pub mod applications;
pub mod arrival;
pub mod deployments;
pub mod emails;
pub mod health;
pub mod jobs;
pub mod logs;
pub mod queue;
pub mod scope;
pub mod timers;
pub mod token;
pub mod turn;
mod words;
