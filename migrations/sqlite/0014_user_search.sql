-- The list of users and its count read this index alone until they know whom to show: a search of many users would read each of them.

drop index it_user_by_service;
create index it_user_by_service on it_user (service_of, sort, id, active, search);
