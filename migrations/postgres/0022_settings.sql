-- Settings of applications. `setting_value` is what an environment has of its own, `plan_setting` what a plan sets with its run, and
-- `deployment_setting` what counted for each application of a deployment when it was started: ahead, and on the way back. A secret is `sealed`,
-- which only the console's master key opens, and its `mark` tells whether two are the same.

create table setting_value (
    environment_id uuid not null references environment (id),
    application_id uuid not null references application (id),
    key text not null,
    kind text not null,
    value text,
    sealed text,
    mark text,
    set_at bigint not null,
    set_by text not null,
    primary key (environment_id, application_id, key),
    constraint setting_value_kind check (kind in ('text', 'number', 'boolean', 'secret', 'timer', 'endpoint', 'connection')),
    constraint setting_value_held check ((value is null) <> (sealed is null) and (sealed is null) = (mark is null))
);
create index setting_value_by_application on setting_value (application_id);

create table plan_setting (
    plan_id uuid not null references plan (id),
    application_id uuid not null references application (id),
    key text not null,
    kind text not null,
    value text,
    sealed text,
    mark text,
    set_at bigint not null,
    set_by text not null,
    primary key (plan_id, application_id, key),
    constraint plan_setting_kind check (kind in ('text', 'number', 'boolean', 'secret', 'timer', 'endpoint', 'connection')),
    constraint plan_setting_held check ((value is null) <> (sealed is null) and (sealed is null) = (mark is null))
);
create index plan_setting_by_application on plan_setting (application_id);

create table deployment_setting (
    deployment_id uuid not null references deployment (id),
    application_id uuid not null references application (id),
    phase text not null,
    key text not null,
    name text not null,
    kind text not null,
    origin text not null,
    value text,
    sealed text,
    mark text,
    primary key (deployment_id, application_id, phase, key),
    constraint deployment_setting_phase check (phase in ('forward', 'back')),
    constraint deployment_setting_kind check (kind in ('text', 'number', 'boolean', 'secret', 'timer', 'endpoint', 'connection')),
    constraint deployment_setting_origin check (origin in ('own', 'default', 'missing', 'set', 'cleared')),
    constraint deployment_setting_held check ((value is null or sealed is null) and (sealed is null) = (mark is null))
);
create index deployment_setting_by_application on deployment_setting (application_id);

-- What counted for the applications of a plan when somebody decided about it, beside what its digest is of.
alter table approval add column settings text not null default '';
