/* HL7 v2 reader and writers on any bytes. The first byte chooses the sender's profile, the rest is a file.
 *
 * Held besides "no crash": what a batch gives lies inside of the file; every finding and every value has its place
 * inside of the message; a message in a frame comes out of any cut as it went in; what is written reads the same and is
 * written the same again; every answer is a message that we read. */
#include "codec/hl7_ack.h"
#include "codec/hl7_batch.h"
#include "codec/hl7_names.h"
#include "codec/hl7_view.h"
#include "codec/hl7_write.h"
#include "codec/mllp.h"

#include "fuzz_check.h"

#define ARENA_MAX ((size_t)64 << 20)
#define MESSAGES_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_at(struct pp_hl7_msg *m, uint32_t at) {
    struct pp_hl7_place p;
    check(at == 0 || pp_hl7_place_at(m, at, &p));
    if (at) (void)pp_hl7_field_name(p.segment, p.field, p.component);
}

static void read_views(struct pp_hl7_msg *m) {
    struct pp_err err;
    struct pp_hl7_orders o;
    struct pp_hl7_appointment ap;
    struct pp_hl7_document d;
    struct pp_hl7_results r;
    struct pp_hl7_registration g;
    struct pp_hl7_referral f;
    struct pp_hl7_charges c;
    if (pp_hl7_read_orders(m, &o, &err) == 0) {
        check(o.orders_n > 0 && o.orders);
        check_at(m, o.person.pid.mrn.at);
        for (uint32_t i = 0; i < o.orders_n; i++) {
            check_at(m, o.orders[i].service.at);
            check_at(m, o.orders[i].start.at);
            check(o.orders[i].segment >= 1 && o.orders[i].segment <= m->segs_n);
        }
    }
    if (pp_hl7_read_appointment(m, &ap, &err) == 0) check_at(m, ap.start.at);
    if (pp_hl7_read_document(m, &d, &err) == 0) check_at(m, d.author.at);
    if (pp_hl7_read_results(m, &r, &err) == 0) check(r.results_n > 0);
    (void)pp_hl7_read_registration(m, &g, &err);
    if (pp_hl7_read_referral(m, &f, &err) == 0) check_at(m, f.number.at);
    if (pp_hl7_read_charges(m, &c, &err) == 0) check(c.charges_n > 0);
    for (uint32_t i = 0; i < m->faults_n && i < PP_HL7_FAULTS_MAX; i++) {
        check(m->faults[i].offset < m->raw.n && m->faults[i].index <= m->segs_n);
        check(m->faults[i].text && m->faults[i].text[0]);
    }
}

static bool holds_control(struct pp_str s) {
    for (uint32_t i = 0; i < s.n; i++)
        if ((unsigned char)s.s[i] < ' ') return true;
    return false;
}

static void compare_leaves(struct pp_hl7_msg *a, struct pp_hl7_msg *b, struct pp_str x, struct pp_str y) {
    for (unsigned u = 1; u <= 4 && x.n; u++) {
        struct pp_str v = pp_hl7_text(a, pp_hl7_sub(a, x, u)), w = pp_hl7_text(b, pp_hl7_sub(b, y, u));
        check(pp_str_eq(v, w) || pp_arena_failed(a->arena));
    }
}

static void compare(struct pp_hl7_msg *a, struct pp_hl7_msg *b) {
    check(a->segs_n == b->segs_n);
    for (uint32_t i = 0; i < a->segs_n; i++) {
        struct pp_hl7_seg *s = &a->segs[i], *t = &b->segs[i];
        (void)pp_hl7_field(a, s, 1);
        (void)pp_hl7_field(b, t, 1);
        if (pp_arena_failed(a->arena)) return;
        check(pp_hl7_is(s, t->id) && s->ends_n == t->ends_n);
        for (unsigned f = 3; f <= s->ends_n; f++) {
            struct pp_str x = pp_hl7_field(a, s, f), y = pp_hl7_field(b, t, f);
            uint32_t reps = pp_hl7_rep_count(a, x);
            check(reps == pp_hl7_rep_count(b, y));
            for (uint32_t r = 1; r <= reps && r <= 8; r++)
                for (unsigned c = 1; c <= 8; c++)
                    compare_leaves(a, b, pp_hl7_comp(a, pp_hl7_rep(a, x, r), c),
                                   pp_hl7_comp(b, pp_hl7_rep(b, y, r), c));
        }
    }
}

static void write_again(struct pp_hl7_msg *m) {
    struct pp_hl7_msg back;
    struct pp_err err;
    struct pp_buf first, second;
    pp_buf_init(&first, 16 << 20);
    pp_buf_init(&second, 16 << 20);
    if (pp_hl7_write(m, &first, &err) == 0) {
        check(pp_hl7_parse(pp_buf_str(&first), &m->profile, m->arena, &back, &err) == 0 || err.kind == PP_ERR_LIMIT);
        if (!pp_arena_failed(m->arena)) {
            check(!(back.flags & (PP_HL7_LF_ENDS | PP_HL7_CRLF_ENDS | PP_HL7_LF_IN_DATA | PP_HL7_BLANK_LINES)));
            /* a control character in MSH-18 is escaped, and the name is another one then */
            if (!holds_control(pp_hl7_field(m, &m->segs[0], 18))) compare(m, &back);
            if (pp_hl7_write(&back, &second, &err) == 0) check(pp_str_eq(pp_buf_str(&first), pp_buf_str(&second)));
        }
    }
    pp_buf_free(&first);
    pp_buf_free(&second);
}

static void answer(struct pp_hl7_msg *m, unsigned how) {
    struct pp_buf out;
    struct pp_hl7_msg back;
    struct pp_hl7_answer a;
    struct pp_err err;
    pp_buf_init(&out, 1 << 20);
    pp_hl7_ack_write(m,
                     &(struct pp_hl7_ack){.outcome = (enum pp_hl7_outcome)(how % 3),
                                          .later = how & 4,
                                          .control_id = PP_STR("P1"),
                                          .text = PP_STR("a|b\r\n"),
                                          .faults = m->faults,
                                          .faults_n = m->faults_n},
                     &out);
    struct pp_str s = pp_buf_str(&out);
    if (!out.failed && !pp_arena_failed(m->arena)) {
        for (uint32_t i = 0; i < s.n; i++) check((unsigned char)s.s[i] >= ' ' || s.s[i] == '\r');
        if (pp_hl7_parse(s, NULL, m->arena, &back, &err) == 0 && pp_hl7_val(m, &m->segs[0], 10, 0).n)
            (void)pp_hl7_read_answer(&back, &a, &err);
    }
    pp_buf_free(&out);
}

static void through_a_frame(struct pp_str message, unsigned step) {
    struct pp_buf wire;
    struct pp_mllp framer;
    struct pp_mllp_event e = {.what = PP_MLLP_NOTHING};
    if (message.n == 0 || memchr(message.s, PP_MLLP_VT, message.n) || memchr(message.s, PP_MLLP_FS, message.n)) return;
    pp_buf_init(&wire, (size_t)message.n + 16);
    pp_mllp_wrap(message, &wire);
    pp_mllp_init(&framer, NULL);
    for (size_t i = 0; i < wire.n;) {
        size_t left = wire.n - i;
        i += pp_mllp_feed(&framer, wire.p + i, left < step ? left : step, 0, &e);
        check(e.what != PP_MLLP_ERROR);
    }
    check(e.what == PP_MLLP_FRAME && pp_str_eq(e.bytes, message));
    pp_mllp_free(&framer);
    pp_buf_free(&wire);
}

static void one_message(struct pp_str bytes, uint8_t how) {
    struct pp_arena a;
    struct pp_hl7_msg m;
    struct pp_err err;
    const struct pp_hl7_profile profile = {.charset_default = (enum pp_hl7_charset)(how % PP_HL7_CHARSET_COUNT),
                                           .charset_ignore_msh18 = how & 16,
                                           .mixed_ends = how & 32,
                                           .null_is_empty = how & 64,
                                           .npi_unmarked = how & 128,
                                           .member_from = (enum pp_hl7_member_from)(how % 3),
                                           .start_from = how % 7};
    pp_arena_init(&a, ARENA_MAX);
    if (pp_hl7_parse(bytes, &profile, &a, &m, &err) == 0) {
        for (uint32_t i = 0; i < m.segs_n; i++)
            check(m.segs[i].off + m.segs[i].n <= m.raw.n && m.segs[i].index == i + 1);
        read_views(&m);
        answer(&m, how);
        write_again(&m);
    } else {
        check(err.msg[0]);
    }
    pp_arena_free(&a);
    through_a_frame(bytes, 1 + how % 17);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct pp_hl7_batch b;
    struct pp_hl7_batch_item it;
    unsigned messages = 0;
    uint32_t last = 0;
    if (n < 2) return 0;
    struct pp_str file = {(const char *)data + 1, (uint32_t)(n - 1)};
    pp_hl7_batch_init(&b, file);
    for (pp_hl7_batch_next(&b, &it); it.what != PP_HL7_BATCH_DONE; pp_hl7_batch_next(&b, &it)) {
        check(it.offset <= file.n && it.offset >= last);
        last = it.offset;
        if (it.bytes.n) check(it.bytes.s == file.s + it.offset && it.offset + it.bytes.n <= file.n);
        if (it.what == PP_HL7_BATCH_MESSAGE && messages++ < MESSAGES_MAX) one_message(it.bytes, data[0]);
    }
    one_message(file, data[0]);
    return 0;
}
