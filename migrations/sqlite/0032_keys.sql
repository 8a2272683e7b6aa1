-- Since when the key of a Platform Server is believed, and the one that it will sign with next: both are, until that one has signed.
alter table server add column key_since integer;
alter table server add column next_public_key text;
alter table server add column next_key_at integer;
update server set key_since = enrolled_at where public_key is not null;
