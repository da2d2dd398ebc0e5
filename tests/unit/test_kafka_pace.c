/* Paced fetches, against librdkafka's own broker in the process: no record lost or out of order, and the time between
 * two questions. That broker answers each with one batch of the producer, here one record, so the records tell. */
#include "io/kafka.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define TOPIC "t"
#define RECORDS 20
#define EVERY_MS 10
#define PACE_MS 50
#define GIVE_UP_MS 15000

struct world {
    uv_loop_t loop;
    uv_timer_t timer;
    struct pp_producer *producer;
    struct pp_consumer *consumer;
    uint64_t began, took_ms;
    int sent, got;
    bool disorder, closing;
    int closed;
};

static void on_closed(void *user) { ((struct world *)user)->closed++; }

static void finish(struct world *w) {
    if (w->closing) return;
    w->closing = true;
    w->took_ms = uv_now(&w->loop) - w->began;
    uv_close((uv_handle_t *)&w->timer, NULL);
    pp_consumer_close(w->consumer, on_closed, w);
    pp_producer_close(w->producer, 1000, on_closed, w);
}

static void on_ready(void *user) {
    struct world *w = user;
    struct pp_record r;
    while (!w->closing && pp_consumer_next(w->consumer, &r)) {
        w->disorder |= r.offset != w->got;
        w->got++;
        pp_record_release(&r);
    }
    if (w->got == RECORDS) finish(w);
}

static void on_tick(uv_timer_t *t) {
    struct world *w = t->data;
    struct pp_err err;
    const struct pp_send s = {.topic = TOPIC, .partition = 0, .key = PP_STR("k"), .value = PP_STR("v")};
    if (w->sent < RECORDS && pp_producer_send(w->producer, &s, NULL, NULL, &err) == 0) w->sent++;
    if (uv_now(&w->loop) > w->began + GIVE_UP_MS) finish(w);
}

static void on_assign(void *user, const int *parts, int n) { (void)user, (void)parts, (void)n; }
static void on_revoke(void *user, bool lost) { (void)user, (void)lost; }
static void on_error(void *user, const struct pp_err *e) { (void)user, (void)e; }
static void on_committed(void *user, const struct pp_offset *o, int n, const struct pp_err *e) {
    (void)user, (void)o, (void)n, (void)e;
}

static struct world run(const char *brokers, int pace_ms) {
    static struct world w;
    struct pp_err err;
    memset(&w, 0, sizeof w);
    uv_loop_init(&w.loop);
    uv_timer_init(&w.loop, &w.timer);
    w.timer.data = &w;
    struct pp_producer_opts po = {.brokers = brokers, .name = "p", .on_error = on_error, .user = &w};
    struct pp_consumer_opts co = {.brokers = brokers,
                                  .group = "g",
                                  .topics = {TOPIC},
                                  .ntopics = 1,
                                  .session_timeout_ms = 10000,
                                  .on_assign = on_assign,
                                  .on_revoke = on_revoke,
                                  .on_ready = on_ready,
                                  .on_error = on_error,
                                  .on_committed = on_committed,
                                  .user = &w};
    assert_int_equal(pp_producer_new(&w.loop, &po, &w.producer, &err), 0);
    assert_int_equal(pp_consumer_new(&w.loop, &co, &w.consumer, &err), 0);
    pp_consumer_pace(w.consumer, pace_ms);
    assert_int_equal(pp_consumer_assign(w.consumer, &(struct pp_offset){.offset = 0}, 1, &err), 0);
    w.began = uv_now(&w.loop);
    uv_timer_start(&w.timer, on_tick, EVERY_MS, EVERY_MS);
    uv_run(&w.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w.loop), 0);
    assert_int_equal(w.closed, 2);
    assert_int_equal(w.got, RECORDS);
    assert_false(w.disorder);
    return w;
}

/* A cluster for each run: offsets begin at 0. */
static struct world with_cluster(int pace_ms) {
    char text[256];
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof text);
    assert_non_null(rk);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, 1);
    assert_non_null(cluster);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, TOPIC, 1, 1), 0);
    struct world w = run(rd_kafka_mock_cluster_bootstraps(cluster), pace_ms);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(rk);
    return w;
}

static void paced(void **state) {
    (void)state;
    uint64_t paced = with_cluster(PACE_MS).took_ms, at_once = with_cluster(0).took_ms;
    assert_in_range(paced, (RECORDS - 2) * PACE_MS, GIVE_UP_MS);
    assert_true(at_once < paced);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(paced)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
