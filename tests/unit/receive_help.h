/* What the tests of receive share: one arena, packs from text, the source that messages come from, and questions about
 * the reports. Include it in one file of a test program only. */
#ifndef TESTS_RECEIVE_HELP_H
#define TESTS_RECEIVE_HELP_H

#include "intake/receive/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define PACK_HEAD(name) "# pack: " name "\n# version: 1\n# source: test\n# date: 2026-11-20\n"

static struct pp_arena arena;
static struct pp_refs *refs;
static struct rcv_source src;

/* For a test's set-up: text of packs, NULL after the last one. */
static inline int begin_with(const char *sender, const char *const *packs) {
    struct pp_err err;
    struct pp_refs_builder *b = pp_refs_begin();
    for (int i = 0; packs[i]; i++) {
        char hash[2] = {(char)('a' + i), 0};
        if (pp_refs_add(b, pp_str_z(packs[i]), pp_str_z(hash), 0, &err) < 0) fail_msg("pack %d: %s", i, err.msg);
    }
    if (pp_refs_finish(b, &refs, &err) < 0) fail_msg("%s", err.msg);
    pp_arena_init(&arena, (size_t)256 << 20);
    src = (struct rcv_source){.tenant = PP_STR("t"),
                              .sender = pp_str_z(sender),
                              .refs = refs,
                              .now_ms = INT64_C(1764000000000),
                              .received_ms = INT64_C(1764000000000),
                              .arena = &arena};
    return 0;
}

static inline int end(void **state) {
    (void)state;
    pp_arena_free(&arena);
    pp_refs_free(refs);
    return 0;
}

/* From 0; NULL when there are not so many. */
static inline const struct rcv_report *nth(const struct rcv_reading *r, int n) {
    const struct rcv_report *p = r->first;
    while (p && n--) p = p->next;
    return p;
}

static inline const char *json_of(const struct rcv_report *p) {
    struct pp_buf b;
    struct pp_err err = {0};
    assert_non_null(p);
    pp_buf_init(&b, 1 << 20);
    if (ev_encode(&p->ev, &b, &err) < 0) fail_msg("%s: %s", ev_type_name(p->ev.type), err.msg);
    struct pp_str s = pp_arena_str(&arena, pp_buf_str(&b));
    pp_buf_free(&b);
    return s.s;
}

/* The fact's type, and that its JSON holds each text; NULL after the last one. */
static inline void assert_fact(const struct rcv_report *p, enum ev_type type, ...) {
    const char *json = json_of(p);
    va_list ap;
    assert_int_equal(p->ev.type, type);
    va_start(ap, type);
    for (const char *t; (t = va_arg(ap, const char *));)
        if (!strstr(json, t)) fail_msg("%s lacks %s: %s", ev_type_name(type), t, json);
    va_end(ap);
}

static inline bool holds(struct pp_str s, const char *text) { return memmem(s.s, s.n, text, strlen(text)) != NULL; }

#endif
