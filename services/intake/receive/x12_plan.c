#include "x12_plan.h"
#include "codec/x12_270.h"
#include "codec/x12_277.h"
#include "codec/x12_835.h"
#include "codec/x12_837.h"
#include "codec/x12_ack.h"

#include <stdio.h>
#include <stdlib.h>

#define TAILS_BYTES_MAX ((size_t)64 << 20)
#define NOTES_BYTES_MAX ((size_t)16 << 10)
#define LOWERED_BYTES_MAX 2000

enum kind { KIND_NONE, KIND_CLAIMS, KIND_REMITTANCE, KIND_BENEFITS, KIND_CLAIM_ACK, KIND_ANSWER };

struct rcv_x12_plan {
    struct pp_x12_reader *reader;
    struct pp_x12_check *check;
    struct pp_x12_ack *ack;
    struct pp_x12_837 *claims;
    struct pp_x12_835 *remittances;
    struct pp_x12_271 *benefits;
    struct pp_x12_277 *statuses;
    struct pp_x12_profile profile;
    struct pp_buf ack_bytes, tails, notes;
    struct rcv_x12_result r;
    struct rcv_x12_piece *pieces;
    uint32_t pieces_cap;
    struct rcv_x12_refusal *refusals;
    uint32_t notes_n;
    bool no_memory, too_many;
    /* the segment in hand begins at .pos.offset; a range is closed when the next one comes */
    struct rcv_range *open;
    struct rcv_range isa, gs, head, level[RCV_X12_LEVELS];
    int levels_n;
    struct rcv_x12_piece piece; /* being filled; body.from set */
    bool in_piece;
    enum kind kind;
    uint32_t mark, told; /* pieces when the transaction began; findings of it that were told */
    bool rejected, refused;
    bool wants_ack; /* something came that is answered: no answer itself */
    char element, terminator[5];
};

/* ---- findings ---- */

static void refuse(struct rcv_x12_plan *p, const char *place, const char *reason) {
    p->r.refusals_all++;
    if (p->r.refusals_n == RCV_X12_PLAN_REFUSALS_MAX) return;
    struct rcv_x12_refusal *q = &p->refusals[p->r.refusals_n++];
    snprintf(q->place, sizeof q->place, "%s", place);
    snprintf(q->reason, sizeof q->reason, "%s", reason);
}

static void text_of(const struct pp_x12_finding *f, char *ret, size_t n) {
    struct pp_buf b;
    pp_buf_init(&b, 1024);
    pp_x12_finding_text(f, &b);
    snprintf(ret, n, "%.*s", PP_FMT(pp_buf_str(&b)));
    pp_buf_free(&b);
}

static void tell(struct rcv_x12_plan *p, const struct pp_x12_finding *f) {
    char text[300];
    text_of(f, text, sizeof text);
    if (f->severity == PP_X12_ERROR) {
        if (f->pos.transaction && p->told++ >= RCV_X12_REFUSALS_EACH)
            p->r.refusals_all++;
        else
            refuse(p, "", text);
        return;
    }
    p->r.warnings++;
    if (p->notes_n++ < RCV_X12_NOTES_MAX) pp_buf_printf(&p->notes, "%s\n", text);
}

/* An answer of a payer is not refused for its guide; what is wrong with the envelope around it is told. */
static bool passed_over(const struct rcv_x12_plan *p, const struct pp_x12_finding *f) {
    bool answers =
        strcmp(pp_x12_envelope(p->reader)->gs01, "HI") == 0 || strcmp(pp_x12_envelope(p->reader)->gs01, "FA") == 0;
    if (!f->pos.group || !answers) return false;
    return f->pos.transaction != 0 || f->code >= PP_X12_F_CHECK;
}

static void on_finding(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    struct rcv_x12_plan *p = user;
    (void)e;
    if (passed_over(p, f)) return;
    pp_x12_ack_finding(p->ack, f);
    if (f->severity == PP_X12_ERROR && (!f->pos.group || !f->pos.transaction)) {
        p->wants_ack = p->wants_ack || f->pos.interchange;
        p->r.acks_rejected++;
    }
    tell(p, f);
}

static void on_verdict(void *user, const struct pp_x12_verdict *v) {
    struct rcv_x12_plan *p = user;
    if (v->of == PP_X12_OF_TRANSACTION && v->outcome == PP_X12_REJECTED) p->rejected = true;
}

/* What a view refuses although the guide has nothing against it. Too large for one arena is no reason: it is read in
 * pieces. */
static void by_view(struct rcv_x12_plan *p, bool refused, const struct pp_x12_finding *f, uint32_t n,
                    unsigned too_large, unsigned told) {
    bool only_large = n > 0;
    if (!refused || p->rejected) return;
    for (uint32_t i = 0; i < n; i++)
        if (f[i].severity == PP_X12_ERROR && f[i].code != too_large) only_large = false;
    if (only_large) return;
    p->refused = true;
    for (uint32_t i = 0; i < n; i++)
        if (f[i].severity == PP_X12_ERROR && f[i].code != told && f[i].code >= PP_X12_F_GUIDE) tell(p, &f[i]);
}

static void on_claims(void *user, const struct pp_837_verdict *v) {
    by_view(user, v->outcome == PP_837_REFUSED, v->findings, v->findings_n, PP_837_F_TOO_LARGE, PP_837_F_REFUSED);
}

static int on_view(void *user, const struct pp_x12_view_verdict *v) {
    by_view(user, v->outcome == PP_X12_VIEW_REFUSED, v->findings, v->findings_n, PP_X12_V_TOO_LARGE, PP_X12_V_REFUSED);
    return 0;
}

/* ---- pieces ---- */

static void close_open(struct rcv_x12_plan *p, const struct pp_x12_event *e) {
    if (!p->open) return;
    p->open->until = e->pos.offset;
    p->open = NULL;
}

static void begin_range(struct rcv_x12_plan *p, struct rcv_range *r, const struct pp_x12_event *e) {
    *r = (struct rcv_range){.from = e->pos.offset, .segments = 0};
    p->open = r;
}

static void add_piece(struct rcv_x12_plan *p, const struct rcv_x12_piece *piece) {
    if (p->r.pieces_n >= RCV_X12_PIECES_MAX) {
        p->too_many = true;
        return;
    }
    if (p->r.pieces_n == p->pieces_cap) {
        uint32_t cap = p->pieces_cap ? p->pieces_cap * 2 : 16;
        struct rcv_x12_piece *q = realloc(p->pieces, cap * sizeof *q);
        if (!q) {
            p->no_memory = true;
            return;
        }
        p->pieces = q;
        p->pieces_cap = cap;
    }
    p->pieces[p->r.pieces_n++] = *piece;
}

static void trailers(struct rcv_x12_plan *p, struct rcv_x12_piece *q, bool group) {
    const struct pp_x12_envelope *v = pp_x12_envelope(p->reader);
    uint32_t n = q->head.segments + q->body.segments + 1;
    for (int i = 0; i < RCV_X12_LEVELS; i++) n += q->level[i].segments;
    q->tail = (uint32_t)p->tails.n;
    char e = p->element;
    const char *t = p->terminator;
    if (group) pp_buf_printf(&p->tails, "SE%c%u%c%s%sGE%c1%c%s%s", e, n, e, v->st02, t, e, e, v->gs06, t);
    pp_buf_printf(&p->tails, "IEA%c%d%c%s%s", e, group ? 1 : 0, e, v->isa13, t);
    q->tail_n = (uint32_t)p->tails.n - q->tail;
}

static void end_piece(struct rcv_x12_plan *p, const struct pp_x12_event *e) {
    if (!p->in_piece) return;
    p->piece.body.until = e->pos.offset;
    p->in_piece = false;
    trailers(p, &p->piece, true);
    add_piece(p, &p->piece);
}

static void begin_piece(struct rcv_x12_plan *p, const struct pp_x12_event *e, int above) {
    p->piece = (struct rcv_x12_piece){.isa = p->isa, .gs = p->gs, .head = p->head};
    for (int i = 0; i < above && i < p->levels_n; i++) p->piece.level[i] = p->level[i];
    p->piece.body = (struct rcv_range){.from = e->pos.offset};
    p->in_piece = true;
}

/* Where a segment of the body stands: the level it opens, RCV_X12_LEVELS for the one at which the file may be cut, -1.
 */
static int level_of(enum kind kind, const struct pp_x12_seg *s) {
    if (kind == KIND_REMITTANCE) return pp_x12_is(s, "LX") ? 0 : pp_x12_is(s, "CLP") ? RCV_X12_LEVELS : -1;
    if (kind == KIND_ANSWER || kind == KIND_NONE || !pp_x12_is(s, "HL")) return -1;
    struct pp_str code = pp_x12_el(s, 3);
    if (pp_str_eqz(code, "20")) return 0;
    if (kind == KIND_CLAIMS) return pp_str_eqz(code, "22") ? RCV_X12_LEVELS : -1;
    if (pp_str_eqz(code, "21")) return 1;
    if (kind == KIND_BENEFITS) return pp_str_eqz(code, "22") ? RCV_X12_LEVELS : -1;
    return pp_str_eqz(code, "19") ? 2 : pp_str_eqz(code, "PT") ? RCV_X12_LEVELS : -1;
}

static bool is_item(enum kind kind, const struct pp_x12_seg *s) {
    return pp_x12_is(s, kind == KIND_CLAIMS ? "CLM" : kind == KIND_REMITTANCE ? "CLP" : "HL");
}

static void in_body(struct rcv_x12_plan *p, const struct pp_x12_event *e) {
    int level = level_of(p->kind, e->seg);
    if (level >= 0) {
        close_open(p, e);
        bool full = p->in_piece && (p->piece.items >= RCV_X12_PIECE_ITEMS ||
                                    e->pos.offset - p->piece.body.from >= RCV_X12_PIECE_BYTES);
        if (full) end_piece(p, e);
        if (!p->in_piece) begin_piece(p, e, level);
        if (level < RCV_X12_LEVELS) {
            for (int i = p->levels_n; i < level; i++) p->level[i] = (struct rcv_range){0};
            p->levels_n = level + 1;
            begin_range(p, &p->level[level], e);
        }
    }
    if (p->open) p->open->segments++;
    if (p->in_piece) {
        p->piece.body.segments++;
        p->piece.items += is_item(p->kind, e->seg);
    }
}

static enum kind kind_of(const struct pp_x12_envelope *v) {
    static const struct {
        const char *st01;
        enum kind kind;
    } sets[] = {{"837", KIND_CLAIMS}, {"835", KIND_REMITTANCE}, {"271", KIND_BENEFITS}, {"277", KIND_CLAIM_ACK},
                {"278", KIND_ANSWER}, {"999", KIND_ANSWER},     {"997", KIND_ANSWER}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (strcmp(v->st01, sets[i].st01) == 0) return sets[i].kind;
    return KIND_NONE;
}

static void name_of(const struct pp_x12_envelope *v, char ret[8]) {
    const char *guide = v->st03[0] ? v->st03 : v->gs08;
    if (strcmp(v->st01, "837") == 0)
        snprintf(ret, 8, "837%s", strncmp(guide, "005010X223", 10) == 0 ? "I" : "P");
    else if (strcmp(v->st01, "277") == 0)
        snprintf(ret, 8, "277%s", strncmp(guide, "005010X214", 10) == 0 ? "CA" : "");
    else
        snprintf(ret, 8, "%s", v->st01);
}

static void begin_transaction(struct rcv_x12_plan *p, const struct pp_x12_event *e) {
    const struct pp_x12_envelope *v = pp_x12_envelope(p->reader);
    close_open(p, e);
    p->kind = kind_of(v);
    /* of the 277s only acknowledgements of claims are ours */
    if (p->kind == KIND_CLAIM_ACK && strncmp(v->st03[0] ? v->st03 : v->gs08, "005010X214", 10) != 0)
        p->kind = KIND_NONE;
    if (p->kind != KIND_ANSWER) p->wants_ack = true;
    if (!p->r.type[0]) name_of(v, p->r.type);
    p->mark = p->r.pieces_n;
    p->told = 0;
    p->levels_n = 0;
    p->in_piece = false;
    p->rejected = p->refused = false;
    p->r.transactions++;
    begin_range(p, &p->head, e);
    p->head.segments = 1;
}

static void end_transaction(struct rcv_x12_plan *p, const struct pp_x12_event *e, bool lost) {
    bool bad = lost || (p->kind != KIND_ANSWER && (p->rejected || p->refused));
    close_open(p, e);
    if (!p->in_piece && p->kind != KIND_NONE && !bad) begin_piece(p, e, 0);
    end_piece(p, e);
    if (bad || p->kind == KIND_NONE) p->r.pieces_n = p->mark;
    p->r.used = p->r.used || p->kind != KIND_NONE;
    p->r.accepted += !bad;
    p->r.acks_rejected += bad && p->kind != KIND_ANSWER;
    p->kind = KIND_NONE;
    p->levels_n = 0;
}

static void lone_ta1(struct rcv_x12_plan *p, const struct pp_x12_event *e) {
    close_open(p, e);
    if (!p->r.type[0]) snprintf(p->r.type, sizeof p->r.type, "TA1");
    p->piece = (struct rcv_x12_piece){.isa = p->isa};
    begin_range(p, &p->piece.body, e);
}

static void begin_interchange(struct rcv_x12_plan *p, const struct pp_x12_event *e) {
    const struct pp_x12_delims *d = pp_x12_delims(p->reader);
    memcpy(p->terminator, d->segment, d->segment_n);
    p->terminator[d->segment_n] = '\0';
    p->element = (char)d->element;
    begin_range(p, &p->isa, e);
}

/* A TA1 ends where the next segment begins. */
static void end_ta1(struct rcv_x12_plan *p, const struct pp_x12_event *e) {
    if (p->open != &p->piece.body) return;
    close_open(p, e);
    trailers(p, &p->piece, false);
    add_piece(p, &p->piece);
    p->r.used = true;
}

static void follow(struct rcv_x12_plan *p, const struct pp_x12_event *e, bool before) {
    if (e->transaction_lost && before) end_transaction(p, e, true);
    if (e->what != PP_X12_SEGMENT) return;
    if (before) {
        end_ta1(p, e);
        if (p->open == &p->isa || p->open == &p->gs) close_open(p, e);
        return;
    }
    switch (e->role) {
    case PP_X12_ISA: begin_interchange(p, e); break;
    case PP_X12_TA1: lone_ta1(p, e); break;
    case PP_X12_GS: begin_range(p, &p->gs, e); break;
    case PP_X12_ST: begin_transaction(p, e); break;
    case PP_X12_BODY: in_body(p, e); break;
    case PP_X12_SE: end_transaction(p, e, false); break;
    default: break;
    }
}

/* ---- the pass ---- */

static void event(struct rcv_x12_plan *p, const struct pp_x12_event *e) {
    bool closes = e->what == PP_X12_SEGMENT && e->role == PP_X12_SE;
    if (e->what == PP_X12_SEGMENT && e->role == PP_X12_ST) p->rejected = false;
    pp_x12_check_event(p->check, p->reader, e);
    if (closes && p->rejected) {
        pp_x12_837_refuse(p->claims);
        pp_x12_835_refuse(p->remittances);
        pp_x12_271_refuse(p->benefits);
        pp_x12_277_refuse(p->statuses);
    }
    pp_x12_837_event(p->claims, p->reader, e);
    pp_x12_835_event(p->remittances, p->reader, e);
    pp_x12_271_event(p->benefits, p->reader, e);
    pp_x12_277_event(p->statuses, p->reader, e);
    if (closes && p->refused) pp_x12_ack_refuse(p->ack);
    follow(p, e, true);
    pp_x12_ack_event(p->ack, p->reader, e);
    follow(p, e, false);
}

int rcv_x12_profile_of(const struct pp_x12_sender *sender, struct pp_x12_profile *ret, struct pp_err *err) {
    char text[LOWERED_BYTES_MAX];
    memset(ret, 0, sizeof *ret);
    if (!sender->lowered.n) return 0;
    if (sender->lowered.n > sizeof text) return pp_err_set(err, PP_ERR_LIMIT, "too many findings are lowered");
    for (uint32_t i = 0; i < sender->lowered.n; i++)
        text[i] = sender->lowered.s[i] == '|' ? '\n' : sender->lowered.s[i];
    return pp_x12_profile_parse(ret, (struct pp_str){text, sender->lowered.n}, err);
}

struct rcv_x12_plan *rcv_x12_plan_open(const struct pp_x12_sender *sender, uint32_t control, int64_t at_ms) {
    struct rcv_x12_plan *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    struct pp_err err;
    struct pp_x12_opts o = {0};
    struct pp_x12_check_opts c = {.snip_errors = PP_X12_SENDER_ERRORS_TO, .profile = &p->profile};
    struct pp_x12_check_handlers ch = {.finding = on_finding, .verdict = on_verdict, .user = p};
    struct pp_837_handlers claims = {.transaction = on_claims, .user = p, .institutional = true};
    struct pp_835_handlers remittances = {.transaction = on_view, .user = p, .streamed = true};
    struct pp_271_handlers benefits = {.transaction = on_view, .user = p};
    struct pp_277_handlers statuses = {.transaction = on_view, .user = p};
    struct pp_ack_opts ao = {.sending = {.control = control, .at = at_ms}};
    if (sender) {
        o.counts_tolerant = sender->counts_tolerant;
        o.repair = sender->repair;
        if (sender->errors_to) c.snip_errors = (uint8_t)sender->errors_to;
        if (rcv_x12_profile_of(sender, &p->profile, &err) < 0) p->profile.n = 0; /* nothing is lowered then */
    }
    pp_buf_init(&p->ack_bytes, PP_ACK_BYTES_MAX);
    pp_buf_init(&p->tails, TAILS_BYTES_MAX);
    pp_buf_init(&p->notes, NOTES_BYTES_MAX);
    p->refusals = calloc(RCV_X12_PLAN_REFUSALS_MAX, sizeof *p->refusals);
    p->reader = pp_x12_open(&o);
    p->check = pp_x12_check_open(&c, &ch);
    p->ack = pp_x12_ack_open(&ao, &p->ack_bytes);
    p->claims = pp_x12_837_open(&claims, 0);
    p->remittances = pp_x12_835_open(&remittances, 0);
    p->benefits = pp_x12_271_open(&benefits, 0);
    p->statuses = pp_x12_277_open(&statuses, 0);
    if (p->refusals && p->reader && p->check && p->ack && p->claims && p->remittances && p->benefits && p->statuses)
        return p;
    rcv_x12_plan_close(p);
    return NULL;
}

void rcv_x12_plan_close(struct rcv_x12_plan *p) {
    if (!p) return;
    pp_x12_close(p->reader);
    pp_x12_check_close(p->check);
    pp_x12_ack_close(p->ack);
    pp_x12_837_close(p->claims);
    pp_x12_835_close(p->remittances);
    pp_x12_271_close(p->benefits);
    pp_x12_277_close(p->statuses);
    pp_buf_free(&p->ack_bytes);
    pp_buf_free(&p->tails);
    pp_buf_free(&p->notes);
    free(p->pieces);
    free(p->refusals);
    free(p);
}

void rcv_x12_plan_feed(struct rcv_x12_plan *p, struct pp_str bytes) {
    struct pp_x12_event e;
    for (uint32_t i = 0; i < bytes.n;) {
        i += (uint32_t)pp_x12_feed(p->reader, bytes.s + i, bytes.n - i, &e);
        event(p, &e);
    }
}

int rcv_x12_plan_end(struct rcv_x12_plan *p, const struct rcv_x12_result **ret) {
    struct pp_x12_event e;
    struct pp_err err;
    do {
        pp_x12_finish(p->reader, &e);
        event(p, &e);
    } while (e.what != PP_X12_NOTHING);
    if (p->open == &p->piece.body && !p->in_piece) p->open = NULL; /* a TA1 at which the file ends */
    if (pp_x12_ack_end(p->ack, &err) < 0 || p->no_memory || p->tails.failed) return -1;
    if (p->too_many) {
        p->r.pieces_n = 0;
        refuse(p, "", "the file has more parts than are read");
    }
    if (!p->r.type[0]) snprintf(p->r.type, sizeof p->r.type, "X12");
    p->r.pieces = p->pieces;
    p->r.refusals = p->refusals;
    p->r.notes = pp_buf_str(&p->notes);
    p->r.ack = p->wants_ack ? pp_buf_str(&p->ack_bytes) : PP_STR_NONE;
    *ret = &p->r;
    return 0;
}

static void add(struct pp_buf *out, const struct rcv_range *r, struct pp_str file) {
    if (r->from < r->until && r->until <= file.n) pp_buf_add(out, file.s + r->from, (size_t)(r->until - r->from));
}

void rcv_x12_piece_bytes(const struct rcv_x12_plan *p, const struct rcv_x12_piece *piece, struct pp_str file,
                         struct pp_buf *out) {
    add(out, &piece->isa, file);
    add(out, &piece->gs, file);
    add(out, &piece->head, file);
    for (int i = 0; i < RCV_X12_LEVELS; i++) add(out, &piece->level[i], file);
    add(out, &piece->body, file);
    pp_buf_add(out, p->tails.p + piece->tail, piece->tail_n);
}
