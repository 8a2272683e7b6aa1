//! Many pipelines: all of them summed up, and the choice of which is drawn.

use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Cell, Choice, Row, RowHead, Select, StateTag, Table};
use crate::view::icons::Icon;
use crate::view::tone::{Look, Tone};
use crate::view::words;
use domain::architecture::drawing::{PIPELINES_SHOWN, Sum};
use operations::view::PipelinesPage;

/// All pipelines with how they stand; none where the drawing shows them all.
pub(super) fn all(place: &Place, page: &PipelinesPage) -> Option<AnyView> {
    (page.sums.len() > PIPELINES_SHOWN).then(|| {
        let rows = page.sums.iter().map(|sum| row(place, sum)).collect_view();
        let heads = vec!["Pipeline", "Environments", "Front-ends"];
        let told = words::of(page.sums.len() as u64, "pipeline", "pipelines");
        view! {
            <Card title="All pipelines" id="sums" flush=true aside=told>
                <details class="equal">
                    <summary>"How each of them stands"</summary>
                    <Table label="Pipelines" heads>{rows}</Table>
                </details>
            </Card>
        }
        .into_any()
    })
}

fn row(place: &Place, sum: &Sum) -> AnyView {
    let href = place.with_query("/pipelines", &[("pipeline", Some(sum.key.as_str()))]);
    let name = sum.name.clone();
    let environments = share(sum.well, sum.environments, ["is well", "are well"]);
    let front_ends = share(sum.answering, sum.front_ends, ["answers", "answer"]);
    view! {
        <Row>
            <RowHead><a class="link" href=href>{name}</a></RowHead>
            <Cell label="Environments"><StateTag look=environments/></Cell>
            <Cell label="Front-ends"><StateTag look=front_ends/></Cell>
        </Row>
    }
}

/// So many of all, as a state: nothing is well that does not wholly stand.
pub(crate) fn share(some: usize, all: usize, [one, many]: [&str; 2]) -> Look {
    let word = format!("{some} of {all} {}", if some == 1 { one } else { many });
    match some {
        _ if all == 0 => Look::new(Tone::Plain, Icon::Circle, "none"),
        some if some == all => Look::new(Tone::Ok, Icon::Check, word),
        0 => Look::new(Tone::Plain, Icon::Circle, word),
        _ => Look::new(Tone::Warn, Icon::Alert, word),
    }
}

/// What is drawn, and the choice of one pipeline; none where everything is drawn anyway and nothing else can be.
pub(super) fn choice(place: &Place, page: &PipelinesPage, chosen: Option<&str>) -> Option<AnyView> {
    let all = page.sums.len();
    if chosen.is_none() && all <= PIPELINES_SHOWN {
        return None;
    }
    let first = match all {
        some if some <= PIPELINES_SHOWN => "All".to_owned(),
        _ => format!("The first {PIPELINES_SHOWN}"),
    };
    let one = |sum: &Sum| Choice::new(sum.key.as_str(), sum.name.clone());
    let choices: Vec<Choice> =
        std::iter::once(Choice::new("", first)).chain(page.sums.iter().map(one)).collect();
    let told = match chosen {
        Some(_) => format!("One of {all} pipelines is drawn, in detail."),
        None => format!(
            "The first {PIPELINES_SHOWN} of {all} pipelines are drawn; choose one to see it in detail."
        ),
    };
    let action = place.address("/pipelines");
    let value = Some(chosen.unwrap_or_default().to_owned());
    Some(view! {
        <form method="get" action=action class="fields folded" id="choice">
            <Select label="Pipeline" name="pipeline" choices value/>
            <Button words="Draw" icon=Icon::Eye/>
            <p class="small dim">{told}</p>
        </form>
    })
}

#[cfg(test)]
mod tests {
    use super::share;
    use crate::view::tone::Tone;

    #[test]
    fn a_share_is_well_only_where_it_is_the_whole() {
        let words = ["answers", "answer"];
        let told = |some, all| {
            let look = share(some, all, words);
            (look.tone, look.word)
        };
        assert_eq!(told(10, 10), (Tone::Ok, "10 of 10 answer".into()));
        assert_eq!(told(1, 10), (Tone::Warn, "1 of 10 answers".into()));
        assert_eq!(told(0, 10), (Tone::Plain, "0 of 10 answer".into()));
        assert_eq!(told(0, 0), (Tone::Plain, "none".into()));
    }
}
