/* The console's process: a gateway for people, which decides nothing.
 *
 * It serves the pages, keeps sessions, asks the services that own the data with a short-lived token of the person who
 * asks, gives commands to their owners, and tells open pages what changed. No database: what a restart loses is
 * sessions and the ring of hints (pages read again); acts that wait do so with their owners. One thread. */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H
#include "acts.h"
#include "assets.h"
#include "hints.h"
#include "io/config.h"
#include "io/http_client.h"
#include "io/http_server.h"
#include "io/kafka_watch.h"
#include "refs/payers.h"
#include "refs/places.h"
#include "session.h"

#include <jansson.h>

#define CONSOLE_UPSTREAM_CONNECTIONS 64
#define CONSOLE_UPSTREAM_TIMEOUT_MS 12000 /* a service waits up to 2 s for a command's result */
#define CONSOLE_UPSTREAM_BYTES_MAX (4u << 20)
#define CONSOLE_GZIP_FROM 4096 /* smaller answers are sent as they are */
#define CONSOLE_COMMAND_BYTES_MAX 65536
#define CONSOLE_TOKEN_TTL_S 300
#define CONSOLE_STREAMS_MAX 2000
#define CONSOLE_STREAMS_PER_USER_MAX 16 /* a browser needs one, whatever it has open */
#define CONSOLE_STREAM_QUEUE_MAX (256u << 10)
#define CONSOLE_BEAT_MS 15000

struct console_stream;
struct console_command;

struct console {
    uv_loop_t loop;
    struct pp_config *config;
    struct pp_http_server *web, *ops;
    struct pp_http_client *client;
    struct pp_watch *watch;
    struct console_sessions sessions;
    struct console_assets assets;
    struct console_ring ring;
    uint64_t epoch;                 /* of the ring: real ms at start */
    struct console_stream *streams; /* list */
    int nstreams;
    struct console_command *commands; /* list, newest first */
    int ncommands;
    uv_timer_t beat;
    uv_signal_t term, intr;
    const char *urls[CONSOLE_SERVICES];
    struct pp_refs *refs; /* names of sites and payers for the pages; what they are is decided elsewhere */
    char key_file[1024];
    bool reading, stopping;
    int64_t stop_by_ms;
};

/* ---- web.c: what every answer has in common ---- */
void console_json(struct pp_request *r, int status, json_t *body /* taken */);
/* Answers with bytes of a service: compressed when that pays and the browser takes it. */
void console_bytes(struct pp_request *r, int status, struct pp_str type, struct pp_str body);
/* The session, or NULL: then it has answered. `post`: the request changes something and must show that it comes from a
 * page of ours (header PP-Request, not from another site). `touch`: a person did it, so the idle time begins anew. */
struct console_session *console_enter(struct console *c, struct pp_request *r, bool post, bool touch);
/* A token for the services; NULL: it has answered. */
const char *console_token(struct console *c, struct pp_request *r, struct console_session *s);
/* The same for an act that goes later, when the session may be over: ret holds CONSOLE_TOKEN_BYTES_MAX bytes. */
int console_token_of(struct console *c, const struct console_user *u, char *ret, struct pp_err *err);

/* ---- signin.c ---- */
void console_on_signin_list(void *user, struct pp_request *r);
void console_on_signin(void *user, struct pp_request *r);
void console_on_signout(void *user, struct pp_request *r);
void console_on_me(void *user, struct pp_request *r);

/* ---- read.c ---- */
void console_on_read(void *user, struct pp_request *r);
void console_on_find(void *user, struct pp_request *r);

/* ---- command.c: taking, looking after, taking back; command_send.c: to the owners ---- */
#define CONSOLE_COMMANDS_MAX 4096
#define CONSOLE_COMMAND_KEEP_MS 900000 /* so long the same key gets the same answer */
#define CONSOLE_LOOK_MS 400            /* after it went: its owner looks four times a second */
#define CONSOLE_ASK_AGAIN_MS 3000      /* an owner who has not taken an act yet */
#define CONSOLE_ASK_UNTIL_MS 120000    /* after that it is left at that */
enum console_state { CONSOLE_HELD, CONSOLE_SENDING, CONSOLE_SENT, CONSOLE_STOPPED, CONSOLE_UNDOING, CONSOLE_UNDONE };
struct console_command {
    struct console *c;
    struct console_command *next;
    struct pp_uuid key;
    char id[PP_UUID_TEXT + 1];
    const struct console_user *user;
    const struct console_act *act;
    enum console_state state;   /* changed by console_command_move only */
    json_t *targets, *args;     /* as given */
    json_t *outcomes, *undone;  /* one for each target */
    int open;                   /* answers still missing */
    struct pp_request *waiting; /* to be answered when the last is there */
    uv_timer_t timer;           /* HELD: the owners are asked again what became of it */
    int64_t since_ms, until_ms; /* monotonic; until: it goes (held), or can be undone (sent) */
};
void console_on_command(void *user, struct pp_request *r);
void console_on_command_state(void *user, struct pp_request *r);
void console_on_undo(void *user, struct pp_request *r);
void console_commands_sweep(struct console *c, bool all);
void console_command_move(struct console_command *m, enum console_state to);
json_t *console_command_json(const struct console_command *m);
/* Gives it, or what takes it back, to its owner, once for each target; console_command_done follows once. */
void console_command_send(struct console_command *m, bool undo);
void console_command_done(struct console_command *m, bool undo);

/* ---- stream.c ---- */
void console_on_stream(void *user, struct pp_request *r);
int console_watch_start(struct console *c, struct pp_err *err);
void console_streams_beat(struct console *c);
/* An event for the pages of one person. */
void console_tell(struct console *c, const struct console_user *u, struct pp_str text);
void console_streams_end(struct console *c);

/* ---- page.c ---- */
void console_on_page(void *user, struct pp_request *r);
void console_on_asset(void *user, struct pp_request *r);

#endif
