#include "refs/set.h"

#include <stdlib.h>

#define LOWERED_BYTES_MAX 2000

static const struct refs_col cols[] = {
    {"sender", refs_cell_text, offsetof(struct pp_x12_sender, sender), 120, true},
    {"errors_to", refs_cell_int, offsetof(struct pp_x12_sender, errors_to), 0, false},
    {"lowered", refs_cell_text, offsetof(struct pp_x12_sender, lowered), LOWERED_BYTES_MAX, false},
    {"counts_tolerant", refs_cell_bool, offsetof(struct pp_x12_sender, counts_tolerant), 0, false},
    {"repair", refs_cell_bool, offsetof(struct pp_x12_sender, repair), 0, false},
    {"note", refs_cell_text, offsetof(struct pp_x12_sender, note), 400, false},
};

static bool is_line(struct pp_str line) {
    struct pp_str name = pp_str_trim(pp_str_split(&line, ':')), to = pp_str_trim(line);
    return name.n && (pp_str_eqz(to, "warning") || pp_str_eqz(to, "off"));
}

static int check_row(void *row, const struct pp_pack *pack, struct pp_err *err) {
    const struct pp_x12_sender *s = row;
    (void)pack;
    const char *star = memchr(s->sender.s, '*', s->sender.n);
    if (star && star != s->sender.s + s->sender.n - 1)
        return pp_err_set(err, PP_ERR_INVALID, "sender %.*s: a star stands at the end only", PP_FMT(s->sender));
    if (s->errors_to < 0 || s->errors_to > 7)
        return pp_err_set(err, PP_ERR_INVALID, "sender %.*s: errors_to is a SNIP type, 1 to 7", PP_FMT(s->sender));
    for (struct pp_str rest = s->lowered; rest.n;)
        if (!is_line(pp_str_split(&rest, '|')))
            return pp_err_set(err, PP_ERR_INVALID,
                              "sender %.*s: lowered is parted by |, each part 'name: warning' or "
                              "'name: off'",
                              PP_FMT(s->sender));
    return 0;
}

static int by_sender(const void *a, const void *b) {
    return pp_str_cmp(((const struct pp_x12_sender *)a)->sender, ((const struct pp_x12_sender *)b)->sender);
}

static int finish(struct pp_refs *r, struct pp_err *err) {
    struct pp_x12_sender *rows = REFS_ROWS(r, REFS_X12_SENDERS, struct pp_x12_sender);
    size_t n = REFS_N(r, REFS_X12_SENDERS);
    if (n) qsort(rows, n, sizeof *rows, by_sender);
    for (size_t i = 1; i < n; i++)
        if (!by_sender(&rows[i - 1], &rows[i]))
            return pp_err_set(err, PP_ERR_INVALID, "sender %.*s is listed twice", PP_FMT(rows[i].sender));
    return 0;
}

const struct refs_kind refs_kind_x12_senders = {
    "x12-senders", sizeof(struct pp_x12_sender), cols, sizeof cols / sizeof *cols, check_row, finish};

const struct pp_x12_sender *pp_refs_x12_sender(const struct pp_refs *r, struct pp_str sender) {
    const struct pp_x12_sender *rows = r->lists[REFS_X12_SENDERS].rows, *best = NULL;
    int best_fit = 0;
    for (size_t i = 0; i < REFS_N(r, REFS_X12_SENDERS); i++) {
        int fit = pp_refs_sender_fit(rows[i].sender, sender);
        if (fit <= best_fit) continue;
        best = &rows[i];
        best_fit = fit;
    }
    return best;
}

const struct pp_x12_sender *pp_refs_x12_sender_next(const struct pp_refs *r, const struct pp_x12_sender *prev) {
    const struct pp_x12_sender *rows = r->lists[REFS_X12_SENDERS].rows;
    size_t i = prev ? (size_t)(prev - rows) + 1 : 0;
    return i < REFS_N(r, REFS_X12_SENDERS) ? &rows[i] : NULL;
}
