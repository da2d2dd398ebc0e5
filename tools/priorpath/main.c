/* priorpath: the command line. `priorpath help` lists the sub-commands. */
#include "priorpath.h"

#include "io/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENV_LINE_MAX 4096

static const struct cli_command commands[] = {
    {"run", "", "keeps the processes of services.tsv running (foreground)", cmd_run, NULL},
    {"ready", "", "waits until all processes are ready, or asks one --url", cmd_ready, NULL},
    {"topics", "", "makes Kafka's topics and keeps their settings", cmd_topics, NULL},
    {"packs", "publish|list", "reference packs: stores and announces them", cmd_packs, NULL},
    {"token", "", "prints an access token of the development issuer; --init makes its key", cmd_token, NULL},
    {"trace", "ORDER", "one order's whole way through all services, with times and proofs", cmd_trace,
     "priorpath trace ORDER: an order number, case number, case id or claim number.\n"
     "Times are those of the installation's clock; the second column is real time since the line before.\n"
     "  priorpath trace O-1001\n  priorpath trace C-6259432 --no-public --json"},
    {"status", "", "one screen about the running installation; exit code 1 when something needs attention", cmd_status,
     "priorpath status: exit code 0 nothing needs attention, 1 something does.\n"
     "  priorpath status --watch\n  priorpath status --json | jq .attention"},
    {"send", "FILE…", "gives HL7 v2, FHIR or X12 files to the front door and tells the answers", cmd_send,
     "priorpath send FILE…: files first, then settings. HL7 v2 goes by MLLP, FHIR and X12 by HTTP; files with several\n"
     "messages are split; - is the standard input. Exit code 1 when one was not accepted.\n"
     "  priorpath send order.hl7 note.hl7\n  priorpath send order.hl7 --mllp=10.0.0.5:2575\n  priorpath send claim.837 "
     "--sub=billing"},
    {"subscribe", "TOPIC", "prints what a topic says, as a subscriber hears it", cmd_subscribe,
     "priorpath subscribe TOPIC: readiness stands for pa.readiness.v1, and so on. Ctrl-C ends it.\n"
     "  priorpath subscribe readiness --from beginning\n  priorpath subscribe case-status --key CASE-ID -n 1 --json"},
    {"notices", "", "tells an ordering or scheduling system by HL7 what becomes of authorizations", cmd_notices,
     "priorpath notices: reads pa.authorization.v1 as a subscriber, sends ORM^O01 by MLLP, goes on where it was "
     "answered\n"
     "last. Exit code 1 when the receiver did not answer or did not take a message.\n"
     "  priorpath notices --topic=pa.authorization.v1 --to=mllp://10.0.0.7:2576 --group=notices-ris\n"
     "  priorpath notices --to=mllp://10.0.0.7:2576 --from=beginning --once"},
    {"dlq", "list|show|replay", "dead letters: bytes that could not be used, kept as they came", cmd_dlq,
     "priorpath dlq list | show N | replay N | replay --all\n"
     "  priorpath dlq list\n  priorpath dlq show 3\n  priorpath dlq replay 3"},
    {"parked", "list|retry", "inputs that a service set aside under their case", cmd_parked,
     "priorpath parked list [SERVICE] | retry SERVICE/ID: all parked inputs of the case are tried again, in their "
     "order.\n"
     "  priorpath parked list\n  priorpath parked retry chart/12"},
    {"republish", "SERVICE", "puts a service's facts of the last hour on the log again", cmd_republish,
     "priorpath republish SERVICE: the records are the same, ids included; readers skip what they have.\n"
     "  priorpath republish documents --from=10m --dry-run"},
    {"recover", "SERVICE", "makes a service whole again whose database was restored from a backup", cmd_recover,
     "priorpath recover SERVICE: after its schema was restored, while it does not run; then start it. "
     "docs/recovery.md\n"
     "  priorpath recover chart --dry-run\n  priorpath recover chart"},
    {"hl7", "show FILE…", "what stands in HL7 v2 files, field by field, and what is wrong with them", cmd_hl7,
     "priorpath hl7 show FILE…: files first, then settings; messages, batch files and MLLP captures; - is the "
     "standard\n"
     "input. Exit code 0 clean, 1 findings, 2 a message cannot be read.\n"
     "  priorpath hl7 show order.hl7\n  priorpath hl7 show capture.mllp --mask\n  priorpath hl7 show day.hl7 --json | "
     "jq"},
    {"x12", "check|show|ack", "X12 files: every finding on a line, the tree of loops, the 999 and TA1 they deserve",
     cmd_x12,
     "priorpath x12 check FILE… | show FILE… | ack FILE: - is the standard input. Exit code 0 accepted, 1 errors were\n"
     "found, 2 it cannot be read or was called wrongly.\n"
     "  priorpath x12 check claims.837 --json\n  priorpath x12 show request.278 --mask\n"
     "  priorpath x12 ack claims.837 > answer.999"},
    {"clock", "show|set|speed", "virtual time of the installation", cmd_clock, NULL},
};
#define NCOMMANDS (sizeof commands / sizeof *commands)

static void help(FILE *to) {
    fprintf(to, "usage: priorpath COMMAND [WORD] [--setting=value …]\n\n");
    for (size_t i = 0; i < NCOMMANDS; i++) {
        char head[64];
        snprintf(head, sizeof head, "%s %s", commands[i].name, commands[i].words);
        fprintf(to, "  %-24s %s\n", head, commands[i].help);
    }
    fprintf(
        to,
        "\npriorpath COMMAND --help lists the settings of one. Where an installation runs (make up) its addresses are\n"
        "taken from the file env of its folder: --run=DIR, else .run of the current folder, else that of the\n"
        "checkout in which this program was built.\n");
}

int cli_fail(const char *what, const struct pp_err *err) {
    fprintf(stderr, "priorpath %s: %s\n", what, err->msg);
    return CLI_FAILED;
}

const char *cli_verb(int *argc, char ***argv) {
    if (*argc < 2 || (*argv)[1][0] == '-') return NULL;
    (*argv)++;
    (*argc)--;
    return (*argv)[0];
}

void cli_settings(const char *program, const struct pp_config_key *keys, int argc, char **argv,
                  struct pp_config **ret) {
    const struct pp_config_key *const tables[] = {keys, NULL};
    pp_config_load(program, tables, argc, argv, ret, NULL);
}

/* "NAME=value" lines that `make up` wrote; what the environment already has is stronger. */
static bool load_env(const char *path) {
    char line[ENV_LINE_MAX];
    FILE *f = fopen(path, "re");
    if (!f) return false;
    while (fgets(line, sizeof line, f)) {
        struct pp_str value = pp_str_trim(pp_str_z(line)), name = pp_str_split(&value, '=');
        if (!pp_str_starts(name, PP_STR("PP_"))) continue;
        line[name.n] = 0; /* on the "=" */
        line[value.s - line + value.n] = 0;
        setenv(line, value.s, 0);
    }
    fclose(f);
    return true;
}

/* Takes --run=DIR or --run DIR off the arguments. */
static const char *take_run(int *argc, char **argv) {
    const char *dir = NULL;
    int n = 0;
    for (int i = 0; i < *argc; i++) {
        if (strncmp(argv[i], "--run=", 6) == 0)
            dir = argv[i] + 6;
        else if (strcmp(argv[i], "--run") == 0 && i + 1 < *argc)
            dir = argv[++i];
        else
            argv[n++] = argv[i];
    }
    argv[n] = NULL;
    *argc = n;
    return dir;
}

static void load_installation(const char *run_dir) {
    char exe[ENV_LINE_MAX], path[ENV_LINE_MAX + 16];
    if (run_dir) {
        snprintf(path, sizeof path, "%s/env", run_dir);
        if (!load_env(path)) fprintf(stderr, "priorpath: %s is not there; going on without it\n", path);
        return;
    }
    if (load_env(".run/env")) return;
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0) return;
    exe[n] = 0;
    for (int up = 0; up < 3; up++) { /* <checkout>/build/bin/priorpath */
        char *slash = strrchr(exe, '/');
        if (!slash) return;
        *slash = 0;
    }
    snprintf(path, sizeof path, "%s/.run/env", exe);
    load_env(path);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help(stdout);
        return CLI_OK;
    }
    pp_log_init("priorpath", "0", PP_LOG_ERROR); /* a command says its faults itself */
    for (size_t i = 0; i < NCOMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) continue;
        argc--;
        argv++;
        load_installation(take_run(&argc, argv));
        for (int k = 1; k < argc && commands[i].more; k++)
            if (strcmp(argv[k], "--help") == 0) printf("%s\n\n", commands[i].more);
        return commands[i].run(argc, argv);
    }
    fprintf(stderr, "priorpath: there is no command \"%s\"; priorpath help lists them\n", argv[1]);
    return CLI_USAGE;
}
