#include "status/ledger.h"

#define ONE INT64_C(1000000)

struct ledger_out ledger(const struct ledger_in *in) {
    struct ledger_out out = {0};
    int64_t each = in->booked <= 1 ? in->units : ONE;
    out.scheduled = (int64_t)in->booked * each;
    out.committed = out.scheduled > in->used ? out.scheduled : in->used;
    if (!in->limited) return out;
    out.left = in->authorized > in->used ? in->authorized - in->used : 0;
    out.over = out.committed > in->authorized;
    out.exhausted = in->authorized > 0 && in->used >= in->authorized;
    return out;
}
