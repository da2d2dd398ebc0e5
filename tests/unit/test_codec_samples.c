/* Public sample messages against what a person judged of each: tests/hl7/expected.tsv and tests/x12/expected.tsv.
 *
 * The samples are no part of the repository: PP_SAMPLES names their folder (with hl7v2/ and x12/ inside), else
 * ../shared/samples is looked for; without them the test is skipped. PP_SAMPLES_SHOW=hl7 or =x12 prints what the
 * codecs say of every listed file, in the form of the table, for a person to judge. */
#include "codec/hl7_batch.h"
#include "codec/hl7_view.h"
#include "codec/x12_837.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define FILE_MAX (4u << 20)
#define LINE_MAX_BYTES 8192

static char *bytes;       /* of the file in hand */
static struct pp_buf out; /* what the codec says of it */

static const char *root(void) {
    const char *p = getenv("PP_SAMPLES");
    return p ? p : "../shared/samples";
}

static bool load(const char *folder, const char *name, struct pp_str *ret) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s/%s", root(), folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    *ret = (struct pp_str){bytes, (uint32_t)fread(bytes, 1, FILE_MAX, f)};
    fclose(f);
    return true;
}

/* ---- HL7 ---- */

static void put_ts(const struct pp_hl7_ts *t) {
    char day[11];
    pp_date_text(t->date, day);
    pp_buf_printf(&out, "%s", day[0] ? day : "none");
    if (t->minute >= 0) pp_buf_printf(&out, " %02d:%02d", t->minute / 60, t->minute % 60);
}

static int show_orders(struct pp_hl7_msg *m, struct pp_err *err) {
    struct pp_hl7_orders r;
    if (pp_hl7_read_orders(m, &r, err)) return -1;
    pp_buf_printf(&out, "%u orders", r.orders_n);
    for (uint32_t i = 0; i < r.orders_n; i++)
        pp_buf_printf(&out, "%s %.*s %.*s %.*s", i ? "," : ":", PP_FMT(r.orders[i].control),
                      PP_FMT(r.orders[i].placer.value),
                      PP_FMT(r.orders[i].service.code.n ? r.orders[i].service.code : r.orders[i].service.text));
    if (r.prior_n) pp_buf_printf(&out, ", %u earlier results", r.prior_n);
    if (r.person.insurance_n) pp_buf_printf(&out, ", %u coverages", r.person.insurance_n);
    return 0;
}

static int show_appointment(struct pp_hl7_msg *m, struct pp_err *err) {
    static const char *const from[] = {"nowhere", "TQ1", "SCH-11", "AIS", "AIL", "AIP", "AIG"};
    struct pp_hl7_appointment a;
    if (pp_hl7_read_appointment(m, &a, err)) return -1;
    pp_buf_printf(&out, "appointment %.*s/%.*s, start ", PP_FMT(a.placer.value), PP_FMT(a.filler.value));
    put_ts(&a.start);
    pp_buf_printf(&out, " from %s, %lld min, %u services", from[a.start_from], (long long)a.minutes, a.services_n);
    return 0;
}

static int show_document(struct pp_hl7_msg *m, struct pp_err *err) {
    struct pp_hl7_document d;
    if (pp_hl7_read_document(m, &d, err)) return -1;
    pp_buf_printf(&out, "document %.*s, completion %.*s, %.*s of %u bytes", PP_FMT(d.type.code),
                  PP_FMT(d.completion.n ? d.completion : PP_STR("unknown")), PP_FMT(d.content.content_type),
                  d.content.bytes.n);
    return 0;
}

static int show_results(struct pp_hl7_msg *m, struct pp_err *err) {
    struct pp_hl7_results r;
    if (pp_hl7_read_results(m, &r, err)) return -1;
    pp_buf_printf(&out, "%u results:", r.results_n);
    for (uint32_t i = 0; i < r.results_n; i++)
        pp_buf_printf(&out, " %u observations", r.results[i].content.observations_n);
    return 0;
}

static int show_patient(struct pp_hl7_msg *m, struct pp_err *err) {
    struct pp_hl7_registration r;
    if (pp_hl7_read_registration(m, &r, err)) return -1;
    pp_buf_printf(&out, "patient %.*s", PP_FMT(r.person.pid.mrn.value));
    for (uint32_t i = 0; i < r.merges_n; i++)
        pp_buf_printf(&out, ", takes over %.*s", PP_FMT(r.merges[i].prior_mrn.value));
    if (r.person.insurance_n) pp_buf_printf(&out, ", %u coverages", r.person.insurance_n);
    return 0;
}

static int show_use(struct pp_hl7_msg *m, enum pp_hl7_use use, struct pp_err *err) {
    switch (use) {
    case PP_HL7_USE_ORDER: return show_orders(m, err);
    case PP_HL7_USE_APPOINTMENT: return show_appointment(m, err);
    case PP_HL7_USE_DOCUMENT: return show_document(m, err);
    case PP_HL7_USE_RESULT: return show_results(m, err);
    case PP_HL7_USE_PATIENT:
    case PP_HL7_USE_MERGE: return show_patient(m, err);
    default: return 0;
    }
}

static void show_faults(const struct pp_hl7_msg *m) {
    for (uint32_t i = 0; i < m->faults_n && i < PP_HL7_FAULTS_MAX; i++) {
        pp_buf_printf(&out, "; %s ", m->faults[i].severity == 'E' ? "left out:" : "note:");
        pp_hl7_fault_text(&m->faults[i], &out);
    }
}

static void show_message(struct pp_str message) {
    struct pp_arena a;
    struct pp_hl7_msg m;
    struct pp_hl7_msh h;
    struct pp_err err;
    pp_arena_init(&a, 32 << 20);
    size_t start = out.n;
    int rc = pp_hl7_parse(message, NULL, &a, &m, &err);
    rc = rc ? rc : pp_hl7_read_msh(&m, &h, &err);
    if (rc == 0 && pp_hl7_use_of(&h) == PP_HL7_USE_NONE) {
        pp_buf_printf(&out, "not used %.*s^%.*s", PP_FMT(h.type), PP_FMT(h.trigger));
    } else {
        pp_buf_addz(&out, "accepted ");
        rc = rc ? rc : show_use(&m, pp_hl7_use_of(&h), &err);
        if (rc) {
            out.n = start;
            pp_buf_printf(&out, "refused %s", err.msg);
        } else {
            show_faults(&m);
        }
    }
    pp_arena_free(&a);
}

static void show_hl7(struct pp_str file) {
    struct pp_hl7_batch b;
    struct pp_hl7_batch_item it;
    pp_hl7_batch_init(&b, file);
    for (unsigned n = 0;; n++) {
        pp_hl7_batch_next(&b, &it);
        if (it.what == PP_HL7_BATCH_DONE) return;
        if (n) pp_buf_addz(&out, " | ");
        if (it.what == PP_HL7_BATCH_MESSAGE)
            show_message(it.bytes);
        else if (it.what == PP_HL7_BATCH_NOISE)
            pp_buf_addz(&out, "noise");
        else
            pp_buf_printf(&out, "flagged %s", it.text);
    }
}

/* ---- X12 ---- */

static unsigned errors, claims, accepted, refused, others;
static struct pp_buf reasons;

static void one_reason(const struct pp_x12_finding *f) {
    if (f->severity != PP_X12_ERROR || ++errors > 3) return;
    pp_buf_printf(&reasons, "; ");
    if (f->pos.transaction)
        pp_buf_printf(&reasons, "%u.%u.%u segment %u ", f->pos.interchange, f->pos.group, f->pos.transaction,
                      f->pos.segment);
    pp_buf_printf(&reasons, "%s", f->segment);
    if (f->element) pp_buf_printf(&reasons, "%02u", f->element);
    pp_buf_printf(&reasons, "%s%s", f->segment[0] ? ": " : "", f->text);
    if (f->counted >= 0)
        pp_buf_printf(&reasons, " (says %lld, counted %lld)", (long long)f->said, (long long)f->counted);
}
static int count_claim(void *user, const struct pp_claim837 *c) {
    (void)user;
    (void)c;
    claims++;
    return 0;
}
static void count_verdict(void *user, const struct pp_837_verdict *v) {
    (void)user;
    accepted += v->outcome == PP_837_ACCEPTED;
    refused += v->outcome == PP_837_REFUSED;
    others += v->outcome == PP_837_NOT_OURS;
    for (uint32_t i = 0; i < v->findings_n; i++) one_reason(&v->findings[i]);
}
static void envelope_finding(void *user, const struct pp_x12_finding *f) {
    (void)user;
    one_reason(f);
}

static void show_x12(struct pp_str file) {
    static const struct pp_837_handlers h = {count_claim, count_verdict, envelope_finding, NULL};
    static const struct pp_x12_opts tolerant = {.counts_tolerant = true};
    pp_buf_reset(&reasons);
    errors = claims = accepted = refused = others = 0;
    assert_int_equal(pp_x12_837_bytes(&tolerant, file, &h), 0);
    unsigned claims_tolerant = claims;
    pp_buf_reset(&reasons);
    errors = claims = accepted = refused = others = 0;
    assert_int_equal(pp_x12_837_bytes(NULL, file, &h), 0);
    pp_buf_printf(&out, "%s", errors == 0 ? "accepted" : accepted ? "partly" : "refused");
    if (accepted + refused) pp_buf_printf(&out, " %u of %u 837P, %u claims", accepted, accepted + refused, claims);
    if (claims_tolerant != claims) pp_buf_printf(&out, " (%u where wrong counts are tolerated)", claims_tolerant);
    if (others) pp_buf_printf(&out, ", %u other transactions", others);
    pp_buf_adds(&out, pp_buf_str(&reasons));
    if (errors > 3) pp_buf_printf(&out, "; %u more", errors - 3);
}

/* ---- the tables ---- */

/* file <tab> verdict [<tab> why] */
static void check_table(const char *folder, const char *table, void (*show)(struct pp_str)) {
    char line[LINE_MAX_BYTES], path[600];
    unsigned n = 0, wrong = 0;
    struct pp_str file;
    bool only_show = getenv("PP_SAMPLES_SHOW") && strncmp(getenv("PP_SAMPLES_SHOW"), folder, 3) == 0;
    snprintf(path, sizeof path, "%s/%s/index.tsv", root(), folder);
    FILE *probe = fopen(path, "r");
    if (!probe) {
        print_message("no samples at %s: skipped\n", path);
        skip();
    }
    fclose(probe);
    FILE *f = fopen(table, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#' || line[0] == '\n') continue;
        struct pp_str rest = pp_str_trim(pp_str_z(line)), name = pp_str_split(&rest, '\t'),
                      want = pp_str_split(&rest, '\t');
        line[name.n] = '\0';
        pp_buf_reset(&out);
        if (load(folder, name.s, &file))
            show(file);
        else
            pp_buf_addz(&out, "the file is not there");
        n++;
        if (only_show) {
            printf("%s\t%.*s\n", name.s, PP_FMT(pp_buf_str(&out)));
        } else if (!pp_str_eq(pp_buf_str(&out), want)) {
            wrong++;
            print_error("%s\n  expected %.*s\n  got      %.*s\n", name.s, PP_FMT(want), PP_FMT(pp_buf_str(&out)));
        }
    }
    fclose(f);
    print_message("%s: %u files, %u differ\n", table, n, wrong);
    assert_int_equal(wrong, 0);
    assert_true(n > 0);
}

static void hl7(void **state) {
    (void)state;
    check_table("hl7v2", "tests/hl7/expected.tsv", show_hl7);
}
static void x12(void **state) {
    (void)state;
    check_table("x12", "tests/x12/expected.tsv", show_x12);
}

/* Every sample of any kind, whole and in pieces of 1 and 13 bytes: the same segments and findings, and no crash. */
static uint64_t digest(struct pp_str file, uint32_t step, uint64_t *ret_segments) {
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_event e;
    uint64_t h = 1469598103934665603u;
    bool done = false;
    assert_non_null(r);
    *ret_segments = 0;
    for (uint32_t i = 0; !done;) {
        if (i < file.n) {
            uint32_t n = step < file.n - i ? step : file.n - i;
            i += (uint32_t)pp_x12_feed(r, file.s + i, n, &e);
        } else {
            pp_x12_finish(r, &e);
            done = e.what == PP_X12_NOTHING;
        }
        for (uint32_t k = 0; k < e.findings_n; k++)
            h = (h ^ e.findings[k].code ^ e.findings[k].pos.offset << 8) * 1099511628211u;
        if (e.what != PP_X12_SEGMENT && e.what != PP_X12_BINARY) continue;
        struct pp_str s = e.what == PP_X12_BINARY ? e.bytes : e.seg->raw;
        for (uint32_t k = 0; k < s.n; k++) h = (h ^ (unsigned char)s.s[k]) * 1099511628211u;
        *ret_segments += e.what == PP_X12_SEGMENT;
    }
    pp_x12_close(r);
    return h;
}

static void every_cut(void **state) {
    (void)state;
    char line[LINE_MAX_BYTES], path[600];
    unsigned n = 0;
    snprintf(path, sizeof path, "%s/x12/index.tsv", root());
    FILE *f = fopen(path, "r");
    if (!f) skip();
    while (fgets(line, sizeof line, f)) {
        struct pp_str rest = pp_str_z(line), name = pp_str_split(&rest, '\t'), file;
        line[name.n] = '\0';
        if (!load("x12", name.s, &file)) continue;
        uint64_t whole, bytewise, thirteen;
        uint64_t h = digest(file, file.n, &whole);
        if (digest(file, 1, &bytewise) != h || digest(file, 13, &thirteen) != h || whole != bytewise ||
            whole != thirteen)
            fail_msg("%s: reads differently when it is cut", name.s);
        n++;
    }
    fclose(f);
    print_message("%u files cut\n", n);
}

static int begin(void **state) {
    (void)state;
    bytes = malloc(FILE_MAX);
    pp_buf_init(&out, 1 << 20);
    pp_buf_init(&reasons, 1 << 20);
    return bytes ? 0 : -1;
}
static int end(void **state) {
    (void)state;
    free(bytes);
    pp_buf_free(&out);
    pp_buf_free(&reasons);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(hl7), cmocka_unit_test(x12), cmocka_unit_test(every_cut)};
    return cmocka_run_group_tests(tests, begin, end);
}
