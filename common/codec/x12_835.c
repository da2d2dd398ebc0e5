#include "codec/x12_835.h"
#include "codec/x12_view_int.h"
#include <stdlib.h>

/* 835: header, claims (CLP) with their lines (SVC), adjustments of the provider (PLB). What stands before the first
 * claim belongs to the payment and stays for the whole transaction; a claim's memory can be used again when it is
 * streamed, so the payment lives in an arena of its own then. */

#define ARENA_BYTES (64u << 20)

enum place { HEADER, PAYER, PAYEE, CLAIM, LINE, SUMMARY };
enum what { IS_PAYMENT, IS_CLAIM, IS_PROVIDER };

struct item {
    enum what what;
    union {
        struct pp_835_claim claim;
        struct pp_835_provider_adjustment provider;
    } u;
    struct item *next;
};
/* Lists of what is in hand; copied when it is complete. */
struct lists {
    struct pp_835_adjustment adjustments[PP_835_CAS_MAX];
    struct pp_835_ref refs[PP_835_REFS_MAX];
    struct pp_str remarks[PP_835_REMARKS_MAX];
};

struct pp_x12_835 {
    struct x12v v; /* first: x12v_kind's functions get its address */
    struct pp_835_handlers h;
    struct pp_arena head; /* of the payment, while claims are streamed */
    bool swapped, paid;   /* paid: the payment is complete and was put or given out */
    enum place place;
    struct pp_835_payment payment;
    struct pp_835_claim claim;
    struct pp_835_line lines[PP_835_LINES_MAX];
    struct lists of_claim, of_line;
    bool open; /* a claim is in hand */
    struct pp_x12_party *party, ignored;
    struct item *first, **last;
};

static struct pp_x12_835 *of(struct x12v *b) { return (struct pp_x12_835 *)b; }

static void swap(struct pp_x12_835 *v) {
    struct pp_arena a = v->v.arena;
    v->v.arena = v->head;
    v->head = a;
    v->swapped = !v->swapped;
}

static void begin(struct x12v *b) {
    struct pp_x12_835 *v = of(b);
    if (v->swapped) swap(v);
    pp_arena_reset(&v->head);
    pp_arena_reset(&b->arena);
    v->paid = v->open = false;
    v->place = HEADER;
    v->payment = (struct pp_835_payment){.pos = b->st_pos, .envelope = b->env};
    v->party = NULL;
    v->first = NULL;
    v->last = &v->first;
}

/* ---- items ---- */

static void give(struct pp_x12_835 *v, const struct item *i) {
    struct x12v *b = &v->v;
    int rc = 0;
    if (b->stopped) return;
    if (i->what == IS_PAYMENT && v->h.payment) rc = v->h.payment(b->user, &v->payment);
    if (i->what == IS_CLAIM && v->h.claim) rc = v->h.claim(b->user, &i->u.claim);
    if (i->what == IS_PROVIDER && v->h.provider) rc = v->h.provider(b->user, &i->u.provider);
    if (rc) b->stopped = true;
}

static void put(struct pp_x12_835 *v, const struct item *i) {
    struct x12v *b = &v->v;
    b->items_n += i->what != IS_PAYMENT;
    if (v->h.streamed) {
        if (!b->found.errors_n && !pp_arena_failed(&b->arena)) give(v, i);
        return;
    }
    struct item *copy = pp_arena_new(&b->arena, struct item);
    if (!copy) return;
    *copy = *i;
    copy->next = NULL;
    *v->last = copy;
    v->last = &copy->next;
}

/* The first claim, or what stands after the claims: the payment is complete. */
static void end_header(struct pp_x12_835 *v) {
    if (v->paid) return;
    v->paid = true;
    if (!v->payment.amount.n)
        x12v_find(&v->v, 2, PP_X12_ERROR, PP_X12_V_MISSING, 0, PP_X12_VALUE_MISSING,
                  "a remittance without its payment (BPR)");
    put(v, &(struct item){.what = IS_PAYMENT});
    if (v->h.streamed && !pp_arena_failed(&v->v.arena)) swap(v);
}

static void *copy_of(struct x12v *b, const void *p, size_t size, uint32_t n) {
    void *ret = n ? pp_arena_alloc(&b->arena, size * n) : NULL;
    if (ret) memcpy(ret, p, size * n);
    return ret;
}

static void end_line(struct pp_x12_835 *v) {
    struct x12v *b = &v->v;
    if (v->place != LINE || !v->claim.lines_n) return;
    struct pp_835_line *l = &v->lines[v->claim.lines_n - 1];
    l->adjustments = copy_of(b, v->of_line.adjustments, sizeof *l->adjustments, l->adjustments_n);
    l->refs = copy_of(b, v->of_line.refs, sizeof *l->refs, l->refs_n);
    l->remarks = copy_of(b, v->of_line.remarks, sizeof *l->remarks, l->remarks_n);
    v->place = CLAIM;
}

static void end_claim(struct pp_x12_835 *v) {
    struct x12v *b = &v->v;
    struct pp_835_claim *c = &v->claim;
    end_line(v);
    if (!v->open) return;
    v->open = false;
    v->party = NULL;
    c->payment = &v->payment;
    c->lines = copy_of(b, v->lines, sizeof *c->lines, c->lines_n);
    c->adjustments = copy_of(b, v->of_claim.adjustments, sizeof *c->adjustments, c->adjustments_n);
    c->refs = copy_of(b, v->of_claim.refs, sizeof *c->refs, c->refs_n);
    c->remarks = copy_of(b, v->of_claim.remarks, sizeof *c->remarks, c->remarks_n);
    put(v, &(struct item){.what = IS_CLAIM, .u.claim = *c});
    if (v->h.streamed && !pp_arena_failed(&b->arena)) pp_arena_reset(&b->arena);
}

/* ---- header ---- */

static void read_bpr(struct pp_x12_835 *v) {
    struct x12v *b = &v->v;
    v->payment.handling = x12v_el(b, 1);
    v->payment.amount = x12v_dec(b, 2);
    v->payment.credit = x12v_el(b, 3);
    v->payment.method = x12v_el(b, 4);
    v->payment.paid_on = x12v_date(b, 16);
}

static void read_n1(struct pp_x12_835 *v) {
    struct x12v *b = &v->v;
    bool payer = x12v_is(b, 1, "PR");
    if (v->open) return;
    v->place = payer ? PAYER : PAYEE;
    v->party = payer ? &v->payment.payer : &v->payment.payee;
    x12v_loop(b, payer ? "1000A" : "1000B");
    x12v_n1(b, v->party);
}

static void read_header(struct pp_x12_835 *v, uint32_t id) {
    struct x12v *b = &v->v;
    switch (id) {
    case X12_ID3('B', 'P', 'R'): read_bpr(v); return;
    case X12_ID3('T', 'R', 'N'): v->payment.trace = (struct pp_x12_trace){x12v_el(b, 2), x12v_el(b, 3)}; return;
    case X12_ID2('N', '1'): read_n1(v); return;
    case X12_ID3('D', 'T', 'M'):
        if (x12v_is(b, 1, "405")) v->payment.produced = x12v_date(b, 2);
        return;
    case X12_ID3('R', 'E', 'F'):
        if (v->place == HEADER && x12v_is(b, 1, "EV")) v->payment.receiver_id = x12v_el(b, 2);
        break;
    default: break;
    }
    if (v->party) x12v_party_segment(b, v->party);
}

/* ---- claims and lines ---- */

static void read_clp(struct pp_x12_835 *v) {
    struct x12v *b = &v->v;
    end_header(v);
    end_claim(v);
    x12v_loop(b, "2100");
    v->place = CLAIM;
    v->open = true;
    v->party = NULL;
    struct pp_835_claim *c = &v->claim;
    *c = (struct pp_835_claim){.pos = b->e->pos};
    c->claim_no = x12v_el(b, 1);
    c->status = x12v_el(b, 2);
    c->charge = x12v_dec(b, 3);
    c->paid = x12v_dec(b, 4);
    c->patient_part = x12v_dec(b, 5);
    c->filing = x12v_el(b, 6);
    c->payer_claim_no = x12v_el(b, 7);
    c->facility = x12v_el(b, 8);
    c->frequency = x12v_el(b, 9);
    c->drg = x12v_el(b, 11);
    if (!c->claim_no.n)
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_MISSING, 1, PP_X12_VALUE_MISSING, "the claim number is missing");
    if (!c->status.n)
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_MISSING, 2, PP_X12_VALUE_MISSING, "the claim status is missing");
    if (!c->paid.n)
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_MISSING, 4, PP_X12_VALUE_MISSING, "the amount paid is missing");
}

static void read_svc(struct pp_x12_835 *v) {
    struct x12v *b = &v->v;
    struct pp_str modifiers[4];
    uint32_t n;
    end_line(v);
    x12v_loop(b, "2110");
    v->party = NULL;
    if (v->claim.lines_n == PP_835_LINES_MAX) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_REPEAT, 0, PP_X12_VALUE_NONE, "more than 999 lines in one claim");
        return;
    }
    v->place = LINE;
    struct pp_835_line *l = &v->lines[v->claim.lines_n++];
    *l = (struct pp_835_line){.pos = b->e->pos};
    x12v_procedure(b, 1, &l->code_type, &l->code, l->modifiers, &l->modifiers_n);
    l->charge = x12v_dec(b, 2);
    l->paid = x12v_dec(b, 3);
    l->revenue = x12v_el(b, 4);
    l->units = x12v_dec(b, 5);
    l->submitted_units = x12v_dec(b, 7);
    if (pp_str_eqz(l->code_type, "NU")) l->revenue = l->code;
    if (x12v_raw(b, 6).n) x12v_procedure(b, 6, &l->submitted_type, &l->submitted_code, modifiers, &n);
}

static void read_cas(struct pp_x12_835 *v) {
    struct x12v *b = &v->v;
    bool line = v->place == LINE;
    struct pp_835_adjustment *list = line ? v->of_line.adjustments : v->of_claim.adjustments;
    uint32_t *n = line ? &v->lines[v->claim.lines_n - 1].adjustments_n : &v->claim.adjustments_n;
    struct pp_str group = x12v_el(b, 1);
    for (unsigned i = 2; i <= 17; i += 3) {
        struct pp_str reason = x12v_raw(b, i);
        if (!reason.n && !x12v_raw(b, i + 1).n) continue;
        if (*n == PP_835_CAS_MAX) {
            x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_REPEAT, 0, PP_X12_VALUE_NONE, "more adjustments than we read (99)");
            return;
        }
        list[(*n)++] = (struct pp_835_adjustment){.group = group,
                                                  .reason = x12v_keep(b, reason),
                                                  .amount = x12v_dec(b, i + 1),
                                                  .quantity = x12v_dec(b, i + 2)};
    }
}

static void read_nm1(struct pp_x12_835 *v) {
    struct x12v *b = &v->v;
    struct pp_835_claim *c = &v->claim;
    v->party = x12v_is(b, 1, "QC")   ? &c->patient
               : x12v_is(b, 1, "IL") ? &c->subscriber
               : x12v_is(b, 1, "74") ? &c->corrected
               : x12v_is(b, 1, "82") ? &c->rendering
                                     : &v->ignored;
    x12v_nm1(b, v->party);
}

static void read_ref(struct pp_x12_835 *v) {
    struct x12v *b = &v->v;
    bool line = v->place == LINE;
    struct pp_835_line *l = line ? &v->lines[v->claim.lines_n - 1] : NULL;
    struct pp_835_ref *list = line ? v->of_line.refs : v->of_claim.refs;
    uint32_t *n = line ? &l->refs_n : &v->claim.refs_n;
    struct pp_835_ref ref = {x12v_el(b, 1), x12v_el(b, 2)};
    struct pp_str *authorization = line ? &l->authorization : &v->claim.authorization;
    if (pp_str_eqz(ref.type, "G1") || (pp_str_eqz(ref.type, "BB") && !authorization->n)) *authorization = ref.value;
    if (line && pp_str_eqz(ref.type, "6R")) l->control = ref.value;
    if (!line && pp_str_eqz(ref.type, "F8")) v->claim.original_ref = ref.value;
    if (*n < PP_835_REFS_MAX)
        list[(*n)++] = ref;
    else
        x12v_find(b, 2, PP_X12_WARNING, PP_X12_V_REPEAT, 0, PP_X12_VALUE_NONE, "more REF than we hold");
}

static void read_dtm(struct pp_x12_835 *v) {
    struct x12v *b = &v->v;
    pp_date d = x12v_date(b, 2);
    if (v->place == LINE) {
        struct pp_835_line *l = &v->lines[v->claim.lines_n - 1];
        if (x12v_is(b, 1, "472")) l->from = l->until = d;
        if (x12v_is(b, 1, "150")) l->from = d;
        if (x12v_is(b, 1, "151")) l->until = d;
        return;
    }
    if (x12v_is(b, 1, "232")) v->claim.from = d;
    if (x12v_is(b, 1, "233")) v->claim.until = d;
    if (x12v_is(b, 1, "050")) v->claim.received = d;
}

static void remark(struct pp_x12_835 *v, struct pp_str code) {
    bool line = v->place == LINE;
    struct pp_str *list = line ? v->of_line.remarks : v->of_claim.remarks;
    uint32_t *n = line ? &v->lines[v->claim.lines_n - 1].remarks_n : &v->claim.remarks_n;
    if (!code.n) return;
    if (*n < PP_835_REMARKS_MAX)
        list[(*n)++] = x12v_keep(&v->v, code);
    else
        x12v_find(&v->v, 2, PP_X12_WARNING, PP_X12_V_REPEAT, 0, PP_X12_VALUE_NONE, "more remarks than we hold");
}

static void read_remarks(struct pp_x12_835 *v, const unsigned char elements[], size_t n) {
    for (size_t i = 0; i < n; i++) remark(v, x12v_raw(&v->v, elements[i]));
}

static void read_claim(struct pp_x12_835 *v, uint32_t id) {
    static const unsigned char moa[] = {3, 4, 5, 6, 7}, mia[] = {5, 20, 21, 22, 23};
    struct x12v *b = &v->v;
    switch (id) {
    case X12_ID3('S', 'V', 'C'): read_svc(v); break;
    case X12_ID3('C', 'A', 'S'): read_cas(v); break;
    case X12_ID3('N', 'M', '1'): read_nm1(v); break;
    case X12_ID3('R', 'E', 'F'): read_ref(v); break;
    case X12_ID3('D', 'T', 'M'): read_dtm(v); break;
    case X12_ID3('M', 'O', 'A'): read_remarks(v, moa, sizeof moa); break;
    case X12_ID3('M', 'I', 'A'): read_remarks(v, mia, sizeof mia); break;
    case X12_ID2('L', 'Q'):
        if (x12v_is(b, 1, "HE")) remark(v, x12v_raw(b, 2));
        break;
    case X12_ID3('A', 'M', 'T'):
        if (v->place == LINE && x12v_is(b, 1, "B6"))
            v->lines[v->claim.lines_n - 1].allowed = x12v_dec(b, 2);
        else if (v->place == CLAIM && x12v_is(b, 1, "AU"))
            v->claim.covered_amount = x12v_dec(b, 2);
        break;
    default: break;
    }
}

static void read_plb(struct pp_x12_835 *v) {
    struct x12v *b = &v->v;
    end_header(v);
    end_claim(v);
    v->place = SUMMARY;
    x12v_loop(b, "");
    struct pp_835_provider_adjustment p = {.pos = b->e->pos, .payment = &v->payment, .provider = x12v_el(b, 1)};
    p.year_end = x12v_date(b, 2);
    for (unsigned i = 3; i <= 13; i += 2) {
        if (!x12v_raw(b, i).n && !x12v_raw(b, i + 1).n) continue;
        p.adjustments[p.adjustments_n++] = (struct pp_835_adjustment){
            .reason = x12v_comp(b, i, 1), .reference = x12v_comp(b, i, 2), .amount = x12v_dec(b, i + 1)};
    }
    put(v, &(struct item){.what = IS_PROVIDER, .u.provider = p});
    if (v->h.streamed && !pp_arena_failed(&b->arena)) pp_arena_reset(&b->arena);
}

static void segment(struct x12v *b) {
    struct pp_x12_835 *v = of(b);
    uint32_t id = x12v_id(b->s);
    switch (id) {
    case X12_ID3('C', 'L', 'P'): read_clp(v); return;
    case X12_ID3('P', 'L', 'B'): read_plb(v); return;
    case X12_ID2('L', 'X'):
        end_header(v);
        end_claim(v);
        return;
    default: break;
    }
    if (v->open)
        read_claim(v, id);
    else if (id == X12_ID3('S', 'V', 'C') || id == X12_ID3('C', 'A', 'S'))
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LOOP, 0, PP_X12_VALUE_NONE, "this stands outside of a claim");
    else if (!v->paid)
        read_header(v, id);
}

static void end(struct x12v *b) {
    end_header(of(b));
    end_claim(of(b));
}

static void give_out(struct x12v *b) {
    struct pp_x12_835 *v = of(b);
    for (const struct item *i = v->first; i; i = i->next) give(v, i);
}

static const struct x12v_kind kind = {
    .sets = {"835"},
    .guides = {"005010X221"},
    .guide_text = "this guide is not read here; 005010X221 is",
    .may_be_empty = true,
    .begin = begin,
    .segment = segment,
    .end = end,
    .give_out = give_out,
};

struct pp_x12_835 *pp_x12_835_open(const struct pp_835_handlers *handlers, size_t arena_bytes) {
    struct pp_x12_835 *v = calloc(1, sizeof *v);
    if (!v) return NULL;
    v->h = *handlers;
    if (!arena_bytes) arena_bytes = ARENA_BYTES;
    x12v_init(&v->v, &kind, arena_bytes, handlers->user, handlers->transaction);
    pp_arena_init(&v->head, arena_bytes);
    return v;
}

void pp_x12_835_close(struct pp_x12_835 *v) {
    if (!v) return;
    pp_arena_free(&v->head);
    x12v_free(&v->v);
    free(v);
}

int pp_x12_835_event(struct pp_x12_835 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return x12v_event(&v->v, r, e);
}

void pp_x12_835_refuse(struct pp_x12_835 *v) { x12v_refuse(&v->v); }

int pp_x12_835_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_835_handlers *handlers) {
    struct pp_x12_835 *v = pp_x12_835_open(handlers, 0);
    int rc = x12v_bytes(v ? &v->v : NULL, opts, bytes);
    pp_x12_835_close(v);
    return rc;
}
