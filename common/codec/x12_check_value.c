#include "codec/x12_check_int.h"
#include <stdio.h>

/* Elements against a form. The fast way only says whether all is well; what it does not like goes the careful way,
 * which tells what is wrong (and may find that nothing is). */

/* ---- values ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Eight digits at once: no byte differs from '0'..'9'. */
static bool eight_digits(const char *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return ((v & UINT64_C(0xf0f0f0f0f0f0f0f0)) == UINT64_C(0x3030303030303030)) &&
           (((v + UINT64_C(0x0606060606060606)) & UINT64_C(0xf0f0f0f0f0f0f0f0)) == UINT64_C(0x3030303030303030));
}

static bool digits(const char *p, uint32_t n) {
    for (; n >= 8; p += 8, n -= 8)
        if (!eight_digits(p)) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!is_digit(p[i])) return false;
    return true;
}

static unsigned two(const char *p) { return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0'); }

static bool month_day(unsigned year, const char *p) {
    static const uint8_t last[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned month = two(p), day = two(p + 2);
    if (month - 1 > 11 || day - 1 >= last[month - 1]) return false;
    return month != 2 || day < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static bool date8(const char *p) {
    return eight_digits(p) && p[0] != '0' && month_day(two(p) * 100 + two(p + 2), p + 4);
}
static bool is_date(const char *p, uint32_t n) {
    if (n == 8) return date8(p);
    return n == 6 && digits(p, 6) && month_day(2000 + two(p), p + 2);
}

static bool is_time(const char *p, uint32_t n) {
    if (n < 4 || n == 5 || n > 8 || !digits(p, n)) return false;
    return two(p) < 24 && two(p + 2) < 60 && (n < 6 || two(p + 4) < 60);
}

/* Length without sign, 0 when it is none. */
static uint32_t number_length(const char *p, uint32_t n) {
    uint32_t sign = n > 1 && p[0] == '-';
    return digits(p + sign, n - sign) ? n - sign : 0;
}
static uint32_t decimal_length(const char *p, uint32_t n) {
    uint32_t i = n > 1 && p[0] == '-', found = 0;
    bool point = false;
    for (; i < n; i++) {
        if (is_digit(p[i]))
            found++;
        else if (p[i] == '.' && !point)
            point = true;
        else
            return 0;
    }
    return found;
}

/* What a qualifier (data element 1250) says of the value. */
static unsigned format_of(struct pp_str q) {
    switch (pp_x12_pack(q.s, q.n)) {
    case 'D' | '8' << 8: return PP_X12_FORMAT_D8;
    case 'R' | 'D' << 8 | '8' << 16: return PP_X12_FORMAT_RD8;
    case 'D' | '6' << 8: return PP_X12_FORMAT_D6;
    case 'T' | 'M' << 8: return PP_X12_FORMAT_TM;
    case 'D' | 'T' << 8: return PP_X12_FORMAT_DT;
    default: return PP_X12_FORMAT_NONE;
    }
}

static bool has_format(unsigned format, const char *p, uint32_t n) {
    switch (format) {
    case PP_X12_FORMAT_D8: return n == 8 && date8(p);
    case PP_X12_FORMAT_RD8: return n == 17 && p[8] == '-' && date8(p) && date8(p + 9);
    case PP_X12_FORMAT_D6: return n == 6 && is_date(p, n);
    case PP_X12_FORMAT_TM: return is_time(p, n);
    case PP_X12_FORMAT_DT: return n == 12 && date8(p) && is_time(p + 8, 4);
    default: return true;
    }
}

static inline bool has_code(const struct pp_x12_check *c, const struct pp_x12_codes *list, const char *p, uint32_t n) {
    uint64_t packed = pp_x12_pack(p, n);
    if (list->n == 1 ? list->code[0] == packed : pp_x12_codes_have(list, packed)) return true;
    if (list->snip < 5 && !list->open) return false;
    if (!c->opts.code_known) return list->open;
    int known = c->opts.code_known(c->opts.user, list, (struct pp_str){p, n});
    return known < 0 ? list->open : known > 0;
}

/* ---- the fast way ---- */

struct piece { /* elements of a segment, or components of a composite */
    const struct pp_str *el;
    uint32_t n;
};

static bool clean(const struct pp_x12_check *c, const struct pp_x12_form *form, struct piece s, uint32_t *specials);

#define PARTS_MAX 16

/* Splits at a separator. More than room: PARTS_MAX + 1. */
static uint32_t split(struct pp_str v, unsigned char sep, struct pp_str *ret) {
    uint32_t n = 0;
    const char *from = v.s, *stop = v.s + v.n;
    for (const char *p = from; p < stop; p++) {
        if ((unsigned char)*p != sep) continue;
        if (n == PARTS_MAX - 1) return PARTS_MAX + 1;
        ret[n++] = (struct pp_str){from, (uint32_t)(p - from)};
        from = p + 1;
    }
    ret[n++] = (struct pp_str){from, (uint32_t)(stop - from)};
    return n;
}

static inline bool clean_value(const struct pp_x12_check *c, const struct pp_x12_el_use *u, const struct piece *s,
                               struct pp_str v, uint32_t *specials) {
    const char *p = v.s;
    if (u->look == PP_X12_LOOK_COMPOSITE) {
        struct pp_str part[PARTS_MAX];
        struct piece inner = {part, 1};
        if (*specials < c->s->specials) {
            inner.n = split(v, c->s->d->component, part);
            if (inner.n > PARTS_MAX) return false;
            *specials += inner.n - 1;
        } else {
            part[0] = v;
        }
        return clean(c, u->parts, inner, specials);
    }
    if (p[v.n - 1] == ' ') return false;
    if (u->look == PP_X12_LOOK_DECIMAL) return decimal_length(p, v.n) - u->min <= u->span;
    if (u->look == PP_X12_LOOK_NUMBER) return number_length(p, v.n) - u->min <= u->span;
    if (v.n - u->min > u->span) return false;
    switch (u->look) {
    case PP_X12_LOOK_CODES: return has_code(c, u->codes, p, v.n);
    case PP_X12_LOOK_DATE: return is_date(p, v.n);
    case PP_X12_LOOK_TIME: return is_time(p, v.n);
    case PP_X12_LOOK_FORMAT: return has_format(u->by == 0 ? u->format : format_of(s->el[u->by - 1]), p, v.n);
    default: return true;
    }
}

static inline bool notes_hold(const struct pp_x12_form *form, uint64_t present) {
    for (unsigned i = 0; i < form->notes_n; i++) {
        const struct pp_x12_note *n = &form->notes[i];
        uint64_t in = present & n->all, first = UINT64_C(1) << (n->first - 1);
        switch (n->kind) {
        case PP_X12_NOTE_P:
            if (in && in != n->all) return false;
            break;
        case PP_X12_NOTE_R:
            if (!in) return false;
            break;
        case PP_X12_NOTE_E:
            if (in & (in - 1)) return false;
            break;
        case PP_X12_NOTE_C:
            if ((in & first) && (in & n->rest) != n->rest) return false;
            break;
        default:
            if ((in & first) && !(in & n->rest)) return false;
            break;
        }
    }
    return true;
}

static bool clean(const struct pp_x12_check *c, const struct pp_x12_form *form, struct piece s, uint32_t *specials) {
    uint64_t present = 0;
    if (s.n > form->n) return false;
    for (uint32_t i = 0; i < s.n; i++) {
        if (s.el[i].n == 0) continue;
        present |= UINT64_C(1) << i;
        if (!clean_value(c, &form->el[i], &s, s.el[i], specials)) return false;
    }
    if (s.n && s.el[s.n - 1].n == 0) return false;
    return (present & form->required) == form->required && !(present & form->unused) && notes_hold(form, present);
}

/* ---- the careful way ---- */

struct spot { /* what is being looked at */
    const struct pp_x12_form *form;
    struct piece s;
    unsigned element, component, repetition; /* component, repetition 0 = not inside of one */
};

static void tell(struct pp_x12_check *c, const struct spot *at, const struct pp_x12_el_use *u, unsigned code, int snip,
                 const char *ik403, enum pp_x12_class value, const char *text) {
    struct pp_x12_finding *f = x12c_find(c, code, snip, at->element, text);
    f->component = (uint16_t)at->component;
    f->repetition = (uint16_t)at->repetition;
    f->data_element = u ? u->number : 0;
    f->value = value;
    memcpy(f->ik304, "8", 2);
    snprintf(f->ik403, sizeof f->ik403, "%s", ik403);
    x12c_tell(c);
}

static void warn(struct pp_x12_check *c, const struct spot *at, const struct pp_x12_el_use *u, unsigned code,
                 const char *text) {
    struct pp_x12_finding *f = x12c_find(c, code, 1, at->element, text);
    f->severity = PP_X12_WARNING;
    f->component = (uint16_t)at->component;
    f->repetition = (uint16_t)at->repetition;
    f->data_element = u ? u->number : 0;
    f->value = PP_X12_VALUE_OTHER;
    x12c_tell(c);
}

static void careful(struct pp_x12_check *c, struct spot at);

/* True: the length is right. */
static bool careful_length(struct pp_x12_check *c, const struct spot *at, const struct pp_x12_el_use *u, uint32_t n) {
    const struct pp_x12_dict_element *d = pp_x12_element_find(u->number);
    if (n - u->min <= u->span) return true;
    if (n < u->min) {
        int snip = !d || n < d->min ? 1 : 2;
        tell(c, at, u, PP_X12_F_TOO_SHORT, snip, "4", PP_X12_VALUE_TOO_SHORT, "the value is too short");
    } else {
        int snip = !d || n > d->max ? 1 : 2;
        tell(c, at, u, PP_X12_F_TOO_LONG, snip, "5", PP_X12_VALUE_TOO_LONG, "the value is too long");
    }
    return false;
}

static void careful_characters(struct pp_x12_check *c, const struct spot *at, const struct pp_x12_el_use *u,
                               struct pp_str v) {
    bool control = false, high = false, separator = false;
    for (uint32_t i = 0; i < v.n; i++) {
        unsigned char b = (unsigned char)v.s[i];
        if (b == c->s->d->component || (b == c->s->d->repetition && b))
            separator = true;
        else if (b < 0x20 || b == 0x7f)
            control = true;
        else if (b >= 0x80)
            high = true;
    }
    if (separator && at->component == 0)
        tell(c, at, u, PP_X12_F_COMPONENTS_TOO_MANY, 1, "13", PP_X12_VALUE_OTHER,
             "a separator of components stands in an element that has none");
    if (control)
        tell(c, at, u, PP_X12_F_CHARACTER, 1, "6", PP_X12_VALUE_OTHER, "a control character stands in the value");
    else if (high)
        warn(c, at, u, PP_X12_F_CHARACTER, "a character outside of the basic and extended set stands in the value");
}

/* One value: an element without components, or a component. */
static void careful_value(struct pp_x12_check *c, const struct spot *at, const struct pp_x12_el_use *u,
                          struct pp_str v) {
    const char *p = v.s;
    uint32_t solid = v.n, length;
    while (solid && p[solid - 1] == ' ') solid--;
    careful_characters(c, at, u, v);
    if (solid == 0) {
        tell(c, at, u, PP_X12_F_BLANKS, 1, "6", PP_X12_VALUE_MISSING, "the value is nothing but blanks");
        return;
    }
    if (solid < v.n && solid >= u->min) warn(c, at, u, PP_X12_F_BLANKS, "blanks stand at the end of the value");
    if (u->type == PP_X12_T_N || u->type == PP_X12_T_R) {
        length = u->type == PP_X12_T_N ? number_length(p, v.n) : decimal_length(p, v.n);
        if (length == 0)
            tell(c, at, u, PP_X12_F_NUMBER, 1, "6", PP_X12_VALUE_NOT_NUMBER,
                 "the value is no number of the form it needs");
        else
            careful_length(c, at, u, length);
    } else if (!careful_length(c, at, u, v.n)) {
        return; /* nothing more is to be said of it */
    }
    if (u->type == PP_X12_T_DT && !is_date(p, v.n))
        tell(c, at, u, PP_X12_F_DATE, 1, "8", PP_X12_VALUE_NOT_DATE, "the value is no date");
    if (u->type == PP_X12_T_TM && !is_time(p, v.n))
        tell(c, at, u, PP_X12_F_TIME, 1, "9", PP_X12_VALUE_NOT_DATE, "the value is no time");
    if (u->look == PP_X12_LOOK_CODES && !has_code(c, u->codes, p, v.n)) {
        bool list = u->codes->snip == 5;
        tell(c, at, u, list ? PP_X12_F_CODE_LIST : PP_X12_F_CODE, u->codes->snip, "7", PP_X12_VALUE_NOT_CODE,
             list ? "the value is no code of its list" : "the value is no code that the guide allows here");
    }
    if (u->look == PP_X12_LOOK_FORMAT) {
        struct pp_str q = u->by && u->by <= at->s.n ? at->s.el[u->by - 1] : PP_STR_NONE;
        unsigned format = u->by ? format_of(q) : u->format;
        if (!has_format(format, p, v.n))
            tell(c, at, u, format == PP_X12_FORMAT_TM ? PP_X12_F_TIME : PP_X12_F_DATE, 1,
                 format == PP_X12_FORMAT_TM ? "9" : "8", PP_X12_VALUE_NOT_DATE,
                 "the value does not have the form that its qualifier names");
    }
}

static void careful_one(struct pp_x12_check *c, struct spot at, const struct pp_x12_el_use *u, struct pp_str v) {
    struct pp_str part[PARTS_MAX];
    if (u->look != PP_X12_LOOK_COMPOSITE) {
        careful_value(c, &at, u, v);
        return;
    }
    uint32_t n = split(v, c->s->d->component, part);
    if (n > u->parts->n) {
        tell(c, &at, u, PP_X12_F_COMPONENTS_TOO_MANY, 1, "13", PP_X12_VALUE_OTHER,
             "the composite has too many components");
        n = n > PARTS_MAX ? PARTS_MAX - 1 : n; /* of more parts than there is room for all but the last were split */
        if (n > u->parts->n) n = u->parts->n;
    }
    at.form = u->parts;
    at.s = (struct piece){part, n};
    at.component = 1;
    careful(c, at);
}

static void careful_element(struct pp_x12_check *c, struct spot at, const struct pp_x12_el_use *u, struct pp_str v) {
    unsigned char sep = c->s->d->repetition;
    bool repeats = at.component == 0 && sep && c->s->specials && memchr(v.s, sep, v.n);
    if (!repeats) {
        careful_one(c, at, u, v);
        return;
    }
    for (unsigned i = 1;; i++) {
        struct pp_str one = pp_x12_rep(c->s, v, i);
        if (one.s == NULL) break;
        at.repetition = i;
        if (i == u->repeat + 1u)
            tell(c, &at, u, PP_X12_F_REPETITIONS_TOO_MANY, u->repeat == 1 ? 1 : 2, "12", PP_X12_VALUE_OTHER,
                 "the element is repeated more often than it may be");
        if (i > u->repeat) break;
        if (one.n) careful_one(c, at, u, one);
    }
}

static void careful_notes(struct pp_x12_check *c, struct spot at, uint64_t present) {
    static const char *const texts[] = {
        "elements that come together or not at all stand in part", "none of the elements is there of which one must be",
        "elements stand together that exclude each other", "an element is missing that another one needs",
        "none of the elements is there of which another one needs one"};
    for (unsigned i = 0; i < at.form->notes_n; i++) {
        struct pp_x12_form one = {.n = at.form->n, .notes_n = 1, .notes = &at.form->notes[i]};
        const struct pp_x12_note *n = one.notes;
        if (notes_hold(&one, present)) continue;
        uint64_t wrong = n->kind == PP_X12_NOTE_E ? present & n->all : n->all & ~present;
        if (n->kind == PP_X12_NOTE_E) wrong &= wrong - 1; /* the second one is too much */
        if (n->kind == PP_X12_NOTE_L || n->kind == PP_X12_NOTE_C) wrong &= n->rest;
        unsigned place = (unsigned)__builtin_ctzll(wrong ? wrong : n->all) + 1;
        struct spot to = at;
        *(at.component ? &to.component : &to.element) = place;
        tell(c, &to, place <= at.form->n ? &at.form->el[place - 1] : NULL, PP_X12_F_NOTE, 1,
             n->kind == PP_X12_NOTE_E ? "10" : "2",
             n->kind == PP_X12_NOTE_E ? PP_X12_VALUE_OTHER : PP_X12_VALUE_MISSING, texts[n->kind]);
    }
}

static void careful(struct pp_x12_check *c, struct spot at) {
    const struct pp_x12_form *form = at.form;
    uint64_t present = 0;
    uint32_t n = at.s.n < form->n ? at.s.n : form->n;
    bool inside = at.component != 0;
    for (uint32_t i = 0; i < form->n; i++) {
        const struct pp_x12_el_use *u = &form->el[i];
        uint64_t bit = UINT64_C(1) << i;
        struct spot one = at;
        *(inside ? &one.component : &one.element) = i + 1;
        bool there = i < n && at.s.el[i].n;
        bool binary = !there && !inside && c->s->binary_n && u->type == PP_X12_T_B; /* told before, in pieces */
        if (!there && !binary) {
            if (form->required & bit)
                tell(c, &one, u, PP_X12_F_ELEMENT_MISSING, form->mandatory & bit ? 1 : 2, "1", PP_X12_VALUE_MISSING,
                     inside ? "a required component is missing" : "a required element is missing");
            continue;
        }
        present |= bit;
        if (binary) continue;
        if (form->unused & bit)
            tell(c, &one, u, PP_X12_F_ELEMENT_NOT_USED, 2, "I10", PP_X12_VALUE_OTHER,
                 "the guide does not use this element");
        careful_element(c, one, u, at.s.el[i]);
    }
    careful_notes(c, at, present);
    if (at.s.n > form->n && !inside) {
        at.element = form->n + 1u;
        tell(c, &at, NULL, PP_X12_F_ELEMENTS_TOO_MANY, 1, "3", PP_X12_VALUE_OTHER, "the segment has too many elements");
    }
    if (at.s.n && at.s.el[at.s.n - 1].n == 0 && !c->s->binary_n) {
        if (inside)
            at.component = at.s.n;
        else
            at.element = at.s.n;
        warn(c, &at, NULL, PP_X12_F_TRAILING, "empty elements or components stand at the end");
    }
}

void x12c_values(struct pp_x12_check *c, const struct pp_x12_form *form) {
    const struct pp_x12_seg *s = c->s;
    struct piece whole = {s->el, s->n};
    uint32_t specials = 0;
    if (!c->opts.careful && !s->controls && !s->binary_n && clean(c, form, whole, &specials) && specials == s->specials)
        return;
    careful(c, (struct spot){.form = form, .s = whole});
}
