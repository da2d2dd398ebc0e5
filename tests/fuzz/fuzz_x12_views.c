/* All views but the claims' on any bytes, on one reader: bounded, nothing given out of a refused transaction that is
 * held, the same whole and in pieces; decisions never fail; the acknowledgement of it is itself a clean interchange. */
#include "codec/x12_270.h"
#include "codec/x12_275.h"
#include "codec/x12_277.h"
#include "codec/x12_278.h"
#include "codec/x12_835.h"
#include "codec/x12_ack.h"

#include "fuzz_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct seen {
    uint64_t h;
    uint32_t given; /* of the transaction in hand */
};

static void mix(struct seen *s, struct pp_str v) {
    for (uint32_t i = 0; i < v.n; i++) s->h = (s->h ^ (unsigned char)v.s[i]) * 1099511628211u;
}
static void number(struct seen *s, uint64_t v) { s->h = (s->h ^ v) * 1099511628211u; }

static int on_review(void *user, const struct pp_278 *r) {
    struct seen *s = user;
    struct pp_arena a;
    struct pp_278_decision d;
    s->given++;
    check(r->lines_n <= PP_278_LINES_MAX && r->aaa_above <= r->aaa_n && r->aaa_n <= PP_278_AAA_MAX);
    pp_arena_init(&a, 1u << 20);
    check(pp_278_decide(r, &a, &d) == 0);
    number(s, d.outcome);
    for (uint32_t i = 0; i < r->lines_n; i++) {
        const struct pp_278_level *l = &r->lines[i];
        check(l->aaa_from + l->aaa_n <= r->aaa_n);
        number(s, d.lines[i].outcome);
        mix(s, d.lines[i].authorization);
        mix(s, l->service.code);
    }
    pp_arena_free(&a);
    return 0;
}
static int on_person(void *user, const struct pp_271 *p) {
    struct seen *s = user;
    s->given++;
    check(p->benefits_n <= PP_271_BENEFITS_MAX);
    number(s, p->coverage);
    number(s, (uint64_t)pp_271_authorization(p, PP_STR("72148"), PP_STR("62")));
    mix(s, p->subscriber.id);
    for (uint32_t i = 0; i < p->benefits_n; i++) mix(s, p->benefits[i].message);
    return 0;
}
static int on_status(void *user, const struct pp_277 *p) {
    struct seen *s = user;
    s->given++;
    check(p->status_n <= PP_277_STATUS_MAX);
    number(s, pp_277_of(p));
    mix(s, p->trace.number);
    return 0;
}
static int on_payment(void *user, const struct pp_835_claim *c) {
    struct seen *s = user;
    s->given++;
    mix(s, c->claim_no);
    mix(s, c->payment->trace.number);
    for (uint32_t i = 0; i < c->lines_n; i++) {
        check(c->lines[i].adjustments_n <= PP_835_CAS_MAX);
        mix(s, c->lines[i].code);
        for (uint32_t k = 0; k < c->lines[i].adjustments_n; k++) mix(s, c->lines[i].adjustments[k].amount);
    }
    return 0;
}
static int on_data(void *user, struct pp_str bytes) {
    mix(user, bytes);
    return 0;
}
static int on_ack(void *user, const struct pp_ack *a) {
    struct seen *s = user;
    s->given += a->kind != PP_ACK_INTERCHANGE;
    check(a->places_n <= a->places_all && a->places_n <= PP_ACK_PLACES_MAX);
    number(s, a->verdict);
    mix(s, a->set_control);
    return 0;
}
static int on_verdict(void *user, const struct pp_x12_view_verdict *v) {
    struct seen *s = user;
    check(v->findings_n <= PP_X12_VIEW_FINDINGS_MAX && v->findings_n <= v->errors_n + v->warnings_n);
    check((v->outcome == PP_X12_VIEW_REFUSED) == (v->errors_n > 0));
    if (v->outcome == PP_X12_VIEW_REFUSED) check(v->items_n == 0 && s->given == 0);
    s->given = 0;
    number(s, v->errors_n);
    number(s, v->items_n);
    return 0;
}

struct views {
    struct pp_x12_278 *review;
    struct pp_x12_275 *papers;
    struct pp_x12_271 *people;
    struct pp_x12_277 *status;
    struct pp_x12_835 *payments;
    struct pp_x12_ack_reader *acks;
    struct pp_x12_ack *answer;
};

static void give(struct views *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    check(pp_x12_278_event(v->review, r, e) == 0);
    check(pp_x12_275_event(v->papers, r, e) == 0);
    check(pp_x12_271_event(v->people, r, e) == 0);
    check(pp_x12_277_event(v->status, r, e) == 0);
    check(pp_x12_835_event(v->payments, r, e) == 0);
    check(pp_x12_ack_reader_event(v->acks, r, e) == 0);
    pp_x12_ack_event(v->answer, r, e);
}

/* Only numbers and names of the sender's own envelope can make it wrong; then nothing is written. */
static void check_answer(struct pp_str bytes) {
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_event e;
    if (!bytes.n) {
        pp_x12_close(r);
        return;
    }
    check(r != NULL);
    for (uint32_t i = 0; i < bytes.n;) {
        i += (uint32_t)pp_x12_feed(r, bytes.s + i, bytes.n - i, &e);
        for (uint32_t k = 0; k < e.findings_n; k++) check(e.findings[k].severity != PP_X12_ERROR);
    }
    pp_x12_finish(r, &e);
    check(e.what == PP_X12_NOTHING && e.findings_n == 0);
    pp_x12_close(r);
}

static uint64_t run(const char *p, size_t n, size_t step) {
    struct seen s = {.h = 1469598103934665603u};
    struct pp_buf out;
    pp_buf_init(&out, PP_ACK_BYTES_MAX);
    struct pp_ack_opts opts = {.sending = {.control = 1, .at = 1795705200000}, .own_findings = true};
    struct views v = {
        pp_x12_278_open(&(struct pp_278_handlers){on_review, on_verdict, &s}, 1u << 20),
        pp_x12_275_open(&(struct pp_275_handlers){.data = on_data, .user = &s}, 1u << 20),
        pp_x12_271_open(&(struct pp_271_handlers){on_person, on_verdict, &s}, 1u << 20),
        pp_x12_277_open(&(struct pp_277_handlers){on_status, on_verdict, &s}, 1u << 20),
        pp_x12_835_open(&(struct pp_835_handlers){.claim = on_payment, .transaction = on_verdict, .user = &s},
                        1u << 20),
        pp_x12_ack_reader_open(&(struct pp_ack_handlers){on_ack, NULL, &s}, 1u << 20),
        pp_x12_ack_open(&opts, &out),
    };
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_event e;
    check(r && v.review && v.papers && v.people && v.status && v.payments && v.acks && v.answer);
    for (size_t i = 0; i < n;) {
        size_t piece = n - i < step ? n - i : step;
        for (size_t k = 0; k < piece;) {
            k += pp_x12_feed(r, p + i + k, piece - k, &e);
            give(&v, r, &e);
        }
        i += piece;
    }
    do {
        pp_x12_finish(r, &e);
        give(&v, r, &e);
    } while (e.what != PP_X12_NOTHING);
    if (pp_x12_ack_end(v.answer, NULL) == 0) check_answer(pp_buf_str(&out));
    mix(&s, pp_buf_str(&out));
    pp_x12_278_close(v.review);
    pp_x12_275_close(v.papers);
    pp_x12_271_close(v.people);
    pp_x12_277_close(v.status);
    pp_x12_835_close(v.payments);
    pp_x12_ack_reader_close(v.acks);
    pp_x12_ack_close(v.answer);
    pp_x12_close(r);
    pp_buf_free(&out);
    return s.h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n < 1) return 0;
    const char *p = (const char *)data + 1;
    check(run(p, n - 1, n) == run(p, n - 1, 1 + data[0] % 67));
    return 0;
}
