/* priorpath run: starts the processes of deploy/services.tsv and keeps them running. In the foreground; ends, and ends
 * them, on SIGTERM or Ctrl-C. */
#include "priorpath.h"

#include "base/arena.h"
#include "io/child.h"
#include "io/log.h"
#include "io/supervise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define FILE_BYTES_MAX 65536
#define COLUMNS 3

static const struct pp_config_key keys[] = {
    {"services", PP_CFG_STR, 1, 1023, "", "deploy/services.tsv",
     "Table of processes: name, readiness address, command."},
    {"run-dir", PP_CFG_STR, 1, 900, "", ".run", "Folder of the installation: log/, status.json. {run} in the table."},
    {"bin-dir", PP_CFG_STR, 1, 900, "", "build/bin", "Folder of the programs. {bin} in the table."},
    {"port-shift", PP_CFG_INT, -1000, 50000, "", "0",
     "Added to every port; {7101} in the table is port 7101 moved by it."},
    {"restart-max", PP_CFG_INT, 50, 600000, "ms", "10000",
     "A process that ends again and again is started after a wait that grows up to this."},
    {"only", PP_CFG_STR, 0, 1023, "", "", "Names of the processes to start, separated by commas; empty: all."},
    {0},
};

struct plan {
    const struct pp_config *c;
    struct pp_arena *a;
    struct pp_supervised list[PP_SUPERVISED_MAX];
    int n;
};

static int expand_name(const struct plan *p, struct pp_str name, struct pp_buf *out, struct pp_err *err) {
    int64_t port;
    if (pp_str_eqz(name, "run"))
        pp_buf_addz(out, pp_config_str(p->c, "run-dir"));
    else if (pp_str_eqz(name, "bin"))
        pp_buf_addz(out, pp_config_str(p->c, "bin-dir"));
    else if (pp_str_int(name, &port))
        pp_buf_printf(out, "%lld", (long long)(port + pp_config_int(p->c, "port-shift")));
    else
        return pp_err_set(err, PP_ERR_INVALID, "{%.*s}: want {run}, {bin} or a port", PP_FMT(name));
    return 0;
}

/* Text with its {names} filled in, in the arena. */
static int expand(struct plan *p, struct pp_str text, const char **ret, struct pp_err *err) {
    struct pp_buf out;
    int rc = 0;
    pp_buf_init(&out, 4096);
    while (rc == 0 && text.n) {
        bool named = memchr(text.s, '{', text.n) != NULL;
        pp_buf_adds(&out, pp_str_split(&text, '{'));
        if (named) rc = expand_name(p, pp_str_split(&text, '}'), &out, err);
    }
    if (rc == 0 && out.failed) rc = pp_err_set(err, PP_ERR_LIMIT, "a word is longer than 4096 bytes");
    if (rc == 0) *ret = pp_arena_str(p->a, pp_buf_str(&out)).s;
    pp_buf_free(&out);
    return rc;
}

static bool wanted(const struct plan *p, struct pp_str name) {
    struct pp_str only = pp_str_z(pp_config_str(p->c, "only"));
    if (!only.n) return true;
    while (only.n)
        if (pp_str_eq(pp_str_trim(pp_str_split(&only, ',')), name)) return true;
    return false;
}

static int add_line(struct plan *p, struct pp_str line, struct pp_err *err) {
    struct pp_str col[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) col[i] = i == COLUMNS - 1 ? line : pp_str_split(&line, '\t');
    if (!col[0].n || !col[1].n || !col[2].n)
        return pp_err_set(err, PP_ERR_INVALID, "want name, readiness address or -, command");
    if (!wanted(p, col[0])) return 0;
    if (p->n == PP_SUPERVISED_MAX) return pp_err_set(err, PP_ERR_LIMIT, "more than %d processes", PP_SUPERVISED_MAX);
    struct pp_supervised *s = &p->list[p->n++];
    const char **argv = pp_arena_array(p->a, const char *, PP_CHILD_ARGS_MAX + 1);
    if (!argv) return pp_err_set(err, PP_ERR_NOMEM, "no memory");
    int n = 0;
    while (col[2].n) {
        struct pp_str word = pp_str_split(&col[2], ' ');
        if (!word.n) continue;
        if (n == PP_CHILD_ARGS_MAX) return pp_err_set(err, PP_ERR_LIMIT, "more than %d words", PP_CHILD_ARGS_MAX);
        if (expand(p, word, &argv[n++], err) < 0) return -1;
    }
    s->argv = argv;
    s->name = pp_arena_str(p->a, col[0]).s;
    s->backoff_max_ms = (int)pp_config_int(p->c, "restart-max");
    s->log_file = pp_arena_printf(p->a, "%s/log/%s.log", pp_config_str(p->c, "run-dir"), s->name).s;
    return pp_str_eqz(col[1], "-") ? 0 : expand(p, col[1], &s->ready_url, err);
}

static int read_plan(struct plan *p, struct pp_err *err) {
    const char *path = pp_config_str(p->c, "services");
    char *text = pp_arena_alloc(p->a, FILE_BYTES_MAX);
    FILE *f = fopen(path, "re");
    if (!f) return pp_err_set(err, PP_ERR_IO, "%s: %s", path, strerror(errno));
    size_t n = text ? fread(text, 1, FILE_BYTES_MAX, f) : 0;
    fclose(f);
    if (n == FILE_BYTES_MAX) return pp_err_set(err, PP_ERR_LIMIT, "%s: longer than %d bytes", path, FILE_BYTES_MAX);
    struct pp_str rest = {text, (uint32_t)n};
    for (int number = 1; rest.n; number++) {
        struct pp_str line = pp_str_split(&rest, '\n');
        if (line.n && line.s[0] != '#' && add_line(p, line, err) < 0) return pp_err_wrap(err, "%s:%d", path, number);
    }
    return p->n ? 0 : pp_err_set(err, PP_ERR_INVALID, "%s: no process to start", path);
}

/* A front door with thousands of connections needs more files than the usual 1024. */
static void raise_files_limit(void) {
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == r.rlim_max) return;
    r.rlim_cur = r.rlim_max < 65536 ? r.rlim_max : 65536;
    setrlimit(RLIMIT_NOFILE, &r);
}

int cmd_run(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    char status[1024];
    struct pp_arena arena;
    cli_settings("priorpath run", keys, argc, argv, &c);
    pp_log_init("priorpath-run", "0", PP_LOG_INFO);
    pp_arena_init(&arena, 4 << 20);
    struct plan p = {.c = c, .a = &arena};
    snprintf(status, sizeof status, "%s/status.json", pp_config_str(c, "run-dir"));
    raise_files_limit();
    int rc = read_plan(&p, &err);
    if (rc == 0) rc = pp_supervise(p.list, p.n, status, NULL, &err);
    pp_arena_free(&arena);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("run", &err);
}
