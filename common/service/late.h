/* Snapshots that a former owner may still send.
 *
 * Public topics have no sequence: the last record of a key wins. An instance that froze with snapshots in its
 * producer's queue may deliver them until their time-out has passed, over newer ones of ours. All it can hold are those
 * that were not known to be relayed when we took over, which is what is published again then. Their keys are watched,
 * and once every such message must have been given up, the newest snapshot of each is published once more.
 *
 * What remains: a reader may see the older state for up to PP_LATE_MS; and if we end within that time the next
 * owner repeats only what was not relayed by us.
 */
#ifndef PP_SERVICE_LATE_H
#define PP_SERVICE_LATE_H

#include "service/outbox.h"

#define PP_LATE_MS 45000       /* message time-out of the producer (30 s), and room */
#define PP_LATE_KEYS_MAX 20000 /* more are not watched */

struct pp_late;
struct pp_late *pp_late_new(void); /* NULL: no memory */
void pp_late_free(struct pp_late *w);
/* A snapshot published again at takeover: from now on its key is watched. */
void pp_late_add(struct pp_late *w, const struct pp_send *s, int64_t now_ms);
/* Any later snapshot: the newest of a watched key is kept. */
void pp_late_update(struct pp_late *w, const struct pp_send *s);
/* When the time is over, calls fn for the newest snapshot of each watched key and forgets them. */
void pp_late_due(struct pp_late *w, int64_t now_ms, void (*fn)(void *user, const struct pp_send *s), void *user);

#endif
