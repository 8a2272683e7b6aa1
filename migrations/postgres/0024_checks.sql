-- A verification can be a check that the console makes: then its gate has the address that is asked.
alter table gate add column address text;

-- Who found a result: the console itself, or whoever reported it; and what was found, in a sentence.
alter table verification add column by_console boolean not null default false;
alter table verification add column detail text not null default '';

-- What a plan refers to elsewhere: a line for each, its address and what is there.
alter table plan add column links text not null default '';

-- What a run is stays as it was started; but a publication that has not begun goes on from whatever runs by then.
drop trigger deployment_run_plan_immutable on deployment;
create trigger deployment_run_plan_immutable before update of run_plan, digest on deployment
for each row when (
    (new.run_plan is distinct from old.run_plan and (old.status <> 'queued' or old.kind <> 'publication'))
    or new.digest is distinct from old.digest
)
execute function refuse_change();
