/* What pas_claim.c, pas_parties.c and pas_build.c share while one Bundle is being written. */
#ifndef PP_CODEC_PAS_BUILD_H
#define PP_CODEC_PAS_BUILD_H

#include "codec/fhir_write.h"
#include "codec/pas.h"
#include "codec/pas_codes.h"

struct pas_build {
    const struct pp_pas_request *q;
    struct pp_fw w;
};

/* Address of a resource within the request: a version 4 UUID that derives from the submission and a name. */
struct pp_uuid pas_id(struct pp_uuid submission, const char *name);
/* The same with two numbers or an id in the name. */
struct pp_uuid pas_id_service(const struct ev_pas_submit *r, const struct ev_case_line *l);
struct pp_uuid pas_id_document(const struct ev_pas_submit *r, struct pp_uuid document);

/* The coverage of the payer that is asked, else the first; NULL: the case has none. */
const struct ev_coverage *pas_coverage(const struct ev_pas_submit *r);
bool pas_subscriber_is_other(const struct ev_pas_submit *r);
bool pas_has_practitioner(const struct ev_case *c);
const struct ev_case_line *pas_line(const struct ev_case *c, int64_t line);
bool pas_has_line(const int64_t *lines, size_t n, int64_t line);

/* Opens an entry and its resource; pas_entry_end closes both. */
void pas_entry(struct pas_build *b, struct pp_uuid id, const char *type, const char *profile);
void pas_entry_end(struct pas_build *b);

/* pas_parties.c: Patient, subscriber, Coverage, Organizations, Practitioner and PractitionerRole. */
void pas_write_parties(struct pas_build *b);

/* pas_claim.c */
enum pas_claim_kind { PAS_CLAIM_REQUEST, PAS_CLAIM_PRIOR, PAS_CLAIM_INQUIRY };
void pas_write_claim(struct pas_build *b, enum pas_claim_kind kind);

#endif
