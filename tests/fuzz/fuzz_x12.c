/* The X12 reader on any bytes: two of them choose options and pieces. Whole, in pieces and without SSE2 give the same
 * events; every byte is taken; offsets of findings lie in the input; what was read as segments can be looked into. */
#include "codec/x12.h"

#include "fuzz_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct state {
    uint64_t h, binary;
};

static uint64_t mix(uint64_t h, const void *p, size_t n) {
    const unsigned char *c = p;
    for (size_t i = 0; i < n; i++) h = (h ^ c[i]) * 1099511628211u;
    return h;
}
static uint64_t number(uint64_t h, uint64_t v) { return mix(h, &v, sizeof v); }

static void note_segment(struct state *s, const struct pp_x12_seg *seg) {
    uint32_t specials = 0;
    check(seg->n <= PP_X12_ELEMENTS_MAX);
    s->h = mix(s->h, seg->id.s, seg->id.n);
    s->h = number(s->h, seg->key);
    s->h = number(s->h, (uint64_t)seg->n << 32 | (uint32_t)seg->specials << 1 | seg->controls);
    for (unsigned i = 1; i <= seg->n; i++) {
        struct pp_str el = pp_x12_el(seg, i);
        check(el.n <= seg->raw.n);
        s->h = mix(s->h, el.s, el.n);
        s->h = number(s->h, el.n);
        for (uint32_t k = 0; k < el.n; k++) {
            unsigned char c = (unsigned char)el.s[k];
            specials += c == seg->d->component || (c == seg->d->repetition && c);
            check(seg->controls || (c >= 0x20 && c < 0x7f) || c == seg->d->component || c == seg->d->repetition);
        }
        for (unsigned k = 1; k < 4; k++) {
            check(pp_x12_part(seg, el, k).n <= el.n);
            check(pp_x12_rep(seg, el, k).n <= el.n);
        }
    }
    check(specials <= seg->specials || seg->specials == UINT16_MAX);
}

static void note(struct state *s, const struct pp_x12_event *e, uint64_t n) {
    if (e->what == PP_X12_BINARY) {
        s->binary += e->bytes.n;
        s->h = mix(s->h, e->bytes.s, e->bytes.n);
        return;
    }
    if (e->what == PP_X12_NOTHING) return;
    s->h = number(s->h, (uint64_t)e->what << 8 | e->role);
    s->h = number(s->h, e->pos.offset);
    s->h = number(s->h, e->pos.ordinal);
    s->h = number(s->h, (uint64_t)e->pos.transaction << 32 | e->pos.segment);
    s->h = number(s->h, e->transaction_lost);
    if (e->what == PP_X12_SEGMENT) note_segment(s, e->seg);
    check(e->findings_n <= PP_X12_EVENT_FINDINGS_MAX);
    for (uint32_t i = 0; i < e->findings_n; i++) {
        const struct pp_x12_finding *f = &e->findings[i];
        check(f->text && f->pos.offset <= n);
        s->h = number(s->h, (uint64_t)f->code << 16 | (uint64_t)f->severity << 8 | f->value);
        s->h = number(s->h, f->pos.offset);
    }
}

static uint64_t run(const struct pp_x12_opts *opts, const char *p, size_t n, size_t step) {
    struct pp_x12_reader *r = pp_x12_open(opts);
    struct pp_x12_event e;
    struct state s = {1469598103934665603u, 0};
    check(r);
    for (size_t i = 0; i < n;) {
        size_t piece = n - i < step ? n - i : step;
        char *exact = malloc(piece); /* so that reading past it is seen */
        check(exact);
        memcpy(exact, p + i, piece);
        for (size_t k = 0; k < piece;) {
            size_t took = pp_x12_feed(r, exact + k, piece - k, &e);
            check(took <= piece - k && (took > 0 || e.what != PP_X12_NOTHING));
            k += took;
            note(&s, &e, n);
        }
        free(exact);
        i += piece;
    }
    for (int turns = 0;; turns++) {
        check(turns < 10);
        pp_x12_finish(r, &e);
        note(&s, &e, n);
        if (e.what == PP_X12_NOTHING) break;
    }
    check(e.end && s.binary <= n);
    pp_x12_close(r);
    return s.h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n < 2) return 0;
    struct pp_x12_opts opts = {
        .repair = data[0] & 1, .counts_tolerant = data[0] & 2, .segment_max = data[0] & 4 ? 80 : 0};
    size_t step = 1 + data[1] % 67;
    const char *p = (const char *)data + 2;
    n -= 2;
    uint64_t whole = run(&opts, p, n, n + 1);
    check(run(&opts, p, n, step) == whole);
    opts.portable = true;
    check(run(&opts, p, n, n + 1) == whole);
    return 0;
}
