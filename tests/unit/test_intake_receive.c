/* Messages to facts: what receive reads of each kind of message, as the JSON of the facts. */
#include "receive_help.h"

static int begin(void **state) {
    static const char *const packs[] = {
        PACK_HEAD("sites") "site\tname\tstate\tzone\tpos\tnpi\torganization\taddress\tcity\tzip\tphone\n"
                           "lks\tLakeside\tIL\tAmerica/Chicago\t22\t\t\t\t\t\t\n",
        PACK_HEAD("locations") "sender\tlocation\tsite\n*\tLKSMRI\tlks\n", NULL};
    (void)state;
    return begin_with("ehr/EHR/LKS", packs);
}

static bool has_key(const struct rcv_key *k, int n, enum rcv_key_kind kind, const char *authority, const char *value) {
    for (int i = 0; i < n; i++)
        if (k[i].kind == kind && pp_str_eqz(k[i].authority, authority) && pp_str_eqz(k[i].value, value)) return true;
    return false;
}

#define PID "PID|1||4821^^^LAKE^MR||KOWALSKI^ANNA||19590312|F|||12 Invented Street^^Chicago^IL^60611\r"
#define MSH(type) "MSH|^~\\&|EHR|LKS|PP|LKS|20261124070500||" type "|M1|P|2.5.1\r"

static void an_order_with_coverage(void **state) {
    (void)state;
    static const char m[] = MSH("ORM^O01") PID
        "PV1|1|O|LKSMRI\r"
        "IN1|1|HMO|MERID|Meridian "
        "Advantage||||G1||||20260101|20261231||HMO|KOWALSKI^ANNA|SEL|19590312||||1||||||||||||||MA8\r"
        "ORC|NW|O-1^EHR||GRP-1|||||20261124070500|||1003900101^ABARA^NADIA^^^^^^NPI^^^^NPI\r"
        "OBR|1|O-1^EHR||72148^MRI LUMBAR^C4\rDG1|1||M54.16^^I10|||W\r";
    struct rcv_reading r;
    rcv_read_hl7(&src, PP_STR(m), &r);
    assert_int_equal(r.nrefusals, 0);
    assert_int_equal(r.nreports, 3);
    assert_fact(nth(&r, 0), EV_PATIENT_REPORTED, "\"mrn\":\"4821\"", "\"birth_date\":\"1959-03-12\"", "\"sex\":\"f\"",
                NULL);
    assert_fact(nth(&r, 1), EV_COVERAGE_REPORTED, "\"payer_code\":\"MERID\"", "\"member_id\":\"MA8\"",
                "\"relation\":\"self\"", NULL);
    assert_fact(nth(&r, 2), EV_ORDER_REPORTED, "\"order_no\":\"O-1\"", "\"group_no\":\"GRP-1\"", "\"action\":\"new\"",
                "\"code\":\"72148\"", "\"diagnoses\":[\"M54.16\"]", "\"site\":\"lks\"", "\"npi\":\"1003900101\"",
                "\"ordered_at\":\"2026-11-24T13:05:00.000Z\"", NULL);
    const struct rcv_subject *s = nth(&r, 2)->subject;
    assert_true(has_key(s->who, s->nwho, RCV_KEY_MRN, "LAKE", "4821"));
    assert_true(has_key(s->who, s->nwho, RCV_KEY_MEMBER, "*", "MA8|1959-03-12|KOWALSKI|ANNA"));
    assert_true(has_key(s->about, s->nabout, RCV_KEY_ORDER, "EHR", "O-1"));
}

static void a_cancellation_needs_no_service(void **state) {
    (void)state;
    static const char m[] = MSH("ORM^O01") PID "ORC|CA|O-1^EHR\r";
    struct rcv_reading r;
    rcv_read_hl7(&src, PP_STR(m), &r);
    assert_int_equal(r.nrefusals, 0);
    assert_int_equal(r.nreports, 2);
    assert_fact(nth(&r, 1), EV_ORDER_REPORTED, "\"order_no\":\"O-1\"", "\"action\":\"cancel\"", NULL);
}

#define RF1 "RF1|P|A||||RF-77^EHR|20261124|20270224\r"
#define PRD "PRD|RP|ABARA^NADIA|||||1003900101^NPI\r"

/* One procedure makes an order of a referral; its trigger says what becomes of it. */
static void a_referral(void **state) {
    (void)state;
    static const struct {
        const char *m, *action;
    } t[] = {
        {MSH("REF^I12") RF1 PRD PID "PR1|1||27447^Knee^C4||20270110\rAUT||MERID||||||2\r", "\"action\":\"new\""},
        {MSH("REF^I13") RF1 PRD PID "PR1|1||27447^Knee^C4||20270110\rAUT||MERID||||||2\r", "\"action\":\"change\""},
        {MSH("RQA^I08") RF1 PRD PID "PR1|1||27447^Knee^C4||20270110\rAUT||MERID||||||2\r", "\"action\":\"new\""},
        {MSH("RQA^I10") RF1 PRD PID "PR1|1||27447^Knee^C4||20270110\rAUT||MERID||||||2\r", "\"action\":\"change\""},
        {MSH("REF^I14") RF1 PRD PID "PR1|1||27447^Knee^C4||20270110\rAUT||MERID||||||2\r", "\"action\":\"cancel\""},
        {MSH("RQA^I11") RF1 PRD PID "PR1|1||27447^Knee^C4||20270110\rAUT||MERID||||||2\r", "\"action\":\"cancel\""},
    };
    struct rcv_reading r;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        rcv_read_hl7(&src, pp_str_z(t[i].m), &r);
        assert_int_equal(r.nrefusals, 0);
        assert_int_equal(r.nreports, 2);
        assert_fact(nth(&r, 1), EV_ORDER_REPORTED, "\"order_no\":\"RF-77\"", t[i].action, "\"code\":\"27447\"",
                    "\"priority\":\"urgent\"", "\"npi\":\"1003900101\"", "\"service_date\":\"2027-01-10\"",
                    "\"units\":\"2\"", NULL);
        assert_true(has_key(nth(&r, 1)->subject->about, nth(&r, 1)->subject->nabout, RCV_KEY_ORDER, "EHR", "RF-77"));
    }
    static const struct {
        const char *m, *why;
    } bad[] = {
        {MSH("REF^I12") PRD PID "PR1|1||X\r", "the referral has no number (RF1-6 and RF1-11 are empty)"},
        {MSH("REF^I12") RF1 PRD PID, "the referral names no procedure (PR1)"},
        {MSH("REF^I12") RF1 PRD PID "PR1|1||X\rPR1|2||Y\r",
         "the referral names several procedures under one number (PR1)"},
        {MSH("REF^I12") RF1 PRD PID "PR1|1\r", "the order names no service"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rcv_read_hl7(&src, pp_str_z(bad[i].m), &r);
        assert_int_equal(r.nrefusals, 1);
        assert_string_equal(r.refusals->reason.s, bad[i].why);
    }
}

static void an_appointment(void **state) {
    (void)state;
    static const char m[] =
        MSH("SIU^S13") "SCH|V1^SCHED|V1^SCHED|||||ROUTINE||30|min|^^30^20261127073000^20261127080000||||||||||||||"
                       "Booked|O-1^EHR\r" PID "RGS|1\rAIS|1||72148^^C4|20261127073000\rAIL|1||LKSMRI\rAIP|1||"
                       "1003900119^OKAFOR^DAVID^^^^^^NPI^^^^NPI\r";
    struct rcv_reading r;
    rcv_read_hl7(&src, PP_STR(m), &r);
    assert_int_equal(r.nreports, 2);
    assert_fact(nth(&r, 1), EV_VISIT_REPORTED, "\"action\":\"move\"", "\"visit_no\":\"V1\"", "\"order_no\":\"O-1\"",
                "\"site\":\"lks\"", "\"start\":\"2026-11-27T13:30:00.000Z\"", "\"date\":\"2026-11-27\"",
                "\"zone\":\"America/Chicago\"", NULL);
}

static void a_document_and_a_result(void **state) {
    (void)state;
    static const char mdm[] = MSH("MDM^T02") "EVN|T02|20261124\r" PID "PV1|1|O\r"
                                             "TXA|1|11506-3^Progress "
                                             "note^LN|TX|20261120093000||||||||D-1^DOCS||O-1^EHR|||AU||AV\rOBX|1|TX|"
                                             "11506-3^Progress note^LN||Six weeks of therapy.||||||F\r";
    static const char oru[] = MSH("ORU^R01") PID
        "OBR|1|O-1^EHR|F1^LAB|11502-2^Laboratory report^LN|||20261124080000|||||||||||||||20261124||LAB|F\r"
        "OBX|1|NM|2160-0^Creatinine^LN||0.9|mg/dL|||||F\r";
    struct rcv_reading r;
    rcv_read_hl7(&src, PP_STR(mdm), &r);
    assert_int_equal(r.nreports, 1);
    assert_fact(nth(&r, 0), EV_DOCUMENT_REPORTED, "\"document_no\":\"D-1\"", "\"order_no\":\"O-1\"",
                "\"status\":\"authenticated\"", "\"signed\":true", "\"code\":\"11506-3\"", NULL);
    assert_true(nth(&r, 0)->blob.n > 0);
    rcv_read_hl7(&src, PP_STR(oru), &r);
    assert_int_equal(r.nreports, 1);
    assert_fact(nth(&r, 0), EV_DOCUMENT_REPORTED, "\"document_no\":\"F1/11502-2\"", "\"status\":\"final\"", NULL);
}

static void a_merge_names_both(void **state) {
    (void)state;
    static const char m[] = MSH("ADT^A40") "EVN|A40|20261124\r" PID "MRG|999^^^LAKE^MR\r";
    struct rcv_reading r;
    rcv_read_hl7(&src, PP_STR(m), &r);
    const struct rcv_report *p = nth(&r, 0);
    assert_non_null(p);
    assert_int_equal(p->kind, RCV_MERGE);
    assert_true(has_key(p->subject->who, p->subject->nwho, RCV_KEY_MRN, "LAKE", "4821"));
    assert_true(has_key(p->retired->who, p->retired->nwho, RCV_KEY_MRN, "LAKE", "999"));
}

static void what_is_not_used_or_no_message(void **state) {
    (void)state;
    static const char dft[] = MSH("DFT^P03") PID;
    struct rcv_reading r;
    rcv_read_hl7(&src, PP_STR(dft), &r);
    assert_true(r.not_used && !r.nreports && !r.nrefusals);
    assert_non_null(strstr(r.not_used_why.s, "a charge is no claim"));
    rcv_read_hl7(&src, PP_STR("hello"), &r);
    assert_true(r.nrefusals == 1 && !r.nreports);
    static const char no_number[] = MSH("ORM^O01") PID "ORC|NW\rOBR|1|||72148^MRI^C4\r";
    rcv_read_hl7(&src, PP_STR(no_number), &r);
    assert_true(r.nrefusals == 1);
    assert_non_null(strstr(r.refusals->reason.s, "segment"));
}

#define PATIENT_REF "\"subject\":{\"reference\":\"urn:uuid:00000001-0000-4000-8000-000000000001\"}"
static void a_fhir_bundle(void **state) {
    (void)state;
    static const char m[] = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
                            "{\"fullUrl\":\"urn:uuid:00000001-0000-4000-8000-000000000001\",\"resource\":{"
                            "\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"LAKE\",\"value\":\"4821\"}],"
                            "\"name\":[{\"family\":\"Kowalski\",\"given\":[\"Anna\"]}],\"birthDate\":\"1959-03-12\","
                            "\"gender\":\"female\"}},"
                            "{\"resource\":{\"resourceType\":\"ServiceRequest\",\"identifier\":[{\"system\":\"EHR\","
                            "\"value\":\"O-9\"}],\"status\":\"active\",\"intent\":\"order\"," PATIENT_REF ","
                            "\"code\":{\"coding\":[{\"system\":\"http://www.ama-assn.org/go/"
                            "cpt\",\"code\":\"72148\"}]},\"reasonCode\":[{\"coding\":[{\"system\":\"http://hl7.org/"
                            "fhir/sid/icd-10-cm\",\"code\":\"M54.16\"}]}]}},"
                            "{\"resource\":{\"resourceType\":\"ServiceRequest\",\"id\":\"x\",\"status\":\"active\","
                            "\"intent\":\"order\"," PATIENT_REF "}}]}";
    struct rcv_reading r;
    rcv_read_fhir(&src, PP_STR(m), &r);
    assert_fact(nth(&r, 0), EV_PATIENT_REPORTED, "\"mrn\":\"4821\"", NULL);
    assert_fact(nth(&r, 1), EV_ORDER_REPORTED, "\"order_no\":\"O-9\"", "\"code\":\"72148\"",
                "\"diagnoses\":[\"M54.16\"]", NULL);
    assert_int_equal(r.nrefusals, 1);
    assert_string_equal(r.refusals->place.s, "/entry/2/resource/code");
    rcv_read_fhir(&src, PP_STR("{\"resourceType\":\"Bundle\",\"type\":\"history\"}"), &r);
    assert_int_equal(r.nrefusals, 1);
    rcv_read_fhir(&src, PP_STR("{\"resourceType\":\"Observation\"}"), &r);
    assert_true(r.not_used);
    rcv_read_fhir(&src, PP_STR("{"), &r);
    assert_int_equal(r.nrefusals, 1);
}

static void a_payers_answer_is_routed_by_our_number(void **state) {
    (void)state;
    char trace[PP_TRACE_MAX + 1], m[600];
    pp_trace_make(pp_uuid_derive((struct pp_uuid){{1}}, PP_STR("x")), 3, trace);
    snprintf(m, sizeof m,
             "{\"resourceType\":\"Bundle\",\"type\":\"history\",\"entry\":[{\"resource\":{\"resourceType\":"
             "\"Parameters\",\"parameter\":"
             "[{\"name\":\"type\",\"valueCode\":\"event-notification\"}]}},{\"resource\":{\"resourceType\":"
             "\"ClaimResponse\",\"identifier\":[{\"value\":\"%s\"}]}}]}",
             trace);
    struct rcv_reading r;
    rcv_read_payer(&src, PP_STR("meridian"), PP_STR("application/fhir+json"), pp_str_z(m), &r);
    assert_fact(nth(&r, 0), EV_PAYER_ANSWER_REPORTED, "\"kind\":\"notification\"", trace, NULL);
    assert_int_equal(nth(&r, 0)->kind, RCV_PAYER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_with_coverage),
        cmocka_unit_test(a_cancellation_needs_no_service),
        cmocka_unit_test(a_referral),
        cmocka_unit_test(an_appointment),
        cmocka_unit_test(a_document_and_a_result),
        cmocka_unit_test(a_merge_names_both),
        cmocka_unit_test(what_is_not_used_or_no_message),
        cmocka_unit_test(a_fhir_bundle),
        cmocka_unit_test(a_payers_answer_is_routed_by_our_number),
    };
    return cmocka_run_group_tests_name("receive", tests, begin, end);
}
