/* The view of claims on any bytes: bounded, one verdict for each transaction of its kind, claims only of accepted ones,
 * and the same whole and in pieces. */
#include "codec/x12_837.h"

#include "fuzz_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct seen {
    uint64_t h;
    uint32_t claims, verdicts;
};

static void mix(struct seen *s, struct pp_str v) {
    for (uint32_t i = 0; i < v.n; i++) s->h = (s->h ^ (unsigned char)v.s[i]) * 1099511628211u;
    s->h = (s->h ^ v.n) * 1099511628211u;
}

static int on_claim(void *user, const struct pp_claim837 *c) {
    struct seen *s = user;
    s->claims++;
    check(c->lines_n <= 999 && c->diagnoses_n <= 64);
    mix(s, c->claim_no);
    mix(s, c->total);
    mix(s, c->authorization);
    mix(s, c->subscriber.member_id);
    for (uint32_t i = 0; i < c->diagnoses_n; i++) mix(s, c->diagnoses[i].code);
    for (uint32_t i = 0; i < c->lines_n; i++) {
        mix(s, c->lines[i].code);
        mix(s, c->lines[i].charge);
        mix(s, c->lines[i].authorization);
        check(c->lines[i].modifiers_n <= 4 && c->lines[i].pointers_n <= 4);
    }
    return 0;
}

static void on_transaction(void *user, const struct pp_837_verdict *v) {
    struct seen *s = user;
    s->verdicts++;
    check(v->findings_n <= PP_837_FINDINGS_MAX && v->findings_n <= v->errors_n + v->warnings_n);
    check((v->outcome == PP_837_REFUSED) ? v->claims_n == 0 : v->outcome != PP_837_ACCEPTED || v->errors_n == 0);
    s->h = (s->h ^ (uint64_t)v->outcome ^ (uint64_t)v->errors_n << 8 ^ (uint64_t)v->claims_n << 32) * 1099511628211u;
}

static uint64_t run(const char *p, size_t n, size_t step, bool institutional) {
    struct seen s = {.h = 1469598103934665603u};
    struct pp_837_handlers h = {
        .claim = on_claim, .transaction = on_transaction, .institutional = institutional, .user = &s};
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_837 *v = pp_x12_837_open(&h, 4u << 20);
    struct pp_x12_event e;
    check(r && v);
    for (size_t i = 0; i < n;) {
        size_t piece = n - i < step ? n - i : step;
        for (size_t k = 0; k < piece;) {
            k += pp_x12_feed(r, p + i + k, piece - k, &e);
            check(pp_x12_837_event(v, r, &e) == 0);
        }
        i += piece;
    }
    do {
        pp_x12_finish(r, &e);
        check(pp_x12_837_event(v, r, &e) == 0);
    } while (e.what != PP_X12_NOTHING);
    pp_x12_837_close(v);
    pp_x12_close(r);
    return s.h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n < 1) return 0;
    const char *p = (const char *)data + 1;
    bool institutional = data[0] & 1;
    check(run(p, n - 1, n, institutional) == run(p, n - 1, 1 + data[0] % 67, institutional));
    return 0;
}
