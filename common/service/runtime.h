/* A service as a process: the shell around the pure decide() of a pp_service.
 *
 * Makes an app for the engine (service/engine.h) out of the service's tables, topics and calls: loads the rows of the
 * touched persons, decodes, decides, and writes one upsert and one delete per table. docs/runtime.md tells how.
 */
#ifndef PP_SERVICE_RUNTIME_H
#define PP_SERVICE_RUNTIME_H

#include "core/service.h"
#include "io/config.h"

/* All of services/<name>/main.c. Returns the exit code: 0 asked to stop, 1 start failed, 3 fenced or fatal. */
int pp_service_main(const struct pp_service *svc, int argc, char **argv);
/* The same with keys of its own: a table ended by a key with name NULL. */
int pp_service_main_with(const struct pp_service *svc, const struct pp_config_key *keys, int argc, char **argv);

#endif
