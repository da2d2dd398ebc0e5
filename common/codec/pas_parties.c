#include "codec/pas_build.h"

#include <stdio.h>

static void telecom(struct pp_fw *w, struct pp_str phone) {
    if (pp_str_empty(phone)) return;
    pp_fw_array(w, "telecom");
    pp_fw_object(w, NULL);
    pp_fw_z(w, "system", "phone");
    pp_fw_str(w, "value", phone);
    pp_fw_end(w);
    pp_fw_end(w);
}

static void address(struct pp_fw *w, struct pp_str line, struct pp_str city, struct pp_str state, struct pp_str zip) {
    if (pp_str_empty(line) && pp_str_empty(city) && pp_str_empty(zip)) return;
    pp_fw_array(w, "address");
    pp_fw_object(w, NULL);
    if (line.n) {
        pp_fw_array(w, "line");
        pp_fw_str(w, NULL, line);
        pp_fw_end(w);
    }
    pp_fw_str(w, "city", city);
    pp_fw_str(w, "state", state);
    pp_fw_str(w, "postalCode", zip);
    pp_fw_z(w, "country", "US");
    pp_fw_end(w);
    pp_fw_end(w);
}

static void name(struct pp_fw *w, struct pp_str family, struct pp_str given, struct pp_str middle) {
    pp_fw_array(w, "name");
    pp_fw_object(w, NULL);
    pp_fw_str(w, "family", family);
    if (given.n) {
        pp_fw_array(w, "given");
        pp_fw_str(w, NULL, given);
        pp_fw_str(w, NULL, middle);
        pp_fw_end(w);
    }
    pp_fw_end(w);
    pp_fw_end(w);
}

static void id_system(struct pp_fw *w, const char *type, const char *what, struct pp_str owner, struct pp_str value) {
    if (pp_str_empty(value)) return;
    char system[160];
    snprintf(system, sizeof system, "https://priorpath.dev/ids/%s/%.*s", what, PP_FMT(owner));
    pp_fw_identifier(w, NULL, type, pp_str_z(system), value);
}

static void organization(struct pas_build *b, const char *id, const char *profile, const struct pp_pas_org *o,
                         struct pp_str entity) {
    struct pp_fw *w = &b->w;
    pas_entry(b, pas_id(b->q->req->submission_id, id), "Organization", profile);
    if (o->npi.n || o->identifier.n) {
        pp_fw_array(w, "identifier");
        pp_fw_identifier(w, NULL, NULL, PP_STR(PAS_NPI), o->npi);
        if (o->identifier.n) {
            pp_fw_object(w, NULL);
            pp_fw_concept(w, "type", "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType",
                          PP_STR("payerid"));
            pp_fw_str(w, "system", o->identifier_system);
            pp_fw_str(w, "value", o->identifier);
            pp_fw_end(w);
        }
        pp_fw_end(w);
    }
    pp_fw_bool(w, "active", true);
    pp_fw_array(w, "type");
    pp_fw_concept(w, NULL, PAS_X12("98"), entity);
    pp_fw_end(w);
    pp_fw_str(w, "name", o->name);
    telecom(w, o->phone);
    address(w, o->address, o->city, o->state, o->zip);
    pas_entry_end(b);
}

static const char *gender(enum ev_patient_sex s) {
    switch (s) {
    case EV_PATIENT_SEX_F: return "female";
    case EV_PATIENT_SEX_M: return "male";
    case EV_PATIENT_SEX_O: return "other";
    default: return "unknown";
    }
}

static void patient(struct pas_build *b) {
    struct pp_fw *w = &b->w;
    const struct ev_pas_submit *r = b->q->req;
    const struct ev_patient *p = &r->case_.patient;
    const struct ev_coverage *c = pas_coverage(r);
    pas_entry(b, pas_id(r->submission_id, "patient"), "Patient", "profile-beneficiary");
    pp_fw_array(w, "identifier");
    id_system(w, "MB", "member", r->payer, c->member_id);
    id_system(w, "MR", "mrn", b->q->tenant, p->mrn);
    pp_fw_end(w);
    name(w, p->family, p->given, p->middle);
    telecom(w, p->phone);
    pp_fw_z(w, "gender", gender(p->sex));
    pp_fw_date(w, "birthDate", p->birth_date);
    address(w, p->address_line, p->city, p->state, p->zip);
    pas_entry_end(b);
}

static void subscriber(struct pas_build *b) {
    struct pp_fw *w = &b->w;
    const struct ev_pas_submit *r = b->q->req;
    const struct ev_coverage *c = pas_coverage(r);
    pas_entry(b, pas_id(r->submission_id, "subscriber"), "Patient", "profile-subscriber");
    pp_fw_array(w, "identifier");
    id_system(w, "MB", "member", r->payer, c->member_id);
    pp_fw_end(w);
    name(w, c->subscriber_family, c->subscriber_given, PP_STR_NONE);
    pp_fw_z(w, "gender", "unknown"); /* required by the profile; a coverage does not say it */
    pp_fw_date(w, "birthDate", c->subscriber_birth_date);
    pas_entry_end(b);
}

static void relationship(struct pp_fw *w, enum ev_coverage_relation relation) {
    static const struct {
        const char *fhir, *x12;
    } codes[] = {
        [EV_COVERAGE_RELATION_NONE] = {"self", "18"},     [EV_COVERAGE_RELATION_SELF] = {"self", "18"},
        [EV_COVERAGE_RELATION_SPOUSE] = {"spouse", "01"}, [EV_COVERAGE_RELATION_CHILD] = {"child", "19"},
        [EV_COVERAGE_RELATION_OTHER] = {"other", "G8"},
    };
    pp_fw_object(w, "relationship");
    pp_fw_array(w, "coding");
    pp_fw_object(w, NULL);
    pp_fw_z(w, "system", "http://terminology.hl7.org/CodeSystem/subscriber-relationship");
    pp_fw_z(w, "code", codes[relation].fhir);
    pp_fw_end(w);
    pp_fw_object(w, NULL);
    pp_fw_z(w, "system", PAS_X12("1069"));
    pp_fw_z(w, "code", codes[relation].x12);
    pp_fw_end(w);
    pp_fw_end(w);
    pp_fw_end(w);
}

static void coverage_class(struct pp_fw *w, const char *type, struct pp_str value) {
    if (pp_str_empty(value)) return;
    pp_fw_object(w, NULL);
    pp_fw_concept(w, "type", "http://terminology.hl7.org/CodeSystem/coverage-class", pp_str_z(type));
    pp_fw_str(w, "value", value);
    pp_fw_end(w);
}

static void coverage(struct pas_build *b) {
    struct pp_fw *w = &b->w;
    const struct ev_pas_submit *r = b->q->req;
    const struct ev_coverage *c = pas_coverage(r);
    bool other = pas_subscriber_is_other(r);
    pas_entry(b, pas_id(r->submission_id, "coverage"), "Coverage", "profile-coverage");
    pp_fw_array(w, "identifier");
    id_system(w, "MB", "member", r->payer, c->member_id);
    pp_fw_end(w);
    pp_fw_z(w, "status", "active");
    pp_fw_ref(w, "subscriber", pas_id(r->submission_id, other ? "subscriber" : "patient"));
    pp_fw_str(w, "subscriberId", c->member_id);
    pp_fw_ref(w, "beneficiary", pas_id(r->submission_id, "patient"));
    relationship(w, c->relation);
    if (c->effective || c->expires) {
        pp_fw_object(w, "period");
        pp_fw_date(w, "start", c->effective);
        pp_fw_date(w, "end", c->expires);
        pp_fw_end(w);
    }
    pp_fw_array(w, "payor");
    pp_fw_ref(w, NULL, pas_id(r->submission_id, "insurer"));
    pp_fw_end(w);
    if (c->group_no.n || c->plan.n) {
        pp_fw_array(w, "class");
        coverage_class(w, "group", c->group_no);
        coverage_class(w, "plan", c->plan);
        pp_fw_end(w);
    }
    pas_entry_end(b);
}

static void practitioner(struct pas_build *b) {
    struct pp_fw *w = &b->w;
    const struct ev_pas_submit *r = b->q->req;
    const struct ev_provider *p = &r->case_.ordering;
    pas_entry(b, pas_id(r->submission_id, "practitioner"), "Practitioner", "profile-practitioner");
    pp_fw_array(w, "identifier");
    pp_fw_identifier(w, NULL, NULL, PP_STR(PAS_NPI), p->npi);
    pp_fw_end(w);
    name(w, p->family, p->given, PP_STR_NONE);
    pas_entry_end(b);
    pas_entry(b, pas_id(r->submission_id, "role"), "PractitionerRole", "profile-practitionerrole");
    pp_fw_bool(w, "active", true);
    pp_fw_ref(w, "practitioner", pas_id(r->submission_id, "practitioner"));
    pp_fw_ref(w, "organization", pas_id(r->submission_id, "provider"));
    telecom(w, b->q->provider.phone);
    pas_entry_end(b);
}

void pas_write_parties(struct pas_build *b) {
    const struct ev_case *c = &b->q->req->case_;
    patient(b);
    if (pas_subscriber_is_other(b->q->req)) subscriber(b);
    coverage(b);
    organization(b, "insurer", "profile-insurer", &b->q->insurer, PP_STR("PR"));
    organization(b, "provider", "profile-requestor", &b->q->provider, PP_STR("1P"));
    if (pas_has_practitioner(c)) practitioner(b);
}
