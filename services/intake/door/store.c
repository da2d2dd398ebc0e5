#include "store.h"
#include "io/clock.h"
#include "io/metrics.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES ((size_t)16 * 1024)
#define HEADERS 11

struct put { /* one message on its way */
    struct door_store *store;
    struct pp_arena arena;
    struct door_envelope envelope;
    struct pp_str key;
    door_stored_cb *cb;
    void *user;
    char receipt[PP_UUID_TEXT + 1], received[25];
};

static void finish(struct put *p, const struct pp_err *err) {
    p->store->in_flight--;
    pp_metric_add("pp_door_messages_total", err ? "result=\"failed\"" : "result=\"stored\"", 1);
    p->cb(p->user, err);
    pp_arena_free(&p->arena);
    free(p);
}

static void on_delivered(void *user, const struct pp_err *err) { finish(user, err); }

static int produce(struct put *p, struct pp_str body, struct pp_str dataref, struct pp_err *err) {
    const struct door_envelope *e = &p->envelope;
    struct pp_header h[HEADERS];
    int n = 0;
    h[n++] = (struct pp_header){PP_STR("ce_specversion"), PP_STR("1.0")};
    h[n++] = (struct pp_header){PP_STR("ce_id"), pp_str_z(p->receipt)};
    h[n++] = (struct pp_header){PP_STR("ce_type"), pp_str_z(e->type)};
    h[n++] = (struct pp_header){PP_STR("ce_time"), pp_str_z(p->received)};
    h[n++] = (struct pp_header){PP_STR("content-type"), e->content_type};
    h[n++] = (struct pp_header){PP_STR("pp_tenant"), e->tenant};
    h[n++] = (struct pp_header){PP_STR("pp_sender"), e->sender};
    h[n++] = (struct pp_header){PP_STR("pp_hash"), pp_str_z(e->hash)};
    h[n++] = (struct pp_header){PP_STR("pp_message_id"), e->message_id};
    if (e->file.n) h[n++] = (struct pp_header){PP_STR("pp_file"), e->file};
    if (dataref.n) h[n++] = (struct pp_header){PP_STR("pp_dataref"), dataref};
    struct pp_send s = {
        .topic = "pa.inbound.v1", .partition = -1, .key = p->key, .value = body, .headers = h, .nheaders = n};
    return pp_producer_send(p->store->producer, &s, on_delivered, p, err);
}

static void on_blob(void *user, const char hash[65], const struct pp_err *err) {
    struct put *p = user;
    struct pp_err send_err;
    if (err) {
        finish(p, err);
        return;
    }
    if (produce(p, PP_STR_NONE, pp_str_z(hash), &send_err) < 0) finish(p, &send_err);
}

static struct put *new_put(struct door_store *s, const struct door_envelope *e, door_stored_cb *cb, void *user) {
    struct put *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->store = s;
    p->cb = cb;
    p->user = user;
    pp_arena_init(&p->arena, ARENA_BYTES);
    p->envelope = *e;
    p->envelope.tenant = pp_arena_str(&p->arena, e->tenant);
    p->envelope.sender = pp_arena_str(&p->arena, e->sender);
    p->envelope.message_id = pp_arena_str(&p->arena, e->message_id);
    p->envelope.patient = pp_arena_str(&p->arena, e->patient);
    p->envelope.content_type = pp_arena_str(&p->arena, e->content_type);
    p->envelope.file = pp_arena_str(&p->arena, e->file);
    p->key = door_envelope_key(&p->envelope, &p->arena);
    uint8_t random[10];
    uv_random(NULL, NULL, random, sizeof random, 0, NULL);
    pp_uuid_text(pp_uuid_v7(pp_real_ms(), random), p->receipt);
    pp_time_text(pp_clock_now_ms(), p->received);
    if (!pp_arena_failed(&p->arena)) return p;
    pp_arena_free(&p->arena);
    free(p);
    return NULL;
}

int door_store_put(struct door_store *s, const struct door_envelope *e, struct pp_str body, door_stored_cb *cb,
                   void *user, struct pp_err *err) {
    if (s->in_flight >= DOOR_IN_FLIGHT_MAX)
        return pp_err_set(err, PP_ERR_LIMIT, "too many messages are on their way to the broker");
    bool large = body.n > DOOR_INLINE_BYTES_MAX;
    if (large && !s->blobs)
        return pp_err_set(err, PP_ERR_INVALID, "the message is larger than %u bytes and there is no blob store",
                          DOOR_INLINE_BYTES_MAX);
    struct put *p = new_put(s, e, cb, user);
    if (!p) return pp_err_set(err, PP_ERR_LIMIT, "an identifier in the message is too long to be stored");
    s->in_flight++;
    if (large) {
        pp_blob_put(s->blobs, s->loop, p->envelope.tenant, body, on_blob, p);
        return 0;
    }
    if (produce(p, body, PP_STR_NONE, err) == 0) return 0;
    s->in_flight--;
    pp_arena_free(&p->arena);
    free(p);
    return -1;
}
