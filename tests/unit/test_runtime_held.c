/* Commands that wait, within one batch: which of them it knows, that each goes once, and who may take one back. Its
 * rows and its clock are the database's and the broker's: tests/runtime/run.sh has them. */
#include "service/held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct shard shard;
static struct pp_engine engine = {.shards = &shard, .partitions = 1};
static struct pp_batch batch;
static struct pp_err err;

static int begin(void **state) {
    (void)state;
    batch = (struct pp_batch){.e = &engine, .now_ms = 1000};
    pp_arena_init(&batch.arena, 1 << 20);
    return 0;
}
static int end(void **state) {
    (void)state;
    pp_arena_free(&batch.arena);
    return 0;
}

static struct pp_input input(const char *tenant, const char *id, const char *actor, const char *roles) {
    return (struct pp_input){.hdr = {.tenant = pp_str_z(tenant),
                                     .event_id = pp_str_z(id),
                                     .actor = pp_str_z(actor),
                                     .roles = pp_str_z(roles),
                                     .hold_ms = 10000}};
}

/* Ann of the clinic gives c1. */
static struct pp_input command;
static void keep(void) {
    command = input("clinic", "c1", "ann", "pa");
    assert_int_equal(held_keep(&batch, &command, &err), 0);
}

static void is_known_by_tenant_and_id(void **state) {
    (void)state;
    struct pp_input other_id = input("clinic", "c2", "ann", "pa"), other_tenant = input("hospital", "c1", "ann", "pa");
    keep();
    assert_true(held_known(&batch, &command));
    assert_false(held_known(&batch, &other_id));
    assert_false(held_known(&batch, &other_tenant));
    assert_false(held_take(&batch, &other_id));
    assert_false(held_take(&batch, &other_tenant));
}

static void goes_once(void **state) {
    (void)state;
    keep();
    assert_true(held_take(&batch, &command));
    assert_false(held_take(&batch, &command));
    assert_true(held_known(&batch, &command)); /* given again it is a repeat, not a new command */
}

static void who_may_take_it_back(void **state) {
    (void)state;
    static const struct {
        const char *tenant, *id, *actor, *roles;
        enum pp_reply_status want;
        const char *words;
    } rows[] = {
        {"clinic", "c1", "ann", "pa", PP_REPLY_DONE, "taken back"},
        {"clinic", "c1", "ann", "", PP_REPLY_DONE, "taken back"},
        {"clinic", "c1", "ben", "pa", PP_REPLY_DENIED, "only who gave it, or a lead, may take it back"},
        {"clinic", "c1", "ben", "lead", PP_REPLY_DONE, "taken back"},
        {"clinic", "c1", "ben", "pa, lead", PP_REPLY_DONE, "taken back"},
        {"clinic", "c1", "ben", "leader,misled", PP_REPLY_DENIED, "only who gave it, or a lead, may take it back"},
        {"clinic", "c2", "ann", "lead", PP_REPLY_CONFLICT, "it does not wait any more"},
        {"hospital", "c1", "ann", "lead", PP_REPLY_CONFLICT, "it does not wait any more"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pp_input undo = input(rows[i].tenant, "u1", rows[i].actor, rows[i].roles);
        const char *words = "";
        batch.held = NULL;
        keep();
        enum pp_reply_status got = held_undo(&batch, &undo, pp_str_z(rows[i].id), &words);
        if (got != rows[i].want || strcmp(words, rows[i].words) != 0) fail_msg("row %zu: %d, %s", i, (int)got, words);
        if (held_take(&batch, &command) != (got != PP_REPLY_DONE)) fail_msg("row %zu: it went, or did not", i);
    }
}

/* Of an undo and the time that is over, the one that the batch reads first wins. */
static void too_late(void **state) {
    (void)state;
    struct pp_input undo = input("clinic", "u1", "ann", "pa");
    const char *words = "";
    keep();
    assert_true(held_take(&batch, &command));
    assert_int_equal(held_undo(&batch, &undo, PP_STR("c1"), &words), PP_REPLY_CONFLICT);
    batch.held = NULL;
    keep();
    assert_int_equal(held_undo(&batch, &undo, PP_STR("c1"), &words), PP_REPLY_DONE);
    assert_int_equal(held_undo(&batch, &undo, PP_STR("c1"), &words), PP_REPLY_CONFLICT);
    assert_false(held_take(&batch, &command));
    assert_true(held_known(&batch, &command));
}

static void memory_of_the_batch(void **state) {
    (void)state;
    while (pp_arena_alloc(&batch.arena, 64)) {
    }
    command = input("clinic", "c1", "ann", "pa");
    assert_int_equal(held_keep(&batch, &command, &err), -1);
    assert_int_equal(err.kind, PP_ERR_LIMIT);
    assert_false(held_known(&batch, &command));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_known_by_tenant_and_id, begin, end),
        cmocka_unit_test_setup_teardown(goes_once, begin, end),
        cmocka_unit_test_setup_teardown(who_may_take_it_back, begin, end),
        cmocka_unit_test_setup_teardown(too_late, begin, end),
        cmocka_unit_test_setup_teardown(memory_of_the_batch, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
