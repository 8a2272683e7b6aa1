//! People: setting up the first administrator, signing in, sessions; users, their default roles, and what follows from them.

pub mod add_user;
pub mod change_user;
pub mod create_user;
pub mod deactivate;
pub mod default_role;
pub mod effective;
pub(crate) mod held;
pub mod invitations;
pub mod list;
pub mod me;
pub(crate) mod narrower;
pub mod own_password;
pub mod own_profile;
pub mod own_sessions;
pub mod preview_role;
pub mod review;
pub mod second_factor;
pub mod sessions;
pub mod set_up;
pub mod show;
pub mod sign_in;
pub mod their_sessions;
pub mod unblock;

use domain::id::UserId;

/// Somebody who has just proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The user.
    pub user: UserId,
    /// The name people read.
    pub name: String,
    /// What the device's cookie is to hold, so that it is known from now on; empty while something is still asked.
    pub device: String,
    /// What is still to be proved before a session opens anything: the second factor.
    pub asks: Option<second_factor::step::HalfOpen>,
}
