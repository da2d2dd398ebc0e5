#include "codec/x12_ack.h"
#include "codec/x12_build_int.h"
#include <stdio.h>
#include <stdlib.h>

/* Writing TA1 and 999. Groups are written to a buffer of their own: the TA1 that stands before them is known last. */

#define GUIDE_999 "005010X231A1"
#define FINDINGS_MAX (PP_ACK_PLACES_MAX + 20)

struct pp_x12_ack {
    struct pp_ack_opts opts;
    struct pp_buf *out;
    struct pp_buf groups;
    struct x12b b;              /* writes groups */
    struct pp_x12_envelope env; /* of what came in */
    bool in_isa, in_gs, in_st;
    bool answered; /* this group gets a 999: it holds no acknowledgements itself */
    bool has_groups, refused;
    struct pp_x12_pos isa_pos, gs_pos, st_pos;
    struct pp_x12_finding found[FINDINGS_MAX]; /* of what is open; each goes when its place closes */
    uint32_t found_n, overflow;
    uint32_t received, accepted, noted; /* transactions of the group */
    uint32_t interchanges, groups_n;
    bool failed;
    struct pp_err err;
};

struct pp_x12_ack *pp_x12_ack_open(const struct pp_ack_opts *opts, struct pp_buf *out) {
    struct pp_x12_ack *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->opts = *opts;
    a->out = out;
    pp_buf_init(&a->groups, PP_ACK_BYTES_MAX);
    return a;
}

void pp_x12_ack_close(struct pp_x12_ack *a) {
    if (!a) return;
    pp_buf_free(&a->groups);
    free(a);
}

void pp_x12_ack_finding(struct pp_x12_ack *a, const struct pp_x12_finding *f) {
    if (f->severity != PP_X12_ERROR && !a->opts.warnings) return;
    if (a->found_n < FINDINGS_MAX)
        a->found[a->found_n++] = *f;
    else if (f->severity == PP_X12_ERROR)
        a->overflow++;
}

void pp_x12_ack_refuse(struct pp_x12_ack *a) { a->refused = true; }

/* ---- findings of one place ---- */

static bool at(const struct pp_x12_finding *f, const struct pp_x12_pos *p) {
    return f->pos.interchange == p->interchange && f->pos.group == p->group && f->pos.transaction == p->transaction;
}

/* Those of the place that closes to the front, by segment and as they came; the others stay behind them. */
static uint32_t take(struct pp_x12_ack *a, const struct pp_x12_pos *p) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->found_n; i++) {
        if (!at(&a->found[i], p)) continue;
        struct pp_x12_finding f = a->found[i];
        uint32_t k = n++;
        memmove(&a->found[k + 1], &a->found[k], (i - k) * sizeof f);
        for (; k > 0 && a->found[k - 1].pos.segment > f.pos.segment; k--) a->found[k] = a->found[k - 1];
        a->found[k] = f;
    }
    return n;
}

static void drop(struct pp_x12_ack *a, uint32_t n) {
    memmove(a->found, a->found + n, (a->found_n - n) * sizeof *a->found);
    a->found_n -= n;
}

static void add_code(const char *codes[PP_ACK_CODES_MAX], uint32_t *n, const char *code) {
    if (!*code || *n == PP_ACK_CODES_MAX) return;
    for (uint32_t i = 0; i < *n; i++)
        if (strcmp(codes[i], code) == 0) return;
    codes[(*n)++] = code;
}

/* ---- one transaction ---- */

/* A loop's name in 005010 (data element 447) has four characters: 2010AA is told as 2010, as the standard's own diagram
 * has it. The position names the segment all the same. */
static void write_loop(struct x12b *b, const char *loop) {
    char four[5];
    snprintf(four, sizeof four, "%.4s", loop);
    x12b_z(b, four);
}

static void write_trigger(struct x12b *b, const struct pp_x12_finding *f) {
    if (!f->trigger.segment[0]) return;
    x12b_seg(b, "CTX");
    x12b_z(b, "SITUATIONAL TRIGGER");
    x12b_z(b, f->trigger.segment);
    x12b_num(b, f->trigger.position);
    write_loop(b, f->trigger.loop);
    if (f->trigger.element) {
        x12b_open(b);
        x12b_num(b, f->trigger.element);
        if (f->trigger.component) x12b_num(b, f->trigger.component);
        x12b_close(b);
        if (f->trigger.data_element) x12b_num(b, f->trigger.data_element);
    }
    x12b_put(b);
}

static void write_ik3(struct x12b *b, const struct pp_x12_finding *f, const char *code) {
    x12b_seg(b, "IK3");
    x12b_z(b, f->segment);
    x12b_num(b, f->pos.segment);
    write_loop(b, f->loop);
    x12b_z(b, code);
    x12b_put(b);
}

static void write_ik4(struct x12b *b, const struct pp_x12_finding *f) {
    x12b_seg(b, "IK4");
    x12b_open(b);
    x12b_num(b, f->element);
    if (f->component)
        x12b_num(b, f->component);
    else if (f->repetition)
        x12b_skip(b, 1);
    if (f->repetition) x12b_num(b, f->repetition);
    x12b_close(b);
    if (f->data_element)
        x12b_num(b, f->data_element);
    else
        x12b_skip(b, 1);
    x12b_z(b, pp_ack_ik403(f));
    x12b_put(b);
    write_trigger(b, f);
}

static void write_places(struct x12b *b, const struct pp_x12_finding *f, uint32_t n) {
    uint32_t open = 0; /* segment whose elements are being told */
    for (uint32_t i = 0; i < n && i < PP_ACK_PLACES_MAX; i++) {
        const char *ik304 = pp_ack_ik304(&f[i]), *ik403 = pp_ack_ik403(&f[i]);
        /* A segment id that X12 does not have must not stand in IK301; the transaction's code tells it. */
        if (f[i].not_in_directory || !f[i].segment[0] || !f[i].pos.segment) continue;
        if (*ik403) {
            if (open != f[i].pos.segment) write_ik3(b, &f[i], "8");
            open = f[i].pos.segment;
            write_ik4(b, &f[i]);
        } else if (*ik304) {
            write_ik3(b, &f[i], ik304);
            write_trigger(b, &f[i]);
            open = 0;
        }
    }
}

static void end_transaction(struct pp_x12_ack *a) {
    struct x12b *b = &a->b;
    const char *codes[PP_ACK_CODES_MAX];
    uint32_t codes_n = 0, errors = a->overflow, n = take(a, &a->st_pos);
    a->in_st = false;
    a->received++;
    for (uint32_t i = 0; i < n; i++) {
        if (a->found[i].severity != PP_X12_ERROR) continue;
        errors++;
        add_code(codes, &codes_n, pp_ack_ik502(&a->found[i]));
    }
    bool rejected = errors || a->refused;
    if (rejected && !codes_n) add_code(codes, &codes_n, "I5");
    if (!rejected) a->accepted++;
    if (!rejected && n) a->noted++;
    if (a->answered) {
        x12b_seg(b, "AK2");
        x12b_id(b, pp_str_z(a->env.st01), 1, 3, "ST01");
        x12b_id(b, pp_str_z(a->env.st02), 1, 9, "ST02");
        x12b_id(b, pp_str_z(a->env.st03), 1, 35, "ST03");
        x12b_put(b);
        write_places(b, a->found, n);
        x12b_seg(b, "IK5");
        x12b_z(b, rejected ? "R" : n ? "E" : "A");
        for (uint32_t i = 0; i < codes_n; i++) x12b_z(b, codes[i]);
        x12b_put(b);
    }
    drop(a, n);
    a->overflow = 0;
    a->refused = false;
}

/* ---- groups ---- */

static void reply_envelope(struct pp_x12_ack *a, struct pp_x12_envelope *e) {
    struct pp_x12_sending s = a->opts.sending;
    struct pp_x12_partner *p = &s.partner;
    if (!p->sender.n) {
        p->sender_type = pp_str_z(a->env.isa07);
        p->sender = pp_str_z(a->env.isa08);
        p->gs_sender = pp_str_z(a->env.gs03);
    }
    if (!p->receiver.n) {
        p->receiver_type = pp_str_z(a->env.isa05);
        p->receiver = pp_str_z(a->env.isa06);
        p->gs_receiver = pp_str_z(a->env.gs02);
    }
    if (!p->gs_sender.n || p->gs_sender.n < 2) p->gs_sender = p->sender;
    if (!p->gs_receiver.n || p->gs_receiver.n < 2) p->gs_receiver = p->receiver;
    s.control += a->interchanges;
    if (!a->failed && x12b_envelope(&s, e, &a->err) < 0) a->failed = true;
    e->isa15[0] = a->env.isa15[0] ? a->env.isa15[0] : 'P';
}

static void begin_group(struct pp_x12_ack *a) {
    struct x12b *b = &a->b;
    a->received = a->accepted = a->noted = 0;
    a->answered = strcmp(a->env.gs01, "FA") != 0; /* an acknowledgement is not acknowledged */
    if (!a->answered) return;
    a->has_groups = true;
    a->groups_n++;
    if (a->groups_n == 1) {
        pp_x12_write_begin(&b->w, &a->groups);
        b->w.level = 1; /* inside of an interchange whose header is written last */
        b->err = &a->err;
        b->failed = false;
        b->of = NULL;
    }
    reply_envelope(a, &b->env);
    snprintf(b->env.gs01, sizeof b->env.gs01, "FA");
    snprintf(b->env.gs08, sizeof b->env.gs08, GUIDE_999);
    if (a->groups_n > 1) snprintf(b->env.gs06, sizeof b->env.gs06, "%u", a->groups_n);
    snprintf(b->env.st01, sizeof b->env.st01, "999");
    snprintf(b->env.st02, sizeof b->env.st02, "0001");
    snprintf(b->env.st03, sizeof b->env.st03, GUIDE_999);
    pp_x12_write_gs(&b->w, &b->env);
    pp_x12_write_st(&b->w, &b->env);
    x12b_seg(b, "AK1");
    x12b_id(b, pp_str_z(a->env.gs01), 1, 2, "GS01");
    x12b_id(b, pp_str_z(a->env.gs06), 1, 9, "GS06");
    x12b_id(b, pp_str_z(a->env.gs08), 1, 12, "GS08");
    x12b_put(b);
}

/* said: GE01, or -1 where no GE came. */
static void end_group(struct pp_x12_ack *a, int64_t said) {
    struct x12b *b = &a->b;
    const char *codes[PP_ACK_CODES_MAX];
    uint32_t codes_n = 0, n;
    if (a->in_st) end_transaction(a);
    n = take(a, &a->gs_pos);
    for (uint32_t i = 0; i < n; i++) add_code(codes, &codes_n, pp_ack_ak905(&a->found[i]));
    a->in_gs = false;
    if (a->answered) {
        /* What was accepted at its SE has been taken; errors of the group itself are noted, not turned back. */
        x12b_seg(b, "AK9");
        x12b_z(b, a->accepted == 0 ? "R" : a->accepted < a->received ? "P" : n || a->noted ? "E" : "A");
        x12b_num(b, said >= 0 ? said : a->received);
        x12b_num(b, a->received);
        x12b_num(b, a->accepted);
        for (uint32_t i = 0; i < codes_n; i++) x12b_z(b, codes[i]);
        x12b_put(b);
        pp_x12_write_se(&b->w);
        pp_x12_write_ge(&b->w);
    }
    drop(a, n);
}

/* ---- interchanges ---- */

static void write_ta1(struct pp_x12_ack *a, struct pp_x12_writer *w, uint32_t errors, const char *code) {
    const struct pp_str el[5] = {pp_str_z(a->env.isa13), pp_str_z(a->env.isa09), pp_str_z(a->env.isa10),
                                 errors == 0     ? PP_STR("A")
                                 : a->has_groups ? PP_STR("E")
                                                 : PP_STR("R"),
                                 pp_str_z(errors ? code : "000")};
    pp_x12_write_ta1(w, el);
}

static void end_interchange(struct pp_x12_ack *a) {
    const char *code = "";
    uint32_t errors = 0, n;
    if (a->in_gs) end_group(a, -1);
    n = take(a, &a->isa_pos);
    for (uint32_t i = 0; i < n; i++) {
        if (a->found[i].severity != PP_X12_ERROR) continue;
        errors++;
        if (!*code) code = pp_ack_ta105(&a->found[i]);
    }
    drop(a, n);
    a->in_isa = false;
    bool ta1 = errors || a->opts.ta1_always || a->env.isa14[0] == '1';
    if (ta1 || a->groups_n) {
        struct pp_x12_writer w;
        struct pp_x12_envelope e;
        pp_x12_write_begin(&w, a->out);
        reply_envelope(a, &e);
        pp_x12_write_isa(&w, &e);
        if (ta1) write_ta1(a, &w, errors, *code ? code : "024");
        pp_buf_adds(a->out, pp_buf_str(&a->groups));
        w.groups = a->groups_n;
        if (a->groups_n && (a->b.failed || a->b.w.failed || a->groups.failed)) w.failed = true;
        if (!a->failed && pp_x12_write_iea(&w, &a->err) < 0) a->failed = true;
        a->interchanges++;
    }
    pp_buf_reset(&a->groups);
    a->groups_n = 0;
}

static void open_level(struct pp_x12_ack *a, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    const struct pp_x12_envelope *env = pp_x12_envelope(r);
    if (e->role == PP_X12_ISA) {
        a->env = *env;
        a->in_isa = true;
        a->has_groups = false;
        a->isa_pos = e->pos;
    } else if (e->role == PP_X12_GS && a->in_isa) {
        a->env = *env;
        a->in_gs = true;
        a->gs_pos = e->pos;
        begin_group(a);
    } else if (e->role == PP_X12_ST && a->in_gs) {
        a->env = *env;
        a->in_st = true;
        a->st_pos = e->pos;
    }
}

static int64_t count_of(const struct pp_x12_event *e) {
    int64_t n = -1;
    return pp_str_int(pp_str_trim(pp_x12_el(e->seg, 1)), &n) && n >= 0 && n <= 999999 ? n : -1;
}

void pp_x12_ack_event(struct pp_x12_ack *a, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    for (uint32_t i = 0; a->opts.own_findings && i < e->findings_n; i++) pp_x12_ack_finding(a, &e->findings[i]);
    if (e->transaction_lost && a->in_st) end_transaction(a);
    bool seg = e->what == PP_X12_SEGMENT;
    /* a header where its trailer should have come: what was open has ended */
    if (seg && e->role == PP_X12_ISA && a->in_isa) end_interchange(a);
    if (seg && e->role == PP_X12_GS && a->in_gs) end_group(a, -1);
    if (seg && e->role == PP_X12_ST && a->in_st) end_transaction(a);
    if (seg) open_level(a, r, e);
    if (seg && e->role == PP_X12_SE && a->in_st) end_transaction(a);
    if (seg && e->role == PP_X12_GE && a->in_gs) end_group(a, count_of(e));
    if (seg && e->role == PP_X12_IEA && a->in_isa) end_interchange(a);
}

int pp_x12_ack_end(struct pp_x12_ack *a, struct pp_err *err) {
    if (a->in_isa) end_interchange(a);
    if (!a->failed && !a->out->failed) return 0;
    pp_buf_reset(a->out);
    if (a->failed && err) *err = a->err;
    return a->failed ? -1 : pp_err_set(err, PP_ERR_LIMIT, "the acknowledgement is larger than its limit");
}
