#include "status/tables.h"

#define C(member, kind) PP_COL(status_case_row, member, kind)
static const struct pp_col case_cols[] = {
    C(case_id, UUID),
    C(case_version, INT),
    C(case_no, TEXT),
    C(order_no, TEXT),
    C(sender, TEXT),
    C(state, TEXT),
    C(urgency, TEXT),
    C(site, TEXT),
    C(region, TEXT),
    C(mrn, TEXT),
    C(family, TEXT),
    C(given, TEXT),
    C(sex, TEXT),
    C(birth_date, DATE),
    C(payer, TEXT),
    C(payer_name, TEXT),
    C(lob, TEXT),
    C(plan, TEXT),
    C(member_id, TEXT),
    C(coverage_from, DATE),
    C(coverage_until, DATE),
    C(ordering, TEXT),
    C(ordering_npi, TEXT),
    C(performer_npi, TEXT),
    C(missing, TEXT),
    C(ordered_at, TIME),
    C(opened, TIME),
    C(basis, INT),
    C(pack, TEXT),
    C(channel, TEXT),
    C(determined, TIME),
    C(checklist_version, INT),
    C(items_must, INT),
    C(items_done, INT),
    C(checklist_known, BOOL),
    C(checklist_complete, BOOL),
    C(items_open, TEXT),
    C(items_due, TIME),
    C(released, TIME),
    C(released_by, TEXT),
    C(submission_state, TEXT),
    C(trace, TEXT),
    C(reference, TEXT),
    C(reject_reason, TEXT),
    C(submitted, TIME),
    C(received, TIME),
    C(info_due, TIME),
    C(last_decided, TIME),
    C(attempts, INT),
    C(info_open, BOOL),
    C(info_wanted, TEXT),
    C(stage, TEXT),
    C(headline, TEXT),
    C(tone, TEXT),
    C(coverage_word, TEXT),
    C(documentation_word, TEXT),
    C(authorization_word, TEXT),
    C(next_kind, TEXT),
    C(next_step, TEXT),
    C(next_why, TEXT),
    C(next_owner, TEXT),
    C(next_queue, TEXT),
    C(next_task, UUID),
    C(next_due, TIME),
    C(status_since, TIME),
    C(last_event, TIME),
    C(last_actor, TEXT),
    C(colour, TEXT),
    C(visit_id, UUID),
    C(visit_date, DATE),
    C(visit_start, TIME),
    C(visit_zone, TEXT),
    C(services, TEXT),
    C(lines_n, INT),
    C(shown, BOOL),
    C(payer_due, TIME),
    C(payer_clock, TEXT),
    C(assignee, TEXT),
    C(version, INT),
    C(printed, TEXT),
    C(event_seq, INT),
};
#undef C

#define C(member, kind) PP_COL(status_line_row, member, kind)
static const struct pp_col line_cols[] = {
    C(case_id, UUID),
    C(line, INT),
    C(site, TEXT),
    C(state, TEXT),
    C(order_no, TEXT),
    C(code, TEXT),
    C(text, TEXT),
    C(local, TEXT),
    C(modifiers, TEXT),
    C(units, TEXT),
    C(unit_type, TEXT),
    C(diagnoses, TEXT),
    C(pos, TEXT),
    C(service_date, DATE),
    C(asked_code, TEXT),
    C(code_since, INT),
    C(coverage, TEXT),
    C(rule, TEXT),
    C(rule_text, TEXT),
    C(proof, TEXT),
    C(coverage_reason, TEXT),
    C(on_file, TEXT),
    C(basis, INT),
    C(proof_until, DATE),
    C(documentation, TEXT),
    C(docs_must, INT),
    C(docs_done, INT),
    C(docs_open, TEXT),
    C(authorization_state, TEXT),
    C(outcome, TEXT),
    C(review_code, TEXT),
    C(decision_reason, TEXT),
    C(authorization_no, TEXT),
    C(reference, TEXT),
    C(decided_by, TEXT),
    C(evidence, TEXT),
    C(submission_id, UUID),
    C(asked_version, INT),
    C(valid_from, DATE),
    C(valid_until, DATE),
    C(auth_code, TEXT),
    C(auth_modifiers, TEXT),
    C(auth_units, TEXT),
    C(auth_unit_type, TEXT),
    C(provider_npi, TEXT),
    C(decided_payer, TEXT),
    C(accepted, BOOL),
    C(sent, BOOL),
    C(info_open, BOOL),
    C(decision_due, TIME),
    C(decided, TIME),
    C(authorized, TEXT),
    C(scheduled, TEXT),
    C(used, TEXT),
    C(coverage_word, TEXT),
    C(coverage_tone, TEXT),
    C(coverage_fact, TEXT),
    C(documentation_word, TEXT),
    C(documentation_tone, TEXT),
    C(documentation_fact, TEXT),
    C(authorization_word, TEXT),
    C(authorization_tone, TEXT),
    C(authorization_fact, TEXT),
    C(authorization_steps, INT),
};
#undef C

#define C(member, kind) PP_COL(status_visit_row, member, kind)
static const struct pp_col visit_cols[] = {
    C(visit_id, UUID), C(case_id, UUID),      C(visit_no, TEXT),  C(state, TEXT),     C(zone, TEXT),  C(site, TEXT),
    C(location, TEXT), C(provider_npi, TEXT), C(provider, TEXT),  C(start, TIME),     C(date, DATE),  C(colour, TEXT),
    C(word, TEXT),     C(tone, TEXT),         C(reasons, TEXT),   C(next_step, TEXT), C(owner, TEXT), C(printed, TEXT),
    C(due, TIME),      C(version, INT),       C(published, BOOL),
};
#undef C

#define C(member, kind) PP_COL(status_visit_line_row, member, kind)
static const struct pp_col visit_line_cols[] = {
    C(visit_id, UUID),
    C(case_id, UUID),
    C(line, INT),
};
#undef C

#define C(member, kind) PP_COL(status_clock_row, member, kind)
static const struct pp_col clock_cols[] = {
    C(case_id, UUID), C(kind, TEXT),  C(whose, TEXT), C(what, TEXT), C(zone, TEXT),  C(regime, TEXT),
    C(source, TEXT),  C(state, TEXT), C(start, TIME), C(due, TIME),  C(ended, TIME), C(over, BOOL),
};
#undef C

#define C(member, kind) PP_COL(status_task_row, member, kind)
static const struct pp_col task_cols[] = {
    C(task_id, UUID),    C(kind, TEXT),       C(state, TEXT),         C(subject, TEXT), C(reason, TEXT),
    C(queue, TEXT),      C(assignee, TEXT),   C(previous, TEXT),      C(owner, TEXT),   C(outcome, TEXT),
    C(settled_by, TEXT), C(site, TEXT),       C(case_no, TEXT),       C(case_id, UUID), C(claim_id, UUID),
    C(line, INT),        C(due, TIME),        C(snoozed_until, TIME), C(opened, TIME),  C(settled, TIME),
    C(touched, TIME),    C(touched_by, TEXT), C(overdue, BOOL),       C(version, INT),
};
#undef C

#define C(member, kind) PP_COL(status_item_row, member, kind)
static const struct pp_col item_cols[] = {
    C(case_id, UUID), C(line, INT),    C(item, TEXT), C(title, TEXT), C(state, TEXT),
    C(owner, TEXT),   C(reason, TEXT), C(must, BOOL), C(due, TIME),   C(document_id, UUID),
};
#undef C

#define C(member, kind) PP_COL(status_submission_row, member, kind)
static const struct pp_col submission_cols[] = {
    C(submission_id, UUID), C(case_id, UUID), C(payer, TEXT),  C(channel, TEXT), C(kind, TEXT),     C(trace, TEXT),
    C(payer_ref, TEXT),     C(state, TEXT),   C(reason, TEXT), C(started, TIME), C(received, TIME), C(ended, TIME),
};
#undef C

#define C(member, kind) PP_COL(status_auth_row, member, kind)
static const struct pp_col auth_cols[] = {
    C(case_id, UUID), C(line, INT), C(authorization_no, TEXT), C(state, TEXT),
    C(printed, TEXT), C(key, TEXT), C(version, INT),
};
#undef C

#define C(member, kind) PP_COL(status_claim_row, member, kind)
static const struct pp_col claim_cols[] = {
    C(claim_id, UUID), C(case_id, UUID),          C(claim_no, TEXT), C(state, TEXT), C(result, TEXT),  C(carc, TEXT),
    C(reasons, TEXT),  C(authorization_no, TEXT), C(matched, TIME),  C(due, TIME),   C(outcome, TEXT), C(denial, TEXT),
};
#undef C

#define C(member, kind) PP_COL(status_used_row, member, kind)
static const struct pp_col used_cols[] = {
    C(case_id, UUID), C(line, INT), C(claim_id, UUID), C(authorization_no, TEXT), C(units, TEXT),
};
#undef C

#define C(member, kind) PP_COL(status_measure_row, member, kind)
static const struct pp_col measure_cols[] = {
    C(case_id, UUID), C(step, TEXT),    C(started, TIME), C(ended, TIME),
    C(result, TEXT),  C(attempts, INT), C(version, INT),
};
#undef C

#define C(member, kind) PP_COL(status_event_row, member, kind)
static const struct pp_col event_cols[] = {
    C(case_id, UUID), C(seq, INT),     C(line, INT),  C(at, TIME),    C(kind, TEXT),   C(type, TEXT),
    C(text, TEXT),    C(detail, TEXT), C(tone, TEXT), C(actor, TEXT), C(record, TEXT), C(evidence, TEXT),
};
#undef C

#define C(member, kind) PP_COL(status_quarantine_row, member, kind)
static const struct pp_col quarantine_cols[] = {
    C(record, TEXT), C(at, TIME),    C(sender, TEXT), C(message_id, TEXT), C(format, TEXT),
    C(type, TEXT),   C(place, TEXT), C(reason, TEXT), C(hash, TEXT),
};
#undef C

#define TABLE(var, sqlname, rowtype, nkeys, colarray, history)                                                         \
    static const struct pp_table var = {                                                                               \
        sqlname, sizeof(struct rowtype), nkeys, sizeof(colarray) / sizeof((colarray)[0]), colarray, history}
TABLE(case_table, "case_head", status_case_row, 1, case_cols, false);
TABLE(line_table, "case_line", status_line_row, 2, line_cols, false);
TABLE(visit_table, "visit", status_visit_row, 1, visit_cols, false);
TABLE(visit_line_table, "visit_line", status_visit_line_row, 3, visit_line_cols, false);
TABLE(clock_table, "clock", status_clock_row, 2, clock_cols, false);
TABLE(task_table, "task", status_task_row, 1, task_cols, false);
TABLE(item_table, "checklist_item", status_item_row, 3, item_cols, false);
TABLE(submission_table, "submission", status_submission_row, 1, submission_cols, false);
TABLE(auth_table, "auth_line", status_auth_row, 3, auth_cols, false);
TABLE(claim_table, "claim", status_claim_row, 1, claim_cols, false);
TABLE(used_table, "used", status_used_row, 3, used_cols, false);
TABLE(measure_table, "measure", status_measure_row, 2, measure_cols, false);
TABLE(event_table, "case_event", status_event_row, 2, event_cols, true);
TABLE(quarantine_table, "quarantine", status_quarantine_row, 1, quarantine_cols, true);

const struct pp_table *const status_tables[STATUS_TABLE_COUNT] = {
    [STATUS_CASE] = &case_table,   [STATUS_LINE] = &line_table,
    [STATUS_VISIT] = &visit_table, [STATUS_VISIT_LINE] = &visit_line_table,
    [STATUS_CLOCK] = &clock_table, [STATUS_TASK] = &task_table,
    [STATUS_ITEM] = &item_table,   [STATUS_SUBMISSION] = &submission_table,
    [STATUS_AUTH] = &auth_table,   [STATUS_CLAIM] = &claim_table,
    [STATUS_USED] = &used_table,   [STATUS_MEASURE] = &measure_table,
    [STATUS_EVENT] = &event_table, [STATUS_QUARANTINE] = &quarantine_table,
};
