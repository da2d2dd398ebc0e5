/* The typed views of HL7 v2 messages: orders, appointments, documents, results, registrations. */
#include "codec/hl7_view.h"
#include "hl7_help.h"

static void orders(void **state) {
    (void)state;
    struct pp_hl7_orders r;
    parse_fixture("orders.hl7");
    assert_int_equal(pp_hl7_read_orders(&msg, &r, &err), 0);
    assert_int_equal(pp_hl7_use_of(&r.msh), PP_HL7_USE_ORDER);
    assert_str(r.msh.control_id, "ORD1");
    assert_int_equal(r.msh.time.offset_minutes, -360);
    const struct pp_hl7_pid *p = &r.person.pid;
    assert_str(p->mrn.value, "M100234");
    assert_str(p->mrn.authority, "LAKESIDE");
    assert_int_equal(p->ids_n, 2);
    assert_str(p->name.family, "Alvarez");
    assert_str(p->name.given, "Rosa");
    assert_int_equal(p->birth.date, pp_date_of(1961, 7, 4));
    assert_str(p->sex, "F");
    assert_str(p->address.zip, "60614");
    assert_str(p->phone, "312-5550142");
    assert_str(p->account.value, "A77");
    assert_str(r.person.visit.visit.value, "V9001");
    assert_str(r.person.visit.referring.npi, "1992730001");
    assert_int_equal(r.person.insurance_n, 1);
    const struct pp_hl7_insurance *in = r.person.insurance;
    assert_int_equal(in->rank, 1);
    assert_str(in->company.value, "MER01");
    assert_str(in->company_name, "Meridian Advantage");
    assert_str(in->group_no, "GRP77");
    assert_str(in->authorization, "AUTH1");
    assert_str(in->member_id, "W99887766");
    assert_str(in->precertification, "PC55");
    assert_str(in->payor_id, "MER01");
    assert_str(in->medicare_no, "1EG4TE5MK73");
    assert_int_equal(in->certifications_n, 1);
    assert_str(in->certifications[0].number.value, "CERT9");
    assert_int_equal(in->certifications[0].end.date, pp_date_of(2027, 1, 1));
    assert_int_equal(in->certifications[0].segment, 6);
    assert_int_equal(r.orders_n, 2);
    assert_int_equal(r.refused_n, 0);
    const struct pp_hl7_order *o = &r.orders[0];
    assert_str(o->control, "NW");
    assert_str(o->placer.value, "PO-1");
    assert_str(o->placer.authority, "EPIC");
    assert_str(o->filler.value, "FO-1");
    assert_str(o->group.value, "GRP-1");
    assert_str(o->ordering.npi, "1992730001");
    assert_str(o->ordering.name.family, "Okafor");
    assert_str(o->organization, "Lakeside Group");
    assert_str(o->service.code, "MRLUMB");
    assert_str(o->service.text, "MR LUMBAR & SACRAL");
    assert_str(o->service.alt_code, "72148");
    assert_str(o->procedure.code, "72148");
    assert_int_equal(o->modifiers_n, 2);
    assert_str(o->modifiers[1], "TC");
    assert_str(o->priority, "R");
    assert_str(o->quantity, "2");
    assert_str(o->quantity_unit, "VS");
    assert_int_equal(o->start.date, pp_date_of(2026, 12, 1)); /* OBR-36 before TQ1-7 */
    assert_int_equal(o->start.minute, 630);
    assert_int_equal(o->until.date, pp_date_of(2026, 12, 31));
    assert_int_equal(o->reasons_n, 2);
    assert_int_equal(o->diagnoses_n, 2);
    assert_str(o->diagnoses[0].code.code, "M54.16"); /* by DG1-15 */
    assert_str(o->notes, "Failed six weeks of therapy\nSecond line");
    assert_str(r.orders[1].control, "CA");
    assert_str(r.orders[1].priority, "S");
    assert_int_equal(r.orders[1].diagnoses_n, 0);
}

#define ORM MSH "ORM^O01|1|P|2.3\r"

static void order_shapes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned orders, refused, prior;
        const char *fault;
    } t[] = {
        {ORM PID "ORC|NW|1\rOBR|1|1||X^Y\r", 1, 0, 0, NULL},
        {ORM PID "ORC|NW|1\rOBR|1|1||X\rOBR|2|2||Y\r", 2, 0, 0, NULL}, /* second OBR under one ORC */
        {ORM PID "ORC|NW\rOBR|1|||X\r", 0, 1, 0,
         "segment 3 ORC-2: the order number is missing (ORC-2, ORC-3, OBR-2 and OBR-3 are empty)"},
        {ORM PID "ORC|NW|1\rOBR|1|1\r", 0, 1, 0, "segment 4 OBR-4.1: the ordered service is missing"},
        {ORM PID "ORC|CA|1\rOBR|1|1\r", 1, 0, 0, NULL}, /* a cancellation needs no service */
        {ORM PID "ORC|CA|1\r", 1, 0, 0, NULL},
        {ORM PID "ORC|NW|1\r", 0, 1, 0, "segment 3 ORC: the order has no detail segment (OBR, RQD or RXO)"},
        {ORM PID "ORC||1\rOBR|1|1||X\r", 0, 1, 0, "segment 3 ORC-1: the order control code is missing"},
        {ORM PID "OBR|1|1||X\r", 0, 1, 0, "segment 3 OBR: there is no ORC before this order"},
        {ORM PID "ORC|NW|1\rODS|D|x\r", 0, 1, 0,
         "segment 4 ODS: an order of this kind is not used: no service to authorize"},
        {ORM PID "ORC|NW|1\rRXO|J1^Drug|2\r", 1, 0, 0, NULL},
        {ORM PID "ORC|NW|1\rOBR|1|1||X\rPID|1\rPV1|1\rORC|SC|8\rOBR|1|8||OLD\rORC|PR|9\rOBR|1|9||OLD\r", 1, 0, 2, NULL},
        {ORM PID "ORC|NW|1\rOBR|1|1||X\rPV1|1\rORC|SC|8\rOBR|1|8||OLD\rORC|NW|9\rOBR|1|9||NEW\r", 2, 0, 1, NULL},
        {ORM PID "ORC|NW|1\rOBR|1|1||X\rORC|NW\rOBR|1|||Y\r", 1, 1, 0,
         "segment 5 ORC-2: the order number is missing (ORC-2, ORC-3, OBR-2 and OBR-3 are empty)"},
        {ORM PID, 0, 0, 0, "the message holds no order (no ORC, OBR, RQD or RXO)"},
        {ORM "ORC|NW|1\rOBR|1|1||X\r", 0, 0, 0, "the segment PID is missing"},
        {ORM "PID|1||^^^H^MR\rORC|NW|1\rOBR|1|1||X\r", 0, 0, 0, "segment 2 PID-3.1: the patient identifier is missing"},
        {ORM "PID|1||123-45-6789^^^USSSA^SS\rORC|NW|1\rOBR|1|1||X\r", 0, 0, 0,
         "segment 2 PID-3.1: the patient identifier is missing"},
        {ORM "PID|1||123456789^^^^^USSSA~987654321^^^USSSA\rORC|NW|1\rOBR|1|1||X\r", 0, 0, 0,
         "segment 2 PID-3.1: the patient identifier is missing"}, /* unmarked, but it is one */
        {ORM PID "ORC|NW|1\rOBR|1|1||X\r" ORM PID, 0, 0, 0, "a second MSH stands inside the message"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct pp_hl7_orders r = {0};
        parse(t[i].text);
        assert_int_equal(pp_hl7_read_orders(&msg, &r, &err), t[i].orders ? 0 : -1);
        if (t[i].orders) {
            assert_int_equal(r.orders_n, t[i].orders);
            assert_int_equal(r.refused_n, t[i].refused);
            assert_int_equal(r.prior_n, t[i].prior);
        } else {
            assert_string_equal(err.msg, t[i].fault);
        }
        if (t[i].fault) assert_true(has_fault('E', t[i].fault));
    }
}

static void legacy_timing(void **state) {
    (void)state;
    struct pp_hl7_orders r;
    parse(ORM PID "ORC|NW|1|||||3&visit^Q1W^^20261201080000^20261231^U\rOBR|1|1||X|R|20261005\r");
    assert_int_equal(pp_hl7_read_orders(&msg, &r, &err), 0);
    assert_str(r.orders[0].quantity, "3");
    assert_str(r.orders[0].quantity_unit, "visit");
    assert_str(r.orders[0].priority, "U");
    assert_int_equal(r.orders[0].start.date, pp_date_of(2026, 12, 1));
    assert_int_equal(r.orders[0].until.date, pp_date_of(2026, 12, 31));
    parse(ORM PID "ORC|NW|1\rOBR|1|1||X|S|Aug 3|20261005\r");
    assert_int_equal(pp_hl7_read_orders(&msg, &r, &err), 0);
    assert_int_equal(r.orders[0].start.date, pp_date_of(2026, 10, 5));
    assert_true(has_fault('W', "segment 4 OBR-6: this is no date or time; ignored"));
}

static void appointments(void **state) {
    (void)state;
    struct pp_hl7_appointment a;
    parse_fixture("appointment.hl7");
    assert_int_equal(pp_hl7_read_appointment(&msg, &a, &err), 0);
    assert_int_equal(pp_hl7_use_of(&a.msh), PP_HL7_USE_APPOINTMENT);
    assert_str(a.placer.value, "AP-1");
    assert_str(a.filler.value, "AF-1");
    assert_int_equal(a.start_from, PP_HL7_START_SCH11);
    assert_int_equal(a.start.date, pp_date_of(2026, 12, 3));
    assert_int_equal(a.start.minute, 570);
    assert_int_equal(a.minutes, 45);
    assert_str(a.status, "BOOKED");
    assert_int_equal(a.placer_orders_n, 2);
    assert_str(a.placer_orders[1].value, "PO-2");
    assert_str(a.filler_orders[0].value, "FO-1");
    assert_int_equal(a.services_n, 1);
    assert_str(a.services[0].code, "MRLUMB");
    assert_str(a.location.point_of_care, "MRI2");
    assert_str(a.location.facility, "LAKESIDE");
    assert_str(a.provider.npi, "1558444216");
    assert_str(a.event_reason.text, "Reschedule");
    assert_str(a.notes, "Bring films");
    assert_int_equal(msg.faults_n, 0);
}

#define SIU MSH "SIU^S12|1|P|2.3\r"

static void appointment_shapes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum pp_hl7_start_from from;
        int minute, minutes;
        const char *fault;
    } t[] = {
        {SIU "SCH|1||||||||30|min|^^^202612030900\r" PID, PP_HL7_START_SCH11, 540, 30, NULL},
        {SIU "SCH|1||||||||1|HR\r" PID "AIS|1||X|202612031000\r", PP_HL7_START_AIS, 600, 60, NULL},
        {SIU "SCH||1|||||||||^^20\r" PID "AIL|1||L|||202612031100\r", PP_HL7_START_AIL, 660, 20, NULL},
        {SIU "SCH|1\r" PID "AIP|1||P|||202612031200|||15|min\r", PP_HL7_START_AIP, 720, 0, NULL},
        {SIU "SCH|1||||||||||^^^202612030900\rTQ1|||||||202612031300|202612031330\r" PID, PP_HL7_START_TQ1, 780, 30,
         "segment 2 SCH-11.4: another start time than the one that was taken"},
        {SIU "SCH|1\r" PID, PP_HL7_START_NONE, -1, 0,
         "segment 2 SCH-11.4: no start time (TQ1-7, SCH-11.4, AIS-4, AIL-6, AIP-6 and AIG-8 are empty)"},
    };
    struct pp_hl7_appointment a;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        parse(t[i].text);
        assert_int_equal(pp_hl7_read_appointment(&msg, &a, &err), 0);
        assert_int_equal(a.start_from, t[i].from);
        assert_int_equal(a.start.minute, t[i].minute);
        assert_int_equal(a.minutes, t[i].minutes);
        assert_int_equal(msg.faults_n, t[i].fault ? 1 : 0);
        if (t[i].fault) assert_true(has_fault('W', t[i].fault));
    }
    parse(SIU PID);
    assert_int_equal(pp_hl7_read_appointment(&msg, &a, &err), -1);
    assert_string_equal(err.msg, "the segment SCH is missing");
    parse(SIU "SCH||\r" PID);
    assert_int_equal(pp_hl7_read_appointment(&msg, &a, &err), -1);
    assert_string_equal(err.msg, "segment 2 SCH-1: the appointment number is missing (SCH-1 and SCH-2 are empty)");
}

static void documents(void **state) {
    (void)state;
    struct pp_hl7_document d;
    parse_fixture("document.hl7");
    assert_int_equal(pp_hl7_read_document(&msg, &d, &err), 0);
    assert_str(d.number.value, "DOC-1");
    assert_str(d.parent.value, "DOC-0");
    assert_str(d.type.code, "CN");
    assert_str(d.title, "Consultation note");
    assert_int_equal(d.placer_orders_n, 1);
    assert_str(d.placer_orders[0].value, "PO-1"); /* of the ORC: TXA-14 is empty */
    assert_str(d.filler.value, "FO-1");
    assert_str(d.author.npi, "1992730001");
    assert_str(d.signer.name.family, "Okafor");
    assert_int_equal(d.signed_at.date, pp_date_of(2026, 11, 20));
    assert_str(d.completion, "LA");
    assert_str(d.availability, "AV");
    assert_int_equal(d.content.parts_n, 1);
    assert_str(d.content.content_type, "application/pdf");
    assert_str(d.content.bytes, "%PDF-1.4 not really\n");
    assert_str(d.content.text, "Clinical note:\nR\xc3\xa9sum\xc3\xa9: pain for 8 weeks\nsecond line\nPlan:\nMRI\n");
    assert_true(d.msh.enhanced);
}

#define MDM MSH "MDM^T02|1|P|2.5\r" PID

static void document_shapes(void **state) {
    (void)state;
    static const struct {
        const char *text, *fault;
    } bad[] = {
        {MDM "OBX|1|TX|||x\r", "the segment TXA is missing"},
        {MDM "TXA|1||TX|||||||||D1\rOBX|1|TX|||x\r", "segment 3 TXA-2.1: the document type is missing"},
        {MDM "TXA|1|CN|TX\rOBX|1|TX|||x\r", "segment 3 TXA-12.1: the document number is missing"},
        {MDM "TXA|1|CN|TX|||||||||D1\r", "segment 3 TXA: no OBX with content follows"},
        {MDM "TXA|1|CN|TX|||||||||D1\rOBX|1|TX|||\r", "segment 3 TXA: no OBX with content follows"},
        {MDM "TXA|1|CN|TX|||||||||D1\rOBX|1|ED|||^application^pdf^Base64^\r",
         "segment 4 OBX-5.5: the document has no bytes"},
        {MDM "TXA|1|CN|TX|||||||||D1\rOBX|1|ED|||^application^pdf^Base64^A\r",
         "segment 4 OBX-5.5: the bytes of the document are not base64"},
        {MDM "TXA|1|CN|TX|||||||||D1\rOBX|1|ED|||^IM^JPEG^Hex^ABC\r",
         "segment 4 OBX-5.5: the bytes of the document are not hexadecimal"},
    };
    struct pp_hl7_document d;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        parse(bad[i].text);
        assert_int_equal(pp_hl7_read_document(&msg, &d, &err), -1);
        assert_string_equal(err.msg, bad[i].fault);
    }
    static const struct {
        const char *ed, *type, *bytes;
    } good[] = {
        {"^IM^JPEG^Base64^QUJD", "image/jpeg", "ABC"},
        {"^TEXT^HTML^A^<p>", "text/html", "<p>"},
        {"^application/pdf^^base64^QUI=", "application/pdf", "AB"},
        {"^AP^PDF^Hex^414243", "application/pdf", "ABC"},
        {"^XX^YY^Base64^QUJD\\.br\\RA==", "application/octet-stream", "ABCD"},
        {"^TX^^^plain", "text/plain", "plain"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[300];
        snprintf(text, sizeof text, "%sTXA|1|CN|TX|||||||||D1\rOBX|1|ED|||%s\r", MDM, good[i].ed);
        parse(text);
        assert_int_equal(pp_hl7_read_document(&msg, &d, &err), 0);
        assert_str(d.content.content_type, good[i].type);
        assert_str(d.content.bytes, good[i].bytes);
    }
    parse(MDM "TXA|1|CN|TX|||||||||D1\rOBX|1|RP|||http://x/1^^image^JPEG\r");
    assert_int_equal(pp_hl7_read_document(&msg, &d, &err), 0);
    assert_str(d.content.parts[0].reference, "http://x/1");
    assert_int_equal(d.content.bytes.n, 0);
}

static void results(void **state) {
    (void)state;
    struct pp_hl7_results r;
    parse_fixture("result.hl7");
    assert_int_equal(pp_hl7_read_results(&msg, &r, &err), 0);
    assert_int_equal(r.results_n, 2);
    assert_str(r.results[0].placer.value, "PO-1");
    assert_str(r.results[0].status, "F");
    assert_int_equal(r.results[0].reported.date, pp_date_of(2026, 11, 21));
    assert_int_equal(r.results[0].content.observations_n, 3);
    assert_str(r.results[0].content.text,
               "Creatinine\nCreatinine: 1.1 mg/dL (0.6-1.2) N\nTiter: 1:128\nFinding: Normal\nChecked twice\n");
    assert_str(r.results[1].content.text, "XR SPINE\nImpression:\nNo acute finding.\n");
    assert_str(r.results[1].content.content_type, "text/plain; charset=utf-8");
    parse(MSH "ORU^R01|1|P|2.5\r" PID "OBR|1|P1||X^Y\r");
    assert_int_equal(pp_hl7_read_results(&msg, &r, &err), -1);
    assert_string_equal(err.msg, "segment 3 OBR: no OBX with a value follows");
}

/* A field of half a million repetitions is read in one pass. */
static void many_repetitions(void **state) {
    (void)state;
    struct pp_hl7_results r;
    struct pp_buf b;
    pp_buf_init(&b, 2 << 20);
    pp_buf_addz(&b, MSH "ORU^R01|1|P|2.5\r" PID "OBR|1|P1||X^Y\rOBX|1|TX|T||");
    for (int i = 0; i < 500000; i++) pp_buf_addz(&b, "a~");
    pp_buf_addz(&b, "b\r");
    pp_arena_reset(&arena);
    arena.max = 64 << 20;
    assert_int_equal(pp_hl7_parse(pp_buf_str(&b), NULL, &arena, &msg, &err), 0);
    assert_int_equal(pp_hl7_read_results(&msg, &r, &err), 0);
    assert_int_equal(r.results[0].content.observations[0].value.n, 1000001);
    pp_buf_free(&b);
}

static void registrations(void **state) {
    (void)state;
    struct pp_hl7_registration r;
    parse_fixture("merge.hl7");
    assert_int_equal(pp_hl7_read_registration(&msg, &r, &err), 0);
    assert_int_equal(pp_hl7_use_of(&r.msh), PP_HL7_USE_MERGE);
    assert_int_equal(r.merges_n, 1);
    assert_str(r.merges[0].survivor.mrn.value, "M100234");
    assert_str(r.merges[0].prior_mrn.value, "M100999");
    assert_str(r.merges[0].prior_account.value, "A12");
    assert_str(r.merges[0].prior_name.family, "Alvares");
    parse(MSH "ADT^A40|1|P|2.5\r" PID);
    assert_int_equal(pp_hl7_read_registration(&msg, &r, &err), -1);
    assert_string_equal(err.msg, "the segment MRG is missing");
    parse(MSH "ADT^A40|1|P|2.5\r" PID "MRG|^^^H\r");
    assert_int_equal(pp_hl7_read_registration(&msg, &r, &err), -1);
    assert_string_equal(err.msg, "segment 3 MRG-1.1: the prior patient identifier is missing");
    parse(MSH "ADT^A40|1|P|2.5\rPID|1||1^^^H^MR\rMRG|2^^^H^MR\rPID|2||3^^^H^MR\rMRG|4^^^H^MR\r");
    assert_int_equal(pp_hl7_read_registration(&msg, &r, &err), 0);
    assert_int_equal(r.merges_n, 2);
    assert_str(r.merges[1].survivor.mrn.value, "3");
    parse_fixture("latin1.hl7");
    assert_int_equal(pp_hl7_read_registration(&msg, &r, &err), 0);
    assert_str(r.person.pid.name.family, "M\xc3\xbcller");
    parse_fixture("lf.hl7");
    assert_int_equal(pp_hl7_read_registration(&msg, &r, &err), 0);
    parse(MSH "ADT^A04|1|P|2.3\rPID|1|X1|||A^B\r");
    assert_int_equal(pp_hl7_read_registration(&msg, &r, &err), 0);
    assert_true(has_fault('W', "segment 2 PID-3: no identifier here; an older field was read instead"));
}

static void header(void **state) {
    (void)state;
    struct pp_hl7_msh h;
    parse(MSH "|1|P|2.5\r");
    assert_int_equal(pp_hl7_read_msh(&msg, &h, &err), -1);
    assert_string_equal(err.msg, "segment 1 MSH-9.1: the message type is missing");
    parse(MSH "ADT||P|2.5\r");
    assert_int_equal(pp_hl7_read_msh(&msg, &h, &err), -1);
    assert_string_equal(err.msg, "segment 1 MSH-10: the message control id is missing");
    parse(MSH "ADT|1|P|2.2\rEVN|A08\r");
    assert_int_equal(pp_hl7_read_msh(&msg, &h, &err), 0);
    assert_str(h.trigger, "A08");
    assert_int_equal(pp_hl7_use_of(&h), PP_HL7_USE_PATIENT);
    parse(MSH "BAR^P01|1|P|2.2\r");
    assert_int_equal(pp_hl7_read_msh(&msg, &h, &err), 0);
    assert_int_equal(pp_hl7_use_of(&h), PP_HL7_USE_NONE);
}

/* By its use, each message comes to the view that its own reader gives. */
static void any_view(void **state) {
    (void)state;
    static const struct {
        const char *file;
        enum pp_hl7_use use;
    } t[] = {{"orders.hl7", PP_HL7_USE_ORDER},      {"appointment.hl7", PP_HL7_USE_APPOINTMENT},
             {"document.hl7", PP_HL7_USE_DOCUMENT}, {"result.hl7", PP_HL7_USE_RESULT},
             {"merge.hl7", PP_HL7_USE_MERGE},       {"referral.hl7", PP_HL7_USE_REFERRAL},
             {"charges.hl7", PP_HL7_USE_CHARGE}};
    union pp_hl7_view v;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        memset(&v, 0, sizeof v);
        parse_fixture(t[i].file);
        assert_int_equal(pp_hl7_read_view(&msg, t[i].use, &v, &err), 0);
        /* the head stands first in every view */
        assert_int_equal(pp_hl7_use_of(&v.orders.msh), t[i].use);
    }
    assert_int_equal(pp_hl7_read_view(&msg, PP_HL7_USE_NONE, NULL, &err), 0);
    parse(MSH "SIU^S12|1|P|2.3\r");
    assert_int_equal(pp_hl7_read_view(&msg, PP_HL7_USE_APPOINTMENT, &v, &err), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders),
        cmocka_unit_test(order_shapes),
        cmocka_unit_test(legacy_timing),
        cmocka_unit_test(appointments),
        cmocka_unit_test(appointment_shapes),
        cmocka_unit_test(documents),
        cmocka_unit_test(document_shapes),
        cmocka_unit_test(results),
        cmocka_unit_test(registrations),
        cmocka_unit_test(header),
        cmocka_unit_test(any_view),
        cmocka_unit_test(many_repetitions),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
