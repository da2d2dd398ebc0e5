/* Plain sentences about records, for trace: what happened, and why it may be said. Ids, codes, states and reasons; no
 * patient data. Pure. */
#ifndef PRIORPATH_TRACE_SAY_H
#define PRIORPATH_TRACE_SAY_H

#include "base/buf.h"

#include <jansson.h>

/* Appends the sentence about a record of `type`; body may be NULL (tombstone). */
void trace_say(const char *type, const json_t *body, struct pp_buf *out);
/* Appends the proof, when the record has one. */
void trace_proof(const char *type, const json_t *body, struct pp_buf *out);

#endif
