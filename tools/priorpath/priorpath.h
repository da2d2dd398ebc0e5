/* The command line of PriorPath: one file cmd_<name>.c for each sub-command, registered in main.c's table. */
#ifndef PRIORPATH_PRIORPATH_H
#define PRIORPATH_PRIORPATH_H

#include "base/err.h"
#include "io/config.h"

/* Exit codes of all sub-commands. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct cli_command {
    const char *name;
    const char *words; /* verbs it takes before its settings, for the help; "" = none */
    const char *help;
    int (*run)(int argc, char **argv); /* argv[0] is the sub-command; returns an exit code */
    const char *more; /* what --help says before the settings: how it is called, and an example; NULL: nothing */
};

/* Says the error on stderr and returns CLI_FAILED. */
int cli_fail(const char *what, const struct pp_err *err);
/* Takes a verb (argv[1] when it does not begin with a dash) off the arguments; NULL when there is none. */
const char *cli_verb(int *argc, char ***argv);
/* Settings of a sub-command: argv as --name=value, PP_<NAME>, defaults. Prints help and faults, and exits, by itself.
 */
void cli_settings(const char *program, const struct pp_config_key *keys, int argc, char **argv, struct pp_config **ret);

int cmd_run(int argc, char **argv);
int cmd_ready(int argc, char **argv);
int cmd_topics(int argc, char **argv);
int cmd_token(int argc, char **argv);
int cmd_packs(int argc, char **argv);
int cmd_clock(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_subscribe(int argc, char **argv);
int cmd_dlq(int argc, char **argv);
int cmd_notices(int argc, char **argv);
int cmd_parked(int argc, char **argv);
int cmd_republish(int argc, char **argv);
int cmd_recover(int argc, char **argv);
int cmd_x12(int argc, char **argv);
int cmd_hl7(int argc, char **argv);
int cmd_dlq(int argc, char **argv);

#endif
