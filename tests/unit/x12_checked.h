/* What we write passes the guide checker without a finding. */
#ifndef TESTS_X12_CHECKED_H
#define TESTS_X12_CHECKED_H

#include "codec/x12_check.h"

#include <stdio.h>

struct checked {
    struct pp_buf text; /* findings, a line each */
    unsigned transactions, accepted;
};

static void checked_finding(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    struct checked *c = user;
    (void)e;
    pp_buf_addz(&c->text, f->severity == PP_X12_ERROR ? "error " : "warning ");
    pp_x12_finding_text(f, &c->text);
    pp_buf_printf(&c->text, " (%s)\n", f->name ? f->name : "reader");
}
static void checked_verdict(void *user, const struct pp_x12_verdict *v) {
    struct checked *c = user;
    if (v->of != PP_X12_OF_TRANSACTION) return;
    c->transactions++;
    c->accepted += v->outcome == PP_X12_ACCEPTED;
}

/* Fails the test with the findings when there are any, or when a transaction has no guide. */
static void assert_checks(const char *what, struct pp_str bytes) {
    struct checked c = {.transactions = 0};
    struct pp_x12_check_handlers h = {.finding = checked_finding, .verdict = checked_verdict, .user = &c};
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_check *check = pp_x12_check_open(NULL, &h);
    struct pp_x12_event e;
    pp_buf_init(&c.text, 1 << 16);
    for (uint32_t i = 0; i < bytes.n;) {
        i += (uint32_t)pp_x12_feed(r, bytes.s + i, bytes.n - i, &e);
        pp_x12_check_event(check, r, &e);
    }
    do {
        pp_x12_finish(r, &e);
        pp_x12_check_event(check, r, &e);
    } while (e.what != PP_X12_NOTHING);
    pp_x12_check_close(check);
    pp_x12_close(r);
    if (c.text.n) fail_msg("%s: %.*s", what, (int)c.text.n, c.text.p);
    pp_buf_free(&c.text);
    assert_true(c.transactions > 0);
    assert_int_equal(c.accepted, c.transactions);
}

#endif
