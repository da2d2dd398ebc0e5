/* Topics read from their ends, without a group. */
#include "io/kafka_watch.h"
#include "io/kafka_int.h"
#include "io/log.h"

#include <stdlib.h>

#define PROBE_EVERY_TICKS 8   /* of KAFKA_SAFETY_MS, while the broker is lost */
#define PROBE_TIMEOUT_MS 2000 /* in the thread pool */

struct pp_watch {
    struct pp_watch_opts o;
    rd_kafka_t *rk;
    rd_kafka_queue_t *q;
    struct pp_wake wake;
    uv_timer_t timer;
    int open_handles, unplaced; /* partitions whose end was not yet reached once */
    bool *placed;
    bool reading;
    uv_work_t probe; /* asks whether the broker is back: a quiet topic does not say so by itself */
    int ticks;
    bool probing, found, closing;
};

static void state(struct pp_watch *w, bool reading) {
    if (w->reading == reading) return;
    w->reading = reading;
    if (w->o.on_state) w->o.on_state(w->o.user, reading);
}

static int topic_index(const struct pp_watch *w, const char *name) {
    for (int i = 0; i < w->o.ntopics; i++)
        if (strcmp(w->o.topics[i], name) == 0) return i;
    return -1;
}

static void hand_over(struct pp_watch *w, rd_kafka_event_t *ev, const rd_kafka_message_t *m) {
    struct pp_record r;
    struct pp_header h[PP_HEADERS_MAX];
    kafka_record_of(ev, m, &r);
    r.topic = topic_index(w, rd_kafka_topic_name(m->rkt));
    if (w->unplaced == 0) state(w, true);
    if (r.topic >= 0) w->o.on_record(w->o.user, &r, h, pp_record_headers(&r, h, PP_HEADERS_MAX));
}

/* The end of a partition: it has been found and nothing is left to read. */
static void at_end(struct pp_watch *w, const char *topic, int partition) {
    int t = topic_index(w, topic);
    if (t < 0 || partition < 0 || partition >= w->o.partitions) return;
    bool *placed = &w->placed[t * w->o.partitions + partition];
    if (!*placed) w->unplaced--;
    *placed = true;
    if (w->unplaced == 0) state(w, true);
}

static void drain(void *user) {
    struct pp_watch *w = user;
    rd_kafka_event_t *ev;
    for (int n = 0; n < PP_WATCH_BATCH_MAX && w->q && (ev = rd_kafka_queue_poll(w->q, 0)); n++) {
        const rd_kafka_message_t *m = NULL;
        if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_FETCH) {
            m = rd_kafka_event_message_next(ev);
            if (m && !m->err)
                hand_over(w, ev, m);
            else if (m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
                at_end(w, rd_kafka_topic_name(m->rkt), m->partition);
        } else if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_ERROR) {
            rd_kafka_resp_err_t e = rd_kafka_event_error(ev);
            struct pp_err err = {0};
            if (e == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                rd_kafka_topic_partition_t *tp = rd_kafka_event_topic_partition(ev);
                if (tp) {
                    at_end(w, tp->topic, tp->partition);
                    rd_kafka_topic_partition_destroy(tp);
                }
            } else {
                kafka_event_err(w->rk, ev, &err);
                pp_log_err(PP_LOG_WARN, "watching topics", &err);
                if (e == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) state(w, false);
            }
        }
        rd_kafka_event_destroy(ev);
    }
}

static void ask_broker(uv_work_t *work) {
    struct pp_watch *w = work->data;
    int64_t low, high;
    w->found = !rd_kafka_query_watermark_offsets(w->rk, w->o.topics[0], 0, &low, &high, PROBE_TIMEOUT_MS);
}

static void finish_close(struct pp_watch *w);

static void broker_asked(uv_work_t *work, int status) {
    struct pp_watch *w = work->data;
    w->probing = false;
    if (w->closing)
        finish_close(w);
    else if (status == 0 && w->found && w->unplaced == 0)
        state(w, true);
}

/* Also what is left after a full batch. */
static void tick(uv_timer_t *timer) {
    struct pp_watch *w = timer->data;
    drain(w);
    if (w->reading || w->probing || w->unplaced || ++w->ticks % PROBE_EVERY_TICKS) return;
    w->probing = uv_queue_work(timer->loop, &w->probe, ask_broker, broker_asked) == 0;
}

static int assign(struct pp_watch *w, struct pp_err *err) {
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(w->o.ntopics * w->o.partitions);
    for (int t = 0; t < w->o.ntopics; t++)
        for (int p = 0; p < w->o.partitions; p++)
            rd_kafka_topic_partition_list_add(l, w->o.topics[t], p)->offset = RD_KAFKA_OFFSET_END;
    rd_kafka_resp_err_t e = rd_kafka_assign(w->rk, l);
    rd_kafka_topic_partition_list_destroy(l);
    return e ? kafka_err(err, e, "watch") : 0;
}

static void give_up(struct pp_watch *w) {
    if (w->rk) rd_kafka_destroy_flags(w->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(w->placed);
    free(w);
}

int pp_watch_new(uv_loop_t *loop, const struct pp_watch_opts *o, struct pp_watch **ret, struct pp_err *err) {
    /* group.id is asked for by librdkafka's consumer even where nothing is joined or committed */
    static const struct kafka_setting list[] = {{"group.id", "pp-watch"},
                                                {"enable.auto.commit", "false"},
                                                {"enable.auto.offset.store", "false"},
                                                {"enable.partition.eof", "true"},
                                                {"auto.offset.reset", "latest"},
                                                {"fetch.wait.max.ms", "500"},
                                                {"queued.max.messages.kbytes", "4096"},
                                                {NULL, NULL}};
    char text[256];
    struct pp_watch *w = calloc(1, sizeof *w);
    if (w) w->placed = calloc((size_t)o->ntopics * (size_t)o->partitions, sizeof *w->placed);
    if (!w || !w->placed) {
        free(w);
        return pp_err_set(err, PP_ERR_NOMEM, "watch");
    }
    w->o = *o;
    w->unplaced = o->ntopics * o->partitions;
    rd_kafka_conf_t *conf;
    if (kafka_conf(o->brokers, list, &conf, err) < 0) {
        give_up(w);
        return -1;
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_FETCH);
    w->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (!w->rk) {
        rd_kafka_conf_destroy(conf);
        give_up(w);
        return pp_err_set(err, PP_ERR_KAFKA, "watch: %s", text);
    }
    rd_kafka_poll_set_consumer(w->rk);
    if (assign(w, err) < 0 || pp_wake_init(&w->wake, loop, drain, w, err) < 0) {
        give_up(w);
        return -1;
    }
    static const uint64_t one = 1;
    w->q = rd_kafka_queue_get_consumer(w->rk);
    rd_kafka_queue_io_event_enable(w->q, w->wake.fd, &one, sizeof one);
    uv_timer_init(loop, &w->timer);
    w->timer.data = w->probe.data = w;
    uv_timer_start(&w->timer, tick, KAFKA_SAFETY_MS, KAFKA_SAFETY_MS);
    *ret = w;
    return 0;
}

static void handle_closed(struct pp_watch *w) {
    if (--w->open_handles > 0) return;
    free(w->placed);
    free(w);
}
static void wake_closed(uv_handle_t *h) { handle_closed(((struct pp_wake *)h->data)->user); }
static void timer_closed(uv_handle_t *h) { handle_closed(h->data); }

void pp_watch_close(struct pp_watch *w) {
    if (!w) return;
    rd_kafka_queue_io_event_enable(w->q, -1, NULL, 0);
    rd_kafka_queue_destroy(w->q);
    w->q = NULL;
    uv_timer_stop(&w->timer);
    w->closing = true;
    if (!w->probing) finish_close(w);
}

static void finish_close(struct pp_watch *w) {
    rd_kafka_destroy_flags(w->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    w->open_handles = 2;
    pp_wake_close(&w->wake, wake_closed);
    uv_close((uv_handle_t *)&w->timer, timer_closed);
}
