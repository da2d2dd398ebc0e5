#include "codec/x12_view_int.h"

/* A transaction's life in a view. */

void x12v_init(struct x12v *b, const struct x12v_kind *kind, size_t arena_bytes, void *user,
               int (*on_transaction)(void *, const struct pp_x12_view_verdict *)) {
    b->kind = kind;
    b->user = user;
    b->on_transaction = on_transaction;
    pp_arena_init(&b->arena, arena_bytes ? arena_bytes : PP_X12_VIEW_ARENA_BYTES);
}

void x12v_free(struct x12v *b) { pp_arena_free(&b->arena); }

struct pp_x12_finding *x12v_note(struct x12v_findings *l, const struct pp_x12_finding *f) {
    if (f->severity == PP_X12_ERROR)
        l->errors_n++;
    else
        l->warnings_n++;
    uint32_t at = l->n;
    if (at == PP_X12_VIEW_FINDINGS_MAX) { /* full: an error still takes the place of the last warning */
        if (f->severity != PP_X12_ERROR || l->list[at - 1].severity == PP_X12_ERROR) return &l->unread;
        at--;
    } else {
        l->n++;
    }
    l->list[at] = *f;
    return &l->list[at];
}

void x12v_note_refusal(struct x12v_findings *l, const struct pp_x12_pos *pos, uint16_t code) {
    struct pp_x12_finding f = {.snip = 2,
                               .severity = PP_X12_ERROR,
                               .code = code,
                               .pos = *pos,
                               .segment = "ST",
                               .said = -1,
                               .counted = -1,
                               .text = "the transaction did not pass its check"};
    x12v_note(l, &f);
}

struct pp_x12_finding *x12v_find(struct x12v *b, int snip, enum pp_x12_severity severity, enum pp_x12_view_code code,
                                 unsigned element, enum pp_x12_class value, const char *text) {
    struct pp_x12_finding f = {.snip = (uint8_t)snip,
                               .severity = severity,
                               .code = (uint16_t)code,
                               .pos = b->e->pos,
                               .element = (uint16_t)element,
                               .value = value,
                               .said = -1,
                               .counted = -1,
                               .text = text};
    memcpy(f.loop, b->loop, sizeof f.loop);
    if (b->s) memcpy(f.segment, b->s->id.s, b->s->id.n < 3 ? b->s->id.n : 3);
    return x12v_note(&b->found, &f);
}

void x12v_loop(struct x12v *b, const char *name) {
    size_t n = strnlen(name, sizeof b->loop - 1);
    memset(b->loop, 0, sizeof b->loop);
    memcpy(b->loop, name, n);
}

static bool is_guide(const struct x12v_kind *k, const char *version) {
    for (size_t i = 0; i < sizeof k->guides / sizeof *k->guides && k->guides[i]; i++)
        if (strncmp(version, k->guides[i], strlen(k->guides[i])) == 0) return true;
    return false;
}

static void begin(struct x12v *b) {
    pp_arena_reset(&b->arena);
    b->in_st = true;
    b->items_n = 0;
    x12v_forget(&b->found);
    x12v_loop(b, "");
    /* ST03 names the guide; senders that leave it empty, or write another one into GS08, are common. */
    const char *guide = b->env.st03[0] ? b->env.st03 : b->env.gs08;
    b->guide_ok = is_guide(b->kind, guide);
    b->kind->begin(b);
    if (!b->guide_ok)
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_GUIDE_UNKNOWN, b->env.st03[0] ? 3 : 0, PP_X12_VALUE_NOT_CODE,
                  b->kind->guide_text);
    else if (b->env.st03[0] && b->env.gs08[0] && strcmp(b->env.st03, b->env.gs08) != 0)
        x12v_find(b, 2, PP_X12_WARNING, PP_X12_V_GUIDE_UNKNOWN, 3, PP_X12_VALUE_OTHER,
                  "GS08 and ST03 name different guides");
}

static void end_transaction(struct x12v *b) {
    b->in_st = false;
    if (!b->ours) return;
    if (b->guide_ok && !pp_arena_failed(&b->arena)) b->kind->end(b);
    if (pp_arena_failed(&b->arena)) { /* what was found after that may be false */
        x12v_forget(&b->found);
        x12v_loop(b, "");
        x12v_find(b, 1, PP_X12_ERROR, PP_X12_V_TOO_LARGE, 0, PP_X12_VALUE_NONE,
                  "the transaction is larger than our limit");
    } else if (b->guide_ok && b->items_n == 0 && !b->kind->may_be_empty && !b->found.errors_n) {
        x12v_loop(b, "");
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_EMPTY, 0, PP_X12_VALUE_NONE, "the transaction holds nothing to be read");
    }
    struct pp_x12_view_verdict verdict = {.pos = b->st_pos,
                                          .envelope = b->env,
                                          .outcome = b->found.errors_n ? PP_X12_VIEW_REFUSED : PP_X12_VIEW_ACCEPTED,
                                          .findings = b->found.list,
                                          .findings_n = b->found.n,
                                          .errors_n = b->found.errors_n,
                                          .warnings_n = b->found.warnings_n};
    if (verdict.outcome == PP_X12_VIEW_ACCEPTED) {
        verdict.items_n = b->items_n;
        if (!b->stopped) b->kind->give_out(b);
    }
    if (!b->stopped && b->on_transaction && b->on_transaction(b->user, &verdict)) b->stopped = true;
}

/* The reader's findings inside of the open transaction count for its verdict. */
static void take_findings(struct x12v *b, const struct pp_x12_event *e) {
    for (uint32_t i = 0; i < e->findings_n; i++)
        if (e->findings[i].pos.transaction && x12v_same_transaction(&e->findings[i].pos, &b->st_pos))
            x12v_note(&b->found, &e->findings[i]);
}

static bool is_ours(const struct x12v_kind *k, const char *set) {
    for (size_t i = 0; i < sizeof k->sets / sizeof *k->sets && k->sets[i]; i++)
        if (strcmp(set, k->sets[i]) == 0) return true;
    return false;
}

int x12v_event(struct x12v *b, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    b->e = e;
    b->s = e->seg;
    if (b->in_st && e->findings_n) take_findings(b, e); /* also "the transaction has no SE", before it is ended */
    if (e->transaction_lost && b->in_st) end_transaction(b);
    if (e->what == PP_X12_SEGMENT && e->role == PP_X12_ST) {
        const struct pp_x12_envelope *env = pp_x12_envelope(r);
        b->ours = is_ours(b->kind, env->st01);
        if (b->ours) {
            b->env = *env;
            b->st_pos = e->pos;
            begin(b);
            take_findings(b, e);
        }
    } else if (b->in_st && e->what == PP_X12_SEGMENT && e->role == PP_X12_BODY) {
        if (b->guide_ok && !pp_arena_failed(&b->arena)) b->kind->segment(b);
    } else if (b->in_st && e->what == PP_X12_BINARY) {
        if (b->guide_ok && b->kind->binary && !pp_arena_failed(&b->arena)) b->kind->binary(b, e->bytes);
    } else if (b->in_st && e->what == PP_X12_SEGMENT && e->role == PP_X12_SE) {
        end_transaction(b);
    }
    return b->stopped ? -1 : 0;
}

void x12v_refuse(struct x12v *b) {
    if (b->in_st) x12v_note_refusal(&b->found, &b->st_pos, PP_X12_V_REFUSED);
}

int x12v_feed(const struct pp_x12_opts *opts, struct pp_str bytes,
              int (*event)(void *view, const struct pp_x12_reader *r, const struct pp_x12_event *e), void *view) {
    struct pp_x12_reader *r = pp_x12_open(opts);
    int rc = r && view ? 0 : -1;
    struct pp_x12_event e;
    for (uint32_t i = 0; rc == 0 && i < bytes.n;) {
        i += (uint32_t)pp_x12_feed(r, bytes.s + i, bytes.n - i, &e);
        rc = event(view, r, &e);
    }
    for (bool more = true; rc == 0 && more;) {
        pp_x12_finish(r, &e);
        rc = event(view, r, &e);
        more = e.what != PP_X12_NOTHING;
    }
    pp_x12_close(r);
    return rc;
}

static int feed_view(void *view, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return x12v_event(view, r, e);
}

int x12v_bytes(struct x12v *b, const struct pp_x12_opts *opts, struct pp_str bytes) {
    return x12v_feed(opts, bytes, feed_view, b);
}
