/* priorpath republish: puts the facts of a service on the log again, from its outbox rows of the last hour. The records
 * are the same to the byte, ids included, so a reader that has one skips it, and one that missed it has it as the next.
 *
 * Only facts of the log: a snapshot of a public topic said again could stand behind a newer one, and a dead letter
 * would be two. */
#include "republish.h"

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
    CLI_KEY_CLOCK,
    {"from", PP_CFG_STR, 1, 16, "", "60m", "How far back: 5m, 60m (rows are kept an hour after they were relayed)."},
    {"partition", PP_CFG_INT, -1, 1023, "", "-1", "Only what this partition of the service said; -1: all."},
    {"to-partition", PP_CFG_INT, -1, 1023, "", "-1", "Only facts for this partition of the log; -1: all."},
    {"dry-run", PP_CFG_BOOL, 0, 0, "", "false", "Counts only."},
    {0},
};

struct run {
    const struct republish_opts *o;
    int64_t last_batch, facts, rows;
    int last_part, n;
    struct pp_arena a;
    struct pp_send *sends;
    struct pp_err err;
    bool failed;
};

static void keep(struct run *run, const struct pp_outbox_item *it) {
    if (!it->is_log || (run->o->to >= 0 && run->o->to != it->send.partition)) return;
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
    for (int i = 0; i < s->nheaders; i++)
        h[i] =
            (struct pp_header){pp_arena_str(&run->a, it->headers[i].name), pp_arena_str(&run->a, it->headers[i].value)};
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
        while (!run->failed && pp_outbox_next(&packed, run->o->svc->name, it, &bad)) keep(run, it);
        if (bad) {
            run->failed = true;
            pp_err_set(&run->err, PP_ERR_BUG, "outbox row %" PRId64 " of partition %d is broken", run->last_batch,
                       run->last_part);
        }
    }
    free(it);
}

static int flush(struct run *run, struct pp_err *err) {
    if (run->failed) {
        *err = run->err;
        return -1;
    }
    if (run->o->dry || run->n == 0) return 0;
    return pp_kafka_send_sync(run->o->brokers, run->sends, run->n, CLI_TIMEOUT_MS, err);
}

static int each_part(struct run *run, struct pp_pg_sync_conn *db, struct pp_err *err) {
    char since[25], part[24], batch[24], only[24];
    const char *p[] = {since, part, batch, only, run->o->unrelayed ? "true" : "false"};
    pp_time_text(run->o->since_ms, since);
    snprintf(only, sizeof only, "%d", run->o->partition);
    run->last_part = -1;
    do {
        snprintf(part, sizeof part, "%d", run->last_part);
        snprintf(batch, sizeof batch, "%" PRId64, run->last_batch);
        run->n = 0;
        pp_arena_reset(&run->a);
        if (pp_pg_sync_exec(db,
                            "select o.part, o.batch_no, o.events from outbox o join shard s using (part) "
                            "where ($1 = '' or o.at >= $1::timestamptz) and (o.part, o.batch_no) > ($2::int, $3::int8) "
                            "and ($4::int < 0 or o.part = $4::int) and (not $5::bool or o.batch_no > s.relayed) "
                            "order by o.part, o.batch_no limit " ROWS_EACH,
                            p, 5, on_rows, run, err) < 0 ||
            flush(run, err) < 0)
            return -1;
    } while (run->rows > 0);
    return 0;
}

int republish_facts(struct pp_pg_sync_conn *db, const struct republish_opts *o, int64_t *ret_facts,
                    struct pp_err *err) {
    struct run run = {.o = o, .sends = calloc(SENDS_MAX, sizeof *run.sends)};
    if (!run.sends) return pp_err_set(err, PP_ERR_NOMEM, "no memory");
    pp_arena_init(&run.a, (size_t)512 << 20);
    int rc = each_part(&run, db, err);
    *ret_facts = run.facts;
    pp_arena_free(&run.a);
    free(run.sends);
    return rc;
}

static int from_of(const struct pp_config *c, int64_t *ret_ms, struct pp_err *err) {
    struct pp_str s = pp_str_z(pp_config_str(c, "from"));
    int64_t n, unit = !s.n                  ? 0
                      : s.s[s.n - 1] == 's' ? 1000
                      : s.s[s.n - 1] == 'm' ? 60000
                      : s.s[s.n - 1] == 'h' ? 3600000
                                            : 0;
    if (!unit || !pp_str_int((struct pp_str){s.s, s.n - 1}, &n) || n < 1)
        return pp_err_set(err, PP_ERR_INVALID, "from: want a length of time back, like 5m or 60m");
    *ret_ms = pp_real_ms() - n * unit;
    return 0;
}

int cmd_republish(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    struct pp_pg_sync_conn *db = NULL;
    int64_t facts = 0;
    int gaps = 0;
    const char *name = cli_verb(&argc, &argv);
    cli_settings("priorpath republish SERVICE", keys, argc, argv, &c);
    struct republish_opts o = {.brokers = pp_config_str(c, "kafka-brokers"),
                               .svc = cli_service_of(name, &err),
                               .partition = (int)pp_config_int(c, "partition"),
                               .to = (int)pp_config_int(c, "to-partition"),
                               .dry = pp_config_bool(c, "dry-run")};
    int rc = o.svc ? from_of(c, &o.since_ms, &err) : -1;
    if (rc == 0) rc = cli_db(c, name, false, NULL, &db, &err);
    if (rc == 0) rc = republish_facts(db, &o, &facts, &err);
    if (rc == 0 && pp_clock_init(pp_config_str(c, "clock-file"), &err) < 0) rc = -1;
    if (rc == 0)
        printf("%s: %" PRId64 " facts %s\n", name, facts,
               o.dry ? "would be put on the log again" : "are on the log again; readers skip what they have");
    if (rc == 0) rc = republish_mend(c, db, &o, &gaps, &err);
    if (rc == 0 && gaps == 0) printf("no reader stands before a gap of it\n");
    pp_pg_sync_close(db);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("republish", &err);
}
