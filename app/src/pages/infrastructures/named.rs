//! What an infrastructure is called and where it runs.

use super::hostings;
use crate::actions::infrastructures::ChangeInfrastructure;
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Field, Select};
use domain::architecture::words::Hosting;
use leptos::server_fn::ServerFn;

/// A form for whoever manages the infrastructure.
#[must_use]
pub fn card(place: &Place, hosting: Hosting) -> AnyView {
    let name = place.typed("name").unwrap_or_else(|| place.infrastructure.name.clone());
    let hosting = place.typed("hosting").unwrap_or_else(|| hosting.word().to_owned());
    let (key, problem) = (place.key.clone(), place.problem("name"));
    let unknown = place.problem("hosting");
    view! {
        <Card title="Name and hosting" id="named" aside=format!("its key {key} stays")>
            <form method="post" action=ChangeInfrastructure::url() class="fields">
                <input type="hidden" name="infra" value=key/>
                <Field label="Name" name="name" value=Some(name) problem required=true maxlength=80/>
                <Select label="Hosting" name="hosting" choices=hostings() value=Some(hosting) problem=unknown/>
                <Button words="Save"/>
            </form>
        </Card>
    }
    .into_any()
}
