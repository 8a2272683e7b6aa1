-- The list of the plans that name an application goes by time.
alter table plan_item add column created_at bigint not null default 0;
update plan_item set created_at = (select p.created_at from plan p where p.id = plan_item.plan_id);
drop index plan_item_by_application;
create index plan_item_by_application on plan_item (application_id, created_at, plan_id);
