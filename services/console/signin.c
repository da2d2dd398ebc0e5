/* Signing in and out, and who one is. The issuer is a development one: a list of people, no password. */
#include "console.h"
#include "base/date.h"
#include "io/clock.h"
#include "io/log.h"

#include <stdio.h>
#include <sys/random.h>

static bool development(struct console *c) { return strcmp(pp_config_str(c->config, "sign-in"), "development") == 0; }

static json_t *list_of(const char *csv) {
    struct pp_str rest = pp_str_z(csv);
    json_t *a = json_array();
    while (rest.n) {
        struct pp_str one = pp_str_split(&rest, ',');
        json_array_append_new(a, json_stringn(one.s, one.n));
    }
    return a;
}

void console_on_signin_list(void *user, struct pp_request *r) {
    struct console *c = user;
    int n;
    const struct console_user *u = console_users(&n);
    json_t *people = json_array();
    for (int i = 0; development(c) && i < n; i++)
        json_array_append_new(people,
                              json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", u[i].id, "name", u[i].name, "title",
                                        u[i].title, "roles", list_of(u[i].roles), "sites", list_of(u[i].sites)));
    console_json(r, 200, json_pack("{s:s, s:o}", "how", pp_config_str(c->config, "sign-in"), "people", people));
}

/* The cookie, or its end. Strict: no other site's link or form carries it. */
static void set_cookie(struct console *c, char *line, size_t n, const char *value) {
    bool tls = pp_config_bool(c->config, "tls");
    snprintf(line, n, "Set-Cookie: %s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
             tls ? "__Host-priorpath" : "priorpath", value, tls ? "; Secure" : "", value[0] ? "" : "; Max-Age=0");
}

void console_on_signin(void *user, struct pp_request *r) {
    struct console *c = user;
    struct pp_str body = pp_request_body(r), site = pp_request_header(r, "Sec-Fetch-Site");
    uint8_t secret[CONSOLE_SECRET_BYTES];
    char cookie[CONSOLE_COOKIE_TEXT + 1], line[256];
    if (!pp_str_eqz(pp_request_header(r, "PP-Request"), "1") || (site.n && !pp_str_eqz(site, "same-origin"))) {
        pp_http_problem(r, 403, "This request does not come from the console's page", NULL,
                        "the header PP-Request: 1 is needed");
        return;
    }
    json_t *o = json_loadb(body.n ? body.s : "", body.n, 0, NULL);
    const char *id = json_string_value(json_object_get(o, "user"));
    const struct console_user *u = id && development(c) ? console_user_find(pp_str_z(id)) : NULL;
    json_decref(o);
    if (!u) {
        pp_http_problem(r, 403, "There is no such person to sign in as", "/user", "choose one of the list");
        return;
    }
    if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret ||
        !console_session_new(&c->sessions, u, secret, pp_mono_ms(), cookie)) {
        pp_http_problem(r, 503, "Too many people are signed in", NULL, "try again in a minute");
        return;
    }
    set_cookie(c, line, sizeof line, cookie);
    pp_log(PP_LOG_INFO, "signed in", "user", PP_S(u->id), NULL);
    struct pp_str headers[] = {pp_str_z(line)};
    pp_http_reply_with(r, 200, "application/json", PP_STR("{}"), headers, 1);
}

void console_on_signout(void *user, struct pp_request *r) {
    struct console *c = user;
    struct console_session *s = console_enter(c, r, true, false);
    char line[256];
    if (!s) return;
    pp_log(PP_LOG_INFO, "signed out", "user", PP_S(s->user->id), NULL);
    console_session_end(&c->sessions, s);
    set_cookie(c, line, sizeof line, "");
    struct pp_str headers[] = {pp_str_z(line)};
    pp_http_reply_with(r, 200, "application/json", PP_STR("{}"), headers, 1);
}

/* An object by id: {"lks": {"name": …, "zone": …}}. */
static json_t *sites_of(const struct pp_refs *refs) {
    json_t *o = json_object();
    for (const struct pp_site *s = pp_refs_site_next(refs, NULL); s; s = pp_refs_site_next(refs, s))
        json_object_set_new(
            o, s->id.s,
            json_pack("{s:s#, s:s#}", "name", s->name.s, (int)s->name.n, "zone", s->zone.s, (int)s->zone.n));
    return o;
}

static json_t *payers_of(const struct pp_refs *refs) {
    json_t *o = json_object();
    for (const struct pp_payer *p = pp_refs_payer_next(refs, NULL); p; p = pp_refs_payer_next(refs, p))
        json_object_set_new(o, p->id.s,
                            json_pack("{s:s#, s:s#, s:s#, s:s#}", "name", p->name.s, (int)p->name.n, "zone",
                                      p->zone.n ? p->zone.s : "", (int)p->zone.n, "phone", p->phone.n ? p->phone.s : "",
                                      (int)p->phone.n, "portal", p->portal_url.n ? p->portal_url.s : "",
                                      (int)p->portal_url.n));
    return o;
}

/* Also which acts the person may do: the page offers no others. The owner checks again. */
void console_on_me(void *user, struct pp_request *r) {
    struct console *c = user;
    struct console_session *s = console_enter(c, r, false, true);
    char now[25];
    int n;
    if (!s) return;
    const struct console_act *acts = console_acts(&n);
    json_t *may = json_array();
    for (int i = 0; i < n; i++)
        if (console_roles_meet(s->user->roles, acts[i].roles)) json_array_append_new(may, json_string(acts[i].type));
    const struct console_user *people = console_users(&n);
    json_t *names = json_object();
    for (int i = 0; i < n; i++) json_object_set_new(names, people[i].id, json_string(people[i].name));
    pp_time_text(pp_clock_now_ms(), now);
    console_json(r, 200,
                 json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:f, s:I, s:b}", "id",
                           s->user->id, "name", s->user->name, "title", s->user->title, "roles",
                           list_of(s->user->roles), "sites", list_of(s->user->sites), "queues",
                           list_of(s->user->queues), "zone", s->user->zone, "may", may, "people", names, "site_names",
                           sites_of(c->refs), "payers", payers_of(c->refs), "now", now, "speed", pp_clock_speed(),
                           "idle_ms", (json_int_t)c->sessions.idle_ms, "live", c->reading));
}
