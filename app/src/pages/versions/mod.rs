//! Versions: one, two contents compared, and several tagged at once.

mod compare;
mod one;
mod together;

pub use compare::ComparePage;
pub use one::Page;
pub use together::TogetherPage;
