//! What a change of rights would do, shown before it is saved: the same on every page where one is made.

use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Cell, LinkButton, Note, Row, RowHead, Table};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::access::{Rights, WideRights};
use operations::view::{AccessPreview, EffectView, PersonPreview, TotalView};

/// The whole: what opens, what changes where, and for whom. `form` saves it or leads back.
pub fn shown<F: IntoView + 'static>(
    place: &Place,
    preview: AccessPreview,
    form: F,
) -> impl IntoView + use<F> {
    let production: Vec<String> = preview
        .environments
        .iter()
        .filter(|total| total.opens_production)
        .map(|total| format!("{}: {}", total.environment.name, grave(total.gained)))
        .collect();
    let opens = preview.opens_production.then(|| {
        let whom = words::counted(preview.concerned, "person", "people");
        view! {
            <Note tone=Tone::Warn>
                <p><b>"This opens production."</b></p>
                <p class="small">{format!("Gained there: {}. It concerns {whom}.", production.join("; "))}</p>
            </Note>
        }
    });
    let widens = preview.widens_by_removal.then(|| {
        view! {
            <Note tone=Tone::Warn>
                <p><b>"Taking this away gives rights."</b></p>
                <p class="small">"The narrower role replaced a broader one, which counts again."</p>
            </Note>
        }
    });
    let AccessPreview { environments, wide_gained, wide_lost, people, concerned, more, .. } = preview;
    let same = environments.is_empty() && wide_gained.is_empty() && wide_lost.is_empty();
    let where_it_changes = if same {
        view! { <p>"Nothing changes for anybody."</p> }.into_any()
    } else {
        totals(environments, wide_gained, wide_lost).into_any()
    };
    let whom =
        (concerned.n > 0).then(|| whom(place, people, words::counted(concerned, "person", "people"), more));
    view! {
        <section class="card preview" aria-labelledby="preview">
            <header><h2 id="preview">"What this would change"</h2><span class="small dim">"nothing is saved yet"</span></header>
            <div class="body stack">
                {opens}
                {widens}
                {where_it_changes}
                {whom}
                {form}
            </div>
        </section>
    }
}

/// Change and Deploy, as far as they are among the rights.
fn grave(gained: Rights) -> String {
    use domain::access::Right::{Change, Deploy};
    let both = Rights::of(&[Change, Deploy]);
    gained.without(gained.without(both)).words()
}

fn totals(environments: Vec<TotalView>, gained: WideRights, lost: WideRights) -> impl IntoView {
    let rights = |rights: Rights| if rights == Rights::NONE { "–".to_owned() } else { rights.words() };
    let wide = |rights: WideRights| if rights.is_empty() { "–".to_owned() } else { rights.words() };
    let whole = (!gained.is_empty() || !lost.is_empty()).then(|| {
        view! {
            <Row>
                <RowHead>"The whole infrastructure"</RowHead>
                <Cell label="Somebody gains">{wide(gained)}</Cell>
                <Cell label="Somebody loses">{wide(lost)}</Cell>
            </Row>
        }
    });
    let rows = environments
        .into_iter()
        .map(|total| {
            view! {
                <Row>
                    <RowHead>{total.environment.name}</RowHead>
                    <Cell label="Somebody gains">{rights(total.gained)}</Cell>
                    <Cell label="Somebody loses">{rights(total.lost)}</Cell>
                </Row>
            }
        })
        .collect_view();
    let heads = vec!["Environment", "Somebody gains", "Somebody loses"];
    view! { <div class="boxed"><Table label="What changes where" heads>{rows}{whole}</Table></div> }
}

fn whom(place: &Place, people: Vec<PersonPreview>, count: String, more: u64) -> impl IntoView + use<> {
    let address = |id: String| place.address(&format!("/users/{id}"));
    let several = people.len() > 1;
    let rows = people
        .into_iter()
        .map(|person| {
            let href = address(person.user.to_string());
            let wide = [("gains", person.wide_gained), ("loses", person.wide_lost)]
                .into_iter()
                .filter(|(_, rights)| !rights.is_empty())
                .map(|(word, rights)| format!("{word} {}, in the whole infrastructure", rights.words()));
            let mut lines: Vec<String> = person.effects.into_iter().map(line).chain(wide).collect();
            if lines.is_empty() {
                lines.push("Nothing changes.".to_owned());
            }
            if person.more {
                lines.push("More applications than were looked at.".to_owned());
            }
            view! {
                <li>
                    <a class="link" href=href><b>{person.name}</b></a>
                    " "<span class="small dim mono">{person.username}</span>
                    <ul>{lines.into_iter().map(|line| view! { <li class="small">{line}</li> }).collect_view()}</ul>
                </li>
            }
        })
        .collect_view();
    let rest = (more > 0).then(|| view! { <p class="small dim">{format!("and {more} more")}</p> });
    view! {
        <details class="whom" open=!several>
            <summary>{format!("Whom it concerns: {count}")}</summary>
            <ul>{rows}</ul>
            {rest}
        </details>
    }
}

/// One effect as a line: `Production: gains Deploy, on Port Desk and 3 more`.
fn line(effect: EffectView) -> String {
    let names: Vec<String> = effect.applications.into_iter().map(|each| each.name).collect();
    let on = match (names.is_empty(), effect.more_applications) {
        (true, _) => String::new(),
        (false, 0) => format!(", on {}", names.join(", ")),
        (false, more) => format!(", on {} and {more} more", names.join(", ")),
    };
    format!("{}: {}{on}", effect.environment.name, effect.words)
}

/// A way out of a preview, beside the button that saves.
pub fn back(href: String) -> impl IntoView {
    view! { <LinkButton words="Keep it as it is" href icon=Icon::Back/> }
}
