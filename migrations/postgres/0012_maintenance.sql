-- Maintenance mode: an environment has a row here while it is on.

create table maintenance (
    environment_id uuid primary key references environment (id),
    reason text not null,
    since bigint not null,
    started_by text not null
);
