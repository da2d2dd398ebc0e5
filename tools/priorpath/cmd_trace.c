/* priorpath trace: one order's whole way through all services. Finds the person under the read roles, then reads that
 * person's partition of the log, the receipts at the door, the calls to payers and the public snapshots. */
#include "cli.h"

#include "io/clock.h"
#include "io/kafka_scan.h"
#include "trace_say.h"

#include <inttypes.h>
#include <stdlib.h>

#define WORDS_MAX 256
#define STEPS_MAX 20000
#define ARENA_MAX ((size_t)256 << 20)
#define SENTENCE_MAX 4000
#define SHORT_ID 14

static const struct pp_config_key keys[] = {
    CLI_KEY_KAFKA,
    CLI_KEYS_DB,
    CLI_KEY_PARTITIONS,
    CLI_KEY_CLOCK,
    CLI_KEY_TENANT,
    CLI_KEY_JSON,
    {"since-h", PP_CFG_INT, 0, 24 * 365, "h", "0",
     "Reads the topics only this far back (real time); 0: all they keep."},
    {"no-inbound", PP_CFG_BOOL, 0, 0, "", "false",
     "Does not look for the receipts at the door (reads all of pa.inbound.v1)."},
    {"no-public", PP_CFG_BOOL, 0, 0, "", "false", "Does not show the public snapshots."},
    {0},
};

struct step {
    int64_t time_ms, real_ms; /* of the clock; of the broker */
    int order;                /* as collected, for equal times */
    bool chosen, is_log, is_inbound;
    struct pp_str service, type, id, cause, sentence, proof, body;
};

struct trace {
    const struct pp_config *c;
    struct pp_arena a;
    struct pp_uuid person;
    char case_no[32];
    char case_id[PP_UUID_TEXT + 1], claim_id[PP_UUID_TEXT + 1], person_text[PP_UUID_TEXT + 1];
    int found;
    struct pp_str words[WORDS_MAX]; /* values that name the order, its case, visits, requests, claims */
    int nwords;
    struct step *steps;
    int n;
    const char *topic;
};

/* ---- who and what ---- */

static void add_word(struct trace *t, struct pp_str w) {
    for (int i = 0; i < t->nwords; i++)
        if (pp_str_eq(t->words[i], w)) return;
    if (w.n && t->nwords < WORDS_MAX) t->words[t->nwords++] = pp_arena_str(&t->a, w);
}

static void on_words(void *user, const struct pp_rows *r) {
    for (int i = 0; i < pp_rows_n(r); i++) add_word(user, pp_rows_str(r, i, 0));
}

/* person, case_id, case_no, claim_id */
static void on_target(void *user, const struct pp_rows *r) {
    struct trace *t = user;
    t->found = pp_rows_n(r);
    for (int i = 0; i < pp_rows_n(r); i++) {
        if (i > 0) { /* not the only one: which ones there are is said in the error */
            size_t used = strlen(t->case_no);
            snprintf(t->case_no + used, sizeof t->case_no - used, " %.*s", PP_FMT(pp_rows_str(r, i, 2)));
            continue;
        }
        t->person = pp_rows_uuid(r, 0, 0);
        if (!pp_rows_null(r, 0, 1)) pp_uuid_text(pp_rows_uuid(r, 0, 1), t->case_id);
        snprintf(t->case_no, sizeof t->case_no, "%.*s", PP_FMT(pp_rows_str(r, 0, 2)));
        if (!pp_rows_null(r, 0, 3)) pp_uuid_text(pp_rows_uuid(r, 0, 3), t->claim_id);
    }
}

static const char case_sql[] = "select c.person, c.case_id, c.case_no, null::uuid from cases c where c.case_no = $1 or "
                               "c.case_id = $2::uuid or exists (select from orders o "
                               "where o.person = c.person and o.case_id = c.case_id and (o.order_no = $1 or "
                               "o.filler_no = $1 or o.group_no = $1)) order by c.opened desc limit 4";
static const char claim_sql[] = "select person, case_id, case_no, claim_id from claim where claim_no = $1 or claim_id "
                                "= $2::uuid order by reported desc limit 1";

/* What names things of this case, asked of those who gave the names. $1 person, $2 case id. */
static const struct {
    const char *schema, *sql;
} names[] = {
    {"chart", "select unnest(array[order_no, filler_no]) from orders where person = $1::uuid and case_id = $2::uuid"},
    {"chart",
     "select unnest(array[v.visit_no, v.visit_id::text]) from case_visit c join visit v using (person, visit_id) "
     "where c.person = $1::uuid and c.case_id = $2::uuid"},
    {"submission",
     "select unnest(array[submission_id::text, trace]) from submission where person = $1::uuid and case_id = $2::uuid"},
    {"claims",
     "select unnest(array[claim_id::text, claim_no]) from claim where person = $1::uuid and case_id = $2::uuid"},
};

static int ask(struct trace *t, const char *schema, const char *sql, const char *const *p, int n, pp_pg_rows_cb *cb,
               struct pp_err *err) {
    struct pp_pg_sync_conn *db = NULL;
    if (cli_db(t->c, schema, true, pp_config_str(t->c, "tenant"), &db, err) < 0) return -1;
    int rc = pp_pg_sync_exec(db, sql, p, n, cb, t, err);
    pp_pg_sync_close(db);
    return rc;
}

static int find(struct trace *t, const char *what, struct pp_err *err) {
    struct pp_uuid id;
    char text[PP_UUID_TEXT + 1];
    const char *p[] = {what, NULL};
    if (pp_uuid_parse(pp_str_z(what), &id)) {
        pp_uuid_text(id, text);
        p[1] = text;
    }
    if (ask(t, "chart", case_sql, p, 2, on_target, err) < 0) return -1;
    if (t->found > 1)
        return pp_err_set(err, PP_ERR_CONFLICT, "%d cases have %s: trace one of them by its number:%s%s", t->found,
                          what, *t->case_no ? " " : "", t->case_no);
    if (t->found == 0 && ask(t, "claims", claim_sql, p, 2, on_target, err) < 0) return -1;
    if (t->found == 0)
        return pp_err_set(err, PP_ERR_NOTFOUND,
                          "tenant %s has no order, case or claim %s. It may not have been understood: priorpath status "
                          "counts quarantined messages and dead letters",
                          pp_config_str(t->c, "tenant"), what);
    add_word(t, pp_str_z(what));
    add_word(t, pp_str_z(t->case_no));
    add_word(t, pp_str_z(t->case_id));
    add_word(t, pp_str_z(t->claim_id));
    pp_uuid_text(t->person, t->person_text);
    const char *q[] = {t->person_text, t->case_id};
    for (size_t i = 0; i < sizeof names / sizeof *names && *t->case_id; i++)
        if (ask(t, names[i].schema, names[i].sql, q, 2, on_words, err) < 0) return -1;
    return 0;
}

/* ---- records ---- */

/* "word" stands in the text as a value. */
static bool has_word(const struct trace *t, struct pp_str text) {
    for (int i = 0; i < t->nwords; i++) {
        struct pp_str w = t->words[i];
        const char *at = text.s, *end = text.s + text.n;
        while (at && at < end && (at = memmem(at, (size_t)(end - at), w.s, w.n))) {
            bool whole = at > text.s && at[-1] == '"' && at + w.n < end && at[w.n] == '"';
            if (whole) return true;
            at += w.n;
        }
    }
    return false;
}

static struct step *add_step(struct trace *t, const struct pp_record *r, const struct pp_header *h, int nh) {
    if (t->n == STEPS_MAX || pp_arena_failed(&t->a)) return NULL;
    struct step *s = &t->steps[t->n];
    struct pp_str source = pp_headers_get(h, nh, "ce_source");
    pp_str_split(&source, '/');
    pp_str_split(&source, '/');
    *s = (struct step){.real_ms = r->time_ms,
                       .order = t->n++,
                       .service = pp_arena_str(&t->a, pp_str_split(&source, '/')),
                       .type = pp_arena_str(&t->a, pp_headers_get(h, nh, "ce_type")),
                       .id = pp_arena_str(&t->a, pp_headers_get(h, nh, "ce_id")),
                       .cause = pp_arena_str(&t->a, pp_headers_get(h, nh, "pp_cause"))};
    if (!pp_time_parse(pp_headers_get(h, nh, "ce_time"), &s->time_ms)) s->time_ms = r->time_ms;
    return s;
}

static void describe(struct trace *t, struct step *s, const struct pp_record *r) {
    struct pp_buf b;
    json_t *j = r->tombstone ? NULL : json_loadb(r->value.n ? r->value.s : "", r->value.n, 0, NULL);
    pp_buf_init(&b, SENTENCE_MAX);
    trace_say(s->type.s, j, &b);
    s->sentence = pp_arena_str(&t->a, pp_buf_str(&b));
    pp_buf_reset(&b);
    if (j) trace_proof(s->type.s, j, &b);
    s->proof = pp_arena_str(&t->a, pp_buf_str(&b));
    pp_buf_free(&b);
    json_decref(j);
}

static bool on_log(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct trace *t = user;
    if (!pp_str_eqz(r->key, t->person_text)) return true;
    struct step *s = add_step(t, r, h, nh);
    if (!s) return false;
    s->is_log = true;
    s->chosen = has_word(t, r->value);
    describe(t, s, r);
    return true;
}

static bool on_public(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct trace *t = user;
    struct pp_str key = r->key;
    bool of_tenant = pp_str_eqz(pp_str_split(&key, '/'), pp_config_str(t->c, "tenant")), named = false;
    for (int i = 0; i < t->nwords && r->tombstone; i++) named = named || pp_str_eq(t->words[i], key);
    if (!of_tenant || !(named || has_word(t, r->value))) return true;
    struct step *s = add_step(t, r, h, nh);
    if (!s) return false;
    s->chosen = true;
    describe(t, s, r);
    return true;
}

static bool on_inbound(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct trace *t = user;
    struct pp_str id = pp_headers_get(h, nh, "ce_id");
    bool led = false;
    for (int i = 0; i < t->n && !led; i++)
        led = t->steps[i].is_log && t->steps[i].chosen && pp_str_eq(t->steps[i].cause, id);
    if (!led) return true;
    struct step *s = add_step(t, r, h, nh);
    if (!s) return false;
    s->chosen = s->is_inbound = true;
    s->service = PP_STR("door");
    s->sentence =
        pp_arena_printf(&t->a, "%u bytes from %.*s, message %.*s, made durable", r->value.n,
                        PP_FMT(pp_headers_get(h, nh, "pp_sender")), PP_FMT(pp_headers_get(h, nh, "pp_message_id")));
    s->proof = pp_arena_printf(&t->a, "bytes %.*s", PP_FMT(pp_headers_get(h, nh, "pp_hash")));
    return true;
}

/* Facts of the same message belong to it: who the patient is, the coverage. */
static void choose_siblings(struct trace *t) {
    for (int i = 0; i < t->n; i++) {
        struct step *s = &t->steps[i];
        if (!s->is_log || s->chosen || !pp_str_ends(s->type, PP_STR(".reported"))) continue;
        for (int k = 0; k < t->n && !s->chosen; k++)
            s->chosen = t->steps[k].chosen && pp_str_eqz(t->steps[k].type, "order.reported") &&
                        pp_str_eq(t->steps[k].cause, s->cause);
        if (s->chosen && pp_str_eqz(s->type, "patient.reported"))
            s->sentence = PP_STR("who the patient is, as the sender has it");
    }
}

static int scan(struct trace *t, const char *topic, int partition, pp_scan_fn *fn, struct pp_err *err) {
    int64_t back = pp_config_int(t->c, "since-h");
    struct pp_scan_opts o = {.brokers = pp_config_str(t->c, "kafka-brokers"),
                             .topic = topic,
                             .partition = partition,
                             .timeout_ms = CLI_TIMEOUT_MS,
                             .from_ms = back ? pp_real_ms() - back * PP_MS_HOUR : 0,
                             .fn = fn,
                             .user = t};
    return pp_kafka_scan(&o, err);
}

static int collect(struct trace *t, struct pp_err *err) {
    static const char *const topics[] = {"pa.case-status.v1",  "pa.readiness.v1", "pa.authorization.v1",
                                         "pa.claim-status.v1", "pa.checklist.v1", "pa.task.v1",
                                         "pa.notice.v1"};
    int part = pp_home_of(t->person) & ((int)pp_config_int(t->c, "partitions") - 1);
    if (scan(t, "pa.log.v1", part, on_log, err) < 0) return -1;
    choose_siblings(t);
    if (!pp_config_bool(t->c, "no-inbound") && scan(t, "pa.inbound.v1", -1, on_inbound, err) < 0) return -1;
    for (size_t i = 0; i < sizeof topics / sizeof *topics && !pp_config_bool(t->c, "no-public"); i++)
        if (scan(t, topics[i], part, on_public, err) < 0) return -1;
    if (pp_arena_failed(&t->a) || t->n == STEPS_MAX)
        return pp_err_set(err, PP_ERR_LIMIT,
                          "this person has more than %d records; --since-h=24 reads only the last day", STEPS_MAX);
    return 0;
}

static int by_time(const void *a, const void *b) {
    const struct step *x = a, *y = b;
    if (x->is_inbound != y->is_inbound && x->real_ms == y->real_ms) return x->is_inbound ? -1 : 1;
    if (x->real_ms != y->real_ms) return x->real_ms < y->real_ms ? -1 : 1;
    return x->order - y->order;
}

/* ---- printing ---- */

static void on_jobs(void *user, const struct pp_rows *r) {
    json_t *list = user;
    for (int i = 0; i < pp_rows_n(r); i++) {
        struct pp_str target = pp_rows_str(r, i, 0), state = pp_rows_str(r, i, 1), why = pp_rows_str(r, i, 4),
                      type = pp_rows_str(r, i, 6);
        char first[25];
        pp_time_text(pp_rows_time(r, i, 5), first);
        json_array_append_new(list,
                              json_pack("{s:s%, s:s%, s:s%, s:I, s:I, s:s%, s:s}", "call", type.s, (size_t)type.n,
                                        "payer", target.s, (size_t)target.n, "state", state.s, (size_t)state.n, "tries",
                                        (json_int_t)pp_rows_int(r, i, 2), "failures", (json_int_t)pp_rows_int(r, i, 3),
                                        "why", why.s, (size_t)why.n, "first_at_real", first));
    }
}

static int ask_jobs(struct trace *t, json_t *list, struct pp_err *err) {
    struct pp_pg_sync_conn *db = NULL;
    const char *p[] = {t->person_text, t->case_id};
    if (!*t->case_id) return 0;
    if (cli_db(t->c, "submission", false, NULL, &db, err) < 0) return -1;
    int rc = pp_pg_sync_exec(db,
                             "select target, state, attempt, failures, why, first_at, request_type from job where "
                             "person = $1::uuid and (ref = $2::uuid or "
                             "ref in (select submission_id from submission where person = $1::uuid and case_id = "
                             "$2::uuid)) order by first_at",
                             p, 2, on_jobs, list, err);
    pp_pg_sync_close(db);
    return rc;
}

static void print_step(const struct step *s, const struct step *before) {
    char when[25], span[32] = "";
    pp_time_text(s->time_ms, when);
    if (before) cli_span(s->real_ms - before->real_ms, span);
    bool bad = pp_str_starts(s->type, PP_STR("task.needed")) || pp_str_eqz(s->type, "claim.held") ||
               pp_str_eqz(s->type, "submission.rejected");
    bool good = pp_str_eqz(s->type, "claim.released") || pp_str_eqz(s->type, "authorization.decided");
    enum cli_tone tone = bad ? CLI_WARN : good ? CLI_GOOD : s->is_log || s->is_inbound ? CLI_PLAIN : CLI_DIM;
    struct pp_str id = s->id;
    if (id.n > SHORT_ID) id = (struct pp_str){id.s + id.n - SHORT_ID, SHORT_ID};
    printf("%.10s %.12s %8s  %-12.*s %s%-22.*s %.*s%s  %s%.*s%s\n", when, when + 11, *span ? span : "",
           PP_FMT(s->service), cli_tone(tone), PP_FMT(s->type), PP_FMT(s->sentence), cli_tone(CLI_PLAIN),
           cli_tone(CLI_DIM), PP_FMT(s->is_log || s->is_inbound ? id : PP_STR_NONE), cli_tone(CLI_PLAIN));
    if (s->proof.n) printf("%47s%sproof: %.*s%s\n", "", cli_tone(CLI_DIM), PP_FMT(s->proof), cli_tone(CLI_PLAIN));
}

static void print_text(const struct trace *t, const json_t *jobs) {
    const struct step *first = NULL, *last = NULL;
    char total[32];
    size_t i;
    json_t *j;
    int shown = 0;
    printf("%s%s%s%s  (times are those of the clock; + is real time since the line before)\n\n", cli_tone(CLI_BOLD),
           *t->case_no ? "case " : "claim ", *t->case_no ? t->case_no : t->claim_id, cli_tone(CLI_PLAIN));
    for (int k = 0; k < t->n; k++) {
        const struct step *s = &t->steps[k];
        if (!s->chosen) continue;
        print_step(s, last);
        if (!first) first = s;
        last = s;
        shown++;
    }
    if (json_array_size(jobs)) printf("\ncalls to payers\n");
    json_array_foreach(jobs, i, j)
        printf("  %s %s: %s after %" JSON_INTEGER_FORMAT " tries%s%s\n", json_string_value(json_object_get(j, "payer")),
               json_string_value(json_object_get(j, "call")), json_string_value(json_object_get(j, "state")),
               json_integer_value(json_object_get(j, "tries")),
               *json_string_value(json_object_get(j, "why")) ? ": " : "", json_string_value(json_object_get(j, "why")));
    if (first) {
        cli_span(last->real_ms - first->real_ms, total);
        printf("\n%d steps in %s of real time\n", shown, total);
    } else {
        printf("The topics keep no record of it any more.\n");
    }
}

static json_t *str_of(struct pp_str s) { return json_stringn(s.n ? s.s : "", s.n); }

static void print_json(const struct trace *t, json_t *jobs) {
    json_t *steps = json_array();
    for (int k = 0; k < t->n; k++) {
        const struct step *s = &t->steps[k];
        char when[25], real[25];
        if (!s->chosen) continue;
        pp_time_text(s->time_ms, when);
        pp_time_text(s->real_ms, real);
        json_array_append_new(steps, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "time", when, "real_time",
                                               real, "service", str_of(s->service), "type", str_of(s->type), "id",
                                               str_of(s->id), "cause", str_of(s->cause), "text", str_of(s->sentence),
                                               "proof", str_of(s->proof)));
    }
    json_t *all = json_pack("{s:s, s:s, s:s, s:o, s:O}", "case_no", t->case_no, "case_id", t->case_id, "claim_id",
                            t->claim_id, "steps", steps, "calls", jobs);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

int cmd_trace(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    const char *what = cli_verb(&argc, &argv);
    cli_settings("priorpath trace ORDER|CASE|CLAIM", keys, argc, argv, &c);
    struct trace t = {.c = c, .steps = calloc(STEPS_MAX, sizeof *t.steps)};
    json_t *jobs = json_array();
    pp_arena_init(&t.a, ARENA_MAX);
    int rc = !what
                 ? pp_err_set(
                       &err, PP_ERR_INVALID,
                       "which one? Give an order number, case number, case id or claim number: priorpath trace C-4711")
             : t.steps ? find(&t, what, &err)
                       : pp_err_set(&err, PP_ERR_NOMEM, "no memory");
    if (rc == 0) rc = collect(&t, &err);
    if (rc == 0) rc = ask_jobs(&t, jobs, &err);
    if (rc == 0) {
        qsort(t.steps, (size_t)t.n, sizeof *t.steps, by_time);
        if (pp_config_bool(c, "json"))
            print_json(&t, jobs);
        else
            print_text(&t, jobs);
    }
    json_decref(jobs);
    pp_arena_free(&t.a);
    free(t.steps);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("trace", &err);
}
