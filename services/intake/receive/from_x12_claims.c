/* Claims (837P, 837I) to facts, each one of its own. */
#include "from_x12.h"
#include "refs/payers.h"

#define LINES_MAX 200    /* of schemas/events/claim.reported.json */
#define DIAGNOSES_MAX 12 /* likewise */

/* The claim is valid during its callback only: what is kept is copied. */
static struct pp_str keep(struct rcv_x12_items *rd, struct pp_str s, uint32_t max) {
    return pp_arena_str(rd->src->arena, pp_str_cut(s, max));
}

static struct ev_provider provider_of(struct rcv_x12_items *rd, const struct pp_837_party *p) {
    bool person = pp_str_eqz(p->kind, "1");
    return (struct ev_provider){.npi = keep(rd, p->npi, 10),
                                .family = person ? keep(rd, p->name, 80) : PP_STR_NONE,
                                .given = person ? keep(rd, p->given, 80) : PP_STR_NONE,
                                .organization = person ? PP_STR_NONE : keep(rd, p->name, 120)};
}

static void set_line(struct rcv_x12_items *rd, const struct pp_claim837 *c, const struct pp_837_line *l,
                     struct ev_claim_line *e) {
    struct pp_arena *a = rd->src->arena;
    *e = (struct ev_claim_line){
        .line = l->number,
        .code = keep(rd, l->code, 16),
        .system = keep(rd, l->code_type, 8),
        .charge = keep(rd, l->charge, 20),
        .units = keep(rd, l->quantity, 20),
        .unit_type = keep(rd, l->unit, 4),
        .date_from = l->date_from,
        .date_until = l->date_until,
        .place_of_service = l->place_of_service.n == 2 ? keep(rd, l->place_of_service, 2) : PP_STR_NONE,
        .rendering_npi = keep(rd, l->rendering.npi, 10),
        .authorization = keep(rd, l->authorization, 50),
        .referral = keep(rd, l->referral, 50),
        .control = keep(rd, l->control, 50),
        .revenue = keep(rd, l->revenue, 4),
        .modifiers = pp_arena_array(a, struct pp_str, 4),
        .diagnoses = pp_arena_array(a, struct pp_str, 4),
    };
    for (uint32_t i = 0; e->modifiers && i < l->modifiers_n; i++)
        if (l->modifiers[i].n == 2) e->modifiers[e->modifiers_n++] = keep(rd, l->modifiers[i], 2);
    for (uint32_t i = 0; e->diagnoses && i < l->pointers_n; i++) {
        int p = l->pointers[i];
        if (p > 0 && (uint32_t)p <= c->diagnoses_n)
            e->diagnoses[e->diagnoses_n++] = keep(rd, c->diagnoses[p - 1].code, 10);
    }
}

static const struct rcv_subject *subject_of(struct rcv_x12_items *rd, const struct pp_claim837 *c) {
    struct rcv_subject_builder b;
    const struct rcv_source *src = rd->src;
    const struct pp_837_person *p = &c->patient;
    struct pp_str member = c->subscriber.member_id.n ? c->subscriber.member_id : p->member_id;
    rcv_subject_begin(src, &b);
    b.s.birth = p->birth_date;
    b.s.family = rcv_upper(src->arena, p->family);
    b.s.sex = pp_str_ieq(p->sex, PP_STR("F"))   ? PP_STR("f")
              : pp_str_ieq(p->sex, PP_STR("M")) ? PP_STR("m")
                                                : PP_STR_NONE;
    struct pp_str v = rcv_member_value(src->arena, member, p->birth_date, p->family, p->given);
    if (v.n) rcv_subject_who(src, &b, RCV_KEY_MEMBER, PP_STR("*"), v);
    struct pp_str no = keep(rd, c->claim_no, 40);
    struct rcv_key key = rcv_x12_claim_key(src, c->billing.npi, no);
    rcv_subject_about(src, &b, RCV_KEY_CLAIM, PP_STR_NONE, no);
    /* what comes back about it names the provider, not the system that wrote the claim */
    if (!pp_str_eq(key.authority, src->sender)) rcv_subject_about(src, &b, RCV_KEY_CLAIM, key.authority, no);
    return rcv_subject_end(src, &b);
}

struct rcv_key rcv_x12_claim_key(const struct rcv_source *src, struct pp_str npi, struct pp_str claim_no) {
    struct pp_str authority =
        npi.n ? pp_arena_printf(src->arena, "npi:%.*s", PP_FMT(pp_str_cut(npi, 10))) : PP_STR_NONE;
    return rcv_key_of(src, RCV_KEY_CLAIM, authority, pp_arena_str(src->arena, pp_str_cut(claim_no, 40)));
}

static void refuse(struct rcv_x12_items *rd, const struct pp_claim837 *c, const char *why) {
    rcv_refuse(rd->src, rd->r, pp_arena_printf(rd->src->arena, "segment %u CLM", (unsigned)c->pos.segment), "%s", why);
}

int rcv_x12_on_claim(void *user, const struct pp_claim837 *c) {
    struct rcv_x12_items *rd = user;
    struct pp_arena *a = rd->src->arena;
    struct ev_claim_reported *e = pp_arena_new(a, struct ev_claim_reported);
    if (!e) return -1;
    const struct pp_payer *payer = pp_refs_payer_find(rd->src->refs, c->payer.id, c->payer.name);
    rd->any = true;
    *e = (struct ev_claim_reported){
        .sender = rd->src->sender,
        .claim_no = keep(rd, c->claim_no, 40),
        .frequency = keep(rd, c->frequency.n ? c->frequency : PP_STR("1"), 1),
        .payer = payer ? payer->id : PP_STR_NONE,
        .payer_code = keep(rd, c->payer.id, 64),
        .payer_name = keep(rd, c->payer.name, 120),
        .member_id = keep(rd, c->subscriber.member_id, 40),
        .billing = provider_of(rd, &c->billing),
        .rendering = provider_of(rd, &c->rendering),
        .facility = provider_of(rd, &c->facility),
        .authorization = keep(rd, c->authorization, 50),
        .referral = keep(rd, c->referral, 50),
        .original_ref = keep(rd, c->original_ref, 50),
        .place_of_service = c->place_of_service.n == 2 ? keep(rd, c->place_of_service, 2) : PP_STR_NONE,
        .total = keep(rd, c->total, 20),
        .diagnoses = pp_arena_array(a, struct pp_str, DIAGNOSES_MAX),
        .lines = pp_arena_array(a, struct ev_claim_line, c->lines_n ? c->lines_n : 1),
    };
    e->kind = c->institutional ? EV_CLAIM_REPORTED_KIND_INSTITUTIONAL : EV_CLAIM_REPORTED_KIND_PROFESSIONAL;
    if (c->institutional) {
        e->type_of_bill = keep(rd, c->bill_type, 3);
        e->statement_from = c->statement_from;
        e->statement_until = c->statement_until;
    }
    for (uint32_t i = 0; e->diagnoses && i < c->diagnoses_n && i < DIAGNOSES_MAX; i++)
        e->diagnoses[e->diagnoses_n++] = keep(rd, c->diagnoses[i].code, 10);
    for (uint32_t i = 0; e->lines && i < c->lines_n && i < LINES_MAX; i++)
        set_line(rd, c, &c->lines[i], &e->lines[e->lines_n++]);
    const struct rcv_subject *s = subject_of(rd, c);
    if (c->lines_n > LINES_MAX) {
        refuse(rd, c, "the claim has more lines than are compared");
    } else if (!s || !s->nwho) {
        refuse(rd, c,
               "the patient is not named exactly enough: member id, birth date, family and given name are needed");
    } else {
        struct rcv_report *p = rcv_add_report(rd->src, rd->r, RCV_FACT, s, ev_of_claim_reported(e));
        if (p) p->alone = true;
    }
    return pp_arena_failed(a) ? -1 : 0;
}
