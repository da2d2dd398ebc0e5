/* HTTP front of a service: queries and commands for people and API clients.
 *
 * The front never touches the writer's connection. It reads committed rows through the pool under the read role, and
 * hands commands to the owner of the person by way of pa.commands.v1. Runs on every instance, also on one that owns no
 * partition. The runtime starts it when the database has been reached once, and stops it when its own engine has let
 * its partitions go.
 */
#ifndef PP_SERVICE_FRONT_H
#define PP_SERVICE_FRONT_H

#include "core/service.h"
#include "io/auth.h"
#include "io/blob.h"
#include "io/config.h"
#include "io/kafka.h"
#include "io/pg.h"

struct pp_front_env { /* outlives the front */
    uv_loop_t *loop;
    const struct pp_config *config; /* api-bind, api-port, jwks-file, token-issuer, … */
    const struct pp_service *svc;   /* queries, commands */
    struct pp_pg_pool *reads;
    struct pp_producer *commands; /* for PP_TOPIC_COMMANDS; waits at most PP_FRONT_SEND_TIMEOUT_MS for the broker */
    int partitions;               /* partition = pp_home_of(person) & (partitions - 1) */
    struct pp_blob_store *blobs;  /* NULL without blob-dir */
    bool (*ready)(void *user, const char **ret_wait); /* of /readyz: partitions, packs, database */
    void *user;
    struct pp_front *front; /* set by pp_front_start */
};
#define PP_FRONT_SEND_TIMEOUT_MS 5000
#define PP_FRONT_WAIT_MS 2000 /* for command_result or a min_version */
#define PP_FRONT_POLL_MS 40   /* how often both are asked again */
#define PP_FRONT_STOP_MS 2000 /* for the open requests of a front that stops */

#define PP_FRONT_COMMAND_BYTES_MAX 65536
#define PP_FRONT_COMMAND_ID_MAX 80   /* letters, digits and . _ : - */
#define PP_FRONT_PARAM_BYTES_MAX 512 /* of one query parameter */

/* $1 = command id. One json: {"id","type","status","version","message"}; no row while it is not decided. Tenant by
 * row-level security. status: done, invalid, conflict, notfound, denied, undone; held while it can be taken back, with
 * "goes_at" in real ms. */
extern const char pp_front_result_sql[];
/* One row for each read of patient data, before the body is sent; run with .write = true.
 * $1 virtual now (RFC 3339), $2 path as in the query table, $3 roles, $4 trace (may be NULL), $5 subject id (uuid text
 * or NULL). Tenant and user come from app.tenant and app.user. Returns json true. */
extern const char pp_front_access_sql[];

int pp_front_start(struct pp_front_env *env, struct pp_err *err);
/* The API's real port, when api-port is 0. */
int pp_front_port(const struct pp_front_env *env);
/* No new requests. What waits for a result or a version looks once more and is answered without it; open requests get
 * PP_FRONT_STOP_MS, more where the loop stands still meanwhile. `done` is called once, then env may go. */
void pp_front_stop(struct pp_front_env *env, void (*done)(void *user), void *user);

#endif
