#include "core/out.h"

#include <stdio.h>

/* A body larger than this would not pass the broker; decisions are small (bytes of documents are in the blob store). */
#define OUT_BODY_MAX ((size_t)128 * 1024)

struct pp_out {
    struct pp_arena *arena;
    struct pp_uuid person;
    struct pp_effect *first, *last;
    bool parked;
    char failure[PP_ERR_MSG_MAX]; /* "" = none */
};

struct pp_out *pp_out_new(struct pp_arena *a, struct pp_uuid person) {
    struct pp_out *o = pp_arena_new(a, struct pp_out);
    if (!o) return NULL;
    o->arena = a;
    o->person = person;
    return o;
}

struct pp_arena *pp_out_arena(struct pp_out *o) {
    return o->arena;
}
const struct pp_effect *pp_out_first(const struct pp_out *o) { return o->first; }
bool pp_out_parked(const struct pp_out *o) { return o->parked; }
bool pp_out_failed(const struct pp_out *o) { return o->failure[0] != '\0'; }
const char *pp_out_failure(const struct pp_out *o) { return o->failure; }

static void fail(struct pp_out *o, const char *what, const char *why) {
    if (!o->failure[0]) snprintf(o->failure, sizeof o->failure, "%s: %s", what, why);
}

static struct pp_effect *add(struct pp_out *o, enum pp_effect_kind kind) {
    if (o->parked) return NULL;
    struct pp_effect *e = pp_arena_new(o->arena, struct pp_effect);
    if (!e) {
        fail(o, "effect", "memory of the batch is used up");
        return NULL;
    }
    e->kind = kind;
    if (o->last)
        o->last->next = e;
    else
        o->first = e;
    o->last = e;
    return e;
}

/* JSON of the event, in the arena. */
static struct pp_str encode(struct pp_out *o, const struct ev *ev) {
    struct pp_buf b;
    struct pp_err err;
    struct pp_str body = PP_STR_NONE;
    pp_buf_init(&b, OUT_BODY_MAX);
    if (ev_encode(ev, &b, &err) < 0)
        fail(o, ev_type_name(ev->type), err.msg);
    else
        body = pp_arena_str(o->arena, pp_buf_str(&b));
    pp_buf_free(&b);
    return body;
}

void pp_emit_to(struct pp_out *o, struct pp_uuid person, const struct ev *ev) {
    struct pp_effect *e = add(o, PP_EFFECT_EMIT);
    if (!e) return;
    e->type = ev->type;
    e->person = person;
    e->body = encode(o, ev);
    e->subject = ev_subject(ev, o->arena);
}

void pp_emit(struct pp_out *o, const struct ev *ev) { pp_emit_to(o, o->person, ev); }

void pp_publish(struct pp_out *o, const struct ev *ev, struct pp_str key, int32_t version) {
    struct pp_effect *e = add(o, PP_EFFECT_PUBLISH);
    if (!e) return;
    e->type = ev->type;
    e->body = encode(o, ev);
    e->key = pp_arena_str(o->arena, key);
    e->version = version;
}

void pp_retract(struct pp_out *o, enum ev_type type, struct pp_str key, int32_t version) {
    struct pp_effect *e = add(o, PP_EFFECT_RETRACT);
    if (!e) return;
    e->type = type;
    e->key = pp_arena_str(o->arena, key);
    e->version = version;
}

void pp_timer(struct pp_out *o, uint16_t kind, struct pp_uuid ref, int64_t due_ms) {
    struct pp_effect *e = add(o, PP_EFFECT_TIMER);
    if (!e) return;
    e->code = kind;
    e->ref = ref;
    e->value = due_ms;
}

void pp_call(struct pp_out *o, uint16_t kind, struct pp_str target, struct pp_uuid ref, const struct ev *request) {
    struct pp_effect *e = add(o, PP_EFFECT_CALL);
    if (!e) return;
    e->code = kind;
    e->ref = ref;
    e->type = request->type;
    e->key = pp_arena_str(o->arena, target);
    e->body = encode(o, request);
}

void pp_call_cancel(struct pp_out *o, uint16_t kind, struct pp_uuid ref) {
    struct pp_effect *e = add(o, PP_EFFECT_CALL_CANCEL);
    if (!e) return;
    e->code = kind;
    e->ref = ref;
}

void pp_count(struct pp_out *o, const char *metric, struct pp_str labels, int64_t delta) {
    struct pp_effect *e = add(o, PP_EFFECT_COUNT);
    if (!e) return;
    e->metric = metric;
    e->key = pp_arena_str(o->arena, labels);
    e->value = delta;
}

static struct pp_str vtext(struct pp_out *o, const char *fmt, va_list ap) {
    char text[PP_ERR_MSG_MAX];
    vsnprintf(text, sizeof text, fmt, ap);
    return pp_arena_strz(o->arena, text);
}

void pp_reply(struct pp_out *o, enum pp_reply_status status, int32_t version, const char *fmt, ...) {
    struct pp_effect *e = add(o, PP_EFFECT_REPLY);
    if (!e) return;
    e->code = (uint16_t)status;
    e->version = version;
    va_list ap;
    va_start(ap, fmt);
    e->key = vtext(o, fmt, ap);
    va_end(ap);
}

void pp_park(struct pp_out *o, struct pp_uuid subject, const char *fmt, ...) {
    if (o->parked) return;
    o->first = o->last = NULL; /* nothing of this input happens */
    struct pp_effect *e = add(o, PP_EFFECT_PARK);
    if (!e) return;
    e->ref = subject;
    va_list ap;
    va_start(ap, fmt);
    e->key = vtext(o, fmt, ap);
    va_end(ap);
    o->parked = true;
}

void pp_unpark(struct pp_out *o, struct pp_uuid subject) {
    struct pp_effect *e = add(o, PP_EFFECT_UNPARK);
    if (!e) return;
    e->ref = subject;
}
