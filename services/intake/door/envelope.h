/* What the door must know of a message before it is stored: who sent it, which number it has, and which patient it is
 * about as the sender names it, so that messages about one patient keep their order. Pure; reads as little as possible.
 */
#ifndef INTAKE_DOOR_ENVELOPE_H
#define INTAKE_DOOR_ENVELOPE_H

#include "base/arena.h"
#include "base/hash.h"
#include "codec/hl7_view.h"
#include "refs/refs.h"

struct door_envelope {
    const char *type; /* inbound.hl7, inbound.fhir, inbound.x12, inbound.payer, inbound.unknown */
    struct pp_str tenant;
    struct pp_str sender;     /* partner, for HL7 partner/MSH-3/MSH-4 */
    struct pp_str message_id; /* MSH-10, Bundle.id, ISA06/ISA13; empty = none */
    struct pp_str patient;    /* first patient id as sent; empty = none */
    struct pp_str content_type;
    struct pp_str file; /* name in the drop folder, where answers go to acks/ beside it; empty = none */
    char hash[PP_SHA256_HEX + 1];
};

/* Parses a message as its sender's profile in the packs says; refs NULL: as the standard says. The sender's name is
 * always read without it. -1: no message. */
int door_hl7_parse(struct pp_str body, struct pp_str partner, const struct pp_refs *refs, struct pp_arena *a,
                   struct pp_hl7_msg *ret_m, struct pp_hl7_msh *ret_msh, struct pp_err *err);
/* Of a parsed HL7 message. */
void door_envelope_hl7(struct pp_hl7_msg *m, const struct pp_hl7_msh *msh, struct pp_str tenant, struct pp_str partner,
                       struct pp_arena *a, struct door_envelope *ret);
/* Of a body that came by HTTP or as a file. False: the bytes are of no kind that we take. refs as above. */
bool door_envelope_of(struct pp_str body, struct pp_str content_type, struct pp_str tenant, struct pp_str partner,
                      const struct pp_refs *refs, struct pp_arena *a, struct door_envelope *ret);
/* Key of pa.inbound.v1: tenant "/" sender "/" patient, else message id, else hash. */
struct pp_str door_envelope_key(const struct door_envelope *e, struct pp_arena *a);

#endif
