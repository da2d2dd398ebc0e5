/* Additional information to support a review or a claim: 275 with documents, 005010X211 (BIN) or 006020X316 (BDS).
 *
 * Which of the two a payer takes is its own choice. Binary data is written by length and read in pieces: a reader of
 * a 275 never holds a document, it gets the pieces as they come.
 */
#ifndef PP_CODEC_X12_275_H
#define PP_CODEC_X12_275_H

#include "codec/x12_build.h"
#include "codec/x12_view.h"

#define PP_275_BYTES_MAX (64u << 20) /* of one interchange */
#define PP_275_DOCUMENTS_MAX 60

enum pp_275_form {
    PP_275_X211, /* 005010X211, BIN: the bytes as they are */
    PP_275_X316, /* 006020X316, BDS: base64 (BDS01 B64) */
};

struct pp_275_document {
    struct pp_str control;   /* attachment control number: TRN02, the PWK06 of the request */
    struct pp_str report;    /* PWK01 of the request; may be empty */
    struct pp_str loinc;     /* what the payer asked for; may be empty */
    struct pp_str file_name; /* EFI; may be empty */
    bool cda;                /* a C-DA document (CAT02 HL), else text or picture by content type */
    struct pp_str content_type;
    pp_date authored;
    struct pp_str bytes;
};

struct pp_275_request {
    struct pp_x12_sending sending;
    enum pp_275_form form;
    bool answers;            /* BGN01 11: the payer asked; else 02: sent on our own */
    struct pp_str batch_ref; /* BGN02, up to 50 */
    struct pp_str trace;     /* of the request it belongs to; REF in the patient loop where the form has one */
    struct pp_x12_org payer, submitter, provider;
    struct pp_str patient_family, patient_given, member_id; /* NM1 QC */
    struct pp_str reference;                                /* payer's number of the review or claim; may be empty */
    pp_date service_from, service_until;
    const struct pp_275_document *documents;
    size_t documents_n;
};
/* One interchange with all documents; each in an LX loop. On -1 *ret is emptied. */
int pp_275_build(const struct pp_275_request *q, struct pp_buf *ret, struct pp_err *err);

/* ---- reading ---- */

struct pp_275_head { /* of the transaction, as far as it was read before the document */
    struct pp_x12_pos pos;
    struct pp_x12_envelope envelope;
    struct pp_str purpose, batch_ref; /* BGN01, BGN02 */
    struct pp_x12_party payer, submitter, provider, patient;
    struct pp_str reference;             /* REF of the patient loop (1K, EJ, EA, …): the first payer number, 1K */
    pp_date service_from, service_until; /* DTP 472, 434 */
};
struct pp_275_part { /* one LX loop up to its binary data */
    struct pp_x12_pos pos;
    struct pp_str number;         /* LX01 */
    struct pp_str control;        /* TRN02 */
    struct pp_str loinc;          /* STC01-2 where STC01-3 or its form says LOINC */
    struct pp_str category, form; /* CAT01, CAT02 */
    pp_date date;
    bool base64;    /* BDS01 B64: the bytes given to data() are decoded */
    uint64_t bytes; /* data() got so many */
};
struct pp_275_handlers {
    /* In this order, as the file is read; nothing is held back. A document counts when part_end() says so and the
     * transaction is accepted. */
    int (*part)(void *user, const struct pp_275_head *head, const struct pp_275_part *part);
    int (*data)(void *user, struct pp_str bytes);
    int (*part_end)(void *user, const struct pp_275_part *part);
    int (*transaction)(void *user, const struct pp_x12_view_verdict *verdict);
    void *user;
};
struct pp_x12_275;
struct pp_x12_275 *pp_x12_275_open(const struct pp_275_handlers *handlers, size_t arena_bytes);
void pp_x12_275_close(struct pp_x12_275 *v);
int pp_x12_275_event(struct pp_x12_275 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e);
void pp_x12_275_refuse(struct pp_x12_275 *v);
int pp_x12_275_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_275_handlers *handlers);

#endif
