//! The words and rules of Towpath, pure: no runtime, database, network, clock or randomness; it builds for the server
//! and for the browser alike. Time and ids come in as parameters.
//!
//! Reading order: [`id`], [`time`], [`text`] are the smallest words; [`package`] is what travels; [`protocol`] is what the console and
//! a Platform Server say to each other.

pub mod access;
pub mod architecture;
pub mod audit;
pub mod block;
pub mod dependency;
pub mod deployment;
pub mod device;
pub mod environment;
pub mod gate;
pub mod hotfix;
pub mod id;
pub mod live;
pub mod package;
pub mod paging;
pub mod password;
pub mod person;
pub mod pipeline;
pub mod plan;
pub mod protocol;
pub mod server_api;
pub mod setting;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod throttle;
pub mod time;
pub mod timeline;
pub mod token;
pub mod totp;
pub mod version;
