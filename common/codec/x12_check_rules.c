#include "codec/x12_check_int.h"

/* SNIP 3 and 4: facts that rules ask for, sums, and the rules themselves when their loop closes. */

#define UNIT 10000 /* sums are in ten-thousandths */

/* Decimal to ten-thousandths. False: no number, or too large to add up. */
static bool decimal(struct pp_str s, int64_t *ret) {
    bool minus = s.n && s.s[0] == '-', point = false;
    int64_t v = 0;
    unsigned places = 0, digits = 0;
    for (uint32_t i = minus; i < s.n; i++) {
        char c = s.s[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || digits++ > 17) return false;
        if (point && places == 4) continue;
        if (v > INT64_MAX / 100) return false;
        v = v * 10 + (c - '0');
        places += point;
    }
    if (digits == 0) return false;
    for (; places < 4; places++) {
        if (v > INT64_MAX / 100) return false;
        v *= 10;
    }
    *ret = minus ? -v : v;
    return true;
}

/* ---- facts ---- */

static bool value_is(struct pp_x12_check *c, const struct pp_x12_cond *k, struct pp_str v) {
    int64_t n;
    if (v.n == 0) return false;
    switch (k->op) {
    case PP_X12_FACT_IN: return pp_x12_codes_have(k->codes, pp_x12_pack(v.s, v.n));
    case PP_X12_FACT_LESS: return decimal(v, &n) && n < k->number;
    case PP_X12_FACT_GREATER: return decimal(v, &n) && n > k->number;
    case PP_X12_FACT_KEEP:
    case PP_X12_FACT_SAME: {
        struct x12c_slot *slot = &c->slot[k->number];
        uint64_t around = c->place.path[k->depth].opened.ordinal, packed = pp_x12_pack(v.s, v.n);
        if (slot->around != around) *slot = (struct x12c_slot){.around = around};
        if (k->op == PP_X12_FACT_SAME) {
            for (uint32_t i = 0; i < slot->n; i++)
                if (slot->v[i] == packed) return true;
            return false;
        }
        if (slot->n < X12C_SLOT_VALUES) slot->v[slot->n++] = packed;
        return true;
    }
    default: return true;
    }
}

/* Any repetition counts. */
static bool holds(struct pp_x12_check *c, const struct pp_x12_cond *k) {
    const struct pp_x12_seg *s = c->s;
    struct pp_str el = pp_x12_el(s, k->element);
    bool repeats = s->specials && s->d->repetition && el.n && memchr(el.s, s->d->repetition, el.n);
    for (unsigned i = 1;; i++) {
        struct pp_str v = repeats ? pp_x12_rep(s, el, i) : el;
        if (repeats && v.s == NULL) return false;
        if (k->component) v = pp_x12_part(s, v, k->component);
        if (value_is(c, k, v)) return true;
        if (!repeats) return false;
    }
}

static void tell_rule(struct pp_x12_check *c, const struct pp_x12_rule *rule, const struct pp_x12_pos *at);

void x12c_facts(struct pp_x12_check *c, const struct pp_x12_use *use) {
    for (unsigned i = use->own_from; i < use->own_to; i++) c->facts[i / 64] &= ~(UINT64_C(1) << (i % 64));
    for (unsigned i = 0; i < use->facts_n; i++) {
        const struct pp_x12_fact *f = &use->facts[i];
        if (f->cond[0].element && !holds(c, &f->cond[0])) continue;
        if (f->cond[1].element && !holds(c, &f->cond[1])) continue;
        c->facts[f->bit / 64] |= UINT64_C(1) << (f->bit % 64);
        c->fact_at[f->bit].segment = c->e->pos.segment;
        c->fact_at[f->bit].ordinal = c->e->pos.ordinal;
        c->fact_at[f->bit].offset = c->e->pos.offset;
    }
    for (unsigned i = 0; i < use->rules_n; i++)
        if (!use->rules[i].holds(c->facts)) tell_rule(c, &use->rules[i], NULL);
}

/* ---- sums ---- */

static void add(struct x12c_sum *sum, struct pp_str v, int sign) {
    int64_t n;
    sum->given = true;
    if (!decimal(v, &n) || __builtin_add_overflow(sum->v, sign * n, &sum->v)) sum->bad = true;
}

static void add_adjustments(struct x12c_sum *sum, const struct pp_x12_seg *s, unsigned first, unsigned step) {
    for (unsigned i = first; i <= s->n; i += step)
        if (pp_x12_el(s, i).n) add(sum, pp_x12_el(s, i), 1);
}

static void take_line(struct pp_x12_check *c, unsigned charge, unsigned pointers) {
    struct x12c_sums *u = &c->sums;
    add(&u->lines, pp_x12_el(c->s, charge), 1);
    if (!pointers || u->pointer_pos.ordinal) return;
    struct pp_str el = pp_x12_el(c->s, pointers);
    for (unsigned i = 1; i <= 4; i++) {
        int64_t n;
        if (pp_str_int(pp_x12_part(c->s, el, i), &n) && (n < 1 || n > u->diagnoses)) u->pointer_pos = c->e->pos;
    }
}

static void count_diagnoses(struct pp_x12_check *c) {
    for (unsigned i = 1; i <= c->s->n; i++) {
        struct pp_str kind = pp_x12_comp(c->s, i, 1);
        if (pp_str_eqz(kind, "ABK") || pp_str_eqz(kind, "ABF") || pp_str_eqz(kind, "BK") || pp_str_eqz(kind, "BF"))
            c->sums.diagnoses++;
    }
}

void x12c_amount(struct pp_x12_check *c, const struct pp_x12_use *use) {
    const struct pp_x12_seg *s = c->s;
    struct x12c_sums *u = &c->sums;
    int64_t n;
    switch (use->amount) {
    case PP_X12_AMOUNT_CLM:
        u->claim = u->lines = (struct x12c_sum){0};
        u->claim_pos = c->e->pos;
        u->pointer_pos.ordinal = u->lx_pos.ordinal = 0;
        u->diagnoses = u->lx = 0;
        add(&u->claim, pp_x12_el(s, 2), 1);
        break;
    case PP_X12_AMOUNT_SV1: take_line(c, 2, 7); break;
    case PP_X12_AMOUNT_SV2: take_line(c, 3, 0); break;
    case PP_X12_AMOUNT_SV3: take_line(c, 2, 0); break;
    case PP_X12_AMOUNT_HI: count_diagnoses(c); break;
    case PP_X12_AMOUNT_LX:
        u->lx++;
        if (pp_str_int(pp_x12_el(s, 1), &n) && n != u->lx && !u->lx_pos.ordinal) u->lx_pos = c->e->pos;
        break;
    case PP_X12_AMOUNT_BPR:
        u->bpr_pos = c->e->pos;
        add(&u->bpr, pp_x12_el(s, 2), 1);
        break;
    case PP_X12_AMOUNT_CLP:
        u->charge = u->paid = u->claim_cas = u->svc_charges = (struct x12c_sum){0};
        u->clp_pos = c->e->pos;
        add(&u->charge, pp_x12_el(s, 3), 1);
        add(&u->paid, pp_x12_el(s, 4), 1);
        add(&u->clp_paid, pp_x12_el(s, 4), 1);
        break;
    case PP_X12_AMOUNT_SVC:
        u->line_charge = u->line_paid = u->line_cas = (struct x12c_sum){0};
        u->svc_pos = c->e->pos;
        add(&u->line_charge, pp_x12_el(s, 2), 1);
        add(&u->line_paid, pp_x12_el(s, 3), 1);
        add(&u->svc_charges, pp_x12_el(s, 2), 1);
        break;
    case PP_X12_AMOUNT_CAS:
        add_adjustments(&u->claim_cas, s, 3, 3);
        add_adjustments(&u->line_cas, s, 3, 3);
        break;
    case PP_X12_AMOUNT_PLB: add_adjustments(&u->plb, s, 4, 2); break;
    default: break;
    }
}

static bool differ(const struct x12c_sum *a, const struct x12c_sum *b, const struct x12c_sum *less) {
    if (!a->given || a->bad || b->bad || (less && less->bad)) return false;
    int64_t rest = b->v;
    if (less && __builtin_sub_overflow(rest, less->v, &rest)) return false;
    return a->v != rest;
}

/* Does the balance fail? Then *ret_at is the segment that says the sum. */
static bool out_of_balance(struct pp_x12_check *c, unsigned balance, const struct pp_x12_pos **ret_at) {
    const struct x12c_sums *u = &c->sums;
    switch (balance) {
    case PP_X12_BALANCE_CLAIM_CHARGE: *ret_at = &u->claim_pos; return differ(&u->claim, &u->lines, NULL);
    case PP_X12_BALANCE_REMIT_TOTAL: *ret_at = &u->bpr_pos; return differ(&u->bpr, &u->clp_paid, &u->plb);
    case PP_X12_BALANCE_REMIT_CLAIM: *ret_at = &u->clp_pos; return differ(&u->paid, &u->charge, &u->claim_cas);
    case PP_X12_BALANCE_REMIT_LINE: *ret_at = &u->svc_pos; return differ(&u->line_paid, &u->line_charge, &u->line_cas);
    case PP_X12_BALANCE_REMIT_LINES:
        *ret_at = &u->clp_pos;
        return u->svc_charges.given && differ(&u->charge, &u->svc_charges, NULL);
    case PP_X12_CHECK_LX: *ret_at = &u->lx_pos; return u->lx_pos.ordinal != 0;
    case PP_X12_CHECK_POINTERS: *ret_at = &u->pointer_pos; return u->pointer_pos.ordinal != 0;
    default: return false;
    }
}

/* ---- rules ---- */

static void spot_data(struct pp_x12_finding *f, const struct pp_x12_spot *p) {
    memcpy(f->segment, p->segment, sizeof f->segment);
    memcpy(f->loop, p->loop, sizeof f->loop);
    f->element = p->element;
    f->component = p->component;
    f->data_element = p->data_element;
}

static bool is_set(const struct pp_x12_check *c, unsigned bit) {
    return bit != PP_X12_GUIDE_NONE && (c->facts[bit / 64] >> (bit % 64) & 1);
}

static void tell_rule(struct pp_x12_check *c, const struct pp_x12_rule *rule, const struct pp_x12_pos *at) {
    struct pp_x12_finding *f = x12c_find(c, PP_X12_F_RULE, rule->snip, 0, rule->text);
    const struct pp_x12_spot *place = &rule->place, *trigger = &rule->trigger;
    f->value = rule->forbids ? PP_X12_VALUE_OTHER : PP_X12_VALUE_MISSING;
    f->name = rule->name;
    f->guide_words = NULL;
    f->severity = rule->warning ? PP_X12_WARNING : PP_X12_ERROR;
    spot_data(f, place);
    if (at) {
        f->pos = *at;
        memcpy(f->ik304, "8", 2);
        f->value = PP_X12_VALUE_OTHER;
    } else if (is_set(c, place->bit)) { /* the segment is there */
        f->pos.segment = c->fact_at[place->bit].segment;
        f->pos.ordinal = c->fact_at[place->bit].ordinal;
        f->pos.offset = c->fact_at[place->bit].offset;
        memcpy(f->ik304, place->element ? "8" : rule->forbids ? "I9" : "I6", place->element ? 2 : 3);
        if (place->element) memcpy(f->ik403, rule->forbids ? "I13" : "I9", rule->forbids ? 4 : 3);
    } else { /* a segment or a loop is missing: its place is the loop that should hold it */
        f->pos = c->place.path[c->place.depth - 1].opened;
        f->element = f->component = f->data_element = 0;
        memcpy(f->ik304, "I6", 3);
    }
    if (is_set(c, trigger->bit)) {
        memcpy(f->trigger.segment, trigger->segment, sizeof f->trigger.segment);
        memcpy(f->trigger.loop, trigger->loop, sizeof f->trigger.loop);
        f->trigger.position = c->fact_at[trigger->bit].segment;
        f->trigger.element = trigger->element;
        f->trigger.component = trigger->component;
        f->trigger.data_element = trigger->data_element;
    }
    x12c_tell(c);
}

void x12c_rules(struct pp_x12_check *c, const struct pp_x12_loop *loop) {
    for (uint32_t i = 0; i < loop->rules_n; i++) {
        const struct pp_x12_rule *rule = &loop->rules[i];
        const struct pp_x12_pos *at = NULL;
        if (rule->holds ? !rule->holds(c->facts) : out_of_balance(c, rule->balance, &at)) tell_rule(c, rule, at);
    }
}
