#include "codec/x12_view_int.h"

/* Elements and parties, as all views read them. */

struct pp_str x12v_keep(struct x12v *b, struct pp_str s) {
    return s.n ? pp_arena_str(&b->arena, s) : PP_STR_NONE;
}

bool x12v_in(struct pp_str s, const char *const list[], size_t n) {
    for (size_t i = 0; i < n; i++)
        if (pp_str_eqz(s, list[i])) return true;
    return false;
}

struct pp_str x12v_dec(struct x12v *b, unsigned n) {
    struct pp_str s = x12v_raw(b, n);
    int64_t ignored;
    if (s.n == 0) return PP_STR_NONE;
    if (!pp_dec_parse(s, &ignored))
        x12v_find(b, 1, PP_X12_ERROR, PP_X12_V_FORM, n, PP_X12_VALUE_NOT_NUMBER, "this is no amount or quantity");
    return x12v_keep(b, s);
}

int64_t x12v_int(struct x12v *b, unsigned n) {
    int64_t v = 0;
    pp_str_int(x12v_raw(b, n), &v);
    return v;
}

static bool parse_date(struct pp_str s, pp_date *ret) {
    if (s.n > 8 && s.n <= 14) s.n = 8; /* DT: the time of the day is not needed */
    return pp_date_parse_compact(s, ret);
}

pp_date x12v_date(struct x12v *b, unsigned n) {
    struct pp_str s = x12v_raw(b, n);
    pp_date d = 0;
    if (s.n && !parse_date(s, &d))
        x12v_find(b, 1, PP_X12_ERROR, PP_X12_V_FORM, n, PP_X12_VALUE_NOT_DATE, "this is no date");
    return d;
}

bool x12v_dates(struct x12v *b, unsigned n, pp_date *ret_from, pp_date *ret_until) {
    struct pp_str s = x12v_raw(b, n), form = x12v_raw(b, n - 1);
    pp_date from = 0, until = 0;
    bool range = pp_str_eqz(form, "RD8") || pp_str_eqz(form, "RDT"), ok;
    if (range) {
        struct pp_str rest = s, first = pp_str_split(&rest, '-');
        ok = parse_date(first, &from) && parse_date(rest, &until);
    } else {
        ok = parse_date(s, &from);
        until = from;
    }
    if (!ok) {
        x12v_find(b, 1, PP_X12_ERROR, PP_X12_V_FORM, n, s.n ? PP_X12_VALUE_NOT_DATE : PP_X12_VALUE_MISSING,
                  range ? "this is no range of dates" : "this is no date");
        return false;
    }
    if (until < from) {
        x12v_find(b, 1, PP_X12_ERROR, PP_X12_V_FORM, n, PP_X12_VALUE_NOT_DATE,
                  "the range of dates ends before it begins");
        return false;
    }
    *ret_from = from;
    *ret_until = until;
    return true;
}

void x12v_procedure(struct x12v *b, unsigned n, struct pp_str *type, struct pp_str *code, struct pp_str modifiers[4],
                    uint32_t *modifiers_n) {
    *type = x12v_comp(b, n, 1);
    *code = x12v_comp(b, n, 2);
    *modifiers_n = 0;
    for (unsigned i = 3; i <= 6; i++) {
        struct pp_str m = x12v_raw_comp(b, n, i);
        if (m.n) modifiers[(*modifiers_n)++] = x12v_keep(b, m);
    }
}

/* ---- parties ---- */

void x12v_nm1(struct x12v *b, struct pp_x12_party *p) {
    *p = (struct pp_x12_party){.present = true,
                               .role = x12v_el(b, 1),
                               .kind = x12v_el(b, 2),
                               .name = x12v_el(b, 3),
                               .given = x12v_el(b, 4),
                               .middle = x12v_el(b, 5),
                               .id_type = x12v_el(b, 8),
                               .id = x12v_el(b, 9)};
    if (pp_str_eqz(p->id_type, "XX")) p->npi = p->id;
}

void x12v_n1(struct x12v *b, struct pp_x12_party *p) {
    *p = (struct pp_x12_party){.present = true,
                               .role = x12v_el(b, 1),
                               .kind = PP_STR("2"),
                               .name = x12v_el(b, 2),
                               .id_type = x12v_el(b, 3),
                               .id = x12v_el(b, 4)};
    if (pp_str_eqz(p->id_type, "XX")) p->npi = p->id;
}

static void read_per(struct x12v *b, struct pp_x12_party *p) {
    if (!p->contact.n) p->contact = x12v_el(b, 2);
    for (unsigned i = 3; i <= 7; i += 2) {
        struct pp_str *to = x12v_is(b, i, "TE")   ? &p->phone
                            : x12v_is(b, i, "EX") ? &p->extension
                            : x12v_is(b, i, "FX") ? &p->fax
                            : x12v_is(b, i, "EM") ? &p->email
                            : x12v_is(b, i, "UR") ? &p->url
                                                  : NULL;
        if (to && !to->n) *to = x12v_el(b, i + 1);
    }
}

static bool read_ref(struct x12v *b, struct pp_x12_party *p) {
    struct pp_str *to = x12v_is(b, 1, "EI") || x12v_is(b, 1, "SY") || x12v_is(b, 1, "TJ") ? &p->tax_id
                        : x12v_is(b, 1, "6P") || x12v_is(b, 1, "1L")                      ? &p->group_no
                        : x12v_is(b, 1, "EJ")                                             ? &p->account
                                                                                          : NULL;
    if (!to) return false;
    if (!to->n) *to = x12v_el(b, 2);
    return true;
}

bool x12v_party_segment(struct x12v *b, struct pp_x12_party *p) {
    switch (x12v_id(b->s)) {
    case X12_ID2('N', '3'):
        p->address = x12v_el(b, 1);
        p->address2 = x12v_el(b, 2);
        return true;
    case X12_ID2('N', '4'):
        p->city = x12v_el(b, 1);
        p->state = x12v_el(b, 2);
        p->zip = x12v_el(b, 3);
        return true;
    case X12_ID3('P', 'E', 'R'): read_per(b, p); return true;
    case X12_ID3('P', 'R', 'V'):
        if (x12v_is(b, 2, "PXC")) p->taxonomy = x12v_el(b, 3);
        return true;
    case X12_ID3('D', 'M', 'G'):
        p->birth_date = x12v_date(b, 2);
        p->sex = x12v_el(b, 3);
        return true;
    case X12_ID3('I', 'N', 'S'): p->relation = x12v_el(b, 2); return true;
    case X12_ID3('R', 'E', 'F'): return read_ref(b, p);
    default: return false;
    }
}
