/* More time or more units of an authorization that is in force: a request of its own at the payer, beside the one that
 * was granted. That one stands until more is granted; then the line rests on what is granted now. */
#include "refs/payers.h"
#include "submission/submission.h"

struct submission_line_row *submission_open_extension(struct submission *s, struct pp_uuid case_id, int32_t line,
                                                      struct pp_str payer) {
    PP_EACH_ROW(s->unit, SUBMISSION_LINE, submission_line_row, l) {
        const struct submission_row *sub = submission_find(s, l->submission_id);
        if (!pp_uuid_eq(l->case_id, case_id) || l->line != line || !pp_str_eq(l->payer, payer)) continue;
        if (!sub || !SUBMISSION_IS_EXTENSION(sub) || submission_state(l) == LINE_CANCELLING) continue;
        if (submission_line_live(submission_state(l))) return l;
    }
    return NULL;
}

/* Under one number the window grows; under a new number it is the payer's alone. Certified as it was asked for, and
 * nothing said about time or units: what was asked for. */
void submission_extended(struct submission *s, const struct submission_row *sub, struct submission_line_row *l) {
    struct submission_line_row key = {.submission_id = sub->extends_id, .line = l->line};
    struct submission_line_row *was = SUBMISSION_IS_EXTENSION(sub) ? pp_row_find(s->unit, SUBMISSION_LINE, &key) : NULL;
    const struct ev_pas_submit *r = submission_request(s, sub);
    if (!was || !submission_line_granted(submission_state(was))) return;
    if (!l->authorization_no.n) l->authorization_no = was->authorization_no;
    if (pp_str_eq(l->authorization_no, was->authorization_no)) {
        if (!l->valid_from || (was->valid_from && was->valid_from < l->valid_from)) l->valid_from = was->valid_from;
        if (!l->valid_until) l->valid_until = r && r->until ? r->until : was->valid_until;
        if (!l->provider_npi.n) l->provider_npi = was->provider_npi;
    }
    submission_line_set(s, was, LINE_SUPERSEDED, BY_US);
}

/* ---- the command ---- */

static bool more_units(struct pp_str asked, struct pp_str granted) {
    int64_t a, g;
    if (!pp_dec_parse(asked, &a) || a <= 0) return false;
    return !granted.n || !pp_dec_parse(granted, &g) || a > g;
}

static pp_date today_at(struct submission *s, struct pp_str payer) {
    const struct pp_payer *p = pp_refs_payer(s->ctx->refs, payer);
    return pp_zone_date(p ? p->zone : PP_STR_NONE, s->ctx->now_ms);
}

/* NULL: the line may be extended as it is asked for. */
static const char *line_fault(struct submission *s, const struct submission_case_row *c,
                              const struct ev_request_extend *e, const struct submission_line_row *l) {
    if (!l || !submission_line_granted(submission_state(l))) return "there is no authorization to extend";
    if (l->valid_until && l->valid_until < today_at(s, l->payer))
        return "the authorization has ended: a new request is needed";
    if (!submission_wanted(s, c, submission_case_body(s, c), l->line)) return "the line is no longer wanted";
    if (!pp_str_eq(l->asked, submission_asked(s, submission_case_line(submission_case_body(s, c), l->line))))
        return "the order has changed since: what is ordered now is another request";
    if (submission_open_extension(s, l->case_id, l->line, l->payer)) return "an extension is under way";
    if (e->until && l->valid_until && e->until <= l->valid_until) return "it is valid until that day already";
    if (e->until && e->until < today_at(s, l->payer)) return "that day is over";
    if (e->quantity.n && !more_units(e->quantity, l->auth_units)) return "so many units are granted already";
    return NULL;
}

static bool refuse(struct submission *s, enum pp_reply_status st, const struct submission_case_row *c,
                   const char *why) {
    pp_reply(s->out, st, c ? c->case_version : 0, "%s", why);
    return false;
}

/* Lines of one request, under one number. */
static bool collect(struct submission *s, struct submission_case_row *c, const struct ev_request_extend *e,
                    struct submission_send *q) {
    for (size_t i = 0; i < e->lines_n; i++) {
        struct submission_line_row *l = submission_newest_line(s, c->case_id, (int32_t)e->lines[i], c->payer);
        const char *wrong = line_fault(s, c, e, l);
        if (wrong) return refuse(s, PP_REPLY_CONFLICT, c, wrong);
        if (i && (!pp_uuid_eq(q->prior->submission_id, l->submission_id) ||
                  !pp_str_eq(q->authorization, l->authorization_no)))
            return refuse(s, PP_REPLY_CONFLICT, c,
                          "these lines have authorizations of their own: extend each by itself");
        q->prior = submission_find(s, l->submission_id);
        q->authorization = l->authorization_no;
        for (size_t k = 0; k < q->lines_n; k++)
            if (q->lines[k] == e->lines[i]) return refuse(s, PP_REPLY_INVALID, c, "a line is named twice");
        q->lines[q->lines_n++] = e->lines[i];
        /* More time for the same: what was granted is asked for, and not what had been ordered. */
        if (!e->quantity.n && e->lines_n == 1) q->quantity = l->auth_units;
    }
    return true;
}

void submission_extend(struct submission *s, const struct ev_request_extend *e) {
    struct submission_case_row *c = submission_case(s, e->case_id);
    if (!c) {
        refuse(s, PP_REPLY_NOTFOUND, NULL, "no such case");
        return;
    }
    if (!e->lines_n || e->lines_n > SUBMISSION_LINES_MAX || (!e->until && !e->quantity.n)) {
        refuse(s, PP_REPLY_INVALID, c, "a line, and more time or more units, are needed");
        return;
    }
    if (e->quantity.n && e->lines_n > 1) {
        refuse(s, PP_REPLY_INVALID, c, "units are asked for line by line");
        return;
    }
    struct submission_send q = {.c = c,
                                .kind = EV_PAS_SUBMIT_KIND_EXTENSION,
                                .payer = c->payer,
                                .until = e->until,
                                .quantity = e->quantity,
                                .message = e->reason};
    if (!collect(s, c, e, &q) || !q.prior) return;
    q.channel = q.prior->channel;
    if (!submission_send(s, &q)) return;
    pp_reply(s->out, PP_REPLY_DONE, c->case_version, "the extension is asked for");
}
