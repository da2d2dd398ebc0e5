-- A service whose database was restored from a backup, until it has caught up. Written by `priorpath recover`, docs/recovery.md.

-- Inputs before these offsets may have been applied before, by the incarnation that was lost with the database.
create table recovery (
    part    int primary key,
    until_0 bigint not null,
    until_1 bigint not null,
    started timestamptz not null                 -- real time
);

-- Facts that the lost incarnation put on the log. What is decided again and stands here is not said again.
create table recovery_fact (
    part   int not null,
    dest   int not null,
    incarnation int not null,
    seq    bigint not null,
    person text not null,                        -- key of the record
    type   text not null,
    subject text not null,
    cause  text not null,
    body   bytea not null,                       -- SHA-256
    at     timestamptz not null,                 -- virtual time of the decision
    primary key (part, dest, incarnation, seq)
);
