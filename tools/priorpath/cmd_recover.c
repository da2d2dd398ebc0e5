/* priorpath recover: after a service's database was restored from a backup. Reads from the log what the lost
 * incarnation had said since, notes it for the service, and begins a new incarnation; the service then catches up by
 * itself (docs/recovery.md, common/service/recover.h). Can be run again at any point. */
#include "republish.h"

#include "base/hash.h"
#include "io/clock.h"
#include "io/kafka_scan.h"
#include "service/rid.h"

#include <endian.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#define PARTS_MAX 1024
#define ARENA_MAX ((size_t)4 << 30)
#define ROWS_EACH 500
#define SCAN_MARGIN_MS PP_MS_HOUR
#define LOOK_MS 500

static const struct pp_config_key keys[] = {
    CLI_KEY_KAFKA,
    CLI_KEYS_DB,
    CLI_KEY_CLOCK,
    {"wait-s", PP_CFG_INT, 0, 86400, "s", "0",
     "Waits so long for the service to catch up; 0: only prepares. Start the service meanwhile."},
    {"dry-run", PP_CFG_BOOL, 0, 0, "", "false", "Says what would be done."},
    {0},
};

struct fact {
    struct fact *next;
    int part;
    struct pp_rid id;
    struct pp_str person, type, subject, cause, time;
    char body[PP_SHA256_HEX + 1];
};

struct shard {
    bool there;
    int incarnation;
    int64_t next[2];
    uint64_t seqs[PARTS_MAX], last[PARTS_MAX]; /* in the database; on the log */
};

struct recover {
    const struct pp_config *c;
    const char *brokers;
    const struct cli_service *svc;
    struct pp_pg_sync_conn *db;
    int nparts, ntopics;
    struct shard *shards;
    int64_t *high[2], *low[2], *committed[2];
    int64_t scan_from_ms;
    struct pp_arena a;
    struct fact *facts, **tail;
    int nfacts;
    bool noted, done; /* an earlier run got so far; nothing is left to do */
    struct pp_err bad;
};

/* ---- what the database knows ---- */

static void on_shards(void *user, const struct pp_rows *r) {
    struct recover *rv = user;
    for (int i = 0; i < pp_rows_n(r); i++) {
        int part = (int)pp_rows_int(r, i, 0);
        struct pp_str seqs = pp_rows_str(r, i, 4);
        if (part >= rv->nparts) continue;
        struct shard *sh = &rv->shards[part];
        *sh = (struct shard){.there = true,
                             .incarnation = (int)pp_rows_int(r, i, 1),
                             .next = {pp_rows_int(r, i, 2), pp_rows_int(r, i, 3)}};
        for (int d = 0; d < rv->nparts && (uint32_t)(d + 1) * 8 <= seqs.n; d++) {
            uint64_t be;
            memcpy(&be, seqs.s + 8 * d, 8);
            sh->seqs[d] = sh->last[d] = be64toh(be);
        }
    }
}

static void on_since(void *user, const struct pp_rows *r) {
    struct recover *rv = user;
    if (!pp_rows_null(r, 0, 0)) rv->scan_from_ms = pp_rows_time(r, 0, 0) - SCAN_MARGIN_MS;
    rv->noted = pp_rows_int(r, 0, 1) > 0;
}

/* Locks the rows: whoever still writes waits, and is fenced when this is committed. */
static int read_shards(struct recover *rv, struct pp_err *err) {
    if (pp_pg_sync_exec(rv->db,
                        "select part, incarnation, next_0, next_1, out_seqs from shard order by part for update", NULL,
                        0, on_shards, rv, err) < 0)
        return -1;
    return pp_pg_sync_exec(rv->db, "select (select max(at) from outbox), (select count(*) from recovery)", NULL, 0,
                           on_since, rv, err);
}

/* ---- what the broker knows ---- */

static int read_topics(struct recover *rv, struct pp_err *err) {
    char group[64];
    snprintf(group, sizeof group, "pp-%s", rv->svc->name);
    for (int t = 0; t < rv->ntopics; t++) {
        int64_t **all[] = {&rv->high[t], &rv->low[t], &rv->committed[t]};
        for (int i = 0; i < 3; i++)
            if (!(*all[i] = calloc((size_t)rv->nparts, sizeof(int64_t))))
                return pp_err_set(err, PP_ERR_NOMEM, "no memory");
        if (pp_kafka_ends(rv->brokers, rv->svc->topics[t], rv->nparts, rv->low[t], rv->high[t], CLI_TIMEOUT_MS, err) <
                0 ||
            pp_kafka_committed(rv->brokers, group, rv->svc->topics[t], rv->nparts, rv->committed[t], CLI_TIMEOUT_MS,
                               err) < 0)
            return -1;
    }
    return 0;
}

/* Partitions of which Kafka knows more than the database; inputs must still be there to be applied again. */
static int compare(const struct recover *rv, int *ret_behind, struct pp_err *err) {
    for (int p = 0; p < rv->nparts; p++)
        for (int t = 0; t < rv->ntopics; t++) {
            int64_t next = rv->shards[p].next[t];
            if (rv->committed[t][p] > next) {
                printf("  partition %d of %s: applied up to offset %" PRId64 ", the database knows %" PRId64 "\n", p,
                       rv->svc->topics[t], rv->committed[t][p], next);
                (*ret_behind)++;
            }
            if (rv->low[t][p] > next && rv->shards[p].there)
                return pp_err_set(err, PP_ERR_CONFLICT,
                                  "%s keeps partition %d only from offset %" PRId64 ", and inputs from %" PRId64
                                  " are needed: restore a younger backup",
                                  rv->svc->topics[t], p, rv->low[t][p], next);
        }
    return 0;
}

static bool on_record(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct recover *rv = user;
    struct pp_rid id;
    if (!pp_rid_parse(pp_headers_get(h, nh, "ce_id"), &id) || id.source != rv->svc->source_no ||
        id.shard >= rv->nparts || id.dest != r->partition)
        return true;
    struct shard *sh = &rv->shards[id.shard];
    if (id.incarnation != (uint32_t)sh->incarnation) return true;
    if (id.seq <= sh->last[id.dest]) return true; /* of before the backup, or a repeat */
    if (id.seq != sh->last[id.dest] + 1) {
        pp_err_set(&rv->bad, PP_ERR_CONFLICT,
                   "the log lacks what partition %u said to %u between %" PRIu64 " and %" PRIu64, id.shard, id.dest,
                   sh->last[id.dest], id.seq);
        return false;
    }
    sh->last[id.dest] = id.seq;
    struct fact *f = pp_arena_new(&rv->a, struct fact);
    if (!f) return false;
    *f = (struct fact){.part = id.shard,
                       .id = id,
                       .person = pp_arena_str(&rv->a, r->key),
                       .type = pp_arena_str(&rv->a, pp_headers_get(h, nh, "ce_type")),
                       .subject = pp_arena_str(&rv->a, pp_headers_get(h, nh, "ce_subject")),
                       .cause = pp_arena_str(&rv->a, pp_headers_get(h, nh, "pp_cause")),
                       .time = pp_arena_str(&rv->a, pp_headers_get(h, nh, "ce_time"))};
    pp_sha256_hex(r->value, f->body);
    *rv->tail = f;
    rv->tail = &f->next;
    rv->nfacts++;
    return !pp_arena_failed(&rv->a);
}

static int read_log(struct recover *rv, struct pp_err *err) {
    struct pp_scan_opts o = {.brokers = rv->brokers,
                             .topic = "pa.log.v1",
                             .partition = -1,
                             .from_ms = rv->scan_from_ms,
                             .timeout_ms = CLI_TIMEOUT_MS,
                             .fn = on_record,
                             .user = rv};
    if (pp_kafka_scan(&o, err) < 0) return -1;
    if (pp_arena_failed(&rv->a))
        return pp_err_set(err, PP_ERR_LIMIT, "the facts said since the backup need more than %zu MB", ARENA_MAX >> 20);
    if (rv->bad.kind == PP_ERR_NONE) return 0;
    *err = rv->bad;
    return -1;
}

/* ---- noting it ---- */

static json_t *str_of(struct pp_str s) { return json_stringn(s.n ? s.s : "", s.n); }

static int note_facts(struct recover *rv, struct pp_err *err) {
    for (const struct fact *f = rv->facts; f;) {
        json_t *rows = json_array();
        for (int n = 0; f && n < ROWS_EACH; n++, f = f->next)
            json_array_append_new(rows, json_pack("{s:i, s:i, s:i, s:I, s:o, s:o, s:o, s:o, s:s, s:o}", "part", f->part,
                                                  "dest", (int)f->id.dest, "incarnation", (int)f->id.incarnation, "seq",
                                                  (json_int_t)f->id.seq, "person", str_of(f->person), "type",
                                                  str_of(f->type), "subject", str_of(f->subject), "cause",
                                                  str_of(f->cause), "body", f->body, "at", str_of(f->time)));
        char *text = json_dumps(rows, JSON_COMPACT);
        json_decref(rows);
        const char *p[] = {text};
        int rc = text ? pp_pg_sync_exec(rv->db,
                                        "insert into recovery_fact (part, dest, incarnation, seq, person, type, "
                                        "subject, cause, body, at) "
                                        "select part, dest, incarnation, seq, person, type, subject, cause, "
                                        "decode(body, 'hex'), at from json_to_recordset($1::json) "
                                        "x(part int, dest int, incarnation int, seq bigint, person text, type text, "
                                        "subject text, cause text, body text, at timestamptz)",
                                        p, 1, NULL, NULL, err)
                      : pp_err_set(err, PP_ERR_NOMEM, "no memory");
        free(text);
        if (rc < 0) return -1;
    }
    return 0;
}

/* The first sequence of the new incarnation is taken by the record that announces it, for each destination. */
static int note_shard(struct recover *rv, int part, struct pp_err *err) {
    char p_text[12], until[2][24], incarnation[12], *seqs = malloc((size_t)rv->nparts * 16 + 1), now[25];
    if (!seqs) return pp_err_set(err, PP_ERR_NOMEM, "no memory");
    for (int d = 0; d < rv->nparts; d++) memcpy(seqs + 16 * d, "0000000000000001", 17);
    snprintf(p_text, sizeof p_text, "%d", part);
    snprintf(incarnation, sizeof incarnation, "%d", rv->shards[part].incarnation + 1);
    for (int t = 0; t < 2; t++) {
        int64_t u = t < rv->ntopics ? rv->high[t][part] : 0;
        if (t < rv->ntopics && rv->committed[t][part] > u) u = rv->committed[t][part];
        snprintf(until[t], sizeof until[t], "%" PRId64, u);
    }
    pp_time_text(pp_real_ms(), now);
    const char *a[] = {p_text, incarnation, seqs}, *b[] = {p_text, until[0], until[1], now};
    int rc = pp_pg_sync_exec(rv->db,
                             "update shard set epoch = epoch + 1, owner = 'recover', incarnation = $2::int, out_seqs = "
                             "decode($3, 'hex'), clean = true, "
                             "try_count = 0, try_offset = -1 where part = $1::int",
                             a, 3, NULL, NULL, err);
    if (rc == 0)
        rc = pp_pg_sync_exec(rv->db,
                             "insert into recovery (part, until_0, until_1, started) values ($1::int, $2::int8, "
                             "$3::int8, $4::timestamptz) "
                             "on conflict (part) do update set until_0 = excluded.until_0, until_1 = excluded.until_1, "
                             "started = excluded.started",
                             b, 4, NULL, NULL, err);
    free(seqs);
    return rc;
}

static int note_jobs(struct recover *rv, struct pp_err *err) {
    char now[25];
    const char *p[] = {now};
    pp_time_text(pp_real_ms(), now);
    return pp_pg_sync_exec(rv->db, "update job set state = 'doubt', next_at = $1::timestamptz where state <> 'done'", p,
                           1, NULL, NULL, err);
}

/* ---- incarnation.started ---- */

static int announce_one(struct recover *rv, int part, int dest, const char *body, const char *time,
                        struct pp_err *err) {
    const struct pp_rid id = {rv->svc->source_no, (uint16_t)part, (uint32_t)rv->shards[part].incarnation + 1,
                              (uint16_t)dest, 1};
    char id_text[PP_RID_TEXT_MAX], source[64], key[PP_UUID_TEXT + 1], name[32];
    snprintf(source, sizeof source, "/priorpath/%s/%d", rv->svc->name, part);
    snprintf(name, sizeof name, "shard:%u/%d", rv->svc->source_no, part);
    pp_rid_text(&id, id_text);
    pp_uuid_text(pp_pseudo_person(PP_STR("priorpath"), pp_str_z(name)), key);
    const struct pp_header h[] = {
        {PP_STR("ce_id"), pp_str_z(id_text)},      {PP_STR("ce_type"), PP_STR("incarnation.started")},
        {PP_STR("ce_specversion"), PP_STR("1.0")}, {PP_STR("ce_source"), pp_str_z(source)},
        {PP_STR("ce_subject"), pp_str_z(name)},    {PP_STR("ce_time"), pp_str_z(time)},
        {PP_STR("pp_tenant"), PP_STR("priorpath")}};
    const struct pp_send s = {.topic = "pa.log.v1",
                              .partition = dest,
                              .key = pp_str_z(key),
                              .value = pp_str_z(body),
                              .headers = h,
                              .nheaders = sizeof h / sizeof *h};
    return pp_kafka_send_sync(rv->brokers, &s, 1, CLI_TIMEOUT_MS, err);
}

static int announce(struct recover *rv, int part, struct pp_err *err) {
    char time[25];
    json_t *last = json_array();
    for (int d = 0; d < rv->nparts; d++)
        json_array_append_new(last, json_integer((json_int_t)rv->shards[part].last[d]));
    json_t *j = json_pack("{s:i, s:i, s:i, s:o}", "source", (int)rv->svc->source_no, "shard", part, "incarnation",
                          rv->shards[part].incarnation + 1, "last_seqs", last);
    char *body = json_dumps(j, JSON_COMPACT);
    int rc = body ? 0 : pp_err_set(err, PP_ERR_NOMEM, "no memory");
    pp_time_text(pp_clock_now_ms(), time);
    for (int d = 0; rc == 0 && d < rv->nparts; d++) rc = announce_one(rv, part, d, body, time, err);
    free(body);
    json_decref(j);
    return rc;
}

/* ---- in order ---- */

static int prepare(struct recover *rv, struct pp_err *err) {
    int64_t again = 0;
    int behind = 0, taken = 0;
    struct republish_opts o = {.brokers = rv->brokers,
                               .svc = rv->svc,
                               .partition = -1,
                               .to = -1,
                               .unrelayed = true,
                               .dry = pp_config_bool(rv->c, "dry-run")};
    if (read_shards(rv, err) < 0 || read_topics(rv, err) < 0 || compare(rv, &behind, err) < 0) return -1;
    if (behind == 0 && !rv->noted)
        return pp_err_set(err, PP_ERR_CONFLICT,
                          "%s is not behind what Kafka knows: there is nothing to recover. Just start it",
                          rv->svc->name);
    /* Facts of before the backup of which nobody knows whether they arrived: before the old incarnation ends. */
    if (republish_facts(rv->db, &o, &again, err) < 0 || read_log(rv, err) < 0) return -1;
    /* Noted already, and nothing was said since: not once more. Else the database went back while it caught up. */
    rv->done = rv->noted && rv->nfacts == 0;
    if (rv->done) {
        printf("%s is already catching up; start it, if it does not run\n", rv->svc->name);
        return 0;
    }
    for (int p = 0; p < rv->nparts; p++) taken += rv->shards[p].there;
    printf("  %d facts said since the backup stand on the log; %d partitions will catch up, unfinished calls are in "
           "doubt\n",
           rv->nfacts, taken);
    if (o.dry) return 0;
    if (note_facts(rv, err) < 0 || note_jobs(rv, err) < 0) return -1;
    for (int p = 0; p < rv->nparts; p++)
        if (rv->shards[p].there && note_shard(rv, p, err) < 0) return -1;
    /* Announced before it is committed: if this ends in between, the same records are written again by the next run. */
    for (int p = 0; p < rv->nparts; p++)
        if (rv->shards[p].there && announce(rv, p, err) < 0) return -1;
    return 0;
}

static void on_left(void *user, const struct pp_rows *r) { *(int64_t *)user = pp_rows_int(r, 0, 0); }

static int wait_done(struct recover *rv, struct pp_err *err) {
    int64_t until = pp_mono_ms() + pp_config_int(rv->c, "wait-s") * 1000, left = 0, said = -1;
    for (;;) {
        if (pp_pg_sync_exec(rv->db, "select count(*) from recovery", NULL, 0, on_left, &left, err) < 0) return -1;
        if (left == 0) break;
        if (left != said) printf("  %" PRId64 " partitions are catching up\n", said = left);
        fflush(stdout);
        if (pp_mono_ms() >= until)
            return pp_err_set(err, PP_ERR_TIMEOUT,
                              "%" PRId64 " partitions have not caught up; does %s run? (priorpath status)", left,
                              rv->svc->name);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
    printf("%s has caught up\n", rv->svc->name);
    return 0;
}

static int run(struct recover *rv, struct pp_err *err) {
    if (pp_kafka_partitions(rv->brokers, "pa.log.v1", CLI_TIMEOUT_MS, &rv->nparts, err) < 0) return -1;
    rv->shards = calloc((size_t)rv->nparts, sizeof *rv->shards);
    if (!rv->shards) return pp_err_set(err, PP_ERR_NOMEM, "no memory");
    rv->ntopics = rv->svc->topics[1] ? 2 : 1;
    rv->tail = &rv->facts;
    if (cli_db(rv->c, rv->svc->name, false, NULL, &rv->db, err) < 0) return -1;
    if (pp_pg_sync_exec(rv->db, "begin", NULL, 0, NULL, NULL, err) < 0 || prepare(rv, err) < 0)
        return -1; /* closing rolls back */
    bool dry = pp_config_bool(rv->c, "dry-run");
    if (pp_pg_sync_exec(rv->db, dry ? "rollback" : "commit", NULL, 0, NULL, NULL, err) < 0) return -1;
    if (dry || rv->done) return dry || !pp_config_int(rv->c, "wait-s") ? 0 : wait_done(rv, err);
    printf("%s is ready to catch up: it does so when it is started, and priorpath status shows how far it is behind\n",
           rv->svc->name);
    return pp_config_int(rv->c, "wait-s") ? wait_done(rv, err) : 0;
}

int cmd_recover(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    const char *name = cli_verb(&argc, &argv);
    cli_settings("priorpath recover SERVICE", keys, argc, argv, &c);
    struct recover rv = {.c = c, .brokers = pp_config_str(c, "kafka-brokers"), .svc = cli_service_of(name, &err)};
    pp_arena_init(&rv.a, ARENA_MAX);
    int rc = rv.svc ? pp_clock_init(pp_config_str(c, "clock-file"), &err) : -1;
    if (rc == 0) rc = run(&rv, &err);
    pp_pg_sync_close(rv.db);
    for (int t = 0; t < 2; t++) {
        free(rv.high[t]);
        free(rv.low[t]);
        free(rv.committed[t]);
    }
    free(rv.shards);
    pp_arena_free(&rv.a);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("recover", &err);
}
