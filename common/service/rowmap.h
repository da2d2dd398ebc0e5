/* Row maps (core/unit.h) as SQL: one select, insert, update and delete for each table, with whole batches as binary
 * arrays. Inserts and updates take one array of rows of the table's own type: an array for each column would be as many
 * functions for the server to run and to join (measured: two thirds of what a wide table cost). */
#ifndef PP_SERVICE_ROWMAP_H
#define PP_SERVICE_ROWMAP_H

#include "core/unit.h"
#include "io/pg.h"

#define PP_ROWMAP_COLS_MAX 125
#define PP_ROWMAP_DB_COLS_MAX 160 /* with tenant, person, home, and what only a newer binary knows */
#define PP_ROWMAP_NAME_MAX 80

struct pp_rowmap {
    const struct pp_table *table;
    char select_name[PP_ROWMAP_NAME_MAX], insert_name[PP_ROWMAP_NAME_MAX], update_name[PP_ROWMAP_NAME_MAX],
        delete_name[PP_ROWMAP_NAME_MAX];
    struct pp_buf select, insert, update, del; /* SQL, NUL-terminated; update is empty where all columns are keys */
    /* The table's row type in the database, as pp_rowmap_verify found it. */
    uint32_t row_type;
    uint32_t ndb;
    struct pp_rowmap_db_col {
        int at; /* column of the map, or one of PP_ROWMAP_TENANT… */
        uint32_t type;
    } db[PP_ROWMAP_DB_COLS_MAX];
};
enum { PP_ROWMAP_UNKNOWN = -4, PP_ROWMAP_TENANT, PP_ROWMAP_PERSON, PP_ROWMAP_HOME };

/* $1 persons. Columns of the result: person, then those of the map. */
int pp_rowmap_init(struct pp_rowmap *m, const struct pp_table *t, struct pp_err *err);
void pp_rowmap_free(struct pp_rowmap *m);
/* Compares with the catalogue of the database (PP_ERR_INVALID names table and column) and notes the row type. */
int pp_rowmap_verify(struct pp_rowmap *m, struct pp_pg_sync_conn *c, struct pp_err *err);
/* Row i of a result of `select` into a row struct; strings are copied into the arena. */
void pp_rowmap_read(const struct pp_rowmap *m, const struct pp_rows *r, int i, void *row, struct pp_arena *a);
/* The array of an insert or update: rows as the database has their type. */
void pp_rowmap_begin_rows(const struct pp_rowmap *m, struct pp_array *rows);
void pp_rowmap_add_row(const struct pp_rowmap *m, struct pp_array *rows, struct pp_str tenant, struct pp_uuid person,
                       const void *row);
/* Arrays of a delete (keys + 1). */
void pp_rowmap_begin_delete(const struct pp_rowmap *m, struct pp_array *arrays);
void pp_rowmap_add_delete(const struct pp_rowmap *m, struct pp_array *arrays, struct pp_uuid person, const void *row);

#endif
