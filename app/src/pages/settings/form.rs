//! The field for a value of a setting, by its kind.

use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Choice, Field, Select};
use domain::setting::SettingKind;

/// What is asked for.
pub(crate) struct Asked {
    /// The field's id in the page.
    pub id: String,
    /// The setting's name.
    pub name: String,
    /// Its kind.
    pub kind: SettingKind,
    /// What stands in the field; never a secret.
    pub value: Option<String>,
    /// What was wrong.
    pub problem: Option<String>,
}

/// The fields that every such form has.
pub(crate) fn hidden(place: &Place, application: &str, key: &str, kind: SettingKind) -> AnyView {
    view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <input type="hidden" name="app" value=application.to_owned()/>
        <input type="hidden" name="wanted[key]" value=key.to_owned()/>
        <input type="hidden" name="wanted[plain]" value=(!kind.is_secret()).to_string()/>
    }
}

/// The field.
pub(crate) fn field(asked: Asked) -> AnyView {
    let Asked { id, name, kind, value, problem } = asked;
    let label = format!("Value of {name}");
    if kind == SettingKind::Boolean {
        let choices = ["true", "false"].map(|one| Choice::new(one, one)).into();
        return view! { <Select label name="wanted[value]" id choices value problem/> };
    }
    let value = value.filter(|_| !kind.is_secret());
    let (input, verbatim) = (if kind.is_secret() { "password" } else { "text" }, kind != SettingKind::Text);
    let autocomplete = if kind.is_secret() { "new-password" } else { "off" };
    view! { <Field label name="wanted[value]" id value kind=input help=kind.looks() problem autocomplete verbatim required=kind != SettingKind::Text/> }
}
