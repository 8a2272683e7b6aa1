-- Invitations, second factors, and roles that ask for one.

-- One-time links with which somebody chooses a password. Only the SHA-256 of what a link holds is kept.
create table invitation (
    id uuid primary key not null,
    user_id uuid not null references it_user (id),
    token_hash text collate "C" not null,
    expires_at bigint not null,
    used_at bigint,
    created_at bigint not null,
    created_by uuid references it_user (id),
    constraint invitation_token_hash unique (token_hash)
);
create index invitation_by_user on invitation (user_id);

-- An authenticator app (RFC 6238). The secret is enveloped; it counts once a right code confirmed it, and each step counts once.
create table authenticator (
    user_id uuid primary key not null references it_user (id),
    secret text collate "C" not null,
    last_step bigint,
    created_at bigint not null,
    confirmed_at bigint
);

-- One-time codes for who has lost the second factor, by their SHA-256: each has 80 random bits.
create table recovery_code (
    user_id uuid not null references it_user (id),
    code_hash text collate "C" not null,
    used_at bigint,
    created_at bigint not null,
    primary key (user_id, code_hash)
);

-- Passkeys (WebAuthn): the public key and what is known of it, JSON.
create table passkey (
    id uuid primary key not null,
    user_id uuid not null references it_user (id),
    credential_id text collate "C" not null,
    name text collate "C" not null,
    credential text collate "C" not null,
    created_at bigint not null,
    last_used_at bigint,
    constraint passkey_credential_id unique (credential_id)
);
create index passkey_by_user on passkey (user_id);

-- Who holds the role signs in with a second factor.
alter table role add column second_factor boolean not null default false;
