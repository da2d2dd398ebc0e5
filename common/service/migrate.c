#include "service/migrate.h"

#include <stdio.h>
#include <string.h>

extern const char *const runtime_migrations[];

/* Every table that has a tenant is read under row-level security: the tenant of the request and, where rows have a
 * site, one of the person's sites ('*' = all; a row without a site is the tenant's). The writer's own policy lets it
 * see all rows. Runtime tables that no reader needs have no tenant column, or are left out by name. */
static const char policies_sql[] =
    "do $$ declare t record; w text := 'pp_' || current_schema(); r text := w || '_read'; begin\n"
    "execute format('grant usage on schema %I to %I, %I', current_schema(), w, r);\n"
    "execute format('grant select, insert, update, delete on all tables in schema %I to %I', current_schema(), w);\n"
    "execute format('grant usage, select on all sequences in schema %I to %I', current_schema(), w);\n"
    "for t in select c.oid::regclass as tab, c.relname, exists (select from pg_attribute a where a.attrelid = c.oid "
    "and a.attname = 'site') as site "
    "from pg_class c join pg_attribute k on k.attrelid = c.oid and k.attname = 'tenant' "
    "where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') loop\n"
    "execute format('alter table %s enable row level security', t.tab);\n"
    "execute format('drop policy if exists pp_write on %s', t.tab);\n"
    "execute format('create policy pp_write on %s to %I using (true) with check (true)', t.tab, w);\n"
    "execute format('drop policy if exists pp_read on %s', t.tab);\n"
    "execute format('drop policy if exists pp_note on %s', t.tab);\n"
    "if t.relname in ('timer', 'job', 'parked') then continue; end if;\n"
    "if t.relname = 'access_log' then\n"
    "  execute format('create policy pp_note on %s for insert to %I with check (tenant = "
    "current_setting(''app.tenant'', true))', t.tab, r);\n"
    "  execute format('grant insert on %s to %I', t.tab, r);\n"
    "end if;\n"
    "execute format('create policy pp_read on %s for select to %I using (tenant = current_setting(''app.tenant'', "
    "true)%s)', t.tab, r, "
    "case when t.site then ' and (current_setting(''app.sites'', true) = ''*'' or site = '''' or "
    "site = any(string_to_array(current_setting(''app.sites'', true), '','')))' else '' end);\n"
    "execute format('grant select on %s to %I', t.tab, r);\n"
    "end loop; end $$";

static const char table_sql[] =
    "create table if not exists schema_migration (part text not null, no int not null, primary key (part, no))";

struct found {
    int64_t n;
};

static void on_count(void *user, const struct pp_rows *r) {
    struct found *f = user;
    f->n = pp_rows_n(r) ? pp_rows_int(r, 0, 0) : 0;
}

static int done_of(struct pp_pg_sync_conn *c, const char *part, int *ret, struct pp_err *err) {
    struct found f = {0};
    const char *params[] = {part};
    if (pp_pg_sync_exec(c, "select coalesce(max(no), 0) from schema_migration where part = $1", params, 1, on_count, &f,
                        err) < 0)
        return -1;
    *ret = (int)f.n;
    return 0;
}

static int count(const char *const *list) {
    int n = 0;
    while (list && list[n]) n++;
    return n;
}

static int run_part(struct pp_pg_sync_conn *c, const char *part, const char *const *list, int *done,
                    struct pp_err *err) {
    int have;
    if (done_of(c, part, &have, err) < 0) return -1;
    for (int i = have; i < count(list); i++) {
        char no[16];
        snprintf(no, sizeof no, "%d", i + 1);
        const char *params[] = {part, no};
        int rc = pp_pg_sync_exec(c, "begin", NULL, 0, NULL, NULL, err);
        if (rc == 0) rc = pp_pg_sync_exec(c, list[i], NULL, 0, NULL, NULL, err);
        if (rc == 0)
            rc = pp_pg_sync_exec(c, "insert into schema_migration (part, no) values ($1, $2::int)", params, 2, NULL,
                                 NULL, err);
        if (rc == 0) rc = pp_pg_sync_exec(c, "commit", NULL, 0, NULL, NULL, err);
        if (rc < 0) {
            err->retriable = err->retriable && strncmp(err->code, "42", 2) != 0;
            return pp_err_wrap(err, "migration %s/%d", part, i + 1);
        }
        (*done)++;
    }
    return 0;
}

int pp_migrate(const struct pp_pg_opts *owner, const char *schema, const char *const *app_migrations, int *ret_done,
               struct pp_err *err) {
    struct pp_pg_sync_conn *c;
    char create[200];
    int done = 0;
    if (pp_pg_sync_open(owner, &c, err) < 0) return -1;
    snprintf(create, sizeof create, "create schema if not exists \"%s\"", schema);
    int rc = pp_pg_sync_exec(c, create, NULL, 0, NULL, NULL, err);
    /* Two instances started with --migrate at once: one after the other. */
    if (rc == 0)
        rc = pp_pg_sync_exec(c, "select pg_advisory_lock(hashtext(current_schema()))", NULL, 0, NULL, NULL, err);
    if (rc == 0) rc = pp_pg_sync_exec(c, table_sql, NULL, 0, NULL, NULL, err);
    if (rc == 0) rc = run_part(c, "runtime", runtime_migrations, &done, err);
    if (rc == 0) rc = run_part(c, "app", app_migrations, &done, err);
    if (rc == 0 && (rc = pp_pg_sync_exec(c, policies_sql, NULL, 0, NULL, NULL, err)) < 0) pp_err_wrap(err, "policies");
    pp_pg_sync_close(c);
    *ret_done = done;
    return rc;
}

int pp_migrated(struct pp_pg_sync_conn *c, const char *const *app_migrations, struct pp_err *err) {
    int runtime, app;
    if (done_of(c, "runtime", &runtime, err) < 0) {
        if (strcmp(err->code, "42P01") == 0)
            pp_err_set(err, PP_ERR_CONFLICT, "the schema has no tables yet: run with --migrate");
        err->retriable = true;
        return -1;
    }
    if (done_of(c, "app", &app, err) < 0) return -1;
    /* A newer binary may have added migrations already: they are additive, so an older one runs with them. */
    if (runtime >= count(runtime_migrations) && app >= count(app_migrations)) return 0;
    pp_err_set(err, PP_ERR_CONFLICT, "migrations are missing (runtime %d of %d, service %d of %d): run with --migrate",
               runtime, count(runtime_migrations), app, count(app_migrations));
    err->retriable = true;
    return -1;
}
