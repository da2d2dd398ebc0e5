#include "refs/set.h"

#include <stdlib.h>

/* ---- codemap ---- */

static const struct refs_col map_cols[] = {
    {"sender", refs_cell_text, offsetof(struct refs_map_row, sender), 80, true},
    {"system", refs_cell_text, offsetof(struct refs_map_row, system), 64, false},
    {"local", refs_cell_text, offsetof(struct refs_map_row, local), 32, true},
    {"code", refs_cell_text, offsetof(struct refs_map_row, code), 5, true},
    {"text", refs_cell_text, offsetof(struct refs_map_row, text), 200, false},
};

static int check_map_row(void *row, const struct pp_pack *pack, struct pp_err *err) {
    const struct refs_map_row *m = row;
    (void)pack;
    if (!pp_code_is_procedure(m->code))
        return pp_err_set(err, PP_ERR_INVALID, "%.*s is not a CPT or HCPCS code", PP_FMT(m->code));
    return 0;
}

static int by_local(const void *a, const void *b) {
    return pp_str_cmp(((const struct refs_map_row *)a)->local, ((const struct refs_map_row *)b)->local);
}

static int finish_map(struct pp_refs *r, struct pp_err *err) {
    (void)err;
    if (REFS_N(r, REFS_CODEMAP))
        qsort(r->lists[REFS_CODEMAP].rows, REFS_N(r, REFS_CODEMAP), sizeof(struct refs_map_row), by_local);
    return 0;
}

const struct refs_kind refs_kind_codemap = {
    "codemap", sizeof(struct refs_map_row), map_cols, sizeof map_cols / sizeof *map_cols, check_map_row, finish_map};

/* ---- codes ---- */

static const struct refs_col code_cols[] = {
    {"code", refs_cell_text, offsetof(struct pp_code_name, code), 5, true},
    {"category", refs_cell_text, offsetof(struct pp_code_name, category), 40, false},
    {"text", refs_cell_text, offsetof(struct pp_code_name, text), 200, true},
    {"unit_type", refs_cell_text, offsetof(struct pp_code_name, unit_type), 8, false},
};

static int by_code(const void *a, const void *b) {
    return pp_str_cmp(((const struct pp_code_name *)a)->code, ((const struct pp_code_name *)b)->code);
}

static int finish_codes(struct pp_refs *r, struct pp_err *err) {
    struct pp_code_name *rows = REFS_ROWS(r, REFS_CODES, struct pp_code_name);
    size_t n = REFS_N(r, REFS_CODES);
    if (n) qsort(rows, n, sizeof *rows, by_code);
    for (size_t i = 1; i < n; i++)
        if (!by_code(&rows[i - 1], &rows[i]))
            return pp_err_set(err, PP_ERR_INVALID, "code %.*s is listed twice", PP_FMT(rows[i].code));
    return 0;
}

const struct refs_kind refs_kind_codes = {
    "codes", sizeof(struct pp_code_name), code_cols, sizeof code_cols / sizeof *code_cols, NULL, finish_codes};

const struct pp_code_name *pp_refs_code(const struct pp_refs *r, struct pp_str code) {
    struct pp_code_name key = {.code = code};
    size_t n = REFS_N(r, REFS_CODES);
    return n ? bsearch(&key, r->lists[REFS_CODES].rows, n, sizeof key, by_code) : NULL;
}

/* ---- mapping ---- */

bool pp_code_is_procedure(struct pp_str code) {
    if (code.n != 5) return false;
    bool letter_first = code.s[0] >= 'A' && code.s[0] <= 'V';
    if (!letter_first && (code.s[0] < '0' || code.s[0] > '9')) return false;
    for (int i = 1; i < 4; i++)
        if (code.s[i] < '0' || code.s[i] > '9') return false;
    if (code.s[4] >= '0' && code.s[4] <= '9') return true;
    return !letter_first && strchr("FTUM", code.s[4]) && code.s[4];
}

/* HL7 table 0396 and the URIs and OIDs of the two code sets. */
static bool is_procedure_system(struct pp_str system) {
    static const char *const names[] = {"C4",
                                        "C5",
                                        "CPT",
                                        "CPT4",
                                        "CPT-4",
                                        "CPTM",
                                        "HCPCS",
                                        "HCPT",
                                        "HCPC",
                                        "HPC",
                                        "HC",
                                        "http://www.ama-assn.org/go/cpt",
                                        "urn:oid:2.16.840.1.113883.6.12",
                                        "2.16.840.1.113883.6.12",
                                        "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
                                        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
                                        "https://bluebutton.cms.gov/resources/codesystem/hcpcs",
                                        "urn:oid:2.16.840.1.113883.6.285",
                                        "2.16.840.1.113883.6.285"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (pp_str_ieq(system, pp_str_z(names[i]))) return true;
    return false;
}

static const struct refs_map_row *find_map(const struct pp_refs *r, struct pp_str sender, struct pp_str code,
                                           struct pp_str system) {
    const struct refs_map_row *rows = r->lists[REFS_CODEMAP].rows, *best = NULL;
    size_t n = REFS_N(r, REFS_CODEMAP), lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (pp_str_cmp(rows[mid].local, code) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    int best_fit = 0;
    for (; lo < n && pp_str_eq(rows[lo].local, code); lo++) {
        if (rows[lo].system.n && !pp_str_ieq(rows[lo].system, system)) continue;
        int fit = pp_refs_sender_fit(rows[lo].sender, sender);
        if (fit) fit = fit * 2 + (rows[lo].system.n > 0);
        if (fit > best_fit) {
            best = &rows[lo];
            best_fit = fit;
        }
    }
    return best;
}

struct pp_code_mapped pp_refs_map_code(const struct pp_refs *r, struct pp_str sender, struct pp_str code,
                                       struct pp_str system) {
    struct pp_code_mapped m = {PP_CODE_UNMAPPED, PP_STR_NONE, PP_STR_NONE};
    const struct refs_map_row *row = find_map(r, sender, code, system);
    if (row) {
        m.how = PP_CODE_BY_PACK;
        m.code = row->code;
        m.text = row->text;
    } else if (pp_code_is_procedure(code) && (is_procedure_system(system) || (!system.n && pp_refs_code(r, code)))) {
        m.how = PP_CODE_AS_SENT;
        m.code = code;
    }
    const struct pp_code_name *name = m.code.n && !m.text.n ? pp_refs_code(r, m.code) : NULL;
    if (name) m.text = name->text;
    return m;
}

/* ---- equivalents ---- */

static const struct refs_col equivalent_cols[] = {
    {"payer", refs_cell_text, offsetof(struct refs_equivalent, payer), 40, true},
    {"approved", refs_cell_text, offsetof(struct refs_equivalent, approved), 5, true},
    {"billed", refs_cell_text, offsetof(struct refs_equivalent, billed), 5, true},
    {"from", refs_cell_date, offsetof(struct refs_equivalent, from), 0, false},
    {"until", refs_cell_date, offsetof(struct refs_equivalent, until), 0, false},
    {"source", refs_cell_text, offsetof(struct refs_equivalent, source), 200, true},
};

static int by_pair(const void *a, const void *b) {
    const struct refs_equivalent *x = a, *y = b;
    int c = pp_str_cmp(x->approved, y->approved);
    return c ? c : pp_str_cmp(x->billed, y->billed);
}

static int finish_equivalents(struct pp_refs *r, struct pp_err *err) {
    (void)err;
    if (REFS_N(r, REFS_EQUIVALENTS))
        qsort(r->lists[REFS_EQUIVALENTS].rows, REFS_N(r, REFS_EQUIVALENTS), sizeof(struct refs_equivalent), by_pair);
    return 0;
}

const struct refs_kind refs_kind_equivalents = {"equivalents",
                                                sizeof(struct refs_equivalent),
                                                equivalent_cols,
                                                sizeof equivalent_cols / sizeof *equivalent_cols,
                                                NULL,
                                                finish_equivalents};

bool pp_refs_equivalent(const struct pp_refs *r, struct pp_str payer, struct pp_str approved, struct pp_str billed,
                        pp_date on, struct pp_str *ret_source) {
    if (approved.n && pp_str_eq(approved, billed)) {
        if (ret_source) *ret_source = PP_STR("same code");
        return true;
    }
    const struct refs_equivalent *rows = r->lists[REFS_EQUIVALENTS].rows;
    size_t n = REFS_N(r, REFS_EQUIVALENTS), lo = 0, hi = n;
    struct refs_equivalent key = {.approved = approved, .billed = billed};
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (by_pair(&rows[mid], &key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < n && !by_pair(&rows[lo], &key); lo++) {
        if (!pp_str_eq(rows[lo].payer, payer)) continue;
        if ((rows[lo].from && on < rows[lo].from) || (rows[lo].until && on > rows[lo].until)) continue;
        if (ret_source) *ret_source = rows[lo].source;
        return true;
    }
    return false;
}
