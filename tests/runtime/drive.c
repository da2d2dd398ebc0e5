/* Writes inputs for the toy service, and reads back what it said.
 *
 *   drive BROKERS topics                           makes the topics
 *   drive BROKERS facts FROM N PERSONS             records FROM … FROM+N-1 of the writer 1; record i is about person
 *                                                  i mod PERSONS
 *   drive BROKERS fact I PERSONS REASON            one record with that reason; "garbage" = no JSON
 *   drive BROKERS gap I PERSONS                    as fact, but with a sequence too high by one
 *   drive BROKERS command PERSON ID TEXT [HOLD_MS] note.add, which waits so long
 *   drive BROKERS undo PERSON ID COMMAND ACTOR     command.undo
 *   drive BROKERS check PERSONS                    all that the toy said: sequences dense, counts per person 1, 2, 3 …
 *   drive BROKERS public TOPIC PARTITION TENANT KEY TYPE JSON   one record of a public topic; "" = a tombstone
 *   drive BROKERS dead                             dead letters: code and offset of each
 */
#include "base/uuid.h"
#include "ev.h"
#include "io/kafka_admin.h"
#include "io/kafka_sync.h"
#include "service/engine.h"
#include "service/rid.h"

#include <stdio.h>
#include <stdlib.h>

#define PARTITIONS 8
#define TIMEOUT_MS 20000
#define CHUNK 500
#define PERSONS_MAX 100000
#define SOURCE 1

static struct pp_uuid person_of(int i) {
    char name[32];
    snprintf(name, sizeof name, "person %d", i);
    return pp_uuid_derive((struct pp_uuid){{9}}, pp_str_z(name));
}
static int home_of(int person) { return pp_home_of(person_of(person)) & (PARTITIONS - 1); }

static int die(const struct pp_err *err) {
    fprintf(stderr, "drive: %s\n", err->msg);
    return 1;
}

static int topics(const char *brokers) {
    static const char *const names[] = {PP_TOPIC_LOG, PP_TOPIC_COMMANDS,  PP_TOPIC_METRICS,      PP_TOPIC_DLQ,
                                        PP_TOPIC_OPS, PP_TOPIC_REFERENCE, "pa.authorization.v1", "pa.case-status.v1"};
    struct pp_topic_spec s[8];
    struct pp_err err;
    for (int i = 0; i < 8; i++)
        s[i] = (struct pp_topic_spec){.name = names[i],
                                      .partitions = i < 3 || i > 5 ? PARTITIONS
                                                    : i == 3       ? PP_DLQ_PARTITIONS
                                                                   : 1,
                                      .replication = 1};
    return pp_kafka_topics_ensure(brokers, s, 8, TIMEOUT_MS, NULL, &err) < 0 ? die(&err) : 0;
}

/* ---- writing ---- */

struct record {
    char key[PP_UUID_TEXT + 1], id[PP_RID_TEXT_MAX], body[300];
    struct pp_header h[8];
};

static struct pp_send record_of(struct record *r, int person, struct pp_rid id, const char *reason) {
    pp_uuid_text(person_of(person), r->key);
    pp_rid_text(&id, r->id);
    if (strcmp(reason, "garbage") == 0)
        snprintf(r->body, sizeof r->body, "{\"sender\": ");
    else
        snprintf(r->body, sizeof r->body,
                 "{\"sender\":\"drive\",\"format\":\"hl7\",\"reason\":\"%s\",\"hash\":\"%064d\"}", reason, person);
    int n = 0;
    r->h[n++] = (struct pp_header){PP_STR("ce_id"), pp_str_z(r->id)};
    r->h[n++] = (struct pp_header){PP_STR("ce_type"), PP_STR("message.quarantined")};
    r->h[n++] = (struct pp_header){PP_STR("ce_specversion"), PP_STR("1.0")};
    r->h[n++] = (struct pp_header){PP_STR("ce_time"), PP_STR("2026-11-24T12:00:00Z")};
    r->h[n++] = (struct pp_header){PP_STR("pp_tenant"), PP_STR("lakeside")};
    return (struct pp_send){.topic = PP_TOPIC_LOG,
                            .partition = id.dest,
                            .key = pp_str_z(r->key),
                            .value = pp_str_z(r->body),
                            .headers = r->h,
                            .nheaders = n};
}

/* Sequences follow from the number of the record: all before it are counted again. */
static int facts(const char *brokers, int from, int n, int persons, const char *reason, int extra) {
    uint64_t seq[PARTITIONS] = {0};
    struct record *r = calloc(CHUNK, sizeof *r);
    struct pp_send *s = calloc(CHUNK, sizeof *s);
    struct pp_err err;
    int k = 0;
    for (int i = 0; i < from + n; i++) {
        int person = i % persons, dest = home_of(person);
        seq[dest]++;
        if (i < from) continue;
        s[k] = record_of(&r[k], person, (struct pp_rid){SOURCE, 0, 1, (uint16_t)dest, seq[dest] + (uint64_t)extra},
                         reason);
        if (++k < CHUNK && i + 1 < from + n) continue;
        if (pp_kafka_send_sync(brokers, s, k, TIMEOUT_MS, &err) < 0) return die(&err);
        k = 0;
    }
    free(r);
    free(s);
    return 0;
}

static int command(const char *brokers, int person, const char *id, const char *type, const char *actor,
                   const char *hold_ms, const char *body) {
    char key[PP_UUID_TEXT + 1];
    struct pp_err err;
    pp_uuid_text(person_of(person), key);
    struct pp_header h[] = {{PP_STR("ce_id"), pp_str_z(id)},           {PP_STR("ce_type"), pp_str_z(type)},
                            {PP_STR("pp_tenant"), PP_STR("lakeside")}, {PP_STR("ce_subject"), pp_str_z(key)},
                            {PP_STR("pp_actor"), pp_str_z(actor)},     {PP_STR("pp_hold"), pp_str_z(hold_ms)}};
    struct pp_send s = {.topic = PP_TOPIC_COMMANDS,
                        .partition = home_of(person),
                        .key = pp_str_z(key),
                        .value = pp_str_z(body),
                        .headers = h,
                        .nheaders = 6};
    return pp_kafka_send_sync(brokers, &s, 1, TIMEOUT_MS, &err) < 0 ? die(&err) : 0;
}

static int note(const char *brokers, int person, const char *id, const char *text, const char *hold_ms) {
    char key[PP_UUID_TEXT + 1], body[400];
    pp_uuid_text(person_of(person), key);
    snprintf(body, sizeof body, "{\"case_id\":\"%s\",\"kind\":\"note\",\"text\":\"%s\"}", key, text);
    return command(brokers, person, id, "note.add", "test", hold_ms, body);
}

static int undo(const char *brokers, int person, const char *id, const char *which, const char *actor) {
    char body[400];
    snprintf(body, sizeof body, "{\"command_id\":\"%s\",\"type\":\"note.add\"}", which);
    return command(brokers, person, id, "command.undo", actor, "0", body);
}

/* ---- reading ---- */

struct checked {
    struct pp_seen seen;
    struct pp_uuid *persons;
    int64_t *count, *fired, *answered;
    int npersons;
    long said, repeats, gaps, disorder, delayed;
};

static int person_index(struct checked *c, struct pp_str key) {
    struct pp_uuid u;
    if (!pp_uuid_parse(key, &u)) return -1;
    for (int i = 0; i < c->npersons; i++)
        if (pp_uuid_eq(c->persons[i], u)) return i;
    return -1;
}

static bool said(void *user, const struct pp_record *r, const struct pp_header *h, int n) {
    struct checked *c = user;
    struct pp_rid id;
    if (!pp_rid_parse(pp_headers_get(h, n, "ce_id"), &id) || id.source != 99) return true;
    /* One reader for all partitions: the destination stands for the reader's partition. */
    struct pp_rid mine = id;
    mine.shard = (uint16_t)(id.shard * PARTITIONS + id.dest);
    enum pp_seen_verdict v = pp_seen_look(&c->seen, &mine);
    if (v == PP_SEEN_REPEAT) {
        c->repeats++;
        return true;
    }
    if (v != PP_SEEN_NEXT) c->gaps++;
    pp_seen_set(&c->seen, &mine, false);
    c->said++;
    int p = person_index(c, r->key);
    const char *at = memmem(r->value.s, r->value.n, "\"outcome\":\"", 11);
    if (p < 0 || !at) return true;
    at += 11;
    if (strncmp(at, "n:", 2) == 0 && strtol(at + 2, NULL, 10) != ++c->count[p]) c->disorder++;
    if (strncmp(at, "fired:", 6) == 0 && strtol(at + 6, NULL, 10) != ++c->fired[p]) c->disorder++;
    if (strncmp(at, "answered:", 9) == 0 && strtol(at + 9, NULL, 10) != ++c->answered[p]) c->disorder++;
    if (strncmp(at, "delayed:", 8) == 0) c->delayed++;
    return true;
}

static int check(const char *brokers, int persons) {
    struct checked c = {.npersons = persons};
    struct pp_err err;
    c.persons = calloc((size_t)persons, sizeof *c.persons);
    c.count = calloc((size_t)persons * 3, sizeof *c.count);
    c.fired = c.count + persons;
    c.answered = c.fired + persons;
    for (int i = 0; i < persons; i++) c.persons[i] = person_of(i);
    if (pp_kafka_scan_sync(brokers, PP_TOPIC_LOG, TIMEOUT_MS, said, &c, &err) < 0) return die(&err);
    int64_t n = 0, fired = 0, answered = 0;
    for (int i = 0; i < persons; i++) {
        n += c.count[i];
        fired += c.fired[i];
        answered += c.answered[i];
    }
    printf("counted=%lld fired=%lld answered=%lld said=%ld gaps=%ld disorder=%ld delayed=%ld repeats=%ld\n",
           (long long)n, (long long)fired, (long long)answered, c.said, c.gaps, c.disorder, c.delayed, c.repeats);
    free(c.persons);
    free(c.count);
    pp_seen_free(&c.seen);
    return 0;
}

static int say_publicly(const char *brokers, char **a) {
    struct pp_err err;
    const struct pp_header h[] = {{PP_STR("ce_type"), pp_str_z(a[4])}, {PP_STR("pp_tenant"), pp_str_z(a[2])}};
    const struct pp_send s = {.topic = a[0],
                              .partition = (int)strtol(a[1], NULL, 10),
                              .key = pp_str_z(a[3]),
                              .value = pp_str_z(a[5]),
                              .tombstone = !a[5][0],
                              .headers = h,
                              .nheaders = 2};
    return pp_kafka_send_sync(brokers, &s, 1, TIMEOUT_MS, &err) < 0 ? die(&err) : 0;
}

static bool dead_one(void *user, const struct pp_record *r, const struct pp_header *h, int n) {
    (void)user;
    (void)r;
    struct pp_str code = pp_headers_get(h, n, "dlq_error_code"), attempts = pp_headers_get(h, n, "dlq_attempts");
    struct pp_str type = pp_headers_get(h, n, "ce_type");
    printf("%.*s attempts=%.*s type=%.*s\n", PP_FMT(code), PP_FMT(attempts), PP_FMT(type));
    return true;
}

int main(int argc, char **argv) {
    struct pp_err err;
    if (argc < 3) return 2;
    const char *b = argv[1], *what = argv[2];
    int a[3] = {0};
    for (int i = 0; i < 3 && i + 3 < argc; i++) a[i] = (int)strtol(argv[i + 3], NULL, 10);
    if (strcmp(what, "topics") == 0) return topics(b);
    if (strcmp(what, "facts") == 0 && argc == 6) return facts(b, a[0], a[1], a[2], "plain", 0);
    if (strcmp(what, "fact") == 0 && argc == 6) return facts(b, a[0], 1, a[1], argv[5], 0);
    if (strcmp(what, "gap") == 0 && argc == 5) return facts(b, a[0], 1, a[1], "plain", 1);
    if (strcmp(what, "command") == 0 && argc >= 6) return note(b, a[0], argv[4], argv[5], argc > 6 ? argv[6] : "0");
    if (strcmp(what, "undo") == 0 && argc == 7) return undo(b, a[0], argv[4], argv[5], argv[6]);
    if (strcmp(what, "check") == 0 && argc == 4) return check(b, a[0]);
    if (strcmp(what, "public") == 0 && argc == 9) return say_publicly(b, argv + 3);
    if (strcmp(what, "dead") == 0)
        return pp_kafka_scan_sync(b, PP_TOPIC_DLQ, TIMEOUT_MS, dead_one, NULL, &err) < 0 ? die(&err) : 0;
    fprintf(stderr, "drive: see the head of drive.c\n");
    return 2;
}
