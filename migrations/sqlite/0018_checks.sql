-- What the last check of each connection of an infrastructure found: of its tools, database servers and external databases. `place` is its place in
-- the architecture, such as `tools/builds`; `address` is what was tried. While the console tries a tool for the first time there is no outcome yet.
-- `next_at` is when the console tries it next; only tools are tried by the console itself, and of several nodes by the one that moves `next_at` on.

create table connection_check (
    infrastructure_id blob not null references infrastructure (id),
    place text not null,
    address text not null,
    checked_at integer,
    outcome text,
    detail text not null,
    checked_by text not null,
    next_at integer,
    primary key (infrastructure_id, place),
    constraint connection_check_outcome check (outcome in ('signed_in', 'reached', 'failed')),
    constraint connection_check_told check ((outcome is null) = (checked_at is null))
) strict, without rowid;
