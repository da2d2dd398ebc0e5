/* Where outbound calls go: the part of the payer directory that the job runner needs. */
#ifndef PP_SERVICE_ENDPOINT_H
#define PP_SERVICE_ENDPOINT_H

#include "base/str.h"

#include <stdint.h>

struct pp_refs;

#define PP_ENDPOINT_URL_MAX 300
#define PP_ENDPOINT_HEADER_MAX 600
struct pp_endpoint {
    char base_url[PP_ENDPOINT_URL_MAX];       /* without a slash at the end; file:///folder is an exchange folder */
    char auth_header[PP_ENDPOINT_HEADER_MAX]; /* "Name: value" with the secret filled in; "" = none. Never logged. */
    char door_url[PP_ENDPOINT_URL_MAX];       /* for "{door}" of a request that is to be filled; "" = not configured */
    char callback_secret[PP_ENDPOINT_HEADER_MAX]; /* for "{secret}"; never logged */
    int requests_s_max, concurrent_max;           /* over all instances */
    int connect_timeout_ms, timeout_ms;
};

/* False: the target is not known, or is reached in no such way. */
struct pp_endpoints {
    bool (*endpoint)(void *user, const struct pp_refs *refs, struct pp_str tenant, struct pp_str target,
                     struct pp_endpoint *ret);
    void *user;
};

#endif
