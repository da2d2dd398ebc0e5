/* Rows of one person (or pseudo-person) in one service: what a decider reads and changes.
 *
 * A table is described once by a row map (struct pp_table). From it the runtime
 * makes the array-based select, upsert and delete, checks the catalogue of the
 * database at start, and the table tests print and compare rows. A row is a
 * plain C struct; its first member is struct pp_row. Columns `tenant`, `person`
 * and `home` stand in every table of the database, first, and are handled by
 * the runtime; they are not part of the C struct.
 *
 * The unit is a private copy until commit. Change a row by assigning its
 * members: the runtime compares it with what was loaded. Strings assigned to a
 * row must live until the end of the batch: event strings do, and
 * pp_out_arena() is the place for new ones. Key members must not be changed.
 */
#ifndef PP_CORE_UNIT_H
#define PP_CORE_UNIT_H

#include "base/arena.h"
#include "base/date.h"
#include "base/uuid.h"

enum pp_coltype {
    PP_COL_UUID,   /* struct pp_uuid  <-> uuid (all zero <-> NULL, in keys the zero uuid) */
    PP_COL_TEXT,   /* struct pp_str   <-> text not null default '' */
    PP_COL_INT,    /* int32_t         <-> int4 not null default 0 */
    PP_COL_BIGINT, /* int64_t         <-> int8 not null default 0 */
    PP_COL_BOOL,   /* bool            <-> bool not null default false */
    PP_COL_DATE,   /* pp_date         <-> date (0 <-> NULL) */
    PP_COL_TIME,   /* int64_t ms      <-> timestamptz (0 <-> NULL) */
};

struct pp_col {
    const char *name;
    enum pp_coltype type;
    uint16_t offset;
};
#define PP_COL(rowtype, member, kind)                                                                                  \
    { #member, PP_COL_##kind, offsetof(struct rowtype, member) }

struct pp_table {
    const char *name;  /* table in the service's schema */
    uint16_t row_size; /* sizeof(struct …_row) */
    uint16_t keys;     /* the first `keys` columns and person are the primary key */
    uint16_t ncols;
    const struct pp_col *cols;
    bool append_only; /* history that no decider reads: never loaded, only added to */
};

struct pp_row { /* first member of every row struct; owned by the unit */
    struct pp_row *next;
    const void *loaded; /* copy as it is in the database; NULL: not there yet */
    bool deleted;
};

struct pp_unit;

/* `key` points to a row struct of which only the key members are looked at. NULL when there is none. */
void *pp_row_find(struct pp_unit *u, int table, const void *key);
/* Finds, or adds with the key members copied and everything else zero. NULL only when the arena is full:
 * the input is then failed by the runtime, the decider may simply return. */
void *pp_row_add(struct pp_unit *u, int table, const void *key);
/* Iterates in key order of loading, then of adding: pass NULL first. Deleted rows are left out. */
void *pp_row_next(struct pp_unit *u, int table, const void *prev);
void pp_row_delete(struct pp_unit *u, void *row);
#define PP_EACH_ROW(u, table, type, var)                                                                               \
    for (struct type *var = pp_row_next((u), (table), NULL); var; var = pp_row_next((u), (table), var))

/* ---- for the runtime and the tests ---- */
struct pp_unit *pp_unit_new(struct pp_arena *a, const struct pp_table *const *tables, int ntables, struct pp_str tenant,
                            struct pp_uuid person);
struct pp_str pp_unit_tenant(const struct pp_unit *u);
struct pp_uuid pp_unit_person(const struct pp_unit *u);
/* Adds a row as loaded from the database; the caller fills the members of the returned row, then calls _loaded. */
void *pp_unit_load(struct pp_unit *u, int table);
void pp_unit_loaded(struct pp_unit *u, void *row, int table);
/* Takes the state before an input so that it can be put back when the input is parked. */
struct pp_unit_mark *pp_unit_mark(struct pp_unit *u);
void pp_unit_rollback(struct pp_unit *u, struct pp_unit_mark *m);
enum pp_row_change { PP_ROW_SAME, PP_ROW_UPSERT, PP_ROW_DELETE };
enum pp_row_change pp_row_change(const struct pp_table *t, const struct pp_row *r);
/* Iterates all rows, deleted ones too. */
struct pp_row *pp_unit_each(struct pp_unit *u, int table, struct pp_row *prev);

#endif
