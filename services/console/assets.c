#include "assets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const sheets[] = {"css/tokens.css", "css/base.css", "css/parts.css", "css/screens.css",
                                     "css/print.css"};

const struct console_asset *console_asset_find(struct pp_str path) {
    for (const struct console_asset *a = console_web_assets; a->path; a++)
        if (pp_str_eqz(path, a->path)) return a;
    return NULL;
}

bool console_asset_name_ok(struct pp_str path) {
    struct pp_str rest = path;
    while (rest.n) {
        struct pp_str one = pp_str_split(&rest, '/');
        if (!one.n || one.s[0] == '.') return false;
        for (uint32_t i = 0; i < one.n; i++) {
            char c = one.s[i];
            bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                        c == '_' || c == '.';
            if (!fine) return false;
        }
    }
    return path.n > 0 && path.s[path.n - 1] != '/';
}

const char *console_asset_type(struct pp_str path) {
    static const struct {
        const char *end, *type;
    } types[] = {{".html", "text/html; charset=utf-8"},
                 {".css", "text/css; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".svg", "image/svg+xml"},
                 {".woff2", "font/woff2"},
                 {".txt", "text/plain; charset=utf-8"}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (pp_str_ends(path, pp_str_z(types[i].end))) return types[i].type;
    return NULL;
}

/* Appends a file to *ret. */
static int append(const char *dir, const char *name, char **ret, size_t *n, struct pp_err *err) {
    char path[2048];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "re");
    if (!f) return pp_err_set(err, errno == ENOENT ? PP_ERR_NOTFOUND : PP_ERR_IO, "%s: cannot be opened", name);
    char *p = realloc(*ret, *n + CONSOLE_FILE_BYTES_MAX + 1);
    if (!p) {
        fclose(f);
        return pp_err_set(err, PP_ERR_NOMEM, "%s", name);
    }
    *ret = p;
    size_t got = fread(p + *n, 1, CONSOLE_FILE_BYTES_MAX + 1, f);
    fclose(f);
    if (got > CONSOLE_FILE_BYTES_MAX)
        return pp_err_set(err, PP_ERR_LIMIT, "%s: longer than %d bytes", name, CONSOLE_FILE_BYTES_MAX);
    *n += got;
    return 0;
}

int console_asset_read(const char *web_dir, struct pp_str path, char **ret, size_t *ret_n, const char **ret_type,
                       struct pp_err *err) {
    char name[512], *bytes = NULL;
    size_t n = 0;
    int rc = 0;
    if (pp_str_eqz(path, "/a/app.css")) {
        for (size_t i = 0; i < sizeof sheets / sizeof sheets[0] && rc == 0; i++)
            rc = append(web_dir, sheets[i], &bytes, &n, err);
        *ret_type = console_asset_type(path);
    } else {
        struct pp_str file = pp_str_eqz(path, "/") ? PP_STR("index.html") : path;
        if (pp_str_starts(file, PP_STR("/a/"))) file = (struct pp_str){file.s + 3, file.n - 3};
        *ret_type = console_asset_type(file);
        if (!console_asset_name_ok(file) || !*ret_type || file.n >= sizeof name)
            return pp_err_set(err, PP_ERR_NOTFOUND, "no such file");
        snprintf(name, sizeof name, "%.*s", PP_FMT(file));
        rc = append(web_dir, name, &bytes, &n, err);
    }
    if (rc < 0) {
        free(bytes);
        return -1;
    }
    *ret = bytes;
    *ret_n = n;
    return 0;
}
