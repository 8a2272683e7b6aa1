//! What a person decides about a deployment that has not ended.

use crate::actions::deployments::{AbortDeployment, ContinueDeployment, DecideDeployment};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Kind, Why};
use crate::view::icons::Icon;
use leptos::server_fn::ServerFn;
use operations::view::{DeploymentPage, Possible, Waits};

/// The choices, where there are some.
pub(super) fn card(place: &Place, page: &DeploymentPage) -> Option<AnyView> {
    let possible = page.decide.clone()?;
    let id = page.row.id.to_string();
    let aborting = page.row.status == "aborting";
    Some(match &page.waits {
        _ if aborting => return None,
        None => abort_alone(place, &id, possible),
        Some(Waits::SecondStage) => second_stage(place, &id, possible),
        Some(Waits::Failed { step, reason, front_end, back }) => {
            failed(place, &id, possible, (step, reason), front_end.as_deref(), *back)
        }
    })
}

fn hidden(place: &Place, id: &str) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <input type="hidden" name="deployment" value=id.to_owned()/>
    }
}

fn abort(place: &Place, id: &str) -> impl IntoView + use<> {
    view! {
        <form method="post" action=AbortDeployment::url()>
            {hidden(place, id)}
            <Button words="Abort" kind=Kind::Bad icon=Icon::Ban label="Abort the deployment"/>
        </form>
    }
}

/// A deployment that runs or is queued can only be stopped; who may not, is not bothered with it.
fn abort_alone(place: &Place, id: &str, possible: Possible) -> AnyView {
    if possible.is_err() {
        return ().into_any();
    }
    view! { <div class="row wrap decide">{abort(place, id)}</div> }.into_any()
}

fn second_stage(place: &Place, id: &str, possible: Possible) -> AnyView {
    let abort = possible.is_ok().then(|| abort(place, id));
    view! {
        <div class="row wrap decide">
            <form method="post" action=ContinueDeployment::url()>
                {hidden(place, id)}
                <Button words="Go on" kind=Kind::Go icon=Icon::Up possible id="go-on" label="Let the deployment go on"/>
            </form>
            {abort}
        </div>
    }
    .into_any()
}

fn failed(
    place: &Place,
    id: &str,
    possible: Possible,
    (step, reason): (&str, &str),
    front_end: Option<&str>,
    back: bool,
) -> AnyView {
    let what = view! { <p>{format!("{step} failed: {reason}")}</p> };
    if let Err(refusal) = possible {
        return view! {
            <Card title="A step failed" id="decide">
                <div class="stack">{what}<Why refusals=vec![refusal] id="no-decision"/></div>
            </Card>
        }
        .into_any();
    }
    let choice = |decision: &'static str, words: String, kind: Kind, icon: Icon, help: &'static str| {
        view! {
            <li>
                <form method="post" action=DecideDeployment::url()>
                    {hidden(place, id)}
                    <input type="hidden" name="decision" value=decision/>
                    <Button words kind icon/>
                </form>
                <p class="small dim">{help}</p>
            </li>
        }
    };
    let leave_out = front_end.map(|name| {
        let help = "It stays as it is now and is shown as mixed; the others go on.";
        choice("leave_out", format!("Leave {name} out"), Kind::Plain, Icon::Minus, help)
    });
    let take_back = (!back).then(|| {
        let help = "What was done is undone, last step first. Everything is as before then.";
        choice("take_back", "Take everything back".to_owned(), Kind::Plain, Icon::Back, help)
    });
    let again = choice(
        "retry",
        "Try it again".to_owned(),
        Kind::Go,
        Icon::Up,
        "The same step once more, as often as you want.",
    );
    let abort = abort(place, id);
    view! {
        <Card title="A step failed" id="decide" aside="the first decision counts">
            <div class="stack">
                {what}
                <ul class="decisions">
                    {again}
                    {leave_out}
                    {take_back}
                    <li>
                        {abort}
                        <p class="small dim">"Nothing more is done. What is not the same on all front-ends then is shown as mixed."</p>
                    </li>
                </ul>
            </div>
        </Card>
    }
    .into_any()
}
