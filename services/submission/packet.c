/* A released packet: which of its lines go, as what, and which are out already. */
#include "refs/payers.h"
#include "submission/submission.h"

static struct pp_str encoded(struct submission *s, const struct ev_packet_released *e) {
    struct pp_buf b;
    struct pp_err err;
    struct pp_str t = PP_STR_NONE;
    pp_buf_init(&b, SUBMISSION_REQUEST_BYTES);
    if (ev_encode(EV(packet_released, PACKET_RELEASED, e), &b, &err) == 0)
        t = pp_arena_str(pp_out_arena(s->out), pp_buf_str(&b));
    pp_buf_free(&b);
    return t;
}

/* By X12 a change names the payer's number: one that is acknowledged and not yet reviewed has none. */
static bool under_way(struct submission *s, const struct submission_case_row *c) {
    PP_EACH_ROW(s->unit, SUBMISSION_SUBMISSION, submission_row, sub) {
        if (!pp_uuid_eq(sub->case_id, c->case_id)) continue;
        if (pp_str_eqz(sub->state, SUB_SENDING)) return true;
        if (submission_waits(s, sub) && submission_has_live(s, sub)) return true;
    }
    return false;
}

static struct submission_send send_of(struct submission_case_row *c, const struct ev_packet_released *e) {
    return (struct submission_send){.c = c,
                                    .kind = EV_PAS_SUBMIT_KIND_INITIAL,
                                    .payer = c->payer,
                                    .channel = c->channel,
                                    .documents = e->documents,
                                    .documents_n = e->documents_n};
}

/* What a line of the packet needs. */
enum line_need { NEED_NOTHING, NEED_NEW, NEED_UPDATE };
static enum line_need need_of(struct submission *s, const struct submission_case_row *c,
                              const struct ev_case_line *cl) {
    const struct submission_line_row *l = submission_newest_line(s, c->case_id, (int32_t)cl->line, c->payer);
    if (!l) return NEED_NEW;
    bool same = pp_str_eq(l->asked, submission_asked(s, cl));
    enum submission_line_state st = submission_state(l);
    if (st == LINE_CANCELLING) return NEED_NEW;
    if (submission_line_live(st)) return same ? NEED_NOTHING : NEED_UPDATE;
    /* Decided or refused: the same again changes nothing; another content is another request. */
    return same ? NEED_NOTHING : NEED_NEW;
}

/* Every live line at another payer is taken back: one live request per line. */
static void leave_other_payers(struct submission *s, struct submission_case_row *c) {
    PP_EACH_ROW(s->unit, SUBMISSION_SUBMISSION, submission_row, sub) {
        if (!pp_uuid_eq(sub->case_id, c->case_id) || pp_str_eq(sub->payer, c->payer)) continue;
        if (submission_has_live(s, sub) && !pp_str_eqz(sub->state, SUB_CLOSED))
            submission_cancel(s, c, sub, PP_STR("Another payer is responsible"));
    }
}

/* A live request of which one line changed goes again as a whole, with all its lines that are still open. */
static void update(struct submission *s, struct submission_case_row *c, const struct ev_packet_released *e,
                   struct submission_row *prior) {
    struct submission_send q = send_of(c, e);
    q.kind = EV_PAS_SUBMIT_KIND_UPDATE;
    q.prior = prior;
    q.channel = prior->channel;
    const struct ev_case *body = submission_case_body(s, c);
    SUBMISSION_EACH_LINE(s, prior, l) {
        const struct ev_case_line *cl = submission_case_line(body, l->line);
        bool wanted = cl && cl->state == EV_CASE_LINE_STATE_ACTIVE && q.lines_n < SUBMISSION_LINES_MAX;
        enum submission_line_state st = submission_state(l);
        if (wanted && submission_line_live(st) && st != LINE_CANCELLING) q.lines[q.lines_n++] = l->line;
    }
    if (q.lines_n) submission_send(s, &q);
}

/* What is asked for anew is not to be extended as it was. */
static void leave_extension(struct submission *s, struct submission_case_row *c, int32_t line) {
    const struct submission_line_row *l = submission_open_extension(s, c->case_id, line, c->payer);
    struct submission_row *sub = l ? submission_find(s, l->submission_id) : NULL;
    if (sub) submission_cancel(s, c, sub, PP_STR("The line is asked for anew"));
}

static void send_lines(struct submission *s, struct submission_case_row *c, const struct ev_packet_released *e) {
    const struct ev_case *body = submission_case_body(s, c);
    struct submission_send fresh = send_of(c, e);
    struct submission_row *changed[SUBMISSION_LINES_MAX];
    size_t changed_n = 0;
    for (size_t i = 0; i < e->lines_n && fresh.lines_n < SUBMISSION_LINES_MAX; i++) {
        const struct ev_case_line *cl = submission_case_line(body, e->lines[i]);
        if (!cl || cl->state != EV_CASE_LINE_STATE_ACTIVE) continue;
        enum line_need need = need_of(s, c, cl);
        if (need == NEED_NEW) {
            fresh.lines[fresh.lines_n++] = cl->line;
            leave_extension(s, c, (int32_t)cl->line);
        }
        if (need != NEED_UPDATE) continue;
        struct submission_row *prior =
            submission_find(s, submission_newest_line(s, c->case_id, (int32_t)cl->line, c->payer)->submission_id);
        size_t at = 0;
        while (at < changed_n && changed[at] != prior) at++;
        if (at == changed_n && prior) changed[changed_n++] = prior;
    }
    for (size_t i = 0; i < changed_n; i++) update(s, c, e, changed[i]);
    if (fresh.lines_n == 0) return;
    submission_send(s, &fresh);
}

/* The live request that carries on from one whose documents the payer asked for. */
static struct submission_row *carries_on(struct submission *s, struct pp_uuid id) {
    struct submission_row *sub = submission_find(s, id);
    for (int hops = 0; sub && pp_str_eqz(sub->state, SUB_CLOSED) && hops < 64; hops++) {
        struct submission_row *next = NULL;
        PP_EACH_ROW(s->unit, SUBMISSION_SUBMISSION, submission_row, x)
        if (pp_uuid_eq(x->prior_id, sub->submission_id) && pp_uuid_eq(x->extends_id, sub->extends_id) &&
            !pp_str_eqz(x->kind, "cancel"))
            next = x;
        sub = next;
    }
    return sub;
}

static void answer_request(struct submission *s, struct submission_case_row *c, const struct ev_packet_released *e) {
    struct submission_row *prior = carries_on(s, e->info_request_of);
    if (!prior || !submission_has_live(s, prior)) {
        pp_count(s->out, "submission_documents_too_late_total", PP_STR_NONE, 1);
        return;
    }
    if (e->documents_n == 0) {
        submission_task(s, prior, EV_TASK_NEEDED_KIND_PAYER_CONTACT,
                        PP_STR("The payer asked for documents that will not come; tell it why"));
        return;
    }
    struct submission_send q = send_of(c, e);
    q.kind = EV_PAS_SUBMIT_KIND_DOCUMENTS;
    q.prior = prior;
    q.payer = prior->payer;
    q.channel = prior->channel;
    const struct ev_case *body = submission_case_body(s, c);
    SUBMISSION_EACH_LINE(s, prior, l) {
        enum submission_line_state st = submission_state(l);
        if (!submission_line_live(st) || st == LINE_CANCELLING || !submission_case_line(body, l->line)) continue;
        if (q.lines_n < SUBMISSION_LINES_MAX) q.lines[q.lines_n++] = l->line;
    }
    if (!q.lines_n) return;
    submission_send(s, &q);
}

void submission_packet(struct submission *s, const struct ev_packet_released *e) {
    struct submission_case_row *c = submission_case(s, e->case_id);
    if (!c || c->withdrawn) return;
    if (!c->payer.n) {
        pp_park(s->out, e->case_id, "a packet without a payer to go to");
        return;
    }
    if (under_way(s, c)) {
        /* What goes next depends on the answer that is awaited; the newest packet holds all that is to be sent. */
        c->packet = encoded(s, e);
        return;
    }
    c->packet = PP_STR_NONE;
    if (!pp_uuid_none(e->info_request_of)) {
        answer_request(s, c, e);
        return;
    }
    leave_other_payers(s, c);
    send_lines(s, c, e);
}

void submission_packet_waiting(struct submission *s, struct submission_case_row *c) {
    struct ev e;
    struct pp_err err;
    if (!c->packet.n || c->withdrawn || under_way(s, c)) return;
    struct pp_str text = c->packet;
    c->packet = PP_STR_NONE;
    if (ev_decode(EV_PACKET_RELEASED, text, pp_out_arena(s->out), &e, &err) < 0) {
        pp_park(s->out, c->case_id, "the packet that waited cannot be read");
        return;
    }
    submission_packet(s, e.as.packet_released);
}
