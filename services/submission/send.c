/* Making a request: its number, what it holds, and the way it goes. */
#include "submission/submission.h"

const struct ev_pas_submit *submission_request(struct submission *s, const struct submission_row *sub) {
    struct ev e;
    struct pp_err err;
    if (!sub->request.n || ev_decode(EV_PAS_SUBMIT, sub->request, pp_out_arena(s->out), &e, &err) < 0) return NULL;
    return e.as.pas_submit;
}

static struct pp_str next_trace(struct submission *s) {
    struct submission_counter_row key = {.name = PP_STR("trace")};
    struct submission_counter_row *n = pp_row_add(s->unit, SUBMISSION_COUNTER, &key);
    if (!n) return PP_STR_NONE;
    char t[PP_TRACE_MAX + 1];
    pp_trace_make(pp_unit_person(s->unit), (uint32_t)++n->value, t);
    return pp_arena_strz(pp_out_arena(s->out), t);
}

static bool has(const int64_t *lines, size_t n, int64_t line) {
    for (size_t i = 0; i < n; i++)
        if (lines[i] == line) return true;
    return false;
}

static bool granted(struct submission *s, const struct submission_row *sub, int64_t line) {
    struct submission_line_row key = {.submission_id = sub->submission_id, .line = (int32_t)line};
    const struct submission_line_row *l = pp_row_find(s->unit, SUBMISSION_LINE, &key);
    return l && submission_line_decided(submission_state(l));
}

/* Puts a line of the prior request into this one as it was then. */
static void keep_line(struct ev_pas_submit *r, const struct ev_pas_submit *was, int64_t line) {
    const struct ev_case_line *as = submission_case_line(&was->case_, line);
    if (!as || has(r->lines, r->lines_n, line) || r->lines_n == SUBMISSION_LINES_MAX) return;
    size_t at = 0;
    while (at < r->case_.lines_n && r->case_.lines[at].line != line) at++;
    if (at == r->case_.lines_n) r->case_.lines_n++;
    r->case_.lines[at] = *as;
    r->lines[r->lines_n++] = line;
}

/* An update carries every item of the prior request. Lines that the payer has decided stand in it as they were, also
 * when the order says something else by now: that is a new request, not a change of the old one. A cancellation that
 * would take decided lines with it becomes an update that cancels the others only. */
static void keep_prior(struct submission *s, const struct submission_send *q, const struct ev_pas_submit *was,
                       struct ev_pas_submit *r) {
    struct pp_arena *a = pp_out_arena(s->out);
    bool cancel = q->kind == EV_PAS_SUBMIT_KIND_CANCEL, any = false;
    if (cancel) r->case_ = was->case_;
    int64_t *lines = pp_arena_array(a, int64_t, SUBMISSION_LINES_MAX);
    struct ev_case_line *copy = pp_arena_array(a, struct ev_case_line, r->case_.lines_n + was->lines_n);
    if (!lines || !copy) return;
    memcpy(lines, r->lines, r->lines_n * sizeof *lines);
    memcpy(copy, r->case_.lines, r->case_.lines_n * sizeof *copy);
    r->lines = lines;
    r->case_.lines = copy;
    for (size_t i = 0; i < was->lines_n; i++) any = any || granted(s, q->prior, was->lines[i]);
    if (cancel && any) {
        r->kind = EV_PAS_SUBMIT_KIND_UPDATE;
        r->lines_n = 0;
    }
    for (size_t i = 0; i < was->lines_n; i++)
        if ((cancel && !any) || granted(s, q->prior, was->lines[i])) keep_line(r, was, was->lines[i]);
}

/* Documents of an update: those of the prior request in their order, then the new ones. */
static void join_documents(struct submission *s, const struct submission_send *q, const struct ev_pas_submit *was,
                           struct ev_pas_submit *r) {
    struct ev_packet_document *d =
        pp_arena_array(pp_out_arena(s->out), struct ev_packet_document, SUBMISSION_DOCUMENTS_MAX);
    size_t n = 0;
    if (!d) return;
    for (size_t i = 0; was && i < was->documents_n && n < SUBMISSION_DOCUMENTS_MAX; i++) d[n++] = was->documents[i];
    for (size_t i = 0; i < q->documents_n; i++) {
        size_t at = 0;
        while (at < n && !pp_uuid_eq(d[at].document_id, q->documents[i].document_id)) at++;
        if (at == SUBMISSION_DOCUMENTS_MAX) break;
        if (at == n) n++;
        d[at] = q->documents[i];
    }
    r->documents = d;
    r->documents_n = n;
}

/* A 275 holds what the payer asked for and nothing else. */
static bool alone(struct submission *s, const struct submission_send *q) {
    return q->kind == EV_PAS_SUBMIT_KIND_DOCUMENTS && submission_wire(s, q->channel, q->payer) == WIRE_X12;
}

/* An extension names the lines that it is about and no others; what is asked for is the new total. */
static void set_quantity(struct submission *s, const struct submission_send *q, struct ev_pas_submit *r) {
    size_t n = r->case_.lines_n;
    struct ev_case_line *copy = pp_arena_array(pp_out_arena(s->out), struct ev_case_line, n + 1);
    if (!copy || !q->quantity.n) return;
    memcpy(copy, r->case_.lines, n * sizeof *copy);
    for (size_t i = 0; i < n; i++)
        if (has(q->lines, q->lines_n, copy[i].line)) copy[i].units = q->quantity;
    r->case_.lines = copy;
}

static int fill(struct submission *s, const struct submission_send *q, struct submission_row *sub,
                struct ev_pas_submit *r) {
    const struct ev_case *body = submission_case_body(s, q->c);
    const struct ev_pas_submit *was = q->prior ? submission_request(s, q->prior) : NULL;
    if (!body) return -1;
    *r = (struct ev_pas_submit){.case_ = *body,
                                .trace = sub->trace,
                                .submission_id = sub->submission_id,
                                .kind = q->kind,
                                .payer = q->payer,
                                .lines = (int64_t *)q->lines,
                                .lines_n = q->lines_n,
                                .created = sub->created,
                                .authorization = q->authorization,
                                .until = q->until,
                                .quantity = q->quantity,
                                .message = q->message};
    join_documents(s, q, alone(s, q) ? NULL : was, r);
    if (!was) return 0;
    r->prior_trace = was->trace;
    r->prior_submission = q->prior->submission_id;
    r->prior_case = was->case_;
    r->prior_created = was->created;
    r->prior_lines = was->lines;
    r->prior_lines_n = was->lines_n;
    r->prior_documents = was->documents;
    r->prior_documents_n = was->documents_n;
    r->reference = q->prior->reference;
    if (q->kind != EV_PAS_SUBMIT_KIND_EXTENSION)
        keep_prior(s, q, was, r);
    else
        set_quantity(s, q, r);
    return 0;
}

/* The new request takes the place of what was refused, and of a decision that was about another content. An extension
 * takes the place of an earlier extension only. */
static void replace_older(struct submission *s, const struct submission_line_row *l, bool extension) {
    PP_EACH_ROW(s->unit, SUBMISSION_LINE, submission_line_row, o) {
        if (o == l || !pp_uuid_eq(o->case_id, l->case_id) || o->line != l->line || !pp_str_eq(o->payer, l->payer))
            continue;
        struct submission_row *sub = submission_find(s, o->submission_id);
        if (extension && (!sub || !SUBMISSION_IS_EXTENSION(sub) || submission_line_carries(s, o))) continue;
        if (submission_state(o) == LINE_REFUSED) {
            submission_line_set(s, o, LINE_SUPERSEDED, BY_US);
            if (sub) submission_task_settle(s, sub, PP_STR("A new request goes out"));
        }
        submission_line_task_settle(s, o, PP_STR("A new request goes out"));
    }
}

static void add_lines(struct submission *s, const struct submission_send *q, struct submission_row *sub, bool by_hand) {
    const struct ev_case *body = submission_case_body(s, q->c);
    for (size_t i = 0; i < q->lines_n; i++) {
        struct submission_line_row key = {.submission_id = sub->submission_id, .line = (int32_t)q->lines[i]};
        const struct ev_case_line *cl = submission_case_line(body, q->lines[i]);
        struct submission_line_row *l = cl ? pp_row_add(s->unit, SUBMISSION_LINE, &key) : NULL;
        if (!l) continue;
        l->case_id = q->c->case_id;
        l->payer = q->payer;
        l->asked = submission_asked(s, cl);
        l->code = cl->code;
        l->units = cl->units.n ? cl->units : PP_STR("1");
        l->unit_type = cl->unit_type;
        if (q->quantity.n) l->units = q->quantity;
        submission_line_set(s, l, by_hand ? LINE_BY_HAND : LINE_SENT, BY_US);
        replace_older(s, l, SUBMISSION_IS_EXTENSION(sub));
    }
}

static void close_prior(struct submission *s, const struct submission_send *q) {
    /* What is extended stays in force until the payer grants more. */
    if (!q->prior || q->kind == EV_PAS_SUBMIT_KIND_EXTENSION) return;
    bool cancel = q->kind == EV_PAS_SUBMIT_KIND_CANCEL;
    SUBMISSION_EACH_LINE(s, q->prior, l) {
        if (cancel && submission_line_live(submission_state(l)))
            submission_line_set(s, l, LINE_CANCELLING, BY_US);
        else if (!cancel && has(q->lines, q->lines_n, l->line) && !submission_line_granted(submission_state(l)))
            submission_line_set(s, l, LINE_SUPERSEDED, BY_US);
        else if (!cancel && submission_line_live(submission_state(l)))
            submission_line_set(s, l, LINE_CANCELLED, BY_US);
    }
    submission_task_settle(s, q->prior, PP_STR("Another request follows"));
    q->prior->state = PP_STR(SUB_CLOSED);
    q->prior->info_open = false;
    pp_timer(s->out, SUBMISSION_TIMER_DUE, q->prior->submission_id, 0);
}

static void started(struct submission *s, const struct submission_send *q, const struct submission_row *sub) {
    struct ev_submission_started e = {.case_id = sub->case_id,
                                      .case_version = sub->case_version,
                                      .submission_id = sub->submission_id,
                                      .payer = sub->payer,
                                      .trace = sub->trace,
                                      .extends = sub->extends_id,
                                      .lines = (int64_t *)q->lines,
                                      .lines_n = q->lines_n};
    ev_submission_started_channel_parse(sub->channel, &e.channel);
    ev_submission_started_kind_parse(sub->kind, &e.kind);
    pp_emit(s->out, EV(submission_started, SUBMISSION_STARTED, &e));
}

static struct pp_str encoded(struct submission *s, const struct ev_pas_submit *r) {
    struct pp_buf b;
    struct pp_err err;
    struct pp_str t = PP_STR_NONE;
    pp_buf_init(&b, SUBMISSION_REQUEST_BYTES);
    if (ev_encode(EV(pas_submit, PAS_SUBMIT, r), &b, &err) == 0) t = pp_arena_str(pp_out_arena(s->out), pp_buf_str(&b));
    pp_buf_free(&b);
    return t;
}

static struct pp_str by_hand_words(struct submission *s, const struct submission_send *q) {
    struct pp_arena *a = pp_out_arena(s->out);
    char day[11] = "";
    if (q->kind != EV_PAS_SUBMIT_KIND_EXTENSION)
        return PP_STR("This payer takes requests by portal or phone; "
                      "record its reference and its decision");
    if (q->until) pp_date_text(q->until, day);
    return pp_arena_printf(a, "Ask the payer to extend authorization %.*s%s%s%s%.*s%s; record its decision",
                           PP_FMT(q->authorization), q->until ? " until " : "", day, q->quantity.n ? " to " : "",
                           PP_FMT(q->quantity), q->quantity.n ? " units in all" : "");
}

struct submission_row *submission_send(struct submission *s, const struct submission_send *q) {
    struct submission_row key = {.submission_id = s->ctx->new_id(s->ctx)};
    struct submission_row *sub = pp_row_add(s->unit, SUBMISSION_SUBMISSION, &key);
    struct ev_pas_submit r;
    if (!sub) return NULL;
    bool by_hand = submission_wire(s, q->channel, q->payer) == WIRE_NONE;
    sub->case_id = q->c->case_id;
    sub->case_version = q->c->case_version;
    sub->payer = q->payer;
    sub->channel = by_hand && !q->channel.n ? PP_STR("phone") : q->channel;
    sub->kind = pp_str_z(ev_pas_submit_kind_name(q->kind));
    /* Documents by X12 are no new request at the payer: they go, and are answered, under the number of the first. */
    sub->trace = q->prior && alone(s, q) ? q->prior->trace : next_trace(s);
    sub->created = s->ctx->now_ms;
    sub->state = by_hand ? PP_STR(SUB_BY_HAND) : PP_STR(SUB_SENDING);
    if (q->prior) sub->prior_id = q->prior->submission_id;
    if (q->prior && q->kind == EV_PAS_SUBMIT_KIND_EXTENSION)
        sub->extends_id = q->prior->submission_id;
    else if (q->prior) {
        sub->extends_id = q->prior->extends_id;
        sub->attach = q->prior->attach;
    }
    if (fill(s, q, sub, &r) < 0) {
        pp_park(s->out, q->c->case_id, "the copy of the case cannot be read");
        return NULL;
    }
    /* A request whose text does not fit could neither be repeated nor updated: a person must split it. */
    sub->request = encoded(s, &r);
    if (!sub->request.n) {
        pp_park(s->out, q->c->case_id, "the request is larger than %d bytes", SUBMISSION_REQUEST_BYTES);
        return NULL;
    }
    close_prior(s, q);
    if (q->kind != EV_PAS_SUBMIT_KIND_CANCEL) add_lines(s, q, sub, by_hand);
    started(s, q, sub);
    if (by_hand)
        submission_task(s, sub, EV_TASK_NEEDED_KIND_SUBMIT_BY_HAND, by_hand_words(s, q));
    else
        submission_go(s, sub, &r);
    pp_count(s->out, "submissions_total", pp_arena_printf(pp_out_arena(s->out), "kind=%.*s", PP_FMT(sub->kind)), 1);
    return sub;
}
