/* Latencies and rate. */
#include "loadgen.h"

#include <stdlib.h>
#include <string.h>

static int bucket_of(int64_t us) {
    if (us < HIST_SUB) return us < 0 ? 0 : (int)us;
    int power = 63 - __builtin_clzll((uint64_t)us); /* >= 6 */
    int b = (power - 5) * HIST_SUB + (int)((us >> (power - 6)) & (HIST_SUB - 1));
    return b < HIST_BUCKETS ? b : HIST_BUCKETS - 1;
}
static int64_t bucket_top(int b) {
    if (b < HIST_SUB) return b;
    int power = b / HIST_SUB + 5;
    return ((int64_t)(HIST_SUB + b % HIST_SUB + 1) << (power - 6)) - 1;
}

void hist_add(struct hist *h, int64_t us) {
    h->n++;
    h->bucket[bucket_of(us)]++;
    if (us > h->max) h->max = us;
}

int64_t hist_at(const struct hist *h, double part) {
    uint64_t want = (uint64_t)((double)h->n * part), seen = 0;
    for (int b = 0; b < HIST_BUCKETS; b++) {
        seen += h->bucket[b];
        if (seen > want) return bucket_top(b) < h->max ? bucket_top(b) : h->max;
    }
    return h->max;
}

void hist_print(const struct hist *h, struct pp_buf *out) {
    pp_buf_printf(out, "{\"n\":%llu,\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}",
                  (unsigned long long)h->n, (double)hist_at(h, 0.5) / 1e3, (double)hist_at(h, 0.9) / 1e3,
                  (double)hist_at(h, 0.99) / 1e3, (double)h->max / 1e3);
}

/* ---- rate ---- */

static void end(struct pace *p) {
    if (p->stopped) return;
    p->stopped = true;
    p->end(p->user);
}

static void on_tick(uv_timer_t *t) {
    struct pace *p = t->data;
    uint64_t now = uv_hrtime();
    p->due += p->rate * (double)(now - p->last_ns) / 1e9;
    if (p->due > p->rate * PACE_DEBT_S) p->due = p->rate * PACE_DEBT_S;
    p->last_ns = now;
    if (now >= p->end_ns)
        end(p);
    else
        p->tick(p->user);
}

static void obey(struct pace *p) {
    p->line[p->line_n] = 0;
    p->line_n = 0;
    if (strncmp(p->line, "rate ", 5) == 0)
        p->rate = strtod(p->line + 5, NULL);
    else if (strcmp(p->line, "stop") == 0)
        end(p);
}

static void on_alloc(uv_handle_t *h, size_t n, uv_buf_t *ret) {
    struct pace *p = h->data;
    (void)n;
    *ret = uv_buf_init(p->in, sizeof p->in);
}
static void on_line(uv_stream_t *s, ssize_t n, const uv_buf_t *buf) {
    struct pace *p = s->data;
    if (n < 0) {
        uv_read_stop(s);
        end(p);
        return;
    }
    for (ssize_t i = 0; i < n; i++) {
        if (buf->base[i] == '\n')
            obey(p);
        else if (p->line_n < sizeof p->line - 1)
            p->line[p->line_n++] = buf->base[i];
    }
}

void pace_start(struct pace *p, uv_loop_t *loop, double rate, int64_t seconds, bool control) {
    p->rate = rate;
    p->began_ns = p->last_ns = uv_hrtime();
    p->end_ns = p->began_ns + (uint64_t)seconds * 1000000000u;
    uv_timer_init(loop, &p->timer);
    p->timer.data = p;
    uv_timer_start(&p->timer, on_tick, 0, PACE_TICK_MS);
    if (!control) return;
    uv_pipe_init(loop, &p->control, 0);
    p->control.data = p;
    p->controlled = uv_pipe_open(&p->control, 0) == 0;
    if (p->controlled) uv_read_start((uv_stream_t *)&p->control, on_alloc, on_line);
}

bool pace_take(struct pace *p) {
    if (p->stopped) return false;
    if (p->rate <= 0) return true;
    if (p->due < 1) return false;
    p->due -= 1;
    return true;
}

double pace_seconds(const struct pace *p) { return (double)(uv_hrtime() - p->began_ns) / 1e9; }

void pace_stop(struct pace *p) {
    p->stopped = true;
    uv_close((uv_handle_t *)&p->timer, NULL);
    if (p->controlled) uv_close((uv_handle_t *)&p->control, NULL);
}
