/* Reading what payers send (codec/pas.h): our own fixtures in tests/fixtures/fhir, and the published examples of the
 * PAS guide where they are at hand (PP_SAMPLES, else ../shared/samples; passed over without them). */
#include "codec/fhir_read.h"
#include "codec/pas.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define assert_str(actual, want) assert_string_equal((actual).n ? (actual).s : "", want)

static struct pp_arena arena;
static struct pp_err err;
static char trace[PP_TRACE_MAX + 1];

/* Whole file with @TRACE@ replaced by a number of ours; freed with the arena. */
static bool load(const char *path, struct pp_str *ret) {
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    struct pp_buf b;
    char chunk[4096];
    pp_buf_init(&b, 1 << 20);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;) pp_buf_add(&b, chunk, n);
    fclose(f);
    struct pp_buf out;
    pp_buf_init(&out, 1 << 20);
    for (size_t i = 0; i < b.n;) {
        if (b.n - i >= 7 && memcmp(b.p + i, "@TRACE@", 7) == 0) {
            pp_buf_addz(&out, trace);
            i += 7;
        } else {
            pp_buf_addc(&out, b.p[i++]);
        }
    }
    *ret = pp_arena_str(&arena, pp_buf_str(&out));
    pp_buf_free(&b);
    pp_buf_free(&out);
    return true;
}

static struct pp_pas_answer read_fixture(const char *name) {
    char path[200];
    struct pp_str body;
    struct pp_pas_answer a = {0};
    snprintf(path, sizeof path, "tests/fixtures/fhir/read_%s.json", name);
    assert_true(load(path, &body));
    assert_int_equal(pp_pas_read(body, pp_str_z(trace), PP_STR("America/Chicago"), &arena, &a, &err), 0);
    return a;
}

static int setup(void **state) {
    static const struct pp_uuid person = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    (void)state;
    pp_arena_init(&arena, 16 << 20);
    pp_trace_make(person, 7, trace);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    pp_arena_free(&arena);
    return 0;
}

static void approved(void **state) {
    (void)state;
    struct ev_pas_answered a = read_fixture("approved").answered;
    assert_str(a.trace, trace);
    assert_int_equal(a.lines_n, 1);
    assert_int_equal(a.lines[0].line, 1);
    assert_int_equal(a.lines[0].outcome, EV_DECIDED_LINE_OUTCOME_APPROVED);
    assert_str(a.lines[0].review_code, "A1");
    assert_str(a.lines[0].authorization, "AUTH0001");
    assert_int_equal(a.lines[0].valid_from, pp_date_of(2026, 11, 24));
    assert_int_equal(a.lines[0].valid_until, pp_date_of(2027, 2, 22));
    assert_str(a.lines[0].units, "12.5");
    assert_str(a.lines[0].unit_type, "UN");
    assert_str(a.lines[0].provider_npi, "1234567893");
    assert_str(a.payer_ref, "cr-1");
}

static void two_lines(void **state) {
    (void)state;
    struct ev_pas_answered a = read_fixture("two_lines").answered;
    assert_int_equal(a.lines_n, 2);
    assert_int_equal(a.lines[0].outcome, EV_DECIDED_LINE_OUTCOME_APPROVED);
    assert_int_equal(a.lines[1].outcome, EV_DECIDED_LINE_OUTCOME_DENIED);
    assert_str(a.lines[1].reason_code, "0F");
    assert_non_null(strstr(a.lines[1].reason.s, "six weeks"));
    assert_str(a.lines[1].authorization, "");
}

static void modified(void **state) {
    (void)state;
    struct ev_pas_answered a = read_fixture("modified").answered;
    assert_int_equal(a.lines_n, 1);
    assert_int_equal(a.lines[0].outcome, EV_DECIDED_LINE_OUTCOME_MODIFIED); /* the item decides, not the added one */
    assert_str(a.lines[0].code, "72146");
    assert_str(a.lines[0].units, "2");
    assert_int_equal(a.lines[0].modifiers_n, 1);
    assert_str(a.lines[0].modifiers[0], "26");
    assert_str(a.lines[0].authorization, "AUTH0003");
}

static void wanted(void **state) {
    (void)state;
    struct ev_pas_answered a = read_fixture("pended_wants").answered;
    assert_int_equal(a.lines[0].outcome, EV_DECIDED_LINE_OUTCOME_PENDED);
    assert_str(a.lines[0].reference, "PEND0001");
    assert_int_equal(a.wanted_n, 2);
    assert_int_equal(a.wanted[0].line, 1);
    assert_str(a.wanted[0].code, "28653-2");
    assert_str(a.wanted[0].system, "http://loinc.org");
    assert_str(a.wanted[1].code, "PN");
    assert_str(a.wanted[1].title, "Please send the home exercise log");
    /* the earlier date, at the end of that day in the payer's zone: 23:59 in Chicago */
    assert_int_equal(a.wanted_due, pp_zone_instant(PP_STR("America/Chicago"), pp_date_of(2026, 12, 1), 23 * 60 + 59));
    a = read_fixture("wants_lost_reference").answered;
    assert_int_equal(a.wanted_n, 1); /* something is wanted and cannot be read: that is not lost */
    assert_str(a.wanted[0].code, "other");
}

static void refused(void **state) {
    (void)state;
    struct ev_pas_answered a = read_fixture("error").answered;
    assert_int_equal(a.lines_n, 0);
    assert_int_equal(a.outcome, EV_PAS_ANSWERED_OUTCOME_ERROR);
    assert_str(a.error_code, "04");
    assert_str(a.error_followup, "C");
    assert_str(a.error_element, "2010A-NM103");
    assert_non_null(strstr(a.error_text.s, "T4 at 2010A-NM103"));
}

static void never_approved(void **state) {
    static const char *const names[] = {"unknown_code", "display_only", "other_system", "no_adjudication",
                                        "empty_response"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct ev_pas_answered a = read_fixture(names[i]).answered;
        assert_int_equal(a.lines_n, 1);
        assert_int_equal(a.lines[0].outcome, EV_DECIDED_LINE_OUTCOME_UNCLEAR);
        assert_str(a.lines[0].authorization, i == 0 ? "AUTH0004" : i == 2 ? "AUTH0005" : "");
    }
    assert_int_equal(read_fixture("empty_response").answered.lines[0].line, 0);
}

static void dialects(void **state) {
    (void)state;
    struct ev_pas_answered a = read_fixture("pre_auth_ref").answered;
    assert_int_equal(a.lines[0].outcome, EV_DECIDED_LINE_OUTCOME_APPROVED);
    assert_str(a.lines[0].authorization, "PA-778");
    assert_int_equal(a.lines[0].valid_until, pp_date_of(2027, 1, 23));
    a = read_fixture("first_draft").answered;
    assert_int_equal(a.lines[0].line, 0);
    assert_int_equal(a.lines[0].outcome, EV_DECIDED_LINE_OUTCOME_APPROVED);
    assert_str(a.lines[0].authorization, "PA-779");
    assert_int_equal(read_fixture("queued").answered.lines[0].outcome, EV_DECIDED_LINE_OUTCOME_PENDED);
    assert_str(read_fixture("bare").answered.lines[0].authorization, "AUTH0008");
}

static void notifications(void **state) {
    (void)state;
    struct pp_pas_answer a = read_fixture("notification");
    assert_int_equal(a.found, PP_PAS_RESPONSE);
    assert_str(a.answered.lines[0].authorization, "AUTH0006");
    assert_int_equal(read_fixture("notification_id_only").found, PP_PAS_FOCUS_ONLY);
    assert_int_equal(read_fixture("handshake").found, PP_PAS_HANDSHAKE);
    a = read_fixture("inquiry_found"); /* of two the one with our number, although the other is newer */
    assert_str(a.answered.trace, trace);
    assert_int_equal(a.answered.lines[0].outcome, EV_DECIDED_LINE_OUTCOME_APPROVED);
    assert_int_equal(read_fixture("inquiry_none").found, PP_PAS_EMPTY);
    a = read_fixture("outcome");
    assert_int_equal(a.found, PP_PAS_OUTCOME);
    assert_str(a.outcome, "invalid at Claim.item[0].quantity"); /* no free text: values stand there */
}

static void bad_bytes(void **state) {
    static const char *const bad[] = {
        "", "{", "[]", "\"x\"", "{\"resourceType\":\"Patient\"}", "not json", "{\"a\":1e999}"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pp_pas_answer a;
        assert_int_equal(pp_pas_read(pp_str_z(bad[i]), PP_STR_NONE, PP_STR_NONE, &arena, &a, &err), -1);
        assert_int_equal(err.kind, PP_ERR_INVALID);
    }
}

/* Every type where another one should be: the reader finds nothing there and does not fall over. */
static void wrong_types(void **state) {
    static const char *const values[] = {"null", "1", "\"x\"", "[]", "{}", "[null]", "[1]", "[{}]", "true"};
    static const char *const members[] = {"item",       "addItem",     "error",         "communicationRequest",
                                          "identifier", "processNote", "preAuthPeriod", "outcome",
                                          "extension",  "created",     "request"};
    (void)state;
    for (size_t m = 0; m < sizeof members / sizeof members[0]; m++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            char text[300];
            struct pp_pas_answer a;
            snprintf(text, sizeof text, "{\"resourceType\":\"ClaimResponse\",\"%s\":%s}", members[m], values[v]);
            assert_int_equal(pp_pas_read(pp_str_z(text), PP_STR_NONE, PP_STR_NONE, &arena, &a, &err), 0);
            for (size_t i = 0; i < a.answered.lines_n; i++)
                assert_int_not_equal(a.answered.lines[i].outcome, EV_DECIDED_LINE_OUTCOME_APPROVED);
        }
}

static void little_memory(void **state) {
    char path[] = "tests/fixtures/fhir/read_pended_wants.json";
    struct pp_str body;
    (void)state;
    assert_true(load(path, &body));
    bool once = false;
    for (size_t max = 64; max < 64 << 10; max *= 2) {
        struct pp_arena small;
        struct pp_pas_answer a;
        pp_arena_init(&small, max);
        int rc = pp_pas_read(body, PP_STR_NONE, PP_STR_NONE, &small, &a, &err);
        if (rc < 0) assert_int_equal(err.kind, PP_ERR_LIMIT);
        once = once || rc == 0;
        pp_arena_free(&small);
    }
    assert_true(once);
}

static void review_codes(void **state) {
    static const struct {
        const char *review, *reason;
        enum ev_decided_line_outcome want;
    } rows[] = {
        {"A1", "", EV_DECIDED_LINE_OUTCOME_APPROVED},       {"A2", "", EV_DECIDED_LINE_OUTCOME_PARTIAL},
        {"A3", "", EV_DECIDED_LINE_OUTCOME_DENIED},         {"A4", "", EV_DECIDED_LINE_OUTCOME_PENDED},
        {"A6", "", EV_DECIDED_LINE_OUTCOME_MODIFIED},       {"C", "", EV_DECIDED_LINE_OUTCOME_CANCELLED},
        {"CT", "", EV_DECIDED_LINE_OUTCOME_CONTACT_PAYER},  {"NA", "", EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED},
        {"A3", "0H", EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED}, {"A1", "0H", EV_DECIDED_LINE_OUTCOME_APPROVED},
        {"A4", "0H", EV_DECIDED_LINE_OUTCOME_PENDED},       {"", "", EV_DECIDED_LINE_OUTCOME_UNCLEAR},
        {"A5", "", EV_DECIDED_LINE_OUTCOME_UNCLEAR},        {"a1", "", EV_DECIDED_LINE_OUTCOME_UNCLEAR},
        {"A11", "", EV_DECIDED_LINE_OUTCOME_UNCLEAR},       {"PENDEDCODE", "", EV_DECIDED_LINE_OUTCOME_UNCLEAR},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(pp_pas_outcome(pp_str_z(rows[i].review), pp_str_z(rows[i].reason)), rows[i].want);
}

/* What the guide's own examples say; "-" stands for no line. */
static void published(void **state) {
    static const struct {
        const char *file;
        enum pp_pas_found found;
        const char *line, *review, *authorization, *reference, *error, *until;
    } rows[] = {
        {"Bundle-ReferralAuthorizationResponseBundleExample.json", PP_PAS_RESPONSE, "1", "A1", "AUTH0001", "", "",
         "2005-06-02"},
        {"Bundle-ReferralPendingAuthorizationResponseBundleExample.json", PP_PAS_RESPONSE, "1", "A4", "", "PEND0001",
         "", ""},
        {"Bundle-RejectionResponseBundleExample.json", PP_PAS_RESPONSE, "1", "A3", "", "", "", ""},
        {"Bundle-ErrorResponseBundleExample.json", PP_PAS_RESPONSE, "-", "", "", "", "04", ""},
        {"Bundle-PASClaimInquiryResponseBundleExample.json", PP_PAS_RESPONSE, "1", "A1", "AUTH0001", "", "", ""},
        {"Parameters-PASClaimInquiryOperationResponseExample.json", PP_PAS_RESPONSE, "1", "A1", "AUTH0001", "", "", ""},
        {"Bundle-PASSubscriptionNotification.json", PP_PAS_RESPONSE, "1", "A1", "AUTH0001", "", "", "2005-06-02"},
        {"ClaimResponse-PractitionerRequestorResponseExample.json", PP_PAS_RESPONSE, "1", "A1", "AUTH0001", "", "",
         "2005-06-02"},
        {"OperationOutcome-InvalidRequestResponse.json", PP_PAS_OUTCOME, "-", "", "", "", "", ""},
        {"Parameters-SubscriptionNotificationParameters.json", PP_PAS_FOCUS_ONLY, "-", "", "", "", "", ""},
        {"Bundle-HomecareAuthorizationBundleExample.json", PP_PAS_EMPTY, "-", "", "", "", "", ""},
    };
    const char *root = getenv("PP_SAMPLES");
    char path[400];
    struct pp_str body;
    (void)state;
    snprintf(path, sizeof path, "%s/fhir/pas_2.2.1/examples", root ? root : "../shared/samples");
    DIR *there = opendir(path);
    if (!there) {
        print_message("the guide's examples are not here: passed over\n");
        skip();
    }
    closedir(there);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pp_pas_answer a;
        snprintf(path, sizeof path, "%s/fhir/pas_2.2.1/examples/%s", root ? root : "../shared/samples", rows[i].file);
        assert_true(load(path, &body));
        if (pp_pas_read(body, PP_STR_NONE, PP_STR_NONE, &arena, &a, &err) < 0)
            fail_msg("%s: %s", rows[i].file, err.msg);
        assert_int_equal(a.found, rows[i].found);
        if (a.found != PP_PAS_RESPONSE) continue;
        assert_str(a.answered.error_code, rows[i].error);
        assert_int_equal(a.answered.lines_n, strcmp(rows[i].line, "-") != 0);
        if (!a.answered.lines_n) continue;
        char until[11];
        pp_date_text(a.answered.lines[0].valid_until, until);
        assert_int_equal(a.answered.lines[0].line, rows[i].line[0] - '0');
        assert_str(a.answered.lines[0].review_code, rows[i].review);
        assert_str(a.answered.lines[0].authorization, rows[i].authorization);
        assert_str(a.answered.lines[0].reference, rows[i].reference);
        assert_string_equal(until, rows[i].until);
        /* what was read can be carried on */
        struct pp_buf b;
        pp_buf_init(&b, 64 << 10);
        if (ev_encode(EV(pas_answered, PAS_ANSWERED, &a.answered), &b, &err) < 0)
            fail_msg("%s: %s", rows[i].file, err.msg);
        pp_buf_free(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(approved, setup, teardown),
        cmocka_unit_test_setup_teardown(two_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(modified, setup, teardown),
        cmocka_unit_test_setup_teardown(wanted, setup, teardown),
        cmocka_unit_test_setup_teardown(refused, setup, teardown),
        cmocka_unit_test_setup_teardown(never_approved, setup, teardown),
        cmocka_unit_test_setup_teardown(dialects, setup, teardown),
        cmocka_unit_test_setup_teardown(notifications, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_types, setup, teardown),
        cmocka_unit_test_setup_teardown(little_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(review_codes, setup, teardown),
        cmocka_unit_test_setup_teardown(published, setup, teardown),
    };
    return cmocka_run_group_tests_name("pas_read", tests, NULL, NULL);
}
