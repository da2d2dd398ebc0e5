#include "envelope.h"
#include "codec/fhir_read.h"
#include "refs/senders.h"

static struct pp_str sender_of(struct pp_arena *a, struct pp_str partner, struct pp_str app, struct pp_str facility) {
    return pp_arena_printf(a, "%.*s/%.*s/%.*s", PP_FMT(partner), PP_FMT(app), PP_FMT(facility));
}

int door_hl7_parse(struct pp_str body, struct pp_str partner, const struct pp_refs *refs, struct pp_arena *a,
                   struct pp_hl7_msg *ret_m, struct pp_hl7_msh *ret_msh, struct pp_err *err) {
    if (pp_hl7_parse(body, NULL, a, ret_m, err) < 0 || pp_hl7_read_msh(ret_m, ret_msh, err) < 0) return -1;
    const struct pp_sender *who =
        refs ? pp_refs_sender(refs, sender_of(a, partner, ret_msh->sending_app, ret_msh->sending_facility)) : NULL;
    if (!who) return 0;
    if (pp_hl7_parse(body, &who->hl7, a, ret_m, err) < 0) return -1;
    return pp_hl7_read_msh(ret_m, ret_msh, err);
}

void door_envelope_hl7(struct pp_hl7_msg *m, const struct pp_hl7_msh *msh, struct pp_str tenant, struct pp_str partner,
                       struct pp_arena *a, struct door_envelope *ret) {
    struct pp_hl7_seg *pid = pp_hl7_find(m, "PID", 0);
    *ret = (struct door_envelope){
        .type = "inbound.hl7",
        .tenant = tenant,
        .sender = sender_of(a, partner, msh->sending_app, msh->sending_facility),
        .message_id = msh->control_id,
        .patient = pp_hl7_val(m, pid, 3, 1),
        .content_type = PP_STR("application/hl7-v2"),
    };
    pp_sha256_hex(m->raw, ret->hash);
}

/* ISA has fixed places: ISA06 at 35, ISA13 at 90. */
#define ISA_BYTES 106
static void envelope_x12(struct pp_str body, struct pp_str partner, struct pp_arena *a, struct door_envelope *ret) {
    ret->type = "inbound.x12";
    ret->sender = partner;
    ret->content_type = PP_STR("application/edi-x12");
    if (body.n < ISA_BYTES) return;
    struct pp_str isa06 = pp_str_trim((struct pp_str){body.s + 35, 15}),
                  isa13 = pp_str_trim((struct pp_str){body.s + 90, 9});
    ret->message_id = pp_arena_printf(a, "%.*s/%.*s", PP_FMT(isa06), PP_FMT(isa13));
}

static struct pp_str fhir_patient(const json_t *doc) {
    size_t at = 0;
    const json_t *patient = pp_fhir_is(doc, "Bundle") ? pp_fhir_entry(doc, "Patient", &at) : NULL;
    struct pp_str id = pp_fhir_str(pp_fhir_at(patient, "identifier", 0), "value");
    if (id.n) return id;
    static const char *const members[] = {"subject", "beneficiary", "patient"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const json_t *ref = json_object_get(doc, members[i]);
        id = pp_fhir_str(json_object_get(ref, "identifier"), "value");
        if (!id.n) id = pp_fhir_str(ref, "reference");
        if (id.n) return id;
    }
    return PP_STR_NONE;
}

static void envelope_fhir(struct pp_str body, struct pp_str partner, struct pp_arena *a, struct door_envelope *ret) {
    struct pp_err err;
    ret->type = "inbound.fhir";
    ret->sender = partner;
    ret->content_type = PP_STR("application/fhir+json");
    json_t *doc = pp_fhir_parse(body, &err);
    if (!doc) return; /* stored all the same: receive says what is wrong with it */
    ret->patient = pp_arena_str(a, fhir_patient(doc));
    json_decref(doc);
}

static void envelope_hl7_file(struct pp_str body, struct pp_str tenant, struct pp_str partner,
                              const struct pp_refs *refs, struct pp_arena *a, struct door_envelope *ret) {
    struct pp_hl7_msg m;
    struct pp_hl7_msh msh;
    struct pp_err err;
    if (door_hl7_parse(body, partner, refs, a, &m, &msh, &err) == 0) {
        door_envelope_hl7(&m, &msh, tenant, partner, a, ret);
        return;
    }
    ret->type = "inbound.hl7";
    ret->sender = sender_of(a, partner, PP_STR_NONE, PP_STR_NONE);
    ret->content_type = PP_STR("application/hl7-v2");
}

bool door_envelope_of(struct pp_str body, struct pp_str content_type, struct pp_str tenant, struct pp_str partner,
                      const struct pp_refs *refs, struct pp_arena *a, struct door_envelope *ret) {
    *ret = (struct door_envelope){.tenant = tenant};
    struct pp_str head = pp_str_trim(body), type = content_type;
    type = pp_str_trim(pp_str_split(&type, ';'));
    bool hl7 =
        pp_str_starts(head, PP_STR("MSH")) || pp_str_starts(head, PP_STR("FHS")) || pp_str_starts(head, PP_STR("BHS"));
    if (hl7 || pp_str_ieq(type, PP_STR("application/hl7-v2")) || pp_str_ieq(type, PP_STR("x-application/hl7-v2+er7")))
        envelope_hl7_file(body, tenant, partner, refs, a, ret);
    else if (pp_str_starts(head, PP_STR("ISA")) || pp_str_ieq(type, PP_STR("application/edi-x12")))
        envelope_x12(head, partner, a, ret);
    else if (head.n && (head.s[0] == '{' || head.s[0] == '['))
        envelope_fhir(body, partner, a, ret);
    else
        return false;
    ret->tenant = tenant;
    pp_sha256_hex(body, ret->hash);
    return true;
}

struct pp_str door_envelope_key(const struct door_envelope *e, struct pp_arena *a) {
    struct pp_str last = e->patient.n ? e->patient : e->message_id.n ? e->message_id : pp_str_z(e->hash);
    return pp_arena_printf(a, "%.*s/%.*s/%.*s", PP_FMT(e->tenant), PP_FMT(e->sender), PP_FMT(last));
}
