-- How many inputs of the partition the next batch may hold at most: after a crash so many are done one by one.
alter table shard add column flight int not null default 500;
