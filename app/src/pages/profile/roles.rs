//! One's default role in each infrastructure.

use crate::prelude::*;
use crate::ui::Card;
use operations::view::Me;

/// The card.
pub(super) fn card(me: &Me) -> impl IntoView + use<> {
    let list = me
        .infrastructures
        .iter()
        .map(|each| {
            view! { <dt>{each.name.clone()}</dt><dd>{each.role.clone()}</dd> }
        })
        .collect_view();
    let none = me
        .infrastructures
        .is_empty()
        .then(|| view! { <p class="dim">"You have no role yet. An administrator can give you one."</p> });
    view! {
        <Card title="Your roles" id="roles" aside="in each infrastructure">
            <dl class="kv">{list}</dl>
            {none}
        </Card>
    }
}
