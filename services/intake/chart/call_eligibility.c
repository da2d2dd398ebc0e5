/* 270 out, 271 in, in an envelope of CORE, in real time. No socket here. Asking twice does no harm, so a call that was
 * cut is simply made again. */
#include "codec/core_mime.h"
#include "codec/x12_270.h"
#include "intake/chart/chart.h"
#include "refs/places.h"
#include "refs/x12_sending.h"

#define REQUEST_BYTES_MAX (64u << 10)

static int write_270(const struct pp_call_ctx *x, const struct pp_payer *p, const struct ev_eligibility_ask *q,
                     struct pp_buf *ret, struct pp_err *err) {
    const struct pp_site *site = pp_refs_site(x->refs, q->site);
    struct pp_x12_sending sending;
    if (!site) site = pp_refs_site_next(x->refs, NULL);
    if (pp_payer_x12_sending(p, q->control, q->created, &sending, err) < 0) return -1;
    struct pp_270_request r = {.sending = sending,
                               .batch_ref = q->control,
                               .trace = q->trace,
                               .payer = {.name = p->name, .id_type = PP_STR("PI"), .id = p->identifier},
                               .patient = &q->patient,
                               .coverage = &q->coverage,
                               .on = q->on};
    if (site)
        r.provider =
            (struct pp_x12_org){.name = site->organization.n ? site->organization : site->name, .npi = site->npi};
    return pp_270_build(&r, ret, err);
}

int call_eligibility_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a,
                           struct pp_http_msg *ret, struct pp_err *err) {
    const struct ev_eligibility_ask *q = request->as.eligibility_ask;
    const struct pp_payer *p = pp_refs_payer(x->refs, q->payer);
    struct pp_buf b;
    char stamp[25];
    if (!p || !p->eligibility_url.n)
        return pp_err_set(err, PP_ERR_INVALID, "the payer directory has no eligibility endpoint for this payer");
    pp_buf_init(&b, REQUEST_BYTES_MAX);
    pp_time_text(x->now_ms / 1000 * 1000, stamp);
    int rc = write_270(x, p, q, &b, err);
    struct pp_core_envelope e = {.payload_type = PP_STR("X12_270_Request_005010X279A1"),
                                 .mode = PP_STR("RealTime"),
                                 .time_stamp = pp_str_z(stamp),
                                 .sender = p->isa_sender,
                                 .receiver = p->isa_receiver,
                                 .rule_version = PP_STR(PP_CORE_RULE_VERSION),
                                 .payload = pp_buf_str(&b)};
    struct pp_uuid id = pp_uuid_derive(x->job, pp_arena_printf(a, "core/270/%d", x->attempt));
    *ret = (struct pp_http_msg){.method = PP_STR("POST"), .accept = PP_STR("multipart/form-data, multipart/related")};
    if (rc == 0) rc = pp_core_request(&e, id, a, &ret->content_type, &ret->body, err);
    pp_buf_free(&b);
    return rc;
}

/* ---- 271 ---- */

struct reading {
    struct pp_str trace;
    struct pp_arena *a;
    struct ev_coverage_verified answer;
    uint32_t persons;
    bool ours, failed;
};

/* The person with our number; an answer without any number that holds one person alone is the answer, too. */
static int on_person(void *user, const struct pp_271 *p) {
    struct reading *g = user;
    bool ours = pp_str_eq(p->ours.number, g->trace);
    if (p->ours.number.n && !ours) return 0;
    g->persons++;
    if (g->ours) return 0;
    g->ours = ours;
    if (pp_271_verified(p, g->a, &g->answer) < 0) g->failed = true;
    return 0;
}

static enum pp_call_verdict by_status(int status, struct pp_err *err) {
    if (status >= 200 && status < 300) return PP_VERDICT_ANSWER;
    bool transient = status >= 500 || status == 429 || status == 408;
    pp_err_set(err, PP_ERR_HTTP, transient ? "answered %d" : "refused with %d", status);
    return transient ? PP_VERDICT_RETRY : PP_VERDICT_REFUSED;
}

enum pp_call_verdict call_eligibility_parse(const struct pp_call_ctx *x, const struct ev *request,
                                            const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                            struct pp_err *err) {
    const struct ev_eligibility_ask *q = request->as.eligibility_ask;
    struct reading g = {.trace = q->trace, .a = a};
    struct pp_271_handlers h = {.person = on_person, .user = &g};
    struct pp_core_envelope e;
    enum pp_call_verdict v = by_status(ans->status, err);
    (void)x;
    if (v != PP_VERDICT_ANSWER) return v;
    if (pp_core_read(ans->content_type, ans->body, &e, err) < 0) return PP_VERDICT_RETRY;
    if (e.error_code.n && !pp_str_eqz(e.error_code, "Success")) {
        pp_err_set(err, PP_ERR_HTTP, "the payer's gateway refused the envelope: %.*s",
                   PP_FMT(pp_str_cut(e.error_code, 60)));
        return PP_VERDICT_REFUSED;
    }
    if (pp_x12_271_bytes(NULL, e.payload, &h) < 0 || g.failed) {
        pp_err_set(err, PP_ERR_INVALID, "the answer cannot be held");
        return PP_VERDICT_RETRY;
    }
    if (!g.ours && g.persons != 1) { /* refused by a 999 or a TA1, or about somebody else */
        pp_err_set(err, PP_ERR_INVALID, "the answer says nothing about the coverage that was asked for");
        return PP_VERDICT_REFUSED;
    }
    struct ev_coverage_verified *copy = pp_arena_new(a, struct ev_coverage_verified);
    if (!copy || pp_arena_failed(a)) {
        pp_err_set(err, PP_ERR_NOMEM, "answer does not fit into memory");
        return PP_VERDICT_RETRY;
    }
    *copy = g.answer;
    copy->payer = q->payer;
    copy->trace = q->trace;
    *ret = ev_of_coverage_verified(copy);
    return PP_VERDICT_ANSWER;
}
