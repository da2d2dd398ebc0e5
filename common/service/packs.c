#include "service/packs.h"

#include "io/clock.h"
#include "io/kafka.h"
#include "io/log.h"
#include "io/reference.h"
#include "io/refs_dir.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define PACK_RECORDS_MAX 1024 /* known versions of all packs */
#define PACK_LOOK_MS 250      /* how often the time is looked at */
#define PACK_RETRY_MS 2000

enum pack_state { PACK_KNOWN, PACK_FETCHING, PACK_LOADED };
struct pack_record {
    struct pp_packs *p;
    char name[80], hash[65];
    int64_t effective_ms;
    enum pack_state state;
    char *bytes;
    uint32_t n;
    uint64_t retry_at;
    bool withdrawn;
};

struct pp_packs {
    uv_loop_t *loop;
    struct pp_packs_opts o;
    struct pp_tail *tail;
    uv_timer_t timer;
    struct pack_record *records[PACK_RECORDS_MAX];
    int n;
    bool ended;                       /* the topic was read to its end once */
    bool dirty;                       /* a record came or went since the set was built */
    struct pp_refs *current, *before; /* `before` is kept until the next switch: a batch may still hold it */
    char in_force[4096];              /* names and hashes of the set, to see a change */
    char wait[160];
    bool stopping;
    int fetching;
};

/* ---- the topic ---- */

static struct pack_record *record_of(struct pp_packs *p, struct pp_str name, struct pp_str hash) {
    for (int i = 0; i < p->n; i++)
        if (pp_str_eqz(name, p->records[i]->name) && pp_str_eqz(hash, p->records[i]->hash)) return p->records[i];
    if (p->n == PACK_RECORDS_MAX || name.n >= sizeof p->records[0]->name || hash.n != 64) return NULL;
    struct pack_record *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->p = p;
    snprintf(r->name, sizeof r->name, "%.*s", PP_FMT(name));
    snprintf(r->hash, sizeof r->hash, "%.*s", PP_FMT(hash));
    return p->records[p->n++] = r;
}

static void on_record(void *user, const struct pp_record *rec, const struct pp_header *h, int nh) {
    struct pp_packs *p = user;
    struct pp_str hash = rec->key, name = pp_str_split(&hash, '/');
    (void)h;
    (void)nh;
    struct pack_record *r = record_of(p, name, hash);
    if (!r) {
        pp_log(PP_LOG_WARN, "reference record not understood", "offset", PP_I(rec->offset), NULL);
        return;
    }
    p->dirty = true;
    r->withdrawn = rec->tombstone;
    if (rec->tombstone) return;
    json_error_t je;
    json_t *j = json_loadb(rec->value.s, rec->value.n, 0, &je);
    const char *at = json_string_value(json_object_get(j, "effective_at"));
    if (!at || !pp_time_parse(pp_str_z(at), &r->effective_ms)) {
        pp_log(PP_LOG_WARN, "reference record without effective_at", "pack", PP_S(r->name), NULL);
        r->withdrawn = true;
    }
    json_decref(j);
}

static void tick(uv_timer_t *t);

/* Services wait for the packs at their start: not a look longer than need be. */
static void look_soon(struct pp_packs *p) { uv_timer_start(&p->timer, tick, 0, PACK_LOOK_MS); }

static void on_end(void *user) {
    struct pp_packs *p = user;
    p->ended = true;
    look_soon(p);
}

static void on_error(void *user, const struct pp_err *e) {
    struct pp_packs *p = user;
    snprintf(p->wait, sizeof p->wait, "%.100s: %.50s", PP_REFERENCE_TOPIC, e->msg);
}

/* ---- bytes ---- */

static void on_bytes(void *user, struct pp_str bytes, const struct pp_err *err) {
    struct pack_record *r = user;
    struct pp_packs *p = r->p;
    p->fetching--;
    r->state = PACK_KNOWN;
    if (p->stopping) return;
    if (err) {
        snprintf(p->wait, sizeof p->wait, "bytes of pack %s: %.80s", r->name, err->msg);
        r->retry_at = uv_now(p->loop) + PACK_RETRY_MS;
        return;
    }
    r->bytes = malloc(bytes.n ? bytes.n : 1);
    if (!r->bytes) return;
    memcpy(r->bytes, bytes.s, bytes.n);
    r->n = bytes.n;
    r->state = PACK_LOADED;
    p->dirty = true;
    if (p->fetching == 0) look_soon(p);
}

static void fetch(struct pp_packs *p, struct pack_record *r) {
    if (r->state != PACK_KNOWN || r->retry_at > uv_now(p->loop)) return;
    r->state = PACK_FETCHING;
    p->fetching++;
    pp_blob_get(p->o.blobs, p->loop, PP_STR(PP_REFERENCE_TENANT), pp_str_z(r->hash), on_bytes, r);
}

/* ---- the set ---- */

static bool in_force(struct pp_packs *p, const struct pack_record *r, int64_t now) {
    if (r->withdrawn || r->effective_ms > now) return false;
    for (int i = 0; i < p->n; i++) {
        const struct pack_record *o = p->records[i];
        if (o == r || o->withdrawn || strcmp(o->name, r->name) != 0 || o->effective_ms > now) continue;
        if (o->effective_ms > r->effective_ms || (o->effective_ms == r->effective_ms && strcmp(o->hash, r->hash) > 0))
            return false;
    }
    return true;
}

static int build(struct pp_packs *p, int64_t now, struct pp_refs **ret, struct pp_err *err) {
    struct pp_refs_builder *b = pp_refs_begin();
    if (!b) return pp_err_set(err, PP_ERR_NOMEM, "reference packs");
    for (int i = 0; i < p->n; i++) {
        struct pack_record *r = p->records[i];
        if (!in_force(p, r, now)) continue;
        if (pp_refs_add(b, (struct pp_str){r->bytes, r->n}, pp_str_z(r->hash), r->effective_ms, err) < 0) {
            pp_refs_builder_free(b);
            return pp_err_wrap(err, "pack %s", r->name);
        }
    }
    return pp_refs_finish(b, ret, err);
}

/* Switches to the packs that hold now, when they are all here. */
static void look(struct pp_packs *p) {
    int64_t now = pp_clock_now_ms();
    char names[sizeof p->in_force] = "";
    size_t at = 0;
    bool complete = true;
    for (int i = 0; i < p->n; i++) {
        struct pack_record *r = p->records[i];
        if (!in_force(p, r, now)) continue;
        if (r->state != PACK_LOADED) {
            complete = false;
            fetch(p, r);
        }
        at += (size_t)snprintf(names + at, sizeof names - at, "%.40s:%.8s ", r->name, r->hash);
        if (at >= sizeof names) at = sizeof names - 1;
    }
    if (!complete || !p->ended || !names[0] || strcmp(names, p->in_force) == 0) return;
    struct pp_refs *set;
    struct pp_err err;
    snprintf(p->in_force, sizeof p->in_force, "%s", names); /* a set that does not build is not tried again and again */
    if (build(p, now, &set, &err) < 0) {
        pp_log_err(PP_LOG_ERROR, "reference packs refused; the set before stays in force", &err);
        snprintf(p->wait, sizeof p->wait, "packs: %.140s", err.msg);
        return;
    }
    pp_refs_free(p->before);
    p->before = p->current;
    p->current = set;
    pp_log(PP_LOG_INFO, "reference packs in force", "packs", PP_S(names), NULL);
}

static void tick(uv_timer_t *t) { look(t->data); }

int pp_packs_start(uv_loop_t *loop, const struct pp_packs_opts *o, struct pp_packs **ret, struct pp_err *err) {
    struct pp_packs *p = calloc(1, sizeof *p);
    if (!p) return pp_err_set(err, PP_ERR_NOMEM, "reference packs");
    p->loop = loop;
    p->o = *o;
    if (o->dir[0]) {
        if (pp_refs_load_dir(o->dir, &p->current, err) < 0) {
            free(p);
            return pp_err_wrap(err, "packs of %s", o->dir);
        }
        *ret = p;
        return 0;
    }
    snprintf(p->wait, sizeof p->wait, "reference packs of %s", PP_REFERENCE_TOPIC);
    const struct pp_tail_opts t = {o->brokers, PP_REFERENCE_TOPIC, on_record, on_end, on_error, p};
    if (!o->blobs) {
        free(p);
        return pp_err_set(err, PP_ERR_INVALID, "reference packs need blob-dir (or packs-dir)");
    }
    if (pp_tail_new(loop, &t, &p->tail, err) < 0) {
        free(p);
        return -1;
    }
    uv_timer_init(loop, &p->timer);
    p->timer.data = p;
    uv_timer_start(&p->timer, tick, 20, PACK_LOOK_MS);
    *ret = p;
    return 0;
}

bool pp_packs_ready(struct pp_packs *p, const char **ret_wait) {
    *ret_wait = p->wait;
    return p->current != NULL;
}

const struct pp_refs *pp_packs_current(struct pp_packs *p) { return p->current; }

static void freed(uv_handle_t *h) {
    struct pp_packs *p = h->data;
    for (int i = 0; i < p->n; i++) {
        free(p->records[i]->bytes);
        free(p->records[i]);
    }
    pp_refs_free(p->before);
    pp_refs_free(p->current);
    free(p);
}

void pp_packs_stop(struct pp_packs *p) {
    if (!p) return;
    p->stopping = true;
    if (!p->tail) {
        pp_refs_free(p->current);
        free(p);
        return;
    }
    pp_tail_close(p->tail);
    uv_timer_stop(&p->timer);
    if (p->fetching == 0) uv_close((uv_handle_t *)&p->timer, freed); /* else it ends with the process */
}
