/* A tree of values costs ten times what the struct costs that is made from it, and every record of the log is decoded
 * by up to six services. So the usual case goes without the tree. Whatever is unusual is left to the careful decoder,
 * which also finds the words for what is wrong; this file only has to be right when it says yes. */
#include "core/codec_fast.h"

#include "base/date.h"
#include "base/uuid.h"

#define FIELDS_MAX 64 /* of one object: members already met are bits */
#define DEPTH_MAX 16  /* of objects and arrays */
#define INT_DIGITS_MAX 18
#define ITEMS_FIRST 4     /* room for items of an array, doubled as needed */
#define TEXT_BYTES_MAX 64 /* of texts that become something else: dates, ids, enums */

struct in {
    const unsigned char *p, *end;
    struct pp_arena *arena;
    int depth;
};

static bool object(struct in *in, const struct pp_shape *s, char *to);

static void blanks(struct in *in) {
    while (in->p < in->end && (*in->p == ' ' || *in->p == '\n' || *in->p == '\r' || *in->p == '\t')) in->p++;
}

static bool take(struct in *in, char c) {
    blanks(in);
    if (in->p == in->end || *in->p != (unsigned char)c) return false;
    in->p++;
    return true;
}

static bool word(struct in *in, const char *w, size_t n) {
    if ((size_t)(in->end - in->p) < n || memcmp(in->p, w, n) != 0) return false;
    in->p += n;
    return true;
}

/* ---- strings ---- */

/* Up to the closing quote; *ret_escaped: there are escapes in it. Views the input. */
static bool string_view(struct in *in, struct pp_str *ret, bool *ret_escaped) {
    if (!take(in, '"')) return false;
    const unsigned char *s = in->p, *p = s;
    *ret_escaped = false;
    for (;;) {
        while (p < in->end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') p++;
        if (p == in->end || *p < 0x20) return false;
        if (*p == '"') break;
        size_t n = *p == '\\' ? 2 : pp_utf8_char(p, (size_t)(in->end - p));
        if (n == 0 || (size_t)(in->end - p) < n) return false;
        if (*p == '\\') *ret_escaped = true;
        p += n;
    }
    *ret = (struct pp_str){(const char *)s, (uint32_t)(p - s)};
    in->p = p + 1;
    return true;
}

/* The escapes that our encoder writes, and the short ones; \u beyond ASCII is left to the careful decoder. */
static bool unescape(struct pp_str v, char *to, uint32_t *ret_n) {
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    uint32_t n = 0;
    for (uint32_t i = 0; i < v.n; i++) {
        if (v.s[i] != '\\') {
            to[n++] = v.s[i];
            continue;
        }
        const char *at = strchr(from, v.s[++i]);
        if (at && *at) {
            to[n++] = into[at - from];
            continue;
        }
        unsigned code = 0;
        if (v.s[i] != 'u' || v.n - i < 5) return false;
        for (int k = 1; k <= 4; k++) {
            char c = v.s[i + (uint32_t)k];
            int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
            if (digit < 0) return false;
            code = code * 16 + (unsigned)digit;
        }
        if (code == 0 || code >= 0x80) return false;
        to[n++] = (char)code;
        i += 4;
    }
    *ret_n = n;
    return true;
}

static bool text(struct in *in, const struct pp_field *f, void *to) {
    struct pp_str v, *ret = to;
    bool escaped;
    int64_t millionths;
    if (!string_view(in, &v, &escaped)) return false;
    if (v.n > f->max_len) return false; /* perhaps not too long in characters */
    if (!escaped) {
        *ret = pp_arena_str(in->arena, v);
    } else {
        char *copy = pp_arena_alloc(in->arena, v.n + 1);
        uint32_t n;
        if (!copy || !unescape(v, copy, &n)) return false;
        copy[n] = 0;
        *ret = (struct pp_str){copy, n};
    }
    return f->kind != PP_FIELD_DEC || pp_dec_parse(*ret, &millionths);
}

/* Texts of which only the meaning is kept. */
static bool meaning(struct in *in, const struct pp_field *f, void *to) {
    struct pp_str v;
    bool escaped;
    int value;
    if (!string_view(in, &v, &escaped) || escaped || v.n == 0 || v.n > TEXT_BYTES_MAX) return false;
    switch (f->kind) {
    case PP_FIELD_DATE: return pp_date_parse(v, to);
    case PP_FIELD_TIME: return pp_time_parse(v, to);
    case PP_FIELD_UUID: return v.n == PP_UUID_TEXT && pp_uuid_parse(v, to);
    case PP_FIELD_ENUM:
        if (!pp_enum_parse(f->names, f->nnames, v, &value)) return false;
        memcpy(to, &value, sizeof value);
        return true;
    default: return false;
    }
}

/* ---- the rest ---- */

static bool integer(struct in *in, int64_t *ret) {
    blanks(in);
    bool minus = in->p < in->end && *in->p == '-';
    const unsigned char *s = in->p + minus, *p = s;
    int64_t v = 0;
    while (p < in->end && *p >= '0' && *p <= '9' && p - s < INT_DIGITS_MAX) v = v * 10 + (*p++ - '0');
    if (p == s || (*s == '0' && p - s > 1)) return false;
    if (p < in->end && ((*p >= '0' && *p <= '9') || *p == '.' || *p == 'e' || *p == 'E')) return false;
    *ret = minus ? -v : v;
    in->p = p;
    return true;
}

static bool one(struct in *in, const struct pp_field *f, void *to) {
    switch (f->kind) {
    case PP_FIELD_OBJECT: return object(in, f->shape, to);
    case PP_FIELD_INT: return integer(in, to);
    case PP_FIELD_BOOL:
        blanks(in);
        *(bool *)to = in->p < in->end && *in->p == 't';
        return *(bool *)to ? word(in, "true", 4) : word(in, "false", 5);
    case PP_FIELD_STR:
    case PP_FIELD_DEC: return text(in, f, to);
    default: return meaning(in, f, to);
    }
}

static bool array(struct in *in, const struct pp_field *f, char *body) {
    size_t n = 0, room = 0, size = pp_field_size(f);
    char *items = NULL;
    if (!take(in, '[')) return false;
    if (take(in, ']')) return true;
    if (++in->depth > DEPTH_MAX) return false;
    do {
        if (n == f->max_items) return false;
        if (n == room) {
            size_t more = room ? room * 2 : ITEMS_FIRST;
            char *bigger = pp_arena_alloc(in->arena, more * size);
            if (!bigger) return false;
            if (n) memcpy(bigger, items, n * size);
            items = bigger;
            room = more;
        }
        if (!one(in, f, items + n * size)) return false;
        n++;
    } while (take(in, ','));
    in->depth--;
    memcpy(body + f->offset, &items, sizeof items);
    memcpy(body + f->count_offset, &n, sizeof n);
    return take(in, ']');
}

/* Members mostly come in the order of the schema, so the search begins after the one before. */
static uint32_t field_of(const struct pp_shape *s, uint32_t from, struct pp_str name) {
    for (uint32_t k = 0, i = from; k < s->nfields; k++, i++) {
        if (i >= s->nfields) i = 0;
        if (s->fields[i].name_n == name.n && memcmp(s->fields[i].name, name.s, name.n) == 0) return i;
    }
    return s->nfields;
}

static bool object(struct in *in, const struct pp_shape *s, char *to) {
    uint64_t met = 0;
    uint32_t next = 0;
    bool escaped;
    if (s->nfields > FIELDS_MAX || ++in->depth > DEPTH_MAX || !take(in, '{')) return false;
    if (!take(in, '}')) {
        do {
            struct pp_str name;
            if (!string_view(in, &name, &escaped) || escaped || !take(in, ':')) return false;
            uint32_t i = field_of(s, next, name);
            if (i == s->nfields || met & UINT64_C(1) << i) return false;
            const struct pp_field *f = &s->fields[i];
            if (!(f->array ? array(in, f, to) : one(in, f, to + f->offset))) return false;
            met |= UINT64_C(1) << i;
            next = i + 1;
        } while (take(in, ','));
        if (!take(in, '}')) return false;
    }
    in->depth--;
    for (uint32_t i = 0; i < s->nfields; i++)
        if (s->fields[i].required && !(met & UINT64_C(1) << i)) return false;
    return true;
}

bool pp_shape_decode_fast(const struct pp_shape *s, struct pp_str json, struct pp_arena *a, void *body) {
    struct in in = {(const unsigned char *)json.s, (const unsigned char *)json.s + json.n, a, 0};
    if (json.n == 0 || !object(&in, s, body)) return false;
    blanks(&in);
    return in.p == in.end && !pp_arena_failed(a);
}
