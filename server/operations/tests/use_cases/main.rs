//! The use-cases on SQLite in memory, with a fixed clock and known ids. One program, since each links the whole.

mod access;
mod architecture;
mod audit;
mod changing;
mod checks;
mod common;
mod finding;
mod invitations;
mod maintenance;
mod managers;
mod parts;
mod people;
mod pipelines;
mod plans;
mod previews;
mod promotion;
mod registering;
mod scale;
mod second_factor;
mod sign_in;
mod stages;
mod teams;
mod timeline;
mod tokens;
mod users;
mod zones;
