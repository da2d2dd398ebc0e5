#include "users.h"

static const struct console_user users[] = {
    {"l.tran", "L. Tran", "PA specialist", "pa", "*", "authorization", "America/Chicago"},
    {"d.okafor", "D. Okafor", "Scheduler, Lakeside and Northgate", "scheduler,registration", "lks,nor",
     "scheduling,registration", "America/Chicago"},
    {"m.reyes", "M. Reyes", "Biller", "biller", "*", "billing", "America/Chicago"},
    {"n.abara", "Dr. N. Abara", "Clinician", "clinician,ordering", "*", "clinician,ordering", "America/Chicago"},
    {"j.varga", "J. Varga", "Authorization lead", "lead,pa", "*",
     "authorization,clinician,ordering,registration,scheduling,billing", "America/Chicago"},
    {"p.silva", "P. Silva", "Operations", "ops", "*", "", "America/New_York"},
    {"r.haddad", "R. Haddad", "Auditor, read only", "audit", "*", "", "America/Chicago"},
};

const struct console_user *console_users(int *ret_n) {
    *ret_n = sizeof users / sizeof users[0];
    return users;
}

const struct console_user *console_user_find(struct pp_str id) {
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++)
        if (pp_str_eqz(id, users[i].id)) return &users[i];
    return NULL;
}
