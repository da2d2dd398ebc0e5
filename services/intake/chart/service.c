#include "intake/chart/chart.h"

extern const char *const chart_migrations[];

static const enum ev_type reads[] = {EV_PATIENT_REPORTED, EV_PATIENT_MERGED, EV_COVERAGE_REPORTED,
                                     EV_ORDER_REPORTED,   EV_VISIT_REPORTED, EV_COVERAGE_VERIFIED};

static const struct pp_call_def calls[] = {
    {.kind = CHART_CALL_ELIGIBILITY,
     .name = "eligibility",
     .request = EV_ELIGIBILITY_ASK,
     .answer = EV_COVERAGE_VERIFIED,
     .build = call_eligibility_build,
     .parse = call_eligibility_parse},
};

static const char case_person[] = "select person, tenant from cases where case_id = $1::uuid";
static const struct pp_command_def commands[] = {
    {EV_LINE_MAP_CODE, "ordering,pa,lead", case_person},
    {EV_LINE_DROP, "ordering,clinician,pa,lead", case_person},
    {EV_MERGE_SETTLE, "registration,pa,lead", case_person},
};

const struct pp_service chart_service = {
    .name = "chart",
    .source_no = 2,
    .tables = chart_tables,
    .ntables = CHART_TABLE_COUNT,
    .reads = reads,
    .nreads = sizeof reads / sizeof reads[0],
    .decide = chart_decide,
    .check = chart_check,
    .calls = calls,
    .ncalls = sizeof calls / sizeof calls[0],
    .queries = chart_queries,
    .nqueries = CHART_QUERIES,
    .commands = commands,
    .ncommands = sizeof commands / sizeof commands[0],
    .migrations = chart_migrations,
};
