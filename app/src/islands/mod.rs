//! What is lively in the browser. Each wraps markup that is whole without it.

pub mod live_region;
mod morph;
pub mod passkey;
