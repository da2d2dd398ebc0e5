/* Makes raw messages durable: one record on pa.inbound.v1 each, its body in the blob store when it is large.
 * Exactly one callback per message; only then may the sender be answered. Bounded: when too many are on their way,
 * door_store refuses, and the listener stops reading. */
#ifndef INTAKE_DOOR_STORE_H
#define INTAKE_DOOR_STORE_H

#include "base/uuid.h"
#include "envelope.h"
#include "io/blob.h"
#include "io/kafka.h"
#include "refs/refs.h"

#define DOOR_IN_FLIGHT_MAX 20000            /* messages on their way to the broker */
#define DOOR_INLINE_BYTES_MAX (128u * 1024) /* larger bodies go to the blob store */

struct door_store {
    uv_loop_t *loop;
    struct pp_producer *producer;
    struct pp_blob_store *blobs; /* NULL: large bodies are refused */
    const struct pp_refs *refs;  /* packs of the door: what senders do differently; set before a listener opens */
    int in_flight;
};

/* err NULL: durable. */
typedef void door_stored_cb(void *user, const struct pp_err *err);
/* Copies everything. -1 with PP_ERR_LIMIT: full, try again. */
int door_store_put(struct door_store *s, const struct door_envelope *e, struct pp_str body, door_stored_cb *cb,
                   void *user, struct pp_err *err);

#endif
