/* HL7 v2 to facts: orders, referrals, appointments, documents, results, registrations, merges. */
#include "base/hash.h"
#include "codec/hl7_view.h"
#include "refs/places.h"
#include "refs/senders.h"
#include "report.h"

struct reader {
    const struct rcv_source *src;
    struct rcv_reading *r;
    const struct pp_sender *who; /* what the sender does differently; NULL: nothing */
    struct pp_hl7_msg msg;
};

/* ---- parts that several messages share ---- */

/* Nothing of the message can be used. */
static void refuse_all(struct reader *rd, const struct pp_err *err) {
    rcv_refuse(rd->src, rd->r, PP_STR_NONE, "%s", err->msg);
}

static struct ev_provider provider_of(const struct pp_hl7_provider *p) {
    return (struct ev_provider){.npi = pp_str_cut(p->npi, 10),
                                .family = pp_str_cut(p->name.family, 80),
                                .given = pp_str_cut(p->name.given, 80)};
}

static struct ev_code code_of(const struct pp_hl7_code *c) {
    /* the alternate is often the standard one next to a local first; it counts only when the first is empty */
    if (!c->code.n && c->alt_code.n)
        return (struct ev_code){.code = pp_str_cut(c->alt_code, 32),
                                .system = pp_str_cut(c->alt_system, 64),
                                .text = pp_str_cut(c->alt_text, 200)};
    return (struct ev_code){
        .code = pp_str_cut(c->code, 32), .system = pp_str_cut(c->system, 64), .text = pp_str_cut(c->text, 200)};
}

static enum ev_patient_sex sex_of(struct pp_str s) {
    if (!s.n) return EV_PATIENT_SEX_NONE;
    switch (s.s[0]) {
    case 'F': return EV_PATIENT_SEX_F;
    case 'M': return EV_PATIENT_SEX_M;
    case 'O':
    case 'A': return EV_PATIENT_SEX_O;
    default: return EV_PATIENT_SEX_U;
    }
}

static struct ev_patient patient_of(const struct pp_hl7_pid *p) {
    return (struct ev_patient){
        .mrn = pp_str_cut(p->mrn.value, 40),
        .family = pp_str_cut(p->name.family, 80),
        .given = pp_str_cut(p->name.given, 80),
        .middle = pp_str_cut(p->name.middle, 80),
        .birth_date = p->birth.date,
        .sex = sex_of(p->sex),
        .address_line = pp_str_cut(p->address.line, 120),
        .city = pp_str_cut(p->address.city, 80),
        .state = p->address.state.n == 2 ? p->address.state : PP_STR_NONE,
        .zip = pp_str_cut(p->address.zip, 10),
        .phone = pp_str_cut(p->phone, 40),
    };
}

/* ---- where the sender's numbers stand ---- */

/* PV1-19 of the visit that belongs to this PID: no other PID stands between them. */
static struct pp_hl7_id visit_number(struct reader *rd, const struct pp_hl7_pid *pid) {
    struct pp_hl7_seg *pv1 = pp_hl7_find(&rd->msg, "PV1", pid->segment),
                      *next = pp_hl7_find(&rd->msg, "PID", pid->segment);
    if (!pv1 || (next && next->index < pv1->index)) return (struct pp_hl7_id){0};
    return pp_hl7_cx_in(&rd->msg, pv1, 19);
}

static struct pp_hl7_id account_of(struct reader *rd, const struct pp_hl7_pid *pid) {
    struct pp_hl7_id id = {0};
    if (rd->who && rd->who->account_from == PP_SENDER_ACCOUNT_PV1) id = visit_number(rd, pid);
    if (rd->who && rd->who->account_from == PP_SENDER_ACCOUNT_PID3)
        for (uint32_t i = 0; i < pid->ids_n && !id.value.n; i++)
            if (pp_str_eqz(pid->ids[i].type, "AN")) id = pid->ids[i];
    return id.value.n ? id : pid->account;
}

static bool filler_names_orders(const struct reader *rd) {
    return rd->who && rd->who->order_from == PP_SENDER_ORDER_ORC3;
}

static const struct pp_hl7_id *order_number(const struct reader *rd, const struct pp_hl7_id *placer,
                                            const struct pp_hl7_id *filler) {
    if (filler_names_orders(rd)) return filler->value.n ? filler : placer;
    return placer->value.n ? placer : filler;
}

static const struct pp_hl7_id *appointment_number(const struct reader *rd, const struct pp_hl7_appointment *m) {
    const struct pp_hl7_id *first = &m->filler, *second = &m->placer;
    if (rd->who && rd->who->visit_from == PP_SENDER_VISIT_SCH1) first = &m->placer, second = &m->filler;
    if (rd->who && rd->who->visit_from == PP_SENDER_VISIT_PV1 && m->person.visit.visit.value.n)
        return &m->person.visit.visit;
    return first->value.n ? first : second;
}

/* PID and insurance to identifiers of a person. */
static void begin_subject(struct reader *rd, const struct pp_hl7_pid *pid, struct rcv_subject_builder *b) {
    const struct rcv_source *src = rd->src;
    rcv_subject_begin(src, b);
    b->s.birth = pid->birth.date;
    b->s.family = rcv_upper(src->arena, pid->name.family);
    enum ev_patient_sex sex = sex_of(pid->sex);
    b->s.sex = sex == EV_PATIENT_SEX_NONE ? PP_STR_NONE : pp_str_z(ev_patient_sex_name(sex));
    rcv_subject_who(src, b, RCV_KEY_MRN, pid->mrn.authority, pid->mrn.value);
    const struct pp_hl7_id account = account_of(rd, pid);
    rcv_subject_who(src, b, RCV_KEY_ACCOUNT, account.authority, account.value);
}

static struct pp_str insurance_member(const struct pp_hl7_insurance *i) {
    if (i->member_id.n) return i->member_id;
    if (i->payor_subscriber.n) return i->payor_subscriber;
    return i->medicare_no.n ? i->medicare_no : i->medicaid_case;
}

/* A dependent shares the subscriber's member id, so the key takes the patient's own name and birth date. */
static void add_member_keys(struct reader *rd, const struct pp_hl7_person *p, struct rcv_subject_builder *b) {
    for (uint32_t i = 0; i < p->insurance_n; i++) {
        struct pp_str v = rcv_member_value(rd->src->arena, insurance_member(&p->insurance[i]), p->pid.birth.date,
                                           p->pid.name.family, p->pid.name.given);
        if (v.n) rcv_subject_who(rd->src, b, RCV_KEY_MEMBER, PP_STR("*"), v);
    }
}

static void report_patient(struct reader *rd, const struct pp_hl7_pid *pid, const struct rcv_subject *subject) {
    struct pp_arena *a = rd->src->arena;
    struct ev_patient_reported *e = pp_arena_new(a, struct ev_patient_reported);
    if (!e) return;
    e->sender = rd->src->sender;
    e->patient = patient_of(pid);
    uint32_t max = pid->ids_n < 20 ? pid->ids_n : 20;
    e->identifiers = pp_arena_array(a, struct ev_identifier, max ? max : 1);
    for (uint32_t i = 0; e->identifiers && i < max; i++) {
        const struct pp_hl7_id *id = &pid->ids[i];
        if (!id->value.n || pp_str_eqz(id->type, "SS")) continue; /* minimum necessary: no social security number */
        bool account = pp_str_eqz(id->type, "AN");
        e->identifiers[e->identifiers_n++] =
            (struct ev_identifier){.kind = account ? EV_IDENTIFIER_KIND_ACCOUNT : EV_IDENTIFIER_KIND_MRN,
                                   .authority = pp_str_cut(id->authority, 80),
                                   .value = pp_str_cut(id->value, 80)};
    }
    struct rcv_report *r = rcv_add_report(rd->src, rd->r, RCV_FACT, subject, ev_of_patient_reported(e));
    if (r) r->said_key = pp_arena_printf(a, "patient/%.*s", PP_FMT(rd->src->sender));
}

static enum ev_coverage_relation relation_of(struct pp_str s) {
    if (!s.n) return EV_COVERAGE_RELATION_NONE;
    if (pp_str_ieq(s, PP_STR("SEL")) || pp_str_ieq(s, PP_STR("18")) || pp_str_ieq(s, PP_STR("SELF")))
        return EV_COVERAGE_RELATION_SELF;
    if (pp_str_ieq(s, PP_STR("SPO")) || pp_str_ieq(s, PP_STR("01")) || pp_str_ieq(s, PP_STR("SPOUSE")))
        return EV_COVERAGE_RELATION_SPOUSE;
    if (pp_str_ieq(s, PP_STR("CHD")) || pp_str_ieq(s, PP_STR("19")) || pp_str_ieq(s, PP_STR("CHILD")))
        return EV_COVERAGE_RELATION_CHILD;
    return EV_COVERAGE_RELATION_OTHER;
}

static void report_coverages(struct reader *rd, const struct pp_hl7_person *p, const struct rcv_subject *subject) {
    struct pp_arena *a = rd->src->arena;
    for (uint32_t i = 0; i < p->insurance_n; i++) {
        const struct pp_hl7_insurance *in = &p->insurance[i];
        struct ev_coverage_reported *e = pp_arena_new(a, struct ev_coverage_reported);
        if (!e) return;
        e->sender = rd->src->sender;
        e->account = pp_str_cut(p->pid.account.value, 40);
        e->coverage = (struct ev_coverage){
            .rank = in->rank > 0 && in->rank < 10 ? in->rank : (int64_t)i + 1,
            .payer_code = pp_str_cut(in->company.value.n ? in->company.value : in->payor_id, 64),
            .payer_name = pp_str_cut(in->company_name, 120),
            .plan = pp_str_cut(in->plan.code.n ? in->plan.code : in->plan.text, 80),
            .member_id = pp_str_cut(insurance_member(in), 40),
            .group_no = pp_str_cut(in->group_no, 40),
            .subscriber_family = pp_str_cut(in->insured.family, 80),
            .subscriber_given = pp_str_cut(in->insured.given, 80),
            .subscriber_birth_date = in->insured_birth.date,
            .relation = relation_of(in->relation),
            .effective = in->effective.date,
            .expires = in->expires.date,
        };
        struct rcv_report *r = rcv_add_report(rd->src, rd->r, RCV_FACT, subject, ev_of_coverage_reported(e));
        if (r) r->said_key = pp_arena_printf(a, "coverage/%.*s/%d", PP_FMT(rd->src->sender), (int)e->coverage.rank);
    }
}

/* Site by the first location text that the sender's profile knows. */
static struct pp_str site_of(struct reader *rd, const struct pp_hl7_location *l, struct pp_str also) {
    const struct pp_str texts[] = {l->point_of_care, l->facility, l->building, l->room, also};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct pp_site *s = texts[i].n ? pp_refs_site_of(rd->src->refs, rd->src->sender, texts[i]) : NULL;
        if (s) return s->id;
    }
    return PP_STR_NONE;
}

static struct pp_str location_text(const struct pp_hl7_location *l) {
    struct pp_str t = l->point_of_care.n ? l->point_of_care : l->facility.n ? l->facility : l->description;
    return pp_str_cut(t, 80);
}

/* ---- orders ---- */

static enum ev_order_reported_action action_of(struct pp_str control) {
    static const struct {
        const char *code;
        enum ev_order_reported_action action;
    } map[] = {
        {"", EV_ORDER_REPORTED_ACTION_NEW},      {"NW", EV_ORDER_REPORTED_ACTION_NEW},
        {"SN", EV_ORDER_REPORTED_ACTION_NEW},    {"NA", EV_ORDER_REPORTED_ACTION_NEW},
        {"RO", EV_ORDER_REPORTED_ACTION_NEW},    {"PA", EV_ORDER_REPORTED_ACTION_NEW},
        {"CH", EV_ORDER_REPORTED_ACTION_NEW},    {"RP", EV_ORDER_REPORTED_ACTION_CHANGE},
        {"XO", EV_ORDER_REPORTED_ACTION_CHANGE}, {"XX", EV_ORDER_REPORTED_ACTION_CHANGE},
        {"CA", EV_ORDER_REPORTED_ACTION_CANCEL}, {"OC", EV_ORDER_REPORTED_ACTION_CANCEL},
        {"DC", EV_ORDER_REPORTED_ACTION_CANCEL}, {"OD", EV_ORDER_REPORTED_ACTION_CANCEL},
        {"CR", EV_ORDER_REPORTED_ACTION_CANCEL},
    };
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (pp_str_eqz(control, map[i].code)) return map[i].action;
    return EV_ORDER_REPORTED_ACTION_STATUS;
}

static enum ev_order_reported_priority priority_of(struct pp_str p) {
    if (p.n && (p.s[0] == 'S' || p.s[0] == 'A'))
        return EV_ORDER_REPORTED_PRIORITY_URGENT; /* stat, as soon as possible */
    return EV_ORDER_REPORTED_PRIORITY_ROUTINE;
}

/* Diagnoses of the order, else the reason codes that look like ICD-10, else those of the visit; dots stay as sent. */
static void set_diagnoses(struct reader *rd, const struct pp_hl7_order *o, const struct pp_hl7_person *p,
                          struct ev_order_service *s) {
    s->diagnoses = pp_arena_array(rd->src->arena, struct pp_str, 12);
    if (!s->diagnoses) return;
    for (uint32_t i = 0; i < o->diagnoses_n && s->diagnoses_n < 12; i++)
        if (o->diagnoses[i].code.code.n) s->diagnoses[s->diagnoses_n++] = pp_str_cut(o->diagnoses[i].code.code, 10);
    for (uint32_t i = 0; !s->diagnoses_n && i < o->reasons_n; i++) {
        struct pp_str c = o->reasons[i].code;
        if (c.n >= 3 && c.n <= 8 && c.s[0] >= 'A' && c.s[0] <= 'Z' && c.s[1] >= '0' && c.s[1] <= '9')
            s->diagnoses[s->diagnoses_n++] = c;
    }
    for (uint32_t i = 0; !s->diagnoses_n && i < p->diagnoses_n && i < 12; i++)
        if (p->diagnoses[i].code.code.n) s->diagnoses[s->diagnoses_n++] = pp_str_cut(p->diagnoses[i].code.code, 10);
}

static void report_order(struct reader *rd, const struct pp_hl7_orders *m, const struct pp_hl7_order *o) {
    struct pp_arena *a = rd->src->arena;
    struct ev_order_reported *e = pp_arena_new(a, struct ev_order_reported);
    if (!e) return;
    const struct pp_hl7_id *number = order_number(rd, &o->placer, &o->filler);
    e->sender = rd->src->sender;
    e->order_no = pp_str_cut(number->value, 80);
    e->filler_no = pp_str_cut(o->filler.value, 80);
    e->group_no = pp_str_cut(o->group.value, 80);
    e->action = action_of(o->control);
    e->priority = priority_of(o->priority);
    e->location = location_text(o->entered_at.point_of_care.n ? &o->entered_at : &m->person.visit.location);
    e->site = site_of(rd, &o->entered_at, o->organization);
    if (!e->site.n) e->site = site_of(rd, &m->person.visit.location, m->msh.sending_facility);
    struct pp_str zone = rcv_zone(rd->src, e->site);
    e->ordered_at = pp_hl7_ts_instant(o->ordered.date ? &o->ordered : &m->msh.time, zone);
    e->ordering = provider_of(&o->ordering);
    e->service.code = code_of(o->procedure.code.n ? &o->procedure : &o->service);
    if (!e->service.code.code.n && e->action != EV_ORDER_REPORTED_ACTION_CANCEL) { /* a number is enough to cancel */
        rcv_refuse(rd->src, rd->r, pp_arena_printf(a, "segment %u %s", o->segment, o->kind),
                   "the order names no service");
        return;
    }
    e->service.modifiers = pp_arena_array(a, struct pp_str, 4);
    for (uint32_t i = 0; e->service.modifiers && i < o->modifiers_n && e->service.modifiers_n < 4; i++)
        if (o->modifiers[i].n == 2) e->service.modifiers[e->service.modifiers_n++] = o->modifiers[i];
    int64_t units;
    if (pp_dec_parse(o->quantity, &units) && units > 0) {
        e->service.units = o->quantity;
        e->service.unit_type = pp_str_cut(o->quantity_unit, 8);
    }
    set_diagnoses(rd, o, &m->person, &e->service);
    e->service.service_date = o->start.date;
    e->service.service_until = o->until.date;
    e->service.reason = o->reasons_n ? pp_str_cut(o->reasons[0].text, 200) : PP_STR_NONE;

    struct rcv_subject_builder b;
    begin_subject(rd, &m->person.pid, &b);
    add_member_keys(rd, &m->person, &b);
    rcv_subject_about(rd->src, &b, RCV_KEY_ORDER, number->authority, number->value);
    const struct rcv_subject *subject = rcv_subject_end(rd->src, &b);
    rcv_add_report(rd->src, rd->r, RCV_FACT, subject, ev_of_order_reported(e));
}

static void report_orders(struct reader *rd, const struct pp_hl7_orders *m) {
    struct rcv_subject_builder b;
    begin_subject(rd, &m->person.pid, &b);
    add_member_keys(rd, &m->person, &b);
    const struct rcv_subject *subject = rcv_subject_end(rd->src, &b);
    report_patient(rd, &m->person.pid, subject);
    report_coverages(rd, &m->person, subject);
    for (uint32_t i = 0; i < m->orders_n; i++) report_order(rd, m, &m->orders[i]);
}

static void read_orders(struct reader *rd) {
    struct pp_hl7_orders m;
    struct pp_err err;
    if (pp_hl7_read_orders(&rd->msg, &m, &err) < 0) return refuse_all(rd, &err);
    report_orders(rd, &m);
}

/* ---- referrals ---- */

/* A referral, or a request for authorization, that names one procedure is an order for it under the referral's number:
 * I12 and I08 new, I13 and I09 changed, I10 sent once more, I14 and I11 cancelled. With several procedures there is no
 * number to tell them apart later, so none is made up. */
static const char *referral_control(struct pp_str trigger) {
    if (pp_str_eqz(trigger, "I12") || pp_str_eqz(trigger, "I08")) return "NW";
    if (pp_str_eqz(trigger, "I14") || pp_str_eqz(trigger, "I11")) return "CA";
    return "XO";
}

static struct pp_hl7_provider referring_of(const struct pp_hl7_referral *m) {
    const struct pp_hl7_party *p = pp_hl7_party_of(m, "RP");
    if (p) return (struct pp_hl7_provider){.id = p->id.value, .npi = p->npi, .name = p->name, .at = p->id.at};
    return m->person.visit.referring;
}

static void read_referral(struct reader *rd) {
    struct pp_hl7_referral m;
    struct pp_err err;
    if (pp_hl7_read_referral(&rd->msg, &m, &err) < 0) return refuse_all(rd, &err);
    const struct pp_hl7_id *number = m.number.value.n ? &m.number : &m.external;
    if (!number->value.n)
        return rcv_refuse(rd->src, rd->r, PP_STR_NONE, "the referral has no number (RF1-6 and RF1-11 are empty)");
    if (m.procedures_n != 1)
        return rcv_refuse(rd->src, rd->r, PP_STR_NONE,
                          m.procedures_n ? "the referral names several procedures under one number (PR1)"
                                         : "the referral names no procedure (PR1)");
    const struct pp_hl7_procedure *pr1 = &m.procedures[0];
    struct pp_hl7_order o = {
        .segment = pr1->segment,
        .kind = "PR1",
        .control = pp_str_z(referral_control(m.msh.trigger)),
        .placer = *number,
        .priority = m.priority.code,
        .ordered = m.processed.date ? m.processed : m.effective,
        .ordering = referring_of(&m),
        .service = pr1->code,
        .modifiers = pr1->modifiers,
        .modifiers_n = pr1->modifiers_n,
        .start = pr1->when,
        .reasons = m.reasons,
        .reasons_n = m.reasons_n,
    };
    if (pr1->authorization) o.quantity = pr1->authorization->requested;
    struct pp_hl7_orders as_orders = {.msh = m.msh, .person = m.person, .orders = &o, .orders_n = 1};
    report_orders(rd, &as_orders);
}

/* ---- appointments ---- */

static enum ev_visit_reported_action visit_action(struct pp_str trigger) {
    if (pp_str_eqz(trigger, "S12")) return EV_VISIT_REPORTED_ACTION_BOOK;
    if (pp_str_eqz(trigger, "S13")) return EV_VISIT_REPORTED_ACTION_MOVE;
    if (pp_str_eqz(trigger, "S15") || pp_str_eqz(trigger, "S16") || pp_str_eqz(trigger, "S17"))
        return EV_VISIT_REPORTED_ACTION_CANCEL;
    if (pp_str_eqz(trigger, "S26")) return EV_VISIT_REPORTED_ACTION_NO_SHOW;
    return EV_VISIT_REPORTED_ACTION_CHANGE;
}

static void read_appointment(struct reader *rd) {
    struct pp_hl7_appointment m;
    struct pp_err err;
    if (pp_hl7_read_appointment(&rd->msg, &m, &err) < 0) return refuse_all(rd, &err);
    struct ev_visit_reported *e = pp_arena_new(rd->src->arena, struct ev_visit_reported);
    if (!e) return;
    const struct pp_hl7_id *number = appointment_number(rd, &m), *orders = m.placer_orders;
    uint32_t orders_n = m.placer_orders_n;
    if (filler_names_orders(rd) && m.filler_orders_n) {
        orders = m.filler_orders;
        orders_n = m.filler_orders_n;
    }
    e->sender = rd->src->sender;
    e->visit_no = pp_str_cut(number->value, 80);
    e->action = visit_action(m.msh.trigger);
    e->order_no = orders_n ? pp_str_cut(orders[0].value, 80) : PP_STR_NONE;
    e->filler_no = m.filler_orders_n ? pp_str_cut(m.filler_orders[0].value, 80) : PP_STR_NONE;
    e->site = site_of(rd, &m.location, m.msh.sending_facility);
    e->location = location_text(&m.location);
    e->zone = pp_str_cut(rcv_zone(rd->src, e->site), 40);
    e->start = pp_hl7_ts_instant(&m.start, e->zone);
    e->date = m.start.date;
    e->minutes = m.minutes;
    e->provider = provider_of(&m.provider);
    if (m.services_n) e->service = code_of(&m.services[0]);
    e->reason = pp_str_cut(m.event_reason.text.n ? m.event_reason.text : m.reason.text, 120);

    struct rcv_subject_builder b;
    begin_subject(rd, &m.person.pid, &b);
    const struct rcv_subject *who = rcv_subject_end(rd->src, &b);
    report_patient(rd, &m.person.pid, who);
    rcv_subject_about(rd->src, &b, RCV_KEY_APPOINTMENT, number->authority, number->value);
    for (uint32_t i = 0; i < orders_n; i++)
        rcv_subject_about(rd->src, &b, RCV_KEY_ORDER, orders[i].authority, orders[i].value);
    rcv_add_report(rd->src, rd->r, RCV_FACT, rcv_subject_end(rd->src, &b), ev_of_visit_reported(e));
}

/* ---- documents and results ---- */

static void set_content(struct reader *rd, const struct pp_hl7_content *c, struct ev_document_reported *e) {
    char hex[PP_SHA256_HEX + 1];
    pp_sha256_hex(c->bytes, hex);
    e->hash = pp_arena_strz(rd->src->arena, hex);
    e->size = c->bytes.n;
    e->content_type = pp_str_cut(c->content_type.n ? c->content_type : PP_STR("text/plain"), 80);
}

static enum ev_document_reported_status completion_of(const struct pp_hl7_document *m) {
    if (pp_str_eqz(m->availability, "CA") || pp_str_eqz(m->availability, "OB"))
        return EV_DOCUMENT_REPORTED_STATUS_CANCELLED;
    if (pp_str_eqz(m->completion, "AU") || pp_str_eqz(m->completion, "LA"))
        return EV_DOCUMENT_REPORTED_STATUS_AUTHENTICATED;
    if (!m->completion.n) return EV_DOCUMENT_REPORTED_STATUS_UNKNOWN;
    return EV_DOCUMENT_REPORTED_STATUS_PRELIMINARY;
}

static void add_document(struct reader *rd, const struct pp_hl7_pid *pid, struct pp_str authority,
                         const struct pp_hl7_id *orders, uint32_t orders_n, struct pp_str blob,
                         const struct ev_document_reported *e) {
    struct rcv_subject_builder b;
    begin_subject(rd, pid, &b);
    rcv_subject_about(rd->src, &b, RCV_KEY_DOCUMENT, authority, e->document_no);
    for (uint32_t i = 0; i < orders_n; i++)
        rcv_subject_about(rd->src, &b, RCV_KEY_ORDER, orders[i].authority, orders[i].value);
    struct rcv_report *r =
        rcv_add_report(rd->src, rd->r, RCV_FACT, rcv_subject_end(rd->src, &b), ev_of_document_reported(e));
    if (r) r->blob = blob;
}

static void read_document(struct reader *rd) {
    struct pp_hl7_document m;
    struct pp_err err;
    if (pp_hl7_read_document(&rd->msg, &m, &err) < 0) return refuse_all(rd, &err);
    struct ev_document_reported *e = pp_arena_new(rd->src->arena, struct ev_document_reported);
    if (!e) return;
    struct pp_str zone = rcv_zone(rd->src, site_of(rd, &m.person.visit.location, m.msh.sending_facility));
    e->sender = rd->src->sender;
    e->document_no = pp_str_cut(m.number.value, 80);
    e->parent_no = pp_str_cut(m.parent.value, 80);
    const bool by_filler = filler_names_orders(rd) && m.filler.value.n;
    const struct pp_hl7_id *orders = by_filler ? &m.filler : m.placer_orders;
    const uint32_t orders_n = by_filler ? 1 : m.placer_orders_n;
    e->order_no = orders_n ? pp_str_cut(orders[0].value, 80) : PP_STR_NONE;
    e->filler_no = pp_str_cut(m.filler.value, 80);
    e->visit_no = pp_str_cut(m.person.visit.visit.value, 80);
    e->type = code_of(&m.type);
    e->title = pp_str_cut(m.title, 200);
    e->status = completion_of(&m);
    e->signed_ = e->status == EV_DOCUMENT_REPORTED_STATUS_AUTHENTICATED;
    const struct pp_hl7_ts *when = m.activity.date ? &m.activity : m.originated.date ? &m.originated : &m.msh.time;
    e->authored = pp_hl7_ts_instant(when, zone);
    if (!e->authored && when->date) e->authored = pp_zone_instant(zone, when->date, 0);
    e->author = provider_of(&m.author);
    set_content(rd, &m.content, e);
    add_document(rd, &m.person.pid, m.number.authority, orders, orders_n, m.content.bytes, e);
}

static enum ev_document_reported_status result_status(struct pp_str s) {
    if (!s.n) return EV_DOCUMENT_REPORTED_STATUS_UNKNOWN;
    switch (s.s[0]) {
    case 'F': return EV_DOCUMENT_REPORTED_STATUS_FINAL;
    case 'C': return EV_DOCUMENT_REPORTED_STATUS_AMENDED;
    case 'X': return EV_DOCUMENT_REPORTED_STATUS_CANCELLED;
    default: return EV_DOCUMENT_REPORTED_STATUS_PRELIMINARY;
    }
}

static void report_result(struct reader *rd, const struct pp_hl7_results *m, uint32_t index) {
    const struct pp_hl7_result *o = &m->results[index];
    struct pp_arena *a = rd->src->arena;
    struct ev_document_reported *e = pp_arena_new(a, struct ev_document_reported);
    if (!e) return;
    struct pp_str zone = rcv_zone(rd->src, site_of(rd, &m->person.visit.location, m->msh.sending_facility));
    e->sender = rd->src->sender;
    /* a result has no number of its own: filler order and service name it, so that a correction replaces it */
    struct pp_str base = o->filler.value.n ? o->filler.value : o->placer.value.n ? o->placer.value : m->msh.control_id;
    e->document_no = pp_str_cut(
        pp_arena_printf(a, "%.*s/%.*s", PP_FMT(pp_str_cut(base, 50)), PP_FMT(pp_str_cut(o->service.code, 24))), 80);
    const struct pp_hl7_id *order = filler_names_orders(rd) ? order_number(rd, &o->placer, &o->filler) : &o->placer;
    e->order_no = pp_str_cut(order->value, 80);
    e->filler_no = pp_str_cut(o->filler.value, 80);
    e->type = code_of(&o->service);
    if (!e->type.code.n) e->type.code = PP_STR("result");
    e->title = pp_str_cut(o->service.text, 200);
    e->status = result_status(o->status);
    e->signed_ = e->status == EV_DOCUMENT_REPORTED_STATUS_FINAL || e->status == EV_DOCUMENT_REPORTED_STATUS_AMENDED;
    const struct pp_hl7_ts *when = o->observed.date ? &o->observed : o->reported.date ? &o->reported : &m->msh.time;
    e->authored = pp_hl7_ts_instant(when, zone);
    if (!e->authored && when->date) e->authored = pp_zone_instant(zone, when->date, 0);
    e->author = provider_of(o->interpreter.name.family.n ? &o->interpreter : &o->ordering);
    set_content(rd, &o->content, e);
    add_document(rd, &m->person.pid, PP_STR_NONE, order, order->value.n ? 1 : 0, o->content.bytes, e);
}

static void read_results(struct reader *rd) {
    struct pp_hl7_results m;
    struct pp_err err;
    if (pp_hl7_read_results(&rd->msg, &m, &err) < 0) return refuse_all(rd, &err);
    for (uint32_t i = 0; i < m.results_n; i++) report_result(rd, &m, i);
}

/* ---- registrations ---- */

static void report_merge(struct reader *rd, const struct pp_hl7_merge *m) {
    struct ev_patient_merged *e = pp_arena_new(rd->src->arena, struct ev_patient_merged);
    if (!e) return;
    e->sender = rd->src->sender;
    e->survivor_mrn = pp_str_cut(m->survivor.mrn.value, 40);
    e->retired_mrn = pp_str_cut(m->prior_mrn.value, 40);
    struct rcv_subject_builder b;
    begin_subject(rd, &m->survivor, &b);
    const struct rcv_subject *survivor = rcv_subject_end(rd->src, &b);
    /* the retired side is known by its number alone: its demographics are what the merge corrects */
    rcv_subject_begin(rd->src, &b);
    rcv_subject_who(rd->src, &b, RCV_KEY_MRN,
                    m->prior_mrn.authority.n ? m->prior_mrn.authority : m->survivor.mrn.authority, m->prior_mrn.value);
    struct rcv_report *r = rcv_add_report(rd->src, rd->r, RCV_MERGE, survivor, ev_of_patient_merged(e));
    if (r) r->retired = rcv_subject_end(rd->src, &b);
    report_patient(rd, &m->survivor, survivor);
}

static void read_registration(struct reader *rd, bool merge) {
    struct pp_hl7_registration m;
    struct pp_err err;
    if (pp_hl7_read_registration(&rd->msg, &m, &err) < 0) return refuse_all(rd, &err);
    if (merge) {
        for (uint32_t i = 0; i < m.merges_n; i++) report_merge(rd, &m.merges[i]);
        return;
    }
    struct rcv_subject_builder b;
    begin_subject(rd, &m.person.pid, &b);
    add_member_keys(rd, &m.person, &b);
    const struct rcv_subject *subject = rcv_subject_end(rd->src, &b);
    report_patient(rd, &m.person.pid, subject);
    report_coverages(rd, &m.person, subject);
}

/* ---- the message ---- */

/* Parts that were left out by the view, each with its place. */
static void refuse_parts(struct reader *rd) {
    uint32_t n = rd->msg.faults_n < PP_HL7_FAULTS_MAX ? rd->msg.faults_n : PP_HL7_FAULTS_MAX;
    for (uint32_t i = 0; i < n; i++) {
        if (rd->msg.faults[i].severity != 'E') continue;
        struct pp_buf text;
        pp_buf_init(&text, 512);
        pp_hl7_fault_text(&rd->msg.faults[i], &text);
        rcv_refuse(rd->src, rd->r, PP_STR_NONE, "%.*s", PP_FMT(pp_buf_str(&text)));
        pp_buf_free(&text);
    }
}

void rcv_read_hl7(const struct rcv_source *src, struct pp_str bytes, struct rcv_reading *r) {
    struct reader rd = {.src = src, .r = r, .who = pp_refs_sender(src->refs, src->sender)};
    const struct pp_hl7_profile *profile = rd.who ? &rd.who->hl7 : NULL;
    struct pp_hl7_msh msh;
    struct pp_err err;
    memset(r, 0, sizeof *r);
    if (pp_hl7_parse(bytes, profile, src->arena, &rd.msg, &err) < 0 || pp_hl7_read_msh(&rd.msg, &msh, &err) < 0 ||
        pp_hl7_admit(&rd.msg, &msh, &err) < 0) {
        rcv_refuse(src, r, PP_STR_NONE, "%s", err.msg);
        return;
    }
    r->type =
        pp_arena_printf(src->arena, "%.*s^%.*s", PP_FMT(pp_str_cut(msh.type, 12)), PP_FMT(pp_str_cut(msh.trigger, 12)));
    switch (pp_hl7_use_of(&msh)) {
    case PP_HL7_USE_NONE:
    case PP_HL7_USE_CHARGE:
        r->not_used = true;
        r->not_used_why = pp_str_z(pp_hl7_unused_why(&msh));
        return;
    case PP_HL7_USE_ORDER: read_orders(&rd); break;
    case PP_HL7_USE_REFERRAL: read_referral(&rd); break;
    case PP_HL7_USE_APPOINTMENT: read_appointment(&rd); break;
    case PP_HL7_USE_DOCUMENT: read_document(&rd); break;
    case PP_HL7_USE_RESULT: read_results(&rd); break;
    case PP_HL7_USE_PATIENT: read_registration(&rd, false); break;
    case PP_HL7_USE_MERGE: read_registration(&rd, true); break;
    }
    if (!r->nrefusals) refuse_parts(&rd);
}
