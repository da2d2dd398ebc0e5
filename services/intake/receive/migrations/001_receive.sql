-- What arrived, and who it is about. Written only by the receive role.

-- Every message, with its bytes as they came. person is the sender's pseudo-person.
create table message (
    tenant text not null, person uuid not null, home int2 not null,
    sender text not null,
    message_id text not null,            -- MSH-10, Bundle.id, ISA13 …; else the hash
    hash text not null,                  -- SHA-256 of the bytes
    format text not null,                -- hl7 fhir x12 payer
    type text not null default '',       -- ORM^O01
    state text not null,                 -- used, not_used, refused, partly_refused, waiting, other_body
    reason text not null default '',
    received_at timestamptz not null,
    facts int4 not null default 0,
    raw bytea,                           -- NULL: in the blob store under hash
    primary key (tenant, sender, message_id, hash)
);
create index message_person on message (person, received_at);

-- Exact identifiers. Never updated: after a merge the person's survivor is followed.
create table identifier (
    tenant text not null, person uuid not null, home int2 not null,
    kind int2 not null,                  -- identity.h, enum rcv_key_kind
    authority text not null,
    value text not null,
    primary key (tenant, kind, authority, value)
);
create index identifier_person on identifier (person);

create table person (
    tenant text not null, person uuid not null, home int2 not null,
    survivor uuid,                       -- set by a merge
    birth_date date,
    sex text not null default '',
    family text not null default '',     -- upper case
    provisional bool not null default false, -- known by a member id only
    primary key (tenant, person)
);

-- What was said last under a key ("patient/<sender>", "coverage/<sender>/1"), so that a repeat need not be said again.
create table said (
    tenant text not null, person uuid not null, home int2 not null,
    what text not null,
    hash text not null,
    primary key (person, what)
);
