/* Base64url and the two signatures of JSON Web Tokens that are accepted (RFC 7515, 7518). A part of io/auth. */
#ifndef PP_IO_JWT_H
#define PP_IO_JWT_H

#include "base/err.h"
#include "base/str.h"
#include <openssl/evp.h>

/* Without padding. False: not the alphabet, or longer than max. */
bool jwt_b64_decode(struct pp_str s, uint8_t *ret, size_t max, size_t *ret_n);
/* Returns the length; ret holds 4*(n+2)/3+1 bytes. */
size_t jwt_b64_encode(const uint8_t *p, size_t n, char *ret);

/* From the members of a JSON Web Key (RFC 7517), base64url as they stand there. NULL: not a key we take. */
EVP_PKEY *jwt_key_p256(struct pp_str x, struct pp_str y);
EVP_PKEY *jwt_key_rsa(struct pp_str n, struct pp_str e);

/* ES256 for an EC key (r and s, 32 bytes each), RS256 for an RSA key. */
bool jwt_verify(EVP_PKEY *key, struct pp_str signed_part, const uint8_t *signature, size_t n);
/* ES256 only. */
int jwt_sign_es256(EVP_PKEY *key, struct pp_str signed_part, uint8_t ret[64], struct pp_err *err);

#endif
