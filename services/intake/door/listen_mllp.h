/* HL7 v2 over MLLP: store first, then acknowledge. */
#ifndef INTAKE_DOOR_LISTEN_MLLP_H
#define INTAKE_DOOR_LISTEN_MLLP_H

#include "io/mllp_server.h"
#include "store.h"

struct door_mllp; /* one listener: a port, a partner, a tenant */
struct door_mllp_opts {
    const char *bind_addr;
    int port;
    struct pp_str partner, tenant; /* copied */
    int connections_max;
    uint32_t message_bytes_max;
    int partial_timeout_ms, silence_timeout_ms, idle_timeout_ms;
    const char *allow;
};
int door_mllp_new(struct door_store *store, const struct door_mllp_opts *opts, struct door_mllp **ret,
                  struct pp_err *err);
void door_mllp_stop(struct door_mllp *d);
void door_mllp_free(struct door_mllp *d); /* when the loop has run empty */

#endif
