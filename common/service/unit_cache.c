#include "service/unit_cache.h"

#include <assert.h>
#include <stdlib.h>

#define BUCKETS 16384 /* a power of two */

struct entry {
    struct entry *next;          /* of the bucket */
    struct entry *newer, *older; /* by last use */
    struct pp_uuid person;
    size_t bytes;
    /* then the number of rows of each table, the rows, their texts */
    uint32_t counts[];
};

struct pp_unit_cache {
    const struct pp_table *const *tables;
    int ntables;
    size_t bytes, bytes_max;
    struct entry *buckets[BUCKETS];
    struct entry *newest, *oldest;
    struct pp_row **sorted; /* rows of one table while they are put in order */
    size_t sorted_cap;
};

static size_t aligned(size_t n) { return (n + 15) & ~(size_t)15; }
static size_t head_bytes(const struct pp_unit_cache *c) {
    return aligned(sizeof(struct entry) + sizeof(uint32_t) * (size_t)c->ntables);
}

static struct entry **bucket_of(struct pp_unit_cache *c, struct pp_uuid person) {
    uint32_t h;
    memcpy(&h, person.b + 10, sizeof h);
    return &c->buckets[(h * 2654435761u) >> 18 & (BUCKETS - 1)];
}

static struct entry **place_of(struct pp_unit_cache *c, struct pp_uuid person) {
    struct entry **at = bucket_of(c, person);
    while (*at && !pp_uuid_eq((*at)->person, person)) at = &(*at)->next;
    return at;
}

struct pp_unit_cache *pp_unit_cache_new(const struct pp_table *const *tables, int ntables, size_t bytes_max) {
    struct pp_unit_cache *c = bytes_max ? calloc(1, sizeof *c) : NULL;
    if (!c) return NULL;
    c->tables = tables;
    c->ntables = ntables;
    c->bytes_max = bytes_max;
    return c;
}

void pp_unit_cache_free(struct pp_unit_cache *c) {
    if (!c) return;
    pp_unit_cache_clear(c);
    free(c->sorted);
    free(c);
}

size_t pp_unit_cache_bytes(const struct pp_unit_cache *c) { return c ? c->bytes : 0; }

/* ---- order of use ---- */

static void unlink_use(struct pp_unit_cache *c, struct entry *e) {
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
}
static void link_newest(struct pp_unit_cache *c, struct entry *e) {
    e->newer = NULL;
    e->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static void remove_at(struct pp_unit_cache *c, struct entry **at) {
    struct entry *e = *at;
    *at = e->next;
    unlink_use(c, e);
    c->bytes -= e->bytes;
    free(e);
}

void pp_unit_cache_drop(struct pp_unit_cache *c, struct pp_uuid person) {
    struct entry **at = c ? place_of(c, person) : NULL;
    if (at && *at) remove_at(c, at);
}

void pp_unit_cache_clear(struct pp_unit_cache *c) {
    while (c && c->oldest) remove_at(c, place_of(c, c->oldest->person));
}

/* ---- out ---- */

bool pp_unit_cache_get(struct pp_unit_cache *c, struct pp_unit *u) {
    struct entry *e = c ? *place_of(c, pp_unit_person(u)) : NULL;
    if (!e) return false;
    const char *at = (const char *)e + head_bytes(c);
    for (int t = 0; t < c->ntables; t++)
        for (uint32_t i = 0; i < e->counts[t]; i++, at += aligned(c->tables[t]->row_size)) {
            struct pp_row *r = pp_unit_load(u, t);
            if (!r) return true; /* a full arena is seen by the caller */
            memcpy(r, at, c->tables[t]->row_size);
            pp_unit_loaded(u, r, t);
        }
    return true;
}

/* ---- in ---- */

static size_t text_bytes(const struct pp_table *t, const struct pp_row *r) {
    size_t n = 0;
    for (int i = 0; i < t->ncols; i++)
        if (t->cols[i].type == PP_COL_TEXT) {
            struct pp_str s;
            memcpy(&s, (const char *)r + t->cols[i].offset, sizeof s);
            n += s.n ? s.n + 1u : 0;
        }
    return n;
}

static bool kept(const struct pp_table *t, const struct pp_row *r) { return !t->append_only && !r->deleted; }

static size_t size_of(const struct pp_unit_cache *c, struct pp_unit *u) {
    size_t n = head_bytes(c);
    for (int t = 0; t < c->ntables; t++)
        for (struct pp_row *r = pp_unit_each(u, t, NULL); r; r = pp_unit_each(u, t, r))
            if (kept(c->tables[t], r)) n += aligned(c->tables[t]->row_size) + text_bytes(c->tables[t], r);
    return n;
}

/* As the database orders keys: text by bytes, ids by bytes. */
static int col_cmp(const struct pp_col *col, const void *a, const void *b) {
    const char *x = (const char *)a + col->offset, *y = (const char *)b + col->offset;
    switch (col->type) {
    case PP_COL_UUID: return memcmp(x, y, sizeof(struct pp_uuid));
    case PP_COL_TEXT: {
        const struct pp_str *s = (const void *)x, *t = (const void *)y;
        return pp_str_cmp(*s, *t);
    }
    case PP_COL_INT:
    case PP_COL_DATE: {
        int32_t s, t;
        memcpy(&s, x, sizeof s);
        memcpy(&t, y, sizeof t);
        return (s > t) - (s < t);
    }
    case PP_COL_BIGINT:
    case PP_COL_TIME: {
        int64_t s, t;
        memcpy(&s, x, sizeof s);
        memcpy(&t, y, sizeof t);
        return (s > t) - (s < t);
    }
    case PP_COL_BOOL: return *(const bool *)x - *(const bool *)y;
    }
    return 0;
}
static int key_cmp(const struct pp_table *t, const void *a, const void *b) {
    int d = 0;
    for (int i = 0; i < t->keys && d == 0; i++) d = col_cmp(&t->cols[i], a, b);
    return d;
}

/* Rows of a table in key order. They mostly are already: loaded in order, one or two added. */
static size_t sort_rows(struct pp_unit_cache *c, struct pp_unit *u, int table) {
    const struct pp_table *t = c->tables[table];
    size_t n = 0;
    for (struct pp_row *r = pp_unit_each(u, table, NULL); r; r = pp_unit_each(u, table, r)) {
        if (!kept(t, r)) continue;
        if (n == c->sorted_cap) {
            size_t cap = c->sorted_cap ? 2 * c->sorted_cap : 64;
            struct pp_row **bigger = realloc(c->sorted, cap * sizeof *bigger);
            if (!bigger) return SIZE_MAX;
            c->sorted = bigger;
            c->sorted_cap = cap;
        }
        size_t at = n++;
        while (at > 0 && key_cmp(t, c->sorted[at - 1], r) > 0) {
            c->sorted[at] = c->sorted[at - 1];
            at--;
        }
        c->sorted[at] = r;
    }
    return n;
}

static char *copy_row(const struct pp_table *t, const struct pp_row *r, char *to, char *texts) {
    struct pp_row *copy = (void *)to;
    memcpy(to, r, t->row_size);
    copy->next = NULL;
    copy->loaded = NULL;
    for (int i = 0; i < t->ncols; i++) {
        struct pp_str s;
        if (t->cols[i].type != PP_COL_TEXT) continue;
        memcpy(&s, to + t->cols[i].offset, sizeof s);
        if (s.n) {
            memcpy(texts, s.s, s.n);
            texts[s.n] = 0;
            s.s = texts;
            texts += s.n + 1u;
        } else {
            s = PP_STR_NONE;
        }
        memcpy(to + t->cols[i].offset, &s, sizeof s);
    }
    return texts;
}

static struct entry *entry_of(struct pp_unit_cache *c, struct pp_unit *u, size_t bytes) {
    struct entry *e = malloc(bytes);
    if (!e) return NULL;
    size_t rows = 0;
    for (int t = 0; t < c->ntables; t++) {
        uint32_t n = 0;
        for (struct pp_row *r = pp_unit_each(u, t, NULL); r; r = pp_unit_each(u, t, r)) n += kept(c->tables[t], r);
        e->counts[t] = n;
        rows += n * aligned(c->tables[t]->row_size);
    }
    char *at = (char *)e + head_bytes(c), *texts = at + rows;
    for (int t = 0; t < c->ntables; t++) {
        if (e->counts[t] == 0) continue;
        if (sort_rows(c, u, t) != e->counts[t]) {
            free(e);
            return NULL;
        }
        for (uint32_t i = 0; i < e->counts[t]; i++, at += aligned(c->tables[t]->row_size))
            texts = copy_row(c->tables[t], c->sorted[i], at, texts);
    }
    assert(texts <= (char *)e + bytes);
    e->person = pp_unit_person(u);
    e->bytes = bytes;
    return e;
}

static bool changed(const struct pp_unit_cache *c, struct pp_unit *u) {
    for (int t = 0; t < c->ntables; t++)
        for (struct pp_row *r = pp_unit_each(u, t, NULL); r; r = pp_unit_each(u, t, r))
            if (pp_row_change(c->tables[t], r) != PP_ROW_SAME) return true;
    return false;
}

void pp_unit_cache_put(struct pp_unit_cache *c, struct pp_unit *u) {
    if (!c) return;
    struct entry **at = place_of(c, pp_unit_person(u));
    if (*at && !changed(c, u)) {
        unlink_use(c, *at);
        link_newest(c, *at);
        return;
    }
    /* the unit may view texts of the entry that it replaces, so that goes last */
    size_t bytes = size_of(c, u);
    struct entry *e = bytes <= PP_UNIT_CACHE_ENTRY_BYTES_MAX ? entry_of(c, u, bytes) : NULL;
    if (*at) remove_at(c, at);
    if (!e) return;
    struct entry **bucket = bucket_of(c, e->person);
    e->next = *bucket;
    *bucket = e;
    link_newest(c, e);
    c->bytes += bytes;
}

void pp_unit_cache_trim(struct pp_unit_cache *c) {
    while (c && c->bytes > c->bytes_max) remove_at(c, place_of(c, c->oldest->person));
}
