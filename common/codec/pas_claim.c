#include "codec/pas_build.h"

#include <stdio.h>

/* The lines, documents and case of the Claim that is being written: the request's own, or those of the prior one. */
struct claim {
    const struct ev_case *case_;
    const int64_t *lines;
    size_t lines_n;
    const struct ev_packet_document *documents;
    size_t documents_n;
    struct pp_str trace;
    int64_t created;
    enum pas_claim_kind kind;
    bool update;                          /* this Claim updates or cancels another */
    const struct ev_case_line *items[80]; /* 40 of this request, and 40 of the prior that are taken back */
    bool gone[80];
    size_t items_n;
    struct pp_str dx[PP_PAS_DX_MAX];
    size_t dx_n;
};

static size_t dx_index(struct claim *c, struct pp_str code) {
    for (size_t i = 0; i < c->dx_n; i++)
        if (pp_str_eq(c->dx[i], code)) return i + 1;
    if (c->dx_n == PP_PAS_DX_MAX) return 0;
    c->dx[c->dx_n++] = code;
    return c->dx_n;
}

static void item_add(struct claim *c, const struct ev_case_line *l, bool gone) {
    if (!l || c->items_n == sizeof c->items / sizeof c->items[0]) return;
    c->gone[c->items_n] = gone;
    c->items[c->items_n++] = l;
    for (size_t i = 0; i < l->diagnoses_n; i++) dx_index(c, l->diagnoses[i]);
}

static void collect(struct claim *c, const struct ev_pas_submit *r) {
    bool cancel = c->kind == PAS_CLAIM_REQUEST && r->kind == EV_PAS_SUBMIT_KIND_CANCEL;
    for (size_t i = 0; i < c->lines_n; i++) item_add(c, pas_line(c->case_, c->lines[i]), cancel);
    if (!c->update) return;
    /* An update keeps every line of the prior request; what is no longer asked for stays and is marked cancelled. What
     * an extension is not about stays as it was. */
    for (size_t i = 0; i < r->prior_lines_n; i++)
        if (!pas_has_line(c->lines, c->lines_n, r->prior_lines[i]))
            item_add(c, pas_line(&r->prior_case, r->prior_lines[i]), r->kind != EV_PAS_SUBMIT_KIND_EXTENSION);
}

static struct pp_str org_of(const struct pp_pas_request *q) {
    return q->provider.npi.n ? q->provider.npi : PP_STR("0000000000");
}

static void claim_identifier(struct pas_build *b, struct pp_str trace) {
    char system[64];
    snprintf(system, sizeof system, "urn:trnorg:%.*s", PP_FMT(org_of(b->q)));
    pp_fw_array(&b->w, "identifier");
    pp_fw_identifier(&b->w, NULL, NULL, pp_str_z(system), trace);
    pp_fw_end(&b->w);
}

static void claim_extensions(struct pas_build *b, const struct claim *c) {
    struct pp_fw *w = &b->w;
    const struct ev_pas_submit *r = b->q->req;
    struct pp_str level = PP_STR_NONE;
    if (c->case_->urgency == EV_CASE_URGENCY_URGENT) level = PP_STR("U");
    if (c->case_->urgency == EV_CASE_URGENCY_EMERGENCY) level = PP_STR("03");
    bool cancel = c->update && r->kind == EV_PAS_SUBMIT_KIND_CANCEL;
    bool numbers = c->update && (r->authorization.n || r->reference.n);
    if (!level.n && !cancel && !numbers) return;
    pp_fw_array(w, "extension");
    pp_fw_ext_concept(w, PAS_EXT("levelOfServiceCode"), PAS_X12("1338"), level);
    if (cancel) pp_fw_ext_concept(w, PAS_EXT("certificationType"), PAS_X12("1322"), PP_STR("3"));
    if (c->update) {
        pp_fw_ext_str(w, PAS_EXT("authorizationNumber"), r->authorization);
        pp_fw_ext_str(w, PAS_EXT("administrationReferenceNumber"), r->reference);
    }
    pp_fw_end(w);
}

static void related(struct pas_build *b) {
    struct pp_fw *w = &b->w;
    pp_fw_array(w, "related");
    pp_fw_object(w, NULL);
    pp_fw_ref(w, "claim", pas_id(b->q->req->prior_submission, "claim"));
    pp_fw_concept(w, "relationship", "http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship",
                  PP_STR("prior"));
    pp_fw_end(w);
    pp_fw_end(w);
}

static void care_team(struct pas_build *b) {
    struct pp_fw *w = &b->w;
    pp_fw_array(w, "careTeam");
    pp_fw_object(w, NULL);
    pp_fw_array(w, "extension");
    pp_fw_ext_bool(w, PAS_EXT("careTeamClaimScope"), true);
    pp_fw_end(w);
    pp_fw_int(w, "sequence", 1);
    pp_fw_ref(w, "provider", pas_id(b->q->req->submission_id, "role"));
    pp_fw_concept(w, "role", PAS_X12("98"), PP_STR("DK")); /* ordering physician */
    pp_fw_end(w);
    pp_fw_end(w);
}

static const struct ev_packet_document *prior_document(const struct ev_pas_submit *r, struct pp_uuid id) {
    for (size_t i = 0; i < r->prior_documents_n; i++)
        if (pp_uuid_eq(r->prior_documents[i].document_id, id)) return &r->prior_documents[i];
    return NULL;
}

static void supporting_info(struct pas_build *b, const struct claim *c) {
    struct pp_fw *w = &b->w;
    const struct ev_pas_submit *r = b->q->req;
    if (!c->documents_n) return;
    pp_fw_array(w, "supportingInfo");
    for (size_t i = 0; i < c->documents_n; i++) {
        const struct ev_packet_document *d = &c->documents[i], *before = prior_document(r, d->document_id);
        pp_fw_object(w, NULL);
        pp_fw_array(w, "extension");
        pp_fw_object(w, NULL);
        pp_fw_z(w, "url", PAS_EXT("documentInformation"));
        pp_fw_array(w, "extension");
        pp_fw_ext_concept(w, "reportTypeCode", PAS_X12("755"), pas_report_type(d->item));
        pp_fw_ext_concept(w, "transmissionMethod", PAS_X12("756"), PP_STR("EL"));
        pp_fw_ext_str(w, "controlNumber", d->control_no);
        pp_fw_ext_str(w, "description", d->title);
        pp_fw_end(w);
        pp_fw_end(w);
        if (c->update && (!before || !pp_str_eq(before->hash, d->hash)))
            pp_fw_ext_code(w, PAS_EXT("infoChanged"), before ? "changed" : "added");
        pp_fw_end(w);
        pp_fw_int(w, "sequence", (int64_t)i + 1);
        pp_fw_concept(w, "category", PAS_TEMP, PP_STR("additionalInformation"));
        pp_fw_ref(w, "valueReference", pas_id_document(r, d->document_id));
        pp_fw_end(w);
    }
    pp_fw_end(w);
}

static void diagnoses(struct pas_build *b, const struct claim *c) {
    struct pp_fw *w = &b->w;
    if (!c->dx_n) return;
    pp_fw_array(w, "diagnosis");
    for (size_t i = 0; i < c->dx_n; i++) {
        /* ICD-10-CM writes its point after the third character; senders often leave it out. */
        char code[16];
        struct pp_str d = c->dx[i];
        bool point = d.n <= 3 || memchr(d.s, '.', d.n);
        if (point)
            snprintf(code, sizeof code, "%.*s", PP_FMT(d));
        else
            snprintf(code, sizeof code, "%.3s.%.*s", d.s, (int)d.n - 3, d.s + 3);
        pp_fw_object(w, NULL);
        pp_fw_int(w, "sequence", (int64_t)i + 1);
        pp_fw_concept(w, "diagnosisCodeableConcept", PAS_ICD10, pp_str_z(code));
        if (i == 0) {
            pp_fw_array(w, "type");
            pp_fw_concept(w, NULL, PAS_TEMP, PP_STR("principal"));
            pp_fw_end(w);
        }
        pp_fw_end(w);
    }
    pp_fw_end(w);
}

static bool same_text(const struct pp_str *a, size_t an, const struct pp_str *b, size_t bn) {
    if (an != bn) return false;
    for (size_t i = 0; i < an; i++)
        if (!pp_str_eq(a[i], b[i])) return false;
    return true;
}

static bool extended(const struct claim *c, const struct ev_pas_submit *r, const struct ev_case_line *l) {
    return c->update && r->kind == EV_PAS_SUBMIT_KIND_EXTENSION && pas_has_line(r->lines, r->lines_n, l->line);
}

/* What happened to an item since the prior request: NULL, "added" or "changed". */
static const char *item_change(const struct claim *c, const struct ev_pas_submit *r, const struct ev_case_line *l,
                               bool gone) {
    if (!c->update) return NULL;
    if (!pas_has_line(r->prior_lines, r->prior_lines_n, l->line)) return "added";
    const struct ev_case_line *was = pas_line(&r->prior_case, l->line);
    bool same = was && pp_str_eq(was->code, l->code) && pp_str_eq(was->units, l->units) &&
                pp_str_eq(was->unit_type, l->unit_type) && was->service_date == l->service_date &&
                pp_str_eq(was->place_of_service, l->place_of_service) &&
                same_text(was->modifiers, was->modifiers_n, l->modifiers, l->modifiers_n) &&
                same_text(was->diagnoses, was->diagnoses_n, l->diagnoses, l->diagnoses_n);
    return gone || !same || extended(c, r, l) ? "changed" : NULL;
}

static void item_extensions(struct pas_build *b, const struct claim *c, const struct ev_case_line *l, bool gone) {
    struct pp_fw *w = &b->w;
    const struct ev_pas_submit *r = b->q->req;
    const char *change = item_change(c, r, l, gone);
    struct pp_str certification = PP_STR("I");
    if (gone)
        certification = PP_STR("3");
    else if (extended(c, r, l))
        certification = PP_STR("4");
    else if (change && strcmp(change, "changed") == 0)
        certification = PP_STR("S");
    char trace[64];
    snprintf(trace, sizeof trace, "%.*s-%d", PP_FMT(c->trace), (int)l->line);
    pp_fw_array(w, "extension");
    pp_fw_ext_concept(w, PAS_EXT("serviceItemRequestType"), PAS_X12("1525"), PP_STR("HS"));
    pp_fw_ext_concept(w, PAS_EXT("certificationType"), PAS_X12("1322"), certification);
    pp_fw_object(w, NULL);
    pp_fw_z(w, "url", PAS_EXT("itemTraceNumber"));
    pp_fw_identifier(w, "valueIdentifier", NULL, PP_STR("https://priorpath.dev/ids/item-trace"), pp_str_z(trace));
    pp_fw_end(w);
    if (c->kind != PAS_CLAIM_INQUIRY) pp_fw_ext_ref(w, PAS_EXT("requestedService"), pas_id_service(r, l));
    if (change) pp_fw_ext_code(w, PAS_EXT("infoChanged"), change);
    pp_fw_end(w);
    if (!gone) return;
    pp_fw_array(w, "modifierExtension");
    pp_fw_ext_bool(w, PAS_SD "modifierextension-infoCancelled", true);
    pp_fw_end(w);
}

static void quantity(struct pp_fw *w, const char *key, const struct ev_case_line *l) {
    pp_fw_object(w, key);
    pp_fw_dec(w, "value", l->units.n ? l->units : PP_STR("1"));
    pp_fw_z(w, "system", PAS_X12("673"));
    pp_fw_str(w, "code", l->unit_type.n ? l->unit_type : PP_STR("UN"));
    pp_fw_end(w);
}

static void item(struct pas_build *b, struct claim *c, const struct ev_case_line *l, bool gone) {
    struct pp_fw *w = &b->w;
    const struct ev_pas_submit *r = b->q->req;
    pp_fw_object(w, NULL);
    item_extensions(b, c, l, gone);
    pp_fw_int(w, "sequence", l->line);
    if (pas_has_practitioner(&b->q->req->case_)) {
        pp_fw_array(w, "careTeamSequence");
        pp_fw_int(w, NULL, 1);
        pp_fw_end(w);
    }
    if (l->diagnoses_n) {
        pp_fw_array(w, "diagnosisSequence");
        for (size_t i = 0; i < l->diagnoses_n; i++) {
            size_t n = dx_index(c, l->diagnoses[i]);
            if (n) pp_fw_int(w, NULL, (int64_t)n);
        }
        pp_fw_end(w);
    }
    pp_fw_concept(w, "category", PAS_X12("1365"), pas_service_type(l->code));
    pp_fw_concept(w, "productOrService", pas_code_system(l->code), l->code);
    if (l->modifiers_n) {
        pp_fw_array(w, "modifier");
        for (size_t i = 0; i < l->modifiers_n; i++)
            pp_fw_concept(w, NULL, pas_modifier_system(l->modifiers[i]), l->modifiers[i]);
        pp_fw_end(w);
    }
    if (r->until && extended(c, r, l)) {
        pp_fw_object(w, "servicedPeriod");
        pp_fw_date(w, "start", l->service_date && l->service_date < r->until ? l->service_date : r->until);
        pp_fw_date(w, "end", r->until);
        pp_fw_end(w);
    } else {
        pp_fw_date(w, "servicedDate", l->service_date);
    }
    struct pp_str pos = l->place_of_service.n ? l->place_of_service : b->q->pos;
    pp_fw_concept(w, "locationCodeableConcept", PAS_POS, pos.n ? pos : PP_STR("11"));
    quantity(w, "quantity", l);
    pp_fw_end(w);
}

static struct claim claim_of(const struct ev_pas_submit *r, enum pas_claim_kind kind) {
    struct claim c = {.case_ = &r->case_,
                      .lines = r->lines,
                      .lines_n = r->lines_n,
                      .documents = r->documents,
                      .documents_n = r->documents_n,
                      .trace = r->trace,
                      .created = r->created,
                      .kind = kind};
    if (kind == PAS_CLAIM_PRIOR)
        c = (struct claim){.case_ = &r->prior_case,
                           .lines = r->prior_lines,
                           .lines_n = r->prior_lines_n,
                           .documents = r->prior_documents,
                           .documents_n = r->prior_documents_n,
                           .trace = r->prior_trace,
                           .created = r->prior_created ? r->prior_created : r->created,
                           .kind = kind};
    c.update = kind == PAS_CLAIM_REQUEST && r->kind != EV_PAS_SUBMIT_KIND_INITIAL && r->prior_lines_n > 0;
    collect(&c, r);
    return c;
}

void pas_write_claim(struct pas_build *b, enum pas_claim_kind kind) {
    struct pp_fw *w = &b->w;
    const struct ev_pas_submit *r = b->q->req;
    struct claim c = claim_of(r, kind);
    const char *profile = kind == PAS_CLAIM_INQUIRY ? "profile-claim-inquiry"
                          : c.update                ? "profile-claim-update"
                                                    : "profile-claim";
    bool routine = c.case_->urgency != EV_CASE_URGENCY_URGENT && c.case_->urgency != EV_CASE_URGENCY_EMERGENCY;
    pas_entry(b, pas_id(kind == PAS_CLAIM_PRIOR ? r->prior_submission : r->submission_id, "claim"), "Claim", profile);
    claim_extensions(b, &c);
    claim_identifier(b, c.trace);
    pp_fw_z(w, "status", "active");
    pp_fw_concept(w, "type", "http://terminology.hl7.org/CodeSystem/claim-type", PP_STR("professional"));
    pp_fw_z(w, "use", "preauthorization");
    pp_fw_ref(w, "patient", pas_id(r->submission_id, "patient"));
    pp_fw_time(w, "created", c.created);
    pp_fw_ref(w, "insurer", pas_id(r->submission_id, "insurer"));
    pp_fw_ref(w, "provider", pas_id(r->submission_id, "provider"));
    pp_fw_concept(w, "priority", "http://terminology.hl7.org/CodeSystem/processpriority",
                  routine ? PP_STR("normal") : PP_STR("stat"));
    if (c.update) related(b);
    if (pas_has_practitioner(&r->case_)) care_team(b);
    if (kind != PAS_CLAIM_INQUIRY) supporting_info(b, &c);
    diagnoses(b, &c);
    pp_fw_array(w, "insurance");
    pp_fw_object(w, NULL);
    pp_fw_int(w, "sequence", 1);
    pp_fw_bool(w, "focal", true);
    pp_fw_ref(w, "coverage", pas_id(r->submission_id, "coverage"));
    pp_fw_end(w);
    pp_fw_end(w);
    pp_fw_array(w, "item");
    for (size_t i = 0; i < c.items_n; i++) item(b, &c, c.items[i], c.gone[i]);
    pp_fw_end(w);
    pas_entry_end(b);
}
