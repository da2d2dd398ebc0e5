#include "service/outbox.h"

#include "base/date.h"
#include "base/hash.h"
#include "service/engine.h"
#include "service/rid.h"

#include <stdio.h>

#define ITEM_FACT 1
#define ITEM_SEND 2

/* ---- packing ---- */

static void put_short(struct pp_buf *b, struct pp_str s) { /* up to 64 KB */
    uint16_t n = s.n > UINT16_MAX ? UINT16_MAX : (uint16_t)s.n;
    pp_buf_be16(b, n);
    pp_buf_add(b, s.s, n);
}

static void put_long(struct pp_buf *b, struct pp_str s) {
    pp_buf_be32(b, s.n);
    pp_buf_add(b, s.s, s.n);
}

void pp_outbox_add_fact(struct pp_buf *b, const struct pp_fact *f) {
    pp_buf_addc(b, ITEM_FACT);
    pp_buf_be16(b, f->id.source);
    pp_buf_be16(b, f->id.shard);
    pp_buf_be32(b, f->id.incarnation);
    pp_buf_be16(b, f->id.dest);
    pp_buf_be64(b, f->id.seq);
    pp_buf_add(b, f->person.b, sizeof f->person.b);
    pp_buf_be64(b, (uint64_t)f->time_ms);
    put_short(b, f->tenant);
    put_short(b, f->type);
    put_short(b, f->subject);
    put_short(b, f->cause);
    put_short(b, f->trace);
    put_long(b, f->body);
}

void pp_headers_pack(struct pp_buf *b, const struct pp_header *h, int n) {
    pp_buf_be16(b, (uint16_t)n);
    for (int i = 0; i < n; i++) {
        put_short(b, h[i].name);
        put_short(b, h[i].value);
    }
}

void pp_outbox_add_send(struct pp_buf *b, const struct pp_send *s) {
    pp_buf_addc(b, ITEM_SEND);
    put_short(b, pp_str_z(s->topic));
    pp_buf_be32(b, (uint32_t)s->partition);
    pp_buf_be64(b, (uint64_t)s->time_ms);
    pp_buf_addc(b, s->tombstone ? 1 : 0);
    put_long(b, s->key);
    put_long(b, s->value);
    pp_headers_pack(b, s->headers, s->nheaders);
}

/* ---- unpacking ---- */

struct reader {
    struct pp_str rest;
    bool bad;
};

static struct pp_str get(struct reader *r, uint32_t n) {
    struct pp_str v = {r->rest.s, n};
    if (r->bad || r->rest.n < n) {
        r->bad = true;
        return PP_STR_NONE;
    }
    r->rest.s += n;
    r->rest.n -= n;
    return v;
}

static uint64_t get_int(struct reader *r, uint32_t bytes) {
    struct pp_str s = get(r, bytes);
    uint64_t v = 0;
    for (uint32_t i = 0; i < s.n; i++) v = v << 8 | (unsigned char)s.s[i];
    return v;
}

static struct pp_str get_short(struct reader *r) { return get(r, (uint32_t)get_int(r, 2)); }
static struct pp_str get_long(struct reader *r) { return get(r, (uint32_t)get_int(r, 4)); }

static int get_headers(struct reader *r, struct pp_header *ret, int max) {
    int n = (int)get_int(r, 2);
    if (n > max) r->bad = true;
    for (int i = 0; i < n && !r->bad; i++) {
        ret[i].name = get_short(r);
        ret[i].value = get_short(r);
    }
    return r->bad ? 0 : n;
}

int pp_headers_unpack(struct pp_str blob, struct pp_header *ret, int max) {
    struct reader r = {blob, false};
    return get_headers(&r, ret, max);
}

static void fact_headers(struct pp_outbox_item *it, const struct pp_fact *f, const char *service) {
    int n = 0;
    pp_rid_text(&f->id, it->id);
    snprintf(it->source, sizeof it->source, "/priorpath/%s/%u", service, f->id.shard);
    pp_time_text(f->time_ms, it->time);
    pp_uuid_text(f->person, it->key);
    /* Id and type first: a reader that does not want the record looks no further. No ce_dataschema and content-type, as
     * on other topics: only our services read the log, and small records are mostly headers. */
    it->headers[n++] = (struct pp_header){PP_STR("ce_id"), pp_str_z(it->id)};
    it->headers[n++] = (struct pp_header){PP_STR("ce_type"), f->type};
    it->headers[n++] = (struct pp_header){PP_STR("ce_specversion"), PP_STR("1.0")};
    it->headers[n++] = (struct pp_header){PP_STR("ce_source"), pp_str_z(it->source)};
    it->headers[n++] = (struct pp_header){PP_STR("ce_subject"), f->subject};
    it->headers[n++] = (struct pp_header){PP_STR("ce_time"), pp_str_z(it->time)};
    it->headers[n++] = (struct pp_header){PP_STR("traceparent"), f->trace};
    it->headers[n++] = (struct pp_header){PP_STR("pp_tenant"), f->tenant};
    it->headers[n++] = (struct pp_header){PP_STR("pp_cause"), f->cause};
    it->send.headers = it->headers;
    it->send.nheaders = n;
}

static void next_fact(struct reader *r, const char *service, struct pp_outbox_item *it) {
    struct pp_fact f = {0};
    f.id.source = (uint16_t)get_int(r, 2);
    f.id.shard = (uint16_t)get_int(r, 2);
    f.id.incarnation = (uint32_t)get_int(r, 4);
    f.id.dest = (uint16_t)get_int(r, 2);
    f.id.seq = get_int(r, 8);
    struct pp_str person = get(r, 16);
    if (person.n == 16) memcpy(f.person.b, person.s, 16);
    f.time_ms = (int64_t)get_int(r, 8);
    f.tenant = get_short(r);
    f.type = get_short(r);
    f.subject = get_short(r);
    f.cause = get_short(r);
    f.trace = get_short(r);
    f.body = get_long(r);
    if (r->bad) return;
    fact_headers(it, &f, service);
    it->is_log = true;
    it->send.topic = PP_TOPIC_LOG;
    it->send.partition = f.id.dest;
    it->send.key = pp_str_z(it->key);
    it->send.value = f.body;
}

static void next_send(struct reader *r, struct pp_outbox_item *it) {
    struct pp_str topic = get_short(r);
    it->send.partition = (int32_t)get_int(r, 4);
    it->send.time_ms = (int64_t)get_int(r, 8);
    it->send.tombstone = get_int(r, 1) != 0;
    it->send.key = get_long(r);
    it->send.value = get_long(r);
    it->send.nheaders = get_headers(r, it->headers, PP_OUTBOX_HEADERS_MAX);
    if (topic.n >= sizeof it->topic) r->bad = true;
    if (r->bad) return;
    memcpy(it->topic, topic.s, topic.n);
    it->topic[topic.n] = '\0';
    it->send.topic = it->topic;
    it->send.headers = it->headers;
}

bool pp_outbox_next(struct pp_str *rest, const char *service, struct pp_outbox_item *ret, bool *bad) {
    struct reader r = {*rest, false};
    *bad = false;
    if (rest->n == 0) return false;
    ret->is_log = false;
    ret->send = (struct pp_send){0};
    switch (get_int(&r, 1)) {
    case ITEM_FACT: next_fact(&r, service, ret); break;
    case ITEM_SEND: next_send(&r, ret); break;
    default: r.bad = true;
    }
    *bad = r.bad;
    *rest = r.rest;
    return !r.bad;
}

/* ---- tracing ---- */

void pp_trace_child(struct pp_str parent, struct pp_str id, char ret[PP_TRACEPARENT_MAX]) {
    uint8_t hash[PP_SHA256_BYTES];
    char hex[2 * 24 + 1];
    pp_sha256(id, hash);
    pp_hex(hash, 24, hex);
    bool given = parent.n == 55 && parent.s[2] == '-' && parent.s[35] == '-';
    snprintf(ret, PP_TRACEPARENT_MAX, "00-%.32s-%.16s-01", given ? parent.s + 3 : hex, hex + 32);
}
