#include "codec/x12_int.h"

/* Interchange, group, transaction: nesting, control numbers, counts. */

struct pp_x12_finding *x12_find(struct pp_x12_reader *r, enum pp_x12_severity severity, enum pp_x12_code code,
                                const char *segment, unsigned element, const char *text) {
    uint32_t at = r->findings_n < PP_X12_EVENT_FINDINGS_MAX ? r->findings_n++ : PP_X12_EVENT_FINDINGS_MAX - 1;
    struct pp_x12_finding *f = &r->findings[at];
    *f = (struct pp_x12_finding){.snip = 1,
                                 .severity = severity,
                                 .code = (uint16_t)code,
                                 .pos = r->pos,
                                 .element = (uint16_t)element,
                                 .said = -1,
                                 .counted = -1,
                                 .text = text};
    f->pos.offset = r->seg_offset;
    size_t n = strlen(segment);
    memcpy(f->segment, segment, n < 3 ? n : 3);
    return f;
}

static void copy(char *ret, size_t size, struct pp_str v) {
    v = pp_str_trim(v);
    size_t n = v.n < size - 1 ? v.n : size - 1;
    if (n) memcpy(ret, v.s, n);
    ret[n] = '\0';
}

/* A count element against what was counted. */
static void check_count(struct pp_x12_reader *r, enum pp_x12_code code, const char *segment, struct pp_str said,
                        uint32_t counted, bool tolerant, const char *text) {
    int64_t n = -1;
    bool number = pp_str_int(pp_str_trim(said), &n);
    if (number && n == (int64_t)counted) return;
    struct pp_x12_finding *f =
        x12_find(r, tolerant || r->opts.counts_tolerant ? PP_X12_WARNING : PP_X12_ERROR, code, segment, 1, text);
    f->said = number ? n : -1;
    f->counted = counted;
    f->value = number ? PP_X12_VALUE_NONE : PP_X12_VALUE_NOT_NUMBER;
}

static void check_control(struct pp_x12_reader *r, enum pp_x12_code code, const char *segment, struct pp_str trailer,
                          const char *header, const char *text) {
    if (!pp_str_eqz(pp_str_trim(trailer), header)) x12_find(r, PP_X12_ERROR, code, segment, 2, text);
}

static void check_control_form(struct pp_x12_reader *r, const char *segment, unsigned element, struct pp_str v,
                               uint32_t max) {
    v = pp_str_trim(v);
    if (v.n == 0 || v.n > max)
        x12_find(r, PP_X12_ERROR, PP_X12_F_CONTROL_FORM, segment, element,
                 v.n ? "the control number is too long" : "the control number is missing")
            ->value = v.n ? PP_X12_VALUE_TOO_LONG : PP_X12_VALUE_MISSING;
}

/* FNV-1a; 0 is kept for free places. */
static uint64_t hash(struct pp_str s) {
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (uint32_t i = 0; i < s.n; i++) h = (h ^ (unsigned char)s.s[i]) * UINT64_C(0x100000001b3);
    return h ? h : 1;
}

/* ST02 is unique in its group. Only so many are remembered; beyond that doubles go unseen. */
static void check_unique(struct pp_x12_reader *r, struct pp_str st02) {
    uint64_t h = hash(pp_str_trim(st02));
    if (r->st_hashes_n >= CONTROL_NUMBERS / 2) return;
    for (uint64_t i = h;; i++) {
        uint64_t *place = &r->st_hashes[i & (CONTROL_NUMBERS - 1)];
        if (*place == h) {
            x12_find(r, PP_X12_ERROR, PP_X12_F_DUPLICATE_ST, "ST", 2, "the control number stands twice in its group");
            return;
        }
        if (*place == 0) {
            *place = h;
            r->st_hashes_n++;
            return;
        }
    }
}

/* Which functional group a transaction belongs to. */
static void check_function(struct pp_x12_reader *r) {
    static const struct {
        char st[4], gs[3];
    } fit[] = {
        {"270", "HS"}, {"271", "HB"}, {"275", "PI"}, {"276", "HR"}, {"277", "HN"}, {"278", "HI"},
        {"820", "RA"}, {"834", "BE"}, {"835", "HP"}, {"837", "HC"}, {"997", "FA"}, {"999", "FA"},
    };
    for (size_t i = 0; i < sizeof fit / sizeof *fit; i++)
        if (strcmp(r->env.st01, fit[i].st) == 0 && strcmp(r->env.gs01, fit[i].gs) != 0)
            x12_find(r, PP_X12_ERROR, PP_X12_F_FUNCTION, "ST", 1,
                     "this transaction does not belong into a group of this kind");
}

void x12_close_levels(struct pp_x12_reader *r, int down_to, struct pp_x12_event *ret) {
    if (r->in_st && down_to < 3) {
        x12_find(r, PP_X12_ERROR, PP_X12_F_NO_SE, "SE", 0, "the transaction has no SE");
        ret->transaction_lost = true;
        ret->lost_pos = r->pos;
        r->in_st = false;
    }
    if (r->in_gs && down_to < 2) {
        r->pos.transaction = r->pos.segment = 0;
        x12_find(r, PP_X12_ERROR, PP_X12_F_NO_GE, "GE", 0, "the group has no GE");
        r->in_gs = false;
    }
    if (r->in_isa && down_to < 1) {
        r->pos.group = r->pos.transaction = r->pos.segment = 0;
        x12_find(r, PP_X12_ERROR, PP_X12_F_NO_IEA, "IEA", 0, "the interchange has no IEA");
        r->in_isa = false;
    }
}

void x12_forget(struct pp_x12_reader *r) {
    struct pp_x12_envelope *e = &r->env;
    r->closing = false;
    if (r->closed == PP_X12_SE) {
        memset(e->st01, 0, sizeof e->st01);
        memset(e->st02, 0, sizeof e->st02);
        memset(e->st03, 0, sizeof e->st03);
        r->pos.transaction = r->pos.segment = 0;
    } else if (r->closed == PP_X12_GE) {
        memset(e->gs01, 0, sizeof e->gs01);
        memset(e->gs02, 0, sizeof e->gs02);
        memset(e->gs03, 0, sizeof e->gs03);
        memset(e->gs04, 0, sizeof e->gs04);
        memset(e->gs05, 0, sizeof e->gs05);
        memset(e->gs06, 0, sizeof e->gs06);
        memset(e->gs07, 0, sizeof e->gs07);
        memset(e->gs08, 0, sizeof e->gs08);
        r->pos.group = 0;
    } else {
        memset(e, 0, sizeof *e);
    }
}

static bool is_segment_id(struct pp_str id) {
    if (id.n < 2 || id.n > 3) return false;
    for (uint32_t i = 0; i < id.n; i++)
        if (!((id.s[i] >= 'A' && id.s[i] <= 'Z') || (i > 0 && id.s[i] >= '0' && id.s[i] <= '9'))) return false;
    return true;
}

static void unexpected(struct pp_x12_reader *r, const char *text) {
    char id[4] = "";
    if (is_segment_id(r->seg.id)) memcpy(id, r->seg.id.s, r->seg.id.n);
    x12_find(r, PP_X12_ERROR, PP_X12_F_UNEXPECTED, id, 0, text);
}

static enum pp_x12_role open_isa(struct pp_x12_reader *r) {
    uint64_t ordinal = r->pos.ordinal + 1;
    r->pos = (struct pp_x12_pos){.interchange = r->pos.interchange + 1, .ordinal = ordinal};
    r->in_isa = true;
    r->has_ta1 = false;
    r->groups = 0;
    check_control_form(r, "ISA", 13, pp_x12_el(&r->seg, 13), 9);
    return PP_X12_ISA;
}

static enum pp_x12_role open_gs(struct pp_x12_reader *r, struct pp_x12_event *ret) {
    const struct pp_x12_seg *s = &r->seg;
    x12_close_levels(r, 1, ret);
    r->in_gs = true;
    r->transactions = 0;
    r->st_hashes_n = 0;
    memset(r->st_hashes, 0, CONTROL_NUMBERS * sizeof *r->st_hashes);
    r->pos.group = ++r->groups;
    r->pos.transaction = r->pos.segment = 0;
    struct pp_x12_envelope *e = &r->env;
    copy(e->gs01, sizeof e->gs01, pp_x12_el(s, 1));
    copy(e->gs02, sizeof e->gs02, pp_x12_el(s, 2));
    copy(e->gs03, sizeof e->gs03, pp_x12_el(s, 3));
    copy(e->gs04, sizeof e->gs04, pp_x12_el(s, 4));
    copy(e->gs05, sizeof e->gs05, pp_x12_el(s, 5));
    copy(e->gs06, sizeof e->gs06, pp_x12_el(s, 6));
    copy(e->gs07, sizeof e->gs07, pp_x12_el(s, 7));
    copy(e->gs08, sizeof e->gs08, pp_x12_el(s, 8));
    check_control_form(r, "GS", 6, pp_x12_el(s, 6), 9);
    return PP_X12_GS;
}

static enum pp_x12_role open_st(struct pp_x12_reader *r, struct pp_x12_event *ret) {
    const struct pp_x12_seg *s = &r->seg;
    x12_close_levels(r, 2, ret);
    if (!r->in_gs) {
        unexpected(r, "ST outside of a group");
        return PP_X12_STRAY;
    }
    r->in_st = true;
    r->pos.transaction = ++r->transactions;
    r->pos.segment = 1;
    struct pp_x12_envelope *e = &r->env;
    copy(e->st01, sizeof e->st01, pp_x12_el(s, 1));
    copy(e->st02, sizeof e->st02, pp_x12_el(s, 2));
    copy(e->st03, sizeof e->st03, pp_x12_el(s, 3));
    check_control_form(r, "ST", 2, pp_x12_el(s, 2), 9);
    check_unique(r, pp_x12_el(s, 2));
    check_function(r);
    return PP_X12_ST;
}

static enum pp_x12_role close_se(struct pp_x12_reader *r) {
    const struct pp_x12_seg *s = &r->seg;
    if (!r->in_st) {
        unexpected(r, "SE without an ST");
        return PP_X12_STRAY;
    }
    r->pos.segment++;
    check_count(r, PP_X12_F_SE_COUNT, "SE", pp_x12_el(s, 1), r->pos.segment, false,
                "the number of segments does not fit");
    check_control(r, PP_X12_F_SE_CONTROL, "SE", pp_x12_el(s, 2), r->env.st02, "the control number differs from ST02");
    r->in_st = false;
    r->closing = true;
    return r->closed = PP_X12_SE;
}

static enum pp_x12_role close_ge(struct pp_x12_reader *r, struct pp_x12_event *ret) {
    const struct pp_x12_seg *s = &r->seg;
    x12_close_levels(r, 2, ret);
    if (!r->in_gs) {
        unexpected(r, "GE without a GS");
        return PP_X12_STRAY;
    }
    r->pos.transaction = r->pos.segment = 0;
    check_count(r, PP_X12_F_GE_COUNT, "GE", pp_x12_el(s, 1), r->transactions, false,
                "the number of transactions does not fit");
    check_control(r, PP_X12_F_GE_CONTROL, "GE", pp_x12_el(s, 2), r->env.gs06, "the control number differs from GS06");
    r->in_gs = false;
    r->closing = true;
    return r->closed = PP_X12_GE;
}

static enum pp_x12_role close_iea(struct pp_x12_reader *r, struct pp_x12_event *ret) {
    const struct pp_x12_seg *s = &r->seg;
    x12_close_levels(r, 1, ret);
    r->pos.group = r->pos.transaction = r->pos.segment = 0;
    /* An interchange of TA1 alone has no group, yet many write IEA01 = 1: an acknowledgment is not to be lost for that.
     */
    check_count(r, PP_X12_F_IEA_COUNT, "IEA", pp_x12_el(s, 1), r->groups, r->groups == 0 && r->has_ta1,
                "the number of groups does not fit");
    check_control(r, PP_X12_F_IEA_CONTROL, "IEA", pp_x12_el(s, 2), r->env.isa13,
                  "the control number differs from ISA13");
    r->in_isa = false;
    r->closing = true;
    r->state = SEEK;
    r->found = 0;
    return r->closed = PP_X12_IEA;
}

static enum pp_x12_role body(struct pp_x12_reader *r) {
    const struct pp_x12_seg *s = &r->seg;
    if (!r->in_st && !r->in_gs && (pp_x12_is(s, "ISB") || pp_x12_is(s, "ISE") || pp_x12_is(s, "TA3")))
        return PP_X12_SERVICE;
    if (!r->in_st) {
        unexpected(r, "a segment outside of a transaction");
        return PP_X12_STRAY;
    }
    r->pos.segment++;
    if (!is_segment_id(s->id)) x12_find(r, PP_X12_ERROR, PP_X12_F_SEGMENT_ID, "", 0, "this is no segment id");
    return PP_X12_BODY;
}

void x12_envelope_segment(struct pp_x12_reader *r, struct pp_x12_event *ret) {
    const struct pp_x12_seg *s = &r->seg;
    ret->what = PP_X12_SEGMENT;
    ret->seg = s;
    if (pp_x12_is(s, "ISA"))
        ret->role = open_isa(r);
    else if (pp_x12_is(s, "GS"))
        ret->role = open_gs(r, ret);
    else if (pp_x12_is(s, "ST"))
        ret->role = open_st(r, ret);
    else if (pp_x12_is(s, "SE"))
        ret->role = close_se(r);
    else if (pp_x12_is(s, "GE"))
        ret->role = close_ge(r, ret);
    else if (pp_x12_is(s, "IEA"))
        ret->role = close_iea(r, ret);
    else if (pp_x12_is(s, "TA1") && !r->in_st) {
        if (r->in_gs) unexpected(r, "TA1 inside of a group");
        r->has_ta1 = true;
        ret->role = r->in_gs ? PP_X12_STRAY : PP_X12_TA1;
    } else
        ret->role = body(r);
    ret->pos = r->pos;
    ret->pos.offset = r->seg_offset;
}
