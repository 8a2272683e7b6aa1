-- What came last into an environment is shown on its page.
create index environment_application_newest on environment_application (environment_id, changed_at, application_id);
