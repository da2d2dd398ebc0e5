/* loadgen: see loadgen.h. */
#include "loadgen.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} verbs[] = {{"mllp", load_mllp}, {"facts", load_facts}, {"watch", load_watch}};

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) return verbs[i].run(argc - 1, argv + 1);
    fprintf(stderr, "usage: loadgen mllp|facts|watch [--setting=value …]; --help tells the settings of each\n");
    return 2;
}
