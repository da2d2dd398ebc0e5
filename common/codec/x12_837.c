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

/* Returns where it is kept; a place that nobody reads when the list is full. */
static struct pp_x12_finding *keep(struct pp_x12_837 *v, const struct pp_x12_finding *f) {
    if (f->severity == PP_X12_ERROR)
        v->errors_n++;
    else
        v->warnings_n++;
    uint32_t at = v->findings_n;
    if (at == PP_837_FINDINGS_MAX) { /* full: an error still takes the place of the last warning */
        if (f->severity != PP_X12_ERROR || v->findings[at - 1].severity == PP_X12_ERROR) return &v->unread;
        at--;
    } else {
        v->findings_n++;
    }
    v->findings[at] = *f;
    return &v->findings[at];
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
    return keep(v, &f);
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
            v->findings_n = v->errors_n = v->warnings_n = 0;
            v->loop_name[0] = '\0';
            x837_find(v, 1, PP_X12_ERROR, PP_837_F_TOO_LARGE, "ST", 0, "the transaction is larger than our limit");
        } else if (v->guide_ok && v->claims_n == 0) {
            x837_find(v, 2, PP_X12_ERROR, PP_837_F_NO_CLAIM, "CLM", 0, "the transaction holds no claim");
        }
        verdict.outcome = v->errors_n ? PP_837_REFUSED : PP_837_ACCEPTED;
    }
    if (verdict.outcome == PP_837_ACCEPTED) {
        verdict.claims_n = v->claims_n;
        rc = give_out(v);
    }
    verdict.findings = v->findings;
    verdict.findings_n = v->findings_n;
    verdict.errors_n = v->errors_n;
    verdict.warnings_n = v->warnings_n;
    v->in_st = false;
    if (rc == 0 && v->h.transaction) v->h.transaction(v->h.user, &verdict);
    return rc;
}

static bool same_transaction(const struct pp_x12_pos *a, const struct pp_x12_pos *b) {
    return a->interchange == b->interchange && a->group == b->group && a->transaction == b->transaction;
}

/* The reader's findings: those inside of the open transaction are its own, the others go out at once. */
static void sort_findings(struct pp_x12_837 *v, const struct pp_x12_event *e, bool of_open) {
    for (uint32_t i = 0; i < e->findings_n; i++) {
        const struct pp_x12_finding *f = &e->findings[i];
        bool inside = v->in_st && f->pos.transaction && same_transaction(&f->pos, &v->st_pos);
        if (inside && of_open)
            keep(v, f);
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
    if (!v->in_st || !v->ours) return;
    struct pp_x12_finding f = {.snip = 2,
                               .severity = PP_X12_ERROR,
                               .code = PP_837_F_REFUSED,
                               .pos = v->st_pos,
                               .segment = "ST",
                               .said = -1,
                               .counted = -1,
                               .text = "the transaction did not pass its check"};
    keep(v, &f);
}

int pp_x12_837_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_837_handlers *handlers) {
    struct pp_x12_reader *r = pp_x12_open(opts);
    struct pp_x12_837 *v = pp_x12_837_open(handlers, 0);
    int rc = r && v ? 0 : -1;
    struct pp_x12_event e;
    for (uint32_t i = 0; rc == 0 && i < bytes.n;) {
        i += (uint32_t)pp_x12_feed(r, bytes.s + i, bytes.n - i, &e);
        rc = pp_x12_837_event(v, r, &e);
    }
    for (bool more = true; rc == 0 && more;) {
        pp_x12_finish(r, &e);
        rc = pp_x12_837_event(v, r, &e);
        more = e.what != PP_X12_NOTHING;
    }
    pp_x12_837_close(v);
    pp_x12_close(r);
    return rc;
}
