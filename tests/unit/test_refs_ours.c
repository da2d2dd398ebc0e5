/* The packs of this repository: they load, and say what the day and the norms behind them say. */
#include "codec/hl7_view.h"
#include "io/refs_dir.h"
#include "refs/codes.h"
#include "refs/due.h"
#include "refs/papers.h"
#include "refs/payers.h"
#include "refs/places.h"
#include "refs/rules.h"
#include "refs/senders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct pp_refs *refs;

static int load(void **state) {
    struct pp_err err;
    (void)state;
    if (pp_refs_load_dir("packs", &refs, &err) == 0) return 0;
    printf("%s\n", err.msg);
    return -1;
}

static int unload(void **state) {
    (void)state;
    pp_refs_free(refs);
    return 0;
}

static void folder(void **state) {
    struct pp_refs *r;
    struct pp_err err;
    (void)state;
    assert_int_equal(pp_refs_load_dir("/nonexistent/packs", &r, &err), -1);
    assert_int_equal(err.kind, PP_ERR_IO);
    const struct pp_pack *p = pp_refs_pack(refs, PP_STR("medicare"));
    assert_non_null(p);
    assert_int_equal(p->hash.n, 64);
}

static void payers(void **state) {
    (void)state;
    static const struct {
        const char *code, *name, *payer;
    } t[] = {
        {"MERID", "", "meridian"},
        {"merid", "", "meridian"},
        {"meridian", "", "meridian"},
        {"", "MERIDIAN ADVANTAGE", "meridian"},
        {"", "Original Medicare", "medicare"},
        {"MERID", "whatever", "meridian"},
        {"PRMUT", "Prairie Mutual", "prairie"},
        {"PRMUT", "Meridian", ""},
        {"", "Meridian Adv", ""},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        const struct pp_payer *p = pp_refs_payer_find(refs, pp_str_z(t[i].code), pp_str_z(t[i].name));
        if (!pp_str_eqz(p ? p->id : PP_STR_NONE, t[i].payer)) fail_msg("%s / %s", t[i].code, t[i].name);
    }
    struct pp_arena a;
    pp_arena_init(&a, 4096);
    const struct pp_payer *m = pp_refs_payer(refs, PP_STR("meridian"));
    /* the simulator gives each payer a port of its own, so that one of them can be unreachable */
    assert_true(
        pp_str_eqz(pp_payer_url(m, PP_STR("http://127.0.0.1:7150/"), &a), "http://127.0.0.1:7151/meridian/fhir"));
    assert_true(pp_str_empty(pp_payer_url(pp_refs_payer(refs, PP_STR("medicare")), PP_STR("http://x"), &a)));
    const struct pp_payer *core = pp_refs_payer(refs, PP_STR("northgate")),
                          *box = pp_refs_payer(refs, PP_STR("harbor"));
    assert_int_equal(core->channel, EV_REQUIREMENT_DETERMINED_CHANNEL_X12);
    assert_int_equal(core->transport, PP_X12_CORE);
    assert_int_equal(box->transport, PP_X12_FILE);
    assert_true(pp_str_eqz(pp_payer_folder(box, PP_STR("/mnt/ex"), &a), "/mnt/ex/harbor"));
    assert_true(pp_str_empty(pp_payer_folder(box, PP_STR_NONE, &a)));
    assert_true(pp_str_empty(pp_payer_folder(core, PP_STR("/mnt/ex"), &a)));
    assert_true(pp_refs_payer_by_isa(refs, PP_STR("ZZ"), PP_STR("95701")) == box);
    assert_null(pp_refs_payer_by_isa(refs, PP_STR("30"), PP_STR("95701")));
    assert_null(pp_refs_payer_by_isa(refs, PP_STR("ZZ"), PP_STR("95999")));
    assert_null(pp_refs_payer_by_isa(refs, PP_STR("ZZ"), PP_STR_NONE));
    pp_arena_free(&a);
}

/* The row that fits best, and every column of it; the senders of the played day have none. */
static void sender_profiles(void **state) {
    (void)state;
    assert_null(pp_refs_sender(refs, PP_STR("ehr/EPICRIS/LAKESIDE")));
    assert_null(pp_refs_sender(refs, PP_STR_NONE));
    struct pp_refs *none = pp_refs_empty();
    assert_null(pp_refs_sender(none, PP_STR("demo-lab/X/Y")));
    assert_null(pp_refs_sender_next(none, NULL));
    pp_refs_free(none);
    static const char pack[] =
        "# pack: senders\n# version: 1\n# source: a test\n# date: 2026-11-24\n"
        "sender\tcharset\tcharset_forced\tmixed_ends\tnull_is_empty\tnpi_unmarked\tversions\tprocessing\tmrn_type\t"
        "mrn_authority\tmember\tstart\taccount\tvisit\torder\tnote\n"
        "lab/*\t8859/15\tyes\tyes\tyes\tyes\t2.3|2.4\tP\tPI\tHOSP\tIN2-61\tAIG-8\tPV1-19\tSCH-1\tORC-3\twhy\n"
        "lab/A/B\n"
        "*\tUNICODE UTF-8\tno\tno\tno\tno\t\t\t\t\tIN1-36\tTQ1-7\tPID-18\tSCH-2\tORC-2\n";
    struct pp_err err;
    struct pp_refs *r = NULL;
    struct pp_refs_builder *b = pp_refs_begin();
    if (pp_refs_add(b, PP_STR(pack), PP_STR("h"), 0, &err) < 0 || pp_refs_finish(b, &r, &err) < 0)
        fail_msg("%s", err.msg);
    const struct pp_sender *s = pp_refs_sender(r, PP_STR("lab/X/Y"));
    assert_non_null(s);
    assert_int_equal(s->hl7.charset_default, PP_HL7_8859_15);
    assert_true(s->hl7.charset_ignore_msh18 && s->hl7.mixed_ends && s->hl7.null_is_empty && s->hl7.npi_unmarked);
    assert_true(pp_str_eqz(s->hl7.versions, "2.3|2.4") && pp_str_eqz(s->hl7.processing, "P"));
    assert_true(pp_str_eqz(s->hl7.mrn_type, "PI") && pp_str_eqz(s->hl7.mrn_authority, "HOSP"));
    assert_int_equal(s->hl7.member_from, PP_HL7_MEMBER_IN2_61);
    assert_int_equal(s->hl7.start_from, PP_HL7_START_AIG);
    assert_int_equal(s->account_from, PP_SENDER_ACCOUNT_PV1);
    assert_int_equal(s->visit_from, PP_SENDER_VISIT_SCH1);
    assert_int_equal(s->order_from, PP_SENDER_ORDER_ORC3);
    assert_true(pp_str_eqz(s->note, "why"));
    /* exact beats open; a bare row says nothing different */
    const struct pp_sender *exact = pp_refs_sender(r, PP_STR("lab/A/B"));
    const struct pp_hl7_profile standard = {0};
    assert_true(pp_str_eqz(exact->sender, "lab/A/B"));
    assert_memory_equal(&exact->hl7, &standard, sizeof standard);
    /* what holds for everybody else; values that are the standard's own */
    const struct pp_sender *all = pp_refs_sender(r, PP_STR("ehr/A/B"));
    assert_true(pp_str_eqz(all->sender, "*"));
    assert_int_equal(all->hl7.charset_default, PP_HL7_UTF8);
    assert_int_equal(all->hl7.start_from, PP_HL7_START_TQ1);
    assert_false(all->hl7.charset_ignore_msh18);
    assert_int_equal(all->order_from, PP_SENDER_ORDER_ORC2);
    int n = 0;
    for (const struct pp_sender *p = NULL; (p = pp_refs_sender_next(r, p));) n++;
    assert_int_equal(n, 3);
    pp_refs_free(r);
}

static void codes(void **state) {
    (void)state;
    static const struct {
        const char *sender, *code, *system, *is;
        enum pp_code_how how;
    } t[] = {
        {"lks/EPIC/LKS", "MRLSPW", "L", "72148", PP_CODE_BY_PACK},
        {"any", "CTHEAD", "L", "", PP_CODE_UNMAPPED},
        {"any", "72148", "C4", "72148", PP_CODE_AS_SENT},
        {"any", "72148", "http://www.ama-assn.org/go/cpt", "72148", PP_CODE_AS_SENT},
        {"any", "72148", "", "72148", PP_CODE_AS_SENT},
        {"any", "15545", "", "", PP_CODE_UNMAPPED},
        {"any", "37881", "L", "", PP_CODE_UNMAPPED},
        {"any", "02585", "PCV4", "", PP_CODE_UNMAPPED},
        {"any", "24725-4", "LN", "", PP_CODE_UNMAPPED},
        {"any", "J1745", "HCPCS", "J1745", PP_CODE_AS_SENT},
        {"any", "j1745", "HCPCS", "", PP_CODE_UNMAPPED},
        {"any", "0075T", "CPT", "0075T", PP_CODE_AS_SENT},
        {"any", "7214", "CPT", "", PP_CODE_UNMAPPED},
        {"any", "", "CPT", "", PP_CODE_UNMAPPED},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct pp_code_mapped m =
            pp_refs_map_code(refs, pp_str_z(t[i].sender), pp_str_z(t[i].code), pp_str_z(t[i].system));
        if (m.how != t[i].how || !pp_str_eqz(m.code, t[i].is))
            fail_msg("%s (%s): %d %.*s", t[i].code, t[i].system, m.how, PP_FMT(m.code));
    }
    struct pp_str why;
    pp_date day = pp_date_of(2026, 12, 1);
    assert_true(pp_refs_equivalent(refs, PP_STR("meridian"), PP_STR("70553"), PP_STR("70551"), day, &why) && why.n > 0);
    assert_false(
        pp_refs_equivalent(refs, PP_STR("meridian"), PP_STR("70551"), PP_STR("70553"), day, NULL)); /* directed */
    assert_false(pp_refs_equivalent(refs, PP_STR("prairie"), PP_STR("70553"), PP_STR("70551"), day, NULL));
    assert_false(
        pp_refs_equivalent(refs, PP_STR("meridian"), PP_STR("70553"), PP_STR("70551"), pp_date_of(2025, 12, 31), NULL));
    assert_false(pp_refs_equivalent(refs, PP_STR("meridian"), PP_STR_NONE, PP_STR_NONE, day, NULL));
}

static void senders(void **state) {
    (void)state;
    assert_true(pp_refs_sender_fit(PP_STR("*"), PP_STR("x")) < pp_refs_sender_fit(PP_STR("lks/*"), PP_STR("lks/EPIC")));
    assert_true(pp_refs_sender_fit(PP_STR("lks/*"), PP_STR("lks/EPIC")) <
                pp_refs_sender_fit(PP_STR("lks/EPIC"), PP_STR("lks/EPIC")));
    assert_int_equal(pp_refs_sender_fit(PP_STR("lks/*"), PP_STR("lk")), 0);
    assert_int_equal(pp_refs_sender_fit(PP_STR("lks"), PP_STR("lks/EPIC")), 0);
}

static void places(void **state) {
    (void)state;
    static const struct {
        const char *location, *site;
    } t[] = {
        {"NORTHGATE", "nor"},
        {"R1^1^A^LKS", "lks"},
        {"LKSMRI^^^", "lks"},
        {"westfield", "wes"},
        {"lks", "lks"},
        {"NOWHERE", ""},
        {"", ""},
        {"^^^", ""},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        const struct pp_site *s = pp_refs_site_of(refs, PP_STR("lks/EPIC/LKS"), pp_str_z(t[i].location));
        if (!pp_str_eqz(s ? s->id : PP_STR_NONE, t[i].site)) fail_msg("%s", t[i].location);
    }
}

static void papers(void **state) {
    (void)state;
    static const struct {
        const char *system, *code, *title, *item;
    } t[] = {
        {"LN", "11506-3", "", "clinical_note"},
        {"http://loinc.org", "18748-4", "", "imaging_report"},
        {"", "PN", "", "clinical_note"},
        {"99X", "ZZ", "Progress Note, spine", "clinical_note"},
        {"LN", "11506-3", "Sleep study", "clinical_note"},
        {"", "ZZ", "Parking ticket", ""},
        {"99X", "11506-3", "", ""},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct pp_str item =
            pp_refs_doctype(refs, PP_STR("any"), pp_str_z(t[i].system), pp_str_z(t[i].code), pp_str_z(t[i].title));
        if (!pp_str_eqz(item, t[i].item)) fail_msg("%s %s: %.*s", t[i].code, t[i].title, PP_FMT(item));
    }
    assert_true(pp_str_eqz(pp_refs_item_loinc(refs, PP_STR("clinical_note")), "11506-3"));
    assert_true(pp_str_empty(pp_refs_item_loinc(refs, PP_STR("nothing"))));
    const struct ev_required_document *d;
    assert_int_equal(pp_refs_doclist(refs, PP_STR("imaging_spine"), &d), 3);
    assert_true(pp_str_eqz(d[0].item, "clinical_note") && d[0].must && d[0].age_days_max == 90);
    assert_true(
        pp_str_eqz(pp_refs_item_title(refs, d[0].item), "Office note with symptoms, examination and treatment tried") ||
        pp_refs_item_title(refs, d[0].item).n > 0);
    assert_int_equal(pp_refs_doclist(refs, PP_STR("no such list"), &d), 0);
}

static int64_t at(const char *text) {
    int64_t ms = 0;
    assert_true(pp_time_parse(pp_str_z(text), &ms));
    return ms;
}

static void due(void **state) {
    (void)state;
    struct pp_str chicago = PP_STR("America/Chicago");
    int64_t wed = at("2026-11-25T16:00:00Z"); /* the day before Thanksgiving */
    assert_true(pp_refs_due(refs, wed, 72, PP_DUE_HOUR, chicago) == at("2026-11-28T16:00:00Z"));
    assert_true(pp_refs_due(refs, wed, 1, PP_DUE_BUSINESS_DAY, chicago) ==
                at("2026-11-28T05:59:00Z")); /* Friday 23:59 */
    assert_true(pp_refs_due(refs, wed, 7, PP_DUE_DAY, chicago) == at("2026-12-03T05:59:00Z"));
    /* CMS-0057-F halved the clock of Medicare Advantage for requests received in 2026. */
    assert_true(pp_refs_decision_due(refs, PP_STR("meridian"), EV_COVERAGE_LOB_MA, false, at("2025-12-31T18:00:00Z"),
                                     chicago) == at("2026-01-15T05:59:00Z"));
    assert_true(pp_refs_decision_due(refs, PP_STR("meridian"), EV_COVERAGE_LOB_MA, false, at("2026-01-01T18:00:00Z"),
                                     chicago) == at("2026-01-09T05:59:00Z"));
    assert_true(pp_refs_decision_due(refs, PP_STR("meridian"), EV_COVERAGE_LOB_MA, true, wed, chicago) ==
                at("2026-11-28T16:00:00Z"));
    assert_true(pp_refs_decision_due(refs, PP_STR("x"), EV_COVERAGE_LOB_AUTO, false, wed, chicago) == 0);
    for (int k = 1; k < EV_TASK_NEEDED_KIND_COUNT; k++) { /* every kind of task has an owner and a time */
        assert_non_null(pp_refs_queue(refs, (enum ev_task_needed_kind)k));
        assert_true(pp_refs_task_due(refs, (enum ev_task_needed_kind)k, true, wed, chicago) > wed);
    }
}

/* Every code of every rule of the repository, under every payer, on two days and with and without a place: whatever
 * comes out has a proof, and "not required" comes from a rule that says so. */
static void nothing_from_silence(void **state) {
    (void)state;
    struct pp_arena a;
    struct pp_err err;
    pp_arena_init(&a, 64u << 20);
    static const char *const some[] = {"72148", "70553", "62323", "27447", "J1745", "97110", "E0601",
                                       "45378", "74177", "64493", "L3761", "99999", "A0428"};
    static const char *const where[] = {"", "11", "22", "24"};
    int judged = 0;
    for (const struct pp_payer *p = pp_refs_payer_next(refs, NULL); p; p = pp_refs_payer_next(refs, p))
        for (size_t c = 0; c < sizeof some / sizeof *some; c++)
            for (size_t w = 0; w < sizeof where / sizeof *where; w++)
                for (int u = EV_CASE_URGENCY_NONE; u < EV_CASE_URGENCY_COUNT; u++) {
                    struct pp_rule_facts f = {.payer = p->id,
                                              .lob = p->lob,
                                              .code = pp_str_z(some[c]),
                                              .pos = pp_str_z(where[w]),
                                              .site_state = PP_STR("IL"),
                                              .urgency = (enum ev_case_urgency)u,
                                              .date = pp_date_of(2027, u ? 2 : 1, 1)};
                    struct pp_rule_verdict v;
                    assert_int_equal(pp_rules_judge(refs, &f, &a, &v, &err), 0);
                    assert_true(v.proof.n > 0 && v.proof.n <= 120 && v.reason.n <= 400);
                    if (v.coverage == EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED) {
                        assert_non_null(v.rule);
                        assert_int_equal(v.rule->outcome, EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED);
                        assert_true(v.rule->source.n > 0 && v.rule->source_date);
                    }
                    judged++;
                    pp_arena_reset(&a);
                }
    assert_true(judged > 1000);
    pp_arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folder), cmocka_unit_test(payers),  cmocka_unit_test(sender_profiles),
        cmocka_unit_test(codes),  cmocka_unit_test(senders), cmocka_unit_test(places),
        cmocka_unit_test(papers), cmocka_unit_test(due),     cmocka_unit_test(nothing_from_silence),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
