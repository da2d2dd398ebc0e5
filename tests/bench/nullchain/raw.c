/* The raw limit: the same number of bytes through the same broker and database, by librdkafka and libpq alone, without
 * anything of ours. One process for each service of the measured run; each reads the whole log, writes its share of it,
 * and commits a transaction per batch with as many rows of the same size, a row of output bytes and a shard row.
 *
 *   bench-raw NAME BROKERS CONNINFO SHARE RECORD_BYTES ROWS ROW_BYTES SECONDS
 *
 * SHARE: part of all records that this process writes (0 … 1). ROWS: rows upserted per record read; 0: no database.
 * Prints {"read","written","rows","seconds"}. Records have one header; their bytes, keys and the names and values of
 * headers counted, are those of the measured run.
 */
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>

#include <arpa/inet.h>
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOPIC "bench.raw"
#define PARTITIONS 8
#define BATCH 500
#define AHEAD 3000 /* records that a writer may be ahead of what it has read */
#define IDS 200000
#define RECORD_BYTES_MAX 65536
#define ROW_BYTES_MAX 16384
#define PACE_NS 20000000

static struct {
    const char *name;
    double share, rows;
    int record_bytes, row_bytes, seconds;
    rd_kafka_t *consumer, *producer;
    PGconn *db;
    int64_t nread, nwritten, nrows, last_id;
    char record[RECORD_BYTES_MAX], *array, *out;
} raw;

static void die(const char *what, const char *why) {
    fprintf(stderr, "bench-raw %s: %s: %s\n", raw.name, what, why);
    exit(1);
}
static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void set(rd_kafka_conf_t *c, const char *name, const char *value) {
    char text[256];
    if (rd_kafka_conf_set(c, name, value, text, sizeof text)) die(name, text);
}

static void clients(const char *brokers) {
    char text[256];
    rd_kafka_conf_t *c = rd_kafka_conf_new(), *p = rd_kafka_conf_new();
    set(c, "bootstrap.servers", brokers);
    set(c, "group.id", "bench-raw");
    set(c, "enable.auto.commit", "false");
    set(c, "queued.min.messages", "1000000");
    set(c, "fetch.wait.max.ms", "50");
    set(c, "socket.nagle.disable", "true");
    set(p, "bootstrap.servers", brokers);
    set(p, "enable.idempotence", "true");
    set(p, "linger.ms", "5");
    set(p, "compression.codec", "lz4");
    set(p, "queue.buffering.max.messages", "200000");
    set(p, "socket.nagle.disable", "true");
    raw.consumer = rd_kafka_new(RD_KAFKA_CONSUMER, c, text, sizeof text);
    if (!raw.consumer) die("consumer", text);
    raw.producer = rd_kafka_new(RD_KAFKA_PRODUCER, p, text, sizeof text);
    if (!raw.producer) die("producer", text);
    rd_kafka_poll_set_consumer(raw.consumer);
    /* From the beginning of a topic made for this run: what the others wrote before a reader was there would be missing
     * from its count for ever, and the number of records in flight, which AHEAD keeps, smaller by as much. */
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++)
        rd_kafka_topic_partition_list_add(l, TOPIC, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    if (rd_kafka_assign(raw.consumer, l)) die("consumer", "cannot be assigned");
    rd_kafka_topic_partition_list_destroy(l);
}

static void sql(const char *text) {
    PGresult *r = PQexec(raw.db, text);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        die("database", PQerrorMessage(raw.db));
    PQclear(r);
}

static void database(const char *conninfo) {
    char text[1024];
    raw.db = PQconnectdb(conninfo);
    if (PQstatus(raw.db) != CONNECTION_OK) die("database", PQerrorMessage(raw.db));
    snprintf(text, sizeof text,
             "set client_min_messages = warning; drop table if exists "
             "bench_raw.%s, bench_raw.%s_out, bench_raw.%s_shard;"
             "create table bench_raw.%s (id bigint primary key, body text not null);"
             "create table bench_raw.%s_out (no bigint primary key, events bytea not null);"
             "alter table bench_raw.%s_out alter events set storage external;"
             "create table bench_raw.%s_shard (part int primary key, n bigint) with (fillfactor = 10);"
             "insert into bench_raw.%s_shard values (0, 0)",
             raw.name, raw.name, raw.name, raw.name, raw.name, raw.name, raw.name, raw.name);
    sql(text);
    snprintf(
        text, sizeof text,
        "with s as (update bench_raw.%s_shard set n = n + 1 where part = 0 returning n), "
        "o as (insert into bench_raw.%s_out select n, $2 from s where length($2) > 0) "
        "insert into bench_raw.%s select * from unnest($1::bigint[], array_fill($3::text, array[cardinality($1)])) "
        "on conflict (id) do update set body = excluded.body",
        raw.name, raw.name, raw.name);
    PGresult *r = PQprepare(raw.db, "batch", text, 3, (const Oid[]){1016, 17, 25});
    if (PQresultStatus(r) != PGRES_COMMAND_OK) die("database", PQerrorMessage(raw.db));
    PQclear(r);
    raw.array = malloc(20 + 12 * (size_t)(BATCH * 16));
    raw.out = calloc(1, (size_t)BATCH * RECORD_BYTES_MAX);
    if (!raw.array || !raw.out) die("memory", "none");
}

static void put32(char **p, uint32_t v) {
    v = htonl(v);
    memcpy(*p, &v, 4);
    *p += 4;
}

static void store(int nread, int nout) {
    char *p = raw.array;
    int n = (int)((double)nread * raw.rows + 0.5);
    static char body[ROW_BYTES_MAX];
    if (n > BATCH * 16) n = BATCH * 16;
    if (!raw.db) return;
    memset(body, 'x', (size_t)raw.row_bytes);
    put32(&p, 1);
    put32(&p, 0);
    put32(&p, 20);
    put32(&p, (uint32_t)n);
    put32(&p, 1);
    for (int i = 0; i < n; i++) {
        raw.last_id = (raw.last_id + 1) % IDS;
        uint64_t v = htobe64((uint64_t)raw.last_id);
        put32(&p, 8);
        memcpy(p, &v, 8);
        p += 8;
    }
    const char *values[] = {raw.array, raw.out, body};
    int lengths[] = {(int)(p - raw.array), nout * raw.record_bytes, raw.row_bytes}, formats[] = {1, 1, 1};
    PGresult *r = PQexecPrepared(raw.db, "batch", 3, values, lengths, formats, 0);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) die("batch", PQerrorMessage(raw.db));
    PQclear(r);
    raw.nrows += n;
}

static bool write_one(void) {
    char key[37];
    snprintf(key, sizeof key, "%036lld", (long long)raw.nwritten);
    rd_kafka_resp_err_t e = rd_kafka_producev(
        raw.producer, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION((int32_t)(raw.nwritten % PARTITIONS)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, 36),
        RD_KAFKA_V_VALUE(raw.record, (size_t)raw.record_bytes - 36), RD_KAFKA_V_END);
    if (e == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
    if (e) die("produce", rd_kafka_err2str(e));
    raw.nwritten++;
    return true;
}

static void run(void) {
    int64_t began = now_ns(), end = began + raw.seconds * INT64_C(1000000000), last = began;
    while (now_ns() < end) {
        int n = 0, out = 0;
        while (n < BATCH) {
            int64_t left_ms = (last + PACE_NS - now_ns()) / 1000000;
            rd_kafka_message_t *m = rd_kafka_consumer_poll(raw.consumer, left_ms > 0 ? (int)left_ms : n ? 0 : 5);
            if (!m) break;
            if (!m->err) n++;
            rd_kafka_message_destroy(m);
        }
        last = now_ns();
        raw.nread += n;
        while (out < BATCH && (double)raw.nwritten < raw.share * (double)(raw.nread + AHEAD) && write_one()) out++;
        rd_kafka_poll(raw.producer, 0);
        if (n || out) store(n, out);
    }
    printf("{\"name\":\"%s\",\"read\":%lld,\"written\":%lld,\"rows\":%lld,\"seconds\":%.2f}\n", raw.name,
           (long long)raw.nread, (long long)raw.nwritten, (long long)raw.nrows, (double)(now_ns() - began) / 1e9);
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc != 9) {
        fprintf(stderr, "usage: bench-raw NAME BROKERS CONNINFO SHARE RECORD_BYTES ROWS ROW_BYTES SECONDS\n");
        return 2;
    }
    raw.name = argv[1];
    raw.share = strtod(argv[4], NULL);
    raw.record_bytes = (int)strtol(argv[5], NULL, 10);
    raw.rows = strtod(argv[6], NULL);
    raw.row_bytes = (int)strtol(argv[7], NULL, 10);
    raw.seconds = (int)strtol(argv[8], NULL, 10);
    if (raw.record_bytes < 37 || raw.record_bytes > RECORD_BYTES_MAX || raw.row_bytes > ROW_BYTES_MAX) return 2;
    for (int i = 0; i < raw.record_bytes; i++) /* compresses about as JSON does */
        raw.record[i] = (char)(i % 3 ? 'a' + rand() % 26 : "\":,{"[i % 4]);
    clients(argv[2]);
    if (raw.rows > 0) database(argv[3]);
    run();
    rd_kafka_purge(raw.producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy_flags(raw.consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return 0;
}
