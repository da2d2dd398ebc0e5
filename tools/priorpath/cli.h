/* What the sub-commands share that look into a running installation: settings, database connections, words, colours. */
#ifndef PRIORPATH_CLI_H
#define PRIORPATH_CLI_H

#include "base/arena.h"
#include "base/uuid.h"
#include "io/kafka.h"
#include "io/pg.h"
#include "priorpath.h"

#include <signal.h>
#include <stdio.h>

#define CLI_TIMEOUT_MS 15000

#define CLI_KEY_KAFKA                                                                                                  \
    { "kafka-brokers", PP_CFG_STR, 0, 1024, "", "127.0.0.1:7192", "Kafka bootstrap servers." }
#define CLI_KEYS_DB                                                                                                    \
    {"db",                                                                                                             \
     PP_CFG_STR,                                                                                                       \
     0,                                                                                                                \
     1024,                                                                                                             \
     "",                                                                                                               \
     "host=127.0.0.1 port=7132 dbname=priorpath",                                                                      \
     "PostgreSQL connection without user and password."},                                                              \
    {                                                                                                                  \
        "secrets-dir", PP_CFG_STR, 1, 900, "", ".run/secrets",                                                         \
            "Folder with the passwords of the database roles, <role>.password."                                        \
    }
#define CLI_KEY_PARTITIONS                                                                                             \
    { "partitions", PP_CFG_INT, 1, 1024, "", "8", "Partitions of the log, as at install." }
#define CLI_KEY_TENANT                                                                                                 \
    { "tenant", PP_CFG_STR, 1, 64, "", "lakeside", "Tenant to look into." }
#define CLI_KEY_CLOCK                                                                                                  \
    { "clock-file", PP_CFG_STR, 0, 1023, "", ".run/clock", "File of the clock." }
#define CLI_KEY_JSON                                                                                                   \
    { "json", PP_CFG_BOOL, 0, 0, "", "false", "Prints JSON for programs instead of text for people." }

/* A service with tables: schema, where it reads, how it is named to people. */
struct cli_service {
    const char *name;
    const char *topics[2];
    uint16_t source_no;
    int ops_port; /* before the installation's port shift */
};
extern const struct cli_service cli_services[];
#define CLI_SERVICES 7
/* NULL: *err names those there are. */
const struct cli_service *cli_service_of(const char *name, struct pp_err *err);

/* Connection under pp_<schema>, or pp_<schema>_read when reader: then what row-level security lets through for `tenant`
 * (all sites). */
int cli_db(const struct pp_config *c, const char *schema, bool reader, const char *tenant, struct pp_pg_sync_conn **ret,
           struct pp_err *err);

/* Sends and waits. *ret_body (initialized by the caller) gets the answer. */
int cli_http_post(const char *url, const char *content_type, const char *token, struct pp_str body, int *ret_status,
                  struct pp_buf *ret_body, struct pp_err *err);

/* Whole file. */
int cli_read_file(const char *path, size_t bytes_max, struct pp_buf *ret, struct pp_err *err);

/* True when stdout is a terminal and NO_COLOR is not set. */
bool cli_colour(void);
enum cli_tone { CLI_PLAIN, CLI_GOOD, CLI_WARN, CLI_BAD, CLI_DIM, CLI_BOLD };
/* Escape sequence that begins a tone, "" without colour; CLI_PLAIN ends it. */
const char *cli_tone(enum cli_tone t);
/* "3 min", "2 h 5 min", "1.2 s": a length of time. */
void cli_span(int64_t ms, char ret[32]);
/* Bytes for a person: text where it is text, hex where not, at most `lines` lines of hex. */
void cli_dump(FILE *to, struct pp_str bytes, int lines);
/* Letters and digits become x and 9, so that the structure is seen and the person is not. */
void cli_mask(struct pp_str bytes, struct pp_buf *ret);
/* Set by Ctrl-C after cli_catch_stop(). */
extern volatile sig_atomic_t cli_stop;
void cli_catch_stop(void);

#endif
