-- What a person decides about a deployment, the way back of one that has finished, and pins. A plan says what is to be done when a step fails, and
-- when it was compared with its environments last. An application can be deployed once more as it is.

create table plan_item_next (
    plan_id blob not null references plan (id),
    application_id blob not null references application (id),
    operation text not null,
    version_id blob references version (id),
    new_number text,
    position integer not null,
    primary key (plan_id, application_id),
    constraint plan_item_operation check (operation in ('deploy', 'tag_and_deploy', 'redeploy', 'undeploy', 'nothing'))
) strict, without rowid;
insert into plan_item_next (plan_id, application_id, operation, version_id, new_number, position)
    select plan_id, application_id, operation, version_id, new_number, position from plan_item;
drop table plan_item;
alter table plan_item_next rename to plan_item;
create index plan_item_by_application on plan_item (application_id);
create index plan_item_by_version on plan_item (version_id);

alter table plan add column on_failure text not null default 'roll_back'
    constraint plan_on_failure check (on_failure in ('roll_back', 'wait'));
alter table plan add column checked_at integer not null default 0;
update plan set checked_at = updated_at;

alter table deployment add column on_failure text not null default 'roll_back'
    constraint deployment_on_failure check (on_failure in ('roll_back', 'wait'));
alter table deployment add column decision text constraint deployment_decision check (decision in ('roll_back', 'abort'));
alter table deployment add column suspended integer not null check (suspended in (0, 1)) default 0;
alter table deployment add column rolls_back_id blob references deployment (id);
create index deployment_by_rolled_back on deployment (rolls_back_id);
-- What ended lately in an environment makes plans stale.
create index deployment_by_end on deployment (target_id, finished_at);

-- An application that was rolled back stays at what it went back to, until somebody lifts the pin.
create table pin (
    environment_id blob not null references environment (id),
    application_id blob not null references application (id),
    deployment_id blob not null references deployment (id),
    reason text not null,
    pinned_at integer not null,
    pinned_by text not null,
    primary key (environment_id, application_id)
) strict, without rowid;
create index pin_by_application on pin (application_id);

update role set wide = wide | 96 where built_in = 'Administrator';
