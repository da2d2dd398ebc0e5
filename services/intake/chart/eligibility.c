/* Is a coverage in force? The payer is asked (270) when a case stands on a coverage that nobody has verified lately;
 * its answer (271) comes back from the call, or as a file by coverage.verified. What is not said changes nothing. */
#include "intake/chart/chart.h"
#include "refs/payers.h"

#define AGAIN_MS PP_MS_DAY /* after an answer that did not say that the coverage is in force, or none at all */

/* ---- the row: one for each payer and member number, whoever reported the coverage ---- */

const struct chart_eligibility_row *chart_eligibility_of(struct chart *c, struct pp_str payer, struct pp_str member) {
    const struct chart_eligibility_row key = {.payer = payer, .member_id = member};
    return payer.n && member.n ? pp_row_find(c->unit, CHART_ELIGIBILITY, &key) : NULL;
}

bool chart_eligibility_ended(const struct chart_eligibility_row *v, pp_date on) {
    if (!v) return false;
    if (pp_str_eqz(v->standing, "inactive")) return !v->plan_until || on > v->plan_until;
    return pp_str_eqz(v->standing, "active") && v->plan_until && on > v->plan_until;
}

static struct pp_uuid ref_of(struct chart *c, struct pp_str trace) {
    return pp_uuid_derive(pp_unit_person(c->unit),
                          pp_arena_printf(pp_out_arena(c->out), "eligibility/%.*s", PP_FMT(trace)));
}

/* ---- asking ---- */

static bool is_due(struct chart *c, const struct chart_eligibility_row *v, const struct pp_payer *p) {
    if (v->waiting) return false;
    int64_t holds_ms = pp_str_eqz(v->standing, "active") ? p->eligibility_days * PP_MS_DAY : AGAIN_MS;
    int64_t last = v->answered > v->asked ? v->answered : v->asked;
    return !last || c->ctx->now_ms - last >= holds_ms;
}

static int32_t next_number(struct chart *c) {
    int32_t last = 0;
    PP_EACH_ROW(c->unit, CHART_ELIGIBILITY, chart_eligibility_row, r) last = r->number > last ? r->number : last;
    return last + 1;
}

/* Nine digits without a leading zero, so that nobody on the way writes it shorter. */
static struct pp_str control_of(struct chart *c, struct pp_uuid ref) {
    uint64_t v = 0;
    for (int i = 8; i < 16; i++) v = v << 8 | ref.b[i];
    return pp_arena_printf(pp_out_arena(c->out), "%llu", (unsigned long long)(100000000 + v % 900000000));
}

static void ask(struct chart *c, const struct ev_case *e, const struct ev_coverage *v) {
    const struct pp_payer *p = pp_refs_payer(c->ctx->refs, v->payer);
    char trace[PP_TRACE_MAX + 1];
    if (!p || !p->eligibility_url.n || !v->member_id.n || v->lob == EV_COVERAGE_LOB_SELF_PAY) return;
    if (!e->patient.family.n || !e->patient.birth_date) return; /* nobody could be found by it */
    const struct chart_eligibility_row key = {.payer = v->payer, .member_id = v->member_id};
    struct chart_eligibility_row *r = pp_row_add(c->unit, CHART_ELIGIBILITY, &key);
    if (!r || !is_due(c, r, p)) return;
    r->number = next_number(c);
    pp_trace_make(pp_unit_person(c->unit), (uint32_t)r->number, trace);
    r->trace = pp_arena_strz(pp_out_arena(c->out), trace);
    r->asked = c->ctx->now_ms;
    r->waiting = true;
    struct pp_uuid ref = ref_of(c, r->trace);
    struct ev_eligibility_ask q = {.payer = v->payer,
                                   .trace = r->trace,
                                   .control = control_of(c, ref),
                                   .created = c->ctx->now_ms,
                                   .on = chart_first_service(c, e),
                                   .site = e->site,
                                   .patient = e->patient,
                                   .coverage = *v};
    struct ev request = ev_of_eligibility_ask(&q);
    pp_call(c->out, CHART_CALL_ELIGIBILITY, pp_payer_eligibility_target(v->payer, pp_out_arena(c->out)), ref, &request);
    pp_count(c->out, "chart_eligibility_asked_total", PP_STR_NONE, 1);
}

void chart_eligibility_ask(struct chart *c, const struct ev_case *e) {
    for (size_t i = 0; i < e->coverages_n; i++) ask(c, e, &e->coverages[i]);
}

/* ---- answers ---- */

/* Reasons of AAA03 that somebody at the desk can do something about: the person or the number is not the payer's. */
static const struct reason {
    const char *code, *words;
} reasons[] = {{"58", "the birth date is missing or wrong"},
               {"64", "the member number is wrong"},
               {"65", "the name is missing or wrong"},
               {"66", "the sex is missing or wrong"},
               {"67", "the patient is not found"},
               {"68", "more than one patient fits"},
               {"71", "the birth date is not the one of the member"},
               {"72", "the member number is missing or wrong"},
               {"73", "the name is not the one of the member"},
               {"74", "the sex is not the one of the member"},
               {"75", "the member is not found"},
               {"76", "more than one member fits"},
               {"77", "the patient is not found under this member"},
               {"78", "the member is not found in the group"}};

static const struct reason *reason_of(const struct ev_coverage_verified *e) {
    for (size_t i = 0; i < e->reasons_n; i++)
        for (size_t k = 0; k < sizeof reasons / sizeof reasons[0]; k++)
            if (pp_str_eqz(e->reasons[i].code, reasons[k].code)) return &reasons[k];
    return NULL;
}

/* By our number, else by the member number of a coverage that is known here. */
static struct chart_eligibility_row *row_of(struct chart *c, const struct ev_coverage_verified *e) {
    PP_EACH_ROW(c->unit, CHART_ELIGIBILITY, chart_eligibility_row, r)
    if (e->trace.n && pp_str_eq(r->trace, e->trace)) return r;
    PP_EACH_ROW(c->unit, CHART_COVERAGE, chart_coverage_row, v) {
        if (!e->member_id.n || !pp_str_eq(v->member_id, e->member_id)) continue;
        if (!pp_str_eq(chart_payer_of(c, v), e->payer)) continue;
        const struct chart_eligibility_row key = {.payer = e->payer, .member_id = e->member_id};
        return pp_row_add(c->unit, CHART_ELIGIBILITY, &key);
    }
    return NULL;
}

void chart_coverage_verified(struct chart *c, const struct ev_coverage_verified *e) {
    struct chart_eligibility_row *r = row_of(c, e);
    const struct reason *why = reason_of(e);
    bool said =
        e->standing == EV_COVERAGE_VERIFIED_STANDING_ACTIVE || e->standing == EV_COVERAGE_VERIFIED_STANDING_INACTIVE;
    const char *word = !r     ? "nobody"
                       : said ? ev_coverage_verified_standing_name(e->standing)
                       : why  ? "not_found"
                              : "unknown";
    pp_count(c->out, "chart_eligibility_answers_total", pp_arena_printf(pp_out_arena(c->out), "standing=%s", word), 1);
    if (!r) return;
    r->waiting = false;
    if (!said && !why) return;
    r->standing = pp_str_z(word);
    r->answered = c->ctx->now_ms;
    r->plan = e->plan;
    r->plan_from = e->plan_from;
    r->plan_until = e->plan_until;
    r->reason = said ? PP_STR_NONE : pp_str_z(why->code);
    c->verified = true;
    chart_settle_all(c, "eligibility");
}

void chart_eligibility_failed(struct chart *c, struct pp_uuid ref) {
    PP_EACH_ROW(c->unit, CHART_ELIGIBILITY, chart_eligibility_row, r) {
        if (!r->waiting || !pp_uuid_eq(ref_of(c, r->trace), ref)) continue;
        r->waiting = false;
        pp_count(c->out, "chart_eligibility_answers_total", PP_STR("standing=failed"), 1);
    }
}

/* ---- what people must hear ---- */

/* One sentence for registration; empty: nothing is wrong with it. */
struct pp_str chart_eligibility_words(struct chart *c, const struct ev_coverage *v) {
    const struct chart_eligibility_row *r = chart_eligibility_of(c, v->payer, v->member_id);
    const struct pp_payer *p = pp_refs_payer(c->ctx->refs, v->payer);
    struct pp_arena *a = pp_out_arena(c->out);
    if (!r || !p) return PP_STR_NONE;
    if (pp_str_eqz(r->standing, "not_found")) {
        for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
            if (pp_str_eqz(r->reason, reasons[i].code))
                return pp_arena_printf(a, "%.*s does not know this coverage: %s (%s). Check the insurance card.",
                                       PP_FMT(p->name), reasons[i].words, reasons[i].code);
    }
    if (v->standing != EV_COVERAGE_STANDING_INACTIVE) return PP_STR_NONE;
    if (!r->plan_until)
        return pp_arena_printf(a, "%.*s says: the coverage is not active. Ask the patient for the new coverage.",
                               PP_FMT(p->name));
    char day[11];
    pp_date_text(r->plan_until, day);
    return pp_arena_printf(a, "%.*s says: coverage ended on %s. Ask the patient for the new coverage.", PP_FMT(p->name),
                           day);
}
