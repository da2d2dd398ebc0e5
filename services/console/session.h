/* Sessions of people: who is signed in, until when. Kept in memory: a restart signs everybody out, nothing else is
 * lost.
 *
 * The cookie holds 32 random bytes; only their SHA-256 is kept. A session ends idle_ms after the last request a person
 * caused and absolute_ms after sign-in, whichever is first. Pure but for the memory: time and randomness are given.
 * Real monotonic time throughout, never the played day's. */
#ifndef CONSOLE_SESSION_H
#define CONSOLE_SESSION_H
#include "base/hash.h"
#include "users.h"

#define CONSOLE_SESSIONS_MAX 2048
#define CONSOLE_SESSIONS_PER_USER_MAX 16 /* the oldest of the same person goes */
#define CONSOLE_SECRET_BYTES 32
#define CONSOLE_COOKIE_TEXT (2 * CONSOLE_SECRET_BYTES)
#define CONSOLE_TOKEN_BYTES_MAX 2048

struct console_session {
    bool used;
    uint8_t key[PP_SHA256_BYTES]; /* SHA-256 of the cookie's text */
    const struct console_user *user;
    int64_t since_ms, seen_ms;           /* monotonic */
    char token[CONSOLE_TOKEN_BYTES_MAX]; /* for the services; "" = none yet */
    int64_t token_until_ms;              /* monotonic */
};
struct console_sessions {
    struct console_session *list; /* CONSOLE_SESSIONS_MAX */
    int64_t idle_ms, absolute_ms;
    int n; /* in use */
};

/* False: no memory. */
bool console_sessions_init(struct console_sessions *s, int64_t idle_ms, int64_t absolute_ms);
void console_sessions_free(struct console_sessions *s);
/* ret_cookie gets the text for the cookie. NULL when all places are taken. */
struct console_session *console_session_new(struct console_sessions *s, const struct console_user *u,
                                            const uint8_t secret[CONSOLE_SECRET_BYTES], int64_t now_ms,
                                            char ret_cookie[CONSOLE_COOKIE_TEXT + 1]);
/* NULL: unknown or over. `touch`: a person did something. */
struct console_session *console_session_find(struct console_sessions *s, struct pp_str cookie, int64_t now_ms,
                                             bool touch);
/* Is a session of this key still there? Nothing is touched. */
bool console_session_alive(const struct console_sessions *s, const uint8_t key[PP_SHA256_BYTES], int64_t now_ms);
/* When it will be over if nobody does anything. */
int64_t console_session_ends_ms(const struct console_sessions *s, const struct console_session *e);
void console_session_end(struct console_sessions *s, struct console_session *e);
/* Forgets those that are over; returns how many. */
int console_sessions_sweep(struct console_sessions *s, int64_t now_ms);

#endif
