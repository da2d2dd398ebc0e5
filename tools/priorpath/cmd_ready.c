/* priorpath ready: waits until every process of `priorpath run` is ready and says what each waits for; with --url asks
 * one address, for health checks where there is no curl. */
#include "priorpath.h"

#include "io/clock.h"
#include "io/supervise.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 4096
#define LOOK_MS 100
#define SAY_CHANGE_MS 2000 /* what changes is said this often at most, */
#define SAY_AGAIN_MS 20000 /* what stays the same this often */

static const struct pp_config_key keys[] = {
    {"run-dir", PP_CFG_STR, 1, 900, "", ".run", "Folder of the installation."},
    {"timeout-s", PP_CFG_INT, 0, 3600, "s", "120", "How long to wait; 0: look once."},
    {"restarts", PP_CFG_INT, 1, 100, "", "3", "Gives up when a process has ended this often."},
    {"url", PP_CFG_STR, 0, 1023, "", "", "Only asks this address: 200 = ready."},
    {0},
};

static int ask_one(const struct pp_config *c, struct pp_err *err) {
    char text[TEXT_MAX];
    int status = 0;
    if (pp_probe_sync(pp_config_str(c, "url"), 3000, &status, text, sizeof text, err) < 0) return -1;
    if (status == 200) return 0;
    return pp_err_set(err, PP_ERR_HTTP, "%d %.300s", status, text);
}

struct view {
    int ready, n;
    char waits[TEXT_MAX]; /* "name (what it waits for), …" */
    char dead[512];       /* name, how, log of one that keeps ending */
    bool seen;
};

static const char *text_of(const json_t *p, const char *name) {
    const char *s = json_string_value(json_object_get(p, name));
    return s ? s : "";
}

static void look_at(const struct pp_config *c, const json_t *p, struct view *v) {
    v->n++;
    if (json_is_true(json_object_get(p, "ready"))) {
        v->ready++;
        return;
    }
    size_t used = strlen(v->waits);
    const char *why = text_of(p, "waits"), *state = text_of(p, "state");
    bool running = strcmp(state, "running") == 0;
    snprintf(v->waits + used, sizeof v->waits - used, "%s%s (%s)", used ? ", " : "", text_of(p, "name"),
             !running ? text_of(p, "last_end")
             : *why   ? why
                      : "starting");
    if (json_integer_value(json_object_get(p, "restarts")) >= pp_config_int(c, "restarts"))
        snprintf(v->dead, sizeof v->dead, "%s keeps ending (%s); its log: %s", text_of(p, "name"),
                 text_of(p, "last_end"), text_of(p, "log"));
}

static void look(const struct pp_config *c, struct view *v) {
    char path[1024];
    snprintf(path, sizeof path, "%s/status.json", pp_config_str(c, "run-dir"));
    json_t *j = json_load_file(path, 0, NULL), *p;
    size_t i;
    *v = (struct view){.seen = j != NULL};
    json_array_foreach(json_object_get(j, "processes"), i, p) look_at(c, p, v);
    json_decref(j);
}

/* Progress for somebody who looks on. */
static void say(const struct view *v, struct view *said, int64_t *said_at) {
    int64_t age = pp_mono_ms() - *said_at;
    bool changed = strcmp(v->waits, said->waits) != 0;
    if (age < (changed ? SAY_CHANGE_MS : SAY_AGAIN_MS)) return;
    printf("%d of %d ready, waiting for %s\n", v->ready, v->n, v->waits);
    fflush(stdout);
    *said = *v;
    *said_at = pp_mono_ms();
}

static int wait_all(const struct pp_config *c, struct pp_err *err) {
    struct view v, said = {0};
    int64_t begin = pp_mono_ms(), until = begin + pp_config_int(c, "timeout-s") * 1000, said_at = begin;
    for (;;) {
        look(c, &v);
        if (v.seen && v.ready == v.n) break;
        if (*v.dead) return pp_err_set(err, PP_ERR_IO, "%s", v.dead);
        if (pp_mono_ms() >= until)
            return pp_err_set(err, PP_ERR_TIMEOUT, "%d of %d ready; not ready: %s", v.ready, v.n,
                              v.seen ? v.waits : "nothing runs");
        if (v.seen) say(&v, &said, &said_at);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
    printf("%d of %d ready\n", v.ready, v.n);
    return 0;
}

int cmd_ready(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    cli_settings("priorpath ready", keys, argc, argv, &c);
    int rc = *pp_config_str(c, "url") ? ask_one(c, &err) : wait_all(c, &err);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("ready", &err);
}
