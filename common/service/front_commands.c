/* POST /v1/commands: checks, finds the person, hands the command to its owner by way of the broker, waits for the
 * result. The command's id is its idempotency key: a result that is there already is the answer, whoever asks again.
 *
 * With hold_s the owner keeps the command for so long before it decides; command.undo takes it back meanwhile. */
#include "base/date.h"
#include "io/clock.h"
#include "io/metrics.h"
#include "service/engine.h"
#include "service/front_int.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

const char pp_front_result_sql[] =
    "select json_build_object('id', command_id, 'type', type, 'status', status, 'version', version, 'message', "
    "message) "
    "from command_result where command_id = $1 and tenant = current_setting('app.tenant') union all "
    "select json_build_object('id', command_id, 'type', type, 'status', 'held', 'version', 0, 'message', '', "
    "'goes_at', "
    "(extract(epoch from goes_at) * 1000)::bigint) "
    "from held_command where command_id = $1 and tenant = current_setting('app.tenant')";

#define TRACEPARENT 55
#define COMMAND_HEADERS_MAX 14

struct command_work {
    struct front_work w;
    const struct pp_command_def *def; /* NULL: only its result is asked for */
    enum ev_type type;
    struct pp_str id, target; /* target: UUID text */
    int64_t expect, hold_ms;
    struct pp_str value; /* JSON of the command */
    struct pp_uuid person;
    char trace[TRACEPARENT + 1];
};

static void wrong(struct pp_request *r, const char *pointer, const char *why) {
    pp_http_problem(r, 400, "The command is not understood", pointer, "%s", why);
}

/* ---- reading the request ---- */

static struct pp_str text_of(const json_t *o, const char *name) {
    const json_t *v = json_object_get(o, name);
    return json_is_string(v) ? (struct pp_str){json_string_value(v), (uint32_t)json_string_length(v)} : PP_STR_NONE;
}

static bool id_ok(struct pp_str id) {
    if (id.n == 0 || id.n > PP_FRONT_COMMAND_ID_MAX) return false;
    for (uint32_t i = 0; i < id.n; i++) {
        char c = id.s[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("._:-", c)) ||
            c == 0)
            return false;
    }
    return true;
}

static const struct pp_command_def *find_def(const struct pp_service *svc, struct pp_str type) {
    for (int i = 0; i < svc->ncommands; i++)
        if (pp_str_eqz(type, ev_type_name(svc->commands[i].type))) return &svc->commands[i];
    return NULL;
}

/* What may be left out of args because it stands beside them: the id of the thing (the command's first member, when
 * that is an id) and the reason. A thing named twice must be the same. */
static bool complete_args(const struct command_work *w, const json_t *body, json_t *args) {
    const struct pp_shape *shape = ev_info(w->type)->shape;
    struct pp_str reason = text_of(body, "reason");
    for (uint32_t i = 0; i < shape->nfields; i++) {
        const struct pp_field *f = &shape->fields[i];
        json_t *have = json_object_get(args, f->name);
        if (i == 0 && f->kind == PP_FIELD_UUID && !have) {
            if (json_object_set_new(args, f->name, json_stringn(w->target.s, w->target.n)) != 0) return false;
        } else if (i == 0 && f->kind == PP_FIELD_UUID) {
            struct pp_uuid a, b;
            if (!pp_uuid_parse(text_of(args, f->name), &a) || !pp_uuid_parse(w->target, &b) || !pp_uuid_eq(a, b))
                return false;
            if (json_object_set_new(args, f->name, json_stringn(w->target.s, w->target.n)) != 0) return false;
        } else if (strcmp(f->name, "reason") == 0 && !have && reason.n) {
            if (json_object_set_new(args, "reason", json_stringn(reason.s, reason.n)) != 0) return false;
        }
    }
    return true;
}

/* Decodes by the schema and writes again, so that what goes to the broker holds only what the schema knows. */
static bool take_args(struct command_work *w, const json_t *body, struct pp_request *r) {
    json_t *args = json_object_get(body, "args");
    json_t *mine = args ? json_copy(args) : json_object();
    struct pp_err err = {0};
    if (!json_is_object(mine)) {
        json_decref(mine);
        wrong(r, "/args", "want an object");
        return false;
    }
    if (!complete_args(w, body, mine)) {
        json_decref(mine);
        wrong(r, "/args", "the thing named in args is not the target");
        return false;
    }
    char *text = json_dumps(mine, JSON_COMPACT);
    json_decref(mine);
    struct ev ev;
    struct pp_buf b;
    pp_buf_init(&b, PP_FRONT_COMMAND_BYTES_MAX);
    bool ok = text && ev_decode(w->type, pp_str_z(text), pp_request_arena(r), &ev, &err) == 0 &&
              ev_encode(&ev, &b, &err) == 0;
    if (ok) w->value = pp_arena_str(pp_request_arena(r), pp_buf_str(&b));
    pp_buf_free(&b);
    free(text);
    if (ok && w->value.n) return true;
    /* "/line: required" -> pointer "/args/line" */
    struct pp_str why = pp_str_z(err.msg[0] ? err.msg : "/: it is too large");
    struct pp_str at = pp_str_split(&why, ':');
    char pointer[PP_POINTER_MAX + 8];
    snprintf(pointer, sizeof pointer, "/args%.*s", PP_FMT(at.n == 1 ? PP_STR_NONE : at));
    pp_http_problem(r, 400, "The command is not understood", pointer, "%.*s", PP_FMT(pp_str_trim(why)));
    return false;
}

static bool take_head(struct command_work *w, const json_t *body, struct pp_request *r) {
    const struct pp_service *svc = w->w.front->env->svc;
    struct pp_arena *a = pp_request_arena(r);
    struct pp_str type = text_of(body, "type");
    w->id = pp_arena_str(a, text_of(body, "id"));
    if (!id_ok(w->id)) {
        wrong(r, "/id", "want 1 to 80 letters, digits and . _ : - , new for each command");
        return false;
    }
    /* What takes a command back is about the same thing, and open to the same people. */
    bool undo = pp_str_eqz(type, ev_type_name(EV_COMMAND_UNDO));
    w->def = find_def(svc, undo ? text_of(json_object_get(body, "args"), "type") : type);
    w->type = undo ? EV_COMMAND_UNDO : w->def ? w->def->type : EV_NONE;
    if (!w->def) {
        wrong(r, undo ? "/args/type" : "/type", "this service takes no such command");
        return false;
    }
    if (!pp_identity_has_role(pp_request_identity(r), w->def->roles)) {
        pp_http_problem(r, 403, "You do not have the role for this", "/type", "this command needs one of the roles %s",
                        w->def->roles);
        return false;
    }
    w->target = front_id(r, pp_arena_str(a, text_of(body, "target")));
    struct pp_uuid id;
    if (w->target.n != PP_UUID_TEXT || !pp_uuid_parse(w->target, &id)) {
        wrong(r, "/target", "want the id of the case, task or claim");
        return false;
    }
    const json_t *expect = json_object_get(body, "expect_version");
    w->expect = json_is_integer(expect) ? json_integer_value(expect) : 0;
    if (expect && (!json_is_integer(expect) || w->expect < 0 || w->expect > INT32_MAX)) {
        wrong(r, "/expect_version", "want a whole number");
        return false;
    }
    const json_t *hold = json_object_get(body, "hold_s");
    w->hold_ms = json_is_integer(hold) ? json_integer_value(hold) * 1000 : 0;
    if (hold && (!json_is_integer(hold) || w->hold_ms < 0 || w->hold_ms > PP_HOLD_MS_MAX || (undo && w->hold_ms))) {
        wrong(r, "/hold_s", "want whole seconds, 0 to 60; command.undo takes none");
        return false;
    }
    return true;
}

/* ---- answers ---- */

/* Clocks of people's machines are not ours: they are told how long, not until when. */
static struct pp_str with_time_left(struct pp_request *r, json_t *result, struct pp_str value) {
    int64_t left = json_integer_value(json_object_get(result, "goes_at")) - pp_real_ms();
    json_object_del(result, "goes_at");
    json_object_set_new(result, "sends_in_ms", json_integer(left > 0 ? left : 0));
    char *text = json_dumps(result, JSON_COMPACT);
    if (text) value = pp_arena_strz(pp_request_arena(r), text);
    free(text);
    return value;
}

/* json text of a result; the same for everybody who asks. A result of another command under this id is a conflict. */
static void answer_result(struct command_work *w, struct pp_str value) {
    struct pp_request *r = w->w.r;
    json_t *result = json_loadb(value.s, value.n, 0, NULL);
    bool same = !w->def || pp_str_eqz(text_of(result, "type"), ev_type_name(w->type));
    if (same && pp_str_eqz(text_of(result, "status"), "held")) value = with_time_left(r, result, value);
    json_decref(result);
    front_end(&w->w);
    if (same)
        pp_http_reply(r, 200, "application/json", value);
    else
        pp_http_problem(r, 409, "This id belongs to another command", "/id", "make a new id for each command");
}

static void answer_later(struct command_work *w) {
    struct pp_request *r = w->w.r;
    char text[256], line[128];
    snprintf(text, sizeof text, "{\"id\":\"%.*s\",\"status\":\"pending\",\"look_at\":\"/v1/commands/%.*s\"}",
             PP_FMT(w->id), PP_FMT(w->id));
    snprintf(line, sizeof line, "Location: /v1/commands/%.*s", PP_FMT(w->id));
    struct pp_str header = pp_str_z(line);
    front_end(&w->w);
    pp_http_reply_with(r, 202, "application/json", pp_str_z(text), &header, 1);
}

static void look_for_result(struct front_work *w);

static void on_result(void *user, bool found, struct pp_str value, const struct pp_err *err) {
    struct command_work *w = user;
    if (found) answer_result(w, value);
    /* The command is on its way: an error of this reading is no answer to it. */
    else if (!front_wait(&w->w, look_for_result))
        answer_later(w);
    (void)err;
}

static void look_for_result(struct front_work *work) {
    struct command_work *w = (struct command_work *)work;
    if (w->w.front->closed) {
        answer_later(w);
        return;
    }
    front_read(&w->w, pp_front_result_sql, &w->id, 1, false, on_result);
}

/* ---- to the owner ---- */

static void on_delivered(void *user, const struct pp_err *err) {
    struct command_work *w = user;
    if (err) {
        struct pp_err e = *err;
        e.retriable = true; /* the same id again is safe */
        front_fail(&w->w, &e);
        return;
    }
    w->w.until_ms = pp_mono_ms() + PP_FRONT_WAIT_MS;
    look_for_result(&w->w);
}

/* W3C Trace Context: the caller's, when it has the right form, else a new one. */
static void make_trace(struct command_work *w) {
    struct pp_str given = pp_request_header(w->w.r, "traceparent");
    if (given.n == TRACEPARENT && strspn(given.s, "0123456789abcdef-") == TRACEPARENT && given.s[2] == '-' &&
        given.s[35] == '-' && given.s[52] == '-') {
        memcpy(w->trace, given.s, TRACEPARENT + 1);
        return;
    }
    uint64_t n[3] = {0};
    if (getrandom(n, sizeof n, 0) != sizeof n || (n[0] | n[1]) == 0) n[0] = (uint64_t)pp_real_ms();
    snprintf(w->trace, sizeof w->trace, "00-%016llx%016llx-%016llx-01", (unsigned long long)n[0],
             (unsigned long long)n[1], (unsigned long long)(n[2] | 1));
}

static void send_command(struct command_work *w) {
    struct pp_front_env *env = w->w.front->env;
    const struct pp_identity *who = pp_request_identity(w->w.r);
    char key[PP_UUID_TEXT + 1], at[25], source[80], expect[16], hold[16];
    pp_uuid_text(w->person, key);
    pp_time_text(pp_clock_now_ms(), at);
    snprintf(source, sizeof source, "/priorpath/%s/front", env->svc->name);
    snprintf(expect, sizeof expect, "%lld", (long long)w->expect);
    make_trace(w);
    snprintf(hold, sizeof hold, "%lld", (long long)w->hold_ms);
    struct pp_header headers[COMMAND_HEADERS_MAX] = {
        {PP_STR("ce_specversion"), PP_STR("1.0")},
        {PP_STR("ce_id"), w->id},
        {PP_STR("ce_source"), pp_str_z(source)},
        {PP_STR("ce_type"), pp_str_z(ev_type_name(w->type))},
        {PP_STR("ce_subject"), w->target},
        {PP_STR("ce_time"), pp_str_z(at)},
        {PP_STR("ce_dataschema"), pp_str_z(ev_info(w->type)->schema)},
        {PP_STR("content-type"), PP_STR("application/json")},
        {PP_STR("traceparent"), pp_str_z(w->trace)},
        {PP_STR("pp_tenant"), who->tenant},
        {PP_STR("pp_actor"), who->subject},
        {PP_STR("pp_roles"), who->roles},
    };
    int n = COMMAND_HEADERS_MAX - 2;
    if (w->expect) headers[n++] = (struct pp_header){PP_STR("pp_expect"), pp_str_z(expect)};
    if (w->hold_ms) headers[n++] = (struct pp_header){PP_STR("pp_hold"), pp_str_z(hold)};
    struct pp_send s = {.topic = PP_TOPIC_COMMANDS,
                        .partition = pp_home_of(w->person) & (env->partitions - 1),
                        .key = pp_str_z(key),
                        .value = w->value,
                        .headers = headers,
                        .nheaders = n};
    struct pp_err err = {0};
    pp_metric_add("pp_front_commands_total", NULL, 1);
    if (pp_producer_send(env->commands, &s, on_delivered, w, &err) < 0) front_fail(&w->w, &err);
}

static void on_person(void *user, bool found, struct pp_str value, const struct pp_err *err) {
    struct command_work *w = user;
    if (err || w->w.front->stopping) {
        struct pp_err e = {.kind = PP_ERR_IO, .retriable = true}; /* stopping */
        front_fail(&w->w, err ? err : &e);
        return;
    }
    json_t *row = found ? json_loadb(value.s, value.n, 0, NULL) : NULL;
    bool ok = row && pp_uuid_parse(text_of(row, "person"), &w->person) &&
              pp_str_eq(text_of(row, "tenant"), pp_request_identity(w->w.r)->tenant);
    json_decref(row);
    if (ok) {
        send_command(w);
        return;
    }
    struct pp_request *r = w->w.r;
    front_end(&w->w);
    pp_http_problem(r, 404, "The thing is not known here", "/target",
                    "there is none with this id, or none that you may see");
}

/* A result first: the same id again gets the same answer, without a second record. */
static void on_earlier(void *user, bool found, struct pp_str value, const struct pp_err *err) {
    struct command_work *w = user;
    if (err) {
        front_fail(&w->w, err);
        return;
    }
    if (found) {
        answer_result(w, value);
        return;
    }
    char sql[FRONT_PERSON_SQL_MAX + 40];
    snprintf(sql, sizeof sql, "select row_to_json(t) from (%s) t", w->def->person_sql);
    front_read(&w->w, sql, &w->target, 1, false, on_person);
}

void front_post_command(void *user, struct pp_request *r) {
    struct pp_front *f = user;
    struct command_work *w = front_begin(f, r, sizeof *w);
    if (!w) return;
    struct pp_str text = pp_request_body(r);
    json_t *body = json_loadb(text.n ? text.s : "", text.n, JSON_REJECT_DUPLICATES, NULL);
    bool ok = json_is_object(body);
    if (!ok) {
        front_end(&w->w);
        json_decref(body);
        wrong(r, "", "the body is not a JSON object");
        return;
    }
    /* These answer with their problem; w is the request's memory and gone then. */
    ok = take_head(w, body, r) && take_args(w, body, r);
    json_decref(body);
    if (!ok) {
        f->open--;
        return;
    }
    front_read(&w->w, pp_front_result_sql, &w->id, 1, false, on_earlier);
}

static void on_asked(void *user, bool found, struct pp_str value, const struct pp_err *err) {
    struct command_work *w = user;
    struct pp_err none = {0};
    if (found) {
        answer_result(w, value);
        return;
    }
    if (!err) {
        pp_err_set(&none, PP_ERR_NOTFOUND, "it is not decided yet, or there is no such command");
        err = &none;
    }
    front_fail(&w->w, err);
}

void front_get_command(void *user, struct pp_request *r) {
    struct command_work *w = front_begin(user, r, sizeof *w);
    if (!w) return;
    w->id = pp_request_var(r, "id");
    front_read(&w->w, pp_front_result_sql, &w->id, 1, false, on_asked);
}
