/* Reads of the claims service. The front adds virtual now as the last parameter of every query: nothing here asks the
 * database for the time. */
#include "claims/claims.h"

#define CLAIM_HEAD                                                                                                     \
    "'claim_id', c.claim_id, 'claim_no', c.claim_no, 'state', c.state, 'result', c.result, 'version', c.version,"      \
    " 'word', case when c.state in ('void', 'written_off', 'held') or c.outcome in ('', 'reversed', 'forwarded') then" \
    "  case c.state when 'held' then 'On hold' when 'released' then case when c.acknowledgement = 'rejected' then"     \
    "  'Rejected' when c.result = 'not_needed' then 'Released, not needed' else 'Released' end"                        \
    "  when 'written_off' then 'Written off' else 'Void' end"                                                          \
    "  else case c.outcome when 'paid' then 'Paid' when 'reduced' then 'Paid in part' else 'Denied' end end,"          \
    " 'tone', case when c.state = 'held' or c.denial_open or c.rejection_open then 'act'"                              \
    "  when c.state <> 'released' then 'off' when c.outcome in ('denied', 'reduced') then 'go' else 'clear' end,"      \
    " 'outcome', nullif(c.outcome, ''), 'against_forecast', nullif(c.against, ''), 'paid', nullif(c.paid, ''),"        \
    " 'patient_responsibility', nullif(c.patient_part, ''), 'payment_date', c.payment_date,"                           \
    " 'denial_carc', nullif(c.denial_carc, ''), 'denial_rarc', nullif(c.denial_rarc, ''),"                             \
    " 'denial_open', c.denial_open, 'rejection_open', c.rejection_open,"                                               \
    " 'acknowledgement', nullif(c.acknowledgement, ''), 'payer_claim_no', nullif(c.payer_claim_no, ''), 'kind', "      \
    "c.kind,"                                                                                                          \
    " 'reasons', string_to_array(nullif(c.reasons, ''), ','), 'carc', c.carc, 'next_step', c.next_step,"               \
    " 'payer', c.payer, 'payer_name', c.payer_name, 'site', c.site, 'total', c.total, 'service_date', c.service_date," \
    " 'case_id', c.case_id, 'case_no', c.case_no, 'authorization', c.released_auth, 'frequency', c.frequency,"         \
    " 'reported', c.reported, 'held', c.held, 'due', c.due, 'decided', c.decided, 'by', c.\"by\", 'reason', c.reason"

/* $1 site, $2 payer, $3 reason, $4 state, $5 limit, $6 cursor ("<due ms>.<claim id>"), $7 now */
static const char holds_sql[] =
    "with f as (select c.*, coalesce(extract(epoch from c.due) * 1000, 0)::bigint as due_ms, k.mrn, k.family, k.given"
    "  from claim c left join known_case k on k.person = c.person and k.case_id = c.case_id"
    "  where (c.state = coalesce($4, 'held') or ($4 = 'denied' and (c.denial_open or c.rejection_open))) and ($1::text "
    "is null or c.site = any (string_to_array($1, ',')))"
    "  and ($2::text is null or c.payer = any (string_to_array($2, ',')))"
    "  and ($3::text is null or string_to_array(c.reasons, ',') && string_to_array($3, ','))),"
    " page as (select * from f where $6::text is null or (due_ms, claim_id) >"
    "  (split_part($6, '.', 1)::bigint, split_part($6, '.', 2)::uuid)"
    "  order by due_ms, claim_id limit least(greatest(coalesce($5::int, 100), 1), 500))"
    " select json_build_object('as_of', $7::text, 'total', (select count(*) from f),"
    " 'money', (select coalesce(sum(nullif(total, '')::numeric), 0)::text from f),"
    " 'groups', coalesce((select json_agg(json_build_object('key', r, 'count', n) order by n desc, r)"
    "  from (select unnest(string_to_array(nullif(reasons, ''), ',')) as r, count(*) as n from f group by 1) g), '[]'),"
    " 'rows', coalesce((select json_agg(json_build_object(" CLAIM_HEAD ","
    "  'patient', json_build_object('initials', left(c.given, 1) || left(c.family, 1), 'tail', right(c.mrn, 4)),"
    "  'age_days', case when c.held is null then null else floor(extract(epoch from ($7::timestamptz - c.held)) / "
    "86400)::int end,"
    "  'overdue', coalesce(c.due < $7::timestamptz, false),"
    "  'first', (select json_build_object('reason', m.reason, 'claim', m.claim_value, 'auth', m.auth_value, 'hint', "
    "m.hint)"
    "    from claim_mismatch m where m.person = c.person and m.claim_id = c.claim_id and m.severity = 'hold' order by "
    "m.seq limit 1)"
    "  ) order by c.due_ms, c.claim_id) from page c), '[]'),"
    " 'next', (select case when count(*) = least(greatest(coalesce($5::int, 100), 1), 500)"
    "  then (array_agg(due_ms || '.' || claim_id order by due_ms desc, claim_id desc))[1] end from page))";

/* $1 claim_no, $2 now */
static const char find_sql[] =
    "select json_build_object('as_of', $2::text, 'rows', coalesce(json_agg(json_build_object(" CLAIM_HEAD
    ", 'sender', c.sender) order by c.reported), '[]')) from claim c where c.claim_no = $1";

#define ELEMENTS                                                                                                       \
    "(select coalesce(json_agg(json_build_object('claim_line', e.claim_line, 'code', e.code, 'label', e.label,"        \
    " 'claim', e.claim_value, 'auth', e.auth_value, 'relation', e.relation, 'rule', nullif(e.rule, ''), 'severity', "  \
    "nullif(e.severity, ''),"                                                                                          \
    " 'carc', nullif(e.carc, ''), 'hint', nullif(e.hint, '')) order by case e.relation when 'ne' then 0 when "         \
    "'missing' then 1 when 'equiv'"                                                                                    \
    " then 2 else 3 end, e.seq), '[]') from claim_element e where e.person = c.person and e.claim_id = c.claim_id)"

/* $1 id, $2 now */
static const char claim_sql[] =
    "select json_build_object('as_of', $2::text, " CLAIM_HEAD ", 'sender', c.sender,"
    " 'patient', (select json_build_object('initials', left(k.given, 1) || left(k.family, 1), 'tail', right(k.mrn, 4))"
    "  from known_case k where k.person = c.person and k.case_id = c.case_id),"
    " 'overdue', c.state = 'held' and coalesce(c.due < $2::timestamptz, false),"
    " 'lines', (select coalesce(json_agg(json_build_object('line', l.line, 'code', l.code, 'modifiers', l.modifiers,"
    "  'units', l.units, 'unit_type', l.unit_type, 'charge', l.charge, 'date_from', l.date_from, 'date_until', "
    "l.date_until,"
    "  'place_of_service', l.pos, 'authorization_sent', l.authorization_no, 'result', l.result, 'found_by', l.how,"
    "  'case_id', l.case_id, 'case_line', l.case_line, 'authorization', l.matched_auth, 'proof', l.proof,"
    "  'revenue', nullif(l.revenue, ''), 'outcome', nullif(l.outcome, ''), 'paid', nullif(l.paid, ''), 'adjustments',"
    "  coalesce(to_json(string_to_array(nullif(l.adjustments, ''), ',')), '[]'), 'remarks',"
    "  coalesce(to_json(string_to_array(nullif(l.remarks, ''), ',')), '[]')) order by l.line), '[]')"
    "  from claim_line l where l.person = c.person and l.claim_id = c.claim_id),"
    " 'mismatches', (select coalesce(json_agg(json_build_object('reason', m.reason, 'field', m.field, 'claim_line', "
    "m.claim_line,"
    "  'case_line', m.case_line, 'claim_value', m.claim_value, 'auth_value', m.auth_value, 'severity', m.severity,"
    "  'carc', m.carc, 'hint', m.hint) order by m.seq), '[]') from claim_mismatch m where m.person = c.person and "
    "m.claim_id = c.claim_id),"
    " 'remittances', (select coalesce(json_agg(json_build_object('payer', r.payer, 'payer_name', r.payer_name, 'trace',"
    "  r.trace, 'status', r.status, 'state', r.state, 'outcome', nullif(r.outcome, ''), 'charge', r.charge, 'paid', "
    "r.paid,"
    "  'payment_date', r.payment_date, 'reported', r.reported) order by r.reported), '[]')"
    "  from remittance r where r.person = c.person and r.claim_id = c.claim_id),"
    " 'evidence', (select coalesce(json_agg(json_build_object('claim_line', l.line, 'authorization', "
    "k.authorization_no,"
    "  'outcome', k.outcome, 'trace', k.trace, 'decided', k.decided, 'valid_from', k.valid_from, 'valid_until',"
    "  k.valid_until, 'code', k.code, 'units', k.units, 'unit_type', k.unit_type) order by l.line, k.decided), '[]')"
    "  from claim_line l join known_auth k on k.person = l.person and k.case_id = l.case_id and k.line = l.case_line"
    "  where l.person = c.person and l.claim_id = c.claim_id),"
    " 'used', (select coalesce(json_agg(json_build_object('case_id', u.case_id, 'line', u.line, 'authorization', "
    "u.authorization_no,"
    "  'units', u.units, 'unit_type', u.unit_type)), '[]') from used u where u.person = c.person and u.claim_id = "
    "c.claim_id))"
    " from claim c where c.claim_id = $1::uuid";

/* $1 id, $2 now. Actions are offered best first, each with how many differences it settles. */
static const char comparison_sql[] =
    "select json_build_object('as_of', $2::text, " CLAIM_HEAD ", 'elements', " ELEMENTS ","
    " 'forecast', case when c.carc = '' then null else 'If sent as is, the likely denial is CARC ' || c.carc end,"
    " 'window', json_build_object('due', c.due, 'overdue', coalesce(c.due < $2::timestamptz, false)),"
    " 'actions', case when c.denial_open then '[{\"act\":\"claim.appeal\",\"text\":\"Keep that it was "
    "appealed\",\"fixes\":0},"
    "{\"act\":\"correct_claim\",\"text\":\"Correct the claim and send it again\",\"fixes\":0},"
    "{\"act\":\"claim.write-off\",\"text\":\"Write off, with a reason\",\"fixes\":0}]'::json"
    " when c.rejection_open then '[{\"act\":\"correct_claim\",\"text\":\"Correct the claim and send it "
    "again\",\"fixes\":0},"
    "{\"act\":\"claim.write-off\",\"text\":\"Write off, with a reason\",\"fixes\":0}]'::json"
    " when c.state <> 'held' then '[]'::json else (select json_agg(a.j) from ("
    "  select json_build_object('act', 'correct_claim', 'text', 'Correct the claim and send it again', 'fixes', "
    "count(*)"
    "   filter (where m.reason in "
    "('code','modifier','pos','provider','member_id','auth_number','date_after','date_before','payer_plan','units_"
    "exceeded','duplicate_use','wrong_coverage_order'))) as j, 1 as o"
    "   from claim_mismatch m where m.person = c.person and m.claim_id = c.claim_id and m.severity = 'hold'"
    "  union all select json_build_object('act', 'ask_payer', 'text', 'Ask the payer for a change, an extension or a "
    "retrospective authorization', 'fixes', count(*)"
    "   filter (where m.reason in "
    "('code','modifier','pos','provider','units_exceeded','date_after','date_before','expired','no_auth','auth_status',"
    "'line_not_approved'))), 2"
    "   from claim_mismatch m where m.person = c.person and m.claim_id = c.claim_id and m.severity = 'hold'"
    "  union all select json_build_object('act', 'claim.release', 'text', 'Release anyway, with a reason', 'fixes', "
    "0), 3"
    "  union all select json_build_object('act', 'claim.write-off', 'text', 'Write off, with a reason', 'fixes', 0), 4"
    "  order by o) a) end)"
    " from claim c where c.claim_id = $1::uuid";

#define READERS "biller,pa,lead,audit,client"

const struct pp_query claims_queries[CLAIMS_QUERIES] = {
    {.path = "/v1/claims/holds",
     .params = {"site", "payer", "reason", "state", "limit", "cursor"},
     .roles = READERS,
     .sql = holds_sql,
     .patient_data = true},
    {.path = "/v1/claims", .params = {"claim_no"}, .roles = READERS, .sql = find_sql, .patient_data = true},
    {.path = "/v1/claims/{id}", .roles = READERS, .sql = claim_sql, .patient_data = true},
    {.path = "/v1/claims/{id}/comparison", .roles = READERS, .sql = comparison_sql, .patient_data = true},
};
