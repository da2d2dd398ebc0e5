/* The text form of packs: what is taken, and the exact place of what is not. */
#include "refs/payers.h"
#include "refs/rules.h"
#include "refs/senders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define HEAD(name) "# pack: " name "\n# version: 1\n# source: a test\n# date: 2026-11-24\n"
#define PAYER_COLS "payer\tname\tcodes\tnames\tlob\tchannel\tzone\n"
#define PAYER(id, codes) id "\tName of " id "\t" codes "\t\tcommercial\tportal\tAmerica/Chicago\n"
#define X12_COLS                                                                                                       \
    "payer\tname\tlob\tchannel\tzone\tbase_url\tisa_sender_type\tisa_sender\tisa_receiver_type\tisa_receiver\tx12_"    \
    "usage\t"                                                                                                          \
    "x12_attachment\n"
#define X12(channel, url, receiver, usage, attachment)                                                                 \
    "x\tX\tma\t" channel "\tUTC\t" url "\tZZ\tUS\tZZ\t" receiver "\t" usage "\t" attachment "\n"
#define ASK_COLS                                                                                                       \
    "payer\tname\tlob\tchannel\tzone\tidentifier\tisa_sender_type\tisa_sender\tisa_receiver_type\tisa_receiver\t"      \
    "eligibility_url\teligibility_days\n"
#define ASK(identifier, receiver, url, days)                                                                           \
    "x\tX\tma\tportal\tUTC\t" identifier "\tZZ\tUS\tZZ\t" receiver "\t" url "\t" days "\n"
#define DOCS HEAD("doclists") "list\titem\ttitle\tpurpose\tmust\tsource\nd\tnote\tNote\twithpa\tyes\tehr\n"
#define SENDER_COLS "sender\tcharset\tmixed_ends\tversions\tmrn_authority\torder\n"
#define RULE_COLS "rule\tpayer\tlob\tcodes\tcategory\toutcome\tdocuments\ttext\tsource\tsource_date\n"
#define RULE(id, codes, outcome) id "\t\tcommercial\t" codes "\t\t" outcome "\t\tA rule.\ta list\t2026-01-01\n"

/* NULL-terminated packs -> set or NULL with *err. */
static struct pp_refs *build(struct pp_err *err, const char *const *packs) {
    struct pp_refs *r = NULL;
    struct pp_refs_builder *b = pp_refs_begin();
    assert_non_null(b);
    for (; *packs; packs++) {
        if (pp_refs_add(b, pp_str_z(*packs), PP_STR("0123456789abcdef"), 0, err) < 0) {
            pp_refs_builder_free(b);
            return NULL;
        }
    }
    return pp_refs_finish(b, &r, err) < 0 ? NULL : r;
}
#define BUILD(err, ...) build((err), (const char *const[]){__VA_ARGS__, NULL})

static void good(void **state) {
    (void)state;
    struct pp_err err;
    struct pp_refs *r = BUILD(&err, HEAD("payers") PAYER_COLS "# a comment\n\n" PAYER("b", "B1|B2") PAYER("a", "A1"),
                              DOCS, HEAD("rules") RULE_COLS RULE("R1", "72148,70551-70553", "required"),
                              "# kind: rules\r\n" HEAD("more") RULE_COLS RULE("R2", "*", "not_required"));
    assert_non_null(r);
    const struct pp_pack *packs;
    assert_int_equal(pp_refs_packs(r, &packs), 4);
    assert_true(pp_str_eqz(packs[3].name, "more") && pp_str_eqz(packs[3].kind, "rules"));
    const struct pp_payer *first = pp_refs_payer_next(r, NULL);
    assert_true(pp_str_eqz(first->id, "a"));
    assert_true(pp_str_eqz(pp_refs_payer_next(r, first)->id, "b"));
    assert_null(pp_refs_payer_next(r, pp_refs_payer_next(r, first)));
    assert_int_equal(first->concurrent_max, 2);
    assert_non_null(pp_refs_rule(r, PP_STR("R2")));
    pp_refs_free(r);
}

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *pack, *says;
    } t[] = {
        {"payer\n", "the head has no \"# pack: NAME\""},
        {"# pack: payers\n# source: x\n# date: 2026-01-01\n" PAYER_COLS, "no \"# version:\""},
        {"# pack: payers\n# version: 1\n# date: 2026-01-01\n" PAYER_COLS, "no \"# source:\""},
        {"# pack: payers\n# version: 1\n# source: x\n# date: soon\n" PAYER_COLS, "no \"# date: YYYY-MM-DD\""},
        {HEAD("payers"), "no line of column names"},
        {HEAD("nonsense") "a\n", "unknown kind"},
        {HEAD("payers") "payer\tname\tcolour\n", "line 5, column colour: no such column"},
        {HEAD("payers") "payer\tpayer\n", "column payer: the column stands here twice"},
        {HEAD("payers") "payer\tname\tlob\tchannel\n", "column zone: the column is missing"},
        {HEAD("payers") PAYER_COLS "x\t\t\t\tcommercial\tportal\tUTC\n", "line 6, column name: must not be empty"},
        {HEAD("payers") PAYER_COLS PAYER("a", "") "x\tX\t\t\tnone\tportal\tUTC\n", "line 7, column lob: the value"},
        {HEAD("payers") PAYER_COLS "x\tX\t\t\tma\tcarrier pigeon\tUTC\n", "channel is none of fhir, x12-core"},
        {HEAD("payers") PAYER_COLS "x\tX\t\t\tma\tx12\tUTC\n", "channel is none of fhir, x12-core"},
        {HEAD("payers") PAYER_COLS "x\tX\t\t\tma\tx12-file\tUTC\n", "channel x12 needs base_url"},
        {HEAD("payers") X12_COLS X12("x12-core", "https://x", "", "T", ""), "channel x12 needs isa_receiver"},
        {HEAD("payers") X12_COLS X12("x12-core", "file:///x", "9", "T", ""), "base_url does not fit to its channel"},
        {HEAD("payers") X12_COLS X12("x12-file", "https://x", "9", "T", ""), "base_url does not fit to its channel"},
        {HEAD("payers") X12_COLS X12("x12-core", "https://x", "9", "X", ""), "x12_usage is P or T"},
        {HEAD("payers") X12_COLS X12("x12-core", "https://x", "9", "T", "005010X210"), "x12_attachment is 005010X211"},
        {HEAD("payers") PAYER_COLS "x\tX\t\t\tma\tfhir\tUTC\n", "channel fhir needs a base_url"},
        {HEAD("payers") ASK_COLS ASK("9", "", "https://x", ""), "eligibility_url needs isa_receiver"},
        {HEAD("payers") ASK_COLS ASK("", "9", "https://x", ""), "eligibility_url needs identifier"},
        {HEAD("payers") ASK_COLS ASK("9", "9", "file:///x", ""), "eligibility is asked by HTTP, not by file"},
        {HEAD("payers") ASK_COLS ASK("9", "9", "https://x", "-1"), "eligibility_days is negative"},
        {HEAD("payers") PAYER_COLS "x\tX\t\t\tma\tportal\tMars/Olympus\n", "unknown zone"},
        {HEAD("payers") PAYER_COLS "x\tX\t\t\tma\tportal\tUTC\tmore\n", "line 6: more cells than columns"},
        {HEAD("payers") PAYER_COLS PAYER("a", "") PAYER("a", ""), "payer a is in the directory twice"},
        {HEAD("payers") PAYER_COLS PAYER("a", "SAME") PAYER("b", "same"), "share a code or a name"},
        {HEAD("rules") RULE_COLS RULE("R1", "7214", "required"), "line 6: rule R1: 7214 is neither a code nor a range"},
        {HEAD("rules") RULE_COLS RULE("R1", "72150-72148", "required"), "neither a code nor a range"},
        {HEAD("rules") RULE_COLS RULE("R1", "72148", "perhaps"), "column outcome"},
        {HEAD("rules") RULE_COLS RULE("R1", "72148", "required") RULE("R1", "72149", "required"),
         "two rules are called R1"},
        {HEAD("rules") RULE_COLS RULE("R1", "72148,72148", "required"), "lists code 72148 twice"},
        {HEAD("rules") RULE_COLS "R1\t\t\t*\t\tnot_required\t\tA.\ts\t2026-01-01\n",
         "would free every service of every payer"},
        {HEAD("rules") RULE_COLS "R1\t\tma\t\t\trequired\t\tA.\ts\t2026-01-01\n", "one of codes and category"},
        {HEAD("rules") RULE_COLS "R1\t\tma\t72148\t\trequired\tnolist\tA.\ts\t2026-01-01\n",
         "document list nolist, which no pack has"},
        {HEAD("rules") RULE_COLS "R1\tnobody\tma\t72148\t\trequired\t\tA.\ts\t2026-01-01\n",
         "names payer nobody, which no pack has"},
        {HEAD("codemap") "sender\tlocal\tcode\n*\tX\tMRI\n", "MRI is not a CPT or HCPCS code"},
        {HEAD("locations") "sender\tlocation\tsite\n*\tX\tnowhere\n", "names site nowhere, which no pack has"},
        {HEAD("queues") "kind\tqueue\tamount\tunit\turgent_amount\turgent_unit\nsing\tq\t1\thour\t1\thour\n",
         "no kind of task sing"},
        {HEAD("clocks") "clock\tregime\tlob\texpedited\tamount\tunit\tsource\nc\tr\tma\tno\t0\tday\ts\n", "above 0"},
        {HEAD("senders") SENDER_COLS "a*b\t\t\t\t\t\n", "sender a*b: a star stands at the end only"},
        {HEAD("senders") SENDER_COLS "a\tUTF-16\t\t\t\t\n", "line 6, column charset: the value"},
        {HEAD("senders") SENDER_COLS "a\t\tperhaps\t\t\t\n", "line 6, column mixed_ends: the value"},
        {HEAD("senders") SENDER_COLS "a\t\t\t2.3||2.5\t\t\n", "a list has an empty part"},
        {HEAD("senders") SENDER_COLS "a\t\t\t2.3|\t\t\n", "a list has an empty part"},
        {HEAD("senders") SENDER_COLS "a\t\t\t\tHOSP\t\n", "mrn_type, which is empty"},
        {HEAD("senders") SENDER_COLS "a\t\t\t\t\tORC-4\n", "column order: the value"},
        {HEAD("senders") SENDER_COLS "a\t\t\t\t\t\nb\t\t\t\t\t\na\t\t\t\t\t\n", "sender a is listed twice"},
        {HEAD("doctypes") "sender\tsystem\tcode\twords\titem\n*\tLN\t\t\tnote\n", "one of code and words"},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct pp_err err = {0};
        struct pp_refs *r = BUILD(&err, t[i].pack);
        if (r || !strstr(err.msg, t[i].says))
            fail_msg("%zu: wanted \"%s\", got \"%s\"", i, t[i].says, r ? "a set" : err.msg);
        assert_int_equal(err.kind, PP_ERR_INVALID);
    }
}

static void twice_and_bytes(void **state) {
    (void)state;
    struct pp_err err;
    assert_null(BUILD(&err, DOCS, DOCS));
    assert_non_null(strstr(err.msg, "already in the set"));
    struct pp_refs_builder *b = pp_refs_begin();
    assert_int_equal(pp_refs_add(b, PP_STR("# pack: a\0b"), PP_STR_NONE, 0, &err), -1);
    assert_non_null(strstr(err.msg, "NUL"));
    pp_refs_builder_free(b);
    pp_refs_builder_free(NULL);
    pp_refs_free(NULL);
}

/* Any cut of a good pack is either refused or a smaller good pack; never a crash (ASan runs this too). */
static void cut_anywhere(void **state) {
    (void)state;
    static const char whole[] =
        HEAD("rules") RULE_COLS RULE("R1", "72148,70551-70553", "required") RULE("R2", "*", "not_required");
    for (uint32_t n = 0; n < sizeof whole; n++) {
        struct pp_err err;
        struct pp_refs *r = NULL;
        struct pp_refs_builder *b = pp_refs_begin();
        if (pp_refs_add(b, (struct pp_str){whole, n}, PP_STR_NONE, 0, &err) < 0)
            pp_refs_builder_free(b);
        else if (pp_refs_finish(b, &r, &err) == 0)
            pp_refs_free(r);
    }
}

static void an_empty_set_knows_nothing(void **state) {
    (void)state;
    struct pp_refs *r = pp_refs_empty();
    struct pp_arena a;
    struct pp_err err;
    struct pp_rule_verdict v;
    struct pp_rule_facts f = {
        .payer = PP_STR("meridian"), .lob = EV_COVERAGE_LOB_MA, .code = PP_STR("72148"), .date = 739900};
    pp_arena_init(&a, 1u << 20);
    assert_non_null(r);
    assert_null(pp_refs_payer(r, PP_STR("meridian")));
    assert_null(pp_refs_payer_find(r, PP_STR("MERID"), PP_STR("Meridian")));
    assert_int_equal(pp_rules_judge(r, &f, &a, &v, &err), 0);
    assert_int_equal(v.coverage, EV_DETERMINED_LINE_COVERAGE_UNKNOWN);
    assert_true(v.proof.n > 0 && v.considered_n == 0);
    pp_arena_free(&a);
    pp_refs_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),
        cmocka_unit_test(refused),
        cmocka_unit_test(twice_and_bytes),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(an_empty_set_knows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
