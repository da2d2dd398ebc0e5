/* Answers of payers by X12. Nothing is interpreted but the number that says whose they are: our trace number in a 278,
 * the number of our interchange in an acknowledgement. */
#include "base/hash.h"
#include "from_x12.h"
#include "refs/payers.h"

#include <stdio.h>
#include <stdlib.h>

#define CONTENT_TYPE PP_STR("application/edi-x12")
#define CONTROL_DIGITS 9

struct rcv_x12_payer *rcv_x12_payer_open(const struct rcv_source *src, struct pp_str payer, struct rcv_reading *r) {
    struct rcv_x12_payer *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->src = src;
    p->r = r;
    p->given = payer;
    pp_buf_init(&p->isa, 4096);
    pp_buf_init(&p->gs, 4096);
    pp_buf_init(&p->body, RCV_X12_ANSWER_BYTES_MAX);
    return p;
}

void rcv_x12_payer_close(struct rcv_x12_payer *p) {
    if (!p) return;
    pp_buf_free(&p->isa);
    pp_buf_free(&p->gs);
    pp_buf_free(&p->body);
    free(p);
}

static void add(struct rcv_x12_payer *p, struct pp_buf *b, struct pp_str raw) {
    pp_buf_adds(b, raw);
    pp_buf_addz(b, p->terminator);
}

/* Who it is from: the payer that the way it came stands for, else the sender of that name, else by ISA05 and ISA06. */
static struct pp_str payer_of(const struct rcv_x12_payer *p, const struct pp_x12_envelope *v) {
    const struct pp_payer *found = pp_refs_payer(p->src->refs, p->given.n ? p->given : p->src->sender);
    if (!found) found = pp_refs_payer_by_isa(p->src->refs, pp_str_z(v->isa05), pp_str_z(v->isa06));
    return found ? found->id : PP_STR_NONE;
}

static void begin_interchange(struct rcv_x12_payer *p, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    const struct pp_x12_delims *d = pp_x12_delims(r);
    memcpy(p->terminator, d->segment, d->segment_n);
    p->terminator[d->segment_n] = '\0';
    p->element = (char)d->element;
    pp_buf_reset(&p->isa);
    add(p, &p->isa, e->seg->raw);
    p->payer = payer_of(p, pp_x12_envelope(r));
    p->open = false;
}

/* ---- one message for each ---- */

static void report(struct rcv_x12_payer *p, enum ev_payer_answer_reported_kind kind, struct pp_str control) {
    const struct rcv_source *src = p->src;
    struct rcv_subject_builder b;
    struct pp_uuid person;
    struct ev_payer_answer_reported *e = pp_arena_new(src->arena, struct ev_payer_answer_reported);
    p->any = true;
    if (!p->kind[0]) snprintf(p->kind, sizeof p->kind, "%s", p->st01);
    if (p->body.failed) {
        rcv_refuse(src, p->r, PP_STR_NONE, "an answer of a payer is larger than %u bytes", RCV_X12_ANSWER_BYTES_MAX);
        return;
    }
    if (!p->payer.n) {
        rcv_refuse(src, p->r, PP_STR_NONE, "an answer by X12 from a sender that is no payer of the directory");
        return;
    }
    struct pp_str bytes = pp_arena_str(src->arena, pp_buf_str(&p->body));
    char hex[PP_SHA256_HEX + 1];
    if (!e || !bytes.n) return;
    pp_sha256_hex(bytes, hex);
    bool answer = kind == EV_PAYER_ANSWER_REPORTED_KIND_RESPONSE;
    *e = (struct ev_payer_answer_reported){.payer = p->payer,
                                           .channel = EV_PAYER_ANSWER_REPORTED_CHANNEL_X12,
                                           .kind = kind,
                                           .trace = answer ? rcv_find_trace(bytes, &person) : PP_STR_NONE,
                                           .control = control,
                                           .hash = pp_arena_strz(src->arena, hex),
                                           .content_type = CONTENT_TYPE,
                                           .size = bytes.n};
    rcv_subject_begin(src, &b);
    struct rcv_report *q =
        rcv_add_report(src, p->r, RCV_PAYER, rcv_subject_end(src, &b), ev_of_payer_answer_reported(e));
    if (q) q->blob = bytes;
}

/* Nine digits as we wrote them, whatever zeros somebody took off on the way. Empty: no number of an interchange. */
static struct pp_str number_of(struct rcv_x12_payer *p, struct pp_str said) {
    int64_t v;
    if (!pp_str_int(pp_str_trim(said), &v) || v < 1 || v > 999999999) return PP_STR_NONE;
    return pp_arena_printf(p->src->arena, "%0*lld", CONTROL_DIGITS, (long long)v);
}

static void acknowledged(struct rcv_x12_payer *p, struct pp_str control) {
    if (control.n)
        report(p, EV_PAYER_ANSWER_REPORTED_KIND_ACKNOWLEDGEMENT, control);
    else
        rcv_refuse(p->src, p->r, PP_STR_NONE, "an acknowledgement that names no interchange");
}

/* ISA, what stands between, IEA: a whole interchange around one thing. */
static void close_envelope(struct rcv_x12_payer *p, const struct pp_x12_envelope *v, bool group) {
    char text[64];
    if (group) {
        snprintf(text, sizeof text, "GE%c1%c%s", p->element, p->element, v->gs06);
        add(p, &p->body, pp_str_z(text));
    }
    snprintf(text, sizeof text, "IEA%c%d%c%s", p->element, group ? 1 : 0, p->element, v->isa13);
    add(p, &p->body, pp_str_z(text));
}

static void ta1(struct rcv_x12_payer *p, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    snprintf(p->st01, sizeof p->st01, "TA1");
    pp_buf_reset(&p->body);
    pp_buf_adds(&p->body, pp_buf_str(&p->isa));
    add(p, &p->body, e->seg->raw);
    close_envelope(p, pp_x12_envelope(r), false);
    acknowledged(p, number_of(p, pp_x12_el(e->seg, 1)));
}

static void begin_transaction(struct rcv_x12_payer *p, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    static const char *const sets[] = {"278", "999", "997"};
    p->open = false;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        p->open = p->open || pp_str_eqz(pp_x12_el(e->seg, 1), sets[i]);
    if (!p->open) return;
    snprintf(p->st01, sizeof p->st01, "%s", pp_x12_envelope(r)->st01);
    p->answer = strcmp(p->st01, "278") != 0;
    p->control = PP_STR_NONE;
    pp_buf_reset(&p->body);
    pp_buf_adds(&p->body, pp_buf_str(&p->isa));
    pp_buf_adds(&p->body, pp_buf_str(&p->gs));
    add(p, &p->body, e->seg->raw);
}

static void in_transaction(struct rcv_x12_payer *p, const struct pp_x12_event *e) {
    add(p, &p->body, e->seg->raw);
    /* BHT02 11 is an answer; requests of others are none of our business */
    if (pp_x12_is(e->seg, "BHT")) p->answer = pp_str_eqz(pp_x12_el(e->seg, 2), "11");
    if (pp_x12_is(e->seg, "AK1")) p->control = number_of(p, pp_x12_el(e->seg, 2));
}

static void end_transaction(struct rcv_x12_payer *p, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    p->open = false;
    add(p, &p->body, e->seg->raw);
    close_envelope(p, pp_x12_envelope(r), true);
    if (strcmp(p->st01, "278") != 0)
        acknowledged(p, p->control);
    else if (p->answer)
        report(p, EV_PAYER_ANSWER_REPORTED_KIND_RESPONSE, PP_STR_NONE);
}

void rcv_x12_payer_event(struct rcv_x12_payer *p, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    if (e->transaction_lost) p->open = false;
    if (e->what != PP_X12_SEGMENT) return;
    switch (e->role) {
    case PP_X12_ISA: begin_interchange(p, r, e); break;
    case PP_X12_TA1: ta1(p, r, e); break;
    case PP_X12_GS:
        pp_buf_reset(&p->gs);
        add(p, &p->gs, e->seg->raw);
        break;
    case PP_X12_ST: begin_transaction(p, r, e); break;
    case PP_X12_BODY:
        if (p->open) in_transaction(p, e);
        break;
    case PP_X12_SE:
        if (p->open) end_transaction(p, r, e);
        break;
    default: break;
    }
}
