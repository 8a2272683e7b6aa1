-- The list of invitations that nobody has used yet. Those that have ended stand before its first page.

create index invitation_open on invitation (expires_at, id) where used_at is null;
