#include "status/status.h"

extern const char *const status_migrations[];

static const enum ev_type reads[] = {
    EV_PATIENT_REPORTED,
    EV_PATIENT_MERGED,
    EV_MESSAGE_QUARANTINED,
    EV_CASE_OPENED,
    EV_CASE_CHANGED,
    EV_CASE_WITHDRAWN,
    EV_REQUIREMENT_DETERMINED,
    EV_CHECKLIST_CHANGED,
    EV_PACKET_RELEASED,
    EV_SUBMISSION_STARTED,
    EV_SUBMISSION_ACKNOWLEDGED,
    EV_SUBMISSION_REJECTED,
    EV_SUBMISSION_DELAYED,
    EV_SUBMISSION_CANCELLED,
    EV_INFO_REQUESTED,
    EV_AUTHORIZATION_DECIDED,
    EV_CLAIM_MATCHED,
    EV_CLAIM_HELD,
    EV_CLAIM_RELEASED,
    EV_UNITS_USED,
    EV_TASK_NEEDED,
    EV_TASK_SETTLED,
    EV_AUTHORIZATION_EXPIRING,
    EV_CLAIM_ADJUDICATED,
    EV_CLAIM_DENIED,
    EV_CLAIM_ACKNOWLEDGEMENT_REPORTED,
};

static const char task_person[] = "select person, tenant from task where task_id = $1::uuid";
static const char case_person[] = "select person, tenant from case_head where case_id = $1::uuid";
static const struct pp_command_def commands[] = {
    {EV_TASK_ASSIGN, "registration,ordering,pa,clinician,scheduler,biller,lead", task_person},
    {EV_TASK_SNOOZE, "registration,ordering,pa,clinician,scheduler,biller,lead", task_person},
    {EV_NOTE_ADD, "registration,ordering,pa,clinician,scheduler,biller,lead,client", case_person},
};

const struct pp_service status_service = {
    .name = "status",
    .source_no = 7,
    .tables = status_tables,
    .ntables = STATUS_TABLE_COUNT,
    .reads = reads,
    .nreads = sizeof reads / sizeof reads[0],
    .decide = status_decide,
    .check = status_check,
    .queries = status_queries,
    .nqueries = STATUS_QUERIES,
    .commands = commands,
    .ncommands = sizeof commands / sizeof commands[0],
    .migrations = status_migrations,
};
