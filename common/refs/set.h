/* Inside of common/refs: how a kind of pack is described, and what a set holds. Not for other folders. */
#ifndef PP_REFS_SET_H
#define PP_REFS_SET_H

#include "base/arena.h"
#include "refs/codes.h"
#include "refs/due.h"
#include "refs/papers.h"
#include "refs/payers.h"
#include "refs/places.h"
#include "refs/refs.h"
#include "refs/rules.h"
#include "refs/senders.h"
#include "refs/x12_senders.h"

enum refs_kind_no { /* finished in this order: what others refer to comes first */
                    REFS_PAYERS,
                    REFS_CODES,
                    REFS_CODEMAP,
                    REFS_EQUIVALENTS,
                    REFS_DOCLISTS,
                    REFS_DOCTYPES,
                    REFS_SITES,
                    REFS_LOCATIONS,
                    REFS_CALENDAR,
                    REFS_CLOCKS,
                    REFS_QUEUES,
                    REFS_RULES,
                    REFS_SENDERS,
                    REFS_X12_SENDERS,
                    REFS_KIND_COUNT
};

typedef bool refs_cell_fn(struct pp_str text, void *to); /* text is never empty; false: not one of this kind */
struct refs_col {
    const char *name;
    refs_cell_fn *cell;
    size_t offset;
    size_t bytes_max; /* of text; 0 = REFS_CELL_MAX */
    bool must;
};
#define REFS_CELL_MAX 4000

struct refs_kind {
    const char *name;
    size_t row_size;
    const struct refs_col *cols;
    int ncols;
    /* After the cells of a row were read; NULL allowed. Errors without pack and line: the caller adds them. */
    int (*row)(void *row, const struct pp_pack *pack, struct pp_err *err);
    /* When all packs are there: sorts, indexes, checks references. NULL allowed. */
    int (*finish)(struct pp_refs *r, struct pp_err *err);
};
extern const struct refs_kind refs_kind_payers, refs_kind_rules, refs_kind_codemap, refs_kind_codes,
    refs_kind_equivalents, refs_kind_doclists, refs_kind_doctypes, refs_kind_sites, refs_kind_locations,
    refs_kind_calendar, refs_kind_clocks, refs_kind_queues, refs_kind_senders, refs_kind_x12_senders;

/* Cells. Enums are written as int: all enums here are of that size. */
refs_cell_fn refs_cell_text, refs_cell_int, refs_cell_date, refs_cell_bool, refs_cell_lob, refs_cell_channel,
    refs_cell_due_unit;

struct refs_list {
    void *rows;
    size_t n;
};

struct refs_alias { /* what senders call a payer */
    struct pp_str text;
    bool is_name;
    const struct pp_payer *payer;
};
struct refs_rule_code {
    struct pp_str code;
    const struct pp_rule *rule;
};
struct refs_map_row {
    struct pp_str sender, system, local, code, text;
};
struct refs_equivalent {
    struct pp_str payer, approved, billed, source;
    pp_date from, until;
};
struct refs_doc_row {
    struct pp_str list;
    struct ev_required_document doc;
};
struct refs_doclist {
    struct pp_str name;
    size_t first, n;
};
struct refs_doctype {
    struct pp_str sender, system, code, words, item;
};
struct refs_location {
    struct pp_str sender, location, site;
};
struct refs_holiday {
    pp_date date;
    struct pp_str name;
};

struct pp_refs {
    struct pp_arena arena;
    struct pp_pack packs[PP_PACKS_MAX];
    size_t npacks;
    struct refs_list lists[REFS_KIND_COUNT]; /* rows of all packs of a kind */
    struct refs_alias *aliases;
    size_t aliases_n; /* sorted by text, folded */
    struct refs_rule_code *rule_codes;
    size_t rule_codes_n; /* single codes, sorted */
    const struct pp_rule **wide_rules;
    size_t wide_rules_n; /* ranges, categories, "*" */
    struct refs_doclist *doclists;
    size_t doclists_n;                 /* sorted by name */
    struct ev_required_document *docs; /* items list by list */
    pp_date *holidays;
    size_t holidays_n; /* sorted, each once */
};

#define REFS_ROWS(r, kind, type) ((type *)(r)->lists[kind].rows)
#define REFS_N(r, kind) ((r)->lists[kind].n)

/* Is `item` one of the parts of `list` between `sep`? Exact. */
bool refs_in_list(struct pp_str list, char sep, struct pp_str item);
int refs_nomem(struct pp_err *err);

#endif
