#include "codec/hl7.h"
#include <stdio.h>

#define FAULT_LINE_MAX 256 /* place and text of a finding, bytes */

/* ---- faults ---- */

/* The place of a new fault, or NULL: it is known already, or the list is full. */
static struct pp_hl7_fault *new_fault(struct pp_hl7_msg *m, const struct pp_hl7_fault *f) {
    for (uint32_t i = 0; i < m->faults_n && i < PP_HL7_FAULTS_MAX; i++) { /* views read some fields twice */
        const struct pp_hl7_fault *o = &m->faults[i];
        if (o->text == f->text && o->index == f->index && o->field == f->field && o->repetition == f->repetition &&
            o->component == f->component)
            return NULL;
    }
    if (f->severity == 'E') m->errors_n++;
    uint32_t at = m->faults_n++;
    if (at >= PP_HL7_FAULTS_MAX) {
        /* The list is full of warnings: an error must still find a place. */
        if (f->severity != 'E' || m->faults[PP_HL7_FAULTS_MAX - 1].severity == 'E') return NULL;
        at = PP_HL7_FAULTS_MAX - 1;
    }
    m->faults[at] = *f;
    return &m->faults[at];
}

static uint16_t sequence_of(const struct pp_hl7_msg *m, const struct pp_hl7_seg *seg) {
    uint16_t n = 1;
    for (uint32_t i = 0; m->segs && i + 1 < seg->index && i < m->segs_n; i++) n += pp_hl7_is(&m->segs[i], seg->id);
    return n;
}

void pp_hl7_fault(struct pp_hl7_msg *m, char severity, uint16_t code, const struct pp_hl7_seg *seg, unsigned field,
                  unsigned component, const char *text) {
    struct pp_hl7_fault f = {
        .code = code, .severity = severity, .field = (uint16_t)field, .component = (uint16_t)component, .text = text};
    if (seg) {
        memcpy(f.segment, seg->id, sizeof f.segment);
        f.index = seg->index;
        f.repetition = field ? 1 : 0;
        f.sequence = 1;
        f.offset = seg->off;
    }
    struct pp_hl7_fault *kept = new_fault(m, &f);
    if (!kept || !seg) return;
    kept->sequence = sequence_of(m, seg);
    if (field && m->segs && seg >= m->segs && seg < m->segs + m->segs_n) {
        struct pp_str v = pp_hl7_field(m, &m->segs[seg->index - 1], field);
        if (component && v.n) {
            struct pp_str c = pp_hl7_comp(m, pp_hl7_rep(m, v, 1), component);
            if (c.s) v = c;
        }
        if (v.s) kept->offset = (uint32_t)(v.s - m->raw.s);
        if (kept->offset >= m->raw.n) kept->offset = m->raw.n - 1; /* an empty last field */
    }
}

void pp_hl7_fault_at(struct pp_hl7_msg *m, char severity, uint16_t code, uint32_t at, const char *text) {
    struct pp_hl7_place p;
    if (!pp_hl7_place_at(m, at, &p)) return pp_hl7_fault(m, severity, code, NULL, 0, 0, text);
    struct pp_hl7_fault f = {.code = code,
                             .severity = severity,
                             .index = p.index,
                             .sequence = p.sequence,
                             .field = p.field,
                             .repetition = p.repetition,
                             .component = p.component,
                             .offset = at,
                             .text = text};
    memcpy(f.segment, p.segment, sizeof f.segment);
    new_fault(m, &f);
}

/* In a fixed buffer: saying what is wrong must not need memory. */
static void fault_line(const struct pp_hl7_fault *f, char line[FAULT_LINE_MAX]) {
    int n = 0;
    if (f->segment[0]) {
        n = snprintf(line, FAULT_LINE_MAX, "segment %u %s", f->index, f->segment);
        if (f->field) n += snprintf(line + n, (size_t)(FAULT_LINE_MAX - n), "-%u", f->field);
        if (f->field && f->repetition > 1) n += snprintf(line + n, (size_t)(FAULT_LINE_MAX - n), "(%u)", f->repetition);
        if (f->field && f->component) n += snprintf(line + n, (size_t)(FAULT_LINE_MAX - n), ".%u", f->component);
        n += snprintf(line + n, (size_t)(FAULT_LINE_MAX - n), ": ");
    }
    snprintf(line + n, (size_t)(FAULT_LINE_MAX - n), "%s", f->text);
}

void pp_hl7_fault_text(const struct pp_hl7_fault *f, struct pp_buf *out) {
    char line[FAULT_LINE_MAX];
    fault_line(f, line);
    pp_buf_addz(out, line);
}

int pp_hl7_fault_err(const struct pp_hl7_msg *m, struct pp_err *err) {
    if (pp_arena_failed(m->arena)) /* what seems to be missing was there, and could not be read */
        return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    uint32_t kept = m->faults_n < PP_HL7_FAULTS_MAX ? m->faults_n : PP_HL7_FAULTS_MAX;
    for (uint32_t i = 0; i < kept; i++) {
        const struct pp_hl7_fault *f = &m->faults[i];
        if (f->severity != 'E') continue;
        char line[FAULT_LINE_MAX];
        fault_line(f, line);
        pp_err_set(err, PP_ERR_INVALID, "%s", line);
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
    case PP_HL7_MIXED_ENDS: return "carriage return and line feed end segments";
    case PP_HL7_CHARSET_DOUBTED: return "the bytes speak against MSH-18";
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

/* The next segment end of a message whose profile lets CR and LF both end one. */
static const char *either_end(const char *p, size_t n) {
    const char *cr = memchr(p, '\r', n), *lf = memchr(p, '\n', cr ? (size_t)(cr - p) : n);
    return lf ? lf : cr;
}

static size_t count_ends(const char *p, const char *stop, char end) {
    size_t n = 0;
    for (; (p = memchr(p, end, (size_t)(stop - p))); p++) n++;
    return n;
}

/* What ends the segments: CR, LF, or 0 for either. */
static char choose_end(struct pp_hl7_msg *m) {
    struct pp_str r = m->raw;
    uint32_t inner = r.n; /* a CR at the very end only closes what LF has separated */
    while (inner && memchr("\r\n\x1c", r.s[inner - 1], 3)) inner--;
    bool cr = memchr(r.s, '\r', inner), lf = memchr(r.s, '\n', inner);
    if (cr && lf && m->profile.mixed_ends) {
        m->flags |= PP_HL7_MIXED_ENDS;
        return 0;
    }
    if (lf && !cr) m->flags |= PP_HL7_LF_ENDS;
    return lf && !cr ? '\n' : '\r';
}

static int index_segments(struct pp_hl7_msg *m, struct pp_err *err) {
    struct pp_str r = m->raw;
    char end = choose_end(m);
    size_t count = 1 + count_ends(r.s, r.s + r.n, end ? end : '\r') + (end ? 0 : count_ends(r.s, r.s + r.n, '\n'));
    if (count > PP_HL7_SEGMENTS_MAX) return pp_err_set(err, PP_ERR_LIMIT, "more than %d segments", PP_HL7_SEGMENTS_MAX);
    m->segs = pp_arena_array(m->arena, struct pp_hl7_seg, count);
    if (!m->segs) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");

    for (uint32_t off = 0; off < r.n;) {
        const char *e = end ? memchr(r.s + off, end, r.n - off) : either_end(r.s + off, r.n - off);
        uint32_t stop = e ? (uint32_t)(e - r.s) : r.n, next = e ? stop + 1 : r.n;
        if (!end && next < r.n && r.s[next - 1] == '\r' && r.s[next] == '\n') next++;
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

static bool all_plain(struct pp_str s) {
    uint32_t i = 0;
    for (uint64_t word; s.n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, s.s + i, sizeof word);
        /* a byte above 0x7f, or a zero byte */
        if ((word | (word - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) break;
    }
    for (; i < s.n; i++)
        if ((signed char)s.s[i] <= 0) return false;
    return true;
}

static void settle_charset(struct pp_hl7_msg *m) {
    const struct pp_hl7_profile *p = &m->profile;
    m->charset = p->charset_default;
    m->plain = all_plain(m->raw);
    struct pp_str name = pp_str_trim(pp_hl7_rep(m, pp_hl7_field(m, &m->segs[0], 18), 1));
    bool said = name.n && !pp_hl7_is_null(name) && !p->charset_ignore_msh18;
    if (said && !pp_hl7_charset_of(name, &m->charset)) {
        m->flags |= PP_HL7_CHARSET_UNKNOWN;
        pp_hl7_fault(m, 'W', 103, &m->segs[0], 18, 0, "the character set is not known to us");
        said = false;
    }
    if (m->plain) return;
    bool utf8 = pp_hl7_utf8_valid(m->raw), high = false;
    for (uint32_t i = 0; i < m->raw.n && !high; i++) high = (unsigned char)m->raw.s[i] >= 0x80;
    if (m->charset == PP_HL7_UTF8 && !utf8) {
        m->charset = PP_HL7_LATIN1;
        m->flags |= PP_HL7_LATIN1_FALLBACK;
        pp_hl7_fault(m, 'W', 102, &m->segs[0], 18, 0, "the bytes are not UTF-8 and were read as Latin-1");
    } else if (high && said && utf8 &&
               (m->charset != PP_HL7_UTF8 || pp_str_ieq(name, PP_STR("ASCII")) ||
                pp_str_ieq(name, PP_STR("ISO IR6")))) {
        /* Text in a single-byte set is hardly ever valid UTF-8 by chance. The standard lets MSH-18 win; a person looks.
         */
        m->flags |= PP_HL7_CHARSET_DOUBTED;
        pp_hl7_fault(m, 'W', 103, &m->segs[0], 18, 0,
                     "the bytes look like UTF-8, which the character set does not say");
    }
}

static bool is_utf16(struct pp_str r) {
    return r.n >= 4 && (memcmp(r.s, "\xff\xfe", 2) == 0 || memcmp(r.s, "\xfe\xff", 2) == 0 ||
                        memcmp(r.s, "M\0S", 4) == 0 || memcmp(r.s, "\0M\0", 4) == 0);
}

int pp_hl7_parse(struct pp_str raw, const struct pp_hl7_profile *profile, struct pp_arena *arena,
                 struct pp_hl7_msg *ret, struct pp_err *err) {
    *ret = (struct pp_hl7_msg){.raw = raw, .arena = arena};
    if (profile) ret->profile = *profile;
    if (raw.n >= 3 && memcmp(raw.s, "\xef\xbb\xbf", 3) == 0) {
        ret->flags |= PP_HL7_BOM;
        ret->raw = (struct pp_str){raw.s + 3, raw.n - 3};
    }
    while (ret->raw.n && memchr(" \t\r\n\x0b", ret->raw.s[0], 5)) {
        ret->flags |= PP_HL7_NOISE_BEFORE;
        ret->raw.s++;
        ret->raw.n--;
    }
    if (is_utf16(ret->raw))
        return refuse_msh(ret, 0, "the message is UTF-16; character sets of one byte and UTF-8 are read", err);
    if (ret->raw.n < 3 || memcmp(ret->raw.s, "MSH", 3) != 0)
        return refuse_msh(ret, 0, "the message does not begin with MSH", err);
    const char *reason = read_delims(ret->raw, &ret->d);
    if (reason) return refuse_msh(ret, ret->d.field ? 2 : 1, reason, err);
    if (index_segments(ret, err)) return -1;
    settle_charset(ret);
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
    if (pp_hl7_has_own_separator(seg)) {
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
    if (!(seg && field == 2 && pp_hl7_has_own_separator(seg))) {
        v = pp_hl7_rep(m, v, rep);
        if (comp) v = pp_hl7_comp(m, v, comp);
        if (comp && sub) v = pp_hl7_sub(m, v, sub);
    }
    return pp_hl7_text(m, pp_str_trim(v));
}

bool pp_hl7_place_at(struct pp_hl7_msg *m, uint32_t offset, struct pp_hl7_place *ret) {
    *ret = (struct pp_hl7_place){0};
    if (offset >= m->raw.n || m->segs_n == 0) return false;
    uint32_t low = 0, high = m->segs_n; /* the last segment that begins at or before offset */
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (m->segs[mid].off <= offset)
            low = mid;
        else
            high = mid;
    }
    struct pp_hl7_seg *s = &m->segs[low];
    memcpy(ret->segment, s->id, sizeof ret->segment);
    ret->index = s->index;
    ret->sequence = sequence_of(m, s);
    if (offset < s->off + 3 || (!s->ends && !index_fields(m, s))) return true;
    uint32_t at = 0;
    while (at + 1 < s->ends_n && s->ends[at] < offset) at++;
    bool own = pp_hl7_has_own_separator(s);
    ret->field = (uint16_t)(own ? at + 1 : at);
    if (at == 0 || (own && at == 1)) return true; /* the name, MSH-1 or MSH-2 */
    ret->repetition = ret->component = ret->subcomponent = 1;
    for (uint32_t i = s->ends[at - 1] + 1; i < offset; i++) {
        char c = m->raw.s[i];
        if (c == m->d.repetition) {
            ret->repetition++;
            ret->component = ret->subcomponent = 1;
        } else if (c == m->d.component) {
            ret->component++;
            ret->subcomponent = 1;
        } else if (c == m->d.subcomponent) {
            ret->subcomponent++;
        }
    }
    return true;
}
