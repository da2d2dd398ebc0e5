#include "io/log.h"
#include "base/buf.h"
#include "base/date.h"
#include "core/codec.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SEEN_MAX 128 /* messages counted apart; others share the slot of their hash */

struct seen {
    const char *msg;
    int64_t window_ms;
    int lines;
    int64_t left_out;
};

static struct {
    pthread_mutex_t lock;
    char service[32], instance[32];
    enum pp_log_level least;
    int fd;
    struct seen seen[SEEN_MAX];
} log_state = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .service = "priorpath", .instance = "0", .least = PP_LOG_INFO, .fd = 2};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void pp_log_init(const char *service, const char *instance, enum pp_log_level least) {
    pthread_mutex_lock(&log_state.lock);
    snprintf(log_state.service, sizeof log_state.service, "%s", service);
    snprintf(log_state.instance, sizeof log_state.instance, "%s", instance);
    log_state.least = least;
    pthread_mutex_unlock(&log_state.lock);
}

void pp_log_fd(int fd) { log_state.fd = fd; }

bool pp_log_level_parse(const char *name, enum pp_log_level *ret) {
    for (int i = 0; i <= PP_LOG_ERROR; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *ret = (enum pp_log_level)i;
            return true;
        }
    }
    return false;
}

/* Bytes that are no UTF-8 come from outside; they are shown as '?', never dropped with the line. */
static void add_string(struct pp_buf *b, struct pp_str s) {
    if (pp_json_string(b, s)) return;
    pp_buf_addc(b, '"');
    for (uint32_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.s[i];
        pp_buf_addc(b, c < 0x20 || c >= 0x7f || c == '"' || c == '\\' ? '?' : (char)c);
    }
    pp_buf_addc(b, '"');
}

static void add_pair(struct pp_buf *b, const char *name, const struct pp_log_value *v) {
    pp_buf_addc(b, ',');
    add_string(b, pp_str_z(name));
    pp_buf_addc(b, ':');
    if (v->kind == PP_LV_INT)
        pp_buf_printf(b, "%lld", (long long)v->i);
    else
        add_string(b, v->s);
}

/* Counts a line of this message. False: leave it out. */
static bool may_write(const char *msg, int64_t now_ms, int64_t *ret_left_out) {
    uint32_t h = 2166136261u;
    for (const char *p = msg; *p; p++) h = (h ^ (unsigned char)*p) * 16777619u;
    struct seen *s = &log_state.seen[h % SEEN_MAX];
    *ret_left_out = 0;
    if (!s->msg || strcmp(s->msg, msg) != 0 || now_ms - s->window_ms >= PP_LOG_WINDOW_MS || now_ms < s->window_ms) {
        *ret_left_out = s->left_out;
        *s = (struct seen){.msg = msg, .window_ms = now_ms};
    }
    if (s->lines >= PP_LOG_BURST) {
        s->left_out++;
        return false;
    }
    s->lines++;
    return true;
}

static void write_line(const struct pp_buf *b) {
    size_t done = 0;
    while (done < b->n) {
        ssize_t n = write(log_state.fd, b->p + done, b->n - done);
        if (n <= 0) return; /* nowhere left to complain */
        done += (size_t)n;
    }
}

static void begin_line(struct pp_buf *b, enum pp_log_level level, const char *msg, int64_t now_ms) {
    char at[25];
    pp_time_text(now_ms, at);
    pp_buf_reset(b);
    pp_buf_printf(b, "{\"time\":\"%s\",\"level\":\"%s\",\"service\":", at, level_names[level]);
    add_string(b, pp_str_z(log_state.service));
    pp_buf_addz(b, ",\"instance\":");
    add_string(b, pp_str_z(log_state.instance));
    pp_buf_addz(b, ",\"msg\":");
    add_string(b, pp_str_z(msg));
}

void pp_log(enum pp_log_level level, const char *msg, ...) {
    if (level < log_state.least) return;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    int64_t now_ms = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000, left_out;
    pthread_mutex_lock(&log_state.lock);
    if (may_write(msg, now_ms, &left_out)) {
        struct pp_buf b;
        pp_buf_init(&b, PP_LOG_LINE_MAX);
        begin_line(&b, level, msg, now_ms);
        if (left_out) add_pair(&b, "left_out", PP_I(left_out));
        va_list ap;
        va_start(ap, msg);
        for (const char *name; (name = va_arg(ap, const char *));)
            add_pair(&b, name, va_arg(ap, const struct pp_log_value *));
        va_end(ap);
        pp_buf_addz(&b, "}\n");
        if (b.failed) { /* longer than a line may be: say at least that */
            begin_line(&b, level, msg, now_ms);
            pp_buf_addz(&b, ",\"cut\":true}\n");
        }
        write_line(&b);
        pp_buf_free(&b);
    }
    pthread_mutex_unlock(&log_state.lock);
}

void pp_log_err(enum pp_log_level level, const char *msg, const struct pp_err *err) {
    pp_log(level, msg, "kind", PP_S(pp_err_kind_name(err->kind)), "code", PP_S(err->code), "reason", PP_S(err->msg),
           NULL);
}
