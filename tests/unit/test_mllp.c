/* The MLLP framer: every quirk of a sender, and the same events for every way the bytes are cut. */
#include "codec/mllp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* What happened, as text: F(message) for a frame, f(message) without its CR, E(reason,bytes) for an error. */
static void note(struct pp_buf *log, const struct pp_mllp_event *e) {
    if (e->what == PP_MLLP_FRAME) {
        pp_buf_addz(log, e->no_cr ? "f(" : "F(");
        pp_buf_adds(log, e->bytes);
        pp_buf_addz(log, ")");
    } else if (e->what == PP_MLLP_ERROR) {
        pp_buf_printf(log, "E(%s,%llu)", pp_mllp_reason_text(e->reason), (unsigned long long)e->discarded);
    }
}

/* Feeds bytes in two pieces cut at `cut`, then finishes. */
static void run(const struct pp_mllp_opts *opts, struct pp_str bytes, uint32_t cut, uint32_t step, struct pp_buf *log) {
    struct pp_mllp m;
    struct pp_mllp_event e;
    pp_mllp_init(&m, opts);
    pp_buf_reset(log);
    for (uint32_t i = 0; i < bytes.n;) {
        uint32_t n = step ? step : i < cut ? cut - i : bytes.n - i;
        if (n > bytes.n - i) n = bytes.n - i;
        /* a copy of exact size, so that reading past a piece is seen */
        char piece[256];
        memcpy(piece, bytes.s + i, n);
        for (uint32_t k = 0; k < n;) {
            size_t took = pp_mllp_feed(&m, piece + k, n - k, 1000 + i, &e);
            assert_true(took <= n - k && (took > 0 || e.what != PP_MLLP_NOTHING));
            k += (uint32_t)took;
            note(log, &e);
        }
        i += n;
    }
    pp_mllp_finish(&m, &e);
    note(log, &e);
    pp_mllp_free(&m);
}

struct line {
    struct pp_mllp_opts opts;
    struct pp_str bytes;
    const char *want;
};

static void quirks(void **state) {
    (void)state;
    static const struct line lines[] = {
        {{0}, {"\vMSH|a\r\x1c\r", 9}, "F(MSH|a\r)"},
        {{0}, {"\vA\x1c\r\vB\x1c\r", 8}, "F(A)F(B)"},
        {{0}, {"\r\n\vA\x1c\r\n\r\n", 9}, "F(A)"},
        {{0}, {"noise\vA\x1c\r", 9}, "E(bytes outside of a frame,5)F(A)"},
        {{0}, {"\vA\vB\x1c\r", 6}, "E(a new frame began inside a frame,1)F(B)"},
        {{0}, {"\v\vA\x1c\r", 5}, "F(A)"},
        {{0}, {"\v\x1c\r", 3}, "E(empty frame,0)"},
        {{0},
         {"\vA\x1c"
          "B\x1c\r",
          6},
         "F(A\x1c"
         "B)"},                                                             /* FS inside of data */
        {{0}, {"\vA\x1c\x1c\r", 5}, "F(A)"},                                /* doubled FS */
        {{0}, {"\vA\x1c\r\x1c\r", 6}, "F(A)E(bytes outside of a frame,1)"}, /* doubled trailer */
        {{0}, {"\vA\x1c\vB\x1c\r", 7}, "f(A)F(B)"},                         /* FS without CR, then the next frame */
        {{0}, {"\vA\x1c\0\r\vB\x1c\r", 9}, "f(A)F(B)"},                     /* FS NUL */
        {{0}, {"\vA\x1c\n\vB\x1c\r", 8}, "f(A)F(B)"},
        {{0}, {"\vA\x1c", 3}, "f(A)"}, /* the trailer never comes: finish */
        {{0}, {"\vABC", 4}, "E(the frame did not end,3)"},
        {{0}, {"MSH|unframed\r", 13}, "E(bytes outside of a frame,12)"},
        {{0}, {"\v\v\v", 3}, "E(the frame did not end,0)"},
        {{0}, {"\vA\x1c\x1c\x1c\r\r\n", 8}, "F(A)"}, /* every byte of the trailer more than once */
        {{0},
         {"\vA\x1c\x1c"
          "B\x1c\r",
          7},
         "F(A\x1c\x1c"
         "B)"},                                                                    /* two of them, and both were data */
        {{0}, {"\vA\r\vB\x1c\r", 7}, "E(a new frame began inside a frame,2)F(B)"}, /* the trailer was lost */
        {{0}, {"A\x1c\r\vB\x1c\r", 7}, "E(bytes outside of a frame,2)F(B)"},       /* the start was lost */
        {{0}, {"\x1c\r\x1c\r", 4}, "E(bytes outside of a frame,2)"},
        {{.max_bytes = 2}, {"\vABC\x1c\x1c\r\vD\x1c\r", 11}, "E(the message is larger than the limit,2)F(D)"},
        {{.fs_only = true}, {"\vA\x1c\vB\x1c\vC\x1c\r", 10}, "f(A)f(B)f(C)"},
        {{.max_bytes = 4}, {"\vABCDE\x1c\r\vF\x1c\r", 12}, "E(the message is larger than the limit,4)F(F)"},
        {{.max_bytes = 4}, {"\vABCD\x1c\r", 7}, "F(ABCD)"},
        {{.max_bytes = 4}, {"\vABCDEFG\vH\x1c\r", 12}, "E(the message is larger than the limit,4)F(H)"},
        {{.max_bytes = 4}, {"\vABCD\x1cX\x1c\r", 9}, "E(the message is larger than the limit,4)"},
    };
    struct pp_buf log;
    pp_buf_init(&log, 4096);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const struct line *l = &lines[i];
        for (uint32_t cut = 0; cut <= l->bytes.n; cut++) {
            run(&l->opts, l->bytes, cut, 0, &log);
            pp_buf_addc(&log, '\0');
            assert_string_equal(log.p, l->want);
        }
        run(&l->opts, l->bytes, 0, 1, &log);
        pp_buf_addc(&log, '\0');
        assert_string_equal(log.p, l->want);
    }
    pp_buf_free(&log);
}

static void age_and_head(void **state) {
    (void)state;
    struct pp_mllp m;
    struct pp_mllp_event e;
    pp_mllp_init(&m, &(struct pp_mllp_opts){.max_bytes = 4});
    assert_int_equal(pp_mllp_age_ms(&m, 500), 0);
    pp_mllp_feed(&m, "\vAB", 3, 100, &e);
    assert_int_equal(pp_mllp_age_ms(&m, 500), 400);
    pp_mllp_feed(&m, "CDE", 3, 200, &e);
    assert_int_equal(e.reason, PP_MLLP_BAD_OVERSIZE);
    assert_true(pp_str_eqz(e.bytes, "ABCD")); /* the head is there for the negative answer */
    assert_int_equal(e.began_ms, 100);
    pp_mllp_finish(&m, &e);
    assert_int_equal(e.what, PP_MLLP_NOTHING);
    assert_int_equal(pp_mllp_age_ms(&m, 500), 0);
    pp_mllp_free(&m);
}

/* Silence at every place of a frame: before its VT nothing happens; inside it is told; after FS the frame is whole. */
static void silence(void **state) {
    (void)state;
    static const char bytes[] = "\vMSH|a\r\x1c\r";
    const struct pp_mllp_opts opts = {.idle_ms = 100};
    for (size_t cut = 0; cut < sizeof bytes; cut++) {
        struct pp_mllp m;
        struct pp_mllp_event e;
        unsigned frames = 0;
        pp_mllp_init(&m, &opts);
        for (size_t i = 0; i < cut; i++) {
            pp_mllp_feed(&m, bytes + i, 1, 1000 + (int64_t)i * 90, &e); /* slow, but never silent for long enough */
            frames += e.what == PP_MLLP_FRAME;
            int64_t now = 1000 + (int64_t)i * 90;
            if (e.what == PP_MLLP_NOTHING) {
                pp_mllp_tick(&m, now + 89, &e);
                assert_int_equal(e.what, PP_MLLP_NOTHING);
            }
        }
        int64_t last = cut ? 1000 + (int64_t)(cut - 1) * 90 : 0;
        pp_mllp_tick(&m, last + 100, &e);
        if (cut == 0 || cut == sizeof bytes - 1) {
            assert_int_equal(e.what, PP_MLLP_NOTHING);
            assert_int_equal(frames, cut ? 1 : 0);
        } else if (cut == sizeof bytes - 2) { /* FS has come, CR has not */
            assert_int_equal(e.what, PP_MLLP_FRAME);
            assert_true(e.no_cr);
            assert_true(pp_str_eqz(e.bytes, "MSH|a\r"));
        } else {
            assert_int_equal(e.what, PP_MLLP_ERROR);
            assert_int_equal(e.reason, PP_MLLP_BAD_TIMEOUT);
            assert_int_equal(e.discarded, cut - 1);
        }
        pp_mllp_tick(&m, last + 100000, &e); /* told once */
        assert_int_equal(e.what, PP_MLLP_NOTHING);
        /* the next frame is read as if nothing had been */
        for (size_t i = 0; i < sizeof bytes - 1;)
            i += pp_mllp_feed(&m, bytes + i, sizeof bytes - 1 - i, last + 200000, &e);
        assert_int_equal(e.what, PP_MLLP_FRAME);
        pp_mllp_free(&m);
    }
    struct pp_mllp m;
    struct pp_mllp_event e;
    pp_mllp_init(&m, NULL); /* no limit given: silence is none of ours */
    pp_mllp_feed(&m, "\vA", 2, 0, &e);
    pp_mllp_tick(&m, INT64_MAX, &e);
    assert_int_equal(e.what, PP_MLLP_NOTHING);
    pp_mllp_free(&m);
    pp_mllp_init(&m, &(struct pp_mllp_opts){.max_bytes = 2, .idle_ms = 10});
    pp_mllp_feed(&m, "\vABC", 4, 0, &e);
    assert_int_equal(e.reason, PP_MLLP_BAD_OVERSIZE);
    pp_mllp_tick(&m, 10, &e); /* the rest of an oversized frame that never comes */
    assert_int_equal(m.state, PP_MLLP_IDLE);
    pp_mllp_free(&m);
}

static void noise_without_end(void **state) {
    (void)state;
    struct pp_mllp m;
    struct pp_mllp_event e;
    char block[1024];
    unsigned told = 0;
    memset(block, 'x', sizeof block);
    pp_mllp_init(&m, NULL);
    for (int i = 0; i < 200; i++)
        for (size_t k = 0; k < sizeof block; told += e.what == PP_MLLP_ERROR)
            k += pp_mllp_feed(&m, block + k, sizeof block - k, 1, &e);
    assert_int_equal(told, 1); /* once, at the limit, and not for each byte after it */
    assert_int_equal(m.outside, 200 * sizeof block);
    pp_mllp_free(&m);
}

/* Random bytes, rich in framing characters: all bytes are accounted for and any cut gives the same events. */
static void random_bytes(void **state) {
    (void)state;
    uint32_t seed = 20261124;
    struct pp_buf a, b;
    pp_buf_init(&a, 65536);
    pp_buf_init(&b, 65536);
    for (int round = 0; round < 3000; round++) {
        static const char alphabet[] = "\v\x1c\r\n\0AB\v\x1c\r";
        char bytes[40];
        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        struct pp_mllp_opts opts = {.max_bytes = 1 + round % 12, .fs_only = round % 3 == 0};
        run(&opts, (struct pp_str){bytes, sizeof bytes}, sizeof bytes, 0, &a);
        run(&opts, (struct pp_str){bytes, sizeof bytes}, 0, 1 + round % 7, &b);
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.p, b.p, a.n);
    }
    pp_buf_free(&a);
    pp_buf_free(&b);
}

static void wrapping(void **state) {
    (void)state;
    struct pp_buf b;
    pp_buf_init(&b, 64);
    pp_mllp_wrap(PP_STR("MSH|\r"), &b);
    assert_int_equal(b.n, 8);
    assert_memory_equal(b.p, "\vMSH|\r\x1c\r", 8);
    pp_buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quirks),       cmocka_unit_test(age_and_head),
        cmocka_unit_test(silence),      cmocka_unit_test(noise_without_end),
        cmocka_unit_test(random_bytes), cmocka_unit_test(wrapping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
