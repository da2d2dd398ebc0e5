#include "io/http_route.h"

#define SEGMENTS_MAX 31

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool pp_url_decode(struct pp_str raw, bool plus, struct pp_arena *a, struct pp_str *ret) {
    char *out = pp_arena_alloc(a, raw.n + 1);
    if (!out) return false;
    uint32_t n = 0;
    for (uint32_t i = 0; i < raw.n; i++) {
        char c = raw.s[i];
        if (c == '%') {
            if (raw.n - i < 3) return false;
            int hi = hex_digit(raw.s[i + 1]), lo = hex_digit(raw.s[i + 2]);
            if (hi < 0 || lo < 0) return false;
            c = (char)(hi << 4 | lo);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == 0) return false;
        out[n++] = c;
    }
    *ret = (struct pp_str){out, n};
    return true;
}

static struct pp_str strip_slash(struct pp_str s) {
    if (s.n && s.s[0] == '/') return (struct pp_str){s.s + 1, s.n - 1};
    return s;
}

static bool has_dots(struct pp_str raw, struct pp_arena *a) {
    struct pp_str seg;
    while (raw.n) {
        if (!pp_url_decode(pp_str_split(&raw, '/'), false, a, &seg)) return true;
        if (pp_str_eqz(seg, ".") || pp_str_eqz(seg, "..")) return true;
    }
    return false;
}

int64_t pp_route_match(const char *pattern, struct pp_str raw_path, struct pp_arena *a, struct pp_url_pair *ret_vars,
                       int max_vars, int *ret_nvars, bool *ret_bad) {
    struct pp_str pat = strip_slash(pp_str_z(pattern)), path = strip_slash(raw_path);
    int64_t rank = 1;
    int nvars = 0;
    bool takes_rest = false;
    if (has_dots(path, a)) {
        *ret_bad = true;
        return -1;
    }
    for (int i = 0; pat.n || path.n; i++) {
        if (!pat.n || !path.n || i == SEGMENTS_MAX) return -1;
        struct pp_str want = pp_str_split(&pat, '/');
        bool var = want.n > 2 && want.s[0] == '{' && want.s[want.n - 1] == '}';
        bool rest = var && want.n > 5 && memcmp(want.s + want.n - 4, "...}", 4) == 0;
        struct pp_str got, raw = rest ? path : pp_str_split(&path, '/');
        if (rest) {
            path = PP_STR_NONE;
            takes_rest = true;
        }
        if (raw.n == 0 || !pp_url_decode(raw, false, a, &got)) return -1;
        rank = rank << 1 | !var;
        if (!var) {
            if (!pp_str_eq(want, got)) return -1;
            continue;
        }
        if (nvars == max_vars) return -1;
        ret_vars[nvars++] = (struct pp_url_pair){{want.s + 1, want.n - (rest ? 5 : 2)}, got};
    }
    *ret_nvars = nvars;
    /* Ranks of different lengths are compared from the front; with the same front, what takes the rest is weaker. */
    while (rank < INT64_C(1) << SEGMENTS_MAX) rank <<= 1;
    return rank << 1 | !takes_rest;
}

int pp_query_parse(struct pp_str raw, struct pp_arena *a, struct pp_url_pair *ret, int max) {
    int n = 0;
    while (raw.n) {
        struct pp_str value = pp_str_split(&raw, '&');
        if (value.n == 0) continue;
        struct pp_str name = pp_str_split(&value, '=');
        if (n == max || !pp_url_decode(name, true, a, &ret[n].name) || !pp_url_decode(value, true, a, &ret[n].value))
            return -1;
        n++;
    }
    return n;
}
