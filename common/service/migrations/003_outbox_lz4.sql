-- Output is JSON and is written once: squeezed by lz4 it is a fifth, in the write-ahead log and in the pages of the
-- overflow table, for less CPU than writing the rest would cost.
alter table outbox alter column events set storage extended;
alter table outbox alter column events set compression lz4;
