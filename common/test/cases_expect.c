#include "test/cases_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const effect_names[] = {
    [PP_EFFECT_EMIT] = "out",        [PP_EFFECT_PUBLISH] = "public", [PP_EFFECT_RETRACT] = "retract",
    [PP_EFFECT_TIMER] = "set-timer", [PP_EFFECT_CALL] = "call",      [PP_EFFECT_CALL_CANCEL] = "call-cancel",
    [PP_EFFECT_COUNT] = "count",     [PP_EFFECT_REPLY] = "reply",    [PP_EFFECT_PARK] = "parked",
    [PP_EFFECT_UNPARK] = "unpark",
};
static const char *const reply_names[] = {"done", "invalid", "conflict", "notfound", "denied"};

#define EFFECT_NAMES (int)(sizeof effect_names / sizeof effect_names[0])
#define REPLY_NAMES (int)(sizeof reply_names / sizeof reply_names[0])

/* What an expectation line asks for, besides its options. */
struct want {
    enum pp_effect_kind kind;
    enum ev_type type;  /* EV_NONE: any */
    int code;           /* -1: any */
    const char *metric; /* NULL: any */
    char **options;
    int n;
};

int cases_number(struct cases *c, const char *word, int *ret) {
    for (int i = 0; i < c->naliases; i++)
        if (strcmp(c->aliases[i].name, word) == 0) {
            *ret = c->aliases[i].value;
            return 0;
        }
    int64_t n;
    if (!pp_str_int(pp_str_z(word), &n) || n < 0 || n > UINT16_MAX)
        return cases_wrong(c, "\"%s\" is neither a number nor an alias", word);
    *ret = (int)n;
    return 0;
}

/* ---- one effect against the options of a line ---- */

static int text_holds(struct cases *c, enum pp_field_kind kind, struct pp_str actual, const char *expected, char *why) {
    char text[CASES_TEXT_MAX];
    snprintf(text, sizeof text, "%.*s", PP_FMT(actual));
    if (cases_equal(c, kind, text, expected)) return 1;
    snprintf(why, CASES_TEXT_MAX, "is \"%.*s\"", CASES_TEXT_MAX - 16, text);
    return 0;
}

static int uuid_holds(struct cases *c, struct pp_uuid actual, const char *expected, char *why) {
    char text[PP_UUID_TEXT + 1] = "";
    if (!pp_uuid_none(actual)) pp_uuid_text(actual, text);
    return text_holds(c, PP_FIELD_UUID, pp_str_z(text), expected, why);
}

static int number_holds(struct cases *c, int64_t actual, const char *expected, char *why) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, actual);
    return text_holds(c, PP_FIELD_INT, pp_str_z(text), expected, why);
}

static int due_holds(struct cases *c, int64_t due_ms, const char *expected, char *why) {
    char text[25];
    pp_time_text(due_ms, text);
    if (strcmp(expected, "off") == 0 || strcmp(expected, "-") == 0) {
        snprintf(why, CASES_TEXT_MAX, "is set to %s", text);
        return due_ms == 0;
    }
    return text_holds(c, PP_FIELD_TIME, pp_str_z(text), expected, why);
}

/* 1, 0 with why, or -1 (said). */
static int option_holds(struct cases *c, const struct pp_effect *e, json_t *body, const char *option, char *why) {
    char name[CASES_LINE_MAX];
    snprintf(name, sizeof name, "%s", option);
    char *value = cases_split(name);
    if (!value) {
        if (e->kind == PP_EFFECT_REPLY || e->kind == PP_EFFECT_PARK)
            return text_holds(c, PP_FIELD_STR, e->key, option, why);
        if (e->kind == PP_EFFECT_TIMER) return due_holds(c, e->value, option, why);
        return cases_wrong(c, "\"%s\" is not path=value", option);
    }
    if (strcmp(name, "_person") == 0) return uuid_holds(c, e->person, value, why);
    if (strcmp(name, "_ref") == 0) return uuid_holds(c, e->ref, value, why);
    if (strcmp(name, "_subject") == 0) return text_holds(c, PP_FIELD_UUID, e->subject, value, why);
    if (strcmp(name, "_version") == 0) return number_holds(c, e->version, value, why);
    if (strcmp(name, "_due") == 0) return due_holds(c, e->value, value, why);
    if (strcmp(name, "_key") == 0 || strcmp(name, "_target") == 0 || strcmp(name, "_text") == 0 ||
        strcmp(name, "key") == 0 || (e->kind == PP_EFFECT_COUNT && strcmp(name, "labels") == 0))
        return text_holds(c, PP_FIELD_UUID, e->key, value, why);
    if (e->kind == PP_EFFECT_COUNT && strcmp(name, "value") == 0) return number_holds(c, e->value, value, why);
    if (name[0] == '_' || !body) return cases_wrong(c, "%s has no \"%s\"", effect_names[e->kind], name);
    return cases_body_holds(c, ev_info(e->type)->shape, body, option, why);
}

static bool fits(const struct want *w, const struct pp_effect *e) {
    return e->kind == w->kind && (w->type == EV_NONE || e->type == w->type) && (w->code < 0 || e->code == w->code) &&
           (!w->metric || strcmp(e->metric, w->metric) == 0);
}

static json_t *effect_body(const struct pp_effect *e) {
    return e->body.n ? json_loadb(e->body.s, e->body.n, 0, NULL) : NULL;
}

/* All options hold, or none of the names they would have bound stays bound. */
static int all_hold(struct cases *c, const struct want *w, const struct pp_effect *e, char *why) {
    json_t *body = effect_body(e);
    int binds = c->nbinds, rc = 1;
    for (int i = 0; i < w->n && rc == 1; i++) {
        char reason[CASES_TEXT_MAX] = "";
        rc = option_holds(c, e, body, w->options[i], reason);
        if (rc == 0) snprintf(why, CASES_TEXT_MAX, "%.200s: %.3000s", w->options[i], reason);
    }
    json_decref(body);
    if (rc != 1) c->nbinds = binds;
    return rc;
}

/* ---- saying what was there ---- */

static void print_effect(const struct pp_effect *e, const char *why) {
    char ref[PP_UUID_TEXT + 1] = "", due[25];
    if (!pp_uuid_none(e->ref)) pp_uuid_text(e->ref, ref);
    pp_time_text(e->kind == PP_EFFECT_TIMER ? e->value : 0, due);
    printf("    there is: %s", effect_names[e->kind]);
    if (e->type != EV_NONE) printf(" %s", ev_type_name(e->type));
    if (e->kind == PP_EFFECT_COUNT) printf(" %s value=%" PRId64, e->metric, e->value);
    if (e->kind == PP_EFFECT_TIMER) printf(" %u %s", e->code, e->value ? due : "off");
    if (e->kind == PP_EFFECT_CALL || e->kind == PP_EFFECT_CALL_CANCEL) printf(" %u", e->code);
    if (e->kind == PP_EFFECT_REPLY) printf(" %s", reply_names[e->code]);
    if (e->key.n) printf(" [%.*s]", PP_FMT(e->key));
    if (ref[0]) printf(" _ref=%s", ref);
    printf("%s%s\n", why[0] ? "   <- " : "", why);
    json_t *body = effect_body(e);
    char *text = body ? json_dumps(body, JSON_INDENT(2)) : NULL;
    for (char *line = text, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        else
            next = line + strlen(line);
        printf("        %s\n", line);
    }
    free(text);
    json_decref(body);
}

static int not_found(struct cases *c, const struct want *w, char **words, int n) {
    char line[CASES_LINE_MAX] = "";
    size_t used = 0;
    for (int i = 0; i < n && used < sizeof line; i++) {
        int k = snprintf(line + used, sizeof line - used, "%s%s", i ? "  " : "", words[i]);
        used += k > 0 ? (size_t)k : 0;
    }
    cases_wrong(c, "expected: %s", line);
    int near = 0;
    for (int i = 0; i < c->neffects; i++) {
        const struct pp_effect *e = c->effects[i].e;
        if (!fits(w, e)) continue;
        char why[CASES_TEXT_MAX] = "";
        if (c->effects[i].used)
            snprintf(why, sizeof why, "taken by an earlier line");
        else
            all_hold(c, w, e, why);
        print_effect(e, why);
        near++;
    }
    for (int i = 0; i < c->neffects && near == 0; i++)
        if (c->effects[i].e->kind != PP_EFFECT_COUNT) print_effect(c->effects[i].e, "");
    if (c->neffects == 0) printf("    there is: nothing\n");
    return -1;
}

static int take(struct cases *c, const struct want *w, char **words, int n) {
    for (int i = 0; i < c->neffects; i++) {
        char why[CASES_TEXT_MAX];
        if (c->effects[i].used || !fits(w, c->effects[i].e)) continue;
        int rc = all_hold(c, w, c->effects[i].e, why);
        if (rc < 0) return -1;
        if (rc == 1) {
            c->effects[i].used = true;
            return 1;
        }
    }
    return not_found(c, w, words, n);
}

/* ---- the verbs ---- */

static int want_of(struct cases *c, char **words, int n, enum pp_effect_kind kind, struct want *w) {
    *w = (struct want){.kind = kind, .code = -1, .options = words + 2, .n = n > 2 ? n - 2 : 0};
    if (kind == PP_EFFECT_PARK || kind == PP_EFFECT_UNPARK) {
        w->options = words + 1;
        w->n = n - 1;
        return 0;
    }
    if (n < 2) return cases_wrong(c, "%s of what?", words[0]);
    switch (kind) {
    case PP_EFFECT_EMIT:
    case PP_EFFECT_PUBLISH:
    case PP_EFFECT_RETRACT:
        w->type = ev_type_by_name(pp_str_z(words[1]));
        return w->type == EV_NONE ? cases_wrong(c, "there is no type %s", words[1]) : 0;
    case PP_EFFECT_REPLY:
        for (w->code = 0; w->code < REPLY_NAMES && strcmp(reply_names[w->code], words[1]) != 0;) w->code++;
        return w->code == REPLY_NAMES ? cases_wrong(c, "a reply is done, invalid, conflict, notfound or denied") : 0;
    case PP_EFFECT_COUNT: w->metric = words[1]; return 0;
    default: return cases_number(c, words[1], &w->code);
    }
}

static bool counts_as_said(enum pp_effect_kind kind) {
    return kind == PP_EFFECT_EMIT || kind == PP_EFFECT_PUBLISH || kind == PP_EFFECT_RETRACT || kind == PP_EFFECT_CALL ||
           kind == PP_EFFECT_CALL_CANCEL || kind == PP_EFFECT_REPLY || kind == PP_EFFECT_PARK;
}

static int none(struct cases *c, const char *what) {
    enum ev_type type = what ? ev_type_by_name(pp_str_z(what)) : EV_NONE;
    int kind = -1;
    for (int i = 0; what && i < EFFECT_NAMES; i++)
        if (strcmp(effect_names[i], what) == 0) kind = i;
    if (what && type == EV_NONE && kind < 0) return cases_wrong(c, "there is no type %s", what);
    for (int i = 0; i < c->neffects; i++) {
        const struct pp_effect *e = c->effects[i].e;
        bool hit = !what ? counts_as_said(e->kind) : kind >= 0 ? (int)e->kind == kind : e->type == type;
        if (!hit || c->effects[i].used) continue;
        cases_wrong(c, "expected: no %s", what ? what : "further effect");
        print_effect(e, "");
        return -1;
    }
    return 1;
}

int cases_nothing_left(struct cases *c) { return none(c, NULL); }

/* ---- rows ---- */

static const char *col_text(const struct pp_col *col, const struct pp_row *r, char *ret, enum pp_field_kind *ret_kind) {
    const void *v = (const char *)r + col->offset;
    ret[0] = 0;
    switch (col->type) {
    case PP_COL_UUID:
        *ret_kind = PP_FIELD_UUID;
        if (!pp_uuid_none(*(const struct pp_uuid *)v)) pp_uuid_text(*(const struct pp_uuid *)v, ret);
        break;
    case PP_COL_TEXT:
        *ret_kind = PP_FIELD_STR;
        snprintf(ret, CASES_TEXT_MAX, "%.*s", PP_FMT(*(const struct pp_str *)v));
        break;
    case PP_COL_INT:
        *ret_kind = PP_FIELD_INT;
        snprintf(ret, CASES_TEXT_MAX, "%" PRId32, *(const int32_t *)v);
        break;
    case PP_COL_BIGINT:
        *ret_kind = PP_FIELD_INT;
        snprintf(ret, CASES_TEXT_MAX, "%" PRId64, *(const int64_t *)v);
        break;
    case PP_COL_BOOL:
        *ret_kind = PP_FIELD_BOOL;
        snprintf(ret, CASES_TEXT_MAX, "%s", *(const bool *)v ? "true" : "false");
        break;
    case PP_COL_DATE:
        *ret_kind = PP_FIELD_DATE;
        pp_date_text(*(const pp_date *)v, ret);
        break;
    case PP_COL_TIME:
        *ret_kind = PP_FIELD_TIME;
        pp_time_text(*(const int64_t *)v, ret);
        break;
    }
    return ret;
}

static int col_holds(struct cases *c, const struct pp_table *t, const struct pp_row *r, const char *option) {
    char name[CASES_LINE_MAX], text[CASES_TEXT_MAX];
    enum pp_field_kind kind = PP_FIELD_STR;
    snprintf(name, sizeof name, "%s", option);
    char *value = cases_split(name);
    if (!value) return cases_wrong(c, "\"%s\" is not column=value", option);
    for (int i = 0; i < t->ncols; i++)
        if (strcmp(t->cols[i].name, name) == 0) {
            const char *actual = col_text(&t->cols[i], r, text, &kind);
            bool zero = (kind == PP_FIELD_INT && strcmp(actual, "0") == 0) ||
                        (kind == PP_FIELD_BOOL && strcmp(actual, "false") == 0);
            return cases_equal(c, kind, zero ? NULL : actual, value);
        }
    return cases_wrong(c, "table %s has no column %s", t->name, name);
}

static int row_holds(struct cases *c, const struct pp_table *t, const struct pp_row *r, char **options, int n) {
    int binds = c->nbinds, rc = 1;
    for (int i = 0; i < n && rc == 1; i++)
        if (strncmp(options[i], "_person=", 8) != 0) rc = col_holds(c, t, r, options[i]);
    if (rc != 1) c->nbinds = binds;
    return rc;
}

static void print_rows(struct pp_unit *u, const struct pp_table *t, int table) {
    char text[CASES_TEXT_MAX];
    enum pp_field_kind kind;
    int n = 0;
    for (struct pp_row *r = pp_row_next(u, table, NULL); r; r = pp_row_next(u, table, r), n++) {
        printf("    there is: %s", t->name);
        for (int i = 0; i < t->ncols; i++) {
            const char *v = col_text(&t->cols[i], r, text, &kind);
            if (*v && strcmp(v, "0") != 0) printf("  %s=%s", t->cols[i].name, v);
        }
        printf("\n");
    }
    if (n == 0) printf("    there is: no row in %s\n", t->name);
}

/* row: at least one; no-row: none; rows N: exactly so many (then options[0] is N). */
static int rows(struct cases *c, char **words, int n) {
    bool want_none = strcmp(words[0], "no-row") == 0;
    int exact = -1, first = 2, hits = 0, table = 0;
    if (n < 2) return cases_wrong(c, "%s of which table?", words[0]);
    while (table < c->svc->ntables && strcmp(c->svc->tables[table]->name, words[1]) != 0) table++;
    if (table == c->svc->ntables) return cases_wrong(c, "there is no table %s", words[1]);
    if (strcmp(words[0], "rows") == 0) {
        if (n < 3 || cases_number(c, words[2], &exact) < 0) return cases_wrong(c, "rows TABLE NUMBER");
        first = 3;
    }
    struct pp_uuid person = c->person;
    for (int i = first; i < n; i++)
        if (strncmp(words[i], "_person=", 8) == 0 && !cases_uuid(c, words[i] + 8, &person))
            return cases_wrong(c, "%s is nobody", words[i] + 8);
    struct pp_unit *u = cases_unit(c, person);
    const struct pp_table *t = c->svc->tables[table];
    for (struct pp_row *r = pp_row_next(u, table, NULL); r; r = pp_row_next(u, table, r)) {
        int rc = row_holds(c, t, r, words + first, n - first);
        if (rc < 0) return -1;
        hits += rc;
    }
    if (exact >= 0 ? hits == exact : want_none ? hits == 0 : hits > 0) return 1;
    cases_wrong(c, "expected: %s of %s that fits, found %d",
                exact >= 0  ? words[2]
                : want_none ? "no row"
                            : "a row",
                t->name, hits);
    print_rows(u, t, table);
    return -1;
}

int cases_expect(struct cases *c, char **words, int n) {
    if (strcmp(words[0], "none") == 0) return none(c, n > 1 ? words[1] : NULL);
    if (strcmp(words[0], "row") == 0 || strcmp(words[0], "no-row") == 0 || strcmp(words[0], "rows") == 0)
        return rows(c, words, n);
    for (int kind = 0; kind < EFFECT_NAMES; kind++)
        if (strcmp(effect_names[kind], words[0]) == 0) {
            struct want w;
            return want_of(c, words, n, (enum pp_effect_kind)kind, &w) < 0 ? -1 : take(c, &w, words, n);
        }
    return 0;
}
