#include "listen_drop.h"
#include "codec/hl7_batch.h"
#include "io/dropdir.h"
#include "io/log.h"

#include <stdlib.h>

#define PARSE_BYTES ((size_t)96 << 20)

struct door_drop {
    struct door_store *store;
    struct pp_dropdir *dir;
    struct pp_arena arena;
    /* the file that is out */
    struct pp_dropped file;
    struct pp_hl7_batch batch;
    bool is_hl7, splitting;
    int on_their_way, taken;
    bool failed, stopping;
    const char *refusal;
    bool one; /* an exchange folder: its partner looks for no answers there */
};

static void go_on(struct door_drop *d);

/* All parts are durable, or one of them is not: then the whole file is taken again; repeats are dropped downstream. */
static void maybe_end(struct door_drop *d) {
    if (d->on_their_way || d->splitting || d->stopping) return;
    if (d->failed)
        pp_dropdir_done(d->dir, PP_DROPDIR_RETRY, NULL);
    else if (d->refusal)
        pp_dropdir_done(d->dir, PP_DROPDIR_REFUSED, d->refusal);
    else
        pp_dropdir_done(d->dir, PP_DROPDIR_TAKEN, NULL);
}

static void on_stored(void *user, const struct pp_err *err) {
    struct door_drop *d = user;
    d->on_their_way--;
    if (err) {
        pp_log_err(PP_LOG_ERROR, "message of a file not stored", err);
        d->failed = true;
    }
    if (d->splitting)
        go_on(d);
    else
        maybe_end(d);
}

static void put(struct door_drop *d, struct pp_str bytes, struct pp_str content_type) {
    struct door_envelope e;
    struct pp_err err;
    pp_arena_reset(&d->arena);
    if (!door_envelope_of(bytes, content_type, d->file.tenant, d->file.partner, d->store->refs, &d->arena, &e)) {
        d->refusal = "none of the kinds of message that are taken: HL7 v2, FHIR JSON, X12";
        return;
    }
    if (!d->one) e.file = d->file.name;
    if (door_store_put(d->store, &e, bytes, on_stored, d, &err) < 0) {
        pp_log_err(PP_LOG_ERROR, "message of a file not stored", &err);
        d->failed = true;
        return;
    }
    d->on_their_way++;
    d->taken++;
}

#define PARTS_ON_THEIR_WAY_MAX 200 /* messages of one file at a time */

static void go_on(struct door_drop *d) {
    while (!d->failed && d->on_their_way < PARTS_ON_THEIR_WAY_MAX) {
        struct pp_hl7_batch_item item;
        pp_hl7_batch_next(&d->batch, &item);
        if (item.what == PP_HL7_BATCH_DONE) {
            d->splitting = false;
            break;
        }
        if (item.what == PP_HL7_BATCH_MESSAGE)
            put(d, item.bytes, PP_STR("application/hl7-v2"));
        else
            pp_log(PP_LOG_WARN, "file in the drop folder", "partner", PP_V(d->file.partner), "offset",
                   PP_I(item.offset), "what", PP_S(item.text ? item.text : "lines that belong to no message"), NULL);
    }
    if (d->failed) d->splitting = false;
    if (!d->splitting && !d->taken && !d->failed) d->refusal = "no HL7 message in the file";
    maybe_end(d);
}

static void on_file(void *user, const struct pp_dropped *file) {
    struct door_drop *d = user;
    d->file = *file;
    d->failed = false;
    d->refusal = NULL;
    d->taken = 0;
    struct pp_str head = pp_str_trim(file->bytes);
    d->splitting =
        pp_str_starts(head, PP_STR("MSH")) || pp_str_starts(head, PP_STR("FHS")) || pp_str_starts(head, PP_STR("BHS"));
    pp_log(PP_LOG_INFO, "file taken from the drop folder", "partner", PP_V(file->partner), "bytes", PP_I(file->bytes.n),
           NULL);
    if (d->splitting) {
        pp_hl7_batch_init(&d->batch, file->bytes);
        go_on(d);
        return;
    }
    put(d, file->bytes, PP_STR_NONE);
    maybe_end(d);
}

static struct door_drop *begin(struct door_store *store) {
    struct door_drop *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->store = store;
    pp_arena_init(&d->arena, PARSE_BYTES);
    return d;
}

static int end(struct door_drop *d, int rc, struct door_drop **ret) {
    if (rc == 0)
        *ret = d;
    else
        free(d);
    return rc;
}

int door_drop_new(struct door_store *store, const char *root, struct door_drop **ret, struct pp_err *err) {
    struct door_drop *d = begin(store);
    if (!d) return pp_err_set(err, PP_ERR_NOMEM, "drop folder");
    return end(d, pp_dropdir_new(store->loop, root, on_file, d, &d->dir, err), ret);
}

int door_drop_new_one(struct door_store *store, const char *folder, const char *tenant, const char *partner,
                      struct door_drop **ret, struct pp_err *err) {
    struct door_drop *d = begin(store);
    if (!d) return pp_err_set(err, PP_ERR_NOMEM, "drop folder");
    d->one = true;
    return end(d, pp_dropdir_new_one(store->loop, folder, tenant, partner, on_file, d, &d->dir, err), ret);
}

void door_drop_stop(struct door_drop *d) {
    if (!d) return;
    d->stopping = true;
    pp_dropdir_close(d->dir);
    pp_arena_free(&d->arena);
}
