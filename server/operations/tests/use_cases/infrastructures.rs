//! A second infrastructure: made beside another one, from nothing or from a template, and named anew.

use crate::common::{HOME, World, role};
use operations::{Caller, InfrastructureInput, OperationError};

fn quay() -> InfrastructureInput {
    InfrastructureInput {
        key: "quay".into(),
        name: "Quay".into(),
        hosting: "on_premises".into(),
        ..InfrastructureInput::default()
    }
}

fn fields(error: &OperationError) -> Vec<(&'static str, String)> {
    let OperationError::Invalid { fields } = error else { panic!("{error}") };
    fields.iter().map(|each| (each.field, each.sentence.clone())).collect()
}

async fn keys(world: &World, who: &Caller) -> Vec<(String, String)> {
    let list = world.console.me(who).await.unwrap().infrastructures;
    list.into_iter().map(|each| (each.key, each.role)).collect()
}

#[tokio::test]
async fn whoever_manages_one_makes_another_and_administers_it() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    assert_eq!(world.console.add_infrastructure(&ada, HOME, &quay()).await.unwrap(), "quay");
    let administrator = "Administrator".to_owned();
    let own = [(HOME.to_owned(), administrator.clone()), ("quay".to_owned(), administrator)];
    assert_eq!(keys(&world, &ada).await, own);
    // Nobody else is let in, and nothing of the first one shows there.
    let ron = world.user("ron").await;
    assert!(matches!(world.console.architecture(&ron, "quay").await, Err(OperationError::NotFound { .. })));
    assert_eq!(world.console.environments(&ada, "quay").await.unwrap().len(), 0);
    let page = world.console.architecture(&ada, "quay").await.unwrap();
    assert_eq!((page.edition, page.counts.environments), (None, 0));
    let all = operations::AuditQuery::default();
    let entries = world.console.audit(&ada, "quay", &all).await.unwrap().entries.rows;
    let told: Vec<_> = entries.iter().map(|row| (row.operation.as_str(), row.actor_name.as_str())).collect();
    assert!(told.contains(&("infrastructure.create", ada.name.as_str())), "{told:?}");
}

#[tokio::test]
async fn a_template_in_the_same_step_makes_all_of_it() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    for (edition, databases, front_ends) in [("basic", 2, 4), ("standard", 4, 8), ("enterprise", 6, 10)] {
        let input = InfrastructureInput {
            key: edition.into(),
            name: edition.into(),
            hosting: "azure".into(),
            template: edition.into(),
            engine: "azure_sql".into(),
            administrator: "ada".into(),
        };
        world.console.add_infrastructure(&ada, HOME, &input).await.unwrap();
        let page = world.console.architecture(&ada, edition).await.unwrap();
        assert_eq!((page.counts.database_servers, page.counts.front_ends), (databases, front_ends));
        assert_eq!(page.hosting.word(), "azure");
        // Its roles state something for each environment that came.
        let roles = world.console.roles(&ada, edition).await.unwrap();
        assert!(roles.roles.iter().all(|role| role.cells.len() == page.counts.environments));
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_at_each_field_and_nothing_is_made() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let said = async |input: &InfrastructureInput| {
        fields(&world.console.add_infrastructure(&ada, HOME, input).await.unwrap_err())
    };
    let several = InfrastructureInput {
        key: "No Key".into(),
        name: String::new(),
        hosting: "moon".into(),
        template: "huge".into(),
        ..quay()
    };
    let names: Vec<_> = said(&several).await.into_iter().map(|(field, _)| field).collect();
    assert_eq!(names, ["key", "name", "hosting", "template"]);
    let taken = InfrastructureInput { key: HOME.into(), name: "HARBOUR".into(), ..quay() };
    assert_eq!(
        said(&taken).await,
        [
            ("key", "There is an infrastructure “harbour” already; choose another key.".to_owned()),
            ("name", "There is an infrastructure called “HARBOUR” already; choose another name.".to_owned()),
        ]
    );
    let lite = InfrastructureInput { template: "enterprise".into(), engine: "sqlite".into(), ..quay() };
    assert_eq!(said(&lite).await[0].0, "engine");
    let nobody = InfrastructureInput { administrator: "nobody".into(), ..quay() };
    assert_eq!(
        said(&nobody).await,
        [(
            "administrator",
            "There is no active IT user “nobody”; give the user name of a person.".to_owned()
        )]
    );
    assert_eq!(keys(&world, &ada).await.len(), 1);
    assert_eq!(world.count("infrastructure.create", "failed").await, 4);
}

#[tokio::test]
async fn a_program_names_a_person_and_others_are_refused() {
    let world = World::new().await;
    let administrator = role(&world, "Administrator").await;
    let robot =
        world.console.create_service_account(&world.local, HOME, "robot", "Robot", administrator).await;
    let ada = world.user("ada").await;
    let robot = Caller { actor: domain::access::Actor::User { user: robot.unwrap() }, ..ada.clone() };
    let unnamed = world.console.add_infrastructure(&robot, HOME, &quay()).await.unwrap_err();
    assert_eq!(fields(&unnamed)[0].0, "administrator");
    let itself = InfrastructureInput { administrator: "robot".into(), ..quay() };
    let said = world.console.add_infrastructure(&robot, HOME, &itself).await.unwrap_err();
    assert_eq!(fields(&said)[0].0, "administrator");
    let named = InfrastructureInput { administrator: "ada".into(), ..quay() };
    world.console.add_infrastructure(&robot, HOME, &named).await.unwrap();
    assert_eq!(keys(&world, &ada).await.len(), 2);
    assert_eq!(keys(&world, &robot).await.len(), 1, "an account belongs to one infrastructure");

    let other = InfrastructureInput { key: "lock".into(), name: "Lock".into(), ..quay() };
    let ron = world.user("ron").await;
    let denied = world.console.add_infrastructure(&ron, HOME, &other).await.unwrap_err();
    assert!(matches!(denied, OperationError::Denied { .. }), "{denied}");
    let unproved = Caller { proof: domain::access::Proof::None, ..ada };
    let asked = world.console.add_infrastructure(&unproved, HOME, &other).await.unwrap_err();
    assert!(matches!(asked, OperationError::ProofNeeded { .. }), "{asked}");
}

#[tokio::test]
async fn an_infrastructure_is_named_anew_and_says_where_it_runs() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.console.add_infrastructure(&ada, HOME, &quay()).await.unwrap();
    let change = async |name: &str, hosting: &str| {
        world.console.change_infrastructure(&ada, HOME, name, hosting).await
    };
    assert_eq!(fields(&change("Quay", "aws").await.unwrap_err())[0].0, "name");
    assert_eq!(fields(&change("Port", "moon").await.unwrap_err())[0].0, "hosting");
    change("Port", "aws").await.unwrap();
    change("Port", "aws").await.unwrap();
    assert_eq!(world.count("infrastructure.change", "done").await, 1, "twice changes nothing");
    assert_eq!(world.console.architecture(&ada, HOME).await.unwrap().hosting.word(), "aws");
    let names: Vec<_> =
        world.console.me(&ada).await.unwrap().infrastructures.into_iter().map(|each| each.name).collect();
    assert_eq!(names, ["Port", "Quay"]);
    let ron = world.user("ron").await;
    let denied = world.console.change_infrastructure(&ron, HOME, "Mine", "aws").await.unwrap_err();
    assert!(matches!(denied, OperationError::Denied { .. }), "{denied}");
}
