//! Who may do what (design 6): sets of rights for each role and environment, and the one function that decides.
//!
//! [`decide`] is the only source of a [`Grant`], and storage gives a writing transaction only for a `Grant`.
//!
//! Reading order: `rights` (what can be held), `standing` (what one user holds), `decision` (what follows), `delegation`
//! (what may be handed on), `holding` and `preview` (what a change would do), `built_in`.

mod built_in;
mod decision;
mod delegation;
mod holding;
mod preview;
mod proof;
mod rights;
mod standing;

pub use built_in::BuiltInRole;
pub use decision::{Actor, Denied, Grant, Requirement, Rule, decide};
pub use delegation::{Giver, OwnRole, TooMuch, may_cause, may_give, not_oneself};
pub use holding::{Alteration, Holding};
pub use preview::{Change, Total, changes, opens, totals, wide_changes};
pub use proof::{NotProved, PROOF_MICROS, Proof, recently_proved};
pub use rights::{Right, Rights, WideRight, WideRights};
pub use standing::{Narrower, RoleRights, Source, Standing};

#[cfg(test)]
mod handing_on_tests;
#[cfg(test)]
mod managing_tests;
#[cfg(test)]
mod tests;
