/* Messages of a case mix to the front door, one in flight on each connection.
 *
 * A case's next message follows --gap-ms after the one before was accepted. A latency counts from the moment the
 * message should have gone out by the rate, so that waiting for a free connection counts too. */
#include "io/clock.h"
#include "io/http_client.h"
#include "io/mllp_client.h"
#include "loadgen.h"
#include "mix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 4000
#define LATER_MAX (1 << 20)
#define MESSAGE_BYTES_MAX 65536
#define DRAIN_S 5
#define TOKEN_BYTES_MAX 4096
#define CLAIM_CONNECTIONS 16

static const struct pp_config_key keys[] = {
    {"address", PP_CFG_STR, 1, 60, "", "127.0.0.1:2575", "Front door, address:port."},
    {"connections", PP_CFG_INT, 1, CONNECTIONS_MAX, "", "50", "Connections."},
    {"mix", PP_CFG_STR, 1, 900, "", "tests/bench/mix.tsv", "Case mix."},
    {"run", PP_CFG_STR, 1, 6, "", "r1", "Word that keeps the patients of this run apart from others."},
    {"first", PP_CFG_INT, 0, INT32_MAX, "", "0", "Number of the first case."},
    {"gap-ms", PP_CFG_INT, 0, 600000, "ms", "1000", "Between the messages of a case."},
    {"claims-to", PP_CFG_STR, 0, 200, "", "",
     "Where claims go by HTTP: the door's /v1/messages; empty: none are sent."},
    {"token-file", PP_CFG_STR, 0, 900, "", "", "Token of a client, for claims."},
    {"journal", PP_CFG_STR, 0, 900, "", "", "File that gets a line for each message: id, sent (ms), ack, took (us)."},
    LOAD_KEYS_PACE,
    {0},
};

struct later { /* a case whose next message is due at `at` */
    int64_t i, at_ms;
    int step;
};
struct conn {
    struct load *l;
    struct pp_mllp_client *client;
    struct conn *next; /* of the idle list */
    bool idle, again;  /* again: what was in flight must be sent once more */
    bool claiming;     /* the message in flight is a claim, by HTTP */
    int64_t i;
    int step;
    uint64_t began_ns;
    char id[MIX_ID_BYTES];
};
struct load {
    const struct pp_config *c;
    uv_loop_t loop;
    struct pace pace;
    struct mix mix;
    struct pp_http_client *http; /* for claims; NULL: none are sent */
    char authorization[TOKEN_BYTES_MAX + 32];
    struct conn *conns, *idle;
    int nconns, busy;
    struct later *later;
    size_t head, tail; /* ring */
    int64_t next;      /* case */
    struct pp_buf message;
    struct hist hist;
    FILE *journal;
    int64_t sent, accepted, refused, broken, repeated, cases;
    uv_timer_t drain;
    bool ending;
    double seconds;
};

static void answered(struct conn *c, bool ok);
static void on_up(void *user);

static void on_claim_answer(void *user, const struct pp_http_result *r) {
    struct conn *c = user;
    bool ok = r->err.kind == PP_ERR_NONE && r->status >= 200 && r->status < 300;
    if (!ok && c->l->refused < 3)
        fprintf(stderr, "loadgen: claim: %d %s %.*s\n", r->status, r->err.msg, PP_FMT(pp_str_cut(r->body, 200)));
    c->claiming = false;
    answered(c, ok);
    on_up(c);
}

static void send_claim(struct conn *c) {
    struct load *l = c->l;
    struct pp_err err;
    struct pp_str header = pp_str_z(l->authorization);
    const struct pp_http_req req = {.method = PP_STR("POST"),
                                    .url = pp_str_z(pp_config_str(l->c, "claims-to")),
                                    .content_type = PP_STR("application/edi-x12"),
                                    .body = pp_buf_str(&l->message),
                                    .headers = &header,
                                    .nheaders = 1};
    c->claiming = true;
    if (pp_http_send(l->http, &req, on_claim_answer, c, &err) < 0) fprintf(stderr, "loadgen: claim: %s\n", err.msg);
}

static void transmit(struct conn *c) {
    struct load *l = c->l;
    struct pp_err err;
    pp_buf_reset(&l->message);
    mix_message(mix_kind_of(&l->mix, c->i), pp_config_str(l->c, "run"), c->i, c->step, &l->message, c->id);
    if (mix_is_claim(mix_kind_of(&l->mix, c->i), c->step))
        send_claim(c);
    else if (pp_mllp_client_send(c->client, pp_buf_str(&l->message), &err) < 0)
        fprintf(stderr, "loadgen: %s\n", err.msg);
}

/* What is due first: the next message of a running case, else a new case. */
static void take_work(struct load *l, struct conn *c) {
    struct later *n = l->head != l->tail ? &l->later[l->tail & (LATER_MAX - 1)] : NULL;
    if (n && (n->at_ms <= pp_mono_ms() || l->head - l->tail >= LATER_MAX - CONNECTIONS_MAX)) {
        c->i = n->i;
        c->step = n->step;
        l->tail++;
    } else {
        c->i = l->next++;
        c->step = 0;
        l->cases++;
    }
}

static void tick(void *user) {
    struct load *l = user;
    while (l->idle && pace_take(&l->pace)) {
        struct conn *c = l->idle;
        l->idle = c->next;
        c->idle = false;
        take_work(l, c);
        /* what is still owed was due earlier */
        double late_s = l->pace.rate > 0 ? l->pace.due / l->pace.rate : 0;
        c->began_ns = uv_hrtime() - (uint64_t)(late_s * 1e9);
        l->sent++;
        l->busy++;
        transmit(c);
    }
}

static void finish(struct load *l);

static void on_up(void *user) {
    struct conn *c = user;
    struct load *l = c->l;
    if (c->again) {
        c->again = false;
        l->repeated++;
        transmit(c);
        return;
    }
    if (c->idle || c->claiming) return;
    c->idle = true;
    c->next = l->idle;
    l->idle = c;
    if (l->pace.rate <= 0 && !l->ending) tick(l);
}

static void on_answer(void *user, struct pp_str message) {
    struct conn *c = user;
    struct load *l = c->l;
    /* MSA-1 is what counts; found without a parse, since this runs beside what is measured */
    const char *msa = memmem(message.s, message.n, "\rMSA|", 5);
    bool ok = msa && msa + 7 <= message.s + message.n && msa[6] == 'A';
    hist_add(&l->hist, (int64_t)((uv_hrtime() - c->began_ns) / 1000));
    if (!ok && l->refused < 3) fprintf(stderr, "loadgen: refused: %.*s\n", PP_FMT(pp_str_cut(message, 200)));
    answered(c, ok);
}

static void answered(struct conn *c, bool ok) {
    struct load *l = c->l;
    int64_t us = (int64_t)((uv_hrtime() - c->began_ns) / 1000);
    if (ok)
        l->accepted++;
    else
        l->refused++;
    if (l->journal)
        fprintf(l->journal, "%s\t%lld\t%s\t%lld\n", c->id, (long long)pp_real_ms(), ok ? "AA" : "no", (long long)us);
    l->busy--;
    if (ok && c->step + 1 < mix_steps(mix_kind_of(&l->mix, c->i), l->http) && l->head - l->tail < LATER_MAX)
        l->later[l->head++ & (LATER_MAX - 1)] =
            (struct later){c->i, pp_mono_ms() + pp_config_int(l->c, "gap-ms"), c->step + 1};
    if (l->ending && l->busy == 0) finish(l);
}

static void on_down(void *user, bool in_flight, const struct pp_err *err) {
    struct conn *c = user;
    struct load *l = c->l;
    if (l->broken++ < 3) fprintf(stderr, "loadgen: %s\n", err->msg);
    if (c->idle) {
        for (struct conn **p = &l->idle; *p; p = &(*p)->next)
            if (*p == c) {
                *p = c->next;
                break;
            }
        c->idle = false;
    }
    c->again = in_flight;
}

static void finish(struct load *l) {
    if (!l->later) return;
    for (int i = 0; i < l->nconns; i++) pp_mllp_client_close(l->conns[i].client);
    if (l->http) uv_stop(&l->loop); /* its handles need not be waited for: the process ends */
    uv_close((uv_handle_t *)&l->drain, NULL);
    struct pp_buf out;
    pp_buf_init(&out, 4096);
    pp_buf_printf(
        &out,
        "{\"sent\":%lld,\"accepted\":%lld,\"refused\":%lld,\"unanswered\":%d,\"broken\":%lld,\"repeated\":%lld,"
        "\"cases\":%lld,\"seconds\":%.2f,\"connections\":%d,\"ack\":",
        (long long)l->sent, (long long)l->accepted, (long long)l->refused, l->busy, (long long)l->broken,
        (long long)l->repeated, (long long)l->cases, l->seconds, l->nconns);
    hist_print(&l->hist, &out);
    printf("%.*s}\n", PP_FMT(pp_buf_str(&out)));
    fflush(stdout);
    pp_buf_free(&out);
    if (l->journal) fclose(l->journal);
    free(l->later);
    l->later = NULL;
}

static void drained(uv_timer_t *t) { finish(t->data); }
static void end(void *user) {
    struct load *l = user;
    l->seconds = pace_seconds(&l->pace);
    l->ending = true;
    pace_stop(&l->pace);
    if (l->busy == 0)
        finish(l);
    else
        uv_timer_start(&l->drain, drained, DRAIN_S * 1000, 0);
}

static int open_all(struct load *l, struct pp_err *err) {
    char host[64];
    snprintf(host, sizeof host, "%s", pp_config_str(l->c, "address"));
    char *port = strrchr(host, ':');
    int64_t no;
    if (!port || !pp_str_int(pp_str_z(port + 1), &no))
        return pp_err_set(err, PP_ERR_INVALID, "address: want address:port");
    *port = 0;
    for (int i = 0; i < l->nconns; i++) {
        struct conn *c = &l->conns[i];
        c->l = l;
        struct pp_mllp_client_opts o = {
            .host = host, .port = (int)no, .user = c, .on_up = on_up, .on_answer = on_answer, .on_down = on_down};
        if (pp_mllp_client_new(&l->loop, &o, &c->client, err) < 0) return -1;
    }
    return 0;
}

static int open_claims(struct load *l, struct pp_err *err) {
    if (!*pp_config_str(l->c, "claims-to")) return 0;
    const char *file = pp_config_str(l->c, "token-file");
    char token[TOKEN_BYTES_MAX];
    FILE *f = fopen(file, "re");
    if (!f || !fgets(token, sizeof token, f)) return pp_err_set(err, PP_ERR_IO, "token-file %s: not read", file);
    fclose(f);
    token[strcspn(token, "\r\n")] = 0;
    snprintf(l->authorization, sizeof l->authorization, "Authorization: Bearer %s", token);
    return pp_http_client_new(&l->loop, CLAIM_CONNECTIONS, &l->http, err);
}

static int fail(const struct pp_err *err) {
    fprintf(stderr, "loadgen: %s\n", err->msg);
    return 1;
}

int load_mllp(int argc, char **argv) {
    static struct load l;
    struct pp_config *c;
    struct pp_err err;
    const struct pp_config_key *tables[] = {keys, NULL};
    pp_config_load("loadgen mllp", tables, argc, argv, &c, &err);
    l.c = c;
    if (mix_load(pp_config_str(c, "mix"), &l.mix, &err) < 0) return fail(&err);
    const char *journal = pp_config_str(c, "journal");
    if (*journal && !(l.journal = fopen(journal, "we"))) {
        fprintf(stderr, "loadgen: %s: %s\n", journal, strerror(errno));
        return 1;
    }
    l.nconns = (int)pp_config_int(c, "connections");
    l.conns = calloc((size_t)l.nconns, sizeof *l.conns);
    l.later = calloc(LATER_MAX, sizeof *l.later);
    if (!l.conns || !l.later) return 1;
    l.next = pp_config_int(c, "first");
    pp_buf_init(&l.message, MESSAGE_BYTES_MAX);
    uv_loop_init(&l.loop);
    uv_timer_init(&l.loop, &l.drain);
    l.drain.data = &l;
    if (open_all(&l, &err) < 0 || open_claims(&l, &err) < 0) return fail(&err);
    l.pace = (struct pace){.tick = tick, .end = end, .user = &l};
    pace_start(&l.pace, &l.loop, (double)pp_config_int(c, "rate"), pp_config_int(c, "seconds"),
               pp_config_bool(c, "control"));
    uv_run(&l.loop, UV_RUN_DEFAULT);
    pp_buf_free(&l.message);
    free(l.conns);
    pp_config_free(c);
    return l.refused ? 1 : 0;
}
