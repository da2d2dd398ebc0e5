/* Sessions of the console: their ends, and what a cookie is worth. */
#include "console/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define IDLE 1000
#define ABSOLUTE 5000

static struct console_sessions all;

static int setup(void **state) {
    (void)state;
    return console_sessions_init(&all, IDLE, ABSOLUTE) ? 0 : -1;
}
static int teardown(void **state) {
    (void)state;
    console_sessions_free(&all);
    return 0;
}

static struct console_session *open_at(int64_t now, int n, const char *user, char *cookie) {
    uint8_t secret[CONSOLE_SECRET_BYTES] = {0};
    memcpy(secret, &n, sizeof n);
    return console_session_new(&all, console_user_find(pp_str_z(user)), secret, now, cookie);
}

static void ends_when_idle_or_old(void **state) {
    (void)state;
    char cookie[CONSOLE_COOKIE_TEXT + 1];
    assert_non_null(open_at(100, 1, "l.tran", cookie));
    assert_non_null(console_session_find(&all, pp_str_z(cookie), 1099, false)); /* looked at, not touched */
    assert_null(console_session_find(&all, pp_str_z(cookie), 1100, true));
    assert_int_equal(all.n, 0);

    assert_non_null(open_at(0, 2, "l.tran", cookie));
    int64_t t = 0;
    while (t + 900 < ABSOLUTE) assert_non_null(console_session_find(&all, pp_str_z(cookie), t += 900, true));
    assert_null(console_session_find(&all, pp_str_z(cookie), ABSOLUTE, true)); /* however busy */
}

static void cookie_is_the_only_key(void **state) {
    (void)state;
    char cookie[CONSOLE_COOKIE_TEXT + 1], other[CONSOLE_COOKIE_TEXT + 1];
    struct console_session *a = open_at(0, 1, "l.tran", cookie), *b = open_at(0, 2, "m.reyes", other);
    assert_ptr_equal(console_session_find(&all, pp_str_z(cookie), 1, true), a);
    assert_ptr_equal(console_session_find(&all, pp_str_z(other), 1, true), b);
    assert_null(console_session_find(&all, PP_STR(""), 1, true));
    assert_null(console_session_find(&all, (struct pp_str){cookie, CONSOLE_COOKIE_TEXT - 1}, 1, true));
    cookie[5] = cookie[5] == 'a' ? 'b' : 'a';
    assert_null(console_session_find(&all, pp_str_z(cookie), 1, true));
    /* What is kept is not what the cookie says. */
    assert_null(memmem(b, sizeof *b, other, CONSOLE_COOKIE_TEXT));
    console_session_end(&all, b);
    assert_null(console_session_find(&all, pp_str_z(other), 1, true));
}

static void places_are_bounded(void **state) {
    (void)state;
    char first[CONSOLE_COOKIE_TEXT + 1], cookie[CONSOLE_COOKIE_TEXT + 1];
    open_at(0, 0, "l.tran", first);
    for (int i = 1; i < CONSOLE_SESSIONS_PER_USER_MAX; i++) open_at(i, i, "l.tran", cookie);
    assert_non_null(console_session_find(&all, pp_str_z(first), 20, false));
    assert_non_null(open_at(30, 99, "l.tran", cookie)); /* one more: the one not seen for longest goes */
    assert_null(console_session_find(&all, pp_str_z(first), 31, false));
    assert_int_equal(all.n, CONSOLE_SESSIONS_PER_USER_MAX);
    assert_int_equal(console_sessions_sweep(&all, 100000), CONSOLE_SESSIONS_PER_USER_MAX);
}

static void people_have_roles(void **state) {
    (void)state;
    int n;
    const struct console_user *u = console_users(&n);
    assert_true(n > 3);
    for (int i = 0; i < n; i++) {
        assert_ptr_equal(console_user_find(pp_str_z(u[i].id)), &u[i]);
        assert_true(u[i].roles[0] && u[i].sites[0] && u[i].zone[0]);
    }
    assert_null(console_user_find(PP_STR("nobody")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ends_when_idle_or_old, setup, teardown),
        cmocka_unit_test_setup_teardown(cookie_is_the_only_key, setup, teardown),
        cmocka_unit_test_setup_teardown(places_are_bounded, setup, teardown),
        cmocka_unit_test(people_have_roles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
