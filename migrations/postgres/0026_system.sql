-- What a front-end runs on: operating system and application server, as people write it.
alter table server add column system text;
