-- Who controls an environment is counted: a server that knows a later epoch refuses what is of an earlier one.
alter table environment add column controller_epoch bigint not null default 1;
-- Since when the key of a Platform Server is accepted no more; none where it is, or where it never enrolled.
alter table server add column revoked_at bigint;
