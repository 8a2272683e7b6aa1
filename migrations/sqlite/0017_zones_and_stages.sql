-- Which deployment zone an application goes to in an environment; without a row it is the default one. `pending` until a deployment has brought
-- it there. Two-stage environments, in which a deployment waits for a person once everything is prepared, and the limits of an environment.

create table application_zone (
    environment_id blob not null references environment (id),
    application_id blob not null references application (id),
    zone_id blob not null references zone (id),
    pending integer not null check (pending in (0, 1)),
    primary key (environment_id, application_id)
) strict, without rowid;
create index application_zone_by_application on application_zone (application_id);
create index application_zone_by_zone on application_zone (zone_id);

alter table environment add column two_stage integer not null check (two_stage in (0, 1)) default 0;
alter table environment add column application_limit integer
    constraint environment_application_limit check (application_limit > 0);
alter table environment add column deployment_limit integer
    constraint environment_deployment_limit check (deployment_limit > 0);
alter table deployment add column waits integer not null check (waits in (0, 1)) default 0;
