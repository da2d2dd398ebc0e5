/* A job that goes as a file: each fault of the folder leaves it planned (nobody can have it) or in doubt (somebody
 * may), and a job in doubt is settled from our own book. */
#include "service/jobs_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "folder_help.h"

static uv_loop_t loop;
static struct pp_engine engine;
static struct pp_job job;
static enum { NOTHING, FAILED_BEFORE, FAILED_BEGUN, ANSWERED, JUDGED } end_of_try;
static char why_text[200];

void job_failed(struct pp_job *j, bool begun, const char *why) {
    assert_ptr_equal(j, &job);
    end_of_try = begun ? FAILED_BEGUN : FAILED_BEFORE;
    snprintf(why_text, sizeof why_text, "%s", why);
}

void job_answered(struct pp_job *j, enum pp_call_outcome outcome, struct pp_str why) {
    assert_ptr_equal(j, &job);
    assert_int_equal(outcome, PP_CALL_FAILED);
    end_of_try = ANSWERED;
    snprintf(why_text, sizeof why_text, "%.*s", PP_FMT(why));
}

void job_judge(struct pp_job *j, struct pp_str hash) {
    assert_ptr_equal(j, &job);
    assert_int_equal(hash.n, 0);
    end_of_try = JUDGED;
}

/* In place of the library's: the disk fails at the n-th call. */
static int fail_fsync, fail_rename;
int fsync(int fd) {
    if (fail_fsync && --fail_fsync == 0) return errno = EIO, -1;
    return (int)syscall(SYS_fsync, fd);
}
int rename(const char *from, const char *to) {
    if (fail_rename && --fail_rename == 0) return errno = EIO, -1;
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static int begin(void **state) {
    (void)state;
    memset(&engine, 0, sizeof engine);
    engine.loop = &loop;
    return uv_loop_init(&loop) < 0 || folder_begin();
}
static int end(void **state) {
    (void)state;
    return uv_loop_close(&loop) < 0 || folder_end();
}

static void go(enum job_state as, struct pp_str name) {
    struct pp_endpoint ep = {0};
    struct pp_http_msg m = {.file_name = name, .body = PP_STR("ISA*00")};
    snprintf(ep.base_url, sizeof ep.base_url, "file://%s", folder);
    assert_true(job_endpoint_is_folder(&ep));
    end_of_try = NOTHING;
    job = (struct pp_job){.e = &engine, .state = as};
    job_send_file(&job, &ep, &m);
    uv_run(&loop, UV_RUN_DEFAULT);
}
static void sending(void) { go(JOB_SENDING, PP_STR("a.278")); }
static void asking(void) { go(JOB_INQUIRING, PP_STR("a.278")); }

static void is_put(void **state) {
    (void)state;
    sending();
    assert_int_equal(end_of_try, JUDGED);
    assert_int_equal(job.status, 200);
    assert_true(there("to-payer/a.278"));
    unlink(at("to-payer/a.278"));
    asking(); /* taken by the payer: our book says so */
    assert_int_equal(job.status, 200);
    sending(); /* and it is not put again */
    assert_int_equal(job.status, 200);
    assert_false(there("to-payer/a.278"));
}

static void the_mount_is_away(void **state) {
    (void)state;
    assert_int_equal(rmdir(at("to-payer")), 0);
    sending();
    assert_int_equal(end_of_try, FAILED_BEFORE);
    assert_string_equal(why_text, "the exchange folder is not there");
    asking(); /* in doubt, and nothing to look into: not "not found" */
    assert_int_equal(end_of_try, FAILED_BEFORE);
    make("to-payer"); /* something else in its place */
    sending();
    assert_int_equal(end_of_try, FAILED_BEFORE);
    assert_false(there("ledger"));
}

/* What fails before the file can be seen: nobody has it, the same job goes again when the fault is over. */
static void cannot_be_written(void **state) {
    (void)state;
    make_dir("to-payer/.a.278.part");
    sending();
    assert_int_equal(end_of_try, FAILED_BEFORE);
    rmdir(at("to-payer/.a.278.part"));
    assert_int_equal(symlink("/dev/full", at("to-payer/.a.278.part")), 0); /* the disk is full */
    sending();
    assert_int_equal(end_of_try, FAILED_BEFORE);
    assert_non_null(strstr(why_text, "No space left"));
    unlink(at("to-payer/.a.278.part"));
    sending();
    assert_int_equal(end_of_try, JUDGED);
    assert_true(there("to-payer/a.278"));
}

static void without_a_book(void **state) {
    (void)state;
    make("ledger"); /* no folder can be made there */
    sending();
    assert_int_equal(end_of_try, FAILED_BEFORE);
    assert_false(there("to-payer/a.278"));
    unlink(at("ledger"));
    asking(); /* only the temporary file is there */
    assert_int_equal(job.status, 404);
    sending();
    assert_int_equal(end_of_try, JUDGED);
}

static void cannot_be_renamed(void **state) {
    (void)state;
    make_dir("to-payer/a.278");
    sending();
    assert_int_equal(end_of_try, FAILED_BEFORE);
    asking();
    assert_int_equal(job.status, 404);
    rmdir(at("to-payer/a.278"));
    sending();
    assert_int_equal(end_of_try, JUDGED);
}

/* Each sync and each rename fails in turn: before the file can be seen the job is as it was, from then on in doubt; our
 * book tells which; and the next try brings the file there once, also when the payer has taken it meanwhile. */
static void the_disk_fails_at(int sync, int name, bool seen) {
    fail_fsync = sync;
    fail_rename = name;
    sending();
    assert_int_equal(fail_fsync + fail_rename, 0); /* it was met */
    assert_int_equal(end_of_try, seen ? FAILED_BEGUN : FAILED_BEFORE);
    assert_int_equal(there("to-payer/a.278"), seen);
    if (seen) unlink(at("to-payer/a.278"));
    asking();
    assert_int_equal(end_of_try, JUDGED);
    assert_int_equal(job.status, seen ? 200 : 404);
    sending();
    assert_int_equal(job.status, 200);
    assert_int_equal(there("to-payer/a.278"), !seen);
    assert_false(there("to-payer/.a.278.part"));
}

static void the_disk_fails(void **state) {
    static const struct {
        int sync, name;
        bool seen;
    } steps[] = {
        {1, 0, false}, /* the temporary file */
        {2, 0, false}, /* its folder */
        {3, 0, false}, /* the book is begun */
        {4, 0, false}, /* its folder */
        {0, 1, false}, /* the file gets its name */
        {5, 0, true},  /* its folder */
        {0, 2, true},  /* the book is closed */
        {6, 0, true},  /* its folder */
    };
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(begin(NULL), 0);
        the_disk_fails_at(steps[i].sync, steps[i].name, steps[i].seen);
        assert_int_equal(end(NULL), 0);
    }
}

/* The book was lost with its mount: what was put and taken is no longer known, and goes again; the payer tells it by
 * its number. */
static void the_book_is_lost(void **state) {
    char command[120];
    (void)state;
    sending();
    unlink(at("to-payer/a.278"));
    snprintf(command, sizeof command, "rm -r %s/ledger", folder);
    assert_int_equal(system(command), 0);
    asking();
    assert_int_equal(job.status, 404);
    sending();
    assert_int_equal(job.status, 200);
    assert_true(there("to-payer/a.278"));
}

static void no_name(void **state) {
    (void)state;
    go(JOB_SENDING, PP_STR_NONE);
    assert_int_equal(end_of_try, ANSWERED);
    go(JOB_SENDING, PP_STR("../up"));
    assert_int_equal(end_of_try, FAILED_BEFORE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_put, begin, end),
        cmocka_unit_test_setup_teardown(the_mount_is_away, begin, end),
        cmocka_unit_test_setup_teardown(cannot_be_written, begin, end),
        cmocka_unit_test_setup_teardown(without_a_book, begin, end),
        cmocka_unit_test_setup_teardown(cannot_be_renamed, begin, end),
        cmocka_unit_test(the_disk_fails),
        cmocka_unit_test_setup_teardown(the_book_is_lost, begin, end),
        cmocka_unit_test_setup_teardown(no_name, begin, end),
    };
    return cmocka_run_group_tests_name("jobs_file", tests, NULL, NULL);
}
