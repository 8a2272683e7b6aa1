-- The timeline also tells what people and deployments did. `subject` is then who did it, the front-end, or how the deployment ended; `detail`
-- the reason, what was changed, or the deployment's identity.
create table environment_event_new (
    id blob primary key not null check (length(id) = 16),
    environment_id blob not null references environment (id),
    at integer not null,
    kind text not null,
    subject text not null,
    detail text not null,
    constraint environment_event_once unique (environment_id, at, kind, subject, detail),
    constraint environment_event_kind check (kind in ('silent', 'heard', 'front_end_silent', 'front_end_answers', 'service_stopped', 'service_started', 'maintenance_begun', 'maintenance_ended', 'front_end_enrolled', 'environment_changed', 'deployment_ended'))
) strict, without rowid;
insert into environment_event_new (id, environment_id, at, kind, subject, detail)
select id, environment_id, at, kind, subject, detail from environment_event;
drop table environment_event;
alter table environment_event_new rename to environment_event;
create index environment_event_by_time on environment_event (environment_id, at, id);
