/* Rows of a batch: messages, identifiers, persons, what was said. */
#include "receive_int.h"

void rcv_begin_arrays(struct receive *rc, const enum pp_pg_type *types, int n) {
    for (int i = 0; i < n; i++) pp_array_begin(&rc->a[i], types[i]);
}

int rcv_params(struct receive *rc, struct pp_str *ret, int n) {
    for (int i = 0; i < n; i++) ret[i] = pp_array_param(&rc->a[i]);
    return n;
}

void rcv_write_messages(struct receive *rc, struct pp_batch *b) {
    struct pp_str p[14];
    rcv_begin_arrays(rc,
                     (const enum pp_pg_type[]){PP_PG_TEXT, PP_PG_UUID, PP_PG_INT2, PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT,
                                               PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT, PP_PG_TIMESTAMPTZ,
                                               PP_PG_INT4, PP_PG_BYTEA, PP_PG_INT8},
                     14);
    for (const struct message *m = rc->applied; m; m = m->next_applied) {
        if (m->step) continue;
        pp_array_text(&rc->a[0], m->src.tenant);
        pp_array_uuid(&rc->a[1], m->sender_unit);
        pp_array_i2(&rc->a[2], (int16_t)pp_home_of(m->sender_unit));
        pp_array_text(&rc->a[3], m->src.sender);
        pp_array_text(&rc->a[4], m->message_id);
        pp_array_text(&rc->a[5], m->hash);
        pp_array_text(&rc->a[6], m->format);
        pp_array_text(&rc->a[7], m->reading.type);
        pp_array_text(&rc->a[8], pp_str_z(m->state));
        pp_array_text(&rc->a[9], m->reason);
        pp_array_time(&rc->a[10], m->received_ms);
        pp_array_i4(&rc->a[11], m->facts);
        if (m->bytes.n > RAW_BYTES_MAX || m->large)
            pp_array_null(&rc->a[12]);
        else
            pp_array_text(&rc->a[12], m->bytes);
        if (m->large)
            pp_array_i8(&rc->a[13], 0);
        else
            pp_array_null(&rc->a[13]);
    }
    if (rc->a[0].n) pp_batch_write(b, RCV_INSERT_MESSAGES, p, rcv_params(rc, p, 14), NULL, NULL);
}

void rcv_write_identifiers(struct receive *rc, struct pp_batch *b) {
    struct pp_str p[6];
    rcv_begin_arrays(
        rc, (const enum pp_pg_type[]){PP_PG_TEXT, PP_PG_UUID, PP_PG_INT2, PP_PG_INT2, PP_PG_TEXT, PP_PG_TEXT}, 6);
    for (const struct rcv_link *l = rcv_registry_link_next(rc->registry, NULL); l;
         l = rcv_registry_link_next(rc->registry, l)) {
        pp_array_text(&rc->a[0], l->key.tenant);
        pp_array_uuid(&rc->a[1], l->person);
        pp_array_i2(&rc->a[2], (int16_t)pp_home_of(l->person));
        pp_array_i2(&rc->a[3], (int16_t)l->key.kind);
        pp_array_text(&rc->a[4], l->key.authority);
        pp_array_text(&rc->a[5], l->key.value);
    }
    if (rc->a[0].n) pp_batch_write(b, RCV_INSERT_IDENTIFIERS, p, rcv_params(rc, p, 6), NULL, NULL);
}

void rcv_write_persons(struct receive *rc, struct pp_batch *b) {
    struct pp_str p[8];
    rcv_begin_arrays(rc,
                     (const enum pp_pg_type[]){PP_PG_TEXT, PP_PG_UUID, PP_PG_INT2, PP_PG_UUID, PP_PG_DATE, PP_PG_TEXT,
                                               PP_PG_TEXT, PP_PG_BOOL},
                     8);
    for (const struct rcv_person *q = rcv_registry_person_next(rc->registry, NULL); q;
         q = rcv_registry_person_next(rc->registry, q)) {
        pp_array_text(&rc->a[0], q->tenant);
        pp_array_uuid(&rc->a[1], q->id);
        pp_array_i2(&rc->a[2], (int16_t)pp_home_of(q->id));
        if (pp_uuid_none(q->survivor))
            pp_array_null(&rc->a[3]);
        else
            pp_array_uuid(&rc->a[3], q->survivor);
        pp_array_date(&rc->a[4], q->birth);
        pp_array_text(&rc->a[5], q->sex);
        pp_array_text(&rc->a[6], q->family);
        pp_array_bool(&rc->a[7], q->provisional);
    }
    if (rc->a[0].n) pp_batch_write(b, RCV_UPSERT_PERSONS, p, rcv_params(rc, p, 8), NULL, NULL);
}

void rcv_write_said(struct receive *rc, struct pp_batch *b) {
    struct pp_str p[5];
    rcv_begin_arrays(rc, (const enum pp_pg_type[]){PP_PG_TEXT, PP_PG_UUID, PP_PG_INT2, PP_PG_TEXT, PP_PG_TEXT}, 5);
    for (const struct said *s = rc->said; s; s = s->next) {
        if (!s->changed) continue;
        pp_array_text(&rc->a[0], s->tenant);
        pp_array_uuid(&rc->a[1], s->person);
        pp_array_i2(&rc->a[2], (int16_t)pp_home_of(s->person));
        pp_array_text(&rc->a[3], s->what);
        pp_array_text(&rc->a[4], s->hash);
    }
    if (rc->a[0].n) pp_batch_write(b, RCV_UPSERT_SAID, p, rcv_params(rc, p, 5), NULL, NULL);
}
