/* Three numbers with three owners: authorized (submission says), booked (visits), used (claims). Pure.
 *
 * Units are millionths. What a booked visit takes: all units of its line when it is the only one, else one unit each
 * (visits of a series). A claim is about a visit that was booked before, so used and booked are not added: committed is
 * the greater of the two.
 */
#ifndef STATUS_LEDGER_H
#define STATUS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger_in {
    bool limited;                    /* the payer named a quantity, or approved what was asked */
    int64_t authorized, used, units; /* units: of the line, as ordered */
    size_t booked;                   /* visits that are booked or done and serve the line */
};
struct ledger_out {
    int64_t scheduled, committed, left; /* left: authorized less used */
    bool over;                          /* more is committed than authorized */
    bool exhausted;                     /* used up */
};
struct ledger_out ledger(const struct ledger_in *in);

#endif
