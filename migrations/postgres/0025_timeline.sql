-- The timeline also tells what people and deployments did. `subject` is then who did it, the front-end, or how the deployment ended; `detail`
-- the reason, what was changed, or the deployment's identity.
alter table environment_event drop constraint environment_event_kind;
alter table environment_event add constraint environment_event_kind check (kind in ('silent', 'heard', 'front_end_silent', 'front_end_answers', 'service_stopped', 'service_started', 'maintenance_begun', 'maintenance_ended', 'front_end_enrolled', 'environment_changed', 'deployment_ended'));
