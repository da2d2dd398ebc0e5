/* May this appointment go ahead? Pure: facts of its lines in, colour with reasons out. Nobody sets readiness.
 *
 * It is the worst line. Order of badness: red, grey, amber, green: what nobody knows is worse than what is under way.
 * A line is green only when it was approved for this code, in its window, with units left, for this provider; or when
 * it is not required, exempt or on file, with a proof that rests on the present version of the case. Everything that
 * rests on an older version is amber at best ("being re-checked"). "Needed and not started" is amber while the visit is
 * more than READINESS_NEAR_DAYS away and red from then on (domain A1; financial clearance three days before service).
 * What the words mean is in docs/readiness.md.
 */
#ifndef STATUS_READINESS_H
#define STATUS_READINESS_H

#include "base/arena.h"
#include "base/date.h"
#include "ev.h"

#define READINESS_NEAR_DAYS 3
#define READINESS_REASONS_MAX 20

enum readiness_colour { READINESS_GREEN, READINESS_AMBER, READINESS_GREY, READINESS_RED, READINESS_COLOUR_COUNT };

struct readiness_line {
    int32_t line;
    bool wanted;              /* not cancelled */
    bool determined, current; /* there is a determination; it rests on the present version of the case */
    enum ev_determined_line_coverage coverage;
    bool proof;
    pp_date proof_until;
    enum ev_decided_line_outcome outcome; /* NONE: the payer has said nothing */
    bool accepted, sent, info_open, documents_open;
    struct pp_str asked_code, code; /* decided for; wanted now */
    pp_date from, until;
    bool limited;
    int64_t authorized, committed, units; /* millionths; committed = max(used, booked); units of the line */
    struct pp_str auth_npi, documents;    /* provider the payer named; titles of the open documents */
    pp_date coverage_until;               /* of the insurance */
};

struct readiness_in {
    pp_date today, date; /* local days at the site */
    struct pp_str provider_npi;
    const struct readiness_line *lines;
    size_t n;
};

struct readiness_why {
    int32_t line;
    enum readiness_colour colour;
    const char *code; /* of readiness_reason.code */
    struct pp_str text;
};

struct readiness_out {
    enum readiness_colour colour;
    struct readiness_why why[READINESS_REASONS_MAX];
    size_t n;
    const char *next_step; /* of the worst line; "" when green */
    const char *owner;     /* queue, or "payer" */
};

const char *readiness_word(enum readiness_colour c); /* Ready, Not yet, Unknown, Blocked */
const char *readiness_tone(enum readiness_colour c); /* clear, act, none, stop */
/* Instant (local day) from which the answer may be another without any new fact; 0 = never. */
pp_date readiness_next_look(const struct readiness_in *in);
void readiness(const struct readiness_in *in, struct pp_arena *a, struct readiness_out *ret);

#endif
