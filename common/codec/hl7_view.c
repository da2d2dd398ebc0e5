#include "codec/hl7_view.h"

/* ---- data types ---- */

static struct pp_str sub_val(struct pp_hl7_msg *m, struct pp_str rep, unsigned comp, unsigned sub) {
    struct pp_str v = pp_hl7_comp(m, rep, comp);
    if (sub) v = pp_hl7_sub(m, v, sub);
    v = pp_str_trim(v);
    return v.n ? pp_hl7_text(m, v) : PP_STR_NONE;
}

/* An assigning authority (HD): namespace, else universal id. EI has it spread over components 2 to 4. */
static struct pp_str authority_of(struct pp_hl7_msg *m, struct pp_str rep, unsigned comp, bool spread) {
    struct pp_str v = sub_val(m, rep, comp, 1);
    if (v.n == 0) v = spread ? sub_val(m, rep, comp + 1, 0) : sub_val(m, rep, comp, 2);
    return v;
}

struct pp_hl7_id pp_hl7_id_of(struct pp_hl7_msg *m, struct pp_str rep, bool is_ei) {
    if (rep.n == 0) return (struct pp_hl7_id){0};
    struct pp_hl7_id id = {.value = sub_val(m, rep, 1, 1), .at = pp_hl7_offset(m, rep)};
    if (pp_hl7_is_null(rep)) return id;
    if (is_ei) {
        id.authority = authority_of(m, rep, 2, true);
    } else {
        id.authority = authority_of(m, rep, 4, false);
        id.type = sub_val(m, rep, 5, 1);
        /* USSSA, as authority or as facility, makes it a social security number that nobody marked */
        if (id.type.n == 0 && (pp_str_eqz(id.authority, "USSSA") || pp_str_eqz(sub_val(m, rep, 6, 1), "USSSA")))
            id.type = PP_STR("SS");
    }
    return id;
}

static uint32_t reps_to_read(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field) {
    uint32_t reps = pp_hl7_rep_count(m, pp_hl7_field(m, seg, field));
    if (reps <= PP_HL7_REPS_MAX) return reps;
    pp_hl7_fault(m, 'W', 207, seg, field, 0, "more repetitions than we read");
    return PP_HL7_REPS_MAX;
}

struct pp_hl7_id *pp_hl7_ids_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, bool is_ei,
                                uint32_t *ret_n) {
    *ret_n = 0;
    struct pp_str f = pp_hl7_field(m, seg, field);
    uint32_t reps = reps_to_read(m, seg, field);
    struct pp_hl7_id *ids = reps ? pp_arena_array(m->arena, struct pp_hl7_id, reps) : NULL;
    if (!ids) return NULL;
    for (uint32_t i = 0; i < reps; i++) {
        ids[*ret_n] = pp_hl7_id_of(m, pp_hl7_rep(m, f, i + 1), is_ei);
        if (ids[*ret_n].value.n) ++*ret_n;
    }
    return *ret_n ? ids : NULL;
}

struct pp_hl7_code pp_hl7_code_of(struct pp_hl7_msg *m, struct pp_str rep) {
    if (rep.n == 0) return (struct pp_hl7_code){0};
    return (struct pp_hl7_code){sub_val(m, rep, 1, 0), sub_val(m, rep, 2, 0), sub_val(m, rep, 3, 0),
                                sub_val(m, rep, 4, 0), sub_val(m, rep, 5, 0), sub_val(m, rep, 6, 0),
                                pp_hl7_offset(m, rep)};
}

struct pp_hl7_code *pp_hl7_codes_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, uint32_t *ret_n) {
    struct pp_str f = pp_hl7_field(m, seg, field);
    uint32_t n = reps_to_read(m, seg, field), k = 0;
    struct pp_hl7_code *list = n ? pp_arena_array(m->arena, struct pp_hl7_code, n) : NULL;
    for (uint32_t i = 0; list && i < n; i++) {
        list[k] = pp_hl7_code_of(m, pp_hl7_rep(m, f, i + 1));
        k += list[k].code.n || list[k].text.n;
    }
    *ret_n = k;
    return k ? list : NULL;
}

struct pp_str *pp_hl7_values_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, uint32_t *ret_n) {
    uint32_t n = reps_to_read(m, seg, field), k = 0;
    struct pp_str *list = n ? pp_arena_array(m->arena, struct pp_str, n) : NULL;
    for (uint32_t i = 0; list && i < n; i++) {
        list[k] = pp_hl7_get(m, seg, field, i + 1, 1, 0);
        k += list[k].n > 0;
    }
    *ret_n = k;
    return k ? list : NULL;
}

struct pp_hl7_name pp_hl7_name_of(struct pp_hl7_msg *m, struct pp_str rep) {
    if (rep.n == 0) return (struct pp_hl7_name){0};
    return (struct pp_hl7_name){sub_val(m, rep, 1, 1), sub_val(m, rep, 2, 0), sub_val(m, rep, 3, 0),
                                sub_val(m, rep, 4, 0), sub_val(m, rep, 5, 0), pp_hl7_offset(m, rep)};
}

struct pp_hl7_location pp_hl7_location_of(struct pp_hl7_msg *m, struct pp_str rep) {
    if (rep.n == 0) return (struct pp_hl7_location){0};
    return (struct pp_hl7_location){sub_val(m, rep, 1, 1), sub_val(m, rep, 2, 1), sub_val(m, rep, 3, 1),
                                    sub_val(m, rep, 4, 1), sub_val(m, rep, 7, 1), sub_val(m, rep, 9, 0),
                                    pp_hl7_offset(m, rep)};
}

static bool ten_digits(struct pp_str s) {
    for (uint32_t i = 0; i < s.n; i++)
        if (s.s[i] < '0' || s.s[i] > '9') return false;
    return s.n == 10;
}

bool pp_hl7_npi_valid(struct pp_str s) {
    if (!ten_digits(s)) return false;
    int sum = 24; /* what the prefix 80840 adds */
    for (uint32_t i = 0; i < 10; i++) {
        int v = s.s[i] - '0';
        if (i % 2 == 0) v = v * 2 > 9 ? v * 2 - 9 : v * 2;
        sum += v;
    }
    return sum % 10 == 0;
}

/* XCN-13 says NPI, or XCN-9 names the registry (by name or by its OID). */
static bool says_npi(struct pp_hl7_msg *m, struct pp_str rep) {
    struct pp_str name = sub_val(m, rep, 9, 1);
    return pp_str_ieq(sub_val(m, rep, 13, 1), PP_STR("NPI")) || pp_str_ieq(name, PP_STR("NPI")) ||
           pp_str_eqz(name, "2.16.840.1.113883.4.6") || pp_str_eqz(sub_val(m, rep, 9, 2), "2.16.840.1.113883.4.6");
}

struct pp_hl7_provider pp_hl7_provider_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field) {
    struct pp_hl7_provider p = {0};
    struct pp_str f = pp_hl7_field(m, seg, field);
    uint32_t reps = pp_hl7_rep_count(m, f);
    for (uint32_t i = 1; i <= reps && i <= PP_HL7_REPS_MAX; i++) {
        struct pp_str rep = pp_hl7_rep(m, f, i);
        if (rep.n == 0) continue;
        if (pp_hl7_is_null(rep)) {
            if (reps == 1) p.id = sub_val(m, rep, 1, 1);
            continue;
        }
        struct pp_str family = sub_val(m, rep, 2, 1), id = sub_val(m, rep, 1, 1);
        bool first = p.id.n == 0 && p.name.family.n == 0;
        if (!first && family.n && p.name.family.n && !pp_str_ieq(family, p.name.family)) continue; /* another person */
        if (first) {
            p.at = pp_hl7_offset(m, rep);
            p.id = id;
            p.authority = authority_of(m, rep, 9, false);
            p.id_type = sub_val(m, rep, 13, 1);
            p.name = (struct pp_hl7_name){
                family, sub_val(m, rep, 3, 0), sub_val(m, rep, 4, 0), sub_val(m, rep, 5, 0), sub_val(m, rep, 6, 0),
                p.at};
        }
        if (p.npi.n) continue;
        if ((says_npi(m, rep) && ten_digits(id)) || (m->profile.npi_unmarked && pp_hl7_npi_valid(id))) p.npi = id;
    }
    return p;
}

struct pp_hl7_ts pp_hl7_ts_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, unsigned comp) {
    struct pp_hl7_ts ts = {.minute = -1};
    struct pp_str raw = pp_hl7_comp(m, pp_hl7_rep(m, pp_hl7_field(m, seg, field), 1), comp ? comp : 1);
    struct pp_str v = sub_val(m, raw, 1, 1);
    if (v.n && !pp_hl7_ts_parse(v, &ts))
        pp_hl7_fault(m, 'W', 102, seg, field, comp, "this is no date or time; ignored");
    ts.deleted = pp_hl7_is_deleted(v);
    ts.at = pp_hl7_offset(m, raw);
    return ts;
}

int pp_hl7_refuse(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, unsigned comp, const char *text,
                  struct pp_err *err) {
    pp_hl7_fault(m, 'E', 101, seg, field, comp, text);
    return pp_hl7_fault_err(m, err);
}

/* ---- MSH ---- */

int pp_hl7_read_msh(struct pp_hl7_msg *m, struct pp_hl7_msh *ret, struct pp_err *err) {
    struct pp_hl7_seg *s = &m->segs[0];
    struct pp_hl7_msh msh = {
        .sending_app = pp_hl7_val(m, s, 3, 1),
        .sending_facility = pp_hl7_val(m, s, 4, 1),
        .receiving_app = pp_hl7_val(m, s, 5, 1),
        .receiving_facility = pp_hl7_val(m, s, 6, 1),
        .type = pp_hl7_val(m, s, 9, 1),
        .trigger = pp_hl7_val(m, s, 9, 2),
        .structure = pp_hl7_val(m, s, 9, 3),
        .control_id = pp_hl7_val(m, s, 10, 0),
        .processing_id = pp_hl7_val(m, s, 11, 1),
        .version = pp_hl7_val(m, s, 12, 1),
        .accept_ack = pp_hl7_val(m, s, 15, 0),
        .application_ack = pp_hl7_val(m, s, 16, 0),
        .charset = pp_hl7_get(m, s, 18, 1, 0, 0),
    };
    if (msh.type.n == 0) return pp_hl7_refuse(m, s, 9, 1, "the message type is missing", err);
    if (msh.control_id.n == 0) return pp_hl7_refuse(m, s, 10, 0, "the message control id is missing", err);
    msh.time = pp_hl7_ts_of(m, s, 7, 0);
    if (msh.trigger.n == 0) msh.trigger = pp_hl7_val(m, pp_hl7_find(m, "EVN", 1), 1, 1);
    msh.enhanced = msh.accept_ack.n || msh.application_ack.n;
    *ret = msh;
    return 0;
}

static bool is_listed(struct pp_str list, struct pp_str value) {
    while (list.n)
        if (pp_str_eq(pp_str_trim(pp_str_split(&list, '|')), value)) return true;
    return false;
}

int pp_hl7_admit(struct pp_hl7_msg *m, const struct pp_hl7_msh *msh, struct pp_err *err) {
    const struct pp_hl7_profile *p = &m->profile;
    if (p->versions.n && msh->version.n && !is_listed(p->versions, msh->version)) {
        pp_hl7_fault(m, 'E', 203, &m->segs[0], 12, 1, "the profile of this sender excludes the version");
        return pp_hl7_fault_err(m, err);
    }
    if (p->processing.n && msh->processing_id.n && !is_listed(p->processing, msh->processing_id)) {
        pp_hl7_fault(m, 'E', 202, &m->segs[0], 11, 1, "the profile of this sender excludes the processing id");
        return pp_hl7_fault_err(m, err);
    }
    return 0;
}

#define ADT_PATIENT                                                                                                    \
    "A01 A02 A03 A04 A05 A06 A07 A08 A09 A10 A11 A12 A13 A14 A15 A16 A21 A22 A25 A26 A27 A28 A31 A32 A33 A38 A53 A54 " \
    "A55 A60 A61 A62"

/* What is used, and why the rest of a type is not. A trigger of "" stands for all that are not listed before it. */
static const struct {
    const char *type, *triggers;
    enum pp_hl7_use use;
    const char *why;
} uses[] = {
    {"ORM", "O01", PP_HL7_USE_ORDER, NULL},
    {"OMG", "O19", PP_HL7_USE_ORDER, NULL},
    {"OMI", "O23", PP_HL7_USE_ORDER, NULL},
    {"OML", "O21", PP_HL7_USE_ORDER, NULL},
    {"SIU", "S12 S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S26", PP_HL7_USE_APPOINTMENT, NULL},
    {"SIU", "", PP_HL7_USE_NONE, "the event is about a schedule, not about a patient's appointment"},
    {"MDM", "T02 T04 T06 T08 T10", PP_HL7_USE_DOCUMENT, NULL},
    {"MDM", "", PP_HL7_USE_NONE, "the notification carries no content of the document"},
    {"ORU", "R01", PP_HL7_USE_RESULT, NULL},
    {"ADT", ADT_PATIENT, PP_HL7_USE_PATIENT, NULL},
    {"ADT", "A18 A30 A34 A36 A39 A40 A47", PP_HL7_USE_MERGE, NULL},
    {"ADT", "A35 A41 A42 A44 A45 A49 A50", PP_HL7_USE_NONE,
     "the event changes accounts or visits, which identify nobody here"},
    {"ADT", "A17", PP_HL7_USE_NONE, "two patients change beds"},
    {"ADT", "A19 A20", PP_HL7_USE_NONE, "the event says nothing about a patient that we follow"},
    {"ADT", "A23 A29", PP_HL7_USE_NONE, "what was recorded of a patient is not deleted by a message"},
    {"ADT", "A24 A37", PP_HL7_USE_NONE, "linked patients keep their own records; only a merge joins them"},
    {"ADT", "A43 A46 A48 A51", PP_HL7_USE_NONE, "a moved identifier is for a person to judge"},
    {"REF", "I12 I13 I14", PP_HL7_USE_REFERRAL, NULL},
    {"REF", "I15", PP_HL7_USE_NONE, "a question about a referral changes none"},
    {"RQA", "I08 I09 I10 I11", PP_HL7_USE_REFERRAL, NULL},
    {"RPA", "", PP_HL7_USE_NONE, "payers answer on their own channel, by the trace number of the submission"},
    {"RRI", "", PP_HL7_USE_NONE, "an answer to a referral that somebody else sent"},
    {"DFT", "P03 P11", PP_HL7_USE_CHARGE,
     "a charge is no claim: units are counted, and claims are matched, by the 837 that follows"},
    {"BAR", "", PP_HL7_USE_NONE, "accounts are not followed; coverage comes with orders and registrations"},
    {"RDE", "", PP_HL7_USE_NONE, "encoded pharmacy orders have no service that is authorized here"},
    {"RDS", "", PP_HL7_USE_NONE, "dispensing is not followed"},
    {"VXU", "", PP_HL7_USE_NONE, "immunization records are not followed"},
    {"PPR", "", PP_HL7_USE_NONE, "problem lists are not followed"},
    {"OUL", "", PP_HL7_USE_NONE, "specimen results are not followed"},
    {"OMD", "", PP_HL7_USE_NONE, "dietary orders have no service that is authorized here"},
    {"ACK", "", PP_HL7_USE_NONE, "an answer to a message that we did not send this way"},
};

static bool names_trigger(const char *triggers, struct pp_str trigger) {
    if (!*triggers) return true;
    for (struct pp_str rest = pp_str_z(triggers); rest.n;)
        if (pp_str_eq(pp_str_split(&rest, ' '), trigger)) return true;
    return false;
}

enum pp_hl7_use pp_hl7_use_of(const struct pp_hl7_msh *msh) {
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        if (pp_str_eqz(msh->type, uses[i].type) && names_trigger(uses[i].triggers, msh->trigger)) return uses[i].use;
    return PP_HL7_USE_NONE;
}

const char *pp_hl7_unused_why(const struct pp_hl7_msh *msh) {
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        if (pp_str_eqz(msh->type, uses[i].type) && names_trigger(uses[i].triggers, msh->trigger) && uses[i].why)
            return uses[i].why;
    return "no use is made of this message type";
}

int pp_hl7_read_view(struct pp_hl7_msg *m, enum pp_hl7_use use, union pp_hl7_view *ret, struct pp_err *err) {
    switch (use) {
    case PP_HL7_USE_NONE: break;
    case PP_HL7_USE_ORDER: return pp_hl7_read_orders(m, &ret->orders, err);
    case PP_HL7_USE_APPOINTMENT: return pp_hl7_read_appointment(m, &ret->appointment, err);
    case PP_HL7_USE_DOCUMENT: return pp_hl7_read_document(m, &ret->document, err);
    case PP_HL7_USE_RESULT: return pp_hl7_read_results(m, &ret->results, err);
    case PP_HL7_USE_PATIENT:
    case PP_HL7_USE_MERGE: return pp_hl7_read_registration(m, &ret->registration, err);
    case PP_HL7_USE_REFERRAL: return pp_hl7_read_referral(m, &ret->referral, err);
    case PP_HL7_USE_CHARGE: return pp_hl7_read_charges(m, &ret->charges, err);
    }
    return 0;
}

/* ---- patient ---- */

/* The number people know a patient by. Social security, licence, passport, account, visit and insurance numbers are
 * never taken for one. */
static struct pp_hl7_id choose_mrn(const struct pp_hl7_msg *m, const struct pp_hl7_id *ids, uint32_t n) {
    const struct pp_str type = m->profile.mrn_type.n ? m->profile.mrn_type : PP_STR("MR");
    const struct pp_str authority = m->profile.mrn_authority;
    static const char *const never[] = {"SS", "DL", "PPN", "AN", "VN", "MA", "MC", "MB"};
    const struct pp_hl7_id *best = NULL;
    int best_rank = 4;
    for (uint32_t i = 0; i < n; i++) {
        int rank = pp_str_eq(ids[i].type, type) ? 1 : ids[i].type.n == 0 ? 2 : 3;
        if (rank == 1 && authority.n && pp_str_eq(ids[i].authority, authority)) rank = 0;
        for (size_t k = 0; k < sizeof never / sizeof *never; k++)
            if (pp_str_eqz(ids[i].type, never[k])) rank = 9;
        if (rank < best_rank) {
            best = &ids[i];
            best_rank = rank;
        }
    }
    return best ? *best : (struct pp_hl7_id){0};
}

static struct pp_str upper_first(struct pp_hl7_msg *m, struct pp_str v) {
    static const char *const letters[] = {"F", "M", "O", "U", "A", "N"};
    for (size_t i = 0; v.n && i < sizeof letters / sizeof *letters; i++)
        if ((v.s[0] & ~0x20) == letters[i][0]) return pp_arena_strz(m->arena, letters[i]);
    return v;
}

static int read_pid(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, struct pp_hl7_pid *ret, struct pp_err *err) {
    if (!seg)
        return pp_hl7_refuse(
            m, NULL, 0, 0,
            m->flags & PP_HL7_HIDDEN_SEGMENT
                ? "the segment PID is missing (mixed line ends: a line feed inside a field hides a segment)"
                : "the segment PID is missing",
            err);
    struct pp_hl7_pid p = {.segment = seg->index};
    p.ids = pp_hl7_ids_of(m, seg, 3, false, &p.ids_n);
    static const unsigned older[] = {2, 4};
    for (size_t i = 0; p.ids_n == 0 && i < 2; i++) {
        p.ids = pp_hl7_ids_of(m, seg, older[i], false, &p.ids_n);
        if (p.ids_n) pp_hl7_fault(m, 'W', 101, seg, 3, 0, "no identifier here; an older field was read instead");
    }
    p.mrn = choose_mrn(m, p.ids, p.ids_n);
    if (p.mrn.value.n == 0) return pp_hl7_refuse(m, seg, 3, 1, "the patient identifier is missing", err);
    p.account = pp_hl7_id_of(m, pp_hl7_rep(m, pp_hl7_field(m, seg, 18), 1), false);
    p.name = pp_hl7_name_of(m, pp_hl7_rep(m, pp_hl7_field(m, seg, 5), 1));
    p.birth = pp_hl7_ts_of(m, seg, 7, 0);
    p.sex = upper_first(m, pp_hl7_val(m, seg, 8, 1));
    p.address = (struct pp_hl7_address){pp_hl7_get(m, seg, 11, 1, 1, 1),
                                        pp_hl7_val(m, seg, 11, 2),
                                        pp_hl7_val(m, seg, 11, 3),
                                        pp_hl7_val(m, seg, 11, 4),
                                        pp_hl7_val(m, seg, 11, 5),
                                        pp_hl7_val(m, seg, 11, 6),
                                        pp_hl7_offset(m, pp_hl7_field(m, seg, 11))};
    p.phone = pp_hl7_val(m, seg, 13, 1);
    if (p.phone.n == 0 &&
        !pp_hl7_is_deleted(p.phone)) { /* XTN from 2.3 on: area code and number apart, or as one text in 12 */
        struct pp_str area = pp_hl7_val(m, seg, 13, 6), number = pp_hl7_val(m, seg, 13, 7);
        p.phone = area.n ? pp_arena_printf(m->arena, "%.*s-%.*s", PP_FMT(area), PP_FMT(number)) : number;
        if (p.phone.n == 0) p.phone = pp_hl7_val(m, seg, 13, 12);
    }
    *ret = p;
    return 0;
}

static struct pp_hl7_visit read_visit(struct pp_hl7_msg *m, struct pp_hl7_seg *s) {
    struct pp_hl7_visit v = {.admitted.minute = -1, .discharged.minute = -1};
    if (!s) return v;
    v.segment = s->index;
    v.present = true;
    v.patient_class = pp_hl7_val(m, s, 2, 1);
    v.location = pp_hl7_location_of(m, pp_hl7_rep(m, pp_hl7_field(m, s, 3), 1));
    v.admission_type = pp_hl7_val(m, s, 4, 1);
    v.attending = pp_hl7_provider_of(m, s, 7);
    v.referring = pp_hl7_provider_of(m, s, 8);
    v.hospital_service = pp_hl7_val(m, s, 10, 1);
    v.admit_source = pp_hl7_val(m, s, 14, 1);
    v.admitting = pp_hl7_provider_of(m, s, 17);
    v.visit = pp_hl7_id_of(m, pp_hl7_rep(m, pp_hl7_field(m, s, 19), 1), false);
    v.disposition = pp_hl7_val(m, s, 36, 1);
    v.facility = pp_hl7_val(m, s, 39, 1);
    v.admitted = pp_hl7_ts_of(m, s, 44, 0);
    v.discharged = pp_hl7_ts_of(m, s, 45, 0);
    return v;
}

static struct pp_hl7_insurance read_insurance(struct pp_hl7_msg *m, struct pp_hl7_seg *s, uint32_t position) {
    struct pp_hl7_insurance in = {
        .segment = s->index,
        .plan = pp_hl7_code_of(m, pp_hl7_rep(m, pp_hl7_field(m, s, 2), 1)),
        .company = pp_hl7_id_of(m, pp_hl7_rep(m, pp_hl7_field(m, s, 3), 1), false),
        .company_name = pp_hl7_val(m, s, 4, 1),
        .group_no = pp_hl7_val(m, s, 8, 1),
        .group_name = pp_hl7_val(m, s, 9, 1),
        .effective = pp_hl7_ts_of(m, s, 12, 0),
        .expires = pp_hl7_ts_of(m, s, 13, 0),
        .authorization = pp_hl7_val(m, s, 14, 1),
        .authorization_date = pp_hl7_ts_of(m, s, 14, 2),
        .authorization_source = pp_hl7_val(m, s, 14, 3),
        .plan_type = pp_hl7_val(m, s, 15, 1),
        .insured = pp_hl7_name_of(m, pp_hl7_rep(m, pp_hl7_field(m, s, 16), 1)),
        .relation = pp_hl7_val(m, s, 17, 1),
        .insured_birth = pp_hl7_ts_of(m, s, 18, 0),
        .precertification = pp_hl7_val(m, s, 28, 1),
        .policy_no = pp_hl7_val(m, s, 36, 0),
        .insured_sex = upper_first(m, pp_hl7_val(m, s, 43, 1)),
        .insured_id = pp_hl7_get(m, s, 49, 1, 1, 1),
    };
    if (!(pp_str_int(pp_hl7_val(m, s, 22, 1), &in.rank) && in.rank > 0) &&
        !(pp_str_int(pp_hl7_val(m, s, 1, 0), &in.rank) && in.rank > 0))
        in.rank = position;
    bool id_first = m->profile.member_from == PP_HL7_MEMBER_IN1_49;
    in.member_id = id_first ? in.insured_id : in.policy_no;
    if (in.member_id.n == 0) in.member_id = id_first ? in.policy_no : in.insured_id;
    return in;
}

static struct pp_hl7_certification read_certification(struct pp_hl7_msg *m, struct pp_hl7_seg *s) {
    return (struct pp_hl7_certification){
        .segment = s->index,
        .number = pp_hl7_cx_in(m, s, 2),
        .required = pp_hl7_val(m, s, 4, 1),
        .certified = pp_hl7_ts_of(m, s, 6, 0),
        .begin = pp_hl7_ts_of(m, s, 9, 0),
        .end = pp_hl7_ts_of(m, s, 10, 0),
        .days = pp_hl7_val(m, s, 11, 2),
        .refused = pp_hl7_code_in(m, s, 12),
        .reviewer = pp_hl7_provider_of(m, s, 14),
        .agency = pp_hl7_val(m, s, 18, 1),
        .requirement = pp_hl7_val(m, s, 20, 2),
    };
}

static void read_insurance_more(struct pp_hl7_msg *m, struct pp_hl7_seg *s, struct pp_hl7_insurance *in) {
    if (pp_hl7_is(s, "IN2")) {
        in->medicare_no = pp_hl7_val(m, s, 6, 0);
        in->medicaid_case = pp_hl7_val(m, s, 8, 0);
        in->payor_id = pp_hl7_val(m, s, 25, 1);
        in->payor_subscriber = pp_hl7_val(m, s, 26, 1);
        struct pp_str member = pp_hl7_val(m, s, 61, 1);
        if (in->member_id.n == 0 || (member.n && m->profile.member_from == PP_HL7_MEMBER_IN2_61))
            in->member_id = member;
    } else if (in->certifications) {
        in->certifications[in->certifications_n++] = read_certification(m, s);
    }
}

struct pp_hl7_diagnosis pp_hl7_diagnosis_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg) {
    struct pp_hl7_diagnosis d = {
        .segment = seg ? seg->index : 0, .code = pp_hl7_code_in(m, seg, 3), .type = pp_hl7_val(m, seg, 6, 1)};
    if (d.code.text.n == 0) d.code.text = pp_hl7_val(m, seg, 4, 0);
    pp_str_int(pp_hl7_val(m, seg, 15, 1), &d.priority);
    return d;
}

static uint32_t count_until_order(struct pp_hl7_msg *m, const char *id, uint32_t *ret_stop) {
    uint32_t n = 0, i = 0;
    const bool charges = pp_hl7_find(m, "FT1", 1); /* has its orders before the insurance */
    for (; i < m->segs_n && (charges || (!pp_hl7_is(&m->segs[i], "ORC") && !pp_hl7_is(&m->segs[i], "OBR"))); i++)
        n += pp_hl7_is(&m->segs[i], id);
    *ret_stop = i;
    return n;
}

int pp_hl7_read_person(struct pp_hl7_msg *m, struct pp_hl7_person *ret, struct pp_err *err) {
    struct pp_hl7_person p = {0};
    if (m->flags & PP_HL7_SECOND_MSH)
        return pp_hl7_refuse(m, NULL, 0, 0, "a second MSH stands inside the message", err);
    if (read_pid(m, pp_hl7_find(m, "PID", 1), &p.pid, err)) return -1;
    p.visit = read_visit(m, pp_hl7_find(m, "PV1", 1));
    uint32_t stop, in1 = count_until_order(m, "IN1", &stop), dg1 = count_until_order(m, "DG1", &stop);
    p.insurance = in1 ? pp_arena_array(m->arena, struct pp_hl7_insurance, in1) : NULL;
    p.diagnoses = dg1 ? pp_arena_array(m->arena, struct pp_hl7_diagnosis, dg1) : NULL;
    if ((in1 && !p.insurance) || (dg1 && !p.diagnoses))
        return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    for (uint32_t i = 0; i < stop; i++) {
        struct pp_hl7_seg *s = &m->segs[i];
        if (pp_hl7_is(s, "IN1")) {
            struct pp_hl7_insurance *in = &p.insurance[p.insurance_n];
            *in = read_insurance(m, s, ++p.insurance_n);
            uint32_t in3 = 0;
            for (uint32_t k = i + 1; k < stop && !pp_hl7_is(&m->segs[k], "IN1"); k++)
                in3 += pp_hl7_is(&m->segs[k], "IN3");
            if (in3) in->certifications = pp_arena_array(m->arena, struct pp_hl7_certification, in3);
        } else if ((pp_hl7_is(s, "IN2") || pp_hl7_is(s, "IN3")) && p.insurance_n) {
            read_insurance_more(m, s, &p.insurance[p.insurance_n - 1]);
        } else if (pp_hl7_is(s, "DG1")) {
            struct pp_hl7_diagnosis d = pp_hl7_diagnosis_of(m, s);
            if (d.code.code.n || d.code.text.n) p.diagnoses[p.diagnoses_n++] = d;
        }
    }
    *ret = p;
    return 0;
}

/* ---- registrations ---- */

static int read_merges(struct pp_hl7_msg *m, struct pp_hl7_registration *r, struct pp_err *err) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->segs_n; i++) n += pp_hl7_is(&m->segs[i], "MRG");
    if (n == 0) return pp_hl7_refuse(m, NULL, 0, 0, "the segment MRG is missing", err);
    r->merges = pp_arena_array(m->arena, struct pp_hl7_merge, n);
    if (!r->merges) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    struct pp_hl7_seg *pid = NULL;
    for (uint32_t i = 0; i < m->segs_n; i++) {
        struct pp_hl7_seg *s = &m->segs[i];
        if (pp_hl7_is(s, "PID")) pid = s;
        if (!pp_hl7_is(s, "MRG")) continue;
        struct pp_hl7_merge *g = &r->merges[r->merges_n];
        g->segment = s->index;
        if (!pid) return pp_hl7_refuse(m, s, 0, 0, "MRG without a PID before it", err);
        if (read_pid(m, pid, &g->survivor, err)) return -1;
        g->prior = pp_hl7_ids_of(m, s, 1, false, &g->prior_n);
        g->prior_mrn = choose_mrn(m, g->prior, g->prior_n);
        if (g->prior_mrn.value.n == 0) return pp_hl7_refuse(m, s, 1, 1, "the prior patient identifier is missing", err);
        g->prior_account = pp_hl7_id_of(m, pp_hl7_rep(m, pp_hl7_field(m, s, 3), 1), false);
        g->prior_name = pp_hl7_name_of(m, pp_hl7_rep(m, pp_hl7_field(m, s, 7), 1));
        r->merges_n++;
        pid = NULL; /* A39, A40 and A47 repeat PID, MRG together */
    }
    return 0;
}

int pp_hl7_read_registration(struct pp_hl7_msg *m, struct pp_hl7_registration *ret, struct pp_err *err) {
    struct pp_hl7_registration r = {0};
    if (pp_hl7_read_msh(m, &r.msh, err) || pp_hl7_read_person(m, &r.person, err)) return -1;
    r.recorded = pp_hl7_ts_of(m, pp_hl7_find(m, "EVN", 1), 2, 0);
    if (pp_hl7_use_of(&r.msh) == PP_HL7_USE_MERGE && read_merges(m, &r, err)) return -1;
    if (pp_arena_failed(m->arena)) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    *ret = r;
    return 0;
}
