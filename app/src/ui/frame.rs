//! The frame around every page: bar, navigation, content.

use super::{FlashNote, Glyph};
use crate::flash::Flash;
use crate::islands::live_region::LiveRegion;
use crate::prelude::*;
use crate::view::icons::{Icon, sheet};
use crate::view::words;
use domain::access::WideRight;
use domain::person::Theme;
use leptos_meta::Title;
use operations::view::{InfrastructureRef, Me};

/// An area of an infrastructure, as in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The matrix, and applications.
    Applications,
    /// Pipelines, drawn.
    Pipelines,
    /// Plans.
    Plans,
    /// Deployments.
    Deployments,
    /// Gates, freezes, and what waits for an approval.
    Gates,
    /// Environments.
    Environments,
    /// IT users.
    Users,
    /// Service accounts.
    ServiceAccounts,
    /// Roles.
    Roles,
    /// Teams.
    Teams,
    /// The architecture: findings, exceptions, its file.
    Architecture,
    /// The audit log.
    Audit,
}

impl Area {
    const fn parts(self) -> (&'static str, Icon, &'static str) {
        match self {
            Self::Applications => ("Applications", Icon::Grid, ""),
            Self::Pipelines => ("Pipelines", Icon::Flow, "/pipelines"),
            Self::Plans => ("Plans", Icon::Plan, "/plans"),
            Self::Deployments => ("Deployments", Icon::Up, "/deployments"),
            Self::Gates => ("Gates", Icon::Clock, "/gates"),
            Self::Environments => ("Environments", Icon::Server, "/environments"),
            Self::Users => ("IT users", Icon::People, "/users"),
            Self::ServiceAccounts => ("Service accounts", Icon::Key, "/service-accounts"),
            Self::Roles => ("Roles", Icon::Badge, "/roles"),
            Self::Teams => ("Teams", Icon::People, "/teams"),
            Self::Architecture => ("Architecture", Icon::Layers, "/architecture"),
            Self::Audit => ("Audit", Icon::Book, "/audit"),
        }
    }
}

/// The symbols that icons refer to; once in each page.
#[component]
pub fn IconSheet() -> impl IntoView {
    view! { <svg class="sheet" width="0" height="0" aria-hidden="true" focusable="false" inner_html=sheet()></svg> }
}

/// A page in the frame.
#[component]
pub fn Frame(
    me: Me,
    /// The infrastructure of the page; none where there is no such thing.
    infrastructure: Option<InfrastructureRef>,
    area: Option<Area>,
    topics: Vec<String>,
    words: String,
    flash: Option<Flash>,
    children: Children,
) -> impl IntoView {
    let navigation = infrastructure.clone().map(|each| view! { <Navigation infrastructure=each area/> });
    let theme = (me.theme != Theme::System).then(|| me.theme.word());
    let class = if navigation.is_some() { "frame" } else { "frame alone" };
    let body = children();
    let content = if topics.is_empty() {
        body.into_any()
    } else {
        view! { <LiveRegion topics><p class="sr" id="live-words">{words}</p>{body}</LiveRegion> }.into_any()
    };
    view! {
        <IconSheet/>
        <a class="skip" href="#content">"Skip to content"</a>
        // The style sheet takes the theme from here to the whole document.
        <div class=class data-theme=theme>
            <Bar me infrastructure/>
            {navigation}
            <main id="content" tabindex="-1">
                <FlashNote flash/>
                {content}
            </main>
        </div>
    }
}

#[component]
fn Bar(me: Me, infrastructure: Option<InfrastructureRef>) -> impl IntoView {
    let others: Vec<InfrastructureRef> = me
        .infrastructures
        .iter()
        .filter(|each| infrastructure.as_ref().is_none_or(|here| here.key != each.key))
        .cloned()
        .collect();
    // Whoever manages the one at hand may make another.
    let another =
        infrastructure.as_ref().filter(|here| here.wide.has(WideRight::ManageInfrastructure)).map(|here| {
            let href = format!("/i/{}/new-infrastructure", here.key);
            view! { <li><a class="another" href=href><Glyph icon=Icon::Plus/>"New infrastructure"</a></li> }
        });
    let here = infrastructure.map(|here| here.name);
    let place = if others.is_empty() {
        here.map(|name| view! { <span class="here">{name}</span> }).into_any()
    } else {
        view! {
            <details class="menu">
                <summary class="btn quiet"><span class="named">{here.unwrap_or_else(|| "Infrastructures".to_owned())}</span><Glyph icon=Icon::Down/></summary>
                <ul>
                    {others
                        .into_iter()
                        .map(|each| view! { <li><a href=format!("/i/{}", each.key)>{each.name}</a></li> })
                        .collect_view()}
                    {another}
                </ul>
            </details>
        }
        .into_any()
    };
    let initials = words::initials(&me.name);
    view! {
        <header class="bar">
            <a class="brand" href="/" aria-label="Towpath, to the start"><Glyph icon=Icon::Lock/><span>"Towpath"</span></a>
            {place}
            <span class="push"></span>
            // The live region says here how it stands; without scripts there is nothing to say.
            <span class="live" id="live-state" role="status"></span>
            <a class="person" href="/profile" title=format!("{} ({})", me.name, me.username)>
                <span class="avatar" aria-hidden="true">{initials}</span>
                <span class="who">{me.name.clone()}</span>
                <span class="sr">", your profile"</span>
            </a>
            <form method="post" action="/sign-out">
                <button class="btn quiet" type="submit" aria-label="Sign out"><Glyph icon=Icon::Out/><span class="words">"Sign out"</span></button>
            </form>
        </header>
    }
}

#[component]
fn Navigation(infrastructure: InfrastructureRef, area: Option<Area>) -> impl IntoView {
    let counts = infrastructure.counts;
    let running = (counts.running.n > 0).then(|| format!("{} running", words::count(counts.running)));
    let items = [
        (Area::Applications, Some(words::count(counts.applications))),
        (Area::Pipelines, None),
        (Area::Plans, None),
        (Area::Deployments, running),
        (Area::Gates, None),
        (Area::Environments, Some(words::count(counts.environments))),
        (Area::Users, counts.users.map(words::count)),
        (Area::Teams, None),
        (Area::Roles, None),
        (Area::ServiceAccounts, None),
        (Area::Architecture, None),
        (Area::Audit, None),
    ];
    view! {
        <nav class="rail" aria-label="Main">
            <ul>
                {items
                    .into_iter()
                    .map(|(each, count)| {
                        let (name, icon, rest) = each.parts();
                        let current = (area == Some(each)).then_some("page");
                        let class = (each == Area::Users).then_some("govern");
                        view! {
                            <li class=class>
                                <a href=format!("/i/{}{rest}", infrastructure.key) aria-current=current>
                                    <Glyph icon/>{name}{count.map(|count| view! { " "<span class="n">{count}</span> })}
                                </a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </nav>
    }
}

/// A page without navigation, for people who are not signed in.
#[component]
pub fn PlainPage(#[prop(into)] title: String, children: Children) -> impl IntoView {
    view! {
        <Title text=format!("{title} · Towpath")/>
        <IconSheet/>
        <main id="content" class="plain-page">{children()}</main>
    }
}
