#include "core/unit.h"

struct row_list {
    struct pp_row *first, *last;
};

struct pp_unit {
    struct pp_arena *arena;
    const struct pp_table *const *tables;
    int ntables;
    struct pp_str tenant;
    struct pp_uuid person;
    struct row_list rows[]; /* one for each table */
};

struct pp_unit *pp_unit_new(struct pp_arena *a, const struct pp_table *const *tables, int ntables, struct pp_str tenant,
                            struct pp_uuid person) {
    struct pp_unit *u = pp_arena_alloc(a, sizeof *u + sizeof(struct row_list) * (size_t)ntables);
    if (!u) return NULL;
    u->arena = a;
    u->tables = tables;
    u->ntables = ntables;
    u->tenant = tenant;
    u->person = person;
    return u;
}

struct pp_str pp_unit_tenant(const struct pp_unit *u) {
    return u->tenant;
}
struct pp_uuid pp_unit_person(const struct pp_unit *u) {
    return u->person;
}

/* ---- comparing columns ---- */

static bool col_eq(const struct pp_col *c, const void *a, const void *b) {
    const char *x = (const char *)a + c->offset, *y = (const char *)b + c->offset;
    switch (c->type) {
    case PP_COL_UUID: return memcmp(x, y, sizeof(struct pp_uuid)) == 0;
    case PP_COL_TEXT: return pp_str_eq(*(const struct pp_str *)x, *(const struct pp_str *)y);
    case PP_COL_INT:
    case PP_COL_DATE: return memcmp(x, y, sizeof(int32_t)) == 0;
    case PP_COL_BIGINT:
    case PP_COL_TIME: return memcmp(x, y, sizeof(int64_t)) == 0;
    case PP_COL_BOOL: return *(const bool *)x == *(const bool *)y;
    }
    return false;
}

static bool keys_eq(const struct pp_table *t, const void *a, const void *b) {
    for (int i = 0; i < t->keys; i++)
        if (!col_eq(&t->cols[i], a, b)) return false;
    return true;
}

static size_t col_size(enum pp_coltype type) {
    switch (type) {
    case PP_COL_UUID: return sizeof(struct pp_uuid);
    case PP_COL_TEXT: return sizeof(struct pp_str);
    case PP_COL_INT:
    case PP_COL_DATE: return sizeof(int32_t);
    case PP_COL_BIGINT:
    case PP_COL_TIME: return sizeof(int64_t);
    case PP_COL_BOOL: return sizeof(bool);
    }
    return 0;
}

static void copy_keys(const struct pp_table *t, void *to, const void *from) {
    for (int i = 0; i < t->keys; i++) {
        size_t off = t->cols[i].offset;
        memcpy((char *)to + off, (const char *)from + off, col_size(t->cols[i].type));
    }
}

enum pp_row_change pp_row_change(const struct pp_table *t, const struct pp_row *r) {
    if (r->deleted) return r->loaded ? PP_ROW_DELETE : PP_ROW_SAME;
    if (!r->loaded) return PP_ROW_UPSERT;
    for (int i = t->keys; i < t->ncols; i++)
        if (!col_eq(&t->cols[i], r, r->loaded)) return PP_ROW_UPSERT;
    return PP_ROW_SAME;
}

/* ---- rows ---- */

static struct pp_row *find_any(struct pp_unit *u, int table, const void *key) {
    for (struct pp_row *r = u->rows[table].first; r; r = r->next)
        if (keys_eq(u->tables[table], r, key)) return r;
    return NULL;
}

static struct pp_row *append(struct pp_unit *u, int table) {
    struct pp_row *r = pp_arena_alloc(u->arena, u->tables[table]->row_size);
    if (!r) return NULL;
    struct row_list *l = &u->rows[table];
    if (l->last)
        l->last->next = r;
    else
        l->first = r;
    l->last = r;
    return r;
}

void *pp_row_find(struct pp_unit *u, int table, const void *key) {
    struct pp_row *r = find_any(u, table, key);
    return r && !r->deleted ? r : NULL;
}

void *pp_row_add(struct pp_unit *u, int table, const void *key) {
    const struct pp_table *t = u->tables[table];
    struct pp_row *r = find_any(u, table, key);
    if (r && !r->deleted) return r;
    if (!r) {
        r = append(u, table);
        if (!r) return NULL;
    } else { /* a deleted row comes back empty, but still known to the database */
        struct pp_row head = *r;
        memset(r, 0, t->row_size);
        r->next = head.next;
        r->loaded = head.loaded;
    }
    copy_keys(t, r, key);
    return r;
}

void *pp_row_next(struct pp_unit *u, int table, const void *prev) {
    struct pp_row *r = prev ? ((const struct pp_row *)prev)->next : u->rows[table].first;
    while (r && r->deleted) r = r->next;
    return r;
}

void pp_row_delete(struct pp_unit *u, void *row) {
    (void)u;
    ((struct pp_row *)row)->deleted = true;
}

struct pp_row *pp_unit_each(struct pp_unit *u, int table, struct pp_row *prev) {
    return prev ? prev->next : u->rows[table].first;
}

void *pp_unit_load(struct pp_unit *u, int table) { return append(u, table); }

void pp_unit_loaded(struct pp_unit *u, void *row, int table) {
    struct pp_row *r = row;
    size_t n = u->tables[table]->row_size;
    void *copy = pp_arena_alloc(u->arena, n);
    if (!copy) return; /* the arena has failed: the runtime sees it and starts the batch again, smaller */
    memcpy(copy, r, n);
    r->loaded = copy;
}

/* ---- mark and rollback ---- */

struct saved_row {
    struct pp_row *row;
    void *copy;
};

struct pp_unit_mark {
    size_t n;
    struct saved_row *rows;
};

struct pp_unit_mark *pp_unit_mark(struct pp_unit *u) {
    struct pp_unit_mark *m = pp_arena_new(u->arena, struct pp_unit_mark);
    if (!m) return NULL;
    size_t n = 0;
    for (int t = 0; t < u->ntables; t++)
        for (struct pp_row *r = u->rows[t].first; r; r = r->next) n++;
    m->rows = pp_arena_array(u->arena, struct saved_row, n ? n : 1);
    if (!m->rows) return NULL;
    for (int t = 0; t < u->ntables; t++)
        for (struct pp_row *r = u->rows[t].first; r; r = r->next) {
            void *copy = pp_arena_alloc(u->arena, u->tables[t]->row_size);
            if (!copy) return NULL;
            memcpy(copy, r, u->tables[t]->row_size);
            m->rows[m->n++] = (struct saved_row){r, copy};
        }
    return m;
}

/* Rows are only ever appended, so the marked rows of a table are a head of its list. */
void pp_unit_rollback(struct pp_unit *u, struct pp_unit_mark *m) {
    size_t i = 0;
    for (int t = 0; t < u->ntables; t++) {
        struct row_list *l = &u->rows[t];
        struct pp_row *last = NULL;
        for (struct pp_row *r = l->first; r && i < m->n && m->rows[i].row == r; i++) {
            struct pp_row *next = r->next;
            memcpy(r, m->rows[i].copy, u->tables[t]->row_size);
            r->next = next;
            last = r;
            r = next;
        }
        l->last = last;
        if (last)
            last->next = NULL;
        else
            l->first = NULL;
    }
}
