/* SHA-256 and hexadecimal text. */
#ifndef PP_BASE_HASH_H
#define PP_BASE_HASH_H

#include "base/str.h"

#define PP_SHA256_BYTES 32
#define PP_SHA256_HEX 64

void pp_sha256(struct pp_str bytes, uint8_t ret[PP_SHA256_BYTES]);
/* Lower-case hex; ret holds 2*n+1 bytes. */
void pp_hex(const uint8_t *p, size_t n, char *ret);
void pp_sha256_hex(struct pp_str bytes, char ret[PP_SHA256_HEX + 1]);

#endif
