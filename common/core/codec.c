#include "core/codec.h"
#include "core/codec_fast.h"

#include "base/date.h"
#include "base/uuid.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

/* Where we are, as a chain on the stack: turned into a JSON pointer only when something is wrong. */
struct place {
    const struct place *up;
    const char *name; /* NULL: an index */
    size_t index;
};

static void pointer_text(const struct place *p, char ret[PP_POINTER_MAX]) {
    const struct place *chain[16];
    int n = 0;
    for (; p && n < 16; p = p->up) {
        chain[n++] = p;
    }
    size_t at = 0;
    ret[0] = 0;
    while (n-- > 0 && at < PP_POINTER_MAX) {
        int w = chain[n]->name ? snprintf(ret + at, PP_POINTER_MAX - at, "/%s", chain[n]->name)
                               : snprintf(ret + at, PP_POINTER_MAX - at, "/%zu", chain[n]->index);
        at += w > 0 ? (size_t)w : 0;
    }
}

static int wrong(const struct place *p, enum pp_err_kind kind, const char *why, struct pp_err *err) {
    char at[PP_POINTER_MAX];
    pointer_text(p, at);
    return pp_err_set(err, kind, "%s: %s", at[0] ? at : "/", why);
}

size_t pp_field_size(const struct pp_field *f) {
    switch (f->kind) {
    case PP_FIELD_STR:
    case PP_FIELD_DEC: return sizeof(struct pp_str);
    case PP_FIELD_INT:
    case PP_FIELD_TIME: return sizeof(int64_t);
    case PP_FIELD_BOOL: return sizeof(bool);
    case PP_FIELD_DATE: return sizeof(pp_date);
    case PP_FIELD_UUID: return sizeof(struct pp_uuid);
    case PP_FIELD_ENUM: return sizeof(int);
    case PP_FIELD_OBJECT: return f->shape->size;
    }
    return 0;
}

static const char *const wrong_format[] = {
    [PP_FIELD_DEC] = "is not a decimal number",           [PP_FIELD_DATE] = "is not a date (YYYY-MM-DD)",
    [PP_FIELD_TIME] = "is not a time (RFC 3339)",         [PP_FIELD_UUID] = "is not a UUID",
    [PP_FIELD_ENUM] = "is not one of the values allowed",
};

/* Number of characters of UTF-8 text; bytes that continue a character do not count. */
static size_t characters(struct pp_str s) {
    size_t n = 0;
    for (uint32_t i = 0; i < s.n; i++) {
        n += ((unsigned char)s.s[i] & 0xC0) != 0x80;
    }
    return n;
}

static bool too_long(struct pp_str s, uint32_t max) { return s.n > max && characters(s) > max; }

/* ---- enums ---- */

const char *pp_enum_name(const char *const *names, int n, int v) { return v >= 0 && v < n ? names[v] : ""; }

bool pp_enum_parse(const char *const *names, int n, struct pp_str s, int *ret) {
    if (s.n == 0) {
        *ret = 0;
        return true;
    }
    for (int i = 0; i < n; i++) {
        if (pp_str_eqz(s, names[i])) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* ---- decoding ---- */

struct decoder {
    struct pp_arena *arena;
    struct pp_err *err;
};

static int decode_object(struct decoder *d, const struct pp_shape *s, json_t *j, char *to, const struct place *at);

/* The kinds that JSON has as a string. */
static int decode_text(struct decoder *d, const struct pp_field *f, struct pp_str v, void *to, const struct place *at) {
    bool good = true;
    int value;
    int64_t millionths;
    switch (f->kind) {
    case PP_FIELD_DEC:
        good = pp_dec_parse(v, &millionths);
        /* fall through */
    case PP_FIELD_STR:
        if (!good) {
            break;
        }
        if (too_long(v, f->max_len)) {
            return wrong(at, PP_ERR_INVALID, "is too long", d->err);
        }
        *(struct pp_str *)to = pp_arena_str(d->arena, v);
        break;
    case PP_FIELD_DATE: good = pp_date_parse(v, to); break;
    case PP_FIELD_TIME: good = pp_time_parse(v, to); break;
    case PP_FIELD_UUID: good = v.n == PP_UUID_TEXT && pp_uuid_parse(v, to); break;
    case PP_FIELD_ENUM:
        good = v.n > 0 && pp_enum_parse(f->names, f->nnames, v, &value);
        if (good) {
            memcpy(to, &value, sizeof value);
        }
        break;
    default: return wrong(at, PP_ERR_BUG, "is not text", d->err);
    }
    return good ? 0 : wrong(at, PP_ERR_INVALID, wrong_format[f->kind], d->err);
}

static int decode_one(struct decoder *d, const struct pp_field *f, json_t *j, void *to, const struct place *at) {
    switch (f->kind) {
    case PP_FIELD_OBJECT:
        return json_is_object(j) ? decode_object(d, f->shape, j, to, at)
                                 : wrong(at, PP_ERR_INVALID, "is not an object", d->err);
    case PP_FIELD_INT:
        if (!json_is_integer(j)) {
            return wrong(at, PP_ERR_INVALID, "is not an integer", d->err);
        }
        *(int64_t *)to = json_integer_value(j);
        return 0;
    case PP_FIELD_BOOL:
        if (!json_is_boolean(j)) {
            return wrong(at, PP_ERR_INVALID, "is not true or false", d->err);
        }
        *(bool *)to = json_is_true(j);
        return 0;
    default: break;
    }
    if (!json_is_string(j)) {
        return wrong(at, PP_ERR_INVALID, "is not a string", d->err);
    }
    return decode_text(d, f, (struct pp_str){json_string_value(j), (uint32_t)json_string_length(j)}, to, at);
}

static int decode_array(struct decoder *d, const struct pp_field *f, json_t *j, char *body, const struct place *at) {
    if (!json_is_array(j)) {
        return wrong(at, PP_ERR_INVALID, "is not an array", d->err);
    }
    size_t n = json_array_size(j), size = pp_field_size(f);
    if (n > f->max_items) {
        return wrong(at, PP_ERR_INVALID, "has too many items", d->err);
    }
    if (n == 0) {
        return 0;
    }
    char *items = pp_arena_alloc(d->arena, n * size);
    if (!items) {
        return wrong(at, PP_ERR_LIMIT, "does not fit into the memory of one batch", d->err);
    }
    for (size_t i = 0; i < n; i++) {
        struct place here = {at, NULL, i};
        if (decode_one(d, f, json_array_get(j, i), items + i * size, &here) < 0) {
            return -1;
        }
    }
    memcpy(body + f->offset, &items, sizeof items);
    memcpy(body + f->count_offset, &n, sizeof n);
    return 0;
}

static int decode_object(struct decoder *d, const struct pp_shape *s, json_t *j, char *to, const struct place *at) {
    for (uint32_t i = 0; i < s->nfields; i++) {
        const struct pp_field *f = &s->fields[i];
        struct place here = {at, f->name, 0};
        json_t *v = json_object_get(j, f->name);
        if (!v) {
            if (f->required) {
                return wrong(&here, PP_ERR_INVALID, "is missing", d->err);
            }
            continue;
        }
        if ((f->array ? decode_array(d, f, v, to, &here) : decode_one(d, f, v, to + f->offset, &here)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* jansson's own text quotes the input, so only the place and our word for the error go out. */
static int syntax_error(const json_error_t *e, struct pp_err *err) {
    const char *why = "not JSON";
    switch (json_error_code(e)) {
    case json_error_out_of_memory: return pp_err_set(err, PP_ERR_NOMEM, "no memory to read JSON");
    case json_error_premature_end_of_input: why = "JSON ends too early"; break;
    case json_error_end_of_input_expected: why = "something follows the JSON"; break;
    case json_error_invalid_utf8: why = "not UTF-8"; break;
    case json_error_null_character:
    case json_error_null_byte_in_key: why = "holds a NUL character"; break;
    case json_error_duplicate_key: why = "a member stands there twice"; break;
    case json_error_stack_overflow: why = "nested too deeply"; break;
    case json_error_numeric_overflow: why = "a number is too large"; break;
    default: break;
    }
    return pp_err_set(err, PP_ERR_INVALID, "/: %s, at byte %d", why, e->position);
}

int pp_shape_decode(const struct pp_shape *s, struct pp_str json, struct pp_arena *a, void **ret, struct pp_err *err) {
    void *body = pp_arena_alloc(a, s->size);
    if (body && pp_shape_decode_fast(s, json, a, body)) {
        *ret = body;
        return 0;
    }
    json_error_t je;
    json_t *j = json_loadb(json.n ? json.s : "", json.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
    if (!j) {
        return syntax_error(&je, err);
    }
    int rc = -1;
    if (body) {
        memset(body, 0, s->size);
    }
    struct decoder d = {a, err};
    if (!json_is_object(j)) {
        wrong(NULL, PP_ERR_INVALID, "is not an object", err);
    } else if (body) {
        rc = decode_object(&d, s, j, body, NULL);
    }
    json_decref(j);
    if (!body || (rc == 0 && pp_arena_failed(a))) {
        return wrong(NULL, PP_ERR_LIMIT, "does not fit into the memory of one batch", err);
    }
    if (rc == 0) {
        *ret = body;
    }
    return rc;
}

/* ---- encoding ---- */

static bool is_given(const struct pp_field *f, const void *v);

static bool any_given(const struct pp_shape *s, const char *body) {
    for (uint32_t i = 0; i < s->nfields; i++) {
        const struct pp_field *f = &s->fields[i];
        size_t n = 0;
        if (f->array) {
            memcpy(&n, body + f->count_offset, sizeof n);
        }
        if (f->array ? n > 0 : is_given(f, body + f->offset)) {
            return true;
        }
    }
    return false;
}

static bool is_given(const struct pp_field *f, const void *v) {
    int value;
    switch (f->kind) {
    case PP_FIELD_STR:
    case PP_FIELD_DEC: return ((const struct pp_str *)v)->n > 0;
    case PP_FIELD_INT:
    case PP_FIELD_TIME: return *(const int64_t *)v != 0;
    case PP_FIELD_BOOL: return *(const bool *)v;
    case PP_FIELD_DATE: return *(const pp_date *)v != 0;
    case PP_FIELD_UUID: return !pp_uuid_none(*(const struct pp_uuid *)v);
    case PP_FIELD_ENUM: memcpy(&value, v, sizeof value); return value != 0;
    case PP_FIELD_OBJECT: return any_given(f->shape, v);
    }
    return false;
}

size_t pp_utf8_char(const unsigned char *p, size_t n) {
    if (p[0] < 0x80) {
        return p[0] ? 1 : 0;
    }
    size_t want = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || want > n) {
        return 0;
    }
    for (size_t i = 1; i < want; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool bad = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
               (p[0] == 0xF4 && p[1] > 0x8F);
    return bad ? 0 : want;
}

bool pp_json_string(struct pp_buf *b, struct pp_str s) {
    size_t start = b->n;
    const unsigned char *p = (const unsigned char *)s.s;
    pp_buf_addc(b, '"');
    for (size_t i = 0, from = 0;;) {
        while (i < s.n && p[i] >= 0x20 && p[i] < 0x80 && p[i] != '"' && p[i] != '\\') {
            i++;
        }
        size_t multi = i < s.n && p[i] >= 0x80 ? pp_utf8_char(p + i, s.n - i) : 0;
        if (multi) {
            i += multi;
            continue;
        }
        if (i > from) {
            pp_buf_add(b, p + from, i - from);
        }
        if (i >= s.n) {
            break;
        }
        if (p[i] == 0 || p[i] >= 0x80) {
            b->n = start;
            return false;
        }
        if (p[i] == '"' || p[i] == '\\') {
            char esc[2] = {'\\', (char)p[i]};
            pp_buf_add(b, esc, 2);
        } else {
            pp_buf_printf(b, "\\u%04x", p[i]);
        }
        from = ++i;
    }
    pp_buf_addc(b, '"');
    return true;
}

struct encoder {
    struct pp_buf *b;
    struct pp_err *err;
};

static int encode_object(struct encoder *x, const struct pp_shape *s, const char *body, const struct place *at);

static void add_int(struct pp_buf *b, int64_t v) {
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRId64, v);
    pp_buf_add(b, text, (size_t)n);
}

static void add_quoted(struct pp_buf *b, const char *z) {
    pp_buf_addc(b, '"');
    pp_buf_addz(b, z);
    pp_buf_addc(b, '"');
}

static int encode_text(struct encoder *x, const struct pp_field *f, const void *v, const struct place *at) {
    char text[PP_UUID_TEXT + 1];
    struct pp_str s;
    int value;
    int64_t millionths;
    switch (f->kind) {
    case PP_FIELD_STR:
    case PP_FIELD_DEC:
        s = *(const struct pp_str *)v;
        if (f->kind == PP_FIELD_DEC && !pp_dec_parse(s, &millionths)) {
            return wrong(at, PP_ERR_INVALID, wrong_format[f->kind], x->err);
        }
        if (too_long(s, f->max_len)) {
            return wrong(at, PP_ERR_INVALID, "is too long", x->err);
        }
        return pp_json_string(x->b, s) ? 0 : wrong(at, PP_ERR_INVALID, "is not UTF-8 without NUL", x->err);
    case PP_FIELD_DATE: pp_date_text(*(const pp_date *)v, text); break;
    case PP_FIELD_TIME: pp_time_text(*(const int64_t *)v, text); break;
    case PP_FIELD_UUID: pp_uuid_text(*(const struct pp_uuid *)v, text); break;
    case PP_FIELD_ENUM:
        memcpy(&value, v, sizeof value);
        add_quoted(x->b, pp_enum_name(f->names, f->nnames, value));
        return value >= 0 && value < f->nnames ? 0 : wrong(at, PP_ERR_INVALID, wrong_format[f->kind], x->err);
    default: return wrong(at, PP_ERR_BUG, "is not text", x->err);
    }
    add_quoted(x->b, text);
    return 0;
}

static int encode_one(struct encoder *x, const struct pp_field *f, const void *v, const struct place *at) {
    switch (f->kind) {
    case PP_FIELD_OBJECT: return encode_object(x, f->shape, v, at);
    case PP_FIELD_INT: add_int(x->b, *(const int64_t *)v); return 0;
    case PP_FIELD_BOOL: pp_buf_addz(x->b, *(const bool *)v ? "true" : "false"); return 0;
    default: return encode_text(x, f, v, at);
    }
}

static int encode_array(struct encoder *x, const struct pp_field *f, const char *items, size_t n,
                        const struct place *at) {
    if (n > f->max_items) {
        return wrong(at, PP_ERR_INVALID, "has too many items", x->err);
    }
    size_t size = pp_field_size(f);
    pp_buf_addc(x->b, '[');
    for (size_t i = 0; i < n; i++) {
        struct place here = {at, NULL, i};
        if (i > 0) {
            pp_buf_addc(x->b, ',');
        }
        if (encode_one(x, f, items + i * size, &here) < 0) {
            return -1;
        }
    }
    pp_buf_addc(x->b, ']');
    return 0;
}

/* Zero says "not given", and for these kinds no JSON value says it too. (An enum with the value "none" has one.) */
static bool zero_is_no_value(const struct pp_field *f) {
    return f->kind == PP_FIELD_DEC || f->kind == PP_FIELD_DATE || f->kind == PP_FIELD_TIME ||
           f->kind == PP_FIELD_UUID || (f->kind == PP_FIELD_ENUM && f->names[0][0] == 0);
}

static int encode_object(struct encoder *x, const struct pp_shape *s, const char *body, const struct place *at) {
    bool first = true;
    pp_buf_addc(x->b, '{');
    for (uint32_t i = 0; i < s->nfields; i++) {
        const struct pp_field *f = &s->fields[i];
        struct place here = {at, f->name, 0};
        const char *items = NULL;
        size_t n = 0;
        if (f->array) {
            memcpy(&items, body + f->offset, sizeof items);
            memcpy(&n, body + f->count_offset, sizeof n);
        }
        bool given = f->array ? n > 0 : is_given(f, body + f->offset);
        if (!given && !f->required) {
            continue;
        }
        if (!given && !f->array && zero_is_no_value(f)) {
            return wrong(&here, PP_ERR_INVALID, "is required and not given", x->err);
        }
        if (!first) {
            pp_buf_addc(x->b, ',');
        }
        first = false;
        pp_buf_addc(x->b, '"');
        pp_buf_add(x->b, f->name, f->name_n);
        pp_buf_add(x->b, "\":", 2);
        if ((f->array ? encode_array(x, f, items, n, &here) : encode_one(x, f, body + f->offset, &here)) < 0) {
            return -1;
        }
    }
    pp_buf_addc(x->b, '}');
    return 0;
}

int pp_shape_encode(const struct pp_shape *s, const void *body, struct pp_buf *b, struct pp_err *err) {
    size_t start = b->n;
    struct encoder x = {b, err};
    int rc = encode_object(&x, s, body, NULL);
    if (rc == 0 && b->failed) {
        rc = pp_err_set(err, PP_ERR_LIMIT, "%s: the buffer's maximum of %zu bytes is reached", s->name, b->max);
    }
    if (rc < 0) {
        b->n = start;
    }
    return rc;
}

struct pp_str pp_shape_subject(const struct pp_field *const *fields, const void *body, struct pp_arena *a) {
    for (; *fields; fields++) {
        const void *v = (const char *)body + (*fields)->offset;
        if (!is_given(*fields, v)) {
            continue;
        }
        if ((*fields)->kind == PP_FIELD_UUID) {
            char text[PP_UUID_TEXT + 1];
            pp_uuid_text(*(const struct pp_uuid *)v, text);
            return pp_arena_strz(a, text);
        }
        return *(const struct pp_str *)v;
    }
    return PP_STR_NONE;
}
