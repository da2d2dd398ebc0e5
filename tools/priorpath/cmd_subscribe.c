/* priorpath subscribe: what a topic says, as a subscriber would hear it: one readable line a record, or JSON. */
#include "cli.h"

#include "io/clock.h"
#include "io/kafka_scan.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#define ARGS_MAX 64

static const struct pp_config_key keys[] = {
    CLI_KEY_KAFKA,
    CLI_KEY_JSON,
    {"from", PP_CFG_STR, 1, 16, "", "end", "beginning, end, or a length of time back such as 10m, 2h, 1d."},
    {"key", PP_CFG_STR, 0, 256, "", "",
     "Only records with this key; of a public topic also the part behind the tenant."},
    {"tenant", PP_CFG_STR, 0, 64, "", "", "Only records of this tenant."},
    {"type", PP_CFG_STR, 0, 64, "", "", "Only records of this type (ce_type)."},
    {"count", PP_CFG_INT, 0, INT32_MAX, "", "0", "Ends after so many records; short: -n N. 0: goes on until Ctrl-C."},
    {"once", PP_CFG_BOOL, 0, 0, "", "false", "Ends at the present end of the topic."},
    {0},
};

struct listener {
    struct pp_str key, tenant, type;
    bool json, is_public;
    int64_t left; /* -1: no limit */
};

static bool wanted(const struct listener *l, const struct pp_record *r, const struct pp_header *h, int nh) {
    if (l->tenant.n && !pp_str_eq(l->tenant, pp_headers_get(h, nh, "pp_tenant"))) return false;
    if (l->type.n && !pp_str_eq(l->type, pp_headers_get(h, nh, "ce_type"))) return false;
    if (!l->key.n || pp_str_eq(l->key, r->key)) return true;
    struct pp_str rest = r->key;
    pp_str_split(&rest, '/');
    return pp_str_eq(l->key, rest);
}

static void print_json(const struct pp_record *r, const struct pp_header *h, int nh) {
    json_t *headers = json_object();
    for (int i = 0; i < nh; i++) {
        char name[80];
        snprintf(name, sizeof name, "%.*s", PP_FMT(h[i].name));
        json_object_set_new(headers, name, json_stringn(h[i].value.n ? h[i].value.s : "", h[i].value.n));
    }
    json_t *value =
        r->tombstone ? json_null() : json_loadb(r->value.n ? r->value.s : "", r->value.n, JSON_DECODE_ANY, NULL);
    if (!value) value = json_stringn(r->value.s, r->value.n);
    json_t *j = json_pack("{s:i, s:I, s:I, s:o?, s:o, s:o?}", "partition", r->partition, "offset",
                          (json_int_t)r->offset, "time_ms", (json_int_t)r->time_ms, "key",
                          json_stringn(r->key.n ? r->key.s : "", r->key.n), "headers", headers, "value", value);
    json_dumpf(j, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(j);
}

static void print_scalar(const char *name, const json_t *v) {
    if (json_is_string(v) && json_string_length(v)) printf(" %s=%s", name, json_string_value(v));
    if (json_is_integer(v)) printf(" %s=%" JSON_INTEGER_FORMAT, name, json_integer_value(v));
    if (json_is_boolean(v)) printf(" %s=%s", name, json_is_true(v) ? "yes" : "no");
}

/* Members that are values, in the record's order; of lists how many. */
static void print_members(const json_t *j) {
    const char *name;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)j, name, v) {
        if (json_is_array(v))
            printf(" %s=%zu", name, json_array_size(v));
        else
            print_scalar(name, v);
    }
}

static void print_line(const struct listener *l, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct pp_str time = pp_headers_get(h, nh, "ce_time"), type = pp_headers_get(h, nh, "ce_type"), key = r->key;
    char when[25];
    pp_time_text(r->time_ms, when);
    if (!time.n) time = pp_str_z(when);
    if (time.n > 19) time.n = 19;
    printf("%s%.*s%s  %-22.*s %.*s", cli_tone(CLI_DIM), PP_FMT(time), cli_tone(CLI_PLAIN), PP_FMT(type), PP_FMT(key));
    json_t *j = r->tombstone ? NULL : json_loadb(r->value.n ? r->value.s : "", r->value.n, 0, NULL);
    if (r->tombstone)
        printf("  (withdrawn)");
    else if (!j)
        printf("  %u bytes", r->value.n);
    /* Internal topics name people: of them only where the record stands and what kind it is; --json shows all. */
    else if (l->is_public)
        print_members(j);
    else
        printf("  partition %d offset %" PRId64 " id %.*s, %u bytes", r->partition, r->offset,
               PP_FMT(pp_headers_get(h, nh, "ce_id")), r->value.n);
    putchar('\n');
    json_decref(j);
}

static bool on_record(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct listener *l = user;
    if (!wanted(l, r, h, nh)) return true;
    if (l->json)
        print_json(r, h, nh);
    else
        print_line(l, r, h, nh);
    fflush(stdout);
    return l->left < 0 || --l->left > 0;
}

static int from_of(const struct pp_config *c, int64_t *ret_ms, struct pp_err *err) {
    struct pp_str s = pp_str_z(pp_config_str(c, "from"));
    int64_t n, unit = !s.n                  ? 0
                      : s.s[s.n - 1] == 'm' ? 60000
                      : s.s[s.n - 1] == 'h' ? 3600000
                      : s.s[s.n - 1] == 'd' ? 86400000
                                            : 0;
    *ret_ms = pp_str_eqz(s, "end") ? PP_SCAN_FROM_END : 0;
    if (*ret_ms || pp_str_eqz(s, "beginning")) return 0;
    if (!unit || !pp_str_int((struct pp_str){s.s, s.n - 1}, &n) || n < 1)
        return pp_err_set(err, PP_ERR_INVALID, "from: want beginning, end, or 10m, 2h, 1d");
    *ret_ms = pp_real_ms() - n * unit;
    return 0;
}

static bool is_public(const char *topic) {
    static const char *const inner[] = {"pa.log.v1", "pa.inbound.v1", "pa.commands.v1", "pa.dlq.v1"};
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
        if (strcmp(topic, inner[i]) == 0) return false;
    return true;
}

static int listen_to(const struct pp_config *c, const char *topic, struct pp_err *err) {
    int64_t count = pp_config_int(c, "count");
    struct listener l = {.key = pp_str_z(pp_config_str(c, "key")),
                         .tenant = pp_str_z(pp_config_str(c, "tenant")),
                         .type = pp_str_z(pp_config_str(c, "type")),
                         .json = pp_config_bool(c, "json"),
                         .is_public = is_public(topic),
                         .left = count ? count : -1};
    struct pp_scan_opts o = {.brokers = pp_config_str(c, "kafka-brokers"),
                             .topic = topic,
                             .partition = -1,
                             .follow = !pp_config_bool(c, "once"),
                             .timeout_ms = CLI_TIMEOUT_MS,
                             .fn = on_record,
                             .user = &l,
                             .stop = &cli_stop};
    if (from_of(c, &o.from_ms, err) < 0) return -1;
    cli_catch_stop();
    return pp_kafka_scan(&o, err);
}

/* "-n 5" and "-n5" are short for --count=5. */
static int spell_out(int argc, char **argv, char **ret, char count[32], int max) {
    int n = 0;
    for (int i = 0; i < argc && n < max; i++) {
        bool is_n = i > 0 && strncmp(argv[i], "-n", 2) == 0;
        const char *v = is_n ? argv[i][2] ? argv[i] + 2 : i + 1 < argc ? argv[++i] : "" : NULL;
        if (is_n) snprintf(count, 32, "--count=%s", v);
        ret[n++] = is_n ? count : argv[i];
    }
    return n;
}

int cmd_subscribe(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    char *args[ARGS_MAX], count[32], topic[80];
    const char *name = cli_verb(&argc, &argv);
    int n = spell_out(argc, argv, args, count, ARGS_MAX);
    cli_settings("priorpath subscribe TOPIC", keys, n, args, &c);
    /* "readiness" is enough for pa.readiness.v1. */
    bool whole = name && strchr(name, '.');
    snprintf(topic, sizeof topic, "%s%s%s", whole ? "" : "pa.", name ? name : "", whole ? "" : ".v1");
    int rc = name ? listen_to(c, topic, &err)
                  : pp_err_set(&err, PP_ERR_INVALID,
                               "which topic? readiness, case-status, authorization, claim-status, checklist, task, "
                               "notice, measures, metrics");
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("subscribe", &err);
}
