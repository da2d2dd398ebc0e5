-- The checklist of each case, the documents that arrived, and what waits for its order.
create table checklist_case (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null,
    case_version int4 not null default 0, case_no text not null default '', site text not null default '',
    payer text not null default '', numbers text not null default '',
    urgent bool not null default false, withdrawn bool not null default false, withheld bool not null default false,
    determined int4 not null default 0, version int4 not null default 0, digest uuid,
    complete bool not null default false, packets int4 not null default 0,
    primary key (person, case_id)
);
create index checklist_case_by_id on checklist_case (case_id);

create table checklist_line (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, line int4 not null,
    active bool not null default false, service_date date, content text not null default '',
    coverage text not null default '', released text not null default '',
    primary key (person, case_id, line)
);

create table checklist_item (
    tenant text not null, person uuid not null, home int2 not null,
    case_id uuid not null, item text not null, line int4 not null, request_of uuid not null,
    title text not null default '', purpose text not null default '', source text not null default '',
    code text not null default '', must bool not null default false, age_days_max int4 not null default 0,
    position int4 not null default 0, state text not null default '', reason text not null default '',
    owner text not null default '', due timestamptz, document_id uuid,
    by_person bool not null default false, task_open bool not null default false,
    primary key (person, case_id, item, line, request_of)
);

-- A payer's request for more, by the submission that it answers.
create table request (
    tenant text not null, person uuid not null, home int2 not null,
    submission_id uuid not null, case_id uuid,
    payer text not null default '', reference text not null default '',
    asked timestamptz, due timestamptz, open bool not null default false,
    primary key (person, submission_id)
);

create table document (
    tenant text not null, person uuid not null, home int2 not null,
    document_id uuid not null, case_id uuid,
    sender text not null default '', document_no text not null default '', parent_no text not null default '',
    order_no text not null default '', filler_no text not null default '', visit_no text not null default '',
    type_system text not null default '', type_code text not null default '', item text not null default '',
    title text not null default '', status text not null default '',
    is_signed bool not null default false, sent bool not null default false,
    authored timestamptz, received timestamptz,
    content_type text not null default '', hash text not null default '', size int8 not null default 0,
    primary key (person, document_id)
);
create index document_by_id on document (document_id);

create table unmatched (
    tenant text not null, person uuid not null, home int2 not null,
    document_id uuid not null,
    since timestamptz, due timestamptz, task_open bool not null default false,
    primary key (person, document_id)
);

-- The writer sees everything; a reader sees its tenant, and cases of its sites.
do $$
declare t text;
begin
    foreach t in array array['checklist_case', 'checklist_line', 'checklist_item', 'request', 'document', 'unmatched'] loop
        execute format('alter table %I enable row level security', t);
        execute format('grant select, insert, update, delete on %I to pp_documents', t);
        execute format('grant select on %I to pp_documents_read', t);
        execute format('create policy writer on %I to pp_documents using (true) with check (true)', t);
        if t = 'checklist_case' then
            execute format($p$create policy reader on %I for select to pp_documents_read using (
                tenant = current_setting('app.tenant', true) and (site = '' or current_setting('app.sites', true) = '*'
                or site = any (string_to_array(current_setting('app.sites', true), ','))))$p$, t);
        else
            execute format($p$create policy reader on %I for select to pp_documents_read using (
                tenant = current_setting('app.tenant', true))$p$, t);
        end if;
    end loop;
end $$;
