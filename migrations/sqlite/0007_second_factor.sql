-- Invitations, second factors, and roles that ask for one.

-- One-time links with which somebody chooses a password. Only the SHA-256 of what a link holds is kept.
create table invitation (
    id blob primary key not null check (length(id) = 16),
    user_id blob not null references it_user (id),
    token_hash text not null,
    expires_at integer not null,
    used_at integer,
    created_at integer not null,
    created_by blob references it_user (id),
    constraint invitation_token_hash unique (token_hash)
) strict, without rowid;
create index invitation_by_user on invitation (user_id);

-- An authenticator app (RFC 6238). The secret is enveloped; it counts once a right code confirmed it, and each step counts once.
create table authenticator (
    user_id blob primary key not null references it_user (id),
    secret text not null,
    last_step integer,
    created_at integer not null,
    confirmed_at integer
) strict, without rowid;

-- One-time codes for who has lost the second factor, by their SHA-256: each has 80 random bits.
create table recovery_code (
    user_id blob not null references it_user (id),
    code_hash text not null,
    used_at integer,
    created_at integer not null,
    primary key (user_id, code_hash)
) strict, without rowid;

-- Passkeys (WebAuthn): the public key and what is known of it, JSON.
create table passkey (
    id blob primary key not null check (length(id) = 16),
    user_id blob not null references it_user (id),
    credential_id text not null,
    name text not null,
    credential text not null,
    created_at integer not null,
    last_used_at integer,
    constraint passkey_credential_id unique (credential_id)
) strict, without rowid;
create index passkey_by_user on passkey (user_id);

-- Who holds the role signs in with a second factor.
alter table role add column second_factor integer not null check (second_factor in (0, 1)) default 0;
