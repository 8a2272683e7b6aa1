-- Applications that belong to one pipeline, and the right to leave pipelines, which administrators have.

create table application_pipeline (
    application_id blob primary key not null references application (id),
    pipeline_id blob not null references pipeline (id)
) strict, without rowid;
create index application_pipeline_by_pipeline on application_pipeline (pipeline_id);

update role set wide = wide | 8 where built_in = 'Administrator';
