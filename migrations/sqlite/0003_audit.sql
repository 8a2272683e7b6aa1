-- The audit log and the notices of change.

-- `scope` is the infrastructure, or 16 zero bytes for what is console-wide, so that one index serves both.
create table audit_entry (
    id blob primary key not null check (length(id) = 16),
    at integer not null,
    infrastructure_id blob references infrastructure (id),
    scope blob not null,
    actor_kind text not null,
    actor_id text,
    actor_name text not null,
    operation text not null,
    object_kind text not null,
    object_id text not null,
    object_name text not null,
    outcome text not null,
    address text not null,
    request_id text,
    search text not null,
    canonical text not null,
    number integer,
    hash text,
    constraint audit_entry_number unique (number),
    constraint audit_entry_outcome check (outcome in ('done', 'denied', 'failed')),
    constraint audit_entry_chained check ((number is null) = (hash is null))
) strict;
create index audit_entry_by_time on audit_entry (scope, at, id);
create index audit_entry_by_actor on audit_entry (actor_id, at, id);
create index audit_entry_by_operation on audit_entry (scope, operation, at, id);
create index audit_entry_by_outcome on audit_entry (scope, outcome, at, id);
create index audit_entry_unchained on audit_entry (at, id) where number is null;

-- An entry's object and the related ones, so that each has a history.
create table audit_object (
    kind text not null,
    object_id text not null,
    at integer not null,
    entry_id blob not null references audit_entry (id),
    scope blob not null,
    primary key (kind, object_id, at, entry_id)
) strict, without rowid;
create index audit_object_by_entry on audit_object (entry_id);

-- The last entry that is chained.
create table audit_head (
    id integer primary key not null check (id = 1),
    number integer not null,
    hash text not null
) strict;
insert into audit_head (id, number, hash)
values (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

create trigger audit_entry_no_delete before delete on audit_entry
begin select raise(abort, 'immutable: audit_entry'); end;
create trigger audit_entry_no_update before update on audit_entry
when not (
    old.number is null and old.hash is null and new.number is not null and new.hash is not null
    and new.id is old.id and new.at is old.at and new.infrastructure_id is old.infrastructure_id
    and new.scope is old.scope and new.actor_kind is old.actor_kind and new.actor_id is old.actor_id
    and new.actor_name is old.actor_name and new.operation is old.operation
    and new.object_kind is old.object_kind and new.object_id is old.object_id
    and new.object_name is old.object_name and new.outcome is old.outcome and new.address is old.address
    and new.request_id is old.request_id and new.search is old.search and new.canonical is old.canonical
)
begin select raise(abort, 'immutable: audit_entry'); end;
create trigger audit_object_no_delete before delete on audit_object
begin select raise(abort, 'immutable: audit_object'); end;
create trigger audit_object_no_update before update on audit_object
begin select raise(abort, 'immutable: audit_object'); end;

-- Change notices: what changed, never the data. Numbers come from the counter `change` in the same transaction.
create table change (
    number integer primary key not null,
    topic text not null,
    object_id text not null,
    at integer not null
) strict;
create index change_topic on change (topic, number);
