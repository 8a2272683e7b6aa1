//! What an audited operation is called by people: done, or only tried.

use super::icons::Icon;

/// Each operation, as what somebody did and as what somebody tried to do.
const ACTS: &[(&str, &str, &str)] = &[
    ("application.block", "Blocked an application", "block an application"),
    ("application.bring_back", "Brought an application back", "bring an application back"),
    ("application.create", "Created an application", "create an application"),
    ("application.describe", "Renamed or described an application", "rename or describe an application"),
    ("application.hotfix_solved", "Marked a hotfix as solved", "mark a hotfix as solved"),
    ("application.lift_pin", "Lifted a pin", "lift a pin"),
    ("application.pipeline", "Assigned an application to a pipeline", "assign an application to a pipeline"),
    ("application.publish", "Published a package", "publish a package"),
    ("application.retire", "Retired an application", "retire an application"),
    ("application.tag", "Tagged a version", "tag a version"),
    ("application.unblock", "Lifted the block of an application", "lift the block of an application"),
    ("application.verify", "Reported a test", "report a test"),
    ("application.zone", "Chose a deployment zone", "choose a deployment zone"),
    ("architecture.accept", "Accepted a finding", "accept a finding"),
    ("architecture.apply", "Changed the architecture", "change the architecture"),
    ("architecture.withdraw", "Withdrew an exception", "withdraw an exception"),
    ("console.set_up", "Set up the console", "set up the console"),
    ("database.check", "Tested a database", "test a database"),
    ("deployment.abort", "Aborted a deployment", "abort a deployment"),
    ("deployment.catch_up", "Brought a front-end up to date", "bring a front-end up to date"),
    ("deployment.continue", "Let a deployment go on", "let a deployment go on"),
    ("deployment.expire", "Ended a deployment whose time was over", "end a deployment whose time was over"),
    ("deployment.finish", "Finished a deployment", "finish a deployment"),
    ("deployment.leave_out", "Left a front-end out of a deployment", "leave a front-end out of a deployment"),
    ("deployment.override", "Overrode a freeze", "override a freeze"),
    ("deployment.refuse", "Ended one whose target had changed", "end one whose target had changed"),
    ("deployment.retry", "Had a failed step tried again", "have a failed step tried again"),
    ("deployment.review", "Reviewed an override", "review an override"),
    ("deployment.roll_back", "Rolled a deployment back", "roll a deployment back"),
    ("deployment.start", "Started a deployment", "start a deployment"),
    ("deployment.take_back", "Had a deployment taken back", "have a deployment taken back"),
    ("environment.change", "Changed an environment", "change an environment"),
    ("environment.create", "Registered an environment", "register an environment"),
    ("environment.leave", "Took an environment out", "take an environment out"),
    ("environment.maintenance_begin", "Began a maintenance", "begin a maintenance"),
    ("environment.maintenance_end", "Ended a maintenance", "end a maintenance"),
    ("freeze.add", "Added a freeze", "add a freeze"),
    ("freeze.end", "Ended a freeze", "end a freeze"),
    ("gate.add", "Added a gate", "add a gate"),
    ("gate.remove", "Removed a gate", "remove a gate"),
    ("grant.give", "Granted a role on an application", "grant a role on an application"),
    ("grant.revoke", "Revoked a grant on an application", "revoke a grant on an application"),
    ("infrastructure.change", "Changed an infrastructure", "change an infrastructure"),
    ("infrastructure.create", "Created an infrastructure", "create an infrastructure"),
    ("invitation.accept", "Accepted an invitation", "accept an invitation"),
    ("invitation.make", "Invited an IT user", "invite an IT user"),
    ("invitation.open", "Opened the link of an invitation", "open the link of an invitation"),
    ("invitation.renew", "Made a new link for an IT user", "make a new link for an IT user"),
    ("invitation.withdraw", "Withdrew an invitation", "withdraw an invitation"),
    ("package.fetch", "Fetched a package", "fetch a package"),
    ("part.add", "Added a part of the architecture", "add a part of the architecture"),
    ("part.change", "Changed a part of the architecture", "change a part of the architecture"),
    ("part.remove", "Took a part of the architecture out", "take a part of the architecture out"),
    ("pipeline.change", "Changed a pipeline", "change a pipeline"),
    ("pipeline.create", "Made a pipeline", "make a pipeline"),
    ("pipeline.delete", "Deleted a pipeline", "delete a pipeline"),
    ("plan.approve", "Approved a plan", "approve a plan"),
    ("plan.ask", "Asked for the approval of a plan", "ask for the approval of a plan"),
    ("plan.check", "Had the stage before of a plan checked", "have the stage before of a plan checked"),
    ("plan.discard", "Discarded a plan", "discard a plan"),
    ("plan.edit", "Changed what a plan does", "change what a plan does"),
    ("plan.fill", "Filled up a plan", "fill up a plan"),
    ("plan.make", "Made a plan", "make a plan"),
    ("plan.note", "Changed a plan's name or notes", "change a plan's name or notes"),
    ("plan.refresh", "Refreshed a plan", "refresh a plan"),
    ("plan.reject", "Rejected a plan", "reject a plan"),
    ("plan.reuse", "Made a plan out of another", "make a plan out of another"),
    ("plan.setting", "Set a value in a plan", "set a value in a plan"),
    ("plan.setting_withdraw", "Took a value out of a plan", "take a value out of a plan"),
    ("request.refused", "Sent a request from another site", "send a request from another site"),
    ("request.too_large", "Sent a form that is too large", "send a form that is too large"),
    ("role.create", "Made a role", "make a role"),
    ("role.delete", "Deleted a role", "delete a role"),
    ("role.edit", "Changed a role", "change a role"),
    ("role.second_factor", "Set what a role asks at sign-in", "set what a role asks at sign-in"),
    ("second_factor.begin", "Began an authenticator app", "begin an authenticator app"),
    ("second_factor.confirm", "Set up an authenticator app", "set up an authenticator app"),
    ("second_factor.passkey_add", "Added a passkey", "add a passkey"),
    ("second_factor.passkey_remove", "Removed a passkey", "remove a passkey"),
    ("second_factor.recovery", "Made new recovery codes", "make new recovery codes"),
    ("second_factor.remove", "Removed their authenticator app", "remove their authenticator app"),
    ("second_factor.reset", "Reset the second factor of an IT user", "reset the second factor of an IT user"),
    ("server.change", "Changed a front-end server", "change a front-end server"),
    ("server.confirm", "Confirmed a Platform Server", "confirm a Platform Server"),
    ("server.create", "Registered a front-end server", "register a front-end server"),
    ("server.enrol", "Enrolled a Platform Server", "enrol a Platform Server"),
    ("server.enrolment_code", "Made an enrolment code", "make an enrolment code"),
    ("server.identify", "Proved which server it is", "prove which server it is"),
    ("server.leave", "Took a front-end server out", "take a front-end server out"),
    ("server.make_controller", "Chose the deployment controller", "choose the deployment controller"),
    ("server.next_key", "Brought its next key", "bring its next key"),
    ("server.refuse", "Refused a Platform Server", "refuse a Platform Server"),
    ("server.revoke", "Revoked a Platform Server", "revoke a Platform Server"),
    ("server.rotate_key", "Signs with a new key", "sign with a new key"),
    ("service_account.create", "Made a service account", "make a service account"),
    ("session.end", "Ended one of their sessions", "end a session"),
    ("session.end_others", "Ended their other sessions", "end their other sessions"),
    ("session.first_step", "Gave the right password", "give the right password"),
    ("session.prove", "Proved again who they are", "prove again who they are"),
    ("session.second_step", "Gave the second factor", "give the second factor"),
    ("session.sign_in", "Signed in", "sign in"),
    ("session.sign_out", "Signed out", "sign out"),
    ("setting.apply", "Applied settings", "apply settings"),
    ("setting.clear", "Went back to the default of a setting", "go back to the default of a setting"),
    ("setting.set", "Set a setting", "set a setting"),
    ("team.application_give", "Gave an application to a team", "give an application to a team"),
    ("team.application_take", "Took an application from a team", "take an application from a team"),
    ("team.create", "Made a team", "make a team"),
    ("team.delete", "Deleted a team", "delete a team"),
    ("team.edit", "Changed a team", "change a team"),
    ("team.member", "Set the role of a team's member", "set the role of a team's member"),
    ("team.member_remove", "Took somebody out of a team", "take somebody out of a team"),
    ("timer.run", "Ran a timer", "run a timer"),
    ("token.create", "Made a token", "make a token"),
    ("token.refused", "Used a bad token", "use a bad token"),
    ("token.revoke", "Revoked a token", "revoke a token"),
    ("token.rotate", "Rotated a token", "rotate a token"),
    ("tool.check", "Checked a tool", "check a tool"),
    ("user.add", "Added an IT user", "add an IT user"),
    ("user.change", "Changed an IT user", "change an IT user"),
    ("user.change_own", "Changed their own profile", "change their own profile"),
    ("user.change_own_password", "Changed their password", "change their password"),
    ("user.deactivate", "Deactivated an IT user", "deactivate an IT user"),
    ("user.end_session", "Ended an IT user's session", "end an IT user's session"),
    ("user.end_sessions", "Ended all sessions of an IT user", "end all sessions of an IT user"),
    ("user.reactivate", "Let an IT user in again", "let an IT user in again"),
    ("user.review", "Downloaded the access review", "download the access review"),
    ("user.role", "Gave an IT user another default role", "give an IT user another default role"),
    ("user.unblock", "Unblocked an IT user", "unblock an IT user"),
    ("version.delete", "Deleted a version", "delete a version"),
    ("version.tag_again", "Tagged an older version again", "tag an older version again"),
    ("version.tag_together", "Tagged several applications", "tag several applications"),
];

/// An act in a few words, such as `Tagged a version` or `Tried to tag a version`.
#[must_use]
pub fn act(operation: &str, outcome: &str) -> String {
    match ACTS.iter().find(|(name, ..)| *name == operation) {
        Some((_, done, _)) if outcome == "done" => (*done).to_owned(),
        Some((_, _, tried)) => format!("Tried to {tried}"),
        None => operation.to_owned(),
    }
}

/// Who did what as one line, such as `Ines Duarte tagged a version`.
#[must_use]
pub fn line(who: &str, operation: &str, outcome: &str) -> String {
    let act = act(operation, outcome);
    let mut letters = act.chars();
    let begun = letters.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    format!("{who} {begun}{}", letters.as_str())
}

/// The drawing of a kind of object.
#[must_use]
pub fn object(kind: &str) -> Icon {
    match kind {
        "application" => Icon::Package,
        "version" => Icon::Tag,
        "plan" => Icon::Plan,
        "deployment" => Icon::Up,
        "environment" | "server" => Icon::Server,
        "database_server" | "catalog" | "external_database" => Icon::Database,
        "data_center" | "load_balancer" | "zone" | "tool" => Icon::Layers,
        "user" | "role" | "team" => Icon::People,
        "infrastructure" => Icon::Link,
        _ => Icon::Lock,
    }
}

/// What kind of actor it was, in words and as a drawing.
#[must_use]
pub const fn actor(kind: &str) -> (&'static str, Icon) {
    match kind.as_bytes() {
        b"user" => ("IT user", Icon::Person),
        b"local_operator" => ("at the console's machine", Icon::Person),
        b"platform_server" => ("Platform Server", Icon::Server),
        b"console" => ("the console's engine", Icon::Lock),
        _ => ("not signed in", Icon::Ban),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_was_only_tried() {
        assert_eq!(act("application.tag", "done"), "Tagged a version");
        assert_eq!(act("application.tag", "denied"), "Tried to tag a version");
        assert_eq!(line("Ines Duarte", "application.tag", "failed"), "Ines Duarte tried to tag a version");
        assert_eq!(act("future.thing", "done"), "future.thing");
    }

    #[test]
    fn operations_stand_once_and_in_order() {
        assert!(ACTS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
