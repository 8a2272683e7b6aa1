//! What is asked of the Server.API of an environment's deployment controller, and what it answers: one noun for each route
//! `/server/v1/<noun>`.

pub mod arrival;
pub mod turn;
