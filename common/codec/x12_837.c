#include "codec/x12_837_int.h"
#include <stdlib.h>

/* Life of a transaction: findings, verdict, handing out. What segments mean is in x12_837_loops.c and
 * x12_837_claim.c. */

struct pp_x12_837 *pp_x12_837_open(const struct pp_837_handlers *handlers, size_t arena_bytes) {
    struct pp_x12_837 *v = calloc(1, sizeof *v);
    if (!v) return NULL;
    v->h = *handlers;
    pp_arena_init(&v->arena, arena_bytes ? arena_bytes : PP_837_ARENA_BYTES);
    return v;
}

void pp_x12_837_close(struct pp_x12_837 *v) {
    if (!v) return;
    pp_arena_free(&v->arena);
    free(v);
}

struct pp_x12_finding *x837_find(struct pp_x12_837 *v, int snip, enum pp_x12_severity severity, enum pp_837_code code,
                                 const char *segment, unsigned element, const char *text) {
    struct pp_x12_finding f = {.snip = (uint8_t)snip,
                               .severity = severity,
                               .code = (uint16_t)code,
                               .pos = v->e->pos,
                               .element = (uint16_t)element,
                               .said = -1,
                               .counted = -1,
                               .text = text};
    memcpy(f.loop, v->loop_name, sizeof f.loop);
    size_t n = strlen(segment);
    memcpy(f.segment, segment, n < 3 ? n : 3);
    return x12v_note(&v->found, &f);
}

static int give_out(struct pp_x12_837 *v) {
    for (struct claim_item *c = v->first; c && v->h.claim; c = c->next)
        if (v->h.claim(v->h.user, &c->claim)) return -1;
    return 0;
}

/* The transaction has ended, well or not. */
static int end_transaction(struct pp_x12_837 *v) {
    int rc = 0;
    struct pp_837_verdict verdict = {.pos = v->st_pos, .envelope = v->env, .outcome = PP_837_NOT_OURS};
    if (v->ours) {
        if (v->guide_ok) x837_end_claim(v);
        if (pp_arena_failed(&v->arena)) { /* what was found after that may be false */
            x12v_forget(&v->found);
            v->loop_name[0] = '\0';
            x837_find(v, 1, PP_X12_ERROR, PP_837_F_TOO_LARGE, "ST", 0, "the transaction is larger than our limit");
        } else if (v->guide_ok && v->claims_n == 0) {
            x837_find(v, 2, PP_X12_ERROR, PP_837_F_NO_CLAIM, "CLM", 0, "the transaction holds no claim");
        }
        verdict.outcome = v->found.errors_n ? PP_837_REFUSED : PP_837_ACCEPTED;
    }
    if (verdict.outcome == PP_837_ACCEPTED) {
        verdict.claims_n = v->claims_n;
        rc = give_out(v);
    }
    verdict.findings = v->found.list;
    verdict.findings_n = v->found.n;
    verdict.errors_n = v->found.errors_n;
    verdict.warnings_n = v->found.warnings_n;
    v->in_st = false;
    if (rc == 0 && v->h.transaction) v->h.transaction(v->h.user, &verdict);
    return rc;
}

/* The reader's findings: those inside of the open transaction are its own, the others go out at once. */
static void sort_findings(struct pp_x12_837 *v, const struct pp_x12_event *e, bool of_open) {
    for (uint32_t i = 0; i < e->findings_n; i++) {
        const struct pp_x12_finding *f = &e->findings[i];
        bool inside = v->in_st && f->pos.transaction && x12v_same_transaction(&f->pos, &v->st_pos);
        if (inside && of_open)
            x12v_note(&v->found, f);
        else if (!of_open && !f->pos.transaction && v->h.envelope)
            v->h.envelope(v->h.user, f);
    }
}

int pp_x12_837_event(struct pp_x12_837 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    v->e = e;
    v->s = e->seg;
    sort_findings(v, e, true); /* also "the transaction has no SE", before it is ended */
    if (e->transaction_lost && v->in_st && end_transaction(v)) return -1;
    sort_findings(v, e, false);
    if (e->what != PP_X12_SEGMENT) return 0;
    if (e->role == PP_X12_ST) {
        v->env = *pp_x12_envelope(r);
        v->st_pos = e->pos;
        x837_begin(v);
        sort_findings(v, e, true);
    }
    if (!v->in_st) return 0;
    if (e->role == PP_X12_BODY && v->ours && v->guide_ok && !pp_arena_failed(&v->arena)) {
        if (!x837_loop_segment(v)) x837_claim_segment(v);
    }
    return e->role == PP_X12_SE ? end_transaction(v) : 0;
}

void pp_x12_837_refuse(struct pp_x12_837 *v) {
    if (v->in_st && v->ours) x12v_note_refusal(&v->found, &v->st_pos, PP_837_F_REFUSED);
}

static int feed_view(void *view, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return pp_x12_837_event(view, r, e);
}

int pp_x12_837_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_837_handlers *handlers) {
    struct pp_x12_837 *v = pp_x12_837_open(handlers, 0);
    int rc = x12v_feed(opts, bytes, feed_view, v);
    pp_x12_837_close(v);
    return rc;
}
