#include "codec/x12_270.h"
#include "codec/x12_build_int.h"

/* 270: one question about one person. */

static int missing(struct pp_err *err, const char *member) {
    return pp_err_set(err, PP_ERR_INVALID, "%s is missing", member);
}

static int check(const struct pp_270_request *q, struct pp_str trace_org, struct pp_err *err) {
    if (!q->payer.name.n) return missing(err, "payer.name");
    if (!q->payer.id.n && !q->payer.npi.n) return missing(err, "payer.id");
    if (!q->provider.name.n) return missing(err, "provider.name");
    if (!q->provider.npi.n) return missing(err, "provider.npi");
    if (!q->coverage || !q->coverage->member_id.n) return missing(err, "coverage.member_id");
    if (!q->patient || !q->patient->family.n) return missing(err, "patient.family");
    if (!q->batch_ref.n) return missing(err, "batch_ref");
    if (!q->trace.n) return missing(err, "trace");
    if (trace_org.n != 10) return pp_err_set(err, PP_ERR_INVALID, "trace_org has not exactly ten characters");
    if (q->service_types_n > PP_270_SERVICE_TYPES_MAX)
        return pp_err_set(err, PP_ERR_LIMIT, "more than %d service types", PP_270_SERVICE_TYPES_MAX);
    return 0;
}

static void write_bht(struct x12b *b, const struct pp_270_request *q) {
    char date[9], time[5];
    x12b_time(q->sending.zone, q->created ? q->created : q->sending.at, date, time);
    x12b_seg(b, "BHT");
    x12b_z(b, "0022");
    x12b_z(b, "13");
    x12b_id(b, q->batch_ref, 1, 50, "batch_ref");
    x12b_z(b, date);
    x12b_z(b, time);
    x12b_put(b);
}

static void write_trn(struct x12b *b, const struct pp_270_request *q, struct pp_str trace_org) {
    x12b_seg(b, "TRN");
    x12b_z(b, "1");
    x12b_id(b, q->trace, 1, 50, "trace");
    x12b_id(b, trace_org, 10, 10, "trace_org");
    x12b_put(b);
}

static void write_question(struct x12b *b, const struct pp_270_request *q) {
    x12b_dtp(b, "291", q->on, q->on);
    if (q->code.n) {
        x12b_seg(b, "EQ");
        x12b_skip(b, 1);
        x12b_open(b);
        x12b_z(b, "HC");
        x12b_id(b, q->code, 1, 48, "code");
        x12b_close(b);
        x12b_put(b);
        return;
    }
    for (size_t i = 0; i < q->service_types_n || i == 0; i++) {
        x12b_seg(b, "EQ");
        x12b_id(b, q->service_types_n ? q->service_types[i] : PP_STR("30"), 1, 2, "service_type");
        x12b_put(b);
    }
}

static const char *sex_code(enum ev_patient_sex s) {
    return s == EV_PATIENT_SEX_F ? "F" : s == EV_PATIENT_SEX_M ? "M" : "";
}

static void write_group(struct x12b *b, const struct pp_270_request *q) {
    x12b_ref(b, "6P", q->coverage->group_no, "coverage.group_no");
}

/* Names of whom the question is about: the patient, who may be the subscriber. */
static void write_people(struct x12b *b, const struct pp_270_request *q, struct pp_str trace_org) {
    const struct ev_coverage *c = q->coverage;
    const struct ev_patient *p = q->patient;
    bool other = c->relation > EV_COVERAGE_RELATION_SELF && c->subscriber_family.n;
    x12b_hl(b, 3, 2, "22", other);
    if (!other) {
        write_trn(b, q, trace_org);
        x12b_person(b, "IL", p->family, p->given, p->middle, "MI", c->member_id, "patient");
        write_group(b, q);
        x12b_dmg(b, p->birth_date, sex_code(p->sex));
        write_question(b, q);
        return;
    }
    x12b_person(b, "IL", c->subscriber_family, c->subscriber_given, PP_STR_NONE, "MI", c->member_id, "coverage");
    write_group(b, q);
    x12b_dmg(b, c->subscriber_birth_date, "");
    x12b_hl(b, 4, 3, "23", false);
    write_trn(b, q, trace_org);
    x12b_person(b, "03", p->family, p->given, p->middle, "", PP_STR_NONE, "patient");
    x12b_dmg(b, p->birth_date, sex_code(p->sex));
    x12b_seg(b, "INS");
    x12b_z(b, "N");
    x12b_z(b, c->relation == EV_COVERAGE_RELATION_SPOUSE  ? "01"
              : c->relation == EV_COVERAGE_RELATION_CHILD ? "19"
                                                          : "34"); /* another adult */
    x12b_put(b);
    write_question(b, q);
}

int pp_270_build(const struct pp_270_request *q, struct pp_buf *ret, struct pp_err *err) {
    struct x12b b;
    struct pp_str trace_org = q->trace_org.n ? q->trace_org : q->provider.npi;
    pp_buf_reset(ret);
    if (check(q, trace_org, err) < 0) return -1;
    if (x12b_begin(&b, ret, &q->sending, "HS", "005010X279A1", "270", err) < 0) {
        pp_buf_reset(ret);
        return -1;
    }
    write_bht(&b, q);
    x12b_hl(&b, 1, 0, "20", true);
    x12b_org(&b, "PR", &q->payer, false, "payer");
    x12b_hl(&b, 2, 1, "21", true);
    x12b_org(&b, "1P", &q->provider, false, "provider");
    write_people(&b, q, trace_org);
    return x12b_end(&b);
}
