-- Applications that belong to one pipeline, and the right to leave pipelines, which administrators have.

create table application_pipeline (
    application_id uuid primary key references application (id),
    pipeline_id uuid not null references pipeline (id)
);
create index application_pipeline_by_pipeline on application_pipeline (pipeline_id);

update role set wide = wide | 8 where built_in = 'Administrator';
