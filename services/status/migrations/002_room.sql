-- Heads and lines of cases change with every fact: room on the page keeps a new version beside the old one, without
-- touching the indexes (measured: a quarter less CPU per row where the next due time moves).
alter table case_head set (fillfactor = 60);
alter table case_line set (fillfactor = 60);
