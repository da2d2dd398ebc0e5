/* Places: our sites (kind "sites") and the location codes by which senders name them (kind "locations"). */
#ifndef PP_REFS_PLACES_H
#define PP_REFS_PLACES_H

#include "refs/refs.h"

struct pp_site {
    struct pp_str id; /* "lks" */
    struct pp_str name;
    struct pp_str state; /* USPS, two letters */
    struct pp_str zone;  /* IANA */
    struct pp_str pos;   /* place of service of what is done there, when the order says none */
    struct pp_str npi, organization;
    struct pp_str address, city, zip, phone;
};

const struct pp_site *pp_refs_site(const struct pp_refs *r, struct pp_str id); /* NULL: unknown */
/* By sender and the location text as received (point of care, facility or both "POC^ROOM^BED^FACILITY"): the whole
 * text, then its parts at '^' from the last to the first. A site id or name is itself accepted. NULL: unknown. */
const struct pp_site *pp_refs_site_of(const struct pp_refs *r, struct pp_str sender, struct pp_str location);
const struct pp_site *pp_refs_site_next(const struct pp_refs *r, const struct pp_site *prev);

#endif
