/* What the tests of exchange folders share: a folder of their own with to-payer/ in it, and its files. */
#ifndef TESTS_FOLDER_HELP_H
#define TESTS_FOLDER_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64];

/* Path of a name in the folder; valid until the fourth call after it. */
static inline const char *at(const char *name) {
    static char path[4][200];
    static int n;
    n = (n + 1) % 4;
    snprintf(path[n], sizeof path[n], "%s/%s", folder, name);
    return path[n];
}
static inline bool there(const char *name) { return access(at(name), F_OK) == 0; }
static inline void make(const char *name) {
    FILE *f = fopen(at(name), "w");
    assert_non_null(f);
    fclose(f);
}
static inline void make_dir(const char *name) { assert_int_equal(mkdir(at(name), 0700), 0); }

/* For a set-up and a tear-down: 0, or not. */
static inline int folder_begin(void) {
    snprintf(folder, sizeof folder, "/tmp/priorpath-folder-XXXXXX");
    return !mkdtemp(folder) || mkdir(at("to-payer"), 0700) < 0;
}
static inline int folder_end(void) {
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

#endif
