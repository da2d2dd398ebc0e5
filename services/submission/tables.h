/* Tables of the submission service: requests to payers, their lines, and what the payer said about each.
 *
 * A submission is one request with one trace number; an update, a cancellation or a resend is a submission of its own
 * that names the prior one. A line of the case has at most one live row per payer over all submissions. The copy of the
 * case is kept whole, as text, because a request is built from all of it.
 */
#ifndef SUBMISSION_TABLES_H
#define SUBMISSION_TABLES_H

#include "core/unit.h"

enum submission_table {
    SUBMISSION_CASE,
    SUBMISSION_NEED,
    SUBMISSION_SUBMISSION,
    SUBMISSION_LINE,
    SUBMISSION_COUNTER,
    SUBMISSION_SUBSCRIPTION,
    SUBMISSION_INTERCHANGE,
    SUBMISSION_TABLE_COUNT
};

struct submission_case_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t case_version;
    struct pp_str case_no, site, payer, channel;
    bool urgent, withdrawn;
    struct pp_str body;   /* the case as JSON */
    struct pp_str packet; /* released while a request was under way; sent when that is answered */
};

struct submission_need_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_str coverage; /* ev_determined_line_coverage */
};

struct submission_row {
    struct pp_row row;
    struct pp_uuid submission_id;
    struct pp_uuid case_id;
    int32_t case_version;
    struct pp_str payer, channel, kind, state, trace;
    struct pp_uuid prior_id;
    struct pp_uuid extends_id; /* the request whose authorization it asks to extend, also of what follows it */
    struct pp_str payer_ref, reference, reason;
    struct pp_str request; /* pas.submit as it was built, as JSON */
    int64_t created, received, due;
    bool delayed, info_open;
    struct pp_str task;         /* kind of the task that is open for the request as a whole */
    struct pp_uuid info_digest; /* of what the payer asked for last: a repeat is no news */
    /* X12 */
    struct pp_str attach;     /* numbers that the documents it asked for must carry: "code=number|…" */
    int32_t sends, inquiries; /* how often it went; how often it was asked about */
    bool attached;            /* its documents went out */
    bool answered;            /* a review came, not only an acknowledgement */
    bool again;               /* the payer could not answer: it goes again when the timer says so */
};

struct submission_line_row {
    struct pp_row row;
    struct pp_uuid submission_id;
    int32_t line;
    struct pp_uuid case_id;
    struct pp_str payer, state;
    struct pp_str asked; /* what the payer saw of the line */
    struct pp_str code, units, unit_type;
    struct pp_str review_code, reason_code, reason, authorization_no, reference;
    pp_date valid_from, valid_until;
    struct pp_str auth_code, auth_modifiers, auth_units, auth_unit_type, provider_npi;
    bool accepted, by_person;
    struct pp_str evidence;
    int64_t decided;
    struct pp_str task; /* kind of the task that is open for it */
    int64_t expiry_at;  /* when it is, or was, to be said that the authorization ends; 0: it is not watched */
};

struct submission_counter_row {
    struct pp_row row;
    struct pp_str name;
    int64_t value;
};

struct submission_subscription_row { /* under the payer's pseudo-person */
    struct pp_row row;
    struct pp_str payer, org;
    struct pp_str endpoint, subscription, status;
    int64_t asked, checked;
};

/* Under the pseudo-person of the number ("control:<payer>:<ISA13>"): what went out under it, and acknowledgements that
 * came before it was known (kind "ack", submission_id derived from the bytes). */
struct submission_interchange_row {
    struct pp_row row;
    struct pp_uuid submission_id;
    struct pp_str kind, payer, control;
    struct pp_uuid case_id, owner;
    int64_t sent, answered;
    struct pp_str verdict, hash;
};

extern const struct pp_table *const submission_tables[SUBMISSION_TABLE_COUNT];

#endif
