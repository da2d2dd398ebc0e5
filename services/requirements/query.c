/* Reads of the requirements service. */
#include "requirements/requirements.h"

#define CASE_LINES                                                                                                     \
    "(select coalesce(json_agg(json_build_object('line', l.line, 'state', l.state, 'order_no', l.order_no,"            \
    " 'code', l.code, 'text', l.text, 'service_date', l.service_date, 'coverage', l.coverage, 'rule', l.rule,"         \
    " 'rule_text', p.rule_text, 'proof', l.proof, 'proof_id', l.proof_id, 'reason', l.reason, 'source', p.source,"     \
    " 'source_date', p.source_date, 'documents', l.documents, 'valid_until', l.valid_until, 'since', p.at,"            \
    " 'info_needed', coalesce(to_json(string_to_array(nullif(l.info_needed, ''), ',')), '[]')) order by l.line), "     \
    "'[]')"                                                                                                            \
    " from case_line l left join proof p on p.person = l.person and p.proof_id = l.proof_id"                           \
    " where l.person = c.person and l.case_id = c.case_id)"

#define HISTORY                                                                                                        \
    "(select coalesce(json_agg(json_build_object('proof_id', p.proof_id, 'line', p.line, 'case_version', "             \
    "p.case_version,"                                                                                                  \
    " 'coverage', p.coverage, 'rule', p.rule, 'proof', p.proof, 'at', p.at) order by p.at, p.line), '[]')"             \
    " from proof p where p.person = c.person and p.case_id = c.case_id)"

#define DETERMINATIONS                                                                                                 \
    "(select coalesce(json_agg(json_build_object('determination_id', d.determination_id, 'case_version', "             \
    "d.case_version,"                                                                                                  \
    " 'why', d.why, 'payer', d.payer, 'channel', d.channel, 'packs', d.packs, 'at', d.at) order by d.at), '[]')"       \
    " from determination d where d.person = c.person and d.case_id = c.case_id)"

/* $1 id, $2 now */
static const char requirements_sql[] =
    "select json_build_object('as_of', $2::text, 'case_id', c.case_id, 'case_no', c.case_no, 'version', "
    "c.case_version, 'state', c.state,"
    " 'site', c.site, 'payer', c.payer, 'plan', c.plan, 'lob', c.lob, 'channel', c.channel, 'packs', c.packs,"
    " 'checked', c.checked, 'next_check', c.next_check, 'lines', " CASE_LINES ", 'history', " HISTORY ","
    " 'determinations', " DETERMINATIONS ") from cases c where c.case_id = $1::uuid";

/* $1 id, $2 now. The join holds the reader to the sites it may see. */
static const char proof_sql[] =
    "select json_build_object('as_of', $2::text, 'proof_id', p.proof_id, 'case_id', p.case_id, 'case_no', c.case_no,"
    " 'line', p.line,"
    " 'case_version', p.case_version, 'coverage', p.coverage, 'rule', p.rule, 'rule_text', p.rule_text, 'proof', "
    "p.proof,"
    " 'reason', p.reason, 'source', p.source, 'source_date', p.source_date, 'pack', p.pack, 'valid_until', "
    "p.valid_until,"
    " 'facts', nullif(p.facts, '')::json, 'considered', coalesce(nullif(p.considered, '')::json, '[]'), 'at', p.at,"
    " 'in_force', exists (select from case_line l where l.person = p.person and l.proof_id = p.proof_id))"
    " from proof p join cases c on c.person = p.person and c.case_id = p.case_id where p.proof_id = $1::uuid";

#define READERS "registration,ordering,pa,clinician,scheduler,biller,lead,audit,client"

const struct pp_query requirements_queries[REQUIREMENTS_QUERIES] = {
    {.path = "/v1/cases/{id}/requirements", .roles = READERS, .sql = requirements_sql, .patient_data = true},
    {.path = "/v1/proofs/{id}", .roles = READERS, .sql = proof_sql, .patient_data = true},
};
