-- Rows that change soon after they were written, some more than once: room on the page keeps a new version beside the
-- old one, without touching the indexes.
alter table cases set (fillfactor = 60);
alter table case_line set (fillfactor = 60);
