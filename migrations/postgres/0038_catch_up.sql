-- What is owed to front-ends that could not be reached when a deployment left them out. It is due once that deployment has ended without them.
create table catch_up (
    environment_id uuid not null references environment (id),
    server_id uuid not null references server (id),
    application_id uuid not null references application (id),
    deployment_id uuid not null references deployment (id),
    due boolean not null,
    primary key (environment_id, server_id, application_id)
);
create index catch_up_by_server on catch_up (server_id);
create index catch_up_by_application on catch_up (application_id);
create index catch_up_by_deployment on catch_up (deployment_id);
