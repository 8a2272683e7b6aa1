//! `leptos::prelude` for pages.

/// `leptos::view`, with its type forgotten. Without that the types of pages hold those of all their parts, and compiling them takes
/// minutes. What islands show keeps its type, since both halves have to agree on it.
macro_rules! erased {
    ($($markup:tt)*) => { ::leptos::prelude::IntoAny::into_any(::leptos::prelude::view! { $($markup)* }) };
}

pub(crate) use erased as view;
pub(crate) use leptos::prelude::*;
