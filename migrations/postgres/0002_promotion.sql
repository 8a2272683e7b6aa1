-- Revisions, versions, what runs where, plans and deployments.

create table revision (
    id uuid primary key not null,
    application_id uuid not null references application (id),
    sha256 text not null,
    size bigint not null,
    summary text not null,
    modules bigint not null,
    claimed_number text,
    created_at bigint not null,
    created_by text not null,
    constraint revision_sha256 unique (application_id, sha256)
);
create index revision_by_time on revision (application_id, created_at, id);
-- Packages are asked for by their hash alone.
create index revision_by_sha256 on revision (sha256);

create table version (
    id uuid primary key not null,
    application_id uuid not null references application (id),
    revision_id uuid not null references revision (id),
    number text not null,
    number_order bigint not null,
    change_log text not null,
    environment_id uuid not null references environment (id),
    created_at bigint not null,
    created_by text not null,
    constraint version_number unique (application_id, number_order)
);
create index version_by_revision on version (revision_id);

create table plan (
    id uuid primary key not null,
    infrastructure_id uuid not null references infrastructure (id),
    name text collate "C" not null,
    notes text not null,
    source_id uuid references environment (id),
    target_id uuid not null references environment (id),
    status text not null,
    digest text not null,
    created_by uuid references it_user (id),
    created_by_name text not null,
    created_at bigint not null,
    updated_at bigint not null,
    edit bigint not null,
    constraint plan_status check (status in ('draft', 'started', 'discarded'))
);
create index plan_by_time on plan (infrastructure_id, created_at, id);
create index plan_by_status on plan (infrastructure_id, status, created_at, id);

create table plan_item (
    plan_id uuid not null references plan (id),
    application_id uuid not null references application (id),
    operation text collate "C" not null,
    version_id uuid references version (id),
    new_number text,
    position bigint not null,
    primary key (plan_id, application_id),
    constraint plan_item_operation check (operation in ('deploy', 'tag_and_deploy', 'undeploy', 'nothing'))
);
create index plan_item_by_application on plan_item (application_id);

create table deployment (
    id uuid primary key not null,
    infrastructure_id uuid not null references infrastructure (id),
    plan_id uuid references plan (id),
    kind text not null,
    name text collate "C" not null,
    source_id uuid references environment (id),
    target_id uuid not null references environment (id),
    status text not null,
    digest text not null,
    run_plan text not null,
    message text not null,
    started_by text not null,
    created_at bigint not null,
    started_at bigint,
    finished_at bigint,
    fence bigint not null,
    lease_owner text,
    lease_until bigint,
    boot_id text,
    revision bigint not null,
    constraint deployment_plan unique (plan_id),
    constraint deployment_kind check (kind in ('promotion', 'publication')),
    constraint deployment_status check (status in ('queued', 'running', 'needs_attention', 'finished_successful',
        'finished_with_warnings', 'finished_with_errors', 'aborted'))
);
create index deployment_by_time on deployment (infrastructure_id, created_at, id);
create index deployment_by_target on deployment (target_id, created_at, id);
create index deployment_by_status on deployment (status, created_at, id);
create index deployment_by_infrastructure_status on deployment (infrastructure_id, status, created_at, id);

-- The applications that a deployment changes; `open` until it has ended.
create table deployment_application (
    deployment_id uuid not null references deployment (id),
    application_id uuid not null references application (id),
    infrastructure_id uuid not null references infrastructure (id),
    target_id uuid not null references environment (id),
    created_at bigint not null,
    open boolean not null,
    primary key (deployment_id, application_id)
);
create index deployment_application_by_application on deployment_application (application_id, created_at, deployment_id);
create index deployment_application_open on deployment_application (infrastructure_id, application_id) where open;
create index deployment_application_open_of on deployment_application (application_id) where open;

create table deployment_step (
    deployment_id uuid not null references deployment (id),
    ordinal bigint not null,
    phase text not null,
    key text collate "C" not null,
    action text not null,
    application_id uuid references application (id),
    server_id uuid references server (id),
    title text not null,
    state text not null,
    fence bigint not null,
    attempt bigint not null,
    done bigint not null,
    total bigint not null,
    reason text not null,
    started_at bigint,
    finished_at bigint,
    primary key (deployment_id, ordinal, phase),
    constraint deployment_step_key unique (key),
    constraint deployment_step_phase check (phase in ('forward', 'back')),
    constraint deployment_step_state check (state in ('pending', 'dispatched', 'uncertain', 'done', 'failed', 'skipped'))
);

create table deployment_line (
    deployment_id uuid not null references deployment (id),
    number bigint not null,
    at bigint not null,
    level text not null,
    ordinal bigint,
    source text not null,
    source_number bigint not null,
    message text not null,
    primary key (deployment_id, number),
    constraint deployment_line_source unique (deployment_id, source, source_number),
    constraint deployment_line_level check (level in ('info', 'warning', 'error'))
);

-- The deployment that holds an environment. Its primary key is the mutual exclusion.
create table environment_lock (
    environment_id uuid primary key not null references environment (id),
    deployment_id uuid not null references deployment (id),
    fence bigint not null,
    taken_at bigint not null
);

-- The current state: what runs of an application in an environment. Changed only together with the event that changes it.
create table environment_application (
    environment_id uuid not null references environment (id),
    application_id uuid not null references application (id),
    infrastructure_id uuid not null references infrastructure (id),
    revision_id uuid not null references revision (id),
    version_id uuid references version (id),
    modified boolean not null,
    mixed boolean not null,
    deployment_id uuid references deployment (id),
    changed_at bigint not null,
    changed_by text not null,
    primary key (environment_id, application_id)
);
create index environment_application_by_application on environment_application (application_id, environment_id);
create index environment_application_by_revision on environment_application (revision_id);
create index environment_application_modified on environment_application (infrastructure_id, application_id) where modified;
create index environment_application_modified_of on environment_application (application_id) where modified;

-- The applications that differ between an environment and the next one in the order: derived from the current state in the
-- same transaction, so that nothing has to compare all of it.
create table application_difference (
    environment_id uuid not null references environment (id),
    application_id uuid not null references application (id),
    next_id uuid not null references environment (id),
    infrastructure_id uuid not null references infrastructure (id),
    primary key (environment_id, application_id)
);
create index application_difference_by_application on application_difference (application_id);
create index application_difference_by_infrastructure on application_difference (infrastructure_id, application_id);

create table counter (
    name text collate "C" primary key not null,
    value bigint not null
);
insert into counter (name, value) values ('fence', 0), ('change', 0);

-- Refuses any change, as the constraint `immutable_<table>`.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'immutable: %', tg_table_name
        using errcode = '23514', constraint = 'immutable_' || tg_table_name, table = tg_table_name;
end $$;

create trigger version_immutable before update on version
for each row execute function refuse_change();

-- A plan that is stored with a deployment is carried out as it is.
create trigger deployment_run_plan_immutable before update of run_plan, digest on deployment
for each row when (new.run_plan is distinct from old.run_plan or new.digest is distinct from old.digest)
execute function refuse_change();
