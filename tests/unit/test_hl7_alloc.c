/* Every allocation of the HL7 v2 codec failed in turn: the result is an error that says so, or it is whole. */
#include "alloc_fail.h"
#include "codec/hl7_ack.h"
#include "codec/hl7_notice.h"
#include "codec/mllp.h"
#include "hl7_help.h"

static uint64_t mix(uint64_t h, struct pp_str s) {
    for (uint32_t i = 0; i < s.n; i++) h = (h ^ (unsigned char)s.s[i]) * 1099511628211u;
    return (h ^ s.n) * 1099511628211u;
}

/* A number for all that a view gave; 0 = it failed. */
static uint64_t view_orders(struct pp_hl7_msg *m) {
    struct pp_hl7_orders r;
    uint64_t h = 1;
    if (pp_hl7_read_orders(m, &r, &err)) return 0;
    for (uint32_t i = 0; i < r.person.insurance_n; i++) {
        h = mix(h, r.person.insurance[i].member_id);
        h += r.person.insurance[i].certifications_n;
    }
    for (uint32_t i = 0; i < r.orders_n; i++) {
        h = mix(mix(h, r.orders[i].service.text), r.orders[i].notes);
        h += r.orders[i].modifiers_n + r.orders[i].reasons_n * 7 + r.orders[i].diagnoses_n * 31;
    }
    return h;
}
static uint64_t view_appointment(struct pp_hl7_msg *m) {
    struct pp_hl7_appointment a;
    if (pp_hl7_read_appointment(m, &a, &err)) return 0;
    return mix(mix(1, a.notes), a.provider.npi) + a.services_n + a.placer_orders_n * 7;
}
static uint64_t view_document(struct pp_hl7_msg *m) {
    struct pp_hl7_document d;
    if (pp_hl7_read_document(m, &d, &err)) return 0;
    return mix(mix(mix(1, d.content.text), d.content.bytes), d.title) + d.placer_orders_n;
}
static uint64_t view_results(struct pp_hl7_msg *m) {
    struct pp_hl7_results r;
    uint64_t h = 1;
    if (pp_hl7_read_results(m, &r, &err)) return 0;
    for (uint32_t i = 0; i < r.results_n; i++) h = mix(h, r.results[i].content.text);
    return h;
}
static uint64_t view_registration(struct pp_hl7_msg *m) {
    struct pp_hl7_registration r;
    if (pp_hl7_read_registration(m, &r, &err)) return 0;
    return mix(1, r.person.pid.mrn.value) + r.merges_n;
}
static uint64_t view_referral(struct pp_hl7_msg *m) {
    struct pp_hl7_referral r;
    if (pp_hl7_read_referral(m, &r, &err)) return 0;
    return mix(mix(1, r.notes), r.procedures[0].authorization->number.value) + r.parties_n;
}
static uint64_t view_charges(struct pp_hl7_msg *m) {
    struct pp_hl7_charges r;
    if (pp_hl7_read_charges(m, &r, &err)) return 0;
    return mix(1, r.charges[1].procedure.code) + r.charges_n;
}
static uint64_t rewrite(struct pp_hl7_msg *m) {
    struct pp_buf out;
    pp_buf_init(&out, 1 << 16);
    uint64_t h = pp_hl7_write(m, &out, &err) ? 0 : mix(1, pp_buf_str(&out));
    pp_buf_free(&out);
    return h;
}

static void views(void **state) {
    (void)state;
    static const struct {
        const char *file;
        uint64_t (*view)(struct pp_hl7_msg *m);
    } t[] = {
        {"orders.hl7", view_orders},   {"appointment.hl7", view_appointment}, {"document.hl7", view_document},
        {"result.hl7", view_results},  {"merge.hl7", view_registration},      {"referral.hl7", view_referral},
        {"charges.hl7", view_charges}, {"latin1.hl7", view_registration},     {"orders.hl7", rewrite},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct pp_str f = fixture(t[i].file);
        uint64_t whole = 0;
        long n = -1;
        for (bool more = true; more; n++) {
            struct pp_arena a;
            struct pp_hl7_msg m;
            pp_arena_init(&a, 1 << 20);
            alloc_fail_after(n); /* the first round fails none */
            uint64_t got = pp_hl7_parse(f, NULL, &a, &m, &err) ? 0 : t[i].view(&m);
            more = n < 0 || alloc_failed();
            alloc_fail_after(-1);
            if (n < 0) whole = got;
            if (got == 0 && n >= 0) assert_int_equal(err.kind, PP_ERR_LIMIT);
            if (got != 0) assert_int_equal(got, whole);
            pp_arena_free(&a);
        }
        assert_true(whole != 0);
        assert_true(n > 1);
    }
}

/* The framer drops what it has no memory for, tells it, and takes the next frame. */
static void frames(void **state) {
    (void)state;
    static const char two[] = "\vMSH|first\r\x1c\r\vMSH|second\r\x1c\r";
    long n = 0;
    for (bool more = true; more; n++) {
        struct pp_mllp m;
        struct pp_mllp_event e;
        unsigned got = 0, refused = 0;
        pp_mllp_init(&m, NULL);
        alloc_fail_after(n);
        for (size_t i = 0; i < sizeof two - 1;) {
            i += pp_mllp_feed(&m, two + i, sizeof two - 1 - i, 0, &e);
            got += e.what == PP_MLLP_FRAME;
            refused += e.what == PP_MLLP_ERROR;
            if (e.what == PP_MLLP_ERROR) assert_int_equal(e.reason, PP_MLLP_BAD_MEMORY);
        }
        more = alloc_failed();
        alloc_fail_after(-1);
        assert_int_equal(got + refused, 2);
        assert_int_equal(refused, more);
        pp_mllp_free(&m);
    }
    assert_true(n > 1);
}

static void writers(void **state) {
    (void)state;
    static const struct pp_hl7_notice notice = {
        .control_id = {"1", 1},
        .time = {"20261124", 8},
        .processing_id = {"P", 1},
        .patient = {.value = {"M1", 2}},
        .family = {"A", 1},
        .company = {.value = {"C", 1}},
        .placer = {.value = {"O", 1}},
        .service = {.code = {"X", 1}},
        .status = PP_HL7_NOTICE_PENDING,
        .text = {"words", 5},
    };
    long n = 0;
    for (bool more = true; more; n++) {
        struct pp_buf out;
        pp_buf_init(&out, 1 << 16);
        alloc_fail_after(n);
        int rc = pp_hl7_notice_order(&notice, &out, &err);
        more = alloc_failed();
        alloc_fail_after(-1);
        assert_int_equal(rc, more ? -1 : 0);
        if (rc) assert_int_equal(err.kind, PP_ERR_LIMIT);
        if (rc) assert_int_equal(out.n, 0);
        pp_buf_free(&out);
    }
    assert_true(n > 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(views), cmocka_unit_test(frames), cmocka_unit_test(writers)};
    return cmocka_run_group_tests(tests, begin, end);
}
