-- How the dependencies of what runs stand in its environment, the worst of them: kept in the same transaction as what runs, so that no
-- page has to look at everything. Null where it was not looked at yet: the next deployment into the environment does.
alter table environment_application add column bond text
    check (bond in ('met', 'outdated', 'incompatible', 'element_missing', 'producer_missing'));
create index environment_application_unmet on environment_application (infrastructure_id, application_id) where bond <> 'met';
create index environment_application_unmet_of on environment_application (application_id) where bond <> 'met';
create index environment_application_unseen on environment_application (environment_id) where bond is null;

-- Which applications a revision uses, by their keys: what it needs of them stands in its summary.
create table revision_use (
    revision_id uuid not null references revision (id),
    producer text not null,
    primary key (revision_id, producer)
);
create index revision_use_by_producer on revision_use (producer, revision_id);
insert into revision_use (revision_id, producer)
select distinct r.id, n.value ->> 'application'
from revision r
cross join lateral jsonb_array_elements(r.summary::jsonb -> 'manifest' -> 'modules') m
cross join lateral jsonb_array_elements(m.value -> 'consumes') n;
