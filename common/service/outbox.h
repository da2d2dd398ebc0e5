/* The packed form in which a batch's output lies in the outbox row. Pure.
 *
 * A fact for the log is kept compact (its headers follow from a few fields); any other record is kept as it is. What is
 * published from memory after the commit and what is published again from the database after a takeover go through the
 * same unpacking, so that a repeat is the same record to the byte.
 */
#ifndef PP_SERVICE_OUTBOX_H
#define PP_SERVICE_OUTBOX_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/hdr.h"
#include "io/kafka.h"

struct pp_fact { /* a record of pa.log.v1 */
    struct pp_rid id;
    struct pp_uuid person;
    int64_t time_ms;
    struct pp_str tenant, type, subject, cause, trace, body;
};

void pp_outbox_add_fact(struct pp_buf *b, const struct pp_fact *f);
void pp_outbox_add_send(struct pp_buf *b, const struct pp_send *s);

/* Head of the packed form: counted by the caller, so that a row can be checked. */
#define PP_OUTBOX_HEADERS_MAX (PP_HEADERS_MAX + 12)
struct pp_outbox_item {
    bool is_log;         /* a fact: goes through the producer that never gives up */
    struct pp_send send; /* views into the packed bytes and `store` */
    struct pp_header headers[PP_OUTBOX_HEADERS_MAX];
    char topic[80];
    char id[80], source[64], time[32], key[40];
};
/* Takes the next record off *rest. False at the end, and (with *bad) when the bytes are broken. `service` is for
 * ce_source. */
bool pp_outbox_next(struct pp_str *rest, const char *service, struct pp_outbox_item *ret, bool *bad);

/* Headers as one blob (of parked inputs) and back. */
void pp_headers_pack(struct pp_buf *b, const struct pp_header *h, int n);
int pp_headers_unpack(struct pp_str blob, struct pp_header *ret, int max);

/* traceparent of a record that continues `parent` (W3C Trace Context, section 3.2): the same trace, a span derived from
 * `id`. Without a parent a trace is derived too. */
#define PP_TRACEPARENT_MAX 56
void pp_trace_child(struct pp_str parent, struct pp_str id, char ret[PP_TRACEPARENT_MAX]);

#endif
