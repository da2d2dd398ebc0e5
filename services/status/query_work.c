/* The work list. Everything that depends on the time of day is worked out here from stored parts and the given now:
 * days, lateness, priority. The terms of the priority come with the row, so that a person can ask why. */
#include "status/status.h"

/* Columns of b: case_head, now, today (local day of the visit's site), days (to the visit), late, visit_open. */
#define BASE(now, expiry)                                                                                              \
    "b0 as (select c.*, " now "::timestamptz as now,"                                                                  \
    "  (" now                                                                                                          \
    "::timestamptz at time zone coalesce(nullif(c.visit_zone, ''), 'UTC'))::date as today from case_head c where "     \
    "c.shown),"                                                                                                        \
    " b as (select b0.*, visit_date - today as days, coalesce(next_due < now, false) and next_owner <> 'payer' as "    \
    "late,"                                                                                                            \
    "  coalesce(payer_due < now, false) as payer_late,"                                                                \
    "  (stage not in ('ready', 'closed') or (colour not in ('', 'green'))) as visit_open,"                             \
    "  (" expiry ") and exists (select 1 from case_line l where l.person = b0.person and l.case_id = b0.case_id and "  \
    "l.state = 'active'"                                                                                               \
    "   and l.outcome in ('approved', 'partial', 'modified') and l.valid_until is not null"                            \
    "   and l.valid_until - b0.today between 0 and 14 and stage <> 'closed') as expiring"                              \
    "  from b0)"

#define IN_VIEW(view, user, queue)                                                                                     \
    "case coalesce(" view ", 'needs-attention')"                                                                       \
    " when 'all' then true"                                                                                            \
    " when 'needs-attention' then tone in ('act', 'stop', 'none') or late or payer_late or next_kind = 'task'"         \
    " when 'past-due' then late or payer_late"                                                                         \
    " when 'today' then next_owner <> 'payer' and next_due is not null and (next_due at time zone "                    \
    "coalesce(nullif(visit_zone, ''), 'UTC'))::date <= today"                                                          \
    " when 'soon' then days between 0 and 3 and visit_open"                                                            \
    " when 'payer-asked' then info_open"                                                                               \
    " when 'expiring' then expiring"                                                                                   \
    " when 'unassigned' then next_kind = 'task' and assignee = ''"                                                     \
    " when 'mine' then assignee <> '' and assignee = " user " when 'team' then " queue                                 \
    "::text is null or next_queue = any (string_to_array(" queue ", ','))"                                             \
    " else false end"

/* Terms of the priority: what each adds. The sum is taken over all cases, the words only for those that are shown. */
#define P_VISIT                                                                                                        \
    "case when not visit_open or days is null or days < 0 then 0 when days <= 1 then 40 when days <= 3 then 25"        \
    " when days <= 7 then 10 else 0 end"
#define P_LATE "case when late then 25 else 0 end"
#define P_PAYER_LATE "case when payer_late then 15 else 0 end"
#define P_STOP "case when tone = 'stop' then 20 else 0 end"
#define P_ASKED "case when info_open then 15 else 0 end"
#define P_URGENT "case urgency when 'urgent' then 15 when 'emergency' then 20 else 0 end"
#define P_SOON                                                                                                         \
    "case when not late and next_owner <> 'payer' and next_due < now + interval '24 hours' then 10 else 0 end"
#define P_NOBODY "case when next_kind = 'task' and assignee = '' then 5 else 0 end"
#define PRIORITY                                                                                                       \
    "(" P_VISIT ") + (" P_LATE ") + (" P_PAYER_LATE ") + (" P_STOP ") + (" P_ASKED ") + (" P_URGENT ") + (" P_SOON     \
    ") + (" P_NOBODY ")"
#define REASONS                                                                                                        \
    "(select coalesce(json_agg(json_build_object('n', v.n, 'text', v.t) order by v.n desc, v.t), '[]') from (values"   \
    " (" P_VISIT ", case when days = 0 then 'visit today' when days = 1 then 'visit in 1 day'"                         \
    " else 'visit in ' || days || ' days' end),"                                                                       \
    " (" P_LATE ", 'our answer is late'), (" P_PAYER_LATE ", 'the payer is late'),"                                    \
    " (" P_STOP ", lower(headline)), (" P_ASKED ", 'the payer asked us'), (" P_URGENT ", urgency),"                    \
    " (" P_SOON ", 'due within a day'), (" P_NOBODY ", 'nobody has it')) v(n, t) where v.n > 0)"

/* $1 view, $2 site, $3 payer, $4 owner, $5 queue, $6 urgency, $7 group, $8 sort, $9 limit, $10 cursor (rows to skip),
 * $11 user, $12 now */
#define WORK BASE("$12", "$1 = 'expiring'")
const char status_worklist_sql[] =
    "with " WORK ","
    " f as (select b.*, " PRIORITY " as priority,"
    "  case coalesce($7, 'due') when 'payer' then payer when 'owner' then next_owner when 'site' then site when "
    "'none' then 'all' else"
    "   case when late or payer_late then 'past_due' when next_owner <> 'payer' and (next_due at time zone "
    "coalesce(nullif(visit_zone, ''), 'UTC'))::date <= today then 'due_today'"
    "    when days between 0 and 3 and visit_open then 'visit_soon' else 'rest' end end as grp"
    "  from b where " IN_VIEW(
        "$1", "$11",
        "$5") "  and ($2::text is null or site = any (string_to_array($2, ',')))"
              "  and ($3::text is null or payer = any (string_to_array($3, ',')))"
              "  and ($4::text is null or next_owner = any (string_to_array($4, ',')))"
              "  and ($5::text is null or next_queue = any (string_to_array($5, ',')))"
              "  and ($6::text is null or urgency = any (string_to_array($6, ',')))),"
              " o as (select f.*, row_number() over (order by"
              "   case when coalesce($7, 'due') = 'due' then array_position(array['past_due', 'due_today', "
              "'visit_soon', 'rest'], grp) end,"
              "   case when coalesce($7, 'due') not in ('due', 'none') then grp end,"
              "   case when $8 = 'due' then next_due end nulls last, case when $8 = 'visit' then visit_date end "
              "nulls last,"
              "   case when $8 = 'payer' then payer_name end, case when $8 = 'patient' then family || given end,"
              "   case when $8 = 'status' then headline end, case when $8 = 'since' then status_since end nulls "
              "last,"
              "   priority desc, next_due nulls last, case_id) as n from f),"
              " page as (select * from o where n > coalesce($10::int, 0) order by n limit "
              "least(greatest(coalesce($9::int, 100), 1), 500))"
              " select json_build_object('as_of', $12::text, 'seq', (select coalesce(max(extract(epoch from "
              "last_event) * 1000)::bigint, 0) from f),"
              " 'view', coalesce($1, 'needs-attention'), 'total', (select count(*) from f), 'total_exact', true,"
              " 'groups', coalesce((select json_agg(json_build_object('key', grp, 'count', c) order by first) "
              "from"
              "   (select grp, count(*) as c, min(n) as first from o group by grp) g), '[]'),"
              " 'dict', json_build_object('payers', coalesce((select json_object_agg(payer, name) from (select "
              "payer, max(payer_name) as name from page where payer <> '' group by payer) d), '{}')),"
              " 'rows', coalesce((select json_agg(json_build_object('id', case_id, 'v', version, 'case_no', "
              "case_no, 'order_no', order_no, 'group', grp,"
              "   'priority', json_build_object('n', priority, 'reasons', " REASONS "),"
              "   'service', json_build_object('date', visit_date, 'days', days, 'start', visit_start, 'zone', "
              "visit_zone, 'site', site, 'colour', nullif(colour, '')),"
              "   'patient', json_build_object('initials', left(given, 1) || left(family, 1), 'tail', "
              "right(mrn, 4), 'age', extract(year from age(today, birth_date))::int, 'sex', sex),"
              "   'what', json_build_object('text', services, 'lines', lines_n),"
              "   'payer', payer, 'payer_name', payer_name, 'lob', lob, 'urgency', urgency,"
              "   'status', json_build_object('state', stage, 'tone', tone, 'word', headline, 'days', "
              "floor(extract(epoch from now - status_since) / 86400)::int, 'reference', nullif(reference, '')),"
              "   'clock', case when next_due is null and payer_due is null then null when next_due is null or "
              "next_owner = 'payer'"
              "     then json_build_object('due', coalesce(payer_due, next_due), 'what', 'Payer''s decision', "
              "'whose', 'payer', 'zone', visit_zone, 'over', payer_late, 'rule', nullif(payer_clock, ''))"
              "     else json_build_object('due', next_due, 'what', case next_kind when 'task' then 'Our task' when "
              "'info' then 'Our answer' when 'documents' then 'Documents' when 'send' then 'Our limit to send' when "
              "'visit' then 'Before the visit' else 'Our step' end, 'whose', 'ours', 'zone', "
              "visit_zone, 'over', late) end,"
              "   'next', json_build_object('text', next_step, 'why', next_why, 'kind', next_kind, 'task', "
              "next_task),"
              "   'owner', json_build_object('user', nullif(assignee, ''), 'queue', nullif(next_queue, ''), "
              "'last_by', nullif(last_actor, ''), 'last_at', last_event)"
              "   ) order by n) from page), '[]'),"
              " 'next', (select case when count(*) = least(greatest(coalesce($9::int, 100), 1), 500) and max(n) "
              "< (select count(*) from f) then max(n)::text end from page))";

/* $1 site, $2 user, $3 queue, $4 now */
#define COUNTS BASE("$4", "true")
const char status_counts_sql[] =
    "with " COUNTS ", f as (select * from b where $1::text is null or site = any (string_to_array($1, ','))),"
    " today as (select date_trunc('day', $4::timestamptz) as t)"
    " select json_build_object('as_of', $4::text, 'views', (select json_object_agg(v, (select count(*) from f "
    "where " IN_VIEW(
        "v", "$2",
        "$3") ")) from unnest(array['needs-attention', 'past-due', 'today', 'soon', 'payer-asked', 'expiring', "
              "'unassigned', 'mine', 'team', 'all']) v),"
              " 'by_stage', coalesce((select json_object_agg(stage, n) from (select stage, count(*) as n from f "
              "group by stage) s), '{}'),"
              " 'claim_holds', (select count(*) from claim k join case_head c using (person, case_id) where "
              "k.state = 'held' and ($1::text is null or c.site = any (string_to_array($1, ',')))),"
              " 'tasks_open', (select count(*) from task where state in ('open', 'snoozed') and ($1::text is "
              "null or site = any (string_to_array($1, ',')))),"
              " 'tasks_overdue', (select count(*) from task where overdue and ($1::text is null or site = any "
              "(string_to_array($1, ',')))),"
              " 'visits', coalesce((select json_object_agg(colour, n) from (select colour, count(*) as n from "
              "visit where colour <> '' and state = 'booked'"
              "   and ($1::text is null or site = any (string_to_array($1, ','))) group by colour) s), '{}'))";
