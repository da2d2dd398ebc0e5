#include "codec/pas_build.h"

#include <stdio.h>

struct pp_uuid pas_id(struct pp_uuid submission, const char *name) {
    struct pp_uuid u = pp_uuid_derive(submission, pp_str_z(name));
    /* Conformance suites accept only urn:uuid of version 4 as fullUrl, so the derived id wears that version. */
    u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x40);
    return u;
}

struct pp_uuid pas_id_service(const struct ev_pas_submit *r, const struct ev_case_line *l) {
    char name[64];
    snprintf(name, sizeof name, "service/%d/%.*s/%.*s", (int)l->line, PP_FMT(l->code), PP_FMT(l->units));
    return pas_id(r->submission_id, name);
}

struct pp_uuid pas_id_document(const struct ev_pas_submit *r, struct pp_uuid document) {
    char name[9 + PP_UUID_TEXT + 1] = "document/";
    pp_uuid_text(document, name + 9);
    return pas_id(r->submission_id, name);
}

const struct ev_coverage *pas_coverage(const struct ev_pas_submit *r) {
    const struct ev_case *c = &r->case_;
    for (size_t i = 0; i < c->coverages_n; i++)
        if (r->payer.n && pp_str_eq(c->coverages[i].payer, r->payer)) return &c->coverages[i];
    return c->coverages_n ? &c->coverages[0] : NULL;
}

bool pas_subscriber_is_other(const struct ev_pas_submit *r) {
    const struct ev_coverage *c = pas_coverage(r);
    return c && c->relation > EV_COVERAGE_RELATION_SELF && c->subscriber_family.n;
}

/* The profile wants an identifier and a family name; an order that names its provider less is sent without one. */
bool pas_has_practitioner(const struct ev_case *c) { return c->ordering.npi.n && c->ordering.family.n; }

const struct ev_case_line *pas_line(const struct ev_case *c, int64_t line) {
    for (size_t i = 0; i < c->lines_n; i++)
        if (c->lines[i].line == line) return &c->lines[i];
    return NULL;
}

bool pas_has_line(const int64_t *lines, size_t n, int64_t line) {
    for (size_t i = 0; i < n; i++)
        if (lines[i] == line) return true;
    return false;
}

static void profile_of(struct pp_fw *w, const char *profile) {
    char url[160];
    snprintf(url, sizeof url, PAS_SD "%s", profile);
    pp_fw_object(w, "meta");
    pp_fw_array(w, "profile");
    pp_fw_z(w, NULL, url);
    pp_fw_end(w);
    pp_fw_end(w);
}

void pas_entry(struct pas_build *b, struct pp_uuid id, const char *type, const char *profile) {
    struct pp_fw *w = &b->w;
    char text[PP_UUID_TEXT + 1];
    pp_uuid_text(id, text);
    pp_fw_object(w, NULL);
    pp_fw_urn(w, "fullUrl", id);
    pp_fw_object(w, "resource");
    pp_fw_z(w, "resourceType", type);
    pp_fw_z(w, "id", text);
    profile_of(w, profile);
}

void pas_entry_end(struct pas_build *b) {
    pp_fw_end(&b->w);
    pp_fw_end(&b->w);
}

static void service(struct pas_build *b, const struct ev_case_line *l) {
    struct pp_fw *w = &b->w;
    const struct ev_pas_submit *r = b->q->req;
    bool device = pas_is_device(l->code);
    pas_entry(b, pas_id_service(r, l), device ? "DeviceRequest" : "ServiceRequest",
              device ? "profile-devicerequest" : "profile-servicerequest");
    if (l->order_no.n) {
        pp_fw_array(w, "identifier");
        pp_fw_identifier(w, NULL, "PLAC", PP_STR("https://priorpath.dev/ids/order"), l->order_no);
        pp_fw_end(w);
    }
    pp_fw_z(w, "status", "active");
    pp_fw_z(w, "intent", "order");
    pp_fw_concept(w, device ? "codeCodeableConcept" : "code", pas_code_system(l->code), l->code);
    if (!device) {
        pp_fw_object(w, "quantityQuantity");
        pp_fw_dec(w, "value", l->units.n ? l->units : PP_STR("1"));
        pp_fw_z(w, "system", PAS_X12("673"));
        pp_fw_str(w, "code", l->unit_type.n ? l->unit_type : PP_STR("UN"));
        pp_fw_end(w);
    }
    pp_fw_ref(w, "subject", pas_id(r->submission_id, "patient"));
    if (l->service_date) {
        pp_fw_object(w, "occurrenceTiming");
        pp_fw_array(w, "event");
        pp_fw_date(w, NULL, l->service_date);
        pp_fw_end(w);
        pp_fw_end(w);
    }
    pp_fw_time(w, "authoredOn", r->case_.ordered_at);
    if (pas_has_practitioner(&r->case_)) pp_fw_ref(w, "requester", pas_id(r->submission_id, "practitioner"));
    pas_entry_end(b);
}

static void services(struct pas_build *b) {
    const struct ev_pas_submit *r = b->q->req;
    for (size_t i = 0; i < r->lines_n; i++) {
        const struct ev_case_line *l = pas_line(&r->case_, r->lines[i]);
        if (l) service(b, l);
    }
    /* The prior Claim names the service as it was then; an unchanged one is the same resource and stands once. */
    for (size_t i = 0; i < r->prior_lines_n; i++) {
        const struct ev_case_line *was = pas_line(&r->prior_case, r->prior_lines[i]);
        const struct ev_case_line *is =
            pas_has_line(r->lines, r->lines_n, r->prior_lines[i]) ? pas_line(&r->case_, r->prior_lines[i]) : NULL;
        if (was && (!is || !pp_uuid_eq(pas_id_service(r, was), pas_id_service(r, is)))) service(b, was);
    }
}

static void document(struct pas_build *b, const struct ev_packet_document *d, struct pp_str bytes,
                     struct pp_str loinc) {
    struct pp_fw *w = &b->w;
    const struct ev_pas_submit *r = b->q->req;
    pas_entry(b, pas_id_document(r, d->document_id), "DocumentReference", "profile-documentreference");
    pp_fw_z(w, "status", "current");
    pp_fw_concept(w, "type", PAS_LOINC, loinc.n ? loinc : PP_STR("34109-9"));
    pp_fw_array(w, "category");
    pp_fw_concept(w, NULL, "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
                  PP_STR("clinical-note"));
    pp_fw_end(w);
    pp_fw_ref(w, "subject", pas_id(r->submission_id, "patient"));
    if (d->authored) {
        /* The record keeps the day; an instant needs a time, and noon UTC is the same day all over the country. */
        char day[11], at[32];
        pp_date_text(d->authored, day);
        snprintf(at, sizeof at, "%sT12:00:00Z", day);
        pp_fw_z(w, "date", at);
    }
    pp_fw_array(w, "content");
    pp_fw_object(w, NULL);
    pp_fw_object(w, "attachment");
    pp_fw_str(w, "contentType", d->content_type);
    pp_fw_base64(w, "data", bytes);
    pp_fw_str(w, "title", d->title);
    pp_fw_end(w);
    pp_fw_end(w);
    pp_fw_end(w);
    pas_entry_end(b);
}

static int missing(struct pp_err *err, const char *member) {
    return pp_err_set(err, PP_ERR_INVALID, "%s is missing", member);
}

static int check(const struct pp_pas_request *q, struct pp_err *err) {
    const struct ev_pas_submit *r = q->req;
    const struct ev_coverage *c = pas_coverage(r);
    size_t lines = 0;
    if (!c) return missing(err, "coverage");
    if (!c->member_id.n) return missing(err, "coverage.member_id");
    if (!r->case_.patient.family.n) return missing(err, "patient.family");
    if (!q->insurer.name.n) return missing(err, "insurer.name");
    if (!q->provider.name.n) return missing(err, "provider.name");
    for (size_t i = 0; i < r->lines_n; i++) {
        const struct ev_case_line *l = pas_line(&r->case_, r->lines[i]);
        if (!l) return pp_err_set(err, PP_ERR_INVALID, "line %d is not in the case", (int)r->lines[i]);
        if (!l->code.n) return pp_err_set(err, PP_ERR_INVALID, "line %d: code is missing", (int)l->line);
        lines++;
    }
    for (size_t i = 0; i < r->prior_documents_n; i++) {
        size_t k = 0;
        while (k < r->documents_n && !pp_uuid_eq(r->documents[k].document_id, r->prior_documents[i].document_id)) k++;
        if (k == r->documents_n) return missing(err, "a document of the prior request");
    }
    return lines ? 0 : missing(err, "lines");
}

static void bundle_begin(struct pas_build *b, const char *profile, struct pp_uuid id) {
    struct pp_fw *w = &b->w;
    char text[PP_UUID_TEXT + 1];
    pp_uuid_text(id, text);
    pp_fw_object(w, NULL);
    pp_fw_z(w, "resourceType", "Bundle");
    pp_fw_z(w, "id", text);
    profile_of(w, profile);
    pp_fw_identifier(w, "identifier", NULL, PP_STR("https://priorpath.dev/ids/bundle"), pp_str_z(text));
    pp_fw_z(w, "type", "collection");
    pp_fw_time(w, "timestamp", b->q->req->created);
    pp_fw_array(w, "entry");
}

static int bundle_end(struct pas_build *b, struct pp_err *err) {
    pp_fw_end(&b->w);
    pp_fw_end(&b->w);
    if (pp_fw_ok(&b->w)) return 0;
    return pp_err_set(err, PP_ERR_LIMIT, "request is larger than %zu bytes", b->w.b->max);
}

int pp_pas_build_submit(const struct pp_pas_request *q, struct pp_buf *ret, struct pp_err *err) {
    const struct ev_pas_submit *r = q->req;
    if (check(q, err) < 0) return -1;
    bool prior = r->kind != EV_PAS_SUBMIT_KIND_INITIAL && r->prior_lines_n > 0;
    if (r->kind == EV_PAS_SUBMIT_KIND_CANCEL && !prior) return missing(err, "prior request");
    struct pas_build b = {.q = q};
    pp_fw_init(&b.w, ret);
    bundle_begin(&b, "profile-pas-request-bundle", q->job);
    pas_write_claim(&b, PAS_CLAIM_REQUEST);
    if (prior) pas_write_claim(&b, PAS_CLAIM_PRIOR);
    pas_write_parties(&b);
    services(&b);
    for (size_t i = 0; i < r->documents_n; i++) document(&b, &r->documents[i], q->bytes[i], q->loinc[i]);
    return bundle_end(&b, err);
}

int pp_pas_build_inquiry(const struct pp_pas_request *q, struct pp_buf *ret, struct pp_err *err) {
    if (check(q, err) < 0) return -1;
    struct pas_build b = {.q = q};
    pp_fw_init(&b.w, ret);
    bundle_begin(&b, "profile-pas-inquiry-request-bundle", pas_id(q->job, "inquiry"));
    pas_write_claim(&b, PAS_CLAIM_INQUIRY);
    pas_write_parties(&b);
    return bundle_end(&b, err);
}

#define BACKPORT "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"

int pp_pas_build_subscription(const struct pp_pas_subscription *s, struct pp_buf *ret, struct pp_err *err) {
    struct pp_fw w;
    char filter[160];
    if (!s->endpoint.n) return missing(err, "endpoint");
    if (!s->org.n) return missing(err, "org");
    snprintf(filter, sizeof filter, "%.*s=%.*s", PP_FMT(s->filter.n ? s->filter : PP_STR("org-identifier")),
             PP_FMT(s->org));
    pp_fw_init(&w, ret);
    pp_fw_object(&w, NULL);
    pp_fw_z(&w, "resourceType", "Subscription");
    profile_of(&w, "profile-subscription");
    pp_fw_z(&w, "status", "requested");
    pp_fw_time(&w, "end", s->end_ms);
    pp_fw_z(&w, "reason", "Decisions on prior authorization requests of our organization");
    pp_fw_z(&w, "criteria", "http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic");
    pp_fw_object(&w, "_criteria");
    pp_fw_array(&w, "extension");
    pp_fw_ext_str(&w, BACKPORT "filter-criteria", pp_str_z(filter));
    pp_fw_end(&w);
    pp_fw_end(&w);
    pp_fw_object(&w, "channel");
    pp_fw_z(&w, "type", "rest-hook");
    pp_fw_str(&w, "endpoint", s->endpoint);
    pp_fw_z(&w, "payload", "application/fhir+json");
    pp_fw_object(&w, "_payload");
    pp_fw_array(&w, "extension");
    pp_fw_ext_code(&w, BACKPORT "payload-content", "full-resource");
    pp_fw_end(&w);
    pp_fw_end(&w);
    if (s->header.n) {
        pp_fw_array(&w, "header");
        pp_fw_str(&w, NULL, s->header);
        pp_fw_end(&w);
    }
    pp_fw_end(&w);
    pp_fw_end(&w);
    return pp_fw_ok(&w) ? 0 : pp_err_set(err, PP_ERR_LIMIT, "subscription does not fit");
}
