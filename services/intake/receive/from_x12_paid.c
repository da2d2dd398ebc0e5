/* What came of claims and coverages to facts: 835 (each CLP), 277CA (each claim), 271 (each person). None of them makes
 * a person: a claim is found by its number under the billing provider, a coverage by our trace number, else by member
 * id, birth date and names of somebody known. */
#include "from_x12.h"
#include "refs/payers.h"

#define ADJUSTMENTS_MAX 30 /* of schemas/events/remittance.reported.json, as the others */
#define REMARKS_MAX 10
#define LINES_MAX 60
#define TEXT_MAX 200

static struct pp_str keep(const struct rcv_x12_items *rd, struct pp_str s, uint32_t max) {
    return pp_arena_str(rd->src->arena, pp_str_cut(s, max));
}

/* The payer as the directory knows it: by the way it came, else by what the transaction says. */
static struct pp_str payer_of(const struct rcv_x12_items *rd, struct pp_str code, struct pp_str name) {
    if (rd->payer.n) return rd->payer;
    const struct pp_payer *p = pp_refs_payer_find(rd->src->refs, code, name);
    return p ? p->id : PP_STR_NONE;
}

/* A fact about a claim that was sent earlier, or comes later: then it waits. */
static int about_claim(struct rcv_x12_items *rd, struct rcv_key key, struct ev ev) {
    struct rcv_subject_builder b;
    rcv_subject_begin(rd->src, &b);
    b.s.known_only = true;
    rcv_subject_about(rd->src, &b, RCV_KEY_CLAIM, key.authority, key.value);
    struct rcv_report *p = rcv_add_report(rd->src, rd->r, RCV_FACT, rcv_subject_end(rd->src, &b), ev);
    if (p) {
        p->alone = true;
        p->waits = key;
    }
    return pp_arena_failed(rd->src->arena) ? -1 : 0;
}

/* ---- 835 ---- */

static struct ev_adjustment *adjustments(struct rcv_x12_items *rd, const struct pp_835_adjustment *from, uint32_t n,
                                         size_t *ret_n) {
    uint32_t most = n < ADJUSTMENTS_MAX ? n : ADJUSTMENTS_MAX;
    struct ev_adjustment *to = pp_arena_array(rd->src->arena, struct ev_adjustment, most ? most : 1);
    for (uint32_t i = 0; to && i < most; i++)
        to[i] = (struct ev_adjustment){.group = keep(rd, from[i].group, 2),
                                       .reason = keep(rd, from[i].reason, 5),
                                       .amount = keep(rd, from[i].amount, 20),
                                       .quantity = keep(rd, from[i].quantity, 20)};
    *ret_n = to ? most : 0;
    return to;
}

static struct pp_str *remarks(struct rcv_x12_items *rd, const struct pp_str *from, uint32_t n, size_t *ret_n) {
    uint32_t most = n < REMARKS_MAX ? n : REMARKS_MAX;
    struct pp_str *to = pp_arena_array(rd->src->arena, struct pp_str, most ? most : 1);
    for (uint32_t i = 0; to && i < most; i++) to[i] = keep(rd, from[i], 6);
    *ret_n = to ? most : 0;
    return to;
}

static void set_line(struct rcv_x12_items *rd, const struct pp_835_line *l, int64_t number,
                     struct ev_remittance_line *e) {
    *e = (struct ev_remittance_line){.line = number,
                                     .control = keep(rd, l->control, 50),
                                     .code = keep(rd, l->code, 16),
                                     .system = keep(rd, l->code_type, 8),
                                     .revenue = keep(rd, l->revenue, 4),
                                     .submitted_code = keep(rd, l->submitted_code, 16),
                                     .units = keep(rd, l->units, 20),
                                     .charge = keep(rd, l->charge, 20),
                                     .paid = keep(rd, l->paid, 20),
                                     .date_from = l->from,
                                     .date_until = l->until,
                                     .authorization = keep(rd, l->authorization, 50),
                                     .modifiers = pp_arena_array(rd->src->arena, struct pp_str, 4)};
    for (uint32_t i = 0; e->modifiers && i < l->modifiers_n; i++)
        if (l->modifiers[i].n == 2) e->modifiers[e->modifiers_n++] = keep(rd, l->modifiers[i], 2);
    e->adjustments = adjustments(rd, l->adjustments, l->adjustments_n, &e->adjustments_n);
    e->remarks = remarks(rd, l->remarks, l->remarks_n, &e->remarks_n);
}

int rcv_x12_on_remittance(void *user, const struct pp_835_claim *c) {
    struct rcv_x12_items *rd = user;
    struct pp_arena *a = rd->src->arena;
    const struct pp_835_payment *pay = c->payment;
    uint32_t lines = c->lines_n < LINES_MAX ? c->lines_n : LINES_MAX;
    struct ev_remittance_reported *e = pp_arena_new(a, struct ev_remittance_reported);
    if (!e) return -1;
    rd->any = true;
    *e = (struct ev_remittance_reported){.sender = rd->src->sender,
                                         .payer = payer_of(rd, pay->payer.id, pay->payer.name),
                                         .payer_code = keep(rd, pay->payer.id, 64),
                                         .payer_name = keep(rd, pay->payer.name, 120),
                                         .trace = keep(rd, pay->trace.number, 50),
                                         .payment_date = pay->paid_on,
                                         .produced = pay->produced,
                                         .claim_no = keep(rd, c->claim_no, 40),
                                         .status = keep(rd, c->status, 2),
                                         .charge = keep(rd, c->charge, 20),
                                         .paid = keep(rd, c->paid, 20),
                                         .patient_responsibility = keep(rd, c->patient_part, 20),
                                         .payer_claim_no = keep(rd, c->payer_claim_no, 50),
                                         .authorization = keep(rd, c->authorization, 50),
                                         .original_ref = keep(rd, c->original_ref, 50),
                                         .service_from = c->from,
                                         .service_until = c->until,
                                         .lines = pp_arena_array(a, struct ev_remittance_line, lines ? lines : 1),
                                         .lines_left_out = c->lines_n - lines};
    e->adjustments = adjustments(rd, c->adjustments, c->adjustments_n, &e->adjustments_n);
    e->remarks = remarks(rd, c->remarks, c->remarks_n, &e->remarks_n);
    for (uint32_t i = 0; e->lines && i < lines; i++) set_line(rd, &c->lines[i], i + 1, &e->lines[e->lines_n++]);
    return about_claim(rd, rcv_x12_claim_key(rd->src, pay->payee.npi, c->claim_no), ev_of_remittance_reported(e));
}

/* Money between payer and provider, about no person: it stays with the message and is counted. */
int rcv_x12_on_provider(void *user, const struct pp_835_provider_adjustment *p) {
    struct rcv_x12_items *rd = user;
    rd->any = true;
    rd->r->provider_adjustments += p->adjustments_n;
    return 0;
}

/* ---- 277CA ---- */

static enum ev_claim_acknowledgement_reported_verdict verdict_of(enum pp_277_verdict v) {
    switch (v) {
    case PP_277_ACCEPTED: return EV_CLAIM_ACKNOWLEDGEMENT_REPORTED_VERDICT_ACCEPTED;
    case PP_277_REJECTED: return EV_CLAIM_ACKNOWLEDGEMENT_REPORTED_VERDICT_REJECTED;
    default: return EV_CLAIM_ACKNOWLEDGEMENT_REPORTED_VERDICT_UNCLEAR;
    }
}

/* The status that decides: a rejection anywhere among them, else the first. */
static const struct pp_277_status *decisive(const struct pp_277 *s) {
    for (uint32_t i = 0; i < s->status_n; i++)
        if (pp_277_of_category(s->status[i].category) == PP_277_REJECTED) return &s->status[i];
    return s->status_n ? &s->status[0] : NULL;
}

int rcv_x12_on_status(void *user, const struct pp_277 *s) {
    struct rcv_x12_items *rd = user;
    if (s->kind != PP_277_CA) return 0;
    rd->any = true;
    if (s->level != PP_277_PATIENT) return 0; /* totals of a batch, and lines: the claim says what becomes of it */
    struct ev_claim_acknowledgement_reported *e =
        pp_arena_new(rd->src->arena, struct ev_claim_acknowledgement_reported);
    if (!e) return -1;
    const struct pp_277_status *st = decisive(s);
    *e = (struct ev_claim_acknowledgement_reported){.sender = rd->src->sender,
                                                    .payer = payer_of(rd, s->source.id, s->source.name),
                                                    .source = keep(rd, s->source.name, 120),
                                                    .claim_no = keep(rd, s->trace.number, 40),
                                                    .verdict = verdict_of(pp_277_of(s)),
                                                    .payer_claim_no = keep(rd, s->payer_claim_no, 50),
                                                    .batch_ref = keep(rd, s->batch_trace, 50)};
    if (st) {
        e->category = keep(rd, st->category, 4);
        e->code = keep(rd, st->code, 5);
        e->entity = keep(rd, st->entity, 3);
        e->text = keep(rd, st->message, TEXT_MAX);
        e->reported = st->date;
    }
    if (!e->claim_no.n) {
        rcv_refuse(rd->src, rd->r, pp_arena_printf(rd->src->arena, "segment %u TRN", (unsigned)s->pos.segment),
                   "the acknowledgement names no claim");
        return 0;
    }
    return about_claim(rd, rcv_x12_claim_key(rd->src, s->provider.npi, s->trace.number),
                       ev_of_claim_acknowledgement_reported(e));
}

/* ---- 271 ---- */

static const struct rcv_subject *insured(struct rcv_x12_items *rd, const struct pp_271 *p) {
    struct rcv_subject_builder b;
    const struct rcv_source *src = rd->src;
    const struct pp_x12_party *who = p->is_dependent ? &p->dependent : &p->subscriber;
    rcv_subject_begin(src, &b);
    b.s.known_only = true;
    b.s.birth = who->birth_date;
    b.s.family = rcv_upper(src->arena, who->name);
    b.s.sex = pp_str_ieq(who->sex, PP_STR("F"))   ? PP_STR("f")
              : pp_str_ieq(who->sex, PP_STR("M")) ? PP_STR("m")
                                                  : PP_STR_NONE;
    const struct pp_str members[] = {p->subscriber.id, p->former_member_id};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct pp_str v = rcv_member_value(src->arena, members[i], who->birth_date, who->name, who->given);
        if (v.n) rcv_subject_who(src, &b, RCV_KEY_MEMBER, PP_STR("*"), v);
    }
    return rcv_subject_end(src, &b);
}

int rcv_x12_on_benefits(void *user, const struct pp_271 *p) {
    struct rcv_x12_items *rd = user;
    struct pp_uuid person = {{0}};
    uint32_t number;
    struct ev_coverage_verified *e = pp_arena_new(rd->src->arena, struct ev_coverage_verified);
    if (!e || pp_271_verified(p, rd->src->arena, e) < 0) return -1;
    rd->any = true;
    e->sender = rd->src->sender;
    e->payer = payer_of(rd, p->payer.id, p->payer.name);
    bool ours = e->trace.n && pp_trace_parse(e->trace, &person, &number);
    const struct rcv_subject *s = insured(rd, p);
    struct pp_str place = pp_arena_printf(rd->src->arena, "segment %u HL", (unsigned)p->pos.segment);
    if (!s || (!ours && !s->nwho)) {
        rcv_refuse(
            rd->src, rd->r, place,
            "the answer has no number of ours, and the person is not named exactly enough: member id, birth date, "
            "family and given name are needed");
        return pp_arena_failed(rd->src->arena) ? -1 : 0;
    }
    struct rcv_report *q = rcv_add_report(rd->src, rd->r, RCV_FACT, s, ev_of_coverage_verified(e));
    if (q) {
        q->alone = true;
        if (ours) q->person = person;
    }
    return pp_arena_failed(rd->src->arena) ? -1 : 0;
}
