/* Schema of a service: migrations, policies, and the comparison at start. Blocking. */
#ifndef PP_SERVICE_MIGRATE_H
#define PP_SERVICE_MIGRATE_H

#include "io/pg.h"

/* Runs what is missing of the runtime's and the app's migrations, each in its own transaction, in order; then gives
 * each table its policies. Run as pp_owner. *ret_done: how many were run. */
int pp_migrate(const struct pp_pg_opts *owner, const char *schema, const char *const *app_migrations, int *ret_done,
               struct pp_err *err);
/* PP_ERR_CONFLICT (retriable) when migrations of this binary are missing in the database. */
int pp_migrated(struct pp_pg_sync_conn *c, const char *const *app_migrations, struct pp_err *err);

#endif
