/* The MLLP framer on any bytes: three of them choose limits and pieces. Whole, in pieces of a fixed length and byte by
 * byte give the same events; every byte is accounted for; no frame passes the limit; silence ends what has begun. */
#include "codec/mllp.h"

#include "fuzz_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint64_t mix(uint64_t h, const void *p, size_t n) {
    const unsigned char *c = p;
    for (size_t i = 0; i < n; i++) h = (h ^ c[i]) * 1099511628211u;
    return h;
}

static uint64_t note(uint64_t h, const struct pp_mllp *m, const struct pp_mllp_event *e) {
    check(e->bytes.n <= m->opts.max_bytes);
    check((e->what == PP_MLLP_ERROR) == (e->reason != PP_MLLP_OK));
    check(e->what != PP_MLLP_FRAME || e->bytes.n > 0);
    check(e->reason != PP_MLLP_BAD_MEMORY);
    h = mix(h, &e->what, sizeof e->what);
    h = mix(h, &e->reason, sizeof e->reason);
    h = mix(h, &e->discarded, sizeof e->discarded);
    h = mix(h, &e->no_cr, sizeof e->no_cr);
    return mix(h, e->bytes.s, e->bytes.n);
}

static uint64_t run(const struct pp_mllp_opts *opts, const char *p, size_t n, size_t step, bool by_silence) {
    struct pp_mllp m;
    struct pp_mllp_event e;
    uint64_t h = 1469598103934665603u, frame_bytes = 0;
    pp_mllp_init(&m, opts);
    for (size_t i = 0; i < n;) {
        size_t piece = n - i < step ? n - i : step;
        for (size_t k = 0; k < piece;) {
            size_t took = pp_mllp_feed(&m, p + i + k, piece - k, 5, &e);
            check(took <= piece - k && (took > 0 || e.what != PP_MLLP_NOTHING));
            k += took;
            if (e.what == PP_MLLP_NOTHING) continue;
            if (e.what == PP_MLLP_FRAME) frame_bytes += e.bytes.n;
            h = note(h, &m, &e);
        }
        i += piece;
    }
    if (by_silence)
        pp_mllp_tick(&m, 1000000, &e);
    else
        pp_mllp_finish(&m, &e);
    if (e.what == PP_MLLP_FRAME) frame_bytes += e.bytes.n;
    if (e.what != PP_MLLP_NOTHING && !by_silence) h = note(h, &m, &e);
    check(m.state == PP_MLLP_IDLE);
    check(frame_bytes + m.discarded <= n);
    check(pp_mllp_age_ms(&m, 99) == 0);
    pp_mllp_free(&m);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n < 3) return 0;
    const struct pp_mllp_opts opts = {.max_bytes = 1 + data[0], .fs_only = data[1] & 1, .idle_ms = 10};
    size_t step = 1 + data[2] % 31;
    const char *p = (const char *)data + 3;
    n -= 3;
    uint64_t whole = run(&opts, p, n, n ? n : 1, false);
    check(run(&opts, p, n, 1, false) == whole);
    check(run(&opts, p, n, step, false) == whole);
    run(&opts, p, n, step, true);
    return 0;
}
