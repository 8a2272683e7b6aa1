//! `/api/v1`: the operations of the console as JSON, for programs with a token (design 4). Each route calls one operation; nothing is
//! decided here. [`ROUTES`] is the list of them, which tests compare with `docs/api.md` and with the operations.

mod access;
mod applications;
mod architecture;
mod audit;
mod call;
mod checks;
mod deployments;
mod environments;
mod gates;
mod grants;
mod invitations;
mod logs;
mod parts;
mod plans;
mod roles;
mod servers;
mod service_accounts;
mod settings;
mod teams;
mod timers;
mod tokens;
mod users;
mod versions;

use crate::bounded::{BODY_BYTES, FILE_BYTES};
use crate::web::Web;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post, put};

/// Declares the routes: method, address, the operation's name in the audit log or in traces, the handler, and how many bytes the body may
/// have where that is more than [`BODY_BYTES`].
macro_rules! routes {
    ($($method:ident $path:literal $operation:literal $handler:path $(, $most:expr)?;)+) => {
        /// Every route: method, address, operation.
        pub const ROUTES: &[(&str, &str, &str)] = &[$((stringify!($method), $path, $operation)),+];

        fn all() -> Router<Web> {
            Router::new()$(.route($path, $method($handler)$(.layer(DefaultBodyLimit::max($most)))?))+
        }
    };
}

routes! {
    get "/api/v1/me" "session.me" users::me;
    put "/api/v1/i/{infra}" "infrastructure.change" architecture::change_infrastructure;
    post "/api/v1/i/{infra}/infrastructures" "infrastructure.create" architecture::add_infrastructure;
    get "/api/v1/i/{infra}/matrix" "matrix.show" environments::matrix;
    get "/api/v1/i/{infra}/pipelines" "pipeline.show" architecture::pipelines;
    post "/api/v1/i/{infra}/pipelines" "pipeline.create" architecture::create_pipeline;
    put "/api/v1/i/{infra}/pipelines/{pipeline}" "pipeline.change" architecture::change_pipeline;
    delete "/api/v1/i/{infra}/pipelines/{pipeline}" "pipeline.delete" architecture::delete_pipeline;
    get "/api/v1/i/{infra}/architecture" "architecture.show" architecture::show;
    put "/api/v1/i/{infra}/architecture" "architecture.apply" architecture::apply, FILE_BYTES;
    get "/api/v1/i/{infra}/architecture/file" "architecture.export" architecture::file;
    post "/api/v1/i/{infra}/architecture/compare" "architecture.compare" architecture::compare, FILE_BYTES;
    put "/api/v1/i/{infra}/architecture/exceptions" "architecture.accept" architecture::accept;
    post "/api/v1/i/{infra}/architecture/exceptions/withdraw" "architecture.withdraw" architecture::withdraw;
    get "/api/v1/i/{infra}/parts" "part.list" parts::list;
    post "/api/v1/i/{infra}/parts/{kind}" "part.add" parts::add;
    get "/api/v1/i/{infra}/parts/{kind}/{key}" "part.show" parts::show;
    put "/api/v1/i/{infra}/parts/{kind}/{key}" "part.change" parts::change;
    delete "/api/v1/i/{infra}/parts/{kind}/{key}" "part.remove" parts::remove;
    get "/api/v1/i/{infra}/environments/{env}/parts" "part.list" parts::list_there;
    post "/api/v1/i/{infra}/environments/{env}/parts/{kind}" "part.add" parts::add_there;
    get "/api/v1/i/{infra}/environments/{env}/parts/{kind}/{key}" "part.show" parts::show_there;
    put "/api/v1/i/{infra}/environments/{env}/parts/{kind}/{key}" "part.change" parts::change_there;
    delete "/api/v1/i/{infra}/environments/{env}/parts/{kind}/{key}" "part.remove" parts::remove_there;
    post "/api/v1/i/{infra}/tools/{tool}/check" "tool.check" checks::tool;
    post "/api/v1/i/{infra}/database-servers/{server}/check" "database.check" checks::database_server;
    post "/api/v1/i/{infra}/environments/{env}/external-databases/{database}/check" "database.check" checks::external_database;
    get "/api/v1/i/{infra}/environments" "environment.list" environments::list;
    post "/api/v1/i/{infra}/environments" "environment.create" environments::register;
    get "/api/v1/i/{infra}/environments/{env}" "environment.show" environments::show;
    get "/api/v1/i/{infra}/environments/{env}/dependencies" "environment.dependencies" environments::dependencies;
    get "/api/v1/i/{infra}/environments/{env}/timeline" "environment.timeline" environments::timeline;
    put "/api/v1/i/{infra}/environments/{env}" "environment.change" environments::change;
    get "/api/v1/i/{infra}/environments/{env}/settings" "environment.settings" environments::settings;
    post "/api/v1/i/{infra}/environments/{env}/servers" "server.create" servers::add;
    put "/api/v1/i/{infra}/environments/{env}/servers/{server}" "server.change" servers::change;
    delete "/api/v1/i/{infra}/environments/{env}/servers/{server}" "server.leave" servers::leave;
    post "/api/v1/i/{infra}/environments/{env}/servers/{server}/enrolment-code" "server.enrolment_code" servers::code;
    post "/api/v1/i/{infra}/environments/{env}/servers/{server}/enrolment-code-to-confirm" "server.enrolment_code" servers::code_to_confirm;
    post "/api/v1/i/{infra}/environments/{env}/servers/{server}/confirm" "server.confirm" servers::confirm;
    post "/api/v1/i/{infra}/environments/{env}/servers/{server}/refuse" "server.refuse" servers::refuse;
    post "/api/v1/i/{infra}/environments/{env}/servers/{server}/make-controller" "server.make_controller" servers::make_controller;
    post "/api/v1/i/{infra}/environments/{env}/servers/{server}/revoke" "server.revoke" servers::revoke;
    get "/api/v1/i/{infra}/environments/{env}/leaving" "environment.leaving" environments::leaving;
    post "/api/v1/i/{infra}/environments/{env}/leave" "environment.leave" environments::leave;
    put "/api/v1/i/{infra}/environments/{env}/maintenance" "environment.maintenance_begin" environments::maintain;
    delete "/api/v1/i/{infra}/environments/{env}/maintenance" "environment.maintenance_end" environments::end_maintenance;
    put "/api/v1/i/{infra}/environments/{env}/applications/{app}/zone" "application.zone" environments::zone;
    get "/api/v1/i/{infra}/environments/{env}/applications/{app}/settings" "setting.list" settings::list;
    put "/api/v1/i/{infra}/environments/{env}/applications/{app}/settings/{key}" "setting.set" settings::set;
    delete "/api/v1/i/{infra}/environments/{env}/applications/{app}/settings/{key}" "setting.clear" settings::clear;
    post "/api/v1/i/{infra}/environments/{env}/applications/{app}/apply-settings" "setting.apply" settings::apply;
    get "/api/v1/i/{infra}/environments/{env}/applications/{app}/log" "application.log" logs::show;
    get "/api/v1/i/{infra}/environments/{env}/applications/{app}/timers" "timer.list" timers::list;
    get "/api/v1/i/{infra}/environments/{env}/applications/{app}/timers/{timer}/runs" "timer.runs" timers::runs;
    post "/api/v1/i/{infra}/environments/{env}/applications/{app}/timers/{timer}/run" "timer.run" timers::run;
    post "/api/v1/i/{infra}/environments/{env}/applications/{app}/tests" "application.verify" gates::report;
    post "/api/v1/i/{infra}/environments/{env}/packages" "application.publish" applications::publish;
    put "/api/v1/i/{infra}/environments/{env}/applications/{app}/block" "application.block" applications::block;
    delete "/api/v1/i/{infra}/environments/{env}/applications/{app}/block" "application.unblock" applications::unblock;
    put "/api/v1/i/{infra}/environments/{env}/applications/{app}/hotfix" "application.hotfix_solved" applications::solve;
    get "/api/v1/i/{infra}/environments/{env}/modified" "version.modified" versions::modified;
    post "/api/v1/i/{infra}/environments/{env}/versions" "version.tag_together" versions::tag_together;
    post "/api/v1/i/{infra}/applications" "application.create" applications::create;
    get "/api/v1/i/{infra}/retired-applications" "application.retired" applications::retired;
    get "/api/v1/i/{infra}/applications/{app}" "application.show" applications::show;
    put "/api/v1/i/{infra}/applications/{app}" "application.describe" applications::describe;
    get "/api/v1/i/{infra}/applications/{app}/usage" "application.usage" applications::usage;
    post "/api/v1/i/{infra}/applications/{app}/retire" "application.retire" applications::retire;
    post "/api/v1/i/{infra}/applications/{app}/bring-back" "application.bring_back" applications::bring_back;
    get "/api/v1/i/{infra}/applications/{app}/comparison" "version.compare" versions::compare;
    get "/api/v1/i/{infra}/applications/{app}/versions/{number}" "version.show" versions::show;
    post "/api/v1/i/{infra}/applications/{app}/versions/{number}/again" "version.tag_again" versions::again;
    delete "/api/v1/i/{infra}/applications/{app}/versions/{number}" "version.delete" versions::delete;
    post "/api/v1/i/{infra}/applications/{app}/versions" "application.tag" applications::tag;
    put "/api/v1/i/{infra}/applications/{app}/pipeline" "application.pipeline" applications::assign;
    delete "/api/v1/i/{infra}/applications/{app}/pins/{env}" "application.lift_pin" applications::lift_pin;
    get "/api/v1/i/{infra}/plans" "plan.list" plans::list;
    post "/api/v1/i/{infra}/plans" "plan.make" plans::make;
    get "/api/v1/i/{infra}/plan-candidates" "plan.candidates" plans::candidates;
    get "/api/v1/i/{infra}/promotable" "plan.promotable" plans::promotable;
    get "/api/v1/i/{infra}/plans/{id}" "plan.show" plans::show;
    put "/api/v1/i/{infra}/plans/{id}" "plan.note" plans::note;
    delete "/api/v1/i/{infra}/plans/{id}" "plan.discard" plans::discard;
    post "/api/v1/i/{infra}/plans/{id}/refresh" "plan.refresh" plans::refresh;
    post "/api/v1/i/{infra}/plans/{id}/fill" "plan.fill" plans::fill;
    post "/api/v1/i/{infra}/plans/{id}/reuse" "plan.reuse" plans::reuse;
    put "/api/v1/i/{infra}/plans/{id}/applications/{app}" "plan.edit" plans::edit;
    put "/api/v1/i/{infra}/plans/{id}/applications/{app}/settings/{key}" "plan.setting" settings::plan;
    delete "/api/v1/i/{infra}/plans/{id}/applications/{app}/settings/{key}" "plan.setting_withdraw" settings::withdraw;
    get "/api/v1/i/{infra}/plans/{id}/gates" "plan.gates" gates::of_plan;
    post "/api/v1/i/{infra}/plans/{id}/ask" "plan.ask" gates::ask;
    post "/api/v1/i/{infra}/plans/{id}/check" "plan.check" gates::check;
    post "/api/v1/i/{infra}/plans/{id}/start" "deployment.start" plans::start;
    get "/api/v1/i/{infra}/deployments" "deployment.list" deployments::list;
    get "/api/v1/i/{infra}/deployments/{id}" "deployment.show" deployments::show;
    get "/api/v1/i/{infra}/deployments/{id}/gates" "deployment.gates" gates::of_deployment;
    get "/api/v1/i/{infra}/reviews" "deployment.reviews" gates::reviews;
    post "/api/v1/i/{infra}/deployments/{id}/override" "deployment.override" gates::override_freezes;
    post "/api/v1/i/{infra}/deployments/{id}/continue" "deployment.continue" deployments::go_on;
    post "/api/v1/i/{infra}/deployments/{id}/abort" "deployment.abort" deployments::abort;
    post "/api/v1/i/{infra}/deployments/{id}/retry" "deployment.retry" deployments::retry;
    post "/api/v1/i/{infra}/deployments/{id}/leave-out" "deployment.leave_out" deployments::leave_out;
    post "/api/v1/i/{infra}/deployments/{id}/take-back" "deployment.take_back" deployments::take_back;
    post "/api/v1/i/{infra}/deployments/{id}/roll-back" "deployment.roll_back" deployments::roll_back;
    get "/api/v1/i/{infra}/deployments/{id}/log" "deployment.log" deployments::log;
    get "/api/v1/i/{infra}/deployments/{id}/report" "deployment.report" deployments::report;
    get "/api/v1/i/{infra}/gates" "gate.list" gates::list;
    post "/api/v1/i/{infra}/gates" "gate.add" gates::add;
    delete "/api/v1/i/{infra}/gates/{id}" "gate.remove" gates::remove;
    post "/api/v1/i/{infra}/freezes" "freeze.add" gates::freeze;
    delete "/api/v1/i/{infra}/freezes/{id}" "freeze.end" gates::end_freeze;
    get "/api/v1/i/{infra}/audit" "audit.list" audit::list;
    get "/api/v1/i/{infra}/audit/{id}" "audit.show" audit::entry;
    get "/api/v1/i/{infra}/users" "user.list" users::list;
    post "/api/v1/i/{infra}/users" "user.add" users::create;
    get "/api/v1/i/{infra}/users/{user}" "user.show" users::show;
    put "/api/v1/i/{infra}/users/{user}" "user.change" users::change;
    post "/api/v1/i/{infra}/users/{user}/deactivate" "user.deactivate" users::deactivate;
    post "/api/v1/i/{infra}/users/{user}/reactivate" "user.reactivate" users::reactivate;
    put "/api/v1/i/{infra}/users/{user}/role" "user.role" users::set_role;
    get "/api/v1/i/{infra}/users/{user}/role-preview" "user.role_preview" users::preview;
    get "/api/v1/i/{infra}/users/{user}/failed-sign-ins" "user.failed_sign_ins" users::failed;
    post "/api/v1/i/{infra}/users/{user}/unblock" "user.unblock" users::unblock;
    get "/api/v1/i/{infra}/users/{user}/effective-rights" "user.effective_rights" users::effective;
    get "/api/v1/i/{infra}/users/{user}/second-factor" "user.second_factor" users::second_factor;
    get "/api/v1/i/{infra}/users/{user}/sessions" "user.sessions" users::sessions;
    delete "/api/v1/i/{infra}/users/{user}/sessions" "user.end_sessions" users::end_sessions;
    delete "/api/v1/i/{infra}/users/{user}/sessions/{id}" "user.end_session" users::end_session;
    post "/api/v1/i/{infra}/users/{user}/second-factor/reset" "second_factor.reset" users::reset_second_factor;
    post "/api/v1/i/{infra}/users/{user}/invitation" "invitation.renew" invitations::renew;
    delete "/api/v1/i/{infra}/users/{user}/invitation" "invitation.withdraw" invitations::withdraw;
    get "/api/v1/i/{infra}/invitations" "invitation.list" invitations::list;
    post "/api/v1/i/{infra}/invitations" "invitation.make" invitations::make;
    get "/api/v1/i/{infra}/people/{username}" "user.find" users::find;
    post "/api/v1/i/{infra}/access-review" "user.review" users::begin_review;
    get "/api/v1/i/{infra}/access-review" "user.review_page" users::review;
    post "/api/v1/i/{infra}/access-preview" "access.preview" access::preview;
    get "/api/v1/i/{infra}/applications/{app}/grants" "grant.list" grants::list;
    put "/api/v1/i/{infra}/users/{user}/grants/{app}" "grant.give" grants::give;
    delete "/api/v1/i/{infra}/users/{user}/grants/{app}" "grant.revoke" grants::revoke;
    get "/api/v1/i/{infra}/roles" "role.list" roles::list;
    post "/api/v1/i/{infra}/roles" "role.create" roles::create;
    get "/api/v1/i/{infra}/roles/{role}" "role.show" roles::show;
    put "/api/v1/i/{infra}/roles/{role}" "role.edit" roles::edit;
    put "/api/v1/i/{infra}/roles/{role}/second-factor" "role.second_factor" roles::second_factor;
    get "/api/v1/i/{infra}/second-factors" "role.second_factors" roles::second_factors;
    post "/api/v1/i/{infra}/roles/{role}/delete" "role.delete" roles::delete;
    get "/api/v1/i/{infra}/teams" "team.list" teams::list;
    post "/api/v1/i/{infra}/teams" "team.create" teams::create;
    get "/api/v1/i/{infra}/teams/{team}" "team.show" teams::show;
    put "/api/v1/i/{infra}/teams/{team}" "team.edit" teams::edit;
    delete "/api/v1/i/{infra}/teams/{team}" "team.delete" teams::delete;
    put "/api/v1/i/{infra}/teams/{team}/members/{user}" "team.member" teams::put_member;
    delete "/api/v1/i/{infra}/teams/{team}/members/{user}" "team.member_remove" teams::remove_member;
    put "/api/v1/i/{infra}/teams/{team}/applications/{app}" "team.application_give" teams::give_application;
    delete "/api/v1/i/{infra}/teams/{team}/applications/{app}" "team.application_take" teams::take_application;
    get "/api/v1/i/{infra}/service-accounts" "service_account.list" service_accounts::list;
    post "/api/v1/i/{infra}/service-accounts" "service_account.create" service_accounts::create;
    get "/api/v1/i/{infra}/service-accounts/{user}" "service_account.show" service_accounts::show;
    post "/api/v1/i/{infra}/service-accounts/{user}/tokens" "token.create" tokens::create;
    post "/api/v1/i/{infra}/service-accounts/{user}/tokens/{id}/rotate" "token.rotate" tokens::rotate;
    post "/api/v1/i/{infra}/service-accounts/{user}/tokens/{id}/revoke" "token.revoke" tokens::revoke;
}

/// Changes that have no route, and why. A test refuses an operation that is neither here nor in [`ROUTES`].
pub const NOT_HERE: &[(&str, &str)] = &[
    ("console.set_up", "the first administrator is set up on a screen or on the machine"),
    ("session.sign_in", "a browser's own; programs have tokens"),
    ("session.sign_out", "a browser's own; programs have tokens"),
    ("session.end", "a person's own sessions; a service account has none"),
    ("session.end_others", "a person's own sessions; a service account has none"),
    ("user.change_own_password", "a person's own password; a service account has none"),
    ("session.list", "a person's own sessions; a service account has none"),
    (
        "application.find",
        "a form's choice for a team or a user, with what stands against each; the matrix lists and searches them all",
    ),
    (
        "team.find_people",
        "a form's choice for a team, with what stands against each; user.list searches them all",
    ),
    ("application.creation", "what a form offers; the same is checked when it is created, and told by field"),
    ("live.watch", "pages keep themselves up to date by it"),
    ("package.fetch", "a Platform Server's own, in its protocol"),
    ("server.answer", "a Platform Server's own, in its protocol"),
    ("server.enrolment", "a Platform Server's own, in its protocol"),
    ("server.next_key", "a Platform Server's own, in its protocol"),
    ("server.rotate_key", "a Platform Server's own, in its protocol"),
    ("server.who_controls", "a Platform Server's own, in its protocol"),
    ("server.sync", "a Platform Server's own, in its protocol"),
    ("session.first_step", "a browser's own; programs have tokens"),
    ("session.second_step", "a browser's own; programs have tokens"),
    ("session.prove", "a browser's own; programs have tokens"),
    ("invitation.open", "for somebody who holds a link, in a browser"),
    ("invitation.accept", "for somebody who holds a link, in a browser"),
    ("user.change_own", "a person's own profile; a service account is changed as a user"),
    ("second_factor.show", "a person's own second factor; a service account has none"),
    ("second_factor.begin", "a person's own second factor; a service account has none"),
    ("second_factor.enrolment", "a person's own second factor; a service account has none"),
    ("second_factor.confirm", "a person's own second factor; a service account has none"),
    ("second_factor.remove", "a person's own second factor; a service account has none"),
    ("second_factor.recovery", "a person's own second factor; a service account has none"),
    ("second_factor.passkey", "a person's own second factor; a service account has none"),
    ("second_factor.passkey_add", "a person's own second factor; a service account has none"),
    ("second_factor.passkey_remove", "a person's own second factor; a service account has none"),
    ("request.too_large", "an entry of the console about a request"),
    ("request.refused", "an entry of the console about a request"),
    ("token.refused", "an entry of the console about a token"),
    ("server.enrol", "a Platform Server's own, in its protocol"),
    ("server.identify", "a Platform Server's own, in its protocol"),
    ("deployment.finish", "the engine's own"),
    ("deployment.expire", "the engine's own"),
    ("deployment.refuse", "the engine's own"),
    ("deployment.catch_up", "the engine's own"),
    ("plan.approve", "a person's own word, given after signing in; a service account never counts"),
    ("plan.reject", "a person's own word, given after signing in; a service account never counts"),
    ("deployment.review", "a person's own word, given after signing in; a service account never counts"),
    ("plan.waiting", "what waits for a person's own word; nothing waits for a service account"),
    ("infrastructure.manage", "whether a page offers a button; what a caller may do is told by what they do"),
    (
        "environment.registration",
        "what a form offers; the same is checked when it is registered, and told by field",
    ),
];

/// How many bytes a body that is sent to an address may have.
fn most(path: &str) -> usize {
    if path.ends_with("/architecture") || path.ends_with("/architecture/compare") {
        FILE_BYTES
    } else {
        BODY_BYTES
    }
}

/// The routes with their limits. There is no session here: a cookie says nothing to them.
pub fn router() -> Router<Web> {
    all().layer(DefaultBodyLimit::max(BODY_BYTES))
}
