/* Reads of the status service: names, parameters, who may read. The statements stand in query_work.c, query_case.c and
 * query_board.c. The front adds virtual now as the last parameter of each. */
#include "status/status.h"

#define STAFF "registration,ordering,pa,clinician,scheduler,biller,lead,audit,client"
#define BOARD STAFF ",ops"

const struct pp_query status_queries[STATUS_QUERIES] = {
    {.path = "/v1/worklist",
     .params = {"view", "site", "payer", "owner", "queue", "urgency", "group", "sort", "limit", "cursor", "user"},
     .roles = STAFF,
     .sql = status_worklist_sql,
     .patient_data = true},
    {.path = "/v1/views/counts", .params = {"site", "user", "queue"}, .roles = BOARD, .sql = status_counts_sql},
    {.path = "/v1/cases",
     .params = {"order_no", "case_no"},
     .roles = STAFF,
     .sql = status_cases_sql,
     .patient_data = true},
    {.path = "/v1/cases/{id}", .roles = STAFF, .sql = status_case_sql, .patient_data = true},
    {.path = "/v1/cases/{id}/timeline",
     .params = {"kind", "line", "before", "limit"},
     .roles = STAFF,
     .sql = status_timeline_sql,
     .patient_data = true},
    {.path = "/v1/readiness/matrix", .params = {"from", "days", "site"}, .roles = BOARD, .sql = status_matrix_sql},
    {.path = "/v1/readiness/appointments",
     .params = {"site", "day", "colour", "limit"},
     .roles = STAFF,
     .sql = status_appointments_sql,
     .patient_data = true},
    {.path = "/v1/tasks",
     .params = {"state", "queue", "assignee", "kind", "site", "limit", "cursor"},
     .roles = STAFF,
     .sql = status_tasks_sql,
     .patient_data = true},
    {.path = "/v1/tasks/{id}", .roles = STAFF, .sql = status_task_sql, .patient_data = true},
    {.path = "/v1/quarantine",
     .params = {"sender", "limit"},
     .roles = "ops,lead,registration,audit",
     .sql = status_quarantine_sql},
};
