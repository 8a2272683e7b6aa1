-- What somebody waits to hear from an environment, until its deployment controller has answered; gone within a minute.
create table environment_question (
    id blob primary key not null,
    environment_id blob not null references environment (id) on delete cascade,
    asked_at integer not null,
    document text not null,
    status integer,
    reply text,
    constraint environment_question_answered check ((status is null) = (reply is null))
) strict, without rowid;
create index environment_question_open on environment_question (environment_id, asked_at) where status is null;
create index environment_question_age on environment_question (asked_at);
