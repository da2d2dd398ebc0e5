#include "codec/hl7_ack.h"
#include "codec/hl7_write.h"
#include <stdio.h>

static const char *const codes[2][3] = {{"AA", "AE", "AR"}, {"CA", "CE", "CR"}};

const char *pp_hl7_ack_code(bool accept, enum pp_hl7_outcome outcome) { return codes[accept][outcome]; }

/* Table 0155. */
static bool asked(struct pp_str condition, enum pp_hl7_outcome outcome) {
    if (pp_str_eqz(condition, "AL")) return true;
    if (pp_str_eqz(condition, "ER")) return outcome != PP_HL7_ACCEPT;
    return pp_str_eqz(condition, "SU") && outcome == PP_HL7_ACCEPT;
}

bool pp_hl7_ack_is_accept(const struct pp_hl7_msh *msh, enum pp_hl7_outcome outcome) {
    return msh->enhanced && (asked(msh->accept_ack, outcome) || !asked(msh->application_ack, outcome));
}

bool pp_hl7_ack_wanted(const struct pp_hl7_msh *msh, enum pp_hl7_outcome outcome) {
    return !msh->enhanced || asked(msh->accept_ack, outcome) || asked(msh->application_ack, outcome);
}

bool pp_hl7_ack_owed(const struct pp_hl7_msh *msh, enum pp_hl7_outcome outcome) {
    /* an application that can say something has accepted the message before */
    return msh->enhanced && asked(msh->accept_ack, PP_HL7_ACCEPT) && asked(msh->application_ack, outcome);
}

/* Names of HL7 table 0357, our words. */
static const char *condition_text(unsigned code) {
    switch (code) {
    case 0: return "accepted";
    case 100: return "segment sequence";
    case 101: return "required field missing";
    case 102: return "data type";
    case 103: return "table value not found";
    case 200: return "message type not supported";
    case 201: return "event not supported";
    case 202: return "processing id not supported";
    case 203: return "version not supported";
    case 204: return "unknown key";
    case 205: return "duplicate key";
    case 206: return "record locked";
    default: return "application error";
    }
}

struct writer {
    const struct pp_hl7_delims *d;
    struct pp_buf *out;
};

static void field(struct writer *w, struct pp_str text) {
    pp_buf_addc(w->out, w->d->field);
    pp_hl7_escape(w->d, text, w->out);
}
/* The sender's own bytes, with its own delimiters. Framing characters in them would end our frame. */
static void bytes(struct writer *w, struct pp_str s) {
    for (uint32_t i = 0; i < s.n; i++)
        if ((unsigned char)s.s[i] >= ' ') pp_buf_addc(w->out, s.s[i]);
}
static void raw(struct writer *w, struct pp_str s) {
    pp_buf_addc(w->out, w->d->field);
    bytes(w, s);
}
static void sub(struct writer *w, char sep, struct pp_str text) {
    pp_buf_addc(w->out, sep);
    pp_hl7_escape(w->d, text, w->out);
}
static void end_segment(struct writer *w) {
    while (w->out->n && w->out->p[w->out->n - 1] == w->d->field) w->out->n--;
    pp_buf_addc(w->out, '\r');
}

/* 2.5 and later have an ERR with a field each; before, ERR-1 holds place and code in one. */
static bool has_new_err(struct pp_str version) {
    return version.n >= 3 && (version.s[0] > '2' || (version.s[0] == '2' && version.s[2] >= '5'));
}

static void write_err(struct writer *w, const struct pp_hl7_fault *f, bool new_err) {
    char code[12], num[4][12];
    snprintf(code, sizeof code, "%u", f->code);
    unsigned place[4] = {f->sequence, f->field, f->repetition, f->component};
    for (int i = 0; i < 4; i++) snprintf(num[i], sizeof num[i], "%u", place[i]);
    const char comp = w->d->component;
    pp_buf_addz(w->out, "ERR");
    pp_buf_addc(w->out, w->d->field);
    if (new_err) pp_buf_addc(w->out, w->d->field);
    if (f->segment[0]) {
        pp_buf_addz(w->out, f->segment);
        sub(w, comp, pp_str_z(num[0]));
        if (f->field) {
            sub(w, comp, pp_str_z(num[1]));
            if (new_err) {
                sub(w, comp, pp_str_z(num[2]));
                if (f->component) sub(w, comp, pp_str_z(num[3]));
            }
        }
    }
    if (!new_err) { /* ELD: segment^sequence^field^code&text&system */
        for (int have = f->segment[0] ? (f->field ? 3 : 2) : 1; have < 4; have++) pp_buf_addc(w->out, comp);
        pp_buf_addz(w->out, code);
        sub(w, w->d->subcomponent, pp_str_z(condition_text(f->code)));
        sub(w, w->d->subcomponent, PP_STR("HL70357"));
        end_segment(w);
        return;
    }
    field(w, pp_str_z(code));
    sub(w, comp, pp_str_z(condition_text(f->code)));
    sub(w, comp, PP_STR("HL70357"));
    const char severity[2] = {f->severity, 0};
    field(w, pp_str_z(severity));
    for (int i = 0; i < 3; i++) /* ERR-5 to 7 */
        pp_buf_addc(w->out, w->d->field);
    field(w, pp_str_z(f->text));
    end_segment(w);
}

static void write_msa(struct writer *w, const struct pp_hl7_ack *ack, bool accept, struct pp_str echoed, bool new_err) {
    pp_buf_addz(w->out, "MSA");
    field(w, pp_str_z(pp_hl7_ack_code(accept, ack->outcome)));
    raw(w, echoed);
    field(w, ack->text);
    end_segment(w);
    uint32_t n = ack->faults_n < PP_HL7_FAULTS_MAX ? ack->faults_n : PP_HL7_FAULTS_MAX;
    for (uint32_t i = 0; i < n; i++) write_err(w, &ack->faults[i], new_err);
}

void pp_hl7_ack_write(struct pp_hl7_msg *m, const struct pp_hl7_ack *ack, struct pp_buf *out) {
    struct writer w = {&m->d, out};
    struct pp_hl7_seg *msh = &m->segs[0];
    struct pp_hl7_msh asks = {.accept_ack = pp_hl7_val(m, msh, 15, 0), .application_ack = pp_hl7_val(m, msh, 16, 0)};
    asks.enhanced = asks.accept_ack.n || asks.application_ack.n;
    struct pp_str trigger = pp_hl7_comp(m, pp_hl7_field(m, msh, 9), 2),
                  version = pp_hl7_comp(m, pp_hl7_field(m, msh, 12), 1);
    bool accept = !ack->later && pp_hl7_ack_is_accept(&asks, ack->outcome);
    pp_buf_addz(out, "MSH");
    pp_hl7_put_delims(&m->d, out);
    static const unsigned swapped[] = {5, 6, 3, 4};
    for (size_t i = 0; i < 4; i++) raw(&w, pp_hl7_field(m, msh, swapped[i]));
    field(&w, ack->time);
    pp_buf_addc(out, m->d.field); /* MSH-8 */
    field(&w, PP_STR("ACK"));
    if (trigger.n) {
        pp_buf_addc(out, m->d.component);
        bytes(&w, trigger);
        if (pp_hl7_comp(m, pp_hl7_field(m, msh, 9), 3).n) sub(&w, m->d.component, PP_STR("ACK"));
    }
    field(&w, ack->control_id);
    raw(&w, pp_hl7_field(m, msh, 11));
    raw(&w, pp_hl7_field(m, msh, 12));
    for (int i = 13; i < 18; i++) pp_buf_addc(out, m->d.field);
    raw(&w, pp_hl7_field(m, msh, 18));
    end_segment(&w);
    write_msa(&w, ack, accept, pp_hl7_field(m, msh, 10), has_new_err(version));
}

void pp_hl7_nak_write(const struct pp_hl7_ack *ack, struct pp_buf *out) {
    struct writer w = {&pp_hl7_usual, out};
    pp_buf_addz(out, "MSH|^~\\&||||");
    field(&w, ack->time);
    pp_buf_addz(out, "||ACK");
    field(&w, ack->control_id);
    pp_buf_addz(out, "|P|2.5.1");
    end_segment(&w);
    write_msa(&w, ack, false, PP_STR_NONE, true);
}

int pp_hl7_read_answer(struct pp_hl7_msg *m, struct pp_hl7_answer *ret, struct pp_err *err) {
    struct pp_hl7_seg *msa = pp_hl7_find(m, "MSA", 1), *e = pp_hl7_find(m, "ERR", 1);
    if (!msa) return pp_hl7_refuse(m, NULL, 0, 0, "the segment MSA is missing", err);
    struct pp_hl7_answer a = {.code = pp_hl7_val(m, msa, 1, 0),
                              .control_id = pp_hl7_val(m, msa, 2, 0),
                              .text = pp_hl7_val(m, msa, 3, 0),
                              .error_code = pp_hl7_val(m, e, 3, 1)};
    if (a.code.n == 0) return pp_hl7_refuse(m, msa, 1, 0, "the acknowledgment code is missing", err);
    bool known = false;
    for (int i = 0; i < 6 && !known; i++) {
        a.accept = i >= 3;
        a.outcome = (enum pp_hl7_outcome)(i % 3);
        known = pp_str_ieq(a.code, pp_str_z(codes[a.accept][a.outcome]));
    }
    if (!known) return pp_hl7_refuse(m, msa, 1, 0, "the acknowledgment code is none of table 0008", err);
    if (a.control_id.n == 0)
        return pp_hl7_refuse(m, msa, 2, 0, "the number of the acknowledged message is missing", err);
    if (a.text.n == 0) a.text = pp_hl7_val(m, e, 8, 0);
    if (a.text.n == 0) a.text = pp_hl7_val(m, e, 3, 2);
    if (a.error_code.n == 0) a.error_code = pp_hl7_get(m, e, 1, 1, 4, 1);
    *ret = a;
    return 0;
}
