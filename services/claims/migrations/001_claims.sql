-- Claims, what they were compared with, and our own copy of what other services decided.
create table claim (
    tenant text not null, person uuid not null, home int2 not null,
    claim_id uuid not null,
    claim_no text not null default '', sender text not null default '', frequency text not null default '',
    payer text not null default '', payer_code text not null default '', payer_name text not null default '',
    member_id text not null default '',
    billing_npi text not null default '', rendering_npi text not null default '', facility_npi text not null default '',
    authorization_no text not null default '', original_ref text not null default '', pos text not null default '',
    total text not null default '', diagnoses text not null default '',
    state text not null default '', result text not null default '', site text not null default '',
    case_id uuid, case_no text not null default '',
    released_auth text not null default '', carc text not null default '', reasons text not null default '',
    next_step text not null default '', "by" text not null default '', reason text not null default '',
    replaced_by uuid, service_date date,
    reported timestamptz, held timestamptz, due timestamptz, decided timestamptz,
    version int4 not null default 0, task_open bool not null default false,
    primary key (person, claim_id)
);
create index claim_by_id on claim (claim_id);
create index claim_by_no on claim (tenant, claim_no);
create index claim_held on claim (tenant, due, claim_id) where state = 'held';

create table claim_line (
    tenant text not null, person uuid not null, home int2 not null,
    claim_id uuid not null, line int4 not null,
    code text not null default '', code_system text not null default '', modifiers text not null default '',
    charge text not null default '', units text not null default '', unit_type text not null default '',
    date_from date, date_until date, pos text not null default '', rendering_npi text not null default '',
    authorization_no text not null default '', control text not null default '', diagnoses text not null default '',
    result text not null default '', matched_auth text not null default '', matched_units text not null default '',
    matched_code text not null default '', proof text not null default '', how text not null default '',
    case_id uuid, case_line int4 not null default 0,
    primary key (person, claim_id, line)
);

create table claim_mismatch (
    tenant text not null, person uuid not null, home int2 not null,
    claim_id uuid not null, seq int4 not null,
    reason text not null default '', field text not null default '', claim_value text not null default '',
    auth_value text not null default '', severity text not null default '', carc text not null default '',
    hint text not null default '', claim_line int4 not null default 0, case_line int4 not null default 0,
    primary key (person, claim_id, seq)
);

create table claim_element (
    tenant text not null, person uuid not null, home int2 not null,
    claim_id uuid not null, seq int4 not null, claim_line int4 not null default 0,
    code text not null default '', label text not null default '', claim_value text not null default '',
    auth_value text not null default '', relation text not null default '', rule text not null default '',
    severity text not null default '', carc text not null default '', hint text not null default '',
    primary key (person, claim_id, seq)
);

create table known_case (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, case_version int4 not null default 0,
    case_no text not null default '', order_no text not null default '', site text not null default '',
    state text not null default '', payer text not null default '', payer_code text not null default '',
    plan text not null default '', member_id text not null default '', second_payer text not null default '',
    coverage_from date, coverage_until date, performer_npi text not null default '',
    mrn text not null default '', family text not null default '', given text not null default '',
    birth_date date, sex text not null default '',
    primary key (person, case_id)
);

create table known_line (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, line int4 not null,
    state text not null default '', order_no text not null default '', code text not null default '',
    text text not null default '', modifiers text not null default '', units text not null default '',
    unit_type text not null default '', diagnoses text not null default '', pos text not null default '',
    service_date date,
    coverage text not null default '', proof text not null default '', reason text not null default '',
    on_file text not null default '', basis int4 not null default 0, valid_until date,
    primary key (person, case_id, line)
);

create table known_ordered (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, line int4 not null, case_version int4 not null,
    code text not null default '', modifiers text not null default '', units text not null default '',
    unit_type text not null default '',
    primary key (person, case_id, line, case_version)
);

create table known_auth (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, line int4 not null, submission_id uuid not null, case_version int4 not null default 0,
    outcome text not null default '', authorization_no text not null default '', reference text not null default '',
    trace text not null default '', payer text not null default '', reason text not null default '',
    valid_from date, valid_until date, code text not null default '', modifiers text not null default '',
    units text not null default '', unit_type text not null default '', provider_npi text not null default '',
    accepted bool not null default false, decided timestamptz,
    primary key (person, case_id, line, submission_id)
);

create table used (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, line int4 not null, claim_id uuid not null, claim_line int4 not null,
    claim_no text not null default '', authorization_no text not null default '', units text not null default '',
    unit_type text not null default '', date date,
    primary key (person, case_id, line, claim_id, claim_line)
);

-- The writer sees everything; a reader sees its tenant, and claims of its sites. A claim without a site (no case known
-- yet) belongs to no site and is seen by everybody who may read claims.
do $$
declare t text;
begin
    foreach t in array array['claim', 'claim_line', 'claim_mismatch', 'claim_element', 'known_case', 'known_line',
                             'known_ordered', 'known_auth', 'used'] loop
        execute format('alter table %I enable row level security', t);
        execute format('grant select, insert, update, delete on %I to pp_claims', t);
        execute format('grant select on %I to pp_claims_read', t);
        execute format('create policy writer on %I to pp_claims using (true) with check (true)', t);
        if t in ('claim', 'known_case') then
            execute format($p$create policy reader on %I for select to pp_claims_read using (
                tenant = current_setting('app.tenant', true) and (site = '' or current_setting('app.sites', true) = '*'
                or site = any (string_to_array(current_setting('app.sites', true), ','))))$p$, t);
        else
            execute format($p$create policy reader on %I for select to pp_claims_read using (
                tenant = current_setting('app.tenant', true))$p$, t);
        end if;
    end loop;
end $$;
