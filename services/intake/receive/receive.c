/* Shell of the receive role: one batch of raw messages at a time.
 *
 *   load    read every message (pure readers), keep the bytes of documents in the blob store, look the identifiers up
 *   apply   per message: repeat? resolve each fact's person, say the facts
 *   finish  write messages, identifiers and persons in the same transaction
 */
#include "receive_int.h"
#include "base/hash.h"
#include "io/blob.h"
#include "io/log.h"
#include "io/metrics.h"

#include <stdlib.h>

#define QUARANTINE_EVENTS_MAX 20 /* facts about refused parts of one message; the count tells of the rest */

/* ---- ids ---- */

static struct pp_uuid new_id(void *user) {
    struct receive *rc = user;
    uint8_t random[PP_INPUT_RANDOM];
    pp_input_random(rc->batch, rc->input, "person", rc->minted++,
                    random); /* the same again when it is read again after a restore */
    return pp_uuid_v7(pp_batch_now(rc->batch), random);
}

/* ---- load: reading ---- */

static void read_message(struct message *m, const struct pp_input *in) {
    const struct rcv_source *src = &m->src;
    if (pp_str_eqz(m->format, "hl7"))
        rcv_read_hl7(src, m->bytes, &m->reading);
    else if (pp_str_eqz(m->format, "fhir"))
        rcv_read_fhir(src, m->bytes, &m->reading);
    else if (pp_str_eqz(m->format, "x12"))
        rcv_read_x12(src, PP_STR_NONE, m->bytes, &m->reading);
    else if (pp_str_eqz(m->format, "unknown"))
        rcv_refuse(src, &m->reading, PP_STR_NONE, "the bytes that came are no whole message");
    else
        rcv_read_payer(src, src->sender, pp_headers_get(in->headers, in->nheaders, "content-type"), m->bytes,
                       &m->reading);
}

static struct message *begin_message(struct receive *rc, struct pp_batch *b, struct pp_input *in) {
    struct pp_arena *a = pp_batch_arena(b);
    struct message *m = pp_arena_new(a, struct message);
    if (!m) return NULL;
    struct pp_str format = in->type_name;
    if (pp_str_starts(format, PP_STR("inbound."))) format = (struct pp_str){format.s + 8, format.n - 8};
    m->format = format;
    m->src = (struct rcv_source){.tenant = in->hdr.tenant,
                                 .sender = pp_headers_get(in->headers, in->nheaders, "pp_sender"),
                                 .refs = rc->refs,
                                 .now_ms = pp_batch_now(b),
                                 .arena = a};
    m->hash = pp_headers_get(in->headers, in->nheaders, "pp_hash");
    m->message_id = pp_headers_get(in->headers, in->nheaders, "pp_message_id");
    if (!m->message_id.n) m->message_id = m->hash;
    m->received_ms = in->hdr.time_ms ? in->hdr.time_ms : pp_batch_now(b);
    m->src.received_ms = m->received_ms;
    m->file_name = pp_headers_get(in->headers, in->nheaders, "pp_file");
    struct pp_str from = pp_headers_get(in->headers, in->nheaders, RCV_STEP_HEADER);
    m->step = from.n && pp_str_int(from, &m->from);
    m->large = !m->step && pp_str_eqz(format, "x12") && pp_headers_get(in->headers, in->nheaders, "pp_dataref").n;
    m->sender_unit = pp_pseudo_person(m->src.tenant, pp_arena_printf(a, "sender:%.*s", PP_FMT(m->src.sender)));
    m->bytes = in->value;
    in->app = m;
    return m;
}

struct keep { /* bytes on their way to the blob store */
    struct pp_batch *batch;
    uint64_t ticket;
};

static void on_blob_stored(void *user, const char hash[65], const struct pp_err *err) {
    struct keep k = *(struct keep *)user;
    (void)hash;
    free(user);
    if (err) pp_log_err(PP_LOG_ERROR, "document not kept", err);
    pp_batch_unhold(k.batch, k.ticket, err);
}

/* Bytes first, fact second: a fact that names a hash is never seen before the bytes are there. */
static void keep_blobs(struct receive *rc, struct pp_batch *b, const struct message *m) {
    for (const struct rcv_report *r = m->reading.first; r; r = r->next) {
        if (!r->blob.n) continue;
        struct keep *k = malloc(sizeof *k); /* outlives the batch when that is thrown away */
        if (!k) abort();
        *k = (struct keep){b, pp_batch_hold(b)};
        pp_blob_put(pp_engine_blobs(rc->engine), pp_engine_loop(rc->engine), m->src.tenant, r->blob, on_blob_stored, k);
    }
}

/* ---- load: looking up ---- */

static void on_messages(void *user, const struct pp_rows *rows) {
    struct receive *rc = user;
    for (int i = 0; rows && i < pp_rows_n(rows); i++) {
        struct pp_arena *a = pp_batch_arena(rc->batch);
        struct seen *s = pp_arena_new(a, struct seen);
        if (!s) return;
        *s = (struct seen){pp_arena_str(a, pp_rows_str(rows, i, 0)),
                           pp_arena_str(a, pp_rows_str(rows, i, 1)),
                           pp_arena_str(a, pp_rows_str(rows, i, 2)),
                           pp_arena_str(a, pp_rows_str(rows, i, 3)),
                           pp_rows_int(rows, i, 4),
                           rc->seen};
        rc->seen = s;
    }
}

static void on_said(struct receive *rc, const struct pp_rows *rows, int i) {
    struct pp_arena *a = pp_batch_arena(rc->batch);
    struct said *s = pp_arena_new(a, struct said);
    if (!s) return;
    *s = (struct said){.person = pp_rows_uuid(rows, i, 2),
                       .what = pp_arena_str(a, pp_rows_str(rows, i, 6)),
                       .hash = pp_arena_str(a, pp_rows_str(rows, i, 7)),
                       .next = rc->said};
    rc->said = s;
}

static void on_registry(void *user, const struct pp_rows *rows) {
    struct receive *rc = user;
    struct pp_arena *a = pp_batch_arena(rc->batch);
    for (int i = 0; rows && i < pp_rows_n(rows); i++) {
        struct pp_str tenant = pp_arena_str(a, pp_rows_str(rows, i, 1));
        struct pp_uuid person = pp_rows_uuid(rows, i, 2);
        switch ((enum rcv_row)pp_rows_int(rows, i, 0)) {
        case RCV_ROW_KEY: {
            struct rcv_key k = {tenant, (enum rcv_key_kind)pp_rows_int(rows, i, 5),
                                pp_arena_str(a, pp_rows_str(rows, i, 6)), pp_arena_str(a, pp_rows_str(rows, i, 7))};
            rcv_registry_know_key(rc->registry, k, person);
            break;
        }
        case RCV_ROW_PERSON:
            rcv_registry_know_person(rc->registry,
                                     (struct rcv_person){.tenant = tenant,
                                                         .id = person,
                                                         .survivor = pp_rows_uuid(rows, i, 3),
                                                         .birth = pp_rows_date(rows, i, 4),
                                                         .sex = pp_arena_str(a, pp_rows_str(rows, i, 6)),
                                                         .family = pp_arena_str(a, pp_rows_str(rows, i, 7)),
                                                         .provisional = pp_rows_bool(rows, i, 8)});
            break;
        case RCV_ROW_SAID: on_said(rc, rows, i); break;
        }
    }
}

static void add_keys(struct receive *rc, const struct rcv_key *keys, int n) {
    for (int i = 0; i < n; i++) {
        pp_array_text(&rc->a[0], keys[i].tenant);
        pp_array_i2(&rc->a[1], (int16_t)keys[i].kind);
        pp_array_text(&rc->a[2], keys[i].authority);
        pp_array_text(&rc->a[3], keys[i].value);
    }
}

/* Subjects repeat from fact to fact of a message; looking a key up twice is harmless but not free. */
static void add_message_keys(struct receive *rc, const struct message *m) {
    const struct rcv_subject *last = NULL;
    for (const struct rcv_report *r = m->reading.first; r; r = r->next) {
        if (r->subject != last) {
            add_keys(rc, r->subject->who, r->subject->nwho);
            add_keys(rc, r->subject->about, r->subject->nabout);
        }
        if (r->retired) add_keys(rc, r->retired->who, r->retired->nwho);
        last = r->subject;
    }
}

static void look_up(struct receive *rc, struct pp_batch *b) {
    struct pp_str p[4];
    rcv_begin_arrays(rc, (const enum pp_pg_type[]){PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT}, 3);
    for (struct pp_input *in = pp_batch_next(b, NULL); in; in = pp_batch_next(b, in)) {
        const struct message *m = in->app;
        if (!m) continue;
        pp_array_text(&rc->a[0], m->src.tenant);
        pp_array_text(&rc->a[1], m->src.sender);
        pp_array_text(&rc->a[2], m->message_id);
    }
    if (rc->a[0].n) pp_batch_select(b, RCV_SELECT_MESSAGES, p, rcv_params(rc, p, 3), on_messages, rc);
    rcv_begin_arrays(rc, (const enum pp_pg_type[]){PP_PG_TEXT, PP_PG_INT2, PP_PG_TEXT, PP_PG_TEXT}, 4);
    for (struct pp_input *in = pp_batch_next(b, NULL); in; in = pp_batch_next(b, in))
        if (in->app) add_message_keys(rc, in->app);
    if (rc->a[0].n) pp_batch_select(b, RCV_SELECT_REGISTRY, p, rcv_params(rc, p, 4), on_registry, rc);
    rcv_early_look_up(rc, b);
}

struct fetch { /* a body that stands in the blob store */
    struct receive *rc;
    struct pp_input *in;
    struct pp_batch *batch;
    uint64_t ticket;
};

static void all_read(struct receive *rc, struct pp_batch *b) {
    for (struct pp_input *in = pp_batch_next(b, NULL); in; in = pp_batch_next(b, in)) {
        struct message *m = in->app;
        if (!m) continue;
        keep_blobs(rc, b, m);
        if (!m->step) rcv_keep_ack(rc, m);
    }
    look_up(rc, b);
}

static void one_read(struct receive *rc) {
    if (--rc->unread == 0) all_read(rc, rc->batch);
}

static void on_body(void *user, struct pp_str bytes, const struct pp_err *err) {
    struct fetch f = *(struct fetch *)user;
    free(user);
    if (!err && pp_batch_held(f.batch, f.ticket)) {
        struct message *m = f.in->app;
        m->bytes = pp_arena_str(pp_batch_arena(f.batch), bytes);
        read_message(m, f.in);
        one_read(f.rc);
    }
    pp_batch_unhold(f.batch, f.ticket, err);
}

static int load(void *user, struct pp_batch *b, struct pp_err *err) {
    struct receive *rc = user;
    struct pp_arena *a = pp_batch_arena(b);
    rc->batch = b;
    rc->refs = pp_packs_current(rc->packs);
    rc->seen = NULL;
    rc->said = NULL;
    rc->early = NULL;
    rc->waited = 0;
    rc->applied = rc->applied_last = NULL;
    rc->registry = rcv_registry_new(a, new_id, rc);
    if (!rc->registry) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch is used up");
    struct message *step = NULL;
    rc->unread = 1; /* this loop itself */
    for (struct pp_input *in = pp_batch_next(b, NULL); in; in = pp_batch_next(b, in)) {
        in->app = NULL;
        if (in->kind == PP_INPUT_TIMER) continue;
        struct message *m = begin_message(rc, b, in);
        if (!m) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch is used up");
        struct pp_str ref = pp_headers_get(in->headers, in->nheaders, "pp_dataref");
        if (m->large) continue; /* read in steps that follow */
        if (m->step) {          /* one file in a batch */
            m->postponed = step != NULL;
            if (m->postponed) continue;
            step = m;
            rc->unread++;
            rcv_step_load(rc, in, m, one_read);
            continue;
        }
        if (!ref.n) {
            read_message(m, in);
            continue;
        }
        struct fetch *f = malloc(sizeof *f); /* outlives the batch when that is thrown away */
        if (!f) abort();
        *f = (struct fetch){rc, in, b, pp_batch_hold(b)};
        rc->unread++;
        pp_blob_get(pp_engine_blobs(rc->engine), pp_engine_loop(rc->engine), m->src.tenant, ref, on_body, f);
    }
    rcv_acks_load(rc, b);
    one_read(rc);
    return 0;
}

/* ---- apply ---- */

static int say(struct pp_batch *b, struct pp_input *in, const struct message *m, struct pp_uuid person,
               const struct pp_out *o, struct pp_err *err) {
    return pp_batch_effects(b, in, m->src.tenant, person, o, err);
}

int rcv_say(struct receive *rc, struct pp_input *in, struct message *m, struct pp_uuid person, struct ev ev,
            struct pp_err *err) {
    struct pp_out *o = pp_out_new(m->src.arena, person);
    if (!o) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch is used up");
    pp_emit(o, &ev);
    m->facts++;
    return say(rc->batch, in, m, person, o, err);
}

/* True when the same was said before under this key; else remembers it. */
static bool was_said(struct receive *rc, const struct message *m, struct pp_uuid person, const struct rcv_report *r) {
    if (!r->said_key.n) return false;
    struct pp_buf json;
    char hash[PP_SHA256_HEX + 1];
    pp_buf_init(&json, 1 << 17);
    if (ev_encode(&r->ev, &json, NULL) < 0) { /* the emit will fail too, and say why */
        pp_buf_free(&json);
        return false;
    }
    pp_sha256_hex(pp_buf_str(&json), hash);
    pp_buf_free(&json);
    struct said *s = rc->said;
    while (s && !(pp_uuid_eq(s->person, person) && pp_str_eq(s->what, r->said_key))) s = s->next;
    if (s && pp_str_eqz(s->hash, hash)) return true;
    if (!s) {
        s = pp_arena_new(m->src.arena, struct said);
        if (!s) return false;
        s->person = person;
        s->what = r->said_key;
        s->next = rc->said;
        rc->said = s;
    }
    s->tenant = m->src.tenant;
    s->hash = pp_arena_strz(m->src.arena, hash);
    s->changed = true;
    return false;
}

int rcv_quarantine(struct receive *rc, struct pp_input *in, struct message *m, struct pp_str place,
                   struct pp_str reason, struct pp_err *err) {
    struct ev_message_quarantined q = {.sender = m->src.sender,
                                       .message_id = m->message_id,
                                       .type = m->reading.type,
                                       .place = place,
                                       .reason = reason,
                                       .hash = m->hash};
    if (!ev_message_quarantined_format_parse(m->format, &q.format)) q.format = EV_MESSAGE_QUARANTINED_FORMAT_UNKNOWN;
    return rcv_say(rc, in, m, m->sender_unit, ev_of_message_quarantined(&q), err);
}

/* One of many facts of a file: the others go on. */
static void part_refused(struct message *m, struct pp_str reason) {
    m->refused++;
    m->state = "partly_refused";
    if (!m->reason.n) m->reason = reason;
}

/* Identifiers that do not fit together: the message waits, and a person is asked. */
static int ask_same_person(struct receive *rc, struct pp_input *in, struct message *m, const struct rcv_report *r,
                           const char *reason, struct pp_err *err) {
    struct pp_str name = pp_arena_printf(m->src.arena, "same_person/%.*s", PP_FMT(m->message_id));
    bool alone = r && r->alone;
    if (alone && r->subject->nabout) /* of many claims in a file this one */
        name = pp_arena_printf(m->src.arena, "%.*s/%.*s", PP_FMT(name), PP_FMT(r->subject->about[0].value));
    struct ev_task_needed t = {
        .task_id = pp_uuid_derive(m->sender_unit, name),
        .kind = EV_TASK_NEEDED_KIND_SAME_PERSON,
        .subject = pp_arena_printf(m->src.arena, "message %.*s", PP_FMT(m->message_id)),
        .reason = pp_arena_strz(m->src.arena, reason),
        .queue = PP_STR("registration"),
        .due = m->src.now_ms + TASK_DUE_MS,
        .owner = EV_TASK_NEEDED_OWNER_INTAKE,
    };
    if (alone)
        part_refused(m, t.reason);
    else
        m->state = "waiting";
    m->reason = t.reason;
    if (rcv_quarantine(rc, in, m, PP_STR_NONE, t.reason, err) < 0) return -1;
    return rcv_say(rc, in, m, m->sender_unit, ev_of_task_needed(&t), err);
}

static int apply_merge(struct receive *rc, struct pp_input *in, struct message *m, const struct rcv_report *r,
                       struct pp_err *err) {
    struct pp_uuid survivor, retired;
    const char *reason;
    if (rcv_resolve(rc->registry, r->subject, &survivor, &reason) >= RCV_CONFLICT ||
        rcv_resolve(rc->registry, r->retired, &retired, &reason) >= RCV_CONFLICT)
        return ask_same_person(rc, in, m, r, reason, err);
    if (!rcv_merge(rc->registry, survivor, retired)) return 0; /* one person already */
    struct ev_patient_merged e = *r->ev.as.patient_merged;
    e.survivor = survivor;
    e.retired = retired;
    if (rcv_say(rc, in, m, survivor, ev_of_patient_merged(&e), err) < 0) return -1;
    return rcv_say(rc, in, m, retired, ev_of_patient_merged(&e), err);
}

static int apply_payer(struct receive *rc, struct pp_input *in, struct message *m, const struct rcv_report *r,
                       struct pp_err *err) {
    struct pp_uuid person;
    uint32_t n;
    const struct ev_payer_answer_reported *e = r->ev.as.payer_answer_reported;
    if (e->kind == EV_PAYER_ANSWER_REPORTED_KIND_ACKNOWLEDGEMENT)
        person = pp_pseudo_person(
            m->src.tenant, pp_arena_printf(m->src.arena, "control:%.*s:%.*s", PP_FMT(e->payer), PP_FMT(e->control)));
    else if (!pp_trace_parse(e->trace, &person, &n))
        person = pp_pseudo_person(m->src.tenant, pp_arena_printf(m->src.arena, "payer:%.*s", PP_FMT(e->payer)));
    return rcv_say(rc, in, m, person, r->ev, err);
}

/* A provisional person turned out to be a known one: both homes hear of it. */
static int say_merges(struct receive *rc, struct pp_input *in, struct message *m, struct pp_err *err) {
    struct ev_patient_merged e = {.sender = m->src.sender};
    while (rcv_registry_take_merge(rc->registry, &e.survivor, &e.retired))
        if (rcv_say(rc, in, m, e.survivor, ev_of_patient_merged(&e), err) < 0 ||
            rcv_say(rc, in, m, e.retired, ev_of_patient_merged(&e), err) < 0)
            return -1;
    return 0;
}

static int apply_nobody(struct receive *rc, struct pp_input *in, struct message *m, const struct rcv_report *r,
                        const char *reason, struct pp_err *err) {
    if (r->waits.value.n) return rcv_early_wait(rc, in, m, r, err);
    if (r->alone) {
        part_refused(m, pp_str_z(reason));
        return rcv_quarantine(rc, in, m, PP_STR_NONE, pp_str_z(reason), err);
    }
    m->state = "refused";
    m->reason = pp_str_z(reason);
    return rcv_quarantine(rc, in, m, PP_STR_NONE, m->reason, err);
}

static int apply_fact(struct receive *rc, struct pp_input *in, struct message *m, const struct rcv_report *r,
                      struct pp_err *err) {
    struct pp_uuid person = r->person;
    const char *reason;
    if (!pp_uuid_none(person)) return rcv_say(rc, in, m, person, r->ev, err);
    enum rcv_verdict v = rcv_resolve(rc->registry, r->subject, &person, &reason);
    if (say_merges(rc, in, m, err) < 0) return -1;
    if (v == RCV_CONFLICT) return ask_same_person(rc, in, m, r, reason, err);
    if (v == RCV_NOBODY) return apply_nobody(rc, in, m, r, reason, err);
    if (was_said(rc, m, person, r)) return 0;
    if (rcv_say(rc, in, m, person, r->ev, err) < 0) return -1;
    return r->ev.type == EV_CLAIM_REPORTED ? rcv_early_say(rc, in, m, r->subject, person, err) : 0;
}

static struct seen *find_seen(const struct receive *rc, const struct message *m, bool *ret_other_body) {
    struct seen *other = NULL;
    for (struct seen *s = rc->seen; s; s = s->next) {
        if (!pp_str_eq(s->message_id, m->message_id) || !pp_str_eq(s->sender, m->src.sender) ||
            !pp_str_eq(s->tenant, m->src.tenant))
            continue;
        if (pp_str_eq(s->hash, m->hash)) {
            *ret_other_body = false;
            return s;
        }
        other = s;
    }
    *ret_other_body = other != NULL;
    return other;
}

static void applied(struct receive *rc, struct message *m) {
    if (rc->applied_last)
        rc->applied_last->next_applied = m;
    else
        rc->applied = m;
    rc->applied_last = m;
}

static int apply_reading(struct receive *rc, struct pp_input *in, struct message *m, struct pp_err *err) {
    int told = 0;
    for (const struct rcv_refusal *q = m->reading.refusals; q && told < QUARANTINE_EVENTS_MAX; q = q->next, told++)
        if (rcv_quarantine(rc, in, m, q->place, q->reason, err) < 0) return -1;
    m->refused = m->reading.nrefusals;
    if (m->reading.nrefusals) {
        m->state = m->reading.nreports ? "partly_refused" : "refused";
        m->reason = m->reading.refusals->reason;
    } else {
        m->state = m->reading.not_used ? "not_used" : "used";
        if (m->reading.not_used) m->reason = m->reading.not_used_why;
    }
    for (const struct rcv_report *r = m->reading.first; r; r = r->next) {
        int rc2 = r->kind == RCV_MERGE   ? apply_merge(rc, in, m, r, err)
                  : r->kind == RCV_PAYER ? apply_payer(rc, in, m, r, err)
                                         : apply_fact(rc, in, m, r, err);
        if (rc2 < 0) return -1;
        if (pp_str_eqz(pp_str_z(m->state), "waiting")) return 0; /* the rest waits with it */
    }
    return 0;
}

/* A large file: it is noted now and read from the next record on. */
static int apply_large(struct receive *rc, struct pp_input *in, struct message *m, struct pp_err *err) {
    m->state = "reading";
    m->reading.type = PP_STR("X12");
    return rcv_step_send(rc, in, m, 0, err);
}

/* A step whose place was passed already is a repeat; one that came too early cannot be. */
static int apply_step(struct receive *rc, struct pp_input *in, struct message *m, struct seen *s, struct pp_err *err) {
    if (m->postponed) return rcv_step_send(rc, in, m, m->from, err);
    if (!s || s->read_until != m->from) {
        pp_metric_add("pp_receive_repeats_total", NULL, 1);
        return 0;
    }
    if (apply_reading(rc, in, m, err) < 0 || rcv_ack_wanted(rc, in, m, err) < 0) return -1;
    s->read_until = m->next;
    applied(rc, m);
    return m->last ? 0 : rcv_step_send(rc, in, m, m->next, err);
}

static int apply(void *user, struct pp_batch *b, struct pp_input *in, struct pp_err *err) {
    struct receive *rc = user;
    struct message *m = in->app;
    bool other_body;
    rc->input = in;
    rc->minted = 0;
    if (in->kind == PP_INPUT_TIMER)
        return in->code == RCV_TIMER_EARLY ? rcv_early_timer(rc, in, err) : rcv_ack_timer(rc, in, err);
    struct seen *before = find_seen(rc, m, &other_body);
    if (pp_arena_failed(m->src.arena)) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch is used up");
    if (m->step) return apply_step(rc, in, m, other_body ? NULL : before, err);
    if (before && !other_body) {
        pp_metric_add("pp_receive_repeats_total", NULL, 1);
        return 0;
    }
    if (before) {
        m->state = "other_body";
        m->reason = PP_STR("the same message id came before with another body");
        m->ack_hash[0] = '\0';
        if (rcv_quarantine(rc, in, m, PP_STR_NONE, m->reason, err) < 0) return -1;
    } else if ((m->large ? apply_large(rc, in, m, err) : apply_reading(rc, in, m, err)) < 0) {
        return -1;
    }
    struct seen *s = pp_arena_new(pp_batch_arena(b), struct seen);
    if (!s) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch is used up");
    *s = (struct seen){m->src.tenant, m->src.sender, m->message_id, m->hash, 0, rc->seen};
    rc->seen = s;
    applied(rc, m);
    return rcv_ack_wanted(rc, in, m, err);
}

/* ---- finish ---- */

static int finish(void *user, struct pp_batch *b, struct pp_err *err) {
    struct receive *rc = user;
    if (pp_arena_failed(pp_batch_arena(b))) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch is used up");
    rcv_early_write(rc, b); /* timers may have changed some */
    rcv_write_acks(rc, b);
    if (!rc->applied) return 0;
    rcv_write_messages(rc, b);
    rcv_write_steps(rc, b);
    rcv_write_identifiers(rc, b);
    rcv_write_persons(rc, b);
    rcv_write_said(rc, b);
    return 0;
}

/* ---- the role ---- */

static int start(void *user, struct pp_engine *e, struct pp_err *err) {
    struct receive *rc = user;
    const struct pp_config *c = pp_engine_config(e);
    rc->engine = e;
    rc->drop_dir = pp_config_str(c, "drop-dir");
    rc->files = rcv_files_new();
    if (!rc->files) return pp_err_set(err, PP_ERR_NOMEM, "receive");
    if (!pp_engine_blobs(e)) return pp_err_set(err, PP_ERR_INVALID, "receive needs a blob store: set blob-dir");
    struct pp_packs_opts o = {pp_config_str(c, "kafka-brokers"), pp_config_str(c, "packs-dir"), pp_engine_blobs(e)};
    return pp_packs_start(pp_engine_loop(e), &o, &rc->packs, err);
}

static void stop(void *user) {
    struct receive *rc = user;
    pp_packs_stop(rc->packs);
    rc->packs = NULL;
    rcv_files_free(rc->files);
    rc->files = NULL;
}

static bool ready(void *user, const char **ret_wait) {
    return pp_packs_ready(((struct receive *)user)->packs, ret_wait);
}

/* From services/intake/receive/migrations, embedded at build time. */
extern const char *const receive_migrations[];

static const struct pp_config_key keys[] = {
    {"drop-dir", PP_CFG_STR, 0, 1023, "", "",
     "Drop folders, as the door knows them: 999 and TA1 are put into <drop-dir>/<tenant>/<partner>/acks/; empty: they "
     "are "
     "not."},
    {0},
};

#define SOURCE_NO 1

int receive_main(int argc, char **argv) {
    static struct receive rc;
    static const char *const outputs[] = {PP_TOPIC_INBOUND, NULL}; /* steps of large files */
    for (size_t i = 0; i < sizeof rc.a / sizeof rc.a[0]; i++) pp_array_init(&rc.a[i]);
    struct pp_app app = {
        .name = "receive",
        .source_no = SOURCE_NO,
        .topics = {PP_TOPIC_INBOUND},
        .outputs = outputs,
        .stmts = receive_statements,
        .migrations = receive_migrations,
        .ops = {.load = load, .apply = apply, .finish = finish, .user = &rc},
        .start = start,
        .stop = stop,
        .ready = ready,
        .keys = keys,
        .front = &rcv_front,
    };
    return pp_app_main(&app, argc, argv);
}
