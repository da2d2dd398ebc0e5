/* Which clocks run on a case. Pure: facts in, clocks out; due times of packs are computed by the caller's function.
 *
 * Two families that are never mixed: the payer's (a late payer can be reminded, escalated, complained of) and ours (an
 * owner is late). One clock of each kind per case. A clock ends as met, missed or stopped; what ended stays as it was.
 */
#ifndef STATUS_CLOCKS_H
#define STATUS_CLOCKS_H

#include "base/date.h"

#define CLOCKS_SUBMIT_BUSINESS_DAYS 1  /* our own promise: sent one business day after everything was there */
#define CLOCKS_CORRECT_BUSINESS_DAYS 1 /* a refused request is corrected within */

enum clock_kind { CLOCK_PAYER_DECISION, CLOCK_INFO_ANSWER, CLOCK_SUBMIT, CLOCK_CORRECT, CLOCK_KIND_COUNT };
enum clock_state { CLOCK_OFF, CLOCK_RUNNING, CLOCK_MET, CLOCK_MISSED, CLOCK_STOPPED };

struct clock_facts {
    bool open;                   /* the case is not withdrawn */
    bool required;               /* some wanted line needs the payer's word */
    bool papers_complete;        /* packet may go */
    int64_t papers_at;           /* since when */
    int64_t submitted, received; /* 0 = not yet */
    int64_t payer_due, pack_due; /* the payer's own word; what the pack's rule says from `received` */
    bool decided;                /* every line that was sent has an answer other than pended */
    int64_t decided_at;
    bool info_open, info_ever;
    int64_t info_at, info_due, info_answered;
    bool rejected;
    int64_t rejected_at;
    int64_t submit_due, correct_due; /* from the calendar, by the caller */
};

struct clock {
    enum clock_kind kind;
    enum clock_state state;
    int64_t start, due, ended;
};

const char *clock_kind_name(enum clock_kind k);
const char *clock_state_name(enum clock_state s);
const char *clock_whose(enum clock_kind k); /* payer, ours */
const char *clock_what(enum clock_kind k);  /* for people */
/* `was` is the clock as it stood (state OFF: not there yet); the answer keeps its start. */
struct clock clock_plan(enum clock_kind k, const struct clock_facts *f, const struct clock *was, int64_t now_ms);

#endif
