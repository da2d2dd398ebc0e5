/* Payers' own messages: they are read by a local job (bytes are not for a decider), and then count like an answer. */
#include "refs/payers.h"
#include "submission/submission.h"

static void counted(struct submission *s, const char *what) {
    pp_count(s->out, "submission_payer_messages_total", pp_arena_printf(pp_out_arena(s->out), "kind=%s", what), 1);
}

struct pp_str submission_decider(struct submission *s, struct pp_str payer) {
    const struct pp_payer *p = pp_refs_payer(s->ctx->refs, payer);
    return p && p->reviewer.n ? p->reviewer : payer;
}

/* A payer speaks for its own requests only, and its delegate for them too. */
static bool speaks_for(struct submission *s, struct pp_str who, struct pp_str payer) {
    return pp_str_eq(who, payer) || pp_str_eq(who, submission_decider(s, payer));
}

/* The lines of an answer are found by what was asked for, so the request goes along with the bytes. */
static void read_x12(struct submission *s, const struct submission_row *sub, const struct ev_payer_answer_reported *e) {
    const struct ev_pas_submit *was = submission_request(s, sub);
    counted(s, "x12");
    if (!was) return;
    struct ev_pas_submit r = *was;
    r.hash = e->hash;
    pp_call(s->out, SUBMISSION_CALL_X12_READ, e->payer, pp_uuid_derive(sub->submission_id, e->hash),
            EV(pas_submit, PAS_SUBMIT, &r));
}

void submission_payer_answer(struct submission *s, const struct ev_payer_answer_reported *e) {
    if (e->kind == EV_PAYER_ANSWER_REPORTED_KIND_HANDSHAKE || e->kind == EV_PAYER_ANSWER_REPORTED_KIND_HEARTBEAT) {
        counted(s, ev_payer_answer_reported_kind_name(e->kind));
        return;
    }
    bool x12 = e->channel == EV_PAYER_ANSWER_REPORTED_CHANNEL_X12;
    if (e->kind == EV_PAYER_ANSWER_REPORTED_KIND_ACKNOWLEDGEMENT) {
        submission_acknowledgement(s, e);
        return;
    }
    const struct submission_row *sub = submission_by_trace(s, e->trace);
    if (!sub) {
        counted(s, "unknown_trace");
        if (x12)
            submission_payer_task(
                s, e->payer, pp_arena_printf(pp_out_arena(s->out), "message %.*s", PP_FMT(pp_str_cut(e->hash, 12))),
                PP_STR("An answer by X12 names a request that is "
                       "none of ours; nothing was decided by it"));
        return;
    }
    if (!speaks_for(s, e->payer, sub->payer)) {
        counted(s, "wrong_payer");
        return;
    }
    if (x12) {
        read_x12(s, sub, e);
        return;
    }
    counted(s, "notification");
    struct ev_pas_read r = {.payer = e->payer, .hash = e->hash, .trace = e->trace, .content_type = e->content_type};
    pp_call(s->out, SUBMISSION_CALL_READ, e->payer, pp_uuid_derive(sub->submission_id, e->hash),
            EV(pas_read, PAS_READ, &r));
}

void submission_read_answered(struct submission *s) {
    if (s->in->call != PP_CALL_ANSWERED) {
        if (s->in->call == PP_CALL_FAILED) counted(s, "unreadable");
        return;
    }
    const struct ev_pas_answered *a = s->in->ev->as.pas_answered;
    struct submission_row *sub = submission_by_trace(s, a->trace);
    if (!sub || !speaks_for(s, a->payer, sub->payer)) {
        counted(s, sub ? "wrong_payer" : "unknown_trace");
        return;
    }
    bool id_only = !a->lines_n && !a->error_code.n && !a->wanted_n;
    const struct ev_pas_submit *r = id_only ? submission_request(s, sub) : NULL;
    if (r)
        pp_call(s->out, SUBMISSION_CALL_INQUIRE, submission_decider(s, sub->payer), sub->submission_id,
                EV(pas_submit, PAS_SUBMIT, r));
    else
        submission_answered(s, sub, a, false);
}

/* An answer to a request counts like one that came at once. An answer to an inquiry that says nothing of the request
 * changes nothing, but for "not known". */
void submission_x12_read_answered(struct submission *s) {
    if (s->in->call != PP_CALL_ANSWERED) {
        if (s->in->call == PP_CALL_FAILED) counted(s, "unreadable");
        return;
    }
    const struct ev_pas_answered *a = s->in->ev->as.pas_answered;
    struct submission_row *sub = submission_by_trace(s, a->trace);
    bool inquiry = pp_str_eqz(a->source, "X215");
    if (!sub) return;
    if (inquiry && a->error_code.n && !a->lines_n) {
        if (pp_str_eqz(a->error_code, SUBMISSION_NOT_KNOWN)) submission_not_known(s, sub);
        return;
    }
    submission_answered(s, sub, a, !inquiry && submission_waits(s, sub));
}
