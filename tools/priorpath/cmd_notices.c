/* priorpath notices: tells an ordering or scheduling system by HL7 v2 what becomes of authorizations. A subscriber like
 * any other: it reads public topics and nothing else, so a message names an order and no patient (codec/hl7_notice.h).
 *
 * One record at a time: read, written as ORM^O01, sent, answered, committed. What was not answered comes again after a
 * restart under the same MSH-10, so that the receiver can tell a repeat. An answer that says no is told and passed
 * over, since the same message would be refused for ever; a receiver that does not answer stops the command.
 */
#include "cli.h"

#include "base/hash.h"
#include "codec/hl7_ack.h"
#include "codec/hl7_notice.h"
#include "io/clock.h"
#include "io/kafka_group.h"
#include "mllp_client.h"
#include "order_numbers.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#define TYPE "authorization"
#define LOOK_MS 200 /* how often Ctrl-C is looked for */
#define MESSAGE_BYTES_MAX (16u << 10)
#define ARENA_BYTES ((size_t)4 << 20)
#define CONTROL_ID_BYTES 20 /* MSH-10 before version 2.7 */
#define CASE_LOOK_MS 1000   /* how often the topic of cases is asked for a case that it does not know yet */
#define GAP_MIN_MS 60000

static const struct pp_config_key keys[] = {
    {"to", PP_CFG_STR, 1, 255, "", "mllp://127.0.0.1:2576", "Receiver: mllp://host:port."},
    {"topic", PP_CFG_STR, 1, 200, "", "pa.authorization.v1", "Public topic with authorizations."},
    {"cases-topic", PP_CFG_STR, 1, 200, "", "pa.case-status.v1", "Public topic that says which order a case is."},
    {"group", PP_CFG_STR, 1, 200, "", "priorpath-notices", "Consumer group; another receiver needs another one."},
    {"from", PP_CFG_STR, 1, 16, "", "end", "Where a new group begins: beginning or end."},
    {"once", PP_CFG_BOOL, 0, 0, "", "false", "Ends at the present end of the topic."},
    CLI_KEY_KAFKA,
    CLI_KEY_TENANT,
    {"from-app", PP_CFG_STR, 1, 180, "", "PRIORPATH", "MSH-3."},
    {"from-facility", PP_CFG_STR, 0, 180, "", "", "MSH-4; empty: the tenant."},
    {"to-app", PP_CFG_STR, 0, 180, "", "", "MSH-5."},
    {"to-facility", PP_CFG_STR, 0, 180, "", "", "MSH-6."},
    {"processing", PP_CFG_STR, 1, 1, "", "P", "MSH-11: P, T or D."},
    {"timeout-s", PP_CFG_INT, 1, 600, "s", "15", "How long to wait for an answer."},
    {"tries", PP_CFG_INT, 1, 1000, "", "10", "Tries of one message before the command ends."},
    {"backoff-first-ms", PP_CFG_INT, 1, 60000, "ms", "1000", "First wait between tries; it doubles."},
    {"backoff-max-ms", PP_CFG_INT, 1, 600000, "ms", "60000", "Longest wait between tries."},
    {"case-wait-s", PP_CFG_INT, 0, 600, "s", "10", "How long to wait for a case that the topic does not know yet."},
    {0},
};

struct bridge {
    const struct pp_config *c;
    struct pp_group *group;
    struct order_numbers *orders;
    struct cli_mllp mllp;
    struct pp_arena a; /* of one record */
    int sent, refused, skipped;
};

/* What to do with a record. */
enum outcome { DONE, STOPPED, BROKEN }; /* commit and go on; leave it for the next start; the same, with an error */

static void pause_ms(int64_t ms) {
    for (int64_t end = pp_mono_ms() + ms, left; !cli_stop && (left = end - pp_mono_ms()) > 0;) {
        if (left > LOOK_MS) left = LOOK_MS;
        nanosleep(&(struct timespec){left / 1000, left % 1000 * 1000000}, NULL);
    }
}

/* Ids only: the place of the record, and why. */
static void tell(const struct pp_record *r, const char *what, const char *why) {
    fprintf(stderr, "partition %d offset %" PRId64 ": %s%s%s\n", r->partition, r->offset, what, *why ? ": " : "", why);
}

/* ---- the message ---- */

static struct pp_str str_of(const json_t *j, const char *name) {
    const char *s = json_string_value(json_object_get(j, name));
    return s ? pp_str_z(s) : PP_STR_NONE;
}

static pp_date date_of(const json_t *j, const char *name) {
    pp_date d = 0;
    struct pp_str s = str_of(j, name);
    return s.n && pp_date_parse(s, &d) ? d : 0;
}

/* CPT codes are numbers, the last letter apart; HCPCS codes begin with one. */
static struct pp_hl7_code service_of(struct pp_str code) {
    if (!code.n) return (struct pp_hl7_code){.text = PP_STR("service without a code")};
    bool letter = code.s[0] >= 'A' && code.s[0] <= 'Z';
    return (struct pp_hl7_code){.code = code, .system = letter ? PP_STR("HCPCS") : PP_STR("C4")};
}

/* 2026-11-27T14:20:00.000Z to 20261127142000+0000. */
static struct pp_str stamp_of(struct pp_arena *a, struct pp_str as_of) {
    int64_t ms;
    char t[25];
    if (!pp_time_parse(as_of, &ms)) return PP_STR_NONE;
    pp_time_text(ms, t);
    return pp_arena_printf(a, "%.4s%.2s%.2s%.2s%.2s%.2s+0000", t, t + 5, t + 8, t + 11, t + 14, t + 17);
}

/* The same record has the same number, whoever sends it and whenever. */
static struct pp_str control_id_of(struct pp_arena *a, const struct pp_record *r) {
    char hash[PP_SHA256_HEX + 1];
    pp_sha256_hex(pp_arena_printf(a, "%.*s\n%.*s", PP_FMT(r->key), PP_FMT(r->value)), hash);
    return pp_arena_printf(a, "PN%.*s", CONTROL_ID_BYTES - 2, hash);
}

static int write_message(struct bridge *b, const json_t *j, struct pp_str order_no, struct pp_str control_id,
                         struct pp_buf *out, struct pp_err *err) {
    const char *facility = pp_config_str(b->c, "from-facility");
    const struct pp_hl7_state n = {
        .sending_app = pp_str_z(pp_config_str(b->c, "from-app")),
        .sending_facility = pp_str_z(*facility ? facility : pp_config_str(b->c, "tenant")),
        .receiving_app = pp_str_z(pp_config_str(b->c, "to-app")),
        .receiving_facility = pp_str_z(pp_config_str(b->c, "to-facility")),
        .control_id = control_id,
        .time = stamp_of(&b->a, str_of(j, "as_of")),
        .processing_id = pp_str_z(pp_config_str(b->c, "processing")),
        .order_no = order_no,
        .service = service_of(str_of(j, "code")),
        .state = str_of(j, "state"),
        .case_no = str_of(j, "case_no"),
        .line = pp_arena_printf(&b->a, "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(j, "line"))),
        .number = str_of(j, "authorization"),
        .payer = str_of(j, "payer"),
        .valid_from = date_of(j, "valid_from"),
        .valid_until = date_of(j, "valid_until"),
        .units_authorized = str_of(j, "units_authorized"),
        .units_scheduled = str_of(j, "units_scheduled"),
        .units_used = str_of(j, "units_used"),
        .unit_type = str_of(j, "unit_type"),
    };
    return pp_hl7_notice_state(&n, out, err);
}

/* ---- sending ---- */

/* One try. 0 and *ret, or -1: nobody knows whether it arrived. */
static int try_once(struct bridge *b, struct pp_str message, struct pp_str control_id, struct pp_hl7_answer *ret,
                    struct pp_err *err) {
    struct pp_hl7_msg m;
    struct pp_str bytes = PP_STR_NONE;
    if (cli_mllp_send(&b->mllp, message, err) < 0 || cli_mllp_answer(&b->mllp, &b->a, &bytes, err) < 0) return -1;
    if (pp_hl7_parse(bytes, NULL, &b->a, &m, err) == 0 && pp_hl7_read_answer(&m, ret, err) == 0) {
        if (pp_str_eq(ret->control_id, control_id)) return 0;
        pp_err_set(err, PP_ERR_INVALID, "%s: the answer is to another message", b->mllp.at);
    }
    cli_mllp_close(&b->mllp);
    return -1;
}

static enum outcome give_up(struct bridge *b, const struct pp_record *r, const struct pp_hl7_answer *a) {
    char why[320];
    snprintf(why, sizeof why, "%.*s%s%.*s", PP_FMT(a->code), a->text.n ? ", " : "", PP_FMT(pp_str_cut(a->text, 240)));
    b->refused++;
    tell(r, "the receiver does not take it", why);
    return DONE;
}

/* AA and CA end it, AR and CR too; AE and CE may be trouble that passes, as silence may. */
static enum outcome deliver(struct bridge *b, const struct pp_record *r, struct pp_str message,
                            struct pp_str control_id, struct pp_err *err) {
    int tries = (int)pp_config_int(b->c, "tries");
    int64_t wait = pp_config_int(b->c, "backoff-first-ms"), wait_max = pp_config_int(b->c, "backoff-max-ms");
    struct pp_hl7_answer answer = {0};
    bool answered = false;
    for (int i = 1; !cli_stop; i++) {
        answered = try_once(b, message, control_id, &answer, err) == 0;
        if (answered && answer.outcome == PP_HL7_ACCEPT) {
            b->sent++;
            return DONE;
        }
        if (answered && (answer.outcome == PP_HL7_REJECT || i >= tries)) return give_up(b, r, &answer);
        if (!answered && i >= tries) {
            pp_err_wrap(err, "no answer after %d tries; partition %d stays at offset %" PRId64, tries, r->partition,
                        r->offset);
            return BROKEN;
        }
        pause_ms(wait);
        wait = wait * 2 < wait_max ? wait * 2 : wait_max;
    }
    return STOPPED;
}

/* ---- one record ---- */

static enum outcome find_order(struct bridge *b, const struct pp_record *r, const json_t *j, struct pp_str *ret,
                               struct pp_err *err) {
    struct pp_uuid case_id;
    int64_t end = pp_mono_ms() + pp_config_int(b->c, "case-wait-s") * 1000;
    if (!pp_uuid_parse(str_of(j, "case_id"), &case_id)) return DONE;
    for (;;) {
        int rc = order_numbers_find(b->orders, r->partition, case_id, ret, err);
        if (rc < 0) return BROKEN;
        if (rc > 0) return DONE;
        if (cli_stop) return STOPPED;
        if (pp_mono_ms() >= end) return DONE;
        pause_ms(CASE_LOOK_MS);
    }
}

static enum outcome pass_over(struct bridge *b, const struct pp_record *r, const char *why) {
    b->refused++;
    tell(r, "passed over", why);
    return DONE;
}

static bool is_ours(const struct bridge *b, const struct pp_record *r) {
    struct pp_header h[PP_HEADERS_MAX];
    int n = pp_record_headers(r, h, PP_HEADERS_MAX);
    return !r->tombstone && pp_str_eqz(pp_headers_get(h, n, "ce_type"), TYPE) &&
           pp_str_eqz(pp_headers_get(h, n, "pp_tenant"), pp_config_str(b->c, "tenant"));
}

static enum outcome on_authorization(struct bridge *b, const struct pp_record *r, const json_t *j, struct pp_err *err) {
    struct pp_str order_no = PP_STR_NONE, control_id = control_id_of(&b->a, r);
    struct pp_buf message;
    enum outcome o = find_order(b, r, j, &order_no, err);
    if (o != DONE) return o;
    if (!order_no.n) return pass_over(b, r, "no public case says which order it is");
    pp_buf_init(&message, MESSAGE_BYTES_MAX);
    if (write_message(b, j, order_no, control_id, &message, err) < 0)
        o = pass_over(b, r, err->msg);
    else
        o = deliver(b, r, pp_buf_str(&message), control_id, err);
    pp_buf_free(&message);
    return o;
}

static enum outcome on_record(struct bridge *b, const struct pp_record *r, struct pp_err *err) {
    if (!is_ours(b, r)) {
        b->skipped++;
        return DONE;
    }
    pp_arena_reset(&b->a);
    json_t *j = json_loadb(r->value.n ? r->value.s : "", r->value.n, 0, NULL);
    int before = b->sent;
    enum outcome o = j ? on_authorization(b, r, j, err) : pass_over(b, r, "the record is no JSON");
    if (b->sent > before) {
        printf("%.*s %.*s, case %.*s line %d: told\n", PP_FMT(str_of(j, "authorization")), PP_FMT(str_of(j, "state")),
               PP_FMT(str_of(j, "case_no")), (int)json_integer_value(json_object_get(j, "line")));
        fflush(stdout);
    }
    json_decref(j);
    return o;
}

static int run(struct bridge *b, struct pp_err *err) {
    bool once = pp_config_bool(b->c, "once");
    while (!cli_stop) {
        struct pp_record r;
        int rc = pp_group_next(b->group, LOOK_MS, &r, err);
        if (rc < 0) return -1;
        if (rc == 0 && once && pp_group_at_end(b->group)) return 0;
        if (rc == 0) continue;
        enum outcome o = on_record(b, &r, err);
        if (o != DONE) return o == BROKEN ? -1 : 0;
        /* Not fatal: another member, or this one after a restart, says it once more. */
        if (pp_group_commit(b->group, &r, err) < 0) tell(&r, "may be sent again", err->msg);
    }
    return 0;
}

/* Longer than the longest work on one record: then the group takes nothing away from who is only patient. */
static int gap_ms(const struct pp_config *c) {
    int64_t one = pp_config_int(c, "timeout-s") * 2000 + pp_config_int(c, "backoff-max-ms"),
            all = GAP_MIN_MS + pp_config_int(c, "case-wait-s") * 1000 + one * pp_config_int(c, "tries");
    return (int)(all < PP_MS_DAY ? all : PP_MS_DAY);
}

static int start(struct bridge *b, struct pp_err *err) {
    const char *from = pp_config_str(b->c, "from"), *brokers = pp_config_str(b->c, "kafka-brokers");
    bool beginning = strcmp(from, "beginning") == 0;
    if (!beginning && strcmp(from, "end") != 0) return pp_err_set(err, PP_ERR_INVALID, "from: want beginning or end");
    b->orders = order_numbers_new(brokers, pp_config_str(b->c, "cases-topic"), CLI_TIMEOUT_MS);
    if (!b->orders) return pp_err_set(err, PP_ERR_NOMEM, "order numbers");
    return pp_group_open(&(struct pp_group_opts){.brokers = brokers,
                                                 .group = pp_config_str(b->c, "group"),
                                                 .topic = pp_config_str(b->c, "topic"),
                                                 .from_beginning = beginning,
                                                 .poll_gap_max_ms = gap_ms(b->c)},
                         &b->group, err);
}

int cmd_notices(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    cli_settings("priorpath notices", keys, argc, argv, &c);
    struct bridge b = {.c = c};
    pp_arena_init(&b.a, ARENA_BYTES);
    cli_mllp_init(&b.mllp, pp_config_str(c, "to"), (int)pp_config_int(c, "timeout-s"));
    cli_catch_stop();
    int rc = start(&b, &err) < 0 ? -1 : run(&b, &err);
    printf("%d told, %d not taken, %d of no concern\n", b.sent, b.refused, b.skipped);
    pp_group_close(b.group);
    order_numbers_free(b.orders);
    cli_mllp_free(&b.mllp);
    pp_arena_free(&b.a);
    pp_config_free(c);
    if (rc < 0) return cli_fail("notices", &err);
    return b.refused ? CLI_FAILED : CLI_OK;
}
