/* The CORE envelope: written and read back, cut at every byte, and what other gateways write. */
#include "codec/core_mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct pp_err err;

#define BOUNDARY PP_STR("b0123456789abcdef")
#define TYPE PP_STR("multipart/form-data; boundary=b0123456789abcdef")

static const struct pp_core_envelope sample = {.payload_type = {"X12_278_Request_005010X217E1_2", 30},
                                               .mode = {"RealTime", 8},
                                               .payload_id = {"0f1e2d3c-0000-4000-8000-000000000001", 36},
                                               .time_stamp = {"2026-11-24T15:00:00Z", 20},
                                               .sender = {"LKS001", 6},
                                               .receiver = {"95601", 5},
                                               .rule_version = {"2.2.0", 5},
                                               .payload = {"ISA*00*\r\n--x\0\xff~IEA\r\n", 21}};

static void same(const struct pp_core_envelope *a, const struct pp_core_envelope *b) {
    assert_true(pp_str_eq(a->payload_type, b->payload_type) && pp_str_eq(a->mode, b->mode));
    assert_true(pp_str_eq(a->payload_id, b->payload_id) && pp_str_eq(a->time_stamp, b->time_stamp));
    assert_true(pp_str_eq(a->sender, b->sender) && pp_str_eq(a->receiver, b->receiver));
    assert_true(pp_str_eq(a->rule_version, b->rule_version) && pp_str_eq(a->payload, b->payload));
}

static void round_trip(void **state) {
    struct pp_buf b;
    struct pp_core_envelope got;
    (void)state;
    pp_buf_init(&b, 1 << 16);
    assert_int_equal(pp_core_write(&sample, BOUNDARY, &b, &err), 0);
    assert_int_equal(pp_core_read(TYPE, pp_buf_str(&b), &got, &err), 0);
    same(&sample, &got); /* bytes of the payload as they are, a zero and a line end at its end included */
    for (uint32_t n = 0; n + 3 < b.n;
         n++) { /* without the whole of its last delimiter: refused, never half a payload */
        struct pp_str cut = {pp_buf_str(&b).s, n};
        assert_int_equal(pp_core_read(TYPE, cut, &got, &err), -1);
    }
    pp_buf_free(&b);
}

static void refuses(void **state) {
    struct pp_buf b;
    struct pp_core_envelope e = sample;
    (void)state;
    pp_buf_init(&b, 1 << 16);
    e.sender = PP_STR("LKS\r\nX: y");
    assert_int_equal(pp_core_write(&e, BOUNDARY, &b, &err), -1);
    assert_string_equal(err.msg, "SenderID holds a line end");
    e = sample;
    e.payload = PP_STR("ISA b0123456789abcdef");
    assert_int_equal(pp_core_write(&e, BOUNDARY, &b, &err), -1);
    assert_int_equal(pp_core_write(&sample, PP_STR_NONE, &b, &err), -1);
    pp_buf_free(&b);
}

static void reads_others(void **state) {
    /* one case a row: content type, body, payload; NULL: cannot be read */
    static const struct {
        const char *type, *body, *payload;
    } rows[] = {
        {"multipart/form-data; boundary=x",
         "--x\r\nContent-Disposition: form-data; name=\"Payload\"\r\n\r\nISA~\r\n--x--", "ISA~"},
        {"Multipart/Related; type=\"a;b\"; Boundary=\"x y\"",
         "--x y\nContent-Disposition: form-data; name=Payload\n\nISA~\n--x y--\n", "ISA~"},
        {"multipart/form-data; boundary=x",
         "preamble\r\n--x\r\ncontent-disposition: form-data; name=\"payload\"\r\nContent-Type: "
         "text/plain\r\n\r\nISA~\r\n--x--\r\nend",
         "ISA~"},
        {"multipart/form-data; boundary=x",
         "--x\r\nContent-Disposition: form-data; name=\"Other\"\r\n\r\nISA~\r\n--x--", ""},
        {"multipart/form-data; boundary=x",
         "--x\r\nContent-Disposition: form-data; name=\"Payload\"\r\n\r\nA --x B\r\n--x--", "A --x B"},
        {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"Payload\"\r\n\r\n\r\n--x--",
         ""},
        {"multipart/form-data; boundary=x", "--x--", ""},
        {"multipart/form-data; boundary=x", "", NULL},
        {"multipart/form-data; boundary=x", "no part at all", NULL},
        {"multipart/form-data", "--x--", NULL},
        {"application/json; boundary=x", "--x--", NULL},
        {"", "", NULL},
    };
    struct pp_core_envelope got;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rc = pp_core_read(pp_str_z(rows[i].type), pp_str_z(rows[i].body), &got, &err);
        if (rc != (rows[i].payload ? 0 : -1)) fail_msg("row %zu: %d", i, rc);
        if (rc == 0 && !pp_str_eqz(got.payload, rows[i].payload)) fail_msg("row %zu: %.*s", i, PP_FMT(got.payload));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(refuses),
        cmocka_unit_test(reads_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
