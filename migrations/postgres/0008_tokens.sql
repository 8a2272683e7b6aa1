-- Service accounts and their tokens.

-- The infrastructure that a service account works in; missing for a person. A service account has no password, ever.
alter table it_user add column service_of uuid references infrastructure (id)
    constraint it_user_service check (service_of is null or password_hash is null);
create index it_user_by_service on it_user (service_of, sort, id);

-- Tokens are known by their SHA-256 only. `scopes` is a set of bits with reading in each; a token lives a year at most.
create table token (
    id uuid primary key not null,
    user_id uuid not null references it_user (id),
    name text collate "C" not null,
    hash text collate "C" not null,
    shown text collate "C" not null,
    scopes bigint not null,
    created_at bigint not null,
    created_by uuid references it_user (id),
    expires_at bigint not null,
    revoked_at bigint,
    last_used_at bigint,
    reads bigint not null,
    constraint token_hash unique (hash),
    constraint token_scopes check (scopes in (1, 3, 5, 7)),
    constraint token_life check (expires_at >= created_at and expires_at - created_at <= 31536000000000)
);
create index token_by_user on token (user_id, created_at);
