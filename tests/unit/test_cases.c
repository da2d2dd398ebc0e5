/* The table runner itself, with a small service: it must pass what holds, and above all fail what does not. */
#include "test/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a service that counts the orders of a person and withdraws a case when an order is cancelled ---- */

struct toy_row {
    struct pp_row row;
    struct pp_str order_no;
    int32_t seen;
    struct pp_uuid case_id;
    int64_t due;
};
static const struct pp_col toy_cols[] = {PP_COL(toy_row, order_no, TEXT), PP_COL(toy_row, seen, INT),
                                         PP_COL(toy_row, case_id, UUID), PP_COL(toy_row, due, TIME)};
static const struct pp_table toy_table = {"toy", sizeof(struct toy_row), 1, 4, toy_cols, false};
static const struct pp_table *const toy_tables[] = {&toy_table};
static const enum ev_type toy_reads[] = {EV_ORDER_REPORTED};
static const struct pp_command_def toy_commands[] = {{EV_LINE_DROP, "pa", ""}};

static void toy_withdraw(struct pp_out *out, const struct toy_row *r, struct pp_str why) {
    struct ev_case_withdrawn w = {
        .case_id = r->case_id, .case_version = r->seen, .case_no = PP_STR("C-1"), .reason = why};
    pp_emit(out, EV(case_withdrawn, CASE_WITHDRAWN, &w));
}

static void toy_order(const struct pp_ctx *ctx, struct pp_unit *u, const struct ev_order_reported *o,
                      struct pp_out *out) {
    struct toy_row key = {.order_no = o->order_no};
    struct toy_row *r = pp_row_add(u, 0, &key);
    if (pp_uuid_none(r->case_id)) r->case_id = ctx->new_id(ctx);
    r->seen++;
    if (pp_str_eqz(o->location, "nowhere")) {
        pp_park(out, r->case_id, "no such location");
    } else if (o->action == EV_ORDER_REPORTED_ACTION_CANCEL) {
        toy_withdraw(out, r, o->service.code.code);
        pp_timer(out, 7, r->case_id, 0);
        pp_row_delete(u, r);
    } else {
        r->due = ctx->now_ms + 2 * PP_MS_HOUR;
        pp_timer(out, 7, r->case_id, r->due);
        pp_count(out, "orders_total", PP_STR("kind=new"), 1);
    }
}

static void toy_decide(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *out) {
    if (in->kind == PP_IN_EVENT) {
        toy_order(ctx, u, in->ev->as.order_reported, out);
    } else if (in->kind == PP_IN_COMMAND) {
        if (in->hdr.expect_version == 9) pp_reply(out, PP_REPLY_CONFLICT, 1, "seen by %.*s", PP_FMT(in->hdr.actor));
    } else if (in->kind == PP_IN_TIMER) {
        PP_EACH_ROW(u, 0, toy_row, r) {
            if (pp_uuid_eq(r->case_id, in->ref)) toy_withdraw(out, r, PP_STR("late"));
        }
    }
}

static bool toy_check(struct pp_unit *u, struct pp_err *err) {
    PP_EACH_ROW(u, 0, toy_row, r) {
        if (r->seen > 3) return pp_err_set(err, PP_ERR_BUG, "seen too often") == 0;
    }
    return true;
}

static const struct pp_service toy = {
    .name = "chart",
    .source_no = 2,
    .tables = toy_tables,
    .ntables = 1,
    .reads = toy_reads,
    .nreads = 1,
    .decide = toy_decide,
    .check = toy_check,
    .commands = toy_commands,
    .ncommands = 1,
};

/* ---- running a table from a text ---- */

static int run(const char *text) {
    char path[] = "/tmp/test_cases_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    size_t n = strlen(text);
    assert_int_equal(write(fd, text, n), n);
    close(fd);
    char *argv[] = {(char *)"cases", path, NULL};
    int rc = pp_cases_main(&toy, 2, argv);
    unlink(path);
    return rc;
}

#define HEAD                                                                                                           \
    "let\torder\torder.reported\tsender=ehr/LKS\torder_no=P1\taction=new\tservice.code.code=72148\n"                   \
    "alias\tlate\t7\n"                                                                                                 \
    "case\tone\n"
#define GOOD(name, text)                                                                                               \
    static void name(void **state) {                                                                                   \
        (void)state;                                                                                                   \
        assert_int_equal(run(HEAD text), 0);                                                                           \
    }
#define BAD(name, text)                                                                                                \
    static void name(void **state) {                                                                                   \
        (void)state;                                                                                                   \
        assert_int_equal(run(HEAD text), 1);                                                                           \
    }

GOOD(holds_rows,
     "in\torder\nrow\ttoy\torder_no=P1\tseen=1\tcase_id=$c\tdue=now+2h\nin\torder\nrow\ttoy\tseen=2\tcase_id=$c\n"
     "rows\ttoy\t1\nno-row\ttoy\torder_no=P2\n")
GOOD(holds_facts,
     "in\torder\nrow\ttoy\tcase_id=$c\nin\torder\taction=cancel\n"
     "out\tcase.withdrawn\tcase_id=$c\treason=~721\t_subject=$c\tcase_version=2\nnone\tcase.withdrawn\nno-row\ttoy\n")
GOOD(holds_timers, "in\torder\nset-timer\tlate\t2026-11-24T17:00:00Z\ndue\nnone\nafter\t2h\ndue\n"
                   "out\tcase.withdrawn\treason=late\ndue\nnone\tcase.withdrawn\n")
GOOD(holds_timer_off,
     "in\torder\nin\torder\taction=cancel\nset-timer\tlate\toff\nafter\t3h\ndue\nnone\tcase.withdrawn\n")
GOOD(goes_to_a_timer,
     "in\torder\ntimer\tlate\nout\tcase.withdrawn\nin\torder\tordered_at=now\nset-timer\tlate\t2026-11-24T19:00:00Z\n")
GOOD(holds_replies,
     "in\tline.drop\tcase_id=@a\tline=1\treason=x\nreply\tdone\n"
     "in\tline.drop\tcase_id=@a\tline=1\treason=x\t_expect=9\t_actor=lee\nreply\tconflict\t~lee\t_version=1\n")
GOOD(holds_counts, "in\torder\ncount\torders_total\tvalue=1\tlabels=kind=new\n")
GOOD(parks, "in\torder\nin\torder\tlocation=nowhere\nparked\t~such location\nrow\ttoy\tseen=1\n")
GOOD(keeps_persons_apart,
     "in\torder\t_person=@x\nin\torder\t_person=@y\nrow\ttoy\tseen=1\nrow\ttoy\tseen=1\t_person=@x\n")
GOOD(starts_empty, "in\torder\ncase\ttwo\nin\torder\nrow\ttoy\tseen=1\n")
GOOD(strict_and_complete, "strict\nin\torder\nin\torder\taction=cancel\nout\tcase.withdrawn\n")

BAD(wrong_value, "in\torder\taction=cancel\nout\tcase.withdrawn\treason=72149\n")
BAD(no_such_fact, "in\torder\nout\tcase.withdrawn\n")
BAD(one_fact_serves_one_line, "in\torder\taction=cancel\nout\tcase.withdrawn\nout\tcase.withdrawn\n")
BAD(unwanted_fact, "in\torder\taction=cancel\nnone\tcase.withdrawn\n")
BAD(strict_and_left_over, "strict\nin\torder\taction=cancel\nin\torder\n")
BAD(strict_at_the_end, "strict\nin\torder\taction=cancel\n")
BAD(bound_name_differs, "in\torder\nrow\ttoy\tcase_id=$c\nin\torder\torder_no=P2\nrow\ttoy\torder_no=P2\tcase_id=$c\n")
BAD(unbound_name, "in\torder\torder_no=$nothing\n")
BAD(wrong_row, "in\torder\nrow\ttoy\tseen=2\n")
BAD(wrong_count_of_rows, "in\torder\nrows\ttoy\t2\n")
BAD(wrong_time, "in\torder\nset-timer\tlate\tnow+3h\n")
BAD(early_timer, "in\torder\nafter\t1h\ndue\nout\tcase.withdrawn\n")
BAD(wrong_reply, "in\tline.drop\tcase_id=@a\tline=1\treason=x\nreply\tinvalid\n")
BAD(not_parked, "in\torder\nparked\n")
BAD(not_read, "in\tclaim.release\tclaim_id=@a\treason=x\n")
BAD(invalid_input, "in\torder\taction=sometimes\n")
BAD(missing_member, "in\torder\tsender=-\n")
BAD(unknown_member, "in\torder\tcolour=red\n")
BAD(unknown_verb, "in\torder\nhope\tfor\tthe best\n")
BAD(unknown_table, "in\torder\nrow\ttoys\n")
BAD(invariant, "in\torder\nin\torder\nin\torder\nin\torder\n")

static void goes_on_after_a_failure(void **state) {
    (void)state;
    assert_int_equal(run(HEAD "in\torder\nrow\ttoy\tseen=5\nnonsense here\ncase\ttwo\nin\torder\nrow\ttoy\tseen=1\n"),
                     1);
}

static void file_that_is_not_there(void **state) {
    (void)state;
    char *argv[] = {(char *)"cases", (char *)"/nonexistent.tsv", NULL};
    assert_int_equal(pp_cases_main(&toy, 2, argv), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_rows),
        cmocka_unit_test(holds_facts),
        cmocka_unit_test(holds_timers),
        cmocka_unit_test(holds_timer_off),
        cmocka_unit_test(goes_to_a_timer),
        cmocka_unit_test(holds_replies),
        cmocka_unit_test(holds_counts),
        cmocka_unit_test(parks),
        cmocka_unit_test(keeps_persons_apart),
        cmocka_unit_test(starts_empty),
        cmocka_unit_test(strict_and_complete),
        cmocka_unit_test(wrong_value),
        cmocka_unit_test(no_such_fact),
        cmocka_unit_test(one_fact_serves_one_line),
        cmocka_unit_test(unwanted_fact),
        cmocka_unit_test(strict_and_left_over),
        cmocka_unit_test(strict_at_the_end),
        cmocka_unit_test(bound_name_differs),
        cmocka_unit_test(unbound_name),
        cmocka_unit_test(wrong_row),
        cmocka_unit_test(wrong_count_of_rows),
        cmocka_unit_test(wrong_time),
        cmocka_unit_test(early_timer),
        cmocka_unit_test(wrong_reply),
        cmocka_unit_test(not_parked),
        cmocka_unit_test(not_read),
        cmocka_unit_test(invalid_input),
        cmocka_unit_test(missing_member),
        cmocka_unit_test(unknown_member),
        cmocka_unit_test(unknown_verb),
        cmocka_unit_test(unknown_table),
        cmocka_unit_test(invariant),
        cmocka_unit_test(goes_on_after_a_failure),
        cmocka_unit_test(file_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
