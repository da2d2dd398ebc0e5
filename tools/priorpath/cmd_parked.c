/* priorpath parked: inputs that a decider set aside under their case; looked at, and tried again after the cause is
 * mended. */
#include "cli.h"

#include "io/clock.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_MS 10000
#define LOOK_MS 100

static const struct pp_config_key keys[] = {
    CLI_KEYS_DB,
    CLI_KEY_CLOCK,
    CLI_KEY_JSON,
    {0},
};

struct printer {
    const struct cli_service *svc;
    json_t *all; /* NULL: text */
    int n;
};

static void on_parked(void *user, const struct pp_rows *r) {
    struct printer *p = user;
    for (int i = 0; i < pp_rows_n(r); i++, p->n++) {
        char subject[PP_UUID_B32 + 1], at[25], id[40];
        struct pp_str reason = pp_rows_str(r, i, 4), topic = pp_rows_str(r, i, 2);
        pp_uuid_b32(pp_rows_uuid(r, i, 1), subject);
        pp_time_text(pp_rows_time(r, i, 5), at);
        snprintf(id, sizeof id, "%s/%" PRId64, p->svc->name, pp_rows_int(r, i, 0));
        bool retry = pp_rows_bool(r, i, 6);
        if (p->all)
            json_array_append_new(p->all,
                                  json_pack("{s:s, s:s, s:s%, s:I, s:s%, s:s, s:b}", "id", id, "case", subject, "topic",
                                            topic.s, (size_t)topic.n, "offset", (json_int_t)pp_rows_int(r, i, 3),
                                            "reason", reason.s, (size_t)reason.n, "at", at, "retry", retry));
        else
            printf("%-18s %.19s  %s  %.*s%s\n", id, at, subject, PP_FMT(reason),
                   retry ? " (is being tried again)" : "");
    }
}

static int list_one(const struct pp_config *c, const struct cli_service *svc, json_t *all, int *n, struct pp_err *err) {
    struct pp_pg_sync_conn *db = NULL;
    struct printer p = {.svc = svc, .all = all};
    if (cli_db(c, svc->name, false, NULL, &db, err) < 0) return -1;
    int rc = pp_pg_sync_exec(db, "select id, subject, topic, src_offset, reason, at, retry from parked order by id",
                             NULL, 0, on_parked, &p, err);
    pp_pg_sync_close(db);
    *n += p.n;
    return rc;
}

static int list(const struct pp_config *c, const char *name, struct pp_err *err) {
    json_t *all = pp_config_bool(c, "json") ? json_array() : NULL;
    int n = 0, rc = 0;
    const struct cli_service *only = name ? cli_service_of(name, err) : NULL;
    if (name && !only) rc = -1;
    for (int i = 0; i < CLI_SERVICES && rc == 0; i++)
        if (!only || only == &cli_services[i]) rc = list_one(c, &cli_services[i], all, &n, err);
    if (rc == 0 && all) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (rc == 0 && n == 0) {
        printf("nothing is parked\n");
    }
    json_decref(all);
    return rc;
}

/* ---- retry ---- */

struct unit {
    bool found;
    char person[PP_UUID_TEXT + 1], subject[PP_UUID_TEXT + 1];
    int64_t waiting, again, newest;
};

static void on_unit(void *user, const struct pp_rows *r) {
    struct unit *u = user;
    if (!(u->found = pp_rows_n(r) > 0)) return;
    pp_uuid_text(pp_rows_uuid(r, 0, 0), u->person);
    pp_uuid_text(pp_rows_uuid(r, 0, 1), u->subject);
}
static void on_waiting(void *user, const struct pp_rows *r) {
    struct unit *u = user;
    u->waiting = pp_rows_int(r, 0, 0);
    u->again = pp_rows_int(r, 0, 1);
}
static void on_newest(void *user, const struct pp_rows *r) {
    if (pp_rows_n(r)) ((struct unit *)user)->newest = pp_rows_int(r, 0, 0);
}
static void on_reason(void *user, const struct pp_rows *r) {
    (void)user;
    if (pp_rows_n(r)) printf("  %.*s\n", PP_FMT(pp_rows_str(r, 0, 0)));
}

/* All parked inputs of the case go together, in their order: the later ones wait for the first. The service looks for
 * them by itself, a few times a second. */
static int retry_unit(struct pp_pg_sync_conn *db, const char *id, const char *service, struct pp_err *err) {
    struct unit u = {0};
    const char *one[] = {id};
    if (pp_pg_sync_exec(db, "select person, subject from parked where id = $1::int8", one, 1, on_unit, &u, err) < 0)
        return -1;
    if (!u.found)
        return pp_err_set(err, PP_ERR_NOTFOUND, "%s has no parked input %s; priorpath parked list shows them", service,
                          id);
    const char *p[] = {u.person, u.subject};
    if (pp_pg_sync_exec(db, "select coalesce(max(id), 0) from parked", NULL, 0, on_newest, &u, err) < 0) return -1;
    char newest[24];
    snprintf(newest, sizeof newest, "%" PRId64, u.newest);
    if (pp_pg_sync_exec(db, "update parked set retry = true where person = $1::uuid and subject = $2::uuid", p, 2, NULL,
                        NULL, err) < 0)
        return -1;
    const char *q[] = {u.person, u.subject, newest};
    for (int64_t until = pp_mono_ms() + WAIT_MS;;) {
        if (pp_pg_sync_exec(
                db,
                "select count(*) filter (where id <= $3::int8), count(*) filter (where id > $3::int8) from parked "
                "where person = $1::uuid and subject = $2::uuid",
                q, 3, on_waiting, &u, err) < 0)
            return -1;
        if (u.waiting == 0) break;
        if (pp_mono_ms() >= until)
            return pp_err_set(err, PP_ERR_TIMEOUT,
                              "marked, but %s has not taken it up within %d s; is it running? (priorpath status)",
                              service, WAIT_MS / 1000);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
    if (u.again == 0) {
        printf("tried again: applied\n");
        return 0;
    }
    printf("tried again, and parked again:\n");
    if (pp_pg_sync_exec(db,
                        "select reason from parked where person = $1::uuid and subject = $2::uuid order by id limit 1",
                        p, 2, on_reason, NULL, err) < 0)
        return -1;
    return pp_err_set(err, PP_ERR_CONFLICT, "the cause is still there");
}

static int retry(const struct pp_config *c, const char *which, struct pp_err *err) {
    struct pp_str rest = pp_str_z(which), name = pp_str_split(&rest, '/');
    char service[32];
    int64_t id;
    snprintf(service, sizeof service, "%.*s", PP_FMT(name));
    if (!which || !pp_str_int(rest, &id))
        return pp_err_set(err, PP_ERR_INVALID, "which one? Say it as priorpath parked list does, like chart/12");
    const struct cli_service *svc = cli_service_of(service, err);
    struct pp_pg_sync_conn *db = NULL;
    if (!svc || cli_db(c, svc->name, false, NULL, &db, err) < 0) return -1;
    int rc = retry_unit(db, rest.s, service, err);
    pp_pg_sync_close(db);
    return rc;
}

int cmd_parked(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    const char *verb = cli_verb(&argc, &argv), *which = cli_verb(&argc, &argv);
    cli_settings("priorpath parked list [SERVICE]|retry SERVICE/ID", keys, argc, argv, &c);
    int rc = pp_clock_init(pp_config_str(c, "clock-file"), &err);
    if (rc == 0 && (!verb || strcmp(verb, "list") == 0))
        rc = list(c, which, &err);
    else if (rc == 0 && strcmp(verb, "retry") == 0)
        rc = retry(c, which, &err);
    else if (rc == 0)
        rc = pp_err_set(&err, PP_ERR_INVALID, "want list or retry, not \"%s\"", verb);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("parked", &err);
}
