//! Every address as every kind of person, compared with one reviewed table. An address that is not in the table fails.

use crate::common::{MULTIPART, Served, client, flash, package, part};
use app::flash::FlashTone;
use domain::access::Rights;
use domain::id::UserId;
use leptos::server_fn::axum::server_fn_paths;
use operations::{
    AuditQuery, Caller, NewToken, NewUser, PartAt, PipelineInput, RoleInput, TimeQuery, UserQuery,
};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, Response};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Addresses that are no pages of `app` and no server functions.
const OTHERS: [(&str, &str); 35] = [
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("POST", "/set-up"),
    ("POST", "/sign-in/second"),
    ("POST", "/sign-in/passkey"),
    ("POST", "/invitation"),
    ("POST", "/prove"),
    ("POST", "/prove/passkey"),
    ("POST", "/second-factor/confirm"),
    ("POST", "/second-factor/recovery"),
    ("POST", "/second-factor/passkey"),
    ("POST", "/second-factor/passkeys"),
    ("POST", "/i/{infra}/users/invite"),
    ("POST", "/i/{infra}/users/renew-invitation"),
    ("POST", "/i/{infra}/service-accounts/{id}/tokens"),
    ("POST", "/i/{infra}/service-accounts/{id}/rotate"),
    ("POST", "/i/{infra}/environments/{env}/publish"),
    ("POST", "/i/{infra}/architecture/compare"),
    ("POST", "/i/{infra}/architecture/apply"),
    ("POST", "/i/{infra}/environments/register"),
    ("POST", "/i/{infra}/environments/{env}/servers"),
    ("POST", "/i/{infra}/environments/{env}/servers/code"),
    ("GET", "/i/{infra}/architecture/file"),
    ("GET", "/i/{infra}/deployments/{id}/log"),
    ("GET", "/i/{infra}/deployments/{id}/report"),
    ("GET", "/i/{infra}/users/review.csv"),
    ("GET", "/live"),
    ("POST", "/agent/v1/enrol"),
    ("POST", "/agent/v1/sync"),
    ("POST", "/agent/v1/answers/{id}"),
    ("POST", "/agent/v1/who-controls"),
    ("POST", "/agent/v1/next-key"),
    ("POST", "/agent/v1/enrolment"),
    ("GET", "/agent/v1/packages/{sha256}"),
    ("GET", "/health"),
];

/// A setting of the application of each kind of person.
const MOOD: &str = "[[settings]]\nkey = \"mood\"\nname = \"Mood\"\nkind = \"text\"\ndefault = \"calm\"\n";

/// What one kind of person finds at the addresses: everything that an address can name is there.
struct Things {
    /// An application in Development with a revision that has no number yet.
    app: String,
    /// A plan from Development to Test.
    plan: String,
    digest: String,
    deployment: String,
    entry: String,
    sha256: String,
    /// A user whom everybody tries to change.
    user: String,
    /// The role Reader.
    role: String,
    /// A service account and a good token of it, by their identities.
    account: UserId,
    token: String,
    access: Access,
}

/// Two roles and two teams, one of each to be deleted, and the user that forms about people name.
struct Access {
    roles: [String; 2],
    teams: [String; 2],
    ron: String,
}

impl Access {
    async fn new(served: &Served, person: &str) -> Self {
        let console = &served.running.console;
        let local = Caller::local_operator();
        let (mut roles, mut teams) = (Vec::new(), Vec::new());
        for which in ["Kept", "Spare"] {
            let name = format!("{which} {person}");
            let environments = ["dev", "test"].map(|key| (key.to_owned(), Rights::level(2))).into();
            let input = RoleInput { name: name.clone(), environments, ..RoleInput::default() };
            roles.push(console.create_role(&local, "harbour", &input).await.unwrap().to_string());
            teams.push(console.create_team(&local, "harbour", &name, "").await.unwrap().to_string());
        }
        let users = console.users(&local, "harbour", &UserQuery::default()).await.unwrap().users.rows;
        let ron = users.iter().find(|user| user.username == "ron").unwrap().id.to_string();
        Self { roles: roles.try_into().unwrap(), teams: teams.try_into().unwrap(), ron }
    }

    /// The fields of a form about roles, teams and grants.
    fn body(&self, app: &str, address: &str) -> Option<String> {
        let Self { roles: [role, spare], teams: [team, going], ron } = self;
        let draft = |name: &str| {
            let json = format!(
                r#"{{"name":"{name}","description":"","environments":{{"dev":1,"test":1}},"wide":0,"new":null}}"#
            );
            app::context::encoded(&json)
        };
        Some(match address {
            "/do/roles/create" => format!("infra=harbour&draft={}", draft(&format!("New {app}"))),
            "/do/roles/edit" => {
                format!("infra=harbour&role={role}&draft={}", draft(&format!("Edited {app}")))
            }
            "/do/roles/delete" => format!("infra=harbour&role={spare}&substitute="),
            "/do/teams/create" => format!("infra=harbour&name=New+{app}&description="),
            "/do/teams/edit" => format!("infra=harbour&team={team}&name=Edited+{app}&description="),
            "/do/teams/delete" => format!("infra=harbour&team={going}"),
            "/do/teams/give-application" | "/do/teams/take-application" => {
                format!("infra=harbour&team={team}&app={app}")
            }
            "/do/teams/put-member" => format!("infra=harbour&team={team}&user={ron}&role={role}"),
            "/do/teams/remove-member" => format!("infra=harbour&team={team}&user={ron}"),
            "/do/applications/grant" => format!("infra=harbour&app={app}&user={ron}&role={role}"),
            "/do/applications/revoke" => format!("infra=harbour&app={app}&user={ron}"),
            _ => return None,
        })
    }
}

impl Things {
    async fn new(served: &Served, person: &str) -> Self {
        let console = &served.running.console;
        let local = Caller::local_operator();
        let app = format!("desk-{}", person.replace(' ', "-"));
        // A version that is gone on from, and a content that has no number yet.
        served.published_with(&app, MOOD, "before").await;
        console.tag(&local, "harbour", &app, "dev", "0.5.0", "").await.unwrap();
        let sha256 = served.published_with(&app, MOOD, person).await.to_string();
        let deployment = console.deployments(&local, "harbour", &TimeQuery::default()).await.unwrap().rows[0]
            .id
            .to_string();
        let log = console.audit(&local, "harbour", &AuditQuery::default()).await.unwrap();
        let entry = log.entries.rows[0].id.to_string();
        let (plan, digest) = (String::new(), String::new());
        let new = NewUser {
            username: format!("subject.{}", person.replace(' ', ".")),
            name: format!("Subject of {person}"),
            email: String::new(),
            role: "Reader".into(),
            infrastructure: None,
            password: Some(crate::common::PASSWORD.into()),
        };
        let user = console.add_user(&local, new).await.unwrap().user.to_string();
        let roles = console.roles(&local, "harbour").await.unwrap().roles;
        let role = roles.iter().find(|role| role.name == "Reader").unwrap().id;
        let program = format!("program.{}", person.replace(' ', "."));
        let account =
            console.create_service_account(&local, "harbour", &program, &program, role).await.unwrap();
        let (role, token) = (role.to_string(), String::new());
        let access = Access::new(served, person).await;
        let quay = PartAt { kind: "data_center".into(), key: "quay".into(), ..PartAt::default() };
        // It may be there from the person before.
        let _ = console.add_part(&local, "harbour", &quay, &[("name".into(), "Quay".into())].into()).await;
        let mut things =
            Self { app, plan, digest, deployment, entry, sha256, user, role, account, token, access };
        things.new_plan(served).await;
        things
    }

    async fn new_plan(&mut self, served: &Served) {
        let console = &served.running.console;
        let local = Caller::local_operator();
        let plan = console
            .make_plan(&local, "harbour", "dev", "test", std::slice::from_ref(&self.app))
            .await
            .unwrap();
        self.digest = console.plan(&local, "harbour", plan).await.unwrap().digest;
        self.plan = plan.to_string();
    }

    async fn new_token(&mut self, served: &Served) {
        let new = NewToken { name: "Spare".into(), scopes: Vec::new(), days: 1 };
        let (console, local) = (&served.running.console, Caller::local_operator());
        self.token = console.create_token(&local, "harbour", self.account, new).await.unwrap().id.to_string();
    }

    fn path(&self, address: &str) -> String {
        let account = self.account.to_string();
        let id = match address {
            _ if address.contains("/service-accounts/") => &account,
            _ if address.contains("/deployments/") => &self.deployment,
            _ if address.contains("/audit/") => &self.entry,
            _ if address.contains("/users/") => &self.user,
            _ if address.contains("/roles/") => &self.access.roles[0],
            _ if address.contains("/teams/") => &self.access.teams[0],
            _ => &self.plan,
        };
        let (kind, key) =
            if address.contains("/environments/") { ("zone", "default") } else { ("data_center", "quay") };
        [
            ("{kind}", kind),
            ("{key}", key),
            (":infra", "harbour"),
            ("{infra}", "harbour"),
            (":env", "dev"),
            ("{env}", "dev"),
            (":server", "dev-1"),
            ("{server}", "dev-1"),
            ("{pipeline}", "short"),
            (":app", &self.app),
            ("{app}", &self.app),
            ("{number}", "0.5.0"),
            ("{timer}", "tidy"),
            (":id", id),
            ("{id}", id),
            ("{sha256}", &self.sha256),
            ("/live", "/live?topic=infrastructure:harbour"),
        ]
        .into_iter()
        .fold(address.to_owned(), |path, (name, value)| path.replace(name, value))
    }

    /// What is sent to an address, and as what.
    fn body(&self, served: &Served, address: &str) -> (&'static str, Vec<u8>) {
        const FORM: &str = "application/x-www-form-urlencoded";
        let Self { app, plan, digest, user, role, account, token, .. } = self;
        let form = |fields: String| (FORM, fields.into_bytes());
        if let Some(fields) = self.access.body(app, address) {
            return form(fields);
        }
        if let Some((kind, body)) = crate::controllers::body(address) {
            return (kind, body.as_bytes().to_vec());
        }
        match address {
            "/sign-in" => form("username=ada&password=not+the+password".into()),
            "/set-up" => form("code=AAAA-AAAA-AAAA&username=x&name=X&email=&password=long+enough+a+one".into()),
            "/do/applications/block" => form(format!("infra=harbour&app={app}&env=test&reason=Later")),
            "/do/applications/unblock" => form(format!("infra=harbour&app={app}&env=test")),
            // Nothing of it is a hotfix, so there is nothing to solve.
            "/do/applications/solve" => form(format!("infra=harbour&app={app}&env=dev&reason=Merged")),
            "/do/applications/create" => form(format!(
                "infra=harbour&wanted%5Benvironment%5D=dev&wanted%5Bkey%5D=new-{app}&wanted%5Bname%5D=New+{app}&wanted%5Bkind%5D=web"
            )),
            "/do/applications/describe" => form(format!("infra=harbour&app={app}&name=App+{app}&description=")),
            // It runs in Development.
            "/do/applications/retire" => form(format!("infra=harbour&app={app}&reason=Old")),
            "/do/applications/bring-back" => form(format!("infra=harbour&app={app}")),
            "/do/versions/again" => form(format!("infra=harbour&app={app}&older=0.5.0&env=dev")),
            "/do/versions/delete" => form(format!("infra=harbour&app={app}&number=0.5.0")),
            "/do/versions/together" => form(format!("infra=harbour&env=dev&chosen%5B0%5D={app}")),
            "/do/applications/tag" => form(format!("infra=harbour&app={app}&env=dev&number=1.0.0&change_log=")),
            // A file that is none: the architecture stays as the other addresses expect it.
            "/i/{infra}/architecture/compare" | "/i/{infra}/architecture/apply" => form("file=x&expected=0".into()),
            "/do/architecture/accept" => {
                form("infra=harbour&rule=A10&path=nowhere&reason=Later&expires_at=2030-01-01".into())
            }
            "/do/connections/check-tool" => form("infra=harbour&tool=builds".into()),
            "/do/connections/test-database" => form("infra=harbour&place=database_servers/ledger".into()),
            "/do/architecture/withdraw" => form("infra=harbour&rule=A10&path=nowhere".into()),
            // No purpose: the infrastructure stays as the other addresses expect it.
            "/i/{infra}/environments/register" => form(format!("name=New+{app}&purpose=play&topology=standalone")),
            "/do/infrastructures/create" => form(format!(
                "infra=harbour&wanted%5Bname%5D=Quay+{app}&wanted%5Bkey%5D=quay-{app}&wanted%5Bhosting%5D=on_premises"
            )),
            "/do/infrastructures/change" => form("infra=harbour&name=Harbour&hosting=on_premises".into()),
            "/do/pipelines/create" => {
                form(format!("infra=harbour&key=line-{app}&name=Line+{app}&stages%5B0%5D=dev&stages%5B1%5D=test"))
            }
            "/do/pipelines/change" => form("infra=harbour&key=short&name=Short&stages%5B0%5D=dev&stages%5B1%5D=test".into()),
            "/do/pipelines/delete" => form("infra=harbour&key=short".into()),
            "/do/parts/add" => form(format!("infra=harbour&kind=data_center&fields%5Bname%5D=Dock+{app}")),
            "/do/parts/change" => form("infra=harbour&kind=data_center&key=quay&fields%5Bname%5D=Quay".into()),
            // It is the default zone.
            "/do/parts/remove" => form("infra=harbour&env=dev&kind=zone&key=default".into()),
            // Development is standalone and has its front-end.
            "/i/{infra}/environments/{env}/servers" => form("name=dev-2".into()),
            "/i/{infra}/environments/{env}/servers/code" => form("server=dev-1".into()),
            "/do/environments/change" => form(
                "infra=harbour&env=test&wanted%5Bname%5D=Test&wanted%5Bpurpose%5D=test&wanted%5Btopology%5D=standalone&wanted%5Baddress%5D=&wanted%5Bafter%5D=dev".into(),
            ),
            "/do/environments/change-server" => form(
                "infra=harbour&env=test&server=test-1&wanted%5Bname%5D=test-1&wanted%5Bhost%5D=&wanted%5Bdata_center%5D=&wanted%5Bzones%5D%5B0%5D=default&wanted%5Bservices%5D%5B0%5D=deployment_controller&wanted%5Bservices%5D%5B1%5D=deployment&wanted%5Bservices%5D%5B2%5D=scheduler&wanted%5Bservices%5D%5B3%5D=server_api&wanted%5Bservices%5D%5B4%5D=server_identity".into(),
            ),
            "/do/environments/leave-server" => form("infra=harbour&env=test&server=test-1".into()),
            "/do/environments/leave" => form("infra=harbour&env=dev".into()),
            path if path.starts_with("/do/environments/") => form("infra=harbour&env=test&reason=New+disks".into()),
            "/do/applications/pipeline" => form(format!("infra=harbour&app={app}&pipeline=")),
            "/do/applications/zone" => form(format!("infra=harbour&app={app}&env=dev&zone=")),
            "/do/deployments/decide" => form(format!("infra=harbour&deployment={}&decision=retry", self.deployment)),
            "/do/deployments/roll-back" => {
                form(format!("infra=harbour&deployment={}&digest=0&reason=It+hangs.", self.deployment))
            }
            "/do/gates/add" => form("infra=harbour&kind=soak&wanted%5Bplace%5D=environment%3Adev&wanted%5Bnumber%5D=1".into()),
            // None of these is there.
            "/do/gates/remove" => form(format!("infra=harbour&gate={plan}")),
            "/do/gates/end-freeze" => form(format!("infra=harbour&freeze={plan}")),
            // It ended long ago: nothing is to stand still for the other addresses.
            "/do/gates/freeze" => form("infra=harbour&place=&from=2020-01-01T00%3A00&until=2020-01-02T00%3A00&time_zone=UTC&reason=Long+ago".into()),
            "/do/plans/ask" | "/do/plans/check" => form(format!("infra=harbour&plan={plan}")),
            "/do/plans/decide" => form(format!("infra=harbour&plan={plan}&digest={digest}&decision=approve")),
            path if path.starts_with("/do/deployments/") => {
                form(format!("infra=harbour&deployment={}", self.deployment))
            }
            "/do/applications/lift-pin" => form(format!("infra=harbour&app={app}&env=dev")),
            "/do/plans/refresh" | "/do/plans/reuse" => form(format!("infra=harbour&plan={plan}")),
            "/do/plans/fill" => form(format!("infra=harbour&plan={plan}&what=differing")),
            "/do/plans/make" => form(format!("infra=harbour&from=dev&to=test&applications%5B0%5D={app}")),
            "/do/plans/edit" => form(format!("infra=harbour&plan={plan}&app={app}&operation=undeploy")),
            "/do/plans/note" => form(format!("infra=harbour&plan={plan}&name=Named&notes=")),
            "/do/plans/start" => form(format!("infra=harbour&plan={plan}&digest={digest}")),
            "/do/settings/set" => form(format!(
                "infra=harbour&env=dev&app={app}&wanted%5Bkey%5D=mood&wanted%5Bvalue%5D=brisk&wanted%5Bplain%5D=true"
            )),
            "/do/settings/clear" => form(format!("infra=harbour&env=dev&app={app}&key=mood")),
            "/do/timers/run" => form(format!("infra=harbour&env=dev&app={app}&timer=tidy")),
            "/do/settings/apply" => form(format!("infra=harbour&env=dev&app={app}")),
            "/do/plans/setting" => form(format!(
                "infra=harbour&plan={plan}&app={app}&wanted%5Bkey%5D=mood&wanted%5Bvalue%5D=brisk&wanted%5Bplain%5D=true"
            )),
            "/do/plans/withdraw-setting" => form(format!("infra=harbour&plan={plan}&app={app}&key=mood")),
            "/do/plans/discard" => form(format!("infra=harbour&plan={plan}")),
            "/sign-in/second" | "/second-factor/confirm" => form("code=000000".into()),
            "/prove" => form("password=not+mine".into()),
            "/invitation" => form("token=0&password=seven+swans+on+the+cut&again=seven+swans+on+the+cut".into()),
            "/i/{infra}/users/invite" => form(format!("username={app}&name=Ines&email=&role={}", self.role)),
            "/i/{infra}/users/renew-invitation" => form(format!("user={}", self.user)),
            "/do/users/reset-second-factor" => form(format!("infra=harbour&user={}", self.user)),
            "/do/roles/second-factor" => form(format!("infra=harbour&role={}&asks=false", self.role)),
            "/do/second-factor/remove-passkey" => form(format!("passkey={plan}")),
            "/do/profile/end-session" => form("session=0".into()),
            "/do/profile/password" => form("old=not+mine&new=seven+swans+on+the+cut&again=seven+swans+on+the+cut".into()),
            "/do/profile/change" => form("name=Somebody&email=&time_zone=UTC&theme=system".into()),
            "/do/users/create" => form(format!(
                "infra=harbour&username=new&name=New&email=&role={role}&password=seven+swans+on+the+cut"
            )),
            "/do/users/change" => form(format!("infra=harbour&user={user}&name=Changed&email=")),
            "/do/users/role" => form(format!("infra=harbour&user={user}&role={role}&reason=")),
            "/do/users/end-session" => form(format!("infra=harbour&user={user}&session=0")),
            "/do/service-accounts/create" => {
                form(format!("infra=harbour&username=robot.{app}&name=Robot&role={role}"))
            }
            "/do/service-accounts/revoke" => form(format!("infra=harbour&account={account}&token={token}")),
            path if path.starts_with("/do/service-accounts/") => {
                form(format!("infra=harbour&account={account}"))
            }
            "/i/{infra}/service-accounts/{id}/tokens" => form("name=New&days=1&people=on".into()),
            "/i/{infra}/service-accounts/{id}/rotate" => {
                form(format!("token={token}&days=1&overlap_hours=1"))
            }
            path if path.starts_with("/do/users/") => form(format!("infra=harbour&user={user}")),
            "/i/{infra}/environments/{env}/publish" => {
                let file = std::fs::read(package(&served.folder, app, "sent by a form")).unwrap();
                (MULTIPART, part("package", &file))
            }
            "/agent/v1/enrol" => (
                "application/json",
                br#"{"protocol":1,"code":"AAAA-AAAA-AAAA","public_key":"0","version":"test"}"#.to_vec(),
            ),
            _ => (FORM, Vec::new()),
        }
    }
}

/// The status, and what a form's answer says: led to signing in, denied for want of a right, or refused for another reason.
fn words(answer: &Response) -> String {
    let status = answer.status().as_u16();
    let place = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
    match flash(answer) {
        Some(flash) if flash.tone == FlashTone::Done => format!("{status} done"),
        _ if place.starts_with("/sign-in") => format!("{status} sign-in"),
        Some(flash) if flash.sentence.starts_with("You cannot") => format!("{status} denied"),
        Some(flash) if flash.tone == FlashTone::Refused => format!("{status} refused"),
        _ => status.to_string(),
    }
}

/// Every address, with its method.
fn addresses(served: &Served) -> BTreeSet<(String, String)> {
    let options = served.configuration.leptos();
    let mut addresses: BTreeSet<(String, String)> =
        OTHERS.iter().map(|(m, p)| ((*m).into(), (*p).into())).collect();
    for page in leptos_axum::generate_route_list(move || app::shell::shell(options.clone())) {
        addresses.insert(("GET".into(), page.path().to_owned()));
    }
    for (path, method) in server_fn_paths() {
        assert_eq!(method, Method::POST.as_str(), "{path} changes something, so it is a POST (ASVS 3.5.3)");
        addresses.insert(("POST".into(), path.to_owned()));
    }
    addresses
}

/// One kind of person: who signs in, or who signs.
#[derive(Clone, Copy)]
enum Kind {
    Anonymous,
    User(&'static str),
    PlatformServer,
}

#[tokio::test]
async fn who_may_ask_for_what() {
    let served = Served::start().await;
    let kinds = [
        ("anonymous", Kind::Anonymous),
        ("reader", Kind::User("ron")),
        ("developer", Kind::User("dev")),
        ("administrator", Kind::User("ada")),
        ("platform server", Kind::PlatformServer),
    ];
    let addresses = addresses(&served);
    let mut table: Vec<String> =
        addresses.iter().map(|(method, address)| format!("{method}\t{address}")).collect();
    // Not compared, but of use to who reviews the table.
    let mut told = String::new();
    let mut head = "method\taddress".to_owned();
    for (name, kind) in kinds {
        let _ = write!(head, "\t{name}");
        let mut things = Things::new(&served, name).await;
        for ((method, address), line) in addresses.iter().zip(&mut table) {
            if address.starts_with("/do/plans/") {
                things.new_plan(&served).await;
            }
            if address.starts_with("/do/settings/") {
                let local = Caller::local_operator();
                let set = served.running.console.set_setting(
                    &local,
                    "harbour",
                    "dev",
                    &things.app,
                    "mood",
                    "stormy",
                );
                set.await.unwrap();
            }
            if address == "/do/plans/withdraw-setting" {
                let (local, plan) = (Caller::local_operator(), things.plan.parse().unwrap());
                let set = served.running.console.plan_setting(
                    &local,
                    "harbour",
                    plan,
                    &things.app,
                    "mood",
                    "stormy",
                );
                set.await.unwrap();
            }
            if address.ends_with("/service-accounts/revoke") || address.ends_with("/rotate") {
                things.new_token(&served).await;
            }
            // It is in maintenance only for these two.
            let (console, local) = (&served.running.console, Caller::local_operator());
            if address.contains("pipelines/") {
                let stages = vec!["dev".into(), "test".into()];
                let short = PipelineInput { name: "Short".into(), purposes: vec![], stages };
                // It may be there from the row before.
                let _ = console.create_pipeline(&local, "harbour", "short", &short).await;
            }
            if address == "/do/environments/end-maintenance" {
                console.begin_maintenance(&local, "harbour", "test", "New disks").await.unwrap();
            }
            let answer = asked(&served, kind, method, address, &things).await;
            if address == "/do/environments/maintain" {
                console.end_maintenance(&local, "harbour", "test").await.unwrap();
            }
            if let Some(flash) = flash(&answer) {
                let _ = writeln!(told, "{method} {address} as {name}: {}", flash.sentence);
            }
            let _ = write!(line, "\t{}", words(&answer));
        }
    }
    served.running.stop().await;
    let table = format!("{head}\n{}\n", table.join("\n"));
    let reviewed = include_str!("access.tsv");
    assert!(
        table == reviewed,
        "what is answered differs from server/tests/http/access.tsv; it is now:\n{table}\n{told}"
    );
}

async fn asked(served: &Served, kind: Kind, method: &str, address: &str, things: &Things) -> Response {
    let method: Method = method.parse().unwrap();
    let path = things.path(address);
    let (content_type, body) = things.body(served, address);
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("text/html"));
    headers.insert("content-type", HeaderValue::from_static(content_type));
    let request = match kind {
        Kind::PlatformServer => served.signed(method, &path, &body, served.now(), &served.nonce()),
        Kind::Anonymous | Kind::User(_) => {
            headers.insert("origin", served.base.parse().unwrap());
            headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
            if let Kind::User(username) = kind {
                // A session for each address: signing out ends one.
                headers.insert("cookie", served.cookie(username).await.parse().unwrap());
            }
            client().request(method, format!("{}{path}", served.base)).body(body)
        }
    };
    request.headers(headers).send().await.unwrap()
}
