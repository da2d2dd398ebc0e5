/* Reference packs in force: read from pa.reference.v1 and the blob store, or (for tests and tools) from a folder.
 *
 * The set is immutable; a new pack, or the moment a known one comes into force, makes a new set. A set that was handed
 * out stays valid until the next call of pp_packs_current from the same turn of the loop is over: a batch takes it
 * once.
 */
#ifndef PP_SERVICE_PACKS_H
#define PP_SERVICE_PACKS_H

#include "io/blob.h"
#include "refs/refs.h"

#include <uv.h>

struct pp_packs;
struct pp_packs_opts {
    const char *brokers;
    const char *dir; /* "" = the topic */
    struct pp_blob_store *blobs;
};
int pp_packs_start(uv_loop_t *loop, const struct pp_packs_opts *o, struct pp_packs **ret, struct pp_err *err);
/* True when the packs in force are loaded; *ret_wait says what is waited for. */
bool pp_packs_ready(struct pp_packs *p, const char **ret_wait);
/* The set in force now (virtual time). Never NULL once ready. */
const struct pp_refs *pp_packs_current(struct pp_packs *p);
void pp_packs_stop(struct pp_packs *p); /* NULL is allowed */

#endif
