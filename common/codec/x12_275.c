#include "codec/x12_275.h"
#include "codec/x12_view_int.h"
#include <stdlib.h>

/* 275 as it is read: the document's pieces go straight to the handler, nothing of them is held. */

struct pp_x12_275 {
    struct x12v v; /* first: x12v_kind's functions get its address */
    struct pp_275_handlers h;
    struct pp_275_head head;
    struct pp_275_part part;
    struct pp_x12_party *party, ignored;
    bool in_part, open; /* an LX is in hand; its part() was called */
    bool base64;        /* by the guide: pieces come before the segment that says so */
    uint32_t bits;      /* of base64 that await the rest of their byte */
    uint8_t bits_n, pad;
    bool broken; /* no base64 */
};

static struct pp_x12_275 *of(struct x12v *b) { return (struct pp_x12_275 *)b; }

static void begin(struct x12v *b) {
    struct pp_x12_275 *v = of(b);
    v->head = (struct pp_275_head){.pos = b->st_pos, .envelope = b->env};
    v->party = NULL;
    v->in_part = v->open = false;
    v->base64 = strncmp(b->env.st03[0] ? b->env.st03 : b->env.gs08, "006020", 6) == 0;
}

static void read_nm1(struct pp_x12_275 *v) {
    struct x12v *b = &v->v;
    struct pp_x12_party *to = &v->ignored;
    if (x12v_is(b, 1, "PR") || x12v_is(b, 1, "X3") || x12v_is(b, 1, "40"))
        to = &v->head.payer;
    else if (x12v_is(b, 1, "41"))
        to = &v->head.submitter;
    else if (x12v_is(b, 1, "QC") || x12v_is(b, 1, "IL"))
        to = &v->head.patient;
    else if (!v->head.provider.present) /* 1P, 85, FA, SJ: the first one asks or bills */
        to = &v->head.provider;
    x12v_loop(b, to == &v->head.patient ? "1000D" : to == &v->head.payer ? "1000A" : "1000C");
    v->party = to;
    x12v_nm1(b, to);
}

static void read_stc(struct pp_x12_275 *v) {
    struct x12v *b = &v->v;
    struct pp_str code = x12v_raw_comp(b, 1, 2);
    bool loinc = pp_str_eqz(x12v_raw_comp(b, 1, 4), "LOI") || (code.n >= 3 && code.n <= 8 && code.s[code.n - 2] == '-');
    if (loinc && !v->part.loinc.n) v->part.loinc = x12v_keep(b, code);
}

static void read_part(struct pp_x12_275 *v) {
    struct x12v *b = &v->v;
    switch (x12v_id(b->s)) {
    case X12_ID3('T', 'R', 'N'):
        if (!v->part.control.n) v->part.control = x12v_el(b, 2);
        break;
    case X12_ID3('S', 'T', 'C'): read_stc(v); break;
    case X12_ID3('C', 'A', 'T'):
        v->part.category = x12v_el(b, 1);
        v->part.form = x12v_el(b, 2);
        break;
    case X12_ID3('D', 'T', 'P'): {
        pp_date until;
        x12v_dates(b, 3, &v->part.date, &until);
        break;
    }
    default: break;
    }
}

static void read_lx(struct pp_x12_275 *v) {
    struct x12v *b = &v->v;
    x12v_loop(b, "2000A");
    v->part = (struct pp_275_part){.pos = b->e->pos, .number = x12v_el(b, 1), .base64 = v->base64};
    v->in_part = true;
    v->open = false;
    v->party = NULL;
    v->bits = v->bits_n = v->pad = 0;
    v->broken = false;
}

/* ---- content ---- */

static int digit(unsigned char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void data(struct pp_x12_275 *v, struct pp_str s) {
    if (!s.n || v->v.stopped) return;
    v->part.bytes += s.n;
    if (v->h.data && v->h.data(v->v.user, s)) v->v.stopped = true;
}

/* A piece may end inside of four characters; line ends are let pass. */
static void decode(struct pp_x12_275 *v, struct pp_str s) {
    char plain[3072];
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.s[i];
        int d = digit(c);
        if (c == '\r' || c == '\n') continue;
        if (c == '=') {
            v->pad++;
            continue;
        }
        if (d < 0 || v->pad) {
            v->broken = true;
            continue;
        }
        v->bits = v->bits << 6 | (uint32_t)d;
        v->bits_n = (uint8_t)(v->bits_n + 6);
        if (v->bits_n < 8) continue;
        v->bits_n = (uint8_t)(v->bits_n - 8);
        plain[n++] = (char)(v->bits >> v->bits_n);
        if (n == sizeof plain) {
            data(v, (struct pp_str){plain, n});
            n = 0;
        }
    }
    data(v, (struct pp_str){plain, n});
}

static void open_part(struct pp_x12_275 *v) {
    if (v->open || v->v.stopped) return;
    v->open = true;
    if (v->h.part && v->h.part(v->v.user, &v->head, &v->part)) v->v.stopped = true;
}

static void binary(struct x12v *b, struct pp_str bytes) {
    struct pp_x12_275 *v = of(b);
    if (!v->in_part) return; /* told with its segment */
    open_part(v);
    if (v->base64)
        decode(v, bytes);
    else
        data(v, bytes);
}

/* BIN or BDS after its data. Where the reader could not go by the length, the data stand in the segment itself. */
static void read_content(struct pp_x12_275 *v, bool bds) {
    struct x12v *b = &v->v;
    x12v_loop(b, "2110A");
    if (!v->in_part) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LOOP, 0, PP_X12_VALUE_NONE, "a document outside of an LX loop");
        return;
    }
    bool b64 = bds && x12v_is(b, 1, "B64");
    if (b64 != v->base64) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_FORM, 1, PP_X12_VALUE_NOT_CODE,
                  "the content is not in the form that the guide wants (BIN in 005010, BDS in base 64 in 006020)");
        return;
    }
    if (b->s->binary_n == 0)
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_MISSING, bds ? 3 : 2, PP_X12_VALUE_MISSING, "the document is empty");
    else if (v->broken || (b64 && (v->bits_n >= 6 || v->pad > 2)))
        x12v_find(b, 1, PP_X12_ERROR, PP_X12_V_FORM, 3, PP_X12_VALUE_OTHER, "this is no base 64");
    else if (v->open && !b->found.errors_n) {
        b->items_n++;
        if (v->h.part_end && v->h.part_end(b->user, &v->part)) b->stopped = true;
    }
    v->in_part = v->open = false;
}

static void segment(struct x12v *b) {
    struct pp_x12_275 *v = of(b);
    switch (x12v_id(b->s)) {
    case X12_ID3('B', 'G', 'N'):
        v->head.purpose = x12v_el(b, 1);
        v->head.batch_ref = x12v_el(b, 2);
        return;
    case X12_ID3('N', 'M', '1'): read_nm1(v); return;
    case X12_ID2('L', 'X'): read_lx(v); return;
    case X12_ID3('B', 'I', 'N'): read_content(v, false); return;
    case X12_ID3('B', 'D', 'S'): read_content(v, true); return;
    default: break;
    }
    if (v->in_part) {
        read_part(v);
        return;
    }
    if (v->party == &v->head.patient && x12v_id(b->s) == X12_ID3('D', 'T', 'P'))
        x12v_dates(b, 3, &v->head.service_from, &v->head.service_until);
    else if (v->party == &v->head.patient && x12v_id(b->s) == X12_ID3('R', 'E', 'F') && x12v_is(b, 1, "1K"))
        v->head.reference = x12v_el(b, 2);
    else if (v->party)
        x12v_party_segment(b, v->party);
}

static void end(struct x12v *b) { (void)b; }
static void give_out(struct x12v *b) { (void)b; } /* given out as it was read */

static const struct x12v_kind kind = {
    .sets = {"275"},
    .guides = {"005010X210", "005010X211", "006020X314", "006020X316"},
    .guide_text = "this guide is not read here; 005010X210, 005010X211, 006020X314 and 006020X316 are",
    .begin = begin,
    .segment = segment,
    .binary = binary,
    .end = end,
    .give_out = give_out,
};

struct pp_x12_275 *pp_x12_275_open(const struct pp_275_handlers *handlers, size_t arena_bytes) {
    struct pp_x12_275 *v = calloc(1, sizeof *v);
    if (!v) return NULL;
    v->h = *handlers;
    x12v_init(&v->v, &kind, arena_bytes, handlers->user, handlers->transaction);
    return v;
}

void pp_x12_275_close(struct pp_x12_275 *v) {
    if (!v) return;
    x12v_free(&v->v);
    free(v);
}

int pp_x12_275_event(struct pp_x12_275 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return x12v_event(&v->v, r, e);
}

void pp_x12_275_refuse(struct pp_x12_275 *v) { x12v_refuse(&v->v); }

int pp_x12_275_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_275_handlers *handlers) {
    struct pp_x12_275 *v = pp_x12_275_open(handlers, 0);
    int rc = x12v_bytes(v ? &v->v : NULL, opts, bytes);
    pp_x12_275_close(v);
    return rc;
}
