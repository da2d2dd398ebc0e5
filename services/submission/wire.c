/* By which wire a request goes, and what is particular to X12: the number of each interchange, documents that follow in
 * a 275, answers that come later than the acknowledgement, silence, and another try with a new number. */
#include "refs/papers.h"
#include "refs/payers.h"
#include "submission/submission.h"

enum submission_wire submission_wire(struct submission *s, struct pp_str channel, struct pp_str payer) {
    const struct pp_payer *p = pp_refs_payer(s->ctx->refs, submission_decider(s, payer));
    if (pp_str_eqz(channel, "fhir")) return WIRE_FHIR;
    return pp_str_eqz(channel, "x12") && p && p->transport ? WIRE_X12 : WIRE_NONE;
}

enum submission_wire submission_wire_of(struct submission *s, const struct submission_row *sub) {
    return submission_wire(s, sub->channel, sub->payer);
}

/* Nine digits without a leading zero, so that nobody on the way writes it shorter. */
struct pp_str submission_control(struct pp_uuid of, const char *kind, int32_t n, struct pp_arena *a) {
    struct pp_uuid u = pp_uuid_derive(of, pp_arena_printf(a, "control/%s/%d", kind, n));
    uint64_t v = 0;
    for (int i = 8; i < 16; i++) v = v << 8 | u.b[i]; /* the bytes that no version stands in, but for two bits */
    return pp_arena_printf(a, "%llu", (unsigned long long)(100000000 + v % 900000000));
}

static bool is_documents(const struct submission_row *sub) { return pp_str_eqz(sub->kind, "documents"); }

/* ---- documents ---- */

/* A payer that asked for documents gave the number that they must carry: the one of the item that a document is, else
 * the first. *text: "code=number|…". */
static struct pp_str wanted_number(struct submission *s, struct pp_str text, struct pp_str item) {
    struct pp_str loinc = pp_refs_item_loinc(s->ctx->refs, item), first = PP_STR_NONE;
    while (text.n) {
        struct pp_str number = pp_str_split(&text, '|'), code = pp_str_split(&number, '=');
        if (!first.n) first = number;
        if (loinc.n && pp_str_eq(code, loinc)) return number;
    }
    return first;
}

struct pp_str submission_wanted_numbers(struct submission *s, const struct ev_pas_answered *a) {
    struct pp_buf b;
    pp_buf_init(&b, 4096);
    for (size_t i = 0; i < a->wanted_n; i++)
        if (a->wanted[i].control.n)
            pp_buf_printf(&b, "%s%.*s=%.*s", b.n ? "|" : "", PP_FMT(a->wanted[i].code), PP_FMT(a->wanted[i].control));
    struct pp_str t = pp_arena_str(pp_out_arena(s->out), pp_buf_str(&b));
    pp_buf_free(&b);
    return t;
}

static bool sent_before(const struct ev_pas_submit *r, struct pp_uuid document) {
    for (size_t i = 0; i < r->prior_documents_n; i++)
        if (pp_uuid_eq(r->prior_documents[i].document_id, document)) return true;
    return false;
}

/* The documents of a request that are new in it, each under the number that the payer knows or will know. */
static void keep_new_documents(struct submission *s, const struct submission_row *sub, struct ev_pas_submit *r) {
    struct ev_packet_document *d = pp_arena_array(pp_out_arena(s->out), struct ev_packet_document, r->documents_n + 1);
    const struct submission_row *prior = submission_find(s, sub->prior_id);
    size_t n = 0;
    if (!d) return;
    for (size_t i = 0; i < r->documents_n; i++) {
        if (sent_before(r, r->documents[i].document_id)) continue;
        d[n] = r->documents[i];
        if (is_documents(sub) && prior && prior->attach.n) {
            struct pp_str number = wanted_number(s, prior->attach, d[n].item);
            if (number.n) d[n].control_no = number;
        }
        n++;
    }
    r->documents = d;
    r->documents_n = n;
}

static void tell(struct submission *s, const struct submission_row *sub, enum ev_interchange_sent_kind kind,
                 struct pp_str control) {
    struct pp_str payer = submission_decider(s, sub->payer);
    struct ev_interchange_sent e = {.payer = payer,
                                    .control = control,
                                    .submission_id = sub->submission_id,
                                    .case_id = sub->case_id,
                                    .owner = pp_unit_person(s->unit),
                                    .kind = kind,
                                    .sent_at = s->ctx->now_ms};
    pp_emit_to(s->out, submission_number_person(s, payer, control), EV(interchange_sent, INTERCHANGE_SENT, &e));
}

static void silence(struct submission *s, const struct submission_row *sub, int64_t after_ms) {
    pp_timer(s->out, SUBMISSION_TIMER_SILENT, sub->submission_id, after_ms ? s->ctx->now_ms + after_ms : 0);
}

/* The 275 of a request: all its new documents in one interchange. */
static void attach(struct submission *s, struct submission_row *sub, const struct ev_pas_submit *was) {
    struct ev_pas_submit r = *was;
    keep_new_documents(s, sub, &r);
    if (!r.documents_n) return;
    sub->attached = true;
    r.control = submission_control(sub->submission_id, "attachment", sub->sends, pp_out_arena(s->out));
    pp_call(s->out, SUBMISSION_CALL_X12_ATTACH, submission_decider(s, sub->payer), sub->submission_id,
            EV(pas_submit, PAS_SUBMIT, &r));
    tell(s, sub, EV_INTERCHANGE_SENT_KIND_ATTACHMENT, r.control);
}

/* ---- out ---- */

void submission_go(struct submission *s, struct submission_row *sub, const struct ev_pas_submit *was) {
    struct ev_pas_submit r = *was;
    if (submission_wire_of(s, sub) == WIRE_FHIR) {
        pp_call(s->out, SUBMISSION_CALL_SUBMIT, submission_decider(s, sub->payer), sub->submission_id,
                EV(pas_submit, PAS_SUBMIT, was));
        return;
    }
    sub->sends++;
    silence(s, sub, SUBMISSION_SILENT_MS);
    if (is_documents(sub)) { /* the request itself is there; the documents name it */
        attach(s, sub, was);
        return;
    }
    /* What it announces is what follows: nothing that went with the request before, nothing with a cancellation. */
    keep_new_documents(s, sub, &r);
    if (pp_str_eqz(sub->kind, "cancel")) r.documents_n = 0;
    r.control = submission_control(sub->submission_id, "request", sub->sends, pp_out_arena(s->out));
    pp_call(s->out, SUBMISSION_CALL_X12_SUBMIT, submission_decider(s, sub->payer), sub->submission_id,
            EV(pas_submit, PAS_SUBMIT, &r));
    tell(s, sub, EV_INTERCHANGE_SENT_KIND_REQUEST, r.control);
}

void submission_take_back(struct submission *s, const struct submission_row *sub) {
    static const uint16_t calls[] = {SUBMISSION_CALL_X12_SUBMIT, SUBMISSION_CALL_X12_ATTACH};
    if (submission_wire_of(s, sub) != WIRE_X12) {
        pp_call_cancel(s->out, SUBMISSION_CALL_SUBMIT, sub->submission_id);
        return;
    }
    silence(s, sub, 0);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) pp_call_cancel(s->out, calls[i], sub->submission_id);
}

void submission_inquire(struct submission *s, struct submission_row *sub) {
    const struct ev_pas_submit *was = submission_request(s, sub);
    enum submission_wire w = submission_wire_of(s, sub);
    if (!was || w == WIRE_NONE) return;
    if (w == WIRE_FHIR) {
        pp_call(s->out, SUBMISSION_CALL_INQUIRE, submission_decider(s, sub->payer), sub->submission_id,
                EV(pas_submit, PAS_SUBMIT, was));
        return;
    }
    struct ev_pas_submit r = *was;
    /* By numbers of its own: those that a change or an extension names would find the request before it. */
    r.reference = sub->reference;
    r.authorization = PP_STR_NONE;
    r.control = submission_control(sub->submission_id, "inquiry", ++sub->inquiries, pp_out_arena(s->out));
    pp_call(s->out, SUBMISSION_CALL_X12_INQUIRE, submission_decider(s, sub->payer), sub->submission_id,
            EV(pas_submit, PAS_SUBMIT, &r));
    tell(s, sub, EV_INTERCHANGE_SENT_KIND_INQUIRY, r.control);
}

/* ---- what comes before the answer ---- */

bool submission_waits(struct submission *s, const struct submission_row *sub) {
    if (pp_str_eqz(sub->state, SUB_SENDING)) return true;
    return pp_str_eqz(sub->state, SUB_OPEN) && !sub->answered && submission_wire_of(s, sub) == WIRE_X12;
}

void submission_answer_came(struct submission *s, struct submission_row *sub) {
    if (submission_wire_of(s, sub) != WIRE_X12) return;
    silence(s, sub, 0);
    if (sub->attached || is_documents(sub) || pp_str_eqz(sub->kind, "cancel")) return;
    const struct ev_pas_submit *r = submission_request(s, sub);
    if (r) attach(s, sub, r);
}

void submission_silence_ends(struct submission *s, const struct submission_row *sub) {
    if (submission_wire_of(s, sub) == WIRE_X12) silence(s, sub, 0);
}

/* Nothing came for a day: the payer is asked once for each day, and after the second a person is. */
void submission_silent(struct submission *s) {
    struct submission_row *sub = submission_find(s, s->in->ref);
    if (!sub || !submission_waits(s, sub)) return;
    if (sub->again) {
        const struct ev_pas_submit *r = submission_request(s, sub);
        sub->again = false;
        if (r) submission_go(s, sub, r);
        return;
    }
    if (sub->delayed)
        submission_task(s, sub, EV_TASK_NEEDED_KIND_PAYER_CONTACT,
                        PP_STR("The payer has neither acknowledged nor answered "
                               "the request for two days"));
    submission_delayed(s, sub, true);
    submission_inquire(s, sub);
    silence(s, sub, SUBMISSION_SILENT_MS);
}

bool submission_again(struct submission *s, struct submission_row *sub, const struct ev_pas_answered *a) {
    bool later = pp_str_eqz(a->error_code, "42") || pp_str_eqz(a->error_code, "80");
    bool may = pp_str_eqz(a->error_followup, "P") ||
               (later && !pp_str_eqz(a->error_followup, "N") && !pp_str_eqz(a->error_followup, "C"));
    if (submission_wire_of(s, sub) != WIRE_X12 || !may || sub->sends >= SUBMISSION_SENDS_MAX) return false;
    sub->again = true;
    silence(s, sub, SUBMISSION_AGAIN_MS << (2 * (sub->sends - 1)));
    struct ev_submission_delayed e = {
        .case_id = sub->case_id,
        .submission_id = sub->submission_id,
        .payer = sub->payer,
        .reason = PP_STR("The payer cannot consider it now and asks for it again later; it goes by itself"),
        .since = sub->created};
    pp_emit(s->out, EV(submission_delayed, SUBMISSION_DELAYED, &e));
    return true;
}

void submission_not_known(struct submission *s, struct submission_row *sub) {
    const struct ev_pas_submit *r = submission_request(s, sub);
    pp_count(s->out, "submission_not_known_total", PP_STR_NONE, 1);
    if (!r || !submission_waits(s, sub)) return;
    if (sub->sends < SUBMISSION_SENDS_MAX)
        submission_go(s, sub, r);
    else
        submission_task(s, sub, EV_TASK_NEEDED_KIND_PAYER_CONTACT,
                        PP_STR("The payer does not know a request that was sent several times"));
}
