/* A service for tests of the runtime: counts inputs per person, says one fact for each, sets a timer, calls a payer.
 *
 *   message.quarantined  counted; reason "crash" ends the process, "spill" leads to a row the database refuses,
 *                        "taken" to one that a unique index may keep out
 *   note.add             "call": one outbound call; "park": parked; "free": unparks; anything else: answered with the
 * count
 */
#include "service/runtime.h"

#include <stdio.h>
#include <stdlib.h>

struct toy_row {
    struct pp_row row;
    int64_t n, fired, answered;
    struct pp_str last, spill;
    int64_t at;
};
static const struct pp_col cols[] = {PP_COL(toy_row, n, BIGINT),        PP_COL(toy_row, fired, BIGINT),
                                     PP_COL(toy_row, answered, BIGINT), PP_COL(toy_row, last, TEXT),
                                     PP_COL(toy_row, spill, TEXT),      PP_COL(toy_row, at, TIME)};
static const struct pp_table toy = {"toy", sizeof(struct toy_row), 0, 6, cols, false};
static const struct pp_table *const tables[] = {&toy};
static const enum ev_type reads[] = {EV_MESSAGE_QUARANTINED};

#define TIMER_SECOND 1
#define TIMER_MS 200
#define CALL_SUBSCRIBE 1

static void say(struct pp_out *o, struct toy_row *r, const char *what, int64_t n) {
    struct ev_task_settled s = {.task_id = pp_uuid_derive((struct pp_uuid){{1}}, PP_STR("toy")),
                                .outcome = pp_arena_printf(pp_out_arena(o), "%s:%lld", what, (long long)n)};
    r->last = s.outcome;
    struct ev ev = ev_of_task_settled(&s);
    pp_emit(o, &ev);
}

static void counted(const struct pp_ctx *c, struct toy_row *r, const struct pp_in *in, struct pp_out *o) {
    struct pp_str reason = in->ev->as.message_quarantined->reason;
    if (pp_str_eqz(reason, "crash")) abort();
    if (pp_str_eqz(reason, "taken")) r->spill = reason;
    if (pp_str_eqz(reason, "spill")) r->spill = PP_STR("longer than the table's check allows");
    r->n++;
    r->at = c->now_ms;
    say(o, r, "n", r->n);
    pp_count(o, "pp_toy_inputs", PP_STR("kind=quarantined"), 1);
    if (r->n == 2) pp_timer(o, TIMER_SECOND, pp_uuid_derive((struct pp_uuid){{2}}, PP_STR("t")), c->now_ms + TIMER_MS);
}

static void noted(struct pp_unit *u, struct toy_row *r, const struct pp_in *in, struct pp_out *o) {
    const struct ev_note_add *n = in->ev->as.note_add;
    if (pp_str_eqz(n->text, "call")) {
        struct ev_pas_subscribe s = {
            .payer = PP_STR("toy"), .org = PP_STR("1"), .endpoint = PP_STR("http://127.0.0.1/")};
        struct ev ev = ev_of_pas_subscribe(&s);
        pp_call(o, CALL_SUBSCRIBE, PP_STR("toy"), n->case_id, &ev);
    } else if (pp_str_eqz(n->text, "park")) {
        r->n += 1000; /* must be undone */
        pp_park(o, n->case_id, "asked for");
        return;
    } else if (pp_str_eqz(n->text, "free")) {
        pp_unpark(o, n->case_id);
    }
    (void)u;
    pp_reply(o, PP_REPLY_DONE, (int32_t)r->n, "counted %lld", (long long)r->n);
}

static void decide(const struct pp_ctx *c, struct pp_unit *u, const struct pp_in *in, struct pp_out *o) {
    struct toy_row key = {0};
    struct toy_row *r = pp_row_add(u, 0, &key);
    if (!r) return;
    switch (in->kind) {
    case PP_IN_EVENT: counted(c, r, in, o); break;
    case PP_IN_COMMAND: noted(u, r, in, o); break;
    case PP_IN_TIMER:
        r->fired++;
        say(o, r, "fired", r->fired);
        break;
    case PP_IN_ANSWER:
        if (in->call == PP_CALL_ANSWERED) {
            r->answered++;
            say(o, r, "answered", r->answered);
        } else {
            say(o, r, in->call == PP_CALL_DELAYED ? "delayed" : in->call == PP_CALL_RESUMED ? "resumed" : "failed", 1);
        }
        break;
    }
}

/* ---- the call: POST /subscribe, inquiry GET /subscribe/<job> ---- */

static int build(const struct pp_call_ctx *c, const struct ev *request, struct pp_arena *a, struct pp_http_msg *ret,
                 struct pp_err *err) {
    char job[PP_UUID_TEXT + 1];
    pp_uuid_text(c->job, job);
    (void)request;
    (void)err;
    *ret = (struct pp_http_msg){.method = PP_STR("POST"),
                                .path = pp_arena_printf(a, "/subscribe/%s", job),
                                .content_type = PP_STR("application/json"),
                                .accept = PP_STR("application/json"),
                                .body = pp_arena_printf(a, "{\"attempt\":%d}", c->attempt)};
    return 0;
}

static int build_inquiry(const struct pp_call_ctx *c, const struct ev *request, struct pp_arena *a,
                         struct pp_http_msg *ret, struct pp_err *err) {
    build(c, request, a, ret, err);
    ret->method = PP_STR("GET");
    ret->body = ret->content_type = PP_STR_NONE;
    return 0;
}

static enum pp_call_verdict parse(const struct pp_call_ctx *c, const struct ev *request, const struct pp_http_answer *h,
                                  struct pp_arena *a, struct ev *ret, struct pp_err *err) {
    (void)c;
    (void)request;
    if (h->status == 404) return PP_VERDICT_NOT_FOUND;
    if (h->status >= 500 || h->status == 429) return PP_VERDICT_RETRY;
    if (h->status != 200) {
        pp_err_set(err, PP_ERR_HTTP, "refused");
        return PP_VERDICT_REFUSED;
    }
    struct ev_pas_subscribed *s = pp_arena_new(a, struct ev_pas_subscribed);
    if (!s) return PP_VERDICT_RETRY;
    s->subscription = pp_arena_str(a, h->body);
    s->status = PP_STR("active");
    *ret = ev_of_pas_subscribed(s);
    return PP_VERDICT_ANSWER;
}

static const struct pp_call_def calls[] = {{.kind = CALL_SUBSCRIBE,
                                            .name = "subscribe",
                                            .request = EV_PAS_SUBSCRIBE,
                                            .answer = EV_PAS_SUBSCRIBED,
                                            .build = build,
                                            .parse = parse,
                                            .build_inquiry = build_inquiry,
                                            .parse_inquiry = parse}};
static const struct pp_command_def commands[] = {{EV_NOTE_ADD, "*", "select $1::uuid, 'lakeside'"}};
static const char *const migrations[] = {
    "create table toy (tenant text not null, person uuid not null, home int2 not null, n bigint not null default 0, "
    "fired bigint not null default 0, answered bigint not null default 0, last text not null default '', "
    "spill text not null default '' check (length(spill) < 10), at timestamptz, primary key (person));",
    NULL};
static const struct pp_service service = {.name = "toy",
                                          .source_no = 99,
                                          .tables = tables,
                                          .ntables = 1,
                                          .reads = reads,
                                          .nreads = 1,
                                          .decide = decide,
                                          .calls = calls,
                                          .ncalls = 1,
                                          .commands = commands,
                                          .ncommands = 1,
                                          .migrations = migrations};

int main(int argc, char **argv) { return pp_service_main(&service, argc, argv); }
