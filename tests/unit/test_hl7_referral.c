/* The views of referrals, requests for authorization and charges, the sender's profile, and which types are used. */
#include "codec/hl7_view.h"
#include "hl7_help.h"

static void referral(void **state) {
    (void)state;
    struct pp_hl7_referral r;
    parse_fixture("referral.hl7");
    assert_int_equal(pp_hl7_read_referral(&msg, &r, &err), 0);
    assert_int_equal(pp_hl7_use_of(&r.msh), PP_HL7_USE_REFERRAL);
    assert_int_equal(r.segment, 2);
    assert_str(r.status.code, "P");
    assert_str(r.priority.code, "A");
    assert_str(r.number.value, "RF-77");
    assert_str(r.number.authority, "EPIC");
    assert_str(r.external.value, "X-9");
    assert_int_equal(r.effective.date, pp_date_of(2026, 11, 24));
    assert_int_equal(r.expires.date, pp_date_of(2027, 2, 24));
    assert_int_equal(r.processed.date, pp_date_of(2026, 11, 23));
    assert_int_equal(r.reasons_n, 1);
    assert_non_null(r.authorization);
    assert_str(r.authorization->number.value, "BLANKET-1");
    assert_int_equal(r.parties_n, 2);
    const struct pp_hl7_party *rp = pp_hl7_party_of(&r, "RP");
    assert_non_null(rp);
    assert_str(rp->name.family, "Okafor");
    assert_str(rp->id.value, "77");
    assert_str(rp->npi, "1992730006");
    assert_null(pp_hl7_party_of(&r, "PP"));
    assert_int_equal(r.person.insurance_n, 1);
    assert_str(r.person.insurance[0].member_id, "W99887766");
    assert_int_equal(r.person.diagnoses_n, 1);
    assert_int_equal(r.procedures_n, 1);
    assert_str(r.procedures[0].code.code, "27447");
    assert_int_equal(r.procedures[0].when.date, pp_date_of(2027, 1, 10));
    assert_int_equal(r.procedures[0].modifiers_n, 2);
    assert_str(r.procedures[0].modifiers[1], "59");
    const struct pp_hl7_authorization *aut = r.procedures[0].authorization;
    assert_non_null(aut);
    assert_str(aut->number.value, "AU-5");
    assert_str(aut->reimbursement, "1200");
    assert_str(aut->requested, "1");
    assert_int_equal(aut->expires.date, pp_date_of(2027, 3, 31));
    assert_str(r.notes, "Failed injections\nand therapy");
    /* each value knows its place */
    struct pp_hl7_place p;
    assert_true(pp_hl7_place_at(&msg, aut->number.at, &p));
    assert_string_equal(p.segment, "AUT");
    assert_int_equal(p.sequence, 2);
    assert_int_equal(p.field, 6);
    assert_true(pp_hl7_place_at(&msg, r.procedures[0].when.at, &p));
    assert_int_equal(p.field, 5);
    assert_int_equal(msg.faults_n, 0);

    parse(MSH "REF^I12|1|P|2.3\r" PID);
    assert_int_equal(pp_hl7_read_referral(&msg, &r, &err), 0); /* says nothing, and that is no error of the view */
    assert_int_equal(r.procedures_n, 0);
    parse(MSH "REF^I12|1|P|2.3\rPRD|RP|A\r");
    assert_int_equal(pp_hl7_read_referral(&msg, &r, &err), -1);
    assert_string_equal(err.msg, "the segment PID is missing");
    parse(MSH "RPA^I08|1|P|2.3\rMSA|AA|77\r" PID "PR1|1||X\rAUT|A|B\rAUT|C|D\r");
    assert_int_equal(pp_hl7_read_referral(&msg, &r, &err), 0);
    assert_str(r.answered_id, "77");
    assert_str(r.procedures[0].authorization->plan.code, "A");
    assert_true(has_fault('W', "segment 6 AUT: a second AUT at the same place; the first was read"));
}

static void charges(void **state) {
    (void)state;
    struct pp_hl7_charges r;
    parse_fixture("charges.hl7");
    assert_int_equal(pp_hl7_read_charges(&msg, &r, &err), 0);
    assert_int_equal(pp_hl7_use_of(&r.msh), PP_HL7_USE_CHARGE);
    assert_int_equal(r.charges_n, 3);
    assert_int_equal(r.refused_n, 3);
    assert_str(r.person.pid.account.value, "A77");
    assert_str(r.person.visit.visit.value, "V9001");
    const struct pp_hl7_charge *c = &r.charges[0];
    assert_str(c->transaction.value, "T-1");
    assert_int_equal(c->when.date, pp_date_of(2026, 11, 20));
    assert_int_equal(c->until.date, pp_date_of(2026, 11, 21));
    assert_int_equal(c->posted.date, pp_date_of(2026, 11, 22));
    assert_str(c->type, "CG");
    assert_str(c->item.code, "MRLUMB");
    assert_str(c->procedure.code, "72148");
    assert_int_equal(c->modifiers_n, 2);
    assert_str(c->quantity, "2");
    assert_str(c->amount, "900.00");
    assert_str(c->unit_amount, "450.00");
    assert_str(c->currency, "USD");
    assert_str(c->filler.value, "FO-1");
    assert_str(c->performed.npi, "1992730006");
    assert_int_equal(c->diagnoses_n, 2);
    c = &r.charges[1];
    assert_str(c->procedure.code, "97110"); /* of its PR1 */
    assert_str(c->modifiers[0], "GP");
    assert_str(c->currency, "USD"); /* amount^currency */
    assert_int_equal(c->diagnoses_n, 1);
    assert_str(c->diagnoses[0].code, "M54.5");
    assert_str(r.charges[2].type, "CD");
    assert_int_equal(r.charges[2].diagnoses_n, 0);
    assert_true(has_fault('E', "segment 10 FT1-4: the transaction date is missing"));
    assert_true(has_fault('E', "segment 11 FT1-6: the transaction type is missing"));
    assert_true(has_fault('E', "segment 12 FT1-7: the transaction code is missing"));
    /* the diagnosis behind the last charge is the account's */
    assert_int_equal(r.person.diagnoses_n, 2);
    assert_int_equal(r.person.insurance_n, 1);
    /* the insurance stands behind the orders of a charge */
    parse(MSH "DFT^P03|1|P|2.3\r" PID "ORC|RE|1\rOBR|1|1||X\rFT1|1|||20261120||CG|X\rIN1|1|P|C\r");
    assert_int_equal(pp_hl7_read_charges(&msg, &r, &err), 0);
    assert_int_equal(r.person.insurance_n, 1);
    parse(MSH "DFT^P03|1|P|2.3\r" PID);
    assert_int_equal(pp_hl7_read_charges(&msg, &r, &err), -1);
    assert_string_equal(err.msg, "the segment FT1 is missing");
}

/* One shape, read without a profile and with the profile of a sender that is known for it. */
static void profiles(void **state) {
    (void)state;
    struct pp_hl7_orders r;
    struct pp_hl7_appointment a;
    static const char order[] = "MSH|^~\\&|APP|FAC|PP|PP|20261124||ORM^O01|1|P|2.3\r"
                                "PID|1||E7^^^ENT^PI~A1^^^NORTH^MR~B2^^^SOUTH^MR||A^B\r"
                                "IN1|1|P|C|||||||||||||||||||||||||||||||||POL|||||||||||||SUB\rIN2"
                                "|||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||MEM\r"
                                "ORC|NW|1||||||||||1992730006^Okafor\rOBR|1|1||X||||\"\"\r";
    parse(order);
    assert_int_equal(pp_hl7_read_orders(&msg, &r, &err), 0);
    assert_str(r.person.pid.mrn.value, "A1");
    assert_str(r.person.insurance[0].member_id, "POL");
    assert_str(r.orders[0].ordering.npi, "");
    struct pp_hl7_profile p = {
        .mrn_authority = PP_STR("SOUTH"), .member_from = PP_HL7_MEMBER_IN1_49, .npi_unmarked = true};
    parse_as(pp_str_z(order), &p);
    assert_int_equal(pp_hl7_read_orders(&msg, &r, &err), 0);
    assert_str(r.person.pid.mrn.value, "B2");
    assert_str(r.person.insurance[0].member_id, "SUB");
    assert_str(r.orders[0].ordering.npi, "1992730006");
    p = (struct pp_hl7_profile){.mrn_type = PP_STR("PI"), .member_from = PP_HL7_MEMBER_IN2_61};
    parse_as(pp_str_z(order), &p);
    assert_int_equal(pp_hl7_read_orders(&msg, &r, &err), 0);
    assert_str(r.person.pid.mrn.value, "E7");
    assert_str(r.person.insurance[0].member_id, "MEM");

    static const char siu[] = "MSH|^~\\&|APP|FAC|PP|PP|20261124||SIU^S12|1|P|2.3\rSCH|1||||||||||^^^202612030900\r" PID
                              "AIS|1||X|202612031000\r";
    parse(siu);
    assert_int_equal(pp_hl7_read_appointment(&msg, &a, &err), 0);
    assert_int_equal(a.start_from, PP_HL7_START_SCH11);
    assert_int_equal(msg.faults_n, 1);
    p = (struct pp_hl7_profile){.start_from = PP_HL7_START_AIS};
    parse_as(pp_str_z(siu), &p);
    assert_int_equal(pp_hl7_read_appointment(&msg, &a, &err), 0);
    assert_int_equal(a.start_from, PP_HL7_START_AIS);
    assert_int_equal(a.start.minute, 600);
    assert_int_equal(msg.faults_n, 0);
}

/* "" takes a value away; not sent leaves it as it is. */
static void deletions(void **state) {
    (void)state;
    struct pp_hl7_registration r;
    static const char adt[] =
        "MSH|^~\\&|APP|FAC|PP|PP|20261124||ADT^A08|1|P|2.3\r"
        "PID|1||M1^^^H^MR||A^\"\"||\"\"||||\"\"||\"\"|||||\"\"\rPV1|1|O|||||\"\"\rIN1|1|\"\"||\"\"\r";
    parse(adt);
    assert_int_equal(pp_hl7_read_registration(&msg, &r, &err), 0);
    const struct pp_hl7_pid *p = &r.person.pid;
    assert_true(pp_hl7_is_deleted(p->name.given));
    assert_false(pp_hl7_is_deleted(p->name.middle));
    assert_true(p->birth.deleted);
    assert_true(pp_hl7_is_deleted(p->address.line));
    assert_true(pp_hl7_is_deleted(p->phone));
    assert_true(pp_hl7_is_deleted(p->account.value));
    assert_true(pp_hl7_is_deleted(r.person.visit.attending.id));
    assert_false(pp_hl7_is_deleted(r.person.visit.referring.id));
    assert_true(pp_hl7_is_deleted(r.person.insurance[0].plan.code));
    assert_true(pp_hl7_is_deleted(r.person.insurance[0].company_name));
    assert_false(pp_hl7_is_deleted(r.person.insurance[0].group_no));
    static const struct pp_hl7_profile means_nothing = {.null_is_empty = true};
    parse_as(pp_str_z(adt), &means_nothing);
    assert_int_equal(pp_hl7_read_registration(&msg, &r, &err), 0);
    assert_false(pp_hl7_is_deleted(r.person.pid.name.given));
    assert_int_equal(r.person.pid.name.given.n, 0);
}

static void npi(void **state) {
    (void)state;
    assert_true(pp_hl7_npi_valid(PP_STR("1234567893")));
    assert_true(pp_hl7_npi_valid(PP_STR("1992730006")));
    assert_false(pp_hl7_npi_valid(PP_STR("1234567890")));
    assert_false(pp_hl7_npi_valid(PP_STR("123456789")));
    assert_false(pp_hl7_npi_valid(PP_STR("123456789X")));
    assert_false(pp_hl7_npi_valid(PP_STR_NONE));
}

static void uses(void **state) {
    (void)state;
    static const struct {
        const char *type, *trigger;
        enum pp_hl7_use use;
    } t[] = {
        {"ORM", "O01", PP_HL7_USE_ORDER},
        {"OMI", "O23", PP_HL7_USE_ORDER},
        {"SIU", "S12", PP_HL7_USE_APPOINTMENT},
        {"SIU", "S22", PP_HL7_USE_APPOINTMENT},
        {"SIU", "S23", PP_HL7_USE_NONE},
        {"MDM", "T02", PP_HL7_USE_DOCUMENT},
        {"MDM", "T10", PP_HL7_USE_DOCUMENT},
        {"MDM", "T01", PP_HL7_USE_NONE},
        {"ADT", "A02", PP_HL7_USE_PATIENT},
        {"ADT", "A60", PP_HL7_USE_PATIENT},
        {"ADT", "A18", PP_HL7_USE_MERGE},
        {"ADT", "A47", PP_HL7_USE_MERGE},
        {"ADT", "A29", PP_HL7_USE_NONE},
        {"ADT", "A41", PP_HL7_USE_NONE},
        {"ADT", "A0", PP_HL7_USE_NONE},
        {"ADT", "", PP_HL7_USE_NONE},
        {"REF", "I14", PP_HL7_USE_REFERRAL},
        {"REF", "I15", PP_HL7_USE_NONE},
        {"RQA", "I08", PP_HL7_USE_REFERRAL},
        {"RPA", "I08", PP_HL7_USE_NONE},
        {"DFT", "P03", PP_HL7_USE_CHARGE},
        {"XYZ", "Q01", PP_HL7_USE_NONE},
        {"", "", PP_HL7_USE_NONE},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct pp_hl7_msh h = {.type = pp_str_z(t[i].type), .trigger = pp_str_z(t[i].trigger)};
        assert_int_equal(pp_hl7_use_of(&h), t[i].use);
        assert_true(strlen(pp_hl7_unused_why(&h)) > 10); /* nothing is left aside without a reason */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(referral),  cmocka_unit_test(charges), cmocka_unit_test(profiles),
        cmocka_unit_test(deletions), cmocka_unit_test(npi),     cmocka_unit_test(uses),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
