/* FHIR R4 to facts: a Bundle (transaction, batch, collection, message) or a single ServiceRequest, DeviceRequest,
 * Appointment, Coverage or DocumentReference. Resources of other types in a Bundle are read as context only. */
#include "base/hash.h"
#include "codec/fhir_read.h"
#include "codec/hl7_view.h"
#include "refs/places.h"
#include "report.h"

#define CPT_SYSTEM "http://www.ama-assn.org/go/cpt"
#define HCPCS_SYSTEM "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
#define ICD10_SYSTEM "http://hl7.org/fhir/sid/icd-10-cm"
#define NPI_SYSTEM "http://hl7.org/fhir/sid/us-npi"
#define ID_TYPES "http://terminology.hl7.org/CodeSystem/v2-0203"

struct reader {
    const struct rcv_source *src;
    struct rcv_reading *r;
    const json_t *bundle;   /* NULL: a single resource */
    const json_t *resource; /* the one being read */
    char place[64];         /* its JSON pointer */
};

/* The document is freed when it has been read: what is kept is copied. */
static struct pp_str keep(struct reader *rd, struct pp_str s, uint32_t max) {
    return pp_arena_str(rd->src->arena, pp_str_cut(s, max));
}

static struct pp_str member(struct reader *rd, const json_t *o, const char *key, uint32_t max) {
    return keep(rd, pp_fhir_str(o, key), max);
}

static void refuse(struct reader *rd, const char *below, const char *why) {
    rcv_refuse(rd->src, rd->r, pp_arena_printf(rd->src->arena, "%s%s", rd->place, below), "%s", why);
}

static const json_t *resolve(struct reader *rd, const json_t *reference) {
    return pp_fhir_resolve(rd->bundle, rd->resource, reference);
}

/* ---- identifiers and people ---- */

/* Identifier of a type (v2-0203 code), else the first one that is no social security number. */
static const json_t *identifier_of(const json_t *resource, const char *type) {
    const json_t *first = NULL;
    for (size_t i = 0; i < pp_fhir_count(resource, "identifier"); i++) {
        const json_t *id = pp_fhir_at(resource, "identifier", i);
        struct pp_str code = pp_fhir_code(json_object_get(id, "type"), ID_TYPES);
        if (!pp_fhir_str(id, "value").n || pp_str_eqz(code, "SS")) continue;
        if (type && pp_str_eqz(code, type)) return id;
        if (!first) first = id;
    }
    return first;
}

static struct ev_provider provider_of(struct reader *rd, const json_t *reference) {
    struct ev_provider p = {{0}, {0}, {0}, {0}};
    const json_t *who = resolve(rd, reference);
    if (pp_fhir_is(who, "PractitionerRole")) {
        const json_t *practitioner = resolve(rd, json_object_get(who, "practitioner"));
        const json_t *org = resolve(rd, json_object_get(who, "organization"));
        p.organization = member(rd, org, "name", 120);
        if (practitioner) who = practitioner;
    }
    for (size_t i = 0; i < pp_fhir_count(who, "identifier"); i++) {
        const json_t *id = pp_fhir_at(who, "identifier", i);
        if (pp_str_eqz(pp_fhir_str(id, "system"), NPI_SYSTEM)) p.npi = member(rd, id, "value", 10);
    }
    const json_t *logical = json_object_get(reference, "identifier");
    if (!p.npi.n && pp_str_eqz(pp_fhir_str(logical, "system"), NPI_SYSTEM)) p.npi = member(rd, logical, "value", 10);
    if (pp_fhir_is(who, "Organization")) p.organization = member(rd, who, "name", 120);
    const json_t *name = pp_fhir_at(who, "name", 0);
    p.family = member(rd, name, "family", 80);
    p.given = keep(rd, pp_fhir_text(pp_fhir_at(name, "given", 0)), 80);
    return p;
}

static enum ev_patient_sex sex_of(struct pp_str gender) {
    static const struct {
        const char *word;
        enum ev_patient_sex sex;
    } map[] = {{"female", EV_PATIENT_SEX_F},
               {"male", EV_PATIENT_SEX_M},
               {"other", EV_PATIENT_SEX_O},
               {"unknown", EV_PATIENT_SEX_U}};
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (pp_str_eqz(gender, map[i].word)) return map[i].sex;
    return EV_PATIENT_SEX_NONE;
}

static struct ev_patient patient_of(struct reader *rd, const json_t *patient) {
    const json_t *name = pp_fhir_at(patient, "name", 0), *address = pp_fhir_at(patient, "address", 0);
    struct pp_str state = pp_fhir_str(address, "state");
    return (struct ev_patient){
        .mrn = member(rd, identifier_of(patient, "MR"), "value", 40),
        .family = member(rd, name, "family", 80),
        .given = keep(rd, pp_fhir_text(pp_fhir_at(name, "given", 0)), 80),
        .middle = keep(rd, pp_fhir_text(pp_fhir_at(name, "given", 1)), 80),
        .birth_date = pp_fhir_date(patient, "birthDate"),
        .sex = sex_of(pp_fhir_str(patient, "gender")),
        .address_line = keep(rd, pp_fhir_text(pp_fhir_at(address, "line", 0)), 120),
        .city = member(rd, address, "city", 80),
        .state = state.n == 2 ? keep(rd, state, 2) : PP_STR_NONE,
        .zip = member(rd, address, "postalCode", 10),
        .phone = member(rd, pp_fhir_at(patient, "telecom", 0), "value", 40),
    };
}

/* "Patient/123" -> "123": a logical id is the sender's own number for the patient. */
static struct pp_str reference_id(struct pp_str reference, const char *type) {
    size_t n = strlen(type);
    for (uint32_t i = 0; i + n + 1 < reference.n; i++)
        if ((i == 0 || reference.s[i - 1] == '/') && memcmp(reference.s + i, type, n) == 0 &&
            reference.s[i + n] == '/') {
            struct pp_str rest = {reference.s + i + n + 1, reference.n - i - (uint32_t)n - 1};
            return pp_str_split(&rest, '/');
        }
    return PP_STR_NONE;
}

/* Identifiers of the patient that a reference names. False after a refusal. */
static bool begin_subject(struct reader *rd, const json_t *reference, const char *below,
                          struct rcv_subject_builder *b) {
    const struct rcv_source *src = rd->src;
    struct pp_arena *a = src->arena;
    rcv_subject_begin(src, b);
    const json_t *patient = resolve(rd, reference);
    if (patient) {
        struct ev_patient p = patient_of(rd, patient);
        const json_t *mrn = identifier_of(patient, "MR");
        b->s.birth = p.birth_date;
        b->s.family = rcv_upper(a, p.family);
        b->s.sex = p.sex == EV_PATIENT_SEX_NONE ? PP_STR_NONE : pp_str_z(ev_patient_sex_name(p.sex));
        rcv_subject_who(src, b, RCV_KEY_MRN, member(rd, mrn, "system", 80), member(rd, mrn, "value", 80));
    }
    const json_t *logical = json_object_get(reference, "identifier");
    rcv_subject_who(src, b, RCV_KEY_MRN, member(rd, logical, "system", 80), member(rd, logical, "value", 80));
    struct pp_str id = reference_id(pp_fhir_str(reference, "reference"), "Patient");
    if (!id.n) id = pp_fhir_str(patient, "id");
    rcv_subject_who(src, b, RCV_KEY_MRN, pp_arena_printf(a, "%.*s#Patient", PP_FMT(src->sender)), keep(rd, id, 80));
    if (b->s.nwho) return true;
    refuse(rd, below, "names no patient that can be identified");
    return false;
}

static void report_patient(struct reader *rd, const json_t *patient, const struct rcv_subject *subject) {
    if (!pp_fhir_is(patient, "Patient")) return;
    struct ev_patient_reported *e = pp_arena_new(rd->src->arena, struct ev_patient_reported);
    if (!e) return;
    e->sender = rd->src->sender;
    e->patient = patient_of(rd, patient);
    struct rcv_report *r = rcv_add_report(rd->src, rd->r, RCV_FACT, subject, ev_of_patient_reported(e));
    if (r) r->said_key = pp_arena_printf(rd->src->arena, "patient/%.*s", PP_FMT(rd->src->sender));
}

/* ---- codes ---- */

static bool is_procedure_system(struct pp_str system) {
    return pp_str_eqz(system, CPT_SYSTEM) || pp_str_starts(system, PP_STR(HCPCS_SYSTEM)) ||
           pp_str_eqz(system, "urn:oid:2.16.840.1.113883.6.285") ||
           pp_str_eqz(system, "urn:oid:2.16.840.1.113883.6.12");
}

/* The coding in CPT or HCPCS when there is one, else the first. */
static struct ev_code code_of(struct reader *rd, const json_t *concept) {
    const json_t *best = pp_fhir_at(concept, "coding", 0);
    for (size_t i = 0; i < pp_fhir_count(concept, "coding"); i++) {
        const json_t *c = pp_fhir_at(concept, "coding", i);
        if (is_procedure_system(pp_fhir_str(c, "system"))) {
            best = c;
            break;
        }
    }
    struct pp_str text = pp_fhir_str(best, "display");
    return (struct ev_code){.code = member(rd, best, "code", 32),
                            .system = member(rd, best, "system", 64),
                            .text = keep(rd, text.n ? text : pp_fhir_str(concept, "text"), 200)};
}

static void add_diagnosis(struct reader *rd, struct ev_order_service *s, const json_t *concept) {
    struct pp_str code = pp_fhir_code(concept, ICD10_SYSTEM);
    if (code.n && s->diagnoses_n < 12) s->diagnoses[s->diagnoses_n++] = keep(rd, code, 10);
}

/* ---- coverages ---- */

static enum ev_coverage_relation relation_of(const json_t *concept) {
    struct pp_str c = pp_fhir_code(concept, NULL);
    if (pp_str_eqz(c, "self")) return EV_COVERAGE_RELATION_SELF;
    if (pp_str_eqz(c, "spouse")) return EV_COVERAGE_RELATION_SPOUSE;
    if (pp_str_eqz(c, "child")) return EV_COVERAGE_RELATION_CHILD;
    return c.n ? EV_COVERAGE_RELATION_OTHER : EV_COVERAGE_RELATION_NONE;
}

static struct pp_str class_value(struct reader *rd, const json_t *coverage, const char *type, uint32_t max) {
    for (size_t i = 0; i < pp_fhir_count(coverage, "class"); i++) {
        const json_t *c = pp_fhir_at(coverage, "class", i);
        if (pp_str_eqz(pp_fhir_code(json_object_get(c, "type"), NULL), type)) return member(rd, c, "value", max);
    }
    return PP_STR_NONE;
}

static void read_coverage(struct reader *rd, const json_t *coverage) {
    struct rcv_subject_builder b;
    if (!begin_subject(rd, json_object_get(coverage, "beneficiary"), "/beneficiary", &b)) return;
    struct ev_coverage_reported *e = pp_arena_new(rd->src->arena, struct ev_coverage_reported);
    if (!e) return;
    const json_t *payor = pp_fhir_at(coverage, "payor", 0);
    const json_t *org = resolve(rd, payor), *period = json_object_get(coverage, "period");
    const json_t *subscriber = resolve(rd, json_object_get(coverage, "subscriber"));
    struct pp_str member_id = pp_fhir_str(coverage, "subscriberId");
    if (!member_id.n) member_id = pp_fhir_str(identifier_of(coverage, "MB"), "value");
    struct pp_str payer_code = pp_fhir_str(identifier_of(org, NULL), "value");
    if (!payer_code.n) payer_code = pp_fhir_str(json_object_get(payor, "identifier"), "value");
    struct pp_str payer_name = pp_fhir_str(org, "name");
    int64_t rank = pp_fhir_int(coverage, "order");
    e->sender = rd->src->sender;
    e->ended = pp_str_eqz(pp_fhir_str(coverage, "status"), "cancelled") ||
               pp_str_eqz(pp_fhir_str(coverage, "status"), "entered-in-error");
    e->coverage = (struct ev_coverage){
        .rank = rank > 0 && rank < 10 ? rank : 1,
        .payer_code = keep(rd, payer_code, 64),
        .payer_name = keep(rd, payer_name.n ? payer_name : pp_fhir_str(payor, "display"), 120),
        .plan = class_value(rd, coverage, "plan", 80),
        .group_no = class_value(rd, coverage, "group", 40),
        .member_id = keep(rd, member_id, 40),
        .subscriber_family = member(rd, pp_fhir_at(subscriber, "name", 0), "family", 80),
        .subscriber_given = keep(rd, pp_fhir_text(pp_fhir_at(pp_fhir_at(subscriber, "name", 0), "given", 0)), 80),
        .subscriber_birth_date = pp_fhir_date(subscriber, "birthDate"),
        .relation = relation_of(json_object_get(coverage, "relationship")),
        .effective = pp_fhir_date(period, "start"),
        .expires = pp_fhir_date(period, "end"),
    };
    const json_t *patient = resolve(rd, json_object_get(coverage, "beneficiary"));
    struct ev_patient p = patient_of(rd, patient);
    struct pp_str v = rcv_member_value(rd->src->arena, e->coverage.member_id, p.birth_date, p.family, p.given);
    if (v.n) rcv_subject_who(rd->src, &b, RCV_KEY_MEMBER, PP_STR("*"), v);
    const struct rcv_subject *subject = rcv_subject_end(rd->src, &b);
    report_patient(rd, patient, subject);
    struct rcv_report *r = rcv_add_report(rd->src, rd->r, RCV_FACT, subject, ev_of_coverage_reported(e));
    if (r)
        r->said_key =
            pp_arena_printf(rd->src->arena, "coverage/%.*s/%d", PP_FMT(rd->src->sender), (int)e->coverage.rank);
}

/* ---- orders ---- */

static enum ev_order_reported_action action_of(struct pp_str status) {
    if (pp_str_eqz(status, "active")) return EV_ORDER_REPORTED_ACTION_NEW;
    if (pp_str_eqz(status, "revoked") || pp_str_eqz(status, "entered-in-error")) return EV_ORDER_REPORTED_ACTION_CANCEL;
    return EV_ORDER_REPORTED_ACTION_STATUS;
}

static void set_site(struct reader *rd, const json_t *location, struct pp_str *ret_site, struct pp_str *ret_location) {
    const json_t *resource = resolve(rd, location);
    struct pp_str name = pp_fhir_str(resource, "name");
    if (!name.n) name = pp_fhir_str(location, "display");
    struct pp_str id = pp_fhir_str(identifier_of(resource, NULL), "value");
    const struct pp_site *site = id.n ? pp_refs_site_of(rd->src->refs, rd->src->sender, id) : NULL;
    if (!site && name.n) site = pp_refs_site_of(rd->src->refs, rd->src->sender, name);
    *ret_location = keep(rd, name, 80);
    *ret_site = site ? site->id : PP_STR_NONE;
}

static void set_occurrence(const json_t *order, struct ev_order_service *s) {
    s->service_date = pp_fhir_date(order, "occurrenceDateTime");
    const json_t *period = json_object_get(order, "occurrencePeriod");
    if (!s->service_date) {
        s->service_date = pp_fhir_date(period, "start");
        s->service_until = pp_fhir_date(period, "end");
    }
}

static void set_quantity(struct reader *rd, const json_t *quantity, struct ev_order_service *s) {
    struct pp_str v = pp_fhir_dec(quantity, "value", rd->src->arena);
    int64_t millionths;
    if (!pp_dec_parse(v, &millionths) || millionths <= 0) return;
    s->units = v;
    struct pp_str code = pp_fhir_str(quantity, "code");
    if (code.n <= 8) s->unit_type = keep(rd, code, 8);
}

static void read_order(struct reader *rd, const json_t *order) {
    struct rcv_subject_builder b;
    struct pp_arena *a = rd->src->arena;
    bool device = pp_fhir_is(order, "DeviceRequest");
    if (!begin_subject(rd, json_object_get(order, "subject"), "/subject", &b)) return;
    struct ev_order_reported *e = pp_arena_new(a, struct ev_order_reported);
    if (!e) return;
    const json_t *number = identifier_of(order, "PLAC");
    struct pp_str order_no = pp_fhir_str(number, "value"), id = pp_fhir_str(order, "id");
    struct pp_str authority = pp_fhir_str(number, "system");
    if (!order_no.n) {
        order_no = id;
        authority = pp_arena_printf(a, "%.*s#%s", PP_FMT(rd->src->sender), device ? "DeviceRequest" : "ServiceRequest");
    }
    if (!order_no.n) return refuse(rd, "/identifier", "the order has neither an identifier nor an id");
    const json_t *concept = json_object_get(order, device ? "codeCodeableConcept" : "code");
    e->service.code = code_of(rd, concept);
    if (!e->service.code.code.n)
        return refuse(rd, device ? "/codeCodeableConcept" : "/code", "the order names no service");
    e->sender = rd->src->sender;
    e->order_no = keep(rd, order_no, 80);
    e->group_no = member(rd, json_object_get(order, device ? "groupIdentifier" : "requisition"), "value", 80);
    e->action = action_of(pp_fhir_str(order, "status"));
    struct pp_str priority = pp_fhir_str(order, "priority");
    e->priority = priority.n && !pp_str_eqz(priority, "routine") ? EV_ORDER_REPORTED_PRIORITY_URGENT
                                                                 : EV_ORDER_REPORTED_PRIORITY_ROUTINE;
    set_site(rd, pp_fhir_at(order, "locationReference", 0), &e->site, &e->location);
    e->ordered_at = pp_fhir_time(order, "authoredOn", rcv_zone(rd->src, e->site));
    e->ordering = provider_of(rd, json_object_get(order, "requester"));
    e->performer = provider_of(rd, device ? json_object_get(order, "performer") : pp_fhir_at(order, "performer", 0));
    set_occurrence(order, &e->service);
    set_quantity(rd, json_object_get(order, "quantityQuantity"), &e->service);
    e->service.diagnoses = pp_arena_array(a, struct pp_str, 12);
    if (!e->service.diagnoses) return;
    for (size_t i = 0; i < pp_fhir_count(order, "reasonCode"); i++)
        add_diagnosis(rd, &e->service, pp_fhir_at(order, "reasonCode", i));
    for (size_t i = 0; i < pp_fhir_count(order, "reasonReference"); i++)
        add_diagnosis(rd, &e->service, json_object_get(resolve(rd, pp_fhir_at(order, "reasonReference", i)), "code"));
    const json_t *patient = resolve(rd, json_object_get(order, "subject"));
    report_patient(rd, patient, rcv_subject_end(rd->src, &b));
    rcv_subject_about(rd->src, &b, RCV_KEY_ORDER, keep(rd, authority, 80), e->order_no);
    rcv_add_report(rd->src, rd->r, RCV_FACT, rcv_subject_end(rd->src, &b), ev_of_order_reported(e));
}

/* Number and authority of the order that a reference names, as read_order has them. */
static struct pp_str order_number(struct reader *rd, const json_t *reference, struct pp_str *ret_authority) {
    const json_t *order = resolve(rd, reference);
    const json_t *number = identifier_of(order, "PLAC");
    if (!number) number = json_object_get(reference, "identifier");
    struct pp_str value = pp_fhir_str(number, "value");
    *ret_authority = keep(rd, pp_fhir_str(number, "system"), 80);
    if (value.n) return keep(rd, value, 80);
    static const char *const types[] = {"ServiceRequest", "DeviceRequest"};
    for (size_t i = 0; i < 2; i++) {
        value = reference_id(pp_fhir_str(reference, "reference"), types[i]);
        *ret_authority = pp_arena_printf(rd->src->arena, "%.*s#%s", PP_FMT(rd->src->sender), types[i]);
        if (value.n) break;
    }
    return keep(rd, value, 80);
}

/* ---- appointments ---- */

static bool visit_action(struct pp_str status, enum ev_visit_reported_action *ret) {
    static const struct {
        const char *word;
        enum ev_visit_reported_action action;
    } map[] = {{"booked", EV_VISIT_REPORTED_ACTION_BOOK},       {"pending", EV_VISIT_REPORTED_ACTION_BOOK},
               {"proposed", EV_VISIT_REPORTED_ACTION_BOOK},     {"arrived", EV_VISIT_REPORTED_ACTION_CHANGE},
               {"checked-in", EV_VISIT_REPORTED_ACTION_CHANGE}, {"waitlist", EV_VISIT_REPORTED_ACTION_CHANGE},
               {"fulfilled", EV_VISIT_REPORTED_ACTION_DONE},    {"cancelled", EV_VISIT_REPORTED_ACTION_CANCEL},
               {"noshow", EV_VISIT_REPORTED_ACTION_NO_SHOW},    {"entered-in-error", EV_VISIT_REPORTED_ACTION_CANCEL}};
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (pp_str_eqz(status, map[i].word)) {
            *ret = map[i].action;
            return true;
        }
    return false;
}

/* The participant's reference that names a resource type. */
static const json_t *actor_of(const json_t *appointment, const char *type, const char *type2) {
    for (size_t i = 0; i < pp_fhir_count(appointment, "participant"); i++) {
        const json_t *actor = json_object_get(pp_fhir_at(appointment, "participant", i), "actor");
        struct pp_str ref = pp_fhir_str(actor, "reference"), named = pp_fhir_str(actor, "type");
        if (reference_id(ref, type).n || pp_str_eqz(named, type)) return actor;
        if (type2 && (reference_id(ref, type2).n || pp_str_eqz(named, type2))) return actor;
    }
    return NULL;
}

/* urn:uuid references do not show their type: look at what they resolve to. */
static const json_t *actor_resolved(struct reader *rd, const json_t *appointment, const char *type, const char *type2) {
    const json_t *found = actor_of(appointment, type, type2);
    for (size_t i = 0; !found && i < pp_fhir_count(appointment, "participant"); i++) {
        const json_t *actor = json_object_get(pp_fhir_at(appointment, "participant", i), "actor");
        const json_t *resource = resolve(rd, actor);
        if (pp_fhir_is(resource, type) || (type2 && pp_fhir_is(resource, type2))) found = actor;
    }
    return found;
}

static void read_appointment(struct reader *rd, const json_t *appointment) {
    struct rcv_subject_builder b;
    struct pp_arena *a = rd->src->arena;
    const json_t *patient = actor_resolved(rd, appointment, "Patient", NULL);
    if (!begin_subject(rd, patient, "/participant", &b)) return;
    struct ev_visit_reported *e = pp_arena_new(a, struct ev_visit_reported);
    if (!e) return;
    if (!visit_action(pp_fhir_str(appointment, "status"), &e->action))
        return refuse(rd, "/status", "is no status of an appointment");
    const json_t *number = identifier_of(appointment, NULL);
    struct pp_str visit_no = pp_fhir_str(number, "value"), authority = pp_fhir_str(number, "system");
    if (!visit_no.n) {
        visit_no = pp_fhir_str(appointment, "id");
        authority = pp_arena_printf(a, "%.*s#Appointment", PP_FMT(rd->src->sender));
    }
    if (!visit_no.n) return refuse(rd, "/identifier", "the appointment has neither an identifier nor an id");
    e->sender = rd->src->sender;
    e->visit_no = keep(rd, visit_no, 80);
    set_site(rd, actor_resolved(rd, appointment, "Location", NULL), &e->site, &e->location);
    e->zone = keep(rd, rcv_zone(rd->src, e->site), 40);
    e->start = pp_fhir_time(appointment, "start", e->zone);
    e->date = e->start ? pp_zone_date(e->zone, e->start) : 0;
    e->minutes = pp_fhir_int(appointment, "minutesDuration");
    e->provider = provider_of(rd, actor_resolved(rd, appointment, "Practitioner", "PractitionerRole"));
    e->service = code_of(rd, pp_fhir_at(appointment, "serviceType", 0));
    e->reason = keep(rd, pp_fhir_str(json_object_get(appointment, "cancelationReason"), "text"), 120);
    report_patient(rd, resolve(rd, patient), rcv_subject_end(rd->src, &b));
    rcv_subject_about(rd->src, &b, RCV_KEY_APPOINTMENT, keep(rd, authority, 80), e->visit_no);
    for (size_t i = 0; i < pp_fhir_count(appointment, "basedOn"); i++) {
        struct pp_str order_authority;
        struct pp_str order = order_number(rd, pp_fhir_at(appointment, "basedOn", i), &order_authority);
        if (!e->order_no.n) e->order_no = order;
        rcv_subject_about(rd->src, &b, RCV_KEY_ORDER, order_authority, order);
    }
    rcv_add_report(rd->src, rd->r, RCV_FACT, rcv_subject_end(rd->src, &b), ev_of_visit_reported(e));
}

/* ---- documents ---- */

static enum ev_document_reported_status document_status(const json_t *doc) {
    struct pp_str status = pp_fhir_str(doc, "status"), state = pp_fhir_str(doc, "docStatus");
    if (!pp_str_eqz(status, "current") || pp_str_eqz(state, "entered-in-error"))
        return EV_DOCUMENT_REPORTED_STATUS_CANCELLED;
    if (pp_str_eqz(state, "final")) return EV_DOCUMENT_REPORTED_STATUS_FINAL;
    if (pp_str_eqz(state, "amended")) return EV_DOCUMENT_REPORTED_STATUS_AMENDED;
    if (pp_str_eqz(state, "preliminary")) return EV_DOCUMENT_REPORTED_STATUS_PRELIMINARY;
    return EV_DOCUMENT_REPORTED_STATUS_UNKNOWN;
}

static void read_document(struct reader *rd, const json_t *doc) {
    struct rcv_subject_builder b;
    struct pp_arena *a = rd->src->arena;
    if (!begin_subject(rd, json_object_get(doc, "subject"), "/subject", &b)) return;
    const json_t *attachment = json_object_get(pp_fhir_at(doc, "content", 0), "attachment");
    struct pp_str data = pp_fhir_str(attachment, "data"), bytes;
    if (!data.n) return refuse(rd, "/content/0/attachment/data", "the document is not inline");
    if (!pp_hl7_base64(a, data, &bytes)) return refuse(rd, "/content/0/attachment/data", "is no base64");
    struct ev_document_reported *e = pp_arena_new(a, struct ev_document_reported);
    if (!e) return;
    const json_t *number = json_object_get(doc, "masterIdentifier");
    if (!number) number = identifier_of(doc, NULL);
    struct pp_str document_no = pp_fhir_str(number, "value"), authority = pp_fhir_str(number, "system");
    if (!document_no.n) {
        document_no = pp_fhir_str(doc, "id");
        authority = pp_arena_printf(a, "%.*s#DocumentReference", PP_FMT(rd->src->sender));
    }
    if (!document_no.n) return refuse(rd, "/identifier", "the document has neither an identifier nor an id");
    char hex[PP_SHA256_HEX + 1];
    pp_sha256_hex(bytes, hex);
    e->sender = rd->src->sender;
    e->document_no = keep(rd, document_no, 80);
    e->type = code_of(rd, json_object_get(doc, "type"));
    if (!e->type.code.n) return refuse(rd, "/type", "the document has no type");
    e->title = member(rd, attachment, "title", 200);
    if (!e->title.n) e->title = member(rd, doc, "description", 200);
    e->status = document_status(doc);
    e->signed_ = json_object_get(doc, "authenticator") != NULL || e->status == EV_DOCUMENT_REPORTED_STATUS_FINAL;
    struct pp_str zone = rcv_zone(rd->src, PP_STR_NONE);
    e->authored = pp_fhir_time(doc, "date", zone);
    if (!e->authored) e->authored = pp_fhir_time(attachment, "creation", zone);
    e->author = provider_of(rd, pp_fhir_at(doc, "author", 0));
    struct pp_str type = pp_fhir_str(attachment, "contentType");
    e->content_type = keep(rd, type.n ? type : PP_STR("application/octet-stream"), 80);
    e->hash = pp_arena_strz(a, hex);
    e->size = bytes.n;
    report_patient(rd, resolve(rd, json_object_get(doc, "subject")), rcv_subject_end(rd->src, &b));
    rcv_subject_about(rd->src, &b, RCV_KEY_DOCUMENT, keep(rd, authority, 80), e->document_no);
    const json_t *context = json_object_get(doc, "context");
    for (size_t i = 0; i < pp_fhir_count(context, "related"); i++) {
        struct pp_str order_authority;
        struct pp_str order = order_number(rd, pp_fhir_at(context, "related", i), &order_authority);
        if (!e->order_no.n) e->order_no = order;
        rcv_subject_about(rd->src, &b, RCV_KEY_ORDER, order_authority, order);
    }
    struct rcv_report *r =
        rcv_add_report(rd->src, rd->r, RCV_FACT, rcv_subject_end(rd->src, &b), ev_of_document_reported(e));
    if (r) r->blob = bytes;
}

/* ---- the message ---- */

/* True when the resource is one of those that we take. */
static bool read_resource(struct reader *rd, const json_t *resource) {
    rd->resource = resource;
    if (pp_fhir_is(resource, "Coverage"))
        read_coverage(rd, resource);
    else if (pp_fhir_is(resource, "ServiceRequest") || pp_fhir_is(resource, "DeviceRequest"))
        read_order(rd, resource);
    else if (pp_fhir_is(resource, "Appointment"))
        read_appointment(rd, resource);
    else if (pp_fhir_is(resource, "DocumentReference"))
        read_document(rd, resource);
    else
        return false;
    return true;
}

static void read_bundle(struct reader *rd) {
    static const char *const kinds[] = {"transaction", "batch", "collection", "message"};
    struct pp_str type = pp_fhir_str(rd->bundle, "type");
    bool known = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) known = known || pp_str_eqz(type, kinds[i]);
    if (!known) {
        rcv_refuse(rd->src, rd->r, PP_STR("/type"), "a Bundle must be a transaction, batch, collection or message");
        return;
    }
    /* coverages before orders, orders before what names them: a case then opens complete */
    static const char *const order[] = {"Coverage", "ServiceRequest", "DeviceRequest", "Appointment",
                                        "DocumentReference"};
    bool any = false;
    for (size_t pass = 0; pass < sizeof order / sizeof order[0]; pass++)
        for (size_t i = 0; i < pp_fhir_count(rd->bundle, "entry"); i++) {
            const json_t *resource = json_object_get(pp_fhir_at(rd->bundle, "entry", i), "resource");
            if (!pp_fhir_is(resource, order[pass])) continue;
            snprintf(rd->place, sizeof rd->place, "/entry/%zu/resource", i);
            any = read_resource(rd, resource) || any;
        }
    rd->r->not_used = !any;
}

void rcv_read_fhir(const struct rcv_source *src, struct pp_str bytes, struct rcv_reading *r) {
    struct reader rd = {.src = src, .r = r};
    struct pp_err err;
    memset(r, 0, sizeof *r);
    json_t *doc = pp_fhir_parse(bytes, &err);
    if (!doc) {
        rcv_refuse(src, r, PP_STR_NONE, "%s", err.msg);
        return;
    }
    struct pp_str type = pp_fhir_str(doc, "resourceType");
    r->type = keep(&rd, type, 40);
    if (pp_fhir_is(doc, "Bundle")) {
        rd.bundle = doc;
        read_bundle(&rd);
    } else if (!type.n) {
        rcv_refuse(src, r, PP_STR("/resourceType"), "is missing");
    } else {
        r->not_used = !read_resource(&rd, doc);
    }
    json_decref(doc);
}
