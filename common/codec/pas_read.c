#include "codec/fhir_read.h"
#include "codec/pas.h"
#include "codec/pas_codes.h"

#include <stdio.h>

#define LINES_MAX 40 /* decided_line in pas.answered */
#define WANTED_MAX 20

struct reader {
    struct pp_arena *a;
    struct pp_str zone, trace;
    const json_t *bundle; /* that holds the ClaimResponse; NULL for a bare one */
    const json_t *response;
    struct ev_pas_answered *out;
};

static struct pp_str keep(struct reader *r, struct pp_str s, uint32_t max) {
    return pp_arena_str(r->a, pp_str_cut(s, max));
}

/* ---- where the ClaimResponse is ---- */

static bool ours(struct pp_str s, struct pp_str *ret) {
    struct pp_uuid person;
    uint32_t n;
    /* an item's trace number is the request's with "-<line>" behind it */
    struct pp_str head = pp_str_split(&s, '-');
    if (!pp_trace_parse(head, &person, &n)) return false;
    *ret = head;
    return true;
}

/* Our number in a response: as its identifier, as that of the request it names, in a Claim beside it, or at an item. */
static struct pp_str trace_of(const json_t *bundle, const json_t *response) {
    struct pp_str t = PP_STR_NONE;
    for (size_t i = 0; i < pp_fhir_count(response, "identifier"); i++)
        if (ours(pp_fhir_str(pp_fhir_at(response, "identifier", i), "value"), &t)) return t;
    const json_t *request = json_object_get(response, "request");
    if (ours(pp_fhir_str(json_object_get(request, "identifier"), "value"), &t)) return t;
    const json_t *claim = pp_fhir_resolve(bundle, response, request);
    for (size_t i = 0; i < pp_fhir_count(claim, "identifier"); i++)
        if (ours(pp_fhir_str(pp_fhir_at(claim, "identifier", i), "value"), &t)) return t;
    for (size_t i = 0; i < pp_fhir_count(response, "item"); i++) {
        const json_t *e = pp_fhir_ext(pp_fhir_at(response, "item", i), PAS_EXT("itemTraceNumber"), NULL);
        if (ours(pp_fhir_str(json_object_get(e, "valueIdentifier"), "value"), &t)) return t;
    }
    return PP_STR_NONE;
}

struct found {
    const json_t *bundle, *response;
    int64_t created;
    bool by_trace;
};

static void consider(const json_t *bundle, const json_t *response, struct pp_str want, struct found *best) {
    bool match = want.n && pp_str_eq(trace_of(bundle, response), want);
    int64_t created = pp_fhir_time(response, "created", PP_STR_NONE);
    if (best->response && (best->by_trace > match || (best->by_trace == match && created < best->created))) return;
    *best = (struct found){bundle, response, created, match};
}

/* Looks through a resource and the Bundles within it: notification -> response Bundle, Parameters -> Bundles. */
static void search(const json_t *resource, struct pp_str want, struct found *best, int depth) {
    if (depth > 4) return; /* Parameters, Bundle, Bundle, ClaimResponse: nothing real is deeper */
    if (pp_fhir_is(resource, "ClaimResponse")) consider(NULL, resource, want, best);
    for (size_t i = 0; pp_fhir_is(resource, "Parameters") && i < pp_fhir_count(resource, "parameter"); i++)
        search(json_object_get(pp_fhir_at(resource, "parameter", i), "resource"), want, best, depth + 1);
    if (!pp_fhir_is(resource, "Bundle")) return;
    for (size_t i = 0; i < pp_fhir_count(resource, "entry"); i++) {
        const json_t *r = json_object_get(pp_fhir_at(resource, "entry", i), "resource");
        if (pp_fhir_is(r, "ClaimResponse"))
            consider(resource, r, want, best);
        else
            search(r, want, best, depth + 1);
    }
}

/* ---- lines ---- */

static struct ev_decided_line *line_at(struct reader *r, int64_t line) {
    struct ev_pas_answered *o = r->out;
    for (size_t i = 0; i < o->lines_n; i++)
        if (o->lines[i].line == line) return &o->lines[i];
    if (o->lines_n == LINES_MAX) return NULL;
    struct ev_decided_line *l = &o->lines[o->lines_n++];
    *l = (struct ev_decided_line){.line = line};
    return l;
}

/* Reads one reviewAction extension; false when there is no code in it. */
static bool review_action(struct reader *r, const json_t *action, struct ev_decided_line *l) {
    static const char *const names[] = {PAS_EXT("reviewActionCode"), "reviewActionCode", "code"};
    const json_t *concept = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !concept; i++)
    concept = json_object_get(pp_fhir_ext(action, names[i], NULL), "valueCodeableConcept");
    struct pp_str code = pp_fhir_code(concept, PAS_X12_REVIEW);
    bool known = code.n > 0;
    if (!known) code = pp_fhir_code(concept, NULL); /* of another system: shown to people, decides nothing */
    if (!code.n) {
        /* servers of the first draft write the bare code; there is no system that could be another one */
        code = pp_fhir_str(action, "valueCode");
        known = code.n > 0;
    }
    if (!code.n) return false;
    l->review_code = keep(r, code, 16);
    l->authorization = keep(r, pp_fhir_str(pp_fhir_ext(action, "number", NULL), "valueString"), 50);
    const json_t *reason = pp_fhir_ext(action, "reasonCode", NULL);
    l->reason_code = keep(r, pp_fhir_code(json_object_get(reason, "valueCodeableConcept"), NULL), 16);
    l->outcome = known ? pp_pas_outcome(l->review_code, l->reason_code) : EV_DECIDED_LINE_OUTCOME_UNCLEAR;
    return true;
}

static bool adjudicated(struct reader *r, const json_t *holder, struct ev_decided_line *l) {
    for (size_t i = 0; i < pp_fhir_count(holder, "adjudication"); i++) {
        const json_t *e = pp_fhir_ext(pp_fhir_at(holder, "adjudication", i), PAS_EXT("reviewAction"), NULL);
        if (e && review_action(r, e, l)) return true;
    }
    const json_t *e = pp_fhir_ext(holder, PAS_EXT("reviewAction"), NULL);
    return e && review_action(r, e, l);
}

static void period(const json_t *p, struct ev_decided_line *l) {
    if (!l->valid_from) l->valid_from = pp_fhir_date(p, "start");
    if (!l->valid_until) l->valid_until = pp_fhir_date(p, "end");
}

/* A CPT or HCPCS code; a service type (X12 1365) authorizes no other code than the one that was asked for. */
static struct pp_str procedure(const json_t *concept) {
    struct pp_str code = pp_fhir_code(concept, PAS_CPT);
    return code.n ? code : pp_fhir_code(concept, PAS_HCPCS);
}

static void modifiers(struct reader *r, struct ev_decided_line *l, const json_t *concept) {
    struct pp_str code = pp_fhir_code(concept, NULL);
    if (code.n != 2 || l->modifiers_n == 4) return;
    if (!l->modifiers) l->modifiers = pp_arena_array(r->a, struct pp_str, 4);
    if (l->modifiers) l->modifiers[l->modifiers_n++] = keep(r, code, 2);
}

static void units(struct reader *r, struct ev_decided_line *l, const json_t *quantity) {
    if (l->units.n) return;
    l->units = pp_fhir_dec(quantity, "value", r->a);
    if (l->units.n) l->unit_type = keep(r, pp_fhir_str(quantity, "code"), 8);
}

static void authorized_detail(struct reader *r, const json_t *item, struct ev_decided_line *l) {
    const json_t *d = pp_fhir_ext(item, PAS_EXT("itemAuthorizedDetail"), NULL);
    if (!d) return;
    const json_t *code = pp_fhir_ext(d, "productOrServiceCode", NULL);
    l->code = keep(r, procedure(json_object_get(code, "valueCodeableConcept")), 16);
    for (const json_t *m = pp_fhir_ext(d, "modifier", NULL); m; m = pp_fhir_ext(d, "modifier", m))
        modifiers(r, l, json_object_get(m, "valueCodeableConcept"));
    units(r, l, json_object_get(pp_fhir_ext(d, "quantity", NULL), "valueQuantity"));
}

static struct pp_str npi_of(const json_t *resource) {
    for (size_t i = 0; i < pp_fhir_count(resource, "identifier"); i++) {
        const json_t *id = pp_fhir_at(resource, "identifier", i);
        if (pp_str_eqz(pp_fhir_str(id, "system"), PAS_NPI)) return pp_fhir_str(id, "value");
    }
    return PP_STR_NONE;
}

static void authorized_provider(struct reader *r, const json_t *item, struct ev_decided_line *l) {
    const json_t *e = pp_fhir_ext(item, PAS_EXT("itemAuthorizedProvider"), NULL);
    const json_t *ref = json_object_get(pp_fhir_ext(e, "provider", NULL), "valueReference");
    const json_t *who = pp_fhir_resolve(r->bundle, r->response, ref);
    struct pp_str npi = npi_of(who);
    if (!npi.n) npi = npi_of(pp_fhir_resolve(r->bundle, who, json_object_get(who, "practitioner")));
    if (npi.n == 10) l->provider_npi = keep(r, npi, 10);
}

static void note(struct reader *r, const json_t *item, struct ev_decided_line *l) {
    for (size_t i = 0; i < pp_fhir_count(item, "noteNumber"); i++) {
        const json_t *want = pp_fhir_at(item, "noteNumber", i);
        for (size_t k = 0; k < pp_fhir_count(r->response, "processNote"); k++) {
            const json_t *n = pp_fhir_at(r->response, "processNote", k);
            if (pp_fhir_int(n, "number") != json_integer_value(want)) continue;
            l->reason = keep(r, pp_fhir_str(n, "text"), 400);
            return;
        }
    }
}

static void common_parts(struct reader *r, const json_t *item, struct ev_decided_line *l) {
    const json_t *resp = r->response;
    period(json_object_get(pp_fhir_ext(item, PAS_EXT("itemPreAuthPeriod"), NULL), "valuePeriod"), l);
    period(json_object_get(resp, "preAuthPeriod"), l);
    const json_t *ref = pp_fhir_ext(item, PAS_EXT("administrationReferenceNumber"), NULL);
    if (!l->reference.n) l->reference = keep(r, pp_fhir_str(ref, "valueString"), 50);
    authorized_detail(r, item, l);
    authorized_provider(r, item, l);
    note(r, item, l);
    if (!l->reason.n) l->reason = keep(r, pp_fhir_str(resp, "disposition"), 400);
    bool granted = l->outcome == EV_DECIDED_LINE_OUTCOME_APPROVED || l->outcome == EV_DECIDED_LINE_OUTCOME_PARTIAL ||
                   l->outcome == EV_DECIDED_LINE_OUTCOME_MODIFIED;
    if (!granted) return;
    if (!l->authorization.n) l->authorization = keep(r, pp_fhir_str(resp, "preAuthRef"), 50);
    const json_t *previous = pp_fhir_ext(item, PAS_EXT("authorizationNumber"), NULL);
    if (!l->authorization.n) l->authorization = keep(r, pp_fhir_str(previous, "valueString"), 50);
}

static void item(struct reader *r, const json_t *it) {
    int64_t seq = pp_fhir_int(it, "itemSequence");
    struct ev_decided_line *l = seq > 0 ? line_at(r, seq) : NULL;
    if (!l) return;
    if (!adjudicated(r, it, l) && !adjudicated(r, r->response, l)) l->outcome = EV_DECIDED_LINE_OUTCOME_UNCLEAR;
    common_parts(r, it, l);
}

/* An added item says what the payer grants instead of a line; it decides the line only when the line itself is silent.
 */
static void add_item(struct reader *r, const json_t *it) {
    for (size_t i = 0; i < pp_fhir_count(it, "itemSequence"); i++) {
        const json_t *v = pp_fhir_at(it, "itemSequence", i);
        int64_t seq = json_integer_value(v);
        struct ev_decided_line *l = seq > 0 ? line_at(r, seq) : NULL;
        if (!l) continue;
        struct ev_decided_line own = {0};
        bool says = adjudicated(r, it, &own);
        if (l->outcome == EV_DECIDED_LINE_OUTCOME_NONE) {
            l->outcome = says ? own.outcome : EV_DECIDED_LINE_OUTCOME_UNCLEAR;
            l->review_code = own.review_code;
            l->reason_code = own.reason_code;
        }
        if (!l->authorization.n) l->authorization = own.authorization;
        struct pp_str code = procedure(json_object_get(it, "productOrService"));
        if (code.n) l->code = keep(r, code, 16);
        for (size_t k = 0; k < pp_fhir_count(it, "modifier") && !l->modifiers_n; k++)
            modifiers(r, l, pp_fhir_at(it, "modifier", k));
        if (json_object_get(it, "quantity")) l->units = PP_STR_NONE;
        units(r, l, json_object_get(it, "quantity"));
        common_parts(r, it, l);
    }
}

/* ---- errors and requests for more ---- */

static void errors(struct reader *r) {
    struct ev_pas_answered *o = r->out;
    struct pp_buf text;
    pp_buf_init(&text, 400);
    for (size_t i = 0; i < pp_fhir_count(r->response, "error"); i++) {
        const json_t *e = pp_fhir_at(r->response, "error", i);
        const json_t *el = pp_fhir_ext(e, PAS_EXT("errorElement"), NULL);
        struct pp_str code = pp_fhir_code(json_object_get(e, "code"), NULL);
        struct pp_str element = pp_fhir_str(pp_fhir_ext(el, "error", NULL), "valueString");
        if (!element.n) element = pp_fhir_str(el, "valueString"); /* of the guide's 2.0.1 */
        struct pp_str path = pp_fhir_str(pp_fhir_ext(e, PAS_EXT("errorPath"), NULL), "valueString");
        const json_t *follow = pp_fhir_ext(e, PAS_EXT("errorFollowupAction"), NULL);
        struct pp_str followup = pp_fhir_code(json_object_get(follow, "valueCodeableConcept"), NULL);
        if (!o->error_code.n) o->error_code = keep(r, code, 16);
        if (!o->error_followup.n) o->error_followup = keep(r, followup, 16);
        if (!o->error_element.n) o->error_element = keep(r, element.n ? element : path, 80);
        pp_buf_printf(&text, "%serror %.*s", text.n ? "; " : "", PP_FMT(code.n ? code : PP_STR("without code")));
        if (element.n) pp_buf_printf(&text, " at %.*s", PP_FMT(element));
        if (path.n) pp_buf_printf(&text, " (%.*s)", PP_FMT(path));
    }
    if (text.n) o->error_text = keep(r, pp_buf_str(&text), 400);
    /* The code is the mark of an error for the decider, so an error without one gets a name. */
    if (text.n && !o->error_code.n) o->error_code = PP_STR("none");
    pp_buf_free(&text);
}

static bool looks_like_code(struct pp_str s) {
    if (!s.n || s.n > 40) return false;
    for (uint32_t i = 0; i < s.n; i++)
        if (s.s[i] == ' ' || s.s[i] == '\n' || s.s[i] == '\t') return false;
    return true;
}

static bool is_loinc(struct pp_str s) {
    if (s.n < 3 || s.n > 8 || s.s[s.n - 2] != '-') return false;
    for (uint32_t i = 0; i < s.n; i++)
        if (i != s.n - 2 && (s.s[i] < '0' || s.s[i] > '9')) return false;
    return true;
}

static void wanted_add(struct reader *r, int64_t line, struct pp_str code, struct pp_str title) {
    struct ev_pas_answered *o = r->out;
    if (o->wanted_n == WANTED_MAX) return;
    for (size_t i = 0; i < o->wanted_n; i++)
        if (o->wanted[i].line == line && pp_str_eq(o->wanted[i].code, code)) return;
    const char *system = is_loinc(code) ? PAS_LOINC : PAS_X12("755");
    o->wanted[o->wanted_n++] = (struct ev_wanted_item){
        .line = line, .code = keep(r, code, 40), .system = pp_str_z(system), .title = keep(r, title, 120)};
}

static void communication(struct reader *r, const json_t *c) {
    const json_t *ln = pp_fhir_ext(c, PAS_EXT("serviceLineNumber"), NULL);
    int64_t line = pp_fhir_int(ln, "valuePositiveInt");
    struct pp_str category = pp_fhir_code(pp_fhir_at(c, "category", 0), NULL);
    struct pp_str zone = r->zone;
    int64_t due = pp_fhir_time(c, "occurrenceDateTime", zone);
    if (!due) due = pp_fhir_time(json_object_get(c, "occurrencePeriod"), "end", zone);
    if (due && (!r->out->wanted_due || due < r->out->wanted_due)) r->out->wanted_due = due;
    size_t before = r->out->wanted_n;
    for (size_t i = 0; i < pp_fhir_count(c, "payload"); i++) {
        const json_t *payload = pp_fhir_at(c, "payload", i);
        struct pp_str s = pp_fhir_str(payload, "contentString");
        int64_t own = pp_fhir_int(pp_fhir_ext(payload, PAS_EXT("serviceLineNumber"), NULL), "valuePositiveInt");
        if (looks_like_code(s))
            wanted_add(r, own ? own : line, s, PP_STR_NONE);
        else if (s.n)
            wanted_add(r, own ? own : line, category.n ? category : PP_STR("other"), s);
    }
    if (r->out->wanted_n == before && category.n) wanted_add(r, line, category, PP_STR_NONE);
}

static void communications(struct reader *r) {
    size_t named = pp_fhir_count(r->response, "communicationRequest"), read = 0;
    for (size_t i = 0; i < named; i++) {
        const json_t *ref = pp_fhir_at(r->response, "communicationRequest", i);
        const json_t *c = pp_fhir_resolve(r->bundle, r->response, ref);
        if (!pp_fhir_is(c, "CommunicationRequest")) continue;
        communication(r, c);
        read++;
    }
    if (read) return;
    /* References that lead nowhere: what is wanted stands in the Bundle all the same. */
    size_t at = 0;
    for (const json_t *c; (c = pp_fhir_entry(r->bundle, "CommunicationRequest", &at)) != NULL;) communication(r, c);
    /* Something is wanted and nobody can say what: a person must ask. */
    if (named && !r->out->wanted_n)
        wanted_add(r, 0, PP_STR("other"), PP_STR("The payer asks for more and does not say what"));
}

static enum ev_pas_answered_outcome outcome_of(const json_t *response) {
    enum ev_pas_answered_outcome o;
    /* The lines decide; the outcome is carried along, and one that is missing counts as complete. */
    if (ev_pas_answered_outcome_parse(pp_fhir_str(response, "outcome"), &o)) return o;
    return EV_PAS_ANSWERED_OUTCOME_COMPLETE;
}

static void read_response(struct reader *r) {
    const json_t *resp = r->response;
    struct ev_pas_answered *o = r->out;
    o->outcome = outcome_of(resp);
    o->trace = keep(r, trace_of(r->bundle, resp), 50);
    for (size_t i = 0; i < pp_fhir_count(resp, "identifier") && !o->payer_ref.n; i++) {
        struct pp_str v = pp_fhir_str(pp_fhir_at(resp, "identifier", i), "value");
        struct pp_str mine;
        if (!ours(v, &mine)) o->payer_ref = keep(r, v, 50);
    }
    if (!o->payer_ref.n) o->payer_ref = keep(r, pp_fhir_str(resp, "id"), 50);
    o->lines = pp_arena_array(r->a, struct ev_decided_line, LINES_MAX);
    o->wanted = pp_arena_array(r->a, struct ev_wanted_item, WANTED_MAX);
    if (!o->lines || !o->wanted) return;
    for (size_t i = 0; i < pp_fhir_count(resp, "item"); i++) item(r, pp_fhir_at(resp, "item", i));
    for (size_t i = 0; i < pp_fhir_count(resp, "addItem"); i++) add_item(r, pp_fhir_at(resp, "addItem", i));
    errors(r);
    if (!o->lines_n && !o->error_code.n) {
        /* no line at all: what the response says as a whole holds for every line of the request */
        struct ev_decided_line *l = line_at(r, 0);
        if (l && !adjudicated(r, resp, l)) {
            /* 2.0.1 servers say "queued" and nothing else for a pended request */
            bool queued = o->outcome == EV_PAS_ANSWERED_OUTCOME_QUEUED;
            l->outcome = queued ? EV_DECIDED_LINE_OUTCOME_PENDED : EV_DECIDED_LINE_OUTCOME_UNCLEAR;
        }
        if (l) common_parts(r, resp, l);
    }
    communications(r);
}

/* type of a subscription notification; empty when the document is none */
static struct pp_str notification_type(const json_t *doc, bool *ret_focus) {
    const json_t *p = pp_fhir_is(doc, "Parameters") ? doc : json_object_get(pp_fhir_at(doc, "entry", 0), "resource");
    struct pp_str type = PP_STR_NONE;
    for (size_t i = 0; pp_fhir_is(p, "Parameters") && i < pp_fhir_count(p, "parameter"); i++) {
        const json_t *m = pp_fhir_at(p, "parameter", i);
        if (pp_str_eqz(pp_fhir_str(m, "name"), "type")) type = pp_fhir_str(m, "valueCode");
        if (pp_str_eqz(pp_fhir_str(m, "name"), "notification-event")) *ret_focus = true;
    }
    return type;
}

int pp_pas_read(struct pp_str body, struct pp_str trace, struct pp_str zone, struct pp_arena *a,
                struct pp_pas_answer *ret, struct pp_err *err) {
    json_t *doc = pp_fhir_parse(body, err);
    if (!doc) return -1;
    struct pp_pas_answer out = {.found = PP_PAS_EMPTY};
    struct found best = {0};
    search(doc, trace, &best, 0);
    bool focus = false;
    struct pp_str type = notification_type(doc, &focus);
    int rc = 0;
    if (best.response) {
        struct reader r = {.a = a,
                           .zone = zone,
                           .trace = trace,
                           .bundle = best.bundle,
                           .response = best.response,
                           .out = &out.answered};
        out.found = PP_PAS_RESPONSE;
        read_response(&r);
    } else if (pp_str_eqz(type, "handshake") || pp_str_eqz(type, "heartbeat")) {
        out.found = PP_PAS_HANDSHAKE;
    } else if (focus) {
        out.found = PP_PAS_FOCUS_ONLY;
    } else if (pp_fhir_is(doc, "OperationOutcome")) {
        out.found = PP_PAS_OUTCOME;
        out.outcome = pp_fhir_outcome(doc, a);
    } else if (!pp_fhir_is(doc, "Bundle") && !pp_fhir_is(doc, "Parameters")) {
        rc = pp_err_set(err, PP_ERR_INVALID, "neither Bundle, Parameters nor ClaimResponse");
    }
    json_decref(doc);
    if (rc == 0 && pp_arena_failed(a)) rc = pp_err_set(err, PP_ERR_LIMIT, "answer does not fit into memory");
    if (rc == 0) *ret = out;
    return rc;
}

int pp_pas_read_subscription(struct pp_str body, struct pp_arena *a, struct ev_pas_subscribed *ret,
                             struct pp_err *err) {
    json_t *doc = pp_fhir_parse(body, err);
    if (!doc) return -1;
    struct pp_str id = pp_fhir_str(doc, "id"), status = pp_fhir_str(doc, "status");
    int rc = 0;
    if (!pp_fhir_is(doc, "Subscription") || !id.n || id.n > 80) {
        rc = pp_err_set(err, PP_ERR_INVALID, "no Subscription with an id");
    } else {
        *ret = (struct ev_pas_subscribed){.subscription = pp_arena_str(a, id),
                                          .status =
                                              pp_arena_str(a, status.n ? pp_str_cut(status, 16) : PP_STR("requested"))};
    }
    json_decref(doc);
    return rc;
}
