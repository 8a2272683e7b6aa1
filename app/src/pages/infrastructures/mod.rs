//! Infrastructures: a new one, and what one is called.

mod named;
mod new;

pub use named::card;
pub use new::NewPage;

use crate::pages::parts::capital;
use crate::ui::Choice;
use domain::architecture::words::Hosting;

/// The choices of a hosting.
fn hostings() -> Vec<Choice> {
    Hosting::ALL.iter().map(|each| Choice::new(each.word(), capital(each.label()))).collect()
}
