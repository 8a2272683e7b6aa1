-- Failed sign-ins, devices that are known to an account, and why a session ended.

-- An empty account counts the address as a whole. An account is the SHA-256 of what was typed as user name, in lower case: people type
-- passwords there by mistake.
create table sign_in_attempt (
    account text collate "C" not null,
    address text collate "C" not null,
    failures bigint not null,
    last_at bigint not null,
    free_at bigint not null,
    primary key (account, address)
);
create index sign_in_attempt_by_time on sign_in_attempt (last_at);

-- Devices that have signed in before, by the SHA-256 of what their cookie holds.
create table known_device (
    id_hash text collate "C" primary key not null,
    user_id uuid not null references it_user (id),
    failures bigint not null,
    created_at bigint not null,
    expires_at bigint not null
);
create index known_device_by_user on known_device (user_id);
create index known_device_by_end on known_device (expires_at);

-- Sessions that were ended before their time, kept for a day so that their browser can be told why.
create table session_end (
    id_hash text collate "C" primary key not null,
    reason text collate "C" not null,
    at bigint not null
);
create index session_end_by_time on session_end (at);
