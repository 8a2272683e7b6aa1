-- Maintenance mode: an environment has a row here while it is on.

create table maintenance (
    environment_id blob primary key not null references environment (id),
    reason text not null,
    since integer not null,
    started_by text not null
) strict, without rowid;
