#include "codec/core_mime.h"

#define BOUNDARY_MAX 70
#define ENVELOPE_BYTES (4u << 10) /* around a payload */

static const struct {
    const char *name;
    size_t at;
} fields[] = {
    {"PayloadType", offsetof(struct pp_core_envelope, payload_type)},
    {"ProcessingMode", offsetof(struct pp_core_envelope, mode)},
    {"PayloadID", offsetof(struct pp_core_envelope, payload_id)},
    {"TimeStamp", offsetof(struct pp_core_envelope, time_stamp)},
    {"SenderID", offsetof(struct pp_core_envelope, sender)},
    {"ReceiverID", offsetof(struct pp_core_envelope, receiver)},
    {"CORERuleVersion", offsetof(struct pp_core_envelope, rule_version)},
    {"ErrorCode", offsetof(struct pp_core_envelope, error_code)},
    {"ErrorMessage", offsetof(struct pp_core_envelope, error_message)},
    {"Payload", offsetof(struct pp_core_envelope, payload)},
};
#define FIELDS (sizeof fields / sizeof fields[0])

static const struct pp_str *get(const struct pp_core_envelope *e, size_t i) {
    return (const struct pp_str *)(const void *)((const char *)e + fields[i].at);
}

static struct pp_str *slot(struct pp_core_envelope *e, size_t i) {
    return (struct pp_str *)(void *)((char *)e + fields[i].at);
}

/* ---- writing ---- */

int pp_core_write(const struct pp_core_envelope *e, struct pp_str boundary, struct pp_buf *ret, struct pp_err *err) {
    if (!boundary.n || boundary.n > BOUNDARY_MAX ||
        (e->payload.n && memmem(e->payload.s, e->payload.n, boundary.s, boundary.n)))
        return pp_err_set(err, PP_ERR_INVALID, "the boundary of the envelope cannot be used");
    for (size_t i = 0; i < FIELDS; i++) {
        const struct pp_str *v = get(e, i);
        if (!v->n) continue;
        if (v != &e->payload && (memchr(v->s, '\r', v->n) || memchr(v->s, '\n', v->n)))
            return pp_err_set(err, PP_ERR_INVALID, "%s holds a line end", fields[i].name);
        pp_buf_printf(ret, "--%.*s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n", PP_FMT(boundary),
                      fields[i].name);
        pp_buf_adds(ret, *v);
        pp_buf_addz(ret, "\r\n");
    }
    pp_buf_printf(ret, "--%.*s--\r\n", PP_FMT(boundary));
    return ret->failed ? pp_err_set(err, PP_ERR_LIMIT, "the envelope is larger than its limit") : 0;
}

int pp_core_request(const struct pp_core_envelope *e, struct pp_uuid id, struct pp_arena *a,
                    struct pp_str *ret_content_type, struct pp_str *ret_body, struct pp_err *err) {
    struct pp_core_envelope whole = *e;
    struct pp_buf b;
    char text[PP_UUID_TEXT + 1], boundary[PP_UUID_TEXT + 1];
    size_t n = 0;
    pp_uuid_text(id, text);
    for (const char *c = text; *c; c++)
        if (*c != '-') boundary[n++] = *c;
    boundary[n] = '\0';
    whole.payload_id = pp_str_z(text);
    pp_buf_init(&b, e->payload.n + ENVELOPE_BYTES);
    int rc = pp_core_write(&whole, pp_str_z(boundary), &b, err);
    *ret_content_type = pp_arena_printf(a, "multipart/form-data; boundary=%s", boundary);
    *ret_body = rc == 0 ? pp_arena_str(a, pp_buf_str(&b)) : PP_STR_NONE;
    pp_buf_free(&b);
    if (rc == 0 && pp_arena_failed(a)) rc = pp_err_set(err, PP_ERR_LIMIT, "the envelope does not fit into memory");
    return rc;
}

/* ---- reading ---- */

/* Value of a parameter of a header: boundary=x, name="y". Case of the parameter's name does not count. */
static struct pp_str parameter(struct pp_str header, const char *name) {
    size_t n = strlen(name);
    while (header.n) {
        struct pp_str part = pp_str_trim(pp_str_split(&header, ';'));
        struct pp_str key = {part.s, (uint32_t)(part.n < n ? part.n : n)};
        if (part.n <= n || part.s[n] != '=' || !pp_str_ieq(key, pp_str_z(name))) continue;
        struct pp_str value = {part.s + n + 1, part.n - (uint32_t)n - 1};
        if (value.n >= 2 && value.s[0] == '"' && value.s[value.n - 1] == '"')
            value = (struct pp_str){value.s + 1, value.n - 2};
        return value;
    }
    return PP_STR_NONE;
}

/* The next line of *rest without its end. */
static struct pp_str line_of(struct pp_str *rest) {
    struct pp_str line = pp_str_split(rest, '\n');
    if (line.n && line.s[line.n - 1] == '\r') line.n--;
    return line;
}

/* Where the next delimiter line ("--boundary" at the beginning of a line) begins in text; NULL: nowhere. */
static const char *delimiter(struct pp_str text, struct pp_str boundary) {
    const char *at = text.s, *end = text.s + text.n;
    while (at < end && (at = memmem(at, (size_t)(end - at), boundary.s, boundary.n))) {
        bool marked = at - text.s >= 2 && at[-1] == '-' && at[-2] == '-';
        if (marked && (at - text.s == 2 || at[-3] == '\n')) return at - 2;
        at++;
    }
    return NULL;
}

static void take_part(struct pp_str part, struct pp_core_envelope *ret) {
    struct pp_str name = PP_STR_NONE, head;
    do {
        head = line_of(&part);
        struct pp_str value = head, key = pp_str_split(&value, ':');
        if (pp_str_ieq(pp_str_trim(key), PP_STR("Content-Disposition"))) name = parameter(value, "name");
    } while (head.n && part.n);
    if (part.n && part.s[part.n - 1] == '\n') part.n--; /* the line end before a delimiter is the delimiter's */
    if (part.n && part.s[part.n - 1] == '\r') part.n--;
    for (size_t i = 0; i < FIELDS; i++)
        if (pp_str_ieq(name, pp_str_z(fields[i].name))) *slot(ret, i) = part;
}

int pp_core_read(struct pp_str content_type, struct pp_str body, struct pp_core_envelope *ret, struct pp_err *err) {
    struct pp_str rest = content_type, type = pp_str_trim(pp_str_split(&rest, ';'));
    struct pp_str boundary = parameter(rest, "boundary");
    *ret = (struct pp_core_envelope){0};
    if (type.n < 10 || !pp_str_ieq((struct pp_str){type.s, 10}, PP_STR("multipart/")) || !boundary.n)
        return pp_err_set(err, PP_ERR_INVALID, "the answer is no multipart body");
    const char *at = delimiter(body, boundary);
    for (int n = 0; at && n < PP_CORE_PARTS_MAX; n++) {
        struct pp_str text = {at, (uint32_t)(body.s + body.n - at)};
        struct pp_str mark = line_of(&text);
        bool last = mark.n >= boundary.n + 4 && mark.s[boundary.n + 2] == '-' && mark.s[boundary.n + 3] == '-';
        if (last) return 0;
        const char *next = delimiter(text, boundary);
        if (!next) break;
        take_part((struct pp_str){text.s, (uint32_t)(next - text.s)}, ret);
        at = next;
    }
    return pp_err_set(err, PP_ERR_INVALID, "the multipart body is cut");
}
