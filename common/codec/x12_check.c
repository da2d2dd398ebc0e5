#include "codec/x12_check_int.h"
#include <stdlib.h>

/* Life of interchanges, groups and transactions; findings on their way to the handler; verdicts. */

struct pp_x12_check *pp_x12_check_open(const struct pp_x12_check_opts *opts, const struct pp_x12_check_handlers *h) {
    struct pp_x12_check *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    if (opts) c->opts = *opts;
    if (h) c->h = *h;
    if (c->opts.snip_max == 0) c->opts.snip_max = 7;
    if (c->opts.findings_max == 0) c->opts.findings_max = PP_X12_FINDINGS_MAX;
    return c;
}

void pp_x12_check_close(struct pp_x12_check *c) { free(c); }

const struct pp_x12_place *pp_x12_check_place(const struct pp_x12_check *c) { return &c->place; }

/* ---- findings ---- */

struct pp_x12_finding *x12c_find(struct pp_x12_check *c, unsigned code, int snip, unsigned element, const char *text) {
    struct pp_x12_finding *f = &c->f;
    *f = (struct pp_x12_finding){.snip = (uint8_t)snip,
                                 .severity = PP_X12_ERROR,
                                 .code = (uint16_t)code,
                                 .pos = c->e->pos,
                                 .element = (uint16_t)element,
                                 .said = -1,
                                 .counted = -1,
                                 .text = text};
    if (c->s && c->s->id.n <= 3) memcpy(f->segment, c->s->id.s, c->s->id.n);
    if (c->place.depth) memcpy(f->loop, c->place.path[c->place.depth - 1].loop->id, sizeof f->loop);
    if (c->place.use) f->guide_words = c->place.use->name;
    return f;
}

/* Counts the finding where it belongs, and gives it out. */
static void give(struct pp_x12_check *c, struct pp_x12_finding *f) {
    const char *guide = c->in_st && c->place.guide ? c->place.guide->name : "";
    if (f->snip > c->opts.snip_max) return;
    if (!f->name) f->name = pp_x12_code_name(f->code);
    enum pp_x12_lowered to = x12c_lowered(c->opts.profile, guide, f->name);
    if (to == PP_X12_LOWER_OFF) return;
    bool above = c->opts.snip_errors && f->snip > c->opts.snip_errors;
    if (to == PP_X12_LOWER_WARNING || above) f->severity = PP_X12_WARNING;
    struct x12c_tally *t = f->pos.transaction && c->in_st ? &c->st : f->pos.group && c->in_gs ? &c->gs : &c->isa;
    *(f->severity == PP_X12_ERROR ? &t->errors : &t->warnings) += 1;
    if (t->told >= c->opts.findings_max) {
        t->untold++;
        return;
    }
    t->told++;
    if (c->h.finding) c->h.finding(c->h.user, f, c->e);
}

void x12c_tell(struct pp_x12_check *c) { give(c, &c->f); }

/* Does the finding belong to what is open now? */
static bool of_open(const struct pp_x12_check *c, const struct pp_x12_pos *p) {
    if (!c->in_isa || p->interchange != c->isa_pos.interchange) return false;
    if (!p->group) return true;
    if (!c->in_gs || p->group != c->gs_pos.group) return false;
    return !p->transaction || (c->in_st && p->transaction == c->st_pos.transaction);
}

/* The reader's own findings, all that have not been passed on yet or only those of what is open. */
static void pass_on(struct pp_x12_check *c, const struct pp_x12_event *e, bool all, uint32_t *passed) {
    for (uint32_t i = 0; i < e->findings_n; i++) {
        struct pp_x12_finding f = e->findings[i];
        if ((*passed >> i & 1) || !(all || of_open(c, &f.pos))) continue;
        *passed |= 1u << i;
        if (f.pos.transaction && c->in_st && c->place.depth && strcmp(f.segment, "SE") != 0)
            memcpy(f.loop, c->place.path[c->place.depth - 1].loop->id, sizeof f.loop);
        give(c, &f);
    }
}

/* ---- levels ---- */

static enum pp_x12_outcome outcome_of(const struct x12c_tally *t) {
    return t->errors ? PP_X12_REJECTED : t->warnings ? PP_X12_ACCEPTED_WITH_ERRORS : PP_X12_ACCEPTED;
}

static void give_verdict(struct pp_x12_check *c, const struct x12c_tally *t, struct pp_x12_verdict *v) {
    v->errors_n = t->errors;
    v->warnings_n = t->warnings;
    v->untold_n = t->untold;
    if (!v->envelope) v->envelope = c->env;
    if (c->h.verdict) c->h.verdict(c->h.user, v);
}

static void end_transaction(struct pp_x12_check *c, bool lost, uint32_t segments) {
    const struct pp_x12_seg *s = c->s;
    if (lost) c->s = NULL; /* the segment in hand is no part of it */
    c->lost = lost;
    x12c_walk_end(c);
    c->s = s;
    struct pp_x12_verdict v = {.of = PP_X12_OF_TRANSACTION,
                               .pos = c->st_pos,
                               .envelope = lost ? &c->st_env : NULL,
                               .guide = c->place.guide,
                               .outcome = lost ? PP_X12_REJECTED : outcome_of(&c->st),
                               .lost = lost,
                               .unsupported = !c->place.guide,
                               .segments_n = segments};
    c->in_st = false;
    c->place.guide = NULL;
    c->received++;
    c->accepted += v.outcome != PP_X12_REJECTED;
    give_verdict(c, &c->st, &v);
}

static void end_group(struct pp_x12_check *c, bool lost) {
    struct pp_x12_verdict v = {.of = PP_X12_OF_GROUP,
                               .pos = c->gs_pos,
                               .outcome = outcome_of(&c->gs),
                               .envelope = lost ? &c->st_env : NULL,
                               .lost = lost,
                               .unsupported = c->gs_unsupported,
                               .transactions_n = c->received,
                               .accepted_n = c->accepted};
    if (lost || (c->received && !c->accepted))
        v.outcome = PP_X12_REJECTED;
    else if (v.outcome != PP_X12_REJECTED && c->accepted < c->received)
        v.outcome = PP_X12_PARTLY;
    c->in_gs = false;
    c->isa_received += c->received;
    c->isa_accepted += v.outcome == PP_X12_REJECTED ? 0 : c->accepted;
    give_verdict(c, &c->gs, &v);
}

static void end_interchange(struct pp_x12_check *c, bool lost) {
    struct pp_x12_verdict v = {.of = PP_X12_OF_INTERCHANGE,
                               .pos = c->isa_pos,
                               .outcome = lost ? PP_X12_REJECTED : outcome_of(&c->isa),
                               .envelope = lost ? &c->st_env : NULL,
                               .lost = lost,
                               .transactions_n = c->isa_received,
                               .accepted_n = c->isa_accepted};
    c->in_isa = false;
    give_verdict(c, &c->isa, &v);
}

static bool version_known(const char *gs01, const char *gs08, bool *ret_function) {
    bool found = false;
    *ret_function = false;
    for (uint32_t i = 0; i < pp_x12_guides_n; i++) {
        if (strcmp(pp_x12_guides[i]->gs01, gs01) != 0) continue;
        *ret_function = true;
        for (const char *const *v = pp_x12_guides[i]->versions; *v; v++) found = found || strcmp(*v, gs08) == 0;
    }
    return found;
}

static void begin_group(struct pp_x12_check *c, const struct pp_x12_event *e) {
    bool function;
    c->in_gs = true;
    c->gs_pos = e->pos;
    c->gs = (struct x12c_tally){0};
    c->received = c->accepted = 0;
    c->gs_unsupported = !version_known(c->env->gs01, c->env->gs08, &function);
    if (!c->gs_unsupported) return;
    struct pp_x12_finding *f = x12c_find(c, PP_X12_F_GROUP_UNKNOWN, 2, function ? 8 : 1,
                                         function ? "no guide of this version is known here (AK905 2)"
                                                  : "groups of this kind are not known here (AK905 1)");
    f->data_element = function ? 480 : 479;
    f->value = PP_X12_VALUE_NOT_CODE;
    x12c_tell(c);
}

static const struct pp_x12_guide *choose_guide(struct pp_x12_check *c, struct pp_str bht02) {
    if (c->opts.guide) {
        c->choose = false;
        return pp_x12_guide_named(c->opts.guide);
    }
    const char *version = c->env->st03[0] ? c->env->st03 : c->env->gs08;
    return pp_x12_guide_find(pp_str_z(c->env->st01), pp_str_z(version), bht02, &c->choose);
}

static void begin_transaction(struct pp_x12_check *c, const struct pp_x12_event *e) {
    c->in_st = true;
    c->st_pos = e->pos;
    c->st_env = *c->env;
    c->st = (struct x12c_tally){0};
    x12c_walk_begin(c, choose_guide(c, PP_STR_NONE));
    if (c->env->st03[0] && c->env->gs08[0] && strcmp(c->env->st03, c->env->gs08) != 0) {
        struct pp_x12_finding *differs =
            x12c_find(c, PP_X12_F_GUIDE_DIFFERS, 2, 3, "another guide than the group's (GS08)");
        differs->data_element = 1705;
        differs->value = PP_X12_VALUE_OTHER;
        differs->loop[0] = '\0';
        x12c_tell(c);
    }
    const struct pp_x12_guide *g = c->place.guide;
    if (g && g->full) return;
    struct pp_x12_finding *f = g ? x12c_find(c, PP_X12_F_GUIDE_INTEGRITY, 2, 3,
                                             "of this guide only the envelope and the dictionary are checked")
                                 : x12c_find(c, PP_X12_F_GUIDE_UNKNOWN, 2, 3, "no guide of this version is known here");
    f->severity = g ? PP_X12_WARNING : PP_X12_ERROR;
    f->loop[0] = '\0';
    f->data_element = 1705;
    f->value = g ? PP_X12_VALUE_NONE : PP_X12_VALUE_NOT_CODE;
    x12c_tell(c);
}

/* Several guides have this version (278: request and answer): BHT02 tells which. ST is the same in all of them. */
static void choose_again(struct pp_x12_check *c) {
    c->choose = false;
    if (c->s->key != ('B' | 'H' << 8 | 'T' << 16)) return;
    const struct pp_x12_guide *g = choose_guide(c, pp_x12_el(c->s, 2));
    c->choose = false;
    if (g == c->place.guide) return;
    x12c_walk_begin(c, g);
    const uint16_t *st = pp_x12_guide_uses(g, 0, 'S' | 'T' << 8);
    if (!st) return;
    c->frame[0].seen[0] |= UINT64_C(1) << g->uses[*st].child;
    c->frame[0].pos = g->uses[*st].pos;
}

/* A level is open although the reader has closed it: its trailer is missing. */
static void end_lost(struct pp_x12_check *c, const struct pp_x12_event *e) {
    bool isa = e->end || (e->what == PP_X12_SEGMENT && e->role == PP_X12_ISA);
    bool gs = isa || (e->what == PP_X12_SEGMENT && (e->role == PP_X12_GS || e->role == PP_X12_IEA));
    if (c->in_st && e->transaction_lost) end_transaction(c, true, e->lost_pos.segment);
    if (c->in_gs && gs) end_group(c, true);
    if (c->in_isa && isa) end_interchange(c, true);
}

static void take_segment(struct pp_x12_check *c, const struct pp_x12_event *e) {
    switch (e->role) {
    case PP_X12_ISA:
        c->in_isa = true;
        c->isa_pos = e->pos;
        c->isa = (struct x12c_tally){0};
        c->isa_received = c->isa_accepted = 0;
        c->st_env = *c->env;
        break;
    case PP_X12_GS:
        c->st_env = *c->env;
        begin_group(c, e);
        break;
    case PP_X12_ST:
        begin_transaction(c, e);
        x12c_walk(c);
        break;
    case PP_X12_BODY:
        if (c->choose) choose_again(c);
        x12c_walk(c);
        break;
    case PP_X12_SE:
        if (c->in_st) x12c_walk(c);
        break;
    default: break;
    }
}

void pp_x12_check_event(struct pp_x12_check *c, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    c->e = e;
    c->s = e->what == PP_X12_SEGMENT ? e->seg : NULL;
    if (e->what == PP_X12_SEGMENT && e->role == PP_X12_BODY && e->findings_n == 0) { /* nearly always */
        if (c->choose) choose_again(c);
        x12c_walk(c);
        return;
    }
    uint32_t passed = 0;
    c->env = pp_x12_envelope(r);
    c->place.use = NULL;
    pass_on(c, e, false, &passed); /* "the transaction has no SE", before it is ended */
    end_lost(c, e);
    bool begins = e->what == PP_X12_SEGMENT && (e->role == PP_X12_ISA || e->role == PP_X12_GS || e->role == PP_X12_ST);
    if (begins) take_segment(c, e);
    pass_on(c, e, true, &passed);
    if (e->what != PP_X12_SEGMENT || begins) return;
    take_segment(c, e);
    if (e->role == PP_X12_SE && c->in_st) end_transaction(c, false, e->pos.segment);
    if (e->role == PP_X12_GE && c->in_gs) end_group(c, false);
    if (e->role == PP_X12_IEA && c->in_isa) end_interchange(c, false);
}
