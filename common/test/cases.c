#include "test/cases_int.h"

#include "base/hash.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CASES_START INT64_C(1795532400000) /* 2026-11-24T15:00:00Z, a Tuesday: the time at the start of a case */

int cases_wrong(struct cases *c, const char *fmt, ...) {
    va_list ap;
    if (!c->failed && c->title[0]) printf("%s:%d: in \"%s\"\n", c->file, c->line, c->title);
    printf("%s:%d: ", c->file, c->line);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
    c->failed = true;
    return -1;
}

/* ---- cases ---- */

static void end_case(struct cases *c) {
    if (c->in_case && !c->skipped) {
        if (c->strict && !c->failed) cases_nothing_left(c);
        if (c->failed)
            c->failures++;
        else
            c->passed++;
        if (c->verbose) printf("%s %s\n", c->failed ? "FAIL" : "ok  ", c->title);
    }
    c->in_case = c->failed = c->strict = false;
    c->title[0] = 0;
}

static void drop_lets(struct cases *c, int keep) {
    while (c->nlets > keep) json_decref(c->lets[--c->nlets].body);
}

static void start_case(struct cases *c, const char *title, int64_t file_now_ms) {
    end_case(c);
    drop_lets(c, c->file_lets);
    cases_world_reset(c);
    snprintf(c->title, sizeof c->title, "%s", title);
    c->in_case = true;
    c->skipped = c->only && !strstr(title, c->only);
    c->now_ms = file_now_ms;
}

/* ---- bodies ---- */

static const struct cases_let *let_find(const struct cases *c, const char *name) {
    for (int i = c->nlets - 1; i >= 0; i--)
        if (strcmp(c->lets[i].name, name) == 0) return &c->lets[i];
    return NULL;
}

/* New body of a type or of a named one; the caller owns it. NULL: said. */
static json_t *body_of(struct cases *c, const char *name, enum ev_type *ret_type) {
    const struct cases_let *l = let_find(c, name);
    *ret_type = l ? l->type : ev_type_by_name(pp_str_z(name));
    if (*ret_type == EV_NONE) {
        cases_wrong(c, "%s is neither a type nor defined with let", name);
        return NULL;
    }
    return l ? json_deep_copy(l->body) : json_object();
}

static int let(struct cases *c, char **words, int n) {
    if (n < 3) return cases_wrong(c, "let NAME TYPE path=value…");
    if (c->nlets == CASES_NAMES_MAX) return cases_wrong(c, "more than %d names", CASES_NAMES_MAX);
    struct cases_let l;
    l.body = body_of(c, words[2], &l.type);
    if (!l.body) return -1;
    snprintf(l.name, sizeof l.name, "%s", words[1]);
    for (int i = 3; i < n; i++)
        if (cases_body_set(c, ev_info(l.type)->shape, l.body, words[i]) < 0) {
            json_decref(l.body);
            return -1;
        }
    c->lets[c->nlets++] = l;
    return 0;
}

/* Options of an input line: header fields with _, the rest goes into the body. Texts are copied to the arena. */
struct input {
    struct pp_in in;
    struct ev ev;
    struct pp_uuid person, ref;
    int kind; /* _kind, -1: not given */
    bool has_ref;
};

static int header_option(struct cases *c, struct input *x, char *name) {
    char text[CASES_TEXT_MAX];
    char *value = cases_split(name);
    if (!value) return cases_wrong(c, "\"%s\" is not _name=value", name);
    if (strcmp(name, "_kind") == 0) return cases_number(c, value, &x->kind);
    if (!cases_resolve(c, value, text)) return cases_wrong(c, "%s is not bound yet", value);
    struct pp_str kept = pp_arena_strz(&c->arena, strcmp(text, "-") == 0 ? "" : text);
    struct pp_hdr *h = &x->in.hdr;
    int64_t number;
    if (strcmp(name, "_actor") == 0)
        h->actor = kept;
    else if (strcmp(name, "_roles") == 0)
        h->roles = kept;
    else if (strcmp(name, "_id") == 0)
        h->event_id = kept;
    else if (strcmp(name, "_cause") == 0)
        h->cause = kept;
    else if (strcmp(name, "_why") == 0)
        x->in.why = kept;
    else if (strcmp(name, "_person") == 0)
        return pp_uuid_parse(kept, &x->person) ? 0 : cases_wrong(c, "_person is no id");
    else if (strcmp(name, "_ref") == 0) {
        x->has_ref = true;
        return pp_uuid_parse(kept, &x->ref) ? 0 : cases_wrong(c, "_ref is no id");
    } else if (strcmp(name, "_expect") == 0) {
        if (!pp_str_int(kept, &number)) return cases_wrong(c, "_expect is a version number");
        h->expect_version = (int32_t)number;
    } else {
        return cases_wrong(c, "there is no %s", name);
    }
    return 0;
}

/* Reads words[first…] into x; body may be NULL when there is none. */
static int options(struct cases *c, struct input *x, enum ev_type type, json_t *body, char **words, int first, int n) {
    x->person = cases_name_id("person");
    x->kind = -1;
    for (int i = first; i < n; i++) {
        if (words[i][0] != '_' && !body) return cases_wrong(c, "\"%s\": this input has no body", words[i]);
        if ((words[i][0] == '_' ? header_option(c, x, words[i])
                                : cases_body_set(c, ev_info(type)->shape, body, words[i])) < 0)
            return -1;
    }
    return 0;
}

static int decode_body(struct cases *c, enum ev_type type, json_t *body, struct ev *ret) {
    struct pp_err err;
    char *text = json_dumps(body, JSON_COMPACT);
    int rc = ev_decode(type, pp_str_z(text), &c->arena, ret, &err);
    free(text);
    return rc < 0 ? cases_wrong(c, "this %s is not valid: %s", ev_type_name(type), err.msg) : 0;
}

/* ---- inputs ---- */

static uint16_t source_of(const char *owner) {
    static const char *const names[] = {"",          "intake",     "chart",  "requirements",
                                        "documents", "submission", "claims", "status"};
    struct pp_str rest = pp_str_z(owner), first = pp_str_split(&rest, ',');
    for (uint16_t i = 1; i < sizeof names / sizeof names[0]; i++)
        if (pp_str_eqz(first, names[i])) return i;
    return 0;
}

static bool handles(const struct pp_service *svc, enum ev_type type, bool command) {
    for (int i = 0; !command && i < svc->nreads; i++)
        if (svc->reads[i] == type) return true;
    for (int i = 0; command && i < svc->ncommands; i++)
        if (svc->commands[i].type == type) return true;
    return false;
}

static void fill_header(struct cases *c, struct pp_hdr *h, enum ev_type type, bool command) {
    c->inputs++;
    if (command) {
        if (pp_str_empty(h->event_id))
            h->event_id = pp_arena_printf(&c->arena, "command-%llu", (unsigned long long)c->inputs);
        if (pp_str_empty(h->actor)) h->actor = PP_STR("jordan");
        if (pp_str_empty(h->roles)) h->roles = PP_STR("pa");
        return;
    }
    h->id = (struct pp_rid){.source = source_of(ev_info(type)->owner), .incarnation = 1, .seq = c->inputs};
    if (pp_str_empty(h->event_id))
        h->event_id = pp_arena_printf(&c->arena, "%u-0-1-0-%llu", h->id.source, (unsigned long long)c->inputs);
}

/* The runtime says "done" for a command whose decider said nothing. */
static void default_reply(struct cases *c) {
    static const struct pp_effect done = {.kind = PP_EFFECT_REPLY, .code = PP_REPLY_DONE};
    for (int i = 0; i < c->neffects; i++)
        if (c->effects[i].e->kind == PP_EFFECT_REPLY || c->effects[i].e->kind == PP_EFFECT_PARK) return;
    if (c->neffects < CASES_EFFECTS_MAX) c->effects[c->neffects++] = (struct cases_effect){&done, false};
}

static int in(struct cases *c, char **words, int n) {
    struct input x = {.in.kind = PP_IN_EVENT};
    enum ev_type type;
    if (n < 2) return cases_wrong(c, "in TYPE path=value…");
    json_t *body = body_of(c, words[1], &type);
    if (!body) return -1;
    bool command = strcmp(ev_topic(type), "pa.commands.v1") == 0;
    int rc = 0;
    if (!command && strcmp(ev_topic(type), "pa.log.v1") != 0)
        rc = cases_wrong(c, "%s is neither a fact nor a command", words[1]);
    else if (!handles(c->svc, type, command))
        rc = cases_wrong(c, "%s does not read %s", c->svc->name, ev_type_name(type));
    cases_turn(c);
    if (rc == 0) rc = options(c, &x, type, body, words, 2, n);
    if (rc == 0) rc = decode_body(c, type, body, &x.ev);
    json_decref(body);
    if (rc < 0) return -1;
    x.in.kind = command ? PP_IN_COMMAND : PP_IN_EVENT;
    x.in.ev = &x.ev;
    fill_header(c, &x.in.hdr, type, command);
    if (cases_give(c, x.person, &x.in) < 0) return -1;
    if (command) default_reply(c);
    return 0;
}

static int answer(struct cases *c, char **words, int n) {
    static const char *const outcomes[] = {"ANSWERED", "DELAYED", "RESUMED", "FAILED"};
    struct input x = {.in.kind = PP_IN_ANSWER, .in.call = PP_CALL_ANSWERED};
    enum ev_type type = EV_NONE;
    json_t *body = NULL;
    int rc = 0;
    if (n < 2) return cases_wrong(c, "answer TYPE path=value… or answer DELAYED, RESUMED, FAILED");
    for (int i = PP_CALL_DELAYED; i <= PP_CALL_FAILED; i++)
        if (strcmp(words[1], outcomes[i]) == 0) x.in.call = (enum pp_call_outcome)i;
    if (x.in.call == PP_CALL_ANSWERED && !(body = body_of(c, words[1], &type))) return -1;
    cases_turn(c);
    rc = options(c, &x, type, body, words, 2, n);
    if (rc == 0 && body) rc = decode_body(c, type, body, &x.ev);
    json_decref(body);
    if (rc < 0) return -1;
    struct cases_call *call = cases_call_find(c, x.kind, x.has_ref ? &x.ref : NULL);
    if (!call) return cases_wrong(c, "no such call was asked for, or it is answered already");
    struct cases_call asked = *call;
    if (x.in.call == PP_CALL_ANSWERED || x.in.call == PP_CALL_FAILED) {
        size_t after = (size_t)(&c->calls[c->ncalls] - (call + 1));
        memmove(call, call + 1, after * sizeof *call);
        c->ncalls--;
    }
    x.in.call_kind = asked.kind;
    x.in.ref = asked.ref;
    x.in.ev = type != EV_NONE ? &x.ev : NULL;
    return cases_give(c, asked.person, &x.in);
}

static int timer(struct cases *c, char **words, int n) {
    struct pp_uuid ref;
    int kind;
    if (n == 2 && strcmp(words[1], "due") == 0) return cases_fire_due(c);
    if (n < 2 || n > 3) return cases_wrong(c, "timer KIND [_ref=@name] or timer due");
    if (cases_number(c, words[1], &kind) < 0) return -1;
    if (n == 3 && (strncmp(words[2], "_ref=", 5) != 0 || !cases_uuid(c, words[2] + 5, &ref)))
        return cases_wrong(c, "_ref=@name");
    return cases_fire(c, kind, n == 3 ? &ref : NULL);
}

/* ---- reference packs ---- */

static int tsv_only(const struct dirent *d) {
    size_t n = strlen(d->d_name);
    return n > 4 && strcmp(d->d_name + n - 4, ".tsv") == 0;
}

static int add_pack(struct cases *c, struct pp_refs_builder *b, const char *path) {
    struct pp_err err;
    struct pp_buf bytes;
    char chunk[65536], hash[PP_SHA256_HEX + 1];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f) return cases_wrong(c, "cannot read %s", path);
    pp_buf_init(&bytes, PP_PACK_BYTES_MAX);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0) pp_buf_add(&bytes, chunk, n);
    fclose(f);
    pp_sha256_hex(pp_buf_str(&bytes), hash);
    int rc = pp_refs_add(b, pp_buf_str(&bytes), pp_str_z(hash), 0, &err);
    pp_buf_free(&bytes);
    return rc < 0 ? cases_wrong(c, "%s: %s", path, err.msg) : 0;
}

static int packs(struct cases *c, const char *dir) {
    struct dirent **names = NULL;
    struct pp_err err;
    if (strcmp(c->packs, dir) == 0 && c->refs) return 0;
    struct pp_refs_builder *b = pp_refs_begin();
    int n = scandir(dir, &names, tsv_only, alphasort), rc = 0;
    if (n < 0 || !b) rc = cases_wrong(c, "cannot read the folder %s", dir);
    for (int i = 0; i < n; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        if (rc == 0) rc = add_pack(c, b, path);
        free(names[i]);
    }
    free(names);
    if (rc < 0) {
        pp_refs_builder_free(b);
        return -1;
    }
    pp_refs_free(c->refs);
    c->refs = NULL;
    if (pp_refs_finish(b, &c->refs, &err) < 0) return cases_wrong(c, "%s: %s", dir, err.msg);
    snprintf(c->packs, sizeof c->packs, "%s", dir);
    return 0;
}

/* ---- lines ---- */

static int alias(struct cases *c, char **words, int n) {
    int value;
    if (n != 3 || cases_number(c, words[2], &value) < 0) return cases_wrong(c, "alias NAME NUMBER");
    if (c->naliases == CASES_NAMES_MAX) return cases_wrong(c, "more than %d aliases", CASES_NAMES_MAX);
    struct cases_alias *a = &c->aliases[c->naliases++];
    snprintf(a->name, sizeof a->name, "%s", words[1]);
    a->value = value;
    return 0;
}

static int set_time(struct cases *c, char **words, int n) {
    int64_t ms;
    bool after = strcmp(words[0], "after") == 0;
    if (n != 2 || !(after ? cases_duration(words[1], &ms) : cases_time(c, words[1], &ms)))
        return cases_wrong(c, "%s %s", words[0], after ? "2h, 3d, 15m or 30s" : "2026-11-24T15:00:00Z");
    c->now_ms = after ? c->now_ms + ms : ms;
    return 0;
}

static bool is_step(const char *verb) {
    return strcmp(verb, "in") == 0 || strcmp(verb, "timer") == 0 || strcmp(verb, "due") == 0 ||
           strcmp(verb, "answer") == 0;
}

static int run_step(struct cases *c, char **words, int n) {
    if (c->strict && cases_nothing_left(c) < 0) return -1;
    if (strcmp(words[0], "in") == 0) return in(c, words, n);
    if (strcmp(words[0], "timer") == 0) return timer(c, words, n);
    if (strcmp(words[0], "due") == 0) return cases_fire_due(c);
    return answer(c, words, n);
}

/* Lines that may also stand before the first case. */
static int run_setting(struct cases *c, char **words, int n) {
    if (strcmp(words[0], "let") == 0) return let(c, words, n) < 0 ? -1 : 1;
    if (strcmp(words[0], "alias") == 0) return alias(c, words, n) < 0 ? -1 : 1;
    if (strcmp(words[0], "at") == 0 || strcmp(words[0], "after") == 0) return set_time(c, words, n) < 0 ? -1 : 1;
    if (strcmp(words[0], "packs") == 0)
        return n != 2 ? cases_wrong(c, "packs FOLDER") : packs(c, words[1]) < 0 ? -1 : 1;
    return 0;
}

static void run_line(struct cases *c, char **words, int n) {
    int rc = run_setting(c, words, n);
    if (rc) return;
    if (!c->in_case) {
        cases_wrong(c, "%s stands before the first case", words[0]);
        return;
    }
    if (strcmp(words[0], "strict") == 0) {
        c->strict = true;
        return;
    }
    if (is_step(words[0])) {
        run_step(c, words, n);
        return;
    }
    if (cases_expect(c, words, n) == 0) cases_wrong(c, "%s is not a verb", words[0]);
}

/* Columns are separated by one or more tabs, so that a table may be aligned; blanks around a column do not count. */
static int split_line(char *line, char **words) {
    int n = 0;
    char *rest = line, *word;
    while ((word = strsep(&rest, "\t\r\n")) && n < CASES_WORDS_MAX) {
        while (*word == ' ') word++;
        size_t len = strlen(word);
        while (len > 0 && word[len - 1] == ' ') word[--len] = 0;
        if (len > 0) words[n++] = word;
    }
    return n;
}

static void run_file(struct cases *c, const char *path) {
    char line[CASES_LINE_MAX], *words[CASES_WORDS_MAX];
    FILE *f = fopen(path, "r");
    c->file = path;
    c->line = c->naliases = 0;
    c->file_lets = -1;
    int64_t file_now_ms = c->now_ms = CASES_START;
    if (!f) {
        cases_wrong(c, "cannot be read");
        c->failures++;
        return;
    }
    while (fgets(line, sizeof line, f)) {
        c->line++;
        int n = line[0] == '#' ? 0 : split_line(line, words);
        if (n == 0) continue;
        bool outside = !c->in_case && c->file_lets < 0;
        if (outside && c->failed) break; /* what all cases stand on is wrong */
        if (strcmp(words[0], "case") == 0) {
            if (outside) {
                file_now_ms = c->now_ms;
                c->file_lets = c->nlets;
            }
            start_case(c, n > 1 ? words[1] : "?", file_now_ms);
        } else if (!c->failed && !c->skipped) {
            run_line(c, words, n);
        }
    }
    fclose(f);
    if (!c->in_case && c->failed) c->failures++;
    end_case(c);
    c->skipped = false;
    drop_lets(c, 0);
    cases_world_reset(c);
    pp_refs_free(c->refs);
    c->refs = NULL;
    c->packs[0] = 0;
}

int pp_cases_main(const struct pp_service *svc, int argc, char **argv) {
    struct cases *c = calloc(1, sizeof *c);
    if (!c) return 2;
    c->svc = svc;
    c->empty = pp_refs_empty();
    pp_arena_init(&c->arena, CASES_ARENA_MAX);
    cases_world_reset(c);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0)
            c->verbose = true;
        else if (strcmp(argv[i], "-k") == 0 && i + 1 < argc)
            c->only = argv[++i];
        else
            run_file(c, argv[i]);
    }
    printf("%d passed, %d failed\n", c->passed, c->failures);
    int rc = c->failures ? 1 : 0;
    pp_arena_free(&c->arena);
    pp_refs_free(c->empty);
    free(c);
    return rc;
}
