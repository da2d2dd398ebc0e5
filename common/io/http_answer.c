/* Answers and problems. */
#include "core/codec.h"
#include "io/http_internal.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define PROBLEM_BYTES_MAX 4096
#define HEADER_LINE_MAX 8192

static void add_line(struct MHD_Response *response, struct pp_str line) {
    char text[HEADER_LINE_MAX];
    if (line.n >= sizeof text) return;
    memcpy(text, line.s, line.n);
    text[line.n] = 0;
    char *colon = memchr(text, ':', line.n);
    if (!colon) return;
    *colon = 0;
    struct pp_str value = pp_str_trim((struct pp_str){colon + 1, line.n - (uint32_t)(colon + 1 - text)});
    text[value.s - text + value.n] = 0;
    /* Refuses line ends in name or value, so no header can be smuggled in through one. */
    MHD_add_response_header(response, text, value.s);
}

static bool gives(const struct pp_str *headers, int n, struct pp_str name) {
    for (int i = 0; i < n; i++)
        if (headers[i].n > name.n && pp_str_ieq((struct pp_str){headers[i].s, name.n}, name)) return true;
    return false;
}

void http_set_answer(struct pp_request *r, struct MHD_Response *response, int status, const char *content_type,
                     const struct pp_str *headers, int n) {
    assert(!r->response);
    if (!response) return; /* memory has ended: the connection is closed without an answer */
    if (content_type) MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    for (int i = 0; i < n; i++) add_line(response, headers[i]);
    MHD_add_response_header(response, "X-Request-Id", r->id);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    if (!gives(headers, n, PP_STR("Cache-Control:"))) MHD_add_response_header(response, "Cache-Control", "no-store");
    if (r->server && r->server->stopping) MHD_add_response_header(response, "Connection", "close");
    r->response = response;
    r->status = status;
}

/* The handler has spoken: its answer goes out now, or is dropped when nobody waits for it. */
void http_hand_over(struct pp_request *r) {
    assert(!r->handler_done && (r->state == REQUEST_HANDLER || r->state == REQUEST_WAITING || r->gone));
    r->handler_done = true;
    if (r->gone) return;
    bool suspended = r->state == REQUEST_WAITING;
    r->state = REQUEST_ANSWERED;
    if (suspended) http_resume(r);
}

void pp_http_reply_with(struct pp_request *r, int status, const char *content_type, struct pp_str body,
                        const struct pp_str *headers, int n) {
    if (!r->gone)
        http_set_answer(r, MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.s, MHD_RESPMEM_MUST_COPY),
                        status, content_type, headers, n);
    http_hand_over(r);
    http_request_unref(r);
}

void pp_http_reply(struct pp_request *r, int status, const char *content_type, struct pp_str body) {
    pp_http_reply_with(r, status, content_type, body, NULL, 0);
}

static void add_member(struct pp_buf *b, const char *name, const char *value) {
    if (!value || !*value) return;
    size_t n = b->n;
    pp_buf_printf(b, ",\"%s\":", name);
    if (!pp_json_string(b, pp_str_z(value)) && !b->failed) b->n = n;
}

void http_set_problem(struct pp_request *r, int status, const char *title, const char *pointer, const char *detail,
                      const char *header) {
    struct pp_buf b;
    pp_buf_init(&b, PROBLEM_BYTES_MAX);
    pp_buf_printf(&b, "{\"type\":\"about:blank\",\"status\":%d", status);
    add_member(&b, "title", title);
    add_member(&b, "detail", detail);
    add_member(&b, "pointer", pointer);
    add_member(&b, "trace", r->id);
    pp_buf_addc(&b, '}');
    struct pp_str line = pp_str_z(header);
    http_set_answer(r, MHD_create_response_from_buffer(b.n, b.p, MHD_RESPMEM_MUST_COPY), status,
                    "application/problem+json", &line, header ? 1 : 0);
    pp_buf_free(&b);
}

void pp_http_problem(struct pp_request *r, int status, const char *title, const char *pointer, const char *fmt, ...) {
    char detail[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(detail, sizeof detail, fmt, ap);
    va_end(ap);
    if (!r->gone)
        http_set_problem(r, status, title, pointer, detail,
                         status == 401 ? "WWW-Authenticate: Bearer realm=\"priorpath\"" : NULL);
    http_hand_over(r);
    http_request_unref(r);
}
