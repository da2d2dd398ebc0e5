-- The task that asks to look at a held claim after a merge is open.
alter table claim add column merge_open bool not null default false;
