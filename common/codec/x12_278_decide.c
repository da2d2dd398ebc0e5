#include "codec/x12_278.h"

/* What an answer means. Pure; the table that people read is tests/x12/278_decisions.tsv. */

const char *pp_278_outcome_name(enum pp_278_outcome o) {
    static const char *const names[PP_278_OUTCOME_COUNT] = {
        [PP_278_NONE] = "none",
        [PP_278_TRANSPORT_REJECTED] = "transport-rejected",
        [PP_278_REJECTED_CORRECTABLE] = "rejected-correctable",
        [PP_278_REJECTED_FINAL] = "rejected-final",
        [PP_278_RETRY] = "retry",
        [PP_278_HELD] = "accepted-held",
        [PP_278_APPROVED] = "approved",
        [PP_278_PARTIAL] = "partial",
        [PP_278_MODIFIED] = "modified",
        [PP_278_DENIED] = "denied",
        [PP_278_PENDED] = "pended",
        [PP_278_CANCELLED] = "cancelled",
        [PP_278_CONTACT_PAYER] = "contact-payer",
        [PP_278_NOT_REQUIRED] = "not-required",
        [PP_278_UNCLEAR] = "unclear",
    };
    return o < PP_278_OUTCOME_COUNT ? names[o] : "unclear";
}

static bool has_reason(const struct pp_278_review *r, const char *code) {
    for (uint32_t i = 0; i < r->reasons_n; i++)
        if (pp_str_eqz(r->reasons[i], code)) return true;
    return false;
}

/* What one HCR means: action and its reasons (may be none). */
static enum pp_278_outcome of_review(const struct pp_278_review *r) {
    static const struct {
        const char *code;
        enum pp_278_outcome outcome;
    } actions[] = {
        {"A1", PP_278_APPROVED}, {"A2", PP_278_PARTIAL},  {"A3", PP_278_DENIED},        {"A4", PP_278_PENDED},
        {"A6", PP_278_MODIFIED}, {"C", PP_278_CANCELLED}, {"CT", PP_278_CONTACT_PAYER}, {"NA", PP_278_NOT_REQUIRED},
    };
    if (!r->present) return PP_278_NONE;
    /* 0H, "certification not required", stands beside certified and not certified where a payer has no NA. */
    if ((pp_str_eqz(r->action, "A1") || pp_str_eqz(r->action, "A3")) && has_reason(r, "0H")) return PP_278_NOT_REQUIRED;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (pp_str_eqz(r->action, actions[i].code)) return actions[i].outcome;
    return PP_278_UNCLEAR;
}

/* What one AAA means by its follow-up action and reason. */
static enum pp_278_outcome of_aaa(struct pp_str code, struct pp_str followup) {
    bool later = pp_str_eqz(code, "42") || pp_str_eqz(code, "80"); /* cannot answer now, did not answer */
    if (pp_str_eqz(followup, "C")) return PP_278_REJECTED_CORRECTABLE;
    if (pp_str_eqz(followup, "N") || pp_str_eqz(followup, "S")) return PP_278_REJECTED_FINAL;
    if (pp_str_eqz(followup, "P")) return PP_278_RETRY;
    /* R only allows another try: the same bytes again help where the reason was of the moment, and there alone. */
    if (pp_str_eqz(followup, "R")) return later ? PP_278_RETRY : PP_278_REJECTED_CORRECTABLE;
    if (pp_str_eqz(followup, "Y") || pp_str_eqz(followup, "W") || pp_str_eqz(followup, "X")) return PP_278_HELD;
    if (followup.n) return PP_278_UNCLEAR;
    if (!code.n) return PP_278_UNCLEAR;
    return later ? PP_278_RETRY : PP_278_REJECTED_CORRECTABLE;
}

/* Of several AAA the one after which least can be done. */
static int weight(enum pp_278_outcome o) {
    switch (o) {
    case PP_278_REJECTED_FINAL: return 5;
    case PP_278_UNCLEAR: return 4;
    case PP_278_REJECTED_CORRECTABLE: return 3;
    case PP_278_RETRY: return 2;
    case PP_278_HELD: return 1;
    default: return 0;
    }
}

static enum pp_278_outcome of_all(const struct pp_x12_aaa *a, uint32_t n, const struct pp_x12_aaa **ret) {
    enum pp_278_outcome all = PP_278_NONE;
    for (uint32_t i = 0; i < n; i++) {
        enum pp_278_outcome o = of_aaa(a[i].code, a[i].followup);
        if (weight(o) <= weight(all)) continue;
        all = o;
        *ret = &a[i];
    }
    return all;
}

/* Decision and rejection at one place. A refusal with a reason may wear A3; everything else beside an AAA says two
 * things at once, and what grants something is never believed then. */
static enum pp_278_outcome both(enum pp_278_outcome review, enum pp_278_outcome aaa) {
    if (aaa == PP_278_NONE) return review;
    if (review == PP_278_NONE || review == PP_278_DENIED) return aaa;
    if (review == PP_278_PENDED && aaa == PP_278_HELD) return PP_278_PENDED;
    return PP_278_UNCLEAR;
}

static bool grants(enum pp_278_outcome o) {
    return o == PP_278_APPROVED || o == PP_278_PARTIAL || o == PP_278_MODIFIED;
}

static bool is_rejection(enum pp_278_outcome o) {
    return o == PP_278_REJECTED_CORRECTABLE || o == PP_278_REJECTED_FINAL || o == PP_278_RETRY;
}

/* New York writes the number of the line into HCR02 of lines. */
static bool is_ordinal(struct pp_str s) {
    if (!s.n || s.n > 3) return false;
    for (uint32_t i = 0; i < s.n; i++)
        if (s.s[i] < '0' || s.s[i] > '9') return false;
    return true;
}

static void level(const struct pp_278_level *l, const struct pp_x12_aaa *aaa, struct pp_278_line_decision *d) {
    *d = (struct pp_278_line_decision){
        .reference = l->reference, .issued = l->issued, .from = l->from, .until = l->until};
    if (l->review.present) d->review = &l->review;
    d->outcome = both(of_review(&l->review), of_all(aaa + l->aaa_from, l->aaa_n, &d->aaa));
}

static void number(const struct pp_278 *r, const struct pp_278_level *l, struct pp_278_line_decision *d) {
    if (!grants(d->outcome)) return;
    const struct pp_str *event = &r->event.review.number;
    bool ordinal = is_ordinal(l->review.number) && event->n > l->review.number.n;
    d->authorization = l->review.number.n && !ordinal ? l->review.number
                       : event->n                     ? *event
                       : l->authorization.n           ? l->authorization
                                                      : r->event.authorization;
}

static void inherit_outcome(const struct pp_278_line_decision *event, struct pp_278_line_decision *d) {
    if (d->outcome != PP_278_NONE) return;
    d->outcome = event->outcome;
    d->review = event->review;
    d->aaa = event->aaa;
    d->inherited = true;
}

static void inherit_rest(const struct pp_278_line_decision *event, struct pp_278_line_decision *d) {
    if (!d->reference.n) d->reference = event->reference;
    if (!d->issued) d->issued = event->issued;
    if (d->from || d->until) return;
    d->from = event->from;
    d->until = event->until;
}

/* A range of event or service dates in an answer that grants is the period it grants for, where no other is said. */
static void period(const struct pp_278_level *l, struct pp_278_line_decision *d, bool line) {
    pp_date from = line ? l->service_from : l->event_from, until = line ? l->service_until : l->event_until;
    if (!grants(d->outcome) || d->from || d->until || from == until) return;
    d->from = from;
    d->until = until;
}

int pp_278_decide(const struct pp_278 *r, struct pp_arena *a, struct pp_278_decision *ret) {
    static const struct pp_x12_aaa no_aaa;
    const struct pp_x12_aaa *aaa = r->aaa ? r->aaa : &no_aaa;
    struct pp_278_decision d = {.more_to_come = r->more_to_come};
    if (r->lines_n && !(d.lines = pp_arena_array(a, struct pp_278_line_decision, r->lines_n))) return -1;
    const struct pp_x12_aaa *first = NULL;
    enum pp_278_outcome above = of_all(aaa, r->aaa_above, &first);
    if (r->event.present) level(&r->event, aaa, &d.event);
    if (above != PP_278_NONE) {
        d.event.outcome = both(d.event.outcome, above);
        d.event.aaa = first;
    }
    number(r, &r->event, &d.event);
    period(&r->event, &d.event, false);
    d.outcome = d.event.outcome;
    d.rejected = d.event.aaa && (is_rejection(d.outcome) || (d.outcome == PP_278_UNCLEAR && !d.event.review));
    for (uint32_t i = 0; i < r->lines_n; i++) {
        struct pp_278_line_decision *l = &d.lines[i];
        level(&r->lines[i], aaa, l);
        /* a line that is granted inside of what was not considered says two things at once */
        if (d.event.aaa && grants(l->outcome)) l->outcome = PP_278_UNCLEAR;
        inherit_outcome(&d.event, l);
        period(&r->lines[i], l, true);
        inherit_rest(&d.event, l);
        number(r, &r->lines[i], l);
    }
    *ret = d;
    return 0;
}
