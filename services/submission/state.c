#include "submission/state.h"

static const char *const names[LINE_STATE_COUNT] = {
    [LINE_NONE] = "",
    [LINE_SENT] = "sent",
    [LINE_BY_HAND] = "by_hand",
    [LINE_PENDED] = "pended",
    [LINE_CONTACT] = "contact_payer",
    [LINE_UNCLEAR] = "unclear",
    [LINE_REFUSED] = "refused",
    [LINE_APPROVED] = "approved",
    [LINE_PARTIAL] = "partial",
    [LINE_MODIFIED] = "modified",
    [LINE_DENIED] = "denied",
    [LINE_NOT_REQUIRED] = "not_required",
    [LINE_CANCELLING] = "cancelling",
    [LINE_CANCELLED] = "cancelled",
    [LINE_SUPERSEDED] = "superseded",
};

const char *submission_line_state_name(enum submission_line_state s) { return names[s]; }

enum submission_line_state submission_line_state_of(struct pp_str name) {
    for (int i = 0; i < LINE_STATE_COUNT; i++)
        if (pp_str_eqz(name, names[i])) return (enum submission_line_state)i;
    return LINE_NONE;
}

bool submission_line_live(enum submission_line_state s) {
    return s == LINE_SENT || s == LINE_BY_HAND || s == LINE_PENDED || s == LINE_CONTACT || s == LINE_UNCLEAR ||
           s == LINE_CANCELLING;
}

bool submission_line_decided(enum submission_line_state s) {
    return s == LINE_APPROVED || s == LINE_PARTIAL || s == LINE_MODIFIED || s == LINE_DENIED || s == LINE_NOT_REQUIRED;
}

bool submission_line_granted(enum submission_line_state s) {
    return s == LINE_APPROVED || s == LINE_PARTIAL || s == LINE_MODIFIED;
}

/* What a payer's answer may do to a line. Rows: from; columns: to. */
#define TO(s) (1u << LINE_##s)
#define DECISIONS (TO(APPROVED) | TO(PARTIAL) | TO(MODIFIED) | TO(DENIED) | TO(NOT_REQUIRED))
#define OPEN (TO(PENDED) | TO(CONTACT) | TO(UNCLEAR) | TO(REFUSED))
static const unsigned by_payer[LINE_STATE_COUNT] = {
    [LINE_SENT] = OPEN | DECISIONS | TO(CANCELLED),
    [LINE_BY_HAND] = OPEN | DECISIONS | TO(CANCELLED),
    [LINE_PENDED] = OPEN | DECISIONS | TO(CANCELLED),
    [LINE_CONTACT] = OPEN | DECISIONS | TO(CANCELLED),
    [LINE_UNCLEAR] = OPEN | DECISIONS | TO(CANCELLED),
    /* the answer that a payer fixed before it refused a repeat, found by an inquiry */
    [LINE_REFUSED] = TO(PENDED) | DECISIONS,
    [LINE_APPROVED] = TO(CANCELLED),
    [LINE_PARTIAL] = TO(APPROVED) | TO(CANCELLED),
    [LINE_MODIFIED] = TO(APPROVED) | TO(CANCELLED),
    /* overturned after reconsideration or peer-to-peer; a late "pended" takes nothing back */
    [LINE_DENIED] = TO(APPROVED) | TO(PARTIAL) | TO(MODIFIED) | TO(NOT_REQUIRED),
    [LINE_NOT_REQUIRED] = TO(APPROVED),
    [LINE_CANCELLING] = TO(CANCELLED),
};
/* What we do ourselves: sending, giving up, replacing. */
static const unsigned by_us[LINE_STATE_COUNT] = {
    [LINE_NONE] = TO(SENT) | TO(BY_HAND),
    [LINE_SENT] = TO(REFUSED) | TO(UNCLEAR) | TO(CANCELLED) | TO(SUPERSEDED),
    [LINE_BY_HAND] = TO(CANCELLED) | TO(SUPERSEDED),
    [LINE_PENDED] = TO(CANCELLING) | TO(CANCELLED) | TO(SUPERSEDED),
    [LINE_CONTACT] = TO(CANCELLING) | TO(CANCELLED) | TO(SUPERSEDED),
    [LINE_UNCLEAR] = TO(CANCELLING) | TO(CANCELLED) | TO(SUPERSEDED),
    [LINE_REFUSED] = TO(CANCELLED) | TO(SUPERSEDED),
    /* an extension that was granted carries the line now */
    [LINE_APPROVED] = TO(SUPERSEDED),
    [LINE_PARTIAL] = TO(SUPERSEDED),
    [LINE_MODIFIED] = TO(SUPERSEDED),
    [LINE_SUPERSEDED] = TO(PENDED), /* the update was refused: the request before it stands */
};

bool submission_line_may(enum submission_line_state from, enum submission_line_state to, enum submission_who who) {
    if (from == to || from >= LINE_STATE_COUNT || to >= LINE_STATE_COUNT) return false;
    if (who == BY_PAYER) return by_payer[from] & (1u << to);
    if (who == BY_US) return by_us[from] & (1u << to);
    if (from == LINE_NONE || from == LINE_CANCELLED || from == LINE_SUPERSEDED) return false;
    return ((DECISIONS | TO(PENDED) | TO(CANCELLED)) & (1u << to)) != 0;
}

enum submission_line_state submission_line_state_by(enum ev_decided_line_outcome o) {
    switch (o) {
    case EV_DECIDED_LINE_OUTCOME_APPROVED: return LINE_APPROVED;
    case EV_DECIDED_LINE_OUTCOME_PARTIAL: return LINE_PARTIAL;
    case EV_DECIDED_LINE_OUTCOME_MODIFIED: return LINE_MODIFIED;
    case EV_DECIDED_LINE_OUTCOME_DENIED: return LINE_DENIED;
    case EV_DECIDED_LINE_OUTCOME_PENDED: return LINE_PENDED;
    case EV_DECIDED_LINE_OUTCOME_REFUSED: return LINE_REFUSED;
    case EV_DECIDED_LINE_OUTCOME_CANCELLED: return LINE_CANCELLED;
    case EV_DECIDED_LINE_OUTCOME_CONTACT_PAYER: return LINE_CONTACT;
    case EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED: return LINE_NOT_REQUIRED;
    default: return LINE_UNCLEAR; /* never approved from what is not understood */
    }
}

enum ev_decided_line_outcome submission_outcome_of(enum submission_line_state s) {
    switch (s) {
    case LINE_APPROVED: return EV_DECIDED_LINE_OUTCOME_APPROVED;
    case LINE_PARTIAL: return EV_DECIDED_LINE_OUTCOME_PARTIAL;
    case LINE_MODIFIED: return EV_DECIDED_LINE_OUTCOME_MODIFIED;
    case LINE_DENIED: return EV_DECIDED_LINE_OUTCOME_DENIED;
    case LINE_PENDED: return EV_DECIDED_LINE_OUTCOME_PENDED;
    case LINE_REFUSED: return EV_DECIDED_LINE_OUTCOME_REFUSED;
    case LINE_CANCELLED: return EV_DECIDED_LINE_OUTCOME_CANCELLED;
    case LINE_CONTACT: return EV_DECIDED_LINE_OUTCOME_CONTACT_PAYER;
    case LINE_NOT_REQUIRED: return EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED;
    default: return EV_DECIDED_LINE_OUTCOME_UNCLEAR;
    }
}
