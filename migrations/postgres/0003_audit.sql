-- The audit log and the notices of change.

-- `scope` is the infrastructure, or the nil UUID for what is console-wide, so that one index serves both.
create table audit_entry (
    id uuid primary key not null,
    at bigint not null,
    infrastructure_id uuid references infrastructure (id),
    scope uuid not null,
    actor_kind text not null,
    actor_id text,
    actor_name text not null,
    operation text collate "C" not null,
    object_kind text not null,
    object_id text not null,
    object_name text not null,
    outcome text not null,
    address text not null,
    request_id text,
    search text not null,
    canonical text not null,
    number bigint,
    hash text,
    constraint audit_entry_number unique (number),
    constraint audit_entry_outcome check (outcome in ('done', 'denied', 'failed')),
    constraint audit_entry_chained check ((number is null) = (hash is null))
);
create index audit_entry_by_time on audit_entry (scope, at, id);
create index audit_entry_by_actor on audit_entry (actor_id, at, id);
create index audit_entry_by_operation on audit_entry (scope, operation, at, id);
create index audit_entry_by_outcome on audit_entry (scope, outcome, at, id);
create index audit_entry_unchained on audit_entry (at, id) where number is null;

-- An entry's object and the related ones, so that each has a history.
create table audit_object (
    kind text not null,
    object_id text not null,
    at bigint not null,
    entry_id uuid not null references audit_entry (id),
    scope uuid not null,
    primary key (kind, object_id, at, entry_id)
);
create index audit_object_by_entry on audit_object (entry_id);

-- The last entry that is chained.
create table audit_head (
    id bigint primary key not null check (id = 1),
    number bigint not null,
    hash text not null
);
insert into audit_head (id, number, hash)
values (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

create trigger audit_entry_no_delete before delete on audit_entry
for each row execute function refuse_change();
create trigger audit_entry_no_update before update on audit_entry
for each row when (not (
    old.number is null and old.hash is null and new.number is not null and new.hash is not null
    and (new.id, new.at, new.infrastructure_id, new.scope, new.actor_kind, new.actor_id, new.actor_name, new.operation,
         new.object_kind, new.object_id, new.object_name, new.outcome, new.address, new.request_id, new.search,
         new.canonical)
        is not distinct from
        (old.id, old.at, old.infrastructure_id, old.scope, old.actor_kind, old.actor_id, old.actor_name, old.operation,
         old.object_kind, old.object_id, old.object_name, old.outcome, old.address, old.request_id, old.search,
         old.canonical)
))
execute function refuse_change();
create trigger audit_entry_no_truncate before truncate on audit_entry
for each statement execute function refuse_change();
create trigger audit_object_no_delete before delete on audit_object
for each row execute function refuse_change();
create trigger audit_object_no_update before update on audit_object
for each row execute function refuse_change();
create trigger audit_object_no_truncate before truncate on audit_object
for each statement execute function refuse_change();

-- Change notices: what changed, never the data. Numbers come from the counter `change` in the same transaction.
create table change (
    number bigint primary key not null,
    topic text not null,
    object_id text not null,
    at bigint not null
);
create index change_topic on change (topic, number);
