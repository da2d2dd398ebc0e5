/* Public snapshots: versioned, said only when something a subscriber sees has changed. */
#include "base/hash.h"
#include "status/status.h"
#include <stdarg.h>
#include <stdio.h>

#define SNAPSHOT_MAX (64 << 10)
#define NOTICE_TEXT_MAX 300
#define LINES_MAX 40 /* schemas/public */

/* Stands for the time of a snapshot while it is compared; the encoder refuses one without. */
#define AS_OF_ANY 1

/* Hash of the snapshot as it would go out but for version and time; false when it is the one of *printed. */
static bool is_new(struct status_work *w, const struct ev *e, struct pp_str *printed) {
    struct pp_buf b;
    char hex[PP_SHA256_HEX + 1];
    struct pp_err err;
    pp_buf_init(&b, SNAPSHOT_MAX);
    bool ok = ev_encode(e, &b, &err) == 0;
    pp_sha256_hex(pp_buf_str(&b), hex);
    pp_buf_free(&b);
    hex[32] = 0;
    if (ok && pp_str_eqz(*printed, hex)) return false;
    *printed = pp_arena_strz(w->a, hex);
    return true;
}

static void fill_line(const struct status_line_row *l, struct ev_public_line *p) {
    *p = (struct ev_public_line){.line = l->line,
                                 .code = l->code,
                                 .units = l->units,
                                 .service_date = l->service_date,
                                 .coverage = l->coverage.n ? l->coverage : PP_STR("unknown"),
                                 .documentation = l->documentation,
                                 .authorization = l->authorization_state,
                                 .authorization_no = l->authorization_no,
                                 .valid_from = l->valid_from,
                                 .valid_until = l->valid_until,
                                 .units_authorized = l->authorized,
                                 .units_used = l->used,
                                 .units_scheduled = l->scheduled,
                                 .proof = l->proof};
}

static struct ev_public_line *room_for_lines(struct status_work *w, size_t *ret_most) {
    size_t n = 0;
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l) n++;
    *ret_most = n > LINES_MAX ? LINES_MAX : n;
    return pp_arena_array(w->a, struct ev_public_line, *ret_most + 1);
}

void status_publish_case(struct status_work *w, struct status_case_row *c) {
    size_t most = 0;
    struct ev_case_status s = {.case_id = c->case_id,
                               .case_no = c->case_no,
                               .order_no = c->order_no,
                               .site = c->site,
                               .payer = c->payer,
                               .headline = c->headline,
                               .coverage = c->coverage_word.n ? c->coverage_word : PP_STR("none"),
                               .documentation = c->documentation_word.n ? c->documentation_word : PP_STR("none"),
                               .authorization = c->authorization_word.n ? c->authorization_word : PP_STR("none"),
                               .next_step = status_cut(c->next_step, 160),
                               .next_owner = c->next_owner,
                               .next_due = c->next_due,
                               .lines = room_for_lines(w, &most)};
    ev_case_status_stage_parse(c->stage, &s.stage);
    ev_case_status_tone_parse(c->tone, &s.tone);
    if (!s.lines) return;
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l)
    if (pp_uuid_eq(l->case_id, c->case_id) && s.lines_n < most && pp_str_eqz(l->state, "active"))
        fill_line(l, &s.lines[s.lines_n++]);
    s.as_of = AS_OF_ANY;
    if (!is_new(w, EV(case_status, CASE_STATUS, &s), &c->printed)) return;
    s.version = ++c->version;
    s.as_of = w->ctx->now_ms;
    char key[PP_UUID_TEXT + 1];
    pp_uuid_text(c->case_id, key);
    pp_publish(w->o, EV(case_status, CASE_STATUS, &s), pp_str_z(key), c->version);
}

void status_publish_visit(struct status_work *w, struct status_visit_row *v, const struct ev_readiness_reason *reasons,
                          size_t n) {
    const struct status_case_row *c = status_find_case(w, v->case_id);
    size_t most = 0;
    struct ev_readiness r = {.appointment = v->visit_id,
                             .visit_no = v->visit_no,
                             .case_id = v->case_id,
                             .case_no = c ? c->case_no : PP_STR_NONE,
                             .order_no = c ? c->order_no : PP_STR_NONE,
                             .date = v->date,
                             .start = v->start,
                             .zone = v->zone,
                             .site = v->site,
                             .word = v->word,
                             .next_step = status_cut(v->next_step, 160),
                             .owner = v->owner,
                             .due = v->due,
                             .lines = room_for_lines(w, &most)};
    ev_readiness_colour_parse(v->colour, &r.colour);
    if (!r.lines) return;
    r.reasons = pp_arena_array(w->a, struct ev_readiness_reason, n + 1);
    for (size_t i = 0; r.reasons && i < n; i++) r.reasons[r.reasons_n++] = reasons[i];
    PP_EACH_ROW(w->u, STATUS_VISIT_LINE, status_visit_line_row, vl) {
        if (!pp_uuid_eq(vl->visit_id, v->visit_id)) continue;
        PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l)
        if (pp_uuid_eq(l->case_id, vl->case_id) && (!vl->line || vl->line == l->line) && r.lines_n < most &&
            pp_str_eqz(l->state, "active"))
            fill_line(l, &r.lines[r.lines_n++]);
    }
    r.as_of = AS_OF_ANY;
    if (!is_new(w, EV(readiness, READINESS, &r), &v->printed)) return;
    r.version = ++v->version;
    r.as_of = w->ctx->now_ms;
    v->published = true;
    char key[PP_UUID_TEXT + 1];
    pp_uuid_text(v->visit_id, key);
    pp_publish(w->o, EV(readiness, READINESS, &r), pp_str_z(key), v->version);
}

static const char *auth_state(const struct status_line_row *l, pp_date today) {
    bool ok =
        pp_str_eqz(l->outcome, "approved") || pp_str_eqz(l->outcome, "partial") || pp_str_eqz(l->outcome, "modified");
    if (ok && l->valid_until && l->valid_until < today) return "expired";
    if (ok && status_dec(l->authorized) > 0 && status_dec(l->used) >= status_dec(l->authorized)) return "exhausted";
    static const char *const known[] = {"approved", "partial", "modified", "denied", "pended", "cancelled"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (pp_str_eqz(l->outcome, known[i])) return known[i];
    return "unclear";
}

/* The topic's key is the number. Lines that share one number follow the first as "number/line". */
static struct pp_str auth_key(struct status_work *w, struct pp_str number, struct pp_uuid case_id, int32_t line) {
    PP_EACH_ROW(w->u, STATUS_AUTH, status_auth_row, r)
    if (pp_str_eq(r->key, number) && !(pp_uuid_eq(r->case_id, case_id) && r->line == line))
        return pp_arena_printf(w->a, "%.*s/%d", PP_FMT(number), line);
    return number;
}

void status_publish_auth(struct status_work *w, const struct status_case_row *c, const struct status_line_row *l) {
    if (!l->authorization_no.n) return;
    const struct status_auth_row key = {
        .case_id = l->case_id, .line = l->line, .authorization_no = l->authorization_no};
    struct status_auth_row *r = pp_row_add(w->u, STATUS_AUTH, &key);
    if (!r) return;
    if (!r->key.n) r->key = auth_key(w, l->authorization_no, l->case_id, l->line);
    r->state = pp_str_z(auth_state(l, pp_zone_date(status_zone(w, c->site), w->ctx->now_ms)));
    struct ev_authorization a = {.authorization = l->authorization_no,
                                 .payer = l->decided_payer.n ? l->decided_payer : c->payer,
                                 .case_id = l->case_id,
                                 .case_no = c->case_no,
                                 .line = l->line,
                                 .code = l->auth_code.n                                        ? l->auth_code
                                         : l->asked_code.n && l->asked_version < l->code_since ? l->asked_code
                                                                                               : l->code,
                                 .valid_from = l->valid_from,
                                 .valid_until = l->valid_until,
                                 .units_authorized = l->authorized,
                                 .units_scheduled = l->scheduled,
                                 .units_used = l->used,
                                 .unit_type = l->auth_unit_type.n ? l->auth_unit_type : l->unit_type};
    ev_authorization_state_parse(r->state, &a.state);
    a.as_of = AS_OF_ANY;
    if (!is_new(w, EV(authorization, AUTHORIZATION, &a), &r->printed)) return;
    a.version = ++r->version;
    a.as_of = w->ctx->now_ms;
    pp_publish(w->o, EV(authorization, AUTHORIZATION, &a), r->key, r->version);
}

void status_publish_task(struct status_work *w, struct status_task_row *t) {
    struct ev_task p = {.task_id = t->task_id,
                        .version = ++t->version,
                        .kind = t->kind,
                        .case_id = t->case_id,
                        .case_no = t->case_no,
                        .claim_id = t->claim_id,
                        .line = t->line,
                        .subject = t->subject,
                        .reason = t->reason,
                        .queue = t->queue,
                        .assignee = t->assignee,
                        .due = t->due,
                        .overdue = t->overdue,
                        .outcome = t->outcome,
                        .as_of = w->ctx->now_ms};
    ev_task_state_parse(t->state, &p.state);
    char key[PP_UUID_TEXT + 1];
    pp_uuid_text(t->task_id, key);
    pp_publish(w->o, EV(task, TASK, &p), pp_str_z(key), t->version);
}

void status_notice(struct status_work *w, const char *kind, struct pp_uuid about, struct pp_uuid case_id,
                   const char *fmt, ...) {
    char text[2 * NOTICE_TEXT_MAX], key[PP_UUID_TEXT + 1];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    /* One notice for each thing and instant: a later one about the same thing is another notice. */
    struct ev_notice n = {.notice_id =
                              pp_uuid_derive(about, pp_arena_printf(w->a, "%s/%lld", kind, (long long)w->ctx->now_ms)),
                          .version = 1,
                          .kind = pp_str_z(kind),
                          .case_id = case_id,
                          .text = status_cut(pp_str_z(text), NOTICE_TEXT_MAX),
                          .as_of = w->ctx->now_ms};
    pp_uuid_text(n.notice_id, key);
    pp_publish(w->o, EV(notice, NOTICE, &n), pp_str_z(key), 1);
}

void status_measure(struct status_work *w, const struct status_case_row *c, const char *step, int64_t started,
                    int64_t ended, struct pp_str result, int32_t attempts, bool again) {
    const struct status_measure_row key = {.case_id = c->case_id, .step = pp_str_z(step)};
    struct status_measure_row *r = pp_row_find(w->u, STATUS_MEASURE, &key);
    if (r && !again) return;
    if (!r) r = pp_row_add(w->u, STATUS_MEASURE, &key);
    if (!r) return;
    if (r->version && r->ended == ended && pp_str_eq(r->result, result)) return;
    r->started = started < ended ? started : ended;
    r->ended = ended;
    r->result = status_cut(result, 24);
    r->attempts = attempts;
    struct ev_measures m = {.case_id = c->case_id,
                            .version = ++r->version,
                            .payer = c->payer,
                            .site = c->site,
                            .started = r->started,
                            .ended = ended,
                            .result = r->result,
                            .attempts = attempts};
    ev_measures_step_parse(key.step, &m.step);
    char id[PP_UUID_TEXT + 1];
    pp_uuid_text(c->case_id, id);
    pp_publish(w->o, EV(measures, MEASURES, &m), pp_arena_printf(w->a, "%s/%s", id, step), r->version);
}
