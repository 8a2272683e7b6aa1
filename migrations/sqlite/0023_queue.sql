-- Several deployments run into an environment at once, as long as they are independent (R10). How many is the environment's to say.

alter table environment add column deployments_at_once integer
    constraint environment_deployments_at_once check (deployments_at_once > 0);

-- The deployments that run into an environment, each with its place; who claims one holds the counter of the fencing numbers meanwhile, so that
-- claims take turns.
create table environment_lock_next (
    environment_id blob not null references environment (id),
    deployment_id blob not null references deployment (id),
    fence integer not null,
    taken_at integer not null,
    primary key (environment_id, deployment_id)
) strict, without rowid;
insert into environment_lock_next (environment_id, deployment_id, fence, taken_at)
    select environment_id, deployment_id, fence, taken_at from environment_lock;
drop table environment_lock;
alter table environment_lock_next rename to environment_lock;
create index environment_lock_by_deployment on environment_lock (deployment_id);

-- A deployment's use of an application may go through others. `by_id` is the one of its own that uses it; nothing is known of it for a deployment
-- that was started before.
alter table deployment_use add column by_id blob references application (id);
alter table deployment_use add column direct integer not null check (direct in (0, 1)) default 1;
create index deployment_use_by_user on deployment_use (by_id);

-- What is new in a published revision, as who published it says.
alter table revision add column notes text not null default '';
