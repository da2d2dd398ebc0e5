/* Splits an HL7 file into its messages: FHS/BHS … BTS/FTS envelopes, or bare messages one after another.
 *
 * Pure cursor over bytes that the caller owns. A message runs from its MSH to the next MSH, BHS, BTS, FHS or FTS at
 * the start of a segment. What stands before the first MSH of a file and is no envelope is told as noise. Counts in
 * BTS-1 and FTS-1 are compared with what was seen. On MLLP batches are not expected: this is for files.
 */
#ifndef PP_CODEC_HL7_BATCH_H
#define PP_CODEC_HL7_BATCH_H

#include "codec/hl7.h"

enum pp_hl7_batch_what {
    PP_HL7_BATCH_DONE,
    PP_HL7_BATCH_MESSAGE,
    PP_HL7_BATCH_NOISE, /* lines that belong to no message */
    PP_HL7_BATCH_FAULT, /* an envelope that does not fit; text says why */
};

struct pp_hl7_batch_item {
    enum pp_hl7_batch_what what;
    struct pp_str bytes; /* message, noise, or the envelope segment of a fault */
    uint32_t offset;     /* of bytes in the file */
    uint32_t number;     /* of a message: from 1 in the file */
    const char *text;    /* of a fault */
};

struct pp_hl7_batch {
    struct pp_str file;
    uint32_t pos;
    char end; /* segment end of this file: CR, or LF where there is no CR */
    uint32_t messages, in_batch, batches;
    bool file_open, batch_open, end_told;
};

void pp_hl7_batch_init(struct pp_hl7_batch *b, struct pp_str file);
/* The next item; PP_HL7_BATCH_DONE at the end, and from then on. */
void pp_hl7_batch_next(struct pp_hl7_batch *b, struct pp_hl7_batch_item *ret);

#endif
