/* Comparing a claim line with the line it was found to belong to, element by element. */
#include "claims/match.h"
#include "claims/normalise.h"

struct cmp { /* what one comparison works on */
    const struct match_claim *c;
    const struct match_line *l;
    const struct match_cand *m;
    const struct match_pick *p;
    claims_equiv_fn *equiv;
    const void *self;
    struct pp_arena *a;
    struct match_result *r;
    bool equivalent;
};

static bool same(struct pp_str a, struct pp_str b) { return a.n && pp_str_ieq(a, b); }

static struct match_element *element(struct cmp *x, const char *code, const char *label, struct pp_str claim,
                                     struct pp_str auth) {
    static struct match_element spill; /* never read: CLAIMS_ELEMENTS_MAX is above the number of elements below */
    struct match_element *e = x->r->n < CLAIMS_ELEMENTS_MAX ? &x->r->e[x->r->n++] : &spill;
    *e = (struct match_element){
        .code = code, .label = label, .claim = claim, .auth = auth, .relation = "eq", .carc = ""};
    return e;
}

static void differs(struct cmp *x, struct match_element *e, enum ev_mismatch_reason reason,
                    enum ev_mismatch_severity severity, const char *carc, struct pp_str hint) {
    e->relation = e->claim.n && e->auth.n ? "ne" : "missing";
    e->reason = reason;
    e->severity = severity;
    e->carc = carc;
    e->hint = hint;
    if (severity == EV_MISMATCH_SEVERITY_HOLD) x->r->held = true;
}
#define HOLD EV_MISMATCH_SEVERITY_HOLD
#define WARN EV_MISMATCH_SEVERITY_WARN

static void equals_by_rule(struct cmp *x, struct match_element *e, struct pp_str rule) {
    e->relation = "equiv";
    e->rule = rule;
    x->equivalent = true;
}

static struct pp_str date_text(struct pp_arena *a, pp_date d) {
    char t[11];
    pp_date_text(d, t);
    return pp_arena_strz(a, t);
}

static struct pp_str units_text(struct pp_arena *a, int64_t v, struct pp_str type) {
    char t[24];
    pp_dec_text(v, t);
    return type.n ? pp_arena_printf(a, "%s %.*s", t, PP_FMT(type)) : pp_arena_strz(a, t);
}

static void compare_payer(struct cmp *x) {
    struct pp_str have = x->c->payer.n ? x->c->payer : x->c->payer_code;
    struct pp_str want = x->m->payer.n ? x->m->payer : x->m->payer_code;
    struct match_element *e = element(x, "payer_plan", "Payer", have, want);
    if (!have.n || !want.n) {
        differs(x, e, EV_MISMATCH_REASON_PAYER_PLAN, WARN, "109", PP_STR("Name the payer on both sides"));
        return;
    }
    bool ok =
        x->c->payer.n && x->m->payer.n ? same(x->c->payer, x->m->payer) : same(x->c->payer_code, x->m->payer_code);
    if (ok) return;
    if (same(x->c->payer, x->m->second_payer))
        differs(x, e, EV_MISMATCH_REASON_WRONG_COVERAGE_ORDER, HOLD, "22",
                PP_STR("This payer is second: bill the first payer before it"));
    else
        differs(x, e, EV_MISMATCH_REASON_PAYER_PLAN, HOLD, "109",
                PP_STR("Bill the payer that authorized, or ask the payer on the claim for its own authorization"));
}

static void compare_member(struct cmp *x) {
    struct match_element *e = element(x, "member_id", "Member id", x->c->member_as_sent, x->m->member_as_sent);
    if (!x->c->member.n || !x->m->member.n) {
        if (x->c->member.n != x->m->member.n)
            differs(x, e, EV_MISMATCH_REASON_MEMBER_ID, WARN, "31", PP_STR("Fill in the member id"));
        return;
    }
    if (!pp_str_eq(x->c->member, x->m->member))
        differs(x, e, EV_MISMATCH_REASON_MEMBER_ID, HOLD, "31", PP_STR("Take the member id from the coverage card"));
}

static void compare_coverage_dates(struct cmp *x) {
    const struct match_cand *m = x->m;
    if (!m->coverage_from && !m->coverage_until) return;
    struct pp_str window = pp_arena_printf(x->a, "%.*s to %.*s", PP_FMT(date_text(x->a, m->coverage_from)),
                                           PP_FMT(date_text(x->a, m->coverage_until)));
    struct match_element *e = element(x, "coverage_dates", "Coverage", date_text(x->a, x->l->from), window);
    if (m->coverage_from && x->l->from < m->coverage_from)
        differs(x, e, EV_MISMATCH_REASON_COVERAGE_DATES, HOLD, "26", PP_STR("Coverage began after this service"));
    else if (m->coverage_until && x->l->from > m->coverage_until)
        differs(x, e, EV_MISMATCH_REASON_COVERAGE_DATES, HOLD, "27", PP_STR("Coverage ended before this service"));
}

static void compare_number(struct cmp *x, struct pp_str number, struct pp_str number_norm) {
    struct match_element *e = element(x, "auth_number", "Authorization number", x->l->number_as_sent, number);
    struct pp_str print = pp_arena_printf(x->a, "Print %.*s on the claim", PP_FMT(number));
    if (!number.n) {
        if (x->l->number.n)
            differs(x, e, EV_MISMATCH_REASON_AUTH_NUMBER, WARN, "15",
                    PP_STR("The authorization on file has no number: ask the payer for it"));
        return;
    }
    if (!x->l->number.n) {
        differs(x, e, EV_MISMATCH_REASON_AUTH_NUMBER, WARN, "197", print);
        e->relation = "missing";
    } else if (!pp_str_eq(x->l->number, number_norm)) {
        differs(x, e, EV_MISMATCH_REASON_AUTH_NUMBER, HOLD, x->p->number_elsewhere ? "284" : "15", print);
    }
}

/* False: the payer has not approved, so nothing further is worth comparing. */
static bool compare_status(struct cmp *x) {
    const struct match_auth *au = &x->m->auth;
    struct match_element *e = element(x, "auth_status", "Decision", PP_STR("approval needed"),
                                      pp_str_z(ev_decided_line_outcome_name(au->outcome)));
    switch (au->outcome) {
    case EV_DECIDED_LINE_OUTCOME_APPROVED: return true;
    case EV_DECIDED_LINE_OUTCOME_PARTIAL:
    case EV_DECIDED_LINE_OUTCOME_MODIFIED:
        equals_by_rule(x, e, PP_STR("approved in part or changed; compared with what was approved"));
        return true;
    case EV_DECIDED_LINE_OUTCOME_DENIED:
        differs(x, e, EV_MISMATCH_REASON_LINE_NOT_APPROVED, HOLD, "39",
                PP_STR("The payer denied this line: appeal, take it off the claim, or write it off"));
        return false;
    case EV_DECIDED_LINE_OUTCOME_PENDED:
        differs(x, e, EV_MISMATCH_REASON_AUTH_STATUS, HOLD, "197",
                PP_STR("Still with the payer: wait for the decision; this claim is checked again by itself"));
        return false;
    case EV_DECIDED_LINE_OUTCOME_CANCELLED:
        differs(x, e, EV_MISMATCH_REASON_AUTH_STATUS, HOLD, "197",
                PP_STR("The authorization was cancelled: ask again"));
        return false;
    default:
        differs(x, e, EV_MISMATCH_REASON_AUTH_STATUS, HOLD, "197",
                PP_STR("What the payer said is not an approval: settle the decision first"));
        return false;
    }
}

static void compare_code(struct cmp *x) {
    const struct match_auth *au = &x->m->auth;
    struct pp_str rule = PP_STR_NONE;
    x->r->code = au->code;
    struct match_element *e = element(x, "code", "Service code", x->l->code, au->code);
    if (same(x->l->code, au->code)) return;
    if (x->equiv && au->code.n && x->equiv(x->self, x->m->payer, au->code, x->l->code, x->l->from, &rule)) {
        equals_by_rule(x, e, rule);
        return;
    }
    bool ordered = same(x->l->code, x->m->code); /* the order was changed after the payer had approved it */
    differs(x, e, EV_MISMATCH_REASON_CODE, HOLD, "284",
            ordered ? PP_STR("The order changed after approval: ask the payer to change the authorization")
                    : PP_STR("Correct the code on the claim, or ask the payer to change the authorization"));
}

/* A modifier the payer authorized must be billed. One that is only on the claim changes payment, not what was
 * authorized: professional and technical parts share one authorization. */
static void compare_modifiers(struct cmp *x) {
    const struct match_auth *au = &x->m->auth;
    struct match_element *e = element(x, "modifier", "Modifiers", x->l->modifiers, au->modifiers);
    struct pp_str rest = au->modifiers;
    while (rest.n) {
        struct pp_str one = pp_str_split(&rest, ',');
        if (one.n && !claims_list_has(x->l->modifiers, one)) {
            differs(x, e, EV_MISMATCH_REASON_MODIFIER, HOLD, "4",
                    pp_arena_printf(x->a, "Authorized with modifier %.*s", PP_FMT(one)));
            return;
        }
    }
    if (!pp_str_eq(x->l->modifiers, au->modifiers))
        equals_by_rule(x, e, PP_STR("a further modifier on the claim shares the authorization"));
}

static void compare_diagnoses(struct cmp *x) {
    if (!x->l->diagnoses.n || !x->m->diagnoses.n) return;
    struct match_element *e = element(x, "dx", "Diagnoses", x->l->diagnoses, x->m->diagnoses);
    struct pp_str mine = x->l->diagnoses;
    bool family = false;
    while (mine.n) {
        struct pp_str d = claims_diagnosis(pp_str_split(&mine, ','), x->a), theirs = x->m->diagnoses;
        while (theirs.n) {
            struct pp_str o = claims_diagnosis(pp_str_split(&theirs, ','), x->a);
            if (d.n && pp_str_eq(d, o)) return;
            if (d.n >= 3 && o.n >= 3 && memcmp(d.s, o.s, 3) == 0) family = true;
        }
    }
    if (family)
        equals_by_rule(x, e, PP_STR("same diagnosis category"));
    else
        differs(x, e, EV_MISMATCH_REASON_DX, WARN, "11",
                PP_STR("No diagnosis of the claim was on the request: check the pointers"));
}

static void compare_dates(struct cmp *x) {
    const struct match_auth *au = &x->m->auth;
    if (!au->from && !au->until) return;
    pp_date last = x->l->until ? x->l->until : x->l->from;
    struct pp_str mine = last == x->l->from ? date_text(x->a, x->l->from)
                                            : pp_arena_printf(x->a, "%.*s to %.*s", PP_FMT(date_text(x->a, x->l->from)),
                                                              PP_FMT(date_text(x->a, last)));
    struct pp_str window =
        pp_arena_printf(x->a, "%.*s to %.*s", PP_FMT(date_text(x->a, au->from)), PP_FMT(date_text(x->a, au->until)));
    struct match_element *e = element(x, "date", "Service date", mine, window);
    if (au->from && x->l->from < au->from)
        differs(x, e, EV_MISMATCH_REASON_DATE_BEFORE, HOLD, "197",
                PP_STR("Given before the authorization began: ask for a retrospective authorization"));
    else if (au->until && last > au->until && x->m->service_date > au->until)
        differs(x, e, EV_MISMATCH_REASON_EXPIRED, HOLD, "197",
                PP_STR("The authorization ran out before the visit: ask the payer for an extension"));
    else if (au->until && last > au->until)
        differs(x, e, EV_MISMATCH_REASON_DATE_AFTER, HOLD, "197",
                PP_STR("After the authorized window: check the date, or ask the payer for an extension"));
}

static void compare_units(struct cmp *x, int64_t used_here) {
    const struct match_auth *au = &x->m->auth;
    const struct claims_ledger led = {.limited = au->limited, .authorized = au->units, .used = x->m->used + used_here};
    struct pp_str billed = units_text(x->a, x->l->units, x->l->unit_type);
    struct pp_str have =
        !au->limited ? PP_STR("no limit named")
        : led.used   ? pp_arena_printf(x->a, "%.*s, %.*s used", PP_FMT(units_text(x->a, au->units, au->unit_type)),
                                       PP_FMT(units_text(x->a, led.used, PP_STR_NONE)))
                     : units_text(x->a, au->units, au->unit_type);
    struct match_element *e = element(x, "units", "Units", billed, have);
    switch (claims_units_check(&led, au->unit_type, x->l->unit_type, x->l->units)) {
    case CLAIMS_UNITS_FIT: break;
    case CLAIMS_UNITS_UNLIKE:
        differs(
            x, e, EV_MISMATCH_REASON_UNITS_EXCEEDED, HOLD, "198",
            PP_STR("Billed and authorized in different units and the payer has no rule for it: a person must compare"));
        break;
    case CLAIMS_UNITS_SPENT:
        if (x->m->used_by_same_day.n) {
            differs(x, e, EV_MISMATCH_REASON_DUPLICATE_USE, HOLD, "18",
                    pp_arena_printf(x->a,
                                    "Claim %.*s used it for the same day: replace that claim or write this one off",
                                    PP_FMT(x->m->used_by_same_day)));
            break;
        }
        /* fall through */
    case CLAIMS_UNITS_EXCEEDED: {
        char left[24];
        pp_dec_text(claims_units_left(&led), left);
        differs(x, e, EV_MISMATCH_REASON_UNITS_EXCEEDED, HOLD, "198",
                pp_arena_printf(x->a, "%s left: bill what is left, or ask the payer for more units", left));
        break;
    }
    }
}

static void compare_pos(struct cmp *x) {
    if (!x->l->pos.n || !x->m->pos.n) return;
    struct match_element *e = element(x, "pos", "Place of service", x->l->pos, x->m->pos);
    if (same(x->l->pos, x->m->pos)) return;
    bool both_outpatient = (pp_str_eqz(x->l->pos, "19") || pp_str_eqz(x->l->pos, "22")) &&
                           (pp_str_eqz(x->m->pos, "19") || pp_str_eqz(x->m->pos, "22"));
    if (both_outpatient)
        equals_by_rule(x, e, PP_STR("on or off campus of the same hospital"));
    else
        differs(x, e, EV_MISMATCH_REASON_POS, HOLD, pp_str_eqz(x->l->pos, "99") ? "58" : "5",
                PP_STR("Correct the place on the claim, or ask the payer to change the authorization"));
}

static void compare_provider(struct cmp *x) {
    bool named = x->m->auth.provider_npi.n > 0; /* by the payer; else only as we asked */
    struct pp_str want = named ? x->m->auth.provider_npi : x->m->performer_npi;
    struct pp_str have = x->l->rendering_npi.n   ? x->l->rendering_npi
                         : x->c->rendering_npi.n ? x->c->rendering_npi
                         : x->c->facility_npi.n  ? x->c->facility_npi
                                                 : x->c->billing_npi;
    if (!want.n) return;
    struct match_element *e = element(x, "provider", "Provider", have, want);
    if (same(want, have)) return;
    if (same(want, x->c->rendering_npi) || same(want, x->c->facility_npi) || same(want, x->c->billing_npi)) {
        equals_by_rule(x, e, PP_STR("facility or billing provider of the claim"));
        return;
    }
    differs(x, e, EV_MISMATCH_REASON_PROVIDER, named ? HOLD : WARN, "296",
            named ? PP_STR("The payer authorized another provider: correct the claim, or ask the payer to change it")
                  : PP_STR("Another provider than the one the order named"));
}

static void no_candidate(struct cmp *x) {
    const struct match_cand *near = x->p->other;
    x->r->result = EV_MATCHED_LINE_RESULT_NO_AUTH;
    struct match_element *e = element(x, "auth_number", "Authorization number", x->l->number_as_sent, PP_STR_NONE);
    if (x->p->how == MATCH_AMBIGUOUS) {
        e->auth = near->auth.number_as_sent;
        differs(x, e, EV_MISMATCH_REASON_AUTH_NUMBER, HOLD, "15",
                PP_STR("More than one authorization fits: put the right number on the claim"));
        return;
    }
    differs(x, e, EV_MISMATCH_REASON_NO_AUTH, HOLD, "197",
            !near ? PP_STR("No order known yet: this claim is checked again when the order arrives")
            : x->p->number_unknown
                ? PP_STR("This number is not known here, and no order fits the service")
                : PP_STR("No order fits this service, day and payer: ask for a retrospective authorization"));
    e->code = "no_auth";
}

static void not_needed(struct cmp *x, struct pp_str proof) {
    struct match_element *e =
        element(x, "auth_status", "Requirement", PP_STR("none on the claim"), PP_STR("not required"));
    if (x->l->number_as_sent.n) e->claim = x->l->number_as_sent;
    e->rule = proof;
    x->r->result = EV_MATCHED_LINE_RESULT_NOT_NEEDED;
    x->r->proof = proof;
}

static void requirement_open(struct cmp *x, struct pp_str have, struct pp_str hint) {
    struct match_element *e = element(x, "requirement", "Requirement", PP_STR("authorization or proof needed"), have);
    differs(x, e, EV_MISMATCH_REASON_REQUIREMENT_UNKNOWN, HOLD, "197", hint);
    x->r->result = EV_MATCHED_LINE_RESULT_NO_AUTH;
}

static void absent(struct cmp *x, struct pp_str hint) {
    struct match_element *e = element(x, "no_auth", "Authorization", x->l->number_as_sent, PP_STR_NONE);
    differs(x, e, EV_MISMATCH_REASON_NO_AUTH, HOLD, "197", hint);
    x->r->result = EV_MATCHED_LINE_RESULT_NO_AUTH;
}

/* The line is known and nothing was asked of the payer: what the requirement says decides. */
static void compare_requirement(struct cmp *x) {
    const struct match_cand *m = x->m;
    bool current = m->basis && m->basis == m->case_version;
    bool same_service = same(x->l->code, m->code);
    bool near = !m->service_date ||
                (x->l->from - m->service_date <= CLAIMS_FAR_DAYS && m->service_date - x->l->from <= CLAIMS_FAR_DAYS);
    bool valid = !m->valid_until || x->l->from <= m->valid_until;
    struct pp_str name = pp_str_z(ev_determined_line_coverage_name(m->coverage));
    switch (m->coverage) {
    case EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED:
    case EV_DETERMINED_LINE_COVERAGE_EXEMPT:
        if (!current || !m->proof.n)
            requirement_open(x, name, PP_STR("The order changed: the requirement is being checked again"));
        else if (!same_service || !near || !valid)
            requirement_open(x, name, PP_STR("The answer \"not required\" was given for another service or day"));
        else
            not_needed(x, m->proof);
        return;
    case EV_DETERMINED_LINE_COVERAGE_SATISFIED:
        if (!current) {
            requirement_open(x, name, PP_STR("The order changed: the requirement is being checked again"));
            return;
        }
        x->r->result = EV_MATCHED_LINE_RESULT_MATCH;
        x->r->authorization = m->on_file;
        compare_number(x, m->on_file, claims_number(m->on_file, x->a));
        return;
    case EV_DETERMINED_LINE_COVERAGE_REQUIRED:
        absent(
            x,
            PP_STR("Required and never obtained: ask for a retrospective authorization if the payer's window is open"));
        return;
    case EV_DETERMINED_LINE_COVERAGE_NOTIFICATION_ONLY:
        absent(x, PP_STR("The payer wants a notification and has not confirmed one"));
        return;
    case EV_DETERMINED_LINE_COVERAGE_PERFORMER:
        absent(x, PP_STR("The performing provider must ask the payer: get its authorization number"));
        return;
    case EV_DETERMINED_LINE_COVERAGE_NOT_COVERED: {
        struct match_element *e = element(x, "requirement", "Requirement", x->l->code, name);
        differs(x, e, EV_MISMATCH_REASON_LINE_NOT_APPROVED, HOLD, "96", PP_STR("The plan does not cover this service"));
        x->r->result = EV_MATCHED_LINE_RESULT_MISMATCH;
        return;
    }
    default:
        requirement_open(x, name, PP_STR("Whether authorization was needed is not settled: a person must decide it"));
    }
}

void match_compare(const struct match_claim *c, const struct match_line *l, const struct match_pick *p,
                   int64_t used_here, claims_equiv_fn *equiv, const void *self, struct pp_arena *a,
                   struct match_result *ret) {
    struct cmp x = {.c = c, .l = l, .m = p->cand, .p = p, .equiv = equiv, .self = self, .a = a, .r = ret};
    *ret = (struct match_result){0};
    if (!p->cand) {
        no_candidate(&x);
        return;
    }
    compare_payer(&x);
    compare_member(&x);
    compare_coverage_dates(&x);
    if (!p->cand->auth.known) {
        compare_requirement(&x);
    } else if (p->cand->auth.outcome == EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED) {
        not_needed(&x, pp_arena_printf(a, "the payer's answer to %.*s", PP_FMT(p->cand->auth.trace)));
    } else {
        ret->result = EV_MATCHED_LINE_RESULT_MATCH;
        ret->authorization = p->cand->auth.number_as_sent;
        if (p->cand->auth.number.n) compare_number(&x, p->cand->auth.number_as_sent, p->cand->auth.number);
        bool approved = compare_status(&x);
        if (approved && !p->cand->auth.number.n) compare_number(&x, PP_STR_NONE, PP_STR_NONE);
        compare_code(&x);
        compare_modifiers(&x);
        compare_dates(&x);
        if (approved) compare_units(&x, used_here);
    }
    compare_provider(&x);
    compare_pos(&x);
    compare_diagnoses(&x);
    if (ret->held && ret->result != EV_MATCHED_LINE_RESULT_NO_AUTH)
        ret->result = EV_MATCHED_LINE_RESULT_MISMATCH;
    else if (x.equivalent && ret->result == EV_MATCHED_LINE_RESULT_MATCH)
        ret->result = EV_MATCHED_LINE_RESULT_EQUIVALENT;
}
