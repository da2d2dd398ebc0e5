#include "io/blob.h"
#include "base/hash.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "PPB1"
#define MAGIC_BYTES 4
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define OVERHEAD (MAGIC_BYTES + NONCE_BYTES + TAG_BYTES)
#define TENANT_MAX 64
#define ROOT_MAX 1024
#define PATH_BYTES (ROOT_MAX + TENANT_MAX + PP_SHA256_HEX + 64)

struct pp_blob_store {
    char root[ROOT_MAX];
    uint8_t master[PP_BLOB_KEY_BYTES];
    int refs; /* the owner and each open call; the loop's thread only */
};

/* ---- opening ---- */

static bool read_hex_key(const char *text, size_t n, uint8_t ret[PP_BLOB_KEY_BYTES]) {
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r')) n--;
    if (n != 2 * PP_BLOB_KEY_BYTES) return false;
    for (size_t i = 0; i < PP_BLOB_KEY_BYTES; i++) {
        unsigned v;
        char two[3] = {text[2 * i], text[2 * i + 1], 0};
        if (strspn(two, "0123456789abcdefABCDEF") != 2 || sscanf(two, "%2x", &v) != 1) return false;
        ret[i] = (uint8_t)v;
    }
    return true;
}

static int read_key(const char *file, uint8_t ret[PP_BLOB_KEY_BYTES], struct pp_err *err) {
    char text[2 * PP_BLOB_KEY_BYTES + 8];
    FILE *f = fopen(file, "re");
    if (!f) return pp_err_set(err, PP_ERR_IO, "blob key %s: %s", file, strerror(errno));
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    bool ok = read_hex_key(text, n, ret);
    OPENSSL_cleanse(text, sizeof text);
    return ok ? 0 : pp_err_set(err, PP_ERR_INVALID, "blob key %s: want %d hex characters", file, 2 * PP_BLOB_KEY_BYTES);
}

int pp_blob_keygen(const char *master_key_file, struct pp_err *err) {
    uint8_t key[PP_BLOB_KEY_BYTES];
    char text[2 * PP_BLOB_KEY_BYTES + 2];
    if (getrandom(key, sizeof key, 0) != sizeof key) return pp_err_set(err, PP_ERR_IO, "blob key: no random numbers");
    pp_hex(key, sizeof key, text);
    text[2 * PP_BLOB_KEY_BYTES] = '\n';
    int fd = open(master_key_file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? 0 : pp_err_set(err, PP_ERR_IO, "blob key %s: %s", master_key_file, strerror(errno));
    bool ok = write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1 && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(key, sizeof key);
    if (ok) return 0;
    pp_err_set(err, PP_ERR_IO, "blob key %s: %s", master_key_file, strerror(errno));
    unlink(master_key_file);
    return -1;
}

int pp_blob_open(const char *root, const char *master_key_file, struct pp_blob_store **ret, struct pp_err *err) {
    if (strlen(root) >= ROOT_MAX) return pp_err_set(err, PP_ERR_INVALID, "the path of the blob folder is too long");
    struct pp_blob_store *s = calloc(1, sizeof *s);
    if (!s) return pp_err_set(err, PP_ERR_NOMEM, "blob store");
    snprintf(s->root, sizeof s->root, "%s", root);
    s->refs = 1;
    if (mkdir(root, 0700) != 0 && errno != EEXIST)
        pp_err_set(err, PP_ERR_IO, "blob folder %s: %s", root, strerror(errno));
    else if (read_key(master_key_file, s->master, err) == 0) {
        *ret = s;
        return 0;
    }
    free(s);
    return -1;
}

static void unref(struct pp_blob_store *s) {
    if (--s->refs > 0) return;
    OPENSSL_cleanse(s->master, sizeof s->master);
    free(s);
}

void pp_blob_close(struct pp_blob_store *s) {
    if (s) unref(s);
}

/* ---- names and keys ---- */

static int check_tenant(struct pp_str t, struct pp_err *err) {
    bool ok = t.n > 0 && t.n <= TENANT_MAX;
    for (uint32_t i = 0; ok && i < t.n; i++)
        ok = (t.s[i] >= 'a' && t.s[i] <= 'z') || (t.s[i] >= '0' && t.s[i] <= '9') || t.s[i] == '-' || t.s[i] == '_';
    return ok ? 0 : pp_err_set(err, PP_ERR_INVALID, "a tenant is 1 to %d characters of a-z, 0-9, - and _", TENANT_MAX);
}

static int check_hash(struct pp_str h, struct pp_err *err) {
    bool ok = h.n == PP_SHA256_HEX;
    for (uint32_t i = 0; ok && i < h.n; i++) ok = (h.s[i] >= '0' && h.s[i] <= '9') || (h.s[i] >= 'a' && h.s[i] <= 'f');
    return ok ? 0 : pp_err_set(err, PP_ERR_INVALID, "a blob's hash is %d lower-case hex characters", PP_SHA256_HEX);
}

static void path_of(const struct pp_blob_store *s, struct pp_str tenant, struct pp_str hash, char ret[PATH_BYTES]) {
    snprintf(ret, PATH_BYTES, "%s/%.*s/%.2s/%.*s", s->root, PP_FMT(tenant), hash.s, PP_FMT(hash));
}

static bool key_of(const struct pp_blob_store *s, struct pp_str tenant, uint8_t ret[PP_BLOB_KEY_BYTES]) {
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    char digest[] = "SHA256", salt[] = "priorpath blob store 1";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)s->master, sizeof s->master),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof salt - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)tenant.s, tenant.n),
        OSSL_PARAM_construct_end(),
    };
    bool ok = ctx && EVP_KDF_derive(ctx, ret, PP_BLOB_KEY_BYTES, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok;
}

/* ---- sealing ---- */

/* out: n + OVERHEAD bytes. */
static bool seal(const uint8_t *key, struct pp_str hash, const uint8_t *in, size_t n, uint8_t *out) {
    uint8_t *nonce = out + MAGIC_BYTES, *text = nonce + NONCE_BYTES;
    int len = 0, end = 0;
    memcpy(out, MAGIC, MAGIC_BYTES);
    if (getrandom(nonce, NONCE_BYTES, 0) != NONCE_BYTES) return false;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c && EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
              EVP_EncryptUpdate(c, NULL, &len, (const uint8_t *)hash.s, (int)hash.n) == 1 &&
              EVP_EncryptUpdate(c, text, &len, in, (int)n) == 1 && EVP_EncryptFinal_ex(c, text + len, &end) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, text + n) == 1;
    EVP_CIPHER_CTX_free(c);
    return ok;
}

/* In place: *ret_text points into file. */
static bool unseal(const uint8_t *key, struct pp_str hash, uint8_t *file, size_t n, uint8_t **ret_text, size_t *ret_n) {
    if (n < OVERHEAD || memcmp(file, MAGIC, MAGIC_BYTES) != 0) return false;
    uint8_t *nonce = file + MAGIC_BYTES, *text = nonce + NONCE_BYTES;
    size_t body = n - OVERHEAD;
    int len = 0, end = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
              EVP_DecryptUpdate(c, NULL, &len, (const uint8_t *)hash.s, (int)hash.n) == 1 &&
              EVP_DecryptUpdate(c, text, &len, text, (int)body) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, text + body) == 1 &&
              EVP_DecryptFinal_ex(c, text + len, &end) == 1;
    EVP_CIPHER_CTX_free(c);
    *ret_text = text;
    *ret_n = body;
    return ok;
}

/* ---- files ---- */

static bool write_all(int fd, const uint8_t *p, size_t n) {
    while (n) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR) continue;
        if (w <= 0) return false;
        p += w;
        n -= (size_t)w;
    }
    return true;
}

static bool sync_folder(const char *path, const char *end) {
    char dir[PATH_BYTES];
    snprintf(dir, sizeof dir, "%.*s", (int)(end - path), path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    return ok;
}

/* Makes <root>/<tenant> and <root>/<tenant>/<hh>, and makes new ones durable. */
static bool make_folders(const struct pp_blob_store *s, const char *path) {
    for (const char *slash = strchr(path + strlen(s->root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        char dir[PATH_BYTES];
        snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
        if (mkdir(dir, 0700) == 0) {
            if (!sync_folder(dir, strrchr(dir, '/'))) return false;
        } else if (errno != EEXIST) {
            return false;
        }
    }
    return true;
}

static int write_file(const struct pp_blob_store *s, const char *path, const uint8_t *p, size_t n, struct pp_err *err) {
    static atomic_uint counter;
    char tmp[PATH_BYTES + 40];
    snprintf(tmp, sizeof tmp, "%s.%d.%u.tmp", path, (int)getpid(), atomic_fetch_add(&counter, 1));
    int fd = make_folders(s, path) ? open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    bool ok = fd >= 0 && write_all(fd, p, n) && fsync(fd) == 0;
    int saved = errno;
    if (fd >= 0) close(fd);
    if (ok && rename(tmp, path) == 0 && sync_folder(path, strrchr(path, '/'))) return 0;
    pp_err_set(err, PP_ERR_IO, "blob store: writing: %s", strerror(ok ? errno : saved));
    if (fd >= 0) unlink(tmp);
    return -1;
}

static int read_file(const char *path, uint8_t **ret, size_t *ret_n, struct pp_err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return pp_err_set(err, PP_ERR_NOTFOUND, "no such blob");
    if (fd < 0) return pp_err_set(err, PP_ERR_IO, "blob store: reading: %s", strerror(errno));
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size > PP_BLOB_BYTES_MAX + OVERHEAD) {
        close(fd);
        return pp_err_set(err, PP_ERR_LIMIT, "blob store: a file is longer than a blob may be");
    }
    size_t size = (size_t)st.st_size, n = 0;
    uint8_t *p = malloc(size + 1);
    while (p && n < size) {
        ssize_t got = read(fd, p + n, size - n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        n += (size_t)got;
    }
    close(fd);
    if (!p) return pp_err_set(err, PP_ERR_NOMEM, "blob store");
    if (n < size) {
        free(p);
        return pp_err_set(err, PP_ERR_IO, "blob store: a file cannot be read whole");
    }
    *ret = p;
    *ret_n = n;
    return 0;
}

/* ---- one blob; these run on the caller's thread or on one of the pool ---- */

static int put(const struct pp_blob_store *s, struct pp_str tenant, struct pp_str bytes,
               char ret_hash[PP_SHA256_HEX + 1], struct pp_err *err) {
    char path[PATH_BYTES];
    if (check_tenant(tenant, err) < 0) return -1;
    if (bytes.n > PP_BLOB_BYTES_MAX)
        return pp_err_set(err, PP_ERR_LIMIT, "a blob is at most %d bytes", PP_BLOB_BYTES_MAX);
    pp_sha256_hex(bytes, ret_hash);
    struct pp_str hash = {ret_hash, PP_SHA256_HEX};
    path_of(s, tenant, hash, path);
    /* There already: as it came there by a rename, it is whole. */
    if (access(path, F_OK) == 0) return 0;
    uint8_t key[PP_BLOB_KEY_BYTES], *out = malloc(bytes.n + OVERHEAD);
    if (!out) return pp_err_set(err, PP_ERR_NOMEM, "blob store");
    int rc = -1;
    if (!key_of(s, tenant, key) || !seal(key, hash, (const uint8_t *)bytes.s, bytes.n, out))
        pp_err_set(err, PP_ERR_BUG, "blob store: encryption failed");
    else
        rc = write_file(s, path, out, bytes.n + OVERHEAD, err);
    OPENSSL_cleanse(key, sizeof key);
    free(out);
    return rc;
}

/* *ret_file is to be freed; the bytes are at *ret_text within it. */
static int get(const struct pp_blob_store *s, struct pp_str tenant, struct pp_str hash, uint8_t **ret_file,
               uint8_t **ret_text, size_t *ret_n, struct pp_err *err) {
    char path[PATH_BYTES], found[PP_SHA256_HEX + 1];
    uint8_t key[PP_BLOB_KEY_BYTES], *file = NULL, *text = NULL;
    size_t n = 0, len = 0;
    if (check_tenant(tenant, err) < 0 || check_hash(hash, err) < 0) return -1;
    path_of(s, tenant, hash, path);
    if (read_file(path, &file, &n, err) < 0) return -1;
    bool ok = key_of(s, tenant, key) && unseal(key, hash, file, n, &text, &len);
    OPENSSL_cleanse(key, sizeof key);
    if (ok) {
        pp_sha256_hex((struct pp_str){(const char *)text, (uint32_t)len}, found);
        ok = pp_str_eqz(hash, found);
    }
    if (!ok) {
        free(file);
        pp_err_set(err, PP_ERR_IO, "blob store: a blob is damaged or was sealed with another key");
        if (err) err->retriable = false;
        return -1;
    }
    *ret_file = file;
    *ret_text = text;
    *ret_n = len;
    return 0;
}

int pp_blob_put_sync(struct pp_blob_store *s, struct pp_str tenant, struct pp_str bytes, char ret_hash[65],
                     struct pp_err *err) {
    return put(s, tenant, bytes, ret_hash, err);
}

int pp_blob_get_sync(struct pp_blob_store *s, struct pp_str tenant, struct pp_str hash, struct pp_buf *ret,
                     struct pp_err *err) {
    uint8_t *file, *text;
    size_t n;
    if (get(s, tenant, hash, &file, &text, &n, err) < 0) return -1;
    pp_buf_add(ret, text, n);
    free(file);
    return ret->failed ? pp_err_set(err, PP_ERR_LIMIT, "the blob is longer than the buffer may be") : 0;
}

int pp_blob_remove_sync(struct pp_blob_store *s, struct pp_str tenant, struct pp_str hash, struct pp_err *err) {
    char path[PATH_BYTES];
    if (check_tenant(tenant, err) < 0 || check_hash(hash, err) < 0) return -1;
    path_of(s, tenant, hash, path);
    if (unlink(path) != 0 && errno != ENOENT)
        return pp_err_set(err, PP_ERR_IO, "blob store: removing: %s", strerror(errno));
    return 0;
}

/* ---- on the pool ---- */

struct blob_work {
    uv_work_t work;
    struct pp_blob_store *store;
    char tenant[TENANT_MAX + 1], hash[PP_SHA256_HEX + 1];
    uint32_t tenant_n, hash_n;
    uint8_t *in; /* put: the copy */
    uint32_t in_n;
    uint8_t *file, *text; /* get */
    size_t text_n;
    int rc;
    struct pp_err err;
    pp_blob_put_cb *put_cb;
    pp_blob_get_cb *get_cb;
    void *user;
};

static void do_work(uv_work_t *w) {
    struct blob_work *b = w->data;
    struct pp_str tenant = {b->tenant, b->tenant_n}, hash = {b->hash, b->hash_n};
    if (b->rc < 0) return; /* refused before */
    if (b->put_cb)
        b->rc = put(b->store, tenant, (struct pp_str){(const char *)b->in, b->in_n}, b->hash, &b->err);
    else
        b->rc = get(b->store, tenant, hash, &b->file, &b->text, &b->text_n, &b->err);
}

static void done_work(uv_work_t *w, int status) {
    struct blob_work *b = w->data;
    if (status < 0) b->rc = pp_err_set(&b->err, PP_ERR_IO, "blob store: the call was cancelled");
    const struct pp_err *err = b->rc < 0 ? &b->err : NULL;
    if (b->put_cb)
        b->put_cb(b->user, b->hash, err);
    else
        b->get_cb(b->user, (struct pp_str){(const char *)b->text, (uint32_t)b->text_n}, err);
    unref(b->store);
    free(b->in);
    free(b->file);
    free(b);
}

static struct blob_work *work_of(struct pp_blob_store *s, struct pp_str tenant, void *user) {
    struct blob_work *b = calloc(1, sizeof *b);
    if (!b) abort(); /* the promise of exactly one callback cannot be kept without memory */
    b->work.data = b;
    b->store = s;
    b->user = user;
    b->rc = check_tenant(tenant, &b->err);
    if (b->rc == 0) {
        memcpy(b->tenant, tenant.s, tenant.n);
        b->tenant_n = tenant.n;
    }
    s->refs++;
    return b;
}

static void queue(struct blob_work *b, uv_loop_t *loop) {
    int rc = uv_queue_work(loop, &b->work, do_work, done_work);
    assert(rc == 0); /* fails only without a work function */
    (void)rc;
}

void pp_blob_put(struct pp_blob_store *s, uv_loop_t *loop, struct pp_str tenant, struct pp_str bytes,
                 pp_blob_put_cb *cb, void *user) {
    struct blob_work *b = work_of(s, tenant, user);
    b->put_cb = cb;
    if (b->rc == 0 && bytes.n > PP_BLOB_BYTES_MAX)
        b->rc = pp_err_set(&b->err, PP_ERR_LIMIT, "a blob is at most %d bytes", PP_BLOB_BYTES_MAX);
    if (b->rc == 0 && !(b->in = malloc(bytes.n + 1))) b->rc = pp_err_set(&b->err, PP_ERR_NOMEM, "blob store");
    if (b->rc == 0) {
        if (bytes.n) memcpy(b->in, bytes.s, bytes.n);
        b->in_n = bytes.n;
    }
    queue(b, loop);
}

void pp_blob_get(struct pp_blob_store *s, uv_loop_t *loop, struct pp_str tenant, struct pp_str hash, pp_blob_get_cb *cb,
                 void *user) {
    struct blob_work *b = work_of(s, tenant, user);
    b->get_cb = cb;
    if (b->rc == 0) b->rc = check_hash(hash, &b->err);
    if (b->rc == 0) {
        memcpy(b->hash, hash.s, hash.n);
        b->hash_n = hash.n;
    }
    queue(b, loop);
}
