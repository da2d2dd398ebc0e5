#include "codec/mllp.h"

void pp_mllp_init(struct pp_mllp *m, const struct pp_mllp_opts *opts) {
    *m = (struct pp_mllp){.state = PP_MLLP_IDLE};
    if (opts) m->opts = *opts;
    if (m->opts.max_bytes == 0) m->opts.max_bytes = PP_MLLP_MESSAGE_MAX;
    pp_buf_init(&m->buf, m->opts.max_bytes);
}

void pp_mllp_free(struct pp_mllp *m) { pp_buf_free(&m->buf); }

const char *pp_mllp_reason_text(enum pp_mllp_reason reason) {
    switch (reason) {
    case PP_MLLP_OK: return "";
    case PP_MLLP_BAD_OUTSIDE: return "bytes outside of a frame";
    case PP_MLLP_BAD_RESTART: return "a new frame began inside a frame";
    case PP_MLLP_BAD_OVERSIZE: return "the message is larger than the limit";
    case PP_MLLP_BAD_EMPTY: return "empty frame";
    case PP_MLLP_BAD_PARTIAL: return "the frame did not end";
    case PP_MLLP_BAD_TIMEOUT: return "the sender fell silent inside a frame";
    case PP_MLLP_BAD_MEMORY: return "no memory for the message";
    }
    return "";
}

static void tell(struct pp_mllp *m, enum pp_mllp_reason reason, uint64_t discarded, struct pp_mllp_event *ret) {
    *ret = (struct pp_mllp_event){
        .what = PP_MLLP_ERROR, .reason = reason, .discarded = discarded, .began_ms = m->began_ms};
    m->errors++;
}

static void begin(struct pp_mllp *m, int64_t now_ms) {
    pp_buf_reset(&m->buf);
    m->fs_pending = 0;
    m->outside_run = 0;
    m->outside_told = false;
    m->began_ms = now_ms;
    m->state = PP_MLLP_MESSAGE;
}

static void end(struct pp_mllp *m, bool no_cr, struct pp_mllp_event *ret) {
    m->state = PP_MLLP_IDLE;
    m->fs_pending = 0;
    if (m->buf.n == 0) {
        tell(m, PP_MLLP_BAD_EMPTY, 0, ret);
        return;
    }
    *ret = (struct pp_mllp_event){
        .what = PP_MLLP_FRAME, .bytes = pp_buf_str(&m->buf), .no_cr = no_cr, .began_ms = m->began_ms};
    m->frames++;
    m->taken = true;
}

/* Appends to the frame; returns how many bytes were taken. On the limit tells of it, takes what fits, and the state
 * drops the rest of the frame. */
static size_t append(struct pp_mllp *m, const char *p, size_t n, struct pp_mllp_event *ret) {
    static const char fs[1] = {PP_MLLP_FS};
    for (; m->fs_pending && m->buf.n < m->opts.max_bytes; m->fs_pending--)
        pp_buf_add(&m->buf, fs, 1); /* text follows: they were data */
    size_t room = m->opts.max_bytes - m->buf.n, take = n < room ? n : room;
    pp_buf_add(&m->buf, p, take);
    if (take == n && m->fs_pending == 0 && !m->buf.failed) return n;
    m->skipped = m->buf.n;
    m->discarded += m->skipped;
    tell(m, m->buf.failed ? PP_MLLP_BAD_MEMORY : PP_MLLP_BAD_OVERSIZE, m->skipped, ret);
    ret->bytes = pp_buf_str(&m->buf);
    m->state = PP_MLLP_SKIP;
    m->fs_pending = 0;
    m->taken = true;
    return take;
}

/* Each step takes at least one byte, or changes the state without taking one; returns the number taken. */
static size_t step_idle(struct pp_mllp *m, const char *p, size_t n, int64_t now_ms, struct pp_mllp_event *ret) {
    const char *vt = memchr(p, PP_MLLP_VT, n);
    size_t len = vt ? (size_t)(vt - p) : n;
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '\r' || p[i] == '\n' || p[i] == '\0') continue;
        m->outside++;
        m->discarded++;
        if (++m->outside_run > PP_MLLP_OUTSIDE_MAX && !m->outside_told) {
            m->outside_told = true;
            tell(m, PP_MLLP_BAD_OUTSIDE, m->outside_run, ret);
            return i + 1;
        }
    }
    if (!vt) return n;
    uint64_t run = m->outside_told ? 0 : m->outside_run;
    begin(m, now_ms);
    if (run) tell(m, PP_MLLP_BAD_OUTSIDE, run, ret);
    return len + 1;
}

static size_t step_message(struct pp_mllp *m, const char *p, size_t n, int64_t now_ms, struct pp_mllp_event *ret) {
    const char *fs = memchr(p, PP_MLLP_FS, n);
    size_t len = fs ? (size_t)(fs - p) : n;
    const char *vt = memchr(p, PP_MLLP_VT, len);
    if (vt) len = (size_t)(vt - p);
    if (len) {
        size_t took = append(m, p, len, ret);
        if (m->state == PP_MLLP_SKIP) return took;
    }
    if (vt) {
        size_t lost = m->buf.n;
        m->discarded += lost;
        int64_t began_ms = m->began_ms;
        begin(m, now_ms);
        if (lost) { /* VT VT is a doubled start and loses nothing */
            tell(m, PP_MLLP_BAD_RESTART, lost, ret);
            ret->began_ms = began_ms;
        }
        return len + 1;
    }
    if (!fs) return len;
    m->fs_pending = 1;
    m->state = PP_MLLP_END;
    if (m->opts.fs_only) end(m, true, ret);
    return len + 1;
}

static size_t step_end(struct pp_mllp *m, char c, struct pp_mllp_event *ret) {
    switch (c) {
    case PP_MLLP_FS: m->fs_pending++; return 1;
    case '\r': end(m, false, ret); return 1;
    case '\0':
    case '\n': end(m, true, ret); return 1;
    case PP_MLLP_VT: /* the next frame begins: this one had no CR */ end(m, true, ret); return 0;
    default: m->state = PP_MLLP_MESSAGE; return append(m, &c, 1, ret);
    }
}

static size_t step_skip(struct pp_mllp *m, const char *p, size_t n, int64_t now_ms) {
    if (m->state == PP_MLLP_SKIP_END) {
        m->state = *p == '\r' || *p == '\n' || *p == '\0' ? PP_MLLP_IDLE : PP_MLLP_SKIP;
        if (m->state == PP_MLLP_IDLE) return 1;
    }
    for (size_t i = 0; i < n; i++) {
        if (p[i] == PP_MLLP_VT) {
            begin(m, now_ms);
            return i + 1;
        }
        m->skipped++;
        m->discarded++;
        if (p[i] == PP_MLLP_FS) {
            m->state = m->opts.fs_only ? PP_MLLP_IDLE : PP_MLLP_SKIP_END;
            return i + 1;
        }
    }
    return n;
}

size_t pp_mllp_feed(struct pp_mllp *m, const char *p, size_t n, int64_t now_ms, struct pp_mllp_event *ret) {
    *ret = (struct pp_mllp_event){.what = PP_MLLP_NOTHING};
    if (m->taken) {
        pp_buf_reset(&m->buf);
        m->taken = false;
    }
    if (n) m->last_ms = now_ms;
    size_t i = 0;
    while (i < n && ret->what == PP_MLLP_NOTHING) {
        switch (m->state) {
        case PP_MLLP_IDLE: i += step_idle(m, p + i, n - i, now_ms, ret); break;
        case PP_MLLP_MESSAGE: i += step_message(m, p + i, n - i, now_ms, ret); break;
        case PP_MLLP_END: i += step_end(m, p[i], ret); break;
        case PP_MLLP_SKIP:
        case PP_MLLP_SKIP_END: i += step_skip(m, p + i, n - i, now_ms); break;
        }
    }
    return i;
}

static void finish(struct pp_mllp *m, enum pp_mllp_reason partial, struct pp_mllp_event *ret) {
    *ret = (struct pp_mllp_event){.what = PP_MLLP_NOTHING};
    if (m->taken) {
        pp_buf_reset(&m->buf);
        m->taken = false;
    }
    if (m->state == PP_MLLP_END) {
        end(m, true, ret);
    } else if (m->state == PP_MLLP_MESSAGE) {
        m->discarded += m->buf.n;
        tell(m, partial, m->buf.n, ret);
        ret->bytes = pp_buf_str(&m->buf);
        m->taken = true;
    } else if (m->outside_run && !m->outside_told) {
        tell(m, PP_MLLP_BAD_OUTSIDE, m->outside_run, ret);
    }
    m->state = PP_MLLP_IDLE;
    m->fs_pending = 0;
    m->outside_run = 0;
    m->outside_told = false;
}

void pp_mllp_finish(struct pp_mllp *m, struct pp_mllp_event *ret) { finish(m, PP_MLLP_BAD_PARTIAL, ret); }

void pp_mllp_tick(struct pp_mllp *m, int64_t now_ms, struct pp_mllp_event *ret) {
    *ret = (struct pp_mllp_event){.what = PP_MLLP_NOTHING};
    if (m->state == PP_MLLP_IDLE || m->opts.idle_ms == 0 || now_ms - m->last_ms < m->opts.idle_ms) return;
    finish(m, PP_MLLP_BAD_TIMEOUT, ret);
}

int64_t pp_mllp_age_ms(const struct pp_mllp *m, int64_t now_ms) {
    return m->state == PP_MLLP_IDLE ? 0 : now_ms - m->began_ms;
}

void pp_mllp_wrap(struct pp_str message, struct pp_buf *out) {
    pp_buf_addc(out, PP_MLLP_VT);
    pp_buf_adds(out, message);
    pp_buf_addc(out, PP_MLLP_FS);
    pp_buf_addc(out, '\r');
}
