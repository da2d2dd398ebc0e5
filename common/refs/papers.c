#include "refs/set.h"

#include <stdlib.h>
#include <strings.h>

/* ---- doclists ---- */

static bool cell_purpose(struct pp_str text, void *to) {
    enum ev_required_document_purpose v;
    if (!ev_required_document_purpose_parse(text, &v)) return false;
    memcpy(to, &v, sizeof v);
    return true;
}

static bool cell_source(struct pp_str text, void *to) {
    enum ev_required_document_source v;
    if (!ev_required_document_source_parse(text, &v)) return false;
    memcpy(to, &v, sizeof v);
    return true;
}

static bool cell_days(struct pp_str text, void *to) {
    int64_t v;
    if (!pp_str_int(text, &v) || v < 0 || v > 36500) return false;
    memcpy(to, &v, sizeof v);
    return true;
}

static const struct refs_col doclist_cols[] = {
    {"list", refs_cell_text, offsetof(struct refs_doc_row, list), 40, true},
    {"item", refs_cell_text, offsetof(struct refs_doc_row, doc.item), 40, true},
    {"title", refs_cell_text, offsetof(struct refs_doc_row, doc.title), 120, true},
    {"purpose", cell_purpose, offsetof(struct refs_doc_row, doc.purpose), 0, true},
    {"must", refs_cell_bool, offsetof(struct refs_doc_row, doc.must), 0, true},
    {"source", cell_source, offsetof(struct refs_doc_row, doc.source), 0, true},
    {"age_days_max", cell_days, offsetof(struct refs_doc_row, doc.age_days_max), 0, false},
};

static int by_list(const void *a, const void *b) {
    const struct refs_doc_row *x = a, *y = b;
    int c = pp_str_cmp(x->list, y->list);
    return c ? c : (x->list.s > y->list.s) - (x->list.s < y->list.s); /* keep the order of the pack */
}

static int finish_doclists(struct pp_refs *r, struct pp_err *err) {
    struct refs_doc_row *rows = REFS_ROWS(r, REFS_DOCLISTS, struct refs_doc_row);
    size_t n = REFS_N(r, REFS_DOCLISTS);
    if (!n) return 0;
    qsort(rows, n, sizeof *rows, by_list);
    r->docs = pp_arena_array(&r->arena, struct ev_required_document, n);
    r->doclists = pp_arena_array(&r->arena, struct refs_doclist, n);
    if (!r->docs || !r->doclists) return refs_nomem(err);
    for (size_t i = 0; i < n; i++) {
        r->docs[i] = rows[i].doc;
        struct refs_doclist *l = r->doclists_n ? &r->doclists[r->doclists_n - 1] : NULL;
        if (!l || !pp_str_eq(l->name, rows[i].list)) {
            l = &r->doclists[r->doclists_n++];
            *l = (struct refs_doclist){rows[i].list, i, 0};
        }
        l->n++;
        if (l->n > PP_DOCLIST_ITEMS_MAX)
            return pp_err_set(err, PP_ERR_LIMIT, "document list %.*s has more than %d items", PP_FMT(l->name),
                              PP_DOCLIST_ITEMS_MAX);
        for (size_t j = l->first; j < i; j++)
            if (pp_str_eq(r->docs[j].item, r->docs[i].item))
                return pp_err_set(err, PP_ERR_INVALID, "document list %.*s has item %.*s twice", PP_FMT(l->name),
                                  PP_FMT(r->docs[i].item));
    }
    return 0;
}

const struct refs_kind refs_kind_doclists = {"doclists",   sizeof(struct refs_doc_row),
                                             doclist_cols, sizeof doclist_cols / sizeof *doclist_cols,
                                             NULL,         finish_doclists};

static int list_cmp(const void *a, const void *b) {
    return pp_str_cmp(((const struct refs_doclist *)a)->name, ((const struct refs_doclist *)b)->name);
}

size_t pp_refs_doclist(const struct pp_refs *r, struct pp_str list, const struct ev_required_document **ret) {
    struct refs_doclist key = {.name = list};
    const struct refs_doclist *l =
        r->doclists_n ? bsearch(&key, r->doclists, r->doclists_n, sizeof key, list_cmp) : NULL;
    *ret = l ? &r->docs[l->first] : NULL;
    return l ? l->n : 0;
}

struct pp_str pp_refs_item_title(const struct pp_refs *r, struct pp_str item) {
    for (size_t i = 0; i < REFS_N(r, REFS_DOCLISTS); i++)
        if (pp_str_eq(r->docs[i].item, item)) return r->docs[i].title;
    return PP_STR_NONE;
}

/* ---- doctypes ---- */

static const struct refs_col doctype_cols[] = {
    {"sender", refs_cell_text, offsetof(struct refs_doctype, sender), 80, true},
    {"system", refs_cell_text, offsetof(struct refs_doctype, system), 64, false},
    {"code", refs_cell_text, offsetof(struct refs_doctype, code), 32, false},
    {"words", refs_cell_text, offsetof(struct refs_doctype, words), 80, false},
    {"item", refs_cell_text, offsetof(struct refs_doctype, item), 40, true},
};

static int check_doctype(void *row, const struct pp_pack *pack, struct pp_err *err) {
    const struct refs_doctype *d = row;
    (void)pack;
    if (!d->code.n == !d->words.n) return pp_err_set(err, PP_ERR_INVALID, "one of code and words, and not both");
    return 0;
}

static int by_type_code(const void *a, const void *b) {
    const struct refs_doctype *x = a, *y = b;
    int c = pp_str_cmp(x->code, y->code);
    return c ? c : (x->item.s > y->item.s) - (x->item.s < y->item.s);
}

static int finish_doctypes(struct pp_refs *r, struct pp_err *err) {
    (void)err;
    if (REFS_N(r, REFS_DOCTYPES))
        qsort(r->lists[REFS_DOCTYPES].rows, REFS_N(r, REFS_DOCTYPES), sizeof(struct refs_doctype), by_type_code);
    return 0;
}

const struct refs_kind refs_kind_doctypes = {"doctypes",    sizeof(struct refs_doctype),
                                             doctype_cols,  sizeof doctype_cols / sizeof *doctype_cols,
                                             check_doctype, finish_doctypes};

static bool is_loinc(struct pp_str s) {
    return pp_str_ieq(s, PP_STR("LN")) || pp_str_ieq(s, PP_STR("LOINC")) || pp_str_ieq(s, PP_STR("http://loinc.org"));
}

static bool system_fits(struct pp_str pattern, struct pp_str system) {
    return !pattern.n || pp_str_ieq(pattern, system) || (is_loinc(pattern) && is_loinc(system));
}

static bool has_words(struct pp_str title, struct pp_str words) {
    for (uint32_t i = 0; words.n && i + words.n <= title.n; i++)
        if (strncasecmp(title.s + i, words.s, words.n) == 0) return true;
    return false;
}

struct pp_str pp_refs_doctype(const struct pp_refs *r, struct pp_str sender, struct pp_str system, struct pp_str code,
                              struct pp_str title) {
    const struct refs_doctype *rows = r->lists[REFS_DOCTYPES].rows;
    struct pp_str best = PP_STR_NONE;
    int64_t best_fit = 0;
    for (size_t i = 0; i < REFS_N(r, REFS_DOCTYPES); i++) {
        const struct refs_doctype *d = &rows[i];
        bool by_code = d->code.n && pp_str_eq(d->code, code) && system_fits(d->system, system);
        if (!by_code && (d->code.n || !has_words(title, d->words))) continue;
        int64_t fit = pp_refs_sender_fit(d->sender, sender);
        if (!fit) continue;
        fit = (fit * 2 + (d->system.n > 0)) * 2;
        if (by_code) fit += INT64_C(1) << 40; /* a code says more than words, whoever wrote the row */
        if (fit > best_fit) {
            best = d->item;
            best_fit = fit;
        }
    }
    return best;
}

struct pp_str pp_refs_item_loinc(const struct pp_refs *r, struct pp_str item) {
    const struct refs_doctype *rows = r->lists[REFS_DOCTYPES].rows, *best = NULL;
    for (size_t i = 0; i < REFS_N(r, REFS_DOCTYPES); i++) {
        const struct refs_doctype *d = &rows[i];
        if (!d->code.n || !is_loinc(d->system) || !pp_str_eq(d->item, item)) continue;
        if (!best || d->item.s < best->item.s) best = d; /* the first of the pack names the item to payers */
    }
    return best ? best->code : PP_STR_NONE;
}
