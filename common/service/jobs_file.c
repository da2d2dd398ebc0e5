/* One try of an outbound call to an exchange folder: files are put in the thread pool. What was put is known from our
 * own book (io/exchange.h), so a job in doubt is settled there and no partner is asked. */
#include "service/jobs_int.h"

#include "io/exchange.h"

#include <stdio.h>
#include <stdlib.h>

#define SCHEME "file://"

struct try {
    uv_work_t work;
    struct pp_job *job;
    char folder[PP_ENDPOINT_URL_MAX], name[PP_EXCHANGE_NAME_MAX + 1];
    struct pp_str body; /* of the job's arena, which stays while the job is in JOB_IO */
    bool inquiry, found, begun, failed;
    struct pp_err err;
};

bool job_endpoint_is_folder(const struct pp_endpoint *ep) {
    return strncmp(ep->base_url, SCHEME, sizeof SCHEME - 1) == 0;
}

static void in_thread(uv_work_t *w) {
    struct try *t = w->data;
    t->failed = t->inquiry ? pp_exchange_was_put(t->folder, t->name, &t->found, &t->err) < 0
                           : pp_exchange_put(t->folder, t->name, t->body, &t->begun, &t->err) < 0;
}

static void on_loop(uv_work_t *w, int status) {
    struct try t = *(struct try *)w->data;
    struct pp_job *j = t.job;
    free(w->data);
    if (status < 0 || t.failed) {
        job_failed(j, t.begun, status < 0 ? "the thread pool is closing" : t.err.msg);
        return;
    }
    j->status = !t.inquiry || t.found ? 200 : 404;
    j->body = j->body_type = PP_STR_NONE;
    job_judge(j, PP_STR_NONE);
}

void job_send_file(struct pp_job *j, const struct pp_endpoint *ep, const struct pp_http_msg *m) {
    struct try *t = calloc(1, sizeof *t);
    if (!t || !m->file_name.n || m->file_name.n > PP_EXCHANGE_NAME_MAX) {
        free(t);
        job_answered(j, PP_CALL_FAILED, PP_STR("this call cannot go to an exchange folder"));
        return;
    }
    t->work.data = t;
    t->job = j;
    t->body = m->body;
    t->inquiry = j->state == JOB_INQUIRING;
    snprintf(t->folder, sizeof t->folder, "%s", ep->base_url + sizeof SCHEME - 1);
    snprintf(t->name, sizeof t->name, "%.*s", PP_FMT(m->file_name));
    if (uv_queue_work(j->e->loop, &t->work, in_thread, on_loop) < 0) {
        free(t);
        job_failed(j, false, "no thread to write the file");
    }
}
