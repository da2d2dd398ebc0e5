-- Where everything stands. Made from facts; could be made again from the log.
create table case_head (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null,
    case_version int4 not null default 0,
    case_no text not null default '',
    order_no text not null default '',
    sender text not null default '',
    state text not null default '',
    urgency text not null default '',
    site text not null default '',
    region text not null default '',
    mrn text not null default '',
    family text not null default '',
    given text not null default '',
    sex text not null default '',
    birth_date date,
    payer text not null default '',
    payer_name text not null default '',
    lob text not null default '',
    plan text not null default '',
    member_id text not null default '',
    coverage_from date,
    coverage_until date,
    ordering text not null default '',
    ordering_npi text not null default '',
    performer_npi text not null default '',
    missing text not null default '',
    ordered_at timestamptz,
    opened timestamptz,
    basis int4 not null default 0,
    pack text not null default '',
    channel text not null default '',
    determined timestamptz,
    checklist_version int4 not null default 0,
    items_must int4 not null default 0,
    items_done int4 not null default 0,
    checklist_known bool not null default false,
    checklist_complete bool not null default false,
    items_open text not null default '',
    items_due timestamptz,
    released timestamptz,
    released_by text not null default '',
    submission_state text not null default '',
    trace text not null default '',
    reference text not null default '',
    reject_reason text not null default '',
    submitted timestamptz,
    received timestamptz,
    info_due timestamptz,
    last_decided timestamptz,
    attempts int4 not null default 0,
    info_open bool not null default false,
    info_wanted text not null default '',
    stage text not null default '',
    headline text not null default '',
    tone text not null default '',
    coverage_word text not null default '',
    documentation_word text not null default '',
    authorization_word text not null default '',
    next_kind text not null default '',
    next_step text not null default '',
    next_why text not null default '',
    next_owner text not null default '',
    next_queue text not null default '',
    next_task uuid,
    next_due timestamptz,
    status_since timestamptz,
    last_event timestamptz,
    last_actor text not null default '',
    colour text not null default '',
    visit_id uuid,
    visit_date date,
    visit_start timestamptz,
    visit_zone text not null default '',
    services text not null default '',
    lines_n int4 not null default 0,
    payer_due timestamptz,
    payer_clock text not null default '',
    assignee text not null default '',
    version int4 not null default 0,
    printed text not null default '',
    event_seq int4 not null default 0,
    primary key (person, case_id)
);

create table case_line (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null,
    line int4 not null,
    site text not null default '',
    state text not null default '',
    order_no text not null default '',
    code text not null default '',
    text text not null default '',
    local text not null default '',
    modifiers text not null default '',
    units text not null default '',
    unit_type text not null default '',
    diagnoses text not null default '',
    pos text not null default '',
    service_date date,
    asked_code text not null default '',
    code_since int4 not null default 0,
    coverage text not null default '',
    rule text not null default '',
    rule_text text not null default '',
    proof text not null default '',
    coverage_reason text not null default '',
    on_file text not null default '',
    basis int4 not null default 0,
    proof_until date,
    documentation text not null default '',
    docs_must int4 not null default 0,
    docs_done int4 not null default 0,
    docs_open text not null default '',
    authorization_state text not null default '',
    outcome text not null default '',
    review_code text not null default '',
    decision_reason text not null default '',
    authorization_no text not null default '',
    reference text not null default '',
    decided_by text not null default '',
    evidence text not null default '',
    submission_id uuid,
    asked_version int4 not null default 0,
    valid_from date,
    valid_until date,
    auth_code text not null default '',
    auth_modifiers text not null default '',
    auth_units text not null default '',
    auth_unit_type text not null default '',
    provider_npi text not null default '',
    decided_payer text not null default '',
    accepted bool not null default false,
    sent bool not null default false,
    info_open bool not null default false,
    decision_due timestamptz,
    decided timestamptz,
    authorized text not null default '',
    scheduled text not null default '',
    used text not null default '',
    coverage_word text not null default '',
    coverage_tone text not null default '',
    coverage_fact text not null default '',
    documentation_word text not null default '',
    documentation_tone text not null default '',
    documentation_fact text not null default '',
    authorization_word text not null default '',
    authorization_tone text not null default '',
    authorization_fact text not null default '',
    authorization_steps int4 not null default 0,
    primary key (person, case_id, line)
);

create table visit (
    tenant text not null, person uuid not null, home int2 not null,
    visit_id uuid not null,
    case_id uuid,
    visit_no text not null default '',
    state text not null default '',
    zone text not null default '',
    site text not null default '',
    location text not null default '',
    provider_npi text not null default '',
    provider text not null default '',
    start timestamptz,
    date date,
    colour text not null default '',
    word text not null default '',
    tone text not null default '',
    reasons text not null default '',
    next_step text not null default '',
    owner text not null default '',
    printed text not null default '',
    due timestamptz,
    version int4 not null default 0,
    published bool not null default false,
    primary key (person, visit_id)
);

create table visit_line (
    tenant text not null, person uuid not null, home int2 not null,
    visit_id uuid not null,
    case_id uuid not null,
    line int4 not null,
    primary key (person, visit_id, case_id, line)
);

create table clock (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null,
    kind text not null,
    whose text not null default '',
    what text not null default '',
    zone text not null default '',
    regime text not null default '',
    source text not null default '',
    state text not null default '',
    start timestamptz,
    due timestamptz,
    ended timestamptz,
    over bool not null default false,
    primary key (person, case_id, kind)
);

create table task (
    tenant text not null, person uuid not null, home int2 not null,
    task_id uuid not null,
    kind text not null default '',
    state text not null default '',
    subject text not null default '',
    reason text not null default '',
    queue text not null default '',
    assignee text not null default '',
    previous text not null default '',
    owner text not null default '',
    outcome text not null default '',
    settled_by text not null default '',
    site text not null default '',
    case_no text not null default '',
    case_id uuid,
    claim_id uuid,
    line int4 not null default 0,
    due timestamptz,
    snoozed_until timestamptz,
    opened timestamptz,
    settled timestamptz,
    touched timestamptz,
    touched_by text not null default '',
    overdue bool not null default false,
    version int4 not null default 0,
    primary key (person, task_id)
);

create table checklist_item (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null,
    line int4 not null,
    item text not null,
    title text not null default '',
    state text not null default '',
    owner text not null default '',
    reason text not null default '',
    must bool not null default false,
    due timestamptz,
    document_id uuid,
    primary key (person, case_id, line, item)
);

create table submission (
    tenant text not null, person uuid not null, home int2 not null,
    submission_id uuid not null,
    case_id uuid,
    payer text not null default '',
    channel text not null default '',
    kind text not null default '',
    trace text not null default '',
    payer_ref text not null default '',
    state text not null default '',
    reason text not null default '',
    started timestamptz,
    received timestamptz,
    ended timestamptz,
    primary key (person, submission_id)
);

create table auth_line (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null,
    line int4 not null,
    authorization_no text not null,
    state text not null default '',
    printed text not null default '',
    key text not null default '',
    version int4 not null default 0,
    primary key (person, case_id, line, authorization_no)
);

create table claim (
    tenant text not null, person uuid not null, home int2 not null,
    claim_id uuid not null,
    case_id uuid,
    claim_no text not null default '',
    state text not null default '',
    result text not null default '',
    carc text not null default '',
    reasons text not null default '',
    authorization_no text not null default '',
    matched timestamptz,
    due timestamptz,
    primary key (person, claim_id)
);

create table used (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null,
    line int4 not null,
    claim_id uuid not null,
    authorization_no text not null default '',
    units text not null default '',
    primary key (person, case_id, line, claim_id)
);

create table measure (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null,
    step text not null,
    started timestamptz,
    ended timestamptz,
    result text not null default '',
    attempts int4 not null default 0,
    version int4 not null default 0,
    primary key (person, case_id, step)
);

create table case_event (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null,
    seq int4 not null,
    line int4 not null default 0,
    at timestamptz,
    kind text not null default '',
    type text not null default '',
    text text not null default '',
    detail text not null default '',
    tone text not null default '',
    actor text not null default '',
    record text not null default '',
    evidence text not null default '',
    primary key (person, case_id, seq)
);

create table quarantine (
    tenant text not null, person uuid not null, home int2 not null,
    record text not null,
    at timestamptz,
    sender text not null default '',
    message_id text not null default '',
    format text not null default '',
    type text not null default '',
    place text not null default '',
    reason text not null default '',
    hash text not null default '',
    primary key (person, record)
);

create index case_head_by_id on case_head (case_id);
create index case_head_by_order on case_head (tenant, order_no);
create index case_head_by_no on case_head (tenant, case_no);
create index case_head_open on case_head (tenant, next_due) where stage <> 'closed';
create index case_line_by_order on case_line (tenant, order_no);
create index visit_by_day on visit (tenant, date, site) where state = 'booked';
create index task_by_id on task (task_id);
create index task_open on task (tenant, due) where state in ('open', 'snoozed');
create index quarantine_by_time on quarantine (tenant, at);

-- The writer sees everything; a reader sees its tenant, and what belongs to a site only with that site. A row without
-- a site (a task about a sender, say) is seen by everybody of the tenant.
do $$
declare t text;
begin
    foreach t in array array['case_head', 'case_line', 'visit', 'visit_line', 'clock', 'task', 'checklist_item', 'submission', 'auth_line', 'claim', 'used', 'measure', 'case_event', 'quarantine'] loop
        execute format('alter table %I enable row level security', t);
        execute format('grant select, insert, update, delete on %I to pp_status', t);
        execute format('grant select on %I to pp_status_read', t);
        execute format('create policy writer on %I to pp_status using (true) with check (true)', t);
        if t in ('case_head', 'case_line', 'visit', 'task') then
            execute format($p$create policy reader on %I for select to pp_status_read using (
                tenant = current_setting('app.tenant', true) and (site = '' or current_setting('app.sites', true) = '*'
                or site = any (string_to_array(current_setting('app.sites', true), ','))))$p$, t);
        else
            execute format($p$create policy reader on %I for select to pp_status_read using (
                tenant = current_setting('app.tenant', true))$p$, t);
        end if;
    end loop;
end $$;
