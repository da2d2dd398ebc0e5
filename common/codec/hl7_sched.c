#include "codec/hl7_view.h"

/* Appointments of SIU^S12-S22 and S26. */

/* SCH-1, SCH-2, 26, 27: EI; some senders repeat the number in component 2, which is then no authority. */
static struct pp_hl7_id appointment_id(struct pp_hl7_msg *m, struct pp_hl7_seg *sch, unsigned field) {
    struct pp_hl7_id id = pp_hl7_id_of(m, pp_hl7_rep(m, pp_hl7_field(m, sch, field), 1), true);
    if (pp_str_eq(id.value, id.authority)) id.authority = PP_STR_NONE;
    return id;
}

/* Minutes of a duration in the unit as sent; minutes when the unit is missing or unknown. */
static int64_t duration_minutes(struct pp_str value, struct pp_str unit) {
    int64_t n;
    if (!pp_str_int(value, &n) || n <= 0 || n > 1000000) return 0;
    char u = unit.n ? (char)(unit.s[0] | 0x20) : 'm';
    return u == 's' ? (n + 59) / 60 : u == 'h' ? n * 60 : u == 'd' ? n * 1440 : n;
}

static struct pp_hl7_seg *first_with(struct pp_hl7_msg *m, const char *id, unsigned field) {
    for (struct pp_hl7_seg *s = pp_hl7_find(m, id, 1); s; s = pp_hl7_find(m, id, s->index))
        if (pp_hl7_val(m, s, field, 0).n) return s;
    return NULL;
}

/* Days from a fixed origin times 1440, for comparing two stamps of the same sender. */
static int64_t wall_minutes(const struct pp_hl7_ts *t) {
    return (int64_t)t->date * 1440 + (t->minute < 0 ? 0 : t->minute) - t->offset_minutes;
}

static void read_start(struct pp_hl7_msg *m, struct pp_hl7_seg *sch, struct pp_hl7_appointment *a) {
    static const struct {
        const char *id;
        unsigned field, comp;
        enum pp_hl7_start_from from;
    } places[] = {
        {"TQ1", 7, 1, PP_HL7_START_TQ1}, {"SCH", 11, 4, PP_HL7_START_SCH11}, {"AIS", 4, 1, PP_HL7_START_AIS},
        {"AIL", 6, 1, PP_HL7_START_AIL}, {"AIP", 6, 1, PP_HL7_START_AIP},    {"AIG", 8, 1, PP_HL7_START_AIG},
    };
    a->start.minute = a->end.minute = -1;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (m->profile.start_from && a->start_from == m->profile.start_from)
            break; /* this sender's other times are not it */
        struct pp_hl7_seg *s = first_with(m, places[i].id, places[i].field);
        struct pp_hl7_ts t = pp_hl7_ts_of(m, s, places[i].field, places[i].comp);
        if (t.date == 0) continue;
        if (a->start_from == PP_HL7_START_NONE || places[i].from == m->profile.start_from) {
            a->start = t;
            a->start_from = places[i].from;
        } else if (wall_minutes(&t) != wall_minutes(&a->start)) {
            pp_hl7_fault(m, 'W', 207, s, places[i].field, places[i].comp,
                         "another start time than the one that was taken");
        }
    }
    if (a->start_from == PP_HL7_START_TQ1)
        a->end = pp_hl7_ts_of(m, pp_hl7_find(m, "TQ1", 1), 8, 0);
    else if (a->start_from == PP_HL7_START_SCH11)
        a->end = pp_hl7_ts_of(m, sch, 11, 5);
}

static void read_minutes(struct pp_hl7_msg *m, struct pp_hl7_seg *sch, struct pp_hl7_appointment *a) {
    if (a->start.date && a->end.date && a->start.minute >= 0 && a->end.minute >= 0)
        a->minutes = wall_minutes(&a->end) - wall_minutes(&a->start);
    if (a->minutes > 0) return;
    struct pp_hl7_seg *ais = first_with(m, "AIS", 7);
    a->minutes = duration_minutes(pp_hl7_val(m, sch, 9, 1), pp_hl7_val(m, sch, 10, 1));
    if (a->minutes == 0) a->minutes = duration_minutes(pp_hl7_val(m, sch, 11, 3), PP_STR_NONE);
    if (a->minutes == 0) a->minutes = duration_minutes(pp_hl7_val(m, ais, 7, 1), pp_hl7_val(m, ais, 8, 1));
}

static void read_resources(struct pp_hl7_msg *m, struct pp_hl7_seg *sch, struct pp_hl7_appointment *a) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->segs_n; i++) n += pp_hl7_is(&m->segs[i], "AIS");
    a->services = n ? pp_arena_array(m->arena, struct pp_hl7_code, n) : NULL;
    for (uint32_t i = 0; a->services && i < m->segs_n; i++) {
        if (!pp_hl7_is(&m->segs[i], "AIS")) continue;
        struct pp_hl7_code c = pp_hl7_code_of(m, pp_hl7_rep(m, pp_hl7_field(m, &m->segs[i], 3), 1));
        if (c.code.n || c.text.n) a->services[a->services_n++] = c;
    }
    struct pp_hl7_seg *ail = first_with(m, "AIL", 3), *aip = first_with(m, "AIP", 3), *aig = first_with(m, "AIG", 3);
    a->location = pp_hl7_location_of(m, pp_hl7_rep(m, pp_hl7_field(m, ail ? ail : sch, ail ? 3 : 14), 1));
    if (a->location.point_of_care.n == 0 && a->location.facility.n == 0) a->location = a->person.visit.location;
    a->provider = aip ? pp_hl7_provider_of(m, aip, 3) : pp_hl7_provider_of(m, sch, 16);
    if (a->provider.id.n == 0 && a->provider.name.family.n == 0) a->provider = a->person.visit.attending;
    a->resource = pp_hl7_code_of(m, pp_hl7_rep(m, pp_hl7_field(m, aig, 3), 1));
}

/* Notes that follow SCH, up to the first group of resources. */
static void read_notes(struct pp_hl7_msg *m, struct pp_hl7_seg *sch, struct pp_hl7_appointment *a) {
    struct pp_buf b;
    pp_buf_init(&b, 64 << 10);
    for (uint32_t i = sch->index; i < m->segs_n && !pp_hl7_is(&m->segs[i], "RGS"); i++) {
        if (!pp_hl7_is(&m->segs[i], "NTE")) continue;
        struct pp_str text = pp_hl7_val(m, &m->segs[i], 3, 0);
        if (text.n && b.n) pp_buf_addc(&b, '\n');
        pp_buf_adds(&b, text);
    }
    if (b.n) a->notes = pp_arena_str(m->arena, pp_buf_str(&b));
    if (b.failed) m->arena->failed = true;
    pp_buf_free(&b);
}

int pp_hl7_read_appointment(struct pp_hl7_msg *m, struct pp_hl7_appointment *ret, struct pp_err *err) {
    struct pp_hl7_appointment a = {0};
    if (pp_hl7_read_msh(m, &a.msh, err) || pp_hl7_read_person(m, &a.person, err)) return -1;
    struct pp_hl7_seg *sch = pp_hl7_find(m, "SCH", 1);
    if (!sch) return pp_hl7_refuse(m, NULL, 0, 0, "the segment SCH is missing", err);
    a.segment = sch->index;
    a.placer = appointment_id(m, sch, 1);
    a.filler = appointment_id(m, sch, 2);
    if (a.placer.value.n == 0 && a.filler.value.n == 0)
        return pp_hl7_refuse(m, sch, 1, 0, "the appointment number is missing (SCH-1 and SCH-2 are empty)", err);
    a.event_reason = pp_hl7_code_of(m, pp_hl7_rep(m, pp_hl7_field(m, sch, 6), 1));
    a.reason = pp_hl7_code_of(m, pp_hl7_rep(m, pp_hl7_field(m, sch, 7), 1));
    a.type = pp_hl7_code_of(m, pp_hl7_rep(m, pp_hl7_field(m, sch, 8), 1));
    a.status = pp_hl7_val(m, sch, 25, 1);
    if (a.status.n == 0) a.status = pp_hl7_val(m, first_with(m, "AIS", 10), 10, 1);
    a.placer_orders = pp_hl7_ids_of(m, sch, 26, true, &a.placer_orders_n);
    a.filler_orders = pp_hl7_ids_of(m, sch, 27, true, &a.filler_orders_n);
    read_start(m, sch, &a);
    read_minutes(m, sch, &a);
    read_resources(m, sch, &a);
    read_notes(m, sch, &a);
    if (a.start_from == PP_HL7_START_NONE)
        pp_hl7_fault(m, 'W', 101, sch, 11, 4,
                     "no start time (TQ1-7, SCH-11.4, AIS-4, AIL-6, AIP-6 and AIG-8 are empty)");
    if (pp_arena_failed(m->arena)) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    *ret = a;
    return 0;
}
