/* X12 interchanges as a stream: chunks of any size in, segments with their place out.
 *
 * The reader finds the delimiters in each ISA (they may change from interchange
 * to interchange), checks the envelope (control numbers and counts, TA1, GS
 * and ST nesting) and copes with what senders do to line ends. It holds one
 * segment at most (PP_X12_SEGMENT_MAX); binary data (BIN, BDS) goes through by
 * length, in pieces, and may hold any delimiter. Memory does not grow with the
 * file. Pure: no I/O, no clock, no globals.
 *
 * A segment is a view into the caller's chunk or the reader's buffer: valid until
 * the next call, not NUL-terminated. Copy what is to stay (pp_arena_str).
 *
 * Numbering is X12's: element 1 is the first after the segment id, component and
 * repetition from 1. Positions count from 1; segment 1 of a transaction is its ST.
 */
#ifndef PP_CODEC_X12_H
#define PP_CODEC_X12_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define PP_X12_SEGMENT_MAX (64u << 10) /* bytes of one segment, binary data not counted */
#define PP_X12_ELEMENTS_MAX 64         /* elements of one segment */
#define PP_X12_BINARY_MAX (1u << 30)   /* bytes announced by BIN01 or BDS02 */
#define PP_X12_EVENT_FINDINGS_MAX 12   /* findings told with one event */

struct pp_x12_delims {
    unsigned char element, component;
    unsigned char repetition; /* 0 = none: before 00402, or ISA11 is no delimiter */
    unsigned char segment[4]; /* one byte; more where a sender wrote a character of two or three in UTF-8 */
    uint8_t segment_n;
};

/* Where something stands. 0 = not inside. */
struct pp_x12_pos {
    uint32_t interchange; /* of the file */
    uint32_t group;       /* of the interchange */
    uint32_t transaction; /* of the group */
    uint32_t segment;     /* of the transaction; ST = 1 */
    uint64_t ordinal;     /* segment of the file */
    uint64_t offset;      /* byte of the file */
};

/* The envelope as last read; texts trimmed. Members of a level that is not open are empty. */
struct pp_x12_envelope {
    char isa05[3], isa06[16], isa07[3], isa08[16], isa09[7], isa10[5], isa12[6], isa13[10], isa14[2], isa15[2];
    char gs01[3], gs02[16], gs03[16], gs04[9], gs05[9], gs06[10], gs07[3], gs08[13];
    char st01[4], st02[10], st03[36];
};

enum pp_x12_severity { PP_X12_WARNING, PP_X12_ERROR };

/* Reasons the reader itself gives. Guides add theirs from PP_X12_F_GUIDE on. */
enum pp_x12_code {
    PP_X12_F_NONE,
    PP_X12_F_NO_ISA,         /* bytes that belong to no interchange */
    PP_X12_F_ENCODING,       /* UTF-16 */
    PP_X12_F_ISA_FORM,       /* separators not at their fixed places */
    PP_X12_F_ISA_REPAIRED,   /* the same, read all the same (opts.repair) */
    PP_X12_F_ISA_DELIMITER,  /* a delimiter that cannot be one */
    PP_X12_F_ISA_BLANK,      /* blanks between ISA16 and the terminator */
    PP_X12_F_ISA_REPETITION, /* ISA11 is a letter, a digit or a blank although the version has repetition */
    PP_X12_F_BOM,
    PP_X12_F_LINE_BREAKS, /* line ends inside segments were dropped */
    PP_X12_F_INDENTED,    /* blanks before segment ids were dropped */
    PP_X12_F_EMPTY_SEGMENT,
    PP_X12_F_SEGMENT_ID,
    PP_X12_F_SEGMENT_SIZE,
    PP_X12_F_ELEMENT_COUNT,
    PP_X12_F_BINARY_LENGTH, /* BIN01, BDS02: no number, over the limit, or not where the terminator is */
    PP_X12_F_UNEXPECTED,    /* a segment where it may not stand */
    PP_X12_F_NO_IEA,
    PP_X12_F_NO_GE,
    PP_X12_F_NO_SE,
    PP_X12_F_IEA_COUNT,
    PP_X12_F_GE_COUNT,
    PP_X12_F_SE_COUNT,
    PP_X12_F_IEA_CONTROL,
    PP_X12_F_GE_CONTROL,
    PP_X12_F_SE_CONTROL,
    PP_X12_F_CONTROL_FORM, /* a control number that is empty or too long */
    PP_X12_F_DUPLICATE_ST, /* ST02 not unique in its group */
    PP_X12_F_FUNCTION,     /* GS01 and ST01 do not fit together */
    PP_X12_F_TRUNCATED,    /* the file ends inside a segment */
    PP_X12_F_GUIDE = 100,  /* of the views */
    PP_X12_F_CHECK = 1000, /* of the guide checker: x12_check.h */
};

/* What is wrong with a value, without the value. */
enum pp_x12_class {
    PP_X12_VALUE_NONE,
    PP_X12_VALUE_MISSING,
    PP_X12_VALUE_TOO_SHORT,
    PP_X12_VALUE_TOO_LONG,
    PP_X12_VALUE_NOT_NUMBER,
    PP_X12_VALUE_NOT_DATE,
    PP_X12_VALUE_NOT_CODE,
    PP_X12_VALUE_OTHER,
    PP_X12_VALUE_COUNT,
};

struct pp_x12_finding {
    uint8_t snip; /* 1 integrity, 2 guide, 3 balance, 4 situation, 5 code set, 6 service line, 7 payer */
    enum pp_x12_severity severity;
    uint16_t code; /* enum pp_x12_code, or a guide's */
    struct pp_x12_pos pos;
    char loop[8]; /* "2300"; "" for the envelope */
    char segment[4];
    uint16_t element, component, repetition; /* 0 = not meant */
    enum pp_x12_class value;
    int64_t said, counted; /* of counts; -1 = not meant */
    const char *text;      /* fixed words of ours */
    /* Of the checker, for a 999; empty where it has no word for it. */
    char ik304[3], ik403[4];
    uint16_t data_element;   /* IK402: number of the data element, of a composite its number */
    bool not_in_directory;   /* the segment id is none of X12's: it must not stand in IK301 (segment is "" then) */
    const char *name;        /* of the rule or the code, stable: what a profile speaks of; NULL from the reader alone */
    const char *guide_words; /* what the place is called in the guide, our own words; NULL */
    /* What made a situational rule ask (CTX of a 999); segment "" = nothing. */
    struct {
        char segment[4], loop[8];
        uint32_t position; /* of the segment in its transaction */
        uint16_t element, component, data_element;
    } trigger;
};

struct pp_x12_seg {
    struct pp_str raw; /* without the terminator */
    struct pp_str id;
    uint32_t key;                          /* the id as a number, first byte lowest; 0 when it has more than 4 bytes */
    uint16_t specials;                     /* component and repetition separators in it; none of them where this is 0 */
    bool controls;                         /* it may hold control characters or bytes from 0x7f on; none where false */
    uint32_t n;                            /* number of elements, at most PP_X12_ELEMENTS_MAX */
    struct pp_str el[PP_X12_ELEMENTS_MAX]; /* el[0] is element 1; use pp_x12_el() */
    uint64_t binary_n;                     /* bytes of binary data that were told before; their element is empty */
    const struct pp_x12_delims *d;
};

enum pp_x12_role {
    PP_X12_ISA,
    PP_X12_TA1,
    PP_X12_SERVICE, /* ISB, ISE, TA3: between ISA and GS */
    PP_X12_GS,
    PP_X12_ST,
    PP_X12_BODY,
    PP_X12_SE,
    PP_X12_GE,
    PP_X12_IEA,
    PP_X12_STRAY, /* outside of where a segment may stand; told with a finding */
};

enum pp_x12_what {
    PP_X12_NOTHING, /* more bytes are needed; from pp_x12_finish: the end */
    PP_X12_SEGMENT,
    PP_X12_BINARY,  /* a piece of binary data; its segment follows after the last piece */
    PP_X12_PROBLEM, /* findings only */
};

struct pp_x12_event {
    enum pp_x12_what what;
    enum pp_x12_role role; /* of a segment */
    const struct pp_x12_seg *seg;
    struct pp_str bytes; /* of binary */
    struct pp_x12_pos pos;
    /* A transaction that was open has ended without its SE before this event. Its place is lost_pos. */
    bool transaction_lost;
    struct pp_x12_pos lost_pos;
    const struct pp_x12_finding *findings;
    uint32_t findings_n;
    bool end; /* with PP_X12_NOTHING from pp_x12_finish: there is no more */
};

struct pp_x12_opts {
    bool repair;          /* read an ISA whose blanks were collapsed; told as a warning */
    bool counts_tolerant; /* SE01, GE01 and IEA01 that do not fit are warnings: this partner is known for it */
    bool portable;        /* without SSE2 (for tests: the events are the same) */
    uint32_t segment_max; /* 0 = PP_X12_SEGMENT_MAX */
};

struct pp_x12_reader; /* see x12_int.h; made by pp_x12_open */

/* NULL without memory. opts may be NULL. */
struct pp_x12_reader *pp_x12_open(const struct pp_x12_opts *opts);
void pp_x12_close(struct pp_x12_reader *r);
/* Takes bytes up to and including the next event; returns how many. Call again with the rest. */
size_t pp_x12_feed(struct pp_x12_reader *r, const char *p, size_t n, struct pp_x12_event *ret);
/* No more bytes will come. Call until it says PP_X12_NOTHING. */
void pp_x12_finish(struct pp_x12_reader *r, struct pp_x12_event *ret);
/* The envelope around the last event; of a closing segment, the one it closes. */
const struct pp_x12_envelope *pp_x12_envelope(const struct pp_x12_reader *r);
const struct pp_x12_delims *pp_x12_delims(const struct pp_x12_reader *r);

/* ---- segments ---- */

static inline struct pp_str pp_x12_el(const struct pp_x12_seg *s, unsigned n) {
    return n && n <= s->n ? s->el[n - 1] : PP_STR_NONE;
}
static inline bool pp_x12_is(const struct pp_x12_seg *s, const char *id) { return pp_str_eqz(s->id, id); }
struct pp_str pp_x12_rep(const struct pp_x12_seg *s, struct pp_str element, unsigned n);
struct pp_str pp_x12_part(const struct pp_x12_seg *s, struct pp_str element, unsigned n); /* component */
/* Component of an element: comp of s-el. */
static inline struct pp_str pp_x12_comp(const struct pp_x12_seg *s, unsigned el, unsigned comp) {
    return pp_x12_part(s, pp_x12_el(s, el), comp);
}

/* "interchange 1 group 1 transaction 2 segment 44 SE01 (byte 1234): text (says 44, counted 43)". */
void pp_x12_finding_text(const struct pp_x12_finding *f, struct pp_buf *out);

/* ---- writing ---- */

/* Builds one interchange; its envelope cannot come out wrong: counts and trailers are the writer's own. Values that
 * hold a delimiter or a control character fail the writer (the guides have no release character). */
struct pp_x12_writer {
    struct pp_buf *out;
    struct pp_x12_delims d;
    uint32_t groups, transactions, segments;
    char isa13[10], gs06[10], st02[10];
    uint8_t level; /* 0 nothing, 1 ISA, 2 GS, 3 ST */
    bool failed;
};
/* Uses * : ^ ~ and ends each segment with ~ alone. */
void pp_x12_write_begin(struct pp_x12_writer *w, struct pp_buf *out);
/* e: isa05-08, isa09 (YYMMDD), isa10 (HHMM), isa12, isa13, isa14, isa15. */
void pp_x12_write_isa(struct pp_x12_writer *w, const struct pp_x12_envelope *e);
void pp_x12_write_gs(struct pp_x12_writer *w, const struct pp_x12_envelope *e);
void pp_x12_write_st(struct pp_x12_writer *w, const struct pp_x12_envelope *e);
/* One segment. Each element is a string of components; trailing empty ones are dropped. */
void pp_x12_write(struct pp_x12_writer *w, const char *id, const struct pp_str *elements, size_t n);
/* TA1 between ISA and GS: control number, date, time of the interchange, A, E or R, note code. */
void pp_x12_write_ta1(struct pp_x12_writer *w, const struct pp_str elements[5]);
void pp_x12_write_se(struct pp_x12_writer *w);
void pp_x12_write_ge(struct pp_x12_writer *w);
/* -1 when the writer failed or a level is still open. */
int pp_x12_write_iea(struct pp_x12_writer *w, struct pp_err *err);

#endif
