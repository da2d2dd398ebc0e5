/* Drop folders: files that partners leave in <root>/<tenant>/<partner>/, taken one at a time.
 *
 * A file is taken when its size and time stood still for one round and its name does not begin with '.' or end in
 * ".tmp" or ".part". Its bytes are given out; the taker ends it with pp_dropdir_done, which moves it to done/ or, with
 * a reason, to refused/ (beside a file <name>.reason). A crash in between gives the file out again: taking the same
 * bytes twice must be harmless. Reading and moving run in the thread pool.
 */
#ifndef PP_IO_DROPDIR_H
#define PP_IO_DROPDIR_H

#include "base/err.h"
#include "base/str.h"

#include <uv.h>

#define PP_DROPDIR_ROUND_MS 500
#define PP_DROPDIR_FILE_BYTES_MAX ((size_t)256 << 20)

struct pp_dropdir;
struct pp_dropped {
    struct pp_str tenant, partner, name, bytes;
};
/* One file; valid until pp_dropdir_done. */
typedef void pp_dropdir_cb(void *user, const struct pp_dropped *file);
int pp_dropdir_new(uv_loop_t *loop, const char *root, pp_dropdir_cb *cb, void *user, struct pp_dropdir **ret,
                   struct pp_err *err);
/* The same for one folder of one partner, wherever it stands; it may come and go like a mount. */
int pp_dropdir_new_one(uv_loop_t *loop, const char *folder, const char *tenant, const char *partner, pp_dropdir_cb *cb,
                       void *user, struct pp_dropdir **ret, struct pp_err *err);
/* The reason belongs to REFUSED. RETRY: the file stays and is given out again in a later round. */
enum pp_dropdir_end { PP_DROPDIR_TAKEN, PP_DROPDIR_REFUSED, PP_DROPDIR_RETRY };
void pp_dropdir_done(struct pp_dropdir *d, enum pp_dropdir_end end, const char *reason);
/* No more files; what is being read is dropped. Frees itself when the loop has closed its handles. */
void pp_dropdir_close(struct pp_dropdir *d);

#endif
