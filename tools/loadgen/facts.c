/* order.reported on pa.log.v1 as intake's receive would write them, for the null chain: the same headers, a dense
 * sequence under a writer's number of its own (--writer, another one for each run), one order per invented person. */
#include "ev.h"
#include "io/clock.h"
#include "io/kafka.h"
#include "loadgen.h"
#include "service/outbox.h"

#include <stdio.h>
#include <stdlib.h>

#define SOURCE_RECEIVE 1
#define PARTITIONS_MAX 64
#define BODY_BYTES_MAX 8192
#define INFLIGHT_MAX 20000

static const struct pp_config_key keys[] = {
    {"kafka-brokers", PP_CFG_STR, 1, 500, "", "127.0.0.1:7192", "Kafka."},
    {"partitions", PP_CFG_INT, 1, PARTITIONS_MAX, "", "8", "Partitions of the log."},
    {"writer", PP_CFG_INT, 0, 65535, "", "0", "Shard number in the records' ids."},
    {"persons", PP_CFG_INT, 1, 100000000, "", "200000", "Different people."},
    {"first", PP_CFG_INT, 0, 1000000000, "", "0", "Number of the first person."},
    LOAD_KEYS_PACE,
    {0},
};

struct facts {
    const struct pp_config *c;
    uv_loop_t loop;
    struct pace pace;
    struct pp_producer *producer;
    struct pp_buf body, pack;
    uint64_t seq[PARTITIONS_MAX];
    int64_t sent, failed;
    bool warm;
};

static struct pp_uuid person_of(int64_t i) {
    char name[32];
    snprintf(name, sizeof name, "%lld", (long long)i);
    return pp_uuid_derive((struct pp_uuid){{9}}, pp_str_z(name));
}

/* About as much as a real order from HL7 carries. */
static int order_body(struct facts *f, int64_t i) {
    struct pp_err err;
    char no[32];
    snprintf(no, sizeof no, "ORD-%010lld", (long long)i);
    struct pp_str dx[] = {PP_STR("M54.16"), PP_STR("M51.26")};
    struct ev_order_reported o = {
        .sender = PP_STR("ehr/EPIC/LAKESIDE"),
        .order_no = pp_str_z(no),
        .action = EV_ORDER_REPORTED_ACTION_NEW,
        .priority = EV_ORDER_REPORTED_PRIORITY_ROUTINE,
        .ordered_at = pp_real_ms(),
        .site = PP_STR("lks"),
        .location = PP_STR("LKSMRI"),
        .ordering = {.npi = PP_STR("1003900101"), .family = PP_STR("ABARA"), .given = PP_STR("NADIA")},
        .service = {.code = {.code = PP_STR("72148"), .text = PP_STR("MRI lumbar spine"), .system = PP_STR("cpt")},
                    .diagnoses = dx,
                    .diagnoses_n = 2},
    };
    struct ev ev = ev_of_order_reported(&o);
    pp_buf_reset(&f->body);
    return ev_encode(&ev, &f->body, &err);
}

static void on_delivered(void *user, const struct pp_err *err) {
    struct facts *f = user;
    if (err) f->failed++;
}

static bool send_one(struct facts *f) {
    struct pp_err err;
    int64_t i = pp_config_int(f->c, "first") + f->sent % pp_config_int(f->c, "persons");
    struct pp_uuid person = person_of(i);
    int dest = pp_home_of(person) & (int)(pp_config_int(f->c, "partitions") - 1);
    if (order_body(f, i) < 0) return false;
    struct pp_fact fact = {
        .id = {SOURCE_RECEIVE, (uint16_t)pp_config_int(f->c, "writer"), 1, (uint16_t)dest, f->seq[dest] + 1},
        .person = person,
        .time_ms = pp_real_ms(),
        .tenant = PP_STR("lakeside"),
        .type = PP_STR("order.reported"),
        .subject = PP_STR("order"),
        .body = pp_buf_str(&f->body)};
    char id[64], trace[PP_TRACEPARENT_MAX];
    snprintf(id, sizeof id, "%lld-%d", (long long)f->sent, (int)fact.id.shard);
    pp_trace_child(PP_STR_NONE, pp_str_z(id), trace);
    fact.trace = pp_str_z(trace);
    fact.cause = pp_str_z(id);
    pp_buf_reset(&f->pack);
    pp_outbox_add_fact(&f->pack, &fact);
    struct pp_str rest = pp_buf_str(&f->pack);
    struct pp_outbox_item it;
    bool bad;
    if (!pp_outbox_next(&rest, "receive", &it, &bad)) return false;
    if (pp_producer_send(f->producer, &it.send, on_delivered, f, &err) < 0) return false;
    f->seq[dest]++;
    f->sent++;
    return true;
}

static void tick(void *user) {
    struct facts *f = user;
    while (f->warm && pp_producer_inflight(f->producer) < INFLIGHT_MAX && pace_take(&f->pace))
        if (!send_one(f)) return;
}

static void on_closed(void *user) { (void)user; }
static void end(void *user) {
    struct facts *f = user;
    double seconds = pace_seconds(&f->pace);
    pace_stop(&f->pace);
    pp_producer_close(f->producer, 20000, on_closed, f);
    printf("{\"sent\":%lld,\"failed\":%lld,\"seconds\":%.2f,\"body_bytes\":%zu}\n", (long long)f->sent,
           (long long)f->failed, seconds, f->body.n);
    fflush(stdout);
}
static void on_error(void *user, const struct pp_err *e) {
    (void)user;
    fprintf(stderr, "loadgen: %s\n", e->msg);
    if (e->fatal) exit(1);
}
static void on_drained(void *user) { (void)user; }
static void on_warm(void *user, const struct pp_err *err) {
    struct facts *f = user;
    if (err) {
        fprintf(stderr, "loadgen: %s\n", err->msg);
        exit(1);
    }
    f->warm = true;
}

int load_facts(int argc, char **argv) {
    static struct facts f;
    struct pp_config *c;
    struct pp_err err;
    const struct pp_config_key *tables[] = {keys, NULL};
    pp_config_load("loadgen facts", tables, argc, argv, &c, &err);
    f.c = c;
    uv_loop_init(&f.loop);
    pp_buf_init(&f.body, BODY_BYTES_MAX);
    pp_buf_init(&f.pack, 2 * BODY_BYTES_MAX);
    struct pp_producer_opts o = {.brokers = pp_config_str(c, "kafka-brokers"),
                                 .name = "loadgen",
                                 .linger_ms = 5,
                                 .on_drained = on_drained,
                                 .on_error = on_error,
                                 .user = &f};
    if (pp_producer_new(&f.loop, &o, &f.producer, &err) < 0) {
        fprintf(stderr, "loadgen: %s\n", err.msg);
        return 1;
    }
    struct pp_topic_need need = {"pa.log.v1", (int)pp_config_int(c, "partitions")};
    pp_producer_warm(f.producer, &need, 1, on_warm, &f);
    f.pace = (struct pace){.tick = tick, .end = end, .user = &f};
    pace_start(&f.pace, &f.loop, (double)pp_config_int(c, "rate"), pp_config_int(c, "seconds"),
               pp_config_bool(c, "control"));
    uv_run(&f.loop, UV_RUN_DEFAULT);
    return f.failed ? 1 : 0;
}
