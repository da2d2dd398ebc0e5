/* The usual case of pp_shape_decode: JSON as our encoder writes it, read straight into the struct. */
#ifndef PP_CORE_CODEC_FAST_H
#define PP_CORE_CODEC_FAST_H

#include "core/codec.h"

/* True: *body, zeroed by the caller, holds what the JSON says, and all rules of the shape hold. False says only that
 * the JSON is not of the usual kind (a fault, an unknown member, a rare escape): body is then garbage, and
 * the careful decoder must look. */
bool pp_shape_decode_fast(const struct pp_shape *s, struct pp_str json, struct pp_arena *a, void *body);

/* Bytes of one value of the field, of one item when it is an array. */
size_t pp_field_size(const struct pp_field *f);
/* Length of the UTF-8 character at p, 0 when it is none (overlong forms and surrogates are none, RFC 3629) or NUL. */
size_t pp_utf8_char(const unsigned char *p, size_t n);

#endif
