#include "test/cases_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- values ---- */

struct pp_uuid cases_name_id(const char *name) {
    static const struct pp_uuid cases_root = {{'c', 'a', 's', 'e', 's'}};
    return pp_uuid_derive(cases_root, pp_str_z(name));
}

bool cases_duration(const char *s, int64_t *ret_ms) {
    char *end;
    long long n = strtoll(s, &end, 10);
    int64_t unit = 0;
    switch (*end) {
    case 's': unit = PP_MS_SECOND; break;
    case 'm': unit = PP_MS_MINUTE; break;
    case 'h': unit = PP_MS_HOUR; break;
    case 'd': unit = PP_MS_DAY; break;
    default: return false;
    }
    if (end == s || end[1]) return false;
    *ret_ms = n * unit;
    return true;
}

static const struct cases_bind *bind_find(const struct cases *c, const char *name) {
    for (int i = 0; i < c->nbinds; i++)
        if (strcmp(c->binds[i].name, name) == 0) return &c->binds[i];
    return NULL;
}

bool cases_resolve(struct cases *c, const char *value, char *ret) {
    int64_t ms = 0;
    if (value[0] == '@') {
        pp_uuid_text(cases_name_id(value + 1), ret);
    } else if (value[0] == '$') {
        const struct cases_bind *b = bind_find(c, value + 1);
        if (!b) return false;
        snprintf(ret, CASES_TEXT_MAX, "%s", b->value);
    } else if (strncmp(value, "now", 3) == 0 && (!value[3] || cases_duration(value + 3, &ms))) {
        pp_time_text(c->now_ms + ms, ret);
    } else if (strncmp(value, "today", 5) == 0 && (!value[5] || cases_duration(value + 5, &ms))) {
        pp_date_text(pp_zone_date(PP_STR("UTC"), c->now_ms + ms), ret);
    } else {
        snprintf(ret, CASES_TEXT_MAX, "%s", value[0] == '\\' ? value + 1 : value);
    }
    return true;
}

bool cases_time(struct cases *c, const char *value, int64_t *ret_ms) {
    char text[CASES_TEXT_MAX];
    return cases_resolve(c, value, text) && pp_time_parse(pp_str_z(text), ret_ms);
}

bool cases_uuid(struct cases *c, const char *value, struct pp_uuid *ret) {
    char text[CASES_TEXT_MAX];
    return cases_resolve(c, value, text) && pp_uuid_parse(pp_str_z(text), ret);
}

static bool same(enum pp_field_kind kind, const char *a, const char *b) {
    int64_t x, y;
    struct pp_uuid u, v;
    if (strcmp(a, b) == 0) return true;
    switch (kind) {
    case PP_FIELD_TIME: return pp_time_parse(pp_str_z(a), &x) && pp_time_parse(pp_str_z(b), &y) && x == y;
    case PP_FIELD_DEC: return pp_dec_parse(pp_str_z(a), &x) && pp_dec_parse(pp_str_z(b), &y) && x == y;
    case PP_FIELD_UUID: return pp_uuid_parse(pp_str_z(a), &u) && pp_uuid_parse(pp_str_z(b), &v) && pp_uuid_eq(u, v);
    default: return false;
    }
}

bool cases_equal(struct cases *c, enum pp_field_kind kind, const char *actual, const char *expected) {
    char text[CASES_TEXT_MAX];
    bool absent = !actual || !actual[0];
    if (!expected[0] || strcmp(expected, "-") == 0) return absent;
    if (expected[0] == '~') return !absent && strstr(actual, expected + 1) != NULL;
    if (expected[0] == '$' && !bind_find(c, expected + 1)) {
        if (absent || c->nbinds == CASES_NAMES_MAX) return false;
        struct cases_bind *b = &c->binds[c->nbinds++];
        snprintf(b->name, sizeof b->name, "%s", expected + 1);
        snprintf(b->value, sizeof b->value, "%s", actual);
        return true;
    }
    if (!cases_resolve(c, expected, text)) return false;
    if (absent) /* not given is 0, false or none */
        return (kind == PP_FIELD_INT && strcmp(text, "0") == 0) ||
               (kind == PP_FIELD_BOOL && strcmp(text, "false") == 0) ||
               (kind == PP_FIELD_ENUM && strcmp(text, "none") == 0);
    return same(kind, actual, text);
}

char *cases_split(char *assignment) {
    char *eq = strchr(assignment, '=');
    if (!eq) return NULL;
    *eq = 0;
    return eq + 1;
}

/* ---- setting ---- */

/* Takes the first part off a dotted path. */
static char *next_part(char **path) {
    char *part = *path, *dot = strchr(part, '.');
    if (dot) *dot = 0;
    *path = dot ? dot + 1 : part + strlen(part);
    return part;
}

static const struct pp_field *field_find(const struct pp_shape *s, const char *name) {
    for (uint32_t i = 0; i < s->nfields; i++)
        if (strcmp(s->fields[i].name, name) == 0) return &s->fields[i];
    return NULL;
}

static json_t *scalar(struct cases *c, const struct pp_field *f, const char *value) {
    char text[CASES_TEXT_MAX];
    int64_t n;
    if (!cases_resolve(c, value, text)) {
        cases_wrong(c, "%s: %s is not bound yet", f->name, value);
        return NULL;
    }
    if (f->kind == PP_FIELD_INT) {
        if (!pp_str_int(pp_str_z(text), &n)) {
            cases_wrong(c, "%s: \"%s\" is not a number", f->name, text);
            return NULL;
        }
        return json_integer(n);
    }
    if (f->kind == PP_FIELD_BOOL) return json_boolean(strcmp(text, "true") == 0);
    json_t *j = json_string(text);
    if (!j) cases_wrong(c, "%s: the value is not UTF-8", f->name);
    return j;
}

static int set_list(struct cases *c, const struct pp_field *f, json_t *body, const char *value) {
    char copy[CASES_TEXT_MAX];
    if (f->kind == PP_FIELD_OBJECT) return cases_wrong(c, "%s: give an index, as in %s.0.x=y", f->name, f->name);
    json_t *list = json_array();
    json_object_set_new(body, f->name, list);
    snprintf(copy, sizeof copy, "%s", value);
    for (char *rest = copy, *word; rest && *rest;) {
        word = rest;
        rest = strchr(rest, ',');
        if (rest) *rest++ = 0;
        json_t *j = scalar(c, f, word);
        if (!j) return -1;
        json_array_append_new(list, j);
    }
    return 0;
}

static int set_at(struct cases *c, const struct pp_shape *s, json_t *body, char *path, const char *value);

static int set_item(struct cases *c, const struct pp_field *f, json_t *body, char *path, const char *value) {
    json_t *list = json_object_get(body, f->name);
    if (!list) {
        list = json_array();
        json_object_set_new(body, f->name, list);
    }
    char *part = next_part(&path);
    int64_t at;
    if (!pp_str_int(pp_str_z(part), &at) || at < 0 || (size_t)at > json_array_size(list))
        return cases_wrong(c, "%s: no place for item %s", f->name, part);
    if ((size_t)at == json_array_size(list))
        json_array_append_new(list, f->kind == PP_FIELD_OBJECT ? json_object() : json_null());
    if (f->kind == PP_FIELD_OBJECT) return set_at(c, f->shape, json_array_get(list, (size_t)at), path, value);
    json_t *j = scalar(c, f, value);
    return j ? json_array_set_new(list, (size_t)at, j) : -1;
}

static int set_at(struct cases *c, const struct pp_shape *s, json_t *body, char *path, const char *value) {
    char *part = next_part(&path);
    const struct pp_field *f = field_find(s, part);
    if (!f) return cases_wrong(c, "%s has no member \"%s\"", s->name, part);
    if (!*path && strcmp(value, "-") == 0) {
        json_object_del(body, part);
        return 0;
    }
    if (f->array) return *path ? set_item(c, f, body, path, value) : set_list(c, f, body, value);
    if (f->kind != PP_FIELD_OBJECT) {
        if (*path) return cases_wrong(c, "%s has no parts", part);
        json_t *j = scalar(c, f, value);
        return j ? json_object_set_new(body, part, j) : -1;
    }
    if (!*path) return cases_wrong(c, "%s: give a member, as in %s.x=y", part, part);
    json_t *sub = json_object_get(body, part);
    if (!sub) {
        sub = json_object();
        json_object_set_new(body, part, sub);
    }
    return set_at(c, f->shape, sub, path, value);
}

int cases_body_set(struct cases *c, const struct pp_shape *s, json_t *body, char *assignment) {
    char *value = cases_split(assignment);
    if (!value) return cases_wrong(c, "\"%s\" is not path=value", assignment);
    return set_at(c, s, body, assignment, value);
}

/* ---- comparing ---- */

static const char *leaf_text(json_t *j, char number[24]) {
    if (!j || json_is_null(j)) return NULL;
    if (json_is_string(j)) return json_string_value(j);
    if (json_is_boolean(j)) return json_is_true(j) ? "true" : "false";
    snprintf(number, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
    return number;
}

static int leaf_holds(struct cases *c, enum pp_field_kind kind, json_t *j, const char *expected, char *why) {
    char number[24];
    const char *actual = leaf_text(j, number);
    if (cases_equal(c, kind, actual, expected)) return 1;
    if (actual)
        snprintf(why, CASES_TEXT_MAX, "is \"%s\"", actual);
    else
        snprintf(why, CASES_TEXT_MAX, "is absent");
    return 0;
}

static int holds_at(struct cases *c, const struct pp_shape *s, json_t *body, char *path, const char *expected,
                    char *why);

/* A whole list of plain values against "a,b,c". */
static int list_holds(struct cases *c, const struct pp_field *f, json_t *list, const char *expected, char *why) {
    char joined[CASES_TEXT_MAX] = "", number[24];
    size_t used = 0;
    for (size_t i = 0; i < json_array_size(list) && used < sizeof joined; i++) {
        const char *t = leaf_text(json_array_get(list, i), number);
        int w = snprintf(joined + used, sizeof joined - used, "%s%s", i ? "," : "", t ? t : "");
        used += w > 0 ? (size_t)w : 0;
    }
    if (cases_equal(c, PP_FIELD_STR, joined, expected)) return 1;
    snprintf(why, CASES_TEXT_MAX, "is \"%.*s\" (%zu items)", CASES_TEXT_MAX - 64, joined, json_array_size(list));
    (void)f;
    return 0;
}

static int item_holds(struct cases *c, const struct pp_field *f, json_t *list, char *path, const char *expected,
                      char *why) {
    char count[24];
    char *part = next_part(&path);
    size_t n = json_array_size(list), from = 0, to = n;
    int64_t at;
    if (strcmp(part, "#") == 0) {
        snprintf(count, sizeof count, "%zu", n);
        if (cases_equal(c, PP_FIELD_INT, count, expected)) return 1;
        snprintf(why, CASES_TEXT_MAX, "has %zu items", n);
        return 0;
    }
    if (strcmp(part, "*") != 0) {
        if (!pp_str_int(pp_str_z(part), &at) || at < 0)
            return cases_wrong(c, "%s: \"%s\" is not an index", f->name, part);
        from = (size_t)at;
        to = from + 1;
    }
    snprintf(why, CASES_TEXT_MAX, "has %zu items", n);
    int rc = from >= n && strcmp(expected, "-") == 0;
    for (size_t i = from; i < to && i < n && rc == 0; i++) {
        char rest[CASES_LINE_MAX];
        snprintf(rest, sizeof rest, "%s", path);
        json_t *item = json_array_get(list, i);
        rc = f->kind == PP_FIELD_OBJECT ? holds_at(c, f->shape, item, rest, expected, why)
                                        : leaf_holds(c, f->kind, item, expected, why);
    }
    return rc;
}

static int holds_at(struct cases *c, const struct pp_shape *s, json_t *body, char *path, const char *expected,
                    char *why) {
    char *part = next_part(&path);
    const struct pp_field *f = field_find(s, part);
    if (!f) return cases_wrong(c, "%s has no member \"%s\"", s->name, part);
    json_t *v = json_object_get(body, part);
    if (f->array) return *path ? item_holds(c, f, v, path, expected, why) : list_holds(c, f, v, expected, why);
    if (f->kind != PP_FIELD_OBJECT) return leaf_holds(c, f->kind, v, expected, why);
    if (*path) return holds_at(c, f->shape, v, path, expected, why);
    if (!v == (strcmp(expected, "-") == 0)) return 1;
    snprintf(why, CASES_TEXT_MAX, v ? "is there" : "is absent");
    return 0;
}

int cases_body_holds(struct cases *c, const struct pp_shape *s, json_t *body, const char *assignment, char *why) {
    char copy[CASES_LINE_MAX];
    snprintf(copy, sizeof copy, "%s", assignment);
    char *expected = cases_split(copy);
    if (!expected) return cases_wrong(c, "\"%s\" is not path=value", copy);
    return holds_at(c, s, body, copy, expected, why);
}
