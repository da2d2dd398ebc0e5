/* Public sample messages against what a person judged of each (tests/hl7/expected.tsv), cut at every place, and written
 * again.
 *
 * The samples are no part of the repository: PP_SAMPLES names their folder (with hl7v2/ inside), else
 * ../shared/samples is looked for; without them the tests are skipped. PP_SAMPLES_SHOW=hl7 prints what the codec says
 * of every file of the samples' index, in the form of the table, for a person to judge. */
#include "codec/hl7_batch.h"
#include "codec/hl7_write.h"
#include "codec/mllp.h"
#include "hl7_help.h"

#define FILE_MAX (4u << 20)
#define LINE_MAX_BYTES 8192

static char *bytes;       /* of the file in hand */
static struct pp_buf out; /* what the codec says of it */

static FILE *open_sample(const char *name) {
    char path[600];
    const char *root = getenv("PP_SAMPLES");
    snprintf(path, sizeof path, "%s/hl7v2/%s", root ? root : "../shared/samples", name);
    return fopen(path, "rb");
}

static bool load(const char *name, struct pp_str *ret) {
    FILE *f = open_sample(name);
    if (!f) return false;
    *ret = (struct pp_str){bytes, (uint32_t)fread(bytes, 1, FILE_MAX, f)};
    fclose(f);
    return true;
}

/* ---- what the codec says ---- */

static void put_ts(const struct pp_hl7_ts *t) {
    char day[11];
    pp_date_text(t->date, day);
    pp_buf_printf(&out, "%s", day[0] ? day : "none");
    if (t->minute >= 0) pp_buf_printf(&out, " %02d:%02d", t->minute / 60, t->minute % 60);
}

static int show_orders(struct pp_hl7_msg *m, struct pp_err *e) {
    struct pp_hl7_orders r;
    if (pp_hl7_read_orders(m, &r, e)) return -1;
    pp_buf_printf(&out, "%u orders", r.orders_n);
    for (uint32_t i = 0; i < r.orders_n; i++)
        pp_buf_printf(&out, "%s %.*s %.*s %.*s", i ? "," : ":", PP_FMT(r.orders[i].control),
                      PP_FMT(r.orders[i].placer.value),
                      PP_FMT(r.orders[i].service.code.n ? r.orders[i].service.code : r.orders[i].service.text));
    if (r.prior_n) pp_buf_printf(&out, ", %u earlier results", r.prior_n);
    if (r.person.insurance_n) pp_buf_printf(&out, ", %u coverages", r.person.insurance_n);
    return 0;
}

static int show_appointment(struct pp_hl7_msg *m, struct pp_err *e) {
    static const char *const from[] = {"nowhere", "TQ1", "SCH-11", "AIS", "AIL", "AIP", "AIG"};
    struct pp_hl7_appointment a;
    if (pp_hl7_read_appointment(m, &a, e)) return -1;
    pp_buf_printf(&out, "appointment %.*s/%.*s, start ", PP_FMT(a.placer.value), PP_FMT(a.filler.value));
    put_ts(&a.start);
    pp_buf_printf(&out, " from %s, %lld min, %u services", from[a.start_from], (long long)a.minutes, a.services_n);
    return 0;
}

static int show_document(struct pp_hl7_msg *m, struct pp_err *e) {
    struct pp_hl7_document d;
    if (pp_hl7_read_document(m, &d, e)) return -1;
    pp_buf_printf(&out, "document %.*s, completion %.*s, %.*s of %u bytes", PP_FMT(d.type.code),
                  PP_FMT(d.completion.n ? d.completion : PP_STR("unknown")), PP_FMT(d.content.content_type),
                  d.content.bytes.n);
    return 0;
}

static int show_results(struct pp_hl7_msg *m, struct pp_err *e) {
    struct pp_hl7_results r;
    if (pp_hl7_read_results(m, &r, e)) return -1;
    pp_buf_printf(&out, "%u results:", r.results_n);
    for (uint32_t i = 0; i < r.results_n; i++)
        pp_buf_printf(&out, " %u observations", r.results[i].content.observations_n);
    return 0;
}

static int show_patient(struct pp_hl7_msg *m, struct pp_err *e) {
    struct pp_hl7_registration r;
    if (pp_hl7_read_registration(m, &r, e)) return -1;
    pp_buf_printf(&out, "patient %.*s", PP_FMT(r.person.pid.mrn.value));
    for (uint32_t i = 0; i < r.merges_n; i++)
        pp_buf_printf(&out, ", takes over %.*s", PP_FMT(r.merges[i].prior_mrn.value));
    if (r.person.insurance_n) pp_buf_printf(&out, ", %u coverages", r.person.insurance_n);
    return 0;
}

static int show_referral(struct pp_hl7_msg *m, struct pp_err *e) {
    struct pp_hl7_referral r;
    if (pp_hl7_read_referral(m, &r, e)) return -1;
    pp_buf_printf(&out, "referral %.*s, %u procedures:", PP_FMT(r.number.value), r.procedures_n);
    for (uint32_t i = 0; i < r.procedures_n; i++) {
        pp_buf_printf(&out, " %.*s", PP_FMT(r.procedures[i].code.code));
        if (r.procedures[i].authorization)
            pp_buf_printf(&out, " authorized as %.*s", PP_FMT(r.procedures[i].authorization->number.value));
    }
    if (r.person.insurance_n) pp_buf_printf(&out, ", %u coverages", r.person.insurance_n);
    return 0;
}

static int show_charges(struct pp_hl7_msg *m, struct pp_err *e) {
    struct pp_hl7_charges r;
    if (pp_hl7_read_charges(m, &r, e)) return -1;
    pp_buf_printf(&out, "%u charges", r.charges_n);
    for (uint32_t i = 0; i < r.charges_n; i++) {
        const struct pp_hl7_charge *c = &r.charges[i];
        pp_buf_printf(&out, "%s %.*s %.*s x%.*s on ", i ? "," : ":", PP_FMT(c->type),
                      PP_FMT(c->procedure.code.n ? c->procedure.code : c->item.code),
                      PP_FMT(c->quantity.n ? c->quantity : PP_STR("?")));
        put_ts(&c->when);
    }
    if (r.person.insurance_n) pp_buf_printf(&out, ", %u coverages", r.person.insurance_n);
    return 0;
}

static int show_use(struct pp_hl7_msg *m, enum pp_hl7_use use, struct pp_err *e) {
    switch (use) {
    case PP_HL7_USE_NONE: return 0;
    case PP_HL7_USE_ORDER: return show_orders(m, e);
    case PP_HL7_USE_APPOINTMENT: return show_appointment(m, e);
    case PP_HL7_USE_DOCUMENT: return show_document(m, e);
    case PP_HL7_USE_RESULT: return show_results(m, e);
    case PP_HL7_USE_PATIENT:
    case PP_HL7_USE_MERGE: return show_patient(m, e);
    case PP_HL7_USE_REFERRAL: return show_referral(m, e);
    case PP_HL7_USE_CHARGE: return show_charges(m, e);
    }
    return 0;
}

static void show_faults(const struct pp_hl7_msg *m) {
    for (uint32_t i = 0; i < m->faults_n && i < PP_HL7_FAULTS_MAX; i++) {
        pp_buf_printf(&out, "; %s ", m->faults[i].severity == 'E' ? "left out:" : "note:");
        pp_hl7_fault_text(&m->faults[i], &out);
    }
}

static void show_message(struct pp_str message) {
    struct pp_hl7_msh h;
    size_t start = out.n;
    pp_arena_reset(&arena);
    int rc = pp_hl7_parse(message, NULL, &arena, &msg, &err);
    rc = rc ? rc : pp_hl7_read_msh(&msg, &h, &err);
    enum pp_hl7_use use = rc ? PP_HL7_USE_NONE : pp_hl7_use_of(&h);
    if (rc == 0 && (use == PP_HL7_USE_NONE || use == PP_HL7_USE_CHARGE))
        pp_buf_printf(&out, "not used %.*s^%.*s", PP_FMT(h.type), PP_FMT(h.trigger));
    else
        pp_buf_addz(&out, "accepted");
    if (use != PP_HL7_USE_NONE) pp_buf_addc(&out, ' ');
    rc = rc ? rc : show_use(&msg, use, &err);
    if (rc) {
        out.n = start;
        pp_buf_printf(&out, "refused %s", err.msg);
    } else if (use != PP_HL7_USE_NONE) {
        show_faults(&msg);
    }
}

static void show_file(struct pp_str file) {
    struct pp_hl7_batch b;
    struct pp_hl7_batch_item it;
    pp_hl7_batch_init(&b, file);
    for (unsigned n = 0;; n++) {
        pp_hl7_batch_next(&b, &it);
        if (it.what == PP_HL7_BATCH_DONE) {
            if (n == 0) pp_buf_addz(&out, "empty");
            return;
        }
        if (n) pp_buf_addz(&out, " | ");
        if (it.what == PP_HL7_BATCH_MESSAGE)
            show_message(it.bytes);
        else if (it.what == PP_HL7_BATCH_NOISE)
            pp_buf_addz(&out, "noise");
        else
            pp_buf_printf(&out, "flagged %s", it.text);
    }
}

/* ---- every file ---- */

/* Calls `each` for the files of the samples' index; returns how many there were. */
static unsigned for_samples(void (*each)(const char *name, struct pp_str file)) {
    char line[LINE_MAX_BYTES];
    unsigned n = 0;
    FILE *f = open_sample("index.tsv");
    if (!f) {
        print_message("no samples here: skipped\n");
        skip();
    }
    while (fgets(line, sizeof line, f)) {
        struct pp_str rest = pp_str_z(line), name = pp_str_split(&rest, '\t'), file;
        line[name.n] = '\0';
        if (pp_str_eqz(name, "file") || !load(name.s, &file)) continue;
        each(name.s, file);
        n++;
    }
    fclose(f);
    assert_true(n > 0);
    return n;
}

static FILE *table;
static unsigned judged, wrong;

/* file <tab> verdict [<tab> why] */
static bool find_verdict(const char *name, char line[LINE_MAX_BYTES], struct pp_str *ret) {
    rewind(table);
    while (fgets(line, LINE_MAX_BYTES, table)) {
        struct pp_str rest = pp_str_trim(pp_str_z(line));
        if (line[0] == '#' || !pp_str_eqz(pp_str_split(&rest, '\t'), name)) continue;
        *ret = pp_str_split(&rest, '\t');
        return true;
    }
    return false;
}

static void judge(const char *name, struct pp_str file) {
    char line[LINE_MAX_BYTES];
    struct pp_str want = PP_STR("no line in the table");
    pp_buf_reset(&out);
    show_file(file);
    judged++;
    if (getenv("PP_SAMPLES_SHOW") && strcmp(getenv("PP_SAMPLES_SHOW"), "hl7") == 0) {
        printf("%s\t%.*s\n", name, PP_FMT(pp_buf_str(&out)));
    } else if (!find_verdict(name, line, &want) || !pp_str_eq(pp_buf_str(&out), want)) {
        wrong++;
        print_error("%s\n  expected %.*s\n  got      %.*s\n", name, PP_FMT(want), PP_FMT(pp_buf_str(&out)));
    }
}

static void verdicts(void **state) {
    (void)state;
    char line[LINE_MAX_BYTES];
    unsigned lines = 0;
    table = fopen("tests/hl7/expected.tsv", "r");
    assert_non_null(table);
    while (fgets(line, sizeof line, table)) lines += line[0] != '#';
    for_samples(judge);
    fclose(table);
    print_message("%u files, %u differ\n", judged, wrong);
    assert_int_equal(wrong, 0);
    assert_true(lines >= judged);
}

/* ---- cut anywhere ---- */

static unsigned cuts;

/* The messages of a file as MLLP frames: whichever two pieces come, the same messages. Large files at some cuts only.
 */
static void cut(const char *name, struct pp_str file) {
    struct pp_hl7_batch b;
    struct pp_hl7_batch_item it;
    struct pp_buf wire;
    pp_buf_init(&wire, 2 * FILE_MAX);
    pp_hl7_batch_init(&b, file);
    for (pp_hl7_batch_next(&b, &it); it.what != PP_HL7_BATCH_DONE; pp_hl7_batch_next(&b, &it))
        if (it.what == PP_HL7_BATCH_MESSAGE) pp_mllp_wrap(it.bytes, &wire);
    size_t step = 1 + wire.n / 4096;
    for (size_t at = 0; at <= wire.n; at += step) {
        struct pp_mllp framer;
        struct pp_mllp_event e;
        pp_mllp_init(&framer, NULL);
        pp_hl7_batch_init(&b, file);
        for (size_t i = 0; i < wire.n;) {
            size_t n = i < at ? at - i : wire.n - i;
            i += pp_mllp_feed(&framer, wire.p + i, n, 0, &e);
            if (e.what == PP_MLLP_NOTHING) continue;
            if (e.what != PP_MLLP_FRAME) fail_msg("%s: cut at %zu: %s", name, at, pp_mllp_reason_text(e.reason));
            do pp_hl7_batch_next(&b, &it);
            while (it.what != PP_HL7_BATCH_MESSAGE && it.what != PP_HL7_BATCH_DONE);
            if (it.what == PP_HL7_BATCH_DONE || !pp_str_eq(it.bytes, e.bytes))
                fail_msg("%s: cut at %zu: another message", name, at);
        }
        pp_mllp_free(&framer);
        cuts++;
    }
    pp_buf_free(&wire);
}

static void every_cut(void **state) {
    (void)state;
    unsigned n = for_samples(cut);
    print_message("%u files, %u cuts\n", n, cuts);
}

/* ---- written again ---- */

static unsigned same, normalised, not_written;

/* Canonical by the bytes alone: CR ends, the last one included, no other control characters, no lone escapes. */
static bool is_canonical(const struct pp_hl7_msg *m) {
    const uint32_t charset = PP_HL7_LATIN1_FALLBACK | PP_HL7_CHARSET_UNKNOWN | PP_HL7_CHARSET_DOUBTED;
    if (m->raw.n == 0 || m->raw.s[m->raw.n - 1] != '\r' || (m->flags & ~charset)) return false;
    for (uint32_t i = 0; i < m->raw.n; i++) {
        char c = m->raw.s[i];
        if ((unsigned char)c < ' ' && c != '\r' && c != '\t') return false;
        if (c != m->d.escape || i < 9) continue;
        uint32_t n = pp_hl7_escape_length(m, (struct pp_str){m->raw.s + i, m->raw.n - i});
        if (n == 0) return false;
        i += n - 1;
    }
    return true;
}

static void compare_trees(const char *name, struct pp_hl7_msg *a, struct pp_hl7_msg *b) {
    if (a->segs_n != b->segs_n) fail_msg("%s: %u segments became %u", name, a->segs_n, b->segs_n);
    for (uint32_t i = 0; i < a->segs_n; i++) {
        struct pp_hl7_seg *s = &a->segs[i], *t = &b->segs[i];
        pp_hl7_field(a, s, 1);
        pp_hl7_field(b, t, 1);
        if (!pp_hl7_is(s, t->id) || s->ends_n != t->ends_n) fail_msg("%s: segment %u changed", name, i + 1);
        for (unsigned f = 1; f <= s->ends_n; f++) {
            struct pp_str x = pp_hl7_field(a, s, f), y = pp_hl7_field(b, t, f);
            uint32_t reps = pp_hl7_rep_count(a, x);
            if (reps != pp_hl7_rep_count(b, y)) fail_msg("%s: segment %u field %u changed", name, i + 1, f);
            for (uint32_t r = 1; r <= reps; r++)
                for (unsigned c = 1; c <= 30; c++)
                    if (!pp_str_eq(pp_hl7_get(a, s, f, r, c, 0), pp_hl7_get(b, t, f, r, c, 0)))
                        fail_msg("%s: segment %u field %u(%u).%u changed", name, i + 1, f, r, c);
        }
    }
}

static void write_message(const char *name, struct pp_str message) {
    struct pp_hl7_msg back;
    struct pp_buf first, second;
    pp_arena_reset(&arena);
    if (pp_hl7_parse(message, NULL, &arena, &msg, &err)) return;
    pp_buf_init(&first, FILE_MAX);
    pp_buf_init(&second, FILE_MAX);
    if (pp_hl7_write(&msg, &first, &err)) {
        not_written++;
    } else {
        assert_int_equal(pp_hl7_parse(pp_buf_str(&first), NULL, &arena, &back, &err), 0);
        compare_trees(name, &msg, &back);
        assert_int_equal(pp_hl7_write(&back, &second, &err), 0);
        if (!pp_str_eq(pp_buf_str(&first), pp_buf_str(&second))) fail_msg("%s: written twice, differs", name);
        if (!is_canonical(&back)) fail_msg("%s: what was written is not canonical", name);
        if (!is_canonical(&msg))
            normalised++;
        else if (!pp_str_eq(pp_buf_str(&first), msg.raw))
            fail_msg("%s: canonical, and written otherwise", name);
        else
            same++;
    }
    pp_buf_free(&first);
    pp_buf_free(&second);
}

static void write_file(const char *name, struct pp_str file) {
    struct pp_hl7_batch b;
    struct pp_hl7_batch_item it;
    pp_hl7_batch_init(&b, file);
    for (pp_hl7_batch_next(&b, &it); it.what != PP_HL7_BATCH_DONE; pp_hl7_batch_next(&b, &it))
        if (it.what == PP_HL7_BATCH_MESSAGE) {
            it.bytes.n += it.offset + it.bytes.n < file.n && it.bytes.s[it.bytes.n] == '\r'; /* its own last end */
            write_message(name, it.bytes);
        }
}

static void written_again(void **state) {
    (void)state;
    for_samples(write_file);
    print_message("%u messages came out as they went in, %u in canonical form, %u hold lines that are no segments\n",
                  same, normalised, not_written);
    assert_true(same > 0);
}

static int open_all(void **state) {
    (void)state;
    pp_arena_init(&arena, 64 << 20);
    bytes = malloc(FILE_MAX);
    pp_buf_init(&out, 1 << 20);
    return bytes ? 0 : -1;
}
static int close_all(void **state) {
    free(bytes);
    pp_buf_free(&out);
    return end(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts), cmocka_unit_test(every_cut),
                                       cmocka_unit_test(written_again)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
