/* One try of an outbound call: blobs, request, answer, verdict. Everything ends in job_failed or job_answered, once. */
#include "service/jobs_int.h"

#include "io/clock.h"
#include "io/log.h"

#include <stdio.h>

static struct pp_str find_blob(const struct pp_call_ctx *c, struct pp_str hash) {
    const struct pp_job *j = c->self;
    for (int i = 0; i < j->nblobs; i++)
        if (pp_str_eq(j->hashes[i], hash)) return j->blobs[i];
    return PP_STR_NONE;
}

static struct pp_call_ctx context(struct pp_job *j) {
    struct pp_engine *e = j->e;
    return (struct pp_call_ctx){.refs = e->refs ? e->refs(e->refs_user) : NULL,
                                .now_ms = pp_clock_now_ms(),
                                .target = j->target,
                                .tenant = j->tenant,
                                .person = j->person,
                                .ref = j->ref,
                                .job = j->job_id,
                                .attempt = j->attempt,
                                .blob = find_blob,
                                .self = j};
}

/* ---- verdict ---- */

void job_judge(struct pp_job *j, struct pp_str hash) {
    struct pp_call_ctx c = context(j);
    struct pp_http_answer a = {j->status, j->body_type, j->body, pp_arena_str(&j->arena, hash)};
    struct pp_err err = {0};
    bool inquiry = j->state == JOB_INQUIRING;
    enum pp_call_verdict v =
        (inquiry ? j->def->parse_inquiry : j->def->parse)(&c, &j->request, &a, &j->arena, &j->answer, &err);
    if (pp_arena_failed(&j->arena)) v = PP_VERDICT_RETRY;
    switch (v) {
    case PP_VERDICT_ANSWER: job_answered(j, PP_CALL_ANSWERED, PP_STR_NONE); return;
    case PP_VERDICT_REFUSED:
        job_answered(j, PP_CALL_FAILED, pp_arena_printf(&j->arena, "status %d: %s", j->status, err.msg));
        return;
    case PP_VERDICT_NOT_FOUND:
        job_release_target(j, true);
        if (j->orphan) {
            job_free(j);
            return;
        }
        j->next_at_ms = pp_real_ms(); /* the payer does not know it: it may be sent again, at once */
        job_state(j, JOB_PLANNED);
        job_place(j, JOB_TO_COMMIT);
        upkeep_soon(j->e);
        engine_turn(j->e);
        return;
    case PP_VERDICT_RETRY: break;
    }
    char why[PP_ERR_MSG_MAX + 48];
    snprintf(why, sizeof why, "status %d, to be asked again%s%s", j->status, err.msg[0] ? ": " : "", err.msg);
    job_failed(j, true, why);
}

static void on_kept(void *user, const char hash[65], const struct pp_err *err) {
    struct pp_job *j = user;
    if (err) { /* the answer is not kept, so it does not count: ask again */
        pp_log_err(PP_LOG_WARN, "answer of a call not kept", err);
        job_failed(j, true, "blob store");
        return;
    }
    job_judge(j, pp_str_z(hash));
}

static void on_answer(void *user, const struct pp_http_result *r) {
    struct pp_job *j = user;
    if (r->err.kind != PP_ERR_NONE) {
        char why[160];
        snprintf(why, sizeof why, "%s: %.120s", pp_err_kind_name(r->err.kind), r->err.msg);
        job_failed(j, r->request_begun, why);
        return;
    }
    j->status = r->status;
    j->body = pp_arena_str(&j->arena, r->body);
    j->body_type = pp_arena_str(&j->arena, r->content_type);
    if (!j->e->blobs || j->body.n == 0)
        job_judge(j, PP_STR_NONE);
    else
        pp_blob_put(j->e->blobs, j->e->loop, j->tenant, j->body, on_kept, j);
}

/* ---- request ---- */

/* Puts what the endpoint knows in place of "{door}" and "{secret}". The text is ours; both values are plain ASCII. */
static struct pp_str filled(struct pp_job *j, struct pp_str text, const struct pp_endpoint *ep) {
    struct pp_buf b;
    pp_buf_init(&b, JOBS_FILLED_MAX);
    while (text.n) {
        bool door = pp_str_starts(text, PP_STR("{door}")), secret = pp_str_starts(text, PP_STR("{secret}"));
        uint32_t skip = door ? 6 : secret ? 8 : 1;
        if (door)
            pp_buf_addz(&b, ep->door_url);
        else if (secret)
            pp_buf_addz(&b, ep->callback_secret);
        else
            pp_buf_addc(&b, text.s[0]);
        text.s += skip;
        text.n -= skip;
    }
    struct pp_str out = b.failed ? PP_STR_NONE : pp_arena_str(&j->arena, pp_buf_str(&b));
    pp_buf_free(&b);
    return out;
}

static void open_socket(struct pp_job *j) {
    struct pp_engine *e = j->e;
    struct pp_call_ctx c = context(j);
    struct pp_http_msg m = {0};
    struct pp_err err = {0};
    struct pp_endpoint ep;
    bool inquiry = j->state == JOB_INQUIRING;
    if (!e->endpoints.endpoint || !e->endpoints.endpoint(e->endpoints.user, c.refs, j->tenant, j->target, &ep)) {
        job_failed(j, false, "the target is no longer in the payer directory");
        return;
    }
    if ((inquiry ? j->def->build_inquiry : j->def->build)(&c, &j->request, &j->arena, &m, &err) < 0) {
        job_answered(j, PP_CALL_FAILED, pp_arena_printf(&j->arena, "build: %s", err.msg));
        return;
    }
    if (m.fill && (!ep.door_url[0] || !ep.callback_secret[0])) {
        /* A subscription without the header would bring notifications that the door must turn away. */
        job_failed(j, false, "door-url or the payer's call-back secret is not configured");
        return;
    }
    if (m.fill) m.body = filled(j, m.body, &ep);
    if (job_endpoint_is_folder(&ep)) {
        job_send_file(j, &ep, &m);
        return;
    }
    struct pp_str headers[2];
    int n = 0;
    if (j->trace.n) headers[n++] = pp_arena_printf(&j->arena, "traceparent: %.*s", PP_FMT(j->trace));
    if (ep.auth_header[0]) headers[n++] = pp_str_z(ep.auth_header);
    struct pp_http_req req = {.method = m.method,
                              .url = pp_arena_printf(&j->arena, "%s%.*s", ep.base_url, PP_FMT(m.path)),
                              .content_type = m.content_type,
                              .accept = m.accept,
                              .body = m.body,
                              .headers = headers,
                              .nheaders = n,
                              .connect_timeout_ms = ep.connect_timeout_ms,
                              .timeout_ms = ep.timeout_ms,
                              .answer_bytes_max = JOBS_ANSWER_BYTES_MAX};
    if (pp_http_send(e->jobs->http, &req, on_answer, j, &err) < 0) job_failed(j, false, err.msg);
}

static void next_blob(struct pp_job *j);

static void on_blob(void *user, struct pp_str bytes, const struct pp_err *err) {
    struct pp_job *j = user;
    if (err) {
        job_failed(j, false,
                   err->kind == PP_ERR_NOTFOUND ? "a document's bytes are not in the blob store" : "blob store");
        return;
    }
    j->blobs[j->nblobs++] = pp_arena_str(&j->arena, bytes);
    next_blob(j);
}

static void next_blob(struct pp_job *j) {
    if (j->nblobs < j->nhashes) {
        if (j->e->blobs)
            pp_blob_get(j->e->blobs, j->e->loop, j->tenant, j->hashes[j->nblobs], on_blob, j);
        else
            job_failed(j, false, "no blob store is configured");
        return;
    }
    if (pp_arena_failed(&j->arena)) {
        job_answered(j, PP_CALL_FAILED, PP_STR("the documents are larger than one call may be"));
        return;
    }
    if (j->def->build) {
        open_socket(j);
        return;
    }
    /* A local call: the bytes of its one blob are the answer. */
    j->status = 200;
    j->body = j->nblobs ? j->blobs[0] : PP_STR_NONE;
    job_judge(j, j->nhashes ? j->hashes[0] : PP_STR_NONE);
}

void job_send(struct pp_job *j) {
    bool inquiry = j->state == JOB_INQUIRING;
    j->nhashes = j->nblobs = 0;
    if (j->def->blobs && !inquiry) {
        int n = j->def->blobs(&j->request, j->hashes, JOBS_BLOBS_MAX);
        j->nhashes = n < 0 ? 0 : n > JOBS_BLOBS_MAX ? JOBS_BLOBS_MAX : n;
    }
    next_blob(j);
}
