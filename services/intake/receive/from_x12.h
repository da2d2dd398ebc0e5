/* Readers of X12: claims (837), what became of them (835, 277CA), coverages (271), and what payers answer to our own
 * requests (278, TA1, 999, 997). They read pieces of a file that was checked before (x12_plan.h). Pure. */
#ifndef INTAKE_RECEIVE_FROM_X12_H
#define INTAKE_RECEIVE_FROM_X12_H

#include "codec/x12_270.h"
#include "codec/x12_277.h"
#include "codec/x12_835.h"
#include "codec/x12_837.h"
#include "report.h"
#include "x12_plan.h"

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

/* ---- facts of one item each ---- */

struct rcv_x12_items {
    const struct rcv_source *src;
    struct rcv_reading *r;
    struct pp_str payer; /* by the way it came, or by the interchange; empty: not known */
    bool any;
};
/* Handlers: user is a struct rcv_x12_items. -1: no memory. */
int rcv_x12_on_claim(void *user, const struct pp_claim837 *c);
int rcv_x12_on_remittance(void *user, const struct pp_835_claim *c);
int rcv_x12_on_provider(void *user, const struct pp_835_provider_adjustment *p);
int rcv_x12_on_status(void *user, const struct pp_277 *s);
int rcv_x12_on_benefits(void *user, const struct pp_271 *p);

/* Number of a claim as the registry knows it: under the billing provider's NPI, else under the sender. */
struct rcv_key rcv_x12_claim_key(const struct rcv_source *src, struct pp_str npi, struct pp_str claim_no);

/* First look at a file, as its sender's row in the packs says; feed it, then rcv_x12_plan_end(). file: what names it,
 * the number of its acknowledgement is made of that: its bytes, or their hash. NULL: no memory. */
struct rcv_x12_plan *rcv_x12_plan_of(const struct rcv_source *src, struct pp_str file);
/* What was found, but for the pieces, as a reading. */
void rcv_x12_take_result(const struct rcv_source *src, const struct rcv_x12_result *found, struct rcv_reading *r);
/* Reads pieces from *next on, until max items have been read or none is left; *next is where it went on to. Reports and
 * refusals are added to r. -1: no memory. */
int rcv_x12_read_pieces(const struct rcv_source *src, struct pp_str payer, const struct rcv_x12_plan *plan,
                        const struct rcv_x12_result *found, struct pp_str file, uint32_t max, uint32_t *next,
                        struct rcv_reading *r);

#endif
