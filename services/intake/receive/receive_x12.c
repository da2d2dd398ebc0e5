/* X12 in steps.
 *
 * A large file is looked at once (x12_plan.h, in the thread pool) and kept in memory with its plan while it is being
 * read; after a restart it is fetched and looked at again. How far it was read stands in its message row, so a step
 * that comes twice finds that and does nothing. */
#include "receive_int.h"
#include "base/hash.h"
#include "io/blob.h"

#include <stdio.h>
#include <stdlib.h>

#define FILES_KEPT 2
#define STEP_HEADERS 14

/* ---- files in memory ---- */

/* The plan is of one receipt: what is taken depends on the sender's profile, and the 999 carries the receipt's time. */
struct rcv_file {
    struct pp_uuid sender_unit; /* tenant and sender */
    int64_t received_ms;
    char hash[PP_SHA256_HEX + 1];
    char *bytes;
    uint32_t n;
    struct rcv_x12_plan *plan;
    const struct rcv_x12_result *found;
    uint64_t used;
};
struct rcv_files {
    struct rcv_file kept[FILES_KEPT];
    uint64_t clock;
};

struct rcv_files *rcv_files_new(void) {
    return calloc(1, sizeof(struct rcv_files));
}

static void drop(struct rcv_file *f) {
    rcv_x12_plan_close(f->plan);
    free(f->bytes);
    memset(f, 0, sizeof *f);
}

void rcv_files_free(struct rcv_files *f) {
    if (!f) return;
    for (int i = 0; i < FILES_KEPT; i++) drop(&f->kept[i]);
    free(f);
}

static struct rcv_file *find_file(struct rcv_files *f, const struct message *m) {
    for (int i = 0; i < FILES_KEPT; i++)
        if (f->kept[i].plan && pp_str_eqz(m->hash, f->kept[i].hash) && f->kept[i].received_ms == m->received_ms &&
            pp_uuid_eq(m->sender_unit, f->kept[i].sender_unit)) {
            f->kept[i].used = ++f->clock;
            return &f->kept[i];
        }
    return NULL;
}

static void keep_file(struct rcv_files *f, const struct rcv_file *file) {
    struct rcv_file *oldest = &f->kept[0];
    for (int i = 1; i < FILES_KEPT; i++)
        if (f->kept[i].used < oldest->used) oldest = &f->kept[i];
    drop(oldest);
    *oldest = *file;
    oldest->used = ++f->clock;
}

/* ---- a step ---- */

struct look { /* at a file, in the thread pool */
    uv_work_t work;
    struct receive *rc;
    struct pp_batch *batch;
    uint64_t ticket;
    struct message *m; /* of the batch's arena: only while the batch is held */
    void (*done)(struct receive *rc);
    struct rcv_file file;
    bool failed;
};

static uint64_t position(const struct rcv_x12_piece *p) { return p->body.from ? p->body.from : p->head.from; }

static void read_step(struct message *m, const struct rcv_file *file) {
    uint32_t next = 0;
    if (m->from == 0)
        rcv_x12_take_result(&m->src, file->found, &m->reading);
    else
        m->reading.type = pp_arena_strz(m->src.arena, file->found->type);
    while (next < file->found->pieces_n && position(&file->found->pieces[next]) < (uint64_t)m->from) next++;
    if (rcv_x12_read_pieces(&m->src, PP_STR_NONE, file->plan, file->found, (struct pp_str){file->bytes, file->n},
                            RCV_STEP_ITEMS, &next, &m->reading) < 0)
        rcv_refuse(&m->src, &m->reading, PP_STR_NONE, "a part of the file is too large to be read at once");
    m->last = next >= file->found->pieces_n;
    m->next = m->last ? file->n : (int64_t)position(&file->found->pieces[next]);
}

static void end_look(struct look *l, const struct pp_err *err) {
    bool held = pp_batch_held(l->batch, l->ticket);
    if (!err && held) {
        read_step(l->m, &l->file);
        if (l->m->from == 0) rcv_keep_ack(l->rc, l->m);
    }
    if (l->file.plan) keep_file(l->rc->files, &l->file);
    if (!err && held) l->done(l->rc);
    pp_batch_unhold(l->batch, l->ticket, err);
    free(l);
}

static void in_thread(uv_work_t *w) {
    struct look *l = w->data;
    rcv_x12_plan_feed(l->file.plan, (struct pp_str){l->file.bytes, l->file.n});
    l->failed = rcv_x12_plan_end(l->file.plan, &l->file.found) < 0;
}

static void on_loop(uv_work_t *w, int status) {
    struct look *l = w->data;
    struct pp_err err;
    if (status == 0 && !l->failed) {
        end_look(l, NULL);
        return;
    }
    pp_err_set(&err, status ? PP_ERR_IO : PP_ERR_NOMEM, "a file could not be looked at");
    err.retriable = true;
    drop(&l->file);
    end_look(l, &err);
}

static void on_bytes(void *user, struct pp_str bytes, const struct pp_err *err) {
    struct look *l = user;
    struct pp_err no = {0};
    if (err || !pp_batch_held(l->batch, l->ticket)) {
        end_look(l, err);
        return;
    }
    l->file.bytes = malloc((size_t)bytes.n + 1);
    l->file.plan = rcv_x12_plan_of(&l->m->src, l->m->hash);
    if (l->file.bytes && l->file.plan) {
        memcpy(l->file.bytes, bytes.s, bytes.n);
        l->file.n = bytes.n;
        l->work.data = l;
        if (uv_queue_work(pp_engine_loop(l->rc->engine), &l->work, in_thread, on_loop) == 0) return;
    }
    pp_err_set(&no, PP_ERR_NOMEM, "a file could not be looked at");
    drop(&l->file);
    end_look(l, &no);
}

void rcv_step_load(struct receive *rc, struct pp_input *in, struct message *m, void (*done)(struct receive *rc)) {
    const struct rcv_file *file = find_file(rc->files, m);
    struct pp_str ref = pp_headers_get(in->headers, in->nheaders, "pp_dataref");
    if (file) {
        read_step(m, file);
        if (m->from == 0) rcv_keep_ack(rc, m);
        done(rc);
        return;
    }
    struct look *l = calloc(1, sizeof *l); /* outlives the batch when that is thrown away */
    if (!l) abort();
    l->rc = rc;
    l->batch = rc->batch;
    l->ticket = pp_batch_hold(rc->batch);
    l->m = m;
    l->done = done;
    l->file.sender_unit = m->sender_unit;
    l->file.received_ms = m->received_ms;
    snprintf(l->file.hash, sizeof l->file.hash, "%.*s", PP_FMT(m->hash));
    pp_blob_get(pp_engine_blobs(rc->engine), pp_engine_loop(rc->engine), m->src.tenant, ref, on_bytes, l);
}

int rcv_step_send(struct receive *rc, struct pp_input *in, const struct message *m, int64_t from, struct pp_err *err) {
    static const char *const kept[] = {"pp_tenant",  "pp_sender", "pp_hash",      "pp_message_id",
                                       "pp_dataref", "pp_file",   "content-type", "ce_time"};
    struct pp_header h[STEP_HEADERS];
    char id[120], at[24];
    int n = 0;
    snprintf(id, sizeof id, "%.*s/%lld", PP_FMT(m->hash), (long long)from);
    snprintf(at, sizeof at, "%lld", (long long)from);
    h[n++] = (struct pp_header){PP_STR("ce_specversion"), PP_STR("1.0")};
    h[n++] = (struct pp_header){PP_STR("ce_id"), pp_str_z(id)};
    h[n++] = (struct pp_header){PP_STR("ce_type"), PP_STR("inbound.x12")};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        struct pp_str v = pp_headers_get(in->headers, in->nheaders, kept[i]);
        if (v.n) h[n++] = (struct pp_header){pp_str_z(kept[i]), v};
    }
    h[n++] = (struct pp_header){PP_STR(RCV_STEP_HEADER), pp_str_z(at)};
    struct pp_send s = {.topic = PP_TOPIC_INBOUND,
                        .partition = in->shard,
                        .key = in->key,
                        .value = PP_STR_NONE,
                        .headers = h,
                        .nheaders = n};
    return pp_batch_send(rc->batch, in, &s, err);
}

/* ---- rows ---- */

void rcv_write_steps(struct receive *rc, struct pp_batch *b) {
    struct pp_str p[10];
    rcv_begin_arrays(rc,
                     (const enum pp_pg_type[]){PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT, PP_PG_INT8, PP_PG_INT4,
                                               PP_PG_INT4, PP_PG_BOOL, PP_PG_TEXT, PP_PG_TEXT},
                     10);
    for (const struct message *m = rc->applied; m; m = m->next_applied) {
        if (!m->step) continue;
        pp_array_text(&rc->a[0], m->src.tenant);
        pp_array_text(&rc->a[1], m->src.sender);
        pp_array_text(&rc->a[2], m->message_id);
        pp_array_text(&rc->a[3], m->hash);
        pp_array_i8(&rc->a[4], m->next);
        pp_array_i4(&rc->a[5], m->facts);
        pp_array_i4(&rc->a[6], m->refused);
        pp_array_bool(&rc->a[7], m->last);
        pp_array_text(&rc->a[8], m->reason);
        pp_array_text(&rc->a[9], m->reading.type);
    }
    if (rc->a[0].n) pp_batch_write(b, RCV_UPDATE_STEPS, p, rcv_params(rc, p, 10), NULL, NULL);
}
