-- How many front-ends of an environment may be out of service at once, and how they leave its load balancer.
alter table environment add column out_at_once bigint
    constraint environment_out_at_once check (out_at_once > 0);
alter table environment add column drain_seconds bigint
    constraint environment_drain_seconds check (drain_seconds between 0 and 600);
alter table environment add column open_requests_seconds bigint
    constraint environment_open_requests_seconds check (open_requests_seconds between 0 and 600);
