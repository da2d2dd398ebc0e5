/* JSON <-> structs, driven by the field tables that tools/gen/gen.py makes from schemas/.
 *
 * A shape says for each member its name, kind and place in the struct. One walker
 * reads JSON into structs, one writes structs as JSON; what is generated is
 * tables only. "Not given" is the zero of every kind: empty string, 0, false,
 * no date, the zero uuid, enum value 0, a nested struct that is zero all over.
 * Both ways hold the same rules (required, type, length, items, enum, format),
 * so that what one service may write every other can read. Errors name a JSON
 * pointer and a reason, never a value. Strings are UTF-8 without NUL.
 */
#ifndef PP_CORE_CODEC_H
#define PP_CORE_CODEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum pp_field_kind {
    PP_FIELD_STR,    /* struct pp_str */
    PP_FIELD_DEC,    /* struct pp_str: decimal text, kept as written */
    PP_FIELD_INT,    /* int64_t */
    PP_FIELD_BOOL,   /* bool */
    PP_FIELD_DATE,   /* pp_date; "2026-11-24" */
    PP_FIELD_TIME,   /* int64_t ms UTC; RFC 3339 */
    PP_FIELD_UUID,   /* struct pp_uuid; 36 characters */
    PP_FIELD_ENUM,   /* an enum from 0 = not given */
    PP_FIELD_OBJECT, /* a struct by value */
};

struct pp_shape;
struct pp_field {
    const char *name;
    enum pp_field_kind kind;
    bool required;
    bool array;      /* pointer to elements, and their number at count_offset (size_t) */
    uint16_t name_n; /* length of name */
    uint16_t nnames; /* ENUM: number of names */
    uint32_t offset, count_offset;
    uint32_t max_len;             /* STR, DEC: characters */
    uint32_t max_items;           /* arrays */
    const char *const *names;     /* ENUM: text of each value; names[0] is "" or "none" */
    const struct pp_shape *shape; /* OBJECT */
};

struct pp_shape {
    const char *name;
    const struct pp_field *fields;
    uint32_t nfields;
    uint32_t size; /* of the struct */
};

/* Nesting of the schemas is 4 at most; a longer pointer is cut. */
#define PP_POINTER_MAX 160

/* *ret is a new struct in the arena; untouched on error. */
int pp_shape_decode(const struct pp_shape *s, struct pp_str json, struct pp_arena *a, void **ret, struct pp_err *err);
/* Appends; on error b is as it was (unless its maximum was reached: then it is marked failed as well). */
int pp_shape_encode(const struct pp_shape *s, const void *body, struct pp_buf *b, struct pp_err *err);
/* Text of the first member of the list that is given; empty when none is. */
struct pp_str pp_shape_subject(const struct pp_field *const *fields, const void *body, struct pp_arena *a);
/* JSON string of s with its quotes. False, and nothing appended, when s is not UTF-8 or holds a NUL. */
bool pp_json_string(struct pp_buf *b, struct pp_str s);

/* Of generated enums. Parse takes the empty text as 0. */
const char *pp_enum_name(const char *const *names, int n, int v);
bool pp_enum_parse(const char *const *names, int n, struct pp_str s, int *ret);

#endif
