/* What the profile of a sender changes: the same bytes, read for senders with different rows, and for one without. */
#include "codec/hl7_ack.h"
#include "intake/door/envelope.h"

#include "receive_help.h"

static const char pack[] = PACK_HEAD(
    "senders") "sender\tcharset\tcharset_forced\tmixed_ends\tnull_is_empty\tnpi_unmarked\tversions\tprocessing\t"
               "mrn_type\tmrn_authority\tmember\tstart\taccount\tvisit\torder\n"
               "lab/*\t8859/1\tyes\tyes\tyes\t\t\t\tPI\tLABSYS\tIN1-49\tAIS-4\tPID-3\tSCH-1\tORC-3\n"
               "clinic/*\t\t\t\t\tyes\t\t\tMR\tCLINIC\tIN2-61\tAIL-6\tPV1-19\tPV1-19\t\n"
               "strict/*\t\t\t\t\t\t2.3|2.5.1\tP\t\t\t\t\t\t\t\n";

static int begin(void **state) {
    static const char *const packs[] = {pack, NULL};
    (void)state;
    return begin_with("", packs);
}

static void read_as(const char *sender, struct pp_str m, struct rcv_reading *r) {
    pp_arena_reset(&arena);
    src.sender = pp_str_z(sender);
    rcv_read_hl7(&src, m, r);
}

static const struct rcv_report *of_type(const struct rcv_reading *r, enum ev_type type) {
    const struct rcv_report *p = r->first;
    while (p && p->ev.type != type) p = p->next;
    if (!p) fail_msg("there is no %s", ev_type_name(type));
    return p;
}

static struct pp_str key_of(const struct rcv_key *k, int n, enum rcv_key_kind kind) {
    for (int i = 0; i < n; i++)
        if (k[i].kind == kind) return k[i].value;
    return PP_STR_NONE;
}

static void assert_says(struct pp_str is, const char *want, const char *sender, const char *what) {
    if (!pp_str_eqz(is, want)) fail_msg("%s, %s: wanted \"%s\", got \"%.*s\"", sender, what, want, PP_FMT(is));
}

/* One order with all the places filled in. The name has a Latin-1 letter under MSH-18 "UTF-8", the phone is "". */
#define ORDER                                                                                                          \
    "MSH|^~\\&|APP|FAC|PP|PP|20261124070500||ORM^O01|M1|P|2.5.1||||||UNICODE UTF-8\r"                                  \
    "PID|1||M1^^^CLINIC^MR~P7^^^LABSYS^PI~M2^^^OTHER^MR~A5^^^H^AN||M\xfcller^ANNA||19590312|F||||||||||A9\r"           \
    "PV1|1|O|||||||||||||||||V3\r"                                                                                     \
    "IN1|1|HMO|MERID|||||||||||||||||||||||||||||||||MA36|||||||||||||MA49\r"                                          \
    "IN2|||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||MA61\r"                                           \
    "ORC|NW|PL-1|FI-2|||||||||1003900101^ABARA^NADIA\r"                                                                \
    "OBR|1|PL-1|FI-2|72148^MRI^C4\r"

static void one_order_three_readings(void **state) {
    (void)state;
    static const struct {
        const char *sender, *mrn, *account, *order_no, *filler_no, *member, *npi;
    } t[] = {
        {"ehr/APP/FAC", "M1", "A9", "PL-1", "FI-2", "MA36", ""},
        {"lab/APP/FAC", "P7", "A5", "FI-2", "FI-2", "MA49", ""},
        {"clinic/APP/FAC", "M1", "V3", "PL-1", "FI-2", "MA61", "1003900101"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct rcv_reading r;
        read_as(t[i].sender, PP_STR(ORDER), &r);
        assert_int_equal(r.nrefusals, 0);
        const struct rcv_report *p = of_type(&r, EV_ORDER_REPORTED);
        const struct rcv_subject *s = p->subject;
        assert_says(key_of(s->who, s->nwho, RCV_KEY_MRN), t[i].mrn, t[i].sender, "record number");
        assert_says(key_of(s->who, s->nwho, RCV_KEY_ACCOUNT), t[i].account, t[i].sender, "account");
        assert_says(key_of(s->about, s->nabout, RCV_KEY_ORDER), t[i].order_no, t[i].sender, "order");
        assert_says(p->ev.as.order_reported->order_no, t[i].order_no, t[i].sender, "order of the fact");
        assert_says(p->ev.as.order_reported->filler_no, t[i].filler_no, t[i].sender, "filler");
        assert_says(p->ev.as.order_reported->ordering.npi, t[i].npi, t[i].sender, "NPI");
        assert_says(of_type(&r, EV_COVERAGE_REPORTED)->ev.as.coverage_reported->coverage.member_id, t[i].member,
                    t[i].sender, "member id");
        assert_says(s->family, "M\xc3\xbcLLER", t[i].sender, "family name");
    }
}

#define SIU                                                                                                            \
    "MSH|^~\\&|APP|FAC|PP|PP|20261124070500||SIU^S12|M1|P|2.5.1\r"                                                     \
    "SCH|PA-1|FA-2|||||||||^^^20261201080000|||||||||||||||PO-5|FO-6\r"                                                \
    "PID|1||M1^^^CLINIC^MR\rPV1|1|O|||||||||||||||||V3\r"                                                              \
    "AIS|1||72148^MRI^C4|20261201090000\rAIL|1||ROOM|||20261201100000\r"

static void one_appointment_three_readings(void **state) {
    (void)state;
    static const struct {
        const char *sender, *visit_no, *order_no;
        int hour;
    } t[] = {
        {"ehr/APP/FAC", "FA-2", "PO-5", 8}, {"lab/APP/FAC", "PA-1", "FO-6", 9}, {"clinic/APP/FAC", "V3", "PO-5", 10}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct rcv_reading r;
        read_as(t[i].sender, PP_STR(SIU), &r);
        assert_int_equal(r.nrefusals, 0);
        const struct rcv_report *p = of_type(&r, EV_VISIT_REPORTED);
        const struct ev_visit_reported *e = p->ev.as.visit_reported;
        assert_says(e->visit_no, t[i].visit_no, t[i].sender, "visit");
        assert_says(key_of(p->subject->about, p->subject->nabout, RCV_KEY_APPOINTMENT), t[i].visit_no, t[i].sender,
                    "appointment key");
        assert_says(e->order_no, t[i].order_no, t[i].sender, "order");
        assert_says(key_of(p->subject->about, p->subject->nabout, RCV_KEY_ORDER), t[i].order_no, t[i].sender,
                    "order key");
        assert_int_equal(e->start / 3600000 % 24, t[i].hour); /* no site, no zone: UTC */
    }
}

#define MDM                                                                                                            \
    "MSH|^~\\&|APP|FAC|PP|PP|20261124070500||MDM^T02|M1|P|2.5.1\rPID|1||M1^^^CLINIC^MR\r"                              \
    "TXA|1|CN|TX|||||||||D1||PO-5|FO-6||AU\rOBX|1|TX|1^note||seen\r"
#define ORU                                                                                                            \
    "MSH|^~\\&|APP|FAC|PP|PP|20261124070500||ORU^R01|M1|P|2.5.1\rPID|1||M1^^^CLINIC^MR\r"                              \
    "OBR|1|PO-5|FO-6|X^x^L|||20261124||||||||||||||||||F\rOBX|1|TX|1^note||seen\r"

static void documents_name_their_order(void **state) {
    (void)state;
    static const char *const messages[] = {MDM, ORU};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        struct rcv_reading r;
        read_as("ehr/APP/FAC", pp_str_z(messages[i]), &r);
        assert_says(of_type(&r, EV_DOCUMENT_REPORTED)->ev.as.document_reported->order_no, "PO-5", "ehr", "order");
        read_as("lab/APP/FAC", pp_str_z(messages[i]), &r);
        const struct rcv_report *p = of_type(&r, EV_DOCUMENT_REPORTED);
        assert_says(p->ev.as.document_reported->order_no, "FO-6", "lab", "order");
        assert_says(key_of(p->subject->about, p->subject->nabout, RCV_KEY_ORDER), "FO-6", "lab", "order key");
    }
}

/* PV1-19 stands for the account of the PID before it only. */
static void a_visit_belongs_to_its_patient(void **state) {
    (void)state;
    static const char m[] = "MSH|^~\\&|APP|FAC|PP|PP|20261124||ADT^A40|M1|P|2.5.1\rEVN|A40|20261124\r"
                            "PID|1||M1^^^CLINIC^MR\rMRG|M0^^^CLINIC^MR\r"
                            "PID|1||M8^^^CLINIC^MR\rMRG|M7^^^CLINIC^MR\rPV1|1|O|||||||||||||||||V3\r";
    struct rcv_reading r;
    read_as("clinic/APP/FAC", PP_STR(m), &r);
    const struct rcv_report *p = of_type(&r, EV_PATIENT_MERGED);
    assert_says(key_of(p->subject->who, p->subject->nwho, RCV_KEY_ACCOUNT), "", "clinic", "account of the first");
    while ((p = p->next) && p->ev.type != EV_PATIENT_MERGED) {
    }
    assert_non_null(p);
    assert_says(key_of(p->subject->who, p->subject->nwho, RCV_KEY_ACCOUNT), "V3", "clinic", "account of the second");
}

/* Where CR and LF both end segments nobody but such a sender is understood, and its "" deletes nothing. */
static void mixed_ends(void **state) {
    (void)state;
    static const char m[] = "MSH|^~\\&|APP|FAC|PP|PP|20261124||ADT^A04|M1|P|2.5.1\rEVN|A04|20261124\n"
                            "PID|1||P7^^^LABSYS^PI||A^B\r";
    struct rcv_reading r;
    struct door_envelope e;
    read_as("ehr/APP/FAC", PP_STR(m), &r);
    assert_int_equal(r.nrefusals, 1);
    assert_non_null(strstr(r.refusals->reason.s, "mixed line ends"));
    read_as("lab/APP/FAC", PP_STR(m), &r);
    assert_int_equal(r.nrefusals, 0);
    (void)of_type(&r, EV_PATIENT_REPORTED);
    /* the door's key needs the patient too */
    assert_true(door_envelope_of(PP_STR(m), PP_STR_NONE, PP_STR("t"), PP_STR("lab"), refs, &arena, &e));
    assert_says(e.patient, "P7", "lab", "patient of the envelope");
    assert_says(e.sender, "lab/APP/FAC", "lab", "sender");
    assert_true(door_envelope_of(PP_STR(m), PP_STR_NONE, PP_STR("t"), PP_STR("lab"), NULL, &arena, &e));
    assert_says(e.patient, "", "lab, no packs", "patient of the envelope");
}

/* Version and processing id: what the door answers, and what receive keeps for a person. */
static void admission(void **state) {
    (void)state;
    static const struct {
        const char *partner, *processing, *version, *says, *code;
    } t[] = {
        {"ehr", "T", "2.2", "", ""},
        {"strict", "P", "2.5.1", "", ""},
        {"strict", "P", "2.3", "", ""},
        {"strict", "P^T", "2.3^USA", "", ""},
        {"strict", "", "", "", ""},
        {"strict", "P", "2.5", "segment 1 MSH-12.1: the profile of this sender excludes the version", "203"},
        {"strict", "T", "2.5.1", "segment 1 MSH-11.1: the profile of this sender excludes the processing id", "202"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct pp_hl7_msg m;
        struct pp_hl7_msh msh;
        struct pp_err err = {0};
        struct rcv_reading r;
        struct pp_buf out;
        char text[300], sender[32];
        snprintf(text, sizeof text, "MSH|^~\\&|APP|FAC|PP|PP|20261124||ADT^A04|M1|%s|%s\rEVN|A04\rPID|1||M1\r",
                 t[i].processing, t[i].version);
        snprintf(sender, sizeof sender, "%s/APP/FAC", t[i].partner);
        read_as(sender, pp_str_z(text), &r);
        assert_int_equal(r.nrefusals, t[i].says[0] != 0);
        if (r.nrefusals) assert_says(r.refusals->reason, t[i].says, sender, "refusal");
        assert_int_equal(door_hl7_parse(pp_str_z(text), pp_str_z(t[i].partner), refs, &arena, &m, &msh, &err), 0);
        assert_int_equal(pp_hl7_admit(&m, &msh, &err), t[i].says[0] ? -1 : 0);
        if (!t[i].says[0]) continue;
        assert_string_equal(err.msg, t[i].says);
        pp_buf_init(&out, 4096);
        pp_hl7_ack_write(&m,
                         &(struct pp_hl7_ack){.outcome = PP_HL7_REJECT,
                                              .control_id = PP_STR("1"),
                                              .text = pp_str_z(err.msg),
                                              .faults = m.faults,
                                              .faults_n = m.faults_n},
                         &out);
        pp_buf_addc(&out, '\0');
        assert_non_null(strstr(out.p, "MSA|AR|M1"));
        assert_non_null(strstr(out.p, t[i].code));
        pp_buf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_order_three_readings),
        cmocka_unit_test(one_appointment_three_readings),
        cmocka_unit_test(documents_name_their_order),
        cmocka_unit_test(a_visit_belongs_to_its_patient),
        cmocka_unit_test(mixed_ends),
        cmocka_unit_test(admission),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
