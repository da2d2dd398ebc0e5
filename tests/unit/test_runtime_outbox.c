/* The packed output of a batch: what goes in comes out, the same bytes for memory and database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/outbox.h"
#include "service/rowmap.h"
#include "service/late.h"

#include <stdio.h>
#include <string.h>

static struct pp_str header(const struct pp_outbox_item *it, const char *name) {
    return pp_headers_get(it->send.headers, it->send.nheaders, name);
}

static void facts_and_snapshots(void **state) {
    (void)state;
    struct pp_buf b;
    pp_buf_init(&b, 1 << 20);
    struct pp_fact f = {.id = {3, 5, 1, 6, 77},
                        .person = {{1, 2, 3}},
                        .time_ms = INT64_C(1795528800123),
                        .tenant = PP_STR("lakeside"),
                        .type = PP_STR("case.opened"),
                        .subject = PP_STR("s"),
                        .cause = PP_STR("1-5-1-5-9"),
                        .trace = PP_STR("t"),
                        .body = PP_STR("{\"a\":1}")};
    pp_outbox_add_fact(&b, &f);
    struct pp_header h[] = {{PP_STR("ce_type"), PP_STR("task")}, {PP_STR("empty"), PP_STR_NONE}};
    struct pp_send s = {.topic = "pa.task.v1",
                        .partition = 2,
                        .key = PP_STR("lakeside/x"),
                        .tombstone = true,
                        .headers = h,
                        .nheaders = 2};
    pp_outbox_add_send(&b, &s);
    struct pp_str rest = pp_buf_str(&b);
    struct pp_outbox_item it;
    bool bad;
    assert_true(pp_outbox_next(&rest, "chart", &it, &bad));
    assert_true(it.is_log);
    assert_string_equal(it.send.topic, "pa.log.v1");
    assert_int_equal(it.send.partition, 6);
    assert_true(pp_str_eqz(it.send.key, "01020300-0000-0000-0000-000000000000"));
    assert_true(pp_str_eqz(it.send.value, "{\"a\":1}"));
    assert_true(pp_str_eqz(header(&it, "ce_id"), "3-5-1-6-77"));
    assert_true(pp_str_eqz(header(&it, "ce_source"), "/priorpath/chart/5"));
    assert_true(pp_str_eqz(header(&it, "ce_time"), "2026-11-24T14:00:00.123Z"));
    assert_int_equal(header(&it, "ce_dataschema").n, 0); /* nor content-type: bytes that say nothing to our services */
    assert_true(pp_str_eqz(header(&it, "pp_cause"), "1-5-1-5-9"));
    assert_true(pp_outbox_next(&rest, "chart", &it, &bad));
    assert_false(it.is_log);
    assert_true(it.send.tombstone);
    assert_string_equal(it.send.topic, "pa.task.v1");
    assert_int_equal(it.send.nheaders, 2);
    assert_false(pp_outbox_next(&rest, "chart", &it, &bad));
    assert_false(bad);
    pp_buf_free(&b);
}

/* A row that was cut or changed is seen, wherever. */
static void broken_rows(void **state) {
    (void)state;
    struct pp_buf b;
    pp_buf_init(&b, 1 << 20);
    struct pp_fact f = {
        .id = {3, 5, 1, 6, 77}, .tenant = PP_STR("t"), .type = PP_STR("case.opened"), .body = PP_STR("{}")};
    pp_outbox_add_fact(&b, &f);
    struct pp_outbox_item it;
    bool bad;
    for (uint32_t n = 1; n < b.n; n++) {
        struct pp_str cut = {b.p, n};
        assert_false(pp_outbox_next(&cut, "x", &it, &bad));
        assert_true(bad);
    }
    b.p[0] = 9;
    struct pp_str unknown = pp_buf_str(&b);
    assert_false(pp_outbox_next(&unknown, "x", &it, &bad));
    assert_true(bad);
    pp_buf_free(&b);
}

static void headers_blob(void **state) {
    (void)state;
    struct pp_buf b;
    struct pp_header h[] = {{PP_STR("a"), PP_STR("1")}, {PP_STR("b"), PP_STR("")}}, back[4];
    pp_buf_init(&b, 1000);
    pp_headers_pack(&b, h, 2);
    assert_int_equal(pp_headers_unpack(pp_buf_str(&b), back, 4), 2);
    assert_true(pp_str_eqz(back[0].value, "1"));
    assert_int_equal(pp_headers_unpack(pp_buf_str(&b), back, 1), 0); /* more than there is room for */
    pp_buf_free(&b);
}

static void trace_goes_on(void **state) {
    (void)state;
    char a[PP_TRACEPARENT_MAX], b[PP_TRACEPARENT_MAX];
    pp_trace_child(PP_STR("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), PP_STR("1-1-1-1-1"), a);
    assert_int_equal(strlen(a), 55);
    assert_memory_equal(a, "00-0af7651916cd43dd8448eb211c80319c-", 36);
    pp_trace_child(PP_STR_NONE, PP_STR("1-1-1-1-1"), b);
    assert_int_equal(strlen(b), 55);
    assert_memory_equal(a + 36, b + 36, 16); /* the span follows from the record alone */
}

/* ---- snapshots watched after a takeover ---- */

static int sent;
static char last_value[32];
static void on_sent(void *user, const struct pp_send *s) {
    (void)user;
    sent++;
    snprintf(last_value, sizeof last_value, "%.*s", PP_FMT(s->value));
}

static void watched_newest(void **state) {
    (void)state;
    struct pp_late *w = pp_late_new();
    struct pp_send s = {.topic = "pa.task.v1", .key = PP_STR("k"), .value = PP_STR("v1")}, other = s, stranger = s;
    other.topic = "pa.readiness.v1";
    stranger.key = PP_STR("z");
    pp_late_update(w, &s); /* nothing is watched yet */
    pp_late_due(w, 0, on_sent, NULL);
    assert_int_equal(sent, 0);
    pp_late_add(w, &s, 1000);
    s.value = PP_STR("v2");
    pp_late_update(w, &s);
    pp_late_update(w, &other);
    pp_late_update(w, &stranger);
    pp_late_due(w, 1000 + PP_LATE_MS - 1, on_sent, NULL);
    assert_int_equal(sent, 0);
    pp_late_due(w, 1000 + PP_LATE_MS, on_sent, NULL);
    assert_int_equal(sent, 1);
    assert_string_equal(last_value, "v2");
    pp_late_due(w, 1000 + 2 * PP_LATE_MS, on_sent, NULL);
    assert_int_equal(sent, 1);
    pp_late_free(w);
}

/* ---- SQL of row maps ---- */

struct line_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_str code;
    int64_t at;
};
static const struct pp_col cols[] = {PP_COL(line_row, case_id, UUID), PP_COL(line_row, line, INT),
                                     PP_COL(line_row, code, TEXT), PP_COL(line_row, at, TIME)};

static void rowmap_sql(void **state) {
    (void)state;
    const struct pp_table t = {"line", sizeof(struct line_row), 2, 4, cols, false},
                          only_keys = {"mark", sizeof(struct line_row), 2, 2, cols, false};
    struct pp_rowmap m;
    struct pp_err err;
    assert_int_equal(pp_rowmap_init(&m, &t, &err), 0);
    assert_string_equal(
        m.select.p,
        "select person, \"case_id\", \"line\", \"code\", \"at\" from \"line\" where person = any($1::uuid[]) "
        "order by person, \"case_id\", \"line\"");
    assert_string_equal(
        m.insert.p,
        "insert into \"line\" (tenant, person, home, \"case_id\", \"line\", \"code\", \"at\") select tenant, "
        "person, home, \"case_id\", \"line\", \"code\", \"at\" from unnest($1::\"line\"[])");
    assert_string_equal(
        m.update.p,
        "update \"line\" t set \"code\" = x.\"code\", \"at\" = x.\"at\" from unnest($1::\"line\"[]) x where "
        "t.person = x.person and t.\"case_id\" = x.\"case_id\" and t.\"line\" = x.\"line\"");
    assert_string_equal(
        m.del.p,
        "delete from \"line\" t using unnest($1::uuid[], $2::uuid[], $3::int[]) x(person, \"case_id\", \"line\") "
        "where t.person = x.person and t.\"case_id\" = x.\"case_id\" and t.\"line\" = x.\"line\"");
    pp_rowmap_free(&m);
    assert_int_equal(pp_rowmap_init(&m, &only_keys, &err), 0);
    assert_string_equal(m.update.p, ""); /* nothing in such a row can change */
    pp_rowmap_free(&m);
}

/* Arrays as PostgreSQL's array_recv wants them: dimensions, NULLs, type, length, lower bound, elements. */
static void binary_arrays(void **state) {
    (void)state;
    struct pp_array a;
    pp_array_init(&a);
    pp_array_begin(&a, PP_PG_TIMESTAMPTZ);
    pp_array_time(&a, 0);
    pp_array_time(&a, INT64_C(946684800001));
    struct pp_str p = pp_array_param(&a);
    static const uint8_t want[] = {0, 0, 0,   1,   0,   0,   0, 1, 0, 0, 4, 160, 0, 0, 0, 2, 0, 0,
                                   0, 1, 255, 255, 255, 255, 0, 0, 0, 8, 0, 0,   0, 0, 0, 0, 3, 232};
    assert_int_equal(p.n, sizeof want);
    assert_memory_equal(p.s, want, sizeof want);
    pp_array_begin(&a, PP_PG_DATE);
    pp_array_date(&a, pp_date_of(2000, 1, 2));
    p = pp_array_param(&a);
    assert_int_equal(p.n, 28);
    assert_int_equal(p.s[27], 1);
    pp_array_free(&a);
}

/* A row as record_recv wants it: bytes, columns; for each column of the table, in the order of the database, type,
 * bytes and value. A column that only the database knows is NULL. */
static void binary_rows(void **state) {
    (void)state;
    const struct pp_table t = {"mark", sizeof(struct line_row), 1, 2, &cols[1], false};
    struct pp_rowmap m;
    struct pp_err err;
    struct pp_array a;
    assert_int_equal(pp_rowmap_init(&m, &t, &err), 0);
    m.row_type = 70000;
    m.ndb = 3;
    m.db[0] = (struct pp_rowmap_db_col){1, PP_PG_TEXT};
    m.db[1] = (struct pp_rowmap_db_col){PP_ROWMAP_UNKNOWN, PP_PG_DATE};
    m.db[2] = (struct pp_rowmap_db_col){0, PP_PG_INT4};
    const struct line_row row = {.line = 7, .code = PP_STR("ab")};
    pp_array_init(&a);
    pp_rowmap_begin_rows(&m, &a);
    pp_rowmap_add_row(&m, &a, PP_STR("north"), (struct pp_uuid){{0}}, &row);
    pp_rowmap_add_row(&m, &a, PP_STR("north"), (struct pp_uuid){{0}}, &row);
    struct pp_str p = pp_array_param(&a);
    static const uint8_t head[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 17, 112, 0, 0, 0, 2, 0, 0, 0, 1};
    static const uint8_t one[] = {0, 0, 0,  34,  0,   0,   0,   3, 0, 0, 0,  25, 0, 0, 0, 2, 'a', 'b', 0,
                                  0, 4, 58, 255, 255, 255, 255, 0, 0, 0, 23, 0,  0, 0, 4, 0, 0,   0,   7};
    assert_int_equal(p.n, sizeof head + 2 * sizeof one);
    assert_memory_equal(p.s, head, sizeof head);
    assert_memory_equal(p.s + sizeof head, one, sizeof one);
    assert_memory_equal(p.s + sizeof head + sizeof one, one, sizeof one);
    pp_array_free(&a);
    pp_rowmap_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(facts_and_snapshots), cmocka_unit_test(broken_rows),
                                       cmocka_unit_test(headers_blob),        cmocka_unit_test(trace_goes_on),
                                       cmocka_unit_test(watched_newest),      cmocka_unit_test(rowmap_sql),
                                       cmocka_unit_test(binary_rows),         cmocka_unit_test(binary_arrays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
