/* What the tests of the X12 views share: files from text, files cut anywhere, each allocation failing in turn. A view's
 * test writes what it is given into `text` and compares. Include it after "alloc_fail.h", in one file of a test program
 * only. */
#ifndef TESTS_X12_FEED_H
#define TESTS_X12_FEED_H

#include "codec/x12_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define assert_str(actual, want) assert_string_equal((actual).n ? (actual).s : "", want)

static struct pp_buf file, text;
static const struct pp_x12_opts tolerant = {.counts_tolerant = true};

/* One interchange around a transaction: its head, whatever is written to `file` meanwhile, its tail. SE01 is not
 * counted. */
static inline void begin_file(const char *gs01, const char *guide, const char *set) {
    pp_buf_reset(&file);
    pp_buf_printf(&file,
                  "ISA*00*          *00*          *ZZ*MERIDIAN       *ZZ*LAKESIDE       *261124*0815*^*%.5s*000000101*"
                  "0*P*:~GS*%s*MERIDIAN*LAKESIDE*20261124*0815*101*X*%s~ST*%s*0001*%s~",
                  strncmp(guide, "006020", 6) == 0 ? "00602" : "00501", gs01, guide, set, guide);
}
static inline void end_file(void) { pp_buf_addz(&file, "SE*1*0001~GE*1*101~IEA*1*000000101~"); }

/* The whole of it at once; a line end in body is dropped. */
static inline void make_file(const char *gs01, const char *guide, const char *set, const char *body) {
    begin_file(gs01, guide, set);
    for (; *body; body++)
        if (*body != '\n') pp_buf_addc(&file, *body);
    end_file();
}

/* Feeds the file: `first` bytes, then pieces. Each piece has memory of its own, so that a view that keeps a pointer
 * into it is found out. */
static inline void feed_file(size_t first, size_t piece, void *v,
                             int (*event)(void *, const struct pp_x12_reader *, const struct pp_x12_event *)) {
    struct pp_x12_reader *r = pp_x12_open(&tolerant);
    struct pp_x12_event e;
    assert_non_null(r);
    for (size_t i = 0, n = first; i < file.n; i += n, n = piece) {
        if (n > file.n - i) n = file.n - i;
        char *copy = malloc(n ? n : 1);
        memcpy(copy, file.p + i, n);
        for (size_t k = 0; k < n;) {
            k += pp_x12_feed(r, copy + k, n - k, &e);
            event(v, r, &e);
        }
        free(copy);
    }
    do {
        pp_x12_finish(r, &e);
        event(v, r, &e);
    } while (e.what != PP_X12_NOTHING);
    pp_x12_close(r);
}

/* read(first, piece) appends to text what it finds. */
static inline void check_cuts(void (*read)(size_t first, size_t piece)) {
    pp_buf_reset(&text);
    read(file.n, file.n);
    char *want = strndup(text.p, text.n);
    size_t want_n = text.n;
    assert_true(want_n > 0);
    for (size_t cut = 0; cut < file.n + 8; cut++) {
        pp_buf_reset(&text);
        if (cut <= file.n)
            read(cut, file.n);
        else
            read(cut - file.n, cut - file.n);
        if (text.n != want_n || memcmp(text.p, want, want_n) != 0)
            fail_msg("cut at %zu: wanted\n%s\ngot\n%.*s", cut, want, (int)text.n, text.p);
    }
    free(want);
}

/* whole() reads the file at once: -1, a refused transaction, or all of it. */
static inline void check_memory(int (*whole)(void)) {
    pp_buf_reset(&text);
    assert_int_equal(whole(), 0);
    char *want = strndup(text.p, text.n);
    size_t want_n = text.n;
    bool more = true;
    for (long n = 0; more; n++) {
        pp_buf_reset(&text);
        alloc_fail_after(n);
        int rc = whole();
        more = alloc_failed();
        alloc_fail_after(-1);
        bool same = text.n == want_n && memcmp(text.p, want, want_n) == 0;
        bool refused = memmem(text.p, text.n, "refused", 7) != NULL;
        if (!more)
            assert_true(rc == 0 && same);
        else
            assert_true(rc < 0 || same || refused);
    }
    free(want);
}

/* Verdict and findings as text; the count that the tests leave wrong is not told. */
static inline int put_verdict(void *user, const struct pp_x12_view_verdict *v) {
    (void)user;
    pp_buf_printf(&text, "%s %u\n", v->outcome == PP_X12_VIEW_ACCEPTED ? "accepted" : "refused", v->items_n);
    for (uint32_t i = 0; i < v->findings_n; i++) {
        const struct pp_x12_finding *f = &v->findings[i];
        if (f->code == PP_X12_F_SE_COUNT) continue;
        pp_buf_printf(&text, "%c %s %s%02u %s\n", f->severity == PP_X12_ERROR ? 'E' : 'W', f->loop, f->segment,
                      f->element, f->text);
    }
    return 0;
}

static inline void put(const char *name, struct pp_str v) {
    if (v.n) pp_buf_printf(&text, " %s=%.*s", name, PP_FMT(v));
}
static inline void put_date(const char *name, pp_date d) {
    char t[11];
    pp_date_text(d, t);
    if (d) pp_buf_printf(&text, " %s=%s", name, t);
}

static inline const char *text_z(void) {
    pp_buf_addc(&text, '\0');
    text.n--;
    return text.p;
}

/* Bytes before main() runs its tests; buffers are large, so that no allocation of theirs fails. */
static inline void feed_begin(void) {
    pp_buf_init(&file, 1 << 20);
    pp_buf_init(&text, 1 << 20);
    pp_buf_printf(&text, "%60000s", "");
    pp_buf_reset(&text);
}
static inline int feed_end(int rc) {
    pp_buf_free(&file);
    pp_buf_free(&text);
    return rc;
}

#endif
