-- Several deployments run into an environment at once, as long as they are independent (R10). How many is the environment's to say.

alter table environment add column deployments_at_once bigint
    constraint environment_deployments_at_once check (deployments_at_once > 0);

-- The deployments that run into an environment, each with its place; who claims one holds the counter of the fencing numbers meanwhile, so that
-- claims take turns.
alter table environment_lock drop constraint environment_lock_pkey;
alter table environment_lock add constraint environment_lock_pkey primary key (environment_id, deployment_id);
create index environment_lock_by_deployment on environment_lock (deployment_id);

-- A deployment's use of an application may go through others. `by_id` is the one of its own that uses it; nothing is known of it for a deployment
-- that was started before.
alter table deployment_use add column by_id uuid references application (id);
alter table deployment_use add column direct boolean not null default true;
create index deployment_use_by_user on deployment_use (by_id);

-- What is new in a published revision, as who published it says.
alter table revision add column notes text not null default '';
