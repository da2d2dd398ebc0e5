/* Subscriptions: under a payer's pseudo-person, one for each of our organizations there. */
#include "refs/payers.h"
#include "submission/submission.h"

static struct pp_uuid ref_of(struct submission *s, struct pp_str org) {
    struct pp_str name = pp_arena_printf(pp_out_arena(s->out), "subscription/%.*s", PP_FMT(org));
    return pp_uuid_derive(pp_unit_person(s->unit), name);
}

static struct submission_subscription_row *by_ref(struct submission *s) {
    PP_EACH_ROW(s->unit, SUBMISSION_SUBSCRIPTION, submission_subscription_row, r)
    if (pp_uuid_eq(ref_of(s, r->org), s->in->ref)) return r;
    return NULL;
}

/* Without an id the payer is asked for a new subscription, with one whether it is still alive. */
static void ask(struct submission *s, struct submission_subscription_row *r) {
    struct ev_pas_subscribe q = {
        .payer = r->payer, .org = r->org, .endpoint = r->endpoint, .subscription = r->subscription};
    r->asked = s->ctx->now_ms;
    pp_call(s->out, SUBMISSION_CALL_SUBSCRIBE, r->payer, ref_of(s, r->org), EV(pas_subscribe, PAS_SUBSCRIBE, &q));
}

void submission_subscribe(struct submission *s, const struct ev_payer_subscribe *e) {
    const struct pp_payer *p = pp_refs_payer(s->ctx->refs, e->payer);
    if (!p || p->channel != EV_REQUIREMENT_DETERMINED_CHANNEL_FHIR) {
        pp_reply(s->out, PP_REPLY_INVALID, 0, "this payer is not reached by FHIR");
        return;
    }
    struct submission_subscription_row key = {.payer = e->payer, .org = e->org};
    struct submission_subscription_row *r = pp_row_add(s->unit, SUBMISSION_SUBSCRIPTION, &key);
    if (!r) return;
    /* The runtime puts the address under which payers reach the door in place of {door}. */
    r->endpoint = pp_arena_printf(pp_out_arena(s->out), "{door}/v1/payers/%.*s/notify", PP_FMT(e->payer));
    ask(s, r);
    pp_reply(s->out, PP_REPLY_DONE, 1, "asked for");
}

static bool alive(struct pp_str status) { return pp_str_eqz(status, "requested") || pp_str_eqz(status, "active"); }

void submission_subscribed(struct submission *s) {
    struct submission_subscription_row *r = by_ref(s);
    if (!r) return;
    if (s->in->call == PP_CALL_FAILED) {
        r->status = PP_STR("failed");
        pp_count(s->out, "submission_subscriptions_failed_total", PP_STR_NONE, 1);
        pp_timer(s->out, SUBMISSION_TIMER_RENEW, s->in->ref, s->ctx->now_ms + SUBMISSION_RETRY_SUBSCRIBE_MS);
        return;
    }
    if (s->in->call != PP_CALL_ANSWERED) return;
    const struct ev_pas_subscribed *a = s->in->ev->as.pas_subscribed;
    bool was_known = r->subscription.n > 0;
    r->status = a->status;
    r->checked = s->ctx->now_ms;
    r->subscription = alive(a->status) ? a->subscription : PP_STR_NONE;
    if (!alive(a->status) && was_known) {
        ask(s, r);
        return;
    }
    pp_timer(s->out, SUBMISSION_TIMER_RENEW, s->in->ref,
             s->ctx->now_ms + (alive(a->status) ? SUBMISSION_RENEW_MS : SUBMISSION_RETRY_SUBSCRIBE_MS));
}

void submission_renew(struct submission *s) {
    struct submission_subscription_row *r = by_ref(s);
    if (r) ask(s, r);
}
