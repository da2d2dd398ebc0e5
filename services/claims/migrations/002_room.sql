-- Rows that change soon after they were written, some more than once: room on the page keeps a new version beside the
-- old one, without touching the indexes.
alter table known_case set (fillfactor = 60);
alter table known_line set (fillfactor = 50);
