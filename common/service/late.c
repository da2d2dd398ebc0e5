#include "service/late.h"

#include <stdlib.h>

#define BUCKETS 4096
#define SNAPSHOT_BYTES_MAX ((size_t)256 * 1024)

struct watched {
    struct watched *next;
    char *topic;
    char *key;
    uint32_t key_n;
    struct pp_buf packed; /* in the form of the outbox */
};

struct pp_late {
    struct watched *buckets[BUCKETS];
    int n;
    int64_t due_ms;
};

struct pp_late *pp_late_new(void) {
    return calloc(1, sizeof(struct pp_late));
}

static void clear(struct pp_late *w) {
    for (int i = 0; i < BUCKETS; i++)
        while (w->buckets[i]) {
            struct watched *k = w->buckets[i];
            w->buckets[i] = k->next;
            pp_buf_free(&k->packed);
            free(k->topic);
            free(k->key);
            free(k);
        }
    w->n = 0;
}

void pp_late_free(struct pp_late *w) {
    if (!w) return;
    clear(w);
    free(w);
}

static struct watched **place(struct pp_late *w, const struct pp_send *s) {
    struct watched **at = &w->buckets[pp_murmur2(s->key) % BUCKETS];
    while (*at &&
           (!pp_str_eq(s->key, (struct pp_str){(*at)->key, (*at)->key_n}) || strcmp((*at)->topic, s->topic) != 0))
        at = &(*at)->next;
    return at;
}

static void keep(struct watched *k, const struct pp_send *s) {
    pp_buf_reset(&k->packed);
    pp_outbox_add_send(&k->packed, s);
}

void pp_late_add(struct pp_late *w, const struct pp_send *s, int64_t now_ms) {
    struct watched **at = place(w, s);
    w->due_ms = now_ms + PP_LATE_MS;
    if (!*at) {
        if (w->n >= PP_LATE_KEYS_MAX) return;
        struct watched *k = calloc(1, sizeof *k);
        if (!k) return;
        k->topic = strdup(s->topic);
        k->key = malloc(s->key.n ? s->key.n : 1);
        if (!k->topic || !k->key) {
            free(k->topic);
            free(k->key);
            free(k);
            return;
        }
        memcpy(k->key, s->key.s, s->key.n);
        k->key_n = s->key.n;
        pp_buf_init(&k->packed, SNAPSHOT_BYTES_MAX);
        *at = k;
        w->n++;
    }
    keep(*at, s);
}

void pp_late_update(struct pp_late *w, const struct pp_send *s) {
    if (w->n == 0) return;
    struct watched **at = place(w, s);
    if (*at) keep(*at, s);
}

void pp_late_due(struct pp_late *w, int64_t now_ms, void (*fn)(void *user, const struct pp_send *s), void *user) {
    if (w->n == 0 || now_ms < w->due_ms) return;
    for (int i = 0; i < BUCKETS; i++)
        for (struct watched *k = w->buckets[i]; k; k = k->next) {
            struct pp_str packed = pp_buf_str(&k->packed);
            struct pp_outbox_item it;
            bool bad;
            if (!k->packed.failed && pp_outbox_next(&packed, "", &it, &bad)) fn(user, &it.send);
        }
    clear(w);
}
