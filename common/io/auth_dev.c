/* The issuer of a development set-up: one P-256 key, its key set, tokens signed with it. */
#include "io/auth.h"
#include "base/buf.h"
#include "base/hash.h"
#include "core/codec.h"
#include "io/jwt.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 1100

static int write_file(const char *path, mode_t mode, const char *p, size_t n, struct pp_err *err) {
    char tmp[PATH_BYTES + 8];
    snprintf(tmp, sizeof tmp, "%s.new", path);
    unlink(tmp);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool ok = fd >= 0 && write(fd, p, n) == (ssize_t)n && fsync(fd) == 0;
    int saved = errno;
    if (fd >= 0) close(fd);
    if (ok && rename(tmp, path) == 0) return 0;
    pp_err_set(err, PP_ERR_IO, "writing %s: %s", path, strerror(ok ? errno : saved));
    unlink(tmp);
    return -1;
}

static bool point_of(EVP_PKEY *key, uint8_t ret[65]) {
    /* The provider's point may be compressed by setting; ask for x and y. */
    BIGNUM *x = NULL, *y = NULL;
    bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) &&
              EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y);
    ret[0] = 4;
    ok = ok && BN_bn2binpad(x, ret + 1, 32) == 32 && BN_bn2binpad(y, ret + 33, 32) == 32;
    BN_free(x);
    BN_free(y);
    return ok;
}

/* Key id: the first 16 hex characters of SHA-256 of the public point. */
static bool kid_of(EVP_PKEY *key, char ret[17]) {
    uint8_t point[65];
    char hex[PP_SHA256_HEX + 1];
    if (!point_of(key, point)) return false;
    pp_sha256_hex((struct pp_str){(const char *)point, sizeof point}, hex);
    memcpy(ret, hex, 16);
    ret[16] = 0;
    return true;
}

static int write_private(EVP_PKEY *key, const char *path, struct pp_err *err) {
    BIO *mem = BIO_new(BIO_s_mem());
    char *text = NULL;
    int rc;
    if (!mem || !PEM_write_bio_PrivateKey(mem, key, NULL, NULL, 0, NULL, NULL)) {
        rc = pp_err_set(err, PP_ERR_NOMEM, "issuer key");
    } else {
        long n = BIO_get_mem_data(mem, &text);
        rc = write_file(path, 0600, text, (size_t)n, err);
        OPENSSL_cleanse(text, (size_t)n);
    }
    BIO_free(mem);
    return rc;
}

static int write_jwks(EVP_PKEY *key, const char *path, struct pp_err *err) {
    uint8_t point[65];
    char x[48], y[48], kid[17], text[512];
    if (!point_of(key, point) || !kid_of(key, kid))
        return pp_err_set(err, PP_ERR_INVALID, "the issuer key is not on P-256");
    jwt_b64_encode(point + 1, 32, x);
    jwt_b64_encode(point + 33, 32, y);
    int n = snprintf(text, sizeof text,
                     "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"%s\","
                     "\"x\":\"%s\",\"y\":\"%s\"}]}\n",
                     kid, x, y);
    return write_file(path, 0644, text, (size_t)n, err);
}

int pp_auth_dev_keygen(const char *dir, struct pp_err *err) {
    char pem[PATH_BYTES], jwks[PATH_BYTES];
    if (strlen(dir) > 1024) return pp_err_set(err, PP_ERR_INVALID, "the path of the folder is too long");
    snprintf(pem, sizeof pem, "%s/" PP_AUTH_DEV_KEY, dir);
    snprintf(jwks, sizeof jwks, "%s/" PP_AUTH_DEV_JWKS, dir);
    if (access(pem, F_OK) == 0 && access(jwks, F_OK) == 0) return 0;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (!key) return pp_err_set(err, PP_ERR_NOMEM, "issuer key");
    int rc = write_private(key, pem, err);
    if (rc == 0) rc = write_jwks(key, jwks, err);
    EVP_PKEY_free(key);
    return rc;
}

static void add_string(struct pp_buf *b, const char *name, const char *value) {
    pp_buf_printf(b, ",\"%s\":", name);
    if (!pp_json_string(b, pp_str_z(value))) b->failed = true;
}

static int sign(EVP_PKEY *key, const struct pp_buf *claims, char *ret, size_t ret_n, struct pp_err *err) {
    char kid[17], header[128];
    if (!kid_of(key, kid)) return pp_err_set(err, PP_ERR_INVALID, "the issuer key is not on P-256");
    int hn = snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", kid);
    /* 4/3 of header and claims, two dots, 86 characters of signature, NUL */
    if (claims->failed || ((size_t)hn + claims->n) * 4 / 3 + 100 > ret_n)
        return pp_err_set(err, PP_ERR_LIMIT, "the token's claims are too long or not UTF-8");
    size_t n = jwt_b64_encode((const uint8_t *)header, (size_t)hn, ret);
    ret[n++] = '.';
    n += jwt_b64_encode((const uint8_t *)claims->p, claims->n, ret + n);
    uint8_t signature[64];
    if (jwt_sign_es256(key, (struct pp_str){ret, (uint32_t)n}, signature, err) < 0) return -1;
    ret[n++] = '.';
    jwt_b64_encode(signature, sizeof signature, ret + n);
    return 0;
}

int pp_auth_dev_token(const char *private_key_file, const struct pp_auth_claims *c, int64_t now_real_ms, int64_t ttl_s,
                      char *ret, size_t ret_n, struct pp_err *err) {
    FILE *f = fopen(private_key_file, "re");
    if (!f) return pp_err_set(err, PP_ERR_IO, "issuer key %s: %s", private_key_file, strerror(errno));
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    if (!key)
        return pp_err_set(err, PP_ERR_INVALID, "issuer key %s is not a private key in PEM form", private_key_file);
    struct pp_buf b;
    pp_buf_init(&b, PP_AUTH_TOKEN_BYTES_MAX / 2);
    int64_t now_s = now_real_ms / 1000;
    pp_buf_printf(&b, "{\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld,\"aud\":\"" PP_AUTH_AUDIENCE "\"", (long long)now_s,
                  (long long)now_s, (long long)(now_s + ttl_s));
    add_string(&b, "iss", c->issuer);
    add_string(&b, "sub", c->subject);
    add_string(&b, "tenant", c->tenant);
    add_string(&b, "roles", c->roles);
    add_string(&b, "sites", c->sites);
    pp_buf_addc(&b, '}');
    int rc = sign(key, &b, ret, ret_n, err);
    pp_buf_free(&b);
    EVP_PKEY_free(key);
    return rc;
}
