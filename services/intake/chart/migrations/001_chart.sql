-- What is asked for: patients, coverages, orders, visits and the cases made of them. tables.h says what each is.
create table patient (
    tenant text not null, person uuid not null, home int2 not null,
    sender text not null default '', mrn text not null default '', family text not null default '',
    given text not null default '', middle text not null default '', sex text not null default '',
    address_line text not null default '', city text not null default '', state text not null default '',
    zip text not null default '', phone text not null default '', birth_date date, reported timestamptz,
    primary key (person, sender)
);

create table coverage (
    tenant text not null, person uuid not null, home int2 not null,
    sender text not null default '', rank int4 not null default 0, payer text not null default '',
    payer_code text not null default '', payer_name text not null default '', plan text not null default '',
    lob text not null default '', member_id text not null default '', group_no text not null default '',
    subscriber_family text not null default '', subscriber_given text not null default '',
    relation text not null default '', account text not null default '', subscriber_birth_date date, effective date,
    expires date, reported timestamptz, ended bool not null default false,
    primary key (person, sender, rank)
);

create table orders (
    tenant text not null, person uuid not null, home int2 not null,
    sender text not null default '', order_no text not null default '', filler_no text not null default '',
    group_no text not null default '', visit_no text not null default '', case_id uuid, line int4 not null default 0,
    primary key (person, sender, order_no)
);

create table cases (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, case_version int4 not null default 0, case_no text not null default '',
    sender text not null default '', order_no text not null default '', state text not null default '',
    site text not null default '', urgency text not null default '', missing text not null default '',
    payer text not null default '', ordering_npi text not null default '', ordering_family text not null default '',
    ordering_given text not null default '', ordering_org text not null default '',
    performer_npi text not null default '', performer_family text not null default '',
    performer_given text not null default '', performer_org text not null default '',
    digest text not null default '', ordered timestamptz, opened timestamptz, changed timestamptz,
    intake_due timestamptz,
    primary key (person, case_id)
);

create table case_line (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, line int4 not null default 0, order_no text not null default '',
    state text not null default '', local_code text not null default '', local_system text not null default '',
    local_text text not null default '', code text not null default '', text text not null default '',
    how text not null default '', modifiers text not null default '', units text not null default '',
    unit_type text not null default '', diagnoses text not null default '', pos text not null default '',
    urgency text not null default '', reason text not null default '', service_date date,
    primary key (person, case_id, line)
);

create table visit (
    tenant text not null, person uuid not null, home int2 not null,
    sender text not null default '', visit_no text not null default '', visit_id uuid,
    state text not null default '', start timestamptz, date date, zone text not null default '',
    site text not null default '', location text not null default '', order_no text not null default '',
    filler_no text not null default '', provider_npi text not null default '',
    provider_family text not null default '', provider_given text not null default '',
    provider_org text not null default '',
    primary key (person, sender, visit_no)
);

create table case_visit (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, visit_id uuid not null, lines text not null default '',
    primary key (person, case_id, visit_id)
);

create table unmatched (
    tenant text not null, person uuid not null, home int2 not null,
    visit_id uuid not null, sender text not null default '', visit_no text not null default '', since timestamptz,
    task_open bool not null default false,
    primary key (person, visit_id)
);

create table open_task (
    tenant text not null, person uuid not null, home int2 not null,
    task_id uuid not null, case_id uuid, kind text not null default '', line int4 not null default 0,
    primary key (person, task_id)
);

create table merge (
    tenant text not null, person uuid not null, home int2 not null,
    other uuid not null, side text not null default '', at timestamptz,
    primary key (person, other)
);

create index cases_by_id on cases (case_id);
create index cases_by_no on cases (tenant, case_no);
create index orders_by_no on orders (tenant, order_no);
create index unmatched_since on unmatched (tenant, since);

-- The writer sees everything; a reader sees its tenant, and cases and visits of its sites. What has no site yet is
-- seen by everybody who may read cases.
do $$
declare t text;
begin
    foreach t in array array['patient', 'coverage', 'orders', 'cases', 'case_line', 'visit', 'case_visit', 'unmatched', 'open_task', 'merge'] loop
        execute format('alter table %I enable row level security', t);
        execute format('grant select, insert, update, delete on %I to pp_chart', t);
        execute format('grant select on %I to pp_chart_read', t);
        execute format('create policy writer on %I to pp_chart using (true) with check (true)', t);
        if t in ('cases', 'visit') then
            execute format($p$create policy reader on %I for select to pp_chart_read using (
                tenant = current_setting('app.tenant', true) and (site = '' or current_setting('app.sites', true) = '*'
                or site = any (string_to_array(current_setting('app.sites', true), ','))))$p$, t);
        else
            execute format($p$create policy reader on %I for select to pp_chart_read using (
                tenant = current_setting('app.tenant', true))$p$, t);
        end if;
    end loop;
end $$;
