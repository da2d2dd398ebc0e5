/* Rows of people touched lately, so that their next input needs no select.
 *
 * The instance that owns a partition is the only writer of its rows, and every commit is fenced; so what was committed
 * last is what the database has, until the partition is given up. Kept are committed rows only: an entry is made or
 * replaced after a commit, and thrown away when a batch that touched it had an unknown end or ownership changed. Order
 * of rows is that of the database (by key), so that a decision comes out the same with and without the cache.
 * Memory has a maximum; who was touched longest ago goes first. An entry does not change while it is there, so units
 * may view its strings until the batch ends.
 */
#ifndef PP_SERVICE_UNIT_CACHE_H
#define PP_SERVICE_UNIT_CACHE_H

#include "core/unit.h"

#define PP_UNIT_CACHE_ENTRY_BYTES_MAX ((size_t)256 << 10) /* pseudo-persons may have many rows: those are not kept */

struct pp_unit_cache;
/* bytes_max 0: NULL, a cache that keeps nothing. */
struct pp_unit_cache *pp_unit_cache_new(const struct pp_table *const *tables, int ntables, size_t bytes_max);
void pp_unit_cache_free(struct pp_unit_cache *c);
/* Fills a new unit. False: not there; the unit is untouched (or its arena has failed, which the caller sees). */
bool pp_unit_cache_get(struct pp_unit_cache *c, struct pp_unit *u);
/* After the commit of what u holds. May go over the maximum until pp_unit_cache_trim. */
void pp_unit_cache_put(struct pp_unit_cache *c, struct pp_unit *u);
/* When all units of the batch have been put: until then they may view texts of any entry. */
void pp_unit_cache_trim(struct pp_unit_cache *c);
void pp_unit_cache_drop(struct pp_unit_cache *c, struct pp_uuid person);
void pp_unit_cache_clear(struct pp_unit_cache *c);
size_t pp_unit_cache_bytes(const struct pp_unit_cache *c);

#endif
