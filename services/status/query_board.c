/* The readiness board, tasks, and messages nobody could use. */
#include "status/status.h"

/* $1 from (day), $2 days, $3 site, $4 now */
const char status_matrix_sql[] =
    "with r as (select coalesce($1::date, ($4::timestamptz at time zone 'UTC')::date) as d0, "
    "least(greatest(coalesce($2::int, 8), 1), 31) as n),"
    " v as (select site, date, colour, count(*) as n from visit, r where state = 'booked' and colour <> '' and date >= "
    "d0 and date < d0 + r.n"
    "  and ($3::text is null or site = any (string_to_array($3, ','))) group by site, date, colour)"
    " select json_build_object('as_of', $4::text, 'from', (select d0 from r), 'days', (select n from r),"
    " 'sites', coalesce((select json_agg(site order by site) from (select distinct site from v) s), '[]'),"
    " 'cells', coalesce((select json_agg(json_build_object('site', site, 'day', date, 'total', total, 'ready', ready, "
    "'counts', counts,"
    "  'worst', worst) order by site, date) from (select site, date, sum(n)::int as total, coalesce(sum(n) filter "
    "(where colour = 'green'), 0)::int as ready,"
    "  json_object_agg(colour, n) as counts, (array_agg(colour order by array_position(array['red', 'grey', 'amber', "
    "'green'], colour)))[1] as worst"
    "  from v group by site, date) c), '[]'))";

/* $1 site, $2 day, $3 colour, $4 limit, $5 now */
const char status_appointments_sql[] =
    "with f as (select * from visit v where v.state = 'booked' and v.colour <> '' and ($1::text is null or v.site = "
    "any (string_to_array($1, ',')))"
    "  and ($2::text is null and v.date >= ($5::timestamptz at time zone coalesce(nullif(v.zone, ''), 'UTC'))::date or "
    "v.date = $2::date)"
    "  and ($3::text is null or v.colour = any (string_to_array($3, ','))))"
    " select json_build_object('as_of', $5::text, 'total', (select count(*) from f), 'rows', coalesce((select "
    "json_agg(json_build_object("
    "  'visit_id', v.visit_id, 'v', v.version, 'visit_no', v.visit_no, 'date', v.date, 'start', v.start, 'zone', "
    "v.zone, 'site', v.site, 'provider', nullif(v.provider, ''),"
    "  'colour', v.colour, 'word', v.word, 'tone', v.tone, 'why', nullif(v.reasons, ''), 'next_step', "
    "nullif(v.next_step, ''), 'owner', nullif(v.owner, ''), 'due', v.due,"
    "  'case_id', v.case_id, 'case_no', c.case_no, 'order_no', c.order_no, 'payer', c.payer, 'payer_name', "
    "c.payer_name, 'what', c.services, 'lines', c.lines_n,"
    "  'patient', json_build_object('initials', left(c.given, 1) || left(c.family, 1), 'tail', right(c.mrn, 4)))"
    "  order by array_position(array['red', 'grey', 'amber', 'green'], v.colour), v.start, v.visit_id)"
    "  from (select * from f order by array_position(array['red', 'grey', 'amber', 'green'], colour), start, visit_id "
    "limit least(greatest(coalesce($4::int, 200), 1), 500)) v"
    "  left join case_head c on c.person = v.person and c.case_id = v.case_id), '[]'))";

#define TASK                                                                                                           \
    "'task_id', t.task_id, 'v', t.version, 'kind', t.kind, 'state', t.state, 'case_id', t.case_id, 'case_no', "        \
    "nullif(t.case_no, ''), 'claim_id', t.claim_id,"                                                                   \
    " 'line', nullif(t.line, 0), 'subject', nullif(t.subject, ''), 'reason', t.reason, 'queue', t.queue, 'assignee', " \
    "nullif(t.assignee, ''), 'previous', nullif(t.previous, ''),"                                                      \
    " 'asked_by', t.owner, 'opened', t.opened, 'due', t.due, 'overdue', t.overdue, 'snoozed_until', t.snoozed_until, " \
    "'outcome', nullif(t.outcome, ''),"                                                                                \
    " 'settled', t.settled, 'settled_by', nullif(t.settled_by, ''), 'touched', t.touched, 'touched_by', "              \
    "nullif(t.touched_by, ''), 'site', nullif(t.site, '')"

/* $1 state, $2 queue, $3 assignee, $4 kind, $5 site, $6 limit, $7 cursor (rows to skip), $8 now */
const char status_tasks_sql[] =
    "with f as (select t.*, row_number() over (order by t.due, t.task_id) as n from task t where t.state = any "
    "(string_to_array(coalesce($1, 'open,snoozed'), ','))"
    "  and ($2::text is null or t.queue = any (string_to_array($2, ','))) and ($3::text is null or t.assignee = $3)"
    "  and ($4::text is null or t.kind = any (string_to_array($4, ','))) and ($5::text is null or t.site = any "
    "(string_to_array($5, ',')))),"
    " page as (select * from f where n > coalesce($7::int, 0) order by n limit least(greatest(coalesce($6::int, 100), "
    "1), 500))"
    " select json_build_object('as_of', $8::text, 'total', (select count(*) from f), 'rows', coalesce((select "
    "json_agg(json_build_object(" TASK ","
    "  'over', coalesce(t.due < $8::timestamptz, false)) order by n) from page t), '[]'),"
    " 'next', (select case when max(n) < (select count(*) from f) then max(n)::text end from page))";

/* $1 id, $2 now */
const char status_task_sql[] =
    "select json_build_object('as_of', $2::text, " TASK
    ", 'over', coalesce(t.state <> 'settled' and t.due < $2::timestamptz, false),"
    " 'case', (select json_build_object('id', c.case_id, 'case_no', c.case_no, 'order_no', c.order_no, 'headline', "
    "c.headline, 'tone', c.tone, 'payer_name', c.payer_name,"
    "  'what', c.services, 'patient', json_build_object('initials', left(c.given, 1) || left(c.family, 1), 'tail', "
    "right(c.mrn, 4)))"
    "  from case_head c where c.person = t.person and c.case_id = t.case_id)) from task t where t.task_id = $1::uuid";

/* $1 sender, $2 limit, $3 now */
const char status_quarantine_sql[] =
    "select json_build_object('as_of', $3::text, 'total', (select count(*) from quarantine where $1::text is null or "
    "sender = $1),"
    " 'rows', coalesce((select json_agg(json_build_object('record', q.record, 'at', q.at, 'sender', q.sender, "
    "'message_id', q.message_id, 'format', q.format, 'type', q.type,"
    " 'place', q.place, 'reason', q.reason, 'hash', q.hash) order by q.at desc) from (select * from quarantine where "
    "$1::text is null or sender = $1"
    " order by at desc limit least(greatest(coalesce($2::int, 100), 1), 500)) q), '[]'))";
