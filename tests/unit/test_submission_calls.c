/* Calls of submission: bytes that go out with the packs of this repository, and the verdict on what comes back. */
#include "submission/submission.h"

#include "call_help.h"

static struct pp_str blob(const struct pp_call_ctx *x, struct pp_str hash) {
    (void)x;
    return pp_str_eqz(hash, "h1") ? PP_STR("Office note") : PP_STR_NONE;
}

static struct pp_call_ctx context(void) {
    struct pp_call_ctx x = context_of("meridian");
    x.blob = blob;
    return x;
}

static struct ev request(void) {
    struct ev_pas_submit *r = request_of("submit");
    r->trace = pp_str_z(trace);
    return ev_of_pas_submit(r);
}

static void goes_out(void **state) {
    (void)state;
    struct ev e = request();
    struct pp_call_ctx x = context();
    struct pp_http_msg m;
    struct pp_str hashes[4];
    assert_int_equal(call_pas_blobs(&e, hashes, 4), 1);
    assert_true(pp_str_eqz(hashes[0], "h1"));
    assert_int_equal(call_pas_build(&x, &e, &arena, &m, &err), 0);
    assert_true(pp_str_eqz(m.path, "/Claim/$submit"));
    assert_non_null(strstr(m.body.s, "T2ZmaWNlIG5vdGU=")); /* the note inline */
    assert_non_null(strstr(m.body.s, "\"11506-3\""));      /* by the code that the pack gives its item */
    assert_non_null(strstr(m.body.s, "Meridian Advantage"));
    assert_non_null(strstr(m.body.s, "1003900010"));
    assert_int_equal(call_pas_inquiry_build(&x, &e, &arena, &m, &err), 0);
    assert_true(pp_str_eqz(m.path, "/Claim/$inquire"));
    assert_non_null(strstr(m.body.s, trace));
    ((struct ev_pas_submit *)(uintptr_t)e.as.pas_submit)->documents[0].hash = PP_STR("gone");
    assert_int_equal(call_pas_build(&x, &e, &arena, &m, &err), -1);
    assert_string_equal(err.msg, "the bytes of document 1 are missing");
}

/* tests/fixtures/fhir/read_<name>.json, with our own number where it has a place for it. */
static struct pp_str body_of(const char *name) {
    char path[200];
    snprintf(path, sizeof path, "tests/fixtures/fhir/read_%s.json", name);
    struct pp_str s = file_at(path);
    const char *at = memmem(s.s, s.n, "@TRACE@", 7);
    if (!at) return s;
    int head = (int)(at - s.s), tail = (int)s.n - head - 7;
    return pp_arena_printf(&arena, "%.*s%s%.*s", head, s.s, trace, tail, at + 7);
}

static void verdicts(void **state) {
    static const struct {
        int status;
        const char *body; /* fixture, or text after '=' */
        enum pp_call_verdict submit, inquiry, inquire;
    } rows[] = {
        {200, "approved", PP_VERDICT_ANSWER, PP_VERDICT_ANSWER, PP_VERDICT_ANSWER},
        {201, "approved", PP_VERDICT_ANSWER, PP_VERDICT_ANSWER, PP_VERDICT_ANSWER},
        {200, "error", PP_VERDICT_ANSWER, PP_VERDICT_ANSWER, PP_VERDICT_ANSWER},
        {200, "inquiry_found", PP_VERDICT_ANSWER, PP_VERDICT_ANSWER, PP_VERDICT_ANSWER},
        {200, "inquiry_none", PP_VERDICT_RETRY, PP_VERDICT_NOT_FOUND, PP_VERDICT_REFUSED},
        {404, "outcome", PP_VERDICT_REFUSED, PP_VERDICT_NOT_FOUND, PP_VERDICT_REFUSED},
        {404, "=", PP_VERDICT_REFUSED, PP_VERDICT_NOT_FOUND, PP_VERDICT_REFUSED},
        {400, "outcome", PP_VERDICT_REFUSED, PP_VERDICT_REFUSED, PP_VERDICT_REFUSED},
        {422, "=plain text", PP_VERDICT_REFUSED, PP_VERDICT_REFUSED, PP_VERDICT_REFUSED},
        {401, "=", PP_VERDICT_REFUSED, PP_VERDICT_REFUSED, PP_VERDICT_REFUSED},
        {200, "outcome", PP_VERDICT_REFUSED, PP_VERDICT_NOT_FOUND, PP_VERDICT_REFUSED},
        {200, "=", PP_VERDICT_RETRY, PP_VERDICT_RETRY, PP_VERDICT_RETRY},
        {200, "=<html>", PP_VERDICT_RETRY, PP_VERDICT_RETRY, PP_VERDICT_RETRY},
        {429, "=", PP_VERDICT_RETRY, PP_VERDICT_RETRY, PP_VERDICT_RETRY},
        {500, "outcome", PP_VERDICT_RETRY, PP_VERDICT_RETRY, PP_VERDICT_RETRY},
        {503, "=", PP_VERDICT_RETRY, PP_VERDICT_RETRY, PP_VERDICT_RETRY},
    };
    (void)state;
    struct ev e = request();
    struct pp_call_ctx x = context();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pp_str body = rows[i].body[0] == '=' ? pp_str_z(rows[i].body + 1) : body_of(rows[i].body);
        struct pp_http_answer a = {.status = rows[i].status, .body = body, .body_hash = PP_STR("hh")};
        struct ev got = {0};
        if (call_pas_parse(&x, &e, &a, &arena, &got, &err) != rows[i].submit) fail_msg("submit: row %zu", i);
        if (rows[i].submit == PP_VERDICT_ANSWER) {
            assert_true(
                pp_str_eqz(got.as.pas_answered->trace, trace)); /* the call's own number, whatever stands in it */
            assert_true(pp_str_eqz(got.as.pas_answered->payer, "meridian"));
            assert_true(pp_str_eqz(got.as.pas_answered->hash, "hh"));
        }
        if (call_pas_inquiry_parse(&x, &e, &a, &arena, &got, &err) != rows[i].inquiry) fail_msg("inquiry: row %zu", i);
        if (call_inquire_parse(&x, &e, &a, &arena, &got, &err) != rows[i].inquire) fail_msg("inquire: row %zu", i);
    }
}

static void refusal_in_words(void **state) {
    (void)state;
    struct ev e = request(), got;
    struct pp_call_ctx x = context();
    struct pp_http_answer a = {.status = 400, .body = body_of("outcome")};
    assert_int_equal(call_pas_parse(&x, &e, &a, &arena, &got, &err), PP_VERDICT_REFUSED);
    assert_string_equal(err.msg, "refused with 400: invalid at Claim.item[0].quantity");
}

static void another_request(void **state) {
    char text[400];
    (void)state;
    snprintf(text, sizeof text,
             "{\"resourceType\":\"ClaimResponse\",\"identifier\":[{\"value\":\"%s\"}],\"outcome\":\"complete\"}",
             foreign);
    struct ev e = request(), got;
    struct pp_call_ctx x = context();
    struct pp_http_answer a = {.status = 200, .body = pp_str_z(text)};
    /* the payer found an older request of ours by the patient: ours of today is not there */
    assert_int_equal(call_pas_inquiry_parse(&x, &e, &a, &arena, &got, &err), PP_VERDICT_NOT_FOUND);
}

static struct pp_str message_bytes;
static struct pp_str message_blob(const struct pp_call_ctx *x, struct pp_str hash) {
    (void)x;
    (void)hash;
    return message_bytes;
}

static void reads_messages(void **state) {
    static const struct {
        const char *body;
        enum pp_call_verdict want;
        size_t lines;
    } rows[] = {{"notification", PP_VERDICT_ANSWER, 1}, {"notification_id_only", PP_VERDICT_ANSWER, 0},
                {"handshake", PP_VERDICT_REFUSED, 0},   {"bare", PP_VERDICT_ANSWER, 1},
                {"outcome", PP_VERDICT_REFUSED, 0},     {"", PP_VERDICT_RETRY, 0}};
    struct ev_pas_read r = {.payer = PP_STR("meridian"), .hash = PP_STR("h9"), .trace = pp_str_z(trace)};
    struct ev e = ev_of_pas_read(&r), got;
    struct pp_call_ctx x = context();
    struct pp_str hashes[2];
    (void)state;
    assert_int_equal(call_read_blobs(&e, hashes, 2), 1);
    x.blob = message_blob;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        message_bytes = rows[i].body[0] ? body_of(rows[i].body) : PP_STR_NONE;
        if (call_read_parse(&x, &e, NULL, &arena, &got, &err) != rows[i].want) fail_msg("row %zu", i);
        if (rows[i].want == PP_VERDICT_ANSWER) assert_int_equal(got.as.pas_answered->lines_n, rows[i].lines);
    }
}

static void subscribes(void **state) {
    struct ev_pas_subscribe r = {.payer = PP_STR("meridian"),
                                 .org = PP_STR("1003900010"),
                                 .endpoint = PP_STR("{door}/v1/payers/meridian/notify")};
    struct ev e = ev_of_pas_subscribe(&r), got;
    struct pp_call_ctx x = context();
    struct pp_http_msg m = {0};
    (void)state;
    assert_int_equal(call_subscribe_build(&x, &e, &arena, &m, &err), 0);
    assert_true(m.fill && pp_str_eqz(m.method, "POST"));
    assert_non_null(strstr(m.body.s, "X-Payer-Key: {secret}"));
    assert_non_null(strstr(m.body.s, "org-identifier=1003900010"));
    struct pp_http_answer a = {
        .status = 201, .body = PP_STR("{\"resourceType\":\"Subscription\",\"id\":\"s1\",\"status\":\"requested\"}")};
    assert_int_equal(call_subscribe_parse(&x, &e, &a, &arena, &got, &err), PP_VERDICT_ANSWER);
    assert_true(pp_str_eqz(got.as.pas_subscribed->subscription, "s1"));
    r.subscription = PP_STR("s1");
    m = (struct pp_http_msg){0};
    assert_int_equal(call_subscribe_build(&x, &e, &arena, &m, &err), 0);
    assert_true(pp_str_eqz(m.method, "GET") && pp_str_eqz(m.path, "/Subscription/s1") && !m.fill);
    a = (struct pp_http_answer){.status = 410};
    assert_int_equal(call_subscribe_parse(&x, &e, &a, &arena, &got, &err), PP_VERDICT_ANSWER);
    assert_true(pp_str_eqz(got.as.pas_subscribed->status, "gone"));
    a.status = 503;
    assert_int_equal(call_subscribe_parse(&x, &e, &a, &arena, &got, &err), PP_VERDICT_RETRY);
    a.status = 403;
    assert_int_equal(call_subscribe_parse(&x, &e, &a, &arena, &got, &err), PP_VERDICT_REFUSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_out, begin, end),
        cmocka_unit_test_setup_teardown(verdicts, begin, end),
        cmocka_unit_test_setup_teardown(refusal_in_words, begin, end),
        cmocka_unit_test_setup_teardown(another_request, begin, end),
        cmocka_unit_test_setup_teardown(reads_messages, begin, end),
        cmocka_unit_test_setup_teardown(subscribes, begin, end),
    };
    return cmocka_run_group_tests_name("submission_calls", tests, NULL, NULL);
}
