-- A request for more time or units of an authorization names the request that was granted.
alter table submission add column extends_id uuid;
