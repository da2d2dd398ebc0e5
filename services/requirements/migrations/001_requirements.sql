-- What each line needs, and why that may be said. tables.h says what each table is.
create table cases (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, case_version int4 not null default 0, case_no text not null default '',
    order_no text not null default '', state text not null default '', site text not null default '',
    site_state text not null default '', patient_state text not null default '', urgency text not null default '',
    payer text not null default '', payer_code text not null default '', plan text not null default '',
    lob text not null default '', missing text not null default '', birth_date date,
    channel text not null default '', packs text not null default '', determinations int4 not null default 0,
    checked timestamptz, next_check timestamptz,
    primary key (person, case_id)
);

create table case_line (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, line int4 not null default 0, order_no text not null default '',
    state text not null default '', code text not null default '', text text not null default '',
    local_code text not null default '', modifiers text not null default '', diagnoses text not null default '',
    pos text not null default '', service_date date, coverage text not null default '',
    rule text not null default '', proof text not null default '', reason text not null default '',
    documents text not null default '', info_needed text not null default '', valid_until date, proof_id uuid,
    proofs int4 not null default 0,
    primary key (person, case_id, line)
);

create table determination (
    tenant text not null, person uuid not null, home int2 not null,
    determination_id uuid not null, case_id uuid, case_version int4 not null default 0,
    payer text not null default '', channel text not null default '', packs text not null default '',
    why text not null default '', at timestamptz,
    primary key (person, determination_id)
);

create table proof (
    tenant text not null, person uuid not null, home int2 not null,
    proof_id uuid not null, case_id uuid, line int4 not null default 0, case_version int4 not null default 0,
    coverage text not null default '', rule text not null default '', rule_text text not null default '',
    proof text not null default '', reason text not null default '', source text not null default '',
    pack text not null default '', facts text not null default '', considered text not null default '',
    source_date date, valid_until date, at timestamptz,
    primary key (person, proof_id)
);

create table decided_by_person (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, line int4 not null default 0, coverage text not null default '',
    evidence text not null default '', actor text not null default '', code text not null default '',
    modifiers text not null default '', payer text not null default '', plan text not null default '',
    service_date date, at timestamptz,
    primary key (person, case_id, line)
);

create table open_task (
    tenant text not null, person uuid not null, home int2 not null,
    task_id uuid not null, case_id uuid, line int4 not null default 0, reason text not null default '',
    primary key (person, task_id)
);

create index cases_by_id on cases (case_id);
create index proof_by_id on proof (proof_id);
create index proof_by_line on proof (person, case_id, line);
create index determination_by_case on determination (person, case_id);

-- The writer sees everything; a reader sees its tenant, and cases of its sites. A case without a site is seen by
-- everybody who may read cases.
do $$
declare t text;
begin
    foreach t in array array['cases', 'case_line', 'determination', 'proof', 'decided_by_person', 'open_task'] loop
        execute format('alter table %I enable row level security', t);
        execute format('grant select, insert, update, delete on %I to pp_requirements', t);
        execute format('grant select on %I to pp_requirements_read', t);
        execute format('create policy writer on %I to pp_requirements using (true) with check (true)', t);
        if t in ('cases') then
            execute format($p$create policy reader on %I for select to pp_requirements_read using (
                tenant = current_setting('app.tenant', true) and (site = '' or current_setting('app.sites', true) = '*'
                or site = any (string_to_array(current_setting('app.sites', true), ','))))$p$, t);
        else
            execute format($p$create policy reader on %I for select to pp_requirements_read using (
                tenant = current_setting('app.tenant', true))$p$, t);
        end if;
    end loop;
end $$;
