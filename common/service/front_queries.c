/* GET: one named query, one row with one json. */
#include "base/date.h"
#include "base/hash.h"
#include "io/clock.h"
#include "io/log.h"
#include "service/front_int.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Under the read role, whose policy lets it insert rows of its own tenant only. */
const char pp_front_access_sql[] =
    "insert into access_log (at, tenant, user_id, roles, path, trace, subject) values ($1::timestamptz, "
    "current_setting('app.tenant'), current_setting('app.user'), $3, $2, coalesce($4, ''), $5::uuid) returning "
    "'true'::json";

#define PARAMS_MAX (PP_HTTP_PATH_VARS_MAX + 12 + 1)
#define QUERY_PARAMS 12 /* of struct pp_query */
#define ETAG_HEX 32

struct query_work {
    struct front_work w;
    const struct pp_query *q;
    bool bytes;
    struct pp_str params[PARAMS_MAX];
    int nparams;
    char now[25];
    struct pp_str subject; /* the path's id as UUID text, for the access log */
    int64_t min_version;
    bool stale; /* min_version was not reached in time */
    char *body; /* owned */
    uint32_t body_n;
    struct pp_str hash, content_type; /* bytes */
};

/* ---- parameters ---- */

struct allowed {
    const struct pp_query *q;
    struct pp_str seen[PP_HTTP_QUERY_PARAMS_MAX];
    int nseen;
    struct pp_str bad;
    const char *why;
};

static bool is_param(const struct pp_query *q, struct pp_str name) {
    for (int i = 0; i < QUERY_PARAMS && q->params[i]; i++)
        if (pp_str_eqz(name, q->params[i])) return true;
    return pp_str_eqz(name, "min_version");
}

static bool check_param(void *user, struct pp_str name, struct pp_str value) {
    struct allowed *a = user;
    a->bad = name;
    a->why = "there is no such parameter here";
    if (!is_param(a->q, name)) return false;
    a->why = "it is given twice";
    for (int i = 0; i < a->nseen; i++)
        if (pp_str_eq(a->seen[i], name)) return false;
    a->why = "it is too long";
    if (value.n > PP_FRONT_PARAM_BYTES_MAX) return false;
    a->seen[a->nseen++] = name;
    return true;
}

static bool check_params(const struct pp_query *q, struct pp_request *r) {
    struct allowed a = {.q = q};
    if (pp_request_each_query(r, check_param, &a)) return true;
    char pointer[80];
    if (a.bad.n > 60) a.bad.n = 60;
    snprintf(pointer, sizeof pointer, "/query/%.*s", PP_FMT(a.bad));
    pp_http_problem(r, 400, "A parameter is not understood", pointer, "%s", a.why);
    return false;
}

static bool is_id(struct pp_str name) { return pp_str_eqz(name, "id") || pp_str_ends(name, PP_STR("_id")); }

/* First the path's {names} in their order, then the allowed parameters, then the virtual time. */
static void fill_params(struct query_work *w) {
    struct pp_request *r = w->w.r;
    struct pp_str path = pp_str_z(w->q->path);
    while (path.n) {
        struct pp_str seg = pp_str_split(&path, '/');
        if (seg.n < 3 || seg.s[0] != '{' || w->nparams == PP_HTTP_PATH_VARS_MAX) continue;
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)seg.n - 2, seg.s + 1);
        struct pp_str v = pp_request_var(r, name);
        if (is_id(pp_str_z(name))) v = front_id(r, v);
        struct pp_uuid id;
        if (pp_str_empty(w->subject) && v.n == PP_UUID_TEXT && pp_uuid_parse(v, &id)) w->subject = v;
        w->params[w->nparams++] = v;
    }
    for (int i = 0; i < QUERY_PARAMS && w->q->params[i]; i++) {
        struct pp_str v = pp_request_query(r, w->q->params[i]);
        if (v.n == 0) v = PP_STR_NONE; /* absent is NULL */
        if (is_id(pp_str_z(w->q->params[i]))) v = front_id(r, v);
        w->params[w->nparams++] = v;
    }
    w->params[w->nparams++] = pp_str_z(w->now);
}

/* ---- answering ---- */

static void free_body(struct query_work *w) {
    free(w->body);
    w->body = NULL;
}

/* Of the body without as_of, which changes with every reading: json_build_object writes it first. */
static void etag_of(const struct query_work *w, char ret[ETAG_HEX + 3]) {
    struct pp_str body = {w->body, w->body_n}, head = PP_STR("{\"as_of\" :");
    if (pp_str_starts(body, head)) pp_str_split(&body, ',');
    char hex[PP_SHA256_HEX + 1];
    pp_sha256_hex(body, hex);
    snprintf(ret, ETAG_HEX + 3, "\"%.*s\"", ETAG_HEX, hex);
}

static bool client_has(struct pp_request *r, const char *etag) {
    struct pp_str list = pp_request_header(r, "If-None-Match");
    while (list.n) {
        struct pp_str one = pp_str_trim(pp_str_split(&list, ','));
        if (pp_str_starts(one, PP_STR("W/"))) one = (struct pp_str){one.s + 2, one.n - 2};
        if (pp_str_eqz(one, etag)) return true;
    }
    return false;
}

static void answer_row(struct query_work *w) {
    char etag[ETAG_HEX + 3], line[ETAG_HEX + 16];
    struct pp_request *r = w->w.r;
    etag_of(w, etag);
    snprintf(line, sizeof line, "ETag: %s", etag);
    struct pp_str headers[] = {pp_str_z(line), PP_STR("PP-Stale: 1")};
    char *body = w->body;
    struct pp_str text = {body, w->body_n};
    int n = w->stale ? 2 : 1;
    front_end(&w->w);
    pp_http_reply_with(r, 200, "application/json", text, headers, n);
    free(body);
}

/* Bytes come from outside: a browser must neither guess their type nor run anything in them. */
static const char *safe_type(struct pp_str t) {
    static const char *const shown[] = {"application/pdf", "image/png", "image/jpeg",       "image/tiff",
                                        "text/plain",      "text/rtf",  "application/json", "application/fhir+json",
                                        "application/xml"};
    struct pp_str kind = pp_str_trim(pp_str_split(&t, ';'));
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (pp_str_ieq(kind, pp_str_z(shown[i]))) return shown[i];
    return "application/octet-stream";
}

static void on_blob(void *user, struct pp_str bytes, const struct pp_err *err) {
    struct query_work *w = user;
    if (err) {
        front_fail(&w->w, err);
        return;
    }
    struct pp_request *r = w->w.r;
    struct pp_str headers[] = {PP_STR("Content-Security-Policy: sandbox; default-src 'none'"),
                               PP_STR("Content-Disposition: inline")};
    const char *type = safe_type(w->content_type);
    front_end(&w->w);
    pp_http_reply_with(r, 200, type, bytes, headers, 2);
}

static void answer_bytes(struct query_work *w) {
    struct pp_err err = {0};
    free_body(w);
    if (w->w.front->closed || !w->w.front->env->blobs || pp_str_empty(w->hash)) {
        pp_err_set(&err, PP_ERR_NOTFOUND, "no bytes are kept for it");
        front_fail(&w->w, &err);
        return;
    }
    struct pp_front_env *env = w->w.front->env;
    pp_blob_get(env->blobs, env->loop, pp_request_identity(w->w.r)->tenant, w->hash, on_blob, w);
}

static void on_access(void *user, bool found, struct pp_str value, const struct pp_err *err) {
    struct query_work *w = user;
    (void)found;
    (void)value;
    if (err) { /* what cannot be written down is not shown */
        free_body(w);
        pp_log(PP_LOG_ERROR, "access log not written", "code", PP_S(err->code), NULL);
        struct pp_err again = *err;
        again.retriable = true;
        front_fail(&w->w, &again);
    } else if (w->bytes) {
        answer_bytes(w);
    } else {
        answer_row(w);
    }
}

static void note_access(struct query_work *w) {
    const struct pp_identity *who = pp_request_identity(w->w.r);
    struct pp_str params[] = {pp_str_z(w->now), pp_str_z(w->q->path), who->roles, pp_request_id(w->w.r), w->subject};
    front_read(&w->w, pp_front_access_sql, params, 5, true, on_access);
}

/* ---- the row ---- */

static void read_row(struct query_work *w);

static void again(struct front_work *w) { read_row((struct query_work *)w); }

/* The thing's version: member "version", else "v", of the row. */
static int64_t version_of(const json_t *row) {
    const json_t *v = json_object_get(row, "version");
    if (!v) v = json_object_get(row, "v");
    return json_is_integer(v) ? json_integer_value(v) : 0;
}

static struct pp_str member(struct query_work *w, const json_t *row, const char *name) {
    const char *z = json_string_value(json_object_get(row, name));
    return z ? pp_arena_strz(pp_request_arena(w->w.r), z) : PP_STR_NONE;
}

/* False: the version asked for is not there yet, and there is time to wait. */
static bool look_into(struct query_work *w, struct pp_str value) {
    if (w->min_version == 0 && !w->bytes) return true;
    json_t *row = json_loadb(value.s, value.n, 0, NULL);
    bool behind = version_of(row) < w->min_version;
    if (w->bytes) {
        w->hash = member(w, row, "hash");
        w->content_type = member(w, row, "content_type");
    }
    json_decref(row);
    if (behind && front_wait(&w->w, again)) return false;
    w->stale = behind;
    return true;
}

static void on_row(void *user, bool found, struct pp_str value, const struct pp_err *err) {
    struct query_work *w = user;
    struct pp_err none = {0};
    if (!err && !found) {
        if (w->min_version > 0 && front_wait(&w->w, again)) return;
        pp_err_set(&none, PP_ERR_NOTFOUND, "there is none with this id, or none that you may see");
        err = &none;
    }
    if (err) {
        front_fail(&w->w, err);
        return;
    }
    if (!look_into(w, value)) return;
    w->body = malloc((size_t)value.n + 1);
    if (!w->body) {
        pp_err_set(&none, PP_ERR_NOMEM, "answer");
        front_fail(&w->w, &none);
        return;
    }
    memcpy(w->body, value.s, value.n);
    w->body_n = value.n;
    char etag[ETAG_HEX + 3];
    etag_of(w, etag);
    if (!w->bytes && client_has(w->w.r, etag)) { /* nothing is shown, so nothing is noted */
        struct pp_request *r = w->w.r;
        free_body(w);
        front_end(&w->w);
        char line[ETAG_HEX + 16];
        snprintf(line, sizeof line, "ETag: %s", etag);
        struct pp_str header = pp_str_z(line);
        pp_http_reply_with(r, 304, NULL, PP_STR_NONE, &header, 1);
    } else if (w->q->patient_data) {
        note_access(w);
    } else if (w->bytes) {
        answer_bytes(w);
    } else {
        answer_row(w);
    }
}

static void read_row(struct query_work *w) { front_read(&w->w, w->q->sql, w->params, w->nparams, false, on_row); }

void front_get(void *user, struct pp_request *r) {
    struct front_query *fq = user;
    int64_t min_version = 0;
    struct pp_str min = pp_request_query(r, "min_version");
    if (!check_params(fq->q, r)) return;
    if (min.n && (!pp_str_int(min, &min_version) || min_version < 0)) {
        pp_http_problem(r, 400, "A parameter is not understood", "/query/min_version", "want a whole number");
        return;
    }
    struct query_work *w = front_begin(fq->front, r, sizeof *w);
    if (!w) return;
    w->q = fq->q;
    w->bytes = fq->bytes;
    w->min_version = min_version;
    pp_time_text(pp_clock_now_ms(), w->now);
    fill_params(w);
    read_row(w);
}
