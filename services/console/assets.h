/* The pages' files: built in, under names that hold their hash, or read from a folder while they are being written.
 *
 * tools/gen/embed_web.py makes the table from services/console/web: style sheets joined into one, scripts and fonts
 * named by hash (so that a browser may keep them for ever), the shell page with the import map that leads plain names
 * to those. */
#ifndef CONSOLE_ASSETS_H
#define CONSOLE_ASSETS_H
#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

#define CONSOLE_FILE_BYTES_MAX 1048576 /* of one file from --web-dir */

struct console_asset {
    const char *path; /* "/a/js/main.1f3a….js"; of the shell "/" */
    const char *type; /* of content */
    const uint8_t *bytes, *gz;
    uint32_t n, gz_n; /* gz_n 0: compression does not pay */
};
extern const struct console_asset console_web_assets[]; /* ended by path NULL; the shell is first */
extern const char console_web_csp[];                    /* 'sha256-…' of the shell's import map */

struct console_assets {
    const char *web_dir; /* "" or NULL: built in */
};

/* NULL when there is none. */
const struct console_asset *console_asset_find(struct pp_str path);
/* From the folder. *ret is malloc'd; path "/" is the shell, "/a/app.css" the joined style sheets. */
int console_asset_read(const char *web_dir, struct pp_str path, char **ret, size_t *ret_n, const char **ret_type,
                       struct pp_err *err);
/* Plain names only: letters, digits, '-', '_', '.', '/', no ".." and no empty part. */
bool console_asset_name_ok(struct pp_str path);
/* Content type by the end of the name; NULL: a kind of file that is not served. */
const char *console_asset_type(struct pp_str path);

#endif
