#include "io/http_client.h"
#include "base/buf.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#define IDLE_MAX_S 20L /* a kept-alive connection older than this is not used again */
#define METHOD_MAX 16
#define TYPE_MAX 256
#define URL_MAX 4096

struct exchange { /* one request until its callback */
    struct pp_http_client *client;
    struct exchange *next, *prev;
    CURL *easy;
    struct curl_slist *headers;
    char method[METHOD_MAX];
    char *body;
    struct pp_buf answer;
    bool begun, aborted, over;
    bool repeatable; /* GET, HEAD */
    char location[URL_MAX];
    char error[CURL_ERROR_SIZE];
    pp_http_done_cb *cb;
    void *user;
};

struct pp_http_client {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;
    struct exchange *open;
    int nopen;
    bool freed;
};

struct socket_watch { /* one per socket, until its handle is closed */
    uv_poll_t poll;
    struct pp_http_client *client;
    curl_socket_t fd;
};

/* ---- one exchange ---- */

static void free_exchange(struct exchange *x) {
    curl_easy_cleanup(x->easy);
    curl_slist_free_all(x->headers);
    pp_buf_free(&x->answer);
    free(x->body);
    free(x);
}

static void unlink_exchange(struct exchange *x) {
    struct pp_http_client *c = x->client;
    if (x->next) x->next->prev = x->prev;
    if (x->prev)
        x->prev->next = x->next;
    else
        c->open = x->next;
    c->nopen--;
    curl_multi_remove_handle(c->multi, x->easy);
}

static void fill_error(const struct exchange *x, CURLcode rc, struct pp_err *err) {
    const char *text = x->error[0] ? x->error : curl_easy_strerror(rc);
    if (x->over)
        pp_err_set(err, PP_ERR_LIMIT, "the answer is longer than %zu bytes", x->answer.max);
    else if (x->aborted)
        pp_err_set(err, PP_ERR_IO, "the kept-alive connection was dead and the request may have been read");
    else if (rc == CURLE_OPERATION_TIMEDOUT)
        pp_err_set(err, PP_ERR_TIMEOUT, "%s", text);
    else
        pp_err_set(err, PP_ERR_IO, "%s", text);
}

static void finish(struct exchange *x, CURLcode rc) {
    struct pp_http_result r = {.request_begun = x->begun};
    unlink_exchange(x);
    if (rc == CURLE_OK) {
        long status = 0;
        char *type = NULL;
        curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type);
        r.status = (int)status;
        r.content_type = pp_str_z(type);
        r.location = pp_str_z(x->location);
        r.body = pp_buf_str(&x->answer);
    } else {
        fill_error(x, rc, &r.err);
    }
    x->cb(x->user, &r);
    free_exchange(x);
}

static size_t on_body(char *p, size_t size, size_t n, void *user) {
    struct exchange *x = user;
    pp_buf_add(&x->answer, p, size * n);
    if (x->answer.failed) {
        x->over = true;
        return 0;
    }
    return size * n;
}

/* Only Location is kept; it is taken here because libcurl would give back a resolved form of it. */
static size_t on_header(char *p, size_t size, size_t n, void *user) {
    struct exchange *x = user;
    struct pp_str line = {p, (uint32_t)(size * n)}, head = PP_STR("location:");
    if (line.n > head.n && pp_str_ieq((struct pp_str){p, head.n}, head))
        snprintf(x->location, sizeof x->location, "%.*s",
                 PP_FMT(pp_str_trim((struct pp_str){p + head.n, line.n - head.n})));
    return size * n;
}

/* Called when the connection stands, right before the request is written. A second time means that libcurl wants to
 * write it again over another connection: whether the first was read is not known, so that is not ours to do. */
static int on_prereq(void *user, char *ip, char *local_ip, int port, int local_port) {
    struct exchange *x = user;
    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    if (x->begun && !x->repeatable) {
        x->aborted = true;
        return CURL_PREREQFUNC_ABORT;
    }
    x->begun = true;
    return CURL_PREREQFUNC_OK;
}

static int add_header(struct exchange *x, const char *name, struct pp_str value, struct pp_err *err) {
    if (memchr(value.n ? value.s : "", '\n', value.n) || memchr(value.n ? value.s : "", '\r', value.n))
        return pp_err_set(err, PP_ERR_INVALID, "a header holds a line end");
    char line[8192];
    if ((size_t)snprintf(line, sizeof line, "%s%.*s", name, PP_FMT(value)) >= sizeof line)
        return pp_err_set(err, PP_ERR_LIMIT, "a header is too long");
    struct curl_slist *more = curl_slist_append(x->headers, line);
    if (!more) return pp_err_set(err, PP_ERR_NOMEM, "HTTP request");
    x->headers = more;
    return 0;
}

static int set_headers(struct exchange *x, const struct pp_http_req *q, struct pp_err *err) {
    int rc = 0;
    if (q->content_type.n)
        rc = add_header(x, "Content-Type: ", q->content_type, err);
    else if (q->body.n)
        rc = add_header(x, "Content-Type: ", PP_STR("application/octet-stream"), err);
    if (rc == 0 && q->accept.n) rc = add_header(x, "Accept: ", q->accept, err);
    /* No "Expect: 100-continue": many servers of payers do not answer it and a second is lost each time. */
    if (rc == 0) rc = add_header(x, "Expect:", PP_STR_NONE, err);
    for (int i = 0; rc == 0 && i < q->nheaders; i++) rc = add_header(x, "", q->headers[i], err);
    return rc;
}

static void set_method(struct exchange *x, const struct pp_http_req *q) {
    CURL *e = x->easy;
    snprintf(x->method, sizeof x->method, "%.*s", PP_FMT(q->method));
    x->repeatable = strcmp(x->method, "GET") == 0 || strcmp(x->method, "HEAD") == 0;
    if (strcmp(x->method, "HEAD") == 0)
        curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
    else if (q->body.n || strcmp(x->method, "POST") == 0 || strcmp(x->method, "PUT") == 0) {
        curl_easy_setopt(e, CURLOPT_POST, 1L);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, x->body);
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
        curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, x->method);
    } else {
        curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, x->method);
    }
}

static int set_up(struct exchange *x, const struct pp_http_req *q, struct pp_err *err) {
    CURL *e = x->easy;
    char url[URL_MAX];
    if (q->method.n == 0 || q->method.n >= METHOD_MAX) return pp_err_set(err, PP_ERR_INVALID, "no such HTTP method");
    if (q->url.n == 0 || q->url.n >= sizeof url || memchr(q->url.s, 0, q->url.n))
        return pp_err_set(err, PP_ERR_INVALID, "the URL is empty or too long");
    memcpy(url, q->url.s, q->url.n);
    url[q->url.n] = 0;
    x->body = malloc(q->body.n + 1);
    if (!x->body) return pp_err_set(err, PP_ERR_NOMEM, "HTTP request");
    if (q->body.n) memcpy(x->body, q->body.s, q->body.n);
    x->body[q->body.n] = 0;
    pp_buf_init(&x->answer, q->answer_bytes_max ? q->answer_bytes_max : PP_HTTP_CLIENT_ANSWER_BYTES_MAX);
    set_method(x, q);
    if (set_headers(x, q, err) < 0) return -1;
    bool ok = curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
              (!q->ca_file || curl_easy_setopt(e, CURLOPT_CAINFO, q->ca_file) == CURLE_OK);
    if (!ok) return pp_err_set(err, PP_ERR_NOMEM, "HTTP request");
    long connect_ms = q->connect_timeout_ms > 0 ? q->connect_timeout_ms : PP_HTTP_CLIENT_CONNECT_TIMEOUT_MS;
    long total_ms = q->timeout_ms > 0 ? q->timeout_ms : PP_HTTP_CLIENT_TIMEOUT_MS;
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, total_ms);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* one stream, one connection, one fate */
    curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, IDLE_MAX_S);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "PriorPath/1");
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->error);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_prereq);
    curl_easy_setopt(e, CURLOPT_PREREQDATA, x);
    curl_easy_setopt(e, CURLOPT_PRIVATE, x);
    return 0;
}

int pp_http_send(struct pp_http_client *c, const struct pp_http_req *req, pp_http_done_cb *cb, void *user,
                 struct pp_err *err) {
    if (c->freed) return pp_err_set(err, PP_ERR_IO, "the HTTP client is being closed");
    if (c->nopen >= PP_HTTP_CLIENT_OPEN_MAX)
        return pp_err_set(err, PP_ERR_LIMIT, "more than %d open requests", PP_HTTP_CLIENT_OPEN_MAX);
    struct exchange *x = calloc(1, sizeof *x);
    if (!x || !(x->easy = curl_easy_init())) {
        free(x);
        return pp_err_set(err, PP_ERR_NOMEM, "HTTP request");
    }
    x->client = c;
    x->cb = cb;
    x->user = user;
    if (set_up(x, req, err) < 0) {
        free_exchange(x);
        return -1;
    }
    if (curl_multi_add_handle(c->multi, x->easy) != CURLM_OK) {
        free_exchange(x);
        return pp_err_set(err, PP_ERR_NOMEM, "HTTP request");
    }
    x->next = c->open;
    if (c->open) c->open->prev = x;
    c->open = x;
    c->nopen++;
    return 0;
}

/* ---- libcurl on the loop ---- */

static void collect(struct pp_http_client *c) {
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(c->multi, &left))) {
        if (m->msg != CURLMSG_DONE) continue;
        struct exchange *x = NULL;
        CURLcode rc = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x);
        finish(x, rc);
    }
}

static void act(struct pp_http_client *c, curl_socket_t fd, int flags) {
    int running;
    curl_multi_socket_action(c->multi, fd, flags, &running);
    collect(c);
}

static void on_poll(uv_poll_t *p, int status, int events) {
    struct socket_watch *w = p->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
    act(w->client, w->fd, flags);
}

static void on_timer(uv_timer_t *t) { act(t->data, CURL_SOCKET_TIMEOUT, 0); }

/* Only arms: libcurl must not be called from its own callback. */
static int on_curl_timer(CURLM *multi, long ms, void *user) {
    struct pp_http_client *c = user;
    (void)multi;
    if (ms < 0)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static void watch_closed(uv_handle_t *h) { free(h->data); }

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user) {
    struct pp_http_client *c = user;
    struct socket_watch *w = socket_user;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (!w) return 0;
        curl_multi_assign(c->multi, fd, NULL);
        uv_poll_stop(&w->poll); /* libcurl closes the descriptor next */
        uv_close((uv_handle_t *)&w->poll, watch_closed);
        return 0;
    }
    if (!w) {
        w = calloc(1, sizeof *w);
        if (!w || uv_poll_init_socket(c->loop, &w->poll, fd) != 0) {
            free(w);
            return -1; /* libcurl ends the transfer with an error */
        }
        w->poll.data = w;
        w->client = c;
        w->fd = fd;
        curl_multi_assign(c->multi, fd, w);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    uv_poll_start(&w->poll, events, on_poll);
    return 0;
}

int pp_http_client_new(uv_loop_t *loop, int connections_max, struct pp_http_client **ret, struct pp_err *err) {
    static bool ready;
    if (!ready && curl_global_init(CURL_GLOBAL_DEFAULT) != 0) return pp_err_set(err, PP_ERR_NOMEM, "libcurl");
    ready = true;
    struct pp_http_client *c = calloc(1, sizeof *c);
    if (!c || !(c->multi = curl_multi_init())) {
        free(c);
        return pp_err_set(err, PP_ERR_NOMEM, "HTTP client");
    }
    c->loop = loop;
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections_max);
    *ret = c;
    return 0;
}

int pp_http_client_open(const struct pp_http_client *c) { return c->nopen; }

static void client_closed(uv_handle_t *h) { free(h->data); }

void pp_http_client_free(struct pp_http_client *c) {
    if (!c || c->freed) return;
    c->freed = true;
    while (c->open) {
        struct exchange *x = c->open;
        snprintf(x->error, sizeof x->error, "cancelled: the HTTP client is being closed");
        finish(x, CURLE_ABORTED_BY_CALLBACK);
    }
    curl_multi_cleanup(c->multi); /* closes kept-alive sockets, and with them their watches */
    uv_close((uv_handle_t *)&c->timer, client_closed);
}
