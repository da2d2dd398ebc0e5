/* A denial that speaks of the authorization: what we hold against it, in words a biller can appeal with. */
#include "claims/adjudicate.h"
#include "claims/claims.h"
#include "claims/normalise.h"
#include "refs/due.h"
#include "refs/places.h"

static struct pp_uuid denial_task(const struct claims_claim_row *c) {
    return pp_uuid_derive(c->claim_id, PP_STR("claim_denied/0/"));
}
static struct pp_uuid rejection_task(const struct claims_claim_row *c) {
    return pp_uuid_derive(c->claim_id, PP_STR("claim_rejected/0/"));
}

static void settle(struct pp_out *o, struct pp_uuid task, bool *open, const char *outcome, struct pp_str by) {
    if (!*open) return;
    *open = false;
    struct ev_task_settled t = {.task_id = task, .outcome = pp_str_z(outcome), .by = by};
    pp_emit(o, EV(task_settled, TASK_SETTLED, &t));
}

void claims_settle_denial(struct pp_out *o, struct claims_claim_row *c, const char *outcome, struct pp_str by) {
    settle(o, denial_task(c), &c->denial_open, outcome, by);
}
void claims_settle_rejection(struct pp_out *o, struct claims_claim_row *c, const char *outcome, struct pp_str by) {
    settle(o, rejection_task(c), &c->rejection_open, outcome, by);
}

static void ask(const struct pp_ctx *ctx, struct pp_out *o, const struct claims_claim_row *c, struct pp_uuid task,
                enum ev_task_needed_kind kind, struct pp_str reason) {
    const struct pp_site *site = pp_refs_site(ctx->refs, c->site);
    struct ev_task_needed t = {
        .task_id = task,
        .kind = kind,
        .case_id = c->case_id,
        .claim_id = c->claim_id,
        .subject = pp_arena_printf(pp_out_arena(o), "claim %.*s", PP_FMT(c->claim_no)),
        .reason = claims_cut(reason, 300),
        .queue = PP_STR("billing"),
        .due = pp_refs_task_due(ctx->refs, kind, false, ctx->now_ms, site ? site->zone : PP_STR_NONE),
        .owner = EV_TASK_NEEDED_OWNER_CLAIMS};
    pp_emit(o, EV(task_needed, TASK_NEEDED, &t));
}

/* ---- evidence ---- */

/* The decision that the line was matched with: by its number, else the latest that approves. */
static const struct claims_auth_row *decision_of(struct pp_unit *u, const struct claims_claim_line_row *l) {
    const struct claims_auth_row *best = NULL;
    PP_EACH_ROW(u, CLAIMS_AUTH, claims_auth_row, r) {
        if (!pp_uuid_eq(r->case_id, l->case_id) || r->line != l->case_line) continue;
        bool number = l->matched_auth.n && pp_str_eq(r->authorization_no, l->matched_auth);
        bool best_number = best && l->matched_auth.n && pp_str_eq(best->authorization_no, l->matched_auth);
        if (!best || (number && !best_number) || (number == best_number && r->decided > best->decided)) best = r;
    }
    return best;
}

static enum ev_denial_evidence_standing standing_of(const struct claims_claim_line_row *l) {
    if (pp_str_eqz(l->result, "match") || pp_str_eqz(l->result, "equivalent"))
        return EV_DENIAL_EVIDENCE_STANDING_APPROVED;
    if (pp_str_eqz(l->result, "not_needed")) return EV_DENIAL_EVIDENCE_STANDING_NOT_REQUIRED;
    if (pp_str_eqz(l->result, "mismatch")) return EV_DENIAL_EVIDENCE_STANDING_NOT_APPROVED;
    return EV_DENIAL_EVIDENCE_STANDING_NONE;
}

static void evidence_of(struct pp_unit *u, const struct claims_claim_row *c, const struct claims_claim_line_row *l,
                        struct ev_denial_evidence *e) {
    *e = (struct ev_denial_evidence){.claim_line = l->line,
                                     .code = l->code.n ? l->code : l->revenue,
                                     .carc = l->denial_carc,
                                     .rarc = l->denial_rarc,
                                     .group = l->denial_group,
                                     .standing = standing_of(l),
                                     .authorization = l->matched_auth,
                                     .billed_units = l->units,
                                     .service_date = l->date_from,
                                     .number_sent = l->authorization_no.n ? l->authorization_no : c->authorization_no,
                                     .proof = l->proof};
    const struct claims_auth_row *d = decision_of(u, l);
    if (!d) return;
    e->trace = d->trace;
    e->decided = d->decided;
    e->valid_from = d->valid_from;
    e->valid_until = d->valid_until;
    e->approved_code = l->matched_code.n ? l->matched_code : d->code;
    e->units = d->units;
    e->unit_type = d->unit_type;
}

static bool is_authorization(const struct claims_claim_line_row *l) {
    return l->outcome.n && !pp_str_eqz(l->outcome, "paid") &&
           (claims_carc_words(l->denial_carc) || claims_rarc_words(l->denial_rarc));
}

static bool speaks_for_us(const struct ev_denial_evidence *e) {
    return e->standing == EV_DENIAL_EVIDENCE_STANDING_APPROVED ||
           e->standing == EV_DENIAL_EVIDENCE_STANDING_NOT_REQUIRED;
}

static bool number_was_sent(const struct ev_denial_evidence *e, struct pp_arena *a) {
    return e->authorization.n && pp_str_eq(claims_number(e->number_sent, a), claims_number(e->authorization, a));
}

/* ---- words ---- */

static struct pp_str window(const struct ev_denial_evidence *e, struct pp_arena *a) {
    char from[11], until[11];
    if (!e->valid_from && !e->valid_until) return PP_STR_NONE;
    pp_date_text(e->valid_from, from);
    pp_date_text(e->valid_until, until);
    return pp_arena_printf(a, " for %s to %s", e->valid_from ? from : "any day", e->valid_until ? until : "any day");
}

/* "We hold A100, approved 2026-11-24 for 2026-11-24 to 2026-12-24, 1 unit; the claim carried it." */
static struct pp_str what_we_hold(const struct ev_denial_evidence *e, struct pp_arena *a) {
    char day[11];
    switch (e->standing) {
    case EV_DENIAL_EVIDENCE_STANDING_APPROVED: {
        pp_date_text(e->decided ? pp_zone_date(PP_STR("UTC"), e->decided) : e->valid_from, day);
        struct pp_str units =
            e->units.n ? pp_arena_printf(a, ", %.*s unit%s", PP_FMT(e->units), pp_str_eqz(e->units, "1") ? "" : "s")
                       : PP_STR_NONE;
        if (!e->authorization.n)
            return pp_arena_printf(a, "We hold an approval of %s%.*s%.*s without a number (our request %.*s).", day,
                                   PP_FMT(window(e, a)), PP_FMT(units), PP_FMT(e->trace));
        return pp_arena_printf(a, "We hold %.*s, approved %s%.*s%.*s; the claim %s.", PP_FMT(e->authorization), day,
                               PP_FMT(window(e, a)), PP_FMT(units),
                               number_was_sent(e, a) ? "carried it" : "did not carry it");
    }
    case EV_DENIAL_EVIDENCE_STANDING_NOT_REQUIRED:
        return pp_arena_printf(a, "None was required: %.*s.", PP_FMT(e->proof));
    case EV_DENIAL_EVIDENCE_STANDING_NOT_APPROVED:
        return PP_STR("Claim and authorization differ on our side too: see the comparison.");
    default: return PP_STR("We hold no authorization for it.");
    }
}

static struct pp_str next_step(const struct ev_denial_evidence *e, struct pp_arena *a) {
    switch (e->standing) {
    case EV_DENIAL_EVIDENCE_STANDING_APPROVED:
        if (e->authorization.n && !number_was_sent(e, a))
            return pp_arena_printf(a, "Send a corrected claim with authorization %.*s", PP_FMT(e->authorization));
        return e->authorization.n ? pp_arena_printf(a, "Appeal with authorization %.*s", PP_FMT(e->authorization))
                                  : pp_arena_printf(a, "Appeal with the payer's answer to %.*s", PP_FMT(e->trace));
    case EV_DENIAL_EVIDENCE_STANDING_NOT_REQUIRED:
        return PP_STR("Appeal with the proof that no authorization was required");
    case EV_DENIAL_EVIDENCE_STANDING_NOT_APPROVED:
        return PP_STR("Correct the claim as the comparison shows, or write it off");
    default: return PP_STR("Ask for a retrospective authorization if the payer's window is open, or write it off");
    }
}

static struct pp_str plain_words(const struct ev_denial_evidence *e) {
    const char *w = claims_carc_words(e->carc);
    if (!w) w = claims_rarc_words(e->rarc);
    return pp_str_z(w ? w : "denied for its authorization");
}

static struct pp_str code_words(const struct ev_denial_evidence *e, struct pp_arena *a) {
    return e->rarc.n ? pp_arena_printf(a, "CARC %.*s, %.*s", PP_FMT(e->carc), PP_FMT(e->rarc))
                     : pp_arena_printf(a, "CARC %.*s", PP_FMT(e->carc));
}

/* ---- the denial ---- */

static size_t collect(struct pp_unit *u, struct pp_out *o, const struct claims_claim_row *c,
                      struct ev_denial_evidence **ret) {
    size_t n = 0;
    *ret = pp_arena_array(pp_out_arena(o), struct ev_denial_evidence, CLAIMS_TABLE_ROWS_MAX);
    if (!*ret) return 0;
    PP_EACH_ROW(u, CLAIMS_CLAIM_LINE, claims_claim_line_row, l)
    if (pp_uuid_eq(l->claim_id, c->claim_id) && is_authorization(l) && n < CLAIMS_TABLE_ROWS_MAX)
        evidence_of(u, c, l, &(*ret)[n++]);
    return n;
}

void claims_denied(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c,
                   const struct claims_remittance_row *r) {
    struct pp_arena *a = pp_out_arena(o);
    struct ev_claim_denied e = {.claim_id = c->claim_id,
                                .claim_no = c->claim_no,
                                .case_id = c->case_id,
                                .payer = r->payer,
                                .payer_claim_no = r->payer_claim_no,
                                .payment_date = r->payment_date,
                                .group = c->denial_group,
                                .carc = c->denial_carc,
                                .rarc = c->denial_rarc,
                                .forecast = c->carc};
    e.evidence_n = collect(u, o, c, &e.evidence);
    /* A line that the claim does not have was denied: what the payer says is all there is. */
    struct ev_denial_evidence unknown = {.carc = c->denial_carc,
                                         .rarc = c->denial_rarc,
                                         .group = c->denial_group,
                                         .standing = EV_DENIAL_EVIDENCE_STANDING_NONE};
    const struct ev_denial_evidence *first = e.evidence_n ? &e.evidence[0] : &unknown;
    for (size_t i = 0; i < e.evidence_n; i++) {
        if (!speaks_for_us(&e.evidence[i])) continue;
        if (!e.appeal) first = &e.evidence[i];
        e.appeal = true;
    }
    e.words = plain_words(first);
    e.next_step = claims_cut(next_step(first, a), 160);
    c->next_step = e.next_step;
    pp_emit(o, EV(claim_denied, CLAIM_DENIED, &e));
    c->denial_open = true;
    struct pp_str more = e.evidence_n > 1 ? pp_arena_printf(a, " %d more lines.", (int)e.evidence_n - 1) : PP_STR_NONE;
    ask(ctx, o, c, denial_task(c), EV_TASK_NEEDED_KIND_CLAIM_DENIED,
        pp_arena_printf(a, "Line %d (%.*s): %.*s (%.*s). %.*s %.*s.%.*s", (int)first->claim_line, PP_FMT(first->code),
                        PP_FMT(e.words), PP_FMT(code_words(first, a)), PP_FMT(what_we_hold(first, a)),
                        PP_FMT(e.next_step), PP_FMT(more)));
}

/* ---- 277CA ---- */

void claims_acknowledged(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o,
                         const struct ev_claim_acknowledgement_reported *e) {
    struct claims_claim_row *c = claims_by_no(u, e->claim_no, e->payer);
    struct pp_arena *a = pp_out_arena(o);
    pp_count(o, "claims_acknowledgements_total",
             pp_arena_printf(a, "verdict=%s,claim=%s", ev_claim_acknowledgement_reported_verdict_name(e->verdict),
                             c ? "known" : "unknown"),
             1);
    if (!c || e->verdict == EV_CLAIM_ACKNOWLEDGEMENT_REPORTED_VERDICT_UNCLEAR) return;
    struct pp_str word = pp_str_z(ev_claim_acknowledgement_reported_verdict_name(e->verdict));
    bool rejected = e->verdict == EV_CLAIM_ACKNOWLEDGEMENT_REPORTED_VERDICT_REJECTED;
    if (e->payer_claim_no.n) c->payer_claim_no = e->payer_claim_no;
    /* The clearing house accepts, then the payer rejects: the later word counts, but a claim that the payer has
     * answered is past this. */
    if (c->outcome.n || pp_str_eq(c->acknowledgement, word)) return;
    c->acknowledgement = word;
    if (!rejected) {
        claims_settle_rejection(o, c, "taken for processing after all", PP_STR("policy:acknowledged"));
    } else {
        c->next_step = PP_STR("Correct the claim and send it again: it was not taken for processing");
        c->rejection_open = true;
        ask(ctx, o, c, rejection_task(c), EV_TASK_NEEDED_KIND_CLAIM_REJECTED,
            pp_arena_printf(
                a,
                "The claim was not taken for processing (%.*s %.*s%s%.*s)%s%.*s%s%.*s. Correct it and send it again.",
                PP_FMT(e->category), PP_FMT(e->code), e->entity.n ? " " : "", PP_FMT(e->entity),
                e->source.n ? " by " : "", PP_FMT(claims_cut(e->source, 60)), e->text.n ? ": " : "",
                PP_FMT(claims_cut(e->text, 140))));
    }
    claims_publish(ctx, u, o, c);
}
