/* The fast decoder against the careful one: over every valid example, cut anywhere and with any byte changed, it either
 * leaves the text to the careful one or comes to the same struct. */
#include "core/codec_fast.h"
#include "ev.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARENA_MAX ((size_t)8 << 20)
#define FILE_BYTES_MAX 65536

static struct pp_str read_all(const char *path, char *to) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(to, 1, FILE_BYTES_MAX, f);
    fclose(f);
    return (struct pp_str){to, (uint32_t)n};
}

/* As the careful decoder has it: a member that nobody knows keeps the fast one away. False: refused. */
static bool careful(enum ev_type type, struct pp_str json, struct pp_arena *a, struct pp_buf *ret) {
    struct ev ev;
    struct pp_err err;
    const char *open = json.n ? memchr(json.s, '{', json.n) : NULL;
    if (!open) return false;
    uint32_t head = (uint32_t)(open - json.s) + 1;
    struct pp_str tail = {json.s + head, json.n - head};
    for (uint32_t i = 0; i < head - 1; i++)
        if (!memchr(" \t\r\n", json.s[i], 4)) return false;
    bool empty = false;
    for (uint32_t i = 0; i < tail.n && !empty; i++) {
        if (memchr(" \t\r\n", tail.s[i], 4)) continue;
        if (tail.s[i] != '}') break;
        empty = true;
    }
    struct pp_str with = pp_arena_printf(a, "{\"nobody knows\":1%s%.*s", empty ? "" : ",", PP_FMT(tail));
    return ev_decode(type, with, a, &ev, &err) == 0 && ev_encode(&ev, ret, &err) == 0;
}

/* 1: the fast one took the text and the two agree; 0: it left it to the careful one. */
static int same(enum ev_type type, struct pp_str json) {
    struct pp_arena a;
    struct pp_buf fast, slow;
    struct ev ev;
    struct pp_err err;
    const struct pp_shape *shape = ev_info(type)->shape;
    int yes = 0;
    pp_arena_init(&a, ARENA_MAX);
    pp_buf_init(&fast, FILE_BYTES_MAX);
    pp_buf_init(&slow, FILE_BYTES_MAX);
    void *body = pp_arena_alloc(&a, shape->size);
    if (pp_shape_decode_fast(shape, json, &a, body)) {
        yes = 1;
        assert_int_equal(ev_decode(type, json, &a, &ev, &err), 0);
        assert_int_equal(ev_encode(&ev, &fast, &err), 0);
        if (!careful(type, json, &a, &slow) || !pp_str_eq(pp_buf_str(&fast), pp_buf_str(&slow)))
            fail_msg("%s: the decoders differ about %.*s", ev_type_name(type), PP_FMT(json));
    }
    pp_buf_free(&fast);
    pp_buf_free(&slow);
    pp_arena_free(&a);
    return yes;
}

static void examples(void (*each)(enum ev_type type, struct pp_str json)) {
    static char text[FILE_BYTES_MAX];
    glob_t g;
    int n = 0;
    assert_int_equal(glob("schemas/examples/*/valid*.json", 0, NULL, &g), 0);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        const char *dir = g.gl_pathv[i] + strlen("schemas/examples/");
        enum ev_type type = ev_type_by_name((struct pp_str){dir, (uint32_t)strcspn(dir, "/")});
        if (type == EV_NONE) continue;
        each(type, read_all(g.gl_pathv[i], text));
        n++;
    }
    globfree(&g);
    assert_true(n > 50);
}

static void whole_one(enum ev_type type, struct pp_str json) { assert_int_equal(same(type, json), 1); }
static void whole(void **state) {
    (void)state;
    examples(whole_one);
}

static void cut_one(enum ev_type type, struct pp_str json) {
    for (uint32_t n = 0; n < json.n; n += 3) same(type, (struct pp_str){json.s, n});
}
static void cut(void **state) {
    (void)state;
    examples(cut_one);
}

static void changed_one(enum ev_type type, struct pp_str json) {
    static const char bytes[] = {0,   '"', '\\', '{', '}', '[', ',',    ':',    '0',
                                 '9', '-', 'e',  '.', ' ', 'u', '\x80', '\xc3', '\xff'};
    char *copy = malloc(json.n);
    assert_non_null(copy);
    for (uint32_t at = 0; at < json.n; at += 2) {
        memcpy(copy, json.s, json.n);
        copy[at] = bytes[(at * 7 + json.n) % sizeof bytes];
        same(type, (struct pp_str){copy, json.n});
    }
    free(copy);
}
static void changed(void **state) {
    (void)state;
    examples(changed_one);
}

static void escapes(void **state) {
    (void)state;
    static const char *const values[] = {"plain",
                                         "a\\\"b\\\\c\\/d\\n\\t\\r\\b\\f",
                                         "\\u0041\\u007f",
                                         "\\u0000",
                                         "\\u00e9",
                                         "\\ud83d\\ude00",
                                         "\\ud83d",
                                         "\xc3\xa9",
                                         "\xc3",
                                         "\\",
                                         "\\u00",
                                         "\\x",
                                         "\x01"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char json[300];
        int n = snprintf(json, sizeof json,
                         "{\"sender\":\"%s\",\"format\":\"hl7\",\"reason\":\"r\",\"hash\":\"%064d\"}", values[i], 1);
        int taken = same(EV_MESSAGE_QUARANTINED, (struct pp_str){json, (uint32_t)n});
        if (i == 0) assert_int_equal(taken, 1); /* nothing but the value keeps the others away */
    }
    assert_int_equal(same(EV_MESSAGE_QUARANTINED, PP_STR("{\"sender\":\"a\",\"sender\":\"b\"}")), 0);
    assert_int_equal(same(EV_MESSAGE_QUARANTINED, PP_STR("{} x")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole), cmocka_unit_test(cut), cmocka_unit_test(changed),
                                       cmocka_unit_test(escapes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
