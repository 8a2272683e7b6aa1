-- Which deployment zone an application goes to in an environment; without a row it is the default one. `pending` until a deployment has brought
-- it there. Two-stage environments, in which a deployment waits for a person once everything is prepared, and the limits of an environment.

create table application_zone (
    environment_id uuid not null references environment (id),
    application_id uuid not null references application (id),
    zone_id uuid not null references zone (id),
    pending boolean not null,
    primary key (environment_id, application_id)
);
create index application_zone_by_application on application_zone (application_id);
create index application_zone_by_zone on application_zone (zone_id);

alter table environment add column two_stage boolean not null default false;
alter table environment add column application_limit bigint
    constraint environment_application_limit check (application_limit > 0);
alter table environment add column deployment_limit bigint
    constraint environment_deployment_limit check (deployment_limit > 0);
alter table deployment add column waits boolean not null default false;
