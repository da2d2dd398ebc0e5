/* 277CA, 276, 277 and the request for information as they are read. */
#include "codec/x12_277.h"
#include "alloc_fail.h"
#include "x12_feed.h"

static int put_status(void *user, const struct pp_277 *s) {
    static const char *const kinds[] = {"status", "ca", "info", "inquiry"};
    static const char *const levels[] = {"source", "receiver", "provider", "subscriber", "patient", "line"};
    static const char *const verdicts[] = {"not-said", "accepted", "rejected", "pended", "final", "requests"};
    (void)user;
    pp_buf_printf(&text, "%s %s %s", kinds[s->kind], levels[s->level], verdicts[pp_277_of(s)]);
    put("batch", s->batch_trace);
    put("receiver", s->receiver.name);
    put("npi", s->provider.npi);
    put("patient", s->patient.name);
    put("member", s->patient.id);
    put("trace", s->trace.number);
    put("1K", s->payer_claim_no);
    put("D9", s->clearinghouse_no);
    put("bill", s->bill_type);
    put("account", s->account);
    put("control", s->line_control);
    put("attachment", s->attachment_control);
    put("revenue", s->revenue);
    put("code", s->code);
    put_date("from", s->service_from);
    put_date("until", s->service_until);
    for (uint32_t i = 0; i < s->status_n; i++) {
        const struct pp_277_status *t = &s->status[i];
        pp_buf_printf(&text, " [%.*s:%.*s:%.*s:%.*s", PP_FMT(t->category), PP_FMT(t->code), PP_FMT(t->entity),
                      PP_FMT(t->list));
        put_date("", t->date);
        put("", t->action);
        put("", t->amount);
        put("paid", t->paid);
        put("says", t->message);
        pp_buf_addc(&text, ']');
    }
    pp_buf_addc(&text, '\n');
    return 0;
}
static const struct pp_277_handlers to_text = {.status = put_status, .transaction = put_verdict};
static int read_whole(void) { return pp_x12_277_bytes(&tolerant, pp_buf_str(&file), &to_text); }
static int event(void *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return pp_x12_277_event(v, r, e);
}
static void read_in(size_t first, size_t piece) {
    struct pp_x12_277 *v = pp_x12_277_open(&to_text, 0);
    feed_file(first, piece, v, event);
    pp_x12_277_close(v);
}

static const char *const ca =
    "BHT*0085*08*X1*20261124*0815*TH~HL*1**20*1~NM1*PR*2*MERIDIAN*****PI*MER01~TRN*1*A1~DTP*050*D8*20261124~"
    "HL*2*1*21*1~NM1*41*2*LAKESIDE*****46*L~TRN*2*B0001~STC*A1:19:PR*20261124*WQ*1500~QTY*90*1~HL*3*2*19*1~"
    "NM1*85*2*LAKESIDE GROUP*****XX*1992730001~HL*4*3*PT~NM1*QC*1*ALVAREZ*ROSA****MI*W1~TRN*2*PCN-1~"
    "STC*A2:20*20261124*WQ*1500~REF*1K*ICN-9~REF*D9*CH-1~REF*BLT*131~DTP*472*RD8*20261203-20261204~"
    "SVC*HC:72148*1200**0610~STC*A2:20*20261124*WQ~REF*FJ*L1~DTP*472*D8*20261203~HL*5*3*PT~"
    "NM1*QC*1*BOND*KIM****MI*X1~TRN*2*PCN-2~STC*A7:562:85*20261124*U*100******A7:21*A8:128:QC*bad npi~";

static const struct {
    const char *guide, *set, *body, *want;
} files[] = {
    {"005010X214", "277", NULL,
     "ca receiver accepted batch=B0001 receiver=LAKESIDE trace=B0001 [A1:19:PR: =2026-11-24 =WQ =1500]\n"
     "ca patient accepted batch=B0001 receiver=LAKESIDE npi=1992730001 patient=ALVAREZ member=W1 trace=PCN-1 1K=ICN-9 "
     "D9=CH-1 bill=131 from=2026-12-03 until=2026-12-04 [A2:20:: =2026-11-24 =WQ =1500]\n"
     "ca line accepted batch=B0001 receiver=LAKESIDE npi=1992730001 patient=ALVAREZ member=W1 trace=PCN-1 1K=ICN-9 "
     "D9=CH-1 bill=131 control=L1 revenue=0610 code=72148 from=2026-12-03 until=2026-12-03 [A2:20:: =2026-11-24 =WQ]\n"
     "ca patient rejected batch=B0001 receiver=LAKESIDE npi=1992730001 patient=BOND member=X1 trace=PCN-2 "
     "[A7:562:85: =2026-11-24 =U =100 says=bad npi] [A7:21:: =2026-11-24 =U =100 says=bad npi] "
     "[A8:128:QC: =2026-11-24 =U =100 says=bad npi]\naccepted 4\n"},
    /* two claims of a subscriber, and one of the dependent below */
    {"005010X212", "277",
     "BHT*0010*08*X1*20261124*0815*DG~HL*1**20*1~NM1*PR*2*M~HL*2*1*21*1~NM1*41*2*L~HL*3*2*19*1~"
     "NM1*1P*2*G*****XX*1992730001~HL*4*3*22*1~NM1*IL*1*BOND*JIM****MI*X1~TRN*2*T1~STC*F1:65*20261124**100*80~"
     "REF*1K*I1~TRN*2*T2~STC*P1:20*20261124~HL*5*4*23~NM1*QC*1*BOND*KIM~TRN*2*T3~STC*R4:11506-3::LOI*20261124~"
     "REF*EJ*ACC~DTP*232*RD8*20261201-20261205~",
     "status subscriber final receiver=L npi=1992730001 patient=BOND member=X1 trace=T1 1K=I1 "
     "[F1:65:: =2026-11-24 =100 paid=80]\n"
     "status subscriber pended receiver=L npi=1992730001 patient=BOND member=X1 trace=T2 [P1:20:: =2026-11-24]\n"
     "status patient requests receiver=L npi=1992730001 patient=BOND member=X1 trace=T3 account=ACC from=2026-12-01 "
     "until=2026-12-05 [R4:11506-3::LOI =2026-11-24]\naccepted 3\n"},
    {"005010X212", "276",
     "BHT*0010*13*X1*20261124*0815~HL*1**20*1~HL*2*1*21*1~HL*3*2*19*1~NM1*1P*2*G*****XX*1992730001~HL*4*3*22~"
     "NM1*IL*1*BOND*JIM****MI*X1~TRN*1*T1~REF*BLT*131~DTP*472*D8*20261203~SVC*HC:99213*80~TRN*1*T2~",
     "inquiry subscriber not-said npi=1992730001 patient=BOND member=X1 trace=T1 bill=131 from=2026-12-03 "
     "until=2026-12-03\n"
     "inquiry subscriber not-said npi=1992730001 patient=BOND member=X1 trace=T2\naccepted 2\n"},
    {"006020X313", "277",
     "BHT*0085*48*X1*20261124*0815*RQ~HL*1**20*1~HL*2*1*21*1~HL*3*2*19*1~HL*4*3*PT~NM1*QC*1*BOND*JIM****MI*X1~"
     "TRN*1*ACN-77~STC*R4:18842-5::LOI*20261124~REF*1K*I1~",
     "info patient requests patient=BOND member=X1 trace=ACN-77 1K=I1 attachment=ACN-77 "
     "[R4:18842-5::LOI =2026-11-24]\naccepted 1\n"},
    {"005010X212", "277", "BHT*0010*08*X1*20261124*0815*DG~HL*1**21~TRN*2*B~STC*E0:24*20261124~",
     "status receiver rejected batch=B trace=B [E0:24:: =2026-11-24]\naccepted 1\n"},
    {"005010X212", "277", "HL*1**20*1~HL*2*1*77~",
     "refused 0\nE 2000A HL03 this level does not exist here (20, 21, 19, 22, 23, PT)\n"},
    {"005010X212", "277", "HL*1**22*1~SVC*HC:1*1~", "refused 0\nE 2000D SVC00 a service line outside of a claim\n"},
    {"005010X212", "277", "HL*1**22*1~TRN*2*T~STC*A1:1*20261399~", "refused 0\nE 2000D STC02 this is no date\n"},
    {"005010X212", "277", "HL*1**22*1~TRN*2*T~STC*A1:1**WQ*x~",
     "refused 0\nE 2000D STC04 this is no amount or quantity\n"},
    {"005010X212", "277", "HL*1**22*1~", "refused 0\nE  SE00 the transaction holds nothing to be read\n"},
    {"004010X093", "277", "HL*1**22*1~",
     "refused 0\nE  ST03 this guide is not read here; 005010X212, 005010X213, 005010X214 and 006020X313 are\n"},
};

static void every(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        make_file(strcmp(files[i].set, "276") == 0 ? "HR" : "HN", files[i].guide, files[i].set,
                  files[i].body ? files[i].body : ca);
        pp_buf_reset(&text);
        assert_int_equal(read_whole(), 0);
        if (strcmp(text_z(), files[i].want) != 0) fail_msg("%zu: wanted\n%s\ngot\n%s", i, files[i].want, text.p);
    }
}

static void categories(void **state) {
    (void)state;
    static const char *const list[] = {"A0 1", "A1 1", "A2 1", "A3 2", "A4 2", "A5 1", "A6 2",  "A7 2", "A8 2", "E0 2",
                                       "E1 2", "F0 4", "F4 4", "P0 3", "P5 3", "R0 5", "R16 0", "D0 0", "X9 0", "A9 0"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct pp_str rest = pp_str_z(list[i]), code = pp_str_split(&rest, ' ');
        assert_int_equal(pp_277_of_category(code), rest.s[0] - '0');
    }
    assert_int_equal(pp_277_of_category(PP_STR_NONE), PP_277_NOT_SAID);
}

static void cuts_and_memory(void **state) {
    (void)state;
    make_file("HN", "005010X214", "277", ca);
    check_cuts(read_in);
    check_memory(read_whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every), cmocka_unit_test(categories),
                                       cmocka_unit_test(cuts_and_memory)};
    feed_begin();
    return feed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
