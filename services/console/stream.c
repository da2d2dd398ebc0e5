/* Streams to open pages: what changed, as hints from the public topics. A page reads again what it shows. */
#include "base/date.h"
#include "console.h"
#include "ev.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/metrics.h"

#include <stdio.h>
#include <stdlib.h>

#define DECODE_BYTES_MAX (4u << 20)

struct console_stream {
    struct console *c;
    struct console_stream *next;
    struct pp_sse *sse;
    const struct console_user *user;
    uint8_t session[PP_SHA256_BYTES]; /* key of the session it belongs to */
};

/* Topics in the order of enum console_kind. */
static const struct {
    const char *topic;
    enum ev_type type;
} watched[CONSOLE_KINDS] = {[CONSOLE_CASE] = {"pa.case-status.v1", EV_CASE_STATUS},
                            [CONSOLE_TASK] = {"pa.task.v1", EV_TASK},
                            [CONSOLE_VISIT] = {"pa.readiness.v1", EV_READINESS},
                            [CONSOLE_CLAIM] = {"pa.claim-status.v1", EV_CLAIM_STATUS}};

static void on_gone(void *user) {
    struct console_stream *s = user;
    for (struct console_stream **p = &s->c->streams; *p; p = &(*p)->next) {
        if (*p != s) continue;
        *p = s->next;
        s->c->nstreams--;
        break;
    }
    pp_metric_set("pp_console_streams", NULL, s->c->nstreams);
    free(s);
}

static void say_hello(struct console_stream *s, bool gap) {
    struct pp_buf b;
    char now[25];
    pp_buf_init(&b, 512);
    pp_time_text(pp_clock_now_ms(), now);
    if (gap) pp_buf_addz(&b, "event: gap\ndata: {}\n\n");
    pp_buf_printf(&b, "id: %llu-%llu\nevent: hello\ndata: {\"now\":\"%s\",\"speed\":%g,\"live\":%s}\n\n",
                  (unsigned long long)s->c->epoch, (unsigned long long)s->c->ring.last, now, pp_clock_speed(),
                  s->c->reading ? "true" : "false");
    pp_sse_send(s->sse, pp_buf_str(&b));
    pp_buf_free(&b);
}

static void send_hint(struct console_stream *s, const struct console_hint *h) {
    struct pp_buf b;
    if (!console_hint_for(h, pp_config_str(s->c->config, "tenant"), s->user->sites)) return;
    pp_buf_init(&b, 512);
    console_hint_text(h, s->c->epoch, &b);
    pp_sse_send(s->sse, pp_buf_str(&b));
    pp_buf_free(&b);
}

void console_on_stream(void *user, struct pp_request *r) {
    struct console *c = user;
    struct console_session *e = console_enter(c, r, false, false);
    struct pp_str last = e ? pp_request_header(r, "Last-Event-ID") : PP_STR_NONE;
    int own = 0;
    if (!e) return;
    for (struct console_stream *s = c->streams; s; s = s->next) own += s->user == e->user;
    if (c->nstreams >= CONSOLE_STREAMS_MAX || own >= CONSOLE_STREAMS_PER_USER_MAX) {
        pp_http_problem(r, 503, "Too many live pages are open", NULL, "close some of them");
        return;
    }
    struct console_stream *s = calloc(1, sizeof *s);
    if (!s) {
        pp_http_problem(r, 500, "Sorry, this did not work", NULL, "out of memory");
        return;
    }
    *s = (struct console_stream){.c = c, .user = e->user};
    memcpy(s->session, e->key, sizeof s->session);
    uint64_t next = 0;
    bool gap = last.n && !console_ring_resume(&c->ring, last, c->epoch, &next);
    s->sse = pp_http_sse_begin(r, CONSOLE_STREAM_QUEUE_MAX, on_gone, s);
    if (!s->sse) {
        free(s);
        return;
    }
    s->next = c->streams;
    c->streams = s;
    c->nstreams++;
    pp_metric_set("pp_console_streams", NULL, c->nstreams);
    if (!gap && last.n)
        for (; next <= c->ring.last; next++) {
            const struct console_hint *h = console_ring_get(&c->ring, next);
            if (h) send_hint(s, h);
        }
    say_hello(s, gap);
}

void console_tell(struct console *c, const struct console_user *u, struct pp_str text) {
    for (struct console_stream *s = c->streams; s; s = s->next)
        if (s->user == u) pp_sse_send(s->sse, text);
}

/* Time of the played day with it: pages show its clock. A stream ends with its session. */
void console_streams_beat(struct console *c) {
    for (struct console_stream *s = c->streams, *next; s; s = next) {
        next = s->next;
        if (console_session_alive(&c->sessions, s->session, pp_mono_ms())) {
            say_hello(s, false);
        } else {
            pp_sse_end(s->sse);
            on_gone(s);
        }
    }
}

void console_streams_end(struct console *c) {
    while (c->streams) {
        struct console_stream *s = c->streams;
        pp_sse_end(s->sse);
        on_gone(s);
    }
}

/* ---- the topics ---- */

static void copy(char *ret, size_t n, struct pp_str v) { snprintf(ret, n, "%.*s", PP_FMT(v)); }

static void fill(struct console_hint *h, const struct ev *e) {
    switch (h->kind) {
    case CONSOLE_CASE:
        copy(h->site, sizeof h->site, e->as.case_status->site);
        h->case_id = h->id;
        break;
    case CONSOLE_TASK: h->case_id = e->as.task->case_id; break;
    case CONSOLE_VISIT:
        copy(h->site, sizeof h->site, e->as.readiness->site);
        h->case_id = e->as.readiness->case_id;
        break;
    case CONSOLE_CLAIM: h->case_id = e->as.claim_status->case_id; break;
    case CONSOLE_KINDS: break;
    }
}

static void on_record(void *user, const struct pp_record *r, const struct pp_header *hs, int nh) {
    struct console *c = user;
    struct console_hint h = {.kind = (enum console_kind)r->topic, .gone = r->tombstone};
    struct pp_str id = r->key, tenant = pp_str_split(&id, '/');
    struct pp_arena a;
    struct pp_err err;
    struct ev e;
    if (!pp_uuid_parse(id, &h.id) || tenant.n > CONSOLE_TENANT_MAX) return;
    copy(h.tenant, sizeof h.tenant, tenant);
    pp_str_int(pp_headers_get(hs, nh, "pp_version"), &h.version);
    pp_arena_init(&a, DECODE_BYTES_MAX);
    if (!r->tombstone) {
        if (ev_decode(watched[h.kind].type, r->value, &a, &e, &err) == 0)
            fill(&h, &e);
        else
            pp_log_err(PP_LOG_WARN, "a public snapshot that cannot be read", &err);
    }
    pp_arena_free(&a);
    const struct console_hint *kept = console_ring_add(&c->ring, &h);
    pp_metric_add("pp_console_hints_total", NULL, 1);
    /* Sending may end a slow stream, which takes it off the list. */
    for (struct console_stream *s = c->streams, *next; s; s = next) {
        next = s->next;
        send_hint(s, kept);
    }
}

static void on_state(void *user, bool reading) {
    struct console *c = user;
    c->reading = reading;
    pp_log(PP_LOG_INFO, reading ? "hearing what changes" : "not hearing what changes", NULL);
    console_streams_beat(c);
}

int console_watch_start(struct console *c, struct pp_err *err) {
    struct pp_watch_opts o = {.brokers = pp_config_str(c->config, "kafka-brokers"),
                              .ntopics = CONSOLE_KINDS,
                              .partitions = (int)pp_config_int(c->config, "partitions"),
                              .on_record = on_record,
                              .on_state = on_state,
                              .user = c};
    for (int i = 0; i < CONSOLE_KINDS; i++) o.topics[i] = watched[i].topic;
    return pp_watch_new(&c->loop, &o, &c->watch, err);
}
