/* Between the parts of the table runner: cases.c reads lines, cases_body.c knows values and JSON, cases_world.c runs
 * the decider and keeps timers and calls, cases_expect.c compares. A function that returns -1 has printed why. */
#ifndef PP_TEST_CASES_INT_H
#define PP_TEST_CASES_INT_H

#include "refs/refs.h"
#include "test/cases.h"

#include <jansson.h>

#define CASES_WORDS_MAX 64  /* columns of a line */
#define CASES_LINE_MAX 8192 /* bytes of a line */
#define CASES_TEXT_MAX 4096 /* bytes of a value */
#define CASES_NAMES_MAX 256 /* lets, $names, aliases of one file */
#define CASES_PERSONS_MAX 32
#define CASES_TIMERS_MAX 1024
#define CASES_CALLS_MAX 256
#define CASES_EFFECTS_MAX 4096 /* of one step */
#define CASES_ARENA_MAX ((size_t)64 << 20)

struct cases_let {
    char name[64];
    enum ev_type type;
    json_t *body;
};
struct cases_bind { /* $name */
    char name[64];
    char value[CASES_TEXT_MAX];
};
struct cases_alias {
    char name[64];
    int value;
};
struct cases_person {
    struct pp_uuid id;
    struct pp_unit *unit;
};
struct cases_timer {
    struct pp_uuid person, ref;
    uint16_t kind;
    int64_t due_ms;
};
struct cases_call {
    struct pp_uuid person, ref;
    uint16_t kind;
};
struct cases_effect {
    const struct pp_effect *e;
    bool used; /* an expectation took it */
};
struct cases_retired { /* arena of an earlier input of the same step */
    struct pp_arena arena;
    struct cases_retired *next;
};

struct cases {
    const struct pp_service *svc;
    const char *file, *only;
    int line;
    bool verbose;
    struct pp_refs *refs, *empty;
    char packs[256]; /* folder that refs was read from */

    bool in_case, skipped, failed, strict;
    char title[256];
    int passed, failures;
    int64_t now_ms;
    uint64_t ids, inputs;  /* counters of minted ids and of inputs */
    struct pp_uuid person; /* whose rows "row" looks at: the person of the last input */

    struct cases_let lets[CASES_NAMES_MAX];
    int nlets, file_lets; /* the first file_lets were defined before the first case */
    struct cases_alias aliases[CASES_NAMES_MAX];
    int naliases;
    struct cases_bind binds[CASES_NAMES_MAX];
    int nbinds;

    struct pp_arena arena; /* units, inputs and effects of the last input */
    struct cases_retired *retired;
    struct cases_person persons[CASES_PERSONS_MAX];
    int npersons;
    struct cases_timer timers[CASES_TIMERS_MAX];
    int ntimers;
    struct cases_call calls[CASES_CALLS_MAX];
    int ncalls;
    struct cases_effect effects[CASES_EFFECTS_MAX];
    int neffects;
};

/* Prints file, line and text, marks the case as failed, returns -1. */
int cases_wrong(struct cases *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- cases_body.c ---- */
/* uuid of @name: the same name is the same id in every case. */
struct pp_uuid cases_name_id(const char *name);
/* "2h", "3d", "15m", "30s", with sign. */
bool cases_duration(const char *s, int64_t *ret_ms);
/* Replaces @name, $name, now±…, today±…; false when a $name is not bound. ret holds CASES_TEXT_MAX bytes. */
bool cases_resolve(struct cases *c, const char *value, char *ret);
bool cases_time(struct cases *c, const char *value, int64_t *ret_ms);
bool cases_uuid(struct cases *c, const char *value, struct pp_uuid *ret);
/* Compares one value with what is expected; actual NULL = absent. An unbound $name takes the value. */
bool cases_equal(struct cases *c, enum pp_field_kind kind, const char *actual, const char *expected);
int cases_body_set(struct cases *c, const struct pp_shape *s, json_t *body, char *assignment);
/* 1: holds; 0: does not, and why (CASES_TEXT_MAX bytes) says what is there; -1: no such member. */
int cases_body_holds(struct cases *c, const struct pp_shape *s, json_t *body, const char *assignment, char *why);
/* Splits "path=value" in place; NULL when there is no "=". */
char *cases_split(char *assignment);

/* ---- cases_world.c ---- */
void cases_world_reset(struct cases *c);
/* Commits the last input, forgets its effects. */
void cases_turn(struct cases *c);
int cases_give(struct cases *c, struct pp_uuid person, struct pp_in *in);
int cases_fire(struct cases *c, int kind, const struct pp_uuid *ref); /* one timer; moves the time to when it is due */
int cases_fire_due(struct cases *c);
struct cases_call *cases_call_find(struct cases *c, int kind, const struct pp_uuid *ref); /* -1, NULL: the last one */
struct pp_unit *cases_unit(struct cases *c, struct pp_uuid person);

/* ---- cases_expect.c ---- */
/* 0: not an expectation; 1: held; -1: did not (said). words[0] is the verb. */
int cases_expect(struct cases *c, char **words, int n);
/* For strict cases: nothing may be left over from the last step. */
int cases_nothing_left(struct cases *c);
int cases_number(struct cases *c, const char *word, int *ret); /* number or alias */

#endif
