-- A code may ask that an administrator confirms the key that comes with it. Until then the key waits beside the one that is believed, with
-- what its server said about itself (JSON).
alter table enrolment add column confirms boolean not null default false;
alter table server add column waiting_public_key text;
alter table server add column waiting_at bigint;
alter table server add column waiting_said text;
