/* Who goes first: what a process without special rights may ask for. */
#include "io/priority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* In a child with a session of its own: nothing that runs beside the test is touched. Exit code: the nice value. */
static int nice_after(int nice) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        pp_priority(nice);
        int in_session = nice;
        FILE *f = fopen("/proc/self/autogroup", "r"); /* "/autogroup-12 nice 3"; not on every kernel */
        if (f && fscanf(f, "%*s nice %d", &in_session) != 1) _exit(100);
        if (f) fclose(f);
        _exit(in_session == nice ? getpriority(PRIO_PROCESS, 0) : 101);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void later_than_others(void **state) {
    (void)state;
    assert_int_equal(nice_after(15), 15);
}

static void nothing_asked(void **state) {
    (void)state;
    assert_int_equal(nice_after(0), getpriority(PRIO_PROCESS, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(later_than_others), cmocka_unit_test(nothing_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
