/* Blob store: bytes under their SHA-256 (64 hex characters), per tenant, encrypted with a key of that tenant
 * (AES-256-GCM, key derived from the installation's master key file by HKDF-SHA256 with the tenant as info).
 * A directory <root>/<tenant>/<hh>/<hash>; written to a temporary name, fsynced, renamed: a blob is whole or absent.
 * Writing the same bytes again is a no-op. Work runs in libuv's thread pool; callbacks on the loop.
 *
 * A file is "PPB1", 12 bytes of nonce, the cipher text, 16 bytes of tag; the hash is authenticated with it, so a file
 * under another name, of another tenant or with a changed bit is not read but reported (PP_ERR_IO, not retriable).
 * Tenants are 1 to 64 characters of a-z, 0-9, '-' and '_'. */
#ifndef PP_IO_BLOB_H
#define PP_IO_BLOB_H
#include "base/err.h"
#include "base/str.h"
#include "base/buf.h"
#include <uv.h>

#define PP_BLOB_BYTES_MAX 134217728 /* of one blob */
#define PP_BLOB_KEY_BYTES 32

struct pp_blob_store;
/* The key file holds 32 bytes as 64 hex characters. The folder is made (0700) when it is not there. */
int pp_blob_open(const char *root, const char *master_key_file, struct pp_blob_store **ret, struct pp_err *err);
/* Open calls still end in their callbacks; the memory goes with the last. NULL is allowed. */
void pp_blob_close(struct pp_blob_store *s);
/* Makes a key file with mode 0600 from the system's random numbers, unless it is there. */
int pp_blob_keygen(const char *master_key_file, struct pp_err *err);
typedef void pp_blob_put_cb(void *user, const char hash[65], const struct pp_err *err); /* err NULL = stored */
typedef void pp_blob_get_cb(void *user, struct pp_str bytes,
                            const struct pp_err *err); /* bytes valid during the call; PP_ERR_NOTFOUND */
/* Copies the bytes. Exactly one callback. */
void pp_blob_put(struct pp_blob_store *s, uv_loop_t *loop, struct pp_str tenant, struct pp_str bytes,
                 pp_blob_put_cb *cb, void *user);
void pp_blob_get(struct pp_blob_store *s, uv_loop_t *loop, struct pp_str tenant, struct pp_str hash, pp_blob_get_cb *cb,
                 void *user);
/* Blocking forms, for start-up, tools and tests only. */
int pp_blob_put_sync(struct pp_blob_store *s, struct pp_str tenant, struct pp_str bytes, char ret_hash[65],
                     struct pp_err *err);
int pp_blob_get_sync(struct pp_blob_store *s, struct pp_str tenant, struct pp_str hash, struct pp_buf *ret,
                     struct pp_err *err);
/* For purges. A blob that is not there is no error. */
int pp_blob_remove_sync(struct pp_blob_store *s, struct pp_str tenant, struct pp_str hash, struct pp_err *err);
#endif
