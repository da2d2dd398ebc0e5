/* Who a person is, as each sender has it, and merges. */
#include "intake/chart/chart.h"

/* An empty field of a message says nothing (HL7 v2.5.1 section 2.5.3): what was known stays. */
static void take(struct pp_str *to, struct pp_str from) {
    if (from.n) *to = from;
}

void chart_patient_reported(struct chart *c, const struct ev_patient_reported *e) {
    const struct chart_patient_row key = {.sender = e->sender};
    struct chart_patient_row *p = pp_row_add(c->unit, CHART_PATIENT, &key);
    if (!p) return;
    take(&p->mrn, e->patient.mrn);
    take(&p->family, e->patient.family);
    take(&p->given, e->patient.given);
    take(&p->middle, e->patient.middle);
    if (e->patient.sex != EV_PATIENT_SEX_NONE) p->sex = pp_str_z(ev_patient_sex_name(e->patient.sex));
    take(&p->address_line, e->patient.address_line);
    take(&p->city, e->patient.city);
    take(&p->state, e->patient.state);
    take(&p->zip, e->patient.zip);
    take(&p->phone, e->patient.phone);
    if (e->patient.birth_date) p->birth_date = e->patient.birth_date;
    p->reported = c->in->hdr.time_ms;
    chart_settle_all(c, "patient");
}

const struct chart_patient_row *chart_patient_of(struct chart *c, struct pp_str sender) {
    const struct chart_patient_row key = {.sender = sender};
    const struct chart_patient_row *p = pp_row_find(c->unit, CHART_PATIENT, &key);
    if (p) return p;
    PP_EACH_ROW(c->unit, CHART_PATIENT, chart_patient_row, r)
    if (!p || r->reported > p->reported) p = r;
    return p;
}

/* Rows never move. New facts go to the survivor, so an open case on the retired side hears no more of coverages and
 * visits: a person must look at it. */
void chart_patient_merged(struct chart *c, const struct ev_patient_merged *e) {
    bool retired = pp_uuid_eq(e->retired, pp_unit_person(c->unit));
    const struct chart_merge_row key = {.other = retired ? e->survivor : e->retired};
    struct chart_merge_row *m = pp_row_add(c->unit, CHART_MERGE, &key);
    if (!m) return;
    m->side = retired ? PP_STR("retired") : PP_STR("survivor");
    m->at = c->in->hdr.time_ms;
    if (!retired) return;
    PP_EACH_ROW(c->unit, CHART_CASE, chart_case_row, k)
    if (pp_str_eqz(k->state, "open")) chart_need_merge_review(c, k);
}
