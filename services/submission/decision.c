/* What is said about lines, and what people say: a decision by phone, fax or portal, and the clinician's acceptance. */
#include "submission/submission.h"

static void modifiers_of(struct submission *s, struct pp_str text, struct ev_decided_line *e) {
    e->modifiers = pp_arena_array(pp_out_arena(s->out), struct pp_str, 4);
    while (e->modifiers && text.n && e->modifiers_n < 4) e->modifiers[e->modifiers_n++] = pp_str_split(&text, ',');
}

struct ev_decided_line submission_line_said(struct submission *s, const struct submission_line_row *l) {
    const struct submission_row *sub = submission_find(s, l->submission_id);
    enum submission_line_state st = submission_state(l);
    struct ev_decided_line e = {.line = l->line,
                                .outcome = submission_outcome_of(st),
                                .review_code = l->review_code,
                                .reason_code = l->reason_code,
                                .reason = l->reason,
                                .authorization = l->authorization_no,
                                .reference = l->reference,
                                .valid_from = l->valid_from,
                                .valid_until = l->valid_until,
                                .code = pp_str_eq(l->auth_code, l->code) ? PP_STR_NONE : l->auth_code,
                                .units = l->auth_units,
                                .unit_type = l->auth_unit_type,
                                .provider_npi = l->provider_npi,
                                .accepted = l->accepted};
    if (st == LINE_PENDED && sub) e.due = sub->due;
    modifiers_of(s, l->auth_modifiers, &e);
    return e;
}

void submission_emit_decided(struct submission *s, const struct submission_row *sub, struct ev_decided_line *lines,
                             size_t n, bool by_person, struct pp_str evidence) {
    size_t kept = 0;
    /* What becomes of an extension that is not granted takes nothing from the line: its authorization stands. */
    for (size_t i = 0; i < n; i++) {
        struct submission_line_row key = {.submission_id = sub->submission_id, .line = (int32_t)lines[i].line};
        const struct submission_line_row *l = pp_row_find(s->unit, SUBMISSION_LINE, &key);
        if (!l || submission_line_carries(s, l)) lines[kept++] = lines[i];
    }
    n = kept;
    if (!n) return;
    struct ev_authorization_decided e = {.case_id = sub->case_id,
                                         .case_version = sub->case_version,
                                         .submission_id = sub->submission_id,
                                         .payer = sub->payer,
                                         .trace = sub->trace,
                                         .evidence = evidence,
                                         .lines = lines,
                                         .lines_n = n,
                                         .decided_by = by_person ? EV_AUTHORIZATION_DECIDED_DECIDED_BY_PERSON
                                                                 : EV_AUTHORIZATION_DECIDED_DECIDED_BY_PAYER};
    ev_authorization_decided_channel_parse(sub->channel, &e.channel);
    pp_emit(s->out, EV(authorization_decided, AUTHORIZATION_DECIDED, &e));
}

/* A decision may come without a request of ours (a call, an old letter): it gets a submission by phone of its own. */
static struct submission_line_row *line_for(struct submission *s, struct submission_case_row *c, int32_t line) {
    struct submission_line_row *l = submission_open_extension(s, c->case_id, line, c->payer);
    if (!l) l = submission_newest_line(s, c->case_id, line, c->payer);
    if (l) return l;
    struct submission_send q = {.c = c,
                                .kind = EV_PAS_SUBMIT_KIND_INITIAL,
                                .payer = c->payer,
                                .channel = c->channel,
                                .lines = {line},
                                .lines_n = 1};
    if (!q.channel.n || pp_str_eqz(q.channel, "none") || submission_wire(s, q.channel, q.payer) != WIRE_NONE)
        q.channel = PP_STR("phone");
    return submission_send(s, &q) ? submission_newest_line(s, c->case_id, line, c->payer) : NULL;
}

static void received_by_hand(struct submission *s, struct submission_row *sub, struct pp_str ref) {
    if (sub->received) return;
    sub->received = s->ctx->now_ms;
    sub->state = PP_STR(SUB_OPEN);
    struct ev_submission_acknowledged e = {.case_id = sub->case_id,
                                           .submission_id = sub->submission_id,
                                           .payer = sub->payer,
                                           .payer_ref = ref,
                                           .received_at = sub->received};
    pp_emit(s->out, EV(submission_acknowledged, SUBMISSION_ACKNOWLEDGED, &e));
}

static enum ev_decided_line_outcome outcome_of(enum ev_decision_record_outcome o) {
    enum ev_decided_line_outcome d;
    /* The command's outcomes are a part of the fact's, under the same names. */
    return ev_decided_line_outcome_parse(pp_str_z(ev_decision_record_outcome_name(o)), &d)
               ? d
               : EV_DECIDED_LINE_OUTCOME_UNCLEAR;
}

static bool grants(enum ev_decision_record_outcome o) {
    return o == EV_DECISION_RECORD_OUTCOME_APPROVED || o == EV_DECISION_RECORD_OUTCOME_PARTIAL ||
           o == EV_DECISION_RECORD_OUTCOME_MODIFIED;
}

/* NULL: the command may be carried out. */
static const char *fault(const struct ev_decision_record *e) {
    if (grants(e->outcome) && !e->authorization.n) return "an authorization number is needed";
    if (e->valid_from && e->valid_until && e->valid_until < e->valid_from) return "the window ends before it begins";
    if (e->outcome == EV_DECISION_RECORD_OUTCOME_DENIED && !e->reason.n) return "the reason of the denial is needed";
    if (e->units.n && e->units.s[0] == '-') return "units cannot be negative";
    return NULL;
}

static void take_over(struct submission_line_row *l, const struct ev_decision_record *e) {
    l->review_code = l->reason_code = PP_STR_NONE;
    l->reason = e->reason;
    /* The number of a pended line is the payer's reference; one that comes with a denial authorizes nothing. */
    if (e->outcome == EV_DECISION_RECORD_OUTCOME_PENDED) l->reference = e->authorization;
    l->authorization_no = grants(e->outcome) ? e->authorization : PP_STR_NONE;
    l->valid_from = e->valid_from;
    l->valid_until = e->valid_until;
    l->auth_units = e->units.n ? e->units : grants(e->outcome) ? l->units : PP_STR_NONE;
    l->auth_unit_type = e->unit_type.n ? e->unit_type : l->unit_type;
    l->by_person = true;
    l->evidence = e->evidence;
}

void submission_decision_record(struct submission *s, const struct ev_decision_record *e) {
    struct submission_case_row *c = submission_case(s, e->case_id);
    const struct ev_case *body = c ? submission_case_body(s, c) : NULL;
    const char *wrong = fault(e);
    if (!submission_case_line(body, e->line)) {
        pp_reply(s->out, PP_REPLY_NOTFOUND, 0, "no such line");
        return;
    }
    if (wrong || !c->payer.n) {
        pp_reply(s->out, PP_REPLY_INVALID, 0, "%s", wrong ? wrong : "the case has no payer yet");
        return;
    }
    if (s->in->hdr.expect_version && s->in->hdr.expect_version != c->case_version) {
        pp_reply(s->out, PP_REPLY_CONFLICT, c->case_version, "the case has changed: it is version %d now",
                 c->case_version);
        return;
    }
    struct submission_line_row *l = line_for(s, c, (int32_t)e->line);
    struct submission_row *sub = l ? submission_find(s, l->submission_id) : NULL;
    if (!sub) return;
    enum submission_line_state to = submission_line_state_by(outcome_of(e->outcome));
    enum submission_line_state from = submission_state(l);
    /* By X12 the payer may have had it for a day and keep silent: then what it says on the phone counts. */
    bool silent = sub->delayed && submission_wire_of(s, sub) == WIRE_X12;
    if (from == LINE_SENT && !silent) {
        pp_reply(s->out, PP_REPLY_CONFLICT, c->case_version, "the request is on its way and not answered yet");
        return;
    }
    if (from != to && !submission_line_may(from, to, BY_PERSON)) {
        pp_reply(s->out, PP_REPLY_CONFLICT, c->case_version, "the line is %.*s", PP_FMT(l->state));
        return;
    }
    take_over(l, e);
    l->decided = s->ctx->now_ms;
    if (grants(e->outcome)) submission_extended(s, sub, l);
    submission_line_set(s, l, to, BY_PERSON);
    received_by_hand(s, sub, e->authorization);
    sub->answered = true;
    bool waits = false;
    SUBMISSION_EACH_LINE(s, sub, x)
    waits = waits || submission_state(x) == LINE_BY_HAND;
    if (!waits) submission_task_settle(s, sub, PP_STR("Recorded"));
    if (!submission_has_live(s, sub)) pp_timer(s->out, SUBMISSION_TIMER_DUE, sub->submission_id, 0);
    struct ev_decided_line said = submission_line_said(s, l);
    submission_emit_decided(s, sub, &said, 1, true, e->evidence);
    submission_packet_waiting(s, c);
    pp_reply(s->out, PP_REPLY_DONE, c->case_version, "recorded");
}

void submission_decision_accept(struct submission *s, const struct ev_decision_accept *e) {
    struct submission_case_row *c = submission_case(s, e->case_id);
    struct submission_line_row *l = c ? submission_newest_line(s, e->case_id, (int32_t)e->line, PP_STR_NONE) : NULL;
    struct submission_row *sub = l ? submission_find(s, l->submission_id) : NULL;
    enum submission_line_state st = l ? submission_state(l) : LINE_NONE;
    if (!sub) {
        pp_reply(s->out, PP_REPLY_NOTFOUND, 0, "no decision on this line");
        return;
    }
    if (st != LINE_PARTIAL && st != LINE_MODIFIED) {
        pp_reply(s->out, PP_REPLY_CONFLICT, c->case_version, "the line is %.*s, there is nothing to accept",
                 PP_FMT(l->state));
        return;
    }
    if (!l->accepted) {
        l->accepted = true;
        submission_line_task_settle(s, l, PP_STR("Accepted"));
        struct ev_decided_line said = submission_line_said(s, l);
        submission_emit_decided(s, sub, &said, 1, false, PP_STR_NONE);
    }
    pp_reply(s->out, PP_REPLY_DONE, c->case_version, "accepted");
}
