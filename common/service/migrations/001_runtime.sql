-- Tables of the runtime, in the schema of each service. docs/runtime.md says what they are for.

-- One row for each partition: who may write (epoch), what was applied (next_0 of the app's first topic, the log; next_1 of
-- the second, the commands), and the counters of what was said. Updated by every batch: room on the page, eager vacuum.
create table shard (
    part        int primary key,
    epoch       int not null,
    owner       text not null default '',
    next_0      bigint not null default 0,
    next_1      bigint not null default 0,
    batch_no    bigint not null default 0,       -- of the last batch
    relayed     bigint not null default 0,       -- all batches up to this one are on the broker
    incarnation int not null default 1,          -- rises with each recovery from a backup
    out_seqs    bytea not null,                  -- last sequence for each destination partition, 8 bytes each
    clean       bool not null default true,      -- given up in order: no crash to be careful about
    try_topic   int not null default 0,          -- after a crash: the input that was tried last
    try_offset  bigint not null default -1,
    try_count   int not null default 0,
    taken_at    timestamptz
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Last sequence applied from each writer (source number and its shard). A repeat is skipped, a gap stops the partition.
create table dedup (
    part        int not null,
    source      int not null,
    shard       int not null,
    incarnation int not null,
    seq         bigint not null,
    primary key (part, source, shard)
) with (fillfactor = 50);

-- What a batch says, packed (service/outbox.h); kept an hour after it was relayed.
create table outbox (
    part     int not null,
    batch_no bigint not null,
    epoch    int not null,
    n        int not null,
    at       timestamptz not null,               -- real time
    events   bytea not null,
    primary key (part, batch_no)
);
alter table outbox alter column events set storage external;

create table timer (
    tenant text not null,
    person uuid not null,
    home   int2 not null,
    part   int not null,
    kind   int not null,
    ref    uuid not null,
    due    timestamptz not null,                 -- virtual time
    primary key (person, kind, ref)
);
create index timer_due on timer (part, due);

-- Outbound calls: planned -> sending -> done | doubt -> inquiring -> done | planned. Times are real.
create table job (
    tenant       text not null,
    person       uuid not null,
    home         int2 not null,
    part         int not null,
    kind         int not null,
    ref          uuid not null,
    job_id       uuid not null,
    target       text not null,
    state        text not null check (state in ('planned', 'sending', 'doubt', 'inquiring', 'done')),
    attempt      int not null default 0,
    failures     int not null default 0,         -- in a row, for the back-off
    request_type text not null,
    request      text not null,
    trace        text not null default '',
    next_at      timestamptz not null,
    first_at     timestamptz not null,
    delayed_said bool not null default false,
    resumed_said bool not null default false,
    why          text not null default '',
    primary key (person, kind, ref)
);
create index job_due on job (part, next_at) where state in ('planned', 'doubt');
create index job_open on job (part, first_at) where state <> 'done';

-- Inputs that a decider set aside under their case, in order.
create table parked (
    id         bigint generated always as identity primary key,
    part       int not null,
    tenant     text not null,
    person     uuid not null,
    subject    uuid not null,
    topic      text not null,
    topic_no   int not null,
    src_offset bigint not null,
    key        bytea not null,
    headers    bytea not null,
    value      bytea not null,
    reason     text not null,
    at         timestamptz not null,             -- virtual time
    retry      bool not null default false       -- set by hand or by the decider: to be tried again
);
create index parked_person on parked (person, subject);
create index parked_retry on parked (part, id) where retry;

create table command_result (
    tenant     text not null,
    person     uuid not null,
    home       int2 not null,
    command_id text not null,
    type       text not null,
    status     text not null,
    version    int not null default 0,
    message    text not null default '',
    actor      text not null default '',
    at         timestamptz not null,             -- virtual time
    primary key (tenant, command_id)
);

-- Counters of pa.metrics.v1: one row per partition and series, so that a batch never waits for another instance.
create table metric (
    part   int not null,
    name   text not null,
    labels text not null default '',
    value  bigint not null,
    primary key (part, name, labels)
) with (fillfactor = 50);

-- Reads of patient data, written before the body is sent.
create table access_log (
    at      timestamptz not null,                -- virtual time
    tenant  text not null,
    user_id text not null,
    roles   text not null default '',
    path    text not null,
    trace   text not null default '',
    subject uuid
);
create index access_log_at on access_log (tenant, at);

-- Aborts the batch of an instance that is no longer the owner, with a code of its own.
create function pp_fence(ok bool) returns int language plpgsql as $$
begin
    if ok then return 1; end if;
    raise exception 'fenced: another instance owns the partition' using errcode = 'PP001';
end $$;
