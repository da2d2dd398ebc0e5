-- What payers did with claims: acknowledgements (277CA) and remittances (835); institutional claims.
alter table claim
    add column kind text not null default '', add column type_of_bill text not null default '',
    add column statement_from date, add column statement_until date,
    add column acknowledgement text not null default '', add column outcome text not null default '',
    add column against text not null default '', add column paid text not null default '',
    add column patient_part text not null default '', add column payer_claim_no text not null default '',
    add column denial_group text not null default '', add column denial_carc text not null default '',
    add column denial_rarc text not null default '', add column payment_date date, add column adjudicated timestamptz,
    add column denial_open bool not null default false, add column rejection_open bool not null default false;
create index claim_denied on claim (tenant, adjudicated, claim_id) where denial_open or rejection_open;

alter table claim_line
    add column revenue text not null default '', add column outcome text not null default '',
    add column paid text not null default '', add column adjustments text not null default '',
    add column remarks text not null default '', add column denial_group text not null default '',
    add column denial_carc text not null default '', add column denial_rarc text not null default '';

create table remittance (
    tenant text not null, person uuid not null, home int2 not null,
    remittance_id uuid not null, claim_id uuid,
    claim_no text not null default '', sender text not null default '', payer text not null default '',
    payer_name text not null default '', trace text not null default '', payer_claim_no text not null default '',
    status text not null default '', charge text not null default '', paid text not null default '',
    patient_part text not null default '', authorization_no text not null default '',
    adjustments text not null default '', remarks text not null default '', outcome text not null default '',
    state text not null default '', payment_date date, reported timestamptz, task_open bool not null default false,
    primary key (person, remittance_id)
);
create index remittance_of_claim on remittance (person, claim_id);
create index remittance_waiting on remittance (tenant, reported) where state = 'waiting';

create table remittance_line (
    tenant text not null, person uuid not null, home int2 not null,
    remittance_id uuid not null, line int4 not null,
    control text not null default '', code text not null default '', modifiers text not null default '',
    revenue text not null default '', units text not null default '', charge text not null default '',
    paid text not null default '', authorization_no text not null default '', adjustments text not null default '',
    remarks text not null default '', claim_line int4 not null default 0, outcome text not null default '',
    primary key (person, remittance_id, line)
);

do $$
declare t text;
begin
    foreach t in array array['remittance', 'remittance_line'] loop
        execute format('alter table %I enable row level security', t);
        execute format('grant select, insert, update, delete on %I to pp_claims', t);
        execute format('grant select on %I to pp_claims_read', t);
        execute format('create policy writer on %I to pp_claims using (true) with check (true)', t);
        execute format($p$create policy reader on %I for select to pp_claims_read using (
            tenant = current_setting('app.tenant', true))$p$, t);
    end loop;
end $$;
