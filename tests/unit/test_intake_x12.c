/* Answers of payers by X12: each becomes a message of its own, routed by the number in it. */
#include "receive_help.h"

static char mine[PP_TRACE_MAX + 1], other[PP_TRACE_MAX + 1];

#define ISA(sender, control)                                                                                           \
    "ISA*00*          *00*          *ZZ*" sender "          *ZZ*LKS001         *261124*0900*^*00501*" control          \
    "*0*T*:~\n"
#define GS(function, control, guide) "GS*" function "*95701*LKS001*20261124*0900*" control "*X*" guide "~\n"

static int begin(void **state) {
    static const char *const packs[] = {
        PACK_HEAD("payers") "payer\tname\tlob\tchannel\tzone\tbase_url\tisa_sender_type\tisa_sender\t"
                            "isa_receiver_type\tisa_receiver\n"
                            "harbor\tHarbor\tcommercial\tx12-file\tUTC\tfile:///x\tZZ\tLKS001\tZZ\t95701\n",
        NULL};
    static const struct pp_uuid a = {{1, 2, 3}}, b = {{4, 5, 6}};
    (void)state;
    pp_trace_make(a, 1, mine);
    pp_trace_make(b, 7, other);
    return begin_with("clearing", packs);
}

static const struct ev_payer_answer_reported *answer(const struct rcv_reading *r, int n, struct pp_str *ret_blob) {
    const struct rcv_report *p = nth(r, n);
    assert_non_null(p);
    assert_int_equal(p->kind, RCV_PAYER);
    assert_int_equal(p->ev.type, EV_PAYER_ANSWER_REPORTED);
    *ret_blob = p->blob;
    return p->ev.as.payer_answer_reported;
}

static struct pp_str review(const char *purpose, const char *trace, const char *member, int st) {
    return pp_arena_printf(&arena,
                           "ST*278*%04d*005010X217~\nBHT*0007*%s*B1*20261124*0900~\nHL*1**20*1~\nNM1*X3*2*HARBOR~\n"
                           "NM1*IL*1*DOE****MI*%s~\nTRN*2*%s*9000000000~\nHCR*A1*AUTH1~\nSE*8*%04d~\n",
                           st, purpose, member, trace, st);
}

/* One group of `sets` reviews. */
static struct pp_str interchange(const char *sender, int number, int sets, struct pp_str reviews) {
    return pp_arena_printf(&arena, ISA("%s", "%09d") GS("HI", "%d", "005010X217") "%.*sGE*%d*%d~\nIEA*1*%09d~\n",
                           sender, number, number, PP_FMT(reviews), sets, number, number);
}

static void one_message_for_each_answer(void **state) {
    struct rcv_reading r;
    struct pp_str blob;
    (void)state;
    struct pp_str one = review("11", mine, "M1", 1), two = review("11", other, "M2", 2);
    struct pp_str both = pp_arena_printf(&arena, "%.*s%.*s", PP_FMT(one), PP_FMT(two));
    rcv_read_x12(&src, PP_STR_NONE, interchange("95701", 7, 2, both), &r);
    assert_int_equal(r.nrefusals, 0);
    assert_int_equal(r.nreports, 2);
    assert_true(pp_str_eqz(r.type, "278"));
    const struct ev_payer_answer_reported *e = answer(&r, 0, &blob);
    assert_true(pp_str_eqz(e->payer, "harbor") && pp_str_eqz(e->trace, mine));
    assert_int_equal(e->channel, EV_PAYER_ANSWER_REPORTED_CHANNEL_X12);
    assert_int_equal(e->kind, EV_PAYER_ANSWER_REPORTED_KIND_RESPONSE);
    assert_true(holds(blob, "*MI*M1~") && !holds(blob, "M2")); /* nobody gets another one's answer */
    assert_true(holds(blob, "GE*1*7~IEA*1*000000007~"));
    e = answer(&r, 1, &blob);
    assert_true(pp_str_eqz(e->trace, other) && holds(blob, "*MI*M2~") && !holds(blob, "M1~"));
    /* what was cut out is a whole interchange again */
    rcv_read_x12(&src, PP_STR_NONE, blob, &r);
    assert_int_equal(r.nrefusals, 0);
    assert_int_equal(r.nreports, 1);
}

/* A payer that refuses above the event gives no TRN back: then our number stands in BHT03. */
static void found_by_the_batch_reference(void **state) {
    struct rcv_reading r;
    struct pp_str blob;
    (void)state;
    struct pp_str file = pp_arena_printf(
        &arena,
        ISA("95701", "000000012")
            GS("HI", "12", "005010X217") "ST*278*0001*005010X217~\n"
                                         "BHT*0007*11*%s*20261124*0900~\nHL*1**20*0~\nNM1*X3*2*HARBOR~\nAAA*N**42*P~\n"
                                         "SE*6*0001~\nGE*1*12~\nIEA*1*000000012~\n",
        mine);
    rcv_read_x12(&src, PP_STR_NONE, file, &r);
    assert_true(pp_str_eqz(answer(&r, 0, &blob)->trace, mine));
}

static void acknowledgements(void **state) {
    static const struct {
        const char *body, *control; /* NULL: refused */
    } rows[] = {
        {"TA1*482910337*261124*0900*R*024~\nIEA*0*000000008~\n", "482910337"},
        {"TA1*000000042*261124*0900*A*000~\nIEA*0*000000008~\n", "000000042"},
        {GS("FA", "8", "005010X231A1") "ST*999*0001*005010X231A1~\nAK1*HI*482910337*005010X217~\nAK2*278*0001~\n"
                                       "IK5*R*5~\nAK9*R*1*1*0~\nSE*6*0001~\nGE*1*8~\nIEA*1*000000008~\n",
         "482910337"},
        {GS("FA", "8", "005010X231A1") "ST*999*0001*005010X231A1~\nAK1*HI*42*005010X217~\nAK9*A*1*1*1~\nSE*4*0001~\n"
                                       "GE*1*8~\nIEA*1*000000008~\n",
         "000000042"}, /* zeros taken off on the way */
        {GS("FA", "8", "005010X230") "ST*997*0001~\nAK1*HI*42~\nAK9*A*1*1*1~\nSE*4*0001~\nGE*1*8~\nIEA*1*000000008~\n",
         "000000042"},
        {GS("FA", "8", "005010X231A1") "ST*999*0001*005010X231A1~\nAK1*HI*NONE~\nAK9*A*1*1*1~\nSE*4*0001~\n"
                                       "GE*1*8~\nIEA*1*000000008~\n",
         NULL},
    };
    struct rcv_reading r;
    struct pp_str blob;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pp_str file = pp_arena_printf(&arena, ISA("95701", "000000008") "%s", rows[i].body);
        rcv_read_x12(&src, PP_STR_NONE, file, &r);
        if (!rows[i].control) {
            assert_int_equal(r.nreports, 0);
            assert_int_equal(r.nrefusals, 1);
            continue;
        }
        if (r.nrefusals) fail_msg("row %zu: %.*s", i, PP_FMT(r.refusals->reason));
        const struct ev_payer_answer_reported *e = answer(&r, 0, &blob);
        assert_int_equal(e->kind, EV_PAYER_ANSWER_REPORTED_KIND_ACKNOWLEDGEMENT);
        if (!pp_str_eqz(e->control, rows[i].control)) fail_msg("row %zu: %.*s", i, PP_FMT(e->control));
    }
}

static void from_whom(void **state) {
    struct rcv_reading r;
    struct pp_str blob, body = review("11", mine, "M1", 1);
    (void)state;
    struct pp_str file = interchange("UNKNO", 9, 1, body);
    rcv_read_x12(&src, PP_STR_NONE, file, &r);
    assert_int_equal(r.nreports, 0);
    assert_true(holds(r.refusals->reason, "no payer of the directory"));
    /* by the way it came: a call-back, or the exchange folder of the payer */
    rcv_read_x12(&src, PP_STR("harbor"), file, &r);
    assert_true(pp_str_eqz(answer(&r, 0, &blob)->payer, "harbor"));
    rcv_read_payer(&src, PP_STR("harbor"), PP_STR("application/EDI-X12; charset=x"), file, &r);
    assert_true(pp_str_eqz(answer(&r, 0, &blob)->trace, mine));
}

static void requests_of_others_are_not_used(void **state) {
    struct rcv_reading r;
    struct pp_str body = review("13", mine, "M1", 1);
    (void)state;
    struct pp_str file = interchange("95701", 10, 1, body);
    rcv_read_x12(&src, PP_STR_NONE, file, &r);
    assert_true(r.not_used);
    assert_int_equal(r.nreports, 0);
    /* one that is cut says nothing, and it is told */
    file.n -= 40;
    rcv_read_x12(&src, PP_STR_NONE, file, &r);
    assert_int_equal(r.nreports, 0);
    assert_true(r.nrefusals > 0);
}

/* It goes to the payer's own unit: there is no number of ours in it. */
static void an_answer_to_nobody_that_we_know_of(void **state) {
    struct rcv_reading r;
    struct pp_str blob;
    (void)state;
    rcv_read_x12(&src, PP_STR_NONE, interchange("95701", 11, 1, review("11", "NOTOURS", "M1", 1)), &r);
    assert_int_equal(answer(&r, 0, &blob)->trace.n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_message_for_each_answer),
        cmocka_unit_test(found_by_the_batch_reference),
        cmocka_unit_test(acknowledgements),
        cmocka_unit_test(from_whom),
        cmocka_unit_test(requests_of_others_are_not_used),
        cmocka_unit_test(an_answer_to_nobody_that_we_know_of),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
