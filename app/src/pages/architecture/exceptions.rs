//! What is accepted: why, until when and by whom, and how it is taken back.

use crate::actions::architecture::WithdrawException;
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Cell, Kind, Row, RowHead, Table, Tag, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use leptos::server_fn::ServerFn;
use operations::view::ExceptionView;

/// The table.
pub(super) fn card(place: &Place, exceptions: Vec<ExceptionView>) -> AnyView {
    let rows = exceptions.into_iter().map(|each| line(place, each)).collect_view();
    let heads = vec!["Rule", "Place", "Reason", "Until", "By", "Action"];
    view! {
        <Card title="Accepted" id="exceptions" flush=true aside="does not count until its day">
            <Table label="Accepted findings" heads>{rows}</Table>
        </Card>
    }
}

fn line(place: &Place, each: ExceptionView) -> AnyView {
    let now = place.now;
    let (infra, rule) = (place.key.clone(), each.rule.clone());
    let expired = each.expired.then(|| view! { " "<Tag tone=Tone::Warn icon=Icon::Clock words="Expired"/> });
    let label = format!("Withdraw {} at {}", each.rule, each.place);
    view! {
        <Row>
            <RowHead>{each.title}<span class="sub mono">{each.rule.clone()}</span></RowHead>
            <Cell label="Place">{each.place}</Cell>
            <Cell label="Reason" class="full prose">{each.reason}</Cell>
            <Cell label="Until"><When at=each.expires_at now exact=true/>{expired}</Cell>
            <Cell label="By">{each.accepted_by}<span class="sub"><When at=each.accepted_at now/></span></Cell>
            <Cell label="Action">
                <form method="post" action=WithdrawException::url()>
                    <input type="hidden" name="infra" value=infra/>
                    <input type="hidden" name="rule" value=rule/>
                    <input type="hidden" name="path" value=each.path/>
                    <Button words="Withdraw" kind=Kind::Tiny label/>
                </form>
            </Cell>
        </Row>
    }
}
