#include "codec/x12_build_int.h"
#include <stdio.h>

/* Values into elements. See x12_build.h for what text becomes. */

int x12b_fail(struct x12b *b, const char *member, const char *what) {
    if (!b->failed) pp_err_set(b->err, PP_ERR_INVALID, "%s%s%s %s", b->of ? b->of : "", b->of ? "." : "", member, what);
    b->failed = true;
    return -1;
}

/* ---- characters ---- */

/* Base letters of U+00C0 … U+00FF and U+0100 … U+017F; '1' to '5' stand for two letters each. */
static const char latin1[65] = "AAAAAA1CEEEEIIIIDNOOOOOXOUUUUY23AAAAAA1CEEEEIIIIDNOOOOO/OUUUUY2Y";
static const char extended[129] = "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGGGGGGHHHHIIIIIIIIII44JJKKKLLLLLLLLLL"
                                  "NNNNNNNNNOOOOOO55RRRRRRSSSSSSSSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS";

static const char *two_letters(char c) {
    switch (c) {
    case '1': return "AE";
    case '2': return "TH";
    case '3': return "SS";
    case '4': return "IJ";
    case '5': return "OE";
    default: return NULL;
    }
}

/* Plain form of a character beyond ASCII, in c[3]; false: there is none. */
static bool plain(uint32_t u, char c[3]) {
    char one = 0;
    c[0] = c[1] = c[2] = '\0';
    if (u >= 0xc0 && u <= 0xff)
        one = latin1[u - 0xc0];
    else if (u >= 0x100 && u <= 0x17f)
        one = extended[u - 0x100];
    else if (u == 0x1e9e)
        one = '3';
    else if (u >= 0x1ea0 && u <= 0x1ef9)
        one = u <= 0x1eb7 ? 'A' : u <= 0x1ec7 ? 'E' : u <= 0x1ecb ? 'I' : u <= 0x1ee3 ? 'O' : u <= 0x1ef1 ? 'U' : 'Y';
    else if (u == 0x218 || u == 0x219)
        one = 'S';
    else if (u == 0x21a || u == 0x21b)
        one = 'T';
    else if (u == 0x2018 || u == 0x2019 || u == 0x201a || u == 0x2bc || u == 0xb4)
        one = '\'';
    else if (u >= 0x201c && u <= 0x201e)
        one = '"';
    else if (u >= 0x2010 && u <= 0x2015)
        one = '-';
    else if (u == 0xa0 || u == 0x2009 || u == 0x202f)
        one = ' ';
    else
        return (u >= 0x300 && u <= 0x36f) || u == 0xad || u == 0x200b; /* marks of their own, soft hyphen: dropped */
    const char *two = two_letters(one);
    c[0] = two ? two[0] : one;
    c[1] = two ? two[1] : '\0';
    return true;
}

/* One UTF-8 character; 0 = none begins here. */
static uint32_t utf8(const char *p, uint32_t n, uint32_t *ret_len) {
    const unsigned char *u = (const unsigned char *)p;
    uint32_t len = u[0] < 0x80 ? 1 : u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : u[0] >= 0xc2 ? 2 : 0;
    if (!len || len > n) return 0;
    uint32_t v = len == 1 ? u[0] : u[0] & (0x7fu >> len);
    for (uint32_t i = 1; i < len; i++) {
        if ((u[i] & 0xc0) != 0x80) return 0;
        v = v << 6 | (u[i] & 0x3f);
    }
    *ret_len = len;
    return v;
}

static bool is_delimiter(const struct x12b *b, unsigned char c) {
    const struct pp_x12_delims *d = &b->w.d;
    return c == d->element || c == d->component || c == d->repetition || c == d->segment[0];
}

/* ---- elements ---- */

void x12b_seg(struct x12b *b, const char *id) {
    snprintf(b->id, sizeof b->id, "%s", id);
    b->used = b->n = 0;
    b->at[0] = 0;
    b->in_composite = false;
}

static void add(struct x12b *b, char c) {
    if (b->used < X12B_TEXT_MAX)
        b->text[b->used++] = c;
    else
        x12b_fail(b, b->id, "is longer than a segment may be");
}

static void next(struct x12b *b) {
    if (b->in_composite) {
        add(b, (char)b->w.d.component);
        return;
    }
    if (b->n == X12B_ELEMENTS_MAX) {
        x12b_fail(b, b->id, "has more elements than a segment may have");
        return;
    }
    b->at[++b->n] = b->used;
}

void x12b_open(struct x12b *b) { b->in_composite = true; }

void x12b_close(struct x12b *b) {
    b->in_composite = false;
    while (b->used > b->at[b->n] && b->text[b->used - 1] == (char)b->w.d.component) b->used--;
    next(b);
}

void x12b_skip(struct x12b *b, unsigned n) {
    while (n--) next(b);
}

void x12b_z(struct x12b *b, const char *code) {
    for (; *code; code++) add(b, *code);
    next(b);
}

void x12b_num(struct x12b *b, int64_t v) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)v);
    x12b_z(b, text);
}

static void length(struct x12b *b, uint32_t n, uint32_t min, uint32_t max, const char *member) {
    char what[60];
    if (n && n < min) {
        snprintf(what, sizeof what, "is shorter than %u characters", min);
        x12b_fail(b, member, what);
    } else if (n > max) {
        snprintf(what, sizeof what, "is longer than %u characters", max);
        x12b_fail(b, member, what);
    }
}

void x12b_id(struct x12b *b, struct pp_str v, uint32_t min, uint32_t max, const char *member) {
    v = pp_str_trim(v);
    length(b, v.n, min, max, member);
    for (uint32_t i = 0; i < v.n && !b->failed; i++) {
        unsigned char c = (unsigned char)v.s[i];
        if (c < 0x20 || c > 0x7e || c == '`' || is_delimiter(b, c))
            x12b_fail(b, member, "holds a character that X12 cannot carry in an identifier");
        else
            add(b, (char)c);
    }
    next(b);
}

static bool add_plain(struct x12b *b, uint32_t u, uint32_t start) {
    char c[3] = "";
    if (u >= 0x80) {
        if (!plain(u, c)) return false;
    } else if (u < 0x20 || u == 0x7f || u == '`' || is_delimiter(b, (unsigned char)u)) {
        c[0] = u == '`' ? '\'' : ' ';
    } else {
        c[0] = (char)(u >= 'a' && u <= 'z' ? u - 'a' + 'A' : u);
    }
    for (size_t i = 0; c[i]; i++) {
        if (c[i] == ' ' && (b->used == start || b->text[b->used - 1] == ' ')) continue;
        add(b, c[i]);
    }
    return true;
}

void x12b_text(struct x12b *b, struct pp_str v, uint32_t max, const char *member) {
    uint32_t start = b->used, len = 0;
    for (uint32_t i = 0; i < v.n && !b->failed; i += len) {
        uint32_t u = utf8(v.s + i, v.n - i, &len);
        if ((u == 0 && (len == 0 || v.s[i] != '\0')) || !add_plain(b, u, start)) {
            x12b_fail(b, member, "holds a character that X12 cannot carry");
            break;
        }
    }
    while (b->used > start && b->text[b->used - 1] == ' ') b->used--;
    length(b, b->used - start, 1, max, member);
    next(b);
}

void x12b_dec(struct x12b *b, struct pp_str v, uint32_t max, const char *member) {
    int64_t m;
    char text[24] = "";
    v = pp_str_trim(v);
    if (v.n && !pp_dec_parse(v, &m))
        x12b_fail(b, member, "is no number");
    else if (v.n)
        pp_dec_text(m, text);
    uint32_t digits = 0;
    for (const char *p = text; *p; p++) digits += *p >= '0' && *p <= '9';
    if (digits > max) length(b, digits, 1, max, member);
    x12b_z(b, text);
}

static void date_text(pp_date d, char ret[9]) {
    int y = 0, m = 0, day = 0;
    if (d) pp_date_split(d, &y, &m, &day);
    snprintf(ret, 9, "%04u%02u%02u", (unsigned)y % 10000u, (unsigned)m % 100u, (unsigned)day % 100u);
}

void x12b_date(struct x12b *b, pp_date d) {
    char text[9] = "";
    if (d) date_text(d, text);
    x12b_z(b, text);
}

void x12b_put(struct x12b *b) {
    struct pp_str el[X12B_ELEMENTS_MAX];
    if (b->failed) return;
    for (uint32_t i = 0; i < b->n; i++) el[i] = (struct pp_str){b->text + b->at[i], b->at[i + 1] - b->at[i]};
    pp_x12_write(&b->w, b->id, el, b->n);
}

/* ---- envelope ---- */

void x12b_time(struct pp_str zone, int64_t ms, char ret_date[9], char ret_time[5]) {
    int offset = 0;
    pp_zone_offset(zone, ms, &offset);
    int64_t minute = (ms + offset * PP_MS_MINUTE) / PP_MS_MINUTE;
    unsigned day = (unsigned)(((minute % 1440) + 1440) % 1440);
    date_text(pp_zone_date(zone, ms), ret_date);
    snprintf(ret_time, 5, "%02u%02u", day / 60 % 100, day % 60);
}

static bool fits(struct pp_str v, uint32_t min, uint32_t max) {
    if (v.n < min || v.n > max || pp_str_trim(v).n == 0) return false;
    for (uint32_t i = 0; i < v.n; i++)
        if (v.s[i] < 0x20 || v.s[i] > 0x7e || memchr("*:^~", v.s[i], 4)) return false;
    return true;
}

static int member(struct pp_err *err, const char *name) {
    return pp_err_set(err, PP_ERR_INVALID, "%s is missing or does not fit into the X12 envelope", name);
}

static void copy(char *ret, size_t size, struct pp_str v) { snprintf(ret, size, "%.*s", PP_FMT(v)); }

int x12b_envelope(const struct pp_x12_sending *s, struct pp_x12_envelope *e, struct pp_err *err) {
    const struct pp_x12_partner *p = &s->partner;
    struct pp_str gs_sender = p->gs_sender.n ? p->gs_sender : pp_str_trim(p->sender);
    struct pp_str gs_receiver = p->gs_receiver.n ? p->gs_receiver : pp_str_trim(p->receiver);
    *e = (struct pp_x12_envelope){.isa12 = "00501", .gs07 = "X"};
    if (!fits(p->sender_type, 2, 2)) return member(err, "sender_type");
    if (!fits(p->sender, 1, 15)) return member(err, "sender");
    if (!fits(p->receiver_type, 2, 2)) return member(err, "receiver_type");
    if (!fits(p->receiver, 1, 15)) return member(err, "receiver");
    if (!fits(gs_sender, 2, 15)) return member(err, "gs_sender");
    if (!fits(gs_receiver, 2, 15)) return member(err, "gs_receiver");
    if (s->control < PP_X12_CONTROL_MIN || s->control > PP_X12_CONTROL_MAX) return member(err, "control");
    copy(e->isa05, sizeof e->isa05, p->sender_type);
    copy(e->isa06, sizeof e->isa06, p->sender);
    copy(e->isa07, sizeof e->isa07, p->receiver_type);
    copy(e->isa08, sizeof e->isa08, p->receiver);
    copy(e->gs02, sizeof e->gs02, gs_sender);
    copy(e->gs03, sizeof e->gs03, gs_receiver);
    x12b_time(s->zone, s->at, e->gs04, e->isa10);
    memcpy(e->isa09, e->gs04 + 2, 7);
    memcpy(e->gs05, e->isa10, 5);
    snprintf(e->isa13, sizeof e->isa13, "%09u", s->control % 1000000000u);
    snprintf(e->gs06, sizeof e->gs06, "%u", s->control % 1000000000u);
    e->isa14[0] = p->ack_requested ? '1' : '0';
    e->isa15[0] = p->production ? 'P' : 'T';
    return 0;
}

int x12b_begin(struct x12b *b, struct pp_buf *out, const struct pp_x12_sending *s, const char *function,
               const char *guide, const char *set, struct pp_err *err) {
    b->err = err;
    b->failed = false;
    b->of = NULL;
    pp_x12_write_begin(&b->w, out);
    if (x12b_envelope(s, &b->env, err) < 0) {
        b->failed = true;
        return -1;
    }
    /* the version of the envelope follows that of the guide */
    if (strncmp(guide, "006020", 6) == 0) snprintf(b->env.isa12, sizeof b->env.isa12, "00602");
    snprintf(b->env.gs01, sizeof b->env.gs01, "%s", function);
    snprintf(b->env.gs08, sizeof b->env.gs08, "%s", guide);
    snprintf(b->env.st01, sizeof b->env.st01, "%s", set);
    snprintf(b->env.st02, sizeof b->env.st02, "0001");
    snprintf(b->env.st03, sizeof b->env.st03, "%s", guide);
    pp_x12_write_isa(&b->w, &b->env);
    pp_x12_write_gs(&b->w, &b->env);
    pp_x12_write_st(&b->w, &b->env);
    return 0;
}

int x12b_end(struct x12b *b) {
    struct pp_buf *out = b->w.out;
    int rc = -1;
    if (!b->failed) {
        pp_x12_write_se(&b->w);
        pp_x12_write_ge(&b->w);
        rc = pp_x12_write_iea(&b->w, b->err);
    }
    if (rc < 0) pp_buf_reset(out);
    return rc;
}
