-- Infrastructures, environments, servers; IT users, roles, teams; sessions.
-- Ids are UUIDv7 in 16 bytes. Times are microseconds since the Unix epoch, UTC. Booleans are 0 or 1.
-- `sort` is a name in lower case, so that both databases put names in the same order.

create table infrastructure (
    id blob primary key not null check (length(id) = 16),
    key text not null,
    name text not null,
    sort text not null,
    created_at integer not null,
    constraint infrastructure_key unique (key)
) strict, without rowid;
create index infrastructure_by_name on infrastructure (sort, id);

create table environment (
    id blob primary key not null check (length(id) = 16),
    infrastructure_id blob not null references infrastructure (id),
    key text not null,
    name text not null,
    purpose text not null,
    position integer not null,
    created_at integer not null,
    constraint environment_key unique (infrastructure_id, key),
    constraint environment_position unique (infrastructure_id, position),
    constraint environment_purpose check (purpose in ('development', 'test', 'acceptance', 'production', 'management'))
) strict, without rowid;

create table server (
    id blob primary key not null check (length(id) = 16),
    environment_id blob not null references environment (id),
    key text not null,
    name text not null,
    position integer not null,
    is_controller integer not null check (is_controller in (0, 1)),
    public_key text,
    enrolled_at integer,
    created_at integer not null,
    constraint server_key unique (environment_id, key)
) strict, without rowid;
create unique index server_controller on server (environment_id) where is_controller;

-- What the controller reported last about each front-end: measured, never decided.
create table server_state (
    server_id blob primary key not null references server (id),
    seen_at integer not null,
    boot_id text not null,
    version text not null,
    reachable integer not null check (reachable in (0, 1)),
    public_address text not null,
    api_address text not null,
    services text not null,
    applications text not null
) strict, without rowid;

create table agent_nonce (
    server_id blob not null references server (id),
    nonce text not null,
    at integer not null,
    primary key (server_id, nonce)
) strict, without rowid;
create index agent_nonce_by_time on agent_nonce (at);

create table it_user (
    id blob primary key not null check (length(id) = 16),
    username text not null,
    name text not null,
    sort text not null,
    email text not null,
    password_hash text,
    active integer not null check (active in (0, 1)),
    created_at integer not null,
    password_changed_at integer,
    constraint it_user_username unique (username)
) strict, without rowid;
create index it_user_by_name on it_user (sort, id);

create table enrolment (
    id blob primary key not null check (length(id) = 16),
    server_id blob not null references server (id),
    code_hash text not null,
    expires_at integer not null,
    used_at integer,
    created_at integer not null,
    created_by blob references it_user (id),
    constraint enrolment_code_hash unique (code_hash)
) strict, without rowid;
create index enrolment_by_server on enrolment (server_id);

create table application (
    id blob primary key not null check (length(id) = 16),
    infrastructure_id blob not null references infrastructure (id),
    key text not null,
    name text not null,
    sort text not null,
    search text not null,
    description text not null,
    kind text not null,
    created_at integer not null,
    constraint application_key unique (infrastructure_id, key),
    constraint application_kind check (kind in ('web', 'service', 'library'))
) strict, without rowid;
create index application_by_name on application (infrastructure_id, sort, id);

create table role (
    id blob primary key not null check (length(id) = 16),
    infrastructure_id blob not null references infrastructure (id),
    name text not null,
    built_in text,
    wide integer not null,
    created_at integer not null,
    constraint role_name unique (infrastructure_id, name)
) strict, without rowid;

create table role_right (
    role_id blob not null references role (id),
    environment_id blob not null references environment (id),
    infrastructure_id blob not null references infrastructure (id),
    rights integer not null,
    primary key (role_id, environment_id)
) strict, without rowid;
create index role_right_by_environment on role_right (environment_id);
create index role_right_by_infrastructure on role_right (infrastructure_id);

create table user_role (
    user_id blob not null references it_user (id),
    infrastructure_id blob not null references infrastructure (id),
    role_id blob not null references role (id),
    primary key (user_id, infrastructure_id)
) strict, without rowid;
create index user_role_by_role on user_role (role_id);

create table team (
    id blob primary key not null check (length(id) = 16),
    infrastructure_id blob not null references infrastructure (id),
    name text not null,
    description text not null,
    created_at integer not null,
    constraint team_name unique (infrastructure_id, name)
) strict, without rowid;

create table team_member (
    team_id blob not null references team (id),
    user_id blob not null references it_user (id),
    infrastructure_id blob not null references infrastructure (id),
    role_id blob not null references role (id),
    primary key (team_id, user_id)
) strict, without rowid;
create index team_member_by_user on team_member (user_id, infrastructure_id);

-- An application is in at most one team (R31).
create table team_application (
    application_id blob primary key not null references application (id),
    team_id blob not null references team (id),
    infrastructure_id blob not null references infrastructure (id)
) strict, without rowid;
create index team_application_by_team on team_application (team_id);

create table application_grant (
    user_id blob not null references it_user (id),
    application_id blob not null references application (id),
    infrastructure_id blob not null references infrastructure (id),
    role_id blob not null references role (id),
    primary key (user_id, application_id)
) strict, without rowid;
create index application_grant_by_application on application_grant (application_id);
create index application_grant_by_user on application_grant (user_id, infrastructure_id);

-- Sessions are known by the SHA-256 of their id only.
create table session (
    id_hash text primary key not null,
    user_id blob references it_user (id),
    data text not null,
    created_at integer not null,
    last_seen_at integer not null,
    idle_expires_at integer not null,
    expires_at integer not null,
    address text not null,
    user_agent text not null
) strict, without rowid;
create index session_by_user on session (user_id);
create index session_by_idle on session (idle_expires_at);
