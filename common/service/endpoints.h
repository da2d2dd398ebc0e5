/* Endpoints of outbound calls from the payer directory in force. */
#ifndef PP_SERVICE_ENDPOINTS_H
#define PP_SERVICE_ENDPOINTS_H

#include "base/err.h"
#include "io/config.h"
#include "service/endpoint.h"

/* Secrets are files <secrets-dir>/<name>, read at each use, so that a changed one counts at once. */
int pp_endpoints_of_packs(const struct pp_config *config, struct pp_endpoints *ret, struct pp_err *err);

#endif
