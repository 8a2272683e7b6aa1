-- What is owed to front-ends that could not be reached when a deployment left them out. It is due once that deployment has ended without them.
create table catch_up (
    environment_id blob not null references environment (id),
    server_id blob not null references server (id),
    application_id blob not null references application (id),
    deployment_id blob not null references deployment (id),
    due integer not null check (due in (0, 1)),
    primary key (environment_id, server_id, application_id)
) strict, without rowid;
create index catch_up_by_server on catch_up (server_id);
create index catch_up_by_application on catch_up (application_id);
create index catch_up_by_deployment on catch_up (deployment_id);
