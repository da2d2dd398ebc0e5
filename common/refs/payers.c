#include "refs/set.h"

#include <stdlib.h>
#include <strings.h>

#define ELIGIBILITY_DAYS 30 /* where the directory says nothing */

struct payer_row { /* the payer, and what only the index needs */
    struct pp_payer payer;
    struct pp_str codes, names, channel;
};

#define COL(name, member, cell, max, must)                                                                             \
    { name, cell, offsetof(struct payer_row, payer.member), max, must }
static const struct refs_col cols[] = {
    COL("payer", id, refs_cell_text, 40, true),
    COL("name", name, refs_cell_text, 120, true),
    {"codes", refs_cell_text, offsetof(struct payer_row, codes), 0, false},
    {"names", refs_cell_text, offsetof(struct payer_row, names), 0, false},
    COL("lob", lob, refs_cell_lob, 0, true),
    {"channel", refs_cell_text, offsetof(struct payer_row, channel), 16, true},
    COL("base_url", base_url, refs_cell_text, 400, false),
    COL("ig", ig, refs_cell_text, 16, false),
    COL("org_filter", org_filter, refs_cell_text, 200, false),
    COL("identifier_system", identifier_system, refs_cell_text, 200, false),
    COL("identifier", identifier, refs_cell_text, 80, false),
    COL("reviewer", reviewer, refs_cell_text, 40, false),
    COL("zone", zone, refs_cell_text, 40, true),
    COL("auth_header", auth_header, refs_cell_text, 200, false),
    COL("auth_secret", auth_secret, refs_cell_text, 80, false),
    COL("callback_header", callback_header, refs_cell_text, 80, false),
    COL("callback_secret", callback_secret, refs_cell_text, 80, false),
    COL("phone", phone, refs_cell_text, 40, false),
    COL("portal_url", portal_url, refs_cell_text, 200, false),
    COL("isa_sender_type", isa_sender_type, refs_cell_text, 2, false),
    COL("isa_sender", isa_sender, refs_cell_text, 15, false),
    COL("isa_receiver_type", isa_receiver_type, refs_cell_text, 2, false),
    COL("isa_receiver", isa_receiver, refs_cell_text, 15, false),
    COL("gs_sender", gs_sender, refs_cell_text, 15, false),
    COL("gs_receiver", gs_receiver, refs_cell_text, 15, false),
    COL("x12_usage", x12_usage, refs_cell_text, 1, false),
    COL("x12_attachment", x12_attachment, refs_cell_text, 10, false),
    COL("x12_profile", x12_profile, refs_cell_text, 80, false),
    COL("eligibility_url", eligibility_url, refs_cell_text, 400, false),
    COL("eligibility_days", eligibility_days, refs_cell_int, 0, false),
    COL("requests_s_max", requests_s_max, refs_cell_int, 0, false),
    COL("concurrent_max", concurrent_max, refs_cell_int, 0, false),
    COL("connect_timeout_ms", connect_timeout_ms, refs_cell_int, 0, false),
    COL("timeout_ms", timeout_ms, refs_cell_int, 0, false),
};

/* "x12-core" and "x12-file" are the channel x12 with its transport; "x12" alone would leave open where to send. */
static int set_channel(struct payer_row *row, struct pp_err *err) {
    struct pp_payer *p = &row->payer;
    if (pp_str_eqz(row->channel, "x12-core")) p->transport = PP_X12_CORE;
    if (pp_str_eqz(row->channel, "x12-file")) p->transport = PP_X12_FILE;
    if (p->transport)
        p->channel = EV_REQUIREMENT_DETERMINED_CHANNEL_X12;
    else if (!ev_requirement_determined_channel_parse(row->channel, &p->channel) ||
             p->channel == EV_REQUIREMENT_DETERMINED_CHANNEL_X12)
        return pp_err_set(err, PP_ERR_INVALID,
                          "payer %.*s: channel is none of fhir, x12-core, x12-file, portal, phone, none",
                          PP_FMT(p->id));
    return 0;
}

/* What every interchange to the payer needs. */
static int check_envelope(const struct pp_payer *p, const char *what, struct pp_err *err) {
    const char *missing = !p->isa_sender_type.n     ? "isa_sender_type"
                          : !p->isa_sender.n        ? "isa_sender"
                          : !p->isa_receiver_type.n ? "isa_receiver_type"
                          : !p->isa_receiver.n      ? "isa_receiver"
                                                    : NULL;
    if (missing) return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: %s needs %s", PP_FMT(p->id), what, missing);
    if (p->isa_sender_type.n != 2 || p->isa_receiver_type.n != 2)
        return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: a type of ISA has two characters", PP_FMT(p->id));
    if (p->x12_usage.n && !pp_str_eqz(p->x12_usage, "P") && !pp_str_eqz(p->x12_usage, "T"))
        return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: x12_usage is P or T", PP_FMT(p->id));
    return 0;
}

static int check_eligibility(struct pp_payer *p, struct pp_err *err) {
    if (p->eligibility_days < 0)
        return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: eligibility_days is negative", PP_FMT(p->id));
    if (!p->eligibility_days) p->eligibility_days = ELIGIBILITY_DAYS;
    if (!p->eligibility_url.n) return 0;
    if (pp_str_starts(p->eligibility_url, PP_STR("file://")))
        return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: eligibility is asked by HTTP, not by file", PP_FMT(p->id));
    if (!p->identifier.n)
        return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: eligibility_url needs identifier", PP_FMT(p->id));
    return check_envelope(p, "eligibility_url", err);
}

static int check_x12(const struct pp_payer *p, struct pp_err *err) {
    if (!p->base_url.n) return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: channel x12 needs base_url", PP_FMT(p->id));
    if (check_envelope(p, "channel x12", err) < 0) return -1;
    bool file = pp_str_starts(p->base_url, PP_STR("file://"));
    if (file != (p->transport == PP_X12_FILE))
        return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: base_url does not fit to its channel", PP_FMT(p->id));
    if (p->x12_attachment.n && !pp_str_eqz(p->x12_attachment, "005010X211") &&
        !pp_str_eqz(p->x12_attachment, "006020X316"))
        return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: x12_attachment is 005010X211 or 006020X316", PP_FMT(p->id));
    return 0;
}

static int check_row(void *row, const struct pp_pack *pack, struct pp_err *err) {
    struct pp_payer *p = &((struct payer_row *)row)->payer;
    (void)pack;
    if (set_channel(row, err) < 0) return -1;
    /* What a payer can bear when the directory does not say: little. */
    if (!p->requests_s_max) p->requests_s_max = 5;
    if (!p->concurrent_max) p->concurrent_max = 2;
    if (!p->connect_timeout_ms) p->connect_timeout_ms = 3000;
    if (!p->timeout_ms) p->timeout_ms = 30000;
    if (p->requests_s_max < 0 || p->concurrent_max < 0 || p->connect_timeout_ms < 0 || p->timeout_ms < 0)
        return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: a cap or a time-out is negative", PP_FMT(p->id));
    int minutes;
    if (!pp_zone_offset(p->zone, 0, &minutes))
        return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: unknown zone", PP_FMT(p->id));
    if (p->channel == EV_REQUIREMENT_DETERMINED_CHANNEL_FHIR && !p->base_url.n)
        return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: channel fhir needs a base_url", PP_FMT(p->id));
    if (check_eligibility(p, err) < 0) return -1;
    return p->transport ? check_x12(p, err) : 0;
}

static int fold_cmp(struct pp_str a, struct pp_str b) {
    uint32_t n = a.n < b.n ? a.n : b.n;
    int c = n ? strncasecmp(a.s, b.s, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int by_id(const void *a, const void *b) {
    return pp_str_cmp(((const struct payer_row *)a)->payer.id, ((const struct payer_row *)b)->payer.id);
}

static int by_alias(const void *a, const void *b) {
    const struct refs_alias *x = a, *y = b;
    if (x->is_name != y->is_name) return x->is_name - y->is_name;
    return fold_cmp(x->text, y->text);
}

static size_t count_parts(struct pp_str list) {
    size_t n = 1;
    for (uint32_t i = 0; i < list.n; i++) n += list.s[i] == '|';
    return n;
}

static void add_aliases(struct pp_refs *r, const struct pp_payer *p, struct pp_str list, bool is_name) {
    while (list.n) {
        struct pp_str part = pp_str_trim(pp_str_split(&list, '|'));
        if (part.n) r->aliases[r->aliases_n++] = (struct refs_alias){part, is_name, p};
    }
}

static int finish(struct pp_refs *r, struct pp_err *err) {
    struct payer_row *rows = REFS_ROWS(r, REFS_PAYERS, struct payer_row);
    size_t n = REFS_N(r, REFS_PAYERS), aliases_max = 0;
    if (!n) return 0;
    qsort(rows, n, sizeof *rows, by_id);
    for (size_t i = 0; i < n; i++) {
        if (i && !by_id(&rows[i - 1], &rows[i]))
            return pp_err_set(err, PP_ERR_INVALID, "payer %.*s is in the directory twice", PP_FMT(rows[i].payer.id));
        if (rows[i].payer.reviewer.n && !pp_refs_payer(r, rows[i].payer.reviewer))
            return pp_err_set(err, PP_ERR_INVALID, "payer %.*s: its reviewer is not in the directory",
                              PP_FMT(rows[i].payer.id));
        aliases_max += count_parts(rows[i].codes) + count_parts(rows[i].names) + 2;
    }
    r->aliases = pp_arena_array(&r->arena, struct refs_alias, aliases_max);
    if (!r->aliases) return refs_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const struct pp_payer *p = &rows[i].payer;
        add_aliases(r, p, rows[i].codes, false);
        add_aliases(r, p, p->id, false);
        add_aliases(r, p, rows[i].names, true);
        add_aliases(r, p, p->name, true);
    }
    qsort(r->aliases, r->aliases_n, sizeof *r->aliases, by_alias);
    for (size_t i = 1; i < r->aliases_n; i++)
        if (!by_alias(&r->aliases[i - 1], &r->aliases[i]) && r->aliases[i - 1].payer != r->aliases[i].payer)
            return pp_err_set(err, PP_ERR_INVALID, "payers %.*s and %.*s share a code or a name",
                              PP_FMT(r->aliases[i - 1].payer->id), PP_FMT(r->aliases[i].payer->id));
    return 0;
}

const struct refs_kind refs_kind_payers = {
    "payers", sizeof(struct payer_row), cols, sizeof cols / sizeof *cols, check_row, finish};

const struct pp_payer *pp_refs_payer(const struct pp_refs *r, struct pp_str id) {
    struct payer_row key = {.payer.id = id};
    const struct payer_row *p =
        REFS_N(r, REFS_PAYERS) ? bsearch(&key, r->lists[REFS_PAYERS].rows, REFS_N(r, REFS_PAYERS), sizeof key, by_id)
                               : NULL;
    return p ? &p->payer : NULL;
}

static const struct pp_payer *alias(const struct pp_refs *r, struct pp_str text, bool is_name) {
    struct refs_alias key = {.text = pp_str_trim(text), .is_name = is_name};
    if (!key.text.n || !r->aliases_n) return NULL;
    const struct refs_alias *a = bsearch(&key, r->aliases, r->aliases_n, sizeof key, by_alias);
    return a ? a->payer : NULL;
}

const struct pp_payer *pp_refs_payer_find(const struct pp_refs *r, struct pp_str code, struct pp_str name) {
    const struct pp_payer *by_code = alias(r, code, false), *by_name = alias(r, name, true);
    if (by_code && by_name && by_code != by_name) return NULL;
    return by_code ? by_code : by_name;
}

const struct pp_payer *pp_refs_payer_by_isa(const struct pp_refs *r, struct pp_str type, struct pp_str id) {
    const struct pp_payer *found = NULL;
    for (const struct pp_payer *p = NULL; id.n && (p = pp_refs_payer_next(r, p));) {
        if (!pp_str_eq(p->isa_receiver, id) || (type.n && !pp_str_eq(p->isa_receiver_type, type))) continue;
        if (found) return NULL;
        found = p;
    }
    return found;
}

const struct pp_payer *pp_refs_payer_next(const struct pp_refs *r, const struct pp_payer *prev) {
    const struct payer_row *rows = r->lists[REFS_PAYERS].rows;
    size_t i = prev ? (size_t)((const struct payer_row *)(const void *)prev - rows) + 1 : 0;
    return i < REFS_N(r, REFS_PAYERS) ? &rows[i].payer : NULL;
}

/* "{payersim}" or "{payersim+3}" at the head of *url is taken off; *ret_plus is the number. */
static bool take_payersim(struct pp_str *url, int64_t *ret_plus) {
    struct pp_str rest = *url;
    struct pp_str head = pp_str_split(&rest, '}');
    *ret_plus = 0;
    if (!pp_str_starts(head, PP_STR("{payersim"))) return false;
    struct pp_str plus = {head.s + 9, head.n - 9};
    if (plus.n && (plus.s[0] != '+' || !pp_str_int(plus, ret_plus))) return false;
    *url = rest;
    return true;
}

static struct pp_str fill_url(struct pp_str url, struct pp_str payersim, struct pp_arena *a) {
    int64_t plus, port;
    bool sim = take_payersim(&url, &plus);
    while (url.n && url.s[url.n - 1] == '/') url.n--;
    if (!sim) return pp_arena_str(a, url);
    struct pp_str base = payersim;
    while (base.n && base.s[base.n - 1] == '/') base.n--;
    uint32_t colon = base.n;
    while (colon && base.s[colon - 1] != ':') colon--;
    if (plus && colon && pp_str_int((struct pp_str){base.s + colon, base.n - colon}, &port))
        return pp_arena_printf(a, "%.*s%lld%.*s", (int)colon, base.s, (long long)(port + plus), PP_FMT(url));
    return pp_arena_printf(a, "%.*s%.*s", PP_FMT(base), PP_FMT(url));
}

struct pp_str pp_payer_url(const struct pp_payer *p, struct pp_str payersim, struct pp_arena *a) {
    return fill_url(p->base_url, payersim, a);
}

struct pp_str pp_payer_eligibility_url(const struct pp_payer *p, struct pp_str payersim, struct pp_arena *a) {
    return p->eligibility_url.n ? fill_url(p->eligibility_url, payersim, a) : PP_STR_NONE;
}

static const char eligibility_tail[] = "/eligibility";

struct pp_str pp_payer_eligibility_target(struct pp_str payer, struct pp_arena *a) {
    return pp_arena_printf(a, "%.*s%s", PP_FMT(payer), eligibility_tail);
}

struct pp_str pp_payer_of_eligibility(struct pp_str target) {
    uint32_t tail = sizeof eligibility_tail - 1;
    bool fits = target.n > tail && memcmp(target.s + target.n - tail, eligibility_tail, tail) == 0;
    return fits ? (struct pp_str){target.s, target.n - tail} : PP_STR_NONE;
}

struct pp_str pp_payer_folder(const struct pp_payer *p, struct pp_str exchange, struct pp_arena *a) {
    static const struct pp_str scheme = {"file://", 7}, mark = {"{exchange}", 10};
    struct pp_str folder = p->base_url;
    if (p->transport != PP_X12_FILE || !pp_str_starts(folder, scheme)) return PP_STR_NONE;
    folder = (struct pp_str){folder.s + scheme.n, folder.n - scheme.n};
    if (!pp_str_starts(folder, mark)) return pp_arena_str(a, folder);
    if (!exchange.n) return PP_STR_NONE;
    return pp_arena_printf(a, "%.*s%.*s", PP_FMT(exchange), (int)(folder.n - mark.n), folder.s + mark.n);
}
