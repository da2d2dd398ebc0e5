/* The text form of packs, and the builder of a set. */
#include "refs/set.h"

#include <stdlib.h>

static const struct refs_kind *const kinds[REFS_KIND_COUNT] = {
    [REFS_PAYERS] = &refs_kind_payers,           [REFS_RULES] = &refs_kind_rules,
    [REFS_CODEMAP] = &refs_kind_codemap,         [REFS_CODES] = &refs_kind_codes,
    [REFS_EQUIVALENTS] = &refs_kind_equivalents, [REFS_DOCLISTS] = &refs_kind_doclists,
    [REFS_DOCTYPES] = &refs_kind_doctypes,       [REFS_SITES] = &refs_kind_sites,
    [REFS_LOCATIONS] = &refs_kind_locations,     [REFS_CALENDAR] = &refs_kind_calendar,
    [REFS_CLOCKS] = &refs_kind_clocks,           [REFS_QUEUES] = &refs_kind_queues,
    [REFS_SENDERS] = &refs_kind_senders,         [REFS_X12_SENDERS] = &refs_kind_x12_senders,
};

#define COLS_MAX 40

struct chunk { /* rows of one pack */
    struct chunk *next;
    enum refs_kind_no kind;
    void *rows;
    size_t n;
};

struct pp_refs_builder {
    struct pp_refs *refs;
    struct chunk *first, *last;
};

int refs_nomem(struct pp_err *err) {
    return pp_err_set(err, PP_ERR_LIMIT, "reference packs need more than %u MB of memory", PP_REFS_BYTES_MAX >> 20);
}

/* ---- cells ---- */

bool refs_cell_text(struct pp_str text, void *to) {
    memcpy(to, &text, sizeof text);
    return true;
}

bool refs_cell_int(struct pp_str text, void *to) {
    int64_t v;
    if (!pp_str_int(text, &v) || v < INT32_MIN || v > INT32_MAX) return false;
    int32_t n = (int32_t)v;
    memcpy(to, &n, sizeof n);
    return true;
}

bool refs_cell_date(struct pp_str text, void *to) {
    pp_date d;
    if (!pp_date_parse(text, &d)) return false;
    memcpy(to, &d, sizeof d);
    return true;
}

bool refs_cell_bool(struct pp_str text, void *to) {
    bool yes = pp_str_eqz(text, "yes");
    if (!yes && !pp_str_eqz(text, "no")) return false;
    memcpy(to, &yes, sizeof yes);
    return true;
}

bool refs_cell_lob(struct pp_str text, void *to) {
    enum ev_coverage_lob v;
    if (!ev_coverage_lob_parse(text, &v)) return false;
    memcpy(to, &v, sizeof v);
    return true;
}

bool refs_cell_channel(struct pp_str text, void *to) {
    enum ev_requirement_determined_channel v;
    if (!ev_requirement_determined_channel_parse(text, &v)) return false;
    memcpy(to, &v, sizeof v);
    return true;
}

bool refs_cell_due_unit(struct pp_str text, void *to) {
    static const char *const names[] = {"minute", "hour", "day", "business_day"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!pp_str_eqz(text, names[i])) continue;
        enum pp_due_unit v = (enum pp_due_unit)i;
        memcpy(to, &v, sizeof v);
        return true;
    }
    return false;
}

bool refs_in_list(struct pp_str list, char sep, struct pp_str item) {
    while (list.n) {
        struct pp_str part = pp_str_trim(pp_str_split(&list, sep));
        if (part.n && pp_str_eq(part, item)) return true;
    }
    return false;
}

int pp_refs_sender_fit(struct pp_str pattern, struct pp_str sender) {
    if (pattern.n && pattern.s[pattern.n - 1] == '*') {
        pattern.n--;
        return pp_str_starts(sender, pattern) ? 1 + (int)pattern.n : 0;
    }
    return pp_str_eq(pattern, sender) ? 1 << 20 : 0;
}

/* ---- one pack ---- */

struct reader {
    char *p, *end; /* what is left of our copy; tabs and line ends become NUL as they are passed */
    int line;
    struct pp_str name;
};

static int bad(const struct reader *rd, struct pp_err *err, const char *what, struct pp_str column) {
    if (column.n)
        return pp_err_set(err, PP_ERR_INVALID, "pack %.*s, line %d, column %.*s: %s", PP_FMT(rd->name), rd->line,
                          PP_FMT(column), what);
    return pp_err_set(err, PP_ERR_INVALID, "pack %.*s, line %d: %s", PP_FMT(rd->name), rd->line, what);
}

static bool next_line(struct reader *rd, struct pp_str *ret) {
    if (rd->p >= rd->end) return false;
    char *nl = memchr(rd->p, '\n', (size_t)(rd->end - rd->p));
    char *stop = nl ? nl : rd->end;
    *ret = (struct pp_str){rd->p, (uint32_t)(stop - rd->p)};
    if (ret->n && stop[-1] == '\r') {
        ret->n--;
        stop[-1] = '\0';
    }
    *stop = '\0'; /* the copy has one byte more than the pack */
    rd->p = nl ? nl + 1 : rd->end;
    rd->line++;
    return true;
}

/* Cells of a line; text without blanks around it. -1: more than max. */
static int split_cells(struct pp_str line, struct pp_str *cells, int max) {
    int n = 0;
    char *p = (char *)(uintptr_t)line.s, *end = p + line.n; /* points into our own writable copy */
    for (;;) {
        if (n == max) return -1;
        char *tab = memchr(p, '\t', (size_t)(end - p));
        char *stop = tab ? tab : end;
        struct pp_str cell = pp_str_trim((struct pp_str){p, (uint32_t)(stop - p)});
        if (cell.n) p[cell.s - p + (ptrdiff_t)cell.n] = '\0';
        *stop = '\0';
        cells[n++] = cell;
        if (!tab) return n;
        p = tab + 1;
    }
}

static void read_head(struct pp_str line, struct pp_pack *pack) {
    line.s++;
    line.n--;
    struct pp_str rest = line, key = pp_str_trim(pp_str_split(&rest, ':'));
    rest = pp_str_trim(rest);
    if (rest.n) ((char *)(uintptr_t)rest.s)[rest.n] = '\0'; /* as above */
    if (pp_str_eqz(key, "pack"))
        pack->name = rest;
    else if (pp_str_eqz(key, "kind"))
        pack->kind = rest;
    else if (pp_str_eqz(key, "version"))
        pack->version = rest;
    else if (pp_str_eqz(key, "source"))
        pack->source = rest;
    else if (pp_str_eqz(key, "date"))
        pp_date_parse(rest, &pack->date);
}

/* Head comments up to the line of column names, which is left in *ret_columns. */
static int read_start(struct reader *rd, struct pp_pack *pack, struct pp_str *ret_columns, struct pp_err *err) {
    struct pp_str line;
    bool found = false;
    while (!found && next_line(rd, &line)) {
        if (line.n && line.s[0] == '#')
            read_head(line, pack);
        else if (pp_str_trim(line).n)
            found = true;
    }
    if (pack->name.n) rd->name = pack->name;
    if (!pack->name.n) return bad(rd, err, "the head has no \"# pack: NAME\"", PP_STR_NONE);
    if (pack->name.n > 24) return bad(rd, err, "the name is longer than 24 bytes", PP_STR_NONE);
    if (!pack->version.n) return bad(rd, err, "the head has no \"# version:\"", PP_STR_NONE);
    if (pack->version.n > 24) return bad(rd, err, "the version is longer than 24 bytes", PP_STR_NONE);
    if (!pack->source.n) return bad(rd, err, "the head has no \"# source:\"", PP_STR_NONE);
    if (!pack->date) return bad(rd, err, "the head has no \"# date: YYYY-MM-DD\"", PP_STR_NONE);
    if (!pack->kind.n) pack->kind = pack->name;
    if (!found) return bad(rd, err, "there is no line of column names", PP_STR_NONE);
    *ret_columns = line;
    return 0;
}

/* Which column of the kind each cell is. */
static int read_columns(struct reader *rd, const struct refs_kind *k, struct pp_str line,
                        const struct refs_col *ret[COLS_MAX], struct pp_err *err) {
    struct pp_str cells[COLS_MAX];
    int n = split_cells(line, cells, COLS_MAX);
    if (n < 0) return bad(rd, err, "too many columns", PP_STR_NONE);
    for (int i = 0; i < n; i++) {
        ret[i] = NULL;
        for (int c = 0; c < k->ncols && !ret[i]; c++)
            if (pp_str_eqz(cells[i], k->cols[c].name)) ret[i] = &k->cols[c];
        if (!ret[i]) return bad(rd, err, "no such column in this kind of pack", cells[i]);
        for (int j = 0; j < i; j++)
            if (ret[j] == ret[i]) return bad(rd, err, "the column stands here twice", cells[i]);
    }
    for (int c = 0; c < k->ncols; c++) {
        bool there = false;
        for (int i = 0; i < n; i++) there |= ret[i] == &k->cols[c];
        if (k->cols[c].must && !there) return bad(rd, err, "the column is missing", pp_str_z(k->cols[c].name));
    }
    return n;
}

static int read_row(struct reader *rd, const struct refs_kind *k, const struct refs_col *const *cols, int ncols,
                    struct pp_str line, void *row, const struct pp_pack *pack, struct pp_err *err) {
    struct pp_str cells[COLS_MAX];
    int n = split_cells(line, cells, COLS_MAX);
    if (n < 0 || n > ncols) return bad(rd, err, "more cells than columns", PP_STR_NONE);
    for (int i = 0; i < ncols; i++) {
        struct pp_str name = pp_str_z(cols[i]->name);
        size_t max = cols[i]->bytes_max ? cols[i]->bytes_max : REFS_CELL_MAX;
        if (i >= n || !cells[i].n) {
            if (cols[i]->must) return bad(rd, err, "must not be empty", name);
            continue;
        }
        if (cells[i].n > max) return bad(rd, err, "the text is too long", name);
        if (!cols[i]->cell(cells[i], (char *)row + cols[i]->offset))
            return bad(rd, err, "the value is not one of this column's kind", name);
    }
    if (k->row && k->row(row, pack, err) < 0) return pp_err_wrap(err, "pack %.*s, line %d", PP_FMT(rd->name), rd->line);
    return 0;
}

static size_t count_lines(const char *p, const char *end) {
    size_t n = 1;
    while ((p = memchr(p, '\n', (size_t)(end - p)))) {
        n++;
        p++;
    }
    return n;
}

static int read_rows(struct pp_refs *r, struct reader *rd, enum refs_kind_no kind, struct pp_str columns,
                     const struct pp_pack *pack, struct chunk *ret, struct pp_err *err) {
    const struct refs_kind *k = kinds[kind];
    const struct refs_col *cols[COLS_MAX];
    int ncols = read_columns(rd, k, columns, cols, err);
    if (ncols < 0) return -1;
    size_t rows_max = count_lines(rd->p, rd->end);
    if (rows_max > PP_REFS_BYTES_MAX / k->row_size) return refs_nomem(err);
    ret->kind = kind;
    ret->rows = pp_arena_alloc(&r->arena, rows_max * k->row_size);
    if (!ret->rows) return refs_nomem(err);
    struct pp_str line;
    while (next_line(rd, &line)) {
        if (!pp_str_trim(line).n || line.s[0] == '#') continue;
        if (read_row(rd, k, cols, ncols, line, (char *)ret->rows + ret->n * k->row_size, pack, err) < 0) return -1;
        ret->n++;
    }
    return 0;
}

/* ---- the builder ---- */

struct pp_refs_builder *pp_refs_begin(void) {
    struct pp_refs_builder *b = calloc(1, sizeof *b);
    if (b && !(b->refs = calloc(1, sizeof *b->refs))) {
        free(b);
        return NULL;
    }
    if (b) pp_arena_init(&b->refs->arena, PP_REFS_BYTES_MAX);
    return b;
}

void pp_refs_builder_free(struct pp_refs_builder *b) {
    if (!b) return;
    pp_refs_free(b->refs);
    free(b);
}

int pp_refs_add(struct pp_refs_builder *b, struct pp_str bytes, struct pp_str hash, int64_t effective_ms,
                struct pp_err *err) {
    struct pp_refs *r = b->refs;
    if (bytes.n > PP_PACK_BYTES_MAX)
        return pp_err_set(err, PP_ERR_LIMIT, "a reference pack is larger than %u MB", PP_PACK_BYTES_MAX >> 20);
    if (r->npacks == PP_PACKS_MAX) return pp_err_set(err, PP_ERR_LIMIT, "more than %d reference packs", PP_PACKS_MAX);
    if (bytes.n && memchr(bytes.s, '\0', bytes.n))
        return pp_err_set(err, PP_ERR_INVALID, "a reference pack holds a NUL byte");
    struct chunk *c = pp_arena_new(&r->arena, struct chunk);
    char *copy = pp_arena_alloc(&r->arena, (size_t)bytes.n + 1);
    if (!c || !copy) return refs_nomem(err);
    if (bytes.n) memcpy(copy, bytes.s, bytes.n);

    struct pp_pack *pack = &r->packs[r->npacks];
    *pack = (struct pp_pack){.hash = pp_arena_str(&r->arena, hash), .effective_ms = effective_ms};
    struct reader rd = {.p = copy, .end = copy + bytes.n, .name = PP_STR("(unnamed)")};
    struct pp_str columns = PP_STR_NONE;
    if (read_start(&rd, pack, &columns, err) < 0) return -1;
    if (pp_refs_pack(r, pack->name)) return bad(&rd, err, "a pack of this name is already in the set", PP_STR_NONE);
    int kind = 0;
    while (kind < REFS_KIND_COUNT && !pp_str_eqz(pack->kind, kinds[kind]->name)) kind++;
    if (kind == REFS_KIND_COUNT) return bad(&rd, err, "unknown kind of pack", PP_STR_NONE);
    if (read_rows(r, &rd, (enum refs_kind_no)kind, columns, pack, c, err) < 0) return -1;
    r->npacks++;
    if (b->last)
        b->last->next = c;
    else
        b->first = c;
    b->last = c;
    return 0;
}

static int merge_rows(struct pp_refs_builder *b, enum refs_kind_no kind, struct pp_err *err) {
    struct refs_list *l = &b->refs->lists[kind];
    size_t size = kinds[kind]->row_size, total = 0;
    for (struct chunk *c = b->first; c; c = c->next)
        if (c->kind == kind) total += c->n;
    if (!total) return 0;
    l->rows = pp_arena_alloc(&b->refs->arena, total * size);
    if (!l->rows) return refs_nomem(err);
    for (struct chunk *c = b->first; c; c = c->next) {
        if (c->kind != kind || !c->n) continue;
        memcpy((char *)l->rows + l->n * size, c->rows, c->n * size);
        l->n += c->n;
    }
    return 0;
}

int pp_refs_finish(struct pp_refs_builder *b, struct pp_refs **ret, struct pp_err *err) {
    int rc = 0;
    for (int k = 0; k < REFS_KIND_COUNT && rc == 0; k++) rc = merge_rows(b, (enum refs_kind_no)k, err);
    for (int k = 0; k < REFS_KIND_COUNT && rc == 0; k++)
        if (kinds[k]->finish) rc = kinds[k]->finish(b->refs, err);
    if (rc == 0) {
        *ret = b->refs;
        b->refs = NULL;
    }
    pp_refs_builder_free(b);
    return rc;
}

void pp_refs_free(struct pp_refs *r) {
    if (!r) return;
    pp_arena_free(&r->arena);
    free(r);
}

struct pp_refs *pp_refs_empty(void) {
    struct pp_refs *r = NULL;
    struct pp_err err;
    struct pp_refs_builder *b = pp_refs_begin();
    if (!b || pp_refs_finish(b, &r, &err) < 0) return NULL;
    return r;
}

size_t pp_refs_packs(const struct pp_refs *r, const struct pp_pack **ret) {
    *ret = r->packs;
    return r->npacks;
}

const struct pp_pack *pp_refs_pack(const struct pp_refs *r, struct pp_str name) {
    for (size_t i = 0; i < r->npacks; i++)
        if (pp_str_eq(r->packs[i].name, name)) return &r->packs[i];
    return NULL;
}
