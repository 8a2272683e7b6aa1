-- The list of plans into one environment goes by time.
drop index plan_by_target;
create index plan_by_target on plan (target_id, created_at, id);
