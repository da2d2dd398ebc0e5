/* Units: what is authorized, what other claims have used, what is left. Pure.
 *
 * Quantities are millionths (base/date.h decimals). Units of different types are never converted by guess: UN and
 * empty are the same; anything else needs a payer's rule, and without one the answer is "not comparable". */
#ifndef CLAIMS_LEDGER_H
#define CLAIMS_LEDGER_H

#include "base/str.h"

struct claims_ledger {
    bool limited;       /* the payer named a quantity */
    int64_t authorized; /* 0 when not limited */
    int64_t used;       /* by other claims, and by earlier lines of the same claim */
};

enum claims_units {
    CLAIMS_UNITS_FIT,
    CLAIMS_UNITS_EXCEEDED, /* some are left, fewer than billed */
    CLAIMS_UNITS_SPENT,    /* none is left */
    CLAIMS_UNITS_UNLIKE,   /* counted in different units and no rule converts them */
};

bool claims_unit_types_like(struct pp_str a, struct pp_str b);
enum claims_units claims_units_check(const struct claims_ledger *l, struct pp_str auth_type, struct pp_str claim_type,
                                     int64_t billed);
/* What may still be billed; 0 when nothing is left or nothing is limited. */
int64_t claims_units_left(const struct claims_ledger *l);

#endif
