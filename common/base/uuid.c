#include "base/uuid.h"
#include "base/hash.h"

static const char b32_lower[] = "0123456789abcdefghjkmnpqrstvwxyz";
static const char b32_upper[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

struct pp_uuid pp_uuid_v7(int64_t now_ms, const uint8_t random[10]) {
    struct pp_uuid u;
    for (int i = 0; i < 6; i++) u.b[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
    memcpy(u.b + 6, random, 10);
    u.b[6] = (uint8_t)(0x70 | (u.b[6] & 0x0f));
    u.b[8] = (uint8_t)(0x80 | (u.b[8] & 0x3f));
    return u;
}

struct pp_uuid pp_uuid_derive(struct pp_uuid parent, struct pp_str name) {
    uint8_t sum[PP_SHA256_BYTES];
    char text[1024];
    /* names are ours and short; a longer one is cut, which keeps the function total */
    uint32_t n = name.n < sizeof text - sizeof parent ? name.n : (uint32_t)(sizeof text - sizeof parent);
    memcpy(text, parent.b, sizeof parent);
    if (n) memcpy(text + sizeof parent, name.s, n);
    pp_sha256((struct pp_str){text, (uint32_t)sizeof parent + n}, sum);
    struct pp_uuid u;
    memcpy(u.b, sum, sizeof u.b);
    u.b[6] = (uint8_t)(0x80 | (u.b[6] & 0x0f));
    u.b[8] = (uint8_t)(0x80 | (u.b[8] & 0x3f));
    return u;
}

struct pp_uuid pp_pseudo_person(struct pp_str tenant, struct pp_str name) {
    return pp_uuid_derive(pp_uuid_derive((struct pp_uuid){{0}}, tenant), name);
}

void pp_uuid_text(struct pp_uuid u, char ret[PP_UUID_TEXT + 1]) {
    char hex[33];
    pp_hex(u.b, sizeof u.b, hex);
    static const struct { uint8_t from, n; } part[] = {{0, 8}, {8, 4}, {12, 4}, {16, 4}, {20, 12}};
    char *p = ret;
    for (size_t i = 0; i < 5; i++) {
        if (i) *p++ = '-';
        memcpy(p, hex + part[i].from, part[i].n);
        p += part[i].n;
    }
    *p = '\0';
}

/* 128 bits as 26 digits of 5 bits: the first digit holds only the top 3 bits. */
static void b32_of_uuid(struct pp_uuid u, const char *alphabet, char *ret) {
    for (int i = 0; i < PP_UUID_B32; i++) {
        int v = 0;
        for (int k = 0; k < 5; k++) {
            int bit = i * 5 + k - 2; /* two leading zero bits make 130 */
            v = v << 1 | (bit < 0 ? 0 : u.b[bit / 8] >> (7 - bit % 8) & 1);
        }
        ret[i] = alphabet[v];
    }
}

void pp_uuid_b32(struct pp_uuid u, char ret[PP_UUID_B32 + 1]) {
    b32_of_uuid(u, b32_lower, ret);
    ret[PP_UUID_B32] = '\0';
}

/* Crockford: case does not matter, o reads as 0, i and l as 1. -1: no digit. */
static int b32_value(char c) {
    if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
    if (c == 'o') c = '0';
    if (c == 'i' || c == 'l') c = '1';
    const char *at = c ? strchr(b32_lower, c) : NULL;
    return at ? (int)(at - b32_lower) : -1;
}

static bool uuid_of_b32(const char *s, struct pp_uuid *ret) {
    struct pp_uuid u = {{0}};
    for (int i = 0; i < PP_UUID_B32; i++) {
        int v = b32_value(s[i]);
        if (v < 0 || (i == 0 && v > 7)) return false;
        for (int k = 0; k < 5; k++) {
            int bit = i * 5 + k - 2;
            if (bit >= 0 && v >> (4 - k) & 1) u.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        }
    }
    *ret = u;
    return true;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static bool uuid_of_text(const char *s, struct pp_uuid *ret) {
    struct pp_uuid u = {{0}};
    int digit = 0;
    for (int i = 0; i < PP_UUID_TEXT; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (s[i] != '-') return false;
            continue;
        }
        int v = hex_value(s[i]);
        if (v < 0) return false;
        u.b[digit / 2] = (uint8_t)(u.b[digit / 2] << 4 | v);
        digit++;
    }
    *ret = u;
    return true;
}

bool pp_uuid_parse(struct pp_str s, struct pp_uuid *ret) {
    if (s.n == PP_UUID_TEXT) return uuid_of_text(s.s, ret);
    if (s.n == PP_UUID_B32) return uuid_of_b32(s.s, ret);
    return false;
}

/* ---- trace numbers ---- */

static const char alnum[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* ISO/IEC 7064 MOD 37,36 over characters 0-9A-Z: finds one wrong character and swapped neighbours. */
static char trace_check(const char *s, size_t n) {
    int p = 36;
    for (size_t i = 0; i < n; i++) {
        const char *at = strchr(alnum, s[i]);
        int sum = (p + (at && s[i] ? (int)(at - alnum) : 0)) % 36;
        p = (sum ? sum : 36) * 2 % 37;
    }
    return alnum[(37 - p) % 36];
}

#define TRACE_HEAD "PP"
#define TRACE_HEAD_N 2
#define TRACE_NUMBER_DIGITS_MAX 7 /* 32 bits in base32 */

void pp_trace_make(struct pp_uuid person, uint32_t n, char ret[PP_TRACE_MAX + 1]) {
    memcpy(ret, TRACE_HEAD, TRACE_HEAD_N);
    size_t at = TRACE_HEAD_N;
    b32_of_uuid(person, b32_upper, ret + at);
    at += PP_UUID_B32;
    char digits[TRACE_NUMBER_DIGITS_MAX];
    int k = 0;
    do digits[k++] = b32_upper[n & 31];
    while ((n >>= 5) != 0);
    while (k) ret[at++] = digits[--k];
    ret[at] = trace_check(ret, at);
    ret[at + 1] = '\0';
}

bool pp_trace_parse(struct pp_str s, struct pp_uuid *ret_person, uint32_t *ret_n) {
    const size_t fixed = TRACE_HEAD_N + PP_UUID_B32;
    if (s.n < fixed + 2 || s.n > fixed + TRACE_NUMBER_DIGITS_MAX + 1) return false;
    if (memcmp(s.s, TRACE_HEAD, TRACE_HEAD_N) != 0) return false;
    for (uint32_t i = 0; i < s.n; i++)
        if (!s.s[i] || !strchr(alnum, s.s[i])) return false;
    if (trace_check(s.s, s.n - 1) != s.s[s.n - 1]) return false;
    struct pp_uuid person;
    if (!uuid_of_b32(s.s + TRACE_HEAD_N, &person)) return false;
    uint64_t n = 0;
    for (uint32_t i = (uint32_t)fixed; i < s.n - 1; i++) {
        int v = b32_value(s.s[i]);
        if (v < 0) return false;
        n = n << 5 | (uint64_t)v;
    }
    if (n > UINT32_MAX) return false;
    *ret_person = person;
    *ret_n = (uint32_t)n;
    return true;
}
