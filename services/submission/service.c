#include "submission/submission.h"

extern const char *const submission_migrations[];

static const enum ev_type reads[] = {
    EV_CASE_OPENED,     EV_CASE_CHANGED,          EV_CASE_WITHDRAWN, EV_REQUIREMENT_DETERMINED,
    EV_PACKET_RELEASED, EV_PAYER_ANSWER_REPORTED, EV_PATIENT_MERGED,
};

const struct pp_call_def submission_calls[SUBMISSION_CALLS] = {
    {.kind = SUBMISSION_CALL_SUBMIT,
     .name = "pas-submit",
     .request = EV_PAS_SUBMIT,
     .answer = EV_PAS_ANSWERED,
     .blobs = call_pas_blobs,
     .build = call_pas_build,
     .parse = call_pas_parse,
     .build_inquiry = call_pas_inquiry_build,
     .parse_inquiry = call_pas_inquiry_parse},
    {.kind = SUBMISSION_CALL_INQUIRE,
     .name = "pas-inquire",
     .request = EV_PAS_SUBMIT,
     .answer = EV_PAS_ANSWERED,
     .build = call_pas_inquiry_build,
     .parse = call_inquire_parse},
    {.kind = SUBMISSION_CALL_READ,
     .name = "pas-read",
     .request = EV_PAS_READ,
     .answer = EV_PAS_ANSWERED,
     .blobs = call_read_blobs,
     .parse = call_read_parse},
    {.kind = SUBMISSION_CALL_SUBSCRIBE,
     .name = "pas-subscribe",
     .request = EV_PAS_SUBSCRIBE,
     .answer = EV_PAS_SUBSCRIBED,
     .build = call_subscribe_build,
     .parse = call_subscribe_parse},
};

static const char case_person[] = "select person, tenant from case_copy where case_id = $1::uuid";
/* The target is the payer's pseudo-person itself. */
static const char self_person[] = "select $1::uuid as person, current_setting('app.tenant', true) as tenant";
static const struct pp_command_def commands[] = {
    {EV_DECISION_RECORD, "pa,lead", case_person}, {EV_DECISION_ACCEPT, "clinician,lead", case_person},
    {EV_REQUEST_RESEND, "pa,lead", case_person},  {EV_REQUEST_CANCEL, "pa,lead", case_person},
    {EV_PAYER_SUBSCRIBE, "ops", self_person},
};

const struct pp_service submission_service = {
    .name = "submission",
    .source_no = 5,
    .tables = submission_tables,
    .ntables = SUBMISSION_TABLE_COUNT,
    .reads = reads,
    .nreads = sizeof reads / sizeof reads[0],
    .decide = submission_decide,
    .check = submission_check,
    .calls = submission_calls,
    .ncalls = SUBMISSION_CALLS,
    .queries = submission_queries,
    .nqueries = SUBMISSION_QUERIES,
    .commands = commands,
    .ncommands = sizeof commands / sizeof commands[0],
    .migrations = submission_migrations,
};
