-- Rows that change soon after they were written, some more than once: room on the page keeps a new version beside the
-- old one, without touching the indexes.
alter table checklist_case set (fillfactor = 50);
alter table checklist_line set (fillfactor = 50);
alter table checklist_item set (fillfactor = 70);
