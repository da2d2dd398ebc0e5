/* A claim without service lines is held, never released: nothing was compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "claims/claims.h"
#include "refs/refs.h"

static void held(void **state) {
    struct pp_arena a;
    struct pp_refs *refs = pp_refs_empty();
    const struct pp_ctx ctx = {.now_ms = INT64_C(1795532400000), .refs = refs};
    const struct pp_uuid person = {{7}};
    struct ev_claim_reported r = {.sender = PP_STR("billing"), .claim_no = PP_STR("CL1"), .frequency = PP_STR("1")};
    const struct pp_in in = {.kind = PP_IN_EVENT,
                             .hdr = {.tenant = PP_STR("lakeside"), .person = person},
                             .ev = EV(claim_reported, CLAIM_REPORTED, &r)};
    int holds = 0;
    (void)state;
    pp_arena_init(&a, 1 << 20);
    struct pp_unit *u = pp_unit_new(&a, claims_tables, CLAIMS_TABLE_COUNT, in.hdr.tenant, person);
    struct pp_out *o = pp_out_new(&a, person);
    claims_decide(&ctx, u, &in, o);
    for (const struct pp_effect *e = pp_out_first(o); e; e = e->next) {
        if (e->kind != PP_EFFECT_EMIT) continue;
        assert_int_not_equal(e->type, EV_CLAIM_RELEASED);
        holds += e->type == EV_CLAIM_HELD;
    }
    assert_false(pp_out_failed(o));
    assert_int_equal(holds, 1);
    pp_arena_free(&a);
    pp_refs_free(refs);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(held)};
    return cmocka_run_group_tests_name("claims_lines", tests, NULL, NULL);
}
