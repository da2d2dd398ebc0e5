#include "codec/hl7_view.h"

/* Orders of ORM^O01, OMG^O19, OMI^O23 and OML^O21. An order begins with its ORC; a second OBR under one ORC, or an OBR
 * without one, begins an order of its own that inherits what the ORC said. After the orders OMG and OML may carry
 * earlier results, recognised by a second PID or PV1: what follows is history unless its ORC asks for something. */

static bool is_detail(const struct pp_hl7_seg *s) {
    return pp_hl7_is(s, "OBR") || pp_hl7_is(s, "RQD") || pp_hl7_is(s, "RXO");
}
/* Details that carry no service anyone could authorize here: diet, supply, blood, encoded pharmacy. */
static bool is_foreign_detail(const struct pp_hl7_seg *s) {
    return pp_hl7_is(s, "ODS") || pp_hl7_is(s, "ODT") || pp_hl7_is(s, "BPO") || pp_hl7_is(s, "RXE");
}

static bool asks_for_something(struct pp_str control) {
    static const char *const codes[] = {"NW", "XO", "CA", "OC", "DC", "OD", "RP", "RU", "RO", "HD", "RL", "PA", "CH"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (pp_str_eqz(control, codes[i])) return true;
    return false;
}

static bool is_cancel(struct pp_str control) {
    return pp_str_eqz(control, "CA") || pp_str_eqz(control, "OC") || pp_str_eqz(control, "DC") ||
           pp_str_eqz(control, "OD");
}

static struct pp_str or_else(struct pp_str a, struct pp_str b) { return a.n ? a : b; }
static struct pp_hl7_ts ts_or(struct pp_hl7_ts a, struct pp_hl7_ts b) { return a.precision != PP_HL7_TS_NONE ? a : b; }
static void init(struct pp_hl7_order *o, const struct pp_hl7_seg *s) {
    *o = (struct pp_hl7_order){.segment = s->index};
    o->ordered.minute = o->effective.minute = o->start.minute = o->until.minute = -1;
}

/* Quantity and timing as ORC-7 and OBR-27 have it: quantity&unit^…^^start^end^priority. */
static void read_tq(struct pp_hl7_msg *m, struct pp_hl7_seg *s, unsigned field, struct pp_hl7_order *o) {
    if (pp_hl7_field(m, s, field).n == 0) return;
    if (o->quantity.n == 0) {
        o->quantity = pp_hl7_get(m, s, field, 1, 1, 1);
        o->quantity_unit = pp_hl7_get(m, s, field, 1, 1, 2);
    }
    o->start = ts_or(o->start, pp_hl7_ts_of(m, s, field, 4));
    o->until = ts_or(o->until, pp_hl7_ts_of(m, s, field, 5));
    o->priority = or_else(o->priority, pp_hl7_get(m, s, field, 1, 6, 1));
}

static void read_orc(struct pp_hl7_msg *m, struct pp_hl7_seg *s, struct pp_hl7_order *o) {
    o->control = pp_hl7_val(m, s, 1, 1);
    o->placer = pp_hl7_ei_in(m, s, 2);
    o->filler = pp_hl7_ei_in(m, s, 3);
    o->group = pp_hl7_ei_in(m, s, 4);
    o->status = pp_hl7_val(m, s, 5, 1);
    o->ordered = pp_hl7_ts_of(m, s, 9, 0);
    o->ordering = pp_hl7_provider_of(m, s, 12);
    o->entered_at = pp_hl7_location_in(m, s, 13);
    o->effective = pp_hl7_ts_of(m, s, 15, 0);
    o->control_reason = pp_hl7_code_in(m, s, 16);
    o->organization = or_else(pp_hl7_val(m, s, 21, 1), or_else(pp_hl7_val(m, s, 17, 2), pp_hl7_val(m, s, 17, 1)));
}

static void read_obr(struct pp_hl7_msg *m, struct pp_hl7_seg *s, struct pp_hl7_order *o) {
    struct pp_hl7_id placer = pp_hl7_ei_in(m, s, 2), filler = pp_hl7_ei_in(m, s, 3);
    if (o->placer.value.n == 0) o->placer = placer;
    if (o->filler.value.n == 0) o->filler = filler;
    o->service = pp_hl7_code_in(m, s, 4);
    o->procedure = pp_hl7_code_in(m, s, 44);
    o->modifiers = pp_hl7_values_of(m, s, 45, &o->modifiers_n);
    o->reasons = pp_hl7_codes_of(m, s, 31, &o->reasons_n);
    o->clinical_info = pp_hl7_val(m, s, 13, 0);
    if (o->ordering.id.n == 0 && o->ordering.name.family.n == 0) o->ordering = pp_hl7_provider_of(m, s, 16);
}

static void read_detail(struct pp_hl7_msg *m, struct pp_hl7_seg *s, struct pp_hl7_order *o) {
    memcpy(o->kind, s->id, sizeof o->kind);
    if (pp_hl7_is(s, "OBR")) {
        read_obr(m, s, o);
    } else if (pp_hl7_is(s, "RQD")) {
        o->service = pp_hl7_code_in(m, s, 2);
        if (o->service.code.n == 0) o->service = pp_hl7_code_in(m, s, 3);
        o->quantity = pp_hl7_val(m, s, 5, 1);
        o->quantity_unit = pp_hl7_val(m, s, 6, 1);
    } else {
        o->service = pp_hl7_code_in(m, s, 1);
        o->quantity = pp_hl7_val(m, s, 2, 1);
        o->quantity_unit = pp_hl7_val(m, s, 4, 1);
    }
}

/* Where the time and the priority stand, the most specific first; from the fields of 2.5 to those of 2.3. */
static void read_timing(struct pp_hl7_msg *m, struct pp_hl7_seg *orc, struct pp_hl7_seg *detail, struct pp_hl7_seg *tq1,
                        struct pp_hl7_order *o) {
    struct pp_hl7_seg *obr = detail && pp_hl7_is(detail, "OBR") ? detail : NULL;
    o->start = pp_hl7_ts_of(m, obr, 36, 0);
    if (tq1) {
        if (o->quantity.n == 0) {
            o->quantity = pp_hl7_val(m, tq1, 2, 1);
            o->quantity_unit = pp_hl7_get(m, tq1, 2, 1, 2, 1);
        }
        o->start = ts_or(o->start, pp_hl7_ts_of(m, tq1, 7, 0));
        o->until = pp_hl7_ts_of(m, tq1, 8, 0);
        o->priority = pp_hl7_val(m, tq1, 9, 1);
    }
    read_tq(m, orc, 7, o);
    read_tq(m, obr, 27, o);
    o->priority = or_else(o->priority, pp_hl7_val(m, obr, 5, 1));
    if (o->start.precision == PP_HL7_TS_NONE) o->start = ts_or(pp_hl7_ts_of(m, obr, 6, 0), pp_hl7_ts_of(m, obr, 7, 0));
}

/* DG1 and NTE of one order: segments [from, stop). Diagnoses are sorted by DG1-15 where it is given. */
static void read_order_tail(struct pp_hl7_msg *m, uint32_t from, uint32_t stop, struct pp_hl7_order *o) {
    uint32_t n = 0;
    struct pp_buf notes;
    for (uint32_t i = from; i < stop; i++) n += pp_hl7_is(&m->segs[i], "DG1");
    o->diagnoses = n ? pp_arena_array(m->arena, struct pp_hl7_diagnosis, n) : NULL;
    pp_buf_init(&notes, 256 << 10);
    bool own_note = true; /* a note after OBX speaks of the observation */
    for (uint32_t i = from; i < stop; i++) {
        struct pp_hl7_seg *s = &m->segs[i];
        if (pp_hl7_is(s, "DG1") && o->diagnoses) {
            struct pp_hl7_diagnosis d = pp_hl7_diagnosis_of(m, s);
            if (d.code.code.n == 0 && d.code.text.n == 0) continue;
            uint32_t at = o->diagnoses_n++;
            for (; at > 0 && d.priority > 0 &&
                   (o->diagnoses[at - 1].priority == 0 || o->diagnoses[at - 1].priority > d.priority);
                 at--)
                o->diagnoses[at] = o->diagnoses[at - 1];
            o->diagnoses[at] = d;
        } else if (pp_hl7_is(s, "NTE") && own_note) {
            struct pp_str text = pp_hl7_val(m, s, 3, 0);
            if (text.n && notes.n) pp_buf_addc(&notes, '\n');
            pp_buf_adds(&notes, text);
        } else if (!pp_hl7_is(s, "NTE")) {
            own_note = !pp_hl7_is(s, "OBX") && !pp_hl7_is(s, "SPM");
        }
    }
    if (notes.n) o->notes = pp_arena_str(m->arena, pp_buf_str(&notes));
    if (notes.failed) m->arena->failed = true;
    pp_buf_free(&notes);
}

/* What an order must have. Records the fault and returns false when it has not. */
static bool usable(struct pp_hl7_msg *m, struct pp_hl7_seg *orc, struct pp_hl7_seg *detail, struct pp_hl7_seg *foreign,
                   const struct pp_hl7_order *o) {
    struct pp_hl7_seg *at = orc ? orc : detail;
    if (!detail && foreign) {
        pp_hl7_fault(m, 'E', 207, foreign, 0, 0, "an order of this kind is not used: no service to authorize");
        return false;
    }
    if (o->control.n == 0) { /* nothing else says whether this is a new order, a change or a cancellation */
        pp_hl7_fault(m, 'E', 101, at, orc ? 1 : 0, 0,
                     orc ? "the order control code is missing" : "there is no ORC before this order");
        return false;
    }
    if (o->placer.value.n == 0 && o->filler.value.n == 0) {
        pp_hl7_fault(m, 'E', 101, at, 2, 0, "the order number is missing (ORC-2, ORC-3, OBR-2 and OBR-3 are empty)");
        return false;
    }
    if (o->service.code.n == 0 && o->service.text.n == 0 && o->procedure.code.n == 0 && !is_cancel(o->control)) {
        if (detail)
            pp_hl7_fault(m, 'E', 101, detail, pp_hl7_is(detail, "OBR") ? 4 : 1, 1, "the ordered service is missing");
        else
            pp_hl7_fault(m, 'E', 100, orc, 0, 0, "the order has no detail segment (OBR, RQD or RXO)");
        return false;
    }
    return true;
}

struct walk {
    struct pp_hl7_orders *r;
    struct pp_hl7_seg *orc;
    bool history; /* a second PID or PV1 was seen after an order */
};

/* One order: segments [from, stop), the first of which is an ORC or a detail. */
static void read_order(struct pp_hl7_msg *m, struct walk *w, uint32_t from, uint32_t stop) {
    struct pp_hl7_seg *orc = w->orc, *detail = NULL, *tq1 = NULL, *foreign = NULL;
    for (uint32_t i = from; i < stop; i++) {
        struct pp_hl7_seg *s = &m->segs[i];
        if (is_detail(s) && !detail)
            detail = s;
        else if (is_foreign_detail(s) && !foreign)
            foreign = s;
        else if (pp_hl7_is(s, "TQ1") && !tq1)
            tq1 = s;
    }
    struct pp_hl7_order o;
    init(&o, &m->segs[from]);
    if (orc) read_orc(m, orc, &o);
    if (w->history && !asks_for_something(o.control)) {
        w->r->prior_n++;
        return;
    }
    if (orc && detail && detail == &m->segs[from]) /* a further OBR under the same ORC has numbers of its own */
        o.placer = o.filler = (struct pp_hl7_id){0};
    if (detail) read_detail(m, detail, &o);
    read_timing(m, orc, detail, tq1, &o);
    read_order_tail(m, from, stop, &o);
    if (usable(m, orc, detail, foreign, &o))
        w->r->orders[w->r->orders_n++] = o;
    else
        w->r->refused_n++;
}

static int walk_orders(struct pp_hl7_msg *m, struct pp_hl7_orders *r, struct pp_err *err) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->segs_n; i++) n += pp_hl7_is(&m->segs[i], "ORC") || is_detail(&m->segs[i]);
    if (n == 0) return pp_hl7_refuse(m, NULL, 0, 0, "the message holds no order (no ORC, OBR, RQD or RXO)", err);
    r->orders = pp_arena_array(m->arena, struct pp_hl7_order, n);
    if (!r->orders) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    struct walk w = {.r = r};
    uint32_t from = UINT32_MAX;
    bool has_detail = false;
    for (uint32_t i = 0; i < m->segs_n; i++) {
        struct pp_hl7_seg *s = &m->segs[i];
        bool orc = pp_hl7_is(s, "ORC"), detail = is_detail(s);
        bool second_visit = from != UINT32_MAX && (pp_hl7_is(s, "PID") || pp_hl7_is(s, "PV1"));
        if (from != UINT32_MAX && (orc || second_visit || (detail && has_detail))) {
            read_order(m, &w, from, i);
            from = UINT32_MAX;
            has_detail = false;
        }
        if (second_visit) {
            w.history = true;
            w.orc = NULL;
        }
        if (orc) w.orc = s;
        if (from == UINT32_MAX && (orc || detail)) from = i;
        has_detail |= detail;
    }
    if (from != UINT32_MAX) read_order(m, &w, from, m->segs_n);
    return r->orders_n ? 0 : pp_hl7_fault_err(m, err);
}

int pp_hl7_read_orders(struct pp_hl7_msg *m, struct pp_hl7_orders *ret, struct pp_err *err) {
    struct pp_hl7_orders r = {0};
    if (pp_hl7_read_msh(m, &r.msh, err) || pp_hl7_read_person(m, &r.person, err) || walk_orders(m, &r, err)) return -1;
    if (pp_arena_failed(m->arena)) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    *ret = r;
    return 0;
}
