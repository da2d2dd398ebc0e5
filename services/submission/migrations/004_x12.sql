-- The X12 channel: how often a request went and was asked about, its documents; and numbers of interchanges, each under a
-- pseudo-person of its own, so that an acknowledgement finds what it speaks of.
alter table submission
    add column attach text not null default '', add column sends int4 not null default 0,
    add column inquiries int4 not null default 0, add column attached bool not null default false,
    add column again bool not null default false, add column answered bool not null default false;

create table interchange (
    tenant text not null, person uuid not null, home int2 not null,
    submission_id uuid not null, kind text not null,
    payer text not null default '', control text not null default '', case_id uuid, owner uuid,
    sent timestamptz, answered timestamptz, verdict text not null default '', hash text not null default '',
    primary key (person, submission_id, kind)
);
create index interchange_by_submission on interchange (submission_id);

alter table interchange enable row level security;
grant select, insert, update, delete on interchange to pp_submission;
grant select on interchange to pp_submission_read;
create policy writer on interchange to pp_submission using (true) with check (true);
create policy reader on interchange for select to pp_submission_read using (
    tenant = current_setting('app.tenant', true));
