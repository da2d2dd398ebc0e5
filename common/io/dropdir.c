#include "io/dropdir.h"
#include "io/log.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 1024
#define SEEN_MAX 4096 /* files whose size is remembered from one round to the next */

struct sighting {
    uint64_t id; /* inode */
    off_t size;
    time_t mtime;
};

struct pp_dropdir {
    uv_loop_t *loop;
    uv_timer_t timer;
    uv_work_t work;
    char *root;
    pp_dropdir_cb *cb;
    void *user;
    bool working, out, closing;
    bool one; /* root is the folder of one partner */
    struct sighting seen[SEEN_MAX];
    int nseen;
    /* the file that is out */
    char tenant[128], partner[128], name[256];
    char *bytes;
    size_t size;
    enum pp_dropdir_end end;
    char reason[PP_ERR_MSG_MAX];
};

static void next_round(struct pp_dropdir *d, uint64_t wait_ms);

/* ---- in the thread pool ---- */

static bool plain_name(const char *name) {
    size_t n = strlen(name);
    if (name[0] == '.' || (n > 4 && strcmp(name + n - 4, ".tmp") == 0) || (n > 5 && strcmp(name + n - 5, ".part") == 0))
        return false;
    return strcmp(name, "done") != 0 && strcmp(name, "refused") != 0;
}

/* True when the file looked the same in the round before. */
static bool stood_still(struct pp_dropdir *d, const struct stat *st) {
    for (int i = 0; i < d->nseen; i++) {
        if (d->seen[i].id != (uint64_t)st->st_ino) continue;
        bool same = d->seen[i].size == st->st_size && d->seen[i].mtime == st->st_mtime;
        d->seen[i] = (struct sighting){(uint64_t)st->st_ino, st->st_size, st->st_mtime};
        return same;
    }
    if (d->nseen == SEEN_MAX) d->nseen = 0;
    d->seen[d->nseen++] = (struct sighting){(uint64_t)st->st_ino, st->st_size, st->st_mtime};
    return false;
}

static bool read_file(struct pp_dropdir *d, const char *path, const struct stat *st) {
    if ((size_t)st->st_size > PP_DROPDIR_FILE_BYTES_MAX) return false;
    FILE *f = fopen(path, "rb");
    char *bytes = f ? malloc((size_t)st->st_size + 1) : NULL;
    size_t n = bytes ? fread(bytes, 1, (size_t)st->st_size, f) : 0;
    if (f) fclose(f);
    if (!bytes || n != (size_t)st->st_size) {
        free(bytes);
        return false;
    }
    bytes[n] = '\0';
    d->bytes = bytes;
    d->size = n;
    return true;
}

static void folder_of(const struct pp_dropdir *d, const char *tenant, const char *partner, char ret[PATH_BYTES]) {
    if (d->one)
        snprintf(ret, PATH_BYTES, "%s", d->root);
    else
        snprintf(ret, PATH_BYTES, "%s/%s/%s", d->root, tenant, partner);
}

static bool look_in(struct pp_dropdir *d, const char *tenant, const char *partner) {
    char dir[PATH_BYTES], path[PATH_BYTES + 256];
    folder_of(d, tenant, partner, dir);
    DIR *h = opendir(dir);
    if (!h) return false;
    bool found = false;
    for (const struct dirent *e; !found && (e = readdir(h));) {
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (!plain_name(e->d_name) || stat(path, &st) < 0 || !S_ISREG(st.st_mode) || !stood_still(d, &st)) continue;
        if (!read_file(d, path, &st)) continue;
        if (!d->one) {
            snprintf(d->tenant, sizeof d->tenant, "%s", tenant);
            snprintf(d->partner, sizeof d->partner, "%s", partner);
        }
        snprintf(d->name, sizeof d->name, "%s", e->d_name);
        found = true;
    }
    closedir(h);
    return found;
}

static void find_file(uv_work_t *w) {
    struct pp_dropdir *d = w->data;
    if (d->one) {
        look_in(d, d->tenant, d->partner);
        return;
    }
    DIR *root = opendir(d->root);
    if (!root) return;
    for (const struct dirent *t; !d->bytes && (t = readdir(root));) {
        char dir[PATH_BYTES];
        snprintf(dir, sizeof dir, "%s/%s", d->root, t->d_name);
        DIR *tenant = t->d_name[0] == '.' ? NULL : opendir(dir);
        if (!tenant) continue;
        for (const struct dirent *p; !d->bytes && (p = readdir(tenant));)
            if (p->d_name[0] != '.') look_in(d, t->d_name, p->d_name);
        closedir(tenant);
    }
    closedir(root);
}

static void write_reason(const char *path, const char *reason) {
    FILE *f = fopen(path, "w");
    if (!f) return;
    fprintf(f, "%s\n", reason);
    fclose(f);
}

static void move_file(uv_work_t *w) {
    struct pp_dropdir *d = w->data;
    char base[PATH_BYTES], from[PATH_BYTES + 260], dir[PATH_BYTES + 16], to[PATH_BYTES + 280], why[PATH_BYTES + 300];
    if (d->end == PP_DROPDIR_RETRY) return;
    bool refused = d->end == PP_DROPDIR_REFUSED;
    folder_of(d, d->tenant, d->partner, base);
    snprintf(from, sizeof from, "%s/%s", base, d->name);
    snprintf(dir, sizeof dir, "%s/%s", base, refused ? "refused" : "done");
    mkdir(dir, 0750);
    snprintf(to, sizeof to, "%s/%s", dir, d->name);
    if (refused) {
        snprintf(why, sizeof why, "%s.reason", to);
        write_reason(why, d->reason);
    }
    if (rename(from, to) < 0)
        pp_log(PP_LOG_ERROR, "file in the drop folder not moved", "why", PP_S(strerror(errno)), NULL);
}

/* ---- on the loop ---- */

static void on_closed(uv_handle_t *h) {
    struct pp_dropdir *d = h->data;
    free(d->bytes);
    free(d->root);
    free(d);
}

static void on_found(uv_work_t *w, int status) {
    struct pp_dropdir *d = w->data;
    (void)status;
    d->working = false;
    if (d->closing) {
        uv_close((uv_handle_t *)&d->timer, on_closed);
        return;
    }
    if (!d->bytes) {
        next_round(d, PP_DROPDIR_ROUND_MS);
        return;
    }
    d->out = true;
    d->cb(d->user, &(struct pp_dropped){
                       pp_str_z(d->tenant), pp_str_z(d->partner), pp_str_z(d->name), {d->bytes, (uint32_t)d->size}});
}

static void on_moved(uv_work_t *w, int status) {
    struct pp_dropdir *d = w->data;
    (void)status;
    d->working = false;
    free(d->bytes);
    d->bytes = NULL;
    if (d->closing)
        uv_close((uv_handle_t *)&d->timer, on_closed);
    else
        next_round(d, d->end == PP_DROPDIR_RETRY ? PP_DROPDIR_ROUND_MS : 0);
}

static void on_round(uv_timer_t *t) {
    struct pp_dropdir *d = t->data;
    d->work.data = d;
    d->working = uv_queue_work(d->loop, &d->work, find_file, on_found) == 0;
}

static void next_round(struct pp_dropdir *d, uint64_t wait_ms) { uv_timer_start(&d->timer, on_round, wait_ms, 0); }

static struct pp_dropdir *begin(uv_loop_t *loop, const char *root, pp_dropdir_cb *cb, void *user) {
    struct pp_dropdir *d = calloc(1, sizeof *d);
    if (!d || !(d->root = strdup(root))) {
        free(d);
        return NULL;
    }
    d->loop = loop;
    d->cb = cb;
    d->user = user;
    uv_timer_init(loop, &d->timer);
    d->timer.data = d;
    next_round(d, 0);
    return d;
}

int pp_dropdir_new(uv_loop_t *loop, const char *root, pp_dropdir_cb *cb, void *user, struct pp_dropdir **ret,
                   struct pp_err *err) {
    struct stat st;
    if (stat(root, &st) < 0 || !S_ISDIR(st.st_mode))
        return pp_err_set(err, PP_ERR_INVALID, "drop folder %s is not there", root);
    struct pp_dropdir *d = begin(loop, root, cb, user);
    if (!d) return pp_err_set(err, PP_ERR_NOMEM, "drop folder");
    *ret = d;
    return 0;
}

int pp_dropdir_new_one(uv_loop_t *loop, const char *folder, const char *tenant, const char *partner, pp_dropdir_cb *cb,
                       void *user, struct pp_dropdir **ret, struct pp_err *err) {
    if (strlen(folder) >= PATH_BYTES || strlen(tenant) >= 128 || strlen(partner) >= 128)
        return pp_err_set(err, PP_ERR_INVALID, "drop folder of %s: a name is too long", partner);
    struct pp_dropdir *d = begin(loop, folder, cb, user);
    if (!d) return pp_err_set(err, PP_ERR_NOMEM, "drop folder");
    d->one = true;
    snprintf(d->tenant, sizeof d->tenant, "%s", tenant);
    snprintf(d->partner, sizeof d->partner, "%s", partner);
    *ret = d;
    return 0;
}

void pp_dropdir_done(struct pp_dropdir *d, enum pp_dropdir_end end, const char *reason) {
    if (!d->out) return;
    d->out = false;
    d->end = end;
    snprintf(d->reason, sizeof d->reason, "%s", reason ? reason : "");
    d->work.data = d;
    d->working = uv_queue_work(d->loop, &d->work, move_file, on_moved) == 0;
}

void pp_dropdir_close(struct pp_dropdir *d) {
    if (!d || d->closing) return;
    d->closing = true;
    uv_timer_stop(&d->timer);
    if (!d->working) uv_close((uv_handle_t *)&d->timer, on_closed);
}
