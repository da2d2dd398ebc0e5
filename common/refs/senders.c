#include "refs/set.h"

#include <stdlib.h>

/* ---- cells ---- */

static int one_of(struct pp_str text, const char *const *names, int n) {
    for (int i = 0; i < n; i++)
        if (pp_str_eqz(text, names[i])) return i;
    return -1;
}
#define ONE_OF(text, names) one_of((text), (names), (int)(sizeof(names) / sizeof *(names)))

/* Names of table 0211, one for each set; in the order of enum pp_hl7_charset. */
static bool cell_charset(struct pp_str text, void *to) {
    static const char *const names[PP_HL7_CHARSET_COUNT] = {"UNICODE UTF-8", "8859/1", "8859/2", "8859/3",
                                                            "8859/4",        "8859/5", "8859/6", "8859/7",
                                                            "8859/8",        "8859/9", "8859/15"};
    int i = ONE_OF(text, names);
    if (i < 0) return false;
    enum pp_hl7_charset v = (enum pp_hl7_charset)i;
    memcpy(to, &v, sizeof v);
    return true;
}

static bool cell_member(struct pp_str text, void *to) {
    static const char *const names[] = {"IN1-36", "IN1-49", "IN2-61"};
    int i = ONE_OF(text, names);
    if (i < 0) return false;
    enum pp_hl7_member_from v = (enum pp_hl7_member_from)i;
    memcpy(to, &v, sizeof v);
    return true;
}

/* In the order of enum pp_hl7_start_from, whose first is none. */
static bool cell_start(struct pp_str text, void *to) {
    static const char *const names[] = {"TQ1-7", "SCH-11", "AIS-4", "AIL-6", "AIP-6", "AIG-8"};
    int i = ONE_OF(text, names);
    if (i < 0) return false;
    uint8_t v = (uint8_t)(i + 1);
    memcpy(to, &v, sizeof v);
    return true;
}

static bool cell_account(struct pp_str text, void *to) {
    static const char *const names[] = {"PID-18", "PID-3", "PV1-19"};
    int i = ONE_OF(text, names);
    if (i < 0) return false;
    enum pp_sender_account v = (enum pp_sender_account)i;
    memcpy(to, &v, sizeof v);
    return true;
}

static bool cell_visit(struct pp_str text, void *to) {
    static const char *const names[] = {"SCH-2", "SCH-1", "PV1-19"};
    int i = ONE_OF(text, names);
    if (i < 0) return false;
    enum pp_sender_visit v = (enum pp_sender_visit)i;
    memcpy(to, &v, sizeof v);
    return true;
}

static bool cell_order(struct pp_str text, void *to) {
    static const char *const names[] = {"ORC-2", "ORC-3"};
    int i = ONE_OF(text, names);
    if (i < 0) return false;
    enum pp_sender_order v = (enum pp_sender_order)i;
    memcpy(to, &v, sizeof v);
    return true;
}

/* ---- the kind ---- */

#define HL7(member) (offsetof(struct pp_sender, hl7) + offsetof(struct pp_hl7_profile, member))
static const struct refs_col sender_cols[] = {
    {"sender", refs_cell_text, offsetof(struct pp_sender, sender), 120, true},
    {"charset", cell_charset, HL7(charset_default), 0, false},
    {"charset_forced", refs_cell_bool, HL7(charset_ignore_msh18), 0, false},
    {"mixed_ends", refs_cell_bool, HL7(mixed_ends), 0, false},
    {"null_is_empty", refs_cell_bool, HL7(null_is_empty), 0, false},
    {"npi_unmarked", refs_cell_bool, HL7(npi_unmarked), 0, false},
    {"versions", refs_cell_text, HL7(versions), 80, false},
    {"processing", refs_cell_text, HL7(processing), 16, false},
    {"mrn_type", refs_cell_text, HL7(mrn_type), 16, false},
    {"mrn_authority", refs_cell_text, HL7(mrn_authority), 80, false},
    {"member", cell_member, HL7(member_from), 0, false},
    {"start", cell_start, HL7(start_from), 0, false},
    {"account", cell_account, offsetof(struct pp_sender, account_from), 0, false},
    {"visit", cell_visit, offsetof(struct pp_sender, visit_from), 0, false},
    {"order", cell_order, offsetof(struct pp_sender, order_from), 0, false},
    {"note", refs_cell_text, offsetof(struct pp_sender, note), 400, false},
};

static bool has_empty_part(struct pp_str list) {
    if (list.n && list.s[list.n - 1] == '|') return true;
    while (list.n)
        if (!pp_str_trim(pp_str_split(&list, '|')).n) return true;
    return false;
}

static int check_sender(void *row, const struct pp_pack *pack, struct pp_err *err) {
    const struct pp_sender *s = row;
    (void)pack;
    const char *star = memchr(s->sender.s, '*', s->sender.n);
    if (star && star != s->sender.s + s->sender.n - 1)
        return pp_err_set(err, PP_ERR_INVALID, "sender %.*s: a star stands at the end only", PP_FMT(s->sender));
    if (has_empty_part(s->hl7.versions) || has_empty_part(s->hl7.processing))
        return pp_err_set(err, PP_ERR_INVALID, "sender %.*s: a list has an empty part, which nothing fits",
                          PP_FMT(s->sender));
    if (s->hl7.mrn_authority.n && !s->hl7.mrn_type.n)
        return pp_err_set(err, PP_ERR_INVALID,
                          "sender %.*s: mrn_authority chooses among those of mrn_type, which is empty",
                          PP_FMT(s->sender));
    return 0;
}

static int by_sender(const void *a, const void *b) {
    return pp_str_cmp(((const struct pp_sender *)a)->sender, ((const struct pp_sender *)b)->sender);
}

static int finish_senders(struct pp_refs *r, struct pp_err *err) {
    struct pp_sender *rows = REFS_ROWS(r, REFS_SENDERS, struct pp_sender);
    size_t n = REFS_N(r, REFS_SENDERS);
    if (n) qsort(rows, n, sizeof *rows, by_sender);
    for (size_t i = 1; i < n; i++)
        if (!by_sender(&rows[i - 1], &rows[i]))
            return pp_err_set(err, PP_ERR_INVALID, "sender %.*s is listed twice", PP_FMT(rows[i].sender));
    return 0;
}

const struct refs_kind refs_kind_senders = {"senders",    sizeof(struct pp_sender),
                                            sender_cols,  sizeof sender_cols / sizeof *sender_cols,
                                            check_sender, finish_senders};

/* ---- looking up ---- */

const struct pp_sender *pp_refs_sender(const struct pp_refs *r, struct pp_str sender) {
    const struct pp_sender *rows = r->lists[REFS_SENDERS].rows, *best = NULL;
    int best_fit = 0;
    for (size_t i = 0; i < REFS_N(r, REFS_SENDERS); i++) {
        int fit = pp_refs_sender_fit(rows[i].sender, sender);
        if (fit <= best_fit) continue;
        best = &rows[i];
        best_fit = fit;
    }
    return best;
}

const struct pp_sender *pp_refs_sender_next(const struct pp_refs *r, const struct pp_sender *prev) {
    const struct pp_sender *rows = r->lists[REFS_SENDERS].rows;
    size_t i = prev ? (size_t)(prev - rows) + 1 : 0;
    return i < REFS_N(r, REFS_SENDERS) ? &rows[i] : NULL;
}
