-- What people choose for themselves, and user names that look alike.

-- The user name with the letters and digits that are taken for each other made one. The console writes it with each new user.
alter table it_user add column skeleton text not null default '';
update it_user set skeleton = replace(replace(replace(replace(username, 'rn', 'm'), 'vv', 'w'), '0', 'o'), '1', 'l');
create index it_user_by_skeleton on it_user (skeleton);

-- A name of the time zone database.
alter table it_user add column time_zone text not null default 'UTC';
alter table it_user add column theme text not null default 'system'
    constraint it_user_theme check (theme in ('system', 'light', 'dark'));
