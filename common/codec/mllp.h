/* MLLP framing: bytes in, messages out, split anywhere.
 *
 * A frame is VT (0x0B), the message, FS (0x1C), CR (0x0D). The framer is a state
 * machine fed with whatever a socket gave; it knows no socket and no clock (the
 * time is an argument). After each event the caller may stop feeding, which is
 * how one message in flight and back-pressure are kept. What it tolerates:
 * bytes outside frames (counted; line ends between frames are not even noise),
 * VT inside a frame (restart), FS not followed by CR (data, when text follows;
 * the end, when VT, NUL or LF follows or the caller says finish), doubled VT and
 * FS, and senders that never send CR (option). Memory: one buffer of max_bytes.
 */
#ifndef PP_CODEC_MLLP_H
#define PP_CODEC_MLLP_H

#include "base/buf.h"

#define PP_MLLP_VT '\x0b'
#define PP_MLLP_FS '\x1c'
#define PP_MLLP_MESSAGE_MAX (32u << 20) /* default limit of one message, bytes */
#define PP_MLLP_OUTSIDE_MAX (64u << 10) /* noise between frames after which PP_MLLP_BAD_OUTSIDE is told at once */

enum pp_mllp_state {
    PP_MLLP_IDLE,     /* between frames */
    PP_MLLP_MESSAGE,  /* inside a frame */
    PP_MLLP_END,      /* FS seen, CR not yet */
    PP_MLLP_SKIP,     /* dropping the rest of an oversized frame */
    PP_MLLP_SKIP_END, /* the same, FS seen */
};

enum pp_mllp_what { PP_MLLP_NOTHING, PP_MLLP_FRAME, PP_MLLP_ERROR };

enum pp_mllp_reason {
    PP_MLLP_OK,
    PP_MLLP_BAD_OUTSIDE,  /* bytes before a VT were dropped */
    PP_MLLP_BAD_RESTART,  /* VT inside a frame: what came before it was dropped */
    PP_MLLP_BAD_OVERSIZE, /* the message is larger than the limit; bytes = its head, for the negative answer */
    PP_MLLP_BAD_EMPTY,    /* a frame without a message */
    PP_MLLP_BAD_PARTIAL,  /* finish: the frame never ended; bytes = what was there */
    PP_MLLP_BAD_TIMEOUT,  /* tick: the same, because nothing came for idle_ms */
    PP_MLLP_BAD_MEMORY,   /* no memory for the frame; the rest of it is skipped */
};

struct pp_mllp_event {
    enum pp_mllp_what what;
    enum pp_mllp_reason reason; /* of an error */
    struct pp_str bytes;        /* of a frame: the message. Valid until the next feed or finish. */
    uint64_t discarded;         /* of an error: bytes dropped by it so far */
    bool no_cr;                 /* of a frame: it ended without its CR */
    int64_t began_ms;           /* when its VT came, by the caller's clock */
};

struct pp_mllp_opts {
    uint32_t max_bytes; /* 0 = PP_MLLP_MESSAGE_MAX */
    uint32_t idle_ms;   /* silence inside of a frame after which pp_mllp_tick ends it; 0 = never */
    bool fs_only;       /* this sender ends frames with FS alone */
};

struct pp_mllp {
    struct pp_mllp_opts opts;
    enum pp_mllp_state state;
    struct pp_buf buf;
    uint32_t fs_pending; /* FS bytes held back until what follows is known */
    bool taken;          /* buf holds a frame that was already given out */
    bool outside_told;
    uint64_t outside_run;      /* noise since the last frame */
    uint64_t skipped;          /* bytes of the oversized frame */
    int64_t began_ms, last_ms; /* of the frame in hand: its VT, its last byte */
    /* totals, for metrics */
    uint64_t frames, errors, outside, discarded;
};

void pp_mllp_init(struct pp_mllp *m, const struct pp_mllp_opts *opts);
void pp_mllp_free(struct pp_mllp *m);
/* Takes bytes up to and including the next event. Returns how many were taken; *ret says what happened. Call again
 * with the rest. All taken and PP_MLLP_NOTHING: feed more when there is more. */
size_t pp_mllp_feed(struct pp_mllp *m, const char *p, size_t n, int64_t now_ms, struct pp_mllp_event *ret);
/* The sender fell silent or closed: gives out a frame whose FS has come but not its CR, else tells of a partial one.
 * The framer is idle afterwards. */
void pp_mllp_finish(struct pp_mllp *m, struct pp_mllp_event *ret);
/* Time passed and nothing came. Ends a frame whose sender has been silent for opts.idle_ms the way pp_mllp_finish does;
 * otherwise nothing happens. Call it from a timer. The connection may go on: what still comes of a frame that was given
 * up is noise outside of frames, up to the next VT. */
void pp_mllp_tick(struct pp_mllp *m, int64_t now_ms, struct pp_mllp_event *ret);
/* Age of the frame that has begun and not ended; 0 when there is none. The caller decides when it is too old. */
int64_t pp_mllp_age_ms(const struct pp_mllp *m, int64_t now_ms);
const char *pp_mllp_reason_text(enum pp_mllp_reason reason);

/* Appends VT, message, FS, CR. */
void pp_mllp_wrap(struct pp_str message, struct pp_buf *out);

#endif
