/* priorpath dlq: letters nobody could read, as they came: looked at, and given back to their topic. */
#include "cli.h"

#include "io/clock.h"
#include "io/kafka_scan.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#define DLQ "pa.dlq.v1"
#define LETTERS_MAX 100000
#define ARENA_MAX ((size_t)512 << 20)
#define DUMP_LINES 64

static const struct pp_config_key keys[] = {
    CLI_KEY_KAFKA,
    CLI_KEY_JSON,
    {"all", PP_CFG_BOOL, 0, 0, "", "false",
     "replay: all letters that were not replayed yet. list: also those that were."},
    {"bytes", PP_CFG_BOOL, 0, 0, "", "false",
     "show: the bytes as they are. Without it letters and digits are masked, because they may name a person."},
    {0},
};

struct letter {
    int partition; /* of the dead letter topic */
    int64_t offset, time_ms;
    struct pp_str key, value;
    bool tombstone, replayed;
    struct pp_header *h;
    int nh;
};
struct letters {
    struct pp_arena a;
    struct letter *l;
    int n;
};

static struct pp_str get(const struct letter *l, const char *name) { return pp_headers_get(l->h, l->nh, name); }

static void note_replayed(struct letters *ls, struct pp_str place) {
    int64_t offset, part;
    struct pp_str p = pp_str_split(&place, '/');
    if (!pp_str_int(p, &part) || !pp_str_int(place, &offset)) return;
    for (int i = 0; i < ls->n; i++)
        if (ls->l[i].partition == part && ls->l[i].offset == offset) ls->l[i].replayed = true;
}

static bool on_letter(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct letters *ls = user;
    struct pp_str replayed = pp_headers_get(h, nh, "dlq_replayed");
    if (replayed.n) { /* stands in the same partition, behind its letter */
        note_replayed(ls, replayed);
        return true;
    }
    if (ls->n == LETTERS_MAX) return false;
    struct letter *l = &ls->l[ls->n];
    *l = (struct letter){.partition = r->partition,
                         .offset = r->offset,
                         .time_ms = r->time_ms,
                         .tombstone = r->tombstone,
                         .key = pp_arena_str(&ls->a, r->key),
                         .value = pp_arena_str(&ls->a, r->value),
                         .nh = nh};
    l->h = pp_arena_array(&ls->a, struct pp_header, nh + 1);
    for (int i = 0; l->h && i < nh; i++)
        l->h[i] = (struct pp_header){pp_arena_str(&ls->a, h[i].name), pp_arena_str(&ls->a, h[i].value)};
    if (pp_arena_failed(&ls->a)) return false;
    ls->n++;
    return true;
}

static int by_time(const void *a, const void *b) {
    const struct letter *x = a, *y = b;
    if (x->time_ms != y->time_ms) return x->time_ms < y->time_ms ? -1 : 1;
    if (x->partition != y->partition) return x->partition < y->partition ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Oldest first: a letter keeps its number while the oldest are kept. */
static int load(const struct pp_config *c, struct letters *ls, struct pp_err *err) {
    pp_arena_init(&ls->a, ARENA_MAX);
    ls->l = calloc(LETTERS_MAX, sizeof *ls->l);
    if (!ls->l) return pp_err_set(err, PP_ERR_NOMEM, "no memory");
    struct pp_scan_opts o = {.brokers = pp_config_str(c, "kafka-brokers"),
                             .topic = DLQ,
                             .partition = -1,
                             .timeout_ms = CLI_TIMEOUT_MS,
                             .fn = on_letter,
                             .user = ls};
    if (pp_kafka_scan(&o, err) < 0) return -1;
    if (pp_arena_failed(&ls->a) || ls->n == LETTERS_MAX)
        return pp_err_set(err, PP_ERR_LIMIT,
                          "more than %d dead letters or %zu MB: replay or let the oldest expire first", LETTERS_MAX,
                          ARENA_MAX >> 20);
    qsort(ls->l, (size_t)ls->n, sizeof *ls->l, by_time);
    return 0;
}

/* ---- list ---- */

static json_t *json_of(const struct letter *l, int number) {
    json_t *h = json_object();
    for (int i = 0; i < l->nh; i++) {
        char name[80];
        snprintf(name, sizeof name, "%.*s", PP_FMT(l->h[i].name));
        json_object_set_new(h, name, json_stringn(l->h[i].value.n ? l->h[i].value.s : "", l->h[i].value.n));
    }
    return json_pack("{s:i, s:i, s:I, s:I, s:b, s:i, s:o}", "number", number, "partition", l->partition, "offset",
                     (json_int_t)l->offset, "time_ms", (json_int_t)l->time_ms, "replayed", l->replayed, "bytes",
                     (int)l->value.n, "headers", h);
}

static int list(const struct pp_config *c, const struct letters *ls) {
    json_t *all = json_array();
    int shown = 0;
    for (int i = 0; i < ls->n; i++) {
        const struct letter *l = &ls->l[i];
        char when[25];
        if (l->replayed && !pp_config_bool(c, "all")) continue;
        shown++;
        json_array_append_new(all, json_of(l, i + 1));
        if (pp_config_bool(c, "json")) continue;
        pp_time_text(l->time_ms, when);
        printf("%4d  %.19s  %-12.*s %-16.*s %s%-11.*s%s %.*s%s\n", i + 1, when, PP_FMT(get(l, "dlq_group")),
               PP_FMT(get(l, "dlq_topic")), cli_tone(CLI_BAD), PP_FMT(get(l, "dlq_error_code")), cli_tone(CLI_PLAIN),
               PP_FMT(get(l, "dlq_error")), l->replayed ? " (replayed)" : "");
    }
    if (pp_config_bool(c, "json"))
        json_dumpf(all, stdout, JSON_INDENT(2));
    else if (shown == 0)
        printf("no dead letters%s\n", ls->n ? " that were not replayed; --all shows the others" : "");
    if (pp_config_bool(c, "json")) putchar('\n');
    json_decref(all);
    return 0;
}

/* ---- show ---- */

static int show(const struct pp_config *c, const struct letter *l, int number) {
    if (pp_config_bool(c, "json")) {
        json_t *j = json_of(l, number);
        json_dumpf(j, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(j);
        return 0;
    }
    printf("letter %d, partition %d, offset %" PRId64 "%s\n", number, l->partition, l->offset,
           l->replayed ? ", replayed" : "");
    printf("  %s%.*s: %.*s%s\n", cli_tone(CLI_BAD), PP_FMT(get(l, "dlq_error_code")), PP_FMT(get(l, "dlq_error")),
           cli_tone(CLI_PLAIN));
    printf("  given up by %.*s after %.*s tries, from %.*s partition %.*s offset %.*s\n", PP_FMT(get(l, "dlq_group")),
           PP_FMT(get(l, "dlq_attempts")), PP_FMT(get(l, "dlq_topic")), PP_FMT(get(l, "dlq_partition")),
           PP_FMT(get(l, "dlq_offset")));
    printf("headers\n");
    for (int i = 0; i < l->nh; i++)
        if (!pp_str_starts(l->h[i].name, PP_STR("dlq_")))
            printf("  %-18.*s %.*s\n", PP_FMT(l->h[i].name), PP_FMT(l->h[i].value));
    struct pp_buf masked;
    struct pp_str bytes = l->value;
    pp_buf_init(&masked, (size_t)l->value.n + 1);
    bool open = pp_config_bool(c, "bytes");
    if (!open) {
        cli_mask(bytes, &masked);
        bytes = pp_buf_str(&masked);
    }
    printf("value, %u bytes%s\n", l->value.n, open ? "" : " (letters and digits masked; --bytes shows them)");
    cli_dump(stdout, bytes, open ? INT32_MAX : DUMP_LINES);
    pp_buf_free(&masked);
    return 0;
}

/* ---- replay ---- */

static const char *topic_of(const struct letter *l) {
    static const char *const topics[] = {"pa.inbound.v1", "pa.commands.v1"};
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (pp_str_eqz(get(l, "dlq_topic"), topics[i])) return topics[i];
    return NULL;
}

/* The record as it was, behind the others: same key, partition, value and ids, so that a repeat is seen as one. */
static int replay_one(const struct pp_config *c, const struct letter *l, int number, struct pp_err *err) {
    struct pp_header h[PP_HEADERS_MAX], mark[2];
    char place[40], id[60];
    int64_t part;
    int n = 0;
    const char *topic = topic_of(l);
    if (!topic)
        return pp_err_set(err, PP_ERR_DENIED,
                          "letter %d was a record of %.*s: it is not put on the log a second time, where it would be a "
                          "new fact. Mend its cause, "
                          "and let its writer say it again; inputs that a decider set aside are tried again with: "
                          "priorpath parked retry",
                          number, PP_FMT(get(l, "dlq_topic")));
    if (!pp_str_int(get(l, "dlq_partition"), &part))
        return pp_err_set(err, PP_ERR_INVALID, "letter %d does not say its partition", number);
    for (int i = 0; i < l->nh; i++)
        if (!pp_str_starts(l->h[i].name, PP_STR("dlq_"))) h[n++] = l->h[i];
    snprintf(place, sizeof place, "%d/%" PRId64, l->partition, l->offset);
    snprintf(id, sizeof id, "dlq.replayed/%s", place);
    mark[0] = (struct pp_header){PP_STR("ce_id"), pp_str_z(id)};
    mark[1] = (struct pp_header){PP_STR("dlq_replayed"), pp_str_z(place)};
    const struct pp_send s[] = {
        {.topic = topic,
         .partition = (int)part,
         .key = l->key,
         .value = l->value,
         .tombstone = l->tombstone,
         .headers = h,
         .nheaders = n},
        {.topic = DLQ, .partition = l->partition, .key = l->key, .headers = mark, .nheaders = 2},
    };
    /* First the record, then the mark: what stands marked is on its way for sure. */
    if (pp_kafka_send_sync(pp_config_str(c, "kafka-brokers"), &s[0], 1, CLI_TIMEOUT_MS, err) < 0) return -1;
    printf("letter %d is on %s again\n", number, topic);
    return pp_kafka_send_sync(pp_config_str(c, "kafka-brokers"), &s[1], 1, CLI_TIMEOUT_MS, err);
}

static int replay_all(const struct pp_config *c, const struct letters *ls, struct pp_err *err) {
    int done = 0, left = 0;
    for (int i = 0; i < ls->n; i++) {
        if (ls->l[i].replayed) continue;
        if (!topic_of(&ls->l[i])) {
            left++;
            continue;
        }
        if (replay_one(c, &ls->l[i], i + 1, err) < 0) return -1;
        done++;
    }
    printf("%d replayed", done);
    if (left)
        printf("; %d were records of the log, which are not replayed: priorpath dlq replay N says what to do", left);
    putchar('\n');
    return 0;
}

static int run(const struct pp_config *c, const char *verb, const char *which, struct letters *ls, struct pp_err *err) {
    int64_t n = 0;
    bool shows = verb && strcmp(verb, "show") == 0, replays = verb && strcmp(verb, "replay") == 0;
    if (verb && !shows && !replays && strcmp(verb, "list") != 0)
        return pp_err_set(err, PP_ERR_INVALID, "want list, show N, replay N or replay --all, not \"%s\"", verb);
    if (which && (!pp_str_int(pp_str_z(which), &n) || n < 1))
        return pp_err_set(err, PP_ERR_INVALID, "\"%s\" is no number of a letter; priorpath dlq list shows them", which);
    if ((shows || replays) && !n && !(replays && pp_config_bool(c, "all")))
        return pp_err_set(err, PP_ERR_INVALID, "which letter? priorpath dlq list shows their numbers");
    if (load(c, ls, err) < 0) return -1;
    if (n > ls->n) return pp_err_set(err, PP_ERR_NOTFOUND, "there is no letter %" PRId64 "; there are %d", n, ls->n);
    if (shows) return show(c, &ls->l[n - 1], (int)n);
    if (replays && n) return replay_one(c, &ls->l[n - 1], (int)n, err);
    return replays ? replay_all(c, ls, err) : list(c, ls);
}

int cmd_dlq(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    struct letters ls = {0};
    const char *verb = cli_verb(&argc, &argv), *which = cli_verb(&argc, &argv);
    cli_settings("priorpath dlq list|show N|replay N|replay --all", keys, argc, argv, &c);
    int rc = run(c, verb, which, &ls, &err);
    if (ls.l) pp_arena_free(&ls.a);
    free(ls.l);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("dlq", &err);
}
