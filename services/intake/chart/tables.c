#include "intake/chart/tables.h"

#define C(member, kind) PP_COL(chart_patient_row, member, kind)
static const struct pp_col patient_cols[] = {
    C(sender, TEXT), C(mrn, TEXT),          C(family, TEXT),   C(given, TEXT), C(middle, TEXT),
    C(sex, TEXT),    C(address_line, TEXT), C(city, TEXT),     C(state, TEXT), C(zip, TEXT),
    C(phone, TEXT),  C(birth_date, DATE),   C(reported, TIME),
};
#undef C
#define C(member, kind) PP_COL(chart_coverage_row, member, kind)
static const struct pp_col coverage_cols[] = {
    C(sender, TEXT),
    C(rank, INT),
    C(payer, TEXT),
    C(payer_code, TEXT),
    C(payer_name, TEXT),
    C(plan, TEXT),
    C(lob, TEXT),
    C(member_id, TEXT),
    C(group_no, TEXT),
    C(subscriber_family, TEXT),
    C(subscriber_given, TEXT),
    C(relation, TEXT),
    C(account, TEXT),
    C(subscriber_birth_date, DATE),
    C(effective, DATE),
    C(expires, DATE),
    C(reported, TIME),
    C(ended, BOOL),
};
#undef C
#define C(member, kind) PP_COL(chart_order_row, member, kind)
static const struct pp_col order_cols[] = {
    C(sender, TEXT),   C(order_no, TEXT), C(filler_no, TEXT), C(group_no, TEXT),
    C(visit_no, TEXT), C(case_id, UUID),  C(line, INT),
};
#undef C
#define C(member, kind) PP_COL(chart_case_row, member, kind)
static const struct pp_col case_cols[] = {
    C(case_id, UUID),         C(case_version, INT),   C(case_no, TEXT),       C(sender, TEXT),
    C(order_no, TEXT),        C(state, TEXT),         C(site, TEXT),          C(urgency, TEXT),
    C(missing, TEXT),         C(payer, TEXT),         C(ordering_npi, TEXT),  C(ordering_family, TEXT),
    C(ordering_given, TEXT),  C(ordering_org, TEXT),  C(performer_npi, TEXT), C(performer_family, TEXT),
    C(performer_given, TEXT), C(performer_org, TEXT), C(digest, TEXT),        C(ordered, TIME),
    C(opened, TIME),          C(changed, TIME),       C(intake_due, TIME),
};
#undef C
#define C(member, kind) PP_COL(chart_line_row, member, kind)
static const struct pp_col line_cols[] = {
    C(case_id, UUID),      C(line, INT),        C(order_no, TEXT),     C(state, TEXT),     C(local_code, TEXT),
    C(local_system, TEXT), C(local_text, TEXT), C(code, TEXT),         C(text, TEXT),      C(how, TEXT),
    C(modifiers, TEXT),    C(units, TEXT),      C(unit_type, TEXT),    C(diagnoses, TEXT), C(pos, TEXT),
    C(urgency, TEXT),      C(reason, TEXT),     C(service_date, DATE),
};
#undef C
#define C(member, kind) PP_COL(chart_visit_row, member, kind)
static const struct pp_col visit_cols[] = {
    C(sender, TEXT),          C(visit_no, TEXT),       C(visit_id, UUID),     C(state, TEXT),
    C(start, TIME),           C(date, DATE),           C(zone, TEXT),         C(site, TEXT),
    C(location, TEXT),        C(order_no, TEXT),       C(filler_no, TEXT),    C(provider_npi, TEXT),
    C(provider_family, TEXT), C(provider_given, TEXT), C(provider_org, TEXT),
};
#undef C
#define C(member, kind) PP_COL(chart_case_visit_row, member, kind)
static const struct pp_col case_visit_cols[] = {
    C(case_id, UUID),
    C(visit_id, UUID),
    C(lines, TEXT),
};
#undef C
#define C(member, kind) PP_COL(chart_unmatched_row, member, kind)
static const struct pp_col unmatched_cols[] = {
    C(visit_id, UUID), C(sender, TEXT), C(visit_no, TEXT), C(since, TIME), C(task_open, BOOL),
};
#undef C
#define C(member, kind) PP_COL(chart_task_row, member, kind)
static const struct pp_col task_cols[] = {
    C(task_id, UUID),
    C(case_id, UUID),
    C(kind, TEXT),
    C(line, INT),
};
#undef C
#define C(member, kind) PP_COL(chart_merge_row, member, kind)
static const struct pp_col merge_cols[] = {
    C(other, UUID),
    C(side, TEXT),
    C(at, TIME),
};
#undef C

#define C(member, kind) PP_COL(chart_eligibility_row, member, kind)
static const struct pp_col eligibility_cols[] = {
    C(payer, TEXT),  C(member_id, TEXT), C(trace, TEXT),      C(number, INT), C(standing, TEXT), C(plan, TEXT),
    C(reason, TEXT), C(plan_from, DATE), C(plan_until, DATE), C(asked, TIME), C(answered, TIME), C(waiting, BOOL),
};
#undef C

#define TABLE(id, table_name, nkeys)                                                                                   \
    static const struct pp_table id##_table = {.name = table_name,                                                     \
                                               .row_size = sizeof(struct chart_##id##_row),                            \
                                               .keys = nkeys,                                                          \
                                               .ncols = sizeof id##_cols / sizeof id##_cols[0],                        \
                                               .cols = id##_cols}
TABLE(patient, "patient", 1);
TABLE(coverage, "coverage", 2);
TABLE(order, "orders", 2);
TABLE(case, "cases", 1);
TABLE(line, "case_line", 2);
TABLE(visit, "visit", 2);
TABLE(case_visit, "case_visit", 2);
TABLE(unmatched, "unmatched", 1);
TABLE(task, "open_task", 1);
TABLE(merge, "merge", 1);
TABLE(eligibility, "eligibility", 2);

const struct pp_table *const chart_tables[CHART_TABLE_COUNT] = {
    [CHART_PATIENT] = &patient_table,
    [CHART_COVERAGE] = &coverage_table,
    [CHART_ORDER] = &order_table,
    [CHART_CASE] = &case_table,
    [CHART_LINE] = &line_table,
    [CHART_VISIT] = &visit_table,
    [CHART_CASE_VISIT] = &case_visit_table,
    [CHART_UNMATCHED] = &unmatched_table,
    [CHART_TASK] = &task_table,
    [CHART_MERGE] = &merge_table,
    [CHART_ELIGIBILITY] = &eligibility_table,
};
