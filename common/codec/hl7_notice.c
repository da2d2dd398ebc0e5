#include "codec/hl7_notice.h"

#include <stdio.h>

const char *pp_hl7_notice_status_name(enum pp_hl7_notice_status status) {
    static const char *const names[] = {"not-required", "pending", "approved", "modified", "denied", "cancelled"};
    return status < PP_HL7_NOTICE_STATUS_COUNT ? names[status] : "";
}

static bool is_granted(const struct pp_hl7_notice *n) {
    return n->status == PP_HL7_NOTICE_APPROVED || n->status == PP_HL7_NOTICE_MODIFIED;
}

static const char *what_is_missing(const struct pp_hl7_notice *n) {
    if (n->control_id.n == 0 || n->time.n == 0 || n->processing_id.n == 0)
        return "number, time and processing id of the message are needed";
    if (n->patient.value.n == 0 || n->family.n == 0) return "the patient's number and name are needed";
    if (n->company.value.n == 0) return "the payer's id is needed";
    if (n->placer.value.n == 0 && n->filler.value.n == 0) return "an order number is needed";
    if (n->service.code.n == 0) return "the service is needed";
    if (is_granted(n) && n->number.n == 0) return "an approval needs its number";
    if (n->status >= PP_HL7_NOTICE_STATUS_COUNT) return "the status is none";
    return NULL;
}

static void put_id(struct pp_hl7_out *w, unsigned field, const struct pp_hl7_id *id) {
    pp_hl7_out_val(w, field, 1, id->value);
    if (id->value.n) pp_hl7_out_val(w, field, 2, id->authority);
}

static void put_code(struct pp_hl7_out *w, unsigned field, const struct pp_hl7_code *c) {
    pp_hl7_out_val(w, field, 1, c->code);
    pp_hl7_out_val(w, field, 2, c->text);
    if (c->code.n) pp_hl7_out_val(w, field, 3, c->system);
}

static void put_msh(struct pp_hl7_out *w, const struct pp_hl7_notice *n, const char *type, const char *trigger,
                    const char *structure) {
    pp_hl7_out_segment(w, "MSH");
    pp_hl7_out_val(w, 3, 1, n->sending_app);
    pp_hl7_out_val(w, 4, 1, n->sending_facility);
    pp_hl7_out_val(w, 5, 1, n->receiving_app);
    pp_hl7_out_val(w, 6, 1, n->receiving_facility);
    pp_hl7_out_val(w, 7, 1, n->time);
    pp_hl7_out_val(w, 9, 1, pp_str_z(type));
    pp_hl7_out_val(w, 9, 2, pp_str_z(trigger));
    pp_hl7_out_val(w, 9, 3, pp_str_z(structure));
    pp_hl7_out_val(w, 10, 1, n->control_id);
    pp_hl7_out_val(w, 11, 1, n->processing_id);
    pp_hl7_out_val(w, 12, 1, PP_STR("2.5.1"));
    pp_hl7_out_val(w, 18, 1, PP_STR("UNICODE UTF-8"));
}

static void put_pid(struct pp_hl7_out *w, const struct pp_hl7_notice *n) {
    pp_hl7_out_segment(w, "PID");
    pp_hl7_out_val(w, 1, 1, PP_STR("1"));
    pp_hl7_out_val(w, 3, 1, n->patient.value);
    pp_hl7_out_val(w, 3, 4, n->patient.authority);
    pp_hl7_out_val(w, 3, 5, n->patient.type.n ? n->patient.type : PP_STR("MR"));
    pp_hl7_out_val(w, 5, 1, n->family);
    pp_hl7_out_val(w, 5, 2, n->given);
    pp_hl7_out_date(w, 7, 1, n->birth);
    pp_hl7_out_val(w, 8, 1, n->sex);
    pp_hl7_out_val(w, 18, 1, n->account);
}

/* IN1-2 is required by the standard; a payer without a plan code is its own plan. */
static void put_in1(struct pp_hl7_out *w, const struct pp_hl7_notice *n) {
    pp_hl7_out_segment(w, "IN1");
    pp_hl7_out_val(w, 1, 1, PP_STR("1"));
    pp_hl7_out_val(w, 2, 1, n->plan.n ? n->plan : n->company.value);
    pp_hl7_out_val(w, 3, 1, n->company.value);
    pp_hl7_out_val(w, 3, 4, n->company.authority);
    pp_hl7_out_val(w, 4, 1, n->company_name);
    if (is_granted(n)) {
        pp_hl7_out_val(w, 14, 1, n->number);
        pp_hl7_out_date(w, 14, 2, n->decided);
        pp_hl7_out_val(w, 14, 3, n->company.value);
    }
    pp_hl7_out_val(w, 36, 1, n->member_id);
}

static void put_in3(struct pp_hl7_out *w, const struct pp_hl7_notice *n) {
    pp_hl7_out_segment(w, "IN3");
    pp_hl7_out_val(w, 1, 1, PP_STR("1"));
    if (is_granted(n)) pp_hl7_out_val(w, 2, 1, n->number);
    pp_hl7_out_val(w, 4, 1, n->status == PP_HL7_NOTICE_NOT_REQUIRED ? PP_STR("N") : PP_STR("Y"));
    if (is_granted(n)) {
        pp_hl7_out_date(w, 6, 1, n->decided);
        pp_hl7_out_date(w, 9, 1, n->begin);
        pp_hl7_out_date(w, 10, 1, n->end);
    }
    if (n->status == PP_HL7_NOTICE_DENIED) put_code(w, 12, &n->reason);
}

int pp_hl7_notice_order(const struct pp_hl7_notice *n, struct pp_buf *out, struct pp_err *err) {
    const char *missing = what_is_missing(n);
    if (missing) return pp_err_set(err, PP_ERR_INVALID, "%s", missing);
    struct pp_hl7_out w;
    pp_hl7_out_begin(&w, n->delims, out);
    put_msh(&w, n, "ORM", "O01", "ORM_O01");
    put_pid(&w, n);
    put_in1(&w, n);
    put_in3(&w, n);
    pp_hl7_out_segment(&w, "ORC");
    pp_hl7_out_val(&w, 1, 1, PP_STR("SC"));
    put_id(&w, 2, &n->placer);
    put_id(&w, 3, &n->filler);
    pp_hl7_out_val(&w, 9, 1, n->time);
    put_code(&w, 16, &n->reason);
    pp_hl7_out_val(&w, 25, 1, pp_str_z(pp_hl7_notice_status_name(n->status)));
    pp_hl7_out_val(&w, 25, 3, PP_STR("PRIORPATH"));
    pp_hl7_out_segment(&w, "OBR");
    pp_hl7_out_val(&w, 1, 1, PP_STR("1"));
    put_id(&w, 2, &n->placer);
    put_id(&w, 3, &n->filler);
    put_code(&w, 4, &n->service);
    if (n->text.n) {
        pp_hl7_out_segment(&w, "NTE");
        pp_hl7_out_val(&w, 1, 1, PP_STR("1"));
        pp_hl7_out_val(&w, 3, 1, n->text);
    }
    return pp_hl7_out_end(&w, err);
}

/* ---- without the patient ---- */

static void put_obx(struct pp_hl7_out *w, int *set_id, const char *type, const char *code, const char *text,
                    struct pp_str value, struct pp_str unit) {
    char number[12];
    if (!value.n) return;
    snprintf(number, sizeof number, "%d", ++*set_id);
    pp_hl7_out_segment(w, "OBX");
    pp_hl7_out_val(w, 1, 1, pp_str_z(number));
    pp_hl7_out_val(w, 2, 1, pp_str_z(type));
    pp_hl7_out_val(w, 3, 1, pp_str_z(code));
    pp_hl7_out_val(w, 3, 2, pp_str_z(text));
    pp_hl7_out_val(w, 3, 3, PP_STR("PRIORPATH"));
    pp_hl7_out_val(w, 5, 1, value);
    pp_hl7_out_val(w, 6, 1, unit);
    pp_hl7_out_val(w, 11, 1, PP_STR("F"));
}

static void put_obx_date(struct pp_hl7_out *w, int *set_id, const char *code, const char *text, pp_date date) {
    char day[11], digits[9];
    pp_date_text(date, day);
    if (!date) return;
    snprintf(digits, sizeof digits, "%.4s%.2s%.2s", day, day + 5, day + 8);
    put_obx(w, set_id, "DT", code, text, pp_str_z(digits), PP_STR_NONE);
}

int pp_hl7_notice_state(const struct pp_hl7_state *n, struct pp_buf *out, struct pp_err *err) {
    if (n->control_id.n == 0 || n->time.n == 0 || n->processing_id.n == 0)
        return pp_err_set(err, PP_ERR_INVALID, "number, time and processing id of the message are needed");
    if (n->order_no.n == 0) return pp_err_set(err, PP_ERR_INVALID, "an order number is needed");
    if (n->state.n == 0) return pp_err_set(err, PP_ERR_INVALID, "the state is needed");
    const struct pp_hl7_notice head = {.sending_app = n->sending_app,
                                       .sending_facility = n->sending_facility,
                                       .receiving_app = n->receiving_app,
                                       .receiving_facility = n->receiving_facility,
                                       .control_id = n->control_id,
                                       .time = n->time,
                                       .processing_id = n->processing_id};
    struct pp_hl7_out w;
    int obx = 0;
    pp_hl7_out_begin(&w, n->delims, out);
    put_msh(&w, &head, "ORM", "O01", "ORM_O01");
    pp_hl7_out_segment(&w, "ORC");
    pp_hl7_out_val(&w, 1, 1, PP_STR("SC"));
    pp_hl7_out_val(&w, 2, 1, n->order_no);
    pp_hl7_out_val(&w, 9, 1, n->time);
    pp_hl7_out_val(&w, 25, 1, n->state);
    pp_hl7_out_val(&w, 25, 3, PP_STR("PRIORPATH"));
    pp_hl7_out_segment(&w, "OBR");
    pp_hl7_out_val(&w, 1, 1, PP_STR("1"));
    pp_hl7_out_val(&w, 2, 1, n->order_no);
    put_code(&w, 4, &n->service);
    put_obx(&w, &obx, "ST", "case", "Case", n->case_no, PP_STR_NONE);
    put_obx(&w, &obx, "NM", "line", "Line of the case", n->line, PP_STR_NONE);
    if (!pp_str_eqz(n->state, "denied")) /* nobody shall take the number of a refusal for one that grants */
        put_obx(&w, &obx, "ST", "authorization", "Authorization number", n->number, PP_STR_NONE);
    put_obx(&w, &obx, "ST", "payer", "Payer", n->payer, PP_STR_NONE);
    put_obx_date(&w, &obx, "valid-from", "First day", n->valid_from);
    put_obx_date(&w, &obx, "valid-until", "Last day", n->valid_until);
    put_obx(&w, &obx, "NM", "units-authorized", "Units authorized", n->units_authorized, n->unit_type);
    put_obx(&w, &obx, "NM", "units-scheduled", "Units scheduled", n->units_scheduled, n->unit_type);
    put_obx(&w, &obx, "NM", "units-used", "Units used", n->units_used, n->unit_type);
    return pp_hl7_out_end(&w, err);
}

/* Table 0283: referral status. */
static struct pp_hl7_code referral_status(enum pp_hl7_notice_status status) {
    switch (status) {
    case PP_HL7_NOTICE_PENDING:
        return (struct pp_hl7_code){.code = PP_STR("P"), .text = PP_STR("Pending"), .system = PP_STR("HL70283")};
    case PP_HL7_NOTICE_DENIED:
    case PP_HL7_NOTICE_CANCELLED:
        return (struct pp_hl7_code){.code = PP_STR("R"), .text = PP_STR("Rejected"), .system = PP_STR("HL70283")};
    default: return (struct pp_hl7_code){.code = PP_STR("A"), .text = PP_STR("Accepted"), .system = PP_STR("HL70283")};
    }
}

static void put_aut(struct pp_hl7_out *w, const struct pp_hl7_notice *n) {
    pp_hl7_out_segment(w, "AUT");
    pp_hl7_out_val(w, 1, 1, n->plan);
    pp_hl7_out_val(w, 2, 1, n->company.value);
    pp_hl7_out_val(w, 3, 1, n->company_name);
    if (is_granted(n)) {
        pp_hl7_out_date(w, 4, 1, n->begin);
        pp_hl7_out_date(w, 5, 1, n->end);
        pp_hl7_out_val(w, 6, 1, n->number);
    }
    pp_hl7_out_val(w, 8, 1, n->requested);
    if (is_granted(n)) pp_hl7_out_val(w, 9, 1, n->authorized);
    pp_hl7_out_date(w, 10, 1, n->decided);
}

int pp_hl7_notice_answer(const struct pp_hl7_notice *n, struct pp_buf *out, struct pp_err *err) {
    const char *missing = what_is_missing(n);
    if (!missing && n->answers.n == 0) missing = "the number of the request is needed";
    if (!missing && n->provider_family.n == 0) missing = "the name of the requesting provider is needed";
    if (missing) return pp_err_set(err, PP_ERR_INVALID, "%s", missing);
    const struct pp_hl7_code status = referral_status(n->status);
    struct pp_hl7_out w;
    pp_hl7_out_begin(&w, n->delims, out);
    put_msh(&w, n, "RPA", "I08", "RPA_I08");
    pp_hl7_out_segment(&w, "MSA");
    pp_hl7_out_val(&w, 1, 1, PP_STR("AA"));
    pp_hl7_out_val(&w, 2, 1, n->answers);
    pp_hl7_out_segment(&w, "RF1");
    put_code(&w, 1, &status);
    put_id(&w, 6, n->placer.value.n ? &n->placer : &n->filler);
    pp_hl7_out_date(&w, 9, 1, n->decided);
    put_code(&w, 10, &n->reason);
    pp_hl7_out_segment(&w, "PRD");
    pp_hl7_out_val(&w, 1, 1, PP_STR("RP"));
    pp_hl7_out_val(&w, 1, 2, PP_STR("Referring Provider"));
    pp_hl7_out_val(&w, 1, 3, PP_STR("HL70286"));
    pp_hl7_out_val(&w, 2, 1, n->provider_family);
    pp_hl7_out_val(&w, 2, 2, n->provider_given);
    pp_hl7_out_val(&w, 7, 1, n->npi);
    if (n->npi.n) pp_hl7_out_val(&w, 7, 2, PP_STR("NPI"));
    put_pid(&w, n);
    put_in1(&w, n);
    pp_hl7_out_segment(&w, "PR1");
    pp_hl7_out_val(&w, 1, 1, PP_STR("1"));
    put_code(&w, 3, &n->service);
    put_aut(&w, n);
    if (n->text.n) {
        pp_hl7_out_segment(&w, "NTE");
        pp_hl7_out_val(&w, 1, 1, PP_STR("1"));
        pp_hl7_out_val(&w, 3, 1, n->text);
    }
    return pp_hl7_out_end(&w, err);
}
