/* What a payer did with a claim, from the codes of its remittance (835): paid, reduced or denied, line by line, and
 * whether a denial speaks of the authorization. Pure; no rows.
 *
 * An adjustment is plain when it is part of an ordinary payment: the contract's price (CO 45 …) and what the patient
 * owes (PR 1, 2, 3 …). A line that is paid nothing for any other reason is denied; one that is paid less for such a
 * reason is reduced. CLP02 4 denies whatever the lines say. Reasons are claim adjustment reason codes (X12 list 139),
 * remarks remittance advice remark codes.
 *
 * Adjustments travel as text: "CO-45=500.00,PR-3=60.00". */
#ifndef CLAIMS_ADJUDICATE_H
#define CLAIMS_ADJUDICATE_H

#include "base/str.h"

enum claims_outcome { CLAIMS_PAID, CLAIMS_REDUCED, CLAIMS_DENIED };
const char *claims_outcome_name(enum claims_outcome o);

struct claims_adjudged {
    enum claims_outcome outcome;
    struct pp_str group, carc, rarc; /* that decide; empty when paid; views into the texts given */
    bool authorization;              /* it is about the authorization */
};

/* charge and paid in millionths (base/date.h decimals); remarks: a comma list. */
void claims_adjudicate(struct pp_str adjustments, struct pp_str remarks, int64_t charge, int64_t paid,
                       struct claims_adjudged *ret);
/* The codes of the claim hold for a line that has none of its own: a claim denied as a whole. */
void claims_adjudicate_claim(const struct claims_adjudged *claim, struct claims_adjudged *line);

/* What a code about authorizations means, in plain words; NULL: it is about something else. */
const char *claims_carc_words(struct pp_str carc);
const char *claims_rarc_words(struct pp_str rarc);

/* What CLP02 says. */
enum claims_status {
    CLAIMS_STATUS_PROCESSED, /* 1, 19, and everything that is not known: the amounts decide */
    CLAIMS_STATUS_FURTHER,   /* 2, 3, 20, 21: as a second or third payer */
    CLAIMS_STATUS_DENIED,    /* 4 */
    CLAIMS_STATUS_REVERSAL,  /* 22: takes back an earlier payment */
    CLAIMS_STATUS_FORWARDED, /* 23: not this payer's claim, sent on */
    CLAIMS_STATUS_ESTIMATE,  /* 25: predetermination, no payment */
};
enum claims_status claims_status_of(struct pp_str clp02);

#endif
