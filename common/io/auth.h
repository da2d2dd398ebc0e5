/* Bearer tokens: JWT (ES256 or RS256) checked against a key set file (JWKS), reloaded when it changes.
 * Claims: iss (configured), aud "priorpath", sub, exp, nbf, tenant, roles (array or space separated), sites.
 *
 * Strict: the algorithm follows from the key (P-256 -> ES256, RSA of 2048 bits and more -> RS256) and the token's
 * header must agree; "none" and every other is refused; the key is found by kid (without a kid only when the set has
 * one key). exp is required, exp and nbf have PP_AUTH_SKEW_MS of tolerance. Verified tokens are remembered (by their
 * SHA-256, until they expire or the key set changes), because a signature check costs about 100 µs. */
#ifndef PP_IO_AUTH_H
#define PP_IO_AUTH_H
#include "io/http_server.h"

#define PP_AUTH_SKEW_MS 30000
#define PP_AUTH_TOKEN_BYTES_MAX 8192
#define PP_AUTH_KEYS_MAX 32
#define PP_AUTH_AUDIENCE "priorpath"

int pp_auth_open(const char *jwks_file, const char *issuer, struct pp_auth **ret, struct pp_err *err);
void pp_auth_free(struct pp_auth *a);
/* Strings of *ret live in the arena-like buffer `store` of at least 1024 bytes. Errors: PP_ERR_DENIED, text fit for
 * the client and without anything of the token. */
int pp_auth_check(struct pp_auth *a, struct pp_str token, int64_t now_real_ms, struct pp_identity *ret, char *store,
                  size_t store_n, struct pp_err *err);
/* One of the roles; "*" always. */
bool pp_identity_has_role(const struct pp_identity *id, const char *roles_csv);
/* Is this site among those the token gives? */
bool pp_identity_has_site(const struct pp_identity *id, struct pp_str site);

/* ---- issuer of a development set-up ---- */
#define PP_AUTH_DEV_KEY "issuer.pem"
#define PP_AUTH_DEV_JWKS "jwks.json"
/* Makes <dir>/issuer.pem (P-256, mode 0600) and <dir>/jwks.json, unless both are there. The folder must exist. */
int pp_auth_dev_keygen(const char *dir, struct pp_err *err);
struct pp_auth_claims {
    const char *issuer, *tenant, *subject;
    const char *roles, *sites; /* comma separated; sites "*" = all */
};
/* Signs a token that holds from now_real_ms for ttl_s seconds. ret: at least PP_AUTH_TOKEN_BYTES_MAX bytes. */
int pp_auth_dev_token(const char *private_key_file, const struct pp_auth_claims *c, int64_t now_real_ms, int64_t ttl_s,
                      char *ret, size_t ret_n, struct pp_err *err);
#endif
