/* Who pays: coverages of a person, ordered by rank. */
#include "intake/chart/chart.h"
#include "refs/payers.h"

static const struct pp_payer *resolve(struct chart *c, struct pp_str id, struct pp_str code, struct pp_str name) {
    const struct pp_payer *p = id.n ? pp_refs_payer(c->ctx->refs, id) : NULL;
    return p ? p : pp_refs_payer_find(c->ctx->refs, code, name);
}

struct pp_str chart_payer_of(struct chart *c, const struct chart_coverage_row *r) {
    const struct pp_payer *p = resolve(c, r->payer, r->payer_code, r->payer_name);
    return p ? p->id : PP_STR_NONE;
}

void chart_coverage_reported(struct chart *c, const struct ev_coverage_reported *e) {
    const struct ev_coverage *v = &e->coverage;
    const struct chart_coverage_row key = {.sender = e->sender, .rank = (int32_t)v->rank};
    struct chart_coverage_row *r = pp_row_add(c->unit, CHART_COVERAGE, &key);
    if (!r) return;
    r->ended = e->ended;
    r->reported = c->in->hdr.time_ms;
    if (!e->ended) { /* a coverage is one thing: what is empty in the new report does not stay from the old one */
        r->payer = v->payer;
        r->payer_code = v->payer_code;
        r->payer_name = v->payer_name;
        r->plan = v->plan;
        r->lob = v->lob == EV_COVERAGE_LOB_NONE ? PP_STR_NONE : pp_str_z(ev_coverage_lob_name(v->lob));
        r->member_id = v->member_id;
        r->group_no = v->group_no;
        r->subscriber_family = v->subscriber_family;
        r->subscriber_given = v->subscriber_given;
        r->subscriber_birth_date = v->subscriber_birth_date;
        r->relation =
            v->relation == EV_COVERAGE_RELATION_NONE ? PP_STR_NONE : pp_str_z(ev_coverage_relation_name(v->relation));
        r->effective = v->effective;
        r->expires = v->expires;
        r->account = e->account;
    }
    chart_settle_all(c, "coverage");
}

static bool holds_on(const struct chart_coverage_row *r, pp_date on) {
    return !r->ended && !(r->expires && r->expires < on) && !(r->effective && r->effective > on);
}

static void fill(struct chart *c, struct chart_coverage_row *r, struct ev_coverage *ret) {
    r->payer = chart_payer_of(c, r);
    const struct pp_payer *p = pp_refs_payer(c->ctx->refs, r->payer);
    *ret = (struct ev_coverage){.rank = r->rank,
                                .payer = r->payer,
                                .payer_code = r->payer_code,
                                .payer_name = r->payer_name,
                                .plan = r->plan,
                                .member_id = r->member_id,
                                .group_no = r->group_no,
                                .subscriber_family = r->subscriber_family,
                                .subscriber_given = r->subscriber_given,
                                .subscriber_birth_date = r->subscriber_birth_date,
                                .effective = r->effective,
                                .expires = r->expires};
    ev_coverage_lob_parse(r->lob, &ret->lob);
    ev_coverage_relation_parse(r->relation, &ret->relation);
    /* The directory knows its line of business better than a sender that says nothing. */
    if (p && (ret->lob == EV_COVERAGE_LOB_NONE || ret->lob == EV_COVERAGE_LOB_UNKNOWN)) ret->lob = p->lob;
}

/* The payer knows better than the card until when it was in force. */
static void mark_ended(struct chart *c, pp_date on, struct ev_coverage *v) {
    const struct chart_eligibility_row *said = chart_eligibility_of(c, v->payer, v->member_id);
    if (!chart_eligibility_ended(said, on)) return;
    v->standing = EV_COVERAGE_STANDING_INACTIVE;
    if (said->plan_until && (!v->expires || said->plan_until < v->expires)) v->expires = said->plan_until;
}

size_t chart_coverages_on(struct chart *c, pp_date on, struct ev_coverage *ret) {
    size_t n = 0;
    for (int32_t rank = 1; rank <= CHART_COVERAGES_MAX; rank++) {
        struct chart_coverage_row *best = NULL;
        PP_EACH_ROW(c->unit, CHART_COVERAGE, chart_coverage_row, r) {
            if (r->rank != rank || (best && best->reported >= r->reported)) continue;
            best = r; /* also when it has ended: the newest word on this rank counts */
        }
        if (!best || !holds_on(best, on)) continue;
        fill(c, best, &ret[n]);
        mark_ended(c, on, &ret[n++]);
    }
    return n;
}
