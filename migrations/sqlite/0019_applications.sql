-- Applications that are blocked from an environment; applications that are retired; which revision was ever where; and hotfixes that somebody
-- says have found their way back. What is there when this comes is the beginning of the record of places.

create table application_block (
    environment_id blob not null references environment (id),
    application_id blob not null references application (id),
    reason text not null,
    blocked_at integer not null,
    blocked_by text not null,
    primary key (environment_id, application_id)
) strict, without rowid;
create index application_block_by_application on application_block (application_id, environment_id);

create table application_retirement (
    application_id blob primary key not null references application (id),
    infrastructure_id blob not null references infrastructure (id),
    reason text not null,
    retired_at integer not null,
    retired_by text not null
) strict, without rowid;
create index application_retirement_by_time on application_retirement (infrastructure_id, retired_at, application_id);

create table revision_place (
    revision_id blob not null references revision (id),
    environment_id blob not null references environment (id),
    application_id blob not null references application (id),
    first_at integer not null,
    primary key (revision_id, environment_id)
) strict, without rowid;
create index revision_place_by_environment on revision_place (environment_id);

create table hotfix_solved (
    environment_id blob not null references environment (id),
    application_id blob not null references application (id),
    revision_id blob not null references revision (id),
    reason text not null,
    solved_at integer not null,
    solved_by text not null,
    primary key (environment_id, application_id)
) strict, without rowid;
create index hotfix_solved_by_application on hotfix_solved (application_id, environment_id);

create index plan_item_by_version on plan_item (version_id);
create index environment_application_by_version on environment_application (version_id);

insert into revision_place (revision_id, environment_id, application_id, first_at)
select revision_id, environment_id, application_id, changed_at from environment_application;
insert into revision_place (revision_id, environment_id, application_id, first_at)
select v.revision_id, v.environment_id, v.application_id, min(v.created_at) from version v
where not exists (select 1 from revision_place p where p.revision_id = v.revision_id and p.environment_id = v.environment_id)
group by v.revision_id, v.environment_id, v.application_id;
-- Packages are published into development environments only: a revision was in those where its application was published.
insert into revision_place (revision_id, environment_id, application_id, first_at)
select r.id, d.target_id, r.application_id, r.created_at from revision r
join (select distinct x.application_id, d.target_id from deployment d join deployment_application x on x.deployment_id = d.id
    where d.kind = 'publication' and d.status in ('finished_successful', 'finished_with_warnings')) d on d.application_id = r.application_id
where not exists (select 1 from revision_place p where p.revision_id = r.id and p.environment_id = d.target_id);
