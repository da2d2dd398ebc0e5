-- Rows that change soon after they were written, some more than once: room on the page keeps a new version beside the
-- old one, without touching the indexes.
alter table case_copy set (fillfactor = 50);
alter table submission set (fillfactor = 60);
alter table submission_line set (fillfactor = 60);
