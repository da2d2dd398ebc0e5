/* Tables of the status service: where everything stands, whose turn it is, until when.
 *
 * Status is a leaf. It owns nothing that another service decides from: its rows are made from facts and could be made
 * again from the log. The three axes of a line (coverage, documentation, authorization) stand side by side and are
 * never merged; what people see of them (word, tone) is stored beside, so that no screen holds a rule.
 */
#ifndef STATUS_TABLES_H
#define STATUS_TABLES_H

#include "core/unit.h"

enum status_table {
    STATUS_CASE,
    STATUS_LINE,
    STATUS_VISIT,
    STATUS_VISIT_LINE,
    STATUS_CLOCK,
    STATUS_TASK,
    STATUS_ITEM,
    STATUS_SUBMISSION,
    STATUS_AUTH,
    STATUS_CLAIM,
    STATUS_USED,
    STATUS_MEASURE,
    STATUS_EVENT,
    STATUS_QUARANTINE,
    STATUS_TABLE_COUNT
};

struct status_case_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t case_version;
    struct pp_str case_no, order_no, sender, state, urgency; /* state: open, withdrawn */
    struct pp_str site, region;
    struct pp_str mrn, family, given, sex;
    pp_date birth_date;
    struct pp_str payer, payer_name, lob, plan, member_id;
    pp_date coverage_from, coverage_until;
    struct pp_str ordering, ordering_npi, performer_npi, missing;
    int64_t ordered_at, opened;
    /* requirement */
    int32_t basis; /* case_version of the last determination; 0 = none */
    struct pp_str pack, channel;
    int64_t determined;
    /* documents */
    int32_t checklist_version, items_must, items_done;
    bool checklist_known, checklist_complete;
    struct pp_str items_open; /* titles still open, for people */
    int64_t items_due, released;
    struct pp_str released_by;
    /* submission */
    struct pp_str submission_state; /* empty, started, acknowledged, rejected, delayed, cancelled */
    struct pp_str trace, reference, reject_reason;
    int64_t submitted, received, info_due, last_decided;
    int32_t attempts;
    bool info_open;
    struct pp_str info_wanted;
    /* what people see; written by refresh.c only */
    struct pp_str stage, headline, tone, coverage_word, documentation_word, authorization_word;
    struct pp_str next_kind, next_step, next_why, next_owner, next_queue;
    struct pp_uuid next_task;
    int64_t next_due, status_since, last_event;
    struct pp_str last_actor, colour;
    struct pp_uuid visit_id; /* the next one that is booked */
    pp_date visit_date;
    int64_t visit_start;
    struct pp_str visit_zone, services; /* services: "72148 MRI lumbar spine", first line */
    int32_t lines_n;
    bool shown; /* in work lists: not closed, or with an open task */
    int64_t payer_due;
    struct pp_str payer_clock, assignee;
    int32_t version;       /* of the public snapshot */
    struct pp_str printed; /* hash of the last public snapshot without its version and time */
    int32_t event_seq;     /* last number given in case_event */
};

struct status_line_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_str site, state, order_no, code, text, local, modifiers, units, unit_type, diagnoses, pos;
    pp_date service_date;
    struct pp_str asked_code; /* before the last change of the code */
    int32_t code_since;       /* case_version since which the code is asked for */
    /* coverage */
    struct pp_str coverage, rule, rule_text, proof, coverage_reason, on_file;
    int32_t basis;
    pp_date proof_until;
    /* documentation */
    struct pp_str documentation;
    int32_t docs_must, docs_done;
    struct pp_str docs_open;
    /* authorization */
    struct pp_str authorization_state, outcome, review_code, decision_reason, authorization_no, reference, decided_by,
        evidence;
    struct pp_uuid submission_id;
    int32_t asked_version;
    pp_date valid_from, valid_until;
    struct pp_str auth_code, auth_modifiers, auth_units, auth_unit_type, provider_npi, decided_payer;
    bool accepted, sent, info_open;
    int64_t decision_due, decided;
    /* ledger: text decimals */
    struct pp_str authorized, scheduled, used;
    /* words and tones */
    struct pp_str coverage_word, coverage_tone, coverage_fact;
    struct pp_str documentation_word, documentation_tone, documentation_fact;
    struct pp_str authorization_word, authorization_tone, authorization_fact;
    int32_t authorization_steps; /* 0 none, 1 prepared, 2 sent, 3 with the payer, 4 decided */
};

struct status_visit_row {
    struct pp_row row;
    struct pp_uuid visit_id;
    struct pp_uuid case_id; /* the first case that named it */
    struct pp_str visit_no, state, zone, site, location, provider_npi, provider;
    int64_t start;
    pp_date date;
    struct pp_str colour, word, tone, reasons, next_step, owner, printed;
    int64_t due;
    int32_t version;
    bool published;
};

struct status_visit_line_row { /* line 0: all active lines of the case */
    struct pp_row row;
    struct pp_uuid visit_id, case_id;
    int32_t line;
};

struct status_clock_row {
    struct pp_row row;
    struct pp_uuid case_id;
    struct pp_str kind; /* payer_decision, info_answer, submit, correct, visit */
    struct pp_str whose, what, zone, regime, source,
        state; /* whose: payer, ours; state: running, met, missed, stopped */
    int64_t start, due, ended;
    bool over; /* the breach was said */
};

struct status_task_row {
    struct pp_row row;
    struct pp_uuid task_id;
    struct pp_str kind, state, subject, reason, queue, assignee, previous, owner, outcome, settled_by, site, case_no;
    struct pp_uuid case_id, claim_id;
    int32_t line;
    int64_t due, snoozed_until, opened, settled, touched;
    struct pp_str touched_by;
    bool overdue;
    int32_t version;
};

struct status_item_row { /* checklist; key: case, line, item */
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_str item, title, state, owner, reason;
    bool must;
    int64_t due;
    struct pp_uuid document_id;
};

struct status_submission_row {
    struct pp_row row;
    struct pp_uuid submission_id, case_id;
    struct pp_str payer, channel, kind, trace, payer_ref, state, reason;
    int64_t started, received, ended;
};

struct status_auth_row { /* one authorization number for one line, as subscribers see it */
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_str authorization_no, state, printed, key;
    int32_t version;
};

struct status_claim_row {
    struct pp_row row;
    struct pp_uuid claim_id, case_id;
    struct pp_str claim_no, state, result, carc, reasons, authorization_no;
    struct pp_str
        outcome; /* what the payer did: paid, reduced, denied, … ; rejected = not taken; empty = nothing heard */
    struct pp_str denial; /* CARC of it */
    int64_t matched, due;
};

struct status_used_row { /* by claim, so that a line's sum never depends on order */
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_uuid claim_id;
    struct pp_str authorization_no, units;
};

struct status_measure_row {
    struct pp_row row;
    struct pp_uuid case_id;
    struct pp_str step;
    int64_t started, ended;
    struct pp_str result;
    int32_t attempts, version;
};

struct status_event_row { /* case_event: append-only, never read by the decider */
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t seq;
    int32_t line;
    int64_t at;
    struct pp_str kind, type, text, detail, tone, actor, record, evidence;
};

struct status_quarantine_row {
    struct pp_row row;
    struct pp_str record;
    int64_t at;
    struct pp_str sender, message_id, format, type, place, reason, hash;
};

extern const struct pp_table *const status_tables[STATUS_TABLE_COUNT];

#endif
