#include "io/config.h"
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define KEYS_MAX 128
#define NAME_MAX_BYTES 64
#define STR_MAX_DEFAULT 4096

const struct pp_config_key pp_config_common[] = {
    {"instance", PP_CFG_STR, 0, 32, "", "0",
     "Ordinal of this process within its service; the static Kafka member id is made from it."},
    {"kafka-brokers", PP_CFG_STR, 0, 1024, "", "127.0.0.1:7192",
     "Kafka bootstrap servers, host:port, separated by commas."},
    {"kafka-config", PP_CFG_STR, 0, 1024, "", "",
     "More librdkafka settings, name=value separated by commas (TLS, SASL)."},
    {"db", PP_CFG_STR, 0, 1024, "", "host=127.0.0.1 port=7132 dbname=priorpath",
     "PostgreSQL connection without user and password."},
    {"db-password-file", PP_CFG_FILE, 0, 0, "", "", "File with the password of the service's writing role."},
    {"db-read-password-file", PP_CFG_FILE, 0, 0, "", "", "File with the password of the service's reading role."},
    {"db-owner-password-file", PP_CFG_FILE, 0, 0, "", "",
     "File with the password of pp_owner; only --migrate needs it."},
    {"partitions", PP_CFG_INT, 1, 1024, "", "8",
     "Partitions of the log, commands, inbound and public topics; a power of two, fixed at install."},
    {"api-bind", PP_CFG_STR, 0, 64, "", "127.0.0.1", "Address of the API listener."},
    {"api-port", PP_CFG_INT, 0, 65535, "", "0", "Port of the API listener; 0 takes a free one."},
    {"ops-port", PP_CFG_INT, 0, 65535, "", "0",
     "Port of /healthz, /readyz and /metrics on the loopback address; 0 takes a free one."},
    {"clock-file", PP_CFG_STR, 0, 1023, "", "", "File that sets virtual time; without it virtual time is real time."},
    {"blob-dir", PP_CFG_STR, 0, 1023, "", ".run/blobs", "Folder of the blob store."},
    {"blob-key-file", PP_CFG_STR, 0, 1023, "", ".run/secrets/blob.key", "File with the blob store's master key."},
    {"jwks-file", PP_CFG_STR, 0, 1023, "", ".run/secrets/jwks.json",
     "Key set that access tokens are checked against; read again when it changes."},
    {"token-issuer", PP_CFG_STR, 1, 256, "", "priorpath-dev", "Issuer (iss) that access tokens must name."},
    {"log-level", PP_CFG_STR, 0, 8, "", "info", "Least level that is logged: debug, info, warn or error."},
    {0},
};

enum source { FROM_DEFAULT, FROM_FILE, FROM_ENV, FROM_ARGV };

struct entry {
    const struct pp_config_key *key;
    char *value; /* text as given; of PP_CFG_FILE the content */
    int64_t number;
    enum source source;
};

struct pp_config {
    struct entry entries[KEYS_MAX];
    int n;
};

static struct entry *find(const struct pp_config *c, struct pp_str name) {
    for (int i = 0; i < c->n; i++)
        if (pp_str_eqz(name, c->entries[i].key->name)) return (struct entry *)&c->entries[i];
    return NULL;
}

/* Edit distance, for the hint at the nearest name. */
static int distance(struct pp_str a, const char *z) {
    int row[NAME_MAX_BYTES + 1], nb = (int)strlen(z);
    if (nb > NAME_MAX_BYTES || a.n > NAME_MAX_BYTES) return NAME_MAX_BYTES;
    for (int j = 0; j <= nb; j++) row[j] = j;
    for (int i = 1; i <= (int)a.n; i++) {
        int diag = row[0];
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            int best = diag + (a.s[i - 1] != z[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diag = row[j];
            row[j] = best;
        }
    }
    return row[nb];
}

static void fault_unknown(const struct pp_config *c, struct pp_str name, const char *where, struct pp_buf *faults) {
    const char *nearest = NULL;
    int best = 4; /* farther than three edits is no hint */
    for (int i = 0; i < c->n; i++) {
        int d = distance(name, c->entries[i].key->name);
        if (d < best) {
            best = d;
            nearest = c->entries[i].key->name;
        }
    }
    pp_buf_printf(faults, "%s: no setting \"%.*s\"", where, PP_FMT(name));
    if (nearest) pp_buf_printf(faults, "; did you mean \"%s\"?", nearest);
    pp_buf_addc(faults, '\n');
}

static int take(struct pp_config *c, struct pp_str name, struct pp_str value, enum source source, const char *where,
                struct pp_buf *faults) {
    struct entry *e = find(c, name);
    if (!e) {
        fault_unknown(c, name, where, faults);
        return 0;
    }
    if (source < e->source) return 0;
    char *copy = strndup(value.n ? value.s : "", value.n);
    if (!copy) return -1;
    free(e->value);
    e->value = copy;
    e->source = source;
    return 0;
}

static char *read_whole(const char *path, const char *what, struct pp_buf *faults) {
    FILE *f = fopen(path, "re");
    if (!f) {
        pp_buf_printf(faults, "%s: cannot read %s: %s\n", what, path, strerror(errno));
        return NULL;
    }
    char *text = malloc(PP_CONFIG_FILE_BYTES_MAX + 1);
    size_t n = text ? fread(text, 1, PP_CONFIG_FILE_BYTES_MAX + 1, f) : 0;
    fclose(f);
    if (!text || n > PP_CONFIG_FILE_BYTES_MAX || memchr(text, 0, n)) {
        pp_buf_printf(faults, "%s: %s is longer than %d bytes or holds a NUL\n", what, path, PP_CONFIG_FILE_BYTES_MAX);
        free(text);
        return NULL;
    }
    text[n] = 0;
    return text;
}

static int take_file(struct pp_config *c, const char *path, struct pp_buf *faults) {
    char *text = read_whole(path, "config", faults);
    if (!text) return 0; /* told in faults */
    struct pp_str rest = pp_str_z(text);
    int rc = 0;
    for (int line = 1; rc == 0 && rest.n; line++) {
        struct pp_str row = pp_str_trim(pp_str_split(&rest, '\n'));
        char where[300];
        snprintf(where, sizeof where, "%.250s:%d", path, line);
        if (row.n == 0 || row.s[0] == '#') continue;
        if (!memchr(row.s, '=', row.n)) {
            pp_buf_printf(faults, "%s: want \"name = value\"\n", where);
            continue;
        }
        struct pp_str name = pp_str_trim(pp_str_split(&row, '='));
        rc = take(c, name, pp_str_trim(row), FROM_FILE, where, faults);
    }
    free(text);
    return rc;
}

static void env_name(const char *key, char *ret, size_t n) {
    size_t i = (size_t)snprintf(ret, n, "PP_");
    for (; *key && i + 1 < n; key++) ret[i++] = *key == '-' ? '_' : (char)toupper((unsigned char)*key);
    ret[i] = 0;
}

static int take_env(struct pp_config *c, struct pp_buf *faults) {
    for (int i = 0; i < c->n; i++) {
        char env[NAME_MAX_BYTES + 4];
        env_name(c->entries[i].key->name, env, sizeof env);
        const char *v = getenv(env);
        if (v && take(c, pp_str_z(c->entries[i].key->name), pp_str_z(v), FROM_ENV, env, faults) < 0) return -1;
    }
    return 0;
}

static int take_argv(struct pp_config *c, int argc, char **argv, struct pp_buf *faults) {
    for (int i = 1; i < argc; i++) {
        struct pp_str rest = pp_str_z(argv[i]);
        if (!pp_str_starts(rest, PP_STR("--"))) {
            pp_buf_printf(faults, "command line: want --name=value, not \"%s\"\n", argv[i]);
            continue;
        }
        rest = (struct pp_str){rest.s + 2, rest.n - 2};
        bool given = memchr(rest.s, '=', rest.n) != NULL;
        struct pp_str name = pp_str_split(&rest, '=');
        if (!given) {
            const struct entry *e = find(c, name);
            bool is_bool = e && e->key->type == PP_CFG_BOOL;
            if (is_bool)
                rest = PP_STR("true");
            else if (i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0)
                rest = pp_str_z(argv[++i]);
            else if (e || pp_str_eqz(name, "config")) {
                pp_buf_printf(faults, "command line: --%.*s has no value\n", PP_FMT(name));
                continue;
            }
        }
        if (pp_str_eqz(name, "config")) continue; /* read before */
        if (take(c, name, rest, FROM_ARGV, "command line", faults) < 0) return -1;
    }
    return 0;
}

static const char *config_path(int argc, char **argv) {
    const char *path = getenv("PP_CONFIG");
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--config=", 9) == 0)
            path = argv[i] + 9;
        else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            path = argv[i + 1];
    }
    return path && *path ? path : NULL;
}

static void check_entry(struct entry *e, struct pp_buf *faults) {
    const struct pp_config_key *k = e->key;
    if (!e->value) {
        pp_buf_printf(faults, "%s: must be given\n", k->name);
        return;
    }
    struct pp_str v = pp_str_z(e->value);
    switch (k->type) {
    case PP_CFG_INT:
        if (!pp_str_int(v, &e->number) || e->number < k->min || e->number > k->max)
            pp_buf_printf(faults, "%s: want a whole number from %lld to %lld%s%s\n", k->name, (long long)k->min,
                          (long long)k->max, k->unit && *k->unit ? " " : "", k->unit ? k->unit : "");
        break;
    case PP_CFG_BOOL: {
        bool yes = pp_str_eqz(v, "true") || pp_str_eqz(v, "yes") || pp_str_eqz(v, "1");
        if (!yes && !pp_str_eqz(v, "false") && !pp_str_eqz(v, "no") && !pp_str_eqz(v, "0"))
            pp_buf_printf(faults, "%s: want true or false\n", k->name);
        e->number = yes;
        break;
    }
    case PP_CFG_STR: {
        int64_t max = k->max ? k->max : STR_MAX_DEFAULT;
        if ((int64_t)v.n > max || (int64_t)v.n < k->min)
            pp_buf_printf(faults, "%s: want %lld to %lld characters\n", k->name, (long long)k->min, (long long)max);
        break;
    }
    case PP_CFG_FILE: {
        if (v.n == 0) break;
        char *text = read_whole(e->value, k->name, faults);
        if (!text) break;
        size_t n = strlen(text);
        while (n && (text[n - 1] == '\n' || text[n - 1] == '\r')) text[--n] = 0;
        free(e->value);
        e->value = text;
        break;
    }
    }
}

static int add_tables(struct pp_config *c, const struct pp_config_key *const *tables) {
    for (; *tables; tables++) {
        for (const struct pp_config_key *k = *tables; k->name; k++) {
            struct entry *e = find(c, pp_str_z(k->name));
            if (!e) {
                assert(c->n < KEYS_MAX && strlen(k->name) <= NAME_MAX_BYTES);
                e = &c->entries[c->n++];
            }
            e->key = k;
            free(e->value);
            e->value = NULL;
            if (k->dflt && !(e->value = strdup(k->dflt))) return -1;
        }
    }
    return 0;
}

int pp_config_parse(const struct pp_config_key *const *tables, int argc, char **argv, struct pp_config **ret,
                    struct pp_buf *faults) {
    struct pp_config *c = calloc(1, sizeof *c);
    const char *path = config_path(argc, argv);
    if (!c || add_tables(c, tables) < 0 || (path && take_file(c, path, faults) < 0) || take_env(c, faults) < 0 ||
        take_argv(c, argc, argv, faults) < 0) {
        pp_buf_addz(faults, "out of memory\n");
        pp_config_free(c);
        return -1;
    }
    for (int i = 0; i < c->n; i++) check_entry(&c->entries[i], faults);
    if (faults->n || faults->failed) {
        pp_config_free(c);
        return -1;
    }
    *ret = c;
    return 0;
}

static void print_help(const char *program, const struct pp_config_key *const *tables) {
    printf("%s: settings as --name=value, as PP_NAME in the environment, or as \"name = value\" in --config=FILE\n\n",
           program);
    for (; *tables; tables++) {
        for (const struct pp_config_key *k = *tables; k->name; k++) {
            printf("  --%-24s %s", k->name, k->help);
            if (!k->dflt)
                printf(" (must be given)");
            else if (*k->dflt)
                printf(" [%s%s%s]", k->dflt, k->unit && *k->unit ? " " : "", k->unit ? k->unit : "");
            putchar('\n');
        }
    }
}

void pp_config_print_docs(const struct pp_config_key *const *tables) {
    static const char *const types[] = {"text", "number", "true or false", "file with the value"};
    printf("| setting | kind | default | meaning |\n|---|---|---|---|\n");
    for (; *tables; tables++) {
        for (const struct pp_config_key *k = *tables; k->name; k++) {
            printf("| `%s` | %s", k->name, types[k->type]);
            if (k->type == PP_CFG_INT) printf(" %lld…%lld", (long long)k->min, (long long)k->max);
            if (k->unit && *k->unit) printf(" %s", k->unit);
            printf(" | %s%s%s | %s |\n", k->dflt && *k->dflt ? "`" : "", k->dflt ? k->dflt : "must be given",
                   k->dflt && *k->dflt ? "`" : "", k->help);
        }
    }
}

int pp_config_load(const char *program, const struct pp_config_key *const *tables, int argc, char **argv,
                   struct pp_config **ret, struct pp_err *err) {
    for (int i = 1; i < argc; i++) {
        bool markdown = strcmp(argv[i], "--help-markdown") == 0;
        if (!markdown && strcmp(argv[i], "--help") != 0) continue;
        if (markdown)
            pp_config_print_docs(tables);
        else
            print_help(program, tables);
        exit(0);
    }
    struct pp_buf faults;
    pp_buf_init(&faults, PP_CONFIG_FILE_BYTES_MAX);
    int rc = pp_config_parse(tables, argc, argv, ret, &faults);
    if (rc < 0) {
        if (faults.n == 0) pp_buf_addz(&faults, "too many faults\n");
        fprintf(stderr, "%s: the configuration has faults:\n%.*s", program, (int)faults.n, faults.p ? faults.p : "");
        exit(2);
    }
    pp_buf_free(&faults);
    if (err) *err = (struct pp_err){0};
    return rc;
}

static const struct entry *need(const struct pp_config *c, const char *name, enum pp_config_type type) {
    const struct entry *e = find(c, pp_str_z(name));
    assert(e && (e->key->type == type || (type == PP_CFG_STR && e->key->type == PP_CFG_FILE)));
    return e;
}

const char *pp_config_str(const struct pp_config *c, const char *name) { return need(c, name, PP_CFG_STR)->value; }

int64_t pp_config_int(const struct pp_config *c, const char *name) { return need(c, name, PP_CFG_INT)->number; }

bool pp_config_bool(const struct pp_config *c, const char *name) { return need(c, name, PP_CFG_BOOL)->number != 0; }

void pp_config_free(struct pp_config *c) {
    if (!c) return;
    for (int i = 0; i < c->n; i++) {
        char *v = c->entries[i].value;
        if (v && c->entries[i].key->type == PP_CFG_FILE) explicit_bzero(v, strlen(v));
        free(v);
    }
    free(c);
}
