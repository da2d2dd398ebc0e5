/* Authorizations that come to their end: a timer for each one that stands, and one fact some days before its last day.
 */
#include "refs/payers.h"
#include "submission/submission.h"

static struct pp_str zone_of(struct submission *s, const struct submission_line_row *l) {
    const struct pp_payer *p = pp_refs_payer(s->ctx->refs, l->payer);
    return p ? p->zone : PP_STR_NONE;
}

static struct pp_uuid timer_ref(struct submission *s, const struct submission_line_row *l) {
    return pp_uuid_derive(l->submission_id, pp_arena_printf(pp_out_arena(s->out), "expiry/%d", l->line));
}

/* Follows from the window alone: the same window is said once, a new one again. */
static int64_t notice_at(struct submission *s, const struct submission_line_row *l) {
    struct pp_str zone = zone_of(s, l);
    pp_date from = l->valid_from ? l->valid_from : pp_zone_date(zone, l->decided);
    int32_t life = l->valid_until > from ? l->valid_until - from : 0;
    int32_t before = life < SUBMISSION_EXPIRY_DAYS ? life / SUBMISSION_EXPIRY_PART : SUBMISSION_EXPIRY_DAYS;
    return pp_zone_instant(zone, l->valid_until - before, SUBMISSION_EXPIRY_MINUTE);
}

/* The line rests on it: granted by the payer that is responsible now, followed by no other request, still wanted. */
static bool stands(struct submission *s, const struct submission_line_row *l) {
    const struct submission_case_row *c = submission_case(s, l->case_id);
    if (!c || !l->valid_until || !submission_line_granted(submission_state(l))) return false;
    if (submission_newest_line(s, l->case_id, l->line, c->payer) != l) return false;
    return submission_wanted(s, c, submission_case_body(s, c), l->line);
}

void submission_watch_expiry(struct submission *s) {
    PP_EACH_ROW(s->unit, SUBMISSION_LINE, submission_line_row, l) {
        int64_t at = stands(s, l) ? notice_at(s, l) : 0;
        if (at == l->expiry_at) continue;
        l->expiry_at = at;
        pp_timer(s->out, SUBMISSION_TIMER_EXPIRY, timer_ref(s, l), at);
    }
}

static void tell(struct submission *s, const struct submission_row *sub, const struct submission_line_row *l) {
    pp_date today = pp_zone_date(zone_of(s, l), s->ctx->now_ms);
    if (today > l->valid_until) return; /* it was over when we heard of it */
    struct ev_authorization_expiring e = {.case_id = l->case_id,
                                          .case_version = sub->case_version,
                                          .submission_id = l->submission_id,
                                          .line = l->line,
                                          .payer = l->payer,
                                          .authorization = l->authorization_no,
                                          .valid_until = l->valid_until,
                                          .days_left = l->valid_until - today,
                                          .units = l->auth_units};
    pp_emit(s->out, EV(authorization_expiring, AUTHORIZATION_EXPIRING, &e));
}

void submission_expiring(struct submission *s) {
    PP_EACH_ROW(s->unit, SUBMISSION_LINE, submission_line_row, l) {
        const struct submission_row *sub = submission_find(s, l->submission_id);
        if (sub && l->expiry_at && pp_uuid_eq(timer_ref(s, l), s->in->ref) && stands(s, l)) tell(s, sub, l);
    }
}
