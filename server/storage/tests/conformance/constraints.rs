//! Every constraint of the schema, provoked, and what the store makes of it.

use crate::world::*;
use domain::access::Rights;
use domain::architecture::model::{
    Catalog, DataCenter, DatabaseServer, ExternalDatabase, LoadBalancer, Pipeline, Tool,
};
use domain::architecture::words::{
    CatalogKind, CheckOutcome, Engine, ExternalEngine, PipelinePurpose, Sharing, ToolKind,
};
use domain::id::InfrastructureId;
use domain::text::{Key, Name};
use std::collections::BTreeMap;
use storage::sessions::SessionRow;
use storage::*;

/// One row in every table.
async fn one_of_everything(world: &World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await;
    let dev = environment(&mut tx, home.id, 0).await;
    let test = environment(&mut tx, home.id, 1).await;
    let host = server(&mut tx, dev.id, true).await;
    let person = user(&mut tx).await;
    let machine = user(&mut tx).await;
    service_accounts::mark(&mut tx, machine.id, home.id).await.unwrap();
    tokens::insert(&mut tx, &token(machine.id, "t")).await.unwrap();
    let code = enrolments::EnrolmentRow {
        id: id(),
        server_id: host.id,
        code_hash: "h".to_owned(),
        expires_at: at(9),
        used_at: None,
        confirms: false,
        created_at: at(0),
        created_by: Some(person.id),
    };
    enrolments::insert(&mut tx, &code).await.unwrap();
    let link = invitations::InvitationRow {
        id: id(),
        user_id: person.id,
        token_hash: "h".to_owned(),
        expires_at: at(9),
        used_at: None,
        created_at: at(0),
        created_by: Some(person.id),
    };
    invitations::insert(&mut tx, &link).await.unwrap();
    assert!(authenticators::begin(&mut tx, person.id, "envelope", at(0)).await.unwrap());
    recovery_codes::replace(&mut tx, person.id, &["h".to_owned()], at(0)).await.unwrap();
    passkeys::insert(&mut tx, &passkey(person.id, "credential")).await.unwrap();
    let role = role(&mut tx, home.id, &[(dev.id, Rights::level(2))]).await;
    roles::assign(&mut tx, person.id, home.id, role.id).await.unwrap();
    let team = teams::TeamRow {
        id: id(),
        infrastructure_id: home.id,
        name: "Team".to_owned(),
        description: String::new(),
        created_at: at(0),
    };
    teams::insert(&mut tx, &team).await.unwrap();
    teams::put_member(&mut tx, team.id, person.id, role.id).await.unwrap();
    let app = application(&mut tx, home.id, "Tides").await;
    teams::insert_application(&mut tx, team.id, app.id).await.unwrap();
    grants::put(&mut tx, &grant_row(person.id, app.id, role.id)).await.unwrap();
    let revision = revision(&mut tx, app.id).await;
    version(&mut tx, &revision, dev.id, version_number(1, 0)).await;
    states::put(&mut tx, &state(&dev, &revision)).await.unwrap();
    let draft = plan(&mut tx, &dev, &test, at(1)).await;
    plans::put_item(&mut tx, &plan_item(draft.id, app.id)).await.unwrap();
    let run = deployments::DeploymentRow { plan_id: Some(draft.id), ..deployment(&test, at(1)) };
    deployments::insert(&mut tx, &run, &[step(&run, 1, Some(app.id))]).await.unwrap();
    let pin = pins::PinRow {
        environment_id: dev.id,
        application_id: app.id,
        deployment_id: run.id,
        reason: "rolled back".to_owned(),
        pinned_at: at(1),
        pinned_by: "Ines".to_owned(),
    };
    pins::put(&mut tx, &pin).await.unwrap();
    let owed = catch_up::OwedRow {
        environment_id: dev.id,
        server_id: host.id,
        application_id: app.id,
        deployment_id: run.id,
        due: false,
    };
    catch_up::owe(&mut tx, &owed).await.unwrap();
    tx.notice("test", "test");
    tx.commit(entry("test", "test")).await.unwrap();
    world.store.sequence_audit(10).await.unwrap();

    let mut tx = world.store.journal().await.unwrap();
    let fence = journal::next_fence(&mut tx).await.unwrap();
    let claim = journal::Claim { now: at(1), until: at(2), owner: "node", boot_id: "boot", fence };
    journal::claim(&mut tx, &claim).await.unwrap().unwrap();
    let line = journal::NewLine {
        deployment: run.id,
        at: at(1),
        level: "info",
        ordinal: None,
        source: Some(("key", 1)),
        message: "a line",
    };
    assert!(journal::append_line(&mut tx, &line).await.unwrap());
    tx.commit(at(1)).await.unwrap();

    let mut tx = world.store.heartbeat().await.unwrap();
    let seen = servers::ServerStateRow {
        server_id: host.id,
        seen_at: at(1),
        boot_id: String::new(),
        version: String::new(),
        reachable: true,
        public_address: String::new(),
        api_address: String::new(),
        services: "[]".to_owned(),
        applications: "[]".to_owned(),
    };
    servers::put_state(&mut tx, &seen).await.unwrap();
    assert!(servers::remember_nonce(&mut tx, host.id, "n", at(1)).await.unwrap());
    questions::ask(&mut tx, id(), dev.id, at(1), "{}").await.unwrap();
    tx.commit(at(1)).await.unwrap();

    let mut tx = world.store.session_touch().await.unwrap();
    let row = SessionRow {
        id_hash: "h".to_owned(),
        user_id: Some(person.id),
        data: "{}".to_owned(),
        created_at: at(0),
        last_seen_at: at(0),
        idle_expires_at: at(5),
        expires_at: at(9),
        address: String::new(),
        user_agent: String::new(),
    };
    sessions::create(&mut tx, &row).await.unwrap();
    sessions::create(&mut tx, &SessionRow { id_hash: "ended".to_owned(), ..row }).await.unwrap();
    tx.commit(at(0)).await.unwrap();

    let mut tx = world.change().await;
    assert!(sessions::end(&mut tx, person.id, "ended", sessions::EndReason::ByOwner, at(1)).await.unwrap());
    tx.commit(entry("test", "test")).await.unwrap();

    let mut tx = world.store.heartbeat().await.unwrap();
    let event = events::EventRow {
        id: id(),
        environment_id: dev.id,
        at: at(1),
        kind: domain::timeline::Kind::Silent,
        subject: String::new(),
        detail: String::new(),
    };
    events::insert(&mut tx, &event).await.unwrap();
    tx.commit(at(1)).await.unwrap();

    let mut tx = world.store.attempt().await.unwrap();
    let failed = domain::throttle::Attempts { failures: 1, last_at: at(0), free_at: at(0) };
    attempts::put(&mut tx, "account", "address", failed).await.unwrap();
    let device = devices::DeviceRow {
        id_hash: "device".to_owned(),
        user_id: person.id,
        failures: 0,
        created_at: at(0),
        expires_at: at(9),
    };
    devices::remember(&mut tx, &device).await.unwrap();
    tx.commit(at(0)).await.unwrap();
    one_of_each_part(world, home.id, &dev.key).await;
    let pipeline = pipelines::list(&mut world.read().await, home.id).await.unwrap().remove(0).id;
    let mut tx = world.change().await;
    pipelines::assign(&mut tx, app.id, Some(pipeline)).await.unwrap();
    let maintained = maintenance::MaintenanceRow {
        environment_id: dev.id,
        reason: "Disks.".parse().unwrap(),
        since: at(1),
        started_by: "Ada".to_owned(),
    };
    maintenance::put(&mut tx, &maintained).await.unwrap();
    let chosen = zones::ApplicationZoneRow {
        environment_id: dev.id,
        application_id: app.id,
        zone_id: dev.id.0.into(),
        pending: true,
    };
    zones::choose(&mut tx, &chosen).await.unwrap();
    let blocked = blocks::BlockRow {
        environment_id: test.id,
        application_id: app.id,
        reason: "No licence.".parse().unwrap(),
        blocked_at: at(1),
        blocked_by: "Ada".to_owned(),
    };
    blocks::put(&mut tx, &blocked).await.unwrap();
    let retired = retirements::RetirementRow {
        application_id: app.id,
        infrastructure_id: home.id,
        reason: "Replaced.".parse().unwrap(),
        retired_at: at(1),
        retired_by: "Ada".to_owned(),
    };
    retirements::put(&mut tx, &retired).await.unwrap();
    let solved = hotfixes::SolvedRow {
        environment_id: dev.id,
        application_id: app.id,
        revision_id: revision.id,
        reason: "Merged.".parse().unwrap(),
        solved_at: at(1),
        solved_by: "Ada".to_owned(),
    };
    hotfixes::put(&mut tx, &solved).await.unwrap();
    settings::put(&mut tx, &setting(dev.id, app.id, "mood")).await.unwrap();
    settings::plan(&mut tx, &planned(draft.id, app.id, "mood")).await.unwrap();
    settings::keep(&mut tx, &kept(run.id, app.id, "forward", "mood")).await.unwrap();
    one_of_each_gate(&mut tx, &dev, (person.id, role.id, team.id), (draft.id, run.id), &revision).await;
    tx.commit(entry("test", "x")).await.unwrap();
}

async fn one_of_each_gate(
    tx: &mut WriteTx,
    dev: &environments::EnvironmentRow,
    (person, role, team): (domain::id::UserId, domain::id::RoleId, domain::id::TeamId),
    (plan, run): (domain::id::PlanId, domain::id::DeploymentId),
    revision: &revisions::RevisionRow,
) {
    let home = dev.infrastructure_id;
    let pipeline = pipelines::list(tx, home).await.unwrap().remove(0).id;
    let gate = gates::GateRow {
        environment_id: Some(dev.id),
        pipeline_id: Some(pipeline),
        team_id: Some(team),
        role_id: Some(role),
        ..gate(home, domain::gate::Kind::Approval)
    };
    gates::insert(tx, &gate).await.unwrap();
    let frozen =
        gates::FreezeRow { environment_id: Some(dev.id), pipeline_id: Some(pipeline), ..freeze(home, 1, 9) };
    gates::freeze(tx, &frozen).await.unwrap();
    approvals::put_author(tx, plan, person).await.unwrap();
    let asked = approvals::RequestRow {
        plan_id: plan,
        infrastructure_id: home,
        asked_at: at(1),
        asked_by: "Ada".to_owned(),
    };
    approvals::put_request(tx, &asked).await.unwrap();
    approvals::insert(tx, &approval(plan, person, 1)).await.unwrap();
    let result = verifications::VerificationRow {
        id: id(),
        environment_id: dev.id,
        application_id: revision.application_id,
        revision_id: revision.id,
        name: "smoke".to_owned(),
        passed: true,
        link: String::new(),
        at: at(1),
        reported_by: "CI".to_owned(),
        token_id: None,
        by_console: false,
        detail: String::new(),
    };
    verifications::insert(tx, &result).await.unwrap();
    let parked = parked::ParkedRow {
        deployment_id: run,
        infrastructure_id: home,
        until_at: at(9),
        not_before: Some(at(8)),
        expires_at: Some(at(9)),
    };
    parked::put(tx, &parked).await.unwrap();
    let through = domain::deployment::queue::Through { by: revision.application_id, direct: true };
    queue::uses(tx, run, [(revision.application_id, through)]).await.unwrap();
    let over = parked::OverrideRow {
        deployment_id: run,
        freeze_id: frozen.id,
        reason: "Because.".to_owned(),
        at: at(1),
        made_by: "Ada".to_owned(),
    };
    parked::override_freeze(tx, &over).await.unwrap();
    crate::gates::overridden(tx, (home, run, at(1)), Some(person)).await;
}

/// A column of the schema, as SQLite tells it; `parity.rs` proves that PostgreSQL has the same.
struct Column {
    name: String,
    kind: String,
}

struct Schema {
    columns: BTreeMap<String, Vec<Column>>,
    /// Table and column of each reference.
    references: Vec<(String, String)>,
}

async fn schema() -> Schema {
    let world = World::sqlite().await;
    let Raw::Sqlite(mut raw) = world.raw().await else { panic!("SQLite was asked for") };
    let tables: Vec<(String,)> = sqlx::query_as(
        "select name from sqlite_schema where type = 'table' and name not like '\\_%' escape '\\' and name not like 'sqlite%'",
    )
    .fetch_all(&mut raw)
    .await
    .unwrap();
    let mut schema = Schema { columns: BTreeMap::new(), references: Vec::new() };
    for (table,) in tables {
        let columns: Vec<(String, String)> = sqlx::query_as("select name, type from pragma_table_info($1)")
            .bind(&table)
            .fetch_all(&mut raw)
            .await
            .unwrap();
        let references: Vec<(String,)> = sqlx::query_as("select \"from\" from pragma_foreign_key_list($1)")
            .bind(&table)
            .fetch_all(&mut raw)
            .await
            .unwrap();
        schema.references.extend(references.into_iter().map(|(column,)| (table.clone(), column)));
        let columns = columns.into_iter().map(|(name, kind)| Column { name, kind: kind.to_lowercase() });
        schema.columns.insert(table, columns.collect());
    }
    schema
}

fn uuid_literal(kind: Kind) -> String {
    let fresh: domain::id::UserId = id();
    match kind {
        Kind::Sqlite => format!("x'{}'", fresh.0.simple()),
        Kind::Postgres => format!("uuid '{fresh}'"),
    }
}

/// Copies one row of a table: the columns of `same` as they are, those in `other` made different, the rest as they are.
fn copy(
    schema: &Schema,
    kind: Kind,
    table: &str,
    same: &[&str],
    other: &[&str],
    fixed: &[(&str, &str)],
) -> String {
    let values: Vec<String> = schema.columns[table]
        .iter()
        .map(|column| {
            let name = column.name.as_str();
            if let Some((_, value)) = fixed.iter().find(|(fixed, _)| *fixed == name) {
                return (*value).to_owned();
            }
            if same.contains(&name) || !other.contains(&name) {
                return name.to_owned();
            }
            match column.kind.as_str() {
                "blob" => uuid_literal(kind),
                "integer" => format!("{name} + 1000"),
                _ => format!("{name} || 'x'"),
            }
        })
        .collect();
    let names: Vec<&str> = schema.columns[table].iter().map(|column| column.name.as_str()).collect();
    let first = names[0];
    format!(
        "insert into {table} ({}) select {} from {table} order by {first} limit 1",
        names.join(", "),
        values.join(", ")
    )
}

/// The columns that have to differ for only this unique set to be broken: one of each other set of the table, none of this set's, and
/// no reference.
fn others(schema: &Schema, table: &str, set: &[&str]) -> Vec<&'static str> {
    let reference = |column: &str| schema.references.iter().any(|(t, c)| t == table && c == column);
    Constraint::UNIQUE
        .iter()
        .filter(|(_, _, other, columns)| *other == table && *columns != set)
        .filter_map(|(_, _, _, columns)| columns.iter().copied().find(|c| !set.contains(c) && !reference(c)))
        .collect()
}

/// An architecture with one part of each kind.
async fn one_of_each_part(world: &World, home: InfrastructureId, dev: &Key) {
    let before = architecture::load(&mut world.read().await, home).await.unwrap();
    let mut after = before.architecture.clone();
    let name = || "Part".parse::<Name>().unwrap();
    let part: Key = "part".parse().unwrap();
    after.data_centers.insert(part.clone(), DataCenter { name: name() });
    let server = DatabaseServer {
        name: name(),
        engine: Engine::Oracle,
        version: None,
        sharing: Sharing::Shared,
        standby_of: None,
        host: None,
        data_center: Some(part.clone()),
        cores: None,
        memory_gib: None,
    };
    after.database_servers.insert(part.clone(), server);
    let place = after.environments.get_mut(dev).unwrap();
    place.load_balancer =
        Some(LoadBalancer { name: name(), host: None, data_centers: [part.clone()].into() });
    let catalog = Catalog { database_server: part.clone(), name: "PART".parse().unwrap() };
    place.catalogs.insert(CatalogKind::Log, catalog);
    let database =
        ExternalDatabase { name: name(), engine: ExternalEngine::MySql, version: None, host: None };
    place.external_databases.insert(part.clone(), database);
    let pipeline =
        Pipeline { name: name(), purposes: [PipelinePurpose::Compliance].into(), stages: vec![dev.clone()] };
    after.pipelines.insert(part.clone(), pipeline);
    let address = "https://part.example".parse().unwrap();
    after.tools.insert(part, Tool { name: name(), kind: ToolKind::Other, address, about: None });
    let mut tx = world.change().await;
    architecture::save(&mut tx, home, &before, &after, &mut || id(), at(1)).await.unwrap();
    let exception = architecture::exceptions::ExceptionRow {
        infrastructure_id: home,
        rule: "A10".to_owned(),
        path: "environments/dev".to_owned(),
        reason: "Because.".to_owned(),
        expires_at: at(9),
        accepted_by: None,
        accepted_by_name: "Ada".to_owned(),
        accepted_at: at(1),
    };
    architecture::exceptions::put(&mut tx, &exception).await.unwrap();
    let check = checks::CheckRow {
        infrastructure_id: home,
        place: "tools/part".to_owned(),
        address: "https://part.example".to_owned(),
        checked_at: Some(at(1)),
        outcome: Some(CheckOutcome::Reached),
        detail: "It answered with status 200.".to_owned(),
        checked_by: "Ada".to_owned(),
        next_at: Some(at(2)),
    };
    checks::put(&mut tx, &check).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
}

pub async fn unique_sets(world: World) {
    one_of_everything(&world).await;
    let schema = schema().await;
    for (constraint, name, table, columns) in Constraint::UNIQUE {
        let truth = |yes| match (world.kind(), yes) {
            (Kind::Sqlite, true) => "1",
            (Kind::Sqlite, false) => "0",
            (Kind::Postgres, true) => "true",
            (Kind::Postgres, false) => "false",
        };
        let mut fixed = Vec::new();
        if *table == "server" && *name != "server_controller" {
            fixed.push(("is_controller", truth(false)));
        }
        if *table == "deployment" && *name != "deployment_plan" {
            fixed.push(("plan_id", "null"));
        }
        if *table == "audit_entry" && *name != "audit_entry_number" {
            fixed.push(("number", "null"));
            fixed.push(("hash", "null"));
        }
        let nowhere = uuid_literal(world.kind());
        if *name == "pipeline_stage_pkey" {
            fixed.push(("environment_id", &nowhere));
        }
        let sql = copy(&schema, world.kind(), table, columns, &others(&schema, table, columns), &fixed);
        let error = world.refused(&sql).await;
        assert_eq!(error.violated(), Some(constraint), "{name}: {error}\n{sql}");
    }
}

pub async fn references(world: World) {
    one_of_everything(&world).await;
    let schema = schema().await;
    assert!(schema.references.len() > 50);
    // What is never updated is copied, with another identity.
    let keys = [
        ("version", ["id", "number_order"]),
        ("audit_entry", ["id", "number"]),
        ("audit_object", ["kind", "at"]),
        ("zone", ["id", "key"]),
    ];
    for (table, column) in &schema.references {
        let bogus = uuid_literal(world.kind());
        let sql = match keys.iter().find(|(copied, _)| copied == table) {
            Some((_, keys)) => copy(&schema, world.kind(), table, &[], keys, &[(column, &bogus)]),
            None => format!("update {table} set {column} = {bogus}"),
        };
        let error = world.refused(&sql).await;
        let expected = Constraint::Reference { table: table.clone() };
        assert_eq!(error.violated(), Some(&expected), "{table}.{column}: {error}\n{sql}");
    }
}

pub async fn checks(world: World) {
    one_of_everything(&world).await;
    for (name, sql) in [
        ("environment_purpose", "update environment set purpose = 'play'"),
        ("environment_event_kind", "update environment_event set kind = 'danced'"),
        ("environment_topology", "update environment set topology = 'ring'"),
        ("environment_application_limit", "update environment set application_limit = 0"),
        ("environment_deployment_limit", "update environment set deployment_limit = 0"),
        ("environment_deployments_at_once", "update environment set deployments_at_once = 0"),
        ("environment_out_at_once", "update environment set out_at_once = 0"),
        ("environment_drain_seconds", "update environment set drain_seconds = 601"),
        ("environment_open_requests_seconds", "update environment set open_requests_seconds = -1"),
        ("infrastructure_hosting", "update infrastructure set hosting = 'moon'"),
        ("infrastructure_edition", "update infrastructure set edition = 'deluxe'"),
        ("server_service_service", "update server_service set service = 'baker'"),
        ("database_server_engine", "update database_server set engine = 'abacus'"),
        ("database_server_sharing", "update database_server set sharing = 'lent'"),
        ("catalog_kind", "update catalog set kind = 'mail-order'"),
        ("external_database_engine", "update external_database set engine = 'abacus'"),
        ("pipeline_purpose_purpose", "update pipeline_purpose set purpose = 'fun'"),
        ("environment_question_answered", "update environment_question set status = 200"),
        ("connection_check_outcome", "update connection_check set outcome = 'guessed'"),
        ("connection_check_told", "update connection_check set checked_at = null"),
        ("gate_kind", "update gate set kind = 'play'"),
        ("freeze_window_order", "update freeze_window set until_at = from_at"),
        ("deployment_parked_window", "update deployment_parked set expires_at = not_before"),
        ("tool_kind", "update tool set kind = 'hammer'"),
        ("application_kind", "update application set kind = 'game'"),
        ("plan_status", "update plan set status = 'done'"),
        ("plan_item_operation", "update plan_item set operation = 'guess'"),
        ("deployment_kind", "update deployment set kind = 'guess'"),
        ("deployment_status", "update deployment set status = 'saved'"),
        ("deployment_step_phase", "update deployment_step set phase = 'sideways'"),
        ("deployment_step_state", "update deployment_step set state = 'maybe'"),
        ("it_user_service", "update it_user set password_hash = 'x'"),
        ("token_scopes", "update token set scopes = 16"),
        ("token_life", "update token set expires_at = created_at - 1"),
        ("token_life", "update token set expires_at = created_at + 31536000000001"),
        ("setting_value_kind", "update setting_value set kind = 'moon'"),
        ("setting_value_held", "update setting_value set sealed = null"),
        ("setting_value_held", "update setting_value set value = 'x'"),
        ("plan_setting_kind", "update plan_setting set kind = 'moon'"),
        ("plan_setting_held", "update plan_setting set mark = null"),
        ("deployment_setting_phase", "update deployment_setting set phase = 'sideways'"),
        ("deployment_setting_kind", "update deployment_setting set kind = 'moon'"),
        ("deployment_setting_origin", "update deployment_setting set origin = 'moon'"),
        ("deployment_setting_held", "update deployment_setting set sealed = 'x', mark = 'x'"),
        ("deployment_line_level", "update deployment_line set level = 'loud'"),
    ] {
        let error = world.refused(sql).await;
        assert_eq!(error.violated(), Some(&Constraint::Check { name: name.to_owned() }), "{error}");
    }
}

pub async fn missing_values(world: World) {
    one_of_everything(&world).await;
    for (name, sql) in [
        ("environment.name", "update environment set name = null"),
        ("session.data", "update session set data = null"),
        ("it_user.active", "update it_user set active = null"),
    ] {
        let error = world.refused(sql).await;
        assert_eq!(error.violated(), Some(&Constraint::Check { name: name.to_owned() }), "{error}");
    }
}
