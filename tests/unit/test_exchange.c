/* Exchange folders: what was put is known for certain, wherever a process ended. */
#include "io/exchange.h"

#include <pthread.h>

#include "folder_help.h"

static char file_path[128];
static struct pp_err err;

static int begin(void **state) {
    (void)state;
    int rc = folder_begin();
    snprintf(file_path, sizeof file_path, "%s/to-payer/a.278", folder);
    return rc;
}
static int end(void **state) {
    (void)state;
    return folder_end();
}

static int taken;

static bool was_put(void) {
    bool put = false;
    assert_int_equal(pp_exchange_was_put(folder, "a.278", &put, &err), 0);
    return put;
}

static void puts_once(void **state) {
    bool begun;
    (void)state;
    assert_false(was_put());
    assert_int_equal(pp_exchange_put(folder, "a.278", PP_STR("ISA"), &begun, &err), 0);
    assert_true(there("to-payer/a.278") && was_put());
    assert_false(there("to-payer/.a.278.part"));
    unlink(at("to-payer/a.278")); /* the payer took it */
    assert_true(was_put());
    assert_int_equal(pp_exchange_put(folder, "a.278", PP_STR("ISA"), &begun, &err), 0);
    assert_false(there("to-payer/a.278")); /* not a second time */
}

/* A process ends after each step: what is there then, and whether it counts as put. */
static void after_a_crash(void **state) {
    bool begun;
    (void)state;
    make("to-payer/.a.278.part"); /* while it was written */
    assert_false(was_put());
    mkdir(at("ledger"), 0700);
    make("ledger/a.278.begun"); /* written, not yet visible */
    assert_false(was_put());
    rename(at("to-payer/.a.278.part"), at("to-payer/a.278")); /* visible, not yet in the book */
    assert_true(was_put());
    unlink(at("to-payer/a.278")); /* and taken already */
    assert_true(was_put());
    assert_int_equal(pp_exchange_put(folder, "a.278", PP_STR("ISA"), &begun, &err), 0);
    assert_false(there("to-payer/a.278"));
}

static void goes_on_after_a_crash(void **state) {
    bool begun;
    (void)state;
    assert_false(was_put());
    make("to-payer/.a.278.part");
    make("ledger/a.278.begun");
    assert_int_equal(pp_exchange_put(folder, "a.278", PP_STR("ISA"), &begun, &err), 0);
    assert_true(there("to-payer/a.278") && there("ledger/a.278.put"));
    assert_false(there("ledger/a.278.begun"));
}

static void *put_it(void *ret) {
    bool begun;
    struct pp_err e;
    *(int *)ret = pp_exchange_put(folder, "a.278", PP_STR("ISA"), &begun, &e);
    /* the payer takes it at once; only one of all threads may have brought something to take */
    if (unlink(file_path) == 0) __atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void many_tries_put_one_file(void **state) {
    pthread_t threads[16];
    int rc[16];
    (void)state;
    taken = 0;
    for (int i = 0; i < 16; i++) assert_int_equal(pthread_create(&threads[i], NULL, put_it, &rc[i]), 0);
    for (int i = 0; i < 16; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 16; i++) assert_int_equal(rc[i], 0);
    assert_int_equal(taken, 1);
    assert_false(there("to-payer/a.278"));
}

static void refuses(void **state) {
    static const char *const names[] = {"", ".hidden", "../up", "a b", "a/b"};
    bool begun, put;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(pp_exchange_put(folder, names[i], PP_STR("ISA"), &begun, &err), -1);
    rmdir(at("to-payer")); /* the mount is away: nothing is made in its place */
    assert_int_equal(pp_exchange_put(folder, "a.278", PP_STR("ISA"), &begun, &err), -1);
    assert_false(begun);
    assert_string_equal(err.msg, "the exchange folder is not there");
    assert_int_equal(pp_exchange_was_put(folder, "a.278", &put, &err), -1);
    assert_false(there("ledger"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(puts_once, begin, end),
        cmocka_unit_test_setup_teardown(after_a_crash, begin, end),
        cmocka_unit_test_setup_teardown(goes_on_after_a_crash, begin, end),
        cmocka_unit_test_setup_teardown(many_tries_put_one_file, begin, end),
        cmocka_unit_test_setup_teardown(refuses, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
