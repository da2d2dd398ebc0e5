/* The guides as tables, against tests/x12/cases.tsv: one good interchange a guide (tests/x12/golden), and one planted
 * fault a line.
 *
 * A line: name <tab> golden <tab> edits <tab> findings. Edits are split by " ; ": SEG[n]=TEXT puts TEXT for the n-th
 * SEG of the file (n counts from 1 and may be left out), SEG[n]+TEXT puts TEXT after it, SEG[n]- takes it away. SE01 is
 * counted anew unless SE is edited. Findings are split by "; ": LOOP SEGnn-c NAME, a warning with ? before it, in the
 * order they are told. "accepted" = none. PP_X12_CASES_SHOW=1 prints what the checker says, for a person to judge. */
#include "codec/x12_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define FILE_MAX (64u << 10)
#define SEGMENTS_MAX 400
#define LINE_MAX_BYTES 4096

struct edited {
    struct pp_str seg[SEGMENTS_MAX];
    unsigned n;
    bool se;
};

static struct pp_buf out, text;
static char file_bytes[FILE_MAX];
static unsigned told;

static void tell(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    (void)user;
    (void)e;
    pp_buf_printf(&out, "%s%s%s%s%s", told++ ? "; " : "", f->severity == PP_X12_WARNING ? "?" : "", f->loop,
                  f->loop[0] ? " " : "", f->segment);
    if (f->element) pp_buf_printf(&out, "%02u", f->element);
    if (f->component) pp_buf_printf(&out, "-%u", f->component);
    pp_buf_printf(&out, "%s%s", f->segment[0] ? " " : "", f->name ? f->name : pp_x12_code_name(f->code));
}

static void check(struct pp_str bytes, const struct pp_x12_check_opts *opts) {
    static const struct pp_x12_check_handlers h = {.finding = tell};
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_check *c = pp_x12_check_open(opts, &h);
    struct pp_x12_event e;
    assert_non_null(r);
    assert_non_null(c);
    told = 0;
    for (uint32_t i = 0; i < bytes.n;) {
        i += (uint32_t)pp_x12_feed(r, bytes.s + i, bytes.n - i, &e);
        pp_x12_check_event(c, r, &e);
    }
    do {
        pp_x12_finish(r, &e);
        pp_x12_check_event(c, r, &e);
    } while (e.what != PP_X12_NOTHING);
    if (!told) pp_buf_addz(&out, "accepted");
    pp_x12_check_close(c);
    pp_x12_close(r);
}

static void load(struct pp_str golden, struct edited *d) {
    char path[300];
    snprintf(path, sizeof path, "tests/x12/golden/%.*s.x12", PP_FMT(golden));
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s is not there", path);
    size_t n = fread(file_bytes, 1, sizeof file_bytes, f);
    fclose(f);
    assert_true(n < sizeof file_bytes);
    *d = (struct edited){.n = 0};
    for (size_t from = 0, i = 0; i + 1 < n; i++) {
        if (file_bytes[i] != '~' || file_bytes[i + 1] != '\n') continue; /* a ~ may stand inside of binary data */
        assert_true(d->n < SEGMENTS_MAX);
        d->seg[d->n++] = (struct pp_str){file_bytes + from, (uint32_t)(i - from)};
        from = i + 2;
    }
}

static bool has_id(struct pp_str seg, struct pp_str id) {
    return seg.n >= id.n && memcmp(seg.s, id.s, id.n) == 0 && (seg.n == id.n || seg.s[id.n] == '*');
}

/* SEG[n]=TEXT, SEG[n]+TEXT, SEG[n]- */
static void edit(struct edited *d, struct pp_str e) {
    uint32_t i = 0, nth = 1, at = 0;
    while (i < e.n && e.s[i] != '[' && e.s[i] != '=' && e.s[i] != '+' && e.s[i] != '-') i++;
    struct pp_str id = {e.s, i};
    if (i < e.n && e.s[i] == '[') {
        for (nth = 0, i++; i < e.n && e.s[i] != ']'; i++) nth = nth * 10 + (uint32_t)(e.s[i] - '0');
        i++;
    }
    if (i >= e.n) fail_msg("no edit: %.*s", PP_FMT(e));
    while (at < d->n && !(has_id(d->seg[at], id) && --nth == 0)) at++;
    if (at == d->n) fail_msg("no such segment: %.*s", PP_FMT(e));
    struct pp_str put = {e.s + i + 1, e.n - i - 1};
    d->se |= pp_str_eqz(id, "SE");
    if (e.s[i] == '=') {
        d->seg[at] = put;
    } else if (e.s[i] == '-') {
        memmove(d->seg + at, d->seg + at + 1, (--d->n - at) * sizeof *d->seg);
    } else {
        assert_true(d->n < SEGMENTS_MAX);
        memmove(d->seg + at + 2, d->seg + at + 1, (d->n - at - 1) * sizeof *d->seg);
        d->seg[at + 1] = put;
        d->n++;
    }
}

static void rebuild(const struct edited *d) {
    unsigned in = 0;
    pp_buf_reset(&text);
    for (unsigned i = 0; i < d->n; i++) {
        struct pp_str s = d->seg[i], rest = s;
        in = has_id(s, PP_STR("ST")) ? 1 : in + 1;
        if (has_id(s, PP_STR("SE")) && !d->se) {
            pp_str_split(&rest, '*');
            pp_str_split(&rest, '*');
            pp_buf_printf(&text, "SE*%u*%.*s", in, PP_FMT(rest));
        } else {
            pp_buf_adds(&text, s);
        }
        pp_buf_addz(&text, "~\n");
    }
}

static struct pp_str part(struct pp_str *rest, const char *by) {
    uint32_t n = (uint32_t)strlen(by), i = 0;
    while (i + n <= rest->n && memcmp(rest->s + i, by, n) != 0) i++;
    if (i + n > rest->n) i = rest->n;
    struct pp_str ret = {rest->s, i};
    uint32_t skip = i + n <= rest->n ? i + n : rest->n;
    *rest = (struct pp_str){rest->s + skip, rest->n - skip};
    return ret;
}

static void cases(void **state) {
    (void)state;
    static struct edited d;
    char line[LINE_MAX_BYTES];
    unsigned n = 0, wrong = 0;
    FILE *f = fopen("tests/x12/cases.tsv", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#' || line[0] == '\n') continue;
        struct pp_str rest = pp_str_trim(pp_str_z(line)), name = pp_str_split(&rest, '\t'),
                      golden = pp_str_split(&rest, '\t'), edits = pp_str_split(&rest, '\t'),
                      want = pp_str_split(&rest, '\t');
        load(golden, &d);
        while (edits.n && !pp_str_eqz(edits, "-")) edit(&d, part(&edits, " ; "));
        rebuild(&d);
        pp_buf_reset(&out);
        check(pp_buf_str(&text), NULL);
        n++;
        if (getenv("PP_X12_CASES_SHOW")) {
            printf("%.*s\t%.*s\t%.*s\n", PP_FMT(name), PP_FMT(golden), PP_FMT(pp_buf_str(&out)));
        } else if (!pp_str_eq(pp_buf_str(&out), want)) {
            wrong++;
            print_error("%.*s\n  expected %.*s\n  got      %.*s\n", PP_FMT(name), PP_FMT(want),
                        PP_FMT(pp_buf_str(&out)));
        }
    }
    fclose(f);
    print_message("tests/x12/cases.tsv: %u cases, %u differ\n", n, wrong);
    assert_int_equal(wrong, 0);
    assert_true(n > 0);
}

/* The caller knows the lists that are not compiled in, and is asked for open ones too. */
static int known(void *user, const struct pp_x12_codes *list, struct pp_str code) {
    unsigned *asked = user;
    asked[0]++;
    if (strcmp(list->name, "diagnosis-or-drg-codes") == 0) return !pp_str_eqz(code, "I10");
    if (strcmp(list->name, "procedure-codes") == 0) return pp_str_eqz(code, "27447") ? 1 : 0;
    return -1;
}
static void callers_lists(void **state) {
    (void)state;
    static struct edited d;
    unsigned asked = 0;
    struct pp_x12_check_opts opts = {.code_known = known, .user = &asked};
    load(PP_STR("278-request"), &d);
    rebuild(&d);
    pp_buf_reset(&out);
    check(pp_buf_str(&text), &opts);
    assert_true(pp_str_eqz(pp_buf_str(&out), "2000E HI02-2 code-list; 2000F SV101-2 code-list"));
    assert_true(asked > 4);
}

/* Every guide has a source and a good interchange among the cases; every rule has a case that it is told in. */
static bool named(struct pp_str in, const char *rule) {
    size_t n = strlen(rule);
    for (uint32_t i = 0; i + n < in.n; i++)
        if (in.s[i] == ' ' && memcmp(in.s + i + 1, rule, n) == 0 &&
            (i + n + 1 == in.n || strchr(";\t\n", in.s[i + n + 1])))
            return true;
    return false;
}
static unsigned untold(struct pp_str in, const struct pp_x12_guide *g, const struct pp_x12_rule *rules, uint32_t n) {
    unsigned ret = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (named(in, rules[i].name)) continue;
        print_error("%s: no case for the rule %s\n", g->name, rules[i].name);
        ret++;
    }
    return ret;
}
static void every_guide(void **state) {
    (void)state;
    unsigned missing = 0;
    FILE *f = fopen("tests/x12/cases.tsv", "r");
    assert_non_null(f);
    struct pp_str all = {file_bytes, (uint32_t)fread(file_bytes, 1, sizeof file_bytes, f)};
    fclose(f);
    assert_true(all.n < sizeof file_bytes);
    for (uint32_t i = 0; i < pp_x12_guides_n; i++) {
        const struct pp_x12_guide *g = pp_x12_guides[i];
        char path[300];
        assert_true(g->source && g->source[0]);
        snprintf(path, sizeof path, "tests/x12/golden/%s.x12", g->name);
        f = fopen(path, "r");
        if (!f) fail_msg("%s: no golden interchange", g->name);
        fclose(f);
        for (uint32_t k = 0; k < g->loops_n; k++) missing += untold(all, g, g->loops[k].rules, g->loops[k].rules_n);
        for (uint32_t k = 0; k < g->uses_n; k++) missing += untold(all, g, g->uses[k].rules, g->uses[k].rules_n);
    }
    assert_int_equal(missing, 0);
}

static int begin(void **state) {
    (void)state;
    pp_buf_init(&out, 1 << 20);
    pp_buf_init(&text, 1 << 20);
    return 0;
}
static int end(void **state) {
    (void)state;
    pp_buf_free(&out);
    pp_buf_free(&text);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(callers_lists),
                                       cmocka_unit_test(every_guide)};
    return cmocka_run_group_tests(tests, begin, end);
}
