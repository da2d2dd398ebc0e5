/* Rules as a pack has them, and the index that finds those which speak of a code. */
#include "refs/set.h"

#include <stdlib.h>

static bool cell_outcome(struct pp_str text, void *to) {
    enum ev_determined_line_coverage v;
    if (!ev_determined_line_coverage_parse(text, &v)) return false;
    memcpy(to, &v, sizeof v);
    return true;
}

static bool cell_state_of(struct pp_str text, void *to) {
    bool patient = pp_str_eqz(text, "patient");
    if (!patient && !pp_str_eqz(text, "site")) return false;
    memcpy(to, &patient, sizeof patient);
    return true;
}

#define COL(name, member, cell, max, must)                                                                             \
    { name, cell, offsetof(struct pp_rule, member), max, must }
static const struct refs_col cols[] = {
    COL("rule", id, refs_cell_text, 60, true),
    COL("payer", payer, refs_cell_text, 40, false),
    COL("plan", plan, refs_cell_text, 400, false),
    COL("lob", lob, refs_cell_lob, 0, false),
    COL("states", states, refs_cell_text, 400, false),
    COL("not_states", not_states, refs_cell_text, 400, false),
    COL("state_of", state_of_patient, cell_state_of, 0, false),
    COL("codes", codes, refs_cell_text, 0, false),
    COL("category", category, refs_cell_text, 40, false),
    COL("modifiers", modifiers, refs_cell_text, 80, false),
    COL("dx", dx, refs_cell_text, 400, false),
    COL("pos", pos, refs_cell_text, 80, false),
    COL("not_pos", not_pos, refs_cell_text, 80, false),
    COL("age_min", age_min, refs_cell_int, 0, false),
    COL("age_max", age_max, refs_cell_int, 0, false),
    COL("from", from, refs_cell_date, 0, false),
    COL("until", until, refs_cell_date, 0, false),
    COL("urgency", urgency, refs_cell_text, 40, false),
    COL("not_urgency", not_urgency, refs_cell_text, 40, false),
    COL("outcome", outcome, cell_outcome, 0, true),
    COL("documents", documents, refs_cell_text, 40, false),
    COL("channel", channel, refs_cell_channel, 0, false),
    COL("priority", priority, refs_cell_int, 0, false),
    COL("text", text, refs_cell_text, 400, true),
    COL("source", source, refs_cell_text, 300, true),
    COL("source_date", source_date, refs_cell_date, 0, true),
};

/* How much a condition says about the service asked for. The code says most: the gap between two kinds of code
 * condition is wider than all other conditions together, so that a rule on this very code always beats one on its
 * category. Dates do not count: a list's phases speak of the same service. */
static int32_t rank_of(const struct pp_rule *r, bool any, bool ranges) {
    int32_t n = any ? 0 : !r->codes.n ? 200 : ranges ? 400 : 600;
    n += r->payer.n ? 60 : 0;
    n += r->plan.n ? 40 : 0;
    n += r->lob != EV_COVERAGE_LOB_NONE ? 10 : 0;
    n += r->states.n ? 8 : r->not_states.n ? 4 : 0;
    n += r->modifiers.n ? 8 : 0;
    n += r->dx.n ? 8 : 0;
    n += r->pos.n ? 8 : r->not_pos.n ? 4 : 0;
    n += r->age_min >= 0 || r->age_max >= 0 ? 4 : 0;
    n += r->urgency.n ? 6 : r->not_urgency.n ? 2 : 0;
    return n;
}

static bool code_item_ok(struct pp_str item) {
    struct pp_str rest = item, lo = pp_str_split(&rest, '-');
    if (!pp_code_is_procedure(lo)) return false;
    if (lo.n == item.n) return true;
    return pp_code_is_procedure(rest) && pp_str_cmp(lo, rest) < 0;
}

static bool urgencies_ok(struct pp_str list) {
    while (list.n) {
        enum ev_case_urgency u;
        if (!ev_case_urgency_parse(pp_str_trim(pp_str_split(&list, ',')), &u)) return false;
    }
    return true;
}

static int check_row(void *row, const struct pp_pack *pack, struct pp_err *err) {
    struct pp_rule *r = row;
    bool any = pp_str_eqz(r->codes, "*"), ranges = false;
    r->pack = pack;
    if (!r->age_min) r->age_min = -1;
    if (!r->age_max) r->age_max = -1;
    if (!r->codes.n == !r->category.n)
        return pp_err_set(err, PP_ERR_INVALID, "rule %.*s: one of codes and category, and not both", PP_FMT(r->id));
    for (struct pp_str rest = r->codes; !any && rest.n;) {
        struct pp_str item = pp_str_trim(pp_str_split(&rest, ','));
        if (!code_item_ok(item))
            return pp_err_set(err, PP_ERR_INVALID, "rule %.*s: %.*s is neither a code nor a range", PP_FMT(r->id),
                              PP_FMT(item));
        ranges |= item.n > 5;
    }
    if (r->from && r->until && r->from > r->until)
        return pp_err_set(err, PP_ERR_INVALID, "rule %.*s ends before it begins", PP_FMT(r->id));
    if (!urgencies_ok(r->urgency) || !urgencies_ok(r->not_urgency))
        return pp_err_set(err, PP_ERR_INVALID, "rule %.*s: urgency is routine, urgent or emergency", PP_FMT(r->id));
    if (any && r->outcome == EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED && !r->payer.n && r->lob == EV_COVERAGE_LOB_NONE)
        return pp_err_set(err, PP_ERR_INVALID, "rule %.*s would free every service of every payer from authorization",
                          PP_FMT(r->id));
    r->rank = rank_of(r, any, ranges);
    return 0;
}

static int by_id(const void *a, const void *b) {
    return pp_str_cmp(((const struct pp_rule *)a)->id, ((const struct pp_rule *)b)->id);
}

static int by_code(const void *a, const void *b) {
    const struct refs_rule_code *x = a, *y = b;
    int c = pp_str_cmp(x->code, y->code);
    return c ? c : pp_str_cmp(x->rule->id, y->rule->id);
}

/* A rule with a range, a category or "*" is looked at for every code; one with single codes only through the index. */
static bool is_wide(const struct pp_rule *r) {
    return !r->codes.n || pp_str_eqz(r->codes, "*") || memchr(r->codes.s, '-', r->codes.n);
}

static int index_codes(struct pp_refs *r, const struct pp_rule *rows, size_t n, struct pp_err *err) {
    size_t codes_max = 0;
    for (size_t i = 0; i < n; i++) codes_max += rows[i].codes.n / 6 + 1; /* five characters and a comma each */
    r->rule_codes = pp_arena_array(&r->arena, struct refs_rule_code, codes_max);
    r->wide_rules = pp_arena_array(&r->arena, const struct pp_rule *, n);
    if (!r->rule_codes || !r->wide_rules) return refs_nomem(err);
    for (size_t i = 0; i < n; i++) {
        if (is_wide(&rows[i])) {
            r->wide_rules[r->wide_rules_n++] = &rows[i];
            continue;
        }
        for (struct pp_str rest = rows[i].codes; rest.n;)
            r->rule_codes[r->rule_codes_n++] = (struct refs_rule_code){pp_str_trim(pp_str_split(&rest, ',')), &rows[i]};
    }
    if (r->rule_codes_n) qsort(r->rule_codes, r->rule_codes_n, sizeof *r->rule_codes, by_code);
    for (size_t i = 1; i < r->rule_codes_n; i++)
        if (!by_code(&r->rule_codes[i - 1], &r->rule_codes[i]))
            return pp_err_set(err, PP_ERR_INVALID, "rule %.*s lists code %.*s twice", PP_FMT(r->rule_codes[i].rule->id),
                              PP_FMT(r->rule_codes[i].code));
    return 0;
}

static int finish(struct pp_refs *r, struct pp_err *err) {
    struct pp_rule *rows = REFS_ROWS(r, REFS_RULES, struct pp_rule);
    size_t n = REFS_N(r, REFS_RULES);
    if (!n) return 0;
    qsort(rows, n, sizeof *rows, by_id);
    for (size_t i = 0; i < n; i++) {
        const struct ev_required_document *docs;
        if (i && !by_id(&rows[i - 1], &rows[i]))
            return pp_err_set(err, PP_ERR_INVALID, "two rules are called %.*s", PP_FMT(rows[i].id));
        if (rows[i].documents.n && !pp_refs_doclist(r, rows[i].documents, &docs))
            return pp_err_set(err, PP_ERR_INVALID, "rule %.*s names document list %.*s, which no pack has",
                              PP_FMT(rows[i].id), PP_FMT(rows[i].documents));
        if (rows[i].payer.n && !pp_refs_payer(r, rows[i].payer))
            return pp_err_set(err, PP_ERR_INVALID, "rule %.*s names payer %.*s, which no pack has", PP_FMT(rows[i].id),
                              PP_FMT(rows[i].payer));
    }
    return index_codes(r, rows, n, err);
}

const struct refs_kind refs_kind_rules = {"rules", sizeof(struct pp_rule), cols, sizeof cols / sizeof *cols, check_row,
                                          finish};

const struct pp_rule *pp_refs_rule(const struct pp_refs *r, struct pp_str id) {
    struct pp_rule key = {.id = id};
    size_t n = REFS_N(r, REFS_RULES);
    return n ? bsearch(&key, r->lists[REFS_RULES].rows, n, sizeof key, by_id) : NULL;
}

struct pp_str pp_rules_packs(const struct pp_refs *r, struct pp_arena *a) {
    struct pp_str out = PP_STR_NONE;
    for (size_t i = 0; i < r->npacks; i++) {
        const struct pp_pack *p = &r->packs[i];
        if (!pp_str_eqz(p->kind, "rules")) continue;
        struct pp_str more = pp_arena_printf(a, "%.*s%s%.*s %.12s", PP_FMT(out), out.n ? ", " : "", PP_FMT(p->name),
                                             p->hash.n ? p->hash.s : "-");
        if (more.n > 80) break;
        out = more;
    }
    return out.n ? out : PP_STR("none");
}
