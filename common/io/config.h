/* Configuration: one table per service. From it come the parser, --help and the page in docs/.
 * Order of strength: command line --name=value (or --name value), environment PP_NAME (upper case, '-' as '_'), file
 * given by --config / PP_CONFIG ("name = value" lines, # comments), default. A bool may stand alone: --migrate.
 * Every fault is found and told at once, an unknown name with the nearest known one. Unknown names in a file are
 * faults too; unknown PP_* variables are not, since services with different tables share one environment. */
#ifndef PP_IO_CONFIG_H
#define PP_IO_CONFIG_H
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define PP_CONFIG_FILE_BYTES_MAX 65536 /* of the file and of each PP_CFG_FILE */

enum pp_config_type {
    PP_CFG_STR,
    PP_CFG_INT,
    PP_CFG_BOOL, /* true, false, yes, no, 1, 0 */
    PP_CFG_FILE, /* the value is the content of the named file without its trailing line ends; never printed.
                    The default "" means: no file, the value is empty. */
};
struct pp_config_key {
    const char *name; /* "kafka-brokers" */
    enum pp_config_type type;
    int64_t min, max; /* of INT; of STR the longest length in max, 0 = 4096 */
    const char *unit; /* "ms", "bytes", "" */
    const char *dflt; /* text; NULL = must be given */
    const char *help;
};
struct pp_config;
/* `tables`: NULL-terminated list of tables, each ended by a key with name NULL. A later table may repeat a name of an
 * earlier one to give another default: the later wins. --help and --help-markdown print and exit 0. Faults are printed
 * on stderr, one a line, and the process exits 2; so it always returns 0. */
int pp_config_load(const char *program, const struct pp_config_key *const *tables, int argc, char **argv,
                   struct pp_config **ret, struct pp_err *err);
/* The same without printing or exiting: every fault is a line in `faults`, and -1 says that there are some. */
int pp_config_parse(const struct pp_config_key *const *tables, int argc, char **argv, struct pp_config **ret,
                    struct pp_buf *faults);
/* Asking for a name that is in no table, or with another type, is a bug and aborts. Strings live as long as c. */
const char *pp_config_str(const struct pp_config *c, const char *name);
int64_t pp_config_int(const struct pp_config *c, const char *name);
bool pp_config_bool(const struct pp_config *c, const char *name);
void pp_config_print_docs(const struct pp_config_key *const *tables); /* Markdown table on stdout; --help-markdown */
void pp_config_free(struct pp_config *c);
extern const struct pp_config_key pp_config_common[]; /* keys that every service has */
#endif
