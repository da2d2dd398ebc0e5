/* Tokens: what is accepted, and every way in which one is not. */
#include "io/auth.h"
#include "io/clock.h"
#include "io/jwt.h"
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define NOW INT64_C(1790000000000)

static char dir[64], pem[100], jwks[100], store[1024];
static struct pp_auth *auth;
static struct pp_identity id;
static struct pp_err err;
static const struct pp_auth_claims claims = {"priorpath-dev", "lakeside", "u1", "pa,lead", "lks,nor"};

static int setup(void **s) {
    (void)s;
    snprintf(dir, sizeof dir, "/tmp/pp-auth-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(pem, sizeof pem, "%s/" PP_AUTH_DEV_KEY, dir);
    snprintf(jwks, sizeof jwks, "%s/" PP_AUTH_DEV_JWKS, dir);
    assert_int_equal(pp_auth_dev_keygen(dir, &err), 0);
    assert_int_equal(pp_auth_open(jwks, "priorpath-dev", &auth, &err), 0);
    return 0;
}

static int teardown(void **s) {
    (void)s;
    pp_auth_free(auth);
    char cmd[100];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

static int check(const char *token, int64_t now) {
    memset(&err, 0, sizeof err);
    return pp_auth_check(auth, pp_str_z(token), now, &id, store, sizeof store, &err);
}

static void test_good(void **s) {
    (void)s;
    char token[PP_AUTH_TOKEN_BYTES_MAX];
    struct stat st;
    assert_int_equal(stat(pem, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(pp_auth_dev_token(pem, &claims, NOW, 60, token, sizeof token, &err), 0);
    for (int i = 0; i < 2; i++) { /* the second time from memory */
        assert_int_equal(check(token, NOW + 1000), 0);
        assert_true(pp_str_eqz(id.tenant, "lakeside"));
        assert_true(pp_str_eqz(id.subject, "u1"));
        assert_true(pp_str_eqz(id.roles, "pa,lead"));
        assert_true(pp_str_eqz(id.sites, "lks,nor"));
        assert_int_equal(id.expires_ms, NOW + 60000);
    }
    assert_true(pp_identity_has_role(&id, "biller,lead"));
    assert_false(pp_identity_has_role(&id, "biller,lea"));
    assert_false(pp_identity_has_role(&id, ""));
    assert_true(pp_identity_has_role(&id, "*"));
    assert_true(pp_identity_has_site(&id, PP_STR("nor")));
    assert_false(pp_identity_has_site(&id, PP_STR("wes")));
}

static void test_dates(void **s) {
    (void)s;
    char token[PP_AUTH_TOKEN_BYTES_MAX];
    assert_int_equal(pp_auth_dev_token(pem, &claims, NOW, 60, token, sizeof token, &err), 0);
    assert_int_equal(check(token, NOW + 60000 + PP_AUTH_SKEW_MS - 1), 0);
    assert_int_equal(check(token, NOW + 60000 + PP_AUTH_SKEW_MS), -1);
    assert_non_null(strstr(err.msg, "expired"));
    assert_int_equal(check(token, NOW - PP_AUTH_SKEW_MS), 0);
    assert_int_equal(check(token, NOW - PP_AUTH_SKEW_MS - 1), -1);
    assert_int_equal(err.kind, PP_ERR_DENIED);
}

static void test_every_bit_counts(void **s) {
    (void)s;
    char token[PP_AUTH_TOKEN_BYTES_MAX];
    assert_int_equal(pp_auth_dev_token(pem, &claims, NOW, 60, token, sizeof token, &err), 0);
    size_t n = strlen(token);
    for (size_t i = 0; i < n; i++) {
        char was = token[i];
        token[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(check(token, NOW), -1);
        token[i] = was;
    }
    token[n - 1] = 0; /* shorter */
    assert_int_equal(check(token, NOW), -1);
    assert_int_equal(check("", NOW), -1);
    assert_int_equal(check("a.b", NOW), -1);
    assert_int_equal(check("a.b.c.d", NOW), -1);
}

/* Signs header and payload as given, with the right key. */
static void sign(const char *header, const char *payload, char *ret) {
    FILE *f = fopen(pem, "re");
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    uint8_t sig[64];
    size_t n = jwt_b64_encode((const uint8_t *)header, strlen(header), ret);
    ret[n++] = '.';
    n += jwt_b64_encode((const uint8_t *)payload, strlen(payload), ret + n);
    assert_int_equal(jwt_sign_es256(key, (struct pp_str){ret, (uint32_t)n}, sig, &err), 0);
    ret[n++] = '.';
    jwt_b64_encode(sig, sizeof sig, ret + n);
    EVP_PKEY_free(key);
}

#define GOOD_HEADER "{\"alg\":\"ES256\"}"
#define BASE "\"iss\":\"priorpath-dev\",\"sub\":\"u\",\"tenant\":\"t\",\"exp\":1790000060"

static void test_headers_and_claims(void **s) {
    (void)s;
    static const struct {
        bool ok;
        const char *header, *payload;
    } rows[] = {
        {true, GOOD_HEADER, "{" BASE ",\"aud\":\"priorpath\"}"},
        {true, GOOD_HEADER, "{" BASE ",\"aud\":[\"x\",\"priorpath\"],\"roles\":[\"a\",\"b\"],\"sites\":\"x y\"}"},
        {false, "{\"alg\":\"none\"}", "{" BASE ",\"aud\":\"priorpath\"}"},
        {false, "{\"alg\":\"HS256\"}", "{" BASE ",\"aud\":\"priorpath\"}"},
        {false, "{\"alg\":\"RS256\"}", "{" BASE ",\"aud\":\"priorpath\"}"},
        {false, "{}", "{" BASE ",\"aud\":\"priorpath\"}"},
        {false, "{\"alg\":\"ES256\",\"kid\":\"other\"}", "{" BASE ",\"aud\":\"priorpath\"}"},
        {false, "{\"alg\":\"ES256\",\"crit\":[\"x\"]}", "{" BASE ",\"aud\":\"priorpath\"}"},
        {false, "[]", "{" BASE ",\"aud\":\"priorpath\"}"},
        {false, GOOD_HEADER, "{" BASE "}"},
        {false, GOOD_HEADER, "{" BASE ",\"aud\":\"other\"}"},
        {false, GOOD_HEADER, "{" BASE ",\"aud\":[]}"},
        {false, GOOD_HEADER, "{\"iss\":\"x\",\"sub\":\"u\",\"tenant\":\"t\",\"exp\":1790000060,\"aud\":\"priorpath\"}"},
        {false, GOOD_HEADER, "{\"iss\":\"priorpath-dev\",\"sub\":\"u\",\"tenant\":\"t\",\"aud\":\"priorpath\"}"},
        {false, GOOD_HEADER,
         "{\"iss\":\"priorpath-dev\",\"sub\":\"u\",\"tenant\":\"t\",\"exp\":\"soon\",\"aud\":\"priorpath\"}"},
        {false, GOOD_HEADER, "{\"iss\":\"priorpath-dev\",\"sub\":\"u\",\"exp\":1790000060,\"aud\":\"priorpath\"}"},
        {false, GOOD_HEADER, "{\"iss\":\"priorpath-dev\",\"tenant\":\"t\",\"exp\":1790000060,\"aud\":\"priorpath\"}"},
        {false, GOOD_HEADER, "{" BASE ",\"aud\":\"priorpath\",\"roles\":[1]}"},
        {false, GOOD_HEADER, "{" BASE ",\"aud\":\"priorpath\",\"roles\":[\"a,lead\"]}"},
        {false, GOOD_HEADER, "{" BASE ",\"aud\":\"priorpath\",\"tenant\":\"twice\"}"},
        {false, GOOD_HEADER, "not json"},
    };
    char token[PP_AUTH_TOKEN_BYTES_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sign(rows[i].header, rows[i].payload, token);
        int rc = check(token, NOW);
        if ((rc == 0) != rows[i].ok) fail_msg("row %zu: %s", i, err.msg);
    }
    sign(rows[1].header, rows[1].payload, token);
    assert_int_equal(check(token, NOW), 0);
    assert_true(pp_str_eqz(id.roles, "a,b"));
    assert_true(pp_str_eqz(id.sites, "x,y"));
}

static void write_rsa_set(EVP_PKEY *key) {
    BIGNUM *n = NULL, *e = NULL;
    uint8_t buf[512];
    char n64[800], e64[16];
    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n);
    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e);
    jwt_b64_encode(buf, (size_t)BN_bn2bin(n, buf), n64);
    jwt_b64_encode(buf, (size_t)BN_bn2bin(e, buf), e64);
    BN_free(n);
    BN_free(e);
    FILE *f = fopen(jwks, "we");
    fprintf(f,
            "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"},{\"kty\":\"RSA\",\"kid\":\"r1\",\"n\":\"%s\",\"e\":\"%s\"}]}",
            n64, e64);
    fclose(f);
}

/* The key set is replaced: RS256 now holds, and what the old key has signed no longer does. */
static void test_rsa_and_reload(void **s) {
    (void)s;
    char old[PP_AUTH_TOKEN_BYTES_MAX], token[PP_AUTH_TOKEN_BYTES_MAX];
    assert_int_equal(pp_auth_dev_token(pem, &claims, NOW, 60, old, sizeof old, &err), 0);
    assert_int_equal(check(old, NOW), 0);
    EVP_PKEY *key = EVP_RSA_gen(2048);
    write_rsa_set(key);
    size_t n = jwt_b64_encode((const uint8_t *)"{\"alg\":\"RS256\",\"kid\":\"r1\"}", 26, token);
    token[n++] = '.';
    const char *payload = "{" BASE ",\"aud\":\"priorpath\"}";
    n += jwt_b64_encode((const uint8_t *)payload, strlen(payload), token + n);
    uint8_t sig[512];
    size_t sig_n = sizeof sig;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, sig, &sig_n, (const uint8_t *)token, n), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    token[n++] = '.';
    jwt_b64_encode(sig, sig_n, token + n);
    int64_t until = pp_mono_ms() + 10000;
    while (check(token, NOW) != 0) assert_true(pp_mono_ms() < until);
    assert_int_equal(check(old, NOW), -1);
}

static void test_bad_sets(void **s) {
    (void)s;
    struct pp_auth *other = NULL;
    assert_int_equal(pp_auth_open("/nonexistent/jwks", "x", &other, &err), -1);
    assert_int_equal(err.kind, PP_ERR_IO);
    char path[120];
    snprintf(path, sizeof path, "%s/bad.json", dir);
    const char *const bad[] = {
        "", "{}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
        "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        FILE *f = fopen(path, "we");
        fputs(bad[i], f);
        fclose(f);
        assert_int_equal(pp_auth_open(path, "x", &other, &err), -1);
        assert_int_equal(err.kind, PP_ERR_INVALID);
    }
    assert_int_equal(pp_auth_dev_token("/nonexistent", &claims, NOW, 1, store, sizeof store, &err), -1);
    assert_int_equal(pp_auth_dev_token(pem, &claims, NOW, 60, store, 64, &err), -1);
    assert_int_equal(err.kind, PP_ERR_LIMIT);
}

static void test_base64(void **s) {
    (void)s;
    uint8_t in[40], out[40];
    char text[64];
    size_t n;
    for (size_t len = 0; len <= sizeof in; len++) {
        for (size_t i = 0; i < len; i++) in[i] = (uint8_t)(i * 37 + len);
        size_t tn = jwt_b64_encode(in, len, text);
        assert_true(jwt_b64_decode((struct pp_str){text, (uint32_t)tn}, out, sizeof out, &n));
        assert_int_equal(n, len);
        assert_memory_equal(in, out, len);
    }
    assert_false(jwt_b64_decode(PP_STR("A"), out, sizeof out, &n));
    assert_false(jwt_b64_decode(PP_STR("AB"), out, sizeof out, &n)); /* bits left over */
    assert_false(jwt_b64_decode(PP_STR("AA=="), out, sizeof out, &n));
    assert_false(jwt_b64_decode(PP_STR("A+AA"), out, sizeof out, &n));
    assert_false(jwt_b64_decode(PP_STR("AAAA"), out, 2, &n));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_headers_and_claims),
        cmocka_unit_test(test_bad_sets),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_rsa_and_reload),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
