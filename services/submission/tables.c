#include "submission/tables.h"

#define C(member, kind) PP_COL(submission_case_row, member, kind)
static const struct pp_col case_copy_cols[] = {
    C(case_id, UUID), C(case_version, INT), C(case_no, TEXT),   C(site, TEXT), C(payer, TEXT),
    C(channel, TEXT), C(urgent, BOOL),      C(withdrawn, BOOL), C(body, TEXT), C(packet, TEXT),
};
#undef C
#define C(member, kind) PP_COL(submission_need_row, member, kind)
static const struct pp_col need_cols[] = {C(case_id, UUID), C(line, INT), C(coverage, TEXT)};
#undef C
#define C(member, kind) PP_COL(submission_row, member, kind)
static const struct pp_col submission_cols[] = {
    C(submission_id, UUID), C(case_id, UUID),    C(case_version, INT), C(payer, TEXT),    C(channel, TEXT),
    C(kind, TEXT),          C(state, TEXT),      C(trace, TEXT),       C(prior_id, UUID), C(payer_ref, TEXT),
    C(reference, TEXT),     C(reason, TEXT),     C(request, TEXT),     C(created, TIME),  C(received, TIME),
    C(due, TIME),           C(delayed, BOOL),    C(info_open, BOOL),   C(task, TEXT),     C(info_digest, UUID),
    C(attach, TEXT),        C(sends, INT),       C(inquiries, INT),    C(attached, BOOL), C(again, BOOL),
    C(answered, BOOL),      C(extends_id, UUID),
};
#undef C
#define C(member, kind) PP_COL(submission_line_row, member, kind)
static const struct pp_col submission_line_cols[] = {
    C(submission_id, UUID),
    C(line, INT),
    C(case_id, UUID),
    C(payer, TEXT),
    C(state, TEXT),
    C(asked, TEXT),
    C(code, TEXT),
    C(units, TEXT),
    C(unit_type, TEXT),
    C(review_code, TEXT),
    C(reason_code, TEXT),
    C(reason, TEXT),
    C(authorization_no, TEXT),
    C(reference, TEXT),
    C(valid_from, DATE),
    C(valid_until, DATE),
    C(auth_code, TEXT),
    C(auth_modifiers, TEXT),
    C(auth_units, TEXT),
    C(auth_unit_type, TEXT),
    C(provider_npi, TEXT),
    C(accepted, BOOL),
    C(by_person, BOOL),
    C(evidence, TEXT),
    C(decided, TIME),
    C(task, TEXT),
    C(expiry_at, TIME),
};
#undef C
#define C(member, kind) PP_COL(submission_counter_row, member, kind)
static const struct pp_col counter_cols[] = {C(name, TEXT), C(value, BIGINT)};
#undef C
#define C(member, kind) PP_COL(submission_subscription_row, member, kind)
static const struct pp_col subscription_cols[] = {
    C(payer, TEXT),  C(org, TEXT),   C(endpoint, TEXT), C(subscription, TEXT),
    C(status, TEXT), C(asked, TIME), C(checked, TIME),
};
#undef C

#define C(member, kind) PP_COL(submission_interchange_row, member, kind)
static const struct pp_col interchange_cols[] = {
    C(submission_id, UUID), C(kind, TEXT), C(payer, TEXT),    C(control, TEXT), C(case_id, UUID),
    C(owner, UUID),         C(sent, TIME), C(answered, TIME), C(verdict, TEXT), C(hash, TEXT),
};
#undef C

#define TABLE(id, type, key_count)                                                                                     \
    static const struct pp_table id##_table = {                                                                        \
        #id, sizeof(struct type), key_count, sizeof id##_cols / sizeof id##_cols[0], id##_cols, false}
TABLE(case_copy, submission_case_row, 1);
TABLE(need, submission_need_row, 2);
TABLE(submission, submission_row, 1);
TABLE(submission_line, submission_line_row, 2);
TABLE(counter, submission_counter_row, 1);
TABLE(subscription, submission_subscription_row, 2);
TABLE(interchange, submission_interchange_row, 2);
#undef TABLE

const struct pp_table *const submission_tables[SUBMISSION_TABLE_COUNT] = {
    [SUBMISSION_CASE] = &case_copy_table,          [SUBMISSION_NEED] = &need_table,
    [SUBMISSION_SUBMISSION] = &submission_table,   [SUBMISSION_LINE] = &submission_line_table,
    [SUBMISSION_COUNTER] = &counter_table,         [SUBMISSION_SUBSCRIPTION] = &subscription_table,
    [SUBMISSION_INTERCHANGE] = &interchange_table,
};
