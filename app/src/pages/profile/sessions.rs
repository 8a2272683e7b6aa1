//! Where one is signed in, and ending what one does not know (ASVS 7.5.2).

use crate::actions::profile::{EndOthers, EndSession};
use crate::prelude::*;
use crate::ui::{Button, Card, Cell, Kind, Row, RowHead, Table, Tag, When};
use crate::view::icons::Icon;
use crate::view::times;
use crate::view::tone::Tone;
use domain::time::Timestamp;
use leptos::server_fn::ServerFn;
use operations::view::SessionView;

/// The card.
pub(super) fn card(sessions: Vec<SessionView>, now: Timestamp) -> impl IntoView {
    view! {
        <Card title="Where you are signed in" id="sessions" flush=true aside="what each browser says of itself, and its address">
            {table(sessions, now)}
        </Card>
    }
}

fn table(sessions: Vec<SessionView>, now: Timestamp) -> AnyView {
    let several = sessions.len() > 1;
    let rows = sessions
        .into_iter()
        .map(|each| {
            let action = if each.current {
                view! { <Tag tone=Tone::Ok icon=Icon::Check words="This one"/> }.into_any()
            } else {
                let label = format!("End the session of {}", each.device);
                view! {
                    <form method="post" action=EndSession::url()>
                        <input type="hidden" name="session" value=each.id.clone()/>
                        <Button words="End" kind=Kind::Tiny label/>
                    </form>
                }
                .into_any()
            };
            view! {
                <Row>
                    <RowHead>{each.device}<span class="sub mono">{each.address}</span></RowHead>
                    <Cell label="Began"><When at=each.began_at now/></Cell>
                    <Cell label="Last used"><When at=each.seen_at now/></Cell>
                    <Cell label="Ends at the latest">{times::exact(each.ends_at)}</Cell>
                    <Cell label="Action">{action}</Cell>
                </Row>
            }
        })
        .collect_view();
    let heads = vec!["Where", "Began", "Last used", "Ends at the latest", "Action"];
    let others = several.then(|| {
        view! {
            <form method="post" action=EndOthers::url() class="addform">
                <Button words="End all others" kind=Kind::Bad icon=Icon::Out/>
            </form>
        }
    });
    view! { <Table label="Your sessions" heads>{rows}</Table>{others} }.into_any()
}
