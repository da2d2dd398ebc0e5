/* A claim: stored, its lines compared with what is authorized, and compared again whenever that changes. */
#include "claims/claims.h"
#include "claims/match.h"
#include "claims/normalise.h"
#include "refs/codes.h"
#include "refs/payers.h"

static bool equivalent(const void *self, struct pp_str payer, struct pp_str approved, struct pp_str billed, pp_date on,
                       struct pp_str *ret_rule) {
    return pp_refs_equivalent(self, payer, approved, billed, on, ret_rule);
}

static int64_t dec(struct pp_str v, int64_t none) {
    int64_t n;
    return v.n && pp_dec_parse(v, &n) ? n : none;
}

static const struct claims_ordered_row *ordered_at(struct pp_unit *u, struct pp_uuid case_id, int32_t line,
                                                   int32_t version) {
    const struct claims_ordered_row *best = NULL, *first = NULL;
    PP_EACH_ROW(u, CLAIMS_ORDERED, claims_ordered_row, r) {
        if (!pp_uuid_eq(r->case_id, case_id) || r->line != line) continue;
        if (!first || r->case_version < first->case_version) first = r;
        if (r->case_version <= version && (!best || r->case_version > best->case_version)) best = r;
    }
    return best ? best : first; /* a line that was unmapped when it was asked for has only later versions */
}

static void fill_auth(struct pp_unit *u, struct pp_arena *a, const struct claims_auth_row *r, struct match_auth *m) {
    const struct claims_ordered_row *asked = ordered_at(u, r->case_id, r->line, r->case_version);
    *m = (struct match_auth){.known = true,
                             .number_as_sent = r->authorization_no,
                             .number = claims_number(r->authorization_no, a),
                             .trace = r->trace,
                             .reason = r->reason,
                             .code = r->code,
                             .modifiers = r->modifiers,
                             .unit_type = r->unit_type,
                             .provider_npi = r->provider_npi,
                             .from = r->valid_from,
                             .until = r->valid_until,
                             .accepted = r->accepted,
                             .decided = r->decided};
    ev_decided_line_outcome_parse(r->outcome, &m->outcome);
    struct pp_str units = r->units;
    if (asked) { /* what the payer does not say was approved as asked */
        if (!m->code.n) {
            m->code = asked->code;
            if (!m->modifiers.n) m->modifiers = asked->modifiers;
        }
        if (!units.n) {
            units = asked->units;
            if (!m->unit_type.n) m->unit_type = asked->unit_type;
        }
    }
    m->limited = units.n && pp_dec_parse(units, &m->units);
}

static void fill_used(struct pp_unit *u, struct pp_uuid claim_id, pp_date day, struct match_cand *m) {
    PP_EACH_ROW(u, CLAIMS_USED, claims_used_row, r) {
        if (!pp_uuid_eq(r->case_id, m->case_id) || r->line != m->case_line || pp_uuid_eq(r->claim_id, claim_id))
            continue;
        if (m->auth.number.n && r->authorization_no.n && !pp_str_eq(r->authorization_no, m->auth.number_as_sent))
            continue;
        m->used += dec(r->units, 0);
        if (r->date == day) m->used_by_same_day = r->claim_no;
    }
}

static void fill_line(struct pp_arena *a, const struct claims_case_row *c, const struct claims_case_line_row *l,
                      struct match_cand *m) {
    *m = (struct match_cand){.case_id = l->case_id,
                             .case_no = c->case_no,
                             .case_line = l->line,
                             .case_version = c->case_version,
                             .active = pp_str_eqz(l->state, "active"),
                             .payer = c->payer,
                             .payer_code = c->payer_code,
                             .second_payer = c->second_payer,
                             .member = claims_member(c->member_id, a),
                             .member_as_sent = c->member_id,
                             .performer_npi = c->performer_npi,
                             .coverage_from = c->coverage_from,
                             .coverage_until = c->coverage_until,
                             .code = l->code,
                             .modifiers = l->modifiers,
                             .diagnoses = l->diagnoses,
                             .pos = l->pos,
                             .service_date = l->service_date,
                             .basis = l->basis,
                             .proof = l->proof,
                             .reason = l->reason,
                             .on_file = l->on_file,
                             .valid_until = l->valid_until};
    ev_determined_line_coverage_parse(l->coverage, &m->coverage);
}

/* One candidate for each (case line, decision), and one for a line nobody decided. A later request of a line that is
 * still pended does not take away what an earlier one obtained: both are candidates. */
static size_t candidates(struct pp_unit *u, struct pp_arena *a, const struct claims_claim_row *claim, pp_date day,
                         struct match_cand **ret) {
    size_t n = 0, most = 0;
    PP_EACH_ROW(u, CLAIMS_CASE_LINE, claims_case_line_row, l) most++;
    PP_EACH_ROW(u, CLAIMS_AUTH, claims_auth_row, r) most++;
    if (most > CLAIMS_CANDIDATES_MAX) most = CLAIMS_CANDIDATES_MAX;
    struct match_cand *list = pp_arena_array(a, struct match_cand, most + 1);
    *ret = list;
    if (!list) return 0;
    PP_EACH_ROW(u, CLAIMS_CASE_LINE, claims_case_line_row, l) {
        const struct claims_case_row key = {.case_id = l->case_id};
        const struct claims_case_row *c = pp_row_find(u, CLAIMS_CASE, &key);
        if (!c) continue;
        bool decided = false;
        PP_EACH_ROW(u, CLAIMS_AUTH, claims_auth_row, r) {
            if (!pp_uuid_eq(r->case_id, l->case_id) || r->line != l->line || n >= most) continue;
            fill_line(a, c, l, &list[n]);
            fill_auth(u, a, r, &list[n].auth);
            fill_used(u, claim->claim_id, day, &list[n]);
            n++;
            decided = true;
        }
        if (decided || n >= most) continue;
        fill_line(a, c, l, &list[n]);
        fill_used(u, claim->claim_id, day, &list[n]);
        n++;
    }
    return n;
}

static bool is_institutional(const struct claims_claim_row *c) { return pp_str_eqz(c->kind, "institutional"); }

static void fill_claim(struct pp_arena *a, const struct claims_claim_row *r, struct match_claim *m) {
    *m = (struct match_claim){.payer = r->payer,
                              .payer_code = r->payer_code,
                              .member = claims_member(r->member_id, a),
                              .member_as_sent = r->member_id,
                              .billing_npi = r->billing_npi,
                              .rendering_npi = r->rendering_npi,
                              .facility_npi = r->facility_npi};
}

static void fill_claim_line(struct pp_arena *a, const struct claims_claim_row *c, const struct claims_claim_line_row *r,
                            struct match_line *m) {
    /* The line's own number wins; an institutional claim has one for all lines. */
    bool own = r->authorization_no.n && !is_institutional(c);
    struct pp_str number = own ? r->authorization_no : c->authorization_no;
    *m = (struct match_line){.line = r->line,
                             .code = r->code,
                             .modifiers = r->modifiers,
                             .pos = is_institutional(c) ? PP_STR_NONE
                                    : r->pos.n          ? r->pos
                                                        : c->pos,
                             .rendering_npi = r->rendering_npi,
                             .unit_type = r->unit_type,
                             .diagnoses = r->diagnoses.n ? r->diagnoses : c->diagnoses,
                             .number = claims_number(number, a),
                             .number_as_sent = number,
                             .placeholder = claims_number_placeholder(number, a),
                             .from = r->date_from,
                             .until = r->date_until,
                             .units = dec(r->units, 1000000)};
}

static void store_element(struct pp_unit *u, struct pp_uuid claim_id, int32_t seq, int32_t line,
                          const struct match_element *e) {
    const struct claims_element_row key = {.claim_id = claim_id, .seq = seq};
    struct claims_element_row *r = pp_row_add(u, CLAIMS_ELEMENT, &key);
    if (!r) return;
    r->claim_line = line;
    r->code = pp_str_z(e->code);
    r->label = pp_str_z(e->label);
    r->claim_value = e->claim;
    r->auth_value = e->auth;
    r->relation = pp_str_z(e->relation);
    r->rule = e->rule;
    r->severity = e->reason ? pp_str_z(ev_mismatch_severity_name(e->severity)) : PP_STR_NONE;
    r->carc = e->reason ? pp_str_z(e->carc) : PP_STR_NONE;
    r->hint = e->hint;
}

static void store_mismatch(struct pp_unit *u, struct pp_uuid claim_id, int32_t seq, int32_t line, int32_t case_line,
                           const struct match_element *e) {
    const struct claims_mismatch_row key = {.claim_id = claim_id, .seq = seq};
    struct claims_mismatch_row *r = pp_row_add(u, CLAIMS_MISMATCH, &key);
    if (!r) return;
    r->reason = pp_str_z(ev_mismatch_reason_name(e->reason));
    r->field = pp_str_z(e->code);
    r->claim_value = claims_cut(e->claim, 120);
    r->auth_value = claims_cut(e->auth, 120);
    r->severity = pp_str_z(ev_mismatch_severity_name(e->severity));
    r->carc = pp_str_z(e->carc);
    r->hint = e->hint;
    r->claim_line = line;
    r->case_line = case_line;
}

/* A comparison gives one text; two that are equal mean that nothing changed and nothing is said again. */
static void print_mismatches(struct pp_unit *u, struct pp_uuid claim_id, struct pp_str result, struct pp_buf *b) {
    pp_buf_adds(b, result);
    PP_EACH_ROW(u, CLAIMS_MISMATCH, claims_mismatch_row, r) {
        if (!pp_uuid_eq(r->claim_id, claim_id)) continue;
        pp_buf_printf(b, "|%d/%d/%.*s/%.*s/%.*s/%.*s/%.*s", r->claim_line, r->case_line, PP_FMT(r->reason),
                      PP_FMT(r->claim_value), PP_FMT(r->auth_value), PP_FMT(r->severity), PP_FMT(r->hint));
    }
}

static void forget_comparison(struct pp_unit *u, struct pp_uuid claim_id) {
    PP_EACH_ROW(u, CLAIMS_MISMATCH, claims_mismatch_row, m) if (pp_uuid_eq(m->claim_id, claim_id)) pp_row_delete(u, m);
    PP_EACH_ROW(u, CLAIMS_ELEMENT, claims_element_row, e) if (pp_uuid_eq(e->claim_id, claim_id)) pp_row_delete(u, e);
}

/* Units that earlier lines of this claim take from the same line and authorization. */
static int64_t used_here(struct pp_unit *u, const struct claims_claim_line_row *l, const struct match_cand *m) {
    int64_t sum = 0;
    PP_EACH_ROW(u, CLAIMS_CLAIM_LINE, claims_claim_line_row, r)
    if (pp_uuid_eq(r->claim_id, l->claim_id) && r->line < l->line && pp_uuid_eq(r->case_id, m->case_id) &&
        r->case_line == m->case_line && pp_str_eq(r->matched_auth, m->auth.number_as_sent))
        sum += dec(r->matched_units, 0);
    return sum;
}

struct tally { /* over the lines of a claim */
    int lines, match, equivalent, not_needed, none, not_compared;
    bool held;
};

static enum ev_claim_matched_result overall(const struct tally *t) {
    if (t->none + t->not_compared == t->lines) return EV_CLAIM_MATCHED_RESULT_NO_AUTH;
    int good = t->match + t->equivalent + t->not_needed;
    if (t->held) return good ? EV_CLAIM_MATCHED_RESULT_PARTIAL : EV_CLAIM_MATCHED_RESULT_MISMATCH;
    if (t->not_needed + t->not_compared == t->lines) return EV_CLAIM_MATCHED_RESULT_NOT_NEEDED;
    return t->equivalent ? EV_CLAIM_MATCHED_RESULT_EQUIVALENT : EV_CLAIM_MATCHED_RESULT_MATCH;
}

static void count_line(struct tally *t, const struct match_result *r) {
    t->lines++;
    if (r->held) t->held = true;
    if (r->result == EV_MATCHED_LINE_RESULT_NO_AUTH)
        t->none++;
    else if (r->held)
        return;
    else if (r->result == EV_MATCHED_LINE_RESULT_MATCH)
        t->match++;
    else if (r->result == EV_MATCHED_LINE_RESULT_EQUIVALENT)
        t->equivalent++;
    else if (r->result == EV_MATCHED_LINE_RESULT_NOT_NEEDED)
        t->not_needed++;
}

static struct pp_str revenue_plain(struct pp_str v) {
    while (v.n > 3 && v.s[0] == '0') v.s++, v.n--; /* 0450 and 450 */
    return v;
}

/* The revenue code as an authorization or an order names it; empty: none does. */
static struct pp_str named_revenue(const struct match_cand *m, size_t n, struct pp_str revenue) {
    struct pp_str want = revenue_plain(revenue);
    for (size_t i = 0; i < n; i++) {
        if (m[i].auth.known && m[i].auth.code.n && pp_str_eq(revenue_plain(m[i].auth.code), want))
            return m[i].auth.code;
        if (m[i].code.n && pp_str_eq(revenue_plain(m[i].code), want)) return m[i].code;
    }
    return PP_STR_NONE;
}

/* Supplies, rooms and other lines that are billed by revenue code alone are part of a service that stands on another
 * line. They are compared only where an authorization names the revenue code itself. */
static void leave_line(struct pp_unit *u, const struct claims_claim_row *c, struct claims_claim_line_row *row,
                       struct tally *t, int32_t *seq) {
    const struct match_element e = {.code = "revenue",
                                    .label = "Revenue code",
                                    .claim = row->revenue,
                                    .relation = "equiv",
                                    .rule = PP_STR("billed by revenue code alone; no authorization names it")};
    store_element(u, c->claim_id, (*seq)++, row->line, &e);
    row->result = pp_str_z(ev_matched_line_result_name(EV_MATCHED_LINE_RESULT_NOT_COMPARED));
    row->how = PP_STR("not found");
    row->case_id = (struct pp_uuid){{0}};
    row->case_line = 0;
    row->matched_auth = row->matched_code = row->matched_units = row->proof = PP_STR_NONE;
    t->lines++;
    t->not_compared++;
}

static void compare_line(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_arena *a, struct claims_claim_row *c,
                         struct claims_claim_line_row *row, struct tally *t, int32_t *seq) {
    static const char *const how_names[] = {"not found", "number", "search", "ambiguous"};
    struct match_claim mc;
    struct match_line ml;
    struct match_cand *cands;
    struct match_pick pick;
    struct match_result *res = pp_arena_new(a, struct match_result);
    if (!res) return;
    fill_claim(a, c, &mc);
    fill_claim_line(a, c, row, &ml);
    size_t n = candidates(u, a, c, row->date_from, &cands);
    if (!row->code.n && row->revenue.n && !(ml.code = named_revenue(cands, n, row->revenue)).n) {
        leave_line(u, c, row, t, seq);
        return;
    }
    match_find(&mc, &ml, cands, n, equivalent, ctx->refs, &pick);
    match_compare(&mc, &ml, &pick, pick.cand ? used_here(u, row, pick.cand) : 0, equivalent, ctx->refs, a, res);
    count_line(t, res);
    row->result = pp_str_z(ev_matched_line_result_name(res->result));
    row->how = pp_str_z(how_names[pick.how]);
    row->case_id = pick.cand ? pick.cand->case_id : (struct pp_uuid){{0}};
    row->case_line = pick.cand ? pick.cand->case_line : 0;
    row->matched_auth = res->authorization;
    row->matched_code = res->code;
    row->proof = res->proof;
    char units[24];
    pp_dec_text(ml.units, units);
    row->matched_units = res->authorization.n ? pp_arena_strz(a, units) : PP_STR_NONE;
    for (size_t i = 0; i < res->n; i++) {
        store_element(u, c->claim_id, *seq, row->line, &res->e[i]);
        if (res->e[i].reason) store_mismatch(u, c->claim_id, *seq, row->line, row->case_line, &res->e[i]);
        ++*seq;
    }
    if (pick.cand && pp_uuid_none(c->case_id)) {
        c->case_id = pick.cand->case_id;
        c->case_no = pick.cand->case_no;
        const struct claims_case_row key = {.case_id = c->case_id};
        const struct claims_case_row *kc = pp_row_find(u, CLAIMS_CASE, &key);
        if (kc) c->site = kc->site;
    }
    if (!c->released_auth.n) c->released_auth = res->authorization;
}

/* Text of what the claim rests on: reasons as a comma list, the first forecast, what to do next. */
static void summarise(struct pp_unit *u, struct pp_arena *a, struct claims_claim_row *c) {
    struct pp_str reasons[CLAIMS_TABLE_ROWS_MAX];
    size_t n = 0;
    c->carc = c->next_step = PP_STR_NONE;
    PP_EACH_ROW(u, CLAIMS_MISMATCH, claims_mismatch_row, m) {
        if (!pp_uuid_eq(m->claim_id, c->claim_id) || !pp_str_eqz(m->severity, "hold")) continue;
        if (!c->carc.n) c->carc = m->carc;
        if (!c->next_step.n) c->next_step = claims_cut(m->hint, 160);
        bool seen = false;
        for (size_t i = 0; i < n; i++) seen = seen || pp_str_eq(reasons[i], m->reason);
        if (!seen && n < CLAIMS_TABLE_ROWS_MAX) reasons[n++] = m->reason;
    }
    c->reasons = claims_list_join(reasons, n, a);
    if (!n)
        c->next_step = c->released_auth.n
                           ? pp_arena_printf(a, "Send it with authorization %.*s", PP_FMT(c->released_auth))
                           : PP_STR("Send it; no authorization number is needed");
}

/* A claim without a line that could be compared says nothing that could agree. */
static void no_lines(struct pp_unit *u, struct pp_uuid claim_id, struct tally *t, int32_t seq) {
    const struct match_element e = {.code = "lines",
                                    .label = "Service lines",
                                    .relation = "missing",
                                    .reason = EV_MISMATCH_REASON_NO_AUTH,
                                    .severity = EV_MISMATCH_SEVERITY_HOLD,
                                    .carc = t->lines ? "197" : "16",
                                    .hint = t->lines ? PP_STR("Revenue codes alone, and no authorization names one: a "
                                                              "person must compare")
                                                     : PP_STR("The claim has no service line")};
    store_element(u, claim_id, seq, 0, &e);
    store_mismatch(u, claim_id, seq, 0, 0, &e);
    t->held = true;
}

/* Compares the claim and says what follows. `again`: say nothing when the answer is the one already given. */
static void compare_claim(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c,
                          bool again) {
    struct pp_arena *a = pp_out_arena(o);
    struct pp_buf before, after;
    struct tally t = {0};
    int32_t seq = 1;
    pp_buf_init(&before, 64 << 10);
    pp_buf_init(&after, 64 << 10);
    print_mismatches(u, c->claim_id, c->result, &before);
    forget_comparison(u, c->claim_id);
    c->case_id = (struct pp_uuid){{0}};
    c->case_no = c->released_auth = PP_STR_NONE;
    PP_EACH_ROW(u, CLAIMS_CLAIM_LINE, claims_claim_line_row, l)
    if (pp_uuid_eq(l->claim_id, c->claim_id)) compare_line(ctx, u, a, c, l, &t, &seq);
    if (t.lines == t.not_compared) no_lines(u, c->claim_id, &t, seq);
    c->result = pp_str_z(ev_claim_matched_result_name(overall(&t)));
    summarise(u, a, c);
    print_mismatches(u, c->claim_id, c->result, &after);
    bool changed = !again || !pp_str_eq(pp_buf_str(&before), pp_buf_str(&after));
    pp_buf_free(&before);
    pp_buf_free(&after);
    if (!changed) return;
    claims_emit_matched(u, o, c);
    pp_count(o, "claims_matched", pp_arena_printf(a, "result=%.*s", PP_FMT(c->result)), 1);
    if (t.held)
        claims_hold(ctx, u, o, c);
    else
        claims_let_go(ctx, u, o, c, PP_STR("policy:match"), PP_STR_NONE);
}

void claims_rematch(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o) {
    PP_EACH_ROW(u, CLAIMS_CLAIM, claims_claim_row, c)
    if (pp_str_eqz(c->state, "held")) compare_claim(ctx, u, o, c, true);
}

static void store_line(struct pp_unit *u, struct pp_arena *a, struct claims_claim_row *c,
                       const struct ev_claim_line *in) {
    const struct claims_claim_line_row key = {.claim_id = c->claim_id, .line = (int32_t)in->line};
    struct claims_claim_line_row *l = pp_row_add(u, CLAIMS_CLAIM_LINE, &key);
    if (!l) return;
    l->code = in->code;
    l->code_system = in->system;
    l->modifiers = claims_list_join(in->modifiers, in->modifiers_n, a);
    l->charge = in->charge;
    l->units = in->units;
    l->unit_type = in->unit_type;
    l->revenue = in->revenue;
    /* A line of an institutional claim may leave its day to the statement's. */
    l->date_from = in->date_from ? in->date_from : c->statement_from;
    l->date_until = in->date_until  ? in->date_until
                    : in->date_from ? in->date_from
                                    : (c->statement_until ? c->statement_until : c->statement_from);
    l->pos = in->place_of_service;
    l->rendering_npi = in->rendering_npi;
    l->authorization_no = in->authorization;
    l->control = in->control;
    l->diagnoses = claims_list_join(in->diagnoses, in->diagnoses_n, a);
    if (l->date_from && (!c->service_date || l->date_from < c->service_date)) c->service_date = l->date_from;
}

static void store_claim(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_arena *a, struct claims_claim_row *c,
                        const struct ev_claim_reported *r) {
    PP_EACH_ROW(u, CLAIMS_CLAIM_LINE, claims_claim_line_row, l)
    if (pp_uuid_eq(l->claim_id, c->claim_id)) pp_row_delete(u, l);
    c->claim_no = r->claim_no;
    c->sender = r->sender;
    c->frequency = r->frequency;
    c->kind = pp_str_z(ev_claim_reported_kind_name(r->kind ? r->kind : EV_CLAIM_REPORTED_KIND_PROFESSIONAL));
    c->type_of_bill = r->type_of_bill;
    c->statement_from = r->statement_from;
    c->statement_until = r->statement_until;
    c->payer = r->payer;
    if (!c->payer.n) {
        const struct pp_payer *p = pp_refs_payer_find(ctx->refs, r->payer_code, r->payer_name);
        if (p) c->payer = p->id;
    }
    c->payer_code = r->payer_code;
    c->payer_name = r->payer_name;
    c->member_id = r->member_id;
    c->billing_npi = r->billing.npi;
    c->rendering_npi = r->rendering.npi;
    c->facility_npi = r->facility.npi;
    c->authorization_no = r->authorization;
    c->original_ref = r->original_ref;
    c->pos = r->place_of_service;
    c->total = r->total;
    c->diagnoses = claims_list_join(r->diagnoses, r->diagnoses_n, a);
    c->reported = ctx->now_ms;
    c->service_date = 0;
    c->by = c->reason = PP_STR_NONE;
    for (size_t i = 0; i < r->lines_n; i++) store_line(u, a, c, &r->lines[i]);
}

/* The claim a void or replacement speaks of: the same number of the same sender, else the number in REF F8, which is
 * ours or, after an answer, the payer's. */
static struct claims_claim_row *original_of(struct pp_unit *u, const struct ev_claim_reported *r,
                                            struct pp_uuid own_id) {
    struct claims_claim_row *found = NULL;
    PP_EACH_ROW(u, CLAIMS_CLAIM, claims_claim_row, c) {
        if (!pp_str_eq(c->sender, r->sender)) continue;
        if (pp_uuid_eq(c->claim_id, own_id)) return c;
        if (r->original_ref.n &&
            (pp_str_eq(c->claim_no, r->original_ref) || pp_str_eq(c->payer_claim_no, r->original_ref)))
            found = c;
    }
    return found;
}

void claims_reported(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, const struct ev_claim_reported *r) {
    struct pp_arena *a = pp_out_arena(o);
    struct pp_uuid id = pp_uuid_derive(pp_unit_person(u),
                                       pp_arena_printf(a, "claim/%.*s/%.*s", PP_FMT(r->sender), PP_FMT(r->claim_no)));
    bool is_void = pp_str_eqz(r->frequency, "8"), replaces = pp_str_eqz(r->frequency, "7");
    struct claims_claim_row *old = is_void || replaces ? original_of(u, r, id) : NULL;
    if (is_void && old) {
        claims_close(ctx, u, o, old, "void", "voided by billing", PP_STR("policy:void"));
        claims_rematch(ctx, u, o); /* units came back */
        return;
    }
    const struct claims_claim_row key = {.claim_id = id};
    struct claims_claim_row *c = pp_row_add(u, CLAIMS_CLAIM, &key);
    if (!c) return;
    if (replaces && old && old != c) {
        old->replaced_by = id;
        claims_close(ctx, u, o, old, "void", "replaced", PP_STR("policy:replacement"));
    }
    claims_give_back(u, o, id); /* the same claim with another content */
    claims_answer_anew(o, c);
    store_claim(ctx, u, a, c, r);
    if (is_void) { /* the claim it takes back was never seen here: nothing to compare, nothing used */
        claims_close(ctx, u, o, c, "void", "voided by billing", PP_STR("policy:void"));
        return;
    }
    compare_claim(ctx, u, o, c, false);
    claims_remittances_of(ctx, u, o, c);
    claims_rematch(ctx, u, o);
}

void claims_merged(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, const struct ev_patient_merged *m) {
    if (!pp_uuid_eq(pp_unit_person(u), m->retired)) return;
    PP_EACH_ROW(u, CLAIMS_CLAIM, claims_claim_row, c) {
        if (!pp_str_eqz(c->state, "held") || !pp_uuid_none(c->case_id)) continue;
        claims_ask_merge(ctx, o, c);
    }
}
