#include "claims/ledger.h"

static struct pp_str plain(struct pp_str t) { return pp_str_eqz(t, "UN") ? PP_STR_NONE : t; }

bool claims_unit_types_like(struct pp_str a, struct pp_str b) { return pp_str_ieq(plain(a), plain(b)); }

int64_t claims_units_left(const struct claims_ledger *l) {
    return l->limited && l->authorized > l->used ? l->authorized - l->used : 0;
}

enum claims_units claims_units_check(const struct claims_ledger *l, struct pp_str auth_type, struct pp_str claim_type,
                                     int64_t billed) {
    if (!l->limited) return CLAIMS_UNITS_FIT;
    if (!claims_unit_types_like(auth_type, claim_type)) return CLAIMS_UNITS_UNLIKE;
    if (l->used + billed <= l->authorized) return CLAIMS_UNITS_FIT;
    return l->used >= l->authorized ? CLAIMS_UNITS_SPENT : CLAIMS_UNITS_EXCEEDED;
}
