-- Requests to payers, their lines, and our own copy of the case that they are built from.
create table case_copy (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null,
    case_version int4 not null default 0, case_no text not null default '', site text not null default '',
    payer text not null default '', channel text not null default '',
    urgent bool not null default false, withdrawn bool not null default false,
    body text not null default '', packet text not null default '',
    primary key (person, case_id)
);
create index case_copy_by_id on case_copy (case_id);

create table need (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, line int4 not null, coverage text not null default '',
    primary key (person, case_id, line)
);

create table submission (
    tenant text not null, person uuid not null, home int2 not null,
    submission_id uuid not null, case_id uuid, case_version int4 not null default 0,
    payer text not null default '', channel text not null default '', kind text not null default '',
    state text not null default '', trace text not null default '', prior_id uuid,
    payer_ref text not null default '', reference text not null default '', reason text not null default '',
    request text not null default '',
    created timestamptz, received timestamptz, due timestamptz,
    delayed bool not null default false, info_open bool not null default false,
    task text not null default '', info_digest uuid,
    primary key (person, submission_id)
);
create index submission_by_id on submission (submission_id);

create table submission_line (
    tenant text not null, person uuid not null, home int2 not null,
    submission_id uuid not null, line int4 not null, case_id uuid,
    payer text not null default '', state text not null default '', asked text not null default '',
    code text not null default '', units text not null default '', unit_type text not null default '',
    review_code text not null default '', reason_code text not null default '', reason text not null default '',
    authorization_no text not null default '', reference text not null default '',
    valid_from date, valid_until date,
    auth_code text not null default '', auth_modifiers text not null default '', auth_units text not null default '',
    auth_unit_type text not null default '', provider_npi text not null default '',
    accepted bool not null default false, by_person bool not null default false, evidence text not null default '',
    decided timestamptz, task text not null default '',
    primary key (person, submission_id, line)
);

-- Numbers that count up within a person or pseudo-person: the tail of trace numbers.
create table counter (
    tenant text not null, person uuid not null, home int2 not null,
    name text not null, value int8 not null default 0,
    primary key (person, name)
);

create table subscription (
    tenant text not null, person uuid not null, home int2 not null,
    payer text not null, org text not null,
    endpoint text not null default '', subscription text not null default '', status text not null default '',
    asked timestamptz, checked timestamptz,
    primary key (person, payer, org)
);

-- The writer sees everything; a reader sees its tenant, and cases of its sites.
do $$
declare t text;
begin
    foreach t in array array['case_copy', 'need', 'submission', 'submission_line', 'counter', 'subscription'] loop
        execute format('alter table %I enable row level security', t);
        execute format('grant select, insert, update, delete on %I to pp_submission', t);
        execute format('grant select on %I to pp_submission_read', t);
        execute format('create policy writer on %I to pp_submission using (true) with check (true)', t);
        if t = 'case_copy' then
            execute format($p$create policy reader on %I for select to pp_submission_read using (
                tenant = current_setting('app.tenant', true) and (site = '' or current_setting('app.sites', true) = '*'
                or site = any (string_to_array(current_setting('app.sites', true), ','))))$p$, t);
        else
            execute format($p$create policy reader on %I for select to pp_submission_read using (
                tenant = current_setting('app.tenant', true))$p$, t);
        end if;
    end loop;
end $$;
