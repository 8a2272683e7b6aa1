//! What values look like to people, without markup: words, tones, icons, times.

pub mod acts;
pub mod icons;
pub mod times;
pub mod tone;
pub mod words;
