-- What work lists look at, as a column of its own: the due time, which the index had, moves with most facts, and each
-- move went to all five indexes of the table. No statement could use it either, since lists show closed cases with an
-- open task too.
alter table case_head add column shown bool not null default false;
update case_head set shown = stage <> 'closed' or next_kind = 'task';
drop index case_head_open;
create index case_head_shown on case_head (tenant) where shown;
-- Rows that change soon after they were written: room on the page, as for heads and lines.
alter table visit set (fillfactor = 60);
alter table clock set (fillfactor = 60);
alter table submission set (fillfactor = 60);
alter table auth_line set (fillfactor = 60);
