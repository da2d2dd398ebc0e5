/* Da Vinci PAS 2.2.1 (hl7.fhir.us.davinci-pas#2.2.1): requests as bytes, answers as structs.
 *
 * Written strictly: every fullUrl and every reference is one urn:uuid of version 4, each resource stands once in the
 * Bundle, nothing dangles. All ids derive from the submission id, so that every try of one request has the same bytes.
 * Read tolerantly: missing resources, other success codes and an outcome that says something else than the lines are
 * no failure; what counts is the review action of each line by system and code, never a display text. Pure.
 */
#ifndef PP_CODEC_PAS_H
#define PP_CODEC_PAS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "ev.h"

#define PP_PAS_REQUEST_BYTES_MAX (48u << 20) /* of one Bundle with its documents inline */
#define PP_PAS_DX_MAX 60                     /* different diagnoses of one request */

/* An organization as a Bundle names it. */
struct pp_pas_org {
    struct pp_str name, npi;
    struct pp_str identifier_system, identifier; /* the payer's own identifier */
    struct pp_str address, city, state, zip, phone;
};

struct pp_pas_request {
    const struct ev_pas_submit *req;
    struct pp_pas_org insurer, provider;
    struct pp_uuid job;
    struct pp_str tenant;
    struct pp_str pos; /* place of service of lines that name none */
    /* For each of req->documents: its bytes and the LOINC code of its item (may be empty). */
    const struct pp_str *bytes, *loinc;
};

/* Body of POST Claim/$submit. PP_ERR_INVALID names the member of the case that is missing ("coverage.member_id"). */
int pp_pas_build_submit(const struct pp_pas_request *q, struct pp_buf *ret, struct pp_err *err);
/* Body of POST Claim/$inquire: asks for the request by the trace number it went out with. */
int pp_pas_build_inquiry(const struct pp_pas_request *q, struct pp_buf *ret, struct pp_err *err);

struct pp_pas_subscription {
    struct pp_str endpoint, org;
    struct pp_str filter; /* spelling of the filter: "org-identifier" (2.2.1 text) or "orgIdentifier" */
    struct pp_str header; /* "X-Payer-Key: …" that comes back with each notification; may be empty */
    int64_t end_ms;       /* 0: no end */
};
/* Body of POST Subscription (backport R4, full-resource). */
int pp_pas_build_subscription(const struct pp_pas_subscription *s, struct pp_buf *ret, struct pp_err *err);

/* State of a line by review action (X12 306) and reason (X12 886 as far as it changes the state). A code that is not
 * known, or none, is unclear and never approved. */
enum ev_decided_line_outcome pp_pas_outcome(struct pp_str review_code, struct pp_str reason_code);

enum pp_pas_found {
    PP_PAS_RESPONSE,   /* a ClaimResponse */
    PP_PAS_FOCUS_ONLY, /* a notification that names one without holding it (id-only): inquire */
    PP_PAS_HANDSHAKE,  /* handshake or heartbeat of a subscription */
    PP_PAS_EMPTY,      /* well-formed, no ClaimResponse in it: an inquiry that found nothing */
    PP_PAS_OUTCOME,    /* an OperationOutcome */
};

struct pp_pas_answer {
    enum pp_pas_found found;
    struct ev_pas_answered answered; /* found == PP_PAS_RESPONSE */
    struct pp_str outcome;           /* found == PP_PAS_OUTCOME: what it says */
};

/* Reads what a payer sent: the answer of $submit, of $inquire (Bundle or Parameters of Bundles), a notification or a
 * bare ClaimResponse. `trace`: of several ClaimResponses the one that carries it is taken, else the newest; may be
 * empty. `zone` is where a date without a time ends. Line 0 in an answer means: all lines of the request. */
int pp_pas_read(struct pp_str body, struct pp_str trace, struct pp_str zone, struct pp_arena *a,
                struct pp_pas_answer *ret, struct pp_err *err);
/* Id and status of a Subscription resource as the payer has it. */
int pp_pas_read_subscription(struct pp_str body, struct pp_arena *a, struct ev_pas_subscribed *ret, struct pp_err *err);

#endif
