/* What a payer did with a claim (835): stored as it came, laid over the claim and its lines, and said once. The same
 * remittance again changes nothing; one whose claim is not known waits for it. */
#include "claims/adjudicate.h"
#include "claims/claims.h"
#include "claims/normalise.h"

static int64_t dec(struct pp_str v) {
    int64_t n;
    return v.n && pp_dec_parse(v, &n) ? n : 0;
}

static struct pp_str money(struct pp_out *o, int64_t v) {
    char t[24];
    pp_dec_text(v, t);
    return pp_arena_strz(pp_out_arena(o), t);
}

/* ---- storing ---- */

static struct pp_str adjustments_text(struct pp_out *o, const struct ev_adjustment *a, size_t n) {
    struct pp_str t = PP_STR_NONE;
    for (size_t i = 0; i < n; i++)
        t = pp_arena_printf(pp_out_arena(o), "%.*s%s%.*s-%.*s=%.*s", PP_FMT(t), i ? "," : "", PP_FMT(a[i].group),
                            PP_FMT(a[i].reason), PP_FMT(a[i].amount));
    return t;
}

/* A reversal, its correction and the first payment may carry one check number and one claim number of the payer. */
static struct pp_uuid remittance_id(struct pp_unit *u, struct pp_out *o, const struct ev_remittance_reported *e) {
    return pp_uuid_derive(pp_unit_person(u),
                          pp_arena_printf(pp_out_arena(o), "remittance/%.*s/%.*s/%.*s/%.*s/%.*s/%.*s",
                                          PP_FMT(e->payer.n ? e->payer : e->payer_code), PP_FMT(e->trace),
                                          PP_FMT(e->claim_no), PP_FMT(e->payer_claim_no), PP_FMT(e->status),
                                          PP_FMT(e->paid)));
}

static void store_line(struct pp_unit *u, struct pp_out *o, struct pp_uuid id, const struct ev_remittance_line *in) {
    const struct claims_remittance_line_row key = {.remittance_id = id, .line = (int32_t)in->line};
    struct claims_remittance_line_row *l = pp_row_add(u, CLAIMS_REMITTANCE_LINE, &key);
    if (!l) return;
    l->control = in->control;
    l->code = in->submitted_code.n ? in->submitted_code : in->code;
    l->modifiers = claims_list_join(in->modifiers, in->modifiers_n, pp_out_arena(o));
    l->revenue = in->revenue;
    l->units = in->units;
    l->charge = in->charge;
    l->paid = in->paid;
    l->authorization_no = in->authorization;
    l->adjustments = adjustments_text(o, in->adjustments, in->adjustments_n);
    l->remarks = claims_list_join(in->remarks, in->remarks_n, pp_out_arena(o));
}

static void store(struct pp_unit *u, struct pp_out *o, struct claims_remittance_row *r,
                  const struct ev_remittance_reported *e, int64_t now) {
    r->claim_no = e->claim_no;
    r->sender = e->sender;
    r->payer = e->payer;
    r->payer_name = e->payer_name;
    r->trace = e->trace;
    r->payer_claim_no = e->payer_claim_no;
    r->status = e->status;
    r->charge = e->charge;
    r->paid = e->paid;
    r->patient_part = e->patient_responsibility;
    r->authorization_no = e->authorization;
    r->adjustments = adjustments_text(o, e->adjustments, e->adjustments_n);
    r->remarks = claims_list_join(e->remarks, e->remarks_n, pp_out_arena(o));
    r->payment_date = e->payment_date;
    r->reported = now;
    for (size_t i = 0; i < e->lines_n; i++) store_line(u, o, r->remittance_id, &e->lines[i]);
}

/* ---- finding ---- */

struct claims_claim_row *claims_by_no(struct pp_unit *u, struct pp_str claim_no, struct pp_str payer) {
    struct claims_claim_row *best = NULL;
    int best_score = -1;
    PP_EACH_ROW(u, CLAIMS_CLAIM, claims_claim_row, c) {
        if (!pp_str_eq(c->claim_no, claim_no)) continue;
        int score = (payer.n && pp_str_eq(c->payer, payer) ? 2 : 0) + (pp_str_eqz(c->state, "void") ? 0 : 1);
        if (score > best_score) best = c, best_score = score;
    }
    return best;
}

/* Our line control number, else code and modifiers, else the code (or revenue code) alone; each line once. */
static int fits(const struct claims_claim_line_row *l, const struct claims_remittance_line_row *r) {
    if (r->control.n && pp_str_eq(l->control, r->control)) return 3;
    bool code = r->code.n ? pp_str_eq(l->code, r->code) : r->revenue.n && pp_str_eq(l->revenue, r->revenue);
    if (!code) return 0;
    return pp_str_eq(l->modifiers, r->modifiers) ? 2 : 1;
}

static bool taken(struct pp_unit *u, const struct claims_remittance_line_row *r, int32_t line) {
    PP_EACH_ROW(u, CLAIMS_REMITTANCE_LINE, claims_remittance_line_row, x)
    if (pp_uuid_eq(x->remittance_id, r->remittance_id) && x->line != r->line && x->claim_line == line) return true;
    return false;
}

static struct claims_claim_line_row *line_of(struct pp_unit *u, const struct claims_claim_row *c,
                                             const struct claims_remittance_line_row *r) {
    struct claims_claim_line_row *best = NULL;
    int best_fit = 0;
    PP_EACH_ROW(u, CLAIMS_CLAIM_LINE, claims_claim_line_row, l) {
        int fit = pp_uuid_eq(l->claim_id, c->claim_id) ? fits(l, r) : 0;
        if (fit > best_fit && !taken(u, r, l->line)) best = l, best_fit = fit;
    }
    return best;
}

/* ---- laying it over the claim ---- */

struct applied { /* what a remittance comes to */
    int lines, denied, reduced;
    struct claims_adjudged deciding; /* of the first line that was denied or reduced; one about authorization first */
    bool authorization;
};

static void count_line(struct applied *t, const struct claims_adjudged *a) {
    t->lines++;
    t->denied += a->outcome == CLAIMS_DENIED;
    t->reduced += a->outcome == CLAIMS_REDUCED;
    if (a->outcome == CLAIMS_PAID) return;
    if (!t->deciding.carc.n || (a->authorization && !t->deciding.authorization)) t->deciding = *a;
    t->authorization = t->authorization || a->authorization;
}

static void apply_line(struct pp_unit *u, const struct claims_claim_row *c, const struct claims_adjudged *whole,
                       struct claims_remittance_line_row *r, struct applied *t) {
    struct claims_adjudged a;
    claims_adjudicate(r->adjustments, r->remarks, dec(r->charge), dec(r->paid), &a);
    claims_adjudicate_claim(whole, &a);
    count_line(t, &a);
    r->outcome = pp_str_z(claims_outcome_name(a.outcome));
    struct claims_claim_line_row *l = line_of(u, c, r);
    if (!l) return;
    r->claim_line = l->line;
    l->outcome = r->outcome;
    l->paid = r->paid;
    l->adjustments = r->adjustments;
    l->remarks = r->remarks;
    l->denial_group = a.group;
    l->denial_carc = a.carc;
    l->denial_rarc = a.rarc;
}

static enum ev_claim_adjudicated_outcome overall(const struct applied *t) {
    if (t->denied && t->denied == t->lines) return EV_CLAIM_ADJUDICATED_OUTCOME_DENIED;
    return t->denied || t->reduced ? EV_CLAIM_ADJUDICATED_OUTCOME_REDUCED : EV_CLAIM_ADJUDICATED_OUTCOME_PAID;
}

/* A remittance without lines, and one that was denied as a whole without saying it line by line. */
static void apply_whole(struct pp_unit *u, const struct claims_claim_row *c, const struct claims_remittance_row *r,
                        const struct claims_adjudged *whole, struct applied *t) {
    count_line(t, whole);
    PP_EACH_ROW(u, CLAIMS_CLAIM_LINE, claims_claim_line_row, l) {
        if (!pp_uuid_eq(l->claim_id, c->claim_id)) continue;
        l->outcome = pp_str_z(claims_outcome_name(whole->outcome));
        l->paid = PP_STR_NONE;
        l->adjustments = r->adjustments;
        l->remarks = r->remarks;
        l->denial_group = whole->group;
        l->denial_carc = whole->carc;
        l->denial_rarc = whole->rarc;
    }
}

static void add_up(struct pp_unit *u, const struct claims_claim_row *c, const struct claims_remittance_row *r,
                   enum claims_status status, struct applied *t) {
    struct claims_adjudged whole;
    bool lines = false;
    claims_adjudicate(r->adjustments, r->remarks, dec(r->charge), dec(r->paid), &whole);
    /* Reasons at the level of the claim deny its lines only where nothing was paid at all. */
    if (status == CLAIMS_STATUS_DENIED) whole.outcome = CLAIMS_DENIED;
    PP_EACH_ROW(u, CLAIMS_REMITTANCE_LINE, claims_remittance_line_row, l) {
        if (!pp_uuid_eq(l->remittance_id, r->remittance_id)) continue;
        apply_line(u, c, &whole, l, t);
        lines = true;
    }
    if (!lines)
        apply_whole(u, c, r, &whole, t);
    else if (whole.outcome == CLAIMS_REDUCED && !t->denied && !t->reduced) {
        t->reduced = 1;
        t->deciding = whole;
        t->authorization = whole.authorization;
    }
}

/* ---- what was forecast ---- */

static bool was_forecast(struct pp_unit *u, const struct claims_claim_row *c, struct pp_str carc) {
    PP_EACH_ROW(u, CLAIMS_MISMATCH, claims_mismatch_row, m)
    if (pp_uuid_eq(m->claim_id, c->claim_id) && pp_str_eqz(m->severity, "hold") && pp_str_eq(m->carc, carc))
        return true;
    return false;
}

/* A claim that was released by its match was forecast to be paid. */
static enum ev_claim_adjudicated_against_forecast against(struct pp_unit *u, const struct claims_claim_row *c,
                                                          const struct applied *t) {
    bool good = !t->denied && !t->reduced;
    if (good)
        return c->carc.n ? EV_CLAIM_ADJUDICATED_AGAINST_FORECAST_FALSE_ALARM
                         : EV_CLAIM_ADJUDICATED_AGAINST_FORECAST_AS_FORECAST;
    if (!c->carc.n) return EV_CLAIM_ADJUDICATED_AGAINST_FORECAST_NOT_FORECAST;
    return was_forecast(u, c, t->deciding.carc) ? EV_CLAIM_ADJUDICATED_AGAINST_FORECAST_AS_FORECAST
                                                : EV_CLAIM_ADJUDICATED_AGAINST_FORECAST_OTHER_REASON;
}

/* ---- saying it ---- */

static void say(struct pp_unit *u, struct pp_out *o, const struct claims_claim_row *c,
                const struct claims_remittance_row *r) {
    struct ev_claim_adjudicated e = {.claim_id = c->claim_id,
                                     .claim_no = c->claim_no,
                                     .case_id = c->case_id,
                                     .payer = r->payer,
                                     .status = r->status,
                                     .charge = r->charge,
                                     .paid = r->paid,
                                     .patient_responsibility = r->patient_part,
                                     .payment_date = r->payment_date,
                                     .trace = r->trace,
                                     .payer_claim_no = r->payer_claim_no,
                                     .group = c->denial_group,
                                     .carc = c->denial_carc,
                                     .rarc = c->denial_rarc,
                                     .forecast = c->carc};
    ev_claim_adjudicated_outcome_parse(c->outcome, &e.outcome);
    ev_claim_adjudicated_against_forecast_parse(c->against, &e.against_forecast);
    e.lines = pp_arena_array(pp_out_arena(o), struct ev_adjudicated_line, CLAIMS_TABLE_ROWS_MAX);
    if (!e.lines) return;
    PP_EACH_ROW(u, CLAIMS_REMITTANCE_LINE, claims_remittance_line_row, l) {
        if (!pp_uuid_eq(l->remittance_id, r->remittance_id) || !l->outcome.n || e.lines_n == CLAIMS_TABLE_ROWS_MAX)
            continue;
        struct ev_adjudicated_line *x = &e.lines[e.lines_n++];
        *x = (struct ev_adjudicated_line){.claim_line = l->claim_line,
                                          .code = l->code.n ? l->code : l->revenue,
                                          .charge = l->charge,
                                          .paid = l->paid};
        ev_adjudicated_line_outcome_parse(l->outcome, &x->outcome);
        struct claims_adjudged a;
        claims_adjudicate(l->adjustments, l->remarks, dec(l->charge), dec(l->paid), &a);
        x->group = a.group;
        x->carc = a.carc;
        x->rarc = a.rarc;
    }
    pp_emit(o, EV(claim_adjudicated, CLAIM_ADJUDICATED, &e));
    pp_count(o, "claims_outcomes",
             pp_arena_printf(pp_out_arena(o), "outcome=%.*s,against_forecast=%.*s", PP_FMT(c->outcome),
                             PP_FMT(c->against.n ? c->against : PP_STR("none"))),
             1);
}

static void forget_answer(struct pp_unit *u, struct claims_claim_row *c) {
    c->paid = c->patient_part = c->denial_group = c->denial_carc = c->denial_rarc = c->against = PP_STR_NONE;
    PP_EACH_ROW(u, CLAIMS_CLAIM_LINE, claims_claim_line_row, l) {
        if (!pp_uuid_eq(l->claim_id, c->claim_id)) continue;
        l->outcome = l->paid = l->adjustments = l->remarks = PP_STR_NONE;
        l->denial_group = l->denial_carc = l->denial_rarc = PP_STR_NONE;
    }
}

void claims_answer_anew(struct pp_out *o, struct claims_claim_row *c) {
    claims_settle_denial(o, c, "sent again", PP_STR("policy:corrected"));
    claims_settle_rejection(o, c, "sent again", PP_STR("policy:corrected"));
    c->outcome = c->acknowledgement = c->against = c->paid = c->patient_part = PP_STR_NONE;
    c->denial_group = c->denial_carc = c->denial_rarc = PP_STR_NONE;
    c->payment_date = 0;
    c->adjudicated = 0;
}

/* Takes back what was said before; the correction mostly follows in the same file. */
static void reverse(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c,
                    struct claims_remittance_row *r) {
    PP_EACH_ROW(u, CLAIMS_REMITTANCE, claims_remittance_row, x)
    if (pp_uuid_eq(x->claim_id, c->claim_id) && x != r && pp_str_eqz(x->state, "applied") &&
        pp_str_eq(x->payer, r->payer))
        x->state = PP_STR("reversed");
    r->state = PP_STR("applied");
    forget_answer(u, c);
    c->outcome = PP_STR("reversed");
    r->outcome = c->outcome;
    c->payment_date = r->payment_date;
    c->adjudicated = ctx->now_ms;
    say(u, o, c, r);
    claims_settle_denial(o, c, "the payer has taken its answer back", PP_STR("policy:remittance"));
    claims_publish(ctx, u, o, c);
}

static void forward(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c,
                    struct claims_remittance_row *r) {
    r->state = PP_STR("noted");
    r->outcome = PP_STR("forwarded");
    if (c->outcome.n) return;
    c->outcome = r->outcome;
    c->adjudicated = ctx->now_ms;
    say(u, o, c, r);
    claims_publish(ctx, u, o, c);
}

/* A claim that is answered has been sent: a hold has nothing left to hold. */
static void end_hold(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c) {
    if (pp_str_eqz(c->state, "held"))
        claims_let_go(ctx, u, o, c, PP_STR("policy:remittance"), PP_STR("the payer has answered it"));
    claims_settle_rejection(o, c, "the payer has answered the claim", PP_STR("policy:remittance"));
}

static void answer(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c,
                   struct claims_remittance_row *r, enum claims_status status) {
    struct applied t = {0};
    add_up(u, c, r, status, &t);
    r->state = PP_STR("applied");
    r->outcome = c->outcome = pp_str_z(ev_claim_adjudicated_outcome_name(overall(&t)));
    c->against = pp_str_z(ev_claim_adjudicated_against_forecast_name(against(u, c, &t)));
    c->paid = r->paid.n ? money(o, dec(r->paid)) : PP_STR_NONE;
    c->patient_part = r->patient_part;
    if (r->payer_claim_no.n) c->payer_claim_no = r->payer_claim_no;
    c->payment_date = r->payment_date;
    c->adjudicated = ctx->now_ms;
    c->denial_group = t.deciding.group;
    c->denial_carc = t.deciding.carc;
    c->denial_rarc = t.deciding.rarc;
    end_hold(ctx, u, o, c);
    say(u, o, c, r);
    claims_units_as_paid(u, o, c);
    if (t.authorization)
        claims_denied(ctx, u, o, c, r);
    else
        claims_settle_denial(o, c, "the payer has answered anew", PP_STR("policy:remittance"));
    claims_publish(ctx, u, o, c);
}

static bool by_another_payer(const struct claims_claim_row *c, const struct claims_remittance_row *r) {
    return c->payer.n && r->payer.n && !pp_str_eq(c->payer, r->payer);
}

static void apply(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c,
                  struct claims_remittance_row *r) {
    enum claims_status status = claims_status_of(r->status);
    r->claim_id = c->claim_id;
    if (r->task_open) {
        struct ev_task_settled t = {
            .task_id = r->remittance_id, .outcome = PP_STR("its claim is here"), .by = PP_STR("policy:matched")};
        pp_emit(o, EV(task_settled, TASK_SETTLED, &t));
        r->task_open = false;
    }
    pp_timer(o, CLAIMS_TIMER_REMITTANCE, r->remittance_id, 0);
    if (status == CLAIMS_STATUS_ESTIMATE)
        r->state = PP_STR("noted");
    else if (status == CLAIMS_STATUS_FORWARDED)
        forward(ctx, u, o, c, r);
    else if (status == CLAIMS_STATUS_FURTHER && by_another_payer(c, r))
        r->state = PP_STR("further"); /* kept beside the first payer's answer, which counts */
    else if (status == CLAIMS_STATUS_REVERSAL)
        reverse(ctx, u, o, c, r);
    else
        answer(ctx, u, o, c, r, status);
}

void claims_remittance(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o,
                       const struct ev_remittance_reported *e) {
    const struct claims_remittance_row key = {.remittance_id = remittance_id(u, o, e)};
    struct claims_remittance_row *r = pp_row_add(u, CLAIMS_REMITTANCE, &key);
    if (!r) return;
    if (r->state.n) {
        pp_count(o, "claims_remittances_repeated_total", PP_STR_NONE, 1);
        return;
    }
    store(u, o, r, e, ctx->now_ms);
    struct claims_claim_row *c = claims_by_no(u, e->claim_no, e->payer);
    if (c) {
        apply(ctx, u, o, c, r);
        claims_rematch(ctx, u, o); /* units may have come back */
        return;
    }
    r->state = PP_STR("waiting");
    pp_timer(o, CLAIMS_TIMER_REMITTANCE, r->remittance_id, ctx->now_ms + CLAIMS_REMITTANCE_WAIT_MS);
}

void claims_remittances_of(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c) {
    PP_EACH_ROW(u, CLAIMS_REMITTANCE, claims_remittance_row, r)
    if (pp_str_eqz(r->state, "waiting") && pp_str_eq(r->claim_no, c->claim_no)) apply(ctx, u, o, c, r);
}

void claims_remittance_timer(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct pp_uuid id) {
    const struct claims_remittance_row key = {.remittance_id = id};
    struct claims_remittance_row *r = pp_row_find(u, CLAIMS_REMITTANCE, &key);
    if (!r || !pp_str_eqz(r->state, "waiting")) return;
    if (r->task_open) { /* long enough: the claim was sent by another system and will not come */
        struct ev_task_settled t = {
            .task_id = id, .outcome = PP_STR("no claim came"), .by = PP_STR("policy:remittance")};
        pp_emit(o, EV(task_settled, TASK_SETTLED, &t));
        r->task_open = false;
        r->state = PP_STR("noted");
        return;
    }
    struct ev_task_needed t = {.task_id = id,
                               .kind = EV_TASK_NEEDED_KIND_UNMATCHED,
                               .subject =
                                   pp_arena_printf(pp_out_arena(o), "remittance of claim %.*s", PP_FMT(r->claim_no)),
                               .reason = PP_STR("A payer has answered a claim that is not known here: was it sent past "
                                                "this platform, or under another number?"),
                               .queue = PP_STR("billing"),
                               .due = ctx->now_ms + PP_MS_DAY,
                               .owner = EV_TASK_NEEDED_OWNER_CLAIMS};
    r->task_open = true;
    pp_emit(o, EV(task_needed, TASK_NEEDED, &t));
    pp_timer(o, CLAIMS_TIMER_REMITTANCE, id, ctx->now_ms + CLAIMS_REMITTANCE_KEEP_MS);
}
