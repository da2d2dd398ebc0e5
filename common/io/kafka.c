#include "io/kafka_int.h"

#include "io/log.h"

#include <stdio.h>

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    /* "Connection refused" and the like come every second while a broker is away; the waiting is said by the runtime.
     */
    enum pp_log_level l = level <= 3 ? PP_LOG_WARN : PP_LOG_DEBUG;
    pp_log(l, "kafka client", "client", PP_S(rd_kafka_name(rk)), "facility", PP_S(facility), "text", PP_S(text), NULL);
}

#define SETTINGS_MAX 1200
static char settings[SETTINGS_MAX]; /* of the process; set once before the first client */

int pp_kafka_settings(const char *list, struct pp_err *err) {
    if (strlen(list) >= sizeof settings)
        return pp_err_set(err, PP_ERR_LIMIT, "kafka-config is longer than %d characters", SETTINGS_MAX - 1);
    snprintf(settings, sizeof settings, "%s", list);
    return 0;
}

static bool apply_settings(rd_kafka_conf_t *c, char *text, size_t size) {
    struct pp_str rest = pp_str_z(settings);
    while (rest.n) {
        struct pp_str value = pp_str_split(&rest, ','), name = pp_str_split(&value, '=');
        char n[128], v[SETTINGS_MAX];
        snprintf(n, sizeof n, "%.*s", PP_FMT(name));
        snprintf(v, sizeof v, "%.*s", PP_FMT(value));
        if (name.n && rd_kafka_conf_set(c, n, v, text, size) != RD_KAFKA_CONF_OK) return false;
    }
    return true;
}

int kafka_conf(const char *brokers, const struct kafka_setting *list, rd_kafka_conf_t **ret, struct pp_err *err) {
    static const struct kafka_setting common[] = {
        {"socket.nagle.disable", "true"},      {"reconnect.backoff.ms", "50"},
        {"reconnect.backoff.max.ms", "2000"},  {"socket.timeout.ms", "10000"},
        {"allow.auto.create.topics", "false"}, {"topic.metadata.refresh.interval.ms", "30000"},
        {"log.connection.close", "false"},     {NULL, NULL}};
    char text[256];
    rd_kafka_conf_t *c = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(c, on_log);
    bool ok = rd_kafka_conf_set(c, "bootstrap.servers", brokers, text, sizeof text) == RD_KAFKA_CONF_OK;
    for (const struct kafka_setting *s = common; ok && s->key; s++)
        ok = rd_kafka_conf_set(c, s->key, s->value, text, sizeof text) == RD_KAFKA_CONF_OK;
    for (const struct kafka_setting *s = list; ok && s->key; s++)
        ok = rd_kafka_conf_set(c, s->key, s->value, text, sizeof text) == RD_KAFKA_CONF_OK;
    ok = ok && apply_settings(c, text, sizeof text);
    if (!ok) {
        rd_kafka_conf_destroy(c);
        return pp_err_set(err, PP_ERR_KAFKA, "configuration: %s", text);
    }
    *ret = c;
    return 0;
}

int kafka_err(struct pp_err *err, rd_kafka_resp_err_t code, const char *what) {
    pp_err_set(err, PP_ERR_KAFKA, "%s: %s", what, rd_kafka_err2str(code));
    if (!err) return -1;
    snprintf(err->code, sizeof err->code, "%s", rd_kafka_err2name(code));
    err->fatal = code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__FENCED ||
                 code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
    err->retriable = !err->fatal;
    return -1;
}

void kafka_event_err(rd_kafka_t *rk, rd_kafka_event_t *ev, struct pp_err *err) {
    char text[256];
    rd_kafka_resp_err_t code = rd_kafka_event_error(ev);
    if (rd_kafka_event_error_is_fatal(ev) || code == RD_KAFKA_RESP_ERR__FATAL) {
        rd_kafka_resp_err_t first = rd_kafka_fatal_error(rk, text, sizeof text);
        kafka_err(err, first ? first : code, first ? text : rd_kafka_event_error_string(ev));
        err->fatal = true;
        err->retriable = false;
    } else {
        kafka_err(err, code, rd_kafka_event_error_string(ev));
    }
}

/* ---- records ---- */

void kafka_record_of(rd_kafka_event_t *ev, const rd_kafka_message_t *m, struct pp_record *ret) {
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(m, &type);
    *ret = (struct pp_record){
        .partition = m->partition,
        .offset = m->offset,
        .time_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms < 0 ? 0 : ms,
        .key = {m->key, (uint32_t)m->key_len},
        .value = {m->payload, (uint32_t)m->len},
        .tombstone = m->payload == NULL,
        .handle = ev,
        .message = m,
    };
}

int pp_record_headers(const struct pp_record *r, struct pp_header *ret, int max) {
    rd_kafka_headers_t *h;
    if (rd_kafka_message_headers(r->message, &h) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    int n = 0;
    const char *name;
    const void *value;
    size_t size;
    while (n < max && rd_kafka_header_get_all(h, (size_t)n, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR)
        ret[n++] = (struct pp_header){pp_str_z(name), {value, (uint32_t)size}};
    return n;
}

struct pp_str pp_headers_get(const struct pp_header *h, int n, const char *name) {
    for (int i = n - 1; i >= 0; i--)
        if (pp_str_eqz(h[i].name, name)) return h[i].value;
    return PP_STR_NONE;
}

void pp_record_release(struct pp_record *r) {
    if (r->handle) rd_kafka_event_destroy(r->handle);
    r->handle = NULL;
}

/* ---- partitioner ---- */

uint32_t pp_murmur2(struct pp_str key) {
    /* org.apache.kafka.common.utils.Utils.murmur2, as the default partitioner of the Java client takes it. */
    const uint32_t m = 0x5bd1e995, seed = 0x9747b28c;
    const unsigned char *p = (const unsigned char *)key.s;
    uint32_t n = key.n, h = seed ^ n;
    for (; n >= 4; p += 4, n -= 4) {
        uint32_t k = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        k *= m;
        k ^= k >> 24;
        k *= m;
        h = h * m ^ k;
    }
    if (n >= 3) h ^= (uint32_t)p[2] << 16;
    if (n >= 2) h ^= (uint32_t)p[1] << 8;
    if (n >= 1) h = (h ^ p[0]) * m;
    h ^= h >> 13;
    h *= m;
    h ^= h >> 15;
    return h & 0x7fffffff;
}
