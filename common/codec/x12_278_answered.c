#include "codec/pas.h"
#include "codec/pas_build.h"
#include "codec/x12_278_int.h"

/* An answer of a 278 in the words that answers of every channel have. */

#define LINES_MAX 40 /* decided_line in pas.answered */
#define WANTED_MAX PP_278_WANTED_MAX

struct answer {
    const struct pp_278 *r;
    const struct ev_pas_submit *req;
    struct pp_arena *a;
    struct ev_pas_answered *out;
    struct pp_278_decision d;
    int64_t line_of[PP_278_LINES_MAX]; /* our line of each line of the answer; 0 = none found */
};

static struct pp_str keep(struct answer *x, struct pp_str s, uint32_t max) {
    return pp_arena_str(x->a, pp_str_cut(s, max));
}

/* ---- which line is which ---- */

static bool asked(const struct answer *x, int64_t line) {
    return pas_has_line(x->req->lines, x->req->lines_n, line) ||
           pas_has_line(x->req->prior_lines, x->req->prior_lines_n, line);
}

/* "<trace>-<line>", as we sent it. */
static int64_t by_trace(const struct answer *x, const struct pp_278_level *l) {
    struct pp_str t = l->ours.number, head = x->req->trace;
    int64_t line = 0;
    if (!head.n || !pp_str_starts(t, head) || t.n < head.n + 2 || t.s[head.n] != '-') return 0;
    t = (struct pp_str){t.s + head.n + 1, t.n - head.n - 1};
    return pp_str_int(t, &line) && line > 0 && asked(x, line) ? line : 0;
}

static bool same_service(const struct ev_case_line *c, const struct pp_278_service *s) {
    if (!c || !s->code.n || !pp_str_ieq(c->code, s->code)) return false;
    for (uint32_t i = 0; i < s->modifiers_n; i++) {
        size_t k = 0;
        while (k < c->modifiers_n && !pp_str_ieq(c->modifiers[k], s->modifiers[i])) k++;
        if (k == c->modifiers_n) return false;
    }
    return true;
}

/* By what was asked for, where that fits one line of the request and one of the answer. */
static int64_t by_service(const struct answer *x, uint32_t at) {
    const struct pp_278 *r = x->r;
    int64_t found = 0;
    for (size_t i = 0; i < x->req->lines_n; i++) {
        int64_t line = x->req->lines[i];
        if (!same_service(pas_line(&x->req->case_, line), &r->lines[at].service)) continue;
        bool taken = false;
        for (uint32_t k = 0; k < r->lines_n; k++) taken = taken || (k != at && x->line_of[k] == line);
        if (taken) continue;
        if (found) return 0;
        found = line;
    }
    const struct ev_case_line *c = found ? pas_line(&x->req->case_, found) : NULL;
    for (uint32_t k = 0; c && k < r->lines_n; k++)
        if (k != at && !x->line_of[k] && same_service(c, &r->lines[k].service)) return 0;
    return found;
}

static void find_lines(struct answer *x) {
    int64_t found[PP_278_LINES_MAX] = {0};
    for (uint32_t i = 0; i < x->r->lines_n; i++) x->line_of[i] = by_trace(x, &x->r->lines[i]);
    for (uint32_t i = 0; i < x->r->lines_n; i++)
        if (!x->line_of[i]) found[i] = by_service(x, i);
    for (uint32_t i = 0; i < x->r->lines_n; i++)
        if (found[i]) x->line_of[i] = found[i];
    /* one line asked for and one answered can be no other */
    if (x->r->lines_n == 1 && x->req->lines_n == 1 && !x->line_of[0] && !x->r->lines[0].service.code.n)
        x->line_of[0] = x->req->lines[0];
}

/* ---- words ---- */

static void add_aaa(struct pp_buf *b, const struct pp_x12_aaa *a) {
    const char *next = x278_followup_words(a->followup);
    pp_buf_printf(b, "%sAAA %.*s at %s: %s", b->n ? "; " : "", PP_FMT(a->code), a->loop, x278_aaa_words(a->code));
    if (*next) pp_buf_printf(b, "; %s", next);
}

static void add_messages(struct pp_buf *b, const struct pp_278_level *l) {
    for (uint32_t i = 0; i < l->messages_n; i++) {
        pp_buf_addz(b, b->n ? "; " : "");
        pp_buf_adds(b, l->messages[i]);
    }
}

static struct pp_str finish(struct answer *x, struct pp_buf *b, uint32_t max) {
    struct pp_str s = b->n ? keep(x, pp_buf_str(b), max) : PP_STR_NONE;
    pp_buf_free(b);
    return s;
}

/* The payer's own words first; they are the more exact ones. */
static struct pp_str reason(struct answer *x, const struct pp_278_line_decision *d, const struct pp_278_level *l) {
    struct pp_buf b;
    pp_buf_init(&b, 4096);
    if (l) add_messages(&b, l);
    if (!b.n) add_messages(&b, &x->r->event);
    for (uint32_t i = 0; d->review && i < d->review->reasons_n; i++) {
        const char *w = x278_reason_words(d->review->reasons[i]);
        pp_buf_printf(&b, "%s%.*s%s%s", b.n ? "; " : "", PP_FMT(d->review->reasons[i]), w ? ": " : "", w ? w : "");
    }
    if (d->aaa) add_aaa(&b, d->aaa);
    return finish(x, &b, 400);
}

/* ---- lines ---- */

static enum ev_decided_line_outcome outcome_of(enum pp_278_outcome o) {
    switch (o) {
    case PP_278_APPROVED: return EV_DECIDED_LINE_OUTCOME_APPROVED;
    case PP_278_PARTIAL: return EV_DECIDED_LINE_OUTCOME_PARTIAL;
    case PP_278_MODIFIED: return EV_DECIDED_LINE_OUTCOME_MODIFIED;
    case PP_278_DENIED: return EV_DECIDED_LINE_OUTCOME_DENIED;
    case PP_278_PENDED:
    case PP_278_HELD: return EV_DECIDED_LINE_OUTCOME_PENDED;
    case PP_278_CANCELLED: return EV_DECIDED_LINE_OUTCOME_CANCELLED;
    case PP_278_CONTACT_PAYER: return EV_DECIDED_LINE_OUTCOME_CONTACT_PAYER;
    case PP_278_NOT_REQUIRED: return EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED;
    case PP_278_REJECTED_CORRECTABLE:
    case PP_278_REJECTED_FINAL:
    case PP_278_RETRY:
    case PP_278_TRANSPORT_REJECTED: return EV_DECIDED_LINE_OUTCOME_REFUSED;
    case PP_278_NONE:
    case PP_278_UNCLEAR:
    case PP_278_OUTCOME_COUNT: break;
    }
    return EV_DECIDED_LINE_OUTCOME_UNCLEAR;
}

static bool granted(enum ev_decided_line_outcome o) {
    return o == EV_DECIDED_LINE_OUTCOME_APPROVED || o == EV_DECIDED_LINE_OUTCOME_PARTIAL ||
           o == EV_DECIDED_LINE_OUTCOME_MODIFIED;
}

/* What is granted: amount, code and provider as the answer has them. */
static void set_granted(struct answer *x, const struct pp_278_level *l, struct ev_decided_line *e) {
    const struct ev_case_line *c = pas_line(&x->req->case_, e->line);
    const struct pp_278_service *s = &l->service;
    if (s->code.n && (!c || !pp_str_ieq(c->code, s->code))) e->code = keep(x, s->code, 16);
    if (s->code.n && s->modifiers_n) e->modifiers = pp_arena_array(x->a, struct pp_str, 4);
    for (uint32_t i = 0; e->modifiers && i < s->modifiers_n; i++)
        if (s->modifiers[i].n == 2) e->modifiers[e->modifiers_n++] = keep(x, s->modifiers[i], 2);
    const struct pp_278_delivery *d = l->delivery.quantity.n ? &l->delivery : NULL;
    if (s->quantity.n) {
        e->units = keep(x, s->quantity, 20);
        e->unit_type = keep(x, s->unit, 8);
    } else if (d && !d->modulus.n && !d->periods.n) { /* "3 visits a week for 2 months" is no number of units */
        e->units = keep(x, d->quantity, 20);
        e->unit_type = keep(x, d->unit, 8);
    }
    for (uint32_t i = 0; i < l->providers_n; i++)
        if (l->providers[i].npi.n == 10 && !e->provider_npi.n) e->provider_npi = keep(x, l->providers[i].npi, 10);
}

static void add_line(struct answer *x, int64_t line, const struct pp_278_line_decision *d,
                     const struct pp_278_level *l) {
    struct ev_pas_answered *o = x->out;
    if (o->lines_n == LINES_MAX) return;
    struct ev_decided_line *e = &o->lines[o->lines_n++];
    *e = (struct ev_decided_line){.line = line,
                                  .outcome = outcome_of(d->outcome),
                                  .authorization = keep(x, d->authorization, 50),
                                  .reference = keep(x, d->reference, 50)};
    if (d->review) e->review_code = keep(x, d->review->action, 16);
    if (d->review && d->review->reasons_n)
        e->reason_code = keep(x, d->review->reasons[0], 16);
    else if (d->aaa)
        e->reason_code = keep(x, d->aaa->code, 16);
    e->reason = reason(x, d, l);
    if (!granted(e->outcome)) return;
    e->valid_from = d->from;
    e->valid_until = d->until;
    if (l) set_granted(x, l, e);
}

static bool has_line(const struct ev_pas_answered *o, int64_t line) {
    for (size_t i = 0; i < o->lines_n; i++)
        if (o->lines[i].line == line) return true;
    return false;
}

static void lines(struct answer *x) {
    const struct pp_278 *r = x->r;
    uint32_t lost = 0;
    for (uint32_t i = 0; i < r->lines_n; i++) {
        int64_t line = x->line_of[i];
        if (!line || has_line(x->out, line))
            lost++;
        else
            add_line(x, line, &x->d.lines[i], &r->lines[i]);
    }
    if (!r->lines_n && x->d.outcome != PP_278_NONE) {
        add_line(x, 0, &x->d.event, &r->event); /* holds for every line of the request */
        return;
    }
    struct pp_278_line_decision rest = x->d.event;
    /* Nothing was said about these: more may come; else, or where the answer has lines that we cannot place, nobody
     * knows. A decision of the whole still holds where every line of the answer has its place. */
    if (lost || rest.outcome == PP_278_NONE) rest = (struct pp_278_line_decision){.outcome = PP_278_UNCLEAR};
    if (rest.outcome == PP_278_UNCLEAR && !lost && r->more_to_come) return;
    for (size_t i = 0; i < x->req->lines_n; i++)
        if (!has_line(x->out, x->req->lines[i])) add_line(x, x->req->lines[i], &rest, NULL);
    if (lost && !x->out->error_text.n) x->out->error_text = PP_STR("The answer has lines that are none of the request");
}

/* ---- documents ---- */

static void want(struct answer *x, int64_t line, struct pp_str code, const char *system, struct pp_str title,
                 struct pp_str control) {
    struct ev_pas_answered *o = x->out;
    if (o->wanted_n == WANTED_MAX) return;
    for (size_t i = 0; i < o->wanted_n; i++)
        if (o->wanted[i].line == line && pp_str_eq(o->wanted[i].code, code)) return;
    o->wanted[o->wanted_n++] = (struct ev_wanted_item){.line = line,
                                                       .code = keep(x, code, 40),
                                                       .system = pp_str_z(system),
                                                       .title = keep(x, title, 120),
                                                       .control = keep(x, control, 50)};
}

static void papers(struct answer *x, int64_t line, const struct pp_278_level *l) {
    struct pp_str control = PP_STR_NONE;
    bool loinc = false;
    for (uint32_t i = 0; i < l->papers_n; i++) {
        if (!control.n) control = l->papers[i].control;
        loinc = loinc || l->papers[i].loinc.n;
    }
    for (uint32_t i = 0; i < l->papers_n; i++) {
        const struct pp_278_paper *p = &l->papers[i];
        if (p->loinc.n)
            want(x, line, p->loinc, PAS_LOINC, PP_STR_NONE, control);
        else if (p->report.n && !loinc) /* beside a LOINC the report type only says how to send it */
            want(x, line, p->report, PAS_X12("755"), PP_STR_NONE, p->control.n ? p->control : control);
    }
}

static bool waits(enum pp_278_outcome o) { return o == PP_278_PENDED || o == PP_278_HELD || o == PP_278_UNCLEAR; }

/* 0U and 0P: the payer waits for us. */
static bool asks(const struct pp_278_review *r) {
    for (uint32_t i = 0; r && i < r->reasons_n; i++)
        if (pp_str_eqz(r->reasons[i], "0U") || pp_str_eqz(r->reasons[i], "0P")) return true;
    return false;
}

static void wanted(struct answer *x) {
    const struct pp_278 *r = x->r;
    bool asked_for = waits(x->d.outcome) && asks(x->d.event.review);
    struct pp_str title = PP_STR_NONE;
    if (r->event.present && (waits(x->d.outcome) || x->d.outcome == PP_278_NONE)) papers(x, 0, &r->event);
    if (r->event.messages_n) title = r->event.messages[0];
    for (uint32_t i = 0; i < r->lines_n; i++) {
        if (!waits(x->d.lines[i].outcome)) continue;
        asked_for = asked_for || asks(x->d.lines[i].review);
        if (!title.n && r->lines[i].messages_n) title = r->lines[i].messages[0];
        papers(x, x->line_of[i], &r->lines[i]);
    }
    /* Something is wanted and nobody can say what: a person must ask. */
    if (asked_for && !x->out->wanted_n)
        want(x, 0, PP_STR("other"), PAS_X12("755"),
             title.n ? title : PP_STR("The payer asks for more and does not say what"), PP_STR_NONE);
}

/* ---- the whole ---- */

static void rejection(struct answer *x) {
    const struct pp_x12_aaa *a = x->d.event.aaa;
    struct pp_buf b;
    pp_buf_init(&b, 4096);
    for (uint32_t i = 0; i < x->r->aaa_n; i++) add_aaa(&b, &x->r->aaa[i]);
    add_messages(&b, &x->r->event);
    x->out->error_code = a->code.n ? keep(x, a->code, 16) : PP_STR("none");
    x->out->error_followup = keep(x, a->followup, 16);
    x->out->error_element = keep(x, pp_str_z(a->loop), 80);
    x->out->error_text = finish(x, &b, 400);
}

static enum ev_pas_answered_outcome whole(const struct answer *x) {
    const struct ev_pas_answered *o = x->out;
    size_t pending = 0;
    if (o->error_code.n) return EV_PAS_ANSWERED_OUTCOME_ERROR;
    for (size_t i = 0; i < o->lines_n; i++) pending += o->lines[i].outcome == EV_DECIDED_LINE_OUTCOME_PENDED;
    if (!o->lines_n || pending == o->lines_n) return EV_PAS_ANSWERED_OUTCOME_QUEUED;
    return pending || x->r->more_to_come ? EV_PAS_ANSWERED_OUTCOME_PARTIAL : EV_PAS_ANSWERED_OUTCOME_COMPLETE;
}

/* The number the request went out with; a line's has "-<line>" behind it. */
static struct pp_str trace_of(const struct pp_278 *r) {
    struct pp_str t = r->event.ours.number;
    for (uint32_t i = 0; i < r->lines_n && !t.n; i++) {
        struct pp_str rest = r->lines[i].ours.number;
        t = pp_str_split(&rest, '-');
    }
    return t;
}

int pp_278_answered(const struct pp_278 *r, const struct ev_pas_submit *req, struct pp_arena *a,
                    struct ev_pas_answered *ret, struct pp_err *err) {
    struct ev_pas_answered out = {.source = PP_STR("278")};
    struct answer x = {.r = r, .req = req, .a = a, .out = &out};
    out.lines = pp_arena_array(a, struct ev_decided_line, LINES_MAX);
    out.wanted = pp_arena_array(a, struct ev_wanted_item, WANTED_MAX);
    if (!out.lines || !out.wanted || pp_278_decide(r, a, &x.d) < 0)
        return pp_err_set(err, PP_ERR_LIMIT, "answer does not fit into memory");
    out.trace = keep(&x, trace_of(r), 50);
    out.payer_ref = keep(&x, r->event.theirs.number.n ? r->event.theirs.number : r->event.reference, 50);
    bool own = false; /* a line says something that the rejection of the whole does not */
    for (uint32_t i = 0; i < r->lines_n; i++) own = own || !x.d.lines[i].inherited;
    if (x.d.rejected) rejection(&x);
    find_lines(&x);
    if (!x.d.rejected || own) lines(&x);
    wanted(&x);
    out.outcome = whole(&x);
    if (pp_arena_failed(a)) return pp_err_set(err, PP_ERR_LIMIT, "answer does not fit into memory");
    *ret = out;
    return 0;
}
