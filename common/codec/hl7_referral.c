#include "codec/hl7_view.h"

/* Referrals (REF^I12-I15), requests for authorization (RQA^I08-I11) and the answers to both (RRI, RPA). They share
 * RF1, AUT, PRD, PID, insurance, DG1, PR1 with its AUT, OBR, PV1, NTE; the order of the groups differs by version and
 * does not matter here: an AUT belongs to the PR1 before it, and before the first PR1 to the whole. */

static struct pp_hl7_authorization read_aut(struct pp_hl7_msg *m, struct pp_hl7_seg *s) {
    return (struct pp_hl7_authorization){
        .segment = s->index,
        .plan = pp_hl7_code_in(m, s, 1),
        .company = pp_hl7_code_in(m, s, 2),
        .company_name = pp_hl7_val(m, s, 3, 0),
        .effective = pp_hl7_ts_of(m, s, 4, 0),
        .expires = pp_hl7_ts_of(m, s, 5, 0),
        .number = pp_hl7_ei_in(m, s, 6),
        .reimbursement = pp_hl7_get(m, s, 7, 1, 1, 1),
        .requested = pp_hl7_val(m, s, 8, 1),
        .authorized = pp_hl7_val(m, s, 9, 1),
        .processed = pp_hl7_ts_of(m, s, 10, 0),
    };
}

/* PRD-7 is number^type (PLN). Senders also write it as CX, with the type in the fifth place. */
static struct pp_hl7_party read_prd(struct pp_hl7_msg *m, struct pp_hl7_seg *s) {
    struct pp_hl7_party p = {.segment = s->index,
                             .role = pp_hl7_code_in(m, s, 1),
                             .name = pp_hl7_name_of(m, pp_hl7_rep(m, pp_hl7_field(m, s, 2), 1))};
    struct pp_str f = pp_hl7_field(m, s, 7);
    uint32_t reps = pp_hl7_rep_count(m, f);
    for (uint32_t i = 1; i <= reps && i <= PP_HL7_REPS_MAX; i++) {
        struct pp_str value = pp_hl7_get(m, s, 7, i, 1, 1), type = pp_hl7_get(m, s, 7, i, 2, 1);
        if (value.n == 0) continue;
        if (p.id.value.n == 0)
            p.id = (struct pp_hl7_id){.value = value, .type = type, .at = pp_hl7_offset(m, pp_hl7_rep(m, f, i))};
        bool says = pp_str_ieq(type, PP_STR("NPI")) || pp_str_ieq(pp_hl7_get(m, s, 7, i, 5, 1), PP_STR("NPI"));
        if (p.npi.n == 0 && pp_hl7_npi_valid(value) && (says || m->profile.npi_unmarked)) p.npi = value;
    }
    return p;
}

static struct pp_hl7_procedure read_pr1(struct pp_hl7_msg *m, struct pp_hl7_seg *s) {
    struct pp_hl7_procedure p = {
        .segment = s->index, .code = pp_hl7_code_in(m, s, 3), .when = pp_hl7_ts_of(m, s, 5, 0)};
    if (p.code.text.n == 0) p.code.text = pp_hl7_val(m, s, 4, 0); /* 2.2: the description has a field of its own */
    p.modifiers = pp_hl7_values_of(m, s, 16, &p.modifiers_n);
    return p;
}

static void read_rf1(struct pp_hl7_msg *m, struct pp_hl7_seg *s, struct pp_hl7_referral *r) {
    if (!s) return;
    r->segment = s->index;
    r->status = pp_hl7_code_in(m, s, 1);
    r->priority = pp_hl7_code_in(m, s, 2);
    r->type = pp_hl7_code_in(m, s, 3);
    r->disposition = pp_hl7_code_in(m, s, 4);
    r->category = pp_hl7_code_in(m, s, 5);
    r->number = pp_hl7_ei_in(m, s, 6);
    r->effective = pp_hl7_ts_of(m, s, 7, 0);
    r->expires = pp_hl7_ts_of(m, s, 8, 0);
    r->processed = pp_hl7_ts_of(m, s, 9, 0);
    r->reasons = pp_hl7_codes_of(m, s, 10, &r->reasons_n);
    r->external = pp_hl7_ei_in(m, s, 11);
}

/* Notes behind the visit speak of the whole; where there is none, those before the first observation do. */
static void read_notes(struct pp_hl7_msg *m, struct pp_hl7_referral *r) {
    struct pp_buf b;
    pp_buf_init(&b, 64 << 10);
    for (uint32_t i = r->person.visit.segment; i < m->segs_n; i++) {
        if (!r->person.visit.segment && (pp_hl7_is(&m->segs[i], "OBR") || pp_hl7_is(&m->segs[i], "OBX"))) break;
        if (!pp_hl7_is(&m->segs[i], "NTE")) continue;
        struct pp_str text = pp_hl7_val(m, &m->segs[i], 3, 0);
        if (text.n && b.n) pp_buf_addc(&b, '\n');
        pp_buf_adds(&b, text);
    }
    if (b.failed) m->arena->failed = true;
    if (b.n) r->notes = pp_arena_str(m->arena, pp_buf_str(&b));
    pp_buf_free(&b);
}

static bool make_lists(struct pp_hl7_msg *m, struct pp_hl7_referral *r) {
    uint32_t prd = 0, pr1 = 0;
    for (uint32_t i = 0; i < m->segs_n; i++) {
        prd += pp_hl7_is(&m->segs[i], "PRD");
        pr1 += pp_hl7_is(&m->segs[i], "PR1");
    }
    r->parties = prd ? pp_arena_array(m->arena, struct pp_hl7_party, prd) : NULL;
    r->procedures = pr1 ? pp_arena_array(m->arena, struct pp_hl7_procedure, pr1) : NULL;
    return (!prd || r->parties) && (!pr1 || r->procedures);
}

int pp_hl7_read_referral(struct pp_hl7_msg *m, struct pp_hl7_referral *ret, struct pp_err *err) {
    struct pp_hl7_referral r = {0};
    if (pp_hl7_read_msh(m, &r.msh, err) || pp_hl7_read_person(m, &r.person, err)) return -1;
    if (!make_lists(m, &r)) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    read_rf1(m, pp_hl7_find(m, "RF1", 1), &r);
    struct pp_hl7_seg *msa = pp_hl7_find(m, "MSA", 1);
    r.answer = pp_hl7_val(m, msa, 1, 1);
    r.answered_id = pp_hl7_val(m, msa, 2, 0);
    for (uint32_t i = 1; i < m->segs_n; i++) {
        struct pp_hl7_seg *s = &m->segs[i];
        if (pp_hl7_is(s, "PRD")) {
            r.parties[r.parties_n++] = read_prd(m, s);
        } else if (pp_hl7_is(s, "PR1")) {
            r.procedures[r.procedures_n++] = read_pr1(m, s);
        } else if (pp_hl7_is(s, "AUT")) {
            struct pp_hl7_authorization **to =
                r.procedures_n ? &r.procedures[r.procedures_n - 1].authorization : &r.authorization;
            if (*to) {
                pp_hl7_fault(m, 'W', 100, s, 0, 0, "a second AUT at the same place; the first was read");
                continue;
            }
            if ((*to = pp_arena_new(m->arena, struct pp_hl7_authorization))) **to = read_aut(m, s);
        }
    }
    read_notes(m, &r);
    if (pp_arena_failed(m->arena)) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    *ret = r;
    return 0;
}

const struct pp_hl7_party *pp_hl7_party_of(const struct pp_hl7_referral *r, const char *role) {
    for (uint32_t i = 0; i < r->parties_n; i++)
        if (pp_str_eqz(r->parties[i].role.code, role)) return &r->parties[i];
    return NULL;
}
