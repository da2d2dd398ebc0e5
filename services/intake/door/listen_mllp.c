#include "listen_mllp.h"
#include "codec/hl7_ack.h"
#include "io/log.h"
#include "io/metrics.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define PARSE_BYTES ((size_t)64 << 20) /* index of the largest message */
#define ACK_BYTES_MAX ((size_t)64 * 1024)
#define CONTROL_ID_BYTES 20 /* MSH-10 before version 2.7 */

struct door_mllp {
    struct door_store *store;
    struct pp_mllp_server *server;
    char *partner, *tenant;
    struct pp_arena arena; /* of the message being looked at */
};

struct waiting { /* a stored message whose sender waits */
    struct door_mllp *door;
    struct pp_mllp_conn *conn;
    struct pp_buf ack; /* written before it is stored, sent after */
    bool wanted;       /* enhanced mode may want no answer */
    int64_t began_ms;
};

/* Our number is derived from theirs and from the bytes: the same message again gets the same answer. */
static void control_id(const struct door_envelope *e, char ret[CONTROL_ID_BYTES + 1]) {
    char text[512], hash[PP_SHA256_HEX + 1];
    snprintf(text, sizeof text, "%.*s|%.*s|%s", PP_FMT(e->sender), PP_FMT(e->message_id), e->hash);
    pp_sha256_hex(pp_str_z(text), hash);
    snprintf(ret, CONTROL_ID_BYTES + 1, "PP%.18s", hash);
}

static void on_stored(void *user, const struct pp_err *err) {
    struct waiting *w = user;
    if (err) {
        /* not durable: no answer, so that the sender keeps the message and sends it again */
        pp_log_err(PP_LOG_ERROR, "message not stored", err);
        pp_mllp_drop(w->conn);
    } else {
        pp_metric_observe("pp_mllp_ack_seconds", NULL, (double)(pp_mono_ms() - w->began_ms) / 1000);
        pp_mllp_reply(w->conn, w->wanted ? pp_buf_str(&w->ack) : PP_STR_NONE);
    }
    pp_buf_free(&w->ack);
    free(w);
}

/* Bytes that are no message are refused at once; what they were is kept for a person. */
static void refuse(struct door_mllp *d, struct pp_mllp_conn *c, const char *why, struct pp_str bytes) {
    struct pp_buf ack;
    char hash[PP_SHA256_HEX + 1], id[CONTROL_ID_BYTES + 1];
    pp_sha256_hex(bytes, hash);
    snprintf(id, sizeof id, "PP%.18s", hash);
    pp_buf_init(&ack, ACK_BYTES_MAX);
    pp_hl7_nak_write(&(struct pp_hl7_ack){.outcome = PP_HL7_REJECT, .control_id = pp_str_z(id), .text = pp_str_z(why)},
                     &ack);
    pp_metric_add("pp_mllp_refused_messages_total", NULL, 1);
    pp_log(PP_LOG_WARN, "MLLP bytes refused", "partner", PP_S(d->partner), "why", PP_S(why), "bytes", PP_I(bytes.n),
           "hash", PP_S(hash), NULL);
    pp_mllp_reply(c, pp_buf_str(&ack));
    pp_buf_free(&ack);
}

static void keep_refused(void *user, const struct pp_err *err) {
    (void)user;
    if (err) pp_log_err(PP_LOG_WARN, "refused bytes not kept", err);
}

/* Stored under its own type, so that nobody takes a cut message for a whole one. */
static void keep_bytes(struct door_mllp *d, struct pp_str bytes) {
    struct pp_err err;
    struct door_envelope e = {.type = "inbound.unknown",
                              .tenant = pp_str_z(d->tenant),
                              .sender = pp_str_z(d->partner),
                              .content_type = PP_STR("application/octet-stream")};
    if (!bytes.n) return;
    pp_sha256_hex(bytes, e.hash);
    if (door_store_put(d->store, &e, bytes, keep_refused, NULL, &err) < 0) keep_refused(NULL, &err);
}

static void on_message(void *user, struct pp_mllp_conn *c, struct pp_str bytes) {
    struct door_mllp *d = user;
    struct pp_hl7_msg m;
    struct pp_hl7_msh msh;
    struct door_envelope e;
    struct pp_err err;
    pp_arena_reset(&d->arena);
    if (door_hl7_parse(bytes, pp_str_z(d->partner), d->store->refs, &d->arena, &m, &msh, &err) < 0) {
        keep_bytes(d, bytes);
        refuse(d, c, err.msg, bytes);
        return;
    }
    door_envelope_hl7(&m, &msh, pp_str_z(d->tenant), pp_str_z(d->partner), &d->arena, &e);
    struct waiting *w = calloc(1, sizeof *w);
    if (!w) {
        pp_mllp_drop(c);
        return;
    }
    char id[CONTROL_ID_BYTES + 1];
    control_id(&e, id);
    struct pp_hl7_ack ack = {.outcome = PP_HL7_ACCEPT, .control_id = pp_str_z(id)};
    if (pp_hl7_admit(&m, &msh, &err) < 0) { /* stored all the same: receive keeps it for a person, with the reason */
        pp_metric_add("pp_mllp_refused_messages_total", NULL, 1);
        ack.outcome = PP_HL7_REJECT;
        ack.text = pp_str_z(err.msg);
        ack.faults = m.faults;
        ack.faults_n = m.faults_n < PP_HL7_FAULTS_MAX ? m.faults_n : PP_HL7_FAULTS_MAX;
    }
    *w = (struct waiting){
        .door = d, .conn = c, .wanted = pp_hl7_ack_wanted(&msh, ack.outcome), .began_ms = pp_mono_ms()};
    pp_buf_init(&w->ack, ACK_BYTES_MAX);
    pp_hl7_ack_write(&m, &ack, &w->ack);
    if (door_store_put(d->store, &e, bytes, on_stored, w, &err) == 0) return;
    pp_log_err(PP_LOG_WARN, "message not taken", &err);
    pp_buf_free(&w->ack);
    free(w);
    pp_mllp_drop(c);
}

static void on_error(void *user, struct pp_mllp_conn *c, enum pp_mllp_reason reason, struct pp_str bytes) {
    struct door_mllp *d = user;
    keep_bytes(d, bytes);
    if (reason == PP_MLLP_BAD_OVERSIZE || reason == PP_MLLP_BAD_EMPTY) {
        refuse(d, c, pp_mllp_reason_text(reason), bytes);
        return;
    }
    pp_log(PP_LOG_WARN, "MLLP framing", "partner", PP_S(d->partner), "why", PP_S(pp_mllp_reason_text(reason)), "bytes",
           PP_I(bytes.n), NULL);
}

int door_mllp_new(struct door_store *store, const struct door_mllp_opts *o, struct door_mllp **ret,
                  struct pp_err *err) {
    struct door_mllp *d = calloc(1, sizeof *d);
    if (!d) return pp_err_set(err, PP_ERR_NOMEM, "MLLP listener");
    d->store = store;
    d->partner = strndup(o->partner.s, o->partner.n);
    d->tenant = strndup(o->tenant.s, o->tenant.n);
    pp_arena_init(&d->arena, PARSE_BYTES);
    struct pp_mllp_server_opts so = {.bind_addr = o->bind_addr,
                                     .port = o->port,
                                     .connections_max = o->connections_max,
                                     .message_bytes_max = o->message_bytes_max,
                                     .partial_timeout_ms = o->partial_timeout_ms,
                                     .silence_timeout_ms = o->silence_timeout_ms,
                                     .idle_timeout_ms = o->idle_timeout_ms,
                                     .allow = o->allow,
                                     .user = d,
                                     .on_message = on_message,
                                     .on_error = on_error};
    *ret = d;
    return pp_mllp_server_new(store->loop, &so, &d->server, err);
}

void door_mllp_stop(struct door_mllp *d) {
    if (d->server) pp_mllp_server_stop(d->server);
}

void door_mllp_free(struct door_mllp *d) {
    if (!d) return;
    pp_mllp_server_free(d->server);
    pp_arena_free(&d->arena);
    free(d->partner);
    free(d->tenant);
    free(d);
}
