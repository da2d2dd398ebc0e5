#include "session.h"

#include <stdlib.h>

bool console_sessions_init(struct console_sessions *s, int64_t idle_ms, int64_t absolute_ms) {
    *s = (struct console_sessions){.idle_ms = idle_ms, .absolute_ms = absolute_ms};
    s->list = calloc(CONSOLE_SESSIONS_MAX, sizeof *s->list);
    return s->list != NULL;
}

void console_sessions_free(struct console_sessions *s) {
    free(s->list);
    *s = (struct console_sessions){0};
}

int64_t console_session_ends_ms(const struct console_sessions *s, const struct console_session *e) {
    int64_t idle = e->seen_ms + s->idle_ms, absolute = e->since_ms + s->absolute_ms;
    return idle < absolute ? idle : absolute;
}

void console_session_end(struct console_sessions *s, struct console_session *e) {
    if (!e->used) return;
    explicit_bzero(e, sizeof *e);
    s->n--;
}

int console_sessions_sweep(struct console_sessions *s, int64_t now_ms) {
    int ended = 0;
    for (int i = 0; i < CONSOLE_SESSIONS_MAX; i++) {
        struct console_session *e = &s->list[i];
        if (!e->used || console_session_ends_ms(s, e) > now_ms) continue;
        console_session_end(s, e);
        ended++;
    }
    return ended;
}

struct console_session *console_session_new(struct console_sessions *s, const struct console_user *u,
                                            const uint8_t secret[CONSOLE_SECRET_BYTES], int64_t now_ms,
                                            char ret_cookie[CONSOLE_COOKIE_TEXT + 1]) {
    struct console_session *place = NULL, *oldest = NULL;
    int own = 0;
    console_sessions_sweep(s, now_ms);
    for (int i = 0; i < CONSOLE_SESSIONS_MAX; i++) {
        struct console_session *e = &s->list[i];
        if (!e->used) {
            if (!place) place = e;
        } else if (e->user == u) {
            own++;
            if (!oldest || e->seen_ms < oldest->seen_ms) oldest = e;
        }
    }
    if (own >= CONSOLE_SESSIONS_PER_USER_MAX) {
        console_session_end(s, oldest);
        place = oldest;
    }
    if (!place) return NULL;
    pp_hex(secret, CONSOLE_SECRET_BYTES, ret_cookie);
    *place = (struct console_session){.used = true, .user = u, .since_ms = now_ms, .seen_ms = now_ms};
    pp_sha256((struct pp_str){ret_cookie, CONSOLE_COOKIE_TEXT}, place->key);
    s->n++;
    return place;
}

bool console_session_alive(const struct console_sessions *s, const uint8_t key[PP_SHA256_BYTES], int64_t now_ms) {
    for (int i = 0; i < CONSOLE_SESSIONS_MAX; i++) {
        const struct console_session *e = &s->list[i];
        if (e->used && memcmp(e->key, key, sizeof e->key) == 0) return console_session_ends_ms(s, e) > now_ms;
    }
    return false;
}

struct console_session *console_session_find(struct console_sessions *s, struct pp_str cookie, int64_t now_ms,
                                             bool touch) {
    uint8_t key[PP_SHA256_BYTES];
    if (cookie.n != CONSOLE_COOKIE_TEXT) return NULL;
    pp_sha256(cookie, key);
    for (int i = 0; i < CONSOLE_SESSIONS_MAX; i++) {
        struct console_session *e = &s->list[i];
        if (!e->used || memcmp(e->key, key, sizeof key) != 0) continue;
        if (console_session_ends_ms(s, e) <= now_ms) {
            console_session_end(s, e);
            return NULL;
        }
        if (touch) e->seen_ms = now_ms;
        return e;
    }
    return NULL;
}
