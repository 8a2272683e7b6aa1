-- A token may have a fourth scope, for what infrastructures are made of. SQLite changes a check with a new table only.

create table token_again (
    id blob primary key not null check (length(id) = 16),
    user_id blob not null references it_user (id),
    name text not null,
    hash text not null,
    shown text not null,
    scopes integer not null,
    created_at integer not null,
    created_by blob references it_user (id),
    expires_at integer not null,
    revoked_at integer,
    last_used_at integer,
    reads integer not null,
    constraint token_hash unique (hash),
    constraint token_scopes check (scopes in (1, 3, 5, 7, 9, 11, 13, 15)),
    constraint token_life check (expires_at >= created_at and expires_at - created_at <= 31536000000000)
) strict, without rowid;
insert into token_again (id, user_id, name, hash, shown, scopes, created_at, created_by, expires_at, revoked_at, last_used_at, reads)
    select id, user_id, name, hash, shown, scopes, created_at, created_by, expires_at, revoked_at, last_used_at, reads from token;
drop table token;
alter table token_again rename to token;
create index token_by_user on token (user_id, created_at);
