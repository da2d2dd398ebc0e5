#include "io/jwt.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>

#define RSA_BITS_MIN 2048
#define RSA_BYTES_MAX 1024

static int b64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '-') return 62;
    if (c == '_') return 63;
    return -1;
}

bool jwt_b64_decode(struct pp_str s, uint8_t *ret, size_t max, size_t *ret_n) {
    uint32_t bits = 0;
    int have = 0;
    size_t n = 0;
    if (s.n % 4 == 1) return false;
    for (uint32_t i = 0; i < s.n; i++) {
        int v = b64_value(s.s[i]);
        if (v < 0) return false;
        bits = bits << 6 | (uint32_t)v;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        if (n == max) return false;
        ret[n++] = (uint8_t)(bits >> have);
    }
    if (bits & ((1u << have) - 1)) return false; /* one token, one spelling */
    *ret_n = n;
    return true;
}

size_t jwt_b64_encode(const uint8_t *p, size_t n, char *ret) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t out = 0;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        size_t chars = n - i >= 3 ? 4 : n - i + 1;
        for (size_t k = 0; k < chars; k++) ret[out++] = alphabet[v >> (18 - 6 * k) & 63];
    }
    ret[out] = 0;
    return out;
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *bld) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

EVP_PKEY *jwt_key_p256(struct pp_str x, struct pp_str y) {
    uint8_t point[65] = {4}; /* uncompressed */
    size_t nx, ny;
    if (!jwt_b64_decode(x, point + 1, 32, &nx) || !jwt_b64_decode(y, point + 33, 32, &ny) || nx != 32 || ny != 32)
        return NULL;
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    /* A point that is not on the curve is refused by fromdata. */
    if (bld && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))
        key = key_from("EC", bld);
    OSSL_PARAM_BLD_free(bld);
    return key;
}

EVP_PKEY *jwt_key_rsa(struct pp_str n, struct pp_str e) {
    uint8_t mod[RSA_BYTES_MAX], exp[8];
    size_t mod_n, exp_n;
    if (!jwt_b64_decode(n, mod, sizeof mod, &mod_n) || !jwt_b64_decode(e, exp, sizeof exp, &exp_n)) return NULL;
    BIGNUM *bn = BN_bin2bn(mod, (int)mod_n, NULL), *be = BN_bin2bn(exp, (int)exp_n, NULL);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (bn && be && bld && BN_num_bits(bn) >= RSA_BITS_MIN && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be))
        key = key_from("RSA", bld);
    OSSL_PARAM_BLD_free(bld);
    BN_free(bn);
    BN_free(be);
    return key;
}

/* OpenSSL wants the DER form of an ECDSA signature, JOSE has r and s side by side. */
static int der_of(const uint8_t *raw, uint8_t **ret) {
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, 32, NULL), *s = BN_bin2bn(raw + 32, 32, NULL);
    int n = -1;
    if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
        r = s = NULL; /* sig's now */
        n = i2d_ECDSA_SIG(sig, ret);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return n;
}

bool jwt_verify(EVP_PKEY *key, struct pp_str signed_part, const uint8_t *signature, size_t n) {
    uint8_t *der = NULL;
    if (EVP_PKEY_is_a(key, "EC")) {
        if (n != 64) return false;
        int len = der_of(signature, &der);
        if (len <= 0) return false;
        signature = der;
        n = (size_t)len;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestVerify(ctx, signature, n, (const uint8_t *)signed_part.s, signed_part.n) == 1;
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);
    return ok;
}

int jwt_sign_es256(EVP_PKEY *key, struct pp_str signed_part, uint8_t ret[64], struct pp_err *err) {
    uint8_t der[80];
    size_t n = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestSign(ctx, der, &n, (const uint8_t *)signed_part.s, signed_part.n) == 1;
    EVP_MD_CTX_free(ctx);
    const uint8_t *p = der;
    ECDSA_SIG *sig = ok ? d2i_ECDSA_SIG(NULL, &p, (long)n) : NULL;
    ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, 32) == 32 &&
         BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + 32, 32) == 32;
    ECDSA_SIG_free(sig);
    return ok ? 0 : pp_err_set(err, PP_ERR_INVALID, "the token cannot be signed: is it a P-256 key?");
}
