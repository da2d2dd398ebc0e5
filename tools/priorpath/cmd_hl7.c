/* priorpath hl7 show: what stands in an HL7 v2 file, field by field with names, and what is wrong with it. Reads plain
 * messages, batch files and captures of MLLP connections; needs no installation. */
#include "cli.h"

#include "codec/hl7_batch.h"
#include "codec/hl7_names.h"
#include "codec/hl7_view.h"
#include "codec/mllp.h"

#include <jansson.h>

#define FILE_BYTES_MAX ((size_t)256 << 20)
#define ARENA_MAX ((size_t)512 << 20)
#define COMPONENTS_MAX 256 /* of one repetition that are shown */

enum { SHOW_CLEAN = CLI_OK, SHOW_FINDINGS = 1, SHOW_UNREADABLE = 2 };

static const struct pp_config_key keys[] = {
    CLI_KEY_JSON,
    {"raw", PP_CFG_BOOL, 0, 0, "", "false", "Shows values as they were sent, with their escapes."},
    {"mask", PP_CFG_BOOL, 0, 0, "", "false", "Letters become x and digits 9: the structure without the patient."},
    {"mixed-ends", PP_CFG_BOOL, 0, 0, "", "false", "CR and LF both end segments, as this sender has it."},
    {"charset", PP_CFG_STR, 0, 32, "", "", "Character set that wins over MSH-18, in its spelling: 8859/1."},
    {0},
};

struct show {
    bool raw, mask;
    struct pp_hl7_profile profile;
    struct pp_arena a;
    struct pp_buf masked;
    unsigned messages, findings, unreadable;
    json_t *json;        /* array of messages; NULL: text */
    json_t *file_faults; /* of the file as a whole */
};

/* ---- values ---- */

static struct pp_str value_of(struct show *s, struct pp_hl7_msg *m, struct pp_str bytes) {
    struct pp_str v = s->raw ? pp_hl7_to_utf8(&s->a, bytes, m->charset) : pp_hl7_text(m, bytes);
    if (!s->mask) return v;
    pp_buf_reset(&s->masked);
    cli_mask(v, &s->masked);
    return pp_arena_str(&s->a, pp_buf_str(&s->masked));
}

static bool is_plain_field(const struct pp_hl7_seg *seg, unsigned field) { /* its delimiters are its value */
    return field <= 2 && pp_hl7_has_own_separator(seg);
}

static unsigned field_count(struct pp_hl7_msg *m, struct pp_hl7_seg *seg) {
    (void)pp_hl7_field(m, seg, 2); /* makes the index */
    return seg->ends ? seg->ends_n - !pp_hl7_has_own_separator(seg) : 0;
}

static unsigned piece_count(struct pp_str v, char sep) {
    unsigned n = 1;
    for (uint32_t i = 0; i < v.n; i++) n += v.s[i] == sep;
    return n;
}

/* What the view of its type says of a message; findings go to m->faults, a refusal too. Returns the use. */
static enum pp_hl7_use look(struct pp_hl7_msg *m, struct pp_hl7_msh *msh, struct pp_err *err) {
    union pp_hl7_view v;
    if (pp_hl7_read_msh(m, msh, err)) return PP_HL7_USE_NONE;
    enum pp_hl7_use use = pp_hl7_use_of(msh);
    (void)pp_hl7_read_view(m, use, &v, err);
    return use;
}

static const char *use_words(enum pp_hl7_use use) {
    switch (use) {
    case PP_HL7_USE_ORDER: return "used as orders";
    case PP_HL7_USE_APPOINTMENT: return "used as an appointment";
    case PP_HL7_USE_DOCUMENT: return "used as a document";
    case PP_HL7_USE_RESULT: return "used as results";
    case PP_HL7_USE_PATIENT: return "used as a registration";
    case PP_HL7_USE_MERGE: return "used as a merge of patients";
    case PP_HL7_USE_REFERRAL: return "used as an order, if it names one procedure";
    case PP_HL7_USE_NONE:
    case PP_HL7_USE_CHARGE: break;
    }
    return NULL;
}

/* ---- as text ---- */

static void print_line(const char *place, struct pp_str name, struct pp_str value) {
    printf("  %s%-14s%s %-38.*s ", cli_tone(CLI_BOLD), place, cli_tone(CLI_PLAIN), PP_FMT(name));
    if (pp_hl7_is_deleted(value)) printf("%s(delete what you have)%s", cli_tone(CLI_WARN), cli_tone(CLI_PLAIN));
    for (uint32_t i = 0; i < value.n; i++) /* a value stays on its line, and moves no cursor */
        if ((unsigned char)value.s[i] < ' ' || value.s[i] == 0x7f)
            printf("%s%s%s", cli_tone(CLI_DIM), value.s[i] == '\n' ? "⏎" : "·", cli_tone(CLI_PLAIN));
        else
            putchar(value.s[i]);
    putchar('\n');
}

/* "insured: family name" */
static struct pp_str full_name(struct show *s, const struct pp_hl7_seg *seg, unsigned field, unsigned comp) {
    struct pp_str name = pp_hl7_field_name(seg->id, field, 0), part = pp_hl7_field_name(seg->id, field, comp);
    if (comp == 0 || pp_str_eq(name, part)) return name;
    return pp_arena_printf(&s->a, "%.*s: %.*s", PP_FMT(name), PP_FMT(part));
}

static void print_repetition(struct show *s, struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, unsigned rep,
                             struct pp_str bytes) {
    char head[24], place[48];
    snprintf(head, sizeof head, rep > 1 ? "%s-%u(%u)" : "%s-%u", seg->id, field, rep);
    unsigned comps = piece_count(bytes, m->d.component);
    for (unsigned c = 1; c <= comps && c <= COMPONENTS_MAX; c++) {
        struct pp_str comp = pp_hl7_comp(m, bytes, c);
        unsigned subs = piece_count(comp, m->d.subcomponent);
        for (unsigned k = 1; comp.n && k <= subs && k <= COMPONENTS_MAX; k++) {
            struct pp_str sub = pp_hl7_sub(m, comp, k);
            if (sub.n == 0) continue;
            if (comps == 1 && subs == 1)
                snprintf(place, sizeof place, "%s", head);
            else if (subs == 1)
                snprintf(place, sizeof place, "%s.%u", head, c);
            else
                snprintf(place, sizeof place, "%s.%u.%u", head, c, k);
            print_line(place, full_name(s, seg, field, comps == 1 && subs == 1 ? 0 : c), value_of(s, m, sub));
        }
    }
}

static void print_segment(struct show *s, struct pp_hl7_msg *m, struct pp_hl7_seg *seg) {
    struct pp_str name = pp_hl7_segment_name(seg->id);
    printf("%s%3u %s%s%s%.*s\n", cli_tone(CLI_BOLD), seg->index, seg->id, cli_tone(CLI_PLAIN), name.n ? "  " : "",
           PP_FMT(name));
    if (seg->id[0] == '?') {
        print_line("", PP_STR_NONE, value_of(s, m, (struct pp_str){m->raw.s + seg->off, seg->n}));
        return;
    }
    for (unsigned f = 1, n = field_count(m, seg); f <= n; f++) {
        struct pp_str bytes = pp_hl7_field(m, seg, f);
        char place[24];
        snprintf(place, sizeof place, "%s-%u", seg->id, f);
        if (is_plain_field(seg, f)) {
            print_line(place, pp_hl7_field_name(seg->id, f, 0), bytes);
            continue;
        }
        for (uint32_t r = 1, reps = pp_hl7_rep_count(m, bytes); r <= reps; r++)
            print_repetition(s, m, seg, f, r, pp_hl7_rep(m, bytes, r));
    }
}

static void print_findings(const struct pp_hl7_msg *m) {
    for (uint32_t bit = 1; bit <= PP_HL7_CHARSET_DOUBTED; bit <<= 1)
        if (m->flags & bit)
            printf("  %snote%s     %s\n", cli_tone(CLI_DIM), cli_tone(CLI_PLAIN),
                   pp_hl7_flag_name((enum pp_hl7_flag)bit));
    for (uint32_t i = 0; i < m->faults_n && i < PP_HL7_FAULTS_MAX; i++) {
        const struct pp_hl7_fault *f = &m->faults[i];
        struct pp_buf text;
        pp_buf_init(&text, 512);
        pp_hl7_fault_text(f, &text);
        printf("  %s%s%s  %.*s (code %u, byte %u)\n", cli_tone(f->severity == 'E' ? CLI_BAD : CLI_WARN),
               f->severity == 'E' ? "error  " : "warning", cli_tone(CLI_PLAIN), PP_FMT(pp_buf_str(&text)), f->code,
               f->offset);
        pp_buf_free(&text);
    }
    if (m->faults_n > PP_HL7_FAULTS_MAX) printf("  %u more findings\n", m->faults_n - PP_HL7_FAULTS_MAX);
}

static void print_message(struct show *s, struct pp_hl7_msg *m, bool parsed, uint32_t offset, uint32_t bytes_n,
                          const struct pp_hl7_msh *h, enum pp_hl7_use use) {
    printf("%smessage %u%s, byte %u, %u bytes", cli_tone(CLI_BOLD), s->messages, cli_tone(CLI_PLAIN), offset, bytes_n);
    if (parsed && h->type.n) {
        printf(", %.*s^%.*s", PP_FMT(h->type), PP_FMT(h->trigger));
        if (h->control_id.n) printf(" number %.*s", PP_FMT(h->control_id));
        if (h->version.n) printf(", version %.*s", PP_FMT(h->version));
        const char *words = use_words(use);
        printf(", %s%s", words ? words : "not used: ", words ? "" : pp_hl7_unused_why(h));
    }
    putchar('\n');
    print_findings(m);
    for (uint32_t i = 0; parsed && i < m->segs_n; i++) print_segment(s, m, &m->segs[i]);
}

/* ---- as JSON ---- */

static json_t *json_text(struct pp_str v) {
    json_t *j = json_stringn(v.n ? v.s : "", v.n);
    return j ? j : json_null();
}

static json_t *json_field(struct show *s, struct pp_hl7_msg *m, struct pp_str bytes) {
    json_t *reps = json_array();
    for (uint32_t r = 1, n = pp_hl7_rep_count(m, bytes); r <= n; r++) {
        struct pp_str rep = pp_hl7_rep(m, bytes, r);
        json_t *comps = json_array();
        for (unsigned c = 1, k = piece_count(rep, m->d.component); c <= k; c++) {
            struct pp_str comp = pp_hl7_comp(m, rep, c);
            json_t *subs = json_array();
            for (unsigned u = 1, l = piece_count(comp, m->d.subcomponent); u <= l; u++) {
                struct pp_str v = value_of(s, m, pp_hl7_sub(m, comp, u));
                json_array_append_new(subs, pp_hl7_is_deleted(v) ? json_null() : json_text(v));
            }
            json_array_append_new(comps, subs);
        }
        json_array_append_new(reps, comps);
    }
    return reps;
}

static json_t *json_segment(struct show *s, struct pp_hl7_msg *m, struct pp_hl7_seg *seg) {
    json_t *fields = json_array();
    for (unsigned f = 1, n = seg->id[0] == '?' ? 0 : field_count(m, seg); f <= n; f++) {
        struct pp_str bytes = pp_hl7_field(m, seg, f);
        if (bytes.n == 0) continue;
        json_t *value = is_plain_field(seg, f) ? json_pack("[[[o]]]", json_text(bytes)) : json_field(s, m, bytes);
        json_array_append_new(fields, json_pack("{s:i, s:o, s:o}", "field", (int)f, "name",
                                                json_text(pp_hl7_field_name(seg->id, f, 0)), "value", value));
    }
    return json_pack("{s:s, s:o, s:i, s:o}", "segment", seg->id, "name", json_text(pp_hl7_segment_name(seg->id)),
                     "index", (int)seg->index, "fields", fields);
}

static json_t *json_findings(const struct pp_hl7_msg *m) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < m->faults_n && i < PP_HL7_FAULTS_MAX; i++) {
        const struct pp_hl7_fault *f = &m->faults[i];
        const char severity[2] = {f->severity, 0};
        json_array_append_new(list,
                              json_pack("{s:s, s:i, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:s}", "severity", severity,
                                        "code", (int)f->code, "segment", f->segment, "index", (int)f->index, "sequence",
                                        (int)f->sequence, "field", (int)f->field, "repetition", (int)f->repetition,
                                        "component", (int)f->component, "offset", (int)f->offset, "text", f->text));
    }
    return list;
}

static void json_message(struct show *s, struct pp_hl7_msg *m, bool parsed, uint32_t offset, uint32_t bytes_n,
                         const struct pp_hl7_msh *h, enum pp_hl7_use use) {
    json_t *segments = json_array(), *flags = json_array();
    for (uint32_t i = 0; parsed && i < m->segs_n; i++) json_array_append_new(segments, json_segment(s, m, &m->segs[i]));
    for (uint32_t bit = 1; bit <= PP_HL7_CHARSET_DOUBTED; bit <<= 1)
        if (m->flags & bit) json_array_append_new(flags, json_string(pp_hl7_flag_name((enum pp_hl7_flag)bit)));
    const char *words = use_words(use);
    json_array_append_new(s->json,
                          json_pack("{s:i, s:i, s:i, s:b, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "message",
                                    (int)s->messages, "offset", (int)offset, "bytes", (int)bytes_n, "readable", parsed,
                                    "type", json_text(parsed ? h->type : PP_STR_NONE), "trigger",
                                    json_text(parsed ? h->trigger : PP_STR_NONE), "control_id",
                                    json_text(parsed ? h->control_id : PP_STR_NONE), "version",
                                    json_text(parsed ? h->version : PP_STR_NONE), "use", words ? words : "not used",
                                    "notes", flags, "findings", json_findings(m), "segments", segments));
}

/* ---- the file ---- */

static void show_message(struct show *s, struct pp_str bytes, uint32_t offset) {
    struct pp_hl7_msg m;
    struct pp_hl7_msh h = {0};
    struct pp_err err;
    pp_arena_reset(&s->a);
    s->messages++;
    bool parsed = pp_hl7_parse(bytes, &s->profile, &s->a, &m, &err) == 0;
    enum pp_hl7_use use = parsed ? look(&m, &h, &err) : PP_HL7_USE_NONE;
    s->findings += m.faults_n;
    s->unreadable += !parsed;
    (s->json ? json_message : print_message)(s, &m, parsed, offset, bytes.n, &h, use);
}

static void file_fault(struct show *s, uint64_t offset, const char *text, uint64_t bytes_n) {
    s->findings++;
    if (s->json)
        json_array_append_new(s->file_faults, json_pack("{s:I, s:I, s:s}", "offset", (json_int_t)offset, "bytes",
                                                        (json_int_t)bytes_n, "text", text));
    else
        printf("%sfile%s, byte %llu: %s\n", cli_tone(CLI_WARN), cli_tone(CLI_PLAIN), (unsigned long long)offset, text);
}

/* Behind the last VT before pos: where the message in hand begins. */
static uint32_t frame_start(struct pp_str file, size_t pos) {
    while (pos > 0 && file.s[pos - 1] != PP_MLLP_VT) pos--;
    return (uint32_t)pos;
}

static void show_frames(struct show *s, struct pp_str file) {
    struct pp_mllp framer;
    struct pp_mllp_event e;
    pp_mllp_init(&framer, &(struct pp_mllp_opts){.max_bytes = FILE_BYTES_MAX});
    bool done = false;
    for (size_t i = 0; !done;) {
        if (i < file.n) {
            i += pp_mllp_feed(&framer, file.s + i, file.n - i, 0, &e);
        } else {
            pp_mllp_finish(&framer, &e);
            done = true;
        }
        bool cut = e.what == PP_MLLP_ERROR && e.reason == PP_MLLP_BAD_PARTIAL;
        if (e.what == PP_MLLP_ERROR) file_fault(s, i, pp_mllp_reason_text(e.reason), e.discarded);
        if (e.what == PP_MLLP_FRAME && e.no_cr) file_fault(s, i, "the frame ends without its carriage return", 0);
        if (e.what == PP_MLLP_FRAME || (cut && e.bytes.n)) show_message(s, e.bytes, frame_start(file, i));
    }
    pp_mllp_free(&framer);
}

static void show_batch(struct show *s, struct pp_str file) {
    struct pp_hl7_batch b;
    struct pp_hl7_batch_item it;
    pp_hl7_batch_init(&b, file);
    for (pp_hl7_batch_next(&b, &it); it.what != PP_HL7_BATCH_DONE; pp_hl7_batch_next(&b, &it)) {
        if (it.what == PP_HL7_BATCH_MESSAGE) show_message(s, it.bytes, it.offset);
        if (it.what == PP_HL7_BATCH_NOISE) file_fault(s, it.offset, "lines that belong to no message", it.bytes.n);
        if (it.what == PP_HL7_BATCH_FAULT) file_fault(s, it.offset, it.text, 0);
    }
}

static int show_file(struct show *s, const char *path, json_t *all) {
    struct pp_buf b = {0};
    struct pp_err err;
    if (cli_read_file(path, FILE_BYTES_MAX, &b, &err) < 0) {
        cli_fail("hl7 show", &err);
        pp_buf_free(&b);
        return SHOW_UNREADABLE;
    }
    struct pp_str file = pp_buf_str(&b);
    s->messages = s->findings = s->unreadable = 0;
    s->json = all ? json_array() : NULL;
    s->file_faults = all ? json_array() : NULL;
    if (!all) printf("%s%s%s\n", cli_tone(CLI_BOLD), path, cli_tone(CLI_PLAIN));
    if (file.n && memchr(file.s, PP_MLLP_VT, file.n))
        show_frames(s, file);
    else
        show_batch(s, file);
    if (s->messages == 0) file_fault(s, 0, "the file holds no message", 0);
    if (all)
        json_array_append_new(
            all, json_pack("{s:s, s:o, s:o}", "file", path, "findings", s->file_faults, "messages", s->json));
    else
        printf("%u message%s, %s%u finding%s%s\n", s->messages, s->messages == 1 ? "" : "s",
               cli_tone(s->unreadable ? CLI_BAD
                        : s->findings ? CLI_WARN
                                      : CLI_GOOD),
               s->findings, s->findings == 1 ? "" : "s", cli_tone(CLI_PLAIN));
    pp_buf_free(&b);
    return s->unreadable || s->messages == 0 ? SHOW_UNREADABLE : s->findings ? SHOW_FINDINGS : SHOW_CLEAN;
}

int cmd_hl7(int argc, char **argv) {
    struct pp_config *c;
    struct show s = {0};
    struct pp_err err;
    int worst = SHOW_CLEAN;
    const char *verb = cli_verb(&argc, &argv), *files[1024];
    int n = 0;
    while (n < 1024 && (files[n] = cli_verb(&argc, &argv))) n++;
    cli_settings("priorpath hl7 show FILE…", keys, argc, argv, &c);
    const char *charset = pp_config_str(c, "charset");
    const char *wrong = NULL;
    if (!verb || strcmp(verb, "show") != 0 || n == 0)
        wrong = "want: priorpath hl7 show FILE…, files first, then settings; - is the standard input";
    else if (*charset && !pp_hl7_charset_of(pp_str_z(charset), &s.profile.charset_default))
        wrong = "that character set is not known; want a name of table 0211, such as 8859/1";
    if (wrong) {
        pp_err_set(&err, PP_ERR_INVALID, "%s", wrong);
        cli_fail("hl7", &err);
        pp_config_free(c);
        return CLI_USAGE;
    }
    s.raw = pp_config_bool(c, "raw");
    s.mask = pp_config_bool(c, "mask");
    s.profile.mixed_ends = pp_config_bool(c, "mixed-ends");
    s.profile.charset_ignore_msh18 = *charset;
    pp_arena_init(&s.a, ARENA_MAX);
    pp_buf_init(&s.masked, FILE_BYTES_MAX);
    json_t *all = pp_config_bool(c, "json") ? json_array() : NULL;
    for (int i = 0; i < n; i++) {
        int rc = show_file(&s, files[i], all);
        worst = rc > worst ? rc : worst;
    }
    if (all) {
        json_dumpf(all, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(all);
    }
    pp_buf_free(&s.masked);
    pp_arena_free(&s.a);
    pp_config_free(c);
    return worst;
}
