/* A gap is for ever: the log cannot be changed, and a record said again stands behind the one that was met too early.
 * So the missing records are laid before the reader as inputs to be tried, and its memory of the writer is set to
 * behind them, in one transaction; when it is started again it goes on with the record at which it stopped. */
#include "republish.h"

#include "ev.h"
#include "io/clock.h"
#include "io/kafka_scan.h"
#include "service/outbox.h"
#include "service/rid.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define MISSING_MAX 10000
#define PARTS_MAX 1024
#define WAIT_MS 20000
#define LOOK_MS 200

struct gap { /* of one reader, in one partition of the log */
    int part;
    int64_t offset; /* of the record that came too early */
    struct pp_rid early;
    int64_t have; /* last sequence of its writer */
    int incarnation;
};

struct mend {
    const struct republish_opts *o;
    const struct cli_service *reader;
    struct pp_pg_sync_conn *reads, *writes; /* of the reader, of the writer */
    struct gap gap;
    int64_t next[PARTS_MAX];
    int nparts;
    int64_t waiting;
    int64_t put, skipped, wanted; /* missing records: laid before the reader, not for it; the next sequence wanted */
    struct pp_err err;
    bool failed;
};

static void on_next(void *user, const struct pp_rows *r) {
    struct mend *m = user;
    for (int i = 0; i < pp_rows_n(r); i++) {
        int part = (int)pp_rows_int(r, i, 0);
        if (part < PARTS_MAX) m->next[part] = pp_rows_int(r, i, 1);
    }
}

static bool on_early(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct mend *m = user;
    m->gap.offset = r->offset;
    if (!pp_rid_parse(pp_headers_get(h, nh, "ce_id"), &m->gap.early)) m->gap.early = (struct pp_rid){0};
    return false;
}

static void on_seen(void *user, const struct pp_rows *r) {
    struct mend *m = user;
    m->gap.have = pp_rows_n(r) ? pp_rows_int(r, 0, 1) : 0;
    m->gap.incarnation = pp_rows_n(r) ? (int)pp_rows_int(r, 0, 0) : 1;
}

/* Is the record at which the reader stands one of this writer, and too early? */
static int find_gap(struct mend *m, int part, bool *ret_gap, struct pp_err *err) {
    char p_text[12], source[12], shard[12];
    const char *p[] = {p_text, source, shard};
    struct pp_scan_opts o = {.brokers = m->o->brokers,
                             .topic = "pa.log.v1",
                             .partition = part,
                             .offset = m->next[part],
                             .timeout_ms = CLI_TIMEOUT_MS,
                             .fn = on_early,
                             .user = m};
    m->gap = (struct gap){.part = part, .offset = -1};
    if (pp_kafka_scan(&o, err) < 0) return -1;
    *ret_gap = false;
    if (m->gap.offset != m->next[part] || m->gap.early.source != m->o->svc->source_no) return 0;
    snprintf(p_text, sizeof p_text, "%d", part);
    snprintf(source, sizeof source, "%u", m->gap.early.source);
    snprintf(shard, sizeof shard, "%u", m->gap.early.shard);
    if (pp_pg_sync_exec(
            m->reads,
            "select incarnation, seq from dedup where part = $1::int and source = $2::int and shard = $3::int", p, 3,
            on_seen, m, err) < 0)
        return -1;
    *ret_gap = m->gap.early.incarnation == (uint32_t)m->gap.incarnation && (int64_t)m->gap.early.seq > m->gap.have + 1;
    return 0;
}

/* ---- the missing records ---- */

static bool reads_type(const struct mend *m, struct pp_str type) {
    enum ev_type t = ev_type_by_name(type);
    struct pp_str readers = t == EV_NONE ? PP_STR_NONE : pp_str_z(ev_info(t)->readers);
    while (readers.n)
        if (pp_str_eqz(pp_str_split(&readers, ','), m->reader->name)) return true;
    return false;
}

/* Bytes as text for bytea: "\x…". */
static char *hex_of(struct pp_str s) {
    char *text = malloc((size_t)s.n * 2 + 3);
    if (!text) abort();
    text[0] = '\\';
    text[1] = 'x';
    for (uint32_t i = 0; i < s.n; i++) snprintf(text + 2 + 2 * (size_t)i, 3, "%02x", (unsigned char)s.s[i]);
    text[2 + 2 * (size_t)s.n] = 0;
    return text;
}

static int lay_down(struct mend *m, const struct pp_outbox_item *it) {
    struct pp_str tenant = pp_headers_get(it->headers, it->send.nheaders, "pp_tenant"), key = it->send.key;
    struct pp_str subject = pp_headers_get(it->headers, it->send.nheaders, "ce_subject");
    struct pp_buf packed;
    struct pp_uuid id;
    char part[12], offset[24], now[25], tenant_text[80], person[PP_UUID_TEXT + 1], subject_text[PP_UUID_TEXT + 1];
    if (!pp_uuid_parse(subject, &id)) id = pp_uuid_derive((struct pp_uuid){{0}}, subject);
    pp_uuid_text(id, subject_text);
    snprintf(part, sizeof part, "%d", m->gap.part);
    snprintf(offset, sizeof offset, "%" PRId64, m->gap.offset);
    snprintf(tenant_text, sizeof tenant_text, "%.*s", PP_FMT(tenant));
    snprintf(person, sizeof person, "%.*s", PP_FMT(key));
    pp_time_text(pp_clock_now_ms(), now);
    pp_buf_init(&packed, (size_t)1 << 20);
    pp_headers_pack(&packed, it->headers, it->send.nheaders);
    char *k = hex_of(key), *h = hex_of(pp_buf_str(&packed)), *v = hex_of(it->send.value);
    const char *p[] = {part, tenant_text, person, subject_text, offset, k, h, v, now};
    int rc = pp_pg_sync_exec(
        m->reads,
        "insert into parked (part, tenant, person, subject, topic, topic_no, src_offset, key, headers, value, reason, "
        "at, retry) "
        "values ($1::int, $2, $3::uuid, $4::uuid, 'pa.log.v1', 0, $5::int8, $6::bytea, $7::bytea, $8::bytea, "
        "'missing on the log, put in its place', $9::timestamptz, true)",
        p, 9, NULL, NULL, &m->err);
    free(k);
    free(h);
    free(v);
    pp_buf_free(&packed);
    return rc;
}

static void on_outbox(void *user, const struct pp_rows *r) {
    struct mend *m = user;
    struct pp_outbox_item *it = malloc(sizeof *it);
    for (int i = 0; it && i < pp_rows_n(r) && !m->failed; i++) {
        struct pp_str rest = pp_rows_str(r, i, 0);
        bool bad = false;
        while (!m->failed && pp_outbox_next(&rest, m->o->svc->name, it, &bad)) {
            struct pp_rid id;
            bool fact = it->is_log && pp_rid_parse(pp_str_z(it->id), &id);
            if (!fact || id.dest != m->gap.part || id.incarnation != m->gap.early.incarnation ||
                (int64_t)id.seq != m->wanted || id.seq >= m->gap.early.seq)
                continue;
            m->wanted++;
            if (!reads_type(m, pp_headers_get(it->headers, it->send.nheaders, "ce_type")))
                m->skipped++;
            else if (lay_down(m, it) < 0)
                m->failed = true;
            else
                m->put++;
        }
    }
    free(it);
}

static int mend_gap(struct mend *m, struct pp_err *err) {
    char shard[12], part[12], source[12], incarnation[12], seq[24];
    const char *a[] = {shard}, *b[] = {part, source, shard, incarnation, seq};
    snprintf(shard, sizeof shard, "%u", m->gap.early.shard);
    snprintf(part, sizeof part, "%d", m->gap.part);
    snprintf(source, sizeof source, "%u", m->gap.early.source);
    snprintf(incarnation, sizeof incarnation, "%u", m->gap.early.incarnation);
    snprintf(seq, sizeof seq, "%" PRIu64, m->gap.early.seq - 1);
    m->wanted = m->gap.have + 1;
    m->put = m->skipped = 0;
    if (pp_pg_sync_exec(m->reads, "begin", NULL, 0, NULL, NULL, err) < 0) return -1;
    if (pp_pg_sync_exec(m->writes, "select events from outbox where part = $1::int order by batch_no", a, 1, on_outbox,
                        m, err) < 0)
        return -1;
    if (m->failed) {
        *err = m->err;
        return -1;
    }
    if (m->wanted != (int64_t)m->gap.early.seq)
        return pp_err_set(err, PP_ERR_NOTFOUND,
                          "%s lacks sequences %" PRId64 " to %" PRIu64
                          " of %s partition %u, and %s keeps its output for an hour only: they are lost. What they "
                          "said must be said anew by hand",
                          m->reader->name, m->wanted, m->gap.early.seq - 1, m->o->svc->name, m->gap.early.shard,
                          m->o->svc->name);
    if (pp_pg_sync_exec(m->reads,
                        "insert into dedup (part, source, shard, incarnation, seq) values ($1::int, $2::int, $3::int, "
                        "$4::int, $5::int8) "
                        "on conflict (part, source, shard) do update set seq = excluded.seq",
                        b, 5, NULL, NULL, err) < 0)
        return -1;
    if (m->o->dry) return pp_pg_sync_exec(m->reads, "rollback", NULL, 0, NULL, NULL, err);
    return pp_pg_sync_exec(m->reads, "commit", NULL, 0, NULL, NULL, err);
}

static void on_waiting(void *user, const struct pp_rows *r) { ((struct mend *)user)->waiting = pp_rows_int(r, 0, 0); }

/* They must be applied before the reader goes on with what stands behind the gap. */
static int wait_applied(struct mend *m, struct pp_err *err) {
    for (int64_t until = pp_mono_ms() + WAIT_MS;;) {
        if (pp_pg_sync_exec(m->reads, "select count(*) from parked where retry", NULL, 0, on_waiting, m, err) < 0)
            return -1;
        if (m->waiting == 0) return 0;
        if (pp_mono_ms() >= until)
            return pp_err_set(err, PP_ERR_TIMEOUT,
                              "%s has not applied the missing records yet: start it, and restart it once more when "
                              "parked list is empty",
                              m->reader->name);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
}

static int mend_reader(struct mend *m, int *ret_gaps, struct pp_err *err) {
    int64_t low[PARTS_MAX], high[PARTS_MAX];
    int gaps = 0;
    if (pp_pg_sync_exec(m->reads, "select part, next_0 from shard", NULL, 0, on_next, m, err) < 0) return -1;
    if (pp_kafka_ends(m->o->brokers, "pa.log.v1", m->nparts, low, high, CLI_TIMEOUT_MS, err) < 0) return -1;
    for (int part = 0; part < m->nparts; part++) {
        bool gap = false;
        if (m->next[part] >= high[part]) continue;
        if (find_gap(m, part, &gap, err) < 0) return -1;
        if (!gap) continue;
        if (mend_gap(m, err) < 0) return -1;
        gaps++;
        printf("%s, partition %d: sequences %" PRId64 " to %" PRIu64 " of %s were missing: %" PRId64 " %s, %" PRId64
               " it does not read\n",
               m->reader->name, part, m->gap.have + 1, m->gap.early.seq - 1, m->o->svc->name, m->put,
               m->o->dry ? "would be laid before it" : "are laid before it", m->skipped);
    }
    *ret_gaps += gaps;
    if (!gaps || m->o->dry) return 0;
    if (wait_applied(m, err) < 0) return -1;
    printf("%s has applied them; restart it now, so that it goes on behind the gap\n", m->reader->name);
    return 0;
}

int republish_mend(const struct pp_config *c, struct pp_pg_sync_conn *writes, const struct republish_opts *o,
                   int *ret_gaps, struct pp_err *err) {
    struct mend *m = calloc(1, sizeof *m);
    int rc = m ? 0 : pp_err_set(err, PP_ERR_NOMEM, "no memory"), nparts = 0;
    *ret_gaps = 0;
    if (rc == 0) rc = pp_kafka_partitions(o->brokers, "pa.log.v1", CLI_TIMEOUT_MS, &nparts, err);
    for (int i = 0; rc == 0 && i < CLI_SERVICES; i++) {
        if (strcmp(cli_services[i].topics[0], "pa.log.v1") != 0) continue;
        *m = (struct mend){.o = o, .reader = &cli_services[i], .writes = writes, .nparts = nparts};
        rc = cli_db(c, m->reader->name, false, NULL, &m->reads, err);
        if (rc == 0) rc = mend_reader(m, ret_gaps, err);
        pp_pg_sync_close(m->reads);
    }
    free(m);
    return rc;
}
