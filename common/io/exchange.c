#include "io/exchange.h"
#include "io/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 1024
#define PRUNE_MAX 64 /* entries of the book that one put looks at */

/* A try that was given up (its partition went away) may still stand in the thread pool when the same file is asked
 * about or put again: one at a time, so that the later one sees the book of the earlier. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

struct place {
    char box[PATH_BYTES], ledger[PATH_BYTES];
    char part[PATH_BYTES + 128], file[PATH_BYTES + 128], begun[PATH_BYTES + 128], put[PATH_BYTES + 128];
};

static int fault(struct pp_err *err, const char *what) {
    return pp_err_set(err, PP_ERR_IO, "%s: %s", what, strerror(errno));
}

static bool good_name(const char *name) {
    size_t n = strlen(name);
    if (!n || n > PP_EXCHANGE_NAME_MAX || name[0] == '.') return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == n;
}

static int find(const char *folder, const char *name, struct place *p, struct pp_err *err) {
    struct stat st;
    if (!good_name(name)) return pp_err_set(err, PP_ERR_INVALID, "no name for a file of an exchange folder");
    if (strlen(folder) > PATH_BYTES - 16) return pp_err_set(err, PP_ERR_INVALID, "the exchange folder's path is long");
    snprintf(p->box, sizeof p->box, "%s/to-payer", folder);
    snprintf(p->ledger, sizeof p->ledger, "%s/ledger", folder);
    if (stat(p->box, &st) < 0 || !S_ISDIR(st.st_mode))
        return pp_err_set(err, PP_ERR_IO, "the exchange folder is not there");
    if (mkdir(p->ledger, 0750) < 0 && errno != EEXIST) return fault(err, "ledger of the exchange folder");
    snprintf(p->part, sizeof p->part, "%s/.%s.part", p->box, name);
    snprintf(p->file, sizeof p->file, "%s/%s", p->box, name);
    snprintf(p->begun, sizeof p->begun, "%s/%s.begun", p->ledger, name);
    snprintf(p->put, sizeof p->put, "%s/%s.put", p->ledger, name);
    return 0;
}

static bool there(const char *path) { return access(path, F_OK) == 0; }

static bool was_put(const struct place *p) {
    if (there(p->put)) return true;
    return there(p->begun) && !there(p->part); /* only its rename takes the temporary file away */
}

static int sync_dir(const char *dir, struct pp_err *err) {
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);
    /* Some mounted file systems cannot sync a folder; then its own server keeps the order. */
    if (rc < 0 && (errno == EINVAL || errno == ENOTSUP)) rc = 0;
    if (rc < 0) rc = fault(err, "exchange folder");
    if (fd >= 0) close(fd);
    return rc;
}

static int write_file(const char *path, struct pp_str bytes, struct pp_err *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0) return fault(err, "exchange folder");
    for (size_t at = 0; at < bytes.n;) {
        ssize_t n = write(fd, bytes.s + at, bytes.n - at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            fault(err, "exchange folder");
            close(fd);
            return -1;
        }
        at += (size_t)n;
    }
    int rc = fsync(fd) < 0 ? fault(err, "exchange folder") : 0;
    if (close(fd) < 0 && rc == 0) rc = fault(err, "exchange folder");
    return rc;
}

/* The book would grow for ever: what is older than any job is taken out, a few entries at a time. */
static void prune(const struct place *p) {
    DIR *d = opendir(p->ledger);
    struct stat st;
    if (!d) return;
    const struct dirent *e;
    for (int i = 0; i < PRUNE_MAX && (e = readdir(d)); i++) {
        char path[PATH_BYTES + 300];
        snprintf(path, sizeof path, "%s/%s", p->ledger, e->d_name);
        if (e->d_name[0] == '.' || stat(path, &st) < 0) continue;
        if (st.st_mtime + PP_EXCHANGE_LEDGER_DAYS * INT64_C(86400) < pp_real_ms() / 1000) unlink(path);
    }
    closedir(d);
}

static int put(const char *folder, const char *name, struct pp_str bytes, bool *ret_begun, struct pp_err *err) {
    struct place p;
    if (find(folder, name, &p, err) < 0) return -1;
    if (was_put(&p)) return 0;
    if (write_file(p.part, bytes, err) < 0 || sync_dir(p.box, err) < 0) return -1;
    if (write_file(p.begun, PP_STR_NONE, err) < 0 || sync_dir(p.ledger, err) < 0) return -1;
    if (rename(p.part, p.file) < 0) return fault(err, "exchange folder");
    *ret_begun = true;
    if (sync_dir(p.box, err) < 0) return -1;
    if (rename(p.begun, p.put) < 0) return fault(err, "ledger of the exchange folder");
    if (sync_dir(p.ledger, err) < 0) return -1;
    prune(&p);
    return 0;
}

int pp_exchange_put(const char *folder, const char *name, struct pp_str bytes, bool *ret_begun, struct pp_err *err) {
    *ret_begun = false;
    pthread_mutex_lock(&one_at_a_time);
    int rc = put(folder, name, bytes, ret_begun, err);
    pthread_mutex_unlock(&one_at_a_time);
    return rc;
}

int pp_exchange_was_put(const char *folder, const char *name, bool *ret_put, struct pp_err *err) {
    struct place p;
    pthread_mutex_lock(&one_at_a_time);
    int rc = find(folder, name, &p, err);
    if (rc == 0) *ret_put = was_put(&p);
    pthread_mutex_unlock(&one_at_a_time);
    return rc;
}
