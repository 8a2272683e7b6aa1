-- A token may have a fourth scope, for what infrastructures are made of.

alter table token drop constraint token_scopes;
alter table token add constraint token_scopes check (scopes in (1, 3, 5, 7, 9, 11, 13, 15));
