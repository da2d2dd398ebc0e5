/* What the files of this service share. Everything here is pure: rows, one input, the time, effects. */
#ifndef SUBMISSION_SUBMISSION_H
#define SUBMISSION_SUBMISSION_H

#include "core/service.h"
#include "submission/state.h"
#include "submission/tables.h"

enum submission_timer {
    SUBMISSION_TIMER_DUE = 1,
    SUBMISSION_TIMER_RENEW = 2,
    SUBMISSION_TIMER_EXPIRY = 3,
    SUBMISSION_TIMER_SILENT = 4, /* X12: neither acknowledged nor answered; or time for another try */
    SUBMISSION_TIMER_FORGET = 5  /* the number of an interchange has served */
};
enum submission_call {
    SUBMISSION_CALL_SUBMIT = 1,
    SUBMISSION_CALL_INQUIRE = 2,
    SUBMISSION_CALL_READ = 3, /* no request goes out: bytes in the blob store are read */
    SUBMISSION_CALL_SUBSCRIBE = 4,
    SUBMISSION_CALL_X12_SUBMIT = 5,
    SUBMISSION_CALL_X12_INQUIRE = 6,
    SUBMISSION_CALL_X12_ATTACH = 7,
    SUBMISSION_CALL_X12_READ = 8, /* these two read from the blob store, too */
    SUBMISSION_CALL_X12_ACK = 9
};

#define SUBMISSION_LINES_MAX 40     /* lines of a case */
#define SUBMISSION_DOCUMENTS_MAX 60 /* documents of a request */
#define SUBMISSION_REQUEST_BYTES (512 << 10)
#define SUBMISSION_DUE_DAYS 14        /* a payer's time where no clock is known */
#define SUBMISSION_RENEW_MS PP_MS_DAY /* a subscription is looked after once a day */
#define SUBMISSION_RETRY_SUBSCRIBE_MS PP_MS_HOUR
#define SUBMISSION_SILENT_MS PP_MS_DAY /* X12: so long an acknowledgement or answer is waited for */
#define SUBMISSION_AGAIN_MS                                                                                            \
    (15 * PP_MS_MINUTE)                       /* X12: first wait where the payer cannot answer now; then four times    \
                                               */
#define SUBMISSION_SENDS_MAX 4                /* X12: one request, under so many numbers at most */
#define SUBMISSION_NUMBER_MS (60 * PP_MS_DAY) /* so long the number of an interchange is known */
#define SUBMISSION_NOT_KNOWN "not-known"      /* error_code: an inquiry found nothing */
#define SUBMISSION_EXPIRY_DAYS 14             /* we say that an authorization ends so many days before its last one */
#define SUBMISSION_EXPIRY_PART 3              /* one that is shorter: this part of its life before its last day */
#define SUBMISSION_EXPIRY_MINUTE (8 * 60)     /* of the day, where the payer is */

/* One decision: what every function of this service works with. */
struct submission {
    const struct pp_ctx *ctx;
    struct pp_unit *unit;
    const struct pp_in *in;
    struct pp_out *out;
    const char *body_text; /* text of the case that was read last, and what it says: one input asks several times */
    const struct ev_case *body;
};

/* Submission states, as text in the row. */
#define SUB_SENDING "sending" /* job under way, no answer yet */
#define SUB_BY_HAND "by_hand"
#define SUB_OPEN "open"           /* the payer has it */
#define SUB_REJECTED "rejected"   /* not considered */
#define SUB_WITHDRAWN "withdrawn" /* taken back before an answer came */
#define SUB_CLOSED "closed"       /* an update, a resend or a cancellation followed */

/* case.c: our copy of the case */
struct submission_case_row *submission_case(struct submission *s, struct pp_uuid case_id);
const struct ev_case *submission_case_body(struct submission *s, const struct submission_case_row *c);
const struct ev_case_line *submission_case_line(const struct ev_case *c, int64_t line);
void submission_case_changed(struct submission *s, const struct ev_case *e);
void submission_case_withdrawn(struct submission *s, const struct ev_case_withdrawn *e);
void submission_determined(struct submission *s, const struct ev_requirement_determined *e);
/* What a payer sees of a line; two equal texts need no new request. */
struct pp_str submission_asked(struct submission *s, const struct ev_case_line *l);
struct pp_str submission_zone(struct submission *s, const struct submission_case_row *c);

/* line.c: lines, the setter, tasks */
struct submission_row *submission_find(struct submission *s, struct pp_uuid submission_id);
struct submission_row *submission_by_trace(struct submission *s, struct pp_str trace);
enum submission_line_state submission_state(const struct submission_line_row *l);
/* The line's row at this payer that says how it stands: the live one, else the newest that is not taken back or
 * replaced. NULL: never asked for. payer empty: any. */
struct submission_line_row *submission_newest_line(struct submission *s, struct pp_uuid case_id, int32_t line,
                                                   struct pp_str payer);
/* The line rests on this row: not on one of an extension that is not granted (yet). */
bool submission_line_carries(struct submission *s, const struct submission_line_row *l);
bool submission_line_set(struct submission *s, struct submission_line_row *l, enum submission_line_state to,
                         enum submission_who who);
void submission_line_task(struct submission *s, struct submission_line_row *l, enum ev_task_needed_kind kind,
                          struct pp_str reason);
void submission_line_task_settle(struct submission *s, struct submission_line_row *l, struct pp_str outcome);
void submission_task(struct submission *s, struct submission_row *sub, enum ev_task_needed_kind kind,
                     struct pp_str reason);
void submission_task_settle(struct submission *s, struct submission_row *sub, struct pp_str outcome);
/* A task for what belongs to no request of ours, under the payer's pseudo-person. */
void submission_payer_task(struct submission *s, struct pp_str payer, struct pp_str about, struct pp_str reason);
/* Has lines that are live (not decided, not cancelled). */
bool submission_has_live(struct submission *s, const struct submission_row *sub);
#define SUBMISSION_EACH_LINE(s, sub, var)                                                                              \
    PP_EACH_ROW((s)->unit, SUBMISSION_LINE, submission_line_row, var)                                                  \
    if (pp_uuid_eq(var->submission_id, (sub)->submission_id))

/* wire.c: by which wire, and what is particular to X12 */
enum submission_wire { WIRE_NONE /* a person */, WIRE_FHIR, WIRE_X12 };
enum submission_wire submission_wire(struct submission *s, struct pp_str channel, struct pp_str payer);
enum submission_wire submission_wire_of(struct submission *s, const struct submission_row *sub);
/* ISA13 of what goes out for `of`: follows from what it is and how often it went. */
struct pp_str submission_control(struct pp_uuid of, const char *kind, int32_t n, struct pp_arena *a);
void submission_go(struct submission *s, struct submission_row *sub, const struct ev_pas_submit *r);
/* What is planned and not yet sent does not go. */
void submission_take_back(struct submission *s, const struct submission_row *sub);
void submission_inquire(struct submission *s, struct submission_row *sub);
/* Neither decided nor refused by who reviews: on its way, or acknowledged and nothing more. */
bool submission_waits(struct submission *s, const struct submission_row *sub);
/* The payer has it: silence is over, and the documents follow. */
void submission_answer_came(struct submission *s, struct submission_row *sub);
void submission_silence_ends(struct submission *s, const struct submission_row *sub);
void submission_silent(struct submission *s);
/* True: the payer cannot answer now, and the request goes again later. */
bool submission_again(struct submission *s, struct submission_row *sub, const struct ev_pas_answered *a);
void submission_not_known(struct submission *s, struct submission_row *sub);
/* "code=number|…" of the items that a payer asks for. */
struct pp_str submission_wanted_numbers(struct submission *s, const struct ev_pas_answered *a);

/* interchange.c: numbers of interchanges, and what acknowledges them */
struct pp_uuid submission_number_person(struct submission *s, struct pp_str payer, struct pp_str control);
void submission_interchange_sent(struct submission *s, const struct ev_interchange_sent *e);
void submission_acknowledgement(struct submission *s, const struct ev_payer_answer_reported *e);
void submission_ack_answered(struct submission *s);
void submission_interchange_answered(struct submission *s, const struct ev_interchange_answered *e);
void submission_forget_number(struct submission *s);

/* send.c: making a request */
struct submission_send {
    struct submission_case_row *c;
    struct submission_row *prior; /* NULL: none */
    enum ev_pas_submit_kind kind;
    struct pp_str payer, channel;
    int64_t lines[SUBMISSION_LINES_MAX]; /* live lines of this request */
    size_t lines_n;
    const struct ev_packet_document *documents;
    size_t documents_n;
    struct pp_str authorization; /* of what is taken back or extended */
    pp_date until;               /* extension: last day asked for; 0: as it is */
    struct pp_str quantity;      /* extension: units in all, of one line; empty: as they are */
    struct pp_str message;       /* extension: why */
};
struct submission_row *submission_send(struct submission *s, const struct submission_send *q);
const struct ev_pas_submit *submission_request(struct submission *s, const struct submission_row *sub);

/* packet.c */
void submission_packet(struct submission *s, const struct ev_packet_released *e);
/* What waited for the answer of a request that was under way. */
void submission_packet_waiting(struct submission *s, struct submission_case_row *c);

/* cancel.c */
void submission_cancel(struct submission *s, struct submission_case_row *c, struct submission_row *sub,
                       struct pp_str reason);
/* Takes back what the case no longer wants: lines cancelled, or found to need nothing. */
void submission_reconcile(struct submission *s, struct submission_case_row *c);
/* Neither cancelled nor found to need nothing. body NULL: false. */
bool submission_wanted(struct submission *s, const struct submission_case_row *c, const struct ev_case *body,
                       int32_t line);
void submission_cancel_answered(struct submission *s, struct submission_row *sub, const struct ev_pas_answered *a);

/* answer.c */
void submission_answered(struct submission *s, struct submission_row *sub, const struct ev_pas_answered *a,
                         bool direct);
void submission_failed(struct submission *s, struct submission_row *sub);
void submission_delayed(struct submission *s, struct submission_row *sub, bool delayed);
void submission_due(struct submission *s);

/* expiry.c: authorizations that come to their end */
/* After each input: sets, moves or takes away the timers of all lines. */
void submission_watch_expiry(struct submission *s);
void submission_expiring(struct submission *s);

/* extend.c: more time or units of what was granted */
#define SUBMISSION_IS_EXTENSION(sub) (!pp_uuid_none((sub)->extends_id))
void submission_extend(struct submission *s, const struct ev_request_extend *e);
/* The row of an extension of the line that is at the payer or on its way; NULL: none. */
struct submission_line_row *submission_open_extension(struct submission *s, struct pp_uuid case_id, int32_t line,
                                                      struct pp_str payer);
/* What was granted before goes on under what is granted now. */
void submission_extended(struct submission *s, const struct submission_row *sub, struct submission_line_row *l);

/* decision.c, resend.c: commands */
void submission_decision_record(struct submission *s, const struct ev_decision_record *e);
void submission_decision_accept(struct submission *s, const struct ev_decision_accept *e);
void submission_resend(struct submission *s, const struct ev_request_resend *e);
void submission_cancel_command(struct submission *s, const struct ev_request_cancel *e);
/* Facts about lines, for authorization.decided. */
struct ev_decided_line submission_line_said(struct submission *s, const struct submission_line_row *l);
void submission_emit_decided(struct submission *s, const struct submission_row *sub, struct ev_decided_line *lines,
                             size_t n, bool by_person, struct pp_str evidence);

/* notify.c: payers' own messages */
/* Whom a payer's requests go to: its delegate that decides, else itself. */
struct pp_str submission_decider(struct submission *s, struct pp_str payer);
void submission_payer_answer(struct submission *s, const struct ev_payer_answer_reported *e);
void submission_read_answered(struct submission *s);
void submission_x12_read_answered(struct submission *s);

/* subscribe.c */
void submission_subscribe(struct submission *s, const struct ev_payer_subscribe *e);
void submission_subscribed(struct submission *s);
void submission_renew(struct submission *s);

void submission_decide(const struct pp_ctx *ctx, struct pp_unit *unit, const struct pp_in *in, struct pp_out *out);
bool submission_check(struct pp_unit *unit, struct pp_err *err);

/* call_*.c: bytes out, bytes in */
#define SUBMISSION_CALLS 9
extern const struct pp_call_def submission_calls[SUBMISSION_CALLS];
int call_pas_blobs(const struct ev *request, struct pp_str *ret_hashes, int max);
int call_pas_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a, struct pp_http_msg *ret,
                   struct pp_err *err);
enum pp_call_verdict call_pas_parse(const struct pp_call_ctx *x, const struct ev *request,
                                    const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                    struct pp_err *err);
int call_pas_inquiry_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a,
                           struct pp_http_msg *ret, struct pp_err *err);
enum pp_call_verdict call_pas_inquiry_parse(const struct pp_call_ctx *x, const struct ev *request,
                                            const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                            struct pp_err *err);
/* The same as a call of its own, where "not known" is the payer's refusal. */
enum pp_call_verdict call_inquire_parse(const struct pp_call_ctx *x, const struct ev *request,
                                        const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                        struct pp_err *err);
int call_read_blobs(const struct ev *request, struct pp_str *ret_hashes, int max);
enum pp_call_verdict call_read_parse(const struct pp_call_ctx *x, const struct ev *request,
                                     const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                     struct pp_err *err);
int call_subscribe_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a,
                         struct pp_http_msg *ret, struct pp_err *err);
enum pp_call_verdict call_subscribe_parse(const struct pp_call_ctx *x, const struct ev *request,
                                          const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                          struct pp_err *err);

/* call_x12.c, call_x12_read.c */
#define CALL_BUILD(name)                                                                                               \
    int name(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a, struct pp_http_msg *ret,       \
             struct pp_err *err)
#define CALL_PARSE(name)                                                                                               \
    enum pp_call_verdict name(const struct pp_call_ctx *x, const struct ev *request, const struct pp_http_answer *ans, \
                              struct pp_arena *a, struct ev *ret, struct pp_err *err)
CALL_BUILD(call_x12_build);
CALL_PARSE(call_x12_parse);
CALL_BUILD(call_x12_doubt_build);
CALL_BUILD(call_x12_inquiry_build);
CALL_PARSE(call_x12_inquiry_parse);
CALL_PARSE(call_x12_inquire_parse); /* as a call of its own, where "not known" is the payer's refusal */
int call_x12_attach_blobs(const struct ev *request, struct pp_str *ret_hashes, int max);
CALL_BUILD(call_x12_attach_build);
CALL_BUILD(call_x12_attach_doubt);
CALL_PARSE(call_x12_attach_parse);
int call_x12_read_blobs(const struct ev *request, struct pp_str *ret_hashes, int max);
CALL_PARSE(call_x12_read_parse);
int call_x12_ack_blobs(const struct ev *request, struct pp_str *ret_hashes, int max);
CALL_PARSE(call_x12_ack_parse);
/* "harbor-482910337.278": what a request is called in an exchange folder. */
struct pp_str submission_file_name(struct pp_str payer, struct pp_str control, const char *set, struct pp_arena *a);

#define SUBMISSION_QUERIES 2
extern const struct pp_query submission_queries[SUBMISSION_QUERIES];
extern const struct pp_service submission_service;

#endif
