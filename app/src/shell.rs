//! The document around every page, and which address shows which page.

use crate::context::PageNonce;
use crate::pages::{
    application, architecture, audit, deployments, environments, errors, gates, infrastructures, invitation,
    invite, logs, matrix, parts, pipelines, plans, profile, prove, role_factors, roles, second_factor,
    second_step, service_accounts, set_up, settings, sign_in, teams, timers, users, versions,
};
use crate::prelude::*;
use axum::http::request::Parts;
use leptos::config::LeptosOptions;
use leptos::nonce::Nonce;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

/// The whole document. The content security policy of the server names the same nonce as the scripts in it.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    if let Some(PageNonce(nonce)) =
        use_context::<Parts>().and_then(|parts| parts.extensions.get::<PageNonce>().cloned())
    {
        provide_context(Nonce::from_value(nonce));
    }
    provide_meta_context();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="preload" href="/fonts/inter-latin-wght-normal.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
                <link rel="stylesheet" href="/pkg/towpath.css"/>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The routes. Every page is rendered whole before the first byte goes out, so that it is complete without scripts and has its
/// status.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <FlatRoutes fallback=errors::NotFound>
                <Route path=path!("/") view=matrix::Start ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=sign_in::Page ssr=SsrMode::Async/>
                <Route path=path!("/sign-in/second") view=second_step::Page ssr=SsrMode::Async/>
                <Route path=path!("/invitation") view=invitation::Page ssr=SsrMode::Async/>
                <Route path=path!("/prove") view=prove::Page ssr=SsrMode::Async/>
                <Route path=path!("/second-factor") view=second_factor::Page ssr=SsrMode::Async/>
                <Route path=path!("/set-up") view=set_up::Page ssr=SsrMode::Async/>
                <Route path=path!("/profile") view=profile::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra") view=matrix::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/users/invite") view=invite::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/second-factor") view=role_factors::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments") view=environments::ListPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/new") view=environments::NewPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/timeline") view=environments::TimelinePage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/dependencies") view=environments::DependenciesPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/settings") view=environments::SettingsPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/applications/:app/settings") view=settings::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/applications/:app/timers") view=timers::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/applications/:app/timers/:timer") view=timers::RunsPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/applications/:app/log") view=logs::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/parts/:kind/new") view=parts::NewTherePage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/parts/:kind/:key") view=parts::EditTherePage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/servers/:server") view=environments::FrontEndPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/leave") view=environments::LeavePage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env") view=environments::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/environments/:env/modified") view=versions::TogetherPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/new-application") view=application::NewPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/retired-applications") view=application::RetiredPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/applications/:app/usage") view=application::UsagePage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/applications/:app/compare") view=versions::ComparePage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/applications/:app/versions/:number") view=versions::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/applications/:app") view=application::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/pipelines/new") view=pipelines::NewPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/pipelines/:pipeline") view=pipelines::EditPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/pipelines") view=pipelines::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/new-infrastructure") view=infrastructures::NewPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/architecture") view=architecture::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/architecture/compare") view=architecture::ComparePage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/architecture/:kind/new") view=parts::NewPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/architecture/:kind/:key") view=parts::EditPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/plans") view=plans::ListPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/plans/new") view=plans::NewPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/plans/:id") view=plans::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/deployments") view=deployments::ListPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/deployments/:id") view=deployments::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/gates") view=gates::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/gates/new") view=gates::NewPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/gates/freeze") view=gates::FreezePage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/users") view=users::ListPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/users/new") view=users::NewPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/users/invitations") view=users::InvitationsPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/users/:id") view=users::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/service-accounts") view=service_accounts::ListPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/service-accounts/new") view=service_accounts::NewPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/service-accounts/:id") view=service_accounts::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/roles") view=roles::ListPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/roles/new") view=roles::NewPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/roles/:id") view=roles::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/teams") view=teams::ListPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/teams/new") view=teams::NewPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/teams/:id") view=teams::Page ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/audit") view=audit::ListPage ssr=SsrMode::Async/>
                <Route path=path!("/i/:infra/audit/:id") view=audit::Page ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
