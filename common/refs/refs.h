/* Reference packs: rules, payers, code maps, sites, calendars as an immutable set.
 *
 * A pack is a text file of tab-separated values, known by its name and the hash of its bytes; docs/packs.md describes
 * the form of each kind. A set is built once from the packs in force (builder -> add … -> finish) and then never
 * changes; a new pack means a new set. Lookups are pure, allocate nothing and return pointers into the set, which live
 * as long as it does. Every lookup works on a set that lacks the pack: it then finds nothing.
 *
 * A pack that breaks its form is refused as a whole, with the line and the column in the error: a rule list with a
 * hole in it must never be in force.
 */
#ifndef PP_REFS_REFS_H
#define PP_REFS_REFS_H

#include "base/date.h"
#include "base/err.h"

struct pp_refs;
struct pp_refs_builder;

/* What is known of a pack, from its head ("# pack:", "# kind:", "# version:", "# source:", "# date:"). */
struct pp_pack {
    struct pp_str name;    /* "rules", "medicare", "payers": unique in a set */
    struct pp_str kind;    /* what its columns mean; "rules" for both "rules" and "medicare" */
    struct pp_str version; /* as its author numbers it */
    struct pp_str source;  /* where the facts come from */
    struct pp_str hash;    /* SHA-256 of the bytes in hex, as given */
    pp_date date;          /* of the source */
    int64_t effective_ms;  /* in force from */
};

#define PP_PACK_BYTES_MAX (8u << 20)  /* of one pack */
#define PP_PACKS_MAX 64               /* in one set */
#define PP_REFS_BYTES_MAX (64u << 20) /* memory of one set */

struct pp_refs_builder *pp_refs_begin(void); /* NULL: no memory */
/* Parses one pack and keeps a copy. `hash` is what the caller knows the bytes by; the name comes from the pack's head.
 * PP_ERR_INVALID names pack, line and column. After an error the builder can only be freed. */
int pp_refs_add(struct pp_refs_builder *b, struct pp_str bytes, struct pp_str hash, int64_t effective_ms,
                struct pp_err *err);
/* Checks what one pack says about another (a rule's document list, a location's site), sorts the indexes and hands the
 * set over. Frees the builder in every case. */
int pp_refs_finish(struct pp_refs_builder *b, struct pp_refs **ret, struct pp_err *err);
void pp_refs_builder_free(struct pp_refs_builder *b); /* NULL is allowed */
void pp_refs_free(struct pp_refs *r);                 /* NULL is allowed */
/* A set without any pack; for tests and for a tool that needs none. */
struct pp_refs *pp_refs_empty(void);

/* The packs of the set, in the order they were added. */
size_t pp_refs_packs(const struct pp_refs *r, const struct pp_pack **ret);
const struct pp_pack *pp_refs_pack(const struct pp_refs *r, struct pp_str name); /* NULL: not there */

/* Patterns for senders in packs: a star alone fits all, a text with a star at its end all that begin so, else only the
 * exact text fits. Returns 0 when it does not fit, else more the closer the fit; an exact one beats every open one. */
int pp_refs_sender_fit(struct pp_str pattern, struct pp_str sender);

#endif
