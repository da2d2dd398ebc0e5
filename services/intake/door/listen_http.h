/* Messages by HTTP, and payers' call-backs. Answers when the bytes are durable.
 *
 *   POST /v1/messages                     role client; HL7 v2, FHIR JSON or X12, told by content type or first bytes
 *   POST /v1/payers/{payer}/notify        the header that the subscription gave; see docs/pas.md
 */
#ifndef INTAKE_DOOR_LISTEN_HTTP_H
#define INTAKE_DOOR_LISTEN_HTTP_H

#include "io/http_server.h"
#include "refs/payers.h"
#include "store.h"

struct door_http;
struct door_http_opts {
    const char *bind_addr;
    int port;
    struct pp_auth *auth;
    const struct pp_refs *refs; /* payers: which header a call-back carries */
    const char *secrets_dir;    /* <callback secret>: what stands in it */
    const char *payer_tenant;   /* tenant whose subscriptions the payers answer */
};
int door_http_new(struct door_store *store, const struct door_http_opts *opts, struct door_http **ret,
                  struct pp_err *err);
void door_http_stop(struct door_http *d);
void door_http_free(struct door_http *d);

#endif
