#include "codec/x12_check_int.h"

/* Where a segment stands: loops open and close, uses are counted, what is missing is told. */

/* The first component of a value, which is short: byte by byte. */
static struct pp_str first_part(struct pp_str v, unsigned char a, unsigned char b) {
    for (uint32_t i = 0; i < v.n; i++)
        if ((unsigned char)v.s[i] == a || ((unsigned char)v.s[i] == b && b)) return (struct pp_str){v.s, i};
    return v;
}

static inline bool key_fits(const struct pp_x12_seg *s, const struct pp_x12_use *use) {
    const struct pp_x12_codes *codes = use->key_codes;
    if (!codes) return true;
    struct pp_str v = pp_x12_el(s, use->key_element);
    if (s->specials && (use->key_component || s->d->repetition)) {
        if (use->key_component > 1)
            v = pp_x12_part(s, pp_x12_rep(s, v, 1), use->key_component);
        else
            v = first_part(v, use->key_component ? s->d->component : s->d->repetition, s->d->repetition);
    }
    uint64_t packed = pp_x12_pack(v.s, v.n);
    return codes->n == 1 ? codes->code[0] == packed : pp_x12_codes_have(codes, packed);
}

static bool has(const uint64_t *bits, unsigned n) { return bits[n / 64] >> (n % 64) & 1; }
static void set(uint64_t *bits, unsigned n) { bits[n / 64] |= UINT64_C(1) << (n % 64); }

static void id_text(char ret[4], uint32_t id) {
    for (int i = 0; i < 4; i++) ret[i] = i < 3 ? (char)(id >> (8 * i)) : '\0';
}

/* Children of the loop at depth d that had to come. `bits` of them are missing. */
static void tell_missing(struct pp_x12_check *c, uint32_t d, uint64_t low, uint64_t high) {
    const struct pp_x12_loop *loop = c->place.path[d].loop;
    const struct pp_x12_guide *g = c->place.guide;
    uint64_t bits[2] = {low, high};
    for (unsigned i = 0; i < loop->children_n; i++) {
        if (!has(bits, i)) continue;
        const struct pp_x12_use *use = &g->uses[loop->child + i];
        bool inner = use->opens != PP_X12_GUIDE_NONE;
        struct pp_x12_finding *f = x12c_find(c, inner ? PP_X12_F_LOOP_MISSING : PP_X12_F_SEGMENT_MISSING, 2, 0,
                                             inner ? "a required loop is missing" : "a required segment is missing");
        id_text(f->segment, use->id);
        memcpy(f->loop, inner ? g->loops[use->opens].id : loop->id, sizeof f->loop);
        memcpy(f->ik304, inner ? "I7" : "3", inner ? 3 : 2);
        f->guide_words = use->name;
        f->value = PP_X12_VALUE_MISSING;
        x12c_tell(c);
        set(c->frame[d].told, i);
    }
}

static void close_loop(struct pp_x12_check *c) {
    uint32_t d = c->place.depth - 1;
    const struct pp_x12_loop *loop = c->place.path[d].loop;
    struct x12c_frame *f = &c->frame[d];
    if (c->lost) {
        c->place.depth--;
        return;
    }
    uint64_t low = loop->required[0] & ~f->seen[0] & ~f->told[0], high = loop->required[1] & ~f->seen[1] & ~f->told[1];
    if (low | high) tell_missing(c, d, low, high);
    if (f->hl04 && (f->hl04 == '1') != f->hl_children) {
        struct pp_x12_finding *found =
            x12c_find(c, PP_X12_F_HL_CHILDREN, 2, 4,
                      f->hl_children ? "the level says that none is below it, but one is"
                                     : "the level says that others are below it, but none is");
        found->severity = PP_X12_WARNING;
        found->pos = c->place.path[d].opened;
        memcpy(found->segment, "HL", 3);
        memcpy(found->loop, loop->id, sizeof found->loop);
        x12c_tell(c);
    }
    if (loop->rules_n) x12c_rules(c, loop);
    c->place.depth--;
}

static void open_loop(struct pp_x12_check *c, const struct pp_x12_use *use, uint32_t instance) {
    const struct pp_x12_loop *loop = &c->place.guide->loops[use->opens];
    uint32_t d = c->place.depth++;
    c->place.path[d].loop = loop;
    c->place.path[d].instance = instance;
    c->place.path[d].opened = c->e->pos;
    c->frame[d] = (struct x12c_frame){0};
    for (unsigned i = loop->counters_from; i < loop->counters_to; i++) c->counts[i] = 0;
    for (unsigned i = loop->facts_from; i < loop->facts_to; i++) c->facts[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

/* HL numbers: 1, 2, 3, …; HL02 is the number of the level around it. */
static void take_hl(struct pp_x12_check *c) {
    uint32_t d = c->place.depth - 1;
    struct x12c_frame *f = &c->frame[d];
    int64_t number = 0, parent = 0;
    bool given = pp_str_int(pp_x12_el(c->s, 1), &number) && number > 0 && number < UINT32_MAX;
    if (given && number != (int64_t)c->hl_n + 1) {
        struct pp_x12_finding *found = x12c_find(c, PP_X12_F_HL_NUMBER, 2, 1, "levels are not numbered 1, 2, 3, …");
        if (c->place.guide->hl_warn) found->severity = PP_X12_WARNING;
        memcpy(found->ik304, "8", 2);
        memcpy(found->ik403, "7", 2);
        found->data_element = 628;
        found->value = PP_X12_VALUE_OTHER;
        x12c_tell(c);
    }
    if (given && number > c->hl_n)
        c->hl_n = (uint32_t)number;
    else
        c->hl_n++;
    f->hl = given ? (uint32_t)number : c->hl_n;
    struct pp_str hl04 = pp_x12_el(c->s, 4);
    f->hl04 = hl04.n == 1 && (hl04.s[0] == '0' || hl04.s[0] == '1') ? hl04.s[0] : 0;
    uint32_t up = d;
    while (up > 0 && !c->place.path[up - 1].loop->hl) up--;
    if (up == 0) return;
    c->frame[up - 1].hl_children = true;
    if (pp_str_int(pp_x12_el(c->s, 2), &parent) && parent == (int64_t)c->frame[up - 1].hl) return;
    struct pp_x12_finding *found =
        x12c_find(c, PP_X12_F_HL_PARENT, 2, 2, "the parent is not the level above; taken as below it by its order");
    if (c->place.guide->hl_warn) found->severity = PP_X12_WARNING;
    memcpy(found->ik304, "8", 2);
    memcpy(found->ik403, "7", 2);
    found->data_element = 734;
    found->value = pp_x12_el(c->s, 2).n ? PP_X12_VALUE_OTHER : PP_X12_VALUE_MISSING;
    x12c_tell(c);
}

struct hit {
    const struct pp_x12_use *use;
    uint32_t d;
    bool late; /* it stands after what it should stand before */
};

/* The place of the segment in hand. From the innermost loop outwards: the first use that fits and may still come. Else
 * one that should have come earlier, within the level (HL) in hand; else the only use of that segment here, with a code
 * that does not fit. */
static struct hit find_place(const struct pp_x12_check *c) {
    const struct pp_x12_guide *g = c->place.guide;
    struct hit late = {0}, weak = {0}, full = {0};
    bool beyond = false; /* outside of the level in hand, or of a loop that knows this segment */
    uint32_t id = c->s->key, number = g->ids[(uint32_t)(id * g->ids_mult) >> 24];
    if (number == 0xff || g->id_of[number] != id) return late;
    for (uint32_t d = c->place.depth; d-- > 0;) {
        const struct pp_x12_loop *loop = c->place.path[d].loop;
        const struct x12c_frame *f = &c->frame[d];
        uint32_t at = g->first[(uint32_t)(loop - g->loops) * g->ids_n + number];
        for (const uint16_t *u = g->list + at; at && *u != PP_X12_GUIDE_NONE; u++) {
            const struct pp_x12_use *use = &g->uses[*u];
            bool early = use->pos < f->pos, fits = key_fits(c->s, use);
            if (!early && fits) {
                if (use->max == 0 || (use->max == 1 ? !has(f->seen, use->child) : c->counts[use->counter] < use->max))
                    return (struct hit){use, d, false};
                if (!full.use) full = (struct hit){use, d, false};
            } else if (early && fits && !late.use && !beyond) {
                late = (struct hit){use, d, true};
            } else if (!early && use->sole && !weak.use && !beyond) {
                weak = (struct hit){use, d, false};
            }
        }
        if (full.use) return full;
        beyond = beyond || at || loop->hl;
    }
    return late.use ? late : weak;
}

static void count_use(struct pp_x12_check *c, const struct hit *h, uint32_t *ret_instance) {
    struct x12c_frame *f = &c->frame[h->d];
    const struct pp_x12_use *use = h->use;
    uint32_t n;
    if (use->counter != PP_X12_GUIDE_NONE)
        n = ++c->counts[use->counter];
    else
        n = has(f->seen, use->child) ? 2 : 1;
    set(f->seen, use->child);
    *ret_instance = n;
    if (use->max == 0 || n <= use->max) return;
    bool inner = use->opens != PP_X12_GUIDE_NONE;
    struct pp_x12_finding *found = x12c_find(c, inner ? PP_X12_F_LOOP_REPEATS : PP_X12_F_SEGMENT_REPEATS, 2, 0,
                                             inner ? "the loop stands more often than the guide allows"
                                                   : "the segment stands more often than the guide allows");
    if (inner) memcpy(found->loop, c->place.guide->loops[use->opens].id, sizeof found->loop);
    memcpy(found->ik304, inner ? "4" : "5", 2);
    found->guide_words = use->name;
    x12c_tell(c);
}

static void not_placed(struct pp_x12_check *c) {
    const struct pp_x12_dict_segment *known = c->s->key ? pp_x12_dict_find(c->s->key) : NULL;
    const struct pp_x12_guide *g = c->place.guide;
    c->place.use = NULL;
    if (!known) {
        struct pp_x12_finding *f = x12c_find(c, PP_X12_F_SEGMENT_UNKNOWN, 1, 0, "no segment of X12 has this id");
        memset(f->segment, 0, sizeof f->segment);
        f->not_in_directory = true;
        memcpy(f->ik304, "1", 2);
        x12c_tell(c);
        return;
    }
    if (g && g->full && !c->skipping) {
        uint32_t number = g->ids[(uint32_t)(c->s->key * g->ids_mult) >> 24];
        bool in_guide = number != 0xff && g->id_of[number] == c->s->key;
        struct pp_x12_finding *f =
            in_guide ? x12c_find(c, PP_X12_F_SEGMENT_UNEXPECTED, 2, 0, "the segment has no place here")
                     : x12c_find(c, PP_X12_F_SEGMENT_NOT_IN_GUIDE, 2, 0, "the guide does not use this segment");
        memcpy(f->ik304, "2", 2);
        x12c_tell(c);
    }
    c->skipping = c->skipping || (c->place.guide && c->place.guide->full && c->s->key == ('H' | 'L' << 8));
    if (known->form) x12c_values(c, known->form);
}

void x12c_walk(struct pp_x12_check *c) {
    if (!c->place.guide || !c->place.guide->full) {
        not_placed(c);
        return;
    }
    struct hit h = find_place(c);
    if (c->skipping && c->s->key != ('H' | 'L' << 8) && c->e->role == PP_X12_BODY) h.use = NULL;
    if (!h.use) {
        not_placed(c);
        return;
    }
    c->skipping = false;
    const struct pp_x12_use *use = h.use;
    while (c->place.depth - 1 > h.d) close_loop(c);
    struct x12c_frame *f = &c->frame[h.d];
    c->place.use = use;
    if (h.late) {
        struct pp_x12_finding *found =
            x12c_find(c, PP_X12_F_SEGMENT_ORDER, 2, 0, "the segment stands after others that it should stand before");
        memcpy(found->ik304, "7", 2);
        found->guide_words = use->name;
        x12c_tell(c);
    } else {
        uint64_t low = use->before[0] & ~f->seen[0] & ~f->told[0], high = use->before[1] & ~f->seen[1] & ~f->told[1];
        if (low | high) tell_missing(c, h.d, low, high);
        f->pos = use->pos;
    }
    uint32_t instance;
    count_use(c, &h, &instance);
    if (use->opens != PP_X12_GUIDE_NONE) {
        open_loop(c, use, instance);
        if (c->place.path[c->place.depth - 1].loop->hl) take_hl(c);
    }
    x12c_values(c, use->form);
    if (use->facts_n) x12c_facts(c, use);
    if (use->amount) x12c_amount(c, use);
}

void x12c_walk_begin(struct pp_x12_check *c, const struct pp_x12_guide *g) {
    c->place.guide = g;
    c->place.use = NULL;
    c->place.depth = 0;
    c->hl_n = 0;
    c->skipping = c->lost = false;
    memset(&c->sums, 0, sizeof c->sums);
    memset(c->facts, 0, sizeof c->facts);
    memset(c->counts, 0, sizeof c->counts);
    if (!g) return;
    c->place.depth = 1;
    c->place.path[0].loop = &g->loops[0];
    c->place.path[0].instance = 1;
    c->place.path[0].opened = c->st_pos;
    c->frame[0] = (struct x12c_frame){0};
}

void x12c_walk_end(struct pp_x12_check *c) {
    while (c->place.depth > 0) close_loop(c);
    c->place.use = NULL;
}
