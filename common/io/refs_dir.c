#include "io/refs_dir.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int read_file(const char *path, struct pp_buf *ret, struct pp_err *err) {
    FILE *f = fopen(path, "rbe");
    if (!f) return pp_err_set(err, PP_ERR_IO, "%s: %s", path, strerror(errno));
    char part[16384];
    size_t n;
    while ((n = fread(part, 1, sizeof part, f)) > 0) pp_buf_add(ret, part, n);
    bool failed = ferror(f) != 0;
    fclose(f);
    if (failed) return pp_err_set(err, PP_ERR_IO, "%s: cannot be read", path);
    if (ret->failed) return pp_err_set(err, PP_ERR_LIMIT, "%s: larger than %u MB", path, PP_PACK_BYTES_MAX >> 20);
    return 0;
}

static int add_file(struct pp_refs_builder *b, const char *path, struct pp_err *err) {
    struct pp_buf bytes;
    pp_buf_init(&bytes, PP_PACK_BYTES_MAX);
    int rc = read_file(path, &bytes, err);
    if (rc == 0) {
        char hash[PP_SHA256_HEX + 1];
        pp_sha256_hex(pp_buf_str(&bytes), hash);
        rc = pp_refs_add(b, pp_buf_str(&bytes), pp_str_z(hash), 0, err);
        if (rc < 0) pp_err_wrap(err, "%s", path);
    }
    pp_buf_free(&bytes);
    return rc;
}

static int is_pack(const struct dirent *e) {
    return e->d_name[0] != '.' && pp_str_ends(pp_str_z(e->d_name), PP_STR(".tsv"));
}

int pp_refs_load_dir(const char *dir, struct pp_refs **ret, struct pp_err *err) {
    struct dirent **names = NULL;
    int n = scandir(dir, &names, is_pack, alphasort);
    if (n < 0) return pp_err_set(err, PP_ERR_IO, "%s: %s", dir, strerror(errno));
    struct pp_refs_builder *b = pp_refs_begin();
    int rc = b ? 0 : pp_err_set(err, PP_ERR_NOMEM, "no memory for reference packs");
    for (int i = 0; i < n; i++) {
        char path[4096];
        int len = snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        if (rc == 0 && (len < 0 || (size_t)len >= sizeof path))
            rc = pp_err_set(err, PP_ERR_LIMIT, "%s: the path is too long", dir);
        if (rc == 0) rc = add_file(b, path, err);
        free(names[i]);
    }
    free(names);
    if (rc == 0) return pp_refs_finish(b, ret, err);
    pp_refs_builder_free(b);
    return rc;
}
