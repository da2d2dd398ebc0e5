/* What one line needs. The order: what intake lacks, then what a person has decided, then the rules. */
#include "refs/payers.h"
#include "refs/places.h"
#include "requirements/requirements.h"

static struct req_finding incomplete(const char *what, const char *proof, const char *reason) {
    return (struct req_finding){.coverage = EV_DETERMINED_LINE_COVERAGE_INCOMPLETE,
                                .proof = pp_str_z(proof),
                                .reason = pp_str_z(reason),
                                .info_needed = {pp_str_z(what)},
                                .info_needed_n = 1};
}

static enum ev_coverage_lob lob_of(const struct req_case_row *k) {
    enum ev_coverage_lob lob = EV_COVERAGE_LOB_NONE;
    if (k->lob.n) ev_coverage_lob_parse(k->lob, &lob);
    return lob;
}

static bool is_missing(const struct req_case_row *k, const char *what) {
    for (struct pp_str rest = k->missing; rest.n;)
        if (pp_str_eqz(pp_str_split(&rest, ','), what)) return true;
    return false;
}

/* The answer of a person, while it still speaks of this service, payer and day. */
static const struct req_decided_row *decided(struct req *c, const struct req_case_row *k,
                                             const struct req_line_row *l) {
    const struct req_decided_row key = {.case_id = k->case_id, .line = l->line};
    struct req_decided_row *d = pp_row_find(c->unit, REQ_DECIDED, &key);
    if (!d) return NULL;
    bool same = pp_str_eq(d->code, l->code) && pp_str_eq(d->modifiers, l->modifiers) && pp_str_eq(d->payer, k->payer) &&
                pp_str_eq(d->plan, k->plan) && d->service_date == l->service_date;
    return same ? d : NULL;
}

static void by_person(struct req *c, const struct req_decided_row *d, struct req_finding *ret) {
    char day[11];
    pp_date_text(pp_zone_date(PP_STR_NONE, d->at), day);
    ev_determined_line_coverage_parse(d->coverage, &ret->coverage);
    ret->rule = PP_STR("PERSON");
    ret->rule_text = PP_STR("A person found out and says so, with evidence.");
    ret->proof = pp_arena_printf(pp_out_arena(c->out), "decided by %.*s on %s", PP_FMT(pp_str_cut(d->actor, 80)), day);
    ret->reason = d->evidence;
    ret->source = d->evidence;
    if (ret->coverage == EV_DETERMINED_LINE_COVERAGE_REQUIRED) ret->documents = PP_STR("generic");
}

static int by_rules(struct req *c, const struct req_case_row *k, const struct req_line_row *l,
                    struct req_finding *ret) {
    struct pp_err err;
    struct pp_rule_verdict v;
    struct pp_str *modifiers, *diagnoses;
    const struct pp_site *site = pp_refs_site(c->ctx->refs, k->site);
    struct pp_rule_facts f = {.payer = k->payer,
                              .plan = k->plan,
                              .lob = lob_of(k),
                              .code = l->code,
                              .pos = l->pos,
                              .site_state = k->site_state,
                              .patient_state = k->patient_state,
                              .birth_date = k->birth_date,
                              /* Without a date: as of today. The timer looks again. */
                              .date = l->service_date ? l->service_date
                                                      : pp_zone_date(site ? site->zone : PP_STR_NONE, c->ctx->now_ms)};
    ev_case_urgency_parse(k->urgency, &f.urgency);
    f.modifiers_n = req_split(c, l->modifiers, 4, &modifiers);
    f.diagnoses_n = req_split(c, l->diagnoses, 12, &diagnoses);
    f.modifiers = modifiers;
    f.diagnoses = diagnoses;
    if (pp_rules_judge(c->ctx->refs, &f, pp_out_arena(c->out), &v, &err) < 0) return -1;
    ret->coverage = v.coverage;
    ret->proof = v.proof;
    ret->reason = v.reason;
    memcpy(ret->info_needed, v.info_needed, sizeof v.info_needed);
    ret->info_needed_n = v.info_needed_n;
    if (v.rule) {
        ret->rule = v.rule->id;
        ret->rule_text = v.rule->text;
        ret->documents = v.rule->documents;
        ret->channel = v.rule->channel;
        ret->source = v.rule->source;
        ret->source_date = v.rule->source_date;
        ret->valid_until = v.rule->until;
        ret->pack = pp_arena_printf(pp_out_arena(c->out), "%.*s %.*s", PP_FMT(v.rule->pack->name),
                                    PP_FMT(v.rule->pack->version));
    }
    ret->facts = req_explain_facts(c, &f);
    ret->considered = req_explain_rules(c, &v);
    return 0;
}

int req_judge(struct req *c, const struct req_case_row *k, const struct req_line_row *l, struct req_finding *ret) {
    *ret = (struct req_finding){0};
    if (!l->code.n) {
        *ret = incomplete("code", "intake: the code is not mapped", "The ordered code has no CPT or HCPCS code yet.");
    } else if (is_missing(k, "coverage")) {
        *ret =
            incomplete("coverage", "intake: no coverage", "No coverage is known that holds on the day of the service.");
    } else if (!k->payer.n && lob_of(k) != EV_COVERAGE_LOB_SELF_PAY) {
        *ret = incomplete("payer", "intake: the payer is not known", "The payer is not in the directory.");
    } else {
        const struct req_decided_row *d = decided(c, k, l);
        if (!d) return by_rules(c, k, l, ret);
        by_person(c, d, ret);
    }
    return 0;
}
