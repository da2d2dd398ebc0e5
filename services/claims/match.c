/* Finding: which case line and authorization a claim line belongs to. The comparison stands in compare.c. */
#include "claims/match.h"
#include "claims/normalise.h"

static bool same(struct pp_str a, struct pp_str b) { return a.n && pp_str_ieq(a, b); }

static bool payer_fits(const struct match_claim *c, const struct match_cand *m) {
    if (c->payer.n && m->payer.n) return same(c->payer, m->payer);
    return same(c->payer_code, m->payer_code);
}

static bool code_fits(const struct match_line *l, const struct match_cand *m, claims_equiv_fn *equiv,
                      const void *self) {
    struct pp_str rule;
    if (m->auth.known && same(l->code, m->auth.code)) return true;
    if (same(l->code, m->code)) return true;
    struct pp_str approved = m->auth.known && m->auth.code.n ? m->auth.code : m->code;
    return equiv && approved.n && equiv(self, m->payer, approved, l->code, l->from, &rule);
}

static int days_apart(pp_date a, pp_date b) { return a > b ? a - b : b - a; }

static bool in_window(const struct match_line *l, const struct match_auth *a) {
    return a->known && (a->from || a->until) && l->from >= a->from && (!a->until || l->from <= a->until);
}

static bool provider_fits(const struct match_claim *c, const struct match_line *l, const struct match_cand *m) {
    struct pp_str want = m->auth.provider_npi.n ? m->auth.provider_npi : m->performer_npi;
    return same(want, l->rendering_npi) || same(want, c->rendering_npi) || same(want, c->facility_npi) ||
           same(want, c->billing_npi);
}

static int score(const struct match_claim *c, const struct match_line *l, const struct match_cand *m,
                 claims_equiv_fn *equiv, const void *self) {
    int s = 0;
    if (code_fits(l, m, equiv, self)) s += CLAIMS_SCORE_CODE;
    if (in_window(l, &m->auth) || (m->service_date && l->from == m->service_date))
        s += CLAIMS_SCORE_DATE;
    else if (m->service_date && days_apart(l->from, m->service_date) <= CLAIMS_NEAR_DAYS)
        s += CLAIMS_SCORE_DATE_NEAR;
    if (payer_fits(c, m)) s += CLAIMS_SCORE_PAYER;
    if (same(c->member, m->member)) s += CLAIMS_SCORE_MEMBER;
    if (provider_fits(c, l, m)) s += CLAIMS_SCORE_PROVIDER;
    return s;
}

/* Approved before pended before refused: what a claim may rest on comes first. */
static int standing(const struct match_cand *m) {
    if (!m->auth.known) return 1;
    switch (m->auth.outcome) {
    case EV_DECIDED_LINE_OUTCOME_APPROVED:
    case EV_DECIDED_LINE_OUTCOME_PARTIAL:
    case EV_DECIDED_LINE_OUTCOME_MODIFIED: return 4;
    case EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED: return 3;
    case EV_DECIDED_LINE_OUTCOME_PENDED: return 2;
    default: return 1;
    }
}

/* >0: x is the better candidate. Score, then standing, then the nearer day, then the later decision. */
static int better(const struct match_line *l, const struct match_cand *x, int sx, const struct match_cand *y, int sy) {
    if (sx != sy) return sx - sy;
    if (x->active != y->active) return x->active ? 1 : -1;
    if (standing(x) != standing(y)) return standing(x) - standing(y);
    int dx = x->service_date ? days_apart(l->from, x->service_date) : CLAIMS_FAR_DAYS;
    int dy = y->service_date ? days_apart(l->from, y->service_date) : CLAIMS_FAR_DAYS;
    if (dx != dy) return dy - dx;
    if (pp_uuid_eq(x->case_id, y->case_id) && x->case_line == y->case_line && x->auth.decided != y->auth.decided)
        return x->auth.decided > y->auth.decided ? 1 : -1;
    return 0;
}

static bool numbers_differ(const struct match_cand *x, const struct match_cand *y) {
    return x->auth.number.n && y->auth.number.n && !pp_str_eq(x->auth.number, y->auth.number);
}

void match_find(const struct match_claim *c, const struct match_line *l, const struct match_cand *cands, size_t n,
                claims_equiv_fn *equiv, const void *self, struct match_pick *ret) {
    const struct match_cand *by_number = NULL, *best = NULL, *rival = NULL;
    int number_score = 0, best_score = 0;
    *ret = (struct match_pick){0};
    for (size_t i = 0; i < n; i++) {
        const struct match_cand *m = &cands[i];
        int s = score(c, l, m, equiv, self);
        bool has_number = (m->auth.known && same(l->number, m->auth.number)) ||
                          (m->on_file.n && l->number.n && pp_str_eq(l->number, m->on_file));
        if (has_number && (!by_number || better(l, m, s, by_number, number_score) > 0)) by_number = m, number_score = s;
        if (!m->active) continue; /* a cancelled line is found by its number only */
        int cmp = best ? better(l, m, s, best, best_score) : 1;
        if (cmp > 0)
            best = m, best_score = s, rival = NULL;
        else if (cmp == 0 && numbers_differ(m, best))
            rival = m;
    }
    bool fits = best && best_score >= CLAIMS_SCORE_MIN;
    ret->number_unknown = l->number.n && !by_number;
    if (by_number) {
        /* The number of one line on another: when another line fits by everything else and the number's own line does
         * not even carry the code, that other line is meant. A claim's number stands for all its lines, so this is
         * the usual case of a claim with an authorized and a denied line. */
        if (fits && best != by_number && !code_fits(l, by_number, equiv, self)) {
            *ret = (struct match_pick){.how = MATCH_BY_SEARCH,
                                       .cand = best,
                                       .other = by_number,
                                       .score = best_score,
                                       .number_elsewhere = numbers_differ(best, by_number)};
            return;
        }
        ret->how = MATCH_BY_NUMBER, ret->cand = by_number, ret->score = number_score;
        return;
    }
    ret->score = best_score;
    if (fits && rival) {
        ret->how = MATCH_AMBIGUOUS, ret->cand = NULL, ret->other = best;
        return;
    }
    if (fits)
        ret->how = MATCH_BY_SEARCH, ret->cand = best;
    else
        ret->other = best ? best : n ? &cands[0] : NULL;
}
