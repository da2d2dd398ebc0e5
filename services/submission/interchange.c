/* Acknowledgements name nothing but the number of an interchange. Each number of ours at a payer is a pseudo-person of
 * its own: what was sent under it is written down there, and what comes back finds it there and is told to the person
 * whose request it was. */
#include "submission/submission.h"

#define ACK_KIND "ack" /* row of an acknowledgement whose number is not known (yet) */

struct pp_uuid submission_number_person(struct submission *s, struct pp_str payer, struct pp_str control) {
    return pp_pseudo_person(s->in->hdr.tenant,
                            pp_arena_printf(pp_out_arena(s->out), "control:%.*s:%.*s", PP_FMT(payer), PP_FMT(control)));
}

static void read_ack(struct submission *s, struct pp_str payer, struct pp_str control, struct pp_str hash) {
    struct ev_pas_read r = {
        .payer = payer, .hash = hash, .control = control, .content_type = PP_STR("application/edi-x12")};
    pp_call(s->out, SUBMISSION_CALL_X12_ACK, payer, pp_uuid_derive(pp_unit_person(s->unit), hash),
            EV(pas_read, PAS_READ, &r));
}

static void forget_later(struct submission *s, const struct submission_interchange_row *r) {
    pp_timer(s->out, SUBMISSION_TIMER_FORGET, r->submission_id, s->ctx->now_ms + SUBMISSION_NUMBER_MS);
}

void submission_interchange_sent(struct submission *s, const struct ev_interchange_sent *e) {
    struct submission_interchange_row key = {.submission_id = e->submission_id,
                                             .kind = pp_str_z(ev_interchange_sent_kind_name(e->kind))};
    struct submission_interchange_row *r = pp_row_add(s->unit, SUBMISSION_INTERCHANGE, &key);
    if (!r || r->sent) return;
    r->payer = e->payer;
    r->control = e->control;
    r->case_id = e->case_id;
    r->owner = e->owner;
    r->sent = e->sent_at;
    forget_later(s, r);
    /* The acknowledgement was quicker than we. */
    PP_EACH_ROW(s->unit, SUBMISSION_INTERCHANGE, submission_interchange_row, k)
    if (pp_str_eqz(k->kind, ACK_KIND)) read_ack(s, k->payer, k->control, k->hash);
}

/* Two requests of ours may have got one number: the acknowledgement is for the newest that has none. */
static struct submission_interchange_row *sent_under(struct submission *s) {
    struct submission_interchange_row *best = NULL;
    PP_EACH_ROW(s->unit, SUBMISSION_INTERCHANGE, submission_interchange_row, r) {
        if (!r->sent) continue;
        bool open = !r->verdict.n, best_open = best && !best->verdict.n;
        if (best && (best_open != open ? best_open : r->sent < best->sent)) continue;
        best = r;
    }
    return best;
}

void submission_acknowledgement(struct submission *s, const struct ev_payer_answer_reported *e) {
    if (!sent_under(s)) {
        struct submission_interchange_row key = {.submission_id = pp_uuid_derive(pp_unit_person(s->unit), e->hash),
                                                 .kind = PP_STR(ACK_KIND)};
        struct submission_interchange_row *k = pp_row_add(s->unit, SUBMISSION_INTERCHANGE, &key);
        if (!k) return;
        k->payer = e->payer;
        k->control = e->control;
        k->hash = e->hash;
        forget_later(s, k);
    }
    read_ack(s, e->payer, e->control, e->hash);
}

static enum ev_interchange_answered_verdict verdict_of(const struct ev_pas_answered *a) {
    if (!a->error_code.n) return EV_INTERCHANGE_ANSWERED_VERDICT_ACCEPTED;
    if (pp_str_eqz(a->error_code, "025")) return EV_INTERCHANGE_ANSWERED_VERDICT_DUPLICATE;
    if (pp_str_eqz(a->error_code, "unclear")) return EV_INTERCHANGE_ANSWERED_VERDICT_UNCLEAR;
    return EV_INTERCHANGE_ANSWERED_VERDICT_REJECTED;
}

/* Somebody refuses an interchange that we do not know of: at that payer something is not as it should be. */
static void unknown(struct submission *s, const struct ev_pas_answered *a) {
    pp_count(s->out, "submission_payer_messages_total", PP_STR("kind=unknown_control"), 1);
    if (verdict_of(a) == EV_INTERCHANGE_ANSWERED_VERDICT_ACCEPTED) return;
    submission_payer_task(s, a->payer, a->control,
                          PP_STR("The payer refuses an X12 interchange whose number is none of ours"));
}

void submission_ack_answered(struct submission *s) {
    if (s->in->call != PP_CALL_ANSWERED) {
        if (s->in->call == PP_CALL_FAILED)
            pp_count(s->out, "submission_payer_messages_total", PP_STR("kind=unreadable"), 1);
        return;
    }
    const struct ev_pas_answered *a = s->in->ev->as.pas_answered;
    struct submission_interchange_row *r = sent_under(s);
    if (!r) {
        unknown(s, a);
        return;
    }
    enum ev_interchange_answered_verdict v = verdict_of(a);
    r->verdict = pp_str_z(ev_interchange_answered_verdict_name(v));
    r->answered = s->ctx->now_ms;
    struct ev_interchange_answered e = {.submission_id = r->submission_id,
                                        .case_id = r->case_id,
                                        .payer = r->payer,
                                        .control = r->control,
                                        .source = a->source,
                                        .verdict = v,
                                        .code = a->error_code,
                                        .element = a->error_element,
                                        .text = a->error_text,
                                        .hash = a->hash};
    ev_interchange_answered_kind_parse(r->kind, &e.kind);
    pp_emit_to(s->out, r->owner, EV(interchange_answered, INTERCHANGE_ANSWERED, &e));
}

/* ---- under the person ---- */

/* Documents that belong to a request that is under way or answered: the request itself stands as it does. */
static void documents_refused(struct submission *s, struct submission_row *sub,
                              const struct ev_interchange_answered *e) {
    if (submission_has_live(s, sub))
        submission_task(s, sub, EV_TASK_NEEDED_KIND_PAYER_CONTACT,
                        pp_arena_printf(pp_out_arena(s->out), "The payer did not take the documents: %.*s",
                                        PP_FMT(pp_str_cut(e->text, 200))));
    else
        pp_count(s->out, "submission_documents_refused_total", PP_STR_NONE, 1);
}

static bool is_current(struct submission *s, const struct submission_row *sub,
                       const struct ev_interchange_answered *e) {
    const char *kind = ev_interchange_answered_kind_name(e->kind);
    return pp_str_eq(e->control, submission_control(sub->submission_id, kind, sub->sends, pp_out_arena(s->out)));
}

void submission_interchange_answered(struct submission *s, const struct ev_interchange_answered *e) {
    struct submission_row *sub = submission_find(s, e->submission_id);
    pp_count(s->out, "submission_acknowledgements_total",
             pp_arena_printf(pp_out_arena(s->out), "source=%.*s,verdict=%s", PP_FMT(e->source),
                             ev_interchange_answered_verdict_name(e->verdict)),
             1);
    if (!sub || e->kind == EV_INTERCHANGE_ANSWERED_KIND_INQUIRY || !is_current(s, sub, e)) return;
    bool refused = e->verdict == EV_INTERCHANGE_ANSWERED_VERDICT_REJECTED;
    bool beside = e->kind == EV_INTERCHANGE_ANSWERED_KIND_ATTACHMENT && !pp_str_eqz(sub->kind, "documents");
    if (e->verdict == EV_INTERCHANGE_ANSWERED_VERDICT_UNCLEAR) {
        submission_task(s, sub, EV_TASK_NEEDED_KIND_PAYER_CONTACT,
                        PP_STR("The payer's acknowledgement cannot be understood"));
    } else if (beside) {
        if (refused) documents_refused(s, sub, e);
    } else if (refused) {
        struct ev_pas_answered a = {.outcome = EV_PAS_ANSWERED_OUTCOME_ERROR,
                                    .source = e->source,
                                    .error_code = e->code,
                                    .error_followup = PP_STR("C"),
                                    .error_element = e->element,
                                    .error_text = e->text};
        if (pp_str_eqz(sub->state, SUB_SENDING)) submission_answered(s, sub, &a, true);
    } else if (e->verdict == EV_INTERCHANGE_ANSWERED_VERDICT_ACCEPTED && !pp_str_eqz(e->source, "TA1")) {
        struct ev_pas_answered a = {.outcome = EV_PAS_ANSWERED_OUTCOME_QUEUED, .source = e->source};
        if (pp_str_eqz(sub->state, SUB_SENDING)) submission_answered(s, sub, &a, true);
    } /* a TA1 that accepts says that the envelope is right; a duplicate, that the first one is there */
}

void submission_forget_number(struct submission *s) {
    PP_EACH_ROW(s->unit, SUBMISSION_INTERCHANGE, submission_interchange_row, r)
    if (pp_uuid_eq(r->submission_id, s->in->ref) && (!r->sent || r->sent + SUBMISSION_NUMBER_MS <= s->ctx->now_ms))
        pp_row_delete(s->unit, r);
}
