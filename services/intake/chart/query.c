/* Reads of the chart. */
#include "intake/chart/chart.h"

#define HEAD                                                                                                           \
    "'case_id', c.case_id, 'case_no', c.case_no, 'version', c.case_version, 'order_no', c.order_no, 'sender', "        \
    "c.sender,"                                                                                                        \
    " 'state', c.state, 'site', c.site, 'urgency', c.urgency, 'payer', c.payer,"                                       \
    " 'missing', coalesce(to_json(string_to_array(nullif(c.missing, ''), ',')), '[]'),"                                \
    " 'ordered', c.ordered, 'opened', c.opened, 'changed', c.changed"

#define LINES                                                                                                          \
    "(select coalesce(json_agg(json_build_object('line', l.line, 'order_no', l.order_no, 'state', l.state,"            \
    " 'local', json_build_object('code', l.local_code, 'system', l.local_system, 'text', l.local_text),"               \
    " 'code', l.code, 'text', l.text, 'mapped_by', l.how, 'modifiers', l.modifiers, 'units', l.units,"                 \
    " 'unit_type', l.unit_type, 'diagnoses', l.diagnoses, 'place_of_service', l.pos,"                                  \
    " 'service_date', l.service_date, 'reason', l.reason) order by l.line), '[]')"                                     \
    " from case_line l where l.person = c.person and l.case_id = c.case_id)"

#define COVERAGES                                                                                                      \
    "(select coalesce(json_agg(json_build_object('rank', v.rank, 'payer', v.payer, 'payer_code', v.payer_code,"        \
    " 'payer_name', v.payer_name, 'plan', v.plan, 'lob', v.lob, 'member_id', v.member_id, 'group_no', v.group_no,"     \
    " 'effective', v.effective, 'expires', v.expires, 'reported', v.reported, 'standing', nullif(g.standing, ''),"     \
    " 'asked', g.asked, 'verified', g.answered, 'ended', case when g.standing = 'inactive' then g.plan_until end)"     \
    " order by v.rank), '[]')"                                                                                         \
    " from (select distinct on (rank) * from coverage where person = c.person order by rank, reported desc) v"         \
    " left join eligibility g on g.person = v.person and g.payer = v.payer and g.member_id = v.member_id"              \
    " where not v.ended)"

#define VISITS                                                                                                         \
    "(select coalesce(json_agg(json_build_object('visit_id', v.visit_id, 'visit_no', v.visit_no, 'state', v.state,"    \
    " 'start', v.start, 'date', v.date, 'zone', v.zone, 'site', v.site, 'location', v.location,"                       \
    " 'lines', coalesce(to_json(string_to_array(nullif(cv.lines, ''), ',')::int[]), '[]')) order by v.start), '[]')"   \
    " from case_visit cv join visit v on v.person = cv.person and v.visit_id = cv.visit_id"                            \
    " where cv.person = c.person and cv.case_id = c.case_id)"

/* The demographics of the case's own sender, else the newest. */
#define PATIENT                                                                                                        \
    "(select json_build_object('mrn', p.mrn, 'family', p.family, 'given', p.given, 'birth_date', p.birth_date,"        \
    " 'sex', p.sex, 'phone', p.phone) from patient p where p.person = c.person"                                        \
    " order by p.sender = c.sender desc, p.reported desc limit 1)"

/* $1 id, $2 now */
static const char case_sql[] =
    "select json_build_object('as_of', $2::text, " HEAD ", 'patient', " PATIENT
    ", 'ordering', json_build_object('npi', c.ordering_npi,"
    " 'family', c.ordering_family, 'given', c.ordering_given, 'organization', c.ordering_org),"
    " 'performer', json_build_object('npi', c.performer_npi, 'family', c.performer_family, 'given', c.performer_given,"
    " 'organization', c.performer_org), 'coverages', " COVERAGES ", 'lines', " LINES ", 'visits', " VISITS ")"
    " from cases c where c.case_id = $1::uuid";

/* $1 order number, $2 sender, $3 now. All cases that an order of this number is in: two senders may use one number. */
static const char order_sql[] =
    "select json_build_object('as_of', $3::text, 'rows', coalesce(json_agg(json_build_object(" HEAD ", 'lines', " LINES
    ")"
    " order by c.opened desc), '[]')) from cases c where exists (select from orders o where o.person = c.person"
    " and o.case_id = c.case_id and (o.order_no = $1 or o.group_no = $1) and ($2::text is null or o.sender = $2))";

/* $1 limit, $2 now. Visits that wait for an order, oldest first. */
static const char unmatched_sql[] =
    "select json_build_object('as_of', $2::text, 'rows', coalesce(json_agg(json_build_object('visit_id', w.visit_id,"
    " 'visit_no', w.visit_no,"
    " 'sender', w.sender, 'since', w.since, 'task_open', w.task_open, 'order_no', v.order_no, 'filler_no', v.filler_no,"
    " 'date', v.date, 'site', v.site) order by w.since, w.visit_id), '[]'))"
    " from (select * from unmatched order by since, visit_id limit least(greatest(coalesce($1::int, 100), 1), 500)) w"
    " join visit v on v.person = w.person and v.visit_id = w.visit_id";

#define READERS "registration,ordering,pa,clinician,scheduler,biller,lead,audit,client"

const struct pp_query chart_queries[CHART_QUERIES] = {
    {.path = "/v1/cases/{id}", .roles = READERS, .sql = case_sql, .patient_data = true},
    {.path = "/v1/orders/{order_no}", .params = {"sender"}, .roles = READERS ",ops", .sql = order_sql},
    {.path = "/v1/unmatched-visits", .params = {"limit"}, .roles = READERS ",ops", .sql = unmatched_sql},
};
