#include "requirements/requirements.h"

extern const char *const requirements_migrations[];

static const enum ev_type reads[] = {EV_CASE_OPENED, EV_CASE_CHANGED, EV_CASE_WITHDRAWN, EV_PATIENT_MERGED};

static const char case_person[] = "select person, tenant from cases where case_id = $1::uuid";
static const struct pp_command_def commands[] = {{EV_REQUIREMENT_DECIDE, "pa,lead", case_person}};

const struct pp_service requirements_service = {
    .name = "requirements",
    .source_no = 3,
    .tables = requirements_tables,
    .ntables = REQ_TABLE_COUNT,
    .reads = reads,
    .nreads = sizeof reads / sizeof reads[0],
    .decide = requirements_decide,
    .check = requirements_check,
    .queries = requirements_queries,
    .nqueries = REQUIREMENTS_QUERIES,
    .commands = commands,
    .ncommands = sizeof commands / sizeof commands[0],
    .migrations = requirements_migrations,
};
