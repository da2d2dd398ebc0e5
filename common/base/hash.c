#include "base/hash.h"

#include <openssl/sha.h>

void pp_sha256(struct pp_str bytes, uint8_t ret[PP_SHA256_BYTES]) {
    SHA256((const unsigned char *)(bytes.n ? bytes.s : ""), bytes.n, ret);
}

void pp_hex(const uint8_t *p, size_t n, char *ret) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        ret[2 * i] = digits[p[i] >> 4];
        ret[2 * i + 1] = digits[p[i] & 15];
    }
    ret[2 * n] = '\0';
}

void pp_sha256_hex(struct pp_str bytes, char ret[PP_SHA256_HEX + 1]) {
    uint8_t sum[PP_SHA256_BYTES];
    pp_sha256(bytes, sum);
    pp_hex(sum, sizeof sum, ret);
}
