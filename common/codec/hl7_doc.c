#include "codec/hl7_view.h"

/* Documents (MDM^T02, T04, T06, T08, T10) and results (ORU^R01): what the OBX segments carry, as text and as bytes. */

#define RENDER_MAX (4u << 20) /* text that one document may become, bytes */

bool pp_hl7_base64(struct pp_arena *a, struct pp_str text, struct pp_str *ret) {
    unsigned char *out = pp_arena_alloc(a, (size_t)text.n / 4 * 3 + 4);
    if (!out) return false;
    uint32_t bits = 0, have = 0, pad = 0, seen = 0, o = 0;
    for (uint32_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        int v = c >= 'A' && c <= 'Z'   ? c - 'A'
                : c >= 'a' && c <= 'z' ? c - 'a' + 26
                : c >= '0' && c <= '9' ? c - '0' + 52
                : c == '+' || c == '-' ? 62
                : c == '/' || c == '_' ? 63
                                       : -1;
        if (c == '\r' || c == '\n' || c == ' ' || c == '\t') continue;
        if (c == '=') {
            pad++;
            continue;
        }
        if (v < 0 || pad) return false;
        seen++;
        bits = bits << 6 | (uint32_t)v;
        if (++have == 4) {
            out[o++] = (unsigned char)(bits >> 16);
            out[o++] = (unsigned char)(bits >> 8);
            out[o++] = (unsigned char)bits;
            have = 0;
        }
    }
    if (have == 1 || pad > 2 || (pad && (seen + pad) % 4 != 0)) return false;
    if (have >= 2) out[o++] = (unsigned char)(bits >> (have == 3 ? 10 : 4));
    if (have == 3) out[o++] = (unsigned char)(bits >> 2);
    out[o] = '\0';
    *ret = (struct pp_str){(const char *)out, o};
    return o > 0;
}

static bool read_hex(struct pp_arena *a, struct pp_str text, struct pp_str *ret) {
    char *out = pp_arena_alloc(a, text.n / 2 + 1);
    uint32_t o = 0;
    int high = -1;
    for (uint32_t i = 0; out && i < text.n; i++) {
        char c = text.s[i];
        int v = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
        if (v < 0) return false;
        if (high >= 0) out[o++] = (char)(high << 4 | v);
        high = high < 0 ? v : -1;
    }
    if (!out || high >= 0 || o == 0) return false;
    *ret = (struct pp_str){out, o};
    return true;
}

/* ED-2 and ED-3 (tables 0191, 0291), as sent: `application^pdf`, `IM^JPEG`, `TEXT^HTML`, `AP^PDF`, or a whole media
 * type. */
static struct pp_str content_type_of(struct pp_hl7_msg *m, struct pp_str type, struct pp_str subtype) {
    static const struct {
        const char *name, *media;
    } known[] = {
        {"PDF", "application/pdf"},
        {"JPEG", "image/jpeg"},
        {"JPG", "image/jpeg"},
        {"PNG", "image/png"},
        {"GIF", "image/gif"},
        {"TIFF", "image/tiff"},
        {"TIF", "image/tiff"},
        {"DICOM", "application/dicom"},
        {"HTML", "text/html"},
        {"RTF", "application/rtf"},
        {"PLAIN", "text/plain"},
        {"TXT", "text/plain"},
        {"XML", "text/xml"},
        {"X-HL7-CDA-LEVEL-ONE", "text/xml"},
        {"SGML", "text/sgml"},
        {"BASIC", "audio/basic"},
        {"POSTSCRIPT", "application/postscript"},
    };
    struct pp_str names[] = {subtype, type};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (pp_str_ieq(names[k], pp_str_z(known[i].name)) || pp_str_ieq(names[k], pp_str_z(known[i].media)))
                return pp_arena_strz(m->arena, known[i].media);
    if (pp_str_ieq(type, PP_STR("TEXT")) || pp_str_ieq(type, PP_STR("FT")) || pp_str_ieq(type, PP_STR("TX")))
        return pp_arena_strz(m->arena, "text/plain");
    return pp_arena_strz(m->arena, "application/octet-stream");
}

/* OBX-5 of type ED: source^type^subtype^encoding^data. */
static const char *read_ed(struct pp_hl7_msg *m, struct pp_str value, struct pp_hl7_part *part) {
    struct pp_str type = pp_str_trim(pp_hl7_text(m, pp_hl7_comp(m, value, 2)));
    struct pp_str subtype = pp_str_trim(pp_hl7_text(m, pp_hl7_comp(m, value, 3)));
    struct pp_str encoding = pp_str_trim(pp_hl7_text(m, pp_hl7_comp(m, value, 4)));
    struct pp_str data = pp_hl7_comp(m, value, 5);
    part->content_type = content_type_of(m, type, subtype);
    if (pp_str_trim(data).n == 0) return "the document has no bytes";
    data = pp_hl7_unescape(m, data);
    if (pp_str_ieq(encoding, PP_STR("Base64")))
        return pp_hl7_base64(m->arena, data, &part->bytes) ? NULL : "the bytes of the document are not base64";
    if (pp_str_ieq(encoding, PP_STR("Hex")))
        return read_hex(m->arena, data, &part->bytes) ? NULL : "the bytes of the document are not hexadecimal";
    part->bytes = data; /* "A", or no encoding named */
    return NULL;
}

/* OBX-5 as text: repetitions are lines; SN and code types are joined the way people write them. */
static struct pp_str value_text(struct pp_hl7_msg *m, struct pp_hl7_seg *s, struct pp_str type) {
    struct pp_str f = pp_hl7_field(m, s, 5);
    if (pp_hl7_is_null(f) || f.n == 0) return PP_STR_NONE;
    bool coded = pp_str_eqz(type, "CE") || pp_str_eqz(type, "CWE") || pp_str_eqz(type, "CNE") || pp_str_eqz(type, "CF");
    bool joined = pp_str_eqz(type, "SN");
    bool names = pp_str_eqz(type, "XCN") || pp_str_eqz(type, "XPN") || pp_str_eqz(type, "CX") || pp_str_eqz(type, "EI");
    struct pp_buf b;
    pp_buf_init(&b, RENDER_MAX);
    for (bool first = true; f.n || first; first = false) {
        struct pp_str rep = pp_str_split(&f, m->d.repetition);
        if (!first) pp_buf_addc(&b, '\n');
        if (coded) {
            struct pp_hl7_code c = pp_hl7_code_of(m, rep);
            pp_buf_adds(&b, c.text.n ? c.text : c.code.n ? c.code : c.alt_text);
            continue;
        }
        if (!joined && !names) {
            pp_buf_adds(&b, pp_hl7_text(m, rep));
            continue;
        }
        for (unsigned k = 1; k <= 4; k++) {
            struct pp_str c = pp_hl7_text(m, pp_hl7_comp(m, rep, k));
            if (names && c.n && k > 1) pp_buf_addc(&b, ' ');
            pp_buf_adds(&b, c);
        }
    }
    struct pp_str text = pp_arena_str(m->arena, pp_buf_str(&b));
    if (b.failed) m->arena->failed = true; /* half a value is none */
    pp_buf_free(&b);
    return text;
}

static void add_line(struct pp_buf *b, struct pp_str text) {
    pp_buf_adds(b, text);
    pp_buf_addc(b, '\n');
}

static bool is_prose(struct pp_str type) {
    return pp_str_eqz(type, "TX") || pp_str_eqz(type, "FT") || pp_str_eqz(type, "ST") || type.n == 0;
}

/* One observation as a line: "Hemoglobin: 13.7 g/dl (12.0-14.1) H". Prose stands as it is under its heading. */
static void render(struct pp_buf *b, const struct pp_hl7_observation *o, const struct pp_hl7_observation *before) {
    struct pp_str name = o->what.text.n ? o->what.text : o->what.code;
    bool prose = is_prose(o->value_type) && o->units.n == 0 && o->range.n == 0;
    bool same = before && is_prose(before->value_type) && pp_str_eq(before->what.code, o->what.code) &&
                pp_str_eq(before->what.text, o->what.text);
    if (prose) {
        if (!same && name.n) {
            pp_buf_adds(b, name);
            pp_buf_addz(b, ":\n");
        }
        add_line(b, o->value);
        return;
    }
    pp_buf_adds(b, name);
    pp_buf_addz(b, ": ");
    pp_buf_adds(b, o->value);
    if (o->units.n) pp_buf_printf(b, " %.*s", PP_FMT(o->units));
    if (o->range.n) pp_buf_printf(b, " (%.*s)", PP_FMT(o->range));
    if (o->flags.n) pp_buf_printf(b, " %.*s", PP_FMT(o->flags));
    pp_buf_addc(b, '\n');
}

/* ED or RP: a part. Returns what is wrong with it, or NULL. */
static const char *read_part(struct pp_hl7_msg *m, struct pp_hl7_seg *s, struct pp_str type, struct pp_hl7_part *part) {
    struct pp_str value = pp_hl7_rep(m, pp_hl7_field(m, s, 5), 1);
    *part =
        (struct pp_hl7_part){.segment = s->index, .what = pp_hl7_code_of(m, pp_hl7_rep(m, pp_hl7_field(m, s, 3), 1))};
    if (pp_str_eqz(type, "ED")) return read_ed(m, value, part);
    part->reference = pp_str_trim(pp_hl7_text(m, pp_hl7_comp(m, value, 1)));
    part->content_type = content_type_of(m, pp_str_trim(pp_hl7_text(m, pp_hl7_comp(m, value, 3))),
                                         pp_str_trim(pp_hl7_text(m, pp_hl7_comp(m, value, 4))));
    return NULL;
}

static void choose_content(struct pp_hl7_msg *m, struct pp_hl7_content *c) {
    for (uint32_t i = 0; i < c->parts_n && c->bytes.n == 0; i++) {
        c->bytes = c->parts[i].bytes;
        c->content_type = c->parts[i].content_type;
    }
    if (c->bytes.n == 0 && c->observations_n) {
        c->bytes = c->text;
        c->content_type = pp_arena_strz(m->arena, "text/plain; charset=utf-8");
    }
}

/* Content of the OBX and NTE segments in [from, stop) of segs. title heads the rendered text. -1: broken base64. */
static int read_content(struct pp_hl7_msg *m, uint32_t from, uint32_t stop, struct pp_str title,
                        struct pp_hl7_content *ret, struct pp_err *err) {
    struct pp_hl7_content c = {0};
    uint32_t obx = 0;
    for (uint32_t i = from; i < stop; i++) obx += pp_hl7_is(&m->segs[i], "OBX");
    c.parts = obx ? pp_arena_array(m->arena, struct pp_hl7_part, obx) : NULL;
    c.observations = obx ? pp_arena_array(m->arena, struct pp_hl7_observation, obx) : NULL;
    if (obx && (!c.parts || !c.observations))
        return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    struct pp_buf b;
    pp_buf_init(&b, RENDER_MAX);
    if (title.n) add_line(&b, title);
    const struct pp_hl7_observation *before = NULL;
    for (uint32_t i = from; i < stop; i++) {
        struct pp_hl7_seg *s = &m->segs[i];
        struct pp_str type = pp_hl7_is(s, "OBX") ? pp_hl7_val(m, s, 2, 1) : PP_STR_NONE;
        if (pp_hl7_is(s, "NTE")) {
            struct pp_str note = pp_hl7_val(m, s, 3, 0);
            if (note.n) add_line(&b, note);
            before = NULL;
        } else if (pp_str_eqz(type, "ED") || pp_str_eqz(type, "RP")) {
            const char *wrong = read_part(m, s, type, &c.parts[c.parts_n]);
            if (wrong) {
                pp_buf_free(&b);
                return pp_hl7_refuse(m, s, 5, 5, wrong, err);
            }
            c.parts_n++;
        } else if (pp_hl7_is(s, "OBX")) {
            struct pp_hl7_observation *o = &c.observations[c.observations_n];
            *o = (struct pp_hl7_observation){s->index,
                                             pp_hl7_val(m, s, 1, 0),
                                             type,
                                             pp_hl7_code_of(m, pp_hl7_rep(m, pp_hl7_field(m, s, 3), 1)),
                                             value_text(m, s, type),
                                             pp_hl7_val(m, s, 6, 1),
                                             pp_hl7_val(m, s, 7, 0),
                                             pp_hl7_val(m, s, 8, 1),
                                             pp_hl7_val(m, s, 11, 1)};
            if (o->value.n == 0) continue;
            render(&b, o, before);
            before = o;
            c.observations_n++;
        }
    }
    c.text = pp_arena_str(m->arena, pp_buf_str(&b));
    bool failed = b.failed;
    pp_buf_free(&b);
    m->arena->failed |= failed;
    if (failed) return pp_err_set(err, PP_ERR_LIMIT, "the text of the document is larger than %u bytes", RENDER_MAX);
    choose_content(m, &c);
    *ret = c;
    return 0;
}

/* ---- MDM ---- */

/* TXA-14 and 15, else what ORC or OBR before the TXA say. */
static void read_document_orders(struct pp_hl7_msg *m, struct pp_hl7_seg *txa, struct pp_hl7_document *d) {
    struct pp_hl7_seg *places[] = {pp_hl7_find(m, "ORC", 1), pp_hl7_find(m, "OBR", 1)};
    d->placer_orders = pp_hl7_ids_of(m, txa, 14, true, &d->placer_orders_n);
    d->filler = pp_hl7_ei_in(m, txa, 15);
    for (size_t i = 0; i < 2; i++) {
        if (d->placer_orders_n == 0) d->placer_orders = pp_hl7_ids_of(m, places[i], 2, true, &d->placer_orders_n);
        if (d->filler.value.n == 0) d->filler = pp_hl7_ei_in(m, places[i], 3);
    }
}

int pp_hl7_read_document(struct pp_hl7_msg *m, struct pp_hl7_document *ret, struct pp_err *err) {
    struct pp_hl7_document d = {0};
    if (pp_hl7_read_msh(m, &d.msh, err) || pp_hl7_read_person(m, &d.person, err)) return -1;
    struct pp_hl7_seg *txa = pp_hl7_find(m, "TXA", 1);
    if (!txa) return pp_hl7_refuse(m, NULL, 0, 0, "the segment TXA is missing", err);
    d.segment = txa->index;
    d.type = pp_hl7_code_of(m, pp_hl7_rep(m, pp_hl7_field(m, txa, 2), 1));
    d.number = pp_hl7_ei_in(m, txa, 12);
    d.parent = pp_hl7_ei_in(m, txa, 13);
    if (d.type.code.n == 0 && d.type.text.n == 0)
        return pp_hl7_refuse(m, txa, 2, 1, "the document type is missing", err);
    if (d.number.value.n == 0) /* EI with an empty first component and the number as universal id is a known habit */
        d.number.value = pp_hl7_val(m, txa, 12, 3);
    if (d.number.value.n == 0) return pp_hl7_refuse(m, txa, 12, 1, "the document number is missing", err);
    read_document_orders(m, txa, &d);
    d.activity = pp_hl7_ts_of(m, txa, 4, 0);
    d.originated = pp_hl7_ts_of(m, txa, 6, 0);
    d.author = pp_hl7_provider_of(m, txa, 9);
    if (d.author.id.n == 0 && d.author.name.family.n == 0) d.author = pp_hl7_provider_of(m, txa, 5);
    d.signer = pp_hl7_provider_of(m, txa, 22);
    d.signed_at = pp_hl7_ts_of(m, txa, 22, 15);
    d.completion = pp_hl7_val(m, txa, 17, 1);
    d.confidentiality = pp_hl7_val(m, txa, 18, 1);
    d.availability = pp_hl7_val(m, txa, 19, 1);
    d.title = d.type.text;
    if (d.title.n == 0) d.title = pp_hl7_val(m, pp_hl7_find(m, "OBX", txa->index), 3, 2);
    if (read_content(m, txa->index, m->segs_n, PP_STR_NONE, &d.content, err)) return -1;
    if (d.content.bytes.n == 0 && d.content.parts_n == 0)
        return pp_hl7_refuse(m, txa, 0, 0, "no OBX with content follows", err);
    if (pp_arena_failed(m->arena)) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    *ret = d;
    return 0;
}

/* ---- ORU ---- */

static void read_result(struct pp_hl7_msg *m, struct pp_hl7_seg *orc, struct pp_hl7_seg *obr, uint32_t stop,
                        struct pp_hl7_results *r, struct pp_err *err) {
    struct pp_hl7_result x = {
        .segment = obr->index, .placer = pp_hl7_ei_in(m, obr, 2), .filler = pp_hl7_ei_in(m, obr, 3)};
    if (x.placer.value.n == 0) x.placer = pp_hl7_ei_in(m, orc, 2);
    if (x.filler.value.n == 0) x.filler = pp_hl7_ei_in(m, orc, 3);
    x.service = pp_hl7_code_of(m, pp_hl7_rep(m, pp_hl7_field(m, obr, 4), 1));
    x.status = pp_hl7_val(m, obr, 25, 1);
    x.observed = pp_hl7_ts_of(m, obr, 7, 0);
    x.reported = pp_hl7_ts_of(m, obr, 22, 0);
    x.ordering = pp_hl7_provider_of(m, obr, 16);
    if (x.ordering.id.n == 0 && x.ordering.name.family.n == 0) x.ordering = pp_hl7_provider_of(m, orc, 12);
    x.interpreter = pp_hl7_provider_of(m, obr, 32);
    if (x.interpreter.id.n) { /* NDL: the person stands in subcomponents of the first component */
        struct pp_str person = pp_hl7_comp(m, pp_hl7_rep(m, pp_hl7_field(m, obr, 32), 1), 1);
        if (x.interpreter.name.family.n == 0) x.interpreter.name.family = pp_hl7_text(m, pp_hl7_sub(m, person, 2));
    }
    struct pp_str title = x.service.text.n ? x.service.text : x.service.code;
    int rc = read_content(m, obr->index, stop, title, &x.content, err);
    if (rc == 0 && x.content.bytes.n == 0 && x.content.parts_n == 0) {
        pp_hl7_fault(m, 'E', 101, obr, 0, 0, "no OBX with a value follows");
        rc = -1;
    }
    if (rc)
        r->refused_n++;
    else
        r->results[r->results_n++] = x;
}

int pp_hl7_read_results(struct pp_hl7_msg *m, struct pp_hl7_results *ret, struct pp_err *err) {
    struct pp_hl7_results r = {0};
    if (pp_hl7_read_msh(m, &r.msh, err) || pp_hl7_read_person(m, &r.person, err)) return -1;
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->segs_n; i++) n += pp_hl7_is(&m->segs[i], "OBR");
    if (n == 0) return pp_hl7_refuse(m, NULL, 0, 0, "the segment OBR is missing", err);
    r.results = pp_arena_array(m->arena, struct pp_hl7_result, n);
    if (!r.results) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    struct pp_hl7_seg *orc = NULL;
    for (struct pp_hl7_seg *obr = pp_hl7_find(m, "OBR", 1); obr;) {
        struct pp_hl7_seg *next = pp_hl7_find(m, "OBR", obr->index);
        orc = obr->index > 1 && pp_hl7_is(obr - 1, "ORC") ? obr - 1 : orc;
        uint32_t stop = next ? next->index - 1 : m->segs_n;
        if (next && pp_hl7_is(next - 1, "ORC")) stop--;
        read_result(m, orc, obr, stop, &r, err);
        obr = next;
    }
    if (r.results_n == 0) return pp_hl7_fault_err(m, err);
    if (pp_arena_failed(m->arena)) return pp_err_set(err, PP_ERR_LIMIT, "the message needs more memory than its limit");
    *ret = r;
    return 0;
}
