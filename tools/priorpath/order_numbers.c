#include "order_numbers.h"

#include "io/kafka_scan.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (2 * (size_t)ORDER_NUMBERS_MAX) /* never more than half full; a power of two */

struct slot {
    struct pp_uuid id;
    char *number; /* NULL: free */
};

struct order_numbers {
    const char *brokers, *topic;
    int timeout_ms, partition; /* that is being read */
    struct slot *slots;
    size_t n;
    int64_t next[PP_SCAN_PARTITIONS_MAX]; /* offset to go on at */
};

struct order_numbers *order_numbers_new(const char *brokers, const char *topic, int timeout_ms) {
    struct order_numbers *o = calloc(1, sizeof *o);
    if (!o) return NULL;
    *o = (struct order_numbers){.brokers = brokers, .topic = topic, .timeout_ms = timeout_ms};
    o->slots = calloc(SLOTS, sizeof *o->slots); /* pages come as they are touched */
    if (o->slots) return o;
    free(o);
    return NULL;
}

static struct slot *slot_of(const struct order_numbers *o, struct pp_uuid id) {
    size_t at = 0; /* the end of a UUIDv7 is random */
    for (int i = 8; i < 16; i++) at = at << 8 | id.b[i];
    for (at &= SLOTS - 1; o->slots[at].number && !pp_uuid_eq(o->slots[at].id, id);) at = (at + 1) & (SLOTS - 1);
    return &o->slots[at];
}

static void forget(struct order_numbers *o) {
    for (size_t i = 0; i < SLOTS; i++) {
        free(o->slots[i].number);
        o->slots[i] = (struct slot){0};
    }
    o->n = 0;
    memset(o->next, 0, sizeof o->next);
}

static void remember(struct order_numbers *o, struct pp_uuid id, const char *number) {
    struct slot *s = slot_of(o, id);
    char *before = s->number;
    if (before && strcmp(before, number) == 0) return;
    s->number = strdup(number);
    if (!s->number) s->number = before; /* no memory: what was known stays, what was not is asked for again */
    if (s->number == before) return;
    s->id = id;
    if (!before) o->n++;
    free(before);
}

static bool on_case(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct order_numbers *o = user;
    struct pp_uuid id;
    (void)h;
    (void)nh;
    o->next[o->partition] = r->offset + 1;
    json_t *j = r->tombstone ? NULL : json_loadb(r->value.n ? r->value.s : "", r->value.n, 0, NULL);
    const char *number = json_string_value(json_object_get(j, "order_no")),
               *case_id = json_string_value(json_object_get(j, "case_id"));
    if (number && *number && case_id && pp_uuid_parse(pp_str_z(case_id), &id)) remember(o, id, number);
    json_decref(j);
    return o->n < ORDER_NUMBERS_MAX;
}

int order_numbers_find(struct order_numbers *o, int partition, struct pp_uuid case_id, struct pp_str *ret,
                       struct pp_err *err) {
    const struct slot *s = slot_of(o, case_id);
    if (!s->number && partition >= 0 && partition < PP_SCAN_PARTITIONS_MAX) {
        if (o->n >= ORDER_NUMBERS_MAX) forget(o);
        const struct pp_scan_opts scan = {.brokers = o->brokers,
                                          .topic = o->topic,
                                          .partition = partition,
                                          .offset = o->next[partition],
                                          .timeout_ms = o->timeout_ms,
                                          .fn = on_case,
                                          .user = o};
        o->partition = partition;
        if (pp_kafka_scan(&scan, err) < 0) return -1;
        s = slot_of(o, case_id);
    }
    if (!s->number) return 0;
    *ret = pp_str_z(s->number);
    return 1;
}

void order_numbers_free(struct order_numbers *o) {
    if (!o) return;
    forget(o);
    free(o->slots);
    free(o);
}
