#include "status/readiness.h"

const char *readiness_word(enum readiness_colour c) {
    static const char *const words[READINESS_COLOUR_COUNT] = {"Ready", "Not yet", "Unknown", "Blocked"};
    return words[c];
}

const char *readiness_tone(enum readiness_colour c) {
    static const char *const tones[READINESS_COLOUR_COUNT] = {"clear", "act", "none", "stop"};
    return tones[c];
}

struct look { /* one line being looked at */
    const struct readiness_in *in;
    const struct readiness_line *l;
    struct pp_arena *a;
    struct readiness_out *out;
    enum readiness_colour worst; /* of this line */
};

static void say(struct look *k, enum readiness_colour colour, const char *code, struct pp_str text, const char *step,
                const char *owner) {
    if (colour > k->worst) k->worst = colour;
    if (k->out->n < READINESS_REASONS_MAX && colour != READINESS_GREEN)
        k->out->why[k->out->n++] = (struct readiness_why){k->l->line, colour, code, text};
    if (colour > k->out->colour) {
        k->out->colour = colour;
        k->out->next_step = step;
        k->out->owner = owner;
    }
}
#define SAY(colour, code, text, step, owner) say(k, READINESS_##colour, code, PP_STR(text), step, owner)

static struct pp_str day(struct pp_arena *a, pp_date d) {
    char t[11];
    pp_date_text(d, t);
    return pp_arena_strz(a, t);
}

/* Needed, and the payer was not asked. */
static void not_sent(struct look *k) {
    bool near = k->in->date && k->in->date - k->in->today <= READINESS_NEAR_DAYS;
    enum readiness_colour c = near ? READINESS_RED : READINESS_AMBER;
    if (k->l->documents_open)
        say(k, c, "documents_missing",
            k->l->documents.n ? pp_arena_printf(k->a, "Documents missing: %.*s", PP_FMT(k->l->documents))
                              : PP_STR("Documents missing"),
            "Get the missing documents", "ordering");
    else
        say(k, c, "not_started", PP_STR("Authorization is required and was not asked for yet"), "Send the request",
            "authorization");
}

static void approved(struct look *k) {
    const struct readiness_line *l = k->l;
    pp_date d = k->in->date;
    if (l->asked_code.n && l->code.n && !pp_str_eq(l->asked_code, l->code))
        say(k, READINESS_RED, "code_changed",
            pp_arena_printf(k->a, "Approved for %.*s, now %.*s is ordered", PP_FMT(l->asked_code), PP_FMT(l->code)),
            "Ask the payer to change the authorization", "authorization");
    if (d && l->from && d < l->from)
        say(k, READINESS_RED, "before_window",
            pp_arena_printf(k->a, "Date before authorized window, which begins %.*s", PP_FMT(day(k->a, l->from))),
            "Move the appointment or ask the payer for an earlier start", "scheduling");
    if (d && l->until && d > l->until)
        say(k, READINESS_RED, "after_window",
            pp_arena_printf(k->a, "Date after authorized window, which ended %.*s", PP_FMT(day(k->a, l->until))),
            "Ask the payer for an extension", "authorization");
    if (l->limited && l->committed > l->authorized) {
        if (l->authorized <= l->committed - l->units)
            SAY(RED, "units", "No authorized units are left for this visit", "Ask the payer for more units",
                "authorization");
        else
            SAY(AMBER, "units", "Fewer units are authorized than booked", "Ask the payer for more units",
                "authorization");
    } else if (l->limited && l->units > l->authorized) {
        SAY(AMBER, "units", "Fewer units are authorized than ordered", "Ask the payer for more units", "authorization");
    }
    if (l->auth_npi.n && k->in->provider_npi.n && !pp_str_eq(l->auth_npi, k->in->provider_npi))
        SAY(AMBER, "provider", "The payer authorized another provider than the one of the visit",
            "Ask the payer to change the provider", "authorization");
}

static void payer_said(struct look *k) {
    const struct readiness_line *l = k->l;
    switch (l->outcome) {
    case EV_DECIDED_LINE_OUTCOME_APPROVED: approved(k); return;
    case EV_DECIDED_LINE_OUTCOME_PARTIAL:
    case EV_DECIDED_LINE_OUTCOME_MODIFIED:
        if (!l->accepted) {
            bool part = l->outcome == EV_DECIDED_LINE_OUTCOME_PARTIAL;
            say(k, READINESS_AMBER, part ? "partial" : "modified",
                part ? PP_STR("Approved in part, not accepted yet") : PP_STR("Approved with changes, not accepted yet"),
                "Ask the clinician to accept what was approved", "clinician");
        }
        approved(k);
        return;
    case EV_DECIDED_LINE_OUTCOME_DENIED:
        SAY(RED, "denied", "Denied by the payer", "Appeal, ask for a peer-to-peer call, or drop the line", "clinician");
        return;
    case EV_DECIDED_LINE_OUTCOME_REFUSED:
        SAY(RED, "not_considered", "Not considered by the payer", "Correct the request and send it again",
            "authorization");
        return;
    case EV_DECIDED_LINE_OUTCOME_CANCELLED:
        SAY(RED, "cancelled", "The authorization was cancelled", "Ask the payer again", "authorization");
        return;
    case EV_DECIDED_LINE_OUTCOME_PENDED:
        if (l->info_open)
            SAY(AMBER, "info_requested", "The payer asks for documents or answers", "Answer the payer",
                "authorization");
        else
            SAY(AMBER, "in_review", "In review at the payer", "Wait for the payer's decision", "payer");
        return;
    case EV_DECIDED_LINE_OUTCOME_CONTACT_PAYER:
        SAY(AMBER, "contact_payer", "The payer wants to be called", "Call the payer", "authorization");
        return;
    case EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED: return; /* the payer's answer is the proof */
    default:
        SAY(GREY, "decision_unclear", "The payer's answer is unclear", "Read the decision and record it",
            "authorization");
        return;
    }
}

static void required(struct look *k) {
    const struct readiness_line *l = k->l;
    if (l->outcome)
        payer_said(k);
    else if (l->info_open)
        SAY(AMBER, "info_requested", "The payer asks for documents or answers", "Answer the payer", "authorization");
    else if (l->sent)
        SAY(AMBER, "submitted", "Submitted, no decision yet", "Wait for the payer's decision", "payer");
    else
        not_sent(k);
}

static void by_coverage(struct look *k) {
    const struct readiness_line *l = k->l;
    switch (l->coverage) {
    case EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED:
    case EV_DETERMINED_LINE_COVERAGE_EXEMPT:
    case EV_DETERMINED_LINE_COVERAGE_SATISFIED:
        if (!l->proof)
            SAY(GREY, "no_proof", "Nothing proves that no authorization is needed", "Decide the requirement",
                "authorization");
        else if (l->proof_until && k->in->date > l->proof_until)
            SAY(AMBER, "proof_expired", "The proof ends before the visit", "Check the requirement again",
                "authorization");
        if (l->outcome == EV_DECIDED_LINE_OUTCOME_DENIED) payer_said(k); /* asked nevertheless, and the payer said no */
        return;
    case EV_DETERMINED_LINE_COVERAGE_REQUIRED: required(k); return;
    case EV_DETERMINED_LINE_COVERAGE_NOTIFICATION_ONLY:
        if (l->outcome)
            payer_said(k);
        else if (!l->sent)
            SAY(AMBER, "notify", "The payer wants to be notified", "Notify the payer", "authorization");
        return;
    case EV_DETERMINED_LINE_COVERAGE_NOT_COVERED:
        SAY(RED, "not_covered", "The plan does not cover this service", "Tell the clinician and the patient",
            "ordering");
        return;
    case EV_DETERMINED_LINE_COVERAGE_PERFORMER:
        if (l->outcome)
            payer_said(k);
        else
            SAY(AMBER, "performer", "The performing provider must ask the payer", "Get the number from the performer",
                "authorization");
        return;
    case EV_DETERMINED_LINE_COVERAGE_OUT_OF_NETWORK:
        if (l->outcome)
            payer_said(k);
        else
            SAY(AMBER, "network", "Required when out of network", "Check the network of the performer",
                "authorization");
        return;
    case EV_DETERMINED_LINE_COVERAGE_CONDITIONAL:
        SAY(GREY, "more_information", "Whether authorization is needed depends on what is missing",
            "Give the missing information", "authorization");
        return;
    case EV_DETERMINED_LINE_COVERAGE_INCOMPLETE:
        SAY(GREY, "intake_incomplete", "Coverage or order data are missing", "Complete the registration",
            "registration");
        return;
    default:
        if (l->outcome) payer_said(k); /* a recorded decision answers more than an unknown rule */
        if (!l->outcome || l->outcome == EV_DECIDED_LINE_OUTCOME_PENDED)
            SAY(GREY, "requirement_unknown", "Whether authorization is needed is not known", "Decide the requirement",
                "authorization");
        return;
    }
}

static void look_at(struct look *k) {
    const struct readiness_line *l = k->l;
    if (!l->determined) {
        SAY(GREY, "requirement_unknown", "Whether authorization is needed is being checked", "Wait for the check",
            "authorization");
        return;
    }
    by_coverage(k);
    if (!l->current)
        SAY(AMBER, "rechecked", "The case changed: being re-checked", "Wait for the check", "authorization");
    if (l->coverage_until && k->in->date > l->coverage_until)
        SAY(RED, "coverage_ends", "The insurance ends before the visit", "Ask the patient for the new coverage",
            "registration");
}

void readiness(const struct readiness_in *in, struct pp_arena *a, struct readiness_out *ret) {
    *ret = (struct readiness_out){.colour = READINESS_GREEN, .next_step = "", .owner = ""};
    size_t wanted = 0;
    for (size_t i = 0; i < in->n; i++) {
        struct look k = {in, &in->lines[i], a, ret, READINESS_GREEN};
        if (!in->lines[i].wanted) continue;
        wanted++;
        look_at(&k);
    }
    if (!wanted) {
        static const struct readiness_line none;
        struct look k = {in, &none, a, ret, READINESS_GREEN};
        say(&k, READINESS_GREY, "nothing_ordered", PP_STR("No order stands behind this appointment any more"),
            "Ask the ordering office whether the visit is still wanted", "scheduling");
    }
}

pp_date readiness_next_look(const struct readiness_in *in) {
    pp_date near = in->date ? in->date - READINESS_NEAR_DAYS : 0;
    return near > in->today ? near : 0;
}
