#include "claims/tables.h"

#define C(member, kind) PP_COL(claims_claim_row, member, kind)
static const struct pp_col claim_cols[] = {
    C(claim_id, UUID),
    C(claim_no, TEXT),
    C(sender, TEXT),
    C(frequency, TEXT),
    C(payer, TEXT),
    C(payer_code, TEXT),
    C(payer_name, TEXT),
    C(member_id, TEXT),
    C(billing_npi, TEXT),
    C(rendering_npi, TEXT),
    C(facility_npi, TEXT),
    C(authorization_no, TEXT),
    C(original_ref, TEXT),
    C(pos, TEXT),
    C(total, TEXT),
    C(diagnoses, TEXT),
    C(state, TEXT),
    C(result, TEXT),
    C(site, TEXT),
    C(case_id, UUID),
    C(case_no, TEXT),
    C(released_auth, TEXT),
    C(carc, TEXT),
    C(reasons, TEXT),
    C(next_step, TEXT),
    C(by, TEXT),
    C(reason, TEXT),
    C(replaced_by, UUID),
    C(service_date, DATE),
    C(reported, TIME),
    C(held, TIME),
    C(due, TIME),
    C(decided, TIME),
    C(version, INT),
    C(task_open, BOOL),
    C(merge_open, BOOL),
    C(kind, TEXT),
    C(type_of_bill, TEXT),
    C(statement_from, DATE),
    C(statement_until, DATE),
    C(acknowledgement, TEXT),
    C(outcome, TEXT),
    C(against, TEXT),
    C(paid, TEXT),
    C(patient_part, TEXT),
    C(payer_claim_no, TEXT),
    C(denial_group, TEXT),
    C(denial_carc, TEXT),
    C(denial_rarc, TEXT),
    C(payment_date, DATE),
    C(adjudicated, TIME),
    C(denial_open, BOOL),
    C(rejection_open, BOOL),
};
#undef C
#define C(member, kind) PP_COL(claims_claim_line_row, member, kind)
static const struct pp_col claim_line_cols[] = {
    C(claim_id, UUID),
    C(line, INT),
    C(code, TEXT),
    C(code_system, TEXT),
    C(modifiers, TEXT),
    C(charge, TEXT),
    C(units, TEXT),
    C(unit_type, TEXT),
    C(date_from, DATE),
    C(date_until, DATE),
    C(pos, TEXT),
    C(rendering_npi, TEXT),
    C(authorization_no, TEXT),
    C(control, TEXT),
    C(diagnoses, TEXT),
    C(result, TEXT),
    C(matched_auth, TEXT),
    C(matched_units, TEXT),
    C(matched_code, TEXT),
    C(proof, TEXT),
    C(how, TEXT),
    C(case_id, UUID),
    C(case_line, INT),
    C(revenue, TEXT),
    C(outcome, TEXT),
    C(paid, TEXT),
    C(adjustments, TEXT),
    C(remarks, TEXT),
    C(denial_group, TEXT),
    C(denial_carc, TEXT),
    C(denial_rarc, TEXT),
};
#undef C
#define C(member, kind) PP_COL(claims_mismatch_row, member, kind)
static const struct pp_col mismatch_cols[] = {
    C(claim_id, UUID), C(seq, INT),   C(reason, TEXT), C(field, TEXT),     C(claim_value, TEXT), C(auth_value, TEXT),
    C(severity, TEXT), C(carc, TEXT), C(hint, TEXT),   C(claim_line, INT), C(case_line, INT),
};
#undef C
#define C(member, kind) PP_COL(claims_element_row, member, kind)
static const struct pp_col element_cols[] = {
    C(claim_id, UUID),   C(seq, INT),       C(claim_line, INT), C(code, TEXT),     C(label, TEXT), C(claim_value, TEXT),
    C(auth_value, TEXT), C(relation, TEXT), C(rule, TEXT),      C(severity, TEXT), C(carc, TEXT),  C(hint, TEXT),
};
#undef C
#define C(member, kind) PP_COL(claims_case_row, member, kind)
static const struct pp_col case_cols[] = {
    C(case_id, UUID),      C(case_version, INT),   C(case_no, TEXT),        C(order_no, TEXT),      C(site, TEXT),
    C(state, TEXT),        C(payer, TEXT),         C(payer_code, TEXT),     C(plan, TEXT),          C(member_id, TEXT),
    C(second_payer, TEXT), C(coverage_from, DATE), C(coverage_until, DATE), C(performer_npi, TEXT), C(mrn, TEXT),
    C(family, TEXT),       C(given, TEXT),         C(birth_date, DATE),     C(sex, TEXT),
};
#undef C
#define C(member, kind) PP_COL(claims_case_line_row, member, kind)
static const struct pp_col case_line_cols[] = {
    C(case_id, UUID),   C(line, INT),   C(state, TEXT),     C(order_no, TEXT),  C(code, TEXT), C(text, TEXT),
    C(modifiers, TEXT), C(units, TEXT), C(unit_type, TEXT), C(diagnoses, TEXT), C(pos, TEXT),  C(service_date, DATE),
    C(coverage, TEXT),  C(proof, TEXT), C(reason, TEXT),    C(on_file, TEXT),   C(basis, INT), C(valid_until, DATE),
};
#undef C
#define C(member, kind) PP_COL(claims_ordered_row, member, kind)
static const struct pp_col ordered_cols[] = {
    C(case_id, UUID),   C(line, INT),   C(case_version, INT), C(code, TEXT),
    C(modifiers, TEXT), C(units, TEXT), C(unit_type, TEXT),
};
#undef C
#define C(member, kind) PP_COL(claims_auth_row, member, kind)
static const struct pp_col auth_cols[] = {
    C(case_id, UUID),          C(line, INT),          C(submission_id, UUID), C(case_version, INT), C(outcome, TEXT),
    C(authorization_no, TEXT), C(reference, TEXT),    C(trace, TEXT),         C(payer, TEXT),       C(reason, TEXT),
    C(valid_from, DATE),       C(valid_until, DATE),  C(code, TEXT),          C(modifiers, TEXT),   C(units, TEXT),
    C(unit_type, TEXT),        C(provider_npi, TEXT), C(accepted, BOOL),      C(decided, TIME),
};
#undef C
#define C(member, kind) PP_COL(claims_used_row, member, kind)
static const struct pp_col used_cols[] = {
    C(case_id, UUID),          C(line, INT),   C(claim_id, UUID),  C(claim_line, INT), C(claim_no, TEXT),
    C(authorization_no, TEXT), C(units, TEXT), C(unit_type, TEXT), C(date, DATE),
};
#undef C

#define C(member, kind) PP_COL(claims_remittance_row, member, kind)
static const struct pp_col remittance_cols[] = {
    C(remittance_id, UUID), C(claim_id, UUID),     C(claim_no, TEXT),         C(sender, TEXT),      C(payer, TEXT),
    C(payer_name, TEXT),    C(trace, TEXT),        C(payer_claim_no, TEXT),   C(status, TEXT),      C(charge, TEXT),
    C(paid, TEXT),          C(patient_part, TEXT), C(authorization_no, TEXT), C(adjustments, TEXT), C(remarks, TEXT),
    C(outcome, TEXT),       C(state, TEXT),        C(payment_date, DATE),     C(reported, TIME),    C(task_open, BOOL),
};
#undef C
#define C(member, kind) PP_COL(claims_remittance_line_row, member, kind)
static const struct pp_col remittance_line_cols[] = {
    C(remittance_id, UUID), C(line, INT),     C(control, TEXT),   C(code, TEXT),    C(modifiers, TEXT),
    C(revenue, TEXT),       C(units, TEXT),   C(charge, TEXT),    C(paid, TEXT),    C(authorization_no, TEXT),
    C(adjustments, TEXT),   C(remarks, TEXT), C(claim_line, INT), C(outcome, TEXT),
};
#undef C

#define TABLE(var, sqlname, rowtype, nkeys, colarray)                                                                  \
    static const struct pp_table var = {                                                                               \
        sqlname, sizeof(struct rowtype), nkeys, sizeof(colarray) / sizeof((colarray)[0]), colarray, false}
TABLE(claim_table, "claim", claims_claim_row, 1, claim_cols);
TABLE(claim_line_table, "claim_line", claims_claim_line_row, 2, claim_line_cols);
TABLE(mismatch_table, "claim_mismatch", claims_mismatch_row, 2, mismatch_cols);
TABLE(element_table, "claim_element", claims_element_row, 2, element_cols);
TABLE(case_table, "known_case", claims_case_row, 1, case_cols);
TABLE(case_line_table, "known_line", claims_case_line_row, 2, case_line_cols);
TABLE(ordered_table, "known_ordered", claims_ordered_row, 3, ordered_cols);
TABLE(auth_table, "known_auth", claims_auth_row, 3, auth_cols);
TABLE(used_table, "used", claims_used_row, 4, used_cols);
TABLE(remittance_table, "remittance", claims_remittance_row, 1, remittance_cols);
TABLE(remittance_line_table, "remittance_line", claims_remittance_line_row, 2, remittance_line_cols);

const struct pp_table *const claims_tables[CLAIMS_TABLE_COUNT] = {
    [CLAIMS_CLAIM] = &claim_table,
    [CLAIMS_CLAIM_LINE] = &claim_line_table,
    [CLAIMS_MISMATCH] = &mismatch_table,
    [CLAIMS_ELEMENT] = &element_table,
    [CLAIMS_CASE] = &case_table,
    [CLAIMS_CASE_LINE] = &case_line_table,
    [CLAIMS_ORDERED] = &ordered_table,
    [CLAIMS_AUTH] = &auth_table,
    [CLAIMS_USED] = &used_table,
    [CLAIMS_REMITTANCE] = &remittance_table,
    [CLAIMS_REMITTANCE_LINE] = &remittance_line_table,
};
