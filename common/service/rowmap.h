/* Row maps (core/unit.h) as SQL: one select, upsert and delete for each table, with whole batches as binary arrays. */
#ifndef PP_SERVICE_ROWMAP_H
#define PP_SERVICE_ROWMAP_H

#include "core/unit.h"
#include "io/pg.h"

#define PP_ROWMAP_COLS_MAX (PP_PG_PARAMS_MAX - 3) /* tenant, person and home come first */
#define PP_ROWMAP_NAME_MAX 80

struct pp_rowmap {
    const struct pp_table *table;
    char select_name[PP_ROWMAP_NAME_MAX], upsert_name[PP_ROWMAP_NAME_MAX], delete_name[PP_ROWMAP_NAME_MAX];
    struct pp_buf select, upsert, del; /* SQL, NUL-terminated */
};

/* $1 persons. Columns of the result: person, then those of the map. */
int pp_rowmap_init(struct pp_rowmap *m, const struct pp_table *t, struct pp_err *err);
void pp_rowmap_free(struct pp_rowmap *m);
/* Compares with the catalogue of the database: PP_ERR_INVALID names table and column. */
int pp_rowmap_verify(const struct pp_rowmap *m, struct pp_pg_sync_conn *c, struct pp_err *err);
/* Row i of a result of `select` into a row struct; strings are copied into the arena. */
void pp_rowmap_read(const struct pp_rowmap *m, const struct pp_rows *r, int i, void *row, struct pp_arena *a);
/* Arrays of an upsert (ncols + 3) or a delete (keys + 1). */
void pp_rowmap_begin_upsert(const struct pp_rowmap *m, struct pp_array *arrays);
void pp_rowmap_add_upsert(const struct pp_rowmap *m, struct pp_array *arrays, struct pp_str tenant,
                          struct pp_uuid person, const void *row);
void pp_rowmap_begin_delete(const struct pp_rowmap *m, struct pp_array *arrays);
void pp_rowmap_add_delete(const struct pp_rowmap *m, struct pp_array *arrays, struct pp_uuid person, const void *row);

#endif
