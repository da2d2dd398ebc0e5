-- Commands that were given with a time in which they can be taken back. When it is over they are decided; until then
-- command.undo takes them away. docs/runtime.md, "Commands that wait".
create table held_command (
    tenant     text not null,
    person     uuid not null,
    home       int2 not null,
    part       int not null,
    command_id text not null,
    type       text not null,
    actor      text not null default '',
    src_offset bigint not null,
    key        bytea not null,
    headers    bytea not null,
    value      bytea not null,
    goes_at    timestamptz not null,             -- real time
    primary key (tenant, command_id)
);
create index held_command_due on held_command (part, goes_at);
create index held_command_person on held_command (person);
