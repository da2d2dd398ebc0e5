/* Payer directory (pack kind "payers"): who a payer is, how senders name it, and how it is reached.
 *
 * Payers are found by exact identifiers or exact (case folded) names listed in the pack; likeness is never used,
 * because a request that goes to the wrong payer discloses a patient.
 */
#ifndef PP_REFS_PAYERS_H
#define PP_REFS_PAYERS_H

#include "base/arena.h"
#include "refs/refs.h"
#include "ev.h"

/* How X12 reaches the payer. The channel of its requests is then x12, and base_url says where. */
enum pp_x12_transport {
    PP_X12_NOT,
    PP_X12_CORE, /* x12-core: HTTP(S), MIME multipart as in the CAQH CORE connectivity rule */
    PP_X12_FILE, /* x12-file: an exchange folder, file:///folder */
};

struct pp_payer {
    struct pp_str id;                               /* "meridian" */
    struct pp_str name;                             /* for people */
    enum ev_coverage_lob lob;                       /* when the coverage does not say it */
    enum ev_requirement_determined_channel channel; /* how requests are sent; NONE: never sent */
    enum pp_x12_transport transport;                /* of channel x12 */
    struct pp_str base_url;                         /* as in the pack; may begin with "{payersim}" or "{payersim+n}" */
    struct pp_str ig;                               /* PAS version it speaks: "2.2.1" */
    struct pp_str org_filter;                       /* spelling of the organization in its subscription filter */
    struct pp_str identifier_system;                /* of its identifiers in FHIR messages */
    struct pp_str identifier;                       /* its own identifier there, NM109 in X12 */
    struct pp_str reviewer;                         /* payer id of the delegate that decides; empty = itself */
    struct pp_str zone;                             /* IANA zone of its business days */
    struct pp_str auth_header;                      /* "Authorization: Bearer {secret}"; empty = none */
    struct pp_str auth_secret;                      /* name of the secret; never the secret */
    struct pp_str callback_header;                  /* header it sends with its notifications: "X-Payer-Key" */
    struct pp_str callback_secret;                  /* name of the secret in it */
    struct pp_str phone;                            /* for tasks done by hand */
    struct pp_str portal_url;
    /* X12 envelope: us and the payer as it knows us both. */
    struct pp_str isa_sender_type, isa_sender;     /* ISA05, ISA06 */
    struct pp_str isa_receiver_type, isa_receiver; /* ISA07, ISA08 */
    struct pp_str gs_sender, gs_receiver;          /* GS02, GS03; empty: as in ISA */
    struct pp_str x12_usage;                       /* ISA15: P production, T test; empty: T */
    struct pp_str x12_attachment;                  /* guide of the 275 it takes: 005010X211 (empty too), 006020X316 */
    struct pp_str x12_profile;                     /* name of its companion guide in our words, for people */
    struct pp_str eligibility_url;                 /* where 270s go, by CORE in real time; empty = nowhere */
    int32_t eligibility_days;                      /* so long an answer holds; 30 when the directory does not say */
    int32_t requests_s_max;                        /* over all instances */
    int32_t concurrent_max;
    int32_t connect_timeout_ms, timeout_ms;
};

const struct pp_payer *pp_refs_payer(const struct pp_refs *r, struct pp_str id);
/* By what a sender wrote (IN1-3, IN1-4, NM1*PR, Organization.identifier): the code first, then the name. NULL when
 * neither is in the directory, or when they name two different payers: then a person must look. */
const struct pp_payer *pp_refs_payer_find(const struct pp_refs *r, struct pp_str code, struct pp_str name);
/* In order of id: pass NULL first. */
const struct pp_payer *pp_refs_payer_next(const struct pp_refs *r, const struct pp_payer *prev);

/* By its own name in an X12 envelope (ISA06 of what it sends is isa_receiver of what it gets), type alike when given.
 * NULL: nobody, or more than one. */
const struct pp_payer *pp_refs_payer_by_isa(const struct pp_refs *r, struct pp_str type, struct pp_str id);

/* base_url with "{payersim}" replaced by `payersim` ("http://127.0.0.1:7150": the runtime's configuration key
 * payersim-url), "{payersim+n}" by the same with the port n higher; without a slash at its end. Empty when the payer
 * has no URL. */
struct pp_str pp_payer_url(const struct pp_payer *p, struct pp_str payersim, struct pp_arena *a);
/* Where its 270s go, in the same way; empty = nowhere. */
struct pp_str pp_payer_eligibility_url(const struct pp_payer *p, struct pp_str payersim, struct pp_arena *a);
/* Name of a payer's eligibility endpoint as target of outbound calls: "<payer>/eligibility". Its caps and its breaker
 * are its own: a gateway for eligibility that is down must not hold back requests. */
struct pp_str pp_payer_eligibility_target(struct pp_str payer, struct pp_arena *a);
/* The payer of such a target; empty for every other target. */
struct pp_str pp_payer_of_eligibility(struct pp_str target);
/* Exchange folder of a payer of channel x12-file, "{exchange}" replaced by `exchange` (the configuration key
 * exchange-dir). Empty for every other payer, and when it stands in the pack but is not configured. */
struct pp_str pp_payer_folder(const struct pp_payer *p, struct pp_str exchange, struct pp_arena *a);

#endif
