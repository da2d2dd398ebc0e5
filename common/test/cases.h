/* Table runner: decision tables of a service, one step a line, readable by people who know the field and not C.
 *
 * A file of services/<name>/cases/ is read line by line; tabs separate the columns (several count as one), # starts a
 * comment, the first column is the verb. A case starts with an empty unit; what a decider changed is committed after
 * each input, as the runtime does it: rows come back in key order with their strings copied, so that a pointer to a
 * decider's stack is found out. docs/cases.md describes all verbs.
 */
#ifndef PP_TEST_CASES_H
#define PP_TEST_CASES_H

#include "core/service.h"

/* argv: [-v] [-k TEXT] FILE…  (-k: only cases whose title holds TEXT). Prints each failure with file and line, and
 * "N passed, N failed" at the end. Returns 0 when none failed. */
int pp_cases_main(const struct pp_service *svc, int argc, char **argv);

#endif
