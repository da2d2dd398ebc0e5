/* What came before its claim: a remittance or an acknowledgement whose claim number nobody has told us yet waits here,
 * and is said when the claim comes. After some days a person is asked; after two months it is let go. The first look by
 * the clock comes early: claim and answer may have been read at the same moment by two instances. */
#include "receive_int.h"
#include "base/hash.h"
#include "io/metrics.h"

#define LOOK_MS (5 * PP_MS_MINUTE)
#define WAIT_MS (3 * PP_MS_DAY)
#define KEEP_MS (60 * PP_MS_DAY)

static void on_early(void *user, const struct pp_rows *rows) {
    struct receive *rc = user;
    struct pp_arena *a = pp_batch_arena(rc->batch);
    for (int i = 0; rows && i < pp_rows_n(rows); i++) {
        struct early *e = pp_arena_new(a, struct early);
        if (!e) return;
        *e = (struct early){.id = pp_rows_uuid(rows, i, 2),
                            .key = {pp_arena_str(a, pp_rows_str(rows, i, 0)), RCV_KEY_CLAIM,
                                    pp_arena_str(a, pp_rows_str(rows, i, 3)), pp_arena_str(a, pp_rows_str(rows, i, 4))},
                            .unit = pp_rows_uuid(rows, i, 1),
                            .owner = pp_rows_uuid(rows, i, 8),
                            .type = pp_arena_str(a, pp_rows_str(rows, i, 5)),
                            .body = pp_arena_str(a, pp_rows_str(rows, i, 6)),
                            .told = pp_rows_bool(rows, i, 7),
                            .looked = pp_rows_bool(rows, i, 9),
                            .next = rc->early};
        rc->early = e;
    }
}

static bool is_claim(const struct rcv_report *r) { return r->ev.type == EV_CLAIM_REPORTED; }

void rcv_early_look_up(struct receive *rc, struct pp_batch *b) {
    struct pp_str p[3];
    rcv_begin_arrays(rc, (const enum pp_pg_type[]){PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT}, 3);
    for (struct pp_input *in = pp_batch_next(b, NULL); in; in = pp_batch_next(b, in)) {
        const struct message *m = in->app;
        for (const struct rcv_report *r = m ? m->reading.first : NULL; r; r = r->next)
            for (int i = 0; is_claim(r) && i < r->subject->nabout; i++) {
                pp_array_text(&rc->a[0], m->src.tenant);
                pp_array_text(&rc->a[1], r->subject->about[i].authority);
                pp_array_text(&rc->a[2], r->subject->about[i].value);
            }
    }
    if (rc->a[0].n) pp_batch_select(b, RCV_SELECT_EARLY, p, rcv_params(rc, p, 3), on_early, rc);
    rcv_begin_arrays(rc, (const enum pp_pg_type[]){PP_PG_UUID}, 1);
    for (struct pp_input *in = pp_batch_next(b, NULL); in; in = pp_batch_next(b, in))
        if (in->kind == PP_INPUT_TIMER && in->code == RCV_TIMER_EARLY) pp_array_uuid(&rc->a[0], in->ref);
    if (rc->a[0].n) pp_batch_select(b, RCV_SELECT_EARLY_DUE, p, rcv_params(rc, p, 1), on_early, rc);
}

static int effects(struct receive *rc, struct pp_input *in, const struct early *e, struct pp_uuid person,
                   const struct ev *fact, int64_t due_ms, struct pp_err *err) {
    struct pp_out *o = pp_out_new(pp_batch_arena(rc->batch), person);
    if (!o) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch is used up");
    if (fact) pp_emit(o, fact);
    if (due_ms >= 0) pp_timer(o, RCV_TIMER_EARLY, e->id, due_ms);
    return pp_batch_effects(rc->batch, in, e->key.tenant, person, o, err);
}

int rcv_early_wait(struct receive *rc, struct pp_input *in, struct message *m, const struct rcv_report *r,
                   struct pp_err *err) {
    struct pp_buf json;
    struct early *e = pp_arena_new(m->src.arena, struct early);
    if (!e) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch is used up");
    pp_buf_init(&json, 1 << 20);
    if (ev_encode(&r->ev, &json, err) < 0) {
        pp_buf_free(&json);
        return -1;
    }
    /* one message says each of its facts once: its hash and the order in it name the fact */
    struct pp_str name = pp_arena_printf(m->src.arena, "early/%.*s/%lld/%u", PP_FMT(m->hash), (long long)m->from,
                                         (unsigned)rc->waited++);
    *e = (struct early){.id = pp_uuid_derive(m->sender_unit, name),
                        .key = r->waits,
                        .unit = m->sender_unit,
                        .type = pp_str_z(ev_type_name(r->ev.type)),
                        .body = pp_arena_str(m->src.arena, pp_buf_str(&json)),
                        .is_new = true,
                        .next = rc->early};
    pp_buf_free(&json);
    rc->early = e;
    pp_metric_add("pp_receive_early_total", NULL, 1);
    return effects(rc, in, e, e->unit, NULL, pp_batch_now(rc->batch) + LOOK_MS, err);
}

/* Settles what a person was asked, if one was. */
static int settle(struct receive *rc, struct pp_input *in, struct early *e, const char *outcome, struct pp_err *err) {
    struct ev_task_settled t = {.task_id = e->id, .outcome = pp_str_z(outcome), .by = PP_STR("policy:early")};
    struct ev ev = ev_of_task_settled(&t);
    e->gone = true;
    return e->told ? effects(rc, in, e, e->unit, &ev, -1, err) : 0;
}

static int say_one(struct receive *rc, struct pp_input *in, struct early *e, struct pp_uuid person,
                   struct pp_err *err) {
    struct ev ev;
    if (ev_decode(ev_type_by_name(e->type), e->body, pp_batch_arena(rc->batch), &ev, err) < 0) return -1;
    if (effects(rc, in, e, person, &ev, -1, err) < 0) return -1;
    return settle(rc, in, e, "its claim is here", err);
}

int rcv_early_say(struct receive *rc, struct pp_input *in, struct message *m, const struct rcv_subject *s,
                  struct pp_uuid person, struct pp_err *err) {
    for (struct early *e = rc->early; e; e = e->next) {
        bool same = false;
        for (int i = 0; i < s->nabout && !same; i++)
            same = pp_str_eq(s->about[i].value, e->key.value) && pp_str_eq(s->about[i].authority, e->key.authority);
        if (e->gone || !same || !pp_str_eq(e->key.tenant, m->src.tenant)) continue;
        m->facts++;
        if (say_one(rc, in, e, person, err) < 0) return -1;
    }
    return 0;
}

static int ask(struct receive *rc, struct pp_input *in, struct early *e, struct pp_err *err) {
    struct ev_task_needed t = {.task_id = e->id,
                               .kind = EV_TASK_NEEDED_KIND_UNMATCHED,
                               .subject =
                                   pp_arena_printf(pp_batch_arena(rc->batch), "claim %.*s", PP_FMT(e->key.value)),
                               .reason = PP_STR("a payer speaks of a claim that we have not been told of"),
                               .queue = PP_STR("billing"),
                               .due = pp_batch_now(rc->batch) + TASK_DUE_MS,
                               .owner = EV_TASK_NEEDED_OWNER_INTAKE};
    struct ev ev = ev_of_task_needed(&t);
    e->told = true;
    return effects(rc, in, e, e->unit, &ev, pp_batch_now(rc->batch) + KEEP_MS, err);
}

int rcv_early_timer(struct receive *rc, struct pp_input *in, struct pp_err *err) {
    struct early *e = rc->early;
    while (e && !pp_uuid_eq(e->id, in->ref)) e = e->next;
    if (!e || e->gone) return 0;
    if (!pp_uuid_none(e->owner)) return say_one(rc, in, e, e->owner, err);
    if (e->told) return settle(rc, in, e, "no claim came", err);
    /* the first look; the second is the last before a person is asked */
    if (!e->looked) {
        e->looked = true;
        return effects(rc, in, e, e->unit, NULL, pp_batch_now(rc->batch) + WAIT_MS, err);
    }
    return ask(rc, in, e, err);
}

void rcv_early_write(struct receive *rc, struct pp_batch *b) {
    struct pp_str p[9];
    rcv_begin_arrays(rc,
                     (const enum pp_pg_type[]){PP_PG_TEXT, PP_PG_UUID, PP_PG_INT2, PP_PG_UUID, PP_PG_TEXT, PP_PG_TEXT,
                                               PP_PG_TEXT, PP_PG_TEXT, PP_PG_TIMESTAMPTZ},
                     9);
    for (const struct early *e = rc->early; e; e = e->next) {
        if (!e->is_new || e->gone) continue;
        pp_array_text(&rc->a[0], e->key.tenant);
        pp_array_uuid(&rc->a[1], e->unit);
        pp_array_i2(&rc->a[2], (int16_t)pp_home_of(e->unit));
        pp_array_uuid(&rc->a[3], e->id);
        pp_array_text(&rc->a[4], e->key.authority);
        pp_array_text(&rc->a[5], e->key.value);
        pp_array_text(&rc->a[6], e->type);
        pp_array_text(&rc->a[7], e->body);
        pp_array_time(&rc->a[8], pp_batch_now(b));
    }
    if (rc->a[0].n) pp_batch_write(b, RCV_INSERT_EARLY, p, rcv_params(rc, p, 9), NULL, NULL);
    rcv_begin_arrays(rc, (const enum pp_pg_type[]){PP_PG_UUID, PP_PG_BOOL, PP_PG_BOOL, PP_PG_BOOL}, 4);
    for (const struct early *e = rc->early; e; e = e->next) {
        if (e->is_new || (!e->gone && !e->told && !e->looked)) continue;
        pp_array_uuid(&rc->a[0], e->id);
        pp_array_bool(&rc->a[1], e->gone);
        pp_array_bool(&rc->a[2], e->told);
        pp_array_bool(&rc->a[3], e->looked);
    }
    if (rc->a[0].n) pp_batch_write(b, RCV_CHANGE_EARLY, p, rcv_params(rc, p, 4), NULL, NULL);
}
