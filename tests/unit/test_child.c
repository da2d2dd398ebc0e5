/* Supervised processes: restart, back-off, stopping, logs. */
#include "io/child.h"

#include "io/clock.h"
#include "io/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define WAIT_MS 10000

struct world {
    uv_loop_t loop;
    uv_timer_t beat; /* so that the loop turns while nothing happens */
    char log[64];
    int changes[4]; /* into each state */
};

static void on_change(void *user, struct pp_child *c) {
    struct world *w = user;
    w->changes[pp_child_state(c)]++;
}
static void on_beat(uv_timer_t *t) { (void)t; }

static int setup(void **state) {
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    snprintf(w->log, sizeof w->log, "/tmp/priorpath-child-%d.log", (int)getpid());
    uv_loop_init(&w->loop);
    uv_timer_init(&w->loop, &w->beat);
    uv_timer_start(&w->beat, on_beat, 10, 10);
    pp_log_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
    *state = w;
    return 0;
}

static int teardown(void **state) {
    struct world *w = *state;
    uv_close((uv_handle_t *)&w->beat, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0); /* every handle was closed */
    unlink(w->log);
    free(w);
    return 0;
}

static struct pp_child *capped(struct world *w, const char *const *argv, int backoff_max_ms) {
    struct pp_child *c;
    struct pp_err err;
    struct pp_child_opts o = {.name = "test",
                              .argv = argv,
                              .log_file = w->log,
                              .backoff_max_ms = backoff_max_ms,
                              .on_change = on_change,
                              .user = w};
    assert_int_equal(pp_child_new(&w->loop, &o, &c, &err), 0);
    return c;
}

static struct pp_child *child(struct world *w, const char *const *argv) { return capped(w, argv, 0); }

static void turn_until(struct world *w, const struct pp_child *c, enum pp_child_state state, int restarts) {
    int64_t until = pp_mono_ms() + WAIT_MS;
    while (pp_child_state(c) != state || pp_child_restarts(c) < restarts) {
        assert_true(pp_mono_ms() < until);
        uv_run(&w->loop, UV_RUN_ONCE);
    }
}

static void stop_and_free(struct world *w, struct pp_child *c) {
    pp_child_stop(c, 5000);
    turn_until(w, c, PP_CHILD_STOPPED, 0);
    pp_child_free(c);
}

static void restarts_with_growing_back_off(void **state) {
    struct world *w = *state;
    struct pp_child *c = child(w, (const char *const[]){"sh", "-c", "echo said; exit 3", NULL});
    int64_t begin = pp_mono_ms();
    pp_child_start(c);
    turn_until(w, c, PP_CHILD_WAITING, 3);
    assert_true(pp_mono_ms() - begin >= 3 * PP_CHILD_BACKOFF_FIRST_MS); /* one, then twice as long */
    assert_string_equal(pp_child_last_end(c), "exit code 3");
    assert_int_equal(pp_child_pid(c), 0);
    assert_int_equal(w->changes[PP_CHILD_RUNNING], 3);
    stop_and_free(w, c);
    struct stat st;
    assert_int_equal(stat(w->log, &st), 0);
    assert_int_equal(st.st_size, 3 * (int)strlen("said\n"));
}

/* Growing on it would take longer than the test waits. */
static void back_off_grows_up_to_its_limit(void **state) {
    struct world *w = *state;
    struct pp_child *c = capped(w, (const char *const[]){"sh", "-c", "exit 3", NULL}, 20);
    pp_child_start(c);
    turn_until(w, c, PP_CHILD_WAITING, 12);
    stop_and_free(w, c);
}

static void a_missing_program_is_an_end(void **state) {
    struct world *w = *state;
    struct pp_child *c = child(w, (const char *const[]){"/nowhere/program", NULL});
    pp_child_start(c);
    assert_int_equal(pp_child_state(c), PP_CHILD_WAITING);
    assert_non_null(strstr(pp_child_last_end(c), "no such file"));
    stop_and_free(w, c);
}

static void stops_when_asked(void **state) {
    struct world *w = *state;
    struct pp_child *c = child(w, (const char *const[]){"sleep", "100", NULL});
    pp_child_start(c);
    pp_child_start(c); /* no second one */
    assert_int_equal(w->changes[PP_CHILD_RUNNING], 1);
    stop_and_free(w, c);
    assert_int_equal(w->changes[PP_CHILD_WAITING], 0);
    assert_int_equal(w->changes[PP_CHILD_STOPPED], 1);
}

static void one_that_does_not_listen_is_killed_with_its_group(void **state) {
    struct world *w = *state;
    struct pp_child *c = child(
        w, (const char *const[]){"sh", "-c", "trap '' TERM; sleep 100 & echo $! up; wait; wait; sleep 100", NULL});
    pp_child_start(c);
    int helper = 0;
    for (int64_t until = pp_mono_ms() + WAIT_MS; !helper && pp_mono_ms() < until;) {
        uv_run(&w->loop, UV_RUN_ONCE);
        FILE *f = fopen(w->log, "re");
        char line[64];
        if (f && fgets(line, sizeof line, f) && strchr(line, '\n')) helper = (int)strtol(line, NULL, 10);
        if (f) fclose(f);
    }
    assert_true(helper > 0);
    pp_child_stop(c, 200);
    turn_until(w, c, PP_CHILD_STOPPED, 0);
    assert_non_null(strstr(pp_child_last_end(c), "signal 9"));
    for (int64_t until = pp_mono_ms() + WAIT_MS; kill(helper, 0) == 0 && pp_mono_ms() < until;) {
        char path[64], stat[256] = "";
        snprintf(path, sizeof path, "/proc/%d/stat", helper);
        FILE *f = fopen(path, "re");
        if (f && !fgets(stat, sizeof stat, f)) stat[0] = 0;
        if (f) fclose(f);
        if (strstr(stat, ") Z ")) break; /* ended; init has not yet taken note */
        usleep(10000);
    }
    pp_child_free(c);
}

static void a_large_log_is_begun_anew(void **state) {
    struct world *w = *state;
    struct pp_child *c = child(w, (const char *const[]){"sleep", "100", NULL});
    char old[80];
    struct stat st;
    FILE *f = fopen(w->log, "we");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), PP_CHILD_LOG_BYTES_MAX + 1), 0);
    fclose(f);
    pp_child_trim_log(c);
    snprintf(old, sizeof old, "%s.1", w->log);
    assert_int_equal(stat(w->log, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(stat(old, &st), 0);
    assert_int_equal(st.st_size, PP_CHILD_LOG_BYTES_MAX + 1);
    unlink(old);
    pp_child_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(restarts_with_growing_back_off, setup, teardown),
        cmocka_unit_test_setup_teardown(back_off_grows_up_to_its_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_program_is_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(stops_when_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_does_not_listen_is_killed_with_its_group, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_log_is_begun_anew, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
