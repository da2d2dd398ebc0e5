/* Writing HL7 v2: values into places, delimiters and escapes made here.
 *
 * A writer appends to a buffer of the caller. Values are given in the order in which they stand (segment, field,
 * repetition, component, subcomponent); everything between is left empty, and nothing is left behind the last value of
 * a segment. What cannot become a message sets the writer's fault and makes pp_hl7_out_end fail: a segment before MSH,
 * a name that is none, a place before the last one, bytes that are no UTF-8, a header without MSH-9 to MSH-12, a full
 * buffer. After a failure the buffer is cut back to where it was.
 *
 * Pure, no allocation but the buffer's.
 */
#ifndef PP_CODEC_HL7_WRITE_H
#define PP_CODEC_HL7_WRITE_H

#include "codec/hl7.h"

struct pp_hl7_out {
    struct pp_buf *out;
    struct pp_hl7_delims d;
    size_t start;    /* of the message in out */
    char segment[4]; /* in hand; "" before the first */
    uint32_t segments_n;
    unsigned field, rep, comp, sub; /* of the last value; field 0 = only the name */
    uint32_t header;                /* which of MSH-9 to MSH-12 have a value, as bits */
    bool high;                      /* a character beyond ASCII was written */
    const char *fault;
};

/* `|^~\&` */
extern const struct pp_hl7_delims pp_hl7_usual;

/* d: NULL for the usual delimiters. */
void pp_hl7_out_begin(struct pp_hl7_out *w, const struct pp_hl7_delims *d, struct pp_buf *out);
/* The first one must be MSH, whose fields 1 and 2 are written here. */
void pp_hl7_out_segment(struct pp_hl7_out *w, const char *name);
/* UTF-8 text at a place, all from 1. Empty text writes nothing. Line ends become \.br\, other control characters and a
 * text that would read as a deletion become \X..\. */
void pp_hl7_out_put(struct pp_hl7_out *w, unsigned field, unsigned rep, unsigned comp, unsigned sub,
                    struct pp_str text);
/* The common case: first repetition, whole component. */
static inline void pp_hl7_out_val(struct pp_hl7_out *w, unsigned field, unsigned comp, struct pp_str text) {
    pp_hl7_out_put(w, field, 1, comp, 1, text);
}
/* A day as YYYYMMDD; 0 writes nothing. */
void pp_hl7_out_date(struct pp_hl7_out *w, unsigned field, unsigned comp, pp_date date);
/* "Delete what you have." */
void pp_hl7_out_null(struct pp_hl7_out *w, unsigned field);
/* 0, or -1 with PP_ERR_INVALID or PP_ERR_LIMIT and out as it was before. */
int pp_hl7_out_end(struct pp_hl7_out *w, struct pp_err *err);

/* MSH-1 and MSH-2. */
void pp_hl7_put_delims(const struct pp_hl7_delims *d, struct pp_buf *out);

/* Appends a message that was read, in canonical form: CR after each segment, no empty segments, an escape character
 * that opens no escape as \E\, line ends inside of fields as \.br\ and other control characters as \X..\. Everything
 * else keeps its bytes, empty trailing fields and escapes that are not ours included, so that a message in canonical
 * form comes out as it went in. -1 for a message with lines that are no segments or with a second MSH. */
int pp_hl7_write(struct pp_hl7_msg *m, struct pp_buf *out, struct pp_err *err);

#endif
