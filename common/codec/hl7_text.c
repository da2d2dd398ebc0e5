#include "codec/hl7.h"

/* ---- escapes ---- */

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static size_t put_repeated(char *out, size_t room, char c, struct pp_str count) {
    int64_t n = 1;
    if (count.n && (!pp_str_int(count, &n) || n < 0)) n = 1;
    /* An escape never grows: \.sp4\ has six bytes. The count is cut to what the escape itself took. */
    if ((size_t)n > room) n = (int64_t)room;
    memset(out, c, (size_t)n);
    return (size_t)n;
}

/* Formatting command of FT text (2.5.1 section 2.7.6). Returns false when it is none. */
static bool put_format(struct pp_str body, char *out, size_t room, size_t *o) {
    struct pp_str arg = {body.s + 3, body.n > 3 ? body.n - 3 : 0};
    if (body.n < 3) return false;
    for (uint32_t i = 0; i < arg.n; i++) /* a number, or it is some text between two escape characters */
        if (!((arg.s[i] >= '0' && arg.s[i] <= '9') || (i == 0 && (arg.s[i] == '+' || arg.s[i] == '-')))) return false;
    const char *c = body.s + 1;
    if (memcmp(c, "br", 2) == 0 || memcmp(c, "ce", 2) == 0)
        out[(*o)++] = '\n';
    else if (memcmp(c, "sp", 2) == 0)
        *o += put_repeated(out + *o, room, '\n', arg);
    else if (memcmp(c, "sk", 2) == 0)
        *o += put_repeated(out + *o, room, ' ', arg);
    else
        return memcmp(c, "fi", 2) == 0 || memcmp(c, "nf", 2) == 0 || memcmp(c, "in", 2) == 0 || memcmp(c, "ti", 2) == 0;
    return true;
}

static bool is_hex_escape(struct pp_str body) {
    if (body.n < 3 || body.s[0] != 'X' || body.n % 2 == 0) return false;
    for (uint32_t i = 1; i < body.n; i++)
        if (hex_digit(body.s[i]) < 0) return false;
    return true;
}

/* One escape sequence without its delimiters. Returns false when it is not known. room = bytes the sequence took. */
static bool put_escape(const struct pp_hl7_delims *d, struct pp_str body, char *out, size_t room, size_t *o) {
    if (body.n == 1) {
        char c = 0;
        switch (body.s[0]) {
        case 'F': c = d->field; break;
        case 'S': c = d->component; break;
        case 'T': c = d->subcomponent; break;
        case 'R': c = d->repetition; break;
        case 'E': c = d->escape; break;
        case 'P': c = d->truncation; break;
        case 'H':
        case 'N': return true; /* highlighting on and off: no text */
        default: return false;
        }
        if (!c) return false;
        out[(*o)++] = c;
        return true;
    }
    if (body.n && body.s[0] == '.') return put_format(body, out, room, o);
    if (!is_hex_escape(body)) return false;
    for (uint32_t i = 1; i < body.n; i += 2) out[(*o)++] = (char)(hex_digit(body.s[i]) << 4 | hex_digit(body.s[i + 1]));
    return true;
}

/* The same question without an answer written: body has no delimiter of escapes in it. */
static bool is_escape(const struct pp_hl7_delims *d, struct pp_str body) {
    if (body.n == 1) return memchr("FSTREHN", body.s[0], 7) || (body.s[0] == 'P' && d->truncation);
    if (body.n >= 3 && body.s[0] == '.') {
        char scratch[1];
        size_t o = 0;
        return put_format(body, scratch, 0, &o);
    }
    return is_hex_escape(body);
}

/* \Zxx\ (local), \Cxx\ and \Mxx\ (character set switches): well formed, but not for us; kept as a whole. */
static bool is_foreign_escape(struct pp_str body) {
    if (body.n < 2 || !memchr("ZCM", body.s[0], 3)) return false;
    for (uint32_t i = 1; i < body.n; i++)
        if (!((body.s[i] >= '0' && body.s[i] <= '9') || (body.s[i] >= 'A' && body.s[i] <= 'Z') ||
              (body.s[i] >= 'a' && body.s[i] <= 'z')))
            return false;
    return true;
}

uint32_t pp_hl7_escape_length(const struct pp_hl7_msg *m, struct pp_str raw) {
    const char *e = raw.n > 1 && raw.s[0] == m->d.escape ? memchr(raw.s + 1, m->d.escape, raw.n - 1) : NULL;
    if (!e) return 0;
    struct pp_str body = {raw.s + 1, (uint32_t)(e - raw.s) - 1};
    if (is_foreign_escape(body)) return body.n + 2;
    return is_escape(&m->d, body) ? body.n + 2 : 0;
}

struct pp_str pp_hl7_unescape(struct pp_hl7_msg *m, struct pp_str raw) {
    char *out = pp_arena_alloc(m->arena, (size_t)raw.n + 1);
    if (!out) return PP_STR_NONE;
    size_t o = 0;
    for (uint32_t i = 0; i < raw.n;) {
        const char *e = raw.s[i] == m->d.escape ? memchr(raw.s + i + 1, m->d.escape, raw.n - i - 1) : NULL;
        if (!e) { /* plain text, or an escape character that nobody closes */
            const char *next = memchr(raw.s + i + 1, m->d.escape, raw.n - i - 1);
            uint32_t len = next ? (uint32_t)(next - raw.s) - i : raw.n - i;
            memcpy(out + o, raw.s + i, len);
            o += len;
            i += len;
            continue;
        }
        struct pp_str body = {raw.s + i + 1, (uint32_t)(e - raw.s) - i - 1};
        if (put_escape(&m->d, body, out, body.n + 2, &o)) {
            i += body.n + 2;
        } else if (is_foreign_escape(body)) {
            memcpy(out + o, raw.s + i, body.n + 2);
            o += body.n + 2;
            i += body.n + 2;
        } else {
            out[o++] = raw.s[i++]; /* not an escape: what closes it may open the next one */
        }
    }
    out[o] = '\0';
    return (struct pp_str){out, (uint32_t)o};
}

const char pp_hl7_deleted[1] = "";

/* NUL for what ends or breaks a value: delimiters, escapes, line ends, and bytes that are no ASCII. */
static char piece_of(const struct pp_hl7_delims *d, char c) {
    bool breaks = (c == d->field) | (c == d->component) | (c == d->repetition) | (c == d->escape) |
                  (c == d->subcomponent) | (c == '\r') | (c == '\n') | ((signed char)c < 0);
    return breaks ? '\0' : c;
}

#define BLOCK 16 /* bytes */

/* Apart, so that the compiler knows how many bytes there are and that they do not overlap, and does them at once. */
static void piece_block(struct pp_hl7_delims d, const char *restrict from, char *restrict to) {
    for (int k = 0; k < BLOCK; k++) to[k] = piece_of(&d, from[k]);
}

/* raw once more, as piece_of has it: a value of ASCII without delimiters and escapes in it is then a string that ends
 * where it must, and costs no copy. */
static const char *make_pieces(struct pp_hl7_msg *m) {
    const struct pp_hl7_delims d = m->d;
    const struct pp_str r = m->raw;
    char *to = pp_arena_alloc(m->arena, (size_t)r.n + 1);
    if (!to) return NULL;
    uint32_t i = 0;
    for (; r.n - i >= BLOCK; i += BLOCK) piece_block(d, r.s + i, to + i);
    for (; i < r.n; i++) to[i] = piece_of(&d, r.s[i]);
    to[r.n] = '\0';
    return m->pieces = to;
}

struct pp_str pp_hl7_text(struct pp_hl7_msg *m, struct pp_str raw) {
    if (raw.n == 0) return PP_STR_NONE;
    if (raw.s >= m->raw.s && raw.s + raw.n <= m->raw.s + m->raw.n) {
        const char *p = m->pieces ? m->pieces : make_pieces(m);
        if (!p) return PP_STR_NONE;
        p += raw.s - m->raw.s;
        if (p[raw.n] == '\0' && !memchr(p, '\0', raw.n) && !pp_hl7_is_null(raw)) return (struct pp_str){p, raw.n};
    }
    if (pp_hl7_is_null(raw)) return m->profile.null_is_empty ? PP_STR_NONE : (struct pp_str){pp_hl7_deleted, 0};
    if (memchr(raw.s, m->d.escape, raw.n))
        raw = pp_hl7_unescape(m, raw);
    else if (m->plain)
        return pp_arena_str(m->arena, raw);
    return pp_hl7_to_utf8(m->arena, raw, m->charset);
}

void pp_hl7_walk_init(struct pp_hl7_walk *w, struct pp_hl7_msg *m, const struct pp_hl7_seg *seg) {
    const bool own = pp_hl7_has_own_separator(seg);
    *w = (struct pp_hl7_walk){.m = m, .pos = seg->off, .stop = seg->off + seg->n};
    w->repetition = w->component = w->subcomponent = 1;
    if (!m->pieces) (void)make_pieces(m);
    for (; w->pos < w->stop && w->field < (own ? 2u : 1u); w->pos++) w->field += m->raw.s[w->pos] == m->d.field;
    if (own) w->field = 3; /* the second separator ends MSH-2 */
}

/* Over the delimiters before the next value; the position in raw. */
static uint32_t skip_delimiters(struct pp_hl7_walk *w) {
    const struct pp_hl7_delims d = w->m->d;
    const char *p = w->m->raw.s + w->pos, *stop = w->m->raw.s + w->stop;
    for (; p < stop; p++) {
        if (*p == d.field) {
            w->field++;
            w->repetition = w->component = w->subcomponent = 1;
        } else if (*p == d.component) {
            w->component++;
            w->subcomponent = 1;
        } else if (*p == d.repetition) {
            w->repetition++;
            w->component = w->subcomponent = 1;
        } else if (*p == d.subcomponent) {
            w->subcomponent++;
        } else {
            break;
        }
    }
    return (uint32_t)(p - w->m->raw.s);
}

static bool ends_value(const struct pp_hl7_delims *d, char c) {
    return c == d->field || c == d->component || c == d->repetition || c == d->subcomponent;
}

bool pp_hl7_walk_next(struct pp_hl7_walk *w, struct pp_str *ret) {
    struct pp_hl7_msg *m = w->m;
    const struct pp_hl7_delims d = m->d;
    const char *s = m->raw.s, *pieces = m->pieces;
    const uint32_t from = skip_delimiters(w);
    uint32_t at = from;
    while (pieces && at < w->stop && pieces[at]) at++;
    /* short of memory, or something in the value that is not to be taken as it stands */
    const bool copy = !pieces || (at < w->stop && !ends_value(&d, s[at]));
    while (at < w->stop && !ends_value(&d, s[at])) at++;
    w->pos = at;
    if (at == from) return false;
    struct pp_str raw = {s + from, at - from};
    *ret = copy || pp_hl7_is_null(raw) ? pp_hl7_text(m, raw) : (struct pp_str){pieces + from, raw.n};
    return true;
}

static char escape_name(const struct pp_hl7_delims *d, char c) {
    if (c == d->field) return 'F';
    if (c == d->component) return 'S';
    if (c == d->subcomponent) return 'T';
    if (c == d->repetition) return 'R';
    if (c == d->escape) return 'E';
    return d->truncation && c == d->truncation ? 'P' : 0;
}

/* Where the dot is a delimiter, .br would fall into two. */
static bool is_delimiter(const struct pp_hl7_delims *d, char c) {
    return c == d->field || c == d->component || c == d->repetition || c == d->escape || c == d->subcomponent ||
           c == d->truncation;
}

void pp_hl7_escape(const struct pp_hl7_delims *d, struct pp_str text, struct pp_buf *out) {
    const bool like_null = pp_hl7_is_null(text);
    for (uint32_t i = 0; i < text.n; i++) {
        char c = text.s[i], name = escape_name(d, c);
        if (name) {
            char seq[3] = {d->escape, name, d->escape};
            pp_buf_add(out, seq, sizeof seq);
        } else if (c == '\r' || c == '\n') {
            if (c == '\n' && i > 0 && text.s[i - 1] == '\r') continue;
            pp_buf_printf(out, is_delimiter(d, '.') ? "%cX0A%c" : "%c.br%c", d->escape, d->escape);
        } else if (like_null || ((unsigned char)c < ' ' && c != '\t')) {
            pp_buf_printf(out, "%cX%02X%c", d->escape, (unsigned char)c, d->escape);
        } else {
            pp_buf_addc(out, c);
        }
    }
}

/* ---- time stamps ---- */

static bool digits(struct pp_str s, uint32_t from, uint32_t n, int *ret) {
    if (from + n > s.n) return false;
    int v = 0;
    for (uint32_t i = from; i < from + n; i++) {
        if (s.s[i] < '0' || s.s[i] > '9') return false;
        v = v * 10 + (s.s[i] - '0');
    }
    *ret = v;
    return true;
}

static uint32_t digit_run(struct pp_str s, uint32_t from) {
    uint32_t n = 0;
    while (from + n < s.n && s.s[from + n] >= '0' && s.s[from + n] <= '9') n++;
    return n;
}

/* "+0500", "-08:00" or "Z" at the end of *s: takes it off. False when it is there and wrong. */
static bool take_offset(struct pp_str *s, struct pp_hl7_ts *t) {
    if (s->n > 1 && s->s[s->n - 1] == 'Z') {
        t->has_offset = t->lenient = true;
        s->n--;
        return true;
    }
    for (uint32_t i = s->n; i-- > 4;) {
        if (s->s[i] != '+' && s->s[i] != '-') continue;
        int h, min;
        uint32_t rest = s->n - i - 1;
        bool colon = rest == 5 && s->s[i + 3] == ':';
        if (s->s[i] == '-' && !colon && rest != 4) return true; /* the hyphen of an ISO date */
        if ((rest != 4 && !colon) || !digits(*s, i + 1, 2, &h) || !digits(*s, i + (colon ? 4 : 3), 2, &min) || h > 14 ||
            min > 59)
            return false;
        t->has_offset = true;
        t->lenient |= colon;
        t->offset_minutes = (int16_t)((s->s[i] == '-' ? -1 : 1) * (h * 60 + min));
        s->n = i;
        return true;
    }
    return true;
}

/* Takes the punctuation out of YYYY-MM-DD[Thh:mm[:ss]], so that it reads like HL7's own form. */
static bool plain_digits(struct pp_str *s, char buf[32], struct pp_hl7_ts *t) {
    uint32_t n = digit_run(*s, 0), o = 0;
    if (n == s->n || (n >= 12 && s->s[n] == '.')) return true;
    if (s->n > 31 || s->n < 10 || n != 4 || s->s[4] != '-' || s->s[7] != '-') return false;
    for (uint32_t i = 0; i < s->n; i++) {
        bool mark = i == 4 || i == 7 || i == 10 || i == 13 || i == 16;
        char c = s->s[i];
        if (mark && !(c == '-' || c == ':' || c == 'T' || c == ' ')) return false;
        if (!mark) buf[o++] = c;
    }
    buf[o] = '\0';
    *s = (struct pp_str){buf, o};
    t->lenient = true;
    return true;
}

bool pp_hl7_ts_parse(struct pp_str s, struct pp_hl7_ts *ret) {
    struct pp_hl7_ts t = {.minute = -1};
    char buf[32];
    *ret = t;
    s = pp_str_trim(s);
    if (!take_offset(&s, &t) || !plain_digits(&s, buf, &t)) return false;
    uint32_t n = digit_run(s, 0);
    int year, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0;
    if (n == 17 && n == s.n) { /* milliseconds without their point */
        t.lenient = true;
        digits(s, 14, 3, &ms);
        n = 14;
    } else if (n < s.n) {
        uint32_t frac = digit_run(s, n + 1);
        if (s.s[n] != '.' || n != 14 || frac == 0 || n + 1 + frac != s.n) return false;
        digits(s, n + 1, frac < 3 ? frac : 3, &ms);
        for (uint32_t i = frac; i < 3; i++) ms *= 10;
    }
    static const enum pp_hl7_precision of_length[] = {
        [4] = PP_HL7_TS_YEAR,  [6] = PP_HL7_TS_MONTH,   [8] = PP_HL7_TS_DAY,
        [10] = PP_HL7_TS_HOUR, [12] = PP_HL7_TS_MINUTE, [14] = PP_HL7_TS_SECOND};
    if (n > 14 || of_length[n] == PP_HL7_TS_NONE) return false;
    t.precision = of_length[n];
    if (!digits(s, 0, 4, &year) || (n >= 6 && !digits(s, 4, 2, &month)) || (n >= 8 && !digits(s, 6, 2, &day)) ||
        (n >= 10 && !digits(s, 8, 2, &hour)) || (n >= 12 && !digits(s, 10, 2, &minute)) ||
        (n >= 14 && !digits(s, 12, 2, &second)))
        return false;
    pp_date date = pp_date_of(year, month, day);
    if (date == 0 || hour > 23 || minute > 59 || second > 59) return false;
    t.year = (int16_t)year;
    t.month = (int8_t)(n >= 6 ? month : 0);
    if (n >= 8) t.date = date;
    if (n >= 10) t.minute = (int16_t)(hour * 60 + minute);
    t.second = (int8_t)second;
    t.millisecond = (int16_t)ms;
    *ret = t;
    return true;
}

int64_t pp_hl7_ts_instant(const struct pp_hl7_ts *ts, struct pp_str zone) {
    if (ts->date == 0 || ts->minute < 0) return 0;
    int64_t ms;
    if (ts->has_offset)
        ms =
            (int64_t)(ts->date - pp_date_of(1970, 1, 1)) * PP_MS_DAY + (ts->minute - ts->offset_minutes) * PP_MS_MINUTE;
    else
        ms = pp_zone_instant(zone, ts->date, ts->minute);
    return ms + ts->second * PP_MS_SECOND + ts->millisecond;
}
