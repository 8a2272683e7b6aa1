-- What happened to an environment's front-ends and their services: a line for each change that was reported, or for a silence. `subject` is the
-- front-end's key, empty for the environment itself. The same line is written once, whichever console node notices it.

create table environment_event (
    id blob primary key not null check (length(id) = 16),
    environment_id blob not null references environment (id),
    at integer not null,
    kind text not null,
    subject text not null,
    detail text not null,
    constraint environment_event_once unique (environment_id, at, kind, subject, detail),
    constraint environment_event_kind check (kind in ('silent', 'heard', 'front_end_silent', 'front_end_answers', 'service_stopped', 'service_started'))
) strict, without rowid;
create index environment_event_by_time on environment_event (environment_id, at, id);
