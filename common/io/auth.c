#include "io/auth.h"
#include "base/buf.h"
#include "base/hash.h"
#include "io/clock.h"
#include "io/jwt.h"
#include "io/log.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LOOK_EVERY_MS 1000
#define JWKS_BYTES_MAX 65536
#define KID_MAX 128
#define CACHE_SLOTS 1024
#define STORE_MAX 1024 /* strings of one identity */

struct auth_key {
    char kid[KID_MAX];
    EVP_PKEY *key;
    const char *alg;
};

struct cached {
    uint8_t hash[PP_SHA256_BYTES];
    int64_t expires_ms, not_before_ms; /* expires 0: free */
    uint32_t n[4];                     /* lengths of tenant, subject, roles, sites in text */
    char text[STORE_MAX];
};

struct pp_auth {
    char *file, *issuer;
    struct auth_key keys[PP_AUTH_KEYS_MAX];
    int nkeys;
    struct timespec mtime;
    ino_t ino;
    off_t size;
    int64_t looked_mono;
    struct cached cache[CACHE_SLOTS];
};

static struct pp_str json_str(const json_t *o, const char *name) {
    const json_t *v = json_object_get(o, name);
    return json_is_string(v) ? (struct pp_str){json_string_value(v), (uint32_t)json_string_length(v)} : PP_STR_NONE;
}

/* ---- key set ---- */

static void free_keys(struct auth_key *keys, int n) {
    for (int i = 0; i < n; i++) EVP_PKEY_free(keys[i].key);
}

/* Keys of other kinds or uses are passed over: a key set may be shared. */
static bool read_key(const json_t *jwk, struct auth_key *ret) {
    struct pp_str kty = json_str(jwk, "kty"), use = json_str(jwk, "use"), alg = json_str(jwk, "alg"),
                  kid = json_str(jwk, "kid");
    if (!pp_str_empty(use) && !pp_str_eqz(use, "sig")) return false;
    if (kid.n >= sizeof ret->kid) return false;
    if (pp_str_eqz(kty, "EC") && pp_str_eqz(json_str(jwk, "crv"), "P-256")) {
        ret->alg = "ES256";
        ret->key = jwt_key_p256(json_str(jwk, "x"), json_str(jwk, "y"));
    } else if (pp_str_eqz(kty, "RSA")) {
        ret->alg = "RS256";
        ret->key = jwt_key_rsa(json_str(jwk, "n"), json_str(jwk, "e"));
    } else {
        return false;
    }
    if (ret->key && !pp_str_empty(alg) && !pp_str_eqz(alg, ret->alg)) {
        EVP_PKEY_free(ret->key);
        ret->key = NULL;
    }
    snprintf(ret->kid, sizeof ret->kid, "%.*s", PP_FMT(kid));
    return ret->key != NULL;
}

static int read_keys(const char *file, struct auth_key *ret, int *ret_n, struct pp_err *err) {
    FILE *f = fopen(file, "re");
    if (!f) return pp_err_set(err, PP_ERR_IO, "key set %s: %s", file, strerror(errno));
    static char text[JWKS_BYTES_MAX];
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    if (n == sizeof text)
        return pp_err_set(err, PP_ERR_LIMIT, "key set %s: longer than %d bytes", file, JWKS_BYTES_MAX);
    json_t *set = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *keys = json_object_get(set, "keys");
    int count = 0;
    for (size_t i = 0; i < json_array_size(keys) && count < PP_AUTH_KEYS_MAX; i++)
        if (read_key(json_array_get(keys, i), &ret[count])) count++;
    json_decref(set);
    if (count == 0)
        return pp_err_set(err, PP_ERR_INVALID, "key set %s: no usable key (EC P-256, or RSA of 2048 bits and more)",
                          file);
    *ret_n = count;
    return 0;
}

/* Reads the key set when it has changed. On error the keys stay as they were. */
static int look(struct pp_auth *a, struct pp_err *err) {
    struct stat st;
    a->looked_mono = pp_mono_ms();
    if (stat(a->file, &st) != 0) return pp_err_set(err, PP_ERR_IO, "key set %s: %s", a->file, strerror(errno));
    if (a->nkeys && st.st_ino == a->ino && st.st_size == a->size && st.st_mtim.tv_sec == a->mtime.tv_sec &&
        st.st_mtim.tv_nsec == a->mtime.tv_nsec)
        return 0;
    struct auth_key keys[PP_AUTH_KEYS_MAX];
    int n = 0;
    if (read_keys(a->file, keys, &n, err) < 0) return -1;
    free_keys(a->keys, a->nkeys);
    memcpy(a->keys, keys, (size_t)n * sizeof *keys);
    a->nkeys = n;
    a->ino = st.st_ino;
    a->size = st.st_size;
    a->mtime = st.st_mtim;
    memset(a->cache, 0, sizeof a->cache); /* what a withdrawn key has signed no longer holds */
    return 0;
}

int pp_auth_open(const char *jwks_file, const char *issuer, struct pp_auth **ret, struct pp_err *err) {
    struct pp_auth *a = calloc(1, sizeof *a);
    if (!a || !(a->file = strdup(jwks_file)) || !(a->issuer = strdup(issuer))) {
        pp_auth_free(a);
        return pp_err_set(err, PP_ERR_NOMEM, "key set");
    }
    if (look(a, err) < 0) {
        pp_auth_free(a);
        return -1;
    }
    *ret = a;
    return 0;
}

void pp_auth_free(struct pp_auth *a) {
    if (!a) return;
    free_keys(a->keys, a->nkeys);
    free(a->file);
    free(a->issuer);
    free(a);
}

/* ---- one token ---- */

static int denied(struct pp_err *err, const char *why) {
    pp_err_set(err, PP_ERR_DENIED, "the token is not accepted: %s", why);
    return -1;
}

static json_t *part_json(struct pp_str part, uint8_t *scratch) {
    size_t n;
    if (!jwt_b64_decode(part, scratch, PP_AUTH_TOKEN_BYTES_MAX, &n)) return NULL;
    json_t *o = json_loadb((const char *)scratch, n, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(o)) return o;
    json_decref(o);
    return NULL;
}

static const struct auth_key *find_key(const struct pp_auth *a, struct pp_str kid) {
    if (pp_str_empty(kid)) return a->nkeys == 1 ? &a->keys[0] : NULL;
    for (int i = 0; i < a->nkeys; i++)
        if (pp_str_eqz(kid, a->keys[i].kid)) return &a->keys[i];
    return NULL;
}

static int check_signature(const struct pp_auth *a, struct pp_str token, struct pp_str header, struct pp_str signature,
                           uint8_t *scratch, struct pp_err *err) {
    json_t *h = part_json(header, scratch);
    if (!h) return denied(err, "its header is not readable");
    const struct auth_key *k = find_key(a, json_str(h, "kid"));
    bool alg_ok = k && pp_str_eqz(json_str(h, "alg"), k->alg);
    bool crit = json_object_get(h, "crit") != NULL; /* RFC 7515 4.1.11: we understand none */
    json_decref(h);
    if (!k) return denied(err, "its key is not in the key set");
    if (!alg_ok || crit) return denied(err, "its algorithm is not that of the key");
    size_t n;
    if (!jwt_b64_decode(signature, scratch, PP_AUTH_TOKEN_BYTES_MAX, &n) ||
        !jwt_verify(k->key, (struct pp_str){token.s, token.n - signature.n - 1}, scratch, n))
        return denied(err, "its signature does not fit");
    return 0;
}

/* A list claim: an array, or text separated by blanks or commas. Written comma separated. */
static bool list_claim(const json_t *v, struct pp_buf *b) {
    if (json_is_array(v)) {
        for (size_t i = 0; i < json_array_size(v); i++) {
            const char *s = json_string_value(json_array_get(v, i));
            if (!s || strchr(s, ',')) return false;
            if (i) pp_buf_addc(b, ',');
            pp_buf_addz(b, s);
        }
        return true;
    }
    const char *s = json_string_value(v);
    for (; s && *s; s++) pp_buf_addc(b, *s == ' ' ? ',' : *s);
    return true;
}

static bool audience_ok(const json_t *aud) {
    if (json_is_string(aud)) return strcmp(json_string_value(aud), PP_AUTH_AUDIENCE) == 0;
    for (size_t i = 0; i < json_array_size(aud); i++) {
        const char *s = json_string_value(json_array_get(aud, i));
        if (s && strcmp(s, PP_AUTH_AUDIENCE) == 0) return true;
    }
    return false;
}

/* NumericDate, in ms; 0 when absent, -1 when it is no sensible number. */
static int64_t date_claim(const json_t *claims, const char *name) {
    const json_t *v = json_object_get(claims, name);
    if (!v) return 0;
    double s = json_is_number(v) ? json_number_value(v) : -1;
    return s > 0 && s < 1e11 ? (int64_t)(s * 1000) : -1;
}

static int check_claims(const struct pp_auth *a, const json_t *claims, struct cached *ret, struct pp_err *err) {
    if (!pp_str_eqz(json_str(claims, "iss"), a->issuer)) return denied(err, "another issuer");
    if (!audience_ok(json_object_get(claims, "aud"))) return denied(err, "it is not meant for this system");
    int64_t exp = date_claim(claims, "exp"), nbf = date_claim(claims, "nbf");
    if (exp <= 0 || nbf < 0) return denied(err, "exp or nbf is missing or no date");
    struct pp_str tenant = json_str(claims, "tenant"), sub = json_str(claims, "sub");
    if (pp_str_empty(tenant) || pp_str_empty(sub)) return denied(err, "tenant or sub is missing");
    struct pp_buf b;
    pp_buf_init(&b, sizeof ret->text);
    size_t at[5] = {0};
    pp_buf_adds(&b, tenant);
    at[1] = b.n;
    pp_buf_adds(&b, sub);
    at[2] = b.n;
    bool ok = list_claim(json_object_get(claims, "roles"), &b);
    at[3] = b.n;
    ok = list_claim(json_object_get(claims, "sites"), &b) && ok;
    at[4] = b.n;
    ok = ok && !b.failed && !memchr(b.p, 0, b.n);
    if (ok) {
        memcpy(ret->text, b.p, b.n);
        for (int i = 0; i < 4; i++) ret->n[i] = (uint32_t)(at[i + 1] - at[i]);
        ret->expires_ms = exp;
        ret->not_before_ms = nbf;
    }
    pp_buf_free(&b);
    return ok ? 0 : denied(err, "tenant, sub, roles or sites are too long or malformed");
}

static int check_dates(const struct cached *c, int64_t now_ms, struct pp_err *err) {
    if (c->expires_ms + PP_AUTH_SKEW_MS <= now_ms) return denied(err, "it has expired");
    if (c->not_before_ms - PP_AUTH_SKEW_MS > now_ms) return denied(err, "it is not valid yet");
    return 0;
}

static int verify(const struct pp_auth *a, struct pp_str token, struct cached *ret, struct pp_err *err) {
    struct pp_str rest = token;
    struct pp_str header = pp_str_split(&rest, '.'), payload = pp_str_split(&rest, '.');
    if (pp_str_empty(header) || pp_str_empty(payload) || pp_str_empty(rest) || memchr(rest.s, '.', rest.n))
        return denied(err, "it is not a signed JWT");
    uint8_t scratch[PP_AUTH_TOKEN_BYTES_MAX];
    if (check_signature(a, token, header, rest, scratch, err) < 0) return -1;
    json_t *claims = part_json(payload, scratch);
    if (!claims) return denied(err, "its claims are not readable");
    int rc = check_claims(a, claims, ret, err);
    json_decref(claims);
    return rc;
}

static int give(const struct cached *c, struct pp_identity *ret, char *store, size_t store_n, struct pp_err *err) {
    struct pp_str *out[4] = {&ret->tenant, &ret->subject, &ret->roles, &ret->sites};
    const char *from = c->text;
    size_t used = 0;
    for (int i = 0; i < 4; i++) {
        if (used + c->n[i] + 1 > store_n) return denied(err, "its claims are too long");
        memcpy(store + used, from, c->n[i]);
        store[used + c->n[i]] = 0;
        *out[i] = (struct pp_str){store + used, c->n[i]};
        used += c->n[i] + 1;
        from += c->n[i];
    }
    ret->expires_ms = c->expires_ms;
    return 0;
}

int pp_auth_check(struct pp_auth *a, struct pp_str token, int64_t now_real_ms, struct pp_identity *ret, char *store,
                  size_t store_n, struct pp_err *err) {
    if (token.n == 0 || token.n > PP_AUTH_TOKEN_BYTES_MAX) return denied(err, "it is empty or too long");
    struct pp_err look_err = {0};
    if (pp_mono_ms() - a->looked_mono >= LOOK_EVERY_MS && look(a, &look_err) < 0)
        pp_log_err(PP_LOG_WARN, "key set not read again, the old keys stay", &look_err);
    uint8_t hash[PP_SHA256_BYTES];
    pp_sha256(token, hash);
    struct cached *slot = &a->cache[(hash[0] << 8 | hash[1]) % CACHE_SLOTS];
    if (slot->expires_ms == 0 || memcmp(slot->hash, hash, sizeof hash) != 0) {
        struct cached fresh = {0};
        if (verify(a, token, &fresh, err) < 0) return -1;
        memcpy(fresh.hash, hash, sizeof hash);
        *slot = fresh;
    }
    if (check_dates(slot, now_real_ms, err) < 0) return -1;
    return give(slot, ret, store, store_n, err);
}

static bool in_list(struct pp_str list, struct pp_str what) {
    while (list.n)
        if (pp_str_eq(pp_str_trim(pp_str_split(&list, ',')), what)) return true;
    return false;
}

bool pp_identity_has_role(const struct pp_identity *id, const char *roles_csv) {
    struct pp_str wanted = pp_str_z(roles_csv);
    while (wanted.n) {
        struct pp_str role = pp_str_trim(pp_str_split(&wanted, ','));
        if (pp_str_eqz(role, "*") || (role.n && in_list(id->roles, role))) return true;
    }
    return false;
}

bool pp_identity_has_site(const struct pp_identity *id, struct pp_str site) {
    return in_list(id->sites, PP_STR("*")) || (site.n && in_list(id->sites, site));
}
