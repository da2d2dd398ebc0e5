/* The guide checker on any bytes: the fast and the careful way, whole and in pieces, tell the same; findings are
 * bounded and lie in the input; each transaction has one verdict, and it is rejected if and only if an error was
 * counted or its trailer is missing. */
#include "codec/x12_check.h"

#include "fuzz_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define TOLD_MAX 20

struct told {
    uint64_t h;
    size_t n;
    uint32_t findings, transactions, errors; /* of the transaction in hand: findings, errors */
};

static void mix(struct told *t, const void *p, size_t n) {
    const unsigned char *c = p;
    for (size_t i = 0; i < n; i++) t->h = (t->h ^ c[i]) * 1099511628211u;
}

static void on_finding(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    struct told *t = user;
    check(e && f->text && f->name);
    check(f->pos.offset <= t->n && f->snip >= 1 && f->snip <= 7 && f->value < PP_X12_VALUE_COUNT);
    check(f->loop[sizeof f->loop - 1] == 0 && f->segment[3] == 0 && f->ik304[2] == 0 && f->ik403[3] == 0);
    uint64_t all[] = {f->code,      f->severity,   f->pos.offset, f->pos.segment,  f->element,
                      f->component, f->repetition, f->value,      f->data_element, f->trigger.position};
    mix(t, all, sizeof all);
    mix(t, f->loop, strlen(f->loop));
    mix(t, f->segment, strlen(f->segment));
    mix(t, f->ik403, strlen(f->ik403));
}

static void on_verdict(void *user, const struct pp_x12_verdict *v) {
    struct told *t = user;
    uint64_t all[] = {v->of, v->outcome, v->errors_n, v->warnings_n, v->untold_n, v->segments_n, v->lost};
    mix(t, all, sizeof all);
    check(v->envelope);
    if (v->of != PP_X12_OF_TRANSACTION) return;
    t->transactions++;
    check((v->outcome == PP_X12_REJECTED) == (v->errors_n > 0 || v->lost));
    check(v->errors_n + v->warnings_n >= v->untold_n && v->errors_n + v->warnings_n - v->untold_n <= TOLD_MAX);
}

static uint64_t run(bool careful, const char *p, size_t n, size_t step) {
    struct told t = {.h = 1469598103934665603u, .n = n};
    struct pp_x12_check_handlers h = {on_finding, on_verdict, &t};
    struct pp_x12_check_opts opts = {.findings_max = TOLD_MAX, .careful = careful};
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_check *c = pp_x12_check_open(&opts, &h);
    struct pp_x12_event e;
    uint32_t begun = 0;
    check(r && c);
    for (size_t i = 0; i < n;) {
        size_t piece = n - i < step ? n - i : step;
        for (size_t k = 0; k < piece;) {
            k += pp_x12_feed(r, p + i + k, piece - k, &e);
            begun += e.what == PP_X12_SEGMENT && e.role == PP_X12_ST;
            pp_x12_check_event(c, r, &e);
            const struct pp_x12_place *at = pp_x12_check_place(c);
            check(at->depth <= PP_X12_DEPTH_MAX);
            for (uint32_t d = 0; d < at->depth; d++) check(at->path[d].loop->depth == d);
        }
        i += piece;
    }
    do {
        pp_x12_finish(r, &e);
        begun += e.what == PP_X12_SEGMENT && e.role == PP_X12_ST;
        pp_x12_check_event(c, r, &e);
    } while (e.what != PP_X12_NOTHING);
    check(t.transactions == begun); /* one verdict each */
    pp_x12_check_close(c);
    pp_x12_close(r);
    return t.h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n < 1) return 0;
    const char *p = (const char *)data + 1;
    uint64_t whole = run(false, p, n - 1, n);
    check(run(true, p, n - 1, n) == whole);
    check(run(false, p, n - 1, 1 + data[0] % 67) == whole);
    return 0;
}
