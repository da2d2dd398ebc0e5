#include "claims/claims.h"

extern const char *const claims_migrations[];

static const enum ev_type reads[] = {
    EV_CLAIM_REPORTED,
    EV_CASE_OPENED,
    EV_CASE_CHANGED,
    EV_CASE_WITHDRAWN,
    EV_REQUIREMENT_DETERMINED,
    EV_AUTHORIZATION_DECIDED,
    EV_PATIENT_MERGED,
    EV_REMITTANCE_REPORTED,
    EV_CLAIM_ACKNOWLEDGEMENT_REPORTED,
};

static const char claim_person[] = "select person, tenant from claim where claim_id = $1::uuid";
static const struct pp_command_def commands[] = {
    {EV_CLAIM_RELEASE, "biller,lead", claim_person},
    {EV_CLAIM_WRITE_OFF, "biller,lead", claim_person},
    {EV_CLAIM_APPEAL, "biller,lead", claim_person},
};

const struct pp_service claims_service = {
    .name = "claims",
    .source_no = 6,
    .tables = claims_tables,
    .ntables = CLAIMS_TABLE_COUNT,
    .reads = reads,
    .nreads = sizeof reads / sizeof reads[0],
    .decide = claims_decide,
    .check = claims_check,
    .queries = claims_queries,
    .nqueries = CLAIMS_QUERIES,
    .commands = commands,
    .ncommands = sizeof commands / sizeof commands[0],
    .migrations = claims_migrations,
};
