#include "codec/hl7.h"
#include <stdio.h>

/* ---- faults ---- */

void pp_hl7_fault(struct pp_hl7_msg *m, char severity, uint16_t code, const struct pp_hl7_seg *seg, unsigned field,
                  unsigned component, const char *text) {
    for (uint32_t i = 0; i < m->faults_n && i < PP_HL7_FAULTS_MAX; i++) /* views read some fields twice */
        if (m->faults[i].text == text && m->faults[i].index == (seg ? seg->index : 0) && m->faults[i].field == field &&
            m->faults[i].component == component)
            return;
    if (severity == 'E') m->errors_n++;
    uint32_t at = m->faults_n++;
    if (at >= PP_HL7_FAULTS_MAX) {
        /* The list is full of warnings: an error must still find a place. */
        if (severity != 'E' || m->faults[PP_HL7_FAULTS_MAX - 1].severity == 'E') return;
        at = PP_HL7_FAULTS_MAX - 1;
    }
    struct pp_hl7_fault *f = &m->faults[at];
    *f = (struct pp_hl7_fault){
        .code = code, .severity = severity, .field = (uint16_t)field, .component = (uint16_t)component, .text = text};
    if (!seg) return;
    memcpy(f->segment, seg->id, sizeof f->segment);
    f->index = seg->index;
    f->repetition = field ? 1 : 0;
    f->sequence = 1;
    for (uint32_t i = 0; m->segs && i + 1 < seg->index && i < m->segs_n; i++)
        if (pp_hl7_is(&m->segs[i], seg->id)) f->sequence++;
}

void pp_hl7_fault_text(const struct pp_hl7_fault *f, struct pp_buf *out) {
    if (f->segment[0]) {
        pp_buf_printf(out, "segment %u %s", f->index, f->segment);
        if (f->field) pp_buf_printf(out, "-%u", f->field);
        if (f->field && f->component) pp_buf_printf(out, ".%u", f->component);
        pp_buf_addz(out, ": ");
    }
    pp_buf_addz(out, f->text);
}

int pp_hl7_fault_err(const struct pp_hl7_msg *m, struct pp_err *err) {
    if (pp_arena_failed(m->arena)) /* what seems to be missing was there, and could not be read */
        return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    uint32_t kept = m->faults_n < PP_HL7_FAULTS_MAX ? m->faults_n : PP_HL7_FAULTS_MAX;
    for (uint32_t i = 0; i < kept; i++) {
        const struct pp_hl7_fault *f = &m->faults[i];
        if (f->severity != 'E') continue;
        struct pp_buf b;
        pp_buf_init(&b, 256);
        pp_hl7_fault_text(f, &b);
        pp_err_set(err, PP_ERR_INVALID, "%.*s", PP_FMT(pp_buf_str(&b)));
        pp_buf_free(&b);
        if (err) snprintf(err->code, sizeof err->code, "%u", f->code);
        return -1;
    }
    return pp_err_set(err, PP_ERR_INVALID, "the message cannot be used");
}

const char *pp_hl7_flag_name(enum pp_hl7_flag flag) {
    switch (flag) {
    case PP_HL7_LF_ENDS: return "line feed ends segments";
    case PP_HL7_CRLF_ENDS: return "line feed after segment ends";
    case PP_HL7_BLANK_LINES: return "empty segments";
    case PP_HL7_LF_IN_DATA: return "line feed inside a field";
    case PP_HL7_BOM: return "byte order mark";
    case PP_HL7_CHARSET_UNKNOWN: return "unknown character set";
    case PP_HL7_LATIN1_FALLBACK: return "not UTF-8, read as Latin-1";
    case PP_HL7_NOISE_BEFORE: return "blanks before MSH";
    case PP_HL7_BAD_SEGMENT_ID: return "line without a segment name";
    case PP_HL7_HIDDEN_SEGMENT: return "mixed line ends hide a segment";
    case PP_HL7_SECOND_MSH: return "second MSH inside";
    }
    return "";
}

/* ---- segments ---- */

static bool is_segment_name(const char *p, size_t n) {
    if (n < 3) return false;
    for (int i = 0; i < 3; i++)
        if (!((p[i] >= 'A' && p[i] <= 'Z') || (i > 0 && p[i] >= '0' && p[i] <= '9'))) return false;
    return true;
}

static bool has_own_separator(const char *id) {
    return memcmp(id, "MSH", 3) == 0 || memcmp(id, "FHS", 3) == 0 || memcmp(id, "BHS", 3) == 0;
}

/* An LF that stays data, but is followed by what looks like a segment, tells of mixed line ends. */
static void note_line_feeds(struct pp_hl7_msg *m, const char *p, size_t n) {
    for (const char *lf = memchr(p, '\n', n); lf; lf = memchr(lf + 1, '\n', n - (size_t)(lf + 1 - p))) {
        m->flags |= PP_HL7_LF_IN_DATA;
        size_t left = n - (size_t)(lf + 1 - p);
        if (left > 3 && is_segment_name(lf + 1, left) && lf[4] == m->d.field) m->flags |= PP_HL7_HIDDEN_SEGMENT;
    }
}

static void add_segment(struct pp_hl7_msg *m, uint32_t off, uint32_t n) {
    const char *p = m->raw.s + off;
    struct pp_hl7_seg *seg = &m->segs[m->segs_n];
    *seg = (struct pp_hl7_seg){.off = off, .n = n, .index = m->segs_n + 1};
    memcpy(seg->id, p, n < 3 ? n : 3);
    if (!is_segment_name(p, n) || (n > 3 && p[3] != m->d.field)) {
        m->flags |= PP_HL7_BAD_SEGMENT_ID;
        memcpy(seg->id, "???", 3);
        pp_hl7_fault(m, 'W', 100, seg, 0, 0, "the line does not begin with a segment name");
    } else if (m->segs_n > 0 && memcmp(seg->id, "MSH", 3) == 0) {
        m->flags |= PP_HL7_SECOND_MSH;
    }
    m->segs_n++;
}

static int index_segments(struct pp_hl7_msg *m, struct pp_err *err) {
    struct pp_str r = m->raw;
    uint32_t inner = r.n; /* a CR at the very end only closes what LF has separated */
    while (inner && memchr("\r\n\x1c", r.s[inner - 1], 3)) inner--;
    char end = memchr(r.s, '\r', inner) || !memchr(r.s, '\n', inner) ? '\r' : '\n';
    if (end == '\n') m->flags |= PP_HL7_LF_ENDS;

    size_t count = 1;
    for (const char *p = r.s, *stop = r.s + r.n; (p = memchr(p, end, (size_t)(stop - p))); p++) count++;
    if (count > PP_HL7_SEGMENTS_MAX) return pp_err_set(err, PP_ERR_LIMIT, "more than %d segments", PP_HL7_SEGMENTS_MAX);
    m->segs = pp_arena_array(m->arena, struct pp_hl7_seg, count);
    if (!m->segs) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");

    for (uint32_t off = 0; off < r.n;) {
        const char *e = memchr(r.s + off, end, r.n - off);
        uint32_t stop = e ? (uint32_t)(e - r.s) : r.n, next = e ? stop + 1 : r.n;
        if (end == '\r') {
            while (off < stop && r.s[off] == '\n') {
                m->flags |= PP_HL7_CRLF_ENDS;
                off++;
            }
            note_line_feeds(m, r.s + off, stop - off);
        }
        uint32_t last = stop;
        if (end == '\n' && stop > off && r.s[stop - 1] == '\r') last = --stop;
        while (last > off && memchr(" \0\n\x1c", r.s[last - 1], 4)) last--;
        if (last > off)
            add_segment(m, off, stop - off);
        else if (stop > off || next < r.n)
            m->flags |= PP_HL7_BLANK_LINES;
        off = next;
    }
    return 0;
}

/* ---- MSH ---- */

static bool is_delimiter(char c) {
    return (unsigned char)c > ' ' && (unsigned char)c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
           !(c >= 'a' && c <= 'z');
}

static const char *read_delims(struct pp_str r, struct pp_hl7_delims *d) {
    if (r.n < 4 || !is_delimiter(r.s[3])) return "no field separator after MSH";
    d->field = r.s[3];
    uint32_t n = 0;
    while (4 + n < r.n && r.s[4 + n] != d->field && r.s[4 + n] != '\r' && r.s[4 + n] != '\n') n++;
    if (n < 4 || n > 5)
        return "four encoding characters are needed (component, repetition, escape, subcomponent), or five from 2.7 on";
    const char *c = r.s + 4;
    for (uint32_t i = 0; i < n; i++) {
        if (!is_delimiter(c[i])) return "an encoding character is a letter, a digit or no printable character";
        for (uint32_t k = 0; k < i; k++)
            if (c[i] == c[k]) return "an encoding character stands twice";
    }
    *d = (struct pp_hl7_delims){d->field, c[0], c[1], c[2], c[3], n == 5 ? c[4] : 0};
    return NULL;
}

static int refuse_msh(struct pp_hl7_msg *m, unsigned field, const char *text, struct pp_err *err) {
    const struct pp_hl7_seg msh = {.id = "MSH", .index = 1};
    pp_hl7_fault(m, 'E', 100, &msh, field, 0, text);
    return pp_hl7_fault_err(m, err);
}

static void settle_charset(struct pp_hl7_msg *m, const struct pp_hl7_opts *opts) {
    static const struct {
        const char *name;
        int charset;
    } known[] = {
        {"ASCII", PP_HL7_UTF8},        {"UNICODE", PP_HL7_UTF8},      {"UNICODE UTF-8", PP_HL7_UTF8},
        {"UTF-8", PP_HL7_UTF8},        {"UTF8", PP_HL7_UTF8},         {"ISO IR6", PP_HL7_UTF8},
        {"ISO IR192", PP_HL7_UTF8},    {"8859/1", PP_HL7_LATIN1},     {"8859/15", PP_HL7_LATIN1},
        {"ISO IR100", PP_HL7_LATIN1},  {"ISO-8859-1", PP_HL7_LATIN1}, {"WINDOWS-1252", PP_HL7_LATIN1},
        {"ISO 8859-1", PP_HL7_LATIN1},
    };
    m->charset = opts ? opts->charset_default : PP_HL7_UTF8;
    struct pp_str name = pp_str_trim(pp_hl7_rep(m, pp_hl7_field(m, &m->segs[0], 18), 1));
    if (name.n && !pp_hl7_is_null(name) && !(opts && opts->charset_ignore_msh18)) {
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof *known && !found; i++)
            if (pp_str_ieq(name, pp_str_z(known[i].name))) {
                m->charset = (enum pp_hl7_charset)known[i].charset;
                found = true;
            }
        if (!found) {
            m->flags |= PP_HL7_CHARSET_UNKNOWN;
            pp_hl7_fault(m, 'W', 103, &m->segs[0], 18, 0, "the character set is not known to us");
        }
    }
    if (m->charset == PP_HL7_UTF8 && !pp_hl7_utf8_valid(m->raw)) {
        m->charset = PP_HL7_LATIN1;
        m->flags |= PP_HL7_LATIN1_FALLBACK;
        pp_hl7_fault(m, 'W', 102, &m->segs[0], 18, 0, "the bytes are not UTF-8 and were read as Latin-1");
    }
}

int pp_hl7_parse(struct pp_str raw, const struct pp_hl7_opts *opts, struct pp_arena *arena, struct pp_hl7_msg *ret,
                 struct pp_err *err) {
    *ret = (struct pp_hl7_msg){.raw = raw, .arena = arena};
    if (raw.n >= 3 && memcmp(raw.s, "\xef\xbb\xbf", 3) == 0) {
        ret->flags |= PP_HL7_BOM;
        ret->raw = (struct pp_str){raw.s + 3, raw.n - 3};
    }
    while (ret->raw.n && memchr(" \t\r\n\x0b", ret->raw.s[0], 5)) {
        ret->flags |= PP_HL7_NOISE_BEFORE;
        ret->raw.s++;
        ret->raw.n--;
    }
    if (ret->raw.n < 3 || memcmp(ret->raw.s, "MSH", 3) != 0)
        return refuse_msh(ret, 0, "the message does not begin with MSH", err);
    const char *reason = read_delims(ret->raw, &ret->d);
    if (reason) return refuse_msh(ret, ret->d.field ? 2 : 1, reason, err);
    if (index_segments(ret, err)) return -1;
    settle_charset(ret, opts);
    if (ret->flags & PP_HL7_HIDDEN_SEGMENT)
        pp_hl7_fault(ret, 'W', 100, NULL, 0, 0,
                     "mixed line ends: a line feed inside a field is followed by what looks like a segment");
    return 0;
}

/* ---- access ---- */

struct pp_hl7_seg *pp_hl7_find(struct pp_hl7_msg *m, const char *id, uint32_t from) {
    for (uint32_t i = from; i < m->segs_n; i++)
        if (pp_hl7_is(&m->segs[i], id)) return &m->segs[i];
    return NULL;
}

static bool index_fields(struct pp_hl7_msg *m, struct pp_hl7_seg *seg) {
    const char *p = m->raw.s + seg->off, *stop = p + seg->n;
    uint32_t n = 1;
    for (const char *q = p; (q = memchr(q, m->d.field, (size_t)(stop - q))); q++) n++;
    uint32_t *ends = pp_arena_array(m->arena, uint32_t, n);
    if (!ends) return false;
    n = 0;
    for (const char *q = p; (q = memchr(q, m->d.field, (size_t)(stop - q))); q++) ends[n++] = (uint32_t)(q - m->raw.s);
    ends[n++] = seg->off + seg->n;
    seg->ends = ends;
    seg->ends_n = n;
    return true;
}

struct pp_str pp_hl7_field(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field) {
    if (!seg || field == 0 || (!seg->ends && !index_fields(m, seg))) return PP_STR_NONE;
    unsigned at = field; /* ends[0] closes the segment name */
    if (has_own_separator(seg->id)) {
        if (field == 1) return seg->n > 3 ? (struct pp_str){m->raw.s + seg->off + 3, 1} : PP_STR_NONE;
        at = field - 1;
    }
    if (at >= seg->ends_n) return PP_STR_NONE;
    uint32_t from = seg->ends[at - 1] + 1;
    return (struct pp_str){m->raw.s + from, seg->ends[at] - from};
}

/* n-th piece of s, from 1. */
static struct pp_str piece(struct pp_str s, char sep, unsigned n) {
    if (n == 0 || s.n == 0) return PP_STR_NONE;
    const char *p = s.s, *stop = s.s + s.n;
    for (; n > 1; n--) {
        p = memchr(p, sep, (size_t)(stop - p));
        if (!p) return PP_STR_NONE;
        p++;
    }
    const char *e = memchr(p, sep, (size_t)(stop - p));
    return (struct pp_str){p, (uint32_t)((e ? e : stop) - p)};
}

uint32_t pp_hl7_rep_count(const struct pp_hl7_msg *m, struct pp_str field) {
    if (field.n == 0) return 0;
    uint32_t n = 1;
    for (const char *p = field.s, *stop = p + field.n; (p = memchr(p, m->d.repetition, (size_t)(stop - p))); p++) n++;
    return n;
}

struct pp_str pp_hl7_rep(const struct pp_hl7_msg *m, struct pp_str field, unsigned rep) {
    return piece(field, m->d.repetition, rep);
}
struct pp_str pp_hl7_comp(const struct pp_hl7_msg *m, struct pp_str rep, unsigned comp) {
    return piece(rep, m->d.component, comp);
}
struct pp_str pp_hl7_sub(const struct pp_hl7_msg *m, struct pp_str comp, unsigned sub) {
    return piece(comp, m->d.subcomponent, sub);
}

struct pp_str pp_hl7_get(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, unsigned rep, unsigned comp,
                         unsigned sub) {
    struct pp_str v = pp_hl7_field(m, seg, field);
    if (!(seg && field == 2 && has_own_separator(seg->id))) {
        v = pp_hl7_rep(m, v, rep);
        if (comp) v = pp_hl7_comp(m, v, comp);
        if (comp && sub) v = pp_hl7_sub(m, v, sub);
    }
    v = pp_str_trim(v);
    if (v.n == 0 || pp_hl7_is_null(v)) return PP_STR_NONE;
    return pp_hl7_text(m, v);
}
