/* 278 request and inquiry, 275: bytes out. By CORE the interchange goes in a multipart envelope, into an exchange
 * folder as a file. The number of the interchange stands in the request, so every try is the same bytes. No socket
 * here. */
#include "codec/core_mime.h"
#include "codec/pas_codes.h"
#include "codec/x12_275.h"
#include "codec/x12_278.h"
#include "refs/papers.h"
#include "refs/places.h"
#include "refs/x12_sending.h"
#include "submission/submission.h"

#define INQUIRY_BYTES (1u << 20)

static const struct pp_site *site_of(const struct pp_refs *refs, struct pp_str id) {
    const struct pp_site *s = pp_refs_site(refs, id);
    return s ? s : pp_refs_site_next(refs, NULL);
}

static struct pp_x12_org payer_org(const struct pp_payer *p) {
    return (struct pp_x12_org){.name = p->name, .id_type = PP_STR("PI"), .id = p->identifier};
}

static struct pp_x12_org provider_org(const struct pp_site *s) {
    if (!s) return (struct pp_x12_org){0};
    return (struct pp_x12_org){.name = s->organization.n ? s->organization : s->name,
                               .npi = s->npi,
                               .address = s->address,
                               .city = s->city,
                               .state = s->state,
                               .zip = s->zip,
                               .phone = s->phone};
}

static const struct pp_payer *payer_of(const struct pp_call_ctx *x, struct pp_err *err) {
    const struct pp_payer *p = pp_refs_payer(x->refs, x->target);
    if (p && p->transport) return p;
    pp_err_set(err, PP_ERR_INVALID, "the payer directory has no X12 channel for this payer");
    return NULL;
}

static int review_of(const struct pp_call_ctx *x, const struct ev_pas_submit *r, struct pp_278_request *q,
                     struct pp_err *err) {
    const struct pp_payer *p = payer_of(x, err);
    const struct pp_site *site = site_of(x->refs, r->case_.site);
    struct pp_x12_sending sending;
    if (!p || pp_payer_x12_sending(p, r->control, r->created, &sending, err) < 0) return -1;
    *q = (struct pp_278_request){.req = r,
                                 .sending = sending,
                                 .umo = payer_org(p),
                                 .requester = provider_org(site),
                                 .message = r->message,
                                 .pos = site ? site->pos : PP_STR_NONE};
    return 0;
}

/* ---- the way out ---- */

struct pp_str submission_file_name(struct pp_str payer, struct pp_str control, const char *set, struct pp_arena *a) {
    return pp_arena_printf(a, "%.*s-%.*s.%s", PP_FMT(payer), PP_FMT(control), set);
}

/* In an envelope, or as a file. The payload's buffer is freed. */
static int message(const struct pp_call_ctx *x, const struct ev_pas_submit *r, const char *payload_type,
                   const char *set, struct pp_buf *payload, struct pp_arena *a, struct pp_http_msg *ret,
                   struct pp_err *err) {
    const struct pp_payer *p = pp_refs_payer(x->refs, x->target);
    struct pp_str bytes = pp_buf_str(payload);
    int rc = 0;
    if (p->transport == PP_X12_FILE) {
        *ret = (struct pp_http_msg){.body = pp_arena_str(a, bytes),
                                    .file_name = submission_file_name(x->target, r->control, set, a)};
    } else {
        char stamp[25];
        pp_time_text(x->now_ms / 1000 * 1000, stamp);
        struct pp_core_envelope e = {.payload_type = pp_str_z(payload_type),
                                     .mode = PP_STR("RealTime"),
                                     .time_stamp = pp_str_z(stamp),
                                     .sender = p->isa_sender,
                                     .receiver = p->isa_receiver,
                                     .rule_version = PP_STR(PP_CORE_RULE_VERSION),
                                     .payload = bytes};
        struct pp_uuid id = pp_uuid_derive(x->job, pp_arena_printf(a, "core/%s/%d", payload_type, x->attempt));
        *ret =
            (struct pp_http_msg){.method = PP_STR("POST"), .accept = PP_STR("multipart/form-data, multipart/related")};
        rc = pp_core_request(&e, id, a, &ret->content_type, &ret->body, err);
    }
    pp_buf_free(payload);
    if (rc == 0 && pp_arena_failed(a)) rc = pp_err_set(err, PP_ERR_LIMIT, "request does not fit into memory");
    return rc;
}

/* ---- 278 ---- */

int call_x12_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a, struct pp_http_msg *ret,
                   struct pp_err *err) {
    const struct ev_pas_submit *r = request->as.pas_submit;
    struct pp_278_request q;
    struct pp_buf b;
    if (review_of(x, r, &q, err) < 0) return -1;
    pp_buf_init(&b, PP_278_REQUEST_BYTES_MAX);
    if (pp_278_build_request(&q, &b, err) < 0) {
        pp_buf_free(&b);
        return -1;
    }
    return message(x, r, "X12_278_Request_005010X217E1_2", "278", &b, a, ret, err);
}

int call_x12_inquiry_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a,
                           struct pp_http_msg *ret, struct pp_err *err) {
    const struct ev_pas_submit *r = request->as.pas_submit;
    struct pp_278_request q;
    struct pp_buf b;
    if (review_of(x, r, &q, err) < 0) return -1;
    q.sending.at = x->now_ms;
    pp_buf_init(&b, INQUIRY_BYTES);
    if (pp_278_build_inquiry(&q, &b, err) < 0) {
        pp_buf_free(&b);
        return -1;
    }
    return message(x, r, "X12_278_Request_005010X215E1_2", "278", &b, a, ret, err);
}

/* While a try is in doubt. An exchange folder: our own book says whether the file was put. CORE: an inquiry, under a
 * number that derives from the job and the try, since nobody else acknowledges it. */
static int doubt(const struct pp_call_ctx *x, const struct ev *request, const char *set, struct pp_arena *a,
                 struct pp_http_msg *ret, struct pp_err *err) {
    const struct ev_pas_submit *r = request->as.pas_submit;
    const struct pp_payer *p = payer_of(x, err);
    if (!p) return -1;
    if (p->transport == PP_X12_FILE) {
        *ret = (struct pp_http_msg){.file_name = submission_file_name(x->target, r->control, set, a)};
        return 0;
    }
    struct ev_pas_submit *q = pp_arena_new(a, struct ev_pas_submit);
    if (!q) return pp_err_set(err, PP_ERR_NOMEM, "request does not fit into memory");
    *q = *r;
    q->reference = q->authorization = PP_STR_NONE; /* of the request before it, if any */
    /* Several inquiries may follow one try: the time tells them apart. */
    q->control = submission_control(x->job, "doubt", (int32_t)(x->now_ms % INT32_MAX), a);
    struct ev e = ev_of_pas_submit(q);
    return call_x12_inquiry_build(x, &e, a, ret, err);
}

int call_x12_doubt_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a,
                         struct pp_http_msg *ret, struct pp_err *err) {
    return doubt(x, request, "278", a, ret, err);
}

/* ---- 275 ---- */

int call_x12_attach_blobs(const struct ev *request, struct pp_str *ret, int max) {
    return call_pas_blobs(request, ret, max);
}

static pp_date service_date(const struct ev_pas_submit *r, bool last) {
    pp_date found = 0;
    for (size_t i = 0; i < r->case_.lines_n; i++) {
        pp_date d = r->case_.lines[i].service_date;
        if (d && (!found || (last ? d > found : d < found))) found = d;
    }
    return found;
}

static struct pp_str member_of(const struct ev_pas_submit *r) {
    for (size_t i = 0; i < r->case_.coverages_n; i++)
        if (pp_str_eq(r->case_.coverages[i].payer, r->payer)) return r->case_.coverages[i].member_id;
    return r->case_.coverages_n ? r->case_.coverages[0].member_id : PP_STR_NONE;
}

static int documents_of(const struct pp_call_ctx *x, const struct ev_pas_submit *r, struct pp_arena *a,
                        struct pp_275_request *q, struct pp_err *err) {
    struct pp_275_document *d = pp_arena_array(a, struct pp_275_document, r->documents_n + 1);
    if (!d) return pp_err_set(err, PP_ERR_NOMEM, "request does not fit into memory");
    for (size_t i = 0; i < r->documents_n; i++) {
        const struct ev_packet_document *from = &r->documents[i];
        d[i] = (struct pp_275_document){.control = from->control_no,
                                        .report = pas_report_type(from->item),
                                        .loinc = pp_refs_item_loinc(x->refs, from->item),
                                        .content_type = from->content_type,
                                        .authored = from->authored,
                                        .bytes = x->blob(x, from->hash)};
        if (!d[i].bytes.n) return pp_err_set(err, PP_ERR_INVALID, "the bytes of document %zu are missing", i + 1);
    }
    q->documents = d;
    q->documents_n = r->documents_n;
    return 0;
}

int call_x12_attach_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a,
                          struct pp_http_msg *ret, struct pp_err *err) {
    const struct ev_pas_submit *r = request->as.pas_submit;
    const struct pp_payer *p = payer_of(x, err);
    struct pp_x12_sending sending;
    if (!p || pp_payer_x12_sending(p, r->control, r->created, &sending, err) < 0) return -1;
    bool x316 = pp_str_eqz(p->x12_attachment, "006020X316");
    struct pp_x12_org provider = provider_org(site_of(x->refs, r->case_.site));
    struct pp_275_request q = {.sending = sending,
                               .form = x316 ? PP_275_X316 : PP_275_X211,
                               .answers = r->kind == EV_PAS_SUBMIT_KIND_DOCUMENTS,
                               .batch_ref = r->control,
                               .trace = r->trace,
                               .payer = payer_org(p),
                               .submitter = {.name = provider.name, .id_type = PP_STR("46"), .id = p->isa_sender},
                               .provider = provider,
                               .patient_family = r->case_.patient.family,
                               .patient_given = r->case_.patient.given,
                               .member_id = member_of(r),
                               .reference = r->reference,
                               .service_from = service_date(r, false),
                               .service_until = service_date(r, true)};
    struct pp_buf b;
    if (documents_of(x, r, a, &q, err) < 0) return -1;
    pp_buf_init(&b, PP_275_BYTES_MAX);
    if (pp_275_build(&q, &b, err) < 0) {
        pp_buf_free(&b);
        return -1;
    }
    return message(x, r, x316 ? "X12_275_Request_006020X316" : "X12_275_Request_005010X211E1", "275", &b, a, ret, err);
}

/* Documents that may have arrived may be sent again by CORE: the number of the interchange tells the payer. */
int call_x12_attach_doubt(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a,
                          struct pp_http_msg *ret, struct pp_err *err) {
    const struct pp_payer *p = payer_of(x, err);
    if (!p) return -1;
    if (p->transport == PP_X12_FILE) return doubt(x, request, "275", a, ret, err);
    return call_x12_attach_build(x, request, a, ret, err);
}
