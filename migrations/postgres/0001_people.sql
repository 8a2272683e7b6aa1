-- Infrastructures, environments, servers; IT users, roles, teams; sessions.
-- Ids are UUIDv7. Times are microseconds since the Unix epoch, UTC.
-- `sort` is a name in lower case. Texts that put rows in order have the collation "C", so that both databases put them in the
-- same order.

create table infrastructure (
    id uuid primary key not null,
    key text collate "C" not null,
    name text collate "C" not null,
    sort text collate "C" not null,
    created_at bigint not null,
    constraint infrastructure_key unique (key)
);
create index infrastructure_by_name on infrastructure (sort, id);

create table environment (
    id uuid primary key not null,
    infrastructure_id uuid not null references infrastructure (id),
    key text collate "C" not null,
    name text collate "C" not null,
    purpose text not null,
    position bigint not null,
    created_at bigint not null,
    constraint environment_key unique (infrastructure_id, key),
    constraint environment_position unique (infrastructure_id, position),
    constraint environment_purpose check (purpose in ('development', 'test', 'acceptance', 'production', 'management'))
);

create table server (
    id uuid primary key not null,
    environment_id uuid not null references environment (id),
    key text collate "C" not null,
    name text collate "C" not null,
    position bigint not null,
    is_controller boolean not null,
    public_key text,
    enrolled_at bigint,
    created_at bigint not null,
    constraint server_key unique (environment_id, key)
);
create unique index server_controller on server (environment_id) where is_controller;

-- What the controller reported last about each front-end: measured, never decided.
create table server_state (
    server_id uuid primary key not null references server (id),
    seen_at bigint not null,
    boot_id text not null,
    version text not null,
    reachable boolean not null,
    public_address text not null,
    api_address text not null,
    services text not null,
    applications text not null
);

create table agent_nonce (
    server_id uuid not null references server (id),
    nonce text not null,
    at bigint not null,
    primary key (server_id, nonce)
);
create index agent_nonce_by_time on agent_nonce (at);

create table it_user (
    id uuid primary key not null,
    username text collate "C" not null,
    name text collate "C" not null,
    sort text collate "C" not null,
    email text not null,
    password_hash text,
    active boolean not null,
    created_at bigint not null,
    password_changed_at bigint,
    constraint it_user_username unique (username)
);
create index it_user_by_name on it_user (sort, id);

create table enrolment (
    id uuid primary key not null,
    server_id uuid not null references server (id),
    code_hash text not null,
    expires_at bigint not null,
    used_at bigint,
    created_at bigint not null,
    created_by uuid references it_user (id),
    constraint enrolment_code_hash unique (code_hash)
);
create index enrolment_by_server on enrolment (server_id);

create table application (
    id uuid primary key not null,
    infrastructure_id uuid not null references infrastructure (id),
    key text collate "C" not null,
    name text collate "C" not null,
    sort text collate "C" not null,
    search text not null,
    description text not null,
    kind text not null,
    created_at bigint not null,
    constraint application_key unique (infrastructure_id, key),
    constraint application_kind check (kind in ('web', 'service', 'library'))
);
create index application_by_name on application (infrastructure_id, sort, id);

create table role (
    id uuid primary key not null,
    infrastructure_id uuid not null references infrastructure (id),
    name text collate "C" not null,
    built_in text,
    wide bigint not null,
    created_at bigint not null,
    constraint role_name unique (infrastructure_id, name)
);

create table role_right (
    role_id uuid not null references role (id),
    environment_id uuid not null references environment (id),
    infrastructure_id uuid not null references infrastructure (id),
    rights bigint not null,
    primary key (role_id, environment_id)
);
create index role_right_by_environment on role_right (environment_id);
create index role_right_by_infrastructure on role_right (infrastructure_id);

create table user_role (
    user_id uuid not null references it_user (id),
    infrastructure_id uuid not null references infrastructure (id),
    role_id uuid not null references role (id),
    primary key (user_id, infrastructure_id)
);
create index user_role_by_role on user_role (role_id);

create table team (
    id uuid primary key not null,
    infrastructure_id uuid not null references infrastructure (id),
    name text collate "C" not null,
    description text not null,
    created_at bigint not null,
    constraint team_name unique (infrastructure_id, name)
);

create table team_member (
    team_id uuid not null references team (id),
    user_id uuid not null references it_user (id),
    infrastructure_id uuid not null references infrastructure (id),
    role_id uuid not null references role (id),
    primary key (team_id, user_id)
);
create index team_member_by_user on team_member (user_id, infrastructure_id);

-- An application is in at most one team (R31).
create table team_application (
    application_id uuid primary key not null references application (id),
    team_id uuid not null references team (id),
    infrastructure_id uuid not null references infrastructure (id)
);
create index team_application_by_team on team_application (team_id);

create table application_grant (
    user_id uuid not null references it_user (id),
    application_id uuid not null references application (id),
    infrastructure_id uuid not null references infrastructure (id),
    role_id uuid not null references role (id),
    primary key (user_id, application_id)
);
create index application_grant_by_application on application_grant (application_id);
create index application_grant_by_user on application_grant (user_id, infrastructure_id);

-- Sessions are known by the SHA-256 of their id only.
create table session (
    id_hash text primary key not null,
    user_id uuid references it_user (id),
    data text not null,
    created_at bigint not null,
    last_seen_at bigint not null,
    idle_expires_at bigint not null,
    expires_at bigint not null,
    address text not null,
    user_agent text not null
);
create index session_by_user on session (user_id);
create index session_by_idle on session (idle_expires_at);
