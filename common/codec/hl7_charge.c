#include "codec/hl7_view.h"

/* Charges of DFT^P03 and P11: one FT1 each, with the PR1 and DG1 that follow it up to the next FT1. */

static void read_ft1(struct pp_hl7_msg *m, struct pp_hl7_seg *s, struct pp_hl7_charge *c) {
    *c = (struct pp_hl7_charge){
        .segment = s->index,
        .transaction = pp_hl7_ei_in(m, s, 2),
        .when = pp_hl7_ts_of(m, s, 4, 1),
        .until = pp_hl7_ts_of(m, s, 4, 2),
        .posted = pp_hl7_ts_of(m, s, 5, 0),
        .type = pp_hl7_val(m, s, 6, 1),
        .item = pp_hl7_code_in(m, s, 7),
        .quantity = pp_hl7_val(m, s, 10, 1),
        .amount = pp_hl7_get(m, s, 11, 1, 1, 1),
        .unit_amount = pp_hl7_get(m, s, 12, 1, 1, 1),
        .plan = pp_hl7_code_in(m, s, 14),
        .location = pp_hl7_location_in(m, s, 16),
        .performed = pp_hl7_provider_of(m, s, 20),
        .ordered = pp_hl7_provider_of(m, s, 21),
        .filler = pp_hl7_ei_in(m, s, 23),
        .procedure = pp_hl7_code_in(m, s, 25),
    };
    /* CP is amount&currency in the first component; some write amount^currency. */
    for (unsigned field = 11; field <= 12 && c->currency.n == 0; field++) {
        c->currency = pp_hl7_get(m, s, field, 1, 1, 2);
        struct pp_str second = pp_hl7_val(m, s, field, 2);
        if (c->currency.n == 0 && second.n == 3) c->currency = second;
    }
    c->diagnoses = pp_hl7_codes_of(m, s, 19, &c->diagnoses_n);
    c->modifiers = pp_hl7_values_of(m, s, 26, &c->modifiers_n);
}

/* Segments after the FT1, up to the next one or to what belongs to the account as a whole. */
static void read_tail(struct pp_hl7_msg *m, uint32_t from, uint32_t stop, struct pp_hl7_charge *c) {
    uint32_t dg1 = 0;
    bool own_diagnoses = c->diagnoses_n > 0;
    for (uint32_t i = from; i < stop; i++) dg1 += pp_hl7_is(&m->segs[i], "DG1");
    if (!own_diagnoses && dg1) c->diagnoses = pp_arena_array(m->arena, struct pp_hl7_code, dg1);
    for (uint32_t i = from; i < stop; i++) {
        struct pp_hl7_seg *s = &m->segs[i];
        if (pp_hl7_is(s, "PR1") && c->procedure.code.n == 0) {
            c->procedure = pp_hl7_code_in(m, s, 3);
            if (c->modifiers_n == 0) c->modifiers = pp_hl7_values_of(m, s, 16, &c->modifiers_n);
        } else if (pp_hl7_is(s, "DG1") && !own_diagnoses && c->diagnoses) {
            struct pp_hl7_code d = pp_hl7_code_in(m, s, 3);
            if (d.code.n || d.text.n) c->diagnoses[c->diagnoses_n++] = d;
        }
    }
}

/* FT1-4, 6 and 7 are required by the standard; without them nobody knows what was charged, or whether it was. */
static bool usable(struct pp_hl7_msg *m, struct pp_hl7_seg *s, const struct pp_hl7_charge *c) {
    if (c->type.n == 0) {
        pp_hl7_fault(m, 'E', 101, s, 6, 0, "the transaction type is missing");
    } else if (c->when.date == 0) {
        pp_hl7_fault(m, 'E', 101, s, 4, 0, "the transaction date is missing");
    } else if (c->item.code.n == 0 && c->procedure.code.n == 0) {
        pp_hl7_fault(m, 'E', 101, s, 7, 0, "the transaction code is missing");
    } else {
        return true;
    }
    return false;
}

int pp_hl7_read_charges(struct pp_hl7_msg *m, struct pp_hl7_charges *ret, struct pp_err *err) {
    struct pp_hl7_charges r = {0};
    if (pp_hl7_read_msh(m, &r.msh, err) || pp_hl7_read_person(m, &r.person, err)) return -1;
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->segs_n; i++) n += pp_hl7_is(&m->segs[i], "FT1");
    if (n == 0) return pp_hl7_refuse(m, NULL, 0, 0, "the segment FT1 is missing", err);
    r.charges = pp_arena_array(m->arena, struct pp_hl7_charge, n);
    if (!r.charges) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    for (struct pp_hl7_seg *s = pp_hl7_find(m, "FT1", 1); s;) {
        struct pp_hl7_seg *next = pp_hl7_find(m, "FT1", s->index);
        struct pp_hl7_charge *c = &r.charges[r.charges_n];
        read_ft1(m, s, c);
        /* after the last charge the diagnoses are those of the account: P03 has them behind all groups */
        if (next) read_tail(m, s->index, next->index - 1, c);
        if (!next) {
            uint32_t stop = s->index;
            while (stop < m->segs_n && !pp_hl7_is(&m->segs[stop], "DG1") && !pp_hl7_is(&m->segs[stop], "IN1")) stop++;
            read_tail(m, s->index, stop, c);
        }
        if (usable(m, s, c))
            r.charges_n++;
        else
            r.refused_n++;
        s = next;
    }
    if (pp_arena_failed(m->arena)) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    if (r.charges_n == 0) return pp_hl7_fault_err(m, err);
    *ret = r;
    return 0;
}
