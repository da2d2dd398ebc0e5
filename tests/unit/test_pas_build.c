/* Writing PAS requests (codec/pas.h): the Bundles for the requests of tests/fixtures/fhir/build_*_in.json against the
 * kept build_*_out.json, and the rules of the guide for every Bundle. After a wanted change PP_GOLDEN=write writes the
 * kept ones anew; read the difference before it is committed. */
#include "codec/fhir_read.h"
#include "codec/pas.h"

#include "request_help.h"

static struct pp_pas_request whole(const struct ev_pas_submit *r) {
    static const struct pp_str bytes[] = {{"Low back pain\nfor 8 weeks", 25}, {"MRI \x01 report", 12}};
    static const struct pp_str loinc[] = {{"11506-3", 7}, {"18748-4", 7}};
    static const struct pp_uuid job = {{0x01, 0x90, 0xb8, 0xf0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x77}};
    return (struct pp_pas_request){.req = r,
                                   .job = job,
                                   .tenant = PP_STR("lakeside"),
                                   .pos = PP_STR("22"),
                                   .bytes = bytes,
                                   .loinc = loinc,
                                   .insurer = {.name = PP_STR("Meridian Advantage"),
                                               .identifier_system = PP_STR("urn:oid:2.16.840.1.113883.6.300"),
                                               .identifier = PP_STR("95101")},
                                   .provider = {.name = PP_STR("Lakeside Physicians"),
                                                .npi = PP_STR("1003900010"),
                                                .address = PP_STR("100 Lakeside Drive"),
                                                .city = PP_STR("Chicago"),
                                                .state = PP_STR("IL"),
                                                .zip = PP_STR("60611"),
                                                .phone = PP_STR("+1 312 555 0101")}};
}

typedef int build_fn(const struct pp_pas_request *, struct pp_buf *, struct pp_err *);

static struct pp_str built(build_fn *build, const struct ev_pas_submit *r) {
    struct pp_pas_request q = whole(r);
    struct pp_buf b;
    pp_buf_init(&b, 1 << 20);
    if (build(&q, &b, &err) < 0) fail_msg("%s", err.msg);
    struct pp_str s = pp_arena_str(&arena, pp_buf_str(&b));
    pp_buf_free(&b);
    return s;
}

/* ---- the rules of the guide that every request keeps ---- */

static bool v4_urn(struct pp_str s) {
    struct pp_uuid u;
    if (!pp_str_starts(s, PP_STR("urn:uuid:"))) return false;
    struct pp_str id = {s.s + 9, s.n - 9};
    return id.n == 36 && pp_uuid_parse(id, &u) && (u.b[6] >> 4) == 4 && (u.b[8] >> 6) == 2;
}

static size_t entries_named(const json_t *bundle, struct pp_str url) {
    size_t n = 0;
    for (size_t i = 0; i < pp_fhir_count(bundle, "entry"); i++)
        n += pp_str_eq(pp_fhir_str(pp_fhir_at(bundle, "entry", i), "fullUrl"), url);
    return n;
}

/* Every reference below a node leads to exactly one entry; empty objects, arrays and strings do not occur. */
static void references(const json_t *bundle, const json_t *node, json_t *seen) {
    const char *key;
    json_t *v;
    size_t i;
    if (json_is_object(node)) {
        assert_true(json_object_size(node) > 0);
        struct pp_str ref = pp_fhir_str(node, "reference");
        if (ref.n) {
            assert_true(v4_urn(ref));
            assert_int_equal(entries_named(bundle, ref), 1);
            json_object_set_new(seen, ref.s, json_true());
        }
        json_object_foreach((json_t *)(uintptr_t)node, key, v) references(bundle, v, seen);
    } else if (json_is_array(node)) {
        assert_true(json_array_size(node) > 0);
        json_array_foreach(node, i, v) references(bundle, v, seen);
    } else if (json_is_string(node)) {
        assert_true(json_string_length(node) > 0);
    }
}

static void keeps_the_rules(struct pp_str body) {
    json_t *bundle = pp_fhir_parse(body, &err), *seen = json_object();
    assert_non_null(bundle);
    assert_true(pp_fhir_is(bundle, "Bundle"));
    assert_true(pp_str_eqz(pp_fhir_str(bundle, "type"), "collection"));
    assert_true(pp_fhir_str(json_object_get(bundle, "identifier"), "value").n > 0);
    assert_true(pp_fhir_str(bundle, "timestamp").n > 0);
    assert_true(pp_fhir_is(json_object_get(pp_fhir_at(bundle, "entry", 0), "resource"), "Claim"));
    for (size_t i = 0; i < pp_fhir_count(bundle, "entry"); i++) {
        struct pp_str url = pp_fhir_str(pp_fhir_at(bundle, "entry", i), "fullUrl");
        assert_true(v4_urn(url));
        assert_int_equal(entries_named(bundle, url), 1);
        references(bundle, json_object_get(pp_fhir_at(bundle, "entry", i), "resource"), seen);
    }
    /* nothing is in the Bundle that nothing leads to, but the Claim */
    for (size_t i = 1; i < pp_fhir_count(bundle, "entry"); i++)
        assert_non_null(json_object_get(seen, pp_fhir_str(pp_fhir_at(bundle, "entry", i), "fullUrl").s));
    json_decref(seen);
    json_decref(bundle);
}

static void golden(const char *name, struct pp_str body) {
    char path[200];
    snprintf(path, sizeof path, "tests/fixtures/fhir/build_%s_out.json", name);
    const char *mode = getenv("PP_GOLDEN");
    if (mode && strcmp(mode, "write") == 0) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        fwrite(body.s, 1, body.n, f);
        fclose(f);
        return;
    }
    struct pp_str kept = file_at(path);
    assert_int_equal(body.n, kept.n);
    assert_memory_equal(body.s, kept.s, body.n);
}

static int setup(void **state) {
    (void)state;
    pp_arena_init(&arena, 16 << 20);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    pp_arena_free(&arena);
    return 0;
}

/* ---- tests ---- */

static void submit(void **state) {
    (void)state;
    struct pp_str body = built(pp_pas_build_submit, request_of("submit"));
    keeps_the_rules(body);
    golden("submit", body);
    /* all tries carry the same bytes */
    struct pp_str again = built(pp_pas_build_submit, request_of("submit"));
    assert_true(pp_str_eq(body, again));
    /* a decimal goes out as it was written, a point is put into a diagnosis that lacks it */
    assert_non_null(strstr(body.s, "\"value\":1.50,"));
    assert_non_null(strstr(body.s, "\"code\":\"G89.29\""));
    assert_null(strstr(body.s, "\"related\""));
    assert_non_null(strstr(body.s, "\"data\":\"TG93IGJhY2sgcGFpbgpmb3IgOCB3ZWVrcw==\""));
}

static void update(void **state) {
    (void)state;
    struct pp_str body = built(pp_pas_build_submit, request_of("update"));
    keeps_the_rules(body);
    golden("update", body);
    json_t *bundle = pp_fhir_parse(body, &err);
    const json_t *claim = json_object_get(pp_fhir_at(bundle, "entry", 0), "resource");
    const json_t *prior = json_object_get(pp_fhir_at(bundle, "entry", 1), "resource");
    assert_true(pp_fhir_is(prior, "Claim"));
    assert_true(pp_fhir_resolve(bundle, claim, json_object_get(pp_fhir_at(claim, "related", 0), "claim")) == prior);
    assert_null(json_object_get(prior, "related"));    /* the grandparent is not in it */
    assert_int_equal(pp_fhir_count(claim, "item"), 3); /* both prior ones and the new one, by their sequences */
    static const struct {
        int64_t sequence;
        const char *change, *certification;
        bool gone;
    } want[] = {{1, "changed", "S", false}, {3, "added", "I", false}, {2, "changed", "3", true}};
    for (size_t i = 0; i < 3; i++) {
        const json_t *item = pp_fhir_at(claim, "item", i);
        const json_t *change =
            pp_fhir_ext(item, "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-infoChanged", NULL);
        const json_t *cert = pp_fhir_ext(
            item, "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-certificationType", NULL);
        assert_int_equal(pp_fhir_int(item, "sequence"), want[i].sequence);
        assert_true(pp_str_eqz(pp_fhir_str(change, "valueCode"), want[i].change));
        assert_true(
            pp_str_eqz(pp_fhir_code(json_object_get(cert, "valueCodeableConcept"), NULL), want[i].certification));
        assert_int_equal(pp_fhir_count(item, "modifierExtension"), want[i].gone);
    }
    assert_int_equal(pp_fhir_count(claim, "supportingInfo"), 2);
    assert_int_equal(pp_fhir_count(prior, "supportingInfo"), 1);
    json_decref(bundle);
}

/* Only what it is about is changed: certification 4 and the new period; the others stay as they were. */
static void extension(void **state) {
    (void)state;
    struct ev_pas_submit *r = request_of("update");
    int64_t line = 1;
    pp_date from = r->case_.lines[0].service_date;
    r->kind = EV_PAS_SUBMIT_KIND_EXTENSION;
    r->lines = &line;
    r->lines_n = 1;
    r->authorization = PP_STR("AUTH-77");
    r->until = from + 60;
    struct pp_str body = built(pp_pas_build_submit, r);
    keeps_the_rules(body);
    json_t *bundle = pp_fhir_parse(body, &err);
    const json_t *claim = json_object_get(pp_fhir_at(bundle, "entry", 0), "resource");
    const json_t *prior = json_object_get(pp_fhir_at(bundle, "entry", 1), "resource");
    assert_true(pp_fhir_resolve(bundle, claim, json_object_get(pp_fhir_at(claim, "related", 0), "claim")) == prior);
    assert_true(pp_str_eqz(
        pp_fhir_str(pp_fhir_ext(claim,
                                "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-authorizationNumber",
                                NULL),
                    "valueString"),
        "AUTH-77"));
    static const char *const certification[] = {"4", "I"};
    assert_int_equal(pp_fhir_count(claim, "item"), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *item = pp_fhir_at(claim, "item", i);
        const json_t *cert = pp_fhir_ext(
            item, "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-certificationType", NULL);
        const json_t *change =
            pp_fhir_ext(item, "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-infoChanged", NULL);
        assert_true(pp_str_eqz(pp_fhir_code(json_object_get(cert, "valueCodeableConcept"), NULL), certification[i]));
        assert_true(pp_str_eqz(pp_fhir_str(change, "valueCode"), i ? "" : "changed"));
        assert_int_equal(pp_fhir_count(item, "modifierExtension"), 0);
    }
    char end[11];
    pp_date_text(r->until, end);
    const json_t *period = json_object_get(pp_fhir_at(claim, "item", 0), "servicedPeriod");
    assert_true(pp_str_eqz(pp_fhir_str(period, "end"), end));
    assert_null(json_object_get(pp_fhir_at(claim, "item", 0), "servicedDate"));
    json_decref(bundle);
}

static void cancel(void **state) {
    (void)state;
    struct pp_str body = built(pp_pas_build_submit, request_of("cancel"));
    keeps_the_rules(body);
    golden("cancel", body);
    json_t *bundle = pp_fhir_parse(body, &err);
    const json_t *claim = json_object_get(pp_fhir_at(bundle, "entry", 0), "resource");
    const json_t *cert =
        pp_fhir_ext(claim, "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-certificationType", NULL);
    assert_true(pp_str_eqz(pp_fhir_code(json_object_get(cert, "valueCodeableConcept"), NULL), "3"));
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pp_fhir_count(pp_fhir_at(claim, "item", i), "modifierExtension"), 1);
    json_decref(bundle);
}

static void inquiry(void **state) {
    (void)state;
    struct pp_str body = built(pp_pas_build_inquiry, request_of("submit"));
    keeps_the_rules(body);
    golden("inquiry", body);
    assert_null(strstr(body.s, "DocumentReference"));
}

static void subscription(void **state) {
    (void)state;
    struct pp_pas_subscription s = {.endpoint = PP_STR("https://pp.test/payers/meridian/notifications"),
                                    .org = PP_STR("1003900010"),
                                    .header = PP_STR("X-Payer-Key: secret")};
    struct pp_buf b;
    pp_buf_init(&b, 8192);
    assert_int_equal(pp_pas_build_subscription(&s, &b, &err), 0);
    struct pp_str body = pp_arena_str(&arena, pp_buf_str(&b));
    pp_buf_free(&b);
    golden("subscription", body);
    assert_non_null(strstr(body.s, "\"org-identifier=1003900010\""));
}

/* The answer of a server, as we read it back. */
static void subscribed(void **state) {
    struct ev_pas_subscribed s;
    (void)state;
    assert_int_equal(
        pp_pas_read_subscription(PP_STR("{\"resourceType\":\"Subscription\",\"id\":\"s1\",\"status\":\"active\"}"),
                                 &arena, &s, &err),
        0);
    assert_string_equal(s.subscription.s, "s1");
    assert_string_equal(s.status.s, "active");
    assert_int_equal(pp_pas_read_subscription(PP_STR("{\"resourceType\":\"Subscription\"}"), &arena, &s, &err), -1);
}

static void missing(void **state) {
    static const char *const want[] = {"coverage.member_id is missing",
                                       "patient.family is missing",
                                       "coverage is missing",
                                       "line 1: code is missing",
                                       "line 9 is not in the case",
                                       "lines is missing",
                                       "a document of the prior request is missing",
                                       "prior request is missing"};
    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct ev_pas_submit *r = request_of(i == 6 ? "update" : "submit");
        struct pp_pas_request q = whole(r);
        struct pp_buf b;
        switch (i) {
        case 0: r->case_.coverages[0].member_id = PP_STR_NONE; break;
        case 1: r->case_.patient.family = PP_STR_NONE; break;
        case 2: r->case_.coverages_n = 0; break;
        case 3: r->case_.lines[0].code = PP_STR_NONE; break;
        case 4: r->lines[1] = 9; break;
        case 5: r->lines_n = 0; break;
        case 6: r->documents_n = 0; break;
        default: r->kind = EV_PAS_SUBMIT_KIND_CANCEL; break;
        }
        pp_buf_init(&b, 1 << 20);
        assert_int_equal(pp_pas_build_submit(&q, &b, &err), -1);
        assert_int_equal(err.kind, PP_ERR_INVALID);
        assert_string_equal(err.msg, want[i]);
        assert_int_equal(b.n, 0);
        pp_buf_free(&b);
    }
}

/* An order that says little still makes a valid request. */
static void sparse(void **state) {
    (void)state;
    struct ev_pas_submit *r = request_of("submit");
    r->case_.ordering = (struct ev_provider){0};
    r->case_.urgency = EV_CASE_URGENCY_ROUTINE;
    r->case_.ordered_at = 0;
    r->case_.patient = (struct ev_patient){.family = PP_STR("X")};
    r->case_.coverages[0] = (struct ev_coverage){.rank = 1, .member_id = PP_STR("M")};
    r->case_.lines[0] = (struct ev_case_line){.line = 1, .code = PP_STR("72148")};
    r->lines_n = 1;
    r->documents_n = 0;
    keeps_the_rules(built(pp_pas_build_submit, r));
}

static void too_large(void **state) {
    (void)state;
    struct ev_pas_submit *r = request_of("submit");
    struct pp_pas_request q = whole(r);
    size_t need = built(pp_pas_build_submit, r).n;
    for (size_t max = 1; max < need; max += 97) {
        struct pp_buf b;
        pp_buf_init(&b, max);
        assert_int_equal(pp_pas_build_submit(&q, &b, &err), -1);
        assert_int_equal(err.kind, PP_ERR_LIMIT);
        pp_buf_free(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(submit, setup, teardown),
        cmocka_unit_test_setup_teardown(update, setup, teardown),
        cmocka_unit_test_setup_teardown(extension, setup, teardown),
        cmocka_unit_test_setup_teardown(cancel, setup, teardown),
        cmocka_unit_test_setup_teardown(inquiry, setup, teardown),
        cmocka_unit_test_setup_teardown(subscription, setup, teardown),
        cmocka_unit_test_setup_teardown(subscribed, setup, teardown),
        cmocka_unit_test_setup_teardown(missing, setup, teardown),
        cmocka_unit_test_setup_teardown(sparse, setup, teardown),
        cmocka_unit_test_setup_teardown(too_large, setup, teardown),
    };
    return cmocka_run_group_tests_name("pas_build", tests, NULL, NULL);
}
