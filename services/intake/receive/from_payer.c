/* A payer's own message to us. Routed by our number inside; what it says is submission's business. */
#include "base/hash.h"
#include "codec/fhir_read.h"
#include "report.h"

struct pp_str rcv_find_trace(struct pp_str text, struct pp_uuid *ret_person) {
    for (uint32_t i = 0; i + 30 <= text.n; i++) {
        if (text.s[i] != 'P' || text.s[i + 1] != 'P') continue;
        uint32_t n = 2;
        while (i + n < text.n &&
               ((text.s[i + n] >= '0' && text.s[i + n] <= '9') || (text.s[i + n] >= 'A' && text.s[i + n] <= 'Z')))
            n++;
        uint32_t number;
        if (n <= PP_TRACE_MAX && pp_trace_parse((struct pp_str){text.s + i, n}, ret_person, &number))
            return (struct pp_str){text.s + i, n};
        i += n - 1;
    }
    return PP_STR_NONE;
}

static enum ev_payer_answer_reported_kind kind_of(const json_t *doc) {
    if (pp_fhir_is(doc, "ClaimResponse") || !pp_fhir_is(doc, "Bundle")) return EV_PAYER_ANSWER_REPORTED_KIND_UNKNOWN;
    size_t at = 0;
    const json_t *parameters = pp_fhir_entry(doc, "Parameters", &at);
    for (size_t i = 0; i < pp_fhir_count(parameters, "parameter"); i++) {
        const json_t *p = pp_fhir_at(parameters, "parameter", i);
        struct pp_str code = pp_fhir_str(p, "valueCode");
        if (!pp_str_eqz(pp_fhir_str(p, "name"), "type")) continue;
        if (pp_str_eqz(code, "handshake")) return EV_PAYER_ANSWER_REPORTED_KIND_HANDSHAKE;
        if (pp_str_eqz(code, "heartbeat")) return EV_PAYER_ANSWER_REPORTED_KIND_HEARTBEAT;
        if (pp_str_eqz(code, "event-notification")) return EV_PAYER_ANSWER_REPORTED_KIND_NOTIFICATION;
    }
    return EV_PAYER_ANSWER_REPORTED_KIND_RESPONSE;
}

void rcv_read_payer(const struct rcv_source *src, struct pp_str payer, struct pp_str content_type, struct pp_str bytes,
                    struct rcv_reading *r) {
    struct pp_err err;
    struct pp_str type = content_type;
    if (pp_str_ieq(pp_str_trim(pp_str_split(&type, ';')), PP_STR("application/edi-x12"))) {
        rcv_read_x12(src, payer, bytes, r);
        return;
    }
    memset(r, 0, sizeof *r);
    r->type = PP_STR("payer-answer");
    json_t *doc = pp_fhir_parse(bytes, &err);
    if (!doc) {
        rcv_refuse(src, r, PP_STR_NONE, "%s", err.msg);
        return;
    }
    enum ev_payer_answer_reported_kind kind = kind_of(doc);
    json_decref(doc);
    struct rcv_subject_builder b;
    struct pp_uuid person;
    struct ev_payer_answer_reported *e = pp_arena_new(src->arena, struct ev_payer_answer_reported);
    if (!e) return;
    char hex[PP_SHA256_HEX + 1];
    pp_sha256_hex(bytes, hex);
    e->payer = payer;
    e->channel = EV_PAYER_ANSWER_REPORTED_CHANNEL_FHIR;
    e->kind = kind;
    e->trace = pp_arena_str(src->arena, rcv_find_trace(bytes, &person));
    e->hash = pp_arena_strz(src->arena, hex);
    e->content_type = content_type;
    e->size = bytes.n;
    rcv_subject_begin(src, &b);
    struct rcv_report *p = rcv_add_report(src, r, RCV_PAYER, rcv_subject_end(src, &b), ev_of_payer_answer_reported(e));
    if (p) p->blob = bytes;
}
