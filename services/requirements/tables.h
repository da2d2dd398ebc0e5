/* Tables of the requirements service: what each line was asked about, what was found, and why that may be said.
 *
 * `cases` and `case_line` are this service's own copy of the newest version of each case: what a rule may look at, and
 * the finding in force. `proof` keeps every finding for ever, with all rules that were considered; a new row is added
 * only when a finding is another than before. `determination` says which versions were answered when.
 */
#ifndef REQUIREMENTS_TABLES_H
#define REQUIREMENTS_TABLES_H

#include "core/unit.h"

enum requirements_table { REQ_CASE, REQ_LINE, REQ_DETERMINATION, REQ_PROOF, REQ_DECIDED, REQ_TASK, REQ_TABLE_COUNT };

struct req_case_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t case_version;
    struct pp_str case_no, order_no, state; /* state: open, withdrawn */
    struct pp_str site, site_state, patient_state, urgency;
    struct pp_str payer, payer_code, plan, lob, missing;
    pp_date birth_date;
    struct pp_str channel, packs; /* of the last determination */
    int32_t determinations;       /* how many there were */
    int64_t checked, next_check;  /* next_check 0 = no timer */
};

struct req_line_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_str order_no, state, code, text, local_code, modifiers, diagnoses, pos;
    pp_date service_date;
    /* the finding in force */
    struct pp_str coverage, rule, proof, reason, documents, info_needed;
    pp_date valid_until;
    struct pp_uuid proof_id;
    int32_t proofs; /* how many there were */
};

struct req_determination_row {
    struct pp_row row;
    struct pp_uuid determination_id;
    struct pp_uuid case_id;
    int32_t case_version;
    struct pp_str payer, channel, packs, why; /* why: opened, lines, coverage, …, recheck, person */
    int64_t at;
};

struct req_proof_row {
    struct pp_row row;
    struct pp_uuid proof_id;
    struct pp_uuid case_id;
    int32_t line, case_version; /* case_version: the first it was said of */
    struct pp_str coverage, rule, rule_text, proof, reason, source, pack;
    struct pp_str facts, considered; /* JSON */
    pp_date source_date, valid_until;
    int64_t at;
};

struct req_decided_row { /* a person's answer; holds while it is about the same service, payer and day */
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_str coverage, evidence, actor;
    struct pp_str code, modifiers, payer, plan;
    pp_date service_date;
    int64_t at;
};

struct req_task_row { /* open tasks */
    struct pp_row row;
    struct pp_uuid task_id, case_id;
    int32_t line;
    struct pp_str reason;
};

extern const struct pp_table *const requirements_tables[REQ_TABLE_COUNT];

#endif
