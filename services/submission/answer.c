/* What the payer said: per line, by review code; requests for more; refusals; and jobs that got no answer. */
#include "codec/pas.h"
#include "refs/due.h"
#include "refs/payers.h"
#include "submission/submission.h"

static enum ev_coverage_lob lob_of(struct submission *s, const struct submission_case_row *c, struct pp_str payer) {
    const struct ev_case *body = submission_case_body(s, c);
    const struct pp_payer *p = pp_refs_payer(s->ctx->refs, payer);
    for (size_t i = 0; body && i < body->coverages_n; i++)
        if (pp_str_eq(body->coverages[i].payer, payer) && body->coverages[i].lob) return body->coverages[i].lob;
    return p ? p->lob : EV_COVERAGE_LOB_NONE;
}

static int64_t decision_due(struct submission *s, const struct submission_row *sub) {
    const struct submission_case_row *c = submission_case(s, sub->case_id);
    const struct pp_payer *p = pp_refs_payer(s->ctx->refs, sub->payer);
    int64_t from = sub->received ? sub->received : s->ctx->now_ms;
    struct pp_str zone = p ? p->zone : PP_STR_NONE;
    if (!c) return 0;
    int64_t due = pp_refs_decision_due(s->ctx->refs, sub->payer, lob_of(s, c, sub->payer), c->urgent, from, zone);
    return due ? due : pp_refs_due(s->ctx->refs, from, SUBMISSION_DUE_DAYS, PP_DUE_DAY, zone);
}

static void acknowledge(struct submission *s, struct submission_row *sub, struct pp_str payer_ref) {
    if (pp_str_eqz(sub->state, SUB_SENDING) || pp_str_eqz(sub->state, SUB_REJECTED)) sub->state = PP_STR(SUB_OPEN);
    if (payer_ref.n) sub->payer_ref = payer_ref;
    if (sub->received) return;
    sub->received = s->ctx->now_ms;
    sub->delayed = false;
    struct ev_submission_acknowledged e = {.case_id = sub->case_id,
                                           .submission_id = sub->submission_id,
                                           .payer = sub->payer,
                                           .payer_ref = sub->payer_ref,
                                           .received_at = sub->received};
    pp_emit(s->out, EV(submission_acknowledged, SUBMISSION_ACKNOWLEDGED, &e));
}

/* ---- refused ---- */

/* X12 889: C correct and resubmit, P resubmit as it is, R resubmission allowed, W and X after a while; N and S: no. */
static bool correctable(struct pp_str followup) { return !pp_str_eqz(followup, "N") && !pp_str_eqz(followup, "S"); }

/* A refused update changes nothing at the payer: the request that it wanted to change is in force as before. */
static void prior_stands(struct submission *s, struct submission_row *sub) {
    struct submission_row *prior = submission_find(s, sub->prior_id);
    if (!prior) return;
    SUBMISSION_EACH_LINE(s, sub, l) {
        struct submission_line_row key = {.submission_id = prior->submission_id, .line = l->line};
        struct submission_line_row *was = pp_row_find(s->unit, SUBMISSION_LINE, &key);
        if (submission_state(l) != LINE_REFUSED) continue;
        if (!was || !submission_line_set(s, was, LINE_PENDED, BY_US)) continue;
        prior->state = PP_STR(SUB_OPEN);
        if (prior->due) pp_timer(s->out, SUBMISSION_TIMER_DUE, prior->submission_id, prior->due);
    }
}

/* A request that the payer's gateway has acknowledged has a time by which it is to be decided: that ends, too. */
static void reject(struct submission *s, struct submission_row *sub, struct pp_str code, struct pp_str reason,
                   struct pp_str element, bool may_correct, bool review) {
    sub->state = PP_STR(SUB_REJECTED);
    sub->reason = reason;
    if (sub->due) pp_timer(s->out, SUBMISSION_TIMER_DUE, sub->submission_id, 0);
    sub->due = 0;
    SUBMISSION_EACH_LINE(s, sub, l) {
        enum submission_line_state st = submission_state(l);
        if (st != LINE_SENT && st != LINE_PENDED) continue; /* pended: acknowledged, and then not considered */
        l->reason = reason;
        submission_line_set(s, l, LINE_REFUSED, st == LINE_SENT ? BY_US : BY_PAYER);
    }
    prior_stands(s, sub);
    struct ev_submission_rejected e = {.case_id = sub->case_id,
                                       .submission_id = sub->submission_id,
                                       .payer = sub->payer,
                                       .code = code,
                                       .reason = reason,
                                       .element = element,
                                       .correctable = may_correct};
    pp_emit(s->out, EV(submission_rejected, SUBMISSION_REJECTED, &e));
    struct pp_arena *a = pp_out_arena(s->out);
    struct pp_str where = element.n ? pp_arena_printf(a, " at %.*s", PP_FMT(element)) : PP_STR_NONE;
    /* Tasks are told to subscribers: of a 278 its code is, the payer's own words (MSG) stand in the request. */
    if (review) reason = pp_arena_printf(a, "the payer's code is %.*s", PP_FMT(code));
    submission_task(s, sub, EV_TASK_NEEDED_KIND_CORRECT_RESEND,
                    pp_arena_printf(a, "%s: %.*s%.*s", may_correct ? "Correct it and send it again" : "Not considered",
                                    PP_FMT(pp_str_cut(reason, 160)), PP_FMT(where)));
}

/* ---- one line ---- */

static bool take_text(struct pp_str *to, struct pp_str from) {
    if (!from.n || pp_str_eq(*to, from)) return false;
    *to = from;
    return true;
}

static bool take_date(pp_date *to, pp_date from) {
    if (!from || *to == from) return false;
    *to = from;
    return true;
}

static struct pp_str joined(struct submission *s, const struct ev_decided_line *d) {
    struct pp_buf b;
    pp_buf_init(&b, 32);
    for (size_t i = 0; i < d->modifiers_n; i++) pp_buf_printf(&b, "%s%.*s", i ? "," : "", PP_FMT(d->modifiers[i]));
    struct pp_str t = pp_arena_str(pp_out_arena(s->out), pp_buf_str(&b));
    pp_buf_free(&b);
    return t;
}

/* What is not given leaves what is known: a late or shorter repeat takes no number away. */
static bool take_over(struct submission *s, struct submission_line_row *l, const struct ev_decided_line *d,
                      bool granted) {
    bool news = false;
    news |= take_text(&l->review_code, d->review_code);
    news |= take_text(&l->reason_code, d->reason_code);
    news |= take_text(&l->reason, d->reason);
    /* A number that comes with something else than a grant is no authorization. */
    if (granted) news |= take_text(&l->authorization_no, d->authorization);
    news |= take_text(&l->reference, d->reference);
    news |= take_date(&l->valid_from, d->valid_from);
    news |= take_date(&l->valid_until, d->valid_until);
    news |= take_text(&l->auth_code, d->code);
    news |= take_text(&l->auth_modifiers, joined(s, d));
    news |= take_text(&l->auth_units, d->units);
    news |= take_text(&l->auth_unit_type, d->unit_type);
    news |= take_text(&l->provider_npi, d->provider_npi);
    return news;
}

/* True when there is something to tell about the line. */
static bool apply(struct submission *s, struct submission_line_row *l, const struct ev_decided_line *d,
                  struct pp_str source) {
    enum ev_decided_line_outcome o = pp_pas_outcome(d->review_code, d->reason_code);
    if (source.n) o = d->outcome; /* a 278 says more than one code: its reader has weighed all of it */
    /* The reader saw the code's system: what it calls unclear stays so, whatever the code looks like. A pended line
     * without a code comes from servers of the first guide. */
    if (d->outcome == EV_DECIDED_LINE_OUTCOME_UNCLEAR ||
        (d->outcome == EV_DECIDED_LINE_OUTCOME_PENDED && !d->review_code.n))
        o = d->outcome;
    enum submission_line_state from = submission_state(l), to = submission_line_state_by(o);
    if (from == LINE_SUPERSEDED || from == LINE_CANCELLED || from == LINE_CANCELLING) return false;
    /* What was refused stays so when the line lives on in another request. */
    if (from == LINE_REFUSED && submission_line_carries(s, l) &&
        submission_newest_line(s, l->case_id, l->line, l->payer) != l)
        return false;
    if (from == to) return !l->by_person && take_over(s, l, d, submission_line_granted(to));
    if (!submission_line_may(from, to, BY_PAYER)) {
        pp_count(s->out, "submission_late_answers_total", PP_STR_NONE, 1);
        /* "Pended" after a decision is an old message. Another decision after a decision is a question for a person. */
        bool other =
            submission_line_decided(to) || (to == LINE_UNCLEAR && submission_line_decided(from) && d->review_code.n);
        if (other)
            submission_line_task(s, l, EV_TASK_NEEDED_KIND_DECISION_UNCLEAR,
                                 pp_arena_printf(pp_out_arena(s->out),
                                                 "The payer now says \"%s\" to a line that is %.*s",
                                                 submission_line_state_name(to), PP_FMT(l->state)));
        return false;
    }
    /* Numbers and windows of another decision do not belong to this one. */
    if (submission_line_decided(from)) {
        l->reason = l->reason_code = l->auth_code = l->auth_modifiers = l->auth_units = l->auth_unit_type = PP_STR_NONE;
        l->valid_from = l->valid_until = 0;
    }
    take_over(s, l, d, submission_line_granted(to));
    if (to == LINE_APPROVED && !l->auth_units.n) {
        /* certified in total: what was asked for */
        l->auth_units = l->units;
        l->auth_unit_type = l->unit_type;
    }
    if (!submission_line_granted(to)) l->authorization_no = PP_STR_NONE;
    l->by_person = false;
    l->decided = s->ctx->now_ms;
    struct submission_row *sub = submission_find(s, l->submission_id);
    if (sub && submission_line_granted(to)) submission_extended(s, sub, l);
    bool moved = submission_line_set(s, l, to, BY_PAYER);
    if (moved && to == LINE_REFUSED && sub)
        submission_task(s, sub, EV_TASK_NEEDED_KIND_CORRECT_RESEND,
                        pp_arena_printf(pp_out_arena(s->out), "Line %d was not considered (reason code %.*s)", l->line,
                                        PP_FMT(l->reason_code)));
    return moved;
}

static const struct ev_decided_line *said_of(const struct ev_pas_answered *a, int32_t line) {
    const struct ev_decided_line *all = NULL;
    for (size_t i = 0; i < a->lines_n; i++) {
        if (a->lines[i].line == line) return &a->lines[i];
        if (a->lines[i].line == 0) all = &a->lines[i];
    }
    return all;
}

static void lines(struct submission *s, struct submission_row *sub, const struct ev_pas_answered *a, bool direct) {
    struct ev_decided_line news[SUBMISSION_LINES_MAX];
    const struct submission_line_row *rows[SUBMISSION_LINES_MAX];
    static const struct ev_decided_line silent = {.outcome = EV_DECIDED_LINE_OUTCOME_UNCLEAR};
    static const struct ev_decided_line waits = {.outcome = EV_DECIDED_LINE_OUTCOME_PENDED}; /* for what it asked for */
    size_t n = 0;
    SUBMISSION_EACH_LINE(s, sub, l) {
        const struct ev_decided_line *d = said_of(a, l->line);
        /* The answer to a request has to speak of every line of it; a notification may speak of some. */
        if (!d && direct && submission_state(l) == LINE_SENT) d = a->wanted_n ? &waits : &silent;
        if (d && apply(s, l, d, a->source) && n < SUBMISSION_LINES_MAX) rows[n++] = l;
    }
    bool pended = false;
    SUBMISSION_EACH_LINE(s, sub, l) {
        if (submission_state(l) != LINE_PENDED) continue;
        pended = true;
        if (l->reference.n) sub->reference = l->reference;
    }
    if (pended && !sub->due) {
        sub->due = decision_due(s, sub);
        if (sub->due) pp_timer(s->out, SUBMISSION_TIMER_DUE, sub->submission_id, sub->due);
    }
    if (!pended && sub->due) {
        sub->due = 0;
        pp_timer(s->out, SUBMISSION_TIMER_DUE, sub->submission_id, 0);
    }
    for (size_t i = 0; i < n; i++) news[i] = submission_line_said(s, rows[i]);
    submission_emit_decided(s, sub, news, n, false, PP_STR_NONE);
}

/* ---- more wanted ---- */

static void info(struct submission *s, struct submission_row *sub, const struct ev_pas_answered *a) {
    struct ev_info_requested e = {.case_id = sub->case_id,
                                  .submission_id = sub->submission_id,
                                  .payer = sub->payer,
                                  .reference = sub->reference,
                                  .due = a->wanted_due ? a->wanted_due : sub->due,
                                  .items = a->wanted,
                                  .items_n = a->wanted_n};
    struct pp_buf b;
    struct pp_err err;
    if (!a->wanted_n || !submission_has_live(s, sub)) return;
    pp_buf_init(&b, 16 << 10);
    ev_encode(EV(info_requested, INFO_REQUESTED, &e), &b, &err);
    struct pp_uuid digest = pp_uuid_derive(sub->submission_id, pp_buf_str(&b));
    pp_buf_free(&b);
    if (pp_uuid_eq(digest, sub->info_digest)) return;
    sub->info_digest = digest;
    sub->attach = submission_wanted_numbers(s, a);
    sub->info_open = true;
    pp_emit(s->out, EV(info_requested, INFO_REQUESTED, &e));
}

/* ---- the whole answer ---- */

/* Y: do not resubmit, the request is held and an answer will follow. That is a pended request. */
static struct ev_pas_answered held(struct submission *s, const struct ev_pas_answered *a) {
    struct ev_pas_answered h = *a;
    h.lines = pp_arena_new(pp_out_arena(s->out), struct ev_decided_line);
    if (h.lines)
        *h.lines = (struct ev_decided_line){.outcome = EV_DECIDED_LINE_OUTCOME_PENDED, .reason = a->error_text};
    h.lines_n = h.lines ? 1 : 0;
    h.error_code = PP_STR_NONE;
    return h;
}

/* X12: the file was put into the folder (no source), or a 999 has accepted it. The answer follows. */
static void queued(struct submission *s, struct submission_case_row *c, struct submission_row *sub,
                   const struct ev_pas_answered *a) {
    struct ev_decided_line waits = {.outcome = EV_DECIDED_LINE_OUTCOME_PENDED,
                                    .reason = PP_STR("Taken by the payer's gateway; no decision yet")};
    struct ev_pas_answered pended = *a;
    if (!a->source.n || !pp_str_eqz(sub->state, SUB_SENDING) || pp_str_eqz(sub->kind, "cancel")) return;
    if (sub->again) return; /* of a try that has been answered: files come in any order */
    pended.lines = &waits;
    pended.lines_n = 1;
    acknowledge(s, sub, PP_STR_NONE);
    submission_answer_came(s, sub);
    lines(s, sub, &pended, true);
    submission_reconcile(s, c);
    submission_packet_waiting(s, c);
}

static bool has_refused(struct submission *s, const struct submission_row *sub) {
    SUBMISSION_EACH_LINE(s, sub, l) {
        if (submission_state(l) == LINE_REFUSED) return true;
    }
    return false;
}

/* What a cancellation by X12 names: the payer's number of what is taken back. */
static void numbers_of(const struct ev_pas_answered *a, struct submission_row *sub, struct submission_send *q) {
    for (size_t i = 0; i < a->lines_n; i++) {
        if (!sub->reference.n) sub->reference = a->lines[i].reference;
        /* The number of an authorization that was to be extended would take all of it back. */
        if (!q->authorization.n && !SUBMISSION_IS_EXTENSION(sub)) q->authorization = a->lines[i].authorization;
    }
}

void submission_answered(struct submission *s, struct submission_row *sub, const struct ev_pas_answered *a,
                         bool direct) {
    struct submission_case_row *c = submission_case(s, sub->case_id);
    if (!c) return;
    if (submission_wire_of(s, sub) == WIRE_X12 && a->outcome == EV_PAS_ANSWERED_OUTCOME_QUEUED && !a->lines_n &&
        !a->error_code.n) {
        queued(s, c, sub, a);
        return;
    }
    submission_silence_ends(s, sub);
    sub->again = false;
    bool withdrawn = pp_str_eqz(sub->state, SUB_WITHDRAWN);
    if (pp_str_eqz(sub->kind, "cancel")) {
        if (pp_str_eqz(sub->state, SUB_SENDING)) submission_cancel_answered(s, sub, a);
        submission_packet_waiting(s, c);
        return;
    }
    if (withdrawn && !a->error_code.n) {
        /* It had gone out when we took it back: tell the payer. */
        struct submission_send q = {
            .c = c, .prior = sub, .kind = EV_PAS_SUBMIT_KIND_CANCEL, .payer = sub->payer, .channel = sub->channel};
        SUBMISSION_EACH_LINE(s, sub, l) {
            if (q.lines_n < SUBMISSION_LINES_MAX) q.lines[q.lines_n++] = l->line;
        }
        numbers_of(a, sub, &q);
        submission_send(s, &q);
        return;
    }
    if (withdrawn) return;
    struct ev_pas_answered hold;
    if (a->error_code.n && pp_str_eqz(a->error_followup, "Y")) {
        hold = held(s, a);
        a = &hold;
    }
    if (a->error_code.n && !a->lines_n) {
        bool waits = submission_waits(s, sub);
        if (waits && submission_again(s, sub, a)) return;
        if (waits)
            reject(s, sub, a->error_code, a->error_text, a->error_element, correctable(a->error_followup),
                   pp_str_eqz(a->source, "278"));
        else if ((direct || pp_str_eqz(a->source, "278")) && submission_has_live(s, sub))
            submission_task(s, sub, EV_TASK_NEEDED_KIND_PAYER_CONTACT,
                            PP_STR("The payer now refuses a request that it has answered before"));
    } else {
        acknowledge(s, sub, a->payer_ref);
        submission_answer_came(s, sub);
        sub->answered = true;
        lines(s, sub, a, direct);
        info(s, sub, a);
        if (!submission_has_live(s, sub) && !has_refused(s, sub)) submission_task_settle(s, sub, PP_STR("Decided"));
    }
    submission_reconcile(s, c);
    submission_packet_waiting(s, c);
}

void submission_failed(struct submission *s, struct submission_row *sub) {
    struct submission_case_row *c = submission_case(s, sub->case_id);
    struct pp_str why = s->in->why.n ? s->in->why : PP_STR("The request could not be sent");
    if (!c) return;
    why = pp_arena_str(pp_out_arena(s->out), pp_str_cut(why, 400));
    if (pp_str_eqz(sub->kind, "cancel")) {
        struct ev_pas_answered a = {.error_code = PP_STR("failed")};
        if (pp_str_eqz(sub->state, SUB_SENDING)) submission_cancel_answered(s, sub, &a);
    } else if (pp_str_eqz(sub->state, SUB_SENDING)) {
        reject(s, sub, PP_STR_NONE, why, PP_STR_NONE, true, false);
    }
    submission_packet_waiting(s, c);
}

void submission_delayed(struct submission *s, struct submission_row *sub, bool delayed) {
    if (!pp_str_eqz(sub->state, SUB_SENDING) || sub->delayed == delayed) return;
    sub->delayed = delayed;
    if (!delayed) return;
    struct ev_submission_delayed e = {.case_id = sub->case_id,
                                      .submission_id = sub->submission_id,
                                      .payer = sub->payer,
                                      .reason =
                                          PP_STR("The payer cannot be reached or does not answer; we go on trying"),
                                      .since = sub->created};
    pp_emit(s->out, EV(submission_delayed, SUBMISSION_DELAYED, &e));
}

/* The payer's time is up: ask once, which also finds a notification that got lost, and have a person look. */
void submission_due(struct submission *s) {
    struct submission_row *sub = submission_find(s, s->in->ref);
    if (!sub || !submission_has_live(s, sub)) return;
    submission_inquire(s, sub);
    SUBMISSION_EACH_LINE(s, sub, l) {
        if (submission_state(l) == LINE_PENDED)
            submission_line_task(s, l, EV_TASK_NEEDED_KIND_PAYER_CONTACT,
                                 PP_STR("The payer has not decided in the time it has"));
    }
}
