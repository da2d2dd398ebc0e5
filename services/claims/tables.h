/* Tables of the claims service: claims and what they were compared with.
 *
 * A claim is one patient control number of one sender; a correction or replacement under the same number is the same
 * claim with another content. `known_*` tables are this service's own copy of what other services decided: it never
 * asks them. The copy holds what a comparison needs, nothing else.
 */
#ifndef CLAIMS_TABLES_H
#define CLAIMS_TABLES_H

#include "core/unit.h"

enum claims_table {
    CLAIMS_CLAIM,
    CLAIMS_CLAIM_LINE,
    CLAIMS_MISMATCH,
    CLAIMS_ELEMENT,
    CLAIMS_CASE,
    CLAIMS_CASE_LINE,
    CLAIMS_ORDERED,
    CLAIMS_AUTH,
    CLAIMS_USED,
    CLAIMS_REMITTANCE,
    CLAIMS_REMITTANCE_LINE,
    CLAIMS_TABLE_COUNT
};

struct claims_claim_row {
    struct pp_row row;
    struct pp_uuid claim_id;
    struct pp_str claim_no, sender, frequency;
    struct pp_str payer, payer_code, payer_name, member_id;
    struct pp_str billing_npi, rendering_npi, facility_npi;
    struct pp_str authorization_no, original_ref, pos, total, diagnoses;
    struct pp_str state;  /* held, released, written_off, void */
    struct pp_str result; /* ev_claim_matched_result */
    struct pp_str site;
    struct pp_uuid case_id; /* of the first line that has one */
    struct pp_str case_no;
    struct pp_str released_auth; /* number to print */
    struct pp_str carc, reasons, next_step;
    struct pp_str by, reason; /* of a release or write-off by a person */
    struct pp_uuid replaced_by;
    pp_date service_date;                 /* first of the lines */
    int64_t reported, held, due, decided; /* times */
    int32_t version;                      /* of the public snapshot and for expect_version */
    bool task_open;
    bool merge_open; /* asked to look at it after a merge */
    /* institutional claims */
    struct pp_str kind, type_of_bill; /* kind: professional, institutional */
    pp_date statement_from, statement_until;
    /* what the payer said */
    struct pp_str acknowledgement; /* accepted, rejected (277CA); empty = nothing heard */
    struct pp_str outcome;         /* ev_claim_adjudicated_outcome; empty = not answered */
    struct pp_str against;         /* ev_claim_adjudicated_against_forecast */
    struct pp_str paid, patient_part, payer_claim_no;
    struct pp_str denial_group, denial_carc, denial_rarc; /* of the first line that was denied or reduced */
    pp_date payment_date;
    int64_t adjudicated;
    bool denial_open;    /* a denial for its authorization waits for a biller */
    bool rejection_open; /* so does a claim that was not taken for processing */
};

struct claims_claim_line_row {
    struct pp_row row;
    struct pp_uuid claim_id;
    int32_t line;
    struct pp_str code, code_system, modifiers, charge, units, unit_type;
    pp_date date_from, date_until;
    struct pp_str pos, rendering_npi, authorization_no, control, diagnoses;
    /* what the comparison found */
    struct pp_str result, matched_auth, matched_units, matched_code, proof, how;
    struct pp_uuid case_id;
    int32_t case_line;
    struct pp_str revenue; /* institutional */
    /* what the payer said */
    struct pp_str outcome, paid, adjustments, remarks, denial_group, denial_carc, denial_rarc;
};

struct claims_mismatch_row {
    struct pp_row row;
    struct pp_uuid claim_id;
    int32_t seq;
    struct pp_str reason, field, claim_value, auth_value, severity, carc, hint;
    int32_t claim_line, case_line;
};

struct claims_element_row { /* the aligned table of the comparison screen */
    struct pp_row row;
    struct pp_uuid claim_id;
    int32_t seq;
    int32_t claim_line;
    struct pp_str code, label, claim_value, auth_value, relation, rule, severity, carc, hint;
};

struct claims_case_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t case_version;
    struct pp_str case_no, order_no, site, state; /* state: open, withdrawn */
    struct pp_str payer, payer_code, plan, member_id, second_payer;
    pp_date coverage_from, coverage_until;
    struct pp_str performer_npi;
    struct pp_str mrn, family, given;
    pp_date birth_date;
    struct pp_str sex;
};

struct claims_case_line_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_str state, order_no, code, text, modifiers, units, unit_type, diagnoses, pos;
    pp_date service_date;
    /* determination */
    struct pp_str coverage, proof, reason, on_file; /* on_file: the authorization of "satisfied" */
    int32_t basis;                                  /* case_version it rests on; 0 = none yet */
    pp_date valid_until;
};

struct claims_ordered_row { /* what a line asked for from this case version on: a decision answers the version it was
                               asked from */
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    int32_t case_version;
    struct pp_str code, modifiers, units, unit_type;
};

struct claims_auth_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_uuid submission_id;
    int32_t case_version;
    struct pp_str outcome, authorization_no, reference, trace, payer, reason;
    pp_date valid_from, valid_until;
    struct pp_str code, modifiers, units, unit_type, provider_npi;
    bool accepted;
    int64_t decided;
};

struct claims_used_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_uuid claim_id;
    int32_t claim_line;
    struct pp_str claim_no, authorization_no, units, unit_type;
    pp_date date;
};

struct claims_remittance_row { /* one CLP of an 835 */
    struct pp_row row;
    struct pp_uuid remittance_id, claim_id; /* claim_id: none while the claim is not known */
    struct pp_str claim_no, sender, payer, payer_name, trace, payer_claim_no, status, charge, paid, patient_part;
    struct pp_str authorization_no, adjustments, remarks; /* "CO-45=500.00,PR-3=60.00"; "M62,N54" */
    struct pp_str outcome;
    struct pp_str state; /* waiting, applied, further (second payer), noted, reversed */
    pp_date payment_date;
    int64_t reported;
    bool task_open;
};

struct claims_remittance_line_row {
    struct pp_row row;
    struct pp_uuid remittance_id;
    int32_t line;
    struct pp_str control, code, modifiers, revenue, units, charge, paid, authorization_no, adjustments, remarks;
    int32_t claim_line; /* 0: none of the claim's lines */
    struct pp_str outcome;
};

extern const struct pp_table *const claims_tables[CLAIMS_TABLE_COUNT];

#endif
