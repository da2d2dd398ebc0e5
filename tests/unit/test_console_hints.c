/* The ring of hints: what a stream is told, and what it can catch up on. */
#include "console/hints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct console_ring ring;

static int setup(void **state) {
    (void)state;
    return console_ring_init(&ring) ? 0 : -1;
}
static int teardown(void **state) {
    (void)state;
    console_ring_free(&ring);
    return 0;
}
static void add(int n) {
    for (int i = 0; i < n; i++)
        console_ring_add(&ring, &(struct console_hint){.kind = CONSOLE_CASE, .version = i, .tenant = "lakeside"});
}

static void resumes_what_is_still_there(void **state) {
    (void)state;
    uint64_t next = 0;
    add(10);
    assert_true(console_ring_resume(&ring, PP_STR("77-4"), 77, &next));
    assert_int_equal(next, 5);
    assert_true(console_ring_resume(&ring, PP_STR("77-10"), 77, &next)); /* nothing new */
    assert_int_equal(next, 11);
    assert_false(console_ring_resume(&ring, PP_STR("77-11"), 77, &next)); /* from the future */
    assert_false(console_ring_resume(&ring, PP_STR("76-4"), 77, &next));  /* before a restart */
    assert_false(console_ring_resume(&ring, PP_STR("rubbish"), 77, &next));
    assert_false(console_ring_resume(&ring, PP_STR("77-"), 77, &next));
    assert_false(console_ring_resume(&ring, PP_STR("77--1"), 77, &next));
    add(CONSOLE_RING);
    assert_false(console_ring_resume(&ring, PP_STR("77-4"), 77, &next)); /* overwritten */
    assert_true(console_ring_resume(&ring, PP_STR("77-10"), 77, &next));
    assert_null(console_ring_get(&ring, 10));
    assert_int_equal(console_ring_get(&ring, 11)->seq, 11);
    assert_null(console_ring_get(&ring, 0));
}

static void others_hear_nothing(void **state) {
    (void)state;
    struct console_hint h = {.kind = CONSOLE_VISIT, .tenant = "lakeside", .site = "lks"};
    assert_true(console_hint_for(&h, "lakeside", "*"));
    assert_true(console_hint_for(&h, "lakeside", "nor,lks"));
    assert_false(console_hint_for(&h, "lakeside", "nor"));
    assert_false(console_hint_for(&h, "lakeside", ""));
    assert_false(console_hint_for(&h, "other", "*"));
    h.site[0] = 0;
    assert_true(console_hint_for(&h, "lakeside", "nor"));
}

static void text_of_an_event(void **state) {
    (void)state;
    struct console_hint h = {.seq = 5, .kind = CONSOLE_TASK, .version = 3, .tenant = "lakeside"};
    struct pp_buf b;
    pp_buf_init(&b, 1024);
    assert_true(pp_uuid_parse(PP_STR("01930000-0000-7000-8000-000000000001"), &h.id));
    console_hint_text(&h, 77, &b);
    assert_true(pp_str_eqz(
        pp_buf_str(&b),
        "id: 77-5\nevent: row\ndata: {\"kind\":\"task\",\"id\":\"01930000-0000-7000-8000-000000000001\",\"v\":3}\n\n"));
    pp_buf_reset(&b);
    h.gone = true;
    h.case_id = h.id;
    console_hint_text(&h, 77, &b);
    assert_true(pp_str_starts(pp_buf_str(&b), PP_STR("id: 77-5\nevent: gone\n")));
    assert_true(pp_str_ends(pp_buf_str(&b), PP_STR(",\"case\":\"01930000-0000-7000-8000-000000000001\"}\n\n")));
    pp_buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(resumes_what_is_still_there, setup, teardown),
        cmocka_unit_test(others_hear_nothing),
        cmocka_unit_test(text_of_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
