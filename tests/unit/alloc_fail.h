/* Fails one allocation of a test program, by its number, so that a test can fail each of them in turn:
 *
 *     for (long n = 0, more = 1; more; n++) {
 *         alloc_fail_after(n);
 *         int rc = what_is_tested();
 *         more = alloc_failed();
 *         // rc is an error, or the result is whole; nothing leaks
 *     }
 *     alloc_fail_after(-1);
 *
 * Include it in the test program's one file: make sees that and links the program with --wrap=malloc, calloc and
 * realloc. Calls made inside of shared libraries (libc, cmocka, jansson) are not counted and never fail.
 */
#ifndef TESTS_ALLOC_FAIL_H
#define TESTS_ALLOC_FAIL_H

#include <stdbool.h>
#include <stddef.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);

static long alloc_left = -1; /* allocations until the one that fails; -1 = none fails */
static bool alloc_did_fail;

/* n allocations succeed, the next one fails, those after it succeed again. Negative: none fails. */
static inline void alloc_fail_after(long n) {
    alloc_left = n < 0 ? -1 : n;
    alloc_did_fail = false;
}
/* Has the allocation failed that alloc_fail_after() asked for? False: there were not that many. */
static inline bool alloc_failed(void) { return alloc_did_fail; }

static bool alloc_refuses(void) {
    if (alloc_left < 0 || alloc_left-- > 0) return false;
    alloc_did_fail = true;
    return true;
}
void *__wrap_malloc(size_t n) { return alloc_refuses() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t count, size_t n) { return alloc_refuses() ? NULL : __real_calloc(count, n); }
void *__wrap_realloc(void *p, size_t n) { return alloc_refuses() ? NULL : __real_realloc(p, n); }

#endif
