/* Codes: what a sender's local code means (kind "codemap"), what a CPT or HCPCS code is called and which category it
 * is in (kind "codes"), and which billed code a payer takes for an approved one (kind "equivalents").
 *
 * A local code that no pack maps has no code: nothing is guessed from its text. CPT numbers stand here without the
 * descriptors of their owner; the texts are our own plain words.
 */
#ifndef PP_REFS_CODES_H
#define PP_REFS_CODES_H

#include "refs/refs.h"

struct pp_code_name {
    struct pp_str code, category, text;
    struct pp_str unit_type; /* of one unit when the order says none: UN, VS, MJ … */
};

const struct pp_code_name *pp_refs_code(const struct pp_refs *r, struct pp_str code); /* NULL: not listed */

/* Shape of a CPT (5 digits, or 4 digits and F, T, U, M) or HCPCS Level II code (letter and 4 digits). */
bool pp_code_is_procedure(struct pp_str code);

enum pp_code_how { PP_CODE_UNMAPPED, PP_CODE_BY_PACK, PP_CODE_AS_SENT };
struct pp_code_mapped {
    enum pp_code_how how;
    struct pp_str code; /* CPT or HCPCS; empty when unmapped */
    struct pp_str text; /* of the pack's row, else of "codes", else empty */
};
/* First the code map (the row whose sender fits best), then the code itself when its system says CPT or HCPCS (C4,
 * CPT, CPT4, HCPCS, HCPT, HC, their URIs and OIDs), or names no system and "codes" knows it. Nothing else is taken as
 * it is: five digits without a system are as often a laboratory's own number. */
struct pp_code_mapped pp_refs_map_code(const struct pp_refs *r, struct pp_str sender, struct pp_str code,
                                       struct pp_str system);

/* May a claim carry `billed` where `approved` was authorized? Directed and dated; the same code is always allowed.
 * On true *ret_source (may be NULL) says why. */
bool pp_refs_equivalent(const struct pp_refs *r, struct pp_str payer, struct pp_str approved, struct pp_str billed,
                        pp_date on, struct pp_str *ret_source);

#endif
