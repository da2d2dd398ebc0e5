/* What a fuzz target holds to be true: says which line did not hold, and stops. */
#ifndef TESTS_FUZZ_CHECK_H
#define TESTS_FUZZ_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define check(held)                                                                                                    \
    do {                                                                                                               \
        if (!(held)) {                                                                                                 \
            fprintf(stderr, "ERROR: %s:%d does not hold: %s\n", __FILE__, __LINE__, #held);                            \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
