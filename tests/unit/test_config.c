/* Configuration: order of strength, every fault at once, nearest names, files that are never printed. Also the log. */
#include "io/config.h"
#include "io/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static const struct pp_config_key extra[] = {
    {"api-port", PP_CFG_INT, 0, 65535, "", "7101", "Another default."},
    {"wait", PP_CFG_INT, 1, 100, "ms", "10", "Some wait."},
    {"migrate", PP_CFG_BOOL, 0, 0, "", "false", "Migrate and exit."},
    {"secret-file", PP_CFG_FILE, 0, 0, "", "", "A secret."},
    {"payer", PP_CFG_STR, 0, 5, "", NULL, "Must be given."},
    {0},
};
static const struct pp_config_key *const tables[] = {pp_config_common, extra, NULL};

static char path[64], text[2048];
static struct pp_buf faults;

static void write_file(const char *content) {
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(content, f);
    fclose(f);
}

static int parse(struct pp_config **ret, ...) {
    char *argv[16] = {(char *)"prog"};
    int argc = 1;
    va_list ap;
    va_start(ap, ret);
    for (char *a; (a = va_arg(ap, char *));) argv[argc++] = a;
    va_end(ap);
    pp_buf_reset(&faults);
    int rc = pp_config_parse(tables, argc, argv, ret, &faults);
    snprintf(text, sizeof text, "%.*s", (int)faults.n, faults.p ? faults.p : "");
    return rc;
}

static int setup(void **s) {
    (void)s;
    snprintf(path, sizeof path, "/tmp/pp-config-%d", (int)getpid());
    pp_buf_init(&faults, 4096);
    return 0;
}

static int teardown(void **s) {
    (void)s;
    unlink(path);
    pp_buf_free(&faults);
    return 0;
}

static void test_strength(void **s) {
    (void)s;
    struct pp_config *c = NULL;
    write_file("# comment\n\nwait = 20\npayer=file\n log-level =  warn \r\n");
    char config[80];
    snprintf(config, sizeof config, "--config=%s", path);
    assert_int_equal(parse(&c, config, NULL), 0);
    assert_int_equal(pp_config_int(c, "wait"), 20);
    assert_string_equal(pp_config_str(c, "payer"), "file");
    assert_string_equal(pp_config_str(c, "log-level"), "warn");
    assert_int_equal(pp_config_int(c, "api-port"), 7101);
    assert_false(pp_config_bool(c, "migrate"));
    pp_config_free(c);
    setenv("PP_WAIT", "30", 1);
    setenv("PP_LOG_LEVEL", "debug", 1);
    assert_int_equal(parse(&c, "--wait", "40", config, "--migrate", NULL), 0);
    assert_int_equal(pp_config_int(c, "wait"), 40);
    assert_string_equal(pp_config_str(c, "log-level"), "debug");
    assert_true(pp_config_bool(c, "migrate"));
    pp_config_free(c);
    unsetenv("PP_WAIT");
    unsetenv("PP_LOG_LEVEL");
}

static void test_all_faults_at_once(void **s) {
    (void)s;
    struct pp_config *c = NULL;
    assert_int_equal(
        parse(&c, "--wiat=3", "--wait=0", "--migrate=maybe", "stray", "--zzzzzzzzzz=1", "--api-bind", NULL), -1);
    assert_null(c);
    assert_non_null(strstr(text, "no setting \"wiat\"; did you mean \"wait\"?"));
    assert_non_null(strstr(text, "wait: want a whole number from 1 to 100 ms"));
    assert_non_null(strstr(text, "migrate: want true or false"));
    assert_non_null(strstr(text, "not \"stray\""));
    assert_non_null(strstr(text, "no setting \"zzzzzzzzzz\"\n"));
    assert_non_null(strstr(text, "--api-bind has no value"));
    assert_non_null(strstr(text, "payer: must be given"));
    assert_int_equal(parse(&c, "--payer=toolong", NULL), -1);
    assert_non_null(strstr(text, "payer: want 0 to 5 characters"));
}

static void test_file_faults(void **s) {
    (void)s;
    struct pp_config *c = NULL;
    char want[160];
    write_file("payer = x\nnonsense\npayerr = y\n");
    assert_int_equal(parse(&c, "--config", path, NULL), -1);
    snprintf(want, sizeof want, "%s:2: want", path);
    assert_non_null(strstr(text, want));
    snprintf(want, sizeof want, "%s:3: no setting \"payerr\"; did you mean \"payer\"?", path);
    assert_non_null(strstr(text, want));
    assert_int_equal(parse(&c, "--config=/nonexistent/file", "--payer=x", NULL), -1);
    assert_non_null(strstr(text, "cannot read /nonexistent/file"));
}

static void test_secret_from_file(void **s) {
    (void)s;
    struct pp_config *c = NULL;
    write_file("hush\n\n");
    char arg[96];
    snprintf(arg, sizeof arg, "--secret-file=%s", path);
    assert_int_equal(parse(&c, arg, "--payer=x", NULL), 0);
    assert_string_equal(pp_config_str(c, "secret-file"), "hush");
    pp_config_free(c);
    assert_int_equal(parse(&c, "--secret-file=/nonexistent", "--payer=x", NULL), -1);
    assert_int_equal(parse(&c, "--payer=x", NULL), 0);
    assert_string_equal(pp_config_str(c, "secret-file"), "");
    pp_config_free(c);
}

static void test_log_lines_and_burst(void **s) {
    (void)s;
    int fds[2];
    char got[16384];
    assert_int_equal(pipe(fds), 0);
    pp_log_fd(fds[1]);
    pp_log_init("svc", "1", PP_LOG_INFO);
    pp_log(PP_LOG_DEBUG, "not shown", NULL);
    pp_log(PP_LOG_WARN, "one \"quoted\"", "n", PP_I(-5), "bytes", PP_V(((struct pp_str){"a\xff\n", 3})), NULL);
    ssize_t n = read(fds[0], got, sizeof got - 1);
    got[n] = 0;
    assert_non_null(strstr(got, "\"level\":\"warn\",\"service\":\"svc\",\"instance\":\"1\",\"msg\":\"one "
                                "\\\"quoted\\\"\",\"n\":-5,\"bytes\":\"a??\"}\n"));
    assert_null(strstr(got, "not shown"));
    for (int i = 0; i < 100; i++) pp_log(PP_LOG_INFO, "storm", NULL);
    n = read(fds[0], got, sizeof got - 1);
    got[n] = 0;
    int lines = 0;
    for (const char *p = got; (p = strstr(p, "\"storm\"")); p++) lines++;
    assert_in_range(lines, PP_LOG_BURST, 2 * PP_LOG_BURST); /* a window may end in between */
    char *big = calloc(1, 8192);
    memset(big, 'x', 8191);
    pp_log(PP_LOG_INFO, "long", "v", PP_S(big), NULL);
    free(big);
    n = read(fds[0], got, sizeof got - 1);
    got[n] = 0;
    assert_non_null(strstr(got, "\"msg\":\"long\",\"cut\":true}\n"));
    pp_log_fd(2);
    close(fds[0]);
    close(fds[1]);
    enum pp_log_level l;
    assert_true(pp_log_level_parse("error", &l) && l == PP_LOG_ERROR);
    assert_false(pp_log_level_parse("loud", &l));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strength),
        cmocka_unit_test(test_all_faults_at_once),
        cmocka_unit_test(test_file_faults),
        cmocka_unit_test(test_secret_from_file),
        cmocka_unit_test(test_log_lines_and_burst),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
