/* An act on its way to the service that owns it: one command for each target, one outcome for each. */
#include "base/date.h"
#include "console.h"
#include "io/clock.h"
#include "io/log.h"

#include <stdio.h>
#include <stdlib.h>

#define WAKE_REAL_MS 3000 /* the command is decided within this time of being made */

struct one { /* a target on its way */
    struct console_command *m;
    size_t i;
    bool undo;
};

static void finish(struct console_command *m, bool undo) {
    if (--m->open == 0) console_command_done(m, undo);
}

static void outcome(struct console_command *m, size_t i, bool undo, json_t *o) {
    const char *id = json_string_value(json_object_get(json_array_get(m->targets, i), "id"));
    json_object_set_new(o, "id", json_string(id));
    json_array_set_new(undo ? m->undone : m->outcomes, i, o);
}

/* The owner's word, or what stands for it when there is none. */
static const char *word_of(int http, json_t *answer) {
    const char *said = json_string_value(json_object_get(answer, "status"));
    if (said) return said;
    if (http == 200) return "done";
    if (http == 202) return "pending";
    if (http == 409) return "conflict";
    if (http == 403 || http == 401) return "denied";
    return http == 404 ? "notfound" : "failed";
}

static void on_answer(void *user, const struct pp_http_result *a) {
    struct one *one = user;
    struct console_command *m = one->m;
    json_t *answer = a->status ? json_loadb(a->body.s, a->body.n, 0, NULL) : NULL;
    /* It is given again under the same id until its owner says what became of it. */
    bool unknown = (a->status == 0 && a->request_begun) || a->status >= 500, taken = m->until_ms != 0;
    bool again = !one->undo && m->act->undo == CONSOLE_UNDO_STOP && (unknown || (taken && a->status == 0));
    const char *word = again ? "pending" : word_of(a->status, answer),
               *text = json_string_value(json_object_get(answer, "message"));
    if (!text) text = json_string_value(json_object_get(answer, "detail"));
    if (!text) text = json_string_value(json_object_get(answer, "title"));
    if (a->status == 0) {
        pp_log_err(PP_LOG_WARN, "an owner did not answer a command", &a->err);
        text = a->request_begun ? "No answer yet; it may have been done"
                                : "The service that owns this does not answer; nothing was done";
    }
    bool held = strcmp(word, "held") == 0, ok = held || strcmp(word, "done") == 0 || strcmp(word, "pending") == 0;
    json_t *o = json_pack("{s:b, s:s, s:s*, s:I}", "ok", ok, "status", word, "message", text, "v",
                          json_integer_value(json_object_get(answer, "version")));
    if (held) json_object_set(o, "sends_in_ms", json_object_get(answer, "sends_in_ms"));
    outcome(m, one->i, one->undo, o);
    json_decref(answer);
    bool undo = one->undo;
    free(one);
    finish(m, undo);
}

static void command_id(const struct console_command *m, size_t i, bool undo, char ret[PP_UUID_TEXT + 1]) {
    char name[32];
    snprintf(name, sizeof name, "%s%zu", undo ? "undo/" : "", i);
    pp_uuid_text(undo || i ? pp_uuid_derive(m->key, pp_str_z(name)) : m->key, ret);
}

/* What takes the act on this target back; NULL when what was before is not known. */
static json_t *undo_args(const struct console_command *m, size_t i) {
    const json_t *target = json_array_get(m->targets, i);
    char until[25], id[PP_UUID_TEXT + 1];
    if (m->act->undo == CONSOLE_UNDO_STOP) {
        command_id(m, i, false, id);
        return json_pack("{s:s, s:s}", "command_id", id, "type", m->act->type);
    }
    if (m->act->undo == CONSOLE_UNDO_ASSIGN) {
        const char *before = json_string_value(json_object_get(json_object_get(target, "before"), "assignee"));
        return before && before[0] ? json_pack("{s:s}", "assignee", before) : NULL;
    }
    pp_time_text(pp_clock_now_ms() + (int64_t)(pp_clock_speed() * WAKE_REAL_MS), until);
    return json_pack("{s:s}", "until", until);
}

/* Body of POST /v1/commands. The same act gives the same ids, so that a repeat is one command. */
static char *body_of(const struct console_command *m, size_t i, bool undo) {
    const json_t *target = json_array_get(m->targets, i);
    bool stop = m->act->undo == CONSOLE_UNDO_STOP;
    char command[PP_UUID_TEXT + 1], uuid[PP_UUID_TEXT + 1];
    struct pp_uuid u;
    json_t *args = undo ? undo_args(m, i) : json_copy(m->args);
    json_int_t v = json_integer_value(json_object_get(target, "v")), hold = pp_config_int(m->c->config, "hold");
    if (!args) return NULL;
    if (undo) v = stop ? 0 : json_integer_value(json_object_get(json_array_get(m->outcomes, i), "v"));
    command_id(m, i, undo, command);
    pp_uuid_parse(pp_str_z(json_string_value(json_object_get(target, "id"))), &u);
    pp_uuid_text(u, uuid);
    if (!undo || !stop) json_object_set_new(args, m->act->target, json_string(uuid));
    json_t *o = json_pack("{s:s, s:s, s:s, s:o}", "id", command, "type", undo && stop ? "command.undo" : m->act->type,
                          "target", uuid, "args", args);
    if (v) json_object_set_new(o, "expect_version", json_integer(v));
    if (stop && !undo && hold) json_object_set_new(o, "hold_s", json_integer(hold));
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    return text;
}

static int send_one(struct console_command *m, size_t i, bool undo, struct pp_str bearer, struct pp_err *err) {
    char url[512];
    struct one *one = calloc(1, sizeof *one);
    char *body = body_of(m, i, undo);
    int rc = -1;
    if (!one || !body) {
        pp_err_set(err, PP_ERR_INVALID, "what was before is not known");
    } else {
        *one = (struct one){m, i, undo};
        snprintf(url, sizeof url, "%s/v1/commands", m->c->urls[m->act->owner]);
        struct pp_http_req q = {.method = PP_STR("POST"),
                                .url = pp_str_z(url),
                                .content_type = PP_STR("application/json"),
                                .accept = PP_STR("application/json"),
                                .body = pp_str_z(body),
                                .headers = &bearer,
                                .nheaders = 1,
                                .timeout_ms = CONSOLE_UPSTREAM_TIMEOUT_MS};
        rc = pp_http_send(m->c->client, &q, on_answer, one, err);
    }
    free(body);
    if (rc < 0) free(one);
    return rc;
}

void console_command_send(struct console_command *m, bool undo) {
    char token[CONSOLE_TOKEN_BYTES_MAX], line[CONSOLE_TOKEN_BYTES_MAX + 64];
    struct pp_err err = {0};
    size_t n = json_array_size(m->targets);
    json_t **list = undo ? &m->undone : &m->outcomes;
    json_decref(*list);
    *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(*list, json_null());
    bool token_made = console_token_of(m->c, m->user, token, &err) == 0;
    snprintf(line, sizeof line, "Authorization: Bearer %s", token);
    m->open = 1;
    for (size_t i = 0; i < n; i++) {
        const json_t *was = json_array_get(m->outcomes, i);
        /* Of an act from before a restart nothing is known here: its owner is asked. */
        bool skip = undo && was && !json_is_true(json_object_get(was, "ok"));
        if (!skip && token_made && send_one(m, i, undo, pp_str_z(line), &err) == 0)
            m->open++;
        else
            outcome(m, i, undo,
                    json_pack("{s:b, s:s, s:s}", "ok", 0, "status", skip ? "skipped" : "failed", "message",
                              skip ? "it was not done" : "it could not be sent"));
    }
    finish(m, undo);
}
