//! One's own password.

use crate::actions::profile::ChangePassword;
use crate::flash::Flash;
use crate::prelude::*;
use crate::ui::{Button, Card, Field, Kind};
use crate::view::words;
use leptos::server_fn::ServerFn;
use operations::view::Me;

/// The card.
pub(super) fn card(me: &Me, flash: Option<&Flash>) -> impl IntoView + use<> {
    let problem = |field: &str| flash.and_then(|flash| flash.problem(field));
    let (old, new, again) = (problem("old"), problem("new"), problem("again"));
    let username = me.username.clone();
    view! {
        <Card title="Password" id="password">
            <form method="post" action=ChangePassword::url() class="stack">
                // For password managers (ASVS 6.2.7); without a name it is not sent.
                <input type="text" autocomplete="username" value=username hidden=true/>
                <Field label="Present password" name="old" kind="password" problem=old required=true autocomplete="current-password"/>
                <Field label="New password" name="new" kind="password" problem=new required=true autocomplete="new-password" help=words::PASSWORD_HELP/>
                <Field label="New password, once more" name="again" kind="password" problem=again required=true autocomplete="new-password"/>
                <p class="small dim">"Every other session of yours ends. Afterwards the page says if the new one is easy to guess."</p>
                <div class="row"><Button words="Change the password" kind=Kind::Go/></div>
            </form>
        </Card>
    }
}
