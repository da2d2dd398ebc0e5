/* A payer's Subscription: POST for a new one, GET to see whether it is alive. */
#include "codec/pas.h"
#include "refs/payers.h"
#include "submission/submission.h"

#define FHIR_JSON PP_STR("application/fhir+json")
#define SUBSCRIPTION_BYTES 8192

int call_subscribe_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a,
                         struct pp_http_msg *ret, struct pp_err *err) {
    const struct ev_pas_subscribe *r = request->as.pas_subscribe;
    const struct pp_payer *p = pp_refs_payer(x->refs, r->payer);
    struct pp_buf b;
    if (r->subscription.n) {
        *ret = (struct pp_http_msg){.method = PP_STR("GET"),
                                    .accept = FHIR_JSON,
                                    .path = pp_arena_printf(a, "/Subscription/%.*s", PP_FMT(r->subscription))};
        return 0;
    }
    struct pp_pas_subscription s = {.endpoint = r->endpoint, .org = r->org};
    if (p) s.filter = p->org_filter;
    /* The secret is not ours to know: the runtime puts it in. */
    if (p && p->callback_header.n) s.header = pp_arena_printf(a, "%.*s: {secret}", PP_FMT(p->callback_header));
    pp_buf_init(&b, SUBSCRIPTION_BYTES);
    int rc = pp_pas_build_subscription(&s, &b, err);
    if (rc == 0)
        *ret = (struct pp_http_msg){.method = PP_STR("POST"),
                                    .path = PP_STR("/Subscription"),
                                    .content_type = FHIR_JSON,
                                    .accept = FHIR_JSON,
                                    .body = pp_arena_str(a, pp_buf_str(&b)),
                                    .fill = true};
    pp_buf_free(&b);
    return rc;
}

enum pp_call_verdict call_subscribe_parse(const struct pp_call_ctx *x, const struct ev *request,
                                          const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                          struct pp_err *err) {
    const struct ev_pas_subscribe *r = request->as.pas_subscribe;
    struct ev_pas_subscribed *s = pp_arena_new(a, struct ev_pas_subscribed);
    (void)x;
    if (!s) return PP_VERDICT_RETRY;
    bool gone = r->subscription.n && (ans->status == 404 || ans->status == 410);
    if (gone) {
        *s = (struct ev_pas_subscribed){.subscription = r->subscription, .status = PP_STR("gone")};
    } else if (ans->status >= 500 || ans->status == 429 || ans->status == 408) {
        pp_err_set(err, PP_ERR_HTTP, "answered %d", ans->status);
        return PP_VERDICT_RETRY;
    } else if (ans->status >= 300 || pp_pas_read_subscription(ans->body, a, s, err) < 0) {
        if (ans->status >= 300) pp_err_set(err, PP_ERR_HTTP, "refused with %d", ans->status);
        return PP_VERDICT_REFUSED;
    }
    *ret = ev_of_pas_subscribed(s);
    return PP_VERDICT_ANSWER;
}
