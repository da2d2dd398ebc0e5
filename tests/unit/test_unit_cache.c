/* The cache of units: what comes out is what the database would give, in its order, and memory is bounded. */
#include "service/unit_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARENA_MAX ((size_t)8 << 20)

struct pet_row {
    struct pp_row row;
    struct pp_str name;
    int32_t legs;
    struct pp_str note;
};
static const struct pp_col pet_cols[] = {PP_COL(pet_row, name, TEXT), PP_COL(pet_row, legs, INT),
                                         PP_COL(pet_row, note, TEXT)};
static const struct pp_table pets = {"pet", sizeof(struct pet_row), 1, 3, pet_cols, false};
static const struct pp_table history = {"seen", sizeof(struct pet_row), 1, 3, pet_cols, true};
static const struct pp_table *const tables[] = {&pets, &history};

static struct pp_arena arena;

static struct pp_unit *unit_of(int person) {
    struct pp_uuid id = {{9}};
    id.b[15] = (uint8_t)person;
    id.b[14] = (uint8_t)(person >> 8);
    return pp_unit_new(&arena, tables, 2, PP_STR("t"), id);
}
static struct pet_row *add(struct pp_unit *u, int table, const char *name, const char *note) {
    struct pet_row key = {.name = pp_arena_strz(&arena, name)};
    struct pet_row *r = pp_row_add(u, table, &key);
    assert_non_null(r);
    r->note = pp_arena_strz(&arena, note);
    return r;
}
static const char *names(struct pp_unit *u) {
    static char text[200];
    text[0] = 0;
    for (struct pet_row *r = pp_row_next(u, 0, NULL); r; r = pp_row_next(u, 0, r)) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%.*s=%.*s/%d ", PP_FMT(r->name), PP_FMT(r->note), r->legs);
    }
    return text;
}

static int setup(void **state) {
    (void)state;
    pp_arena_init(&arena, ARENA_MAX);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    pp_arena_free(&arena);
    return 0;
}

static void comes_back_in_key_order(void **state) {
    (void)state;
    struct pp_unit_cache *c = pp_unit_cache_new(tables, 2, 1 << 20);
    struct pp_unit *u = unit_of(1);
    assert_false(pp_unit_cache_get(c, u));
    add(u, 0, "rex", "dog")->legs = 4;
    add(u, 0, "ant", "");
    pp_row_delete(u, add(u, 0, "gone", "x"));
    add(u, 1, "history", "is not kept");
    pp_unit_cache_put(c, u);
    pp_arena_reset(&arena);
    struct pp_unit *v = unit_of(1);
    assert_true(pp_unit_cache_get(c, v));
    assert_string_equal(names(v), "ant=/0 rex=dog/4 ");
    assert_null(pp_row_next(v, 1, NULL));
    for (struct pp_row *r = pp_unit_each(v, 0, NULL); r; r = pp_unit_each(v, 0, r))
        assert_int_equal(pp_row_change(&pets, r), PP_ROW_SAME);
    /* changed, committed, and there again; the texts of the first entry may be viewed by the second unit */
    struct pet_row key = {.name = PP_STR("ant")};
    struct pet_row *ant = pp_row_find(v, 0, &key);
    ant->legs = 6;
    pp_row_delete(v, pp_row_next(v, 0, ant));
    pp_unit_cache_put(c, v);
    struct pp_unit *w = unit_of(1);
    assert_true(pp_unit_cache_get(c, w));
    assert_string_equal(names(w), "ant=/6 ");
    pp_unit_cache_drop(c, pp_unit_person(w));
    assert_false(pp_unit_cache_get(c, unit_of(1)));
    assert_int_equal(pp_unit_cache_bytes(c), 0);
    pp_unit_cache_free(c);
}

static void nothing_known_is_known_too(void **state) {
    (void)state;
    struct pp_unit_cache *c = pp_unit_cache_new(tables, 2, 1 << 20);
    pp_unit_cache_put(c, unit_of(3));
    struct pp_unit *u = unit_of(3);
    assert_true(pp_unit_cache_get(c, u));
    assert_string_equal(names(u), "");
    pp_unit_cache_free(c);
}

static void oldest_goes_first(void **state) {
    (void)state;
    struct pp_unit_cache *c = pp_unit_cache_new(tables, 2, 64 << 10);
    char note[1001];
    memset(note, 'n', 1000);
    note[1000] = 0;
    for (int i = 0; i < 500; i++) {
        struct pp_unit *u = unit_of(i);
        add(u, 0, "rex", note);
        pp_unit_cache_put(c, u);
        struct pp_unit *zero = unit_of(0); /* used all the time: stays */
        assert_true(pp_unit_cache_get(c, zero));
        pp_unit_cache_put(c, zero);
        pp_unit_cache_trim(c);
        assert_true(pp_unit_cache_bytes(c) <= 64 << 10);
    }
    assert_false(pp_unit_cache_get(c, unit_of(1)));
    assert_true(pp_unit_cache_get(c, unit_of(499)));
    pp_unit_cache_clear(c);
    assert_int_equal(pp_unit_cache_bytes(c), 0);
    assert_false(pp_unit_cache_get(c, unit_of(0)));
    pp_unit_cache_free(c);
}

static void none_keeps_nothing(void **state) {
    (void)state;
    assert_null(pp_unit_cache_new(tables, 2, 0));
    pp_unit_cache_put(NULL, unit_of(1));
    pp_unit_cache_trim(NULL);
    assert_false(pp_unit_cache_get(NULL, unit_of(1)));
    pp_unit_cache_drop(NULL, pp_unit_person(unit_of(1)));
    pp_unit_cache_clear(NULL);
    assert_int_equal(pp_unit_cache_bytes(NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(comes_back_in_key_order, setup, teardown),
                                       cmocka_unit_test_setup_teardown(nothing_known_is_known_too, setup, teardown),
                                       cmocka_unit_test_setup_teardown(oldest_goes_first, setup, teardown),
                                       cmocka_unit_test_setup_teardown(none_keeps_nothing, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
