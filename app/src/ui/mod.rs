//! Elements that pages are made of. Each is rendered on the server, works without scripts, and takes its looks from classes.

mod action;
mod field;
pub mod frame;
pub mod level;
mod list;
mod role;
mod surface;
mod table;

pub use action::{Button, Kind, LinkButton, Why};
pub use field::{Choice, Field, Select, TextArea};
pub use frame::PlainPage;
pub use list::{Breadcrumbs, Crumb, EmptyState, Pager, Scroll};
pub use role::{RoleSelect, new_role_choices, no_role, role_choices};
pub use surface::{
    ApplicationName, Card, FlashNote, Glyph, Meter, Note, RunningVersion, StateTag, Tag, When,
};
pub use table::{Cell, FoldedTable, Row, RowHead, Table};
