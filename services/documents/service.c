#include "documents/documents.h"

extern const char *const documents_migrations[];

static const enum ev_type reads[] = {
    EV_CASE_OPENED,       EV_CASE_CHANGED,   EV_CASE_WITHDRAWN, EV_REQUIREMENT_DETERMINED,
    EV_DOCUMENT_REPORTED, EV_INFO_REQUESTED, EV_PATIENT_MERGED,
};

static const char case_person[] = "select person, tenant from checklist_case where case_id = $1::uuid";
static const struct pp_command_def commands[] = {
    {EV_ITEM_SETTLE, "pa,clinician,lead", case_person},
    {EV_PACKET_RELEASE, "pa,clinician,lead", case_person},
};

const struct pp_service documents_service = {
    .name = "documents",
    .source_no = 4,
    .tables = documents_tables,
    .ntables = DOCUMENTS_TABLE_COUNT,
    .reads = reads,
    .nreads = sizeof reads / sizeof reads[0],
    .decide = documents_decide,
    .check = documents_check,
    .queries = documents_queries,
    .nqueries = DOCUMENTS_QUERIES,
    .commands = commands,
    .ncommands = sizeof commands / sizeof commands[0],
    .migrations = documents_migrations,
};
