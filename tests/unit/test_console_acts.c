/* Which service an act or a read of the console belongs to, and names of files it serves. */
#include "console/acts.h"
#include "console/assets.h"
#include "ev.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void acts_agree_with_the_catalogue(void **state) {
    static const char *const owners[CONSOLE_SERVICES] = {"status",     "claims",       "documents",
                                                         "submission", "requirements", "chart"};
    (void)state;
    int n;
    const struct console_act *a = console_acts(&n);
    for (int i = 0; i < n; i++) {
        const struct ev_info *info = ev_info(ev_type_by_name(pp_str_z(a[i].type)));
        assert_non_null(info);
        assert_string_equal(info->topic, "pa.commands.v1");
        assert_string_equal(info->owner, owners[a[i].owner]);
        assert_true(a[i].roles[0]);
        assert_ptr_equal(console_act_find(pp_str_z(a[i].type)), &a[i]);
    }
    assert_null(console_act_find(PP_STR("order.reported")));
    assert_null(console_act_find(PP_STR("payer.subscribe")));
}

static void reads_have_one_owner(void **state) {
    static const struct {
        const char *path, *at;
        enum console_service owner;
    } good[] = {{"worklist", "worklist", CONSOLE_STATUS},
                {"views/counts", "views/counts", CONSOLE_STATUS},
                {"cases/0193", "cases/0193", CONSOLE_STATUS},
                {"cases/0193/timeline", "cases/0193/timeline", CONSOLE_STATUS},
                {"cases/0193/checklist", "cases/0193/checklist", CONSOLE_DOCUMENTS},
                {"cases/0193/submissions", "cases/0193/submissions", CONSOLE_SUBMISSION},
                {"cases/0193/requirements", "cases/0193/requirements", CONSOLE_REQUIREMENTS},
                {"cases/0193/chart", "cases/0193", CONSOLE_CHART},
                {"claims/holds", "claims/holds", CONSOLE_CLAIMS},
                {"claims/0193/comparison", "claims/0193/comparison", CONSOLE_CLAIMS}};
    static const char *const bad[] = {"",         "cases/",     "cases//timeline", "cases/0193/", "cases/0193/other",
                                      "commands", "worklist/x", "../v1/commands",  "healthz"};
    enum console_service owner;
    struct pp_str at;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(console_read_owner(pp_str_z(good[i].path), &owner, &at));
        assert_int_equal(owner, good[i].owner);
        assert_true(pp_str_eqz(at, good[i].at));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(console_read_owner(pp_str_z(bad[i]), &owner, &at));
}

static void texts_are_escaped(void **state) {
    char out[32];
    (void)state;
    assert_int_equal(console_url_escape(PP_STR("a b/ü&%"), out, sizeof out), 20);
    assert_string_equal(out, "a%20b%2F%C3%BC%26%25");
    assert_int_equal(console_url_escape(PP_STR("0123456789012345678901234567890123"), out, sizeof out), 0);
    assert_int_equal(console_url_escape(PP_STR(""), out, sizeof out), 0);
}

static void roles_meet_whole_words_only(void **state) {
    (void)state;
    assert_true(console_roles_meet("pa", "registration,pa,lead"));
    assert_true(console_roles_meet("scheduler, lead", "lead"));
    assert_false(console_roles_meet("pa", "papa,spa"));
    assert_false(console_roles_meet("", "pa"));
    assert_false(console_roles_meet("pa", ""));
}

static void names_of_files(void **state) {
    static const char *const bad[] = {"",    "/etc/passwd", "js/../../x.js", "js//x.js", "js/.x.js", "js/x y.js",
                                      "js/", "..",          "js/\xc3\xbc.js"};
    (void)state;
    assert_true(console_asset_name_ok(PP_STR("js/main.js")));
    assert_true(console_asset_name_ok(PP_STR("fonts/inter-400.woff2")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(console_asset_name_ok(pp_str_z(bad[i])));
    assert_string_equal(console_asset_type(PP_STR("x.js")), "text/javascript; charset=utf-8");
    assert_null(console_asset_type(PP_STR("x.pem")));
}

/* The shell stands first, names no file that is not there, and its scripts are led by the import map. */
static void built_in_files_are_whole(void **state) {
    (void)state;
    const struct console_asset *shell = console_asset_find(PP_STR("/"));
    assert_ptr_equal(shell, console_web_assets);
    struct pp_str page = {(const char *)shell->bytes, shell->n};
    int names = 0;
    for (const char *p = page.s; (p = memmem(p, (size_t)(page.s + page.n - p), "\"/a/", 4)) != NULL;) {
        const char *from = ++p, *to = memchr(from, '"', (size_t)(page.s + page.n - from));
        struct pp_str name = {from, (uint32_t)(to - from)};
        bool key = to[1] == ':'; /* of the import map: the plain name */
        if (!key) {
            assert_non_null(console_asset_find(name));
            names++;
        }
        p = to;
    }
    assert_true(names > 20);
    assert_non_null(strstr(console_web_csp, "'sha256-"));
    for (const struct console_asset *a = console_web_assets; a->path; a++) assert_true(a->n > 0 && a->type[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acts_agree_with_the_catalogue),
        cmocka_unit_test(reads_have_one_owner),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(roles_meet_whole_words_only),
        cmocka_unit_test(names_of_files),
        cmocka_unit_test(built_in_files_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
