/* Readers of what payers answer by X12: 278 responses, and the acknowledgements TA1, 999 and 997. Pure. */
#ifndef INTAKE_RECEIVE_FROM_X12_H
#define INTAKE_RECEIVE_FROM_X12_H

#include "codec/x12.h"
#include "report.h"

#define RCV_X12_ANSWER_BYTES_MAX (1u << 20) /* of one transaction that is handed on */

/* Each transaction becomes a message of its own, with the envelope around it that it came in: a file may hold answers
 * about many people, and who reads one of them must not get the others. */
struct rcv_x12_payer {
    const struct rcv_source *src;
    struct rcv_reading *r;
    struct pp_str given; /* payer by the way it came; empty: by the envelope */
    struct pp_str payer; /* of the interchange in hand */
    struct pp_buf isa, gs, body;
    char terminator[5], element;
    char st01[4], kind[4]; /* of what is in hand; of the first answer of the file */
    struct pp_str control; /* of ours, that a 999 names */
    bool open, answer, any;
};

struct rcv_x12_payer *rcv_x12_payer_open(const struct rcv_source *src, struct pp_str payer, struct rcv_reading *r);
void rcv_x12_payer_close(struct rcv_x12_payer *p);
void rcv_x12_payer_event(struct rcv_x12_payer *p, const struct pp_x12_reader *r, const struct pp_x12_event *e);

#endif
