/* Words, tones and the headline: where one line stands on each axis, and which line speaks for the case. Words and
 * tones are those of docs/readiness.md; screens show them and hold no rule. */
#include "status/status.h"

struct word {
    const char *state, *word, *tone;
};

static struct word coverage_word(const struct status_case_row *c, const struct status_line_row *l) {
    static const struct word words[] = {{"not_required", "Not required", "clear"},
                                        {"required", "PA required", "go"},
                                        {"notification_only", "Notification only", "go"},
                                        {"conditional", "More information needed", "act"},
                                        {"not_covered", "Not covered", "stop"},
                                        {"exempt", "Exempt", "clear"},
                                        {"satisfied", "On file", "clear"},
                                        {"performer", "Performer must ask", "act"},
                                        {"out_of_network", "Out of network only", "act"},
                                        {"incomplete", "Intake incomplete", "act"},
                                        {"unknown", "Needs a decision", "none"}};
    if (l->basis && l->basis != c->case_version) return (struct word){"rechecking", "Being re-checked", "wait"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (pp_str_eqz(l->coverage, words[i].state)) return words[i];
    return (struct word){"unknown", "Unknown", "none"};
}

static bool no_payer_word_needed(const struct status_line_row *l) {
    return pp_str_eqz(l->coverage, "not_required") || pp_str_eqz(l->coverage, "exempt") ||
           pp_str_eqz(l->coverage, "satisfied");
}

/* Counts the checklist items of the line (those of line 0 are of all lines) and says the state of the axis. */
static struct word documentation_word(struct status_work *w, const struct status_case_row *c,
                                      struct status_line_row *l) {
    bool requested = false, received = false, rejected = false, missing = false;
    l->docs_must = l->docs_done = 0;
    l->docs_open = PP_STR_NONE;
    PP_EACH_ROW(w->u, STATUS_ITEM, status_item_row, i) {
        if (!pp_uuid_eq(i->case_id, l->case_id) || (i->line && i->line != l->line) || !i->must) continue;
        l->docs_must++;
        if (pp_str_eqz(i->state, "accepted") || pp_str_eqz(i->state, "waived")) {
            l->docs_done++;
            continue;
        }
        l->docs_open =
            l->docs_open.n ? pp_arena_printf(w->a, "%.*s, %.*s", PP_FMT(l->docs_open), PP_FMT(i->title)) : i->title;
        requested = requested || pp_str_eqz(i->state, "requested");
        received = received || pp_str_eqz(i->state, "received");
        rejected = rejected || pp_str_eqz(i->state, "rejected");
        missing = missing || pp_str_eqz(i->state, "missing");
    }
    if (!l->docs_must) {
        if (no_payer_word_needed(l) || c->checklist_known) return (struct word){"not_needed", "Not needed", "off"};
        return (struct word){"unknown", "Unknown", "none"};
    }
    if (l->docs_done == l->docs_must) return (struct word){"complete", "Complete", "clear"};
    if (rejected) return (struct word){"rejected", "Document rejected", "act"};
    if (missing) return (struct word){"missing", "Documents missing", "act"};
    if (requested) return (struct word){"requested", "Documents requested", "wait"};
    if (received) return (struct word){"received", "To be reviewed", "act"};
    return (struct word){"missing", "Documents missing", "act"};
}

static struct word approved_word(struct status_work *w, const struct status_case_row *c,
                                 const struct status_line_row *l) {
    bool other = l->asked_code.n && l->asked_version < l->code_since;
    if (other) return (struct word){"other_code", "Approved, other code", "stop"};
    if (status_expired(w, c, l)) return (struct word){"expired", "Expired", "stop"};
    if (pp_str_eqz(l->outcome, "partial"))
        return l->accepted ? (struct word){"partial", "Part accepted", "clear"}
                           : (struct word){"partial", "Approved in part", "act"};
    if (pp_str_eqz(l->outcome, "modified"))
        return l->accepted ? (struct word){"modified", "Changes accepted", "clear"}
                           : (struct word){"modified", "Approved with changes", "act"};
    return (struct word){"approved", "Approved", "clear"};
}

static struct word authorization_word(struct status_work *w, const struct status_case_row *c,
                                      const struct status_line_row *l) {
    static const struct word words[] = {{"denied", "Denied", "stop"},
                                        {"refused", "Not considered", "stop"},
                                        {"cancelled", "Cancelled", "off"},
                                        {"contact_payer", "Call the payer", "act"},
                                        {"not_required", "Not required", "clear"},
                                        {"unclear", "Needs a decision", "none"}};
    if (l->info_open) return (struct word){"info_requested", "Info requested", "act"};
    if (pp_str_eqz(l->outcome, "approved") || pp_str_eqz(l->outcome, "partial") || pp_str_eqz(l->outcome, "modified"))
        return approved_word(w, c, l);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (pp_str_eqz(l->outcome, words[i].state)) return words[i];
    if (pp_str_eqz(l->outcome, "pended")) return (struct word){"pended", "In review", "wait"};
    if (l->sent) {
        if (pp_str_eqz(c->submission_state, "delayed")) return (struct word){"delayed", "Delayed", "act"};
        if (pp_str_eqz(c->submission_state, "acknowledged")) return (struct word){"acknowledged", "In review", "wait"};
        return (struct word){"submitted", "Submitted", "wait"};
    }
    if (pp_str_eqz(c->submission_state, "by_hand") && pp_str_eqz(l->coverage, "required"))
        return (struct word){"by_hand", "Send by hand", "act"};
    if (no_payer_word_needed(l)) return (struct word){"not_needed", "Not needed", "off"};
    if (!l->coverage.n || pp_str_eqz(l->coverage, "unknown"))
        return (struct word){"not_started", "Not started", "none"};
    return (struct word){"not_started", "Not started", "act"};
}

static int steps(const struct status_line_row *l) {
    if (pp_str_eqz(l->outcome, "pended") || l->info_open) return 3;
    if (l->outcome.n) return 4;
    if (l->sent) return 2;
    return l->docs_must && l->docs_done == l->docs_must ? 1 : 0;
}

static struct pp_str authorization_fact(struct status_work *w, const struct status_line_row *l) {
    char from[11], until[11];
    if (l->authorized.n && l->authorization_no.n) {
        pp_date_text(l->valid_from, from);
        pp_date_text(l->valid_until, until);
        return pp_arena_printf(w->a, "%.*s of %.*s units, %s to %s, %.*s", PP_FMT(l->authorized), PP_FMT(l->units),
                               from, until, PP_FMT(l->authorization_no));
    }
    if (l->decision_reason.n) return l->decision_reason;
    return l->reference;
}

void status_line_words(struct status_work *w, const struct status_case_row *c, struct status_line_row *l) {
    struct word cov = coverage_word(c, l), doc = documentation_word(w, c, l), aut = authorization_word(w, c, l);
    bool cancelled = !pp_str_eqz(l->state, "active");
    if (cancelled) cov.tone = doc.tone = aut.tone = "off";
    l->coverage_word = pp_str_z(cov.word);
    l->coverage_tone = pp_str_z(cov.tone);
    l->coverage_fact = l->proof.n ? l->proof : l->coverage_reason;
    l->documentation = pp_str_z(doc.state);
    l->documentation_word = pp_str_z(doc.word);
    l->documentation_tone = pp_str_z(doc.tone);
    l->documentation_fact = l->docs_must ? pp_arena_printf(w->a, "%d of %d%s%.*s", l->docs_done, l->docs_must,
                                                           l->docs_open.n ? "; open: " : "", PP_FMT(l->docs_open))
                                         : PP_STR_NONE;
    l->authorization_state = pp_str_z(aut.state);
    l->authorization_word = pp_str_z(aut.word);
    l->authorization_tone = pp_str_z(aut.tone);
    l->authorization_fact = authorization_fact(w, l);
    l->authorization_steps = steps(l);
}

/* The greater the rank, the more it needs somebody; the line of the greatest rank speaks for the case. */
struct status_standing status_standing_of(const struct status_case_row *c, const struct status_line_row *l) {
    static const struct {
        const char *state;
        struct status_standing s;
    } by_authorization[] = {{"denied", {100, "decision", "Denied", "stop"}},
                            {"refused", {95, "submission", "Not considered", "stop"}},
                            {"info_requested", {90, "decision", "Info requested", "act"}},
                            {"unclear", {87, "decision", "Needs a decision", "none"}},
                            {"other_code", {84, "decision", "Approved for another code", "stop"}},
                            {"contact_payer", {83, "decision", "Call the payer", "act"}},
                            {"cancelled", {81, "decision", "Authorization cancelled", "act"}},
                            {"expired", {79, "decision", "Authorization expired", "act"}},
                            {"delayed", {58, "submission", "Delayed", "act"}},
                            {"submitted", {50, "submission", "Submitted", "wait"}},
                            {"by_hand", {57, "submission", "To be sent by hand", "act"}},
                            {"acknowledged", {49, "decision", "In review", "wait"}},
                            {"pended", {48, "decision", "In review", "wait"}}};
    if (pp_str_eqz(l->coverage, "not_covered"))
        return (struct status_standing){92, "requirement", "Not covered", "stop"};
    if (pp_str_eqz(l->coverage, "incomplete"))
        return (struct status_standing){88, "intake", "Intake incomplete", "act"};
    for (size_t i = 0; i < sizeof by_authorization / sizeof by_authorization[0]; i++)
        if (pp_str_eqz(l->authorization_state, by_authorization[i].state)) return by_authorization[i].s;
    bool partial = pp_str_eqz(l->authorization_state, "partial"),
         modified = pp_str_eqz(l->authorization_state, "modified");
    if ((partial || modified) && !l->accepted)
        return (struct status_standing){80, "decision", partial ? "Approved in part" : "Approved with changes", "act"};
    if (!l->basis) return (struct status_standing){62, "requirement", "Checking the requirement", "none"};
    if (l->basis != c->case_version) return (struct status_standing){60, "requirement", "Being re-checked", "wait"};
    if (partial || modified || pp_str_eqz(l->authorization_state, "approved"))
        return (struct status_standing){10, "ready", "Approved", "clear"};
    if (pp_str_eqz(l->coverage, "exempt")) return (struct status_standing){6, "ready", "Exempt", "clear"};
    if (pp_str_eqz(l->coverage, "satisfied")) return (struct status_standing){7, "ready", "On file", "clear"};
    if (pp_str_eqz(l->coverage, "not_required") || pp_str_eqz(l->authorization_state, "not_required"))
        return (struct status_standing){5, "ready", "Not required", "clear"};
    if (!pp_str_eqz(l->coverage, "required") && !pp_str_eqz(l->coverage, "notification_only"))
        return (struct status_standing){85, "requirement", "Needs a decision", "none"};
    if (l->docs_must && l->docs_done < l->docs_must)
        return (struct status_standing){70, "documents", "Documents missing", "act"};
    return (struct status_standing){55, "submission", "Ready to send", "act"};
}
