//! Roles, teams and grants over HTTP, as a browser without scripts uses them.

use crate::common::{Served, client, flash};
use app::context::encoded;
use app::flash::FlashTone;
use domain::access::Rights;
use operations::{Caller, RoleInput, TeamQuery};

async fn page(served: &Served, cookie: &str, path: &str) -> (u16, String) {
    let answer =
        client().get(format!("{}{path}", served.base)).header("cookie", cookie).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn post(served: &Served, cookie: &str, path: &str, body: &str) -> (String, app::flash::Flash) {
    let request = client().post(format!("{}{path}", served.base)).header("cookie", cookie);
    let answer = served.form(request, body.to_owned()).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    (to, flash(&answer).unwrap_or_default())
}

fn input(name: &str, level: u8) -> RoleInput {
    let environments = ["dev", "test"].map(|key| (key.to_owned(), Rights::level(level))).into();
    RoleInput { name: name.to_owned(), environments, ..RoleInput::default() }
}

#[tokio::test]
async fn a_role_is_previewed_by_its_address_and_saved_by_a_form() {
    let served = Served::start().await;
    let console = &served.running.console;
    let local = Caller::local_operator();
    let id = console.create_role(&local, "harbour", &input("Pilot", 2)).await.unwrap();
    let ada = served.cookie("ada").await;
    let (status, text) = page(&served, &ada, &format!("/i/harbour/roles/{id}")).await;
    assert_eq!(status, 200);
    assert!(text.contains("Show what this would change") && !text.contains("What this would change"));
    let asked = "preview=1&name=Pilot&description=&level-dev=own&right-dev=access&right-dev=deploy&toggle-dev=create_applications&level-test=0&wide=read_audit";
    let (status, text) = page(&served, &ada, &format!("/i/harbour/roles/{id}?{asked}")).await;
    assert_eq!(status, 200);
    assert!(
        text.contains("What this would change") && text.contains("Nothing changes for anybody."),
        "nobody holds it"
    );
    assert_eq!(console.role(&local, "harbour", id).await.unwrap().row.cells[0].level, 2, "nothing is saved");
    let (_, text) =
        page(&served, &ada, &format!("/i/harbour/roles/{id}?preview=1&name=&level-dev=2&level-test=2")).await;
    assert!(text.contains("name-problem"), "a name that is missing is told at its field");

    let bits = Rights::of(&[domain::access::Right::Access, domain::access::Right::Deploy]).bits();
    let draft = format!(
        r#"{{"name":"Pilot","description":"Steers.","environments":{{"dev":{bits},"test":0}},"wide":4,"new":3}}"#
    );
    let body = format!("infra=harbour&role={id}&draft={}", encoded(&draft));
    let (to, said) = post(&served, &ada, "/do/roles/edit", &body).await;
    assert_eq!((to, said.tone), (format!("/i/harbour/roles/{id}"), FlashTone::Done));
    let row = console.role(&local, "harbour", id).await.unwrap().row;
    assert_eq!(
        (row.cells[0].rights.bits(), row.cells[1].level, row.description.as_str()),
        (bits, 0, "Steers.")
    );
    assert_eq!((row.wide.words(), row.new_environment), ("Read Audit".to_owned(), Some(Rights::level(2))));
    // What is not acceptable leads back to the preview with what was chosen.
    let draft = draft.replace("Pilot", "Administrator");
    let body = format!("infra=harbour&role={id}&draft={}", encoded(&draft));
    let (to, said) = post(&served, &ada, "/do/roles/edit", &body).await;
    assert!(to.starts_with(&format!("/i/harbour/roles/{id}?preview=1&name=Administrator")), "{to}");
    assert!(said.problem("name").is_some());
    let (_, said) = post(&served, &ada, "/do/roles/edit", &format!("infra=harbour&role={id}&draft=x")).await;
    assert_eq!(said.tone, FlashTone::Refused);
    // The Administrator role says why it cannot be changed, and has no form.
    let roles = console.roles(&local, "harbour").await.unwrap().roles;
    let administrator = roles.iter().find(|role| role.name == "Administrator").unwrap().id;
    let (_, text) = page(&served, &ada, &format!("/i/harbour/roles/{administrator}")).await;
    assert!(text.contains("cannot be changed") && !text.contains("name=\"level-dev\""));
    served.running.stop().await;
}

#[tokio::test]
async fn a_role_that_is_held_is_deleted_with_its_substitute() {
    let served = Served::start().await;
    let console = &served.running.console;
    let local = Caller::local_operator();
    let ada = served.cookie("ada").await;
    let roles = console.roles(&local, "harbour").await.unwrap().roles;
    let of = |name: &str| roles.iter().find(|role| role.name == name).unwrap().id;
    let (reader, developer) = (of("Reader"), of("Developer"));
    let (_, text) = page(&served, &ada, &format!("/i/harbour/roles/{reader}?delete=1")).await;
    assert!(text.contains("Choose a role that takes its place"), "without a substitute");
    let (_, text) =
        page(&served, &ada, &format!("/i/harbour/roles/{reader}?delete=1&substitute={developer}")).await;
    assert!(text.contains("What this would change") && text.contains("The Reader"));
    let body = format!("infra=harbour&role={reader}&substitute={developer}");
    let (to, said) = post(&served, &ada, "/do/roles/delete", &body).await;
    assert_eq!((to.as_str(), said.tone), ("/i/harbour/roles", FlashTone::Done));
    assert_eq!(page(&served, &ada, &format!("/i/harbour/roles/{reader}")).await.0, 404);
    served.running.stop().await;
}

#[tokio::test]
async fn teams_and_grants_are_managed_by_forms() {
    let served = Served::start().await;
    served.published("desk", "a").await;
    let console = &served.running.console;
    let local = Caller::local_operator();
    let ada = served.cookie("ada").await;
    let (to, said) =
        post(&served, &ada, "/do/teams/create", "infra=harbour&name=Crew&description=On+board").await;
    assert_eq!(said.tone, FlashTone::Done);
    let id = to.rsplit('/').next().unwrap().to_owned();
    let team: domain::id::TeamId = id.parse().unwrap();
    let (to, said) = post(&served, &ada, "/do/teams/create", "infra=harbour&name=Crew&description=").await;
    assert_eq!(to, "/i/harbour/teams/new");
    assert!(said.problem("name").is_some() && said.typed("name").as_deref() == Some("Crew"));
    let (_, text) = page(&served, &ada, "/i/harbour/teams").await;
    assert!(text.contains("Crew") && text.contains("On board"));

    let role = console.create_role(&local, "harbour", &input("Pilot", 5)).await.unwrap();
    let here = format!("/i/harbour/teams/{id}");
    let (_, text) = page(&served, &ada, &format!("{here}?app=desk")).await;
    assert!(text.contains("Give it to the team"));
    post(&served, &ada, "/do/teams/give-application", &format!("infra=harbour&team={id}&app=desk")).await;
    let (_, text) = page(&served, &ada, &format!("{here}?username=nobody&role={role}")).await;
    assert!(text.contains("Nobody called “nobody” has a role in Harbour."), "told at the field");
    let (_, text) = page(&served, &ada, &format!("{here}?username=ron&role={role}")).await;
    assert!(text.contains("What this would change") && text.contains("Change and Deploy"), "{text}");
    let ron = console.person(&local, "harbour", Some(team), "ron").await.unwrap().user;
    let (_, said) = post(
        &served,
        &ada,
        "/do/teams/put-member",
        &format!("infra=harbour&team={id}&user={ron}&role={role}"),
    )
    .await;
    assert_eq!(said.tone, FlashTone::Done);
    let (_, text) = page(&served, &ada, &format!("{here}?user={ron}&remove=1")).await;
    assert!(text.contains("Take them out of the team") && text.contains("loses"));

    // A grant on the application's page.
    let app = "/i/harbour/applications/desk";
    let (_, text) = page(&served, &ada, app).await;
    assert!(
        text.contains("Who has a grant here") && text.contains("Nobody. Teams and default roles decide.")
    );
    let reader = console.create_role(&local, "harbour", &input("Look", 2)).await.unwrap();
    let (_, text) = page(&served, &ada, &format!("{app}?username=ron&role={reader}")).await;
    assert!(text.contains("Grant the role") && text.contains("loses"));
    let body = format!("infra=harbour&app=desk&user={ron}&role={reader}");
    assert_eq!(post(&served, &ada, "/do/applications/grant", &body).await.1.tone, FlashTone::Done);
    let (_, text) = page(&served, &ada, &format!("{app}?revoke={ron}")).await;
    assert!(text.contains("Taking this away gives rights."), "the role in the team counts again");
    let dev = served.cookie("dev").await;
    let (status, text) = page(&served, &dev, app).await;
    assert!(status == 200 && text.contains("You cannot see who has a grant here."), "with its reason");
    assert!(!text.contains("Take away the grant of"));
    let body = format!("infra=harbour&app=desk&user={ron}");
    assert_eq!(post(&served, &ada, "/do/applications/revoke", &body).await.1.tone, FlashTone::Done);

    for (path, more) in [("take-application", "&app=desk"), ("delete", "")] {
        let body = format!("infra=harbour&team={id}{more}");
        assert_eq!(post(&served, &ada, &format!("/do/teams/{path}"), &body).await.1.tone, FlashTone::Done);
    }
    assert!(console.team(&local, "harbour", team, &TeamQuery::default()).await.is_err());
    served.running.stop().await;
}
