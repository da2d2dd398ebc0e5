/* Acts of people: taken, given to their owner, who may let them wait, looked after, taken back. */
#include "console.h"
#include "io/clock.h"
#include "io/log.h"

#include <stdlib.h>

static const char *const names[] = {"held", "sending", "sent", "stopped", "undoing", "undone"};

void console_command_move(struct console_command *m, enum console_state to) {
    pp_log(PP_LOG_INFO, "command", "id", PP_S(m->id), "type", PP_S(m->act->type), "from", PP_S(names[m->state]), "to",
           PP_S(names[to]), "user", PP_S(m->user->id), NULL);
    m->state = to;
}

json_t *console_command_json(const struct console_command *m) {
    int64_t left = m->until_ms - pp_mono_ms();
    json_t *o = json_pack("{s:s, s:s, s:s, s:O*, s:O*}", "command", m->id, "type", m->act->type, "state",
                          names[m->state], "outcomes", m->outcomes, "undone", m->undone);
    if (left < 0) left = 0;
    if (m->state == CONSOLE_HELD) json_object_set_new(o, "sends_in_ms", json_integer(left));
    if (m->state == CONSOLE_SENT && left && m->act->undo != CONSOLE_UNDO_NONE && m->act->undo != CONSOLE_UNDO_STOP)
        json_object_set_new(o, "undo_ms", json_integer(left));
    return o;
}

static struct console_command *find(struct console *c, struct pp_uuid key, const struct console_user *u) {
    for (struct console_command *m = c->commands; m; m = m->next)
        if (pp_uuid_eq(m->key, key) && m->user == u) return m;
    return NULL;
}

/* ---- the end of a life ---- */

static void on_timer_closed(uv_handle_t *h) {
    struct console_command *m = h->data;
    json_decref(m->targets);
    json_decref(m->args);
    json_decref(m->outcomes);
    json_decref(m->undone);
    free(m);
}

void console_commands_sweep(struct console *c, bool all) {
    int64_t now = pp_mono_ms();
    for (struct console_command **p = &c->commands; *p;) {
        struct console_command *m = *p;
        /* What is on its way to an owner calls back; it is swept later. */
        if (m->open || (!all && (m->state == CONSOLE_HELD || m->since_ms + CONSOLE_COMMAND_KEEP_MS > now))) {
            p = &m->next;
            continue;
        }
        *p = m->next;
        c->ncommands--;
        uv_close((uv_handle_t *)&m->timer, on_timer_closed);
    }
}

/* ---- giving one ---- */

static void tell(struct console_command *m) {
    struct pp_buf b;
    json_t *o = console_command_json(m);
    char *text = json_dumps(o, JSON_COMPACT);
    pp_buf_init(&b, CONSOLE_COMMAND_BYTES_MAX);
    if (text) pp_buf_printf(&b, "event: command\ndata: %s\n\n", text);
    if (!b.failed && b.n) console_tell(m->c, m->user, pp_buf_str(&b));
    pp_buf_free(&b);
    free(text);
    json_decref(o);
}

/* What the owners said: it waits with one of them, all of it was taken back, or it is decided. */
static enum console_state standing(const struct console_command *m, int64_t *ret_wait_ms) {
    int64_t hold = pp_config_int(m->c->config, "hold") * 1000;
    size_t i, waits = 0, undone = 0;
    json_t *o;
    *ret_wait_ms = 0;
    json_array_foreach(m->outcomes, i, o) {
        const char *word = json_string_value(json_object_get(o, "status"));
        bool held = word && strcmp(word, "held") == 0;
        bool not_taken = word && strcmp(word, "pending") == 0 && m->act->undo == CONSOLE_UNDO_STOP && hold > 0;
        int64_t left = held ? json_integer_value(json_object_get(o, "sends_in_ms")) : hold;
        undone += word && strcmp(word, "undone") == 0;
        if (!held && !not_taken) continue;
        waits++;
        if (left > *ret_wait_ms) *ret_wait_ms = left;
    }
    if (waits > 0 && pp_mono_ms() - m->since_ms < CONSOLE_ASK_UNTIL_MS) return CONSOLE_HELD;
    return undone > 0 && undone == i ? CONSOLE_STOPPED : CONSOLE_SENT;
}

/* The same command again: its owner answers what became of it. */
static void on_ask_again(uv_timer_t *t) {
    struct console_command *m = t->data;
    console_command_move(m, CONSOLE_SENDING);
    console_command_send(m, false);
}

static bool all_undone(const struct console_command *m) {
    size_t i;
    json_t *o;
    json_array_foreach(m->undone, i, o) {
        const char *word = json_string_value(json_object_get(o, "status"));
        if (!word || strcmp(word, "done") != 0) return false;
    }
    return true;
}

/* Where it stands after the owners' answers; *ret_ask_ms: when they are asked again, 0 = not. */
static enum console_state next_of(struct console_command *m, bool undo, int64_t *ret_ask_ms) {
    int64_t wait = 0;
    *ret_ask_ms = 0;
    if (undo && m->act->undo != CONSOLE_UNDO_STOP) return CONSOLE_UNDONE;
    if (undo) { /* what was too late has gone: the owners know */
        *ret_ask_ms = all_undone(m) ? 0 : CONSOLE_LOOK_MS;
        return *ret_ask_ms ? CONSOLE_HELD : CONSOLE_STOPPED;
    }
    enum console_state to = standing(m, &wait);
    if (to != CONSOLE_HELD) {
        m->until_ms = pp_mono_ms() + CONSOLE_UNDO_MS;
        return to;
    }
    bool first = m->until_ms == 0;
    if (first) m->until_ms = pp_mono_ms() + wait;
    int64_t left = m->until_ms - pp_mono_ms();
    *ret_ask_ms = left > 0 ? left + CONSOLE_LOOK_MS : CONSOLE_ASK_AGAIN_MS;
    return to;
}

void console_command_done(struct console_command *m, bool undo) {
    int64_t ask_ms;
    enum console_state to = next_of(m, undo, &ask_ms);
    console_command_move(m, to);
    if (ask_ms > 0 && !m->c->stopping) uv_timer_start(&m->timer, on_ask_again, (uint64_t)ask_ms, 0);
    struct pp_request *r = m->waiting;
    m->waiting = NULL;
    if (r)
        console_json(r, to == CONSOLE_HELD && !undo ? 202 : 200, console_command_json(m));
    else if (to != CONSOLE_HELD)
        tell(m);
}

/* Every target has an id; args are an object. Errors name the member. */
static const char *fault_of(json_t *o, const struct console_act **ret_act, struct pp_uuid *ret_key) {
    const char *type = json_string_value(json_object_get(o, "type")),
               *key = json_string_value(json_object_get(o, "key"));
    json_t *targets = json_object_get(o, "targets"), *args = json_object_get(o, "args"), *one;
    size_t i, n = json_array_size(targets);
    struct pp_uuid id;
    if (!key || !pp_uuid_parse(pp_str_z(key), ret_key)) return "/key";
    *ret_act = type ? console_act_find(pp_str_z(type)) : NULL;
    if (!*ret_act) return "/type";
    if (n == 0 || n > CONSOLE_TARGETS_MAX) return "/targets";
    json_array_foreach(targets, i, one) {
        const char *text = json_string_value(json_object_get(one, "id"));
        if (!text || !pp_uuid_parse(pp_str_z(text), &id)) return "/targets";
    }
    return args && !json_is_object(args) ? "/args" : NULL;
}

static struct console_command *take(struct console *c, const struct console_user *u, const struct console_act *act,
                                    struct pp_uuid key, json_t *o) {
    struct console_command *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    *m = (struct console_command){.c = c,
                                  .next = c->commands,
                                  .key = key,
                                  .user = u,
                                  .act = act,
                                  .state = CONSOLE_SENDING,
                                  .since_ms = pp_mono_ms(),
                                  .targets = json_incref(json_object_get(o, "targets")),
                                  .args = json_incref(json_object_get(o, "args"))};
    if (!m->args) m->args = json_object();
    pp_uuid_text(key, m->id);
    uv_timer_init(&c->loop, &m->timer);
    m->timer.data = m;
    c->commands = m;
    c->ncommands++;
    return m;
}

/* One of what was asked for and understood; NULL: why not is answered. */
static struct console_command *take_asked(struct console *c, struct pp_request *r, const struct console_session *s,
                                          const struct console_act *act, struct pp_uuid key, json_t *o) {
    struct console_command *m = NULL;
    if (!console_roles_meet(s->user->roles, act->roles))
        pp_http_problem(r, 403, "Your role may not do this", "/type", "one of these roles may: %s; your lead grants it",
                        act->roles);
    else if (c->ncommands >= CONSOLE_COMMANDS_MAX || c->stopping)
        pp_http_problem(r, 503, "Too much is being done right now", NULL, "try again in a minute");
    else if (!(m = take(c, s->user, act, key, o)))
        pp_http_problem(r, 500, "Sorry, this did not work", NULL, "out of memory");
    return m;
}

void console_on_command(void *user, struct pp_request *r) {
    struct console *c = user;
    struct console_session *s = console_enter(c, r, true, true);
    const struct console_act *act = NULL;
    struct pp_uuid key;
    if (!s) return;
    struct pp_str body = pp_request_body(r);
    json_t *o = json_loadb(body.n ? body.s : "", body.n, JSON_REJECT_DUPLICATES, NULL);
    const char *where = json_is_object(o) ? fault_of(o, &act, &key) : "";
    struct console_command *m = where ? NULL : find(c, key, s->user);
    if (where)
        pp_http_problem(r, 400, "This act cannot be understood", where, "key, type, up to %d targets with ids, args",
                        CONSOLE_TARGETS_MAX);
    else if (m)
        console_json(r, m->state == CONSOLE_SENT ? 200 : 202, console_command_json(m));
    else if ((m = take_asked(c, r, s, act, key, o))) {
        m->waiting = r;
        console_command_send(m, false);
    }
    json_decref(o);
}

/* ---- looking after one ---- */

static struct console_command *named(struct console *c, struct pp_request *r, struct console_session *s) {
    struct pp_uuid key;
    struct console_command *m = pp_uuid_parse(pp_request_var(r, "id"), &key) ? find(c, key, s->user) : NULL;
    if (!m) pp_http_problem(r, 404, "There is no such act of yours", NULL, "it may have been done too long ago");
    return m;
}

void console_on_command_state(void *user, struct pp_request *r) {
    struct console *c = user;
    struct console_session *s = console_enter(c, r, false, false);
    struct console_command *m = s ? named(c, r, s) : NULL;
    if (m) console_json(r, 200, console_command_json(m));
}

/* One that this process does not know, since before a restart: its page says again what it was. Only what waits with an
 * owner can be stopped so; NULL: it has answered. */
static struct console_command *told_again(struct console *c, struct pp_request *r, struct console_session *s) {
    const struct console_act *act = NULL;
    struct console_command *m = NULL;
    struct pp_uuid key;
    struct pp_str body = pp_request_body(r);
    json_t *o = json_loadb(body.n ? body.s : "", body.n, JSON_REJECT_DUPLICATES, NULL);
    json_t *named = json_is_object(o) ? json_object_get(o, "type") : NULL;
    if (named) json_object_set_new(o, "key", json_string(pp_request_var(r, "id").s));
    const char *where = named ? fault_of(o, &act, &key) : "";
    if (where || act->undo != CONSOLE_UNDO_STOP)
        pp_http_problem(r, 404, "There is no such act of yours", NULL, "it may have been done too long ago");
    else
        m = take_asked(c, r, s, act, key, o);
    json_decref(o);
    if (m) m->state = CONSOLE_HELD;
    return m;
}

void console_on_undo(void *user, struct pp_request *r) {
    struct console *c = user;
    struct console_session *s = console_enter(c, r, true, true);
    struct pp_uuid key;
    if (!s) return;
    struct console_command *m = pp_uuid_parse(pp_request_var(r, "id"), &key) ? find(c, key, s->user) : NULL;
    if (!m && !(m = told_again(c, r, s))) return;
    bool back = m->state == CONSOLE_SENT && pp_mono_ms() < m->until_ms &&
                (m->act->undo == CONSOLE_UNDO_ASSIGN || m->act->undo == CONSOLE_UNDO_WAKE);
    if (m->state == CONSOLE_HELD || back) {
        uv_timer_stop(&m->timer);
        console_command_move(m, CONSOLE_UNDOING);
        m->waiting = r;
        console_command_send(m, true);
    } else if (m->state != CONSOLE_STOPPED && m->state != CONSOLE_UNDONE) {
        pp_http_problem(r, 409, "It is too late to take this back", NULL, "it has gone to its owner");
    } else {
        console_json(r, 200, console_command_json(m));
    }
}
