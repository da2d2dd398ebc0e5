#include "base/str.h"

#include <strings.h>

int pp_str_cmp(struct pp_str a, struct pp_str b) {
    uint32_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.s, b.s, n) : 0;
    if (c) return c;
    return a.n < b.n ? -1 : a.n > b.n;
}

bool pp_str_ieq(struct pp_str a, struct pp_str b) {
    return a.n == b.n && (a.n == 0 || strncasecmp(a.s, b.s, a.n) == 0);
}

bool pp_str_starts(struct pp_str a, struct pp_str head) {
    return a.n >= head.n && (head.n == 0 || memcmp(a.s, head.s, head.n) == 0);
}

bool pp_str_ends(struct pp_str a, struct pp_str tail) {
    return a.n >= tail.n && (tail.n == 0 || memcmp(a.s + a.n - tail.n, tail.s, tail.n) == 0);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

struct pp_str pp_str_trim(struct pp_str a) {
    while (a.n && is_blank(a.s[0])) {
        a.s++;
        a.n--;
    }
    while (a.n && is_blank(a.s[a.n - 1])) a.n--;
    return a;
}

struct pp_str pp_str_split(struct pp_str *rest, char sep) {
    struct pp_str all = *rest;
    const char *at = all.n ? memchr(all.s, sep, all.n) : NULL;
    if (!at) {
        *rest = PP_STR_NONE;
        return all;
    }
    uint32_t head = (uint32_t)(at - all.s);
    *rest = (struct pp_str){at + 1, all.n - head - 1};
    return (struct pp_str){all.s, head};
}

struct pp_str pp_str_cut(struct pp_str a, uint32_t bytes_max) {
    if (a.n <= bytes_max) return a;
    a.n = bytes_max;
    while (a.n && ((unsigned char)a.s[a.n] & 0xC0) == 0x80) a.n--; /* s[n] begins what is left out */
    return a;
}

bool pp_str_int(struct pp_str a, int64_t *ret_v) {
    uint32_t i = 0;
    bool neg = false;
    if (a.n && (a.s[0] == '-' || a.s[0] == '+')) neg = a.s[i++] == '-';
    if (i == a.n) return false;
    int64_t v = 0; /* built up as a negative number, whose range is one wider */
    for (; i < a.n; i++) {
        if (a.s[i] < '0' || a.s[i] > '9') return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, a.s[i] - '0', &v)) return false;
    }
    if (!neg && v == INT64_MIN) return false;
    *ret_v = neg ? v : -v;
    return true;
}
