/* Reads of the submission service. */
#include "submission/submission.h"

#define LINES                                                                                                          \
    "(select coalesce(json_agg(json_build_object('line', l.line, 'state', l.state, 'code', l.code, 'units', l.units,"  \
    " 'unit_type', l.unit_type, 'review_code', l.review_code, 'reason_code', l.reason_code, 'reason', l.reason,"       \
    " 'authorization', l.authorization_no, 'reference', l.reference, 'valid_from', l.valid_from,"                      \
    " 'valid_until', l.valid_until, 'authorized_code', l.auth_code, 'authorized_modifiers', l.auth_modifiers,"         \
    " 'authorized_units', l.auth_units, 'authorized_unit_type', l.auth_unit_type, 'provider_npi', l.provider_npi,"     \
    " 'accepted', l.accepted, 'by_person', l.by_person, 'evidence', l.evidence, 'decided', l.decided)"                 \
    " order by l.line), '[]') from submission_line l"                                                                  \
    " where l.person = s.person and l.submission_id = s.submission_id)"
/* Interchanges of a request, and what acknowledged them. */
#define INTERCHANGES                                                                                                   \
    "(select coalesce(json_agg(json_build_object('kind', i.kind, 'control', i.control, 'sent', i.sent, 'answered',"    \
    " i.answered, 'verdict', i.verdict) order by i.sent, i.kind), '[]') from interchange i"                            \
    " where i.submission_id = s.submission_id and i.sent is not null)"
#define SUBMISSION                                                                                                     \
    "json_build_object('submission_id', s.submission_id, 'case_id', s.case_id, 'case_version', s.case_version,"        \
    " 'payer', s.payer, 'channel', s.channel, 'kind', s.kind, 'state', s.state, 'trace', s.trace,"                     \
    " 'prior_id', s.prior_id, 'payer_ref', s.payer_ref, 'reference', s.reference, 'reason', s.reason,"                 \
    " 'created', s.created, 'received', s.received, 'due', s.due, 'delayed', s.delayed, 'info_open', s.info_open,"     \
    " 'sends', s.sends, 'interchanges', " INTERCHANGES ", 'lines', " LINES ")"

/* $1 case, $2 now */
static const char case_sql[] =
    "select json_build_object('as_of', $2::text, 'case_id', c.case_id, 'case_no', c.case_no, 'case_version', "
    "c.case_version, 'payer', c.payer,"
    " 'channel', c.channel, 'waiting', c.packet <> '', 'submissions', (select coalesce(json_agg(" SUBMISSION
    " order by s.created, s.submission_id), '[]') from submission s where s.person = c.person and s.case_id = "
    "c.case_id))"
    " from case_copy c where c.case_id = $1::uuid";

/* $1 submission, $2 now; the case is looked at so that its site's policy holds */
static const char submission_sql[] =
    "select json_build_object('as_of', $2::text, 'submission', " SUBMISSION
    ") from submission s join case_copy c on c.person = s.person and c.case_id = s.case_id"
    " where s.submission_id = $1::uuid";

#define READERS "registration,ordering,pa,clinician,scheduler,biller,lead,client"

const struct pp_query submission_queries[SUBMISSION_QUERIES] = {
    {.path = "/v1/cases/{id}/submissions", .roles = READERS, .sql = case_sql, .patient_data = true},
    {.path = "/v1/submissions/{id}", .roles = READERS, .sql = submission_sql, .patient_data = true},
};
