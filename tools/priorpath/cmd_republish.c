/* priorpath republish: puts the facts of a service on the log again, from its outbox rows of the last hour. The records are
 * the same to the byte, ids included, so a reader that has one skips it, and one that missed it has it as the next.
 *
 * Only facts of the log: a snapshot of a public topic said again could stand behind a newer one, and a dead letter would
 * be two. */
#include "cli.h"

#include "io/clock.h"
#include "io/kafka_sync.h"
#include "service/outbox.h"

#include <inttypes.h>
#include <stdlib.h>

#define ROWS_EACH "200"
#define SENDS_MAX 20000

static const struct pp_config_key keys[] = {
    CLI_KEY_KAFKA,
    CLI_KEYS_DB,
    {"from", PP_CFG_STR, 1, 16, "", "60m", "How far back: 5m, 60m (rows are kept an hour after they were relayed)."},
    {"partition", PP_CFG_INT, -1, 1023, "", "-1", "Only what this partition of the service said; -1: all."},
    {"to-partition", PP_CFG_INT, -1, 1023, "", "-1", "Only facts for this partition of the log; -1: all."},
    {"dry-run", PP_CFG_BOOL, 0, 0, "", "false", "Counts only."},
    {0},
};

struct run {
    const struct pp_config *c;
    const struct cli_service *svc;
    int64_t last_batch, facts, rows;
    int last_part, n;
    struct pp_arena a;
    struct pp_send *sends;
    struct pp_err err;
    bool failed;
};

static void keep(struct run *run, const struct pp_outbox_item *it) {
    int64_t to = pp_config_int(run->c, "to-partition");
    if (!it->is_log || (to >= 0 && to != it->send.partition)) return;
    struct pp_header *h = pp_arena_array(&run->a, struct pp_header, it->send.nheaders);
    if (!h || run->n == SENDS_MAX) {
        run->failed = true;
        pp_err_set(&run->err, PP_ERR_LIMIT, "a batch of rows holds more than %d facts", SENDS_MAX);
        return;
    }
    struct pp_send *s = &run->sends[run->n++];
    *s = it->send;
    s->topic = "pa.log.v1";
    s->key = pp_arena_str(&run->a, it->send.key);
    s->value = pp_arena_str(&run->a, it->send.value);
    s->headers = h;
    for (int i = 0; i < s->nheaders; i++) h[i] = (struct pp_header){pp_arena_str(&run->a, it->headers[i].name), pp_arena_str(&run->a, it->headers[i].value)};
    run->facts++;
}

static void on_rows(void *user, const struct pp_rows *r) {
    struct run *run = user;
    struct pp_outbox_item *it = malloc(sizeof *it);
    run->rows = pp_rows_n(r);
    for (int i = 0; it && i < pp_rows_n(r) && !run->failed; i++) {
        struct pp_str packed = pp_rows_str(r, i, 2);
        bool bad = false;
        run->last_part = (int)pp_rows_int(r, i, 0);
        run->last_batch = pp_rows_int(r, i, 1);
        while (!run->failed && pp_outbox_next(&packed, run->svc->name, it, &bad)) keep(run, it);
        if (bad) {
            run->failed = true;
            pp_err_set(&run->err, PP_ERR_BUG, "outbox row %" PRId64 " of partition %d is broken", run->last_batch, run->last_part);
        }
    }
    free(it);
}

static int flush(struct run *run, struct pp_err *err) {
    if (run->failed) {
        *err = run->err;
        return -1;
    }
    if (pp_config_bool(run->c, "dry-run") || run->n == 0) return 0;
    return pp_kafka_send_sync(pp_config_str(run->c, "kafka-brokers"), run->sends, run->n, CLI_TIMEOUT_MS, err);
}

static int republish(struct run *run, struct pp_pg_sync_conn *db, int64_t since_ms, struct pp_err *err) {
    char since[25], part[24], batch[24], only[24];
    const char *p[] = {since, part, batch, only};
    pp_time_text(since_ms, since);
    snprintf(only, sizeof only, "%" PRId64, pp_config_int(run->c, "partition"));
    run->last_part = -1;
    do {
        snprintf(part, sizeof part, "%d", run->last_part);
        snprintf(batch, sizeof batch, "%" PRId64, run->last_batch);
        run->n = 0;
        pp_arena_reset(&run->a);
        if (pp_pg_sync_exec(db,
                            "select part, batch_no, events from outbox where at >= $1::timestamptz and (part, batch_no) > ($2::int, $3::int8) "
                            "and ($4::int < 0 or part = $4::int) order by part, batch_no limit " ROWS_EACH,
                            p, 4, on_rows, run, err) < 0 ||
            flush(run, err) < 0)
            return -1;
    } while (run->rows > 0);
    return 0;
}

static int from_of(const struct pp_config *c, int64_t *ret_ms, struct pp_err *err) {
    struct pp_str s = pp_str_z(pp_config_str(c, "from"));
    int64_t n, unit = !s.n ? 0 : s.s[s.n - 1] == 's' ? 1000 : s.s[s.n - 1] == 'm' ? 60000 : s.s[s.n - 1] == 'h' ? 3600000 : 0;
    if (!unit || !pp_str_int((struct pp_str){s.s, s.n - 1}, &n) || n < 1) return pp_err_set(err, PP_ERR_INVALID, "from: want a length of time back, like 5m or 60m");
    *ret_ms = pp_real_ms() - n * unit;
    return 0;
}

int cmd_republish(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    struct pp_pg_sync_conn *db = NULL;
    int64_t since = 0;
    const char *name = cli_verb(&argc, &argv);
    cli_settings("priorpath republish SERVICE", keys, argc, argv, &c);
    struct run run = {.c = c, .svc = cli_service_of(name, &err), .sends = calloc(SENDS_MAX, sizeof *run.sends)};
    pp_arena_init(&run.a, (size_t)512 << 20);
    int rc = !run.svc ? -1 : !run.sends ? pp_err_set(&err, PP_ERR_NOMEM, "no memory") : from_of(c, &since, &err);
    if (rc == 0) rc = cli_db(c, name, false, NULL, &db, &err);
    if (rc == 0) rc = republish(&run, db, since, &err);
    if (rc == 0)
        printf("%s: %" PRId64 " facts %s\n", name, run.facts, pp_config_bool(c, "dry-run") ? "would be put on the log again" : "are on the log again; readers skip what they have");
    pp_pg_sync_close(db);
    pp_arena_free(&run.a);
    free(run.sends);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("republish", &err);
}
