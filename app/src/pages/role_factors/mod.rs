//! Which roles ask for a second factor.

use crate::actions::second_factor::RequireSecondFactor;
use crate::context::{Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Button, Card, Cell, Kind, Row, RowHead, Table, Tag};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use leptos::server_fn::ServerFn;

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Roles, |place| async move {
        let roles = place.console.role_factors(&place.caller, &place.key).await?;
        let key = place.key.clone();
        let rows = roles
            .into_iter()
            .map(|each| {
                let (tag, words, value) = if each.asks {
                    (
                        view! { <Tag tone=Tone::Ok icon=Icon::Check words="Asks for it"/> },
                        "Do not ask",
                        "false",
                    )
                } else {
                    (view! { <Tag icon=Icon::Minus words="Does not ask"/> }, "Ask for it", "true")
                };
                let (label, key) = (format!("{words}: {}", each.role.name), key.clone());
                view! {
                    <Row>
                        <RowHead>{each.role.name}</RowHead>
                        <Cell label="Second factor">{tag}</Cell>
                        <Cell label="Action">
                            <form method="post" action=RequireSecondFactor::url()>
                                <input type="hidden" name="infra" value=key/>
                                <input type="hidden" name="role" value=each.role.id.to_string()/>
                                <input type="hidden" name="asks" value=value/>
                                <Button words kind=Kind::Tiny label/>
                            </form>
                        </Cell>
                    </Row>
                }
            })
            .collect_view();
        let body = view! {
            <div class="head"><div>
                <h1>"Second factor by role"</h1>
                <p class="dim">"Who holds a role that asks for it, in whatever way, and has no second factor is led to set one up; until then nothing else opens. It counts at once, in open sessions too."</p>
            </div></div>
            <Card title="Roles" id="roles" flush=true>
                <Table label="Roles and whether they ask" heads=vec!["Role", "Second factor", "Action"]>{rows}</Table>
            </Card>
        };
        Ok(Screen::new("Second factor by role", body))
    })
}
