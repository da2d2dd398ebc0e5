/* What X12 senders are answered: into the blob store before the message counts as read, and, when it does, into the
 * sender's folder.
 *
 * A file is written by a timer of the acknowledgement: its first turn finds out what is to be written where, the second
 * writes it in the thread pool while its batch waits. What fails is tried again for a day; then it can still be
 * fetched. */
#include "receive_int.h"
#include "base/hash.h"
#include "io/blob.h"
#include "io/log.h"
#include "io/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define AGAIN_MS PP_MS_MINUTE
#define TRY_MS PP_MS_DAY

static struct pp_uuid ack_id(const struct message *m) {
    return pp_uuid_derive(m->sender_unit,
                          pp_arena_printf(m->src.arena, "ack/%.*s/%.*s", PP_FMT(m->message_id), PP_FMT(m->hash)));
}

/* ---- into the blob store ---- */

struct keep { /* outlives the batch when that is thrown away */
    struct pp_batch *batch;
    uint64_t ticket;
};

static void on_kept(void *user, const char hash[65], const struct pp_err *err) {
    struct keep k = *(struct keep *)user;
    (void)hash;
    free(user);
    if (err) pp_log_err(PP_LOG_ERROR, "acknowledgement not kept", err);
    pp_batch_unhold(k.batch, k.ticket, err);
}

void rcv_keep_ack(struct receive *rc, struct message *m) {
    if (!m->reading.ack.n) return;
    struct keep *k = malloc(sizeof *k);
    if (!k) abort();
    *k = (struct keep){rc->batch, pp_batch_hold(rc->batch)};
    pp_sha256_hex(m->reading.ack, m->ack_hash);
    pp_blob_put(pp_engine_blobs(rc->engine), pp_engine_loop(rc->engine), m->src.tenant, m->reading.ack, on_kept, k);
}

/* ---- into the sender's folder ---- */

static bool plain(struct pp_str s) { return s.n && s.s[0] != '.' && !memchr(s.s, '/', s.n) && !memchr(s.s, '\0', s.n); }

static int set_timer(struct receive *rc, struct pp_input *in, struct pp_str tenant, struct pp_uuid unit,
                     struct pp_uuid id, int64_t due_ms, struct pp_err *err) {
    struct pp_out *o = pp_out_new(pp_batch_arena(rc->batch), unit);
    if (!o) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch is used up");
    pp_timer(o, RCV_TIMER_ACK, id, due_ms);
    return pp_batch_effects(rc->batch, in, tenant, unit, o, err);
}

int rcv_ack_wanted(struct receive *rc, struct pp_input *in, struct message *m, struct pp_err *err) {
    if (!m->ack_hash[0] || !rc->drop_dir[0] || !plain(m->file_name) || !plain(m->src.sender) || !plain(m->src.tenant))
        return 0;
    return set_timer(rc, in, m->src.tenant, m->sender_unit, ack_id(m), pp_batch_now(rc->batch), err);
}

struct put { /* outlives the batch when that is thrown away */
    uv_work_t work;
    struct receive *rc;
    struct pp_batch *batch;
    uint64_t ticket;
    struct pp_uuid id;
    char path[RCV_ACK_PATH];
    char *bytes;
    uint32_t n;
    bool written;
};

static struct rcv_ack_todo *find_todo(struct receive *rc, struct pp_uuid id) {
    for (int i = 0; i < RCV_ACKS_TODO; i++)
        if (rc->todo[i].path[0] && pp_uuid_eq(rc->todo[i].id, id)) return &rc->todo[i];
    return NULL;
}

static bool write_all(int fd, const char *s, size_t n) {
    while (n) {
        ssize_t k = write(fd, s, n);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) return false;
        s += k;
        n -= (size_t)k;
    }
    return fsync(fd) == 0;
}

/* Whole or not there; the same again is harmless. The partner's folder must be there, acks/ is made. */
static void write_file(uv_work_t *w) {
    struct put *p = w->data;
    char tmp[RCV_ACK_PATH + 8], dir[RCV_ACK_PATH];
    snprintf(dir, sizeof dir, "%s", p->path);
    *strrchr(dir, '/') = '\0';
    if (mkdir(dir, 0770) < 0 && errno != EEXIST) return;
    snprintf(tmp, sizeof tmp, "%s.tmp", p->path);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0) return;
    bool ok = write_all(fd, p->bytes, p->n);
    ok = close(fd) == 0 && ok && rename(tmp, p->path) == 0;
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        ok = fsync(folder) == 0 && ok;
        close(folder);
    }
    p->written = ok;
}

static void end_put(struct put *p) {
    struct rcv_ack_todo *t = find_todo(p->rc, p->id);
    if (t && pp_batch_held(p->batch, p->ticket)) t->written = p->written;
    pp_batch_unhold(p->batch, p->ticket, NULL); /* nobody's message waits for a folder */
    free(p->bytes);
    free(p);
}

static void on_written(uv_work_t *w, int status) {
    struct put *p = w->data;
    if (status) p->written = false;
    end_put(p);
}

static void on_bytes(void *user, struct pp_str bytes, const struct pp_err *err) {
    struct put *p = user;
    p->bytes = err ? NULL : malloc((size_t)bytes.n + 1);
    if (p->bytes) {
        memcpy(p->bytes, bytes.s, bytes.n);
        p->n = bytes.n;
        p->work.data = p;
        if (uv_queue_work(pp_engine_loop(p->rc->engine), &p->work, write_file, on_written) == 0) return;
    }
    end_put(p);
}

static void begin_put(struct receive *rc, struct rcv_ack_todo *t) {
    struct put *p = calloc(1, sizeof *p);
    if (!p) abort();
    *p = (struct put){.rc = rc, .batch = rc->batch, .ticket = pp_batch_hold(rc->batch), .id = t->id};
    snprintf(p->path, sizeof p->path, "%s", t->path);
    t->tried = true;
    t->written = false;
    pp_blob_get(pp_engine_blobs(rc->engine), pp_engine_loop(rc->engine), pp_str_z(t->tenant), pp_str_z(t->ack_hash),
                on_bytes, p);
}

static void on_due(void *user, const struct pp_rows *rows) {
    struct receive *rc = user;
    for (int i = 0; rows && i < pp_rows_n(rows); i++) {
        struct rcv_ack_todo *t = rc->todo;
        while (t < rc->todo + RCV_ACKS_TODO && t->path[0]) t++;
        if (t == rc->todo + RCV_ACKS_TODO) return; /* the timer comes again */
        struct pp_str tenant = pp_rows_str(rows, i, 1), sender = pp_rows_str(rows, i, 2),
                      file = pp_rows_str(rows, i, 3);
        if (!plain(tenant) || !plain(sender) || !plain(file)) continue;
        *t = (struct rcv_ack_todo){.id = pp_rows_uuid(rows, i, 0), .made_ms = pp_rows_time(rows, i, 5)};
        snprintf(t->tenant, sizeof t->tenant, "%.*s", PP_FMT(tenant));
        snprintf(t->ack_hash, sizeof t->ack_hash, "%.*s", PP_FMT(pp_rows_str(rows, i, 4)));
        snprintf(t->path, sizeof t->path, "%s/%.*s/%.*s/acks/%.*s.999", rc->drop_dir, PP_FMT(tenant), PP_FMT(sender),
                 PP_FMT(file));
    }
}

void rcv_acks_load(struct receive *rc, struct pp_batch *b) {
    struct pp_str p[1];
    rcv_begin_arrays(rc, (const enum pp_pg_type[]){PP_PG_UUID}, 1);
    for (int i = 0; i < RCV_ACKS_TODO; i++) {
        if (rc->todo[i].done) memset(&rc->todo[i], 0, sizeof rc->todo[i]); /* of a batch before */
        rc->todo[i].tried = false;
    }
    for (struct pp_input *in = pp_batch_next(b, NULL); in; in = pp_batch_next(b, in)) {
        if (in->kind != PP_INPUT_TIMER || in->code != RCV_TIMER_ACK) continue;
        struct rcv_ack_todo *t = find_todo(rc, in->ref);
        if (t)
            begin_put(rc, t);
        else
            pp_array_uuid(&rc->a[0], in->ref);
    }
    if (rc->a[0].n) pp_batch_select(b, RCV_SELECT_ACKS, p, rcv_params(rc, p, 1), on_due, rc);
}

int rcv_ack_timer(struct receive *rc, struct pp_input *in, struct pp_err *err) {
    struct rcv_ack_todo *t = find_todo(rc, in->ref);
    int64_t now = pp_batch_now(rc->batch);
    if (!t) { /* written before, or too many at once */
        bool full = true;
        for (int i = 0; i < RCV_ACKS_TODO; i++) full = full && rc->todo[i].path[0];
        return full ? set_timer(rc, in, in->hdr.tenant, in->hdr.person, in->ref, now + 1, err) : 0;
    }
    if (!t->tried) return set_timer(rc, in, in->hdr.tenant, in->hdr.person, in->ref, now, err);
    if (t->written) {
        t->done = true;
        return 0;
    }
    pp_log(PP_LOG_ERROR, "an acknowledgement could not be put into its sender's folder", NULL);
    pp_metric_add("pp_receive_acks_not_written_total", NULL, 1);
    int64_t again = now - t->made_ms < TRY_MS ? now + AGAIN_MS : 0;
    memset(t, 0, sizeof *t); /* found again by the row */
    return again ? set_timer(rc, in, in->hdr.tenant, in->hdr.person, in->ref, again, err) : 0;
}

/* ---- rows ---- */

void rcv_write_acks(struct receive *rc, struct pp_batch *b) {
    struct pp_str p[16];
    rcv_begin_arrays(rc,
                     (const enum pp_pg_type[]){PP_PG_TEXT, PP_PG_UUID, PP_PG_INT2, PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT,
                                               PP_PG_TIMESTAMPTZ, PP_PG_TEXT, PP_PG_INT4, PP_PG_INT4, PP_PG_INT4,
                                               PP_PG_INT4, PP_PG_TEXT, PP_PG_TEXT, PP_PG_UUID},
                     15);
    for (const struct message *m = rc->applied; m; m = m->next_applied) {
        if (!m->ack_hash[0]) continue;
        pp_array_text(&rc->a[0], m->src.tenant);
        pp_array_uuid(&rc->a[1], m->sender_unit);
        pp_array_i2(&rc->a[2], (int16_t)pp_home_of(m->sender_unit));
        pp_array_text(&rc->a[3], m->src.sender);
        pp_array_text(&rc->a[4], m->message_id);
        pp_array_text(&rc->a[5], m->hash);
        pp_array_time(&rc->a[6], m->received_ms);
        pp_array_text(&rc->a[7], pp_str_z(m->ack_hash));
        pp_array_i4(&rc->a[8], (int32_t)m->reading.ack.n);
        pp_array_i4(&rc->a[9], (int32_t)m->reading.transactions);
        pp_array_i4(&rc->a[10], (int32_t)m->reading.accepted);
        pp_array_i4(&rc->a[11], (int32_t)m->reading.warnings);
        pp_array_text(&rc->a[12], m->reading.notes);
        pp_array_text(&rc->a[13], m->file_name);
        pp_array_uuid(&rc->a[14], ack_id(m));
    }
    if (rc->a[0].n) pp_batch_write(b, RCV_INSERT_ACKS, p, rcv_params(rc, p, 15), NULL, NULL);
    rcv_begin_arrays(rc, (const enum pp_pg_type[]){PP_PG_UUID}, 1);
    for (int i = 0; i < RCV_ACKS_TODO; i++)
        if (rc->todo[i].done) pp_array_uuid(&rc->a[0], rc->todo[i].id);
    if (rc->a[0].n) pp_batch_write(b, RCV_UPDATE_ACKS, p, rcv_params(rc, p, 1), NULL, NULL);
}

/* ---- what a sender may ask ---- */

static const char acknowledgement_sql[] =
    "select json_build_object('hash', a.ack_hash, 'content_type', 'application/edi-x12', 'message', a.hash,"
    " 'message_id', a.message_id, 'sender', a.sender, 'made_at', a.made_at, 'size', a.size, 'state', m.state,"
    " 'transactions', a.transactions, 'accepted', a.accepted, 'rejected', a.transactions - a.accepted,"
    " 'warnings', a.warnings, 'notes', array_remove(string_to_array(a.notes, E'\\n'), ''), 'file', a.file_name,"
    " 'written', a.written)"
    " from acknowledgement a left join message m on m.tenant = a.tenant and m.sender = a.sender"
    " and m.message_id = a.message_id and m.hash = a.hash"
    " where a.hash = $1 and $2::timestamptz is not null order by a.made_at desc limit 1";

static const struct pp_query queries[] = {
    {.path = "/v1/inbound/{hash}/acknowledgement",
     .roles = "client,biller,lead",
     .sql = acknowledgement_sql,
     .bytes = true},
};
const struct pp_service rcv_front = {.name = "receive", .queries = queries, .nqueries = 1};
