/* What the tests of outbound calls share: the packs of this repository, a trace number of ours and one that is not of
 * this call, the context of a call, answers of CORE endpoints. Include it in one file of a test program only. */
#ifndef TESTS_CALL_HELP_H
#define TESTS_CALL_HELP_H

#include "codec/core_mime.h"
#include "core/service.h"
#include "refs/refs.h"

#include "request_help.h"

static struct pp_refs *refs;
static char trace[PP_TRACE_MAX + 1], foreign[PP_TRACE_MAX + 1];

static inline int begin(void **state) {
    static const char *const packs[] = {"packs/payers.tsv", "packs/sites.tsv", "packs/doctypes.tsv"};
    static const struct pp_uuid person = {{9, 9, 9}}, other = {{7, 7}};
    (void)state;
    pp_arena_init(&arena, 64 << 20);
    pp_trace_make(person, 3, trace);
    pp_trace_make(other, 1, foreign);
    struct pp_refs_builder *b = pp_refs_begin();
    for (size_t i = 0; i < sizeof packs / sizeof packs[0]; i++)
        if (pp_refs_add(b, file_at(packs[i]), PP_STR("hash"), 0, &err) < 0) fail_msg("%s: %s", packs[i], err.msg);
    if (pp_refs_finish(b, &refs, &err) < 0) fail_msg("%s", err.msg);
    return 0;
}

static inline int end(void **state) {
    (void)state;
    pp_refs_free(refs);
    pp_arena_free(&arena);
    return 0;
}

static inline struct pp_call_ctx context_of(const char *target) {
    return (struct pp_call_ctx){.refs = refs,
                                .now_ms = INT64_C(1795532400000), /* 2026-11-24 15:00 UTC */
                                .target = pp_str_z(target),
                                .tenant = PP_STR("lakeside"),
                                .attempt = 1,
                                .job = {{1}}};
}

/* What a CORE endpoint answers: `payload` in an envelope whose error code is `code`. */
static inline struct pp_http_answer in_envelope(int status, struct pp_str payload, const char *code) {
    struct pp_buf b;
    struct pp_core_envelope e = {.payload_type = PP_STR("X"), .error_code = pp_str_z(code), .payload = payload};
    pp_buf_init(&b, 1 << 20);
    assert_int_equal(pp_core_write(&e, PP_STR("bbbb"), &b, &err), 0);
    struct pp_http_answer a = {.status = status,
                               .content_type = PP_STR("multipart/form-data; boundary=bbbb"),
                               .body = pp_arena_str(&arena, pp_buf_str(&b)),
                               .body_hash = PP_STR("hh")};
    pp_buf_free(&b);
    return a;
}

#endif
