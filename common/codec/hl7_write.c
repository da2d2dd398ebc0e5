#include "codec/hl7_write.h"

const struct pp_hl7_delims pp_hl7_usual = {'|', '^', '~', '\\', '&', 0};

static void fail(struct pp_hl7_out *w, const char *why) {
    if (!w->fault) w->fault = why;
}

void pp_hl7_out_begin(struct pp_hl7_out *w, const struct pp_hl7_delims *d, struct pp_buf *out) {
    *w = (struct pp_hl7_out){.out = out, .d = d ? *d : pp_hl7_usual, .start = out->n};
}

void pp_hl7_put_delims(const struct pp_hl7_delims *d, struct pp_buf *out) {
    const char encoding[] = {d->field, d->component, d->repetition, d->escape, d->subcomponent};
    pp_buf_add(out, encoding, sizeof encoding);
    if (d->truncation) pp_buf_addc(out, d->truncation);
}

static bool is_name(const char *name) {
    for (int i = 0; i < 3; i++)
        if (!((name[i] >= 'A' && name[i] <= 'Z') || (i > 0 && name[i] >= '0' && name[i] <= '9'))) return false;
    return name[3] == '\0';
}

void pp_hl7_out_segment(struct pp_hl7_out *w, const char *name) {
    bool msh = strncmp(name, "MSH", 3) == 0;
    if (!is_name(name)) return fail(w, "a segment name is three capital letters or digits");
    if (msh != (w->segments_n == 0)) return fail(w, "MSH stands first, and nowhere else");
    if (w->segments_n) pp_buf_addc(w->out, '\r');
    memcpy(w->segment, name, sizeof w->segment);
    pp_buf_add(w->out, name, 3);
    w->segments_n++;
    w->field = 0;
    w->rep = w->comp = w->sub = 1;
    if (!msh) return;
    pp_hl7_put_delims(&w->d, w->out);
    w->field = 2;
}

static void add_many(struct pp_buf *out, char c, unsigned n) {
    for (; n > 0; n--) pp_buf_addc(out, c);
}

/* Delimiters from the last value to this place. False: it lies before it. */
static bool go_to(struct pp_hl7_out *w, unsigned field, unsigned rep, unsigned comp, unsigned sub) {
    if (!w->segment[0] || !field || !rep || !comp || !sub) return false;
    if (field != w->field) {
        if (field < w->field) return false;
        add_many(w->out, w->d.field, field - w->field);
        w->rep = w->comp = w->sub = 1;
    } else if (w->field <= 2 && strcmp(w->segment, "MSH") == 0) {
        return false;
    } else if (rep == w->rep && comp == w->comp && sub <= w->sub) {
        return false;
    }
    if (rep != w->rep) {
        if (rep < w->rep) return false;
        add_many(w->out, w->d.repetition, rep - w->rep);
        w->comp = w->sub = 1;
    }
    if (comp != w->comp) {
        if (comp < w->comp) return false;
        add_many(w->out, w->d.component, comp - w->comp);
        w->sub = 1;
    }
    if (sub < w->sub) return false;
    add_many(w->out, w->d.subcomponent, sub - w->sub);
    w->field = field;
    w->rep = rep;
    w->comp = comp;
    w->sub = sub;
    return true;
}

void pp_hl7_out_put(struct pp_hl7_out *w, unsigned field, unsigned rep, unsigned comp, unsigned sub,
                    struct pp_str text) {
    if (w->fault || text.n == 0) return;
    if (!pp_hl7_utf8_valid(text)) return fail(w, "a value is not UTF-8");
    if (!go_to(w, field, rep, comp, sub)) return fail(w, "values are given in the order of their places");
    if (field >= 9 && field <= 12 && strcmp(w->segment, "MSH") == 0) w->header |= 1u << (field - 9);
    for (uint32_t i = 0; i < text.n && !w->high; i++) w->high = (unsigned char)text.s[i] >= 0x80;
    pp_hl7_escape(&w->d, text, w->out);
}

void pp_hl7_out_date(struct pp_hl7_out *w, unsigned field, unsigned comp, pp_date date) {
    char iso[11], plain[9];
    if (date == 0) return;
    pp_date_text(date, iso);
    memcpy(plain, iso, 4);
    memcpy(plain + 4, iso + 5, 2);
    memcpy(plain + 6, iso + 8, 3);
    pp_hl7_out_val(w, field, comp, pp_str_z(plain));
}

void pp_hl7_out_null(struct pp_hl7_out *w, unsigned field) {
    if (w->fault) return;
    if (!go_to(w, field, 1, 1, 1)) return fail(w, "values are given in the order of their places");
    pp_buf_addz(w->out, "\"\"");
}

int pp_hl7_out_end(struct pp_hl7_out *w, struct pp_err *err) {
    if (!w->fault && w->header != 0xf) fail(w, "MSH-9 to MSH-12 are needed: type, number, processing id, version");
    if (!w->fault) pp_buf_addc(w->out, '\r');
    bool full = w->out->failed;
    if (!w->fault && !full) return 0;
    w->out->n = w->start;
    return full ? pp_err_set(err, PP_ERR_LIMIT, "the message is larger than its buffer")
                : pp_err_set(err, PP_ERR_INVALID, "%s", w->fault);
}

/* ---- what was read ---- */

static void put_hex(const struct pp_hl7_delims *d, unsigned char c, struct pp_buf *out) {
    pp_buf_printf(out, "%cX%02X%c", d->escape, c, d->escape);
}

/* Bytes of a field; separators and escapes stay, what could be taken for something else is escaped. */
static void write_field(const struct pp_hl7_msg *m, struct pp_str f, struct pp_buf *out) {
    for (uint32_t i = 0; i < f.n;) {
        char c = f.s[i];
        if (c == m->d.escape) {
            uint32_t stop = i; /* no escape reaches over a separator */
            while (stop < f.n && f.s[stop] != m->d.component && f.s[stop] != m->d.subcomponent &&
                   f.s[stop] != m->d.repetition)
                stop++;
            uint32_t n = pp_hl7_escape_length(m, (struct pp_str){f.s + i, stop - i});
            if (n == 0)
                pp_buf_printf(out, "%cE%c", c, c);
            else
                pp_buf_add(out, f.s + i, n);
            i += n ? n : 1;
            continue;
        }
        i++;
        if (c == '\n')
            pp_hl7_escape(&m->d, PP_STR("\n"), out);
        else if ((unsigned char)c < ' ' && c != '\t')
            put_hex(&m->d, (unsigned char)c, out);
        else
            pp_buf_addc(out, c);
    }
}

int pp_hl7_write(struct pp_hl7_msg *m, struct pp_buf *out, struct pp_err *err) {
    size_t start = out->n;
    if (m->flags & (PP_HL7_BAD_SEGMENT_ID | PP_HL7_SECOND_MSH))
        return pp_err_set(err, PP_ERR_INVALID, "the message holds lines that are no segments, or a second MSH");
    for (uint32_t i = 0; i < m->segs_n; i++) {
        struct pp_hl7_seg *s = &m->segs[i];
        const bool own = pp_hl7_has_own_separator(s);
        pp_buf_add(out, s->id, 3);
        (void)pp_hl7_field(m, s, 1); /* makes the index of fields */
        if (!s->ends) {
            out->n = start;
            return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
        }
        if (i == 0) {
            pp_hl7_put_delims(&m->d, out);
        } else if (own && s->n > 3) { /* a header of a batch: its own delimiters are no concern of the message's */
            struct pp_str encoding = pp_hl7_field(m, s, 2);
            pp_buf_addc(out, m->d.field);
            for (uint32_t k = 0; k < encoding.n; k++)
                if ((unsigned char)encoding.s[k] >= ' ') pp_buf_addc(out, encoding.s[k]);
        }
        for (uint32_t f = own ? 3 : 1; f <= s->ends_n - !own; f++) {
            pp_buf_addc(out, m->d.field);
            write_field(m, pp_hl7_field(m, s, f), out);
        }
        pp_buf_addc(out, '\r');
    }
    if (!out->failed) return 0;
    out->n = start;
    return pp_err_set(err, PP_ERR_LIMIT, "the message is larger than its buffer");
}
