/* States of a line of a submission. One predicate says which moves there are, one setter (state.c) makes them. */
#ifndef SUBMISSION_STATE_H
#define SUBMISSION_STATE_H

#include "base/str.h"
#include "ev.h"

enum submission_line_state {
    LINE_NONE,    /* not asked for yet */
    LINE_SENT,    /* on its way, no answer yet */
    LINE_BY_HAND, /* a person has to bring it to the payer */
    LINE_PENDED,
    LINE_CONTACT, /* the payer wants to be called */
    LINE_UNCLEAR, /* it answered in a way that decides nothing */
    LINE_REFUSED, /* not considered: to be corrected and sent again */
    LINE_APPROVED,
    LINE_PARTIAL,
    LINE_MODIFIED,
    LINE_DENIED,
    LINE_NOT_REQUIRED,
    LINE_CANCELLING, /* our cancellation is under way */
    LINE_CANCELLED,
    LINE_SUPERSEDED, /* an update or a resend carries the line now */
    LINE_STATE_COUNT
};

enum submission_who { BY_PAYER, BY_PERSON, BY_US };

const char *submission_line_state_name(enum submission_line_state s);
enum submission_line_state submission_line_state_of(struct pp_str name);
/* At the payer or on the way there, and not decided. */
bool submission_line_live(enum submission_line_state s);
bool submission_line_decided(enum submission_line_state s);
/* Approved, whole or in part or with changes: there is an authorization. */
bool submission_line_granted(enum submission_line_state s);
/* Without side effects. A payer's late repeat never takes a final state back; a person with evidence may correct. */
bool submission_line_may(enum submission_line_state from, enum submission_line_state to, enum submission_who who);

enum submission_line_state submission_line_state_by(enum ev_decided_line_outcome o);
enum ev_decided_line_outcome submission_outcome_of(enum submission_line_state s);

#endif
