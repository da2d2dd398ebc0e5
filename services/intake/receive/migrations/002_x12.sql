-- X12 files: what their senders were answered, files that are read in steps, and facts that came before their claim.

alter table message
    add column read_until int8,                  -- bytes of a file that is read in steps; NULL: read at once
    add column refused int4 not null default 0;  -- parts of such a file that were refused

-- 999 and TA1 for what was read. person is the sender's pseudo-person; no patient data.
create table acknowledgement (
    tenant text not null, person uuid not null, home int2 not null,
    sender text not null, message_id text not null,
    hash text not null,                          -- of the message
    made_at timestamptz not null,
    ack_hash text not null,                      -- of the acknowledgement, in the blob store
    size int4 not null,
    transactions int4 not null, accepted int4 not null, warnings int4 not null,
    notes text not null default '',              -- findings that refused nothing, one a line
    file_name text not null default '',          -- of the drop folder
    ack_id uuid not null unique,
    written bool not null default false,         -- stands in the sender's folder as acks/<file_name>.999
    primary key (tenant, hash, sender, message_id)
);

-- Remittances and acknowledgements whose claim is not known yet.
create table early (
    tenant text not null, person uuid not null, home int2 not null,
    early_id uuid not null primary key,
    authority text not null, value text not null, -- key of the claim, as in identifier
    type text not null, body text not null,       -- the fact as JSON
    came timestamptz not null,
    looked bool not null default false,           -- looked again once
    told bool not null default false              -- a person was asked
);
create index early_claim on early (tenant, authority, value);
