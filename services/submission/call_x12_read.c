/* What a payer answers by X12: 278 responses, 999 and TA1, from a CORE envelope or from a file in the blob store. */
#include "codec/core_mime.h"
#include "codec/x12_278.h"
#include "codec/x12_ack.h"
#include "refs/payers.h"
#include "submission/submission.h"

#define ACK_TEXT_BYTES 4096
#define TEXT_MAX 400
#define ELEMENT_MAX 80
#define REPEATED "025" /* TA105: the number of the interchange was there before */

/* ---- one pass over the bytes ---- */

struct reading {
    const struct ev_pas_submit *request; /* NULL: acknowledgements only */
    struct pp_str trace, control, zone;
    struct pp_arena *a;
    struct ev_pas_answered answer, ack;
    bool answered, acked, not_known, other, failed;
};

static bool is_ours(struct pp_str number) {
    struct pp_uuid person;
    uint32_t n;
    return pp_trace_parse(number, &person, &n);
}

/* An answer to an inquiry that finds nothing: "authorization number not found", or the patient is not. */
static bool says_not_found(const struct pp_278 *r) {
    for (uint32_t i = 0; i < r->aaa_n; i++) {
        struct pp_str c = r->aaa[i].code;
        if (pp_str_eqz(c, "AA") || pp_str_eqz(c, "67") || pp_str_eqz(c, "75") || pp_str_eqz(c, "78")) return true;
    }
    return false;
}

static int on_review(void *user, const struct pp_278 *r) {
    struct reading *g = user;
    struct pp_err err;
    struct pp_str number = r->event.ours.number;
    if (!r->response || g->answered || !g->request) return 0;
    /* Several answers in one file: ours is the one with our number. One that carries another number of ours is for
     * another request, one that carries none belongs to the call. */
    if (is_ours(number) && !pp_str_eq(number, g->trace)) {
        g->other = true;
        return 0;
    }
    if (r->inquiry && says_not_found(r)) {
        g->not_known = true;
        return 0;
    }
    if (pp_278_answered(r, g->request, g->a, &g->answer, &err) < 0) {
        g->failed = true;
        return -1;
    }
    g->answer.source = r->inquiry ? PP_STR("X215") : PP_STR("278");
    g->answered = true;
    return 0;
}

static bool speaks_of_us(const struct reading *g, const struct pp_ack *k) {
    if (!g->control.n) return true;
    int64_t said, want;
    struct pp_str number = k->kind == PP_ACK_INTERCHANGE ? k->interchange_control : k->group_control;
    return pp_str_int(number, &said) && pp_str_int(g->control, &want) && said == want;
}

/* The level that refuses is told first, before the levels around it, and is the one that names a place. */
static int on_ack(void *user, const struct pp_ack *k) {
    struct reading *g = user;
    struct pp_buf text, element;
    if (k->kind == PP_ACK_CLAIM || !speaks_of_us(g, k)) return 0;
    bool good = k->verdict == PP_ACK_ACCEPTED || k->verdict == PP_ACK_WITH_ERRORS;
    if (g->acked && (good || g->ack.outcome == EV_PAS_ANSWERED_OUTCOME_ERROR)) {
        /* a 999 beside a TA1 says more than that the envelope was right */
        if (good && g->ack.outcome == EV_PAS_ANSWERED_OUTCOME_QUEUED && k->kind != PP_ACK_INTERCHANGE)
            g->ack.source = pp_arena_strz(g->a, k->source);
        return 0;
    }
    g->acked = true;
    g->ack = (struct ev_pas_answered){
        .outcome = EV_PAS_ANSWERED_OUTCOME_QUEUED, .source = pp_arena_strz(g->a, k->source), .control = g->control};
    if (good) return 0;
    pp_buf_init(&text, ACK_TEXT_BYTES);
    pp_buf_init(&element, ACK_TEXT_BYTES);
    pp_ack_text(k, &text);
    pp_ack_element(k, &element);
    struct pp_str code = k->places_n && k->places[0].code.n ? k->places[0].code : k->codes_n ? k->codes[0] : k->code;
    g->ack.outcome = EV_PAS_ANSWERED_OUTCOME_ERROR;
    /* The code alone tells a duplicate apart; an acknowledgement that is not understood is no refusal. */
    g->ack.error_code = k->verdict == PP_ACK_UNCLEAR ? PP_STR("unclear")
                        : code.n                     ? pp_arena_str(g->a, pp_str_cut(code, 16))
                                                     : PP_STR("R");
    g->ack.error_followup = PP_STR("C");
    g->ack.error_element = pp_arena_str(g->a, pp_str_cut(pp_buf_str(&element), ELEMENT_MAX));
    g->ack.error_text = pp_arena_str(g->a, pp_str_cut(pp_buf_str(&text), TEXT_MAX));
    pp_buf_free(&text);
    pp_buf_free(&element);
    return 0;
}

static int event_of(struct reading *g, struct pp_x12_278 *v, struct pp_x12_ack_reader *k, const struct pp_x12_reader *r,
                    const struct pp_x12_event *e) {
    if (pp_x12_278_event(v, r, e) < 0 || pp_x12_ack_reader_event(k, r, e) < 0) return -1;
    return g->failed ? -1 : 0;
}

/* -1: no memory, or an answer that cannot be held. Nothing readable is no failure: nothing is found then. */
static int read_bytes(struct reading *g, struct pp_str bytes) {
    struct pp_278_handlers h278 = {.review = on_review, .user = g};
    struct pp_ack_handlers hack = {.ack = on_ack, .user = g};
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_278 *v = pp_x12_278_open(&h278, 0);
    struct pp_x12_ack_reader *k = pp_x12_ack_reader_open(&hack, 0);
    struct pp_x12_event e;
    int rc = r && v && k ? 0 : -1;
    for (uint32_t i = 0; rc == 0 && i < bytes.n;) {
        i += (uint32_t)pp_x12_feed(r, bytes.s + i, bytes.n - i, &e);
        rc = event_of(g, v, k, r, &e);
    }
    for (bool more = true; rc == 0 && more;) {
        pp_x12_finish(r, &e);
        rc = event_of(g, v, k, r, &e);
        more = e.what != PP_X12_NOTHING;
    }
    pp_x12_ack_reader_close(k);
    pp_x12_278_close(v);
    pp_x12_close(r);
    return rc;
}

static struct reading reading_of(const struct pp_call_ctx *x, const struct ev_pas_submit *r, struct pp_arena *a) {
    const struct pp_payer *p = pp_refs_payer(x->refs, r->payer);
    return (struct reading){
        .request = r, .trace = r->trace, .control = r->control, .zone = p ? p->zone : PP_STR_NONE, .a = a};
}

static enum pp_call_verdict deliver(const struct ev_pas_answered *ans, struct pp_str payer, struct pp_str trace,
                                    struct pp_str hash, struct pp_arena *a, struct ev *ret, struct pp_err *err) {
    struct ev_pas_answered *copy = pp_arena_new(a, struct ev_pas_answered);
    if (!copy || pp_arena_failed(a)) {
        pp_err_set(err, PP_ERR_NOMEM, "answer does not fit into memory");
        return PP_VERDICT_RETRY;
    }
    *copy = *ans;
    copy->payer = payer;
    copy->hash = hash;
    copy->trace = trace;
    *ret = ev_of_pas_answered(copy);
    return PP_VERDICT_ANSWER;
}

/* ---- answers of CORE ---- */

static enum pp_call_verdict by_status(int status, struct pp_err *err) {
    if (status >= 200 && status < 300) return PP_VERDICT_ANSWER;
    if (status >= 500 || status == 429 || status == 408) {
        pp_err_set(err, PP_ERR_HTTP, "answered %d", status);
        return PP_VERDICT_RETRY;
    }
    pp_err_set(err, PP_ERR_HTTP, "refused with %d", status);
    return PP_VERDICT_REFUSED;
}

/* Fills *g from the envelope. A file that was put has no answer: *g stays empty. */
static enum pp_call_verdict open_answer(const struct pp_http_answer *ans, struct reading *g, struct pp_err *err) {
    struct pp_core_envelope e;
    enum pp_call_verdict v = by_status(ans->status, err);
    if (v != PP_VERDICT_ANSWER || !ans->body.n) return v;
    if (pp_core_read(ans->content_type, ans->body, &e, err) < 0) return PP_VERDICT_RETRY;
    if (e.error_code.n && !pp_str_eqz(e.error_code, "Success")) {
        pp_err_set(err, PP_ERR_HTTP, "the payer's gateway refused the envelope: %.*s",
                   PP_FMT(pp_str_cut(e.error_code, 60)));
        return PP_VERDICT_REFUSED;
    }
    if (read_bytes(g, e.payload) < 0) {
        pp_err_set(err, PP_ERR_INVALID, "the answer cannot be read");
        return PP_VERDICT_RETRY;
    }
    return PP_VERDICT_ANSWER;
}

static const struct ev_pas_answered put_into_folder = {.outcome = EV_PAS_ANSWERED_OUTCOME_QUEUED};

static enum pp_call_verdict nothing_in_it(struct pp_err *err) {
    pp_err_set(err, PP_ERR_INVALID, "the answer holds neither a review nor an acknowledgement");
    return PP_VERDICT_RETRY; /* it may have been taken in: the inquiry finds out */
}

enum pp_call_verdict call_x12_parse(const struct pp_call_ctx *x, const struct ev *request,
                                    const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                    struct pp_err *err) {
    const struct ev_pas_submit *r = request->as.pas_submit;
    struct reading g = reading_of(x, r, a);
    enum pp_call_verdict v = open_answer(ans, &g, err);
    if (v != PP_VERDICT_ANSWER) return v;
    if (!ans->body.n) return deliver(&put_into_folder, r->payer, r->trace, PP_STR_NONE, a, ret, err);
    if (g.answered) return deliver(&g.answer, r->payer, r->trace, ans->body_hash, a, ret, err);
    if (!g.acked) return nothing_in_it(err);
    if (pp_str_eqz(g.ack.error_code, REPEATED) || pp_str_eqz(g.ack.error_code, "unclear")) {
        /* It has the interchange from a try before, or says something that we do not understand: it is asked. */
        pp_err_set(err, PP_ERR_INVALID, "acknowledged, but not answered");
        return PP_VERDICT_RETRY;
    }
    return deliver(&g.ack, r->payer, r->trace, ans->body_hash, a, ret, err);
}

enum pp_call_verdict call_x12_inquiry_parse(const struct pp_call_ctx *x, const struct ev *request,
                                            const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                            struct pp_err *err) {
    const struct ev_pas_submit *r = request->as.pas_submit;
    struct reading g = reading_of(x, r, a);
    g.control = PP_STR_NONE;
    if (ans->status == 404 && !ans->body.n) {
        pp_err_set(err, PP_ERR_NOTFOUND, "not there");
        return PP_VERDICT_NOT_FOUND;
    }
    enum pp_call_verdict v = open_answer(ans, &g, err);
    if (v != PP_VERDICT_ANSWER) return v;
    if (!ans->body.n) return deliver(&put_into_folder, r->payer, r->trace, PP_STR_NONE, a, ret, err);
    if (g.answered && (g.answer.lines_n || !g.answer.error_code.n))
        return deliver(&g.answer, r->payer, r->trace, ans->body_hash, a, ret, err);
    if (g.not_known || g.other) return PP_VERDICT_NOT_FOUND;
    pp_err_set(err, PP_ERR_INVALID, "the inquiry was not answered");
    return PP_VERDICT_RETRY;
}

enum pp_call_verdict call_x12_inquire_parse(const struct pp_call_ctx *x, const struct ev *request,
                                            const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                            struct pp_err *err) {
    enum pp_call_verdict v = call_x12_inquiry_parse(x, request, ans, a, ret, err);
    if (v != PP_VERDICT_NOT_FOUND) return v;
    pp_err_set(err, PP_ERR_NOTFOUND, "the payer does not know the request");
    return PP_VERDICT_REFUSED;
}

/* A 275 is answered by its acknowledgement alone. That the number was there before means: it has arrived. */
enum pp_call_verdict call_x12_attach_parse(const struct pp_call_ctx *x, const struct ev *request,
                                           const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                           struct pp_err *err) {
    const struct ev_pas_submit *r = request->as.pas_submit;
    struct reading g = reading_of(x, r, a);
    if (ans->status == 404 && !ans->body.n) return PP_VERDICT_NOT_FOUND;
    enum pp_call_verdict v = open_answer(ans, &g, err);
    if (v != PP_VERDICT_ANSWER) return v;
    if (!ans->body.n) return deliver(&put_into_folder, r->payer, r->trace, PP_STR_NONE, a, ret, err);
    if (!g.acked) return nothing_in_it(err);
    if (pp_str_eqz(g.ack.error_code, REPEATED))
        g.ack = (struct ev_pas_answered){.outcome = EV_PAS_ANSWERED_OUTCOME_QUEUED, .source = g.ack.source};
    return deliver(&g.ack, r->payer, r->trace, ans->body_hash, a, ret, err);
}

/* ---- what a payer sends of its own accord, read from the blob store ---- */

int call_x12_read_blobs(const struct ev *request, struct pp_str *ret, int max) {
    if (max < 1) return 0;
    ret[0] = request->as.pas_submit->hash;
    return 1;
}

enum pp_call_verdict call_x12_read_parse(const struct pp_call_ctx *x, const struct ev *request,
                                         const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                         struct pp_err *err) {
    const struct ev_pas_submit *r = request->as.pas_submit;
    struct reading g = reading_of(x, r, a);
    struct pp_str bytes = x->blob(x, r->hash);
    (void)ans; /* no request went out */
    if (!bytes.n) {
        pp_err_set(err, PP_ERR_IO, "the bytes are not in the blob store yet");
        return PP_VERDICT_RETRY;
    }
    if (read_bytes(&g, bytes) < 0 || (!g.answered && !g.not_known)) {
        pp_err_set(err, PP_ERR_INVALID, "the message holds no answer to this request");
        return PP_VERDICT_REFUSED;
    }
    if (!g.answered)
        g.answer = (struct ev_pas_answered){.outcome = EV_PAS_ANSWERED_OUTCOME_ERROR,
                                            .source = PP_STR("X215"),
                                            .error_code = PP_STR(SUBMISSION_NOT_KNOWN),
                                            .error_text = PP_STR("The payer does not know the request")};
    return deliver(&g.answer, r->payer, r->trace, r->hash, a, ret, err);
}

int call_x12_ack_blobs(const struct ev *request, struct pp_str *ret, int max) {
    return call_read_blobs(request, ret, max);
}

enum pp_call_verdict call_x12_ack_parse(const struct pp_call_ctx *x, const struct ev *request,
                                        const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                        struct pp_err *err) {
    const struct ev_pas_read *r = request->as.pas_read;
    struct reading g = {.control = r->control, .a = a};
    struct pp_str bytes = x->blob(x, r->hash);
    (void)ans;
    if (!bytes.n) {
        pp_err_set(err, PP_ERR_IO, "the bytes are not in the blob store yet");
        return PP_VERDICT_RETRY;
    }
    if (read_bytes(&g, bytes) < 0 || !g.acked) {
        pp_err_set(err, PP_ERR_INVALID, "the message acknowledges nothing of ours");
        return PP_VERDICT_REFUSED;
    }
    return deliver(&g.ack, r->payer, PP_STR_NONE, r->hash, a, ret, err);
}
