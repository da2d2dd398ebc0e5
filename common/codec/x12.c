#include "codec/x12_int.h"
#include <stdlib.h>

/* The reader: bytes to segments. What the segments of the envelope mean is in x12_envelope.c. */

struct pp_x12_reader *pp_x12_open(const struct pp_x12_opts *opts) {
    struct pp_x12_reader *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->st_hashes = calloc(CONTROL_NUMBERS, sizeof *r->st_hashes);
    if (!r->st_hashes) {
        free(r);
        return NULL;
    }
    if (opts) r->opts = *opts;
    if (r->opts.segment_max == 0) r->opts.segment_max = PP_X12_SEGMENT_MAX;
    pp_buf_init(&r->carry, r->opts.segment_max);
    r->state = SEEK;
    return r;
}

void pp_x12_close(struct pp_x12_reader *r) {
    if (!r) return;
    pp_buf_free(&r->carry);
    free(r->st_hashes);
    free(r);
}

const struct pp_x12_envelope *pp_x12_envelope(const struct pp_x12_reader *r) { return &r->env; }
const struct pp_x12_delims *pp_x12_delims(const struct pp_x12_reader *r) { return &r->d; }

static bool is_alnum(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* ---- between interchanges ---- */

/* "ISA" counts where an interchange may begin: at the start, after blanks, or, while lost, after a byte that is no
 * letter or digit and not the separator that follows (data like NARCISA or *ISA* is none). */
static size_t step_seek(struct pp_x12_reader *r, const char *p, size_t n, struct pp_x12_event *ret) {
    static const char want[] = "ISA";
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        r->offset++;
        if (r->found < 3 && c == want[r->found] && (r->found || !r->lost || !is_alnum((unsigned char)r->before))) {
            if (r->found++ == 0) r->seg_offset = r->offset - 1;
            continue;
        }
        if (r->found == 3 && !is_alnum((unsigned char)c) && !is_blank(c) && !(r->lost && c == r->before) && c != '\0') {
            memcpy(r->isa, want, 3);
            r->isa[3] = c;
            r->isa_n = 4;
            r->isa_seps = 1;
            r->isa_free = r->isa_wrapped = r->isa_blank = false;
            r->found = 0;
            r->state = HEADER;
            return i + 1;
        }
        bool utf16 = r->found == 1 && c == '\0';
        bool bom = !r->lost && ((r->offset == 1 && c == '\xef') || (r->offset == 2 && c == '\xbb') ||
                                (r->offset == 3 && c == '\xbf'));
        bool blank = r->found == 0 && (is_blank(c) || c == '\x1a' || c == '\0');
        if (r->found == 0) r->seg_offset = r->offset - 1;
        r->found = 0;
        r->before = c;
        if (bom && r->offset == 3) {
            x12_find(r, PP_X12_WARNING, PP_X12_F_BOM, "", 0, "the file begins with a byte order mark")->pos.offset = 0;
            ret->what = PP_X12_PROBLEM;
            return i + 1;
        }
        if (blank || bom || r->lost) continue;
        r->lost = true;
        ret->what = PP_X12_PROBLEM;
        if (utf16)
            x12_find(r, PP_X12_ERROR, PP_X12_F_ENCODING, "", 0,
                     "the file is UTF-16; bytes up to the next ISA are skipped");
        else
            x12_find(r, PP_X12_ERROR, PP_X12_F_NO_ISA, "", 0,
                     "no interchange begins here; bytes up to the next ISA are skipped");
        return i + 1;
    }
    return n;
}

/* ---- the header ---- */

static bool is_separator_place(uint32_t k) {
    static const uint8_t places[] = {3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103};
    return memchr(places, (int)k, sizeof places) != NULL;
}

/* The header cannot be read: look for the next one. */
static void refuse_header(struct pp_x12_reader *r, enum pp_x12_code code, const char *text, struct pp_x12_event *ret) {
    x12_close_levels(r, 0, ret);
    r->pos = (struct pp_x12_pos){.interchange = r->pos.interchange + 1, .ordinal = r->pos.ordinal};
    x12_find(r, PP_X12_ERROR, code, "ISA", 0, text);
    ret->what = PP_X12_PROBLEM;
    r->state = SEEK;
    r->lost = true;
    r->found = 0;
    r->before = 'x';
}

static void element_copy(char *ret, size_t size, const char *p, size_t n) {
    struct pp_str s = pp_str_trim((struct pp_str){p, (uint32_t)n});
    size_t take = s.n < size - 1 ? s.n : size - 1;
    if (take) memcpy(ret, s.s, take);
    ret[take] = '\0';
}

/* Splits the 16 elements of the header and fills the envelope. */
static void header_elements(struct pp_x12_reader *r, struct pp_x12_seg *s) {
    *s = (struct pp_x12_seg){.raw = {r->isa, r->isa_n}, .id = {r->isa, 3}, .key = X12_KEY('I', 'S', 'A'), .d = &r->d};
    uint32_t from = 4;
    for (uint32_t k = 4; k <= r->isa_n && s->n < 16; k++)
        if (k == r->isa_n || (unsigned char)r->isa[k] == r->d.element) {
            s->el[s->n++] = (struct pp_str){r->isa + from, k - from};
            from = k + 1;
        }
    struct pp_x12_envelope *e = &r->env;
    memset(e, 0, sizeof *e);
    struct {
        char *to;
        size_t size;
        unsigned el;
    } copies[] = {
        {e->isa05, sizeof e->isa05, 5},  {e->isa06, sizeof e->isa06, 6},  {e->isa07, sizeof e->isa07, 7},
        {e->isa08, sizeof e->isa08, 8},  {e->isa09, sizeof e->isa09, 9},  {e->isa10, sizeof e->isa10, 10},
        {e->isa12, sizeof e->isa12, 12}, {e->isa13, sizeof e->isa13, 13}, {e->isa14, sizeof e->isa14, 14},
        {e->isa15, sizeof e->isa15, 15},
    };
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++)
        element_copy(copies[i].to, copies[i].size, pp_x12_el(s, copies[i].el).s, pp_x12_el(s, copies[i].el).n);
}

/* Separators inside of elements, and bytes that a value should not have: see struct pp_x12_seg. */
static void count_specials(struct pp_x12_seg *s) {
    uint32_t n = 0;
    s->controls = false;
    for (uint32_t i = 0; i < s->raw.n; i++) {
        unsigned char c = (unsigned char)s->raw.s[i];
        if (c == s->d->element) continue;
        if (c == s->d->component || (c == s->d->repetition && c))
            n++;
        else if (c < 0x20 || c >= 0x7f)
            s->controls = true;
    }
    s->specials = n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

static void accept_header(struct pp_x12_reader *r, struct pp_x12_event *ret) {
    x12_close_levels(r, 0, ret);
    r->lost = false;
    r->told_breaks = r->told_indent = false;
    r->state = SEGMENT;
    pp_buf_reset(&r->carry);
    header_elements(r, &r->seg);
    struct pp_str rep = pp_x12_el(&r->seg, 11);
    bool has_repetition = strcmp(r->env.isa12, "00402") >= 0;
    bool usable = rep.n == 1 && !is_alnum((unsigned char)rep.s[0]) && !is_blank(rep.s[0]) &&
                  (unsigned char)rep.s[0] != r->d.element && (unsigned char)rep.s[0] != r->d.component;
    r->d.repetition = has_repetition && usable ? (unsigned char)rep.s[0] : 0;
    count_specials(&r->seg);
    x12_envelope_segment(r, ret);
    if (has_repetition && !usable)
        x12_find(r, PP_X12_WARNING, PP_X12_F_ISA_REPETITION, "ISA", 11, "this is no repetition separator; ignored");
    if (r->isa_wrapped) {
        r->told_breaks = true;
        x12_find(r, PP_X12_WARNING, PP_X12_F_LINE_BREAKS, "ISA", 0, "line breaks inside segments are dropped");
    }
    if (r->isa_blank)
        x12_find(r, PP_X12_WARNING, PP_X12_F_ISA_BLANK, "ISA", 16,
                 "blanks stand between ISA16 and the segment terminator");
    if (r->isa_free)
        x12_find(r, PP_X12_WARNING, PP_X12_F_ISA_REPAIRED, "ISA", 0,
                 "the header does not have its fixed widths; repaired");
    ret->findings_n = r->findings_n;
}

/* The byte after ISA16: the segment terminator, or blanks before it. */
static void take_terminator(struct pp_x12_reader *r, unsigned char c, struct pp_x12_event *ret) {
    r->d.component = (unsigned char)r->isa[r->isa_n - 1];
    if (c == ' ' && !r->isa_blank) {
        r->isa_blank = true;
        return;
    }
    if (c == ' ') return;
    if (r->d.component == r->d.element || is_alnum(r->d.component) || is_blank((char)r->d.component)) {
        refuse_header(r, PP_X12_F_ISA_DELIMITER, "ISA16 is no component separator", ret);
        return;
    }
    if (is_alnum(c) || c == r->d.element || c == r->d.component || c == '\0') {
        refuse_header(r, PP_X12_F_ISA_DELIMITER, "no segment terminator follows ISA16", ret);
        return;
    }
    r->d.segment[0] = c;
    r->d.segment_n = 1;
    if (c >= 0xc2 && c <= 0xef)
        r->state = HEADER_END;
    else
        accept_header(r, ret);
}

static size_t step_header(struct pp_x12_reader *r, const char *p, size_t n, struct pp_x12_event *ret) {
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        r->offset++;
        r->d.element = (unsigned char)r->isa[3];
        bool full = r->isa_free ? r->isa_seps == 16 && r->isa[r->isa_n - 1] != r->isa[3] : r->isa_n == ISA_BYTES;
        if (full) {
            take_terminator(r, c, ret);
            if (ret->what != PP_X12_NOTHING || r->state != HEADER) return i + 1;
            continue;
        }
        if (c == '\r' || c == '\n') {
            r->isa_wrapped = true;
            continue;
        }
        bool sep = c == r->d.element;
        if (!r->isa_free && sep != is_separator_place(r->isa_n)) {
            if (!r->opts.repair) {
                refuse_header(r, PP_X12_F_ISA_FORM,
                              sep ? "an element separator stands too early: collapsed blanks, or a "
                                    "separator inside a value"
                                  : "an element separator is not at its fixed place",
                              ret);
                return i + 1;
            }
            r->isa_free = true;
        }
        if (r->isa_n == ISA_BYTES) {
            refuse_header(r, PP_X12_F_ISA_FORM, "the header is longer than 106 bytes", ret);
            return i + 1;
        }
        r->isa_seps += sep;
        r->isa[r->isa_n++] = (char)c;
    }
    return n;
}

/* A terminator of two or three bytes (a character in UTF-8), where its first byte has been taken. */
static size_t step_header_end(struct pp_x12_reader *r, unsigned char c, struct pp_x12_event *ret) {
    unsigned want = r->d.segment[0] >= 0xe0 ? 3 : 2;
    if (c < 0x80 || c > 0xbf || r->d.segment_n == want) {
        if (r->d.segment_n != want) r->d.segment_n = 1; /* one byte of an older character set after all */
        accept_header(r, ret);
        return 0;
    }
    r->d.segment[r->d.segment_n++] = c;
    r->offset++;
    if (r->d.segment_n == want) accept_header(r, ret);
    return 1;
}

/* ---- segments ---- */

/* Drops CR and LF from a segment that was wrapped. The bytes are the reader's own or are copied there first. */
static struct pp_str drop_breaks(struct pp_x12_reader *r, struct pp_str raw) {
    if (raw.s != r->carry.p) {
        pp_buf_reset(&r->carry);
        pp_buf_adds(&r->carry, raw);
    }
    uint32_t o = 0;
    for (uint32_t i = 0; i < raw.n; i++) /* the carry may hold the terminator too */
        if (r->carry.p[i] != '\r' && r->carry.p[i] != '\n') r->carry.p[o++] = r->carry.p[i];
    r->carry_used = true;
    return (struct pp_str){r->carry.p, o};
}

static void split_elements(struct pp_x12_reader *r, struct pp_str raw) {
    struct pp_x12_seg *s = &r->seg;
    s->raw = raw;
    s->n = 0;
    s->binary_n = 0;
    s->d = &r->d;
    count_specials(s);
    const char *p = raw.s, *stop = raw.s + raw.n, *from = p;
    const char sep = (char)r->d.element;
    while (p < stop && *p != sep) p++;
    s->id = (struct pp_str){from, (uint32_t)(p - from)};
    s->key = 0;
    for (uint32_t i = 0; i < s->id.n && s->id.n <= 4; i++) s->key |= (uint32_t)(unsigned char)s->id.s[i] << (i * 8);
    while (p < stop) {
        from = ++p;
        while (p < stop && *p != sep) p++;
        if (s->n == PP_X12_ELEMENTS_MAX) {
            x12_find(r, PP_X12_ERROR, PP_X12_F_ELEMENT_COUNT, "", 0,
                     "the segment has more elements than any segment may have");
            return;
        }
        s->el[s->n++] = (struct pp_str){from, (uint32_t)(p - from)};
    }
}

static void give_segment(struct pp_x12_reader *r, struct pp_str raw, struct pp_x12_event *ret) {
    bool line_ends = r->d.segment[0] == '\r' || r->d.segment[0] == '\n';
    while (raw.n && (raw.s[raw.n - 1] == '\r' || raw.s[raw.n - 1] == '\n')) raw.n--;
    if (raw.n == 0) {
        if (line_ends) { /* an empty line: no event */
            pp_buf_reset(&r->carry);
            r->carry_used = false;
            return;
        }
        x12_find(r, PP_X12_WARNING, PP_X12_F_EMPTY_SEGMENT, "", 0, "a segment terminator stands alone")->pos.ordinal++;
        ret->what = PP_X12_PROBLEM;
        return;
    }
    if (memchr(raw.s, '\n', raw.n) || memchr(raw.s, '\r', raw.n)) {
        raw = drop_breaks(r, raw);
        if (!r->told_breaks)
            x12_find(r, PP_X12_WARNING, PP_X12_F_LINE_BREAKS, "", 0, "line breaks inside segments are dropped")
                ->pos.ordinal++;
        r->told_breaks = true;
    }
    split_elements(r, raw);
    r->pos.ordinal++;
    x12_envelope_segment(r, ret);
}

/* Is this the start of a binary segment? Then its head ends after `seps` separators. */
static uint32_t binary_head(const struct pp_x12_reader *r, const char *p) {
    if ((unsigned char)p[3] != r->d.element) return 0;
    return memcmp(p, "BIN", 3) == 0 ? 2 : memcmp(p, "BDS", 3) == 0 ? 3 : 0;
}

/* Adds bytes to the segment in hand. False: it is too long; it is told, and the rest of it is to be skipped. */
static bool append(struct pp_x12_reader *r, const char *p, size_t n, struct pp_x12_event *ret) {
    if (r->carry.n + n <= r->opts.segment_max) {
        pp_buf_add(&r->carry, p, n);
        if (!r->carry.failed) return true;
    }
    x12_find(r, PP_X12_ERROR, PP_X12_F_SEGMENT_SIZE, "", 0,
             "the segment is longer than our limit; skipped up to its end");
    ret->what = PP_X12_PROBLEM;
    pp_buf_reset(&r->carry);
    r->state = SKIP;
    return false;
}

static bool ends_with_terminator(const struct pp_x12_reader *r) {
    size_t k = r->d.segment_n;
    return r->carry.n >= k && memcmp(r->carry.p + r->carry.n - k, r->d.segment, k) == 0;
}

/* The first four bytes tell whether this is an ISA, a binary segment or any other. */
static void look_at_head(struct pp_x12_reader *r, const char *p) {
    if (memcmp(p, "ISA", 3) == 0 && !is_alnum((unsigned char)p[3]) && !is_blank(p[3]) &&
        (unsigned char)p[3] != r->d.segment[0]) {
        memcpy(r->isa, p, 4);
        r->isa_n = 4;
        r->isa_seps = 1;
        r->isa_free = r->isa_wrapped = r->isa_blank = false;
        r->state = HEADER;
        return;
    }
    r->head_seps = binary_head(r, p);
    if (r->head_seps) r->state = BINARY_HEAD;
}

/* Skips what may stand between a terminator and the next segment; returns how many bytes. Indentation is told once. */
static size_t skip_blanks(struct pp_x12_reader *r, const char *p, size_t n, struct pp_x12_event *ret) {
    size_t i = 0;
    while (i < n && is_blank(p[i]) && (unsigned char)p[i] != r->d.segment[0] && ret->what == PP_X12_NOTHING) {
        bool indent = p[i++] == ' ' && !r->told_indent;
        r->offset++;
        if (indent) {
            r->told_indent = true;
            r->seg_offset = r->offset - 1;
            x12_find(r, PP_X12_WARNING, PP_X12_F_INDENTED, "", 0, "blanks before segments are dropped");
            ret->what = PP_X12_PROBLEM;
        }
    }
    return i;
}

/* Byte by byte: for the first four bytes of a segment that is cut by a chunk, and for terminators of several bytes. */
static size_t take_byte(struct pp_x12_reader *r, const char *p, struct pp_x12_event *ret) {
    if (r->carry.n == 0) r->seg_offset = r->offset;
    if (!append(r, p, 1, ret)) return 0;
    r->offset++;
    if (ends_with_terminator(r)) {
        r->carry_used = true;
        give_segment(r, (struct pp_str){r->carry.p, (uint32_t)(r->carry.n - r->d.segment_n)}, ret);
    } else if (r->carry.n == 4) {
        look_at_head(r, r->carry.p);
        if (r->state == HEADER) pp_buf_reset(&r->carry);
    }
    return 1;
}

static size_t step_segment(struct pp_x12_reader *r, const char *p, size_t n, struct pp_x12_event *ret) {
    if (r->carry.n == 0) {
        size_t blanks = skip_blanks(r, p, n, ret);
        if (blanks) return blanks;
    }
    if (r->d.segment_n > 1 || (r->carry.n < 4 && (r->carry.n > 0 || n < 4))) return take_byte(r, p, ret);
    if (r->carry.n == 0) {
        r->seg_offset = r->offset;
        look_at_head(r, p);
        if (r->state == HEADER) {
            r->offset += 4;
            return 4;
        }
        if (r->state == BINARY_HEAD) return 0;
    }
    const char *e = memchr(p, r->d.segment[0], n);
    size_t len = e ? (size_t)(e - p) : n;
    if (e && r->carry.n == 0 && len <= r->opts.segment_max) { /* all of it in this chunk: no copy */
        r->offset += len + 1;
        give_segment(r, (struct pp_str){p, (uint32_t)len}, ret);
        return len + 1;
    }
    if (!append(r, p, len, ret)) return 0;
    r->offset += len;
    if (!e) return len;
    r->offset++;
    r->carry_used = true;
    give_segment(r, pp_buf_str(&r->carry), ret);
    return len + 1;
}

static size_t step_skip(struct pp_x12_reader *r, const char *p, size_t n) {
    const char *e = memchr(p, r->d.segment[r->d.segment_n - 1], n);
    size_t len = e ? (size_t)(e - p) + 1 : n;
    r->offset += len;
    if (e) {
        r->pos.ordinal++;
        r->pos.segment += r->in_st;
        r->state = SEGMENT;
    }
    return len;
}

/* ---- binary segments ---- */

/* BIN*length*data, BDS*filter*length*data: collects up to the separator before the data. */
static size_t step_binary_head(struct pp_x12_reader *r, const char *p, struct pp_x12_event *ret) {
    if (!append(r, p, 1, ret)) return 0;
    r->offset++;
    if (ends_with_terminator(r)) { /* no data at all */
        r->state = SEGMENT;
        r->carry_used = true;
        give_segment(r, (struct pp_str){r->carry.p, (uint32_t)(r->carry.n - r->d.segment_n)}, ret);
        return 1;
    }
    if ((unsigned char)*p != r->d.element) return 1;
    uint32_t seps = 0, last = 0;
    for (uint32_t i = 0; i < r->carry.n; i++)
        if ((unsigned char)r->carry.p[i] == r->d.element && ++seps < r->head_seps) last = i;
    if (seps < r->head_seps) return 1;
    int64_t length = -1;
    struct pp_str text = {r->carry.p + last + 1, (uint32_t)(r->carry.n - last - 2)};
    if (!pp_str_int(text, &length) || length < 0 || length > PP_X12_BINARY_MAX || text.s[0] == '+' ||
        text.s[0] == '-') {
        struct pp_x12_finding *f =
            x12_find(r, PP_X12_ERROR, PP_X12_F_BINARY_LENGTH, r->head_seps == 2 ? "BIN" : "BDS", r->head_seps - 1,
                     "the length of the binary data is no number, or over our limit");
        f->value = PP_X12_VALUE_NOT_NUMBER;
        f->pos.ordinal++;
        f->pos.segment += r->in_st;
        ret->what = PP_X12_PROBLEM;
        r->state = SEGMENT; /* read on as text; carry holds what has come */
        return 1;
    }
    r->binary_left = r->binary_n = (uint64_t)length;
    r->state = length ? BINARY : BINARY_END;
    return 1;
}

static size_t step_binary(struct pp_x12_reader *r, const char *p, size_t n, struct pp_x12_event *ret) {
    size_t len = n < r->binary_left ? n : (size_t)r->binary_left;
    r->offset += len;
    r->binary_left -= len;
    if (r->binary_left == 0) r->state = BINARY_END;
    ret->what = PP_X12_BINARY;
    ret->bytes = (struct pp_str){p, (uint32_t)len};
    return len;
}

static size_t step_binary_end(struct pp_x12_reader *r, const char *p, struct pp_x12_event *ret) {
    bool ends = (unsigned char)*p == r->d.segment[0];
    r->state = ends && r->d.segment_n == 1 ? SEGMENT : SKIP;
    r->carry_used = true;
    give_segment(r, pp_buf_str(&r->carry), ret);
    r->seg.binary_n = r->binary_n;
    if (ends) {
        if (r->d.segment_n > 1) { /* the rest of the terminator; its segment has been counted */
            r->pos.ordinal--;
            r->pos.segment -= r->in_st;
        } else {
            r->offset++;
        }
        return r->d.segment_n == 1;
    }
    x12_find(r, PP_X12_ERROR, PP_X12_F_BINARY_LENGTH, r->head_seps == 2 ? "BIN" : "BDS", r->head_seps - 1,
             "the binary data do not end where their length says")
        ->value = PP_X12_VALUE_OTHER;
    ret->findings_n = r->findings_n;
    r->pos.ordinal--; /* step_skip counts what it skips */
    r->pos.segment -= r->in_st;
    return 0;
}

/* ---- feeding ---- */

static void begin_event(struct pp_x12_reader *r, struct pp_x12_event *ret) {
    *ret = (struct pp_x12_event){.what = PP_X12_NOTHING};
    r->findings_n = 0;
    if (r->carry_used) {
        pp_buf_reset(&r->carry);
        r->carry_used = false;
    }
    if (r->closing) x12_forget(r);
}

static void end_event(struct pp_x12_reader *r, struct pp_x12_event *ret) {
    ret->findings = r->findings;
    ret->findings_n = r->findings_n;
    if (ret->what == PP_X12_NOTHING && r->findings_n) ret->what = PP_X12_PROBLEM;
    if (ret->what != PP_X12_SEGMENT) {
        ret->pos = r->pos;
        ret->pos.offset = r->seg_offset;
    }
}

/* What x12_quick_segment leaves of its event. Not by zeroing all of it first: that costs as much as reading a segment.
 */
static void rest_of_quick_event(struct pp_x12_reader *r, struct pp_x12_event *ret) {
    ret->bytes = PP_STR_NONE;
    ret->transaction_lost = ret->end = false;
    ret->lost_pos = (struct pp_x12_pos){0};
    ret->findings = r->findings;
    ret->findings_n = r->findings_n = 0;
}

size_t pp_x12_feed(struct pp_x12_reader *r, const char *p, size_t n, struct pp_x12_event *ret) {
    size_t i = 0;
    if (r->state == SEGMENT && r->in_st && r->d.segment_n == 1 && r->carry.n == 0 && !r->closing) {
        i = x12_quick_segment(r, p, n, ret);
        if (i) {
            rest_of_quick_event(r, ret);
            return i;
        }
    }
    begin_event(r, ret);
    while (i < n && ret->what == PP_X12_NOTHING) {
        switch (r->state) {
        case SEEK: i += step_seek(r, p + i, n - i, ret); break;
        case HEADER: i += step_header(r, p + i, n - i, ret); break;
        case HEADER_END: i += step_header_end(r, (unsigned char)p[i], ret); break;
        case SEGMENT: i += step_segment(r, p + i, n - i, ret); break;
        case BINARY_HEAD: i += step_binary_head(r, p + i, ret); break;
        case BINARY: i += step_binary(r, p + i, n - i, ret); break;
        case BINARY_END: i += step_binary_end(r, p + i, ret); break;
        case SKIP: i += step_skip(r, p + i, n - i); break;
        }
    }
    end_event(r, ret);
    return i;
}

void pp_x12_finish(struct pp_x12_reader *r, struct pp_x12_event *ret) {
    begin_event(r, ret);
    if (r->finished) {
        end_event(r, ret);
        ret->end = true;
        return;
    }
    if (r->state == HEADER || r->state == HEADER_END) {
        refuse_header(r, PP_X12_F_TRUNCATED, "the file ends inside the header", ret);
    } else if (r->state == SEGMENT && r->carry.n) {
        /* The last terminator is missing: the segment counts, but is told. */
        r->carry_used = true;
        give_segment(r, pp_buf_str(&r->carry), ret);
        x12_find(r, PP_X12_WARNING, PP_X12_F_TRUNCATED, "", 0, "the file ends without a segment terminator");
    } else if (r->state != SEEK && r->state != SEGMENT) {
        x12_find(r, PP_X12_ERROR, PP_X12_F_TRUNCATED, "", 0, "the file ends inside a segment");
        r->state = SEGMENT;
        pp_buf_reset(&r->carry);
    } else {
        if (r->pos.interchange == 0 && !r->lost)
            x12_find(r, PP_X12_ERROR, PP_X12_F_NO_ISA, "", 0, "the file holds no interchange");
        x12_close_levels(r, 0, ret);
        r->finished = true;
        r->state = SEEK;
    }
    end_event(r, ret);
    ret->end = ret->what == PP_X12_NOTHING && r->finished;
}
