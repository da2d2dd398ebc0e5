/* One line against the rules. */
#include "refs/set.h"

#include <stdlib.h>
#include <strings.h>

#define CANDIDATES_MAX 256 /* rules that speak of one code for one payer; more is a fault of the packs */

struct judging {
    const struct pp_refs *refs;
    const struct pp_rule_facts *f;
    struct pp_arena *arena;
    struct pp_str category;
    struct pp_considered *all;
    size_t n;
};

/* ---- conditions ---- */

static bool in_range(struct pp_str item, struct pp_str code) {
    struct pp_str rest = item, lo = pp_str_split(&rest, '-');
    return rest.n == code.n && pp_str_cmp(lo, code) <= 0 && pp_str_cmp(code, rest) <= 0;
}

static bool code_fits(const struct pp_rule *r, struct pp_str code, struct pp_str category) {
    if (!r->codes.n) return category.n && pp_str_eq(category, r->category);
    if (pp_str_eqz(r->codes, "*")) return true;
    for (struct pp_str rest = r->codes; rest.n;) {
        struct pp_str item = pp_str_trim(pp_str_split(&rest, ','));
        if (pp_str_eq(item, code) || in_range(item, code)) return true;
    }
    return false;
}

static void cond(struct pp_considered *c, const char *name, struct pp_str want, struct pp_str have, enum pp_fit fit) {
    c->conds[c->nconds++] = (struct pp_rule_cond){name, want, have, fit};
    if (fit == PP_FIT_NO)
        c->fit = PP_FIT_NO;
    else if (fit == PP_FIT_UNSAID && c->fit == PP_FIT_YES)
        c->fit = PP_FIT_UNSAID;
}

static enum pp_fit fit(bool yes) { return yes ? PP_FIT_YES : PP_FIT_NO; }

/* A list of exact values against one value that may be absent. */
static void list_cond(struct judging *j, struct pp_considered *c, const char *name, struct pp_str list, bool inverted,
                      struct pp_str have) {
    if (!list.n) return;
    struct pp_str want = inverted ? pp_arena_printf(j->arena, "not %.*s", PP_FMT(list)) : list;
    cond(c, name, want, have, have.n ? fit(refs_in_list(list, ',', have) != inverted) : PP_FIT_UNSAID);
}

static struct pp_str joined(struct judging *j, const struct pp_str *v, size_t n) {
    struct pp_str out = PP_STR_NONE;
    for (size_t i = 0; i < n; i++)
        out = pp_arena_printf(j->arena, "%.*s%s%.*s", PP_FMT(out), i ? "," : "", PP_FMT(v[i]));
    return out;
}

static void modifier_cond(struct judging *j, struct pp_considered *c) {
    const struct pp_rule_facts *f = j->f;
    if (!c->rule->modifiers.n) return;
    bool has = false;
    for (size_t i = 0; i < f->modifiers_n; i++) has |= refs_in_list(c->rule->modifiers, ',', f->modifiers[i]);
    cond(c, "modifier", c->rule->modifiers, joined(j, f->modifiers, f->modifiers_n), fit(has));
}

static void dx_cond(struct judging *j, struct pp_considered *c) {
    const struct pp_rule_facts *f = j->f;
    if (!c->rule->dx.n) return;
    bool has = false;
    for (struct pp_str rest = c->rule->dx; rest.n;) {
        struct pp_str head = pp_str_trim(pp_str_split(&rest, ','));
        for (size_t i = 0; head.n && i < f->diagnoses_n; i++) has |= pp_str_starts(f->diagnoses[i], head);
    }
    cond(c, "diagnosis", c->rule->dx, joined(j, f->diagnoses, f->diagnoses_n),
         f->diagnoses_n ? fit(has) : PP_FIT_UNSAID);
}

static void plan_cond(struct pp_considered *c, struct pp_str plan) {
    if (!c->rule->plan.n) return;
    bool has = false;
    for (struct pp_str rest = c->rule->plan; rest.n;) has |= pp_str_ieq(pp_str_trim(pp_str_split(&rest, '|')), plan);
    cond(c, "plan", c->rule->plan, plan, plan.n ? fit(has) : PP_FIT_UNSAID);
}

static int age_at(pp_date birth, pp_date on) {
    int by, bm, bd, y, m, d;
    pp_date_split(birth, &by, &bm, &bd);
    pp_date_split(on, &y, &m, &d);
    return y - by - (m < bm || (m == bm && d < bd));
}

static void age_cond(struct judging *j, struct pp_considered *c) {
    const struct pp_rule *r = c->rule;
    if (r->age_min < 0 && r->age_max < 0) return;
    struct pp_str want = r->age_max < 0   ? pp_arena_printf(j->arena, "%d and above", r->age_min)
                         : r->age_min < 0 ? pp_arena_printf(j->arena, "up to %d", r->age_max)
                                          : pp_arena_printf(j->arena, "%d to %d", r->age_min, r->age_max);
    if (!j->f->birth_date) {
        cond(c, "age", want, PP_STR_NONE, PP_FIT_UNSAID);
        return;
    }
    int age = age_at(j->f->birth_date, j->f->date);
    bool yes = (r->age_min < 0 || age >= r->age_min) && (r->age_max < 0 || age <= r->age_max);
    cond(c, "age", want, pp_arena_printf(j->arena, "%d", age), fit(yes));
}

static void date_cond(struct judging *j, struct pp_considered *c) {
    const struct pp_rule *r = c->rule;
    if (!r->from && !r->until) return;
    char from[11], until[11], have[11];
    pp_date_text(r->from, from);
    pp_date_text(r->until, until);
    pp_date_text(j->f->date, have);
    struct pp_str want = !r->until  ? pp_arena_printf(j->arena, "from %s", from)
                         : !r->from ? pp_arena_printf(j->arena, "until %s", until)
                                    : pp_arena_printf(j->arena, "%s to %s", from, until);
    bool yes = (!r->from || j->f->date >= r->from) && (!r->until || j->f->date <= r->until);
    cond(c, "service date", want, pp_arena_strz(j->arena, have), fit(yes));
}

static void consider(struct judging *j, const struct pp_rule *r) {
    const struct pp_rule_facts *f = j->f;
    /* Rules of other payers and lines of business are no news to anybody. */
    if (r->payer.n && !pp_str_eq(r->payer, f->payer)) return;
    bool lob_said = f->lob != EV_COVERAGE_LOB_NONE && f->lob != EV_COVERAGE_LOB_UNKNOWN;
    if (r->lob != EV_COVERAGE_LOB_NONE && lob_said && r->lob != f->lob) return;
    if (!code_fits(r, f->code, j->category) || j->n == CANDIDATES_MAX) return;

    struct pp_considered *c = &j->all[j->n++];
    *c = (struct pp_considered){.rule = r, .fit = PP_FIT_YES};
    if (r->codes.n)
        cond(c, "code", r->codes, f->code, PP_FIT_YES);
    else
        cond(c, "category", r->category, j->category, PP_FIT_YES);
    if (r->payer.n) cond(c, "payer", r->payer, f->payer, PP_FIT_YES);
    if (r->lob != EV_COVERAGE_LOB_NONE)
        cond(c, "line of business", pp_str_z(ev_coverage_lob_name(r->lob)),
             lob_said ? pp_str_z(ev_coverage_lob_name(f->lob)) : PP_STR_NONE, lob_said ? PP_FIT_YES : PP_FIT_UNSAID);
    plan_cond(c, f->plan);
    struct pp_str state = r->state_of_patient ? f->patient_state : f->site_state;
    const char *whose = r->state_of_patient ? "state of the patient" : "state of the site";
    list_cond(j, c, whose, r->states, false, state);
    list_cond(j, c, whose, r->not_states, true, state);
    list_cond(j, c, "place of service", r->pos, false, f->pos);
    list_cond(j, c, "place of service", r->not_pos, true, f->pos);
    modifier_cond(j, c);
    dx_cond(j, c);
    age_cond(j, c);
    date_cond(j, c);
    struct pp_str urgency =
        f->urgency == EV_CASE_URGENCY_NONE ? PP_STR("routine") : pp_str_z(ev_case_urgency_name(f->urgency));
    list_cond(j, c, "urgency", r->urgency, false, urgency);
    list_cond(j, c, "urgency", r->not_urgency, true, urgency);
}

/* ---- the verdict ---- */

static int by_strength(const void *a, const void *b) {
    static const int order[] = {[PP_FIT_YES] = 0, [PP_FIT_UNSAID] = 1, [PP_FIT_NO] = 2};
    const struct pp_considered *x = a, *y = b;
    if (x->fit != y->fit) return order[x->fit] - order[y->fit];
    if (x->rule->rank != y->rule->rank) return y->rule->rank - x->rule->rank;
    if (x->rule->priority != y->rule->priority) return y->rule->priority > x->rule->priority ? 1 : -1;
    return pp_str_cmp(x->rule->id, y->rule->id);
}

static bool outranks_or_ties(const struct pp_rule *a, const struct pp_rule *b) {
    return a->rank != b->rank ? a->rank > b->rank : a->priority >= b->priority;
}

static bool ties(const struct pp_rule *a, const struct pp_rule *b) {
    return a->rank == b->rank && a->priority == b->priority;
}

static struct pp_str rule_proof(struct judging *j, const struct pp_rule *r) {
    return pp_arena_printf(j->arena, "%.*s, %.*s %.*s (%.12s)", PP_FMT(r->id), PP_FMT(r->pack->name),
                           PP_FMT(r->pack->version), r->pack->hash.n ? r->pack->hash.s : "no hash");
}

/* What the line would have to say for the rule to be sure, as codes for info_needed. */
static void name_unsaid(const struct pp_considered *c, struct pp_rule_verdict *ret) {
    static const struct {
        const char *cond, *code;
    } codes[] = {{"place of service", "place_of_service"},
                 {"state of the site", "site"},
                 {"state of the patient", "patient_state"},
                 {"plan", "plan"},
                 {"line of business", "line_of_business"},
                 {"age", "birth_date"},
                 {"diagnosis", "diagnosis"}};
    for (int i = 0; i < c->nconds; i++) {
        if (c->conds[i].fit != PP_FIT_UNSAID) continue;
        for (size_t k = 0; k < sizeof codes / sizeof *codes; k++)
            if (!strcmp(codes[k].cond, c->conds[i].name) && ret->info_needed_n < 8)
                ret->info_needed[ret->info_needed_n++] = pp_str_z(codes[k].code);
    }
}

static void say_conditional(struct judging *j, const struct pp_considered *c, struct pp_rule_verdict *ret) {
    ret->coverage = EV_DETERMINED_LINE_COVERAGE_CONDITIONAL;
    ret->rule = c->rule;
    ret->proof = rule_proof(j, c->rule);
    name_unsaid(c, ret);
    const char *unsaid = "something";
    for (int i = c->nconds - 1; i >= 0; i--)
        if (c->conds[i].fit == PP_FIT_UNSAID) unsaid = c->conds[i].name;
    ret->reason = pp_arena_printf(j->arena, "It depends on the %s, which the order does not say: rule %.*s may apply.",
                                  unsaid, PP_FMT(c->rule->id));
}

static void say_conflict(struct judging *j, const struct pp_rule *a, const struct pp_rule *b,
                         struct pp_rule_verdict *ret) {
    ret->coverage = EV_DETERMINED_LINE_COVERAGE_UNKNOWN;
    ret->proof = pp_arena_printf(j->arena, "conflict: %.*s, %.*s", a->id.n > 50 ? 50 : (int)a->id.n, a->id.s,
                                 b->id.n > 50 ? 50 : (int)b->id.n, b->id.s);
    ret->reason = pp_arena_printf(j->arena, "Two rules of equal rank disagree: %.*s says %s, %.*s says %s.",
                                  PP_FMT(a->id), ev_determined_line_coverage_name(a->outcome), PP_FMT(b->id),
                                  ev_determined_line_coverage_name(b->outcome));
}

static void decide(struct judging *j, struct pp_rule_verdict *ret) {
    struct pp_considered *best = j->n && j->all[0].fit == PP_FIT_YES ? &j->all[0] : NULL;
    for (size_t i = 0; i < j->n; i++) {
        const struct pp_considered *c = &j->all[i];
        if (c->fit != PP_FIT_UNSAID || (best && c->rule->outcome == best->rule->outcome)) continue;
        if (best && !outranks_or_ties(c->rule, best->rule)) continue;
        say_conditional(j, c, ret);
        return;
    }
    if (!best) {
        ret->coverage = EV_DETERMINED_LINE_COVERAGE_UNKNOWN;
        struct pp_str packs = pp_rules_packs(j->refs, j->arena);
        ret->proof = pp_arena_printf(j->arena, "no rule fits: %.*s", PP_FMT(packs));
        ret->reason =
            pp_arena_printf(j->arena, "No rule of this payer speaks of %.*s on this date.", PP_FMT(j->f->code));
        return;
    }
    for (size_t i = 1; i < j->n && j->all[i].fit == PP_FIT_YES && ties(j->all[i].rule, best->rule); i++) {
        if (j->all[i].rule->outcome == best->rule->outcome) continue;
        say_conflict(j, best->rule, j->all[i].rule, ret);
        return;
    }
    best->decided = true;
    ret->coverage = best->rule->outcome;
    ret->rule = best->rule;
    ret->proof = rule_proof(j, best->rule);
    ret->reason = best->rule->text;
}

int pp_rules_judge(const struct pp_refs *r, const struct pp_rule_facts *f, struct pp_arena *a,
                   struct pp_rule_verdict *ret, struct pp_err *err) {
    struct judging j = {.refs = r, .f = f, .arena = a};
    const struct pp_code_name *name = pp_refs_code(r, f->code);
    if (name) j.category = name->category;

    size_t lo = 0, hi = r->rule_codes_n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (pp_str_cmp(r->rule_codes[mid].code, f->code) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    size_t exact = 0;
    while (lo + exact < r->rule_codes_n && pp_str_eq(r->rule_codes[lo + exact].code, f->code)) exact++;
    size_t may = exact + r->wide_rules_n;
    if (may > CANDIDATES_MAX) may = CANDIDATES_MAX;
    j.all = pp_arena_array(a, struct pp_considered, may ? may : 1);
    if (!j.all) return pp_err_set(err, PP_ERR_LIMIT, "no memory to judge a line");
    for (size_t i = 0; i < exact; i++) consider(&j, r->rule_codes[lo + i].rule);
    for (size_t i = 0; i < r->wide_rules_n; i++) consider(&j, r->wide_rules[i]);

    *ret = (struct pp_rule_verdict){0};
    if (j.n) qsort(j.all, j.n, sizeof *j.all, by_strength);
    decide(&j, ret);
    ret->considered = j.all;
    ret->considered_n = j.n < PP_CONSIDERED_MAX ? j.n : PP_CONSIDERED_MAX;
    if (pp_arena_failed(a)) return pp_err_set(err, PP_ERR_LIMIT, "no memory to judge a line");
    return 0;
}
