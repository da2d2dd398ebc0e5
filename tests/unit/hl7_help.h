/* What the tests of the HL7 v2 codec share: one arena, one message, fixtures, and questions about findings. */
#ifndef TESTS_HL7_HELP_H
#define TESTS_HL7_HELP_H

#include "codec/hl7_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define MSH "MSH|^~\\&|APP|FAC|PP|PP|20261124||"
#define PID "PID|1||M1^^^H^MR||A^B\r"
#define assert_str(actual, want) assert_string_equal((actual).n ? (actual).s : "", want)

static struct pp_arena arena;
static struct pp_hl7_msg msg;
static struct pp_err err;

static inline void parse_as(struct pp_str text, const struct pp_hl7_profile *profile) {
    pp_arena_reset(&arena);
    assert_int_equal(pp_hl7_parse(text, profile, &arena, &msg, &err), 0);
}
static inline void parse(const char *text) { parse_as(pp_str_z(text), NULL); }

/* Of tests/fixtures/hl7; valid until the next one. */
static inline struct pp_str fixture(const char *name) {
    static char bytes[65536];
    char path[200];
    snprintf(path, sizeof path, "tests/fixtures/hl7/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    return (struct pp_str){bytes, (uint32_t)n};
}
static inline void parse_fixture(const char *name) { parse_as(fixture(name), NULL); }

static inline bool has_fault(char severity, const char *want) {
    bool found = false;
    for (uint32_t i = 0; i < msg.faults_n && i < PP_HL7_FAULTS_MAX; i++) {
        struct pp_buf b;
        pp_buf_init(&b, 400);
        pp_hl7_fault_text(&msg.faults[i], &b);
        pp_buf_addc(&b, '\0');
        found |= msg.faults[i].severity == severity && strcmp(b.p, want) == 0;
        pp_buf_free(&b);
    }
    return found;
}

static inline int begin(void **state) {
    (void)state;
    pp_arena_init(&arena, 4 << 20);
    return 0;
}
static inline int end(void **state) {
    (void)state;
    pp_arena_free(&arena);
    return 0;
}

#endif
