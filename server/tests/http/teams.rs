//! Choosing what a team gets, and changing somebody's roles on their own page, as a browser without scripts does it.

use crate::common::{PASSWORD, Served, client, flash};
use app::flash::FlashTone;
use domain::id::{RoleId, TeamId, UserId};
use operations::{Caller, NewUser, TeamQuery, UserQuery};

async fn page(served: &Served, cookie: &str, path: &str) -> String {
    let request = client().get(format!("{}{path}", served.base)).header("cookie", cookie);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

async fn post(served: &Served, cookie: &str, path: &str, body: &str) -> (String, app::flash::Flash) {
    let request = client().post(format!("{}{path}", served.base)).header("cookie", cookie);
    let answer = served.form(request, body.to_owned()).send().await.unwrap();
    assert_eq!(answer.status(), 303, "{path}");
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    (to, flash(&answer).unwrap_or_default())
}

/// Whether the button of that id is there and can be pressed.
fn can_press(text: &str, id: &str) -> bool {
    let at = text.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no button {id}: {text}"));
    let tag = &text[text[..at].rfind('<').unwrap()..];
    !tag[..tag.find('>').unwrap()].contains("aria-disabled")
}

/// Two teams, the Reader role, and ron.
async fn crew(served: &Served) -> (TeamId, TeamId, RoleId, UserId) {
    let (console, local) = (&served.running.console, Caller::local_operator());
    let crew = console.create_team(&local, "harbour", "Crew", "").await.unwrap();
    let pilots = console.create_team(&local, "harbour", "Pilots", "").await.unwrap();
    let roles = console.roles(&local, "harbour").await.unwrap().roles;
    let users = console.users(&local, "harbour", &UserQuery::default()).await.unwrap().users.rows;
    let ron = users.iter().find(|user| user.username == "ron").unwrap().id;
    (crew, pilots, roles.iter().find(|role| role.name == "Developer").unwrap().id, ron)
}

#[tokio::test]
async fn an_application_is_found_and_given_unless_another_team_has_it() {
    let served = Served::start().await;
    served.published("desk", "a").await;
    let ada = served.cookie("ada").await;
    let (crew, pilots, ..) = crew(&served).await;
    let here = format!("/i/harbour/teams/{crew}");
    let text = page(&served, &ada, &format!("{here}?find=DES")).await;
    assert!(text.contains("1 application found") && can_press(&text, "give-desk"), "{text}");
    let text = page(&served, &ada, &format!("{here}?find=nothing")).await;
    assert!(text.contains("0 applications found"), "{text}");
    let text = page(&served, &ada, &format!("{here}?app=nothing")).await;
    assert!(text.contains("find-problem"), "told at the field: {text}");
    let body = format!("infra=harbour&team={pilots}&app=desk");
    assert_eq!(post(&served, &ada, "/do/teams/give-application", &body).await.1.tone, FlashTone::Done);
    // R31
    let text = page(&served, &ada, &format!("{here}?find=desk")).await;
    assert!(
        !can_press(&text, "give-desk") && text.contains("belongs to the team “Pilots” already"),
        "{text}"
    );
    let body = format!("infra=harbour&team={crew}&app=desk");
    let (_, said) = post(&served, &ada, "/do/teams/give-application", &body).await;
    assert!(said.tone == FlashTone::Refused && said.sentence.contains("“Pilots”"), "{said:?}");
    served.running.stop().await;
}

#[tokio::test]
async fn a_person_is_found_and_put_into_a_team_unless_they_have_no_role_here() {
    let served = Served::start().await;
    let (console, local) = (&served.running.console, Caller::local_operator());
    console.create_infrastructure(&local, "canal", "Canal").await.unwrap();
    let new = NewUser {
        username: "sam".into(),
        name: "Sam Stranger".into(),
        email: String::new(),
        role: "Reader".into(),
        infrastructure: Some("canal".into()),
        password: Some(PASSWORD.into()),
    };
    let sam = console.add_user(&local, new).await.unwrap().user;
    let ada = served.cookie("ada").await;
    let (crew, _, developer, ron) = crew(&served).await;
    let here = format!("/i/harbour/teams/{crew}");
    let text = page(&served, &ada, &format!("{here}?who=sam")).await;
    assert!(!can_press(&text, &format!("add-{sam}")), "{text}");
    assert!(text.contains("Sam Stranger has no role in Harbour, so a team would give nothing."), "{text}");
    let body = format!("infra=harbour&team={crew}&user={sam}&role={developer}");
    let (to, said) = post(&served, &ada, "/do/teams/put-member", &body).await;
    assert!(to == here && said.sentence.contains("has no role in Harbour"), "{said:?}");
    let text = page(&served, &ada, &format!("{here}?who=RON")).await;
    assert!(can_press(&text, &format!("add-{ron}")) && text.contains("1 person found"), "{text}");
    let text = page(&served, &ada, &format!("{here}?user={ron}&role={developer}")).await;
    assert!(text.contains("What this would change") && text.contains("Save the member"), "{text}");
    let body = format!("infra=harbour&team={crew}&user={ron}&role={developer}");
    assert_eq!(post(&served, &ada, "/do/teams/put-member", &body).await.1.tone, FlashTone::Done);
    let text = page(&served, &ada, &format!("{here}?who=ron")).await;
    assert!(!can_press(&text, &format!("add-{ron}")) && text.contains("is in this team already"), "{text}");
    served.running.stop().await;
}

#[tokio::test]
async fn teams_and_grants_are_changed_on_the_persons_page() {
    let served = Served::start().await;
    served.published("desk", "a").await;
    let (console, local) = (&served.running.console, Caller::local_operator());
    let ada = served.cookie("ada").await;
    let (crew, _, developer, ron) = crew(&served).await;
    let here = format!("/i/harbour/users/{ron}");
    let text = page(&served, &ada, &here).await;
    assert!(
        can_press(&text, "join") && text.contains("Second factor") && text.contains("no role requires it")
    );
    // Into a team.
    let text = page(&served, &ada, &format!("{here}?team={crew}&as={developer}")).await;
    assert!(text.contains("What this would change") && text.contains("Save the role in the team"), "{text}");
    let text = page(&served, &ada, &format!("{here}?team={crew}")).await;
    assert!(text.contains("Choose the role that they have there."), "told at the field: {text}");
    let body = format!("infra=harbour&team={crew}&user={ron}&role={developer}&from=user");
    let (to, said) = post(&served, &ada, "/do/teams/put-member", &body).await;
    assert_eq!((to.as_str(), said.tone), (here.as_str(), FlashTone::Done));
    let text = page(&served, &ada, &here).await;
    assert!(
        can_press(&text, &format!("change-{crew}")) && can_press(&text, &format!("leave-{crew}")),
        "{text}"
    );
    let text = page(&served, &ada, &format!("{here}?team={crew}&leave=1")).await;
    assert!(text.contains("Take them out of the team"), "{text}");
    // A grant.
    let text = page(&served, &ada, &format!("{here}?find=desk")).await;
    assert!(can_press(&text, "grant-desk"), "{text}");
    let text = page(&served, &ada, &format!("{here}?app=desk&as={developer}")).await;
    assert!(text.contains("What this would change") && text.contains("Grant the role"), "{text}");
    let body = format!("infra=harbour&app=desk&user={ron}&role={developer}&from=user");
    let (to, said) = post(&served, &ada, "/do/applications/grant", &body).await;
    assert_eq!((to.as_str(), said.tone), (here.as_str(), FlashTone::Done));
    let text = page(&served, &ada, &format!("{here}?app=desk&revoke=1")).await;
    assert!(text.contains("Take the grant away"), "{text}");
    // Who may change nothing is told so once, and sees no second factor.
    let cookie = served.cookie("ron").await;
    let text = page(&served, &cookie, &here).await;
    assert!(!can_press(&text, "join") && !can_press(&text, "find-grant"), "{text}");
    assert!(text.contains("You cannot change your own roles."), "{text}");
    assert!(!text.contains("Change the grant on") && !text.contains("<dt>Second factor"), "{text}");
    let text = page(&served, &cookie, &format!("{here}?app=desk&revoke=1")).await;
    assert!(!text.contains("Take the grant away"), "{text}");
    // Taken away again, back on the same page.
    for (path, what) in
        [("teams/remove-member", format!("team={crew}")), ("applications/revoke", "app=desk".into())]
    {
        let body = format!("infra=harbour&{what}&user={ron}&from=user");
        let (to, said) = post(&served, &ada, &format!("/do/{path}"), &body).await;
        assert_eq!((to.as_str(), said.tone), (here.as_str(), FlashTone::Done), "{path}");
    }
    let left = console.team(&local, "harbour", crew, &TeamQuery::default()).await.unwrap();
    assert!(left.members.rows.is_empty());
    assert!(console.user(&local, "harbour", ron).await.unwrap().grants.is_empty());
    served.running.stop().await;
}
