/* X12 to facts: professional claims (837P), each a fact of its own; and what payers answer (from_x12_payer.c). All read
 * one pass over the file. A transaction with an error is refused with its place, and the rest of the file goes on. */
#include "codec/x12_837.h"
#include "from_x12.h"
#include "refs/payers.h"
#include "refs/places.h"
#include "report.h"

struct reader {
    const struct rcv_source *src;
    struct rcv_reading *r;
    bool any;
};

/* The claim is valid during its callback only: what is kept is copied. */
static struct pp_str keep(struct reader *rd, struct pp_str s, uint32_t max) {
    return pp_arena_str(rd->src->arena, pp_str_cut(s, max));
}

static struct ev_provider provider_of(struct reader *rd, const struct pp_837_party *p) {
    bool person = pp_str_eqz(p->kind, "1");
    return (struct ev_provider){.npi = keep(rd, p->npi, 10),
                                .family = person ? keep(rd, p->name, 80) : PP_STR_NONE,
                                .given = person ? keep(rd, p->given, 80) : PP_STR_NONE,
                                .organization = person ? PP_STR_NONE : keep(rd, p->name, 120)};
}

static void set_line(struct reader *rd, const struct pp_claim837 *c, const struct pp_837_line *l,
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

static const struct rcv_subject *subject_of(struct reader *rd, const struct pp_claim837 *c) {
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
    rcv_subject_about(src, &b, RCV_KEY_CLAIM, PP_STR_NONE, keep(rd, c->claim_no, 40));
    return rcv_subject_end(src, &b);
}

static int on_claim(void *user, const struct pp_claim837 *c) {
    struct reader *rd = user;
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
        .diagnoses = pp_arena_array(a, struct pp_str, PP_837_DIAGNOSES_MAX),
        .lines = pp_arena_array(a, struct ev_claim_line, c->lines_n ? c->lines_n : 1),
    };
    for (uint32_t i = 0; e->diagnoses && i < c->diagnoses_n && i < PP_837_DIAGNOSES_MAX; i++)
        e->diagnoses[e->diagnoses_n++] = keep(rd, c->diagnoses[i].code, 10);
    for (uint32_t i = 0; e->lines && i < c->lines_n; i++) set_line(rd, c, &c->lines[i], &e->lines[e->lines_n++]);
    const struct rcv_subject *s = subject_of(rd, c);
    if (!s || !s->nwho)
        rcv_refuse(rd->src, rd->r, pp_arena_printf(a, "segment %u CLM", (unsigned)c->pos.segment),
                   "the patient is not named exactly enough: member id, birth date, family and given name are needed");
    else
        rcv_add_report(rd->src, rd->r, RCV_FACT, s, ev_of_claim_reported(e));
    return pp_arena_failed(a) ? -1 : 0;
}

static void refuse_finding(struct reader *rd, const struct pp_x12_finding *f) {
    struct pp_buf text;
    if (f->severity != PP_X12_ERROR) return;
    pp_buf_init(&text, 512);
    pp_x12_finding_text(f, &text);
    rcv_refuse(rd->src, rd->r, PP_STR_NONE, "%.*s", PP_FMT(pp_buf_str(&text)));
    pp_buf_free(&text);
}

static void on_transaction(void *user, const struct pp_837_verdict *v) {
    struct reader *rd = user;
    if (v->outcome == PP_837_NOT_OURS) return;
    rd->any = true;
    if (v->outcome == PP_837_REFUSED)
        for (uint32_t i = 0; i < v->findings_n; i++) refuse_finding(rd, &v->findings[i]);
}

static void on_envelope(void *user, const struct pp_x12_finding *f) { refuse_finding(user, f); }

/* Every reader gets every event and takes the transactions that are its own. */
static int event_of(struct pp_x12_837 *claims, struct rcv_x12_payer *payer, const struct pp_x12_reader *r,
                    const struct pp_x12_event *e) {
    if (pp_x12_837_event(claims, r, e) < 0) return -1;
    rcv_x12_payer_event(payer, r, e);
    return 0;
}

static int read_file(struct pp_x12_reader *r, struct pp_x12_837 *claims, struct rcv_x12_payer *payer,
                     struct pp_str bytes) {
    struct pp_x12_event e;
    for (uint32_t i = 0; i < bytes.n;) {
        i += (uint32_t)pp_x12_feed(r, bytes.s + i, bytes.n - i, &e);
        if (event_of(claims, payer, r, &e) < 0) return -1;
    }
    do {
        pp_x12_finish(r, &e);
        if (event_of(claims, payer, r, &e) < 0) return -1;
    } while (e.what != PP_X12_NOTHING);
    return 0;
}

void rcv_read_x12(const struct rcv_source *src, struct pp_str payer, struct pp_str bytes, struct rcv_reading *r) {
    struct reader rd = {.src = src, .r = r};
    memset(r, 0, sizeof *r);
    struct pp_837_handlers h = {.claim = on_claim, .transaction = on_transaction, .envelope = on_envelope, .user = &rd};
    struct pp_x12_reader *reader = pp_x12_open(NULL);
    struct pp_x12_837 *claims = pp_x12_837_open(&h, 0);
    struct rcv_x12_payer *answers = rcv_x12_payer_open(src, payer, r);
    if (!reader || !claims || !answers || read_file(reader, claims, answers, bytes) < 0)
        rcv_refuse(src, r, PP_STR_NONE, "the file is too large to be read at once");
    if (answers && answers->any) rd.any = true;
    r->type = answers && answers->any ? pp_arena_strz(src->arena, answers->kind) : PP_STR("837P");
    rcv_x12_payer_close(answers);
    pp_x12_837_close(claims);
    pp_x12_close(reader);
    r->not_used = !rd.any && !r->nrefusals;
}
