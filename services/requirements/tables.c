#include "requirements/tables.h"

#define C(member, kind) PP_COL(req_case_row, member, kind)
static const struct pp_col case_cols[] = {
    C(case_id, UUID),    C(case_version, INT), C(case_no, TEXT),       C(order_no, TEXT), C(state, TEXT),
    C(site, TEXT),       C(site_state, TEXT),  C(patient_state, TEXT), C(urgency, TEXT),  C(payer, TEXT),
    C(payer_code, TEXT), C(plan, TEXT),        C(lob, TEXT),           C(missing, TEXT),  C(birth_date, DATE),
    C(channel, TEXT),    C(packs, TEXT),       C(determinations, INT), C(checked, TIME),  C(next_check, TIME),
};
#undef C
#define C(member, kind) PP_COL(req_line_row, member, kind)
static const struct pp_col line_cols[] = {
    C(case_id, UUID),      C(line, INT),         C(order_no, TEXT),    C(state, TEXT),     C(code, TEXT),
    C(text, TEXT),         C(local_code, TEXT),  C(modifiers, TEXT),   C(diagnoses, TEXT), C(pos, TEXT),
    C(service_date, DATE), C(coverage, TEXT),    C(rule, TEXT),        C(proof, TEXT),     C(reason, TEXT),
    C(documents, TEXT),    C(info_needed, TEXT), C(valid_until, DATE), C(proof_id, UUID),  C(proofs, INT),
};
#undef C
#define C(member, kind) PP_COL(req_determination_row, member, kind)
static const struct pp_col determination_cols[] = {
    C(determination_id, UUID), C(case_id, UUID), C(case_version, INT), C(payer, TEXT),
    C(channel, TEXT),          C(packs, TEXT),   C(why, TEXT),         C(at, TIME),
};
#undef C
#define C(member, kind) PP_COL(req_proof_row, member, kind)
static const struct pp_col proof_cols[] = {
    C(proof_id, UUID),   C(case_id, UUID),     C(line, INT),         C(case_version, INT),
    C(coverage, TEXT),   C(rule, TEXT),        C(rule_text, TEXT),   C(proof, TEXT),
    C(reason, TEXT),     C(source, TEXT),      C(pack, TEXT),        C(facts, TEXT),
    C(considered, TEXT), C(source_date, DATE), C(valid_until, DATE), C(at, TIME),
};
#undef C
#define C(member, kind) PP_COL(req_decided_row, member, kind)
static const struct pp_col decided_cols[] = {
    C(case_id, UUID),   C(line, INT),   C(coverage, TEXT), C(evidence, TEXT),     C(actor, TEXT), C(code, TEXT),
    C(modifiers, TEXT), C(payer, TEXT), C(plan, TEXT),     C(service_date, DATE), C(at, TIME),
};
#undef C
#define C(member, kind) PP_COL(req_task_row, member, kind)
static const struct pp_col task_cols[] = {
    C(task_id, UUID),
    C(case_id, UUID),
    C(line, INT),
    C(reason, TEXT),
};
#undef C

#define TABLE(id, table_name, nkeys, history)                                                                          \
    static const struct pp_table id##_table = {.name = table_name,                                                     \
                                               .row_size = sizeof(struct req_##id##_row),                              \
                                               .keys = nkeys,                                                          \
                                               .ncols = sizeof id##_cols / sizeof id##_cols[0],                        \
                                               .cols = id##_cols,                                                      \
                                               .append_only = history}
TABLE(case, "cases", 1, false);
TABLE(line, "case_line", 2, false);
TABLE(determination, "determination", 1, true);
TABLE(proof, "proof", 1, true);
TABLE(decided, "decided_by_person", 2, false);
TABLE(task, "open_task", 1, false);

const struct pp_table *const requirements_tables[REQ_TABLE_COUNT] = {
    [REQ_CASE] = &case_table,   [REQ_LINE] = &line_table,       [REQ_DETERMINATION] = &determination_table,
    [REQ_PROOF] = &proof_table, [REQ_DECIDED] = &decided_table, [REQ_TASK] = &task_table,
};
