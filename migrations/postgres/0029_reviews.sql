-- What was overridden for a deployment has to be looked at by somebody else afterwards: until when, and what came of it.
create table override_review (
    deployment_id uuid primary key not null references deployment (id),
    infrastructure_id uuid not null references infrastructure (id),
    created_at bigint not null,
    due_at bigint not null,
    closed_at bigint,
    closed_by text,
    words text,
    constraint override_review_closed check ((closed_at is null) = (closed_by is null) and (closed_at is null) = (words is null))
);
create index override_review_by_infrastructure on override_review (infrastructure_id, created_at, deployment_id);
create index override_review_open on override_review (infrastructure_id, created_at, deployment_id) where closed_at is null;

-- Each override of a deployment, in their order. No user where a service account made it.
create table override_act (
    deployment_id uuid not null references override_review (deployment_id),
    number bigint not null,
    at bigint not null,
    what text not null,
    reason text not null,
    user_id uuid references it_user (id),
    made_by text not null,
    primary key (deployment_id, number)
);
create index override_act_by_user on override_act (user_id);
