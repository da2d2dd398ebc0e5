#include "claims/normalise.h"

static char upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 32) : c; }
static bool alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }

static struct pp_str squeeze(struct pp_str in, struct pp_arena *a) {
    char *out = pp_arena_array(a, char, in.n + 1);
    uint32_t n = 0;
    if (!out) return PP_STR_NONE;
    for (uint32_t i = 0; i < in.n; i++) {
        char c = upper(in.s[i]);
        if (alnum(c)) out[n++] = c;
    }
    return (struct pp_str){out, n};
}

static bool is_placeholder(struct pp_str squeezed) {
    static const char *const words[] = {"NPN",     "NONE",       "NA",      "NOAUTH", "NOTREQUIRED", "NOTREQ",
                                        "PENDING", "NOTREQUIRE", "UNKNOWN", "TBD",    "NULL",        "XXX"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (pp_str_eqz(squeezed, words[i])) return true;
    for (uint32_t i = 1; i < squeezed.n; i++)
        if (squeezed.s[i] != squeezed.s[0]) return false;
    return squeezed.n > 0; /* "9999", "X", "0000000" */
}

struct pp_str claims_number(struct pp_str as_sent, struct pp_arena *a) {
    struct pp_str v = squeeze(as_sent, a);
    if (is_placeholder(v)) return PP_STR_NONE;
    while (v.n > 1 && v.s[0] == '0') v.s++, v.n--;
    return v;
}

bool claims_number_placeholder(struct pp_str as_sent, struct pp_arena *a) {
    return is_placeholder(squeeze(as_sent, a));
}
struct pp_str claims_member(struct pp_str as_sent, struct pp_arena *a) {
    return squeeze(as_sent, a);
}
struct pp_str claims_diagnosis(struct pp_str as_sent, struct pp_arena *a) {
    return squeeze(as_sent, a);
}

bool claims_list_has(struct pp_str list, struct pp_str item) {
    while (list.n) {
        struct pp_str one = pp_str_split(&list, ',');
        if (one.n && pp_str_eq(one, item)) return true;
    }
    return false;
}

struct pp_str claims_cut(struct pp_str v, uint32_t max) {
    if (v.n <= max) return v;
    while (max > 0 && ((unsigned char)v.s[max] & 0xC0) == 0x80) max--;
    return (struct pp_str){v.s, max};
}

struct pp_str claims_list_join(const struct pp_str *items, size_t n, struct pp_arena *a) {
    size_t total = 0, at = 0;
    for (size_t i = 0; i < n; i++) total += items[i].n + 1;
    char *out = pp_arena_array(a, char, total + 1);
    if (!out) return PP_STR_NONE;
    for (size_t i = 0; i < n; i++) {
        if (!items[i].n) continue;
        if (at) out[at++] = ',';
        memcpy(out + at, items[i].s, items[i].n);
        at += items[i].n;
    }
    return (struct pp_str){out, (uint32_t)at};
}
