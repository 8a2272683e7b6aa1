-- Gates: what has to be so before a plan is carried out. A gate stands at an environment or at a pipeline. `number` is how many approvals it asks
-- for, or how many hours a version soaks; `hours` is for how long an approval counts; `name` is the name of the test that it asks for.
create table gate (
    id blob primary key not null,
    infrastructure_id blob not null references infrastructure (id),
    environment_id blob references environment (id),
    pipeline_id blob references pipeline (id),
    kind text not null,
    team_id blob references team (id),
    role_id blob references role (id),
    number integer not null,
    hours integer,
    name text not null,
    owner text not null,
    created_at integer not null,
    created_by text not null,
    constraint gate_kind check (kind in ('approval', 'soak', 'verification'))
) strict;
create index gate_by_time on gate (infrastructure_id, created_at, id);
create index gate_by_environment on gate (environment_id);
create index gate_by_pipeline on gate (pipeline_id);
create index gate_by_team on gate (team_id);
create index gate_by_role on gate (role_id);

-- A time in which nothing is brought into an environment, along a pipeline, or anywhere in the infrastructure.
create table freeze_window (
    id blob primary key not null,
    infrastructure_id blob not null references infrastructure (id),
    environment_id blob references environment (id),
    pipeline_id blob references pipeline (id),
    from_at integer not null,
    until_at integer not null,
    time_zone text not null,
    reason text not null,
    owner text not null,
    created_at integer not null,
    created_by text not null,
    constraint freeze_window_order check (from_at < until_at)
) strict;
create index freeze_window_by_end on freeze_window (infrastructure_id, until_at, id);
create index freeze_window_by_environment on freeze_window (environment_id);
create index freeze_window_by_pipeline on freeze_window (pipeline_id);

-- Who changed what a plan does, beside who made it: their approval does not count.
create table plan_author (
    plan_id blob not null references plan (id),
    user_id blob not null references it_user (id),
    primary key (plan_id, user_id)
) strict, without rowid;
create index plan_author_by_user on plan_author (user_id);

-- A plan whose approval was asked for.
create table plan_request (
    plan_id blob primary key not null references plan (id),
    infrastructure_id blob not null references infrastructure (id),
    asked_at integer not null,
    asked_by text not null
) strict, without rowid;
create index plan_request_by_time on plan_request (infrastructure_id, asked_at, plan_id);

-- What somebody decided about a plan, for one digest; `canonical` is what the digest is of, so that it can be told what changed since.
create table approval (
    id blob primary key not null,
    plan_id blob not null references plan (id),
    user_id blob not null references it_user (id),
    user_name text not null,
    approves integer not null check (approves in (0, 1)),
    words text not null,
    digest text not null,
    canonical text not null,
    at integer not null
) strict;
create index approval_by_plan on approval (plan_id, at, id);
create index approval_by_user on approval (user_id);

-- The result of a test of what ran of an application in an environment.
create table verification (
    id blob primary key not null,
    environment_id blob not null references environment (id),
    application_id blob not null references application (id),
    revision_id blob not null references revision (id),
    name text not null,
    passed integer not null check (passed in (0, 1)),
    link text not null,
    at integer not null,
    reported_by text not null,
    token_id blob references token (id)
) strict;
create index verification_newest on verification (environment_id, revision_id, name, at, id);
create index verification_by_application on verification (application_id);
create index verification_by_revision on verification (revision_id);
create index verification_by_token on verification (token_id);

-- A deployment that was started and does not begin yet: it is looked at again at `until_at`. `not_before` and `expires_at` are the time that was
-- chosen for it, and the time by which it has to begin.
create table deployment_parked (
    deployment_id blob primary key not null references deployment (id),
    infrastructure_id blob not null references infrastructure (id),
    until_at integer not null,
    not_before integer,
    expires_at integer,
    constraint deployment_parked_window check (not_before < expires_at)
) strict, without rowid;
create index deployment_parked_by_infrastructure on deployment_parked (infrastructure_id);
create index deployment_parked_by_expiry on deployment_parked (expires_at);

-- The applications that a deployment does not change but uses: one that changes them does not overtake it while it is parked.
create table deployment_use (
    deployment_id blob not null references deployment (id),
    application_id blob not null references application (id),
    primary key (deployment_id, application_id)
) strict, without rowid;
create index deployment_use_by_application on deployment_use (application_id);

-- A freeze that somebody overrode for a deployment. The freeze may be gone by now.
create table freeze_override (
    deployment_id blob not null references deployment (id),
    freeze_id blob not null,
    reason text not null,
    at integer not null,
    made_by text not null,
    primary key (deployment_id, freeze_id)
) strict, without rowid;

update role set wide = wide | 16 where built_in = 'Administrator';
