-- What a payer says of a member number: asked for by a 270, or come as a file.
create table eligibility (
    tenant text not null, person uuid not null, home int2 not null,
    payer text not null default '', member_id text not null default '', trace text not null default '',
    number int4 not null default 0, standing text not null default '', plan text not null default '',
    reason text not null default '', plan_from date, plan_until date, asked timestamptz, answered timestamptz,
    waiting bool not null default false,
    primary key (person, payer, member_id)
);
alter table eligibility enable row level security;
grant select, insert, update, delete on eligibility to pp_chart;
grant select on eligibility to pp_chart_read;
create policy writer on eligibility to pp_chart using (true) with check (true);
create policy reader on eligibility for select to pp_chart_read using (tenant = current_setting('app.tenant', true));
