/* What the tests of requests to payers share: one arena, files of this repository, and the requests of
 * tests/fixtures/fhir. Include it in one file of a test program only. */
#ifndef TESTS_REQUEST_HELP_H
#define TESTS_REQUEST_HELP_H

#include "ev.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define REQUEST_FILE_MAX ((size_t)1 << 20)

static struct pp_arena arena;
static struct pp_err err;

/* Path from the root of the repository. The bytes live in the arena. */
static inline struct pp_str file_at(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s is not there", path);
    char *bytes = malloc(REQUEST_FILE_MAX);
    assert_non_null(bytes);
    size_t n = fread(bytes, 1, REQUEST_FILE_MAX, f);
    fclose(f);
    assert_true(n < REQUEST_FILE_MAX);
    struct pp_str s = pp_arena_str(&arena, (struct pp_str){bytes, (uint32_t)n});
    free(bytes);
    return s;
}

/* The request of tests/fixtures/fhir/build_<name>_in.json, to be changed at will. */
static inline struct ev_pas_submit *request_of(const char *name) {
    char path[200];
    struct ev e;
    snprintf(path, sizeof path, "tests/fixtures/fhir/build_%s_in.json", name);
    if (ev_decode(EV_PAS_SUBMIT, file_at(path), &arena, &e, &err) < 0) fail_msg("%s: %s", path, err.msg);
    struct ev_pas_submit *copy = pp_arena_new(&arena, struct ev_pas_submit);
    *copy = *e.as.pas_submit;
    return copy;
}

static inline bool holds(struct pp_str s, const char *text) { return memmem(s.s, s.n, text, strlen(text)) != NULL; }

#endif
