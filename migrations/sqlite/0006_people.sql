-- Managing people: searching users, when one was deactivated, what a role is for, and who granted what.

alter table it_user add column deactivated_at integer;
-- Name, user name and e-mail in lower case. The console writes it with each change.
alter table it_user add column search text not null default '';
update it_user set search = sort || ' ' || username || ' ' || lower(email);

alter table role add column description text not null default '';
-- What the role gives in environments to come; where it is missing, what the built-in role gives by purpose, and nothing for others.
alter table role add column new_environment integer;

-- Missing where the local operator granted it.
alter table application_grant add column granted_by blob references it_user (id);
alter table application_grant add column granted_at integer not null default 0;

-- Who holds a role, before it is deleted.
create index team_member_by_role on team_member (role_id);
create index application_grant_by_role on application_grant (role_id);
