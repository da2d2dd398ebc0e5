/* Public X12 samples against what a person judged of each: tests/x12/expected.tsv.
 *
 * The samples are no part of the repository: PP_SAMPLES names their folder (with x12/ inside), else ../shared/samples
 * is looked for; without them the tests are skipped. PP_SAMPLES_SHOW=x12 prints what the codec says of every file of
 * the samples' index, in the form of the table, for a person to judge. */
#include "codec/x12_837.h"
#include "codec/x12_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define FILE_MAX (4u << 20)
#define LINE_MAX_BYTES 8192
#define TOLD_MAX 8 /* findings named in a line of the table */

static char *bytes;       /* of the file in hand */
static struct pp_buf out; /* what the codec says of it */

static const char *root(void) {
    const char *p = getenv("PP_SAMPLES");
    return p ? p : "../shared/samples";
}

static bool load(const char *name, struct pp_str *ret) {
    char path[600];
    snprintf(path, sizeof path, "%s/x12/%s", root(), name);
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    *ret = (struct pp_str){bytes, (uint32_t)fread(bytes, 1, FILE_MAX, f)};
    fclose(f);
    return true;
}

static FILE *open_index(void) {
    char path[600], line[LINE_MAX_BYTES];
    snprintf(path, sizeof path, "%s/x12/index.tsv", root());
    FILE *f = fopen(path, "r");
    if (!f) {
        print_message("no samples at %s: skipped\n", path);
        skip();
    }
    assert_non_null(fgets(line, sizeof line, f)); /* headings */
    return f;
}

/* ---- what is said of a file ---- */

static struct {
    unsigned transactions, accepted, claims, errors, told;
    char guides[120];
    struct pp_buf findings;
} said;

static void tell(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    (void)user;
    (void)e;
    said.errors += f->severity == PP_X12_ERROR;
    if (++said.told > TOLD_MAX) return;
    pp_buf_addz(&said.findings, "; ");
    if (f->pos.interchange > 1 || f->pos.group > 1 || f->pos.transaction > 1)
        pp_buf_printf(&said.findings, "[%u.%u.%u] ", f->pos.interchange, f->pos.group, f->pos.transaction);
    if (f->severity == PP_X12_WARNING) pp_buf_addz(&said.findings, "?");
    if (f->pos.segment) pp_buf_printf(&said.findings, "%u ", f->pos.segment);
    pp_buf_printf(&said.findings, "%s%s%s", f->loop, f->loop[0] ? " " : "", f->segment);
    if (f->element) pp_buf_printf(&said.findings, "%02u", f->element);
    if (f->component) pp_buf_printf(&said.findings, "-%u", f->component);
    pp_buf_printf(&said.findings, "%s%s", f->segment[0] ? " " : "", f->name ? f->name : pp_x12_code_name(f->code));
    if (f->counted >= 0 && f->said >= 0)
        pp_buf_printf(&said.findings, " (says %lld, is %lld)", (long long)f->said, (long long)f->counted);
}

static void judge(void *user, const struct pp_x12_verdict *v) {
    (void)user;
    if (v->of != PP_X12_OF_TRANSACTION) return;
    said.transactions++;
    said.accepted += v->outcome == PP_X12_ACCEPTED || v->outcome == PP_X12_ACCEPTED_WITH_ERRORS;
    const char *guide = v->guide ? v->guide->name : "unknown";
    size_t n = strlen(said.guides);
    if (!strstr(said.guides, guide)) snprintf(said.guides + n, sizeof said.guides - n, "%s%s", n ? ", " : "", guide);
}

static int count_claim(void *user, const struct pp_claim837 *c) {
    (void)user;
    (void)c;
    said.claims++;
    return 0;
}

static void say(struct pp_str file, uint32_t step) {
    static const struct pp_x12_check_handlers h = {.finding = tell, .verdict = judge};
    static const struct pp_837_handlers views = {.claim = count_claim, .institutional = true};
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_check *c = pp_x12_check_open(NULL, &h);
    struct pp_x12_event e;
    assert_non_null(r);
    assert_non_null(c);
    pp_buf_reset(&said.findings);
    said.transactions = said.accepted = said.claims = said.errors = said.told = 0;
    said.guides[0] = '\0';
    for (uint32_t i = 0; i < file.n;) {
        i += (uint32_t)pp_x12_feed(r, file.s + i, step < file.n - i ? step : file.n - i, &e);
        pp_x12_check_event(c, r, &e);
    }
    do {
        pp_x12_finish(r, &e);
        pp_x12_check_event(c, r, &e);
    } while (e.what != PP_X12_NOTHING);
    pp_x12_check_close(c);
    pp_x12_close(r);
    assert_int_equal(pp_x12_837_bytes(NULL, file, &views), 0);
    pp_buf_addz(&out, !said.errors ? "accepted" : said.accepted ? "partly" : "refused");
    if (said.transactions) pp_buf_printf(&out, " %u of %u %s", said.accepted, said.transactions, said.guides);
    if (said.claims) pp_buf_printf(&out, ", %u claims", said.claims);
    pp_buf_adds(&out, pp_buf_str(&said.findings));
    if (said.told > TOLD_MAX) pp_buf_printf(&out, "; %u more", said.told - TOLD_MAX);
}

/* ---- the table ---- */

/* file <tab> verdict [<tab> why] */
static void expected(void **state) {
    (void)state;
    char line[LINE_MAX_BYTES];
    unsigned n = 0, wrong = 0;
    struct pp_str file;
    fclose(open_index());
    FILE *f = fopen("tests/x12/expected.tsv", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#' || line[0] == '\n') continue;
        struct pp_str rest = pp_str_trim(pp_str_z(line)), name = pp_str_split(&rest, '\t'),
                      want = pp_str_split(&rest, '\t');
        line[name.n] = '\0';
        pp_buf_reset(&out);
        if (load(name.s, &file))
            say(file, file.n);
        else
            pp_buf_addz(&out, "the file is not there");
        n++;
        if (pp_str_eq(pp_buf_str(&out), want)) continue;
        wrong++;
        print_error("%s\n  expected %.*s\n  got      %.*s\n", name.s, PP_FMT(want), PP_FMT(pp_buf_str(&out)));
    }
    fclose(f);
    print_message("tests/x12/expected.tsv: %u files, %u differ\n", n, wrong);
    assert_int_equal(wrong, 0);
    assert_true(n > 0);
}

/* Every sample of the index has its line, and reads and checks the same in pieces of 1 and 13 bytes as whole. */
static void every_file(void **state) {
    (void)state;
    char line[LINE_MAX_BYTES], row[LINE_MAX_BYTES];
    unsigned n = 0, lines = 0;
    bool show = getenv("PP_SAMPLES_SHOW") != NULL;
    FILE *f = open_index();
    struct pp_buf whole;
    pp_buf_init(&whole, 1 << 20);
    while (fgets(line, sizeof line, f)) {
        struct pp_str rest = pp_str_z(line), name = pp_str_split(&rest, '\t'), file;
        line[name.n] = '\0';
        if (!load(name.s, &file)) continue;
        pp_buf_reset(&out);
        say(file, file.n);
        if (show) printf("%s\t%.*s\n", name.s, PP_FMT(pp_buf_str(&out)));
        pp_buf_reset(&whole);
        pp_buf_adds(&whole, pp_buf_str(&out));
        for (uint32_t step = 1; step <= 13; step += 12) {
            pp_buf_reset(&out);
            say(file, step);
            if (!pp_str_eq(pp_buf_str(&out), pp_buf_str(&whole)))
                fail_msg("%s: reads differently in pieces of %u", name.s, step);
        }
        n++;
    }
    pp_buf_free(&whole);
    fclose(f);
    f = fopen("tests/x12/expected.tsv", "r");
    assert_non_null(f);
    while (fgets(row, sizeof row, f)) lines += row[0] != '#' && row[0] != '\n';
    fclose(f);
    print_message("%u files, %u lines\n", n, lines);
    if (!show) assert_int_equal(n, lines);
}

/* ---- writing what was read ---- */

static void rewrite(struct pp_x12_writer *w, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    const struct pp_x12_envelope *env = pp_x12_envelope(r);
    const struct pp_x12_delims *d = pp_x12_delims(r);
    struct pp_err err;
    char id[8];
    if (e->what != PP_X12_SEGMENT) return;
    snprintf(id, sizeof id, "%.*s", PP_FMT(e->seg->id));
    switch (e->role) {
    case PP_X12_ISA:
        w->d.component = d->component;
        w->d.repetition = d->repetition;
        pp_x12_write_isa(w, env);
        break;
    case PP_X12_TA1: pp_x12_write_ta1(w, e->seg->el); break;
    case PP_X12_GS: pp_x12_write_gs(w, env); break;
    case PP_X12_ST: pp_x12_write_st(w, env); break;
    case PP_X12_BODY: pp_x12_write(w, id, e->seg->el, e->seg->n); break;
    case PP_X12_SE: pp_x12_write_se(w); break;
    case PP_X12_GE: pp_x12_write_ge(w); break;
    case PP_X12_IEA: assert_int_equal(pp_x12_write_iea(w, &err), 0); break;
    default: fail_msg("%s outside of where the writer puts anything", id);
    }
}

/* A file without any finding, with the writer's delimiters, an empty ISA02 and ISA04 and no binary data, comes out as
 * it went in, but for line ends. */
static void written(void **state) {
    (void)state;
    char line[LINE_MAX_BYTES];
    unsigned n = 0, plain = 0;
    struct pp_buf want;
    FILE *f = open_index();
    pp_buf_init(&want, FILE_MAX);
    while (fgets(line, sizeof line, f)) {
        struct pp_str rest = pp_str_z(line), name = pp_str_split(&rest, '\t'), file;
        static const char start[] = "ISA*00*          *00*          *";
        line[name.n] = '\0';
        if (!load(name.s, &file)) continue;
        pp_buf_reset(&out);
        say(file, file.n);
        n++;
        if (said.told || file.n < 106 || memcmp(file.s, start, sizeof start - 1) != 0 || file.s[105] != '~') continue;
        struct pp_x12_reader *r = pp_x12_open(NULL);
        struct pp_x12_event e;
        struct pp_x12_writer w;
        assert_non_null(r);
        pp_buf_reset(&out);
        pp_buf_reset(&want);
        pp_x12_write_begin(&w, &out);
        for (uint32_t i = 0; i < file.n;) {
            i += (uint32_t)pp_x12_feed(r, file.s + i, file.n - i, &e);
            if (pp_x12_delims(r)->repetition) rewrite(&w, r, &e);
        }
        if (pp_x12_delims(r)->repetition) {
            for (uint32_t i = 0; i < file.n; i++)
                if (file.s[i] != '\r' && file.s[i] != '\n') pp_buf_addc(&want, file.s[i]);
            if (!pp_str_eq(pp_buf_str(&out), pp_str_trim(pp_buf_str(&want))))
                fail_msg("%s: written differently", name.s);
            plain++;
        }
        pp_x12_close(r);
    }
    pp_buf_free(&want);
    fclose(f);
    print_message("%u files, %u of them written as they were read\n", n, plain);
    assert_true(plain > 0);
}

static int begin(void **state) {
    (void)state;
    bytes = malloc(FILE_MAX);
    pp_buf_init(&out, 1 << 20);
    pp_buf_init(&said.findings, 1 << 20);
    return bytes ? 0 : -1;
}
static int end(void **state) {
    (void)state;
    free(bytes);
    pp_buf_free(&out);
    pp_buf_free(&said.findings);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(expected), cmocka_unit_test(every_file),
                                       cmocka_unit_test(written)};
    return cmocka_run_group_tests(tests, begin, end);
}
