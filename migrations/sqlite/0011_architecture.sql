-- The architecture of an infrastructure: where machines stand, zones, services, databases, pipelines, tools, and what is accepted of the
-- findings about it.

alter table infrastructure add column hosting text not null default 'on_premises'
    constraint infrastructure_hosting check (hosting in ('managed_cloud', 'on_premises', 'aws', 'azure'));
alter table infrastructure add column edition text
    constraint infrastructure_edition check (edition in ('basic', 'standard', 'enterprise'));

create table data_center (
    id blob primary key not null check (length(id) = 16),
    infrastructure_id blob not null references infrastructure (id),
    key text not null,
    name text not null,
    constraint data_center_key unique (infrastructure_id, key)
) strict, without rowid;

alter table environment add column topology text not null default 'standalone'
    constraint environment_topology check (topology in ('standalone', 'farm'));
alter table environment add column address text;
alter table environment add column default_zone text not null default 'default';
alter table environment add column balancer_name text;
alter table environment add column balancer_host text;
update environment set topology = 'farm' where (select count(*) from server s where s.environment_id = environment.id) > 1;

create table balancer_data_center (
    environment_id blob not null references environment (id),
    data_center_id blob not null references data_center (id),
    primary key (environment_id, data_center_id)
) strict, without rowid;
create index balancer_data_center_by_data_center on balancer_data_center (data_center_id);

-- The default zone that comes with an environment has the environment's identity.
create table zone (
    id blob primary key not null check (length(id) = 16),
    environment_id blob not null references environment (id),
    key text not null,
    name text not null,
    address text,
    constraint zone_key unique (environment_id, key)
) strict, without rowid;
insert into zone (id, environment_id, key, name) select id, id, 'default', 'Default' from environment;

alter table server add column host text;
alter table server add column data_center_id blob references data_center (id);
alter table server add column version text;
alter table server add column cores integer;
alter table server add column memory_gib integer;
create index server_by_data_center on server (data_center_id);

create table server_zone (
    server_id blob not null references server (id),
    zone_id blob not null references zone (id),
    primary key (server_id, zone_id)
) strict, without rowid;
create index server_zone_by_zone on server_zone (zone_id);
insert into server_zone (server_id, zone_id) select id, environment_id from server;

create table server_service (
    server_id blob not null references server (id),
    service text not null,
    primary key (server_id, service),
    constraint server_service_service
        check (service in ('deployment_controller', 'deployment', 'scheduler', 'server_api', 'server_identity'))
) strict, without rowid;
insert into server_service (server_id, service) select id, 'deployment' from server;
insert into server_service (server_id, service) select id, 'deployment_controller' from server where is_controller;
insert into server_service (server_id, service) select id, 'scheduler' from server where is_controller;
insert into server_service (server_id, service) select id, 'server_api' from server where is_controller;
insert into server_service (server_id, service) select id, 'server_identity' from server where is_controller;

create table database_server (
    id blob primary key not null check (length(id) = 16),
    infrastructure_id blob not null references infrastructure (id),
    key text not null,
    name text not null,
    engine text not null,
    version text,
    sharing text not null,
    standby_of blob references database_server (id),
    host text,
    data_center_id blob references data_center (id),
    cores integer,
    memory_gib integer,
    constraint database_server_key unique (infrastructure_id, key),
    constraint database_server_engine check (engine in ('sql_server', 'azure_sql', 'oracle', 'postgresql', 'sqlite')),
    constraint database_server_sharing check (sharing in ('shared', 'dedicated'))
) strict, without rowid;
create index database_server_by_primary on database_server (standby_of);
create index database_server_by_data_center on database_server (data_center_id);

create table catalog (
    environment_id blob not null references environment (id),
    kind text not null,
    database_server_id blob not null references database_server (id),
    name text not null,
    primary key (environment_id, kind),
    constraint catalog_kind check (kind in ('platform', 'log', 'session'))
) strict, without rowid;
create index catalog_by_database_server on catalog (database_server_id);

create table external_database (
    id blob primary key not null check (length(id) = 16),
    environment_id blob not null references environment (id),
    key text not null,
    name text not null,
    engine text not null,
    version text,
    host text,
    constraint external_database_key unique (environment_id, key),
    constraint external_database_engine check (engine in ('sql_server', 'azure_sql', 'oracle', 'mysql', 'postgresql', 'db2_iseries'))
) strict, without rowid;

create table pipeline (
    id blob primary key not null check (length(id) = 16),
    infrastructure_id blob not null references infrastructure (id),
    key text not null,
    name text not null,
    constraint pipeline_key unique (infrastructure_id, key)
) strict, without rowid;

create table pipeline_purpose (
    pipeline_id blob not null references pipeline (id),
    purpose text not null,
    primary key (pipeline_id, purpose),
    constraint pipeline_purpose_purpose check (purpose in ('lifecycle_stages', 'scalability', 'compliance', 'mission_critical'))
) strict, without rowid;

create table pipeline_stage (
    pipeline_id blob not null references pipeline (id),
    position integer not null,
    environment_id blob not null references environment (id),
    primary key (pipeline_id, position),
    constraint pipeline_stage_environment unique (pipeline_id, environment_id)
) strict, without rowid;
create index pipeline_stage_by_environment on pipeline_stage (environment_id);

create table tool (
    id blob primary key not null check (length(id) = 16),
    infrastructure_id blob not null references infrastructure (id),
    key text not null,
    name text not null,
    kind text not null,
    address text not null,
    about text,
    constraint tool_key unique (infrastructure_id, key),
    constraint tool_kind check (kind in ('mobile_builds', 'architecture_analysis', 'workflow_builder', 'experience_builder', 'other'))
) strict, without rowid;

create table architecture_exception (
    infrastructure_id blob not null references infrastructure (id),
    rule text not null,
    path text not null,
    reason text not null,
    expires_at integer not null,
    accepted_by blob references it_user (id),
    accepted_by_name text not null,
    accepted_at integer not null,
    primary key (infrastructure_id, rule, path)
) strict, without rowid;

-- What keeps an environment or a server from leaving is looked up by them.
create index version_by_environment on version (environment_id);
create index plan_by_source on plan (source_id);
create index plan_by_target on plan (target_id);
create index deployment_by_source on deployment (source_id);
create index deployment_application_by_target on deployment_application (target_id);
create index deployment_step_by_server on deployment_step (server_id);
create index application_difference_by_next on application_difference (next_id);
