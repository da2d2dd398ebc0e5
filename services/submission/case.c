/* Our copy of the case: what a request is built from, and whether its lines are still wanted. */
#include "refs/payers.h"
#include "refs/places.h"
#include "submission/submission.h"

struct submission_case_row *submission_case(struct submission *s, struct pp_uuid case_id) {
    struct submission_case_row key = {.case_id = case_id};
    return pp_row_find(s->unit, SUBMISSION_CASE, &key);
}

const struct ev_case *submission_case_body(struct submission *s, const struct submission_case_row *c) {
    struct ev e;
    struct pp_err err;
    if (s->body_text == c->body.s && s->body) return s->body;
    if (!c->body.n || ev_decode(EV_CASE_OPENED, c->body, pp_out_arena(s->out), &e, &err) < 0) return NULL;
    s->body_text = c->body.s;
    s->body = e.as.case_opened;
    return s->body;
}

const struct ev_case_line *submission_case_line(const struct ev_case *c, int64_t line) {
    for (size_t i = 0; c && i < c->lines_n; i++)
        if (c->lines[i].line == line) return &c->lines[i];
    return NULL;
}

struct pp_str submission_zone(struct submission *s, const struct submission_case_row *c) {
    const struct pp_site *site = pp_refs_site(s->ctx->refs, c->site);
    return site ? site->zone : PP_STR_NONE;
}

/* A date alone does not count: payers approve a window, and booking the visit must not send the request again. */
struct pp_str submission_asked(struct submission *s, const struct ev_case_line *l) {
    struct pp_buf b;
    pp_buf_init(&b, 512);
    pp_buf_printf(&b, "%.*s|", PP_FMT(l->code));
    for (size_t i = 0; i < l->modifiers_n; i++) pp_buf_printf(&b, "%.*s,", PP_FMT(l->modifiers[i]));
    pp_buf_printf(&b, "|%.*s|%.*s|", PP_FMT(l->units.n ? l->units : PP_STR("1")), PP_FMT(l->unit_type));
    for (size_t i = 0; i < l->diagnoses_n; i++) pp_buf_printf(&b, "%.*s,", PP_FMT(l->diagnoses[i]));
    pp_buf_printf(&b, "|%.*s", PP_FMT(l->place_of_service));
    struct pp_str t = pp_arena_str(pp_out_arena(s->out), pp_buf_str(&b));
    pp_buf_free(&b);
    return t;
}

static struct pp_str text_of(struct submission *s, const struct ev_case *e) {
    struct pp_buf b;
    struct pp_err err;
    struct pp_str t = PP_STR_NONE;
    pp_buf_init(&b, SUBMISSION_REQUEST_BYTES);
    if (ev_encode(EV(case_opened, CASE_OPENED, e), &b, &err) == 0)
        t = pp_arena_str(pp_out_arena(s->out), pp_buf_str(&b));
    pp_buf_free(&b);
    return t;
}

void submission_case_changed(struct submission *s, const struct ev_case *e) {
    struct submission_case_row key = {.case_id = e->case_id};
    struct submission_case_row *c = pp_row_add(s->unit, SUBMISSION_CASE, &key);
    if (!c || e->case_version <= c->case_version) return;
    c->case_version = (int32_t)e->case_version;
    c->case_no = e->case_no;
    c->site = e->site;
    c->urgent = e->urgency == EV_CASE_URGENCY_URGENT || e->urgency == EV_CASE_URGENCY_EMERGENCY;
    c->withdrawn = false;
    c->body = text_of(s, e);
    submission_reconcile(s, c);
}

void submission_case_withdrawn(struct submission *s, const struct ev_case_withdrawn *e) {
    struct submission_case_row *c = submission_case(s, e->case_id);
    if (!c) return;
    c->withdrawn = true;
    c->packet = PP_STR_NONE;
    if (e->case_version > c->case_version) c->case_version = (int32_t)e->case_version;
    submission_reconcile(s, c);
}

void submission_determined(struct submission *s, const struct ev_requirement_determined *e) {
    struct submission_case_row *c = submission_case(s, e->case_id);
    if (!c || e->case_version < c->case_version) return;
    if (e->payer.n) c->payer = e->payer;
    const struct pp_payer *p = pp_refs_payer(s->ctx->refs, c->payer);
    enum ev_requirement_determined_channel ch = e->channel;
    if (ch == EV_REQUIREMENT_DETERMINED_CHANNEL_NONE && p) ch = p->channel;
    c->channel = pp_str_z(ev_requirement_determined_channel_name(ch));
    for (size_t i = 0; i < e->lines_n; i++) {
        struct submission_need_row key = {.case_id = e->case_id, .line = (int32_t)e->lines[i].line};
        struct submission_need_row *n = pp_row_add(s->unit, SUBMISSION_NEED, &key);
        if (!n) return;
        n->coverage = pp_str_z(ev_determined_line_coverage_name(e->lines[i].coverage));
    }
    submission_reconcile(s, c);
}
