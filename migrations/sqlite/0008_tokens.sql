-- Service accounts and their tokens.

-- The infrastructure that a service account works in; missing for a person. A service account has no password, ever.
alter table it_user add column service_of blob references infrastructure (id)
    constraint it_user_service check (service_of is null or password_hash is null);
create index it_user_by_service on it_user (service_of, sort, id);

-- Tokens are known by their SHA-256 only. `scopes` is a set of bits with reading in each; a token lives a year at most.
create table token (
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
    constraint token_scopes check (scopes in (1, 3, 5, 7)),
    constraint token_life check (expires_at >= created_at and expires_at - created_at <= 31536000000000)
) strict, without rowid;
create index token_by_user on token (user_id, created_at);
