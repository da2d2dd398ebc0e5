/* PAS $submit and $inquire: bytes out, bytes in. No socket here. */
#include "codec/fhir_read.h"
#include "codec/pas.h"
#include "refs/papers.h"
#include "refs/payers.h"
#include "refs/places.h"
#include "submission/submission.h"

#define FHIR_JSON PP_STR("application/fhir+json")
#define INQUIRY_BYTES (1u << 20)

int call_pas_blobs(const struct ev *request, struct pp_str *ret, int max) {
    const struct ev_pas_submit *r = request->as.pas_submit;
    int n = 0;
    for (size_t i = 0; i < r->documents_n && n < max; i++) ret[n++] = r->documents[i].hash;
    return n;
}

static struct pp_pas_org insurer_of(const struct pp_refs *refs, struct pp_str id) {
    const struct pp_payer *p = pp_refs_payer(refs, id);
    if (!p) return (struct pp_pas_org){.name = id};
    return (struct pp_pas_org){
        .name = p->name, .identifier_system = p->identifier_system, .identifier = p->identifier, .phone = p->phone};
}

static const struct pp_site *site_of(const struct pp_refs *refs, struct pp_str id) {
    const struct pp_site *s = pp_refs_site(refs, id);
    return s ? s : pp_refs_site_next(refs, NULL);
}

/* The request with all that its Bundle names; bytes of the documents only where they are sent. */
static int request_of(const struct pp_call_ctx *x, const struct ev_pas_submit *r, struct pp_arena *a, bool with_bytes,
                      struct pp_pas_request *q, struct pp_err *err) {
    const struct pp_site *site = site_of(x->refs, r->case_.site);
    struct pp_str *bytes = pp_arena_array(a, struct pp_str, r->documents_n + 1);
    struct pp_str *loinc = pp_arena_array(a, struct pp_str, r->documents_n + 1);
    if (!bytes || !loinc) return pp_err_set(err, PP_ERR_NOMEM, "request does not fit into memory");
    *q = (struct pp_pas_request){.req = r,
                                 .insurer = insurer_of(x->refs, r->payer),
                                 .job = x->job,
                                 .tenant = x->tenant,
                                 .bytes = bytes,
                                 .loinc = loinc};
    if (site) {
        q->provider = (struct pp_pas_org){.name = site->organization.n ? site->organization : site->name,
                                          .npi = site->npi,
                                          .address = site->address,
                                          .city = site->city,
                                          .state = site->state,
                                          .zip = site->zip,
                                          .phone = site->phone};
        q->pos = site->pos;
    }
    for (size_t i = 0; with_bytes && i < r->documents_n; i++) {
        bytes[i] = x->blob(x, r->documents[i].hash);
        loinc[i] = pp_refs_item_loinc(x->refs, r->documents[i].item);
        /* A request without a document that people believe was sent must not go out. */
        if (!bytes[i].n) return pp_err_set(err, PP_ERR_INVALID, "the bytes of document %zu are missing", i + 1);
    }
    return 0;
}

static int message(struct pp_buf *b, const char *path, struct pp_arena *a, struct pp_http_msg *ret,
                   struct pp_err *err) {
    struct pp_str body = pp_arena_str(a, pp_buf_str(b));
    pp_buf_free(b);
    if (pp_arena_failed(a)) return pp_err_set(err, PP_ERR_LIMIT, "request does not fit into memory");
    *ret = (struct pp_http_msg){
        .method = PP_STR("POST"), .path = pp_str_z(path), .content_type = FHIR_JSON, .accept = FHIR_JSON, .body = body};
    return 0;
}

int call_pas_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a, struct pp_http_msg *ret,
                   struct pp_err *err) {
    struct pp_pas_request q;
    struct pp_buf b;
    if (request_of(x, request->as.pas_submit, a, true, &q, err) < 0) return -1;
    pp_buf_init(&b, PP_PAS_REQUEST_BYTES_MAX);
    if (pp_pas_build_submit(&q, &b, err) < 0) {
        pp_buf_free(&b);
        return -1;
    }
    return message(&b, "/Claim/$submit", a, ret, err);
}

int call_pas_inquiry_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a,
                           struct pp_http_msg *ret, struct pp_err *err) {
    struct pp_pas_request q;
    struct pp_buf b;
    if (request_of(x, request->as.pas_submit, a, false, &q, err) < 0) return -1;
    pp_buf_init(&b, INQUIRY_BYTES);
    if (pp_pas_build_inquiry(&q, &b, err) < 0) {
        pp_buf_free(&b);
        return -1;
    }
    return message(&b, "/Claim/$inquire", a, ret, err);
}

/* Verdict of a status code; ANSWER means that the body decides. */
static enum pp_call_verdict by_status(int status) {
    if (status >= 200 && status < 300) return PP_VERDICT_ANSWER;
    if (status >= 500 || status == 429 || status == 408) return PP_VERDICT_RETRY;
    return PP_VERDICT_REFUSED;
}

static enum pp_call_verdict refused(const struct pp_http_answer *ans, struct pp_arena *a, struct pp_err *err) {
    struct pp_err ignored;
    json_t *doc = pp_fhir_parse(ans->body, &ignored); /* error bodies may be plain text or empty */
    struct pp_str text = doc ? pp_fhir_outcome(doc, a) : PP_STR_NONE;
    json_decref(doc);
    pp_err_set(err, PP_ERR_HTTP, "refused with %d%s%.*s", ans->status, text.n ? ": " : "", PP_FMT(text));
    return PP_VERDICT_REFUSED;
}

static struct pp_str zone_of(const struct pp_call_ctx *x, struct pp_str payer) {
    const struct pp_payer *p = pp_refs_payer(x->refs, payer);
    return p ? p->zone : PP_STR_NONE;
}

static enum pp_call_verdict deliver(const struct ev_pas_answered *ans, struct pp_str payer, struct pp_str trace,
                                    struct pp_str hash, struct pp_arena *a, struct ev *ret, struct pp_err *err) {
    struct ev_pas_answered *copy = pp_arena_new(a, struct ev_pas_answered);
    if (!copy) {
        pp_err_set(err, PP_ERR_NOMEM, "answer does not fit into memory");
        return PP_VERDICT_RETRY;
    }
    *copy = *ans;
    copy->payer = payer;
    copy->hash = hash;
    if (!copy->trace.n) copy->trace = trace;
    *ret = ev_of_pas_answered(copy);
    return PP_VERDICT_ANSWER;
}

enum pp_call_verdict call_pas_parse(const struct pp_call_ctx *x, const struct ev *request,
                                    const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                    struct pp_err *err) {
    const struct ev_pas_submit *r = request->as.pas_submit;
    enum pp_call_verdict v = by_status(ans->status);
    struct pp_pas_answer got;
    if (v == PP_VERDICT_REFUSED) return refused(ans, a, err);
    if (v == PP_VERDICT_RETRY) {
        pp_err_set(err, PP_ERR_HTTP, "answered %d", ans->status);
        return v;
    }
    /* A success that cannot be read may have been taken in: the inquiry finds out, nothing is sent twice blindly. */
    if (pp_pas_read(ans->body, r->trace, zone_of(x, r->payer), a, &got, err) < 0) return PP_VERDICT_RETRY;
    if (got.found == PP_PAS_OUTCOME) {
        pp_err_set(err, PP_ERR_HTTP, "no decision but an outcome: %.*s", PP_FMT(got.outcome));
        return PP_VERDICT_REFUSED;
    }
    if (got.found != PP_PAS_RESPONSE) {
        pp_err_set(err, PP_ERR_INVALID, "the answer holds no ClaimResponse");
        return PP_VERDICT_RETRY;
    }
    /* The answer of a call belongs to the call, whatever number stands in it. */
    got.answered.trace = r->trace;
    return deliver(&got.answered, r->payer, r->trace, ans->body_hash, a, ret, err);
}

enum pp_call_verdict call_pas_inquiry_parse(const struct pp_call_ctx *x, const struct ev *request,
                                            const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                            struct pp_err *err) {
    const struct ev_pas_submit *r = request->as.pas_submit;
    struct pp_pas_answer got;
    if (ans->status == 404) return PP_VERDICT_NOT_FOUND;
    enum pp_call_verdict v = by_status(ans->status);
    if (v == PP_VERDICT_REFUSED) return refused(ans, a, err);
    if (v == PP_VERDICT_RETRY) {
        pp_err_set(err, PP_ERR_HTTP, "answered %d", ans->status);
        return v;
    }
    if (pp_pas_read(ans->body, r->trace, zone_of(x, r->payer), a, &got, err) < 0) return PP_VERDICT_RETRY;
    if (got.found != PP_PAS_RESPONSE) return PP_VERDICT_NOT_FOUND;
    /* Payers that search by patient may find an older request: another number of ours in it is not this one. */
    struct pp_uuid person;
    uint32_t n;
    bool other = pp_trace_parse(got.answered.trace, &person, &n) && !pp_str_eq(got.answered.trace, r->trace);
    if (other) return PP_VERDICT_NOT_FOUND;
    return deliver(&got.answered, r->payer, r->trace, ans->body_hash, a, ret, err);
}

enum pp_call_verdict call_inquire_parse(const struct pp_call_ctx *x, const struct ev *request,
                                        const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                        struct pp_err *err) {
    enum pp_call_verdict v = call_pas_inquiry_parse(x, request, ans, a, ret, err);
    if (v != PP_VERDICT_NOT_FOUND) return v;
    pp_err_set(err, PP_ERR_NOTFOUND, "the payer does not know the request");
    return PP_VERDICT_REFUSED;
}

/* ---- a payer's own message, read from the blob store ---- */

int call_read_blobs(const struct ev *request, struct pp_str *ret, int max) {
    if (max < 1) return 0;
    ret[0] = request->as.pas_read->hash;
    return 1;
}

enum pp_call_verdict call_read_parse(const struct pp_call_ctx *x, const struct ev *request,
                                     const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                     struct pp_err *err) {
    const struct ev_pas_read *r = request->as.pas_read;
    struct pp_pas_answer got;
    (void)ans; /* no request went out */
    struct pp_str bytes = x->blob(x, r->hash);
    if (!bytes.n) {
        pp_err_set(err, PP_ERR_IO, "the bytes are not in the blob store yet");
        return PP_VERDICT_RETRY;
    }
    if (pp_pas_read(bytes, r->trace, zone_of(x, r->payer), a, &got, err) < 0) return PP_VERDICT_REFUSED;
    if (got.found != PP_PAS_RESPONSE && got.found != PP_PAS_FOCUS_ONLY) {
        pp_err_set(err, PP_ERR_INVALID, "the message holds no ClaimResponse");
        return PP_VERDICT_REFUSED;
    }
    if (got.found == PP_PAS_FOCUS_ONLY)
        got.answered = (struct ev_pas_answered){.outcome = EV_PAS_ANSWERED_OUTCOME_QUEUED};
    return deliver(&got.answered, r->payer, r->trace, r->hash, a, ret, err);
}
