#include "codec/x12_277.h"
#include "codec/x12_ack.h"
#include "codec/x12_view_int.h"
#include <stdlib.h>

/* Reading TA1, 999, 997 (tolerant) and 277CA. Of a 999 and a 997 the segments differ by name only. */

struct item {
    struct pp_ack ack;
    struct item *next;
};

struct pp_x12_ack_reader {
    struct x12v v; /* first: x12v_kind's functions get its address */
    struct pp_ack_handlers h;
    struct pp_x12_277 *claims;
    struct pp_ack group, set; /* in hand; group.function is empty before AK1 */
    bool in_group, in_set;
    struct pp_ack_place places[PP_ACK_PLACES_MAX];
    struct pp_ack_place segment; /* of the IK3 in hand */
    bool segment_told;
    struct item *first, **last;
};

static struct pp_x12_ack_reader *of(struct x12v *b) { return (struct pp_x12_ack_reader *)b; }

static void begin(struct x12v *b) {
    struct pp_x12_ack_reader *v = of(b);
    v->in_group = v->in_set = false;
    v->segment_told = true;
    v->first = NULL;
    v->last = &v->first;
}

static void put(struct pp_x12_ack_reader *v, const struct pp_ack *a) {
    struct item *i = pp_arena_new(&v->v.arena, struct item);
    if (!i) return;
    i->ack = *a;
    if (a->places_n) {
        i->ack.places = pp_arena_array(&v->v.arena, struct pp_ack_place, a->places_n);
        if (!i->ack.places) return;
        memcpy(i->ack.places, v->places, a->places_n * sizeof *v->places);
    }
    *v->last = i;
    v->last = &i->next;
    v->v.items_n++;
}

/* ---- 999 and 997 ---- */

static enum pp_ack_verdict verdict_of(struct pp_str code) {
    if (pp_str_eqz(code, "A")) return PP_ACK_ACCEPTED;
    if (pp_str_eqz(code, "E")) return PP_ACK_WITH_ERRORS;
    if (pp_str_eqz(code, "P")) return PP_ACK_PARTLY;
    if (x12v_in(code, (const char *const[]){"R", "M", "W", "X"}, 4)) return PP_ACK_REJECTED;
    return PP_ACK_UNCLEAR;
}

static void read_ak1(struct pp_x12_ack_reader *v) {
    struct x12v *b = &v->v;
    v->group = (struct pp_ack){.pos = b->e->pos,
                               .envelope = b->env,
                               .kind = PP_ACK_GROUP,
                               .function = x12v_el(b, 1),
                               .group_control = x12v_el(b, 2),
                               .version = x12v_el(b, 3)};
    memcpy(v->group.source, b->env.st01, 4);
    v->in_group = true;
}

static void read_ak2(struct pp_x12_ack_reader *v) {
    struct x12v *b = &v->v;
    if (!v->in_group) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LOOP, 0, PP_X12_VALUE_NONE, "AK2 before AK1");
        return;
    }
    v->set = v->group;
    v->set.kind = PP_ACK_TRANSACTION;
    v->set.pos = b->e->pos;
    v->set.set = x12v_el(b, 1);
    v->set.set_control = x12v_el(b, 2);
    v->set.places_n = v->set.places_all = 0;
    v->in_set = true;
    v->segment_told = true;
}

static void add_place(struct pp_x12_ack_reader *v, const struct pp_ack_place *p) {
    if (!v->in_set) return;
    v->set.places_all++;
    if (v->set.places_n < PP_ACK_PLACES_MAX) v->places[v->set.places_n++] = *p;
}

/* An IK3 whose elements follow is told by them alone. */
static void flush_segment(struct pp_x12_ack_reader *v) {
    if (!v->segment_told) add_place(v, &v->segment);
    v->segment_told = true;
}

static void read_ik3(struct pp_x12_ack_reader *v) {
    struct x12v *b = &v->v;
    flush_segment(v);
    v->segment = (struct pp_ack_place){
        .segment = x12v_el(b, 1), .position = x12v_int(b, 2), .loop = x12v_el(b, 3), .code = x12v_el(b, 4)};
    v->segment_told = false;
}

static void read_ik4(struct pp_x12_ack_reader *v) {
    struct x12v *b = &v->v;
    struct pp_ack_place p = v->segment;
    p.code = x12v_el(b, 3);
    p.data_element = x12v_el(b, 2);
    pp_str_int(x12v_raw_comp(b, 1, 1), &p.element);
    pp_str_int(x12v_raw_comp(b, 1, 2), &p.component);
    pp_str_int(x12v_raw_comp(b, 1, 3), &p.repetition);
    v->segment_told = true;
    add_place(v, &p);
}

static void read_codes(struct x12v *b, struct pp_ack *a, unsigned from) {
    for (unsigned i = from; i < from + PP_ACK_CODES_MAX; i++) {
        struct pp_str s = x12v_raw(b, i);
        if (s.n) a->codes[a->codes_n++] = x12v_keep(b, s);
    }
}

static void read_ik5(struct pp_x12_ack_reader *v) {
    struct x12v *b = &v->v;
    flush_segment(v);
    if (!v->in_set) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LOOP, 0, PP_X12_VALUE_NONE, "a verdict on no transaction");
        return;
    }
    v->set.code = x12v_el(b, 1);
    v->set.verdict = verdict_of(v->set.code);
    read_codes(b, &v->set, 2);
    put(v, &v->set);
    v->in_set = false;
}

static void read_ak9(struct pp_x12_ack_reader *v) {
    struct x12v *b = &v->v;
    if (!v->in_group) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LOOP, 0, PP_X12_VALUE_NONE, "AK9 before AK1");
        return;
    }
    if (v->in_set) /* no verdict on it: nothing may be taken for accepted */
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_MISSING, 0, PP_X12_VALUE_MISSING, "a transaction without its verdict");
    v->group.code = x12v_el(b, 1);
    v->group.verdict = verdict_of(v->group.code);
    v->group.included = x12v_int(b, 2);
    v->group.received = x12v_int(b, 3);
    v->group.accepted = x12v_int(b, 4);
    read_codes(b, &v->group, 5);
    put(v, &v->group);
    v->in_group = false;
}

static void segment(struct x12v *b) {
    struct pp_x12_ack_reader *v = of(b);
    switch (x12v_id(b->s)) {
    case X12_ID3('A', 'K', '1'): read_ak1(v); break;
    case X12_ID3('A', 'K', '2'): read_ak2(v); break;
    case X12_ID3('I', 'K', '3'):
    case X12_ID3('A', 'K', '3'): read_ik3(v); break;
    case X12_ID3('I', 'K', '4'):
    case X12_ID3('A', 'K', '4'): read_ik4(v); break;
    case X12_ID3('I', 'K', '5'):
    case X12_ID3('A', 'K', '5'): read_ik5(v); break;
    case X12_ID3('A', 'K', '9'): read_ak9(v); break;
    default: break;
    }
}

static void end(struct x12v *b) {
    struct pp_x12_ack_reader *v = of(b);
    if (v->in_group)
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_MISSING, 0, PP_X12_VALUE_MISSING, "a group without its verdict (AK9)");
}

static void give_out(struct x12v *b) {
    struct pp_x12_ack_reader *v = of(b);
    for (struct item *i = v->first; i && v->h.ack && !b->stopped; i = i->next)
        if (v->h.ack(b->user, &i->ack)) b->stopped = true;
}

/* A 997 is of any version: partners send it for 5010 groups too. */
static const struct x12v_kind kind = {
    .sets = {"999", "997"},
    .guides = {"00"},
    .guide_text = "this is no version of X12",
    .begin = begin,
    .segment = segment,
    .end = end,
    .give_out = give_out,
};

/* ---- TA1 ---- */

static int read_ta1(struct pp_x12_ack_reader *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    struct pp_ack a = {.pos = e->pos,
                       .envelope = *pp_x12_envelope(r),
                       .source = "TA1",
                       .kind = PP_ACK_INTERCHANGE,
                       .interchange_control = pp_str_trim(pp_x12_el(e->seg, 1)),
                       .interchange_date = pp_str_trim(pp_x12_el(e->seg, 2)),
                       .interchange_time = pp_str_trim(pp_x12_el(e->seg, 3)),
                       .code = pp_str_trim(pp_x12_el(e->seg, 5))};
    struct pp_str code = pp_str_trim(pp_x12_el(e->seg, 4));
    a.verdict = pp_str_eqz(code, "A")   ? PP_ACK_ACCEPTED
                : pp_str_eqz(code, "E") ? PP_ACK_WITH_ERRORS
                : pp_str_eqz(code, "R") ? PP_ACK_REJECTED
                                        : PP_ACK_UNCLEAR;
    return v->h.ack ? v->h.ack(v->v.user, &a) : 0;
}

/* ---- 277CA ---- */

static int read_claim(void *user, const struct pp_277 *s) {
    struct pp_x12_ack_reader *v = user;
    enum pp_277_verdict verdict = pp_277_of(s);
    if (s->kind != PP_277_CA) return 0;
    struct pp_ack a = {.pos = s->pos,
                       .envelope = s->envelope,
                       .source = "277CA",
                       .kind = s->level >= PP_277_SUBSCRIBER ? PP_ACK_CLAIM : PP_ACK_GROUP,
                       .verdict = verdict == PP_277_ACCEPTED   ? PP_ACK_ACCEPTED
                                  : verdict == PP_277_REJECTED ? PP_ACK_REJECTED
                                                               : PP_ACK_UNCLEAR,
                       .batch_ref = s->batch_trace,
                       .claim_no = s->level >= PP_277_SUBSCRIBER ? s->trace.number : PP_STR_NONE,
                       .payer_claim_no = s->payer_claim_no};
    if (s->status_n) {
        a.code = s->status[0].category;
        for (uint32_t i = 0; i < s->status_n && a.codes_n < PP_ACK_CODES_MAX; i++)
            if (s->status[i].code.n) a.codes[a.codes_n++] = s->status[i].code;
    }
    return v->h.ack ? v->h.ack(v->v.user, &a) : 0;
}

static int claims_verdict(void *user, const struct pp_x12_view_verdict *verdict) {
    struct pp_x12_ack_reader *v = user;
    bool ca =
        strncmp(verdict->envelope.st03[0] ? verdict->envelope.st03 : verdict->envelope.gs08, "005010X214", 10) == 0;
    return ca && v->h.transaction ? v->h.transaction(v->v.user, verdict) : 0;
}

/* ---- open, feed, close ---- */

struct pp_x12_ack_reader *pp_x12_ack_reader_open(const struct pp_ack_handlers *handlers, size_t arena_bytes) {
    struct pp_x12_ack_reader *v = calloc(1, sizeof *v);
    if (!v) return NULL;
    v->h = *handlers;
    x12v_init(&v->v, &kind, arena_bytes, handlers->user, handlers->transaction);
    struct pp_277_handlers h = {.status = read_claim, .transaction = claims_verdict, .user = v};
    v->claims = pp_x12_277_open(&h, arena_bytes);
    if (!v->claims) {
        pp_x12_ack_reader_close(v);
        return NULL;
    }
    return v;
}

void pp_x12_ack_reader_close(struct pp_x12_ack_reader *v) {
    if (!v) return;
    pp_x12_277_close(v->claims);
    x12v_free(&v->v);
    free(v);
}

int pp_x12_ack_reader_event(struct pp_x12_ack_reader *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    if (e->what == PP_X12_SEGMENT && e->role == PP_X12_TA1 && read_ta1(v, r, e)) return -1;
    if (x12v_event(&v->v, r, e) < 0) return -1;
    return pp_x12_277_event(v->claims, r, e);
}

static int feed_reader(void *view, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return pp_x12_ack_reader_event(view, r, e);
}

int pp_x12_ack_reader_bytes(const struct pp_x12_opts *opts, struct pp_str bytes,
                            const struct pp_ack_handlers *handlers) {
    struct pp_x12_ack_reader *v = pp_x12_ack_reader_open(handlers, 0);
    int rc = x12v_feed(opts, bytes, feed_reader, v);
    pp_x12_ack_reader_close(v);
    return rc;
}

/* ---- words ---- */

const char *pp_ack_verdict_name(enum pp_ack_verdict v) {
    static const char *const names[] = {"accepted", "accepted with errors", "partly accepted", "rejected", "unclear"};
    return v < sizeof names / sizeof *names ? names[v] : "unclear";
}

static void put_place(const struct pp_ack_place *p, struct pp_buf *out) {
    pp_buf_printf(out, "%.*s at segment %lld", PP_FMT(p->segment), (long long)p->position);
    if (p->loop.n) pp_buf_printf(out, " loop %.*s", PP_FMT(p->loop));
    if (p->element) pp_buf_printf(out, " element %lld", (long long)p->element);
    if (p->component) pp_buf_printf(out, "-%lld", (long long)p->component);
    pp_buf_printf(out, " (code %.*s)", PP_FMT(p->code));
}

void pp_ack_text(const struct pp_ack *a, struct pp_buf *out) {
    pp_buf_printf(out, "%s %s", a->source, pp_ack_verdict_name(a->verdict));
    if (a->code.n) pp_buf_printf(out, " (code %.*s)", PP_FMT(a->code));
    if (a->kind == PP_ACK_TRANSACTION) pp_buf_printf(out, ", set %.*s %.*s", PP_FMT(a->set), PP_FMT(a->set_control));
    if (a->kind == PP_ACK_GROUP && a->group_control.n)
        pp_buf_printf(out, ", group %.*s, %lld of %lld accepted", PP_FMT(a->group_control), (long long)a->accepted,
                      (long long)a->received);
    for (uint32_t i = 0; i < a->codes_n; i++) pp_buf_printf(out, "%s%.*s", i ? " " : ", codes ", PP_FMT(a->codes[i]));
    for (uint32_t i = 0; i < a->places_n && i < 3; i++) {
        pp_buf_addz(out, i ? "; " : ": ");
        put_place(&a->places[i], out);
    }
    if (a->places_all > 3) pp_buf_printf(out, "; %u more", a->places_all - 3);
}

void pp_ack_element(const struct pp_ack *a, struct pp_buf *out) {
    if (!a->places_n) return;
    const struct pp_ack_place *p = &a->places[0];
    pp_buf_printf(out, "%.*s%s%.*s", PP_FMT(p->loop), p->loop.n ? "-" : "", PP_FMT(p->segment));
    if (p->element) pp_buf_printf(out, "%02lld", (long long)p->element);
    if (p->component) pp_buf_printf(out, "-%lld", (long long)p->component);
}
