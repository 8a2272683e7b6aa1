-- What a person decides about a deployment, the way back of one that has finished, and pins. A plan says what is to be done when a step fails, and
-- when it was compared with its environments last. An application can be deployed once more as it is.

alter table plan_item drop constraint plan_item_operation;
alter table plan_item add constraint plan_item_operation
    check (operation in ('deploy', 'tag_and_deploy', 'redeploy', 'undeploy', 'nothing'));

alter table plan add column on_failure text not null default 'roll_back'
    constraint plan_on_failure check (on_failure in ('roll_back', 'wait'));
alter table plan add column checked_at bigint not null default 0;
update plan set checked_at = updated_at;

alter table deployment add column on_failure text not null default 'roll_back'
    constraint deployment_on_failure check (on_failure in ('roll_back', 'wait'));
alter table deployment add column decision text constraint deployment_decision check (decision in ('roll_back', 'abort'));
alter table deployment add column suspended boolean not null default false;
alter table deployment add column rolls_back_id uuid references deployment (id);
create index deployment_by_rolled_back on deployment (rolls_back_id);
-- What ended lately in an environment makes plans stale.
create index deployment_by_end on deployment (target_id, finished_at);

-- An application that was rolled back stays at what it went back to, until somebody lifts the pin.
create table pin (
    environment_id uuid not null references environment (id),
    application_id uuid not null references application (id),
    deployment_id uuid not null references deployment (id),
    reason text not null,
    pinned_at bigint not null,
    pinned_by text not null,
    primary key (environment_id, application_id)
);
create index pin_by_application on pin (application_id);

update role set wide = wide | 96 where built_in = 'Administrator';
