#include "service/rowmap.h"

#include <assert.h>
#include <stdio.h>

#define SQL_MAX ((size_t)64 * 1024)
#define PP_ROWMAP_STMTS 4

/* By enum pp_coltype. */
static const struct {
    const char *sql, *udt;
    enum pp_pg_type oid;
} types[] = {
    [PP_COL_UUID] = {"uuid", "uuid", PP_PG_UUID},
    [PP_COL_TEXT] = {"text", "text", PP_PG_TEXT},
    [PP_COL_INT] = {"int", "int4", PP_PG_INT4},
    [PP_COL_BIGINT] = {"bigint", "int8", PP_PG_INT8},
    [PP_COL_BOOL] = {"bool", "bool", PP_PG_BOOL},
    [PP_COL_DATE] = {"date", "date", PP_PG_DATE},
    [PP_COL_TIME] = {"timestamptz", "timestamptz", PP_PG_TIMESTAMPTZ},
};

/* ---- SQL ---- */

static void col_names(struct pp_buf *b, const struct pp_table *t, int n, const char *before, const char *sep) {
    for (int i = 0; i < n; i++) pp_buf_printf(b, "%s%s\"%s\"", i ? sep : "", before, t->cols[i].name);
}

static void make_select(struct pp_buf *b, const struct pp_table *t) {
    pp_buf_addz(b, "select person, ");
    col_names(b, t, t->ncols, "", ", ");
    pp_buf_printf(b, " from \"%s\" where person = any($1::uuid[]) order by person", t->name);
    if (t->keys) pp_buf_addz(b, ", ");
    col_names(b, t, t->keys, "", ", ");
}

/* Rows that are not in the database yet. */
static void make_insert(struct pp_buf *b, const struct pp_table *t) {
    pp_buf_printf(b, "insert into \"%s\" (tenant, person, home, ", t->name);
    col_names(b, t, t->ncols, "", ", ");
    pp_buf_addz(b, ") select tenant, person, home, ");
    col_names(b, t, t->ncols, "", ", ");
    pp_buf_printf(b, " from unnest($1::\"%s\"[])", t->name);
}

static void same_key(struct pp_buf *b, const struct pp_table *t) {
    pp_buf_addz(b, " where t.person = x.person");
    for (int i = 0; i < t->keys; i++) pp_buf_printf(b, " and t.\"%s\" = x.\"%s\"", t->cols[i].name, t->cols[i].name);
}

/* Rows that were loaded. */
static void make_update(struct pp_buf *b, const struct pp_table *t) {
    if (t->ncols == t->keys) return; /* nothing in them can change */
    pp_buf_printf(b, "update \"%s\" t set ", t->name);
    for (int i = t->keys; i < t->ncols; i++)
        pp_buf_printf(b, "%s\"%s\" = x.\"%s\"", i > t->keys ? ", " : "", t->cols[i].name, t->cols[i].name);
    pp_buf_printf(b, " from unnest($1::\"%s\"[]) x", t->name);
    same_key(b, t);
}

static void make_delete(struct pp_buf *b, const struct pp_table *t) {
    pp_buf_printf(b, "delete from \"%s\" t using unnest($1::uuid[]", t->name);
    for (int i = 0; i < t->keys; i++) pp_buf_printf(b, ", $%d::%s[]", i + 2, types[t->cols[i].type].sql);
    pp_buf_addz(b, ") x(person");
    if (t->keys) pp_buf_addz(b, ", ");
    col_names(b, t, t->keys, "", ", ");
    pp_buf_addc(b, ')');
    same_key(b, t);
}

int pp_rowmap_init(struct pp_rowmap *m, const struct pp_table *t, struct pp_err *err) {
    *m = (struct pp_rowmap){.table = t};
    if (t->ncols > PP_ROWMAP_COLS_MAX || t->keys > t->ncols || t->ncols == 0)
        return pp_err_set(err, PP_ERR_BUG, "table %s: %d columns, %d keys", t->name, t->ncols, t->keys);
    snprintf(m->select_name, sizeof m->select_name, "load_%s", t->name);
    snprintf(m->insert_name, sizeof m->insert_name, "add_%s", t->name);
    snprintf(m->update_name, sizeof m->update_name, "change_%s", t->name);
    snprintf(m->delete_name, sizeof m->delete_name, "drop_%s", t->name);
    struct pp_buf *sql[PP_ROWMAP_STMTS] = {&m->select, &m->insert, &m->update, &m->del};
    void (*const make[PP_ROWMAP_STMTS])(struct pp_buf *, const struct pp_table *) = {make_select, make_insert,
                                                                                     make_update, make_delete};
    for (int i = 0; i < PP_ROWMAP_STMTS; i++) {
        pp_buf_init(sql[i], SQL_MAX);
        make[i](sql[i], t);
        pp_buf_addc(sql[i], '\0');
        if (sql[i]->failed) return pp_err_set(err, PP_ERR_LIMIT, "table %s: SQL too long", t->name);
    }
    return 0;
}

void pp_rowmap_free(struct pp_rowmap *m) {
    pp_buf_free(&m->select);
    pp_buf_free(&m->insert);
    pp_buf_free(&m->update);
    pp_buf_free(&m->del);
}

/* ---- comparing with the database ---- */

struct check {
    struct pp_rowmap *m;
    struct pp_err *err;
    int seen, rc;
    bool found[PP_ROWMAP_COLS_MAX]; /* columns of the map */
};

static const char *const runtime_cols[] = {"tenant", "person", "home"};

/* Which column of the map it is. */
static int place_of(struct check *k, const char *name) {
    const struct pp_table *t = k->m->table;
    for (int i = 0; i < 3; i++)
        if (strcmp(name, runtime_cols[i]) == 0) {
            k->seen++;
            return PP_ROWMAP_TENANT + i;
        }
    for (int i = 0; i < t->ncols; i++)
        if (strcmp(t->cols[i].name, name) == 0) {
            k->found[i] = true;
            return i;
        }
    return PP_ROWMAP_UNKNOWN;
}

static void check_column(struct check *k, int at, const char *name, const char *udt, bool nullable, bool has_default) {
    const struct pp_table *t = k->m->table;
    if (at == PP_ROWMAP_UNKNOWN && !nullable && !has_default)
        k->rc =
            pp_err_set(k->err, PP_ERR_INVALID,
                       "table %s, column %s: not in the row map, and has neither NULL nor a default", t->name, name);
    if (at < 0) return;
    enum pp_coltype type = t->cols[at].type;
    bool empty_is_null = type == PP_COL_UUID || type == PP_COL_DATE || type == PP_COL_TIME;
    if (strcmp(types[type].udt, udt) != 0)
        k->rc = pp_err_set(k->err, PP_ERR_INVALID, "table %s, column %s: the database has %s, the row map wants %s",
                           t->name, name, udt, types[type].udt);
    else if (at >= t->keys && empty_is_null && !nullable)
        k->rc = pp_err_set(k->err, PP_ERR_INVALID,
                           "table %s, column %s: must accept NULL, which is how \"none\" is stored", t->name, name);
}

static void on_columns(void *user, const struct pp_rows *r) {
    struct check *k = user;
    struct pp_rowmap *m = k->m;
    for (int i = 0; i < pp_rows_n(r) && k->rc == 0; i++) {
        const char *name = pp_rows_str(r, i, 0).s;
        if (m->ndb == PP_ROWMAP_DB_COLS_MAX) {
            k->rc = pp_err_set(k->err, PP_ERR_LIMIT, "table %s: more than %d columns", m->table->name,
                               PP_ROWMAP_DB_COLS_MAX);
            return;
        }
        int at = place_of(k, name);
        check_column(k, at, name, pp_rows_str(r, i, 1).s, pp_rows_bool(r, i, 2), pp_rows_bool(r, i, 3));
        m->db[m->ndb++] = (struct pp_rowmap_db_col){at, (uint32_t)pp_rows_int(r, i, 4)};
        m->row_type = (uint32_t)pp_rows_int(r, i, 5);
    }
}

static void on_key(void *user, const struct pp_rows *r) {
    struct check *k = user;
    const struct pp_table *t = k->m->table;
    bool fits = pp_rows_n(r) == t->keys + 1;
    for (int i = 0; fits && i < pp_rows_n(r); i++) {
        const char *name = pp_rows_str(r, i, 0).s;
        bool known = strcmp(name, "person") == 0;
        for (int c = 0; c < t->keys && !known; c++) known = strcmp(name, t->cols[c].name) == 0;
        fits = known;
    }
    if (!fits)
        k->rc = pp_err_set(k->err, PP_ERR_INVALID,
                           "table %s: the primary key must be person and the %d key columns of the row map", t->name,
                           t->keys);
}

int pp_rowmap_verify(struct pp_rowmap *m, struct pp_pg_sync_conn *c, struct pp_err *err) {
    const struct pp_table *t = m->table;
    struct check k = {.m = m, .err = err};
    const char *params[] = {t->name};
    m->ndb = 0;
    if (pp_pg_sync_exec(
            c,
            "select a.attname::text, t.typname::text, not a.attnotnull, a.atthasdef or a.attidentity <> '', "
            "a.atttypid::int8, c.reltype::int8 from pg_class c join pg_attribute a on a.attrelid = c.oid "
            "join pg_type t on t.oid = a.atttypid where c.oid = to_regclass(quote_ident($1)) and a.attnum "
            "> 0 and not a.attisdropped order by a.attnum",
            params, 1, on_columns, &k, err) < 0)
        return -1;
    if (k.rc == 0 && k.seen == 0) return pp_err_set(err, PP_ERR_INVALID, "table %s does not exist", t->name);
    if (k.rc == 0 && k.seen != 3)
        return pp_err_set(err, PP_ERR_INVALID, "table %s: tenant, person and home must be its first columns", t->name);
    for (int i = 0; i < t->ncols && k.rc == 0; i++)
        if (!k.found[i])
            k.rc = pp_err_set(err, PP_ERR_INVALID, "table %s, column %s: missing in the database", t->name,
                              t->cols[i].name);
    if (k.rc == 0 && pp_pg_sync_exec(c,
                                     "select a.attname::text from pg_index x join pg_attribute a on a.attrelid = "
                                     "x.indrelid and a.attnum = any(x.indkey) "
                                     "where x.indisprimary and x.indrelid = to_regclass(quote_ident($1))",
                                     params, 1, on_key, &k, err) < 0)
        return -1;
    return k.rc;
}

/* ---- rows ---- */

#define AT(row, c) ((const void *)((const char *)(row) + (c)->offset))

void pp_rowmap_read(const struct pp_rowmap *m, const struct pp_rows *r, int i, void *row, struct pp_arena *a) {
    for (int k = 0; k < m->table->ncols; k++) {
        const struct pp_col *c = &m->table->cols[k];
        void *at = (char *)row + c->offset;
        int col = k + 1;
        switch (c->type) {
        case PP_COL_UUID: *(struct pp_uuid *)at = pp_rows_uuid(r, i, col); break;
        case PP_COL_TEXT: *(struct pp_str *)at = pp_arena_str(a, pp_rows_str(r, i, col)); break;
        case PP_COL_INT: *(int32_t *)at = (int32_t)pp_rows_int(r, i, col); break;
        case PP_COL_BIGINT: *(int64_t *)at = pp_rows_int(r, i, col); break;
        case PP_COL_BOOL: *(bool *)at = pp_rows_bool(r, i, col); break;
        case PP_COL_DATE: *(pp_date *)at = pp_rows_date(r, i, col); break;
        case PP_COL_TIME: *(int64_t *)at = pp_rows_time(r, i, col); break;
        }
    }
}

static void add_col(struct pp_array *a, const struct pp_col *c, const void *row, bool key) {
    const void *at = AT(row, c);
    switch (c->type) {
    case PP_COL_UUID: {
        struct pp_uuid u = *(const struct pp_uuid *)at;
        if (!key && pp_uuid_none(u))
            pp_array_null(a);
        else
            pp_array_uuid(a, u);
        break;
    }
    case PP_COL_TEXT: pp_array_text(a, *(const struct pp_str *)at); break;
    case PP_COL_INT: pp_array_i4(a, *(const int32_t *)at); break;
    case PP_COL_BIGINT: pp_array_i8(a, *(const int64_t *)at); break;
    case PP_COL_BOOL: pp_array_bool(a, *(const bool *)at); break;
    case PP_COL_DATE: pp_array_date(a, *(const pp_date *)at); break;
    case PP_COL_TIME: pp_array_time(a, *(const int64_t *)at); break;
    }
}

void pp_rowmap_begin_rows(const struct pp_rowmap *m, struct pp_array *rows) { pp_array_begin(rows, m->row_type); }

void pp_rowmap_add_row(const struct pp_rowmap *m, struct pp_array *rows, struct pp_str tenant, struct pp_uuid person,
                       const void *row) {
    size_t at = pp_array_row_begin(rows, m->ndb);
    for (uint32_t i = 0; i < m->ndb; i++) {
        int c = m->db[i].at;
        pp_array_column(rows, m->db[i].type);
        switch (c) {
        case PP_ROWMAP_TENANT: pp_array_text(rows, tenant); break;
        case PP_ROWMAP_PERSON: pp_array_uuid(rows, person); break;
        case PP_ROWMAP_HOME: pp_array_i2(rows, (int16_t)pp_home_of(person)); break;
        case PP_ROWMAP_UNKNOWN: pp_array_null(rows); break; /* not among the statement's columns */
        default: add_col(rows, &m->table->cols[c], row, c < m->table->keys);
        }
    }
    pp_array_row_end(rows, at);
}

void pp_rowmap_begin_delete(const struct pp_rowmap *m, struct pp_array *arrays) {
    pp_array_begin(&arrays[0], PP_PG_UUID);
    for (int i = 0; i < m->table->keys; i++) pp_array_begin(&arrays[i + 1], types[m->table->cols[i].type].oid);
}

void pp_rowmap_add_delete(const struct pp_rowmap *m, struct pp_array *arrays, struct pp_uuid person, const void *row) {
    pp_array_uuid(&arrays[0], person);
    for (int i = 0; i < m->table->keys; i++) add_col(&arrays[i + 1], &m->table->cols[i], row, true);
}
