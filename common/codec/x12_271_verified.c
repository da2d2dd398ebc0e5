/* A person of a 271 as the fact coverage.verified. */
#include "codec/x12_270.h"

#define SERVICE_TYPES_MAX 20 /* of schemas/events/coverage.verified.json, as the other two */
#define AUTHORIZATIONS_MAX 20
#define REASONS_MAX 10

static struct pp_str keep(struct pp_arena *a, struct pp_str v, uint32_t max) {
    return pp_arena_str(a, pp_str_cut(v, max));
}

static enum ev_coverage_verified_standing standing_of(enum pp_271_coverage c) {
    switch (c) {
    case PP_271_ACTIVE: return EV_COVERAGE_VERIFIED_STANDING_ACTIVE;
    case PP_271_INACTIVE: return EV_COVERAGE_VERIFIED_STANDING_INACTIVE;
    default: return EV_COVERAGE_VERIFIED_STANDING_UNKNOWN;
    }
}

static bool is_active(const struct pp_271_benefit *b) {
    return b->code.n == 1 && b->code.s[0] >= '1' && b->code.s[0] <= '5';
}

static void add_service_types(const struct pp_271_benefit *b, struct pp_arena *a, struct ev_coverage_verified *ret) {
    for (uint32_t i = 0; is_active(b) && i < b->service_types_n && ret->service_types_n < SERVICE_TYPES_MAX; i++) {
        bool seen = false;
        for (size_t k = 0; k < ret->service_types_n; k++)
            seen = seen || pp_str_eq(ret->service_types[k], b->service_types[i]);
        if (!seen) ret->service_types[ret->service_types_n++] = keep(a, b->service_types[i], 3);
    }
}

/* EB11 of a benefit speaks for each of its service types, and for its code. */
static void add_authorization(const struct pp_271_benefit *b, struct pp_arena *a, struct ev_coverage_verified *ret) {
    if (!b->authorization.n) return;
    enum ev_authorization_needed_required required =
        pp_str_eqz(b->authorization, "Y")   ? EV_AUTHORIZATION_NEEDED_REQUIRED_YES
        : pp_str_eqz(b->authorization, "N") ? EV_AUTHORIZATION_NEEDED_REQUIRED_NO
                                            : EV_AUTHORIZATION_NEEDED_REQUIRED_UNKNOWN;
    uint32_t n = b->service_types_n ? b->service_types_n : 1;
    for (uint32_t i = 0; i < n && ret->authorizations_n < AUTHORIZATIONS_MAX; i++)
        ret->authorizations[ret->authorizations_n++] = (struct ev_authorization_needed){
            .service_type = b->service_types_n ? keep(a, b->service_types[i], 3) : PP_STR_NONE,
            .code = keep(a, b->procedure, 16),
            .required = required};
}

static void add_reasons(const struct pp_271 *p, struct pp_arena *a, struct ev_coverage_verified *ret) {
    for (uint32_t i = 0; i < p->aaa_n && ret->reasons_n < REASONS_MAX; i++)
        ret->reasons[ret->reasons_n++] = (struct ev_coverage_reason){.code = keep(a, p->aaa[i].code, 2),
                                                                     .followup = keep(a, p->aaa[i].followup, 1),
                                                                     .loop = keep(a, pp_str_z(p->aaa[i].loop), 6)};
}

int pp_271_verified(const struct pp_271 *p, struct pp_arena *a, struct ev_coverage_verified *ret) {
    struct pp_uuid person;
    uint32_t number;
    *ret = (struct ev_coverage_verified){
        .member_id = keep(a, p->subscriber.id, 40),
        .former_member_id = keep(a, p->former_member_id, 40),
        .corrected = p->corrected,
        .trace = pp_trace_parse(p->ours.number, &person, &number) ? keep(a, p->ours.number, 50) : PP_STR_NONE,
        .standing = standing_of(p->coverage),
        .plan = keep(a, p->plan_name, 80),
        .group_no = keep(a, p->group_no, 40),
        .plan_from = p->plan_from,
        .plan_until = p->plan_until,
        .service_types = pp_arena_array(a, struct pp_str, SERVICE_TYPES_MAX),
        .authorizations = pp_arena_array(a, struct ev_authorization_needed, AUTHORIZATIONS_MAX),
        .reasons = pp_arena_array(a, struct ev_coverage_reason, REASONS_MAX),
    };
    if (pp_arena_failed(a)) return -1;
    for (uint32_t i = 0; i < p->benefits_n; i++) {
        const struct pp_271_benefit *b = &p->benefits[i];
        bool inactive = b->code.n == 1 && b->code.s[0] >= '6' && b->code.s[0] <= '8';
        if (inactive && p->coverage == PP_271_INACTIVE && !ret->plan_until) ret->plan_until = b->until;
        add_service_types(&p->benefits[i], a, ret);
        add_authorization(&p->benefits[i], a, ret);
    }
    add_reasons(p, a, ret);
    return pp_arena_failed(a) ? -1 : 0;
}
