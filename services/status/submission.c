/* The authorization axis: what was sent and what the payer said. */
#include "status/status.h"

#define EXTENSION "extension" /* kind of a submission that asks for more of what stands */

static bool is_extension(const struct status_submission_row *s) { return s && pp_str_eqz(s->kind, EXTENSION); }

static struct status_submission_row *find_submission(struct status_work *w, struct pp_uuid id) {
    const struct status_submission_row key = {.submission_id = id};
    return pp_row_find(w->u, STATUS_SUBMISSION, &key);
}

/* A line that is asked for again waits anew, unless what was approved is for what is ordered now. What a person must
 * send by portal or phone is not sent before the payer's reference is recorded. */
static void mark_sent(struct status_work *w, const struct ev_submission_started *e, int64_t line,
                      struct pp_str submission_state) {
    struct status_line_row *l = status_find_line(w, e->case_id, line);
    if (!l) return;
    bool approved =
        pp_str_eqz(l->outcome, "approved") || pp_str_eqz(l->outcome, "partial") || pp_str_eqz(l->outcome, "modified");
    bool other_code = l->asked_code.n && l->asked_version < l->code_since;
    bool by_hand = pp_str_eqz(submission_state, "by_hand");
    l->info_open = false;
    if (approved && !other_code) return;
    l->sent = !by_hand;
    l->submission_id = e->submission_id;
    l->outcome = l->decision_reason = l->review_code = PP_STR_NONE;
    l->authorization_no = l->auth_units = l->auth_code = l->auth_modifiers = PP_STR_NONE;
    l->valid_from = l->valid_until = 0;
    l->decision_due = 0;
    l->accepted = false;
    l->asked_version = (int32_t)e->case_version;
}

static void sent(struct status_work *w, struct status_case_row *c) {
    c->attempts++;
    c->submitted = w->at;
    status_measure(w, c, "submit", c->released ? c->released : c->opened, w->at, PP_STR("sent"), c->attempts, true);
}

static const char *started_sentence(const struct ev_submission_started *e, bool by_hand) {
    if (by_hand && e->kind == EV_SUBMISSION_STARTED_KIND_EXTENSION)
        return "An extension of the authorization is to be asked for";
    if (by_hand) return "The request is to be sent by a person";
    switch (e->kind) {
    case EV_SUBMISSION_STARTED_KIND_UPDATE: return "A changed request goes to the payer";
    case EV_SUBMISSION_STARTED_KIND_CANCEL: return "A cancellation goes to the payer";
    case EV_SUBMISSION_STARTED_KIND_EXTENSION: return "An extension of the authorization is asked for";
    case EV_SUBMISSION_STARTED_KIND_DOCUMENTS: return "The documents the payer asked for go out";
    default: return "The request goes to the payer";
    }
}

void status_started(struct status_work *w, const struct ev_submission_started *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    const struct status_submission_row key = {.submission_id = e->submission_id};
    struct status_submission_row *s = c ? pp_row_add(w->u, STATUS_SUBMISSION, &key) : NULL;
    if (!s) return;
    s->case_id = e->case_id;
    s->payer = e->payer;
    s->channel = pp_str_z(ev_submission_started_channel_name(e->channel));
    /* Also what follows it, documents or a cancellation: the case stands as it did. */
    bool extends = !pp_uuid_none(e->extends);
    s->kind = extends ? PP_STR(EXTENSION) : pp_str_z(ev_submission_started_kind_name(e->kind));
    s->trace = e->trace;
    s->state = PP_STR("started");
    s->started = w->at;
    bool by_hand =
        e->channel == EV_SUBMISSION_STARTED_CHANNEL_PORTAL || e->channel == EV_SUBMISSION_STARTED_CHANNEL_PHONE;
    status_event(w, c, "contact", 0, by_hand ? "act" : "wait", PP_STR_NONE, PP_STR_NONE, e->trace, "%s by %s",
                 started_sentence(e, by_hand),
                 pp_str_eqz(s->channel, "fhir")  ? "FHIR"
                 : pp_str_eqz(s->channel, "x12") ? "X12"
                                                 : s->channel.s);
    if (extends) {
        status_refresh(w, e->case_id);
        return;
    }
    c->trace = e->trace;
    c->info_open = false;
    c->info_wanted = PP_STR_NONE;
    if (e->kind == EV_SUBMISSION_STARTED_KIND_DOCUMENTS) {
        PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l)
        if (pp_uuid_eq(l->case_id, e->case_id)) l->info_open = false;
    } else if (e->kind != EV_SUBMISSION_STARTED_KIND_CANCEL) {
        c->submission_state = by_hand ? PP_STR("by_hand") : PP_STR("started");
        c->submitted = c->received = 0;
        c->reject_reason = PP_STR_NONE;
        if (!by_hand) sent(w, c);
        for (size_t i = 0; i < e->lines_n; i++) mark_sent(w, e, e->lines[i], c->submission_state);
    }
    status_refresh(w, e->case_id);
}

void status_acknowledged(struct status_work *w, const struct ev_submission_acknowledged *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    struct status_submission_row *s = find_submission(w, e->submission_id);
    if (!c) return;
    if (s) {
        s->state = PP_STR("acknowledged");
        s->received = e->received_at;
        s->payer_ref = e->payer_ref;
    }
    if (is_extension(s)) {
        status_event(w, c, "contact", 0, "wait", PP_STR_NONE, PP_STR_NONE, e->payer_ref,
                     "The payer has received the request for an extension");
        status_refresh(w, e->case_id);
        return;
    }
    if (pp_str_eqz(c->submission_state, "by_hand")) {
        sent(w, c);
        PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l)
        if (pp_uuid_eq(l->submission_id, e->submission_id)) l->sent = true;
    }
    if (!pp_str_eqz(c->submission_state, "rejected")) c->submission_state = PP_STR("acknowledged");
    if (!c->received) c->received = e->received_at;
    if (e->payer_ref.n) c->reference = e->payer_ref;
    status_event(w, c, "contact", 0, "wait", PP_STR_NONE, PP_STR_NONE, e->payer_ref,
                 "The payer has received the request");
    status_refresh(w, e->case_id);
}

void status_rejected(struct status_work *w, const struct ev_submission_rejected *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    struct status_submission_row *s = find_submission(w, e->submission_id);
    if (!c) return;
    if (s) {
        s->state = PP_STR("rejected");
        s->reason = e->reason;
        s->ended = w->at;
    }
    if (is_extension(s)) {
        status_event(w, c, "decisions", 0, "act", PP_STR_NONE, e->reason, e->element,
                     "The payer did not consider the extension; the authorization stands");
        status_refresh(w, e->case_id);
        return;
    }
    c->submission_state = PP_STR("rejected");
    c->reject_reason = e->reason;
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l) {
        bool open = !l->outcome.n || pp_str_eqz(l->outcome, "pended");
        if (pp_uuid_eq(l->case_id, e->case_id) && pp_uuid_eq(l->submission_id, e->submission_id) && open) {
            l->outcome = PP_STR("refused");
            l->review_code = e->code;
            l->decision_reason = e->reason;
            l->decided = w->at;
        }
    }
    status_event(w, c, "decisions", 0, "stop", PP_STR_NONE, e->reason, e->element,
                 "The payer did not consider the request");
    status_refresh(w, e->case_id);
}

void status_delayed(struct status_work *w, const struct ev_submission_delayed *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    struct status_submission_row *s = find_submission(w, e->submission_id);
    if (!c) return;
    if (s) s->state = PP_STR("delayed"), s->reason = e->reason;
    if (!is_extension(s) && !pp_str_eqz(c->submission_state, "acknowledged")) c->submission_state = PP_STR("delayed");
    status_event(w, c, "contact", 0, "act", PP_STR_NONE, e->reason, PP_STR_NONE,
                 "The payer has not answered yet; the request is kept and tried again");
    status_refresh(w, e->case_id);
}

void status_submission_cancelled(struct status_work *w, const struct ev_submission_cancelled *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    struct status_submission_row *s = find_submission(w, e->submission_id);
    if (!c) return;
    if (s) s->state = PP_STR("cancelled"), s->ended = w->at;
    if (!is_extension(s)) c->submission_state = PP_STR("cancelled");
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l) {
        if (!pp_uuid_eq(l->case_id, e->case_id) || !pp_uuid_eq(l->submission_id, e->submission_id)) continue;
        l->sent = l->info_open = false;
        if (!l->outcome.n || pp_str_eqz(l->outcome, "pended")) l->outcome = PP_STR_NONE;
    }
    status_event(w, c, "contact", 0, "off", PP_STR_NONE, e->reason, PP_STR_NONE, "The request was taken back");
    status_refresh(w, e->case_id);
}

void status_info(struct status_work *w, const struct ev_info_requested *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    struct pp_str wanted = PP_STR_NONE;
    if (!c) return;
    for (size_t i = 0; i < e->items_n; i++) {
        struct pp_str title = e->items[i].title.n ? e->items[i].title : e->items[i].code;
        wanted = wanted.n ? pp_arena_printf(w->a, "%.*s, %.*s", PP_FMT(wanted), PP_FMT(title)) : title;
        PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l)
        if (pp_uuid_eq(l->case_id, e->case_id) && l->sent && (!e->items[i].line || e->items[i].line == l->line))
            l->info_open = true;
    }
    c->info_open = true;
    c->info_due = e->due;
    c->info_wanted = wanted;
    if (e->reference.n) c->reference = e->reference;
    status_event(w, c, "contact", 0, "act", PP_STR_NONE, wanted, e->reference,
                 "The payer asks for documents or answers");
    status_refresh(w, e->case_id);
}

static const char *outcome_sentence(enum ev_decided_line_outcome o) {
    switch (o) {
    case EV_DECIDED_LINE_OUTCOME_APPROVED: return "Approved";
    case EV_DECIDED_LINE_OUTCOME_PARTIAL: return "Approved in part";
    case EV_DECIDED_LINE_OUTCOME_MODIFIED: return "Approved with changes";
    case EV_DECIDED_LINE_OUTCOME_DENIED: return "Denied";
    case EV_DECIDED_LINE_OUTCOME_PENDED: return "In review at the payer";
    case EV_DECIDED_LINE_OUTCOME_REFUSED: return "Not considered";
    case EV_DECIDED_LINE_OUTCOME_CANCELLED: return "Cancelled";
    case EV_DECIDED_LINE_OUTCOME_CONTACT_PAYER: return "The payer wants to be called";
    case EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED: return "The payer says none is required";
    default: return "The payer's answer is unclear: a person reads it";
    }
}

static const char *outcome_tone(enum ev_decided_line_outcome o) {
    switch (o) {
    case EV_DECIDED_LINE_OUTCOME_APPROVED:
    case EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED: return "clear";
    case EV_DECIDED_LINE_OUTCOME_DENIED:
    case EV_DECIDED_LINE_OUTCOME_REFUSED: return "stop";
    case EV_DECIDED_LINE_OUTCOME_PENDED: return "wait";
    case EV_DECIDED_LINE_OUTCOME_CANCELLED: return "off";
    case EV_DECIDED_LINE_OUTCOME_UNCLEAR: return "none";
    default: return "act";
    }
}

/* An answer to an earlier request that another has followed: what it ends is history, only a grant still counts. */
static bool outdated(struct status_work *w, const struct status_line_row *l, struct pp_uuid submission_id,
                     enum ev_decided_line_outcome o) {
    const struct status_submission_row *now = find_submission(w, l->submission_id),
                                       *of = find_submission(w, submission_id);
    bool grants = o == EV_DECIDED_LINE_OUTCOME_APPROVED || o == EV_DECIDED_LINE_OUTCOME_PARTIAL ||
                  o == EV_DECIDED_LINE_OUTCOME_MODIFIED;
    return !grants && now && of && now != of && of->started < now->started;
}

static void decide_line(struct status_work *w, struct status_case_row *c, const struct ev_authorization_decided *e,
                        const struct ev_decided_line *in) {
    struct status_line_row *l = status_find_line(w, e->case_id, in->line);
    if (!l || outdated(w, l, e->submission_id, in->outcome)) return;
    const char *name = ev_decided_line_outcome_name(in->outcome);
    struct pp_str evidence = in->authorization.n ? in->authorization : e->evidence.n ? e->evidence : e->trace;
    struct pp_str actor =
        e->decided_by == EV_AUTHORIZATION_DECIDED_DECIDED_BY_PERSON ? PP_STR("recorded by hand") : PP_STR_NONE;
    bool extended =
        is_extension(find_submission(w, e->submission_id)) && !pp_uuid_eq(l->submission_id, e->submission_id);
    if (!pp_str_eqz(l->outcome, name) || in->accepted != l->accepted || extended)
        status_event(w, c, "decisions", in->line, outcome_tone(in->outcome), actor, in->reason, evidence,
                     "Line %d: %s%s%s", (int)in->line, extended ? "Extension: " : "", outcome_sentence(in->outcome),
                     in->accepted ? ", accepted by the clinician" : "");
    bool final = in->outcome != EV_DECIDED_LINE_OUTCOME_PENDED;
    l->outcome = pp_str_z(name);
    l->review_code = in->review_code;
    l->decision_reason = in->reason;
    if (in->authorization.n) l->authorization_no = in->authorization;
    if (in->reference.n) l->reference = c->reference = in->reference;
    if (in->authorization.n) c->reference = in->authorization; /* what people say on the phone from now on */
    l->decided_by = pp_str_z(ev_authorization_decided_decided_by_name(e->decided_by));
    l->evidence = e->evidence;
    l->submission_id = e->submission_id;
    l->asked_version = (int32_t)e->case_version;
    l->decided_payer = e->payer;
    l->valid_from = in->valid_from;
    l->valid_until = in->valid_until;
    l->auth_code = in->code;
    l->auth_modifiers = PP_STR_NONE;
    l->auth_units = in->units;
    l->auth_unit_type = in->unit_type;
    l->provider_npi = in->provider_npi;
    l->accepted = in->accepted;
    l->sent = true;
    l->decision_due = final ? 0 : in->due;
    l->decided = w->at;
    if (final) l->info_open = false;
}

void status_decided(struct status_work *w, const struct ev_authorization_decided *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    if (!c) return;
    bool open = false, info = false;
    for (size_t i = 0; i < e->lines_n; i++) decide_line(w, c, e, &e->lines[i]);
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l) {
        if (!pp_uuid_eq(l->case_id, e->case_id)) continue;
        open =
            open || (l->sent && pp_str_eqz(l->state, "active") && (!l->outcome.n || pp_str_eqz(l->outcome, "pended")));
        info = info || l->info_open;
    }
    if (!info) c->info_open = false;
    if (!c->submitted) c->submitted = w->at; /* recorded by hand */
    if (!c->received) c->received = w->at;
    struct status_submission_row *s = find_submission(w, e->submission_id);
    if (s && !s->received) s->received = w->at;
    if (!open) {
        c->last_decided = w->at;
        if (s) s->state = PP_STR("decided"), s->ended = w->at;
        status_measure(w, c, "review", c->received, w->at,
                       e->lines_n ? pp_str_z(ev_decided_line_outcome_name(e->lines[0].outcome)) : PP_STR_NONE,
                       c->attempts ? c->attempts : 1, true);
    }
    status_refresh(w, e->case_id);
}

/* What the end of the authorization would leave undone, for people; empty: nothing. */
static struct pp_str left_undone(struct status_work *w, const struct status_case_row *c,
                                 const struct status_line_row *l, pp_date until) {
    const struct status_visit_row *late = status_first_booked(w, l->case_id, l->line, until + 1);
    int64_t used = status_dec(l->used), booked = status_dec(l->scheduled);
    int64_t left = status_dec(l->authorized) - (used > booked ? used : booked);
    if (late) {
        char day[11];
        pp_date_text(late->date, day);
        return pp_arena_printf(w->a, "appointment %.*s on %s lies after it", PP_FMT(late->visit_no), day);
    }
    pp_date today = pp_zone_date(status_zone(w, c->site), w->ctx->now_ms);
    if (left > 0 && status_first_booked(w, l->case_id, l->line, today)) {
        char units[24];
        pp_dec_text(left, units);
        return pp_arena_printf(w->a, "units neither used nor booked: %s", units);
    }
    return PP_STR_NONE;
}

void status_expiring(struct status_work *w, const struct ev_authorization_expiring *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    struct status_line_row *l = status_find_line(w, e->case_id, e->line);
    if (!c || !l || !pp_str_eqz(l->state, "active")) return; /* no longer wanted: its end hurts nobody */
    char until[11];
    pp_date_text(e->valid_until, until);
    struct pp_str undone = left_undone(w, c, l, e->valid_until);
    struct pp_str what = pp_arena_printf(w->a, "Line %d: authorization%s%.*s ends on %s", l->line,
                                         e->authorization.n ? " " : "", PP_FMT(e->authorization), until);
    status_event(w, c, "clocks", l->line, undone.n ? "act" : "go", PP_STR_NONE, undone, e->authorization, "%.*s",
                 PP_FMT(what));
    if (undone.n)
        status_notice(w, "expiring", pp_uuid_derive(l->case_id, pp_arena_printf(w->a, "line/%d", l->line)), l->case_id,
                      "%.*s; %.*s", PP_FMT(what), PP_FMT(undone));
    status_refresh(w, e->case_id);
}
