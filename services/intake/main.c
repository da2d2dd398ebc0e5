/* Intake: one binary, three roles. --role=door|receive|chart runs one; without it, or with all, each runs as a process
 * of its own, and when one ends the others are asked to end too. */
#include "door/door.h"
#include "receive/receive.h"
#include "service/runtime.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct pp_service chart_service;

static const char *const roles[] = {"door", "receive", "chart"};
#define ROLES 3
static pid_t children[ROLES];

static void pass_on(int signo) {
    for (int i = 0; i < ROLES; i++)
        if (children[i] > 0) kill(children[i], signo);
}

static int run_role(const char *role, int argc, char **argv) {
    if (strcmp(role, "door") == 0) return door_main(argc, argv);
    if (strcmp(role, "receive") == 0) return receive_main(argc, argv);
    if (strcmp(role, "chart") == 0) return pp_service_main(&chart_service, argc, argv);
    fprintf(stderr, "intake: --role must be door, receive, chart or all, not '%s'\n", role);
    return 1;
}

/* The setting with "{role}" filled in. */
static char *fill_role(const char *arg, const char *role) {
    const char *at = strstr(arg, "{role}");
    char *filled = NULL;
    if (!at) return strdup(arg);
    if (asprintf(&filled, "%.*s%s%s", (int)(at - arg), arg, role, at + strlen("{role}")) < 0) abort();
    return filled;
}

static int run_child(const char *role, int argc, char **argv) {
    static char api_port[] = "--api-port=0", ops_port[] = "--ops-port=0";
    char **filled = calloc((size_t)argc + 3, sizeof *filled);
    if (!filled) return 1;
    for (int i = 0; i < argc; i++) filled[i] = fill_role(argv[i], role);
    if (strcmp(role, "door") != 0) {
        filled[argc++] = api_port;
        filled[argc++] = ops_port;
    }
    return run_role(role, argc, filled);
}

static int run_all(int argc, char **argv) {
    for (int i = 0; i < ROLES; i++) {
        children[i] = fork();
        if (children[i] == 0) exit(run_child(roles[i], argc, argv));
    }
    struct sigaction sa = {.sa_handler = pass_on};
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    int code = 0, status;
    for (pid_t pid; (pid = wait(&status)) > 0 || errno == EINTR;) {
        if (pid <= 0) continue;
        for (int i = 0; i < ROLES; i++)
            if (children[i] == pid) children[i] = 0;
        if (!code) code = WIFEXITED(status) ? WEXITSTATUS(status) : 3;
        pass_on(SIGTERM);
    }
    return code;
}

int main(int argc, char **argv) {
    const char *role = "all";
    int n = 1;
    char **rest = calloc((size_t)argc + 1, sizeof *rest);
    if (!rest) return 1;
    rest[0] = argv[0];
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--role=", 7) == 0)
            role = argv[i] + 7;
        else if (strcmp(argv[i], "--role") == 0 && i + 1 < argc)
            role = argv[++i];
        else
            rest[n++] = argv[i];
    }
    return strcmp(role, "all") == 0 ? run_all(n, rest) : run_role(role, n, rest);
}
