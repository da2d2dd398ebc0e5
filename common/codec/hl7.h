/* HL7 v2 messages: bytes in, an index of segments out, values decoded on demand.
 *
 * The parser is tolerant: it refuses only what has no usable MSH; everything
 * else it flags (struct pp_hl7_fault) and goes on. It never changes the bytes it
 * was given: a message borrows `raw`, which must outlive it, and allocates the
 * index and each decoded value in the arena it was given. Pure: no I/O, no
 * clock, no globals.
 *
 * Numbering is HL7's own, from 1: field, repetition, component, subcomponent.
 * MSH-1 is the field separator itself and MSH-2 the encoding characters, so
 * MSH-3 is the first field after them (same for FHS and BHS).
 *
 * Segment ends: where the message holds any CR, only CR ends a segment and LF
 * is data (an LF right after a CR is dropped and flagged); without any CR before
 * its end, LF ends segments and the message is flagged. A sender that mixes both
 * has mixed_ends in its profile.
 *
 * Conflicts are settled in this order: what the standard says; then what a sender
 * is known to do, which its profile says; then the more cautious reading, flagged.
 */
#ifndef PP_CODEC_HL7_H
#define PP_CODEC_HL7_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/err.h"

#define PP_HL7_SEGMENTS_MAX 65536
#define PP_HL7_FAULTS_MAX 24 /* more are counted, not kept */
#define PP_HL7_REPS_MAX 200  /* repetitions of one field that a view reads */

/* What was unusual about the bytes; a set of bits in pp_hl7_msg.flags. */
enum pp_hl7_flag {
    PP_HL7_LF_ENDS = 1 << 0,          /* no CR between segments: LF was taken as segment end */
    PP_HL7_CRLF_ENDS = 1 << 1,        /* CR LF between segments */
    PP_HL7_BLANK_LINES = 1 << 2,      /* empty segments were skipped */
    PP_HL7_LF_IN_DATA = 1 << 3,       /* LF inside a CR-ended segment, kept as data */
    PP_HL7_BOM = 1 << 4,              /* UTF-8 byte order mark before MSH, skipped */
    PP_HL7_CHARSET_UNKNOWN = 1 << 5,  /* MSH-18 names a character set we do not know */
    PP_HL7_LATIN1_FALLBACK = 1 << 6,  /* bytes are not UTF-8; read as Latin-1 */
    PP_HL7_NOISE_BEFORE = 1 << 7,     /* blanks, line ends or a VT before MSH, skipped */
    PP_HL7_BAD_SEGMENT_ID = 1 << 8,   /* a line does not begin with a segment name */
    PP_HL7_HIDDEN_SEGMENT = 1 << 9,   /* LF in data is followed by what looks like a segment: mixed line ends */
    PP_HL7_SECOND_MSH = 1 << 10,      /* another MSH inside: a batch that was not split */
    PP_HL7_MIXED_ENDS = 1 << 11,      /* CR and LF both ended segments, as the profile allows */
    PP_HL7_CHARSET_DOUBTED = 1 << 12, /* MSH-18 names a set that the bytes speak against; read as it says */
};

/* What the bytes are read as. ASCII is read as UTF-8. */
enum pp_hl7_charset {
    PP_HL7_UTF8,
    PP_HL7_LATIN1, /* ISO 8859-1 with the characters that Windows puts at 0x80-0x9F */
    PP_HL7_8859_2,
    PP_HL7_8859_3,
    PP_HL7_8859_4,
    PP_HL7_8859_5,
    PP_HL7_8859_6,
    PP_HL7_8859_7,
    PP_HL7_8859_8,
    PP_HL7_8859_9,
    PP_HL7_8859_15,
    PP_HL7_CHARSET_COUNT,
};

/* One finding about a message. Codes are those of HL7 table 0357: 100 segment sequence, 101 required field
 * missing, 102 data type, 103 table value, 200 message type, 201 event, 202 processing id, 203 version,
 * 207 application error. Text is fixed words of ours, never the sender's data. */
struct pp_hl7_fault {
    uint16_t code;
    char severity;                         /* 'E' error: refused. 'W' warning: taken, but look. */
    char segment[4];                       /* "" = the message as a whole */
    uint32_t index;                        /* position of the segment in the message, from 1; 0 = none */
    uint16_t sequence;                     /* which segment of that name, from 1 */
    uint16_t field, repetition, component; /* 0 = not meant */
    uint32_t offset;                       /* of the place in pp_hl7_msg.raw; that of the segment, of the field … */
    const char *text;
};

/* Where a value stands. */
struct pp_hl7_place {
    char segment[4];
    uint32_t index;    /* of the segment, from 1 */
    uint16_t sequence; /* which segment of that name, from 1 */
    uint16_t field, repetition, component, subcomponent;
};

struct pp_hl7_delims {
    char field, component, repetition, escape, subcomponent;
    char truncation; /* 0 = none (before 2.7) */
};

struct pp_hl7_seg {
    char id[4];
    uint32_t off, n; /* in raw */
    uint32_t index;  /* from 1 */
    uint32_t *ends;  /* lazily: end offset (in raw) of each field; see pp_hl7_field() */
    uint32_t ends_n;
};

/* Where the member id of a coverage stands first; the others follow in this order. */
enum pp_hl7_member_from { PP_HL7_MEMBER_IN1_36, PP_HL7_MEMBER_IN1_49, PP_HL7_MEMBER_IN2_61 };

/* What one sender is known to do differently. All zero: what the standard says. Strings are borrowed. */
struct pp_hl7_profile {
    enum pp_hl7_charset
        charset_default;         /* when MSH-18 is empty or unknown: UTF-8, with Latin-1 for bytes that are not */
    bool charset_ignore_msh18;   /* the sender's MSH-18 is wrong: use charset_default */
    bool mixed_ends;             /* CR, LF and CR LF all end segments; no LF inside a field then */
    bool null_is_empty;          /* the sender writes "" where it means nothing: never a deletion */
    bool npi_unmarked;           /* ten digits with a right check digit in XCN-1 are an NPI, unmarked as they are */
    struct pp_str mrn_type;      /* PID-3.5 of the medical record number, in place of MR */
    struct pp_str mrn_authority; /* PID-3.4 of the medical record number, where several of that type stand */
    enum pp_hl7_member_from member_from;
    uint8_t start_from; /* enum pp_hl7_start_from that wins for this sender; 0 = the order that the view has */
    struct pp_str versions,
        processing; /* MSH-12 and MSH-11 that are taken, parted by '|'; empty = all (pp_hl7_admit) */
};

struct pp_hl7_msg {
    struct pp_str raw; /* from MSH on; borrowed */
    struct pp_hl7_delims d;
    struct pp_hl7_seg *segs;
    uint32_t segs_n;
    uint32_t flags;
    enum pp_hl7_charset charset;
    bool plain;         /* ASCII without NUL: decoding is copying */
    const char *pieces; /* raw with a NUL for all that ends a value or is not ASCII; made at the first value */
    struct pp_hl7_profile profile;
    struct pp_arena *arena;
    struct pp_hl7_fault faults[PP_HL7_FAULTS_MAX];
    uint32_t faults_n; /* may be more than are kept */
    uint32_t errors_n; /* of severity 'E' */
};

/* 0 and *ret, or -1: no MSH, or delimiters that cannot be. The error names the place (`segment 1 MSH-2: …`);
 * the same is in ret->faults. profile: NULL for what the standard says. arena is kept for later decoding. */
int pp_hl7_parse(struct pp_str raw, const struct pp_hl7_profile *profile, struct pp_arena *arena,
                 struct pp_hl7_msg *ret, struct pp_err *err);

/* Records a finding, once. seg may be NULL. text must be a literal. */
void pp_hl7_fault(struct pp_hl7_msg *m, char severity, uint16_t code, const struct pp_hl7_seg *seg, unsigned field,
                  unsigned component, const char *text);
/* The same for a value whose place is known by its offset (member `at` of the views' structs). */
void pp_hl7_fault_at(struct pp_hl7_msg *m, char severity, uint16_t code, uint32_t at, const char *text);
/* Which place an offset of raw belongs to. A delimiter belongs to what it ends. False: beyond the message. */
bool pp_hl7_place_at(struct pp_hl7_msg *m, uint32_t offset, struct pp_hl7_place *ret);
/* Offset of bytes that came from pp_hl7_field, _rep, _comp or _sub; 0 for empty ones. */
static inline uint32_t pp_hl7_offset(const struct pp_hl7_msg *m, struct pp_str raw) {
    return raw.n ? (uint32_t)(raw.s - m->raw.s) : 0;
}
/* "segment 3 PID-3(2).1: text", or "text" alone; the repetition is said from the second on. */
void pp_hl7_fault_text(const struct pp_hl7_fault *f, struct pp_buf *out);
/* Fills *err (PP_ERR_INVALID) from the first error among the faults; PP_ERR_LIMIT when the arena is full. Returns -1.
 */
int pp_hl7_fault_err(const struct pp_hl7_msg *m, struct pp_err *err);
/* Name of one flag bit for people: "line feed ends segments", … */
const char *pp_hl7_flag_name(enum pp_hl7_flag flag);

/* Next segment of this name at or after position `from` (0-based index into segs); NULL when there is none. */
struct pp_hl7_seg *pp_hl7_find(struct pp_hl7_msg *m, const char *id, uint32_t from);
static inline bool pp_hl7_is(const struct pp_hl7_seg *s, const char *id) { return memcmp(s->id, id, 3) == 0; }
/* MSH, FHS, BHS: field 1 is the separator, field 2 the encoding characters, and neither is to be divided or decoded. */
static inline bool pp_hl7_has_own_separator(const struct pp_hl7_seg *s) {
    return pp_hl7_is(s, "MSH") || pp_hl7_is(s, "FHS") || pp_hl7_is(s, "BHS");
}

/* Raw bytes, escapes untouched. Out of range: empty. A seg of NULL gives empty too. */
struct pp_str pp_hl7_field(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field);
uint32_t pp_hl7_rep_count(const struct pp_hl7_msg *m, struct pp_str field); /* 0 for an empty field */
struct pp_str pp_hl7_rep(const struct pp_hl7_msg *m, struct pp_str field, unsigned rep);
struct pp_str pp_hl7_comp(const struct pp_hl7_msg *m, struct pp_str rep, unsigned comp);
struct pp_str pp_hl7_sub(const struct pp_hl7_msg *m, struct pp_str comp, unsigned sub);
/* The field says "delete what you have": two quotation marks, which is not the same as empty. */
static inline bool pp_hl7_is_null(struct pp_str raw) { return raw.n == 2 && raw.s[0] == '"' && raw.s[1] == '"'; }
/* The same of a decoded value: it is empty, and known apart from one that was not sent. */
extern const char pp_hl7_deleted[1];
static inline bool pp_hl7_is_deleted(struct pp_str value) { return value.n == 0 && value.s == pp_hl7_deleted; }

/* Decoded: escapes resolved, UTF-8, NUL-terminated in the arena; explicit null gives an empty string that
 * pp_hl7_is_deleted knows. Unknown escapes stay as they came. NUL bytes become blanks. */
struct pp_str pp_hl7_text(struct pp_hl7_msg *m, struct pp_str raw);
/* Decoded and trimmed value at a place; comp 0 = the whole repetition, sub 0 = the whole component. */
struct pp_str pp_hl7_get(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, unsigned rep, unsigned comp,
                         unsigned sub);
/* The common case: first repetition, whole component. */
static inline struct pp_str pp_hl7_val(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, unsigned comp) {
    return pp_hl7_get(m, seg, field, 1, comp, 0);
}
/* All values of a segment that are not empty, in one pass: the fastest way to see everything. MSH-1 and MSH-2 are left
 * out. */
struct pp_hl7_walk {
    struct pp_hl7_msg *m;
    uint32_t pos, stop;
    unsigned field, repetition, component, subcomponent; /* of the value given last */
};
void pp_hl7_walk_init(struct pp_hl7_walk *w, struct pp_hl7_msg *m, const struct pp_hl7_seg *seg);
/* Decoded, untrimmed. False at the end. */
bool pp_hl7_walk_next(struct pp_hl7_walk *w, struct pp_str *ret);
/* Raw bytes to raw bytes: escape resolution only, as OBX-5.5 base64 wants it. */
struct pp_str pp_hl7_unescape(struct pp_hl7_msg *m, struct pp_str raw);
/* Length of the escape sequence that raw begins with; 0 when its first byte opens none that we know. */
uint32_t pp_hl7_escape_length(const struct pp_hl7_msg *m, struct pp_str raw);
/* Appends UTF-8 text with the delimiters of d and control characters escaped: what is read back is the same text, but
 * that a line end of any kind comes back as one line feed. */
void pp_hl7_escape(const struct pp_hl7_delims *d, struct pp_str text, struct pp_buf *out);
bool pp_hl7_utf8_valid(struct pp_str s);
/* Names of MSH-18 (table 0211, and spellings that senders use). False when it is none we know. */
bool pp_hl7_charset_of(struct pp_str name, enum pp_hl7_charset *ret);
/* To UTF-8. Bytes that are no UTF-8, or that a set leaves open, are read as Latin-1. */
struct pp_str pp_hl7_to_utf8(struct pp_arena *a, struct pp_str bytes, enum pp_hl7_charset charset);

/* Time stamp (TS/DTM): YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+/-ZZZZ]. */
enum pp_hl7_precision {
    PP_HL7_TS_NONE,
    PP_HL7_TS_YEAR,
    PP_HL7_TS_MONTH,
    PP_HL7_TS_DAY,
    PP_HL7_TS_HOUR,
    PP_HL7_TS_MINUTE,
    PP_HL7_TS_SECOND,
};
struct pp_hl7_ts {
    pp_date date; /* 0 when the precision is less than a day */
    int16_t year;
    int8_t month;   /* 0 = not given */
    int16_t minute; /* minute of the day, -1 = not given */
    int8_t second;  /* 0 when not given */
    int16_t millisecond;
    bool has_offset; /* the sender gave its distance from UTC */
    int16_t offset_minutes;
    bool lenient; /* not HL7's form (ISO 8601, 17 digits), but clear */
    bool deleted; /* explicit null: the sender takes the date away */
    enum pp_hl7_precision precision;
    uint32_t at; /* offset of the value in pp_hl7_msg.raw; 0 = not given */
};
/* False and *ret zeroed (minute -1) when the text is no time stamp; an empty text is no time stamp. */
bool pp_hl7_ts_parse(struct pp_str s, struct pp_hl7_ts *ret);
/* UTC instant; the zone of the site is used where the sender gave no offset. 0 without a day and an hour. */
int64_t pp_hl7_ts_instant(const struct pp_hl7_ts *ts, struct pp_str zone);

#endif
