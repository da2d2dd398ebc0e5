/* Rows of one person in memory: finding, adding, changes, roll-back. */
#include "core/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct pet_row {
    struct pp_row row;
    struct pp_str name; /* key */
    int32_t legs;
    pp_date born;
    struct pp_str note;
};
static const struct pp_col pet_cols[] = {
    PP_COL(pet_row, name, TEXT),
    PP_COL(pet_row, legs, INT),
    PP_COL(pet_row, born, DATE),
    PP_COL(pet_row, note, TEXT),
};
static const struct pp_table pets = {"pet", sizeof(struct pet_row), 1, 4, pet_cols, false};
static const struct pp_table *const tables[] = {&pets};

static struct pp_unit *new_unit(struct pp_arena *a) {
    pp_arena_init(a, 1 << 20);
    return pp_unit_new(a, tables, 1, PP_STR("t"), (struct pp_uuid){{1}});
}

static struct pet_row *add(struct pp_unit *u, const char *name) {
    return pp_row_add(u, 0, &(struct pet_row){.name = pp_str_z(name)});
}

static struct pet_row *load(struct pp_unit *u, const char *name, int legs) {
    struct pet_row *r = pp_unit_load(u, 0);
    r->name = pp_str_z(name);
    r->legs = legs;
    pp_unit_loaded(u, r, 0);
    return r;
}

static int count(struct pp_unit *u) {
    int n = 0;
    PP_EACH_ROW(u, 0, pet_row, r) n++;
    return n;
}

static void rows_are_found_and_added_once(void **state) {
    (void)state;
    struct pp_arena a;
    struct pp_unit *u = new_unit(&a);
    struct pet_row *cat = add(u, "cat");
    assert_ptr_equal(cat, add(u, "cat"));
    assert_ptr_equal(cat, pp_row_find(u, 0, &(struct pet_row){.name = PP_STR("cat")}));
    assert_null(pp_row_find(u, 0, &(struct pet_row){.name = PP_STR("dog")}));
    assert_int_equal(count(u), 1);
    pp_arena_free(&a);
}

static void changes_are_seen_by_value(void **state) {
    (void)state;
    struct pp_arena a;
    struct pp_unit *u = new_unit(&a);
    struct pet_row *cat = load(u, "cat", 4);
    assert_int_equal(pp_row_change(&pets, &cat->row), PP_ROW_SAME);
    char same[] = {0};
    cat->note = (struct pp_str){same, 0}; /* another pointer, the same empty text */
    assert_int_equal(pp_row_change(&pets, &cat->row), PP_ROW_SAME);
    cat->born = pp_date_of(2020, 1, 1);
    assert_int_equal(pp_row_change(&pets, &cat->row), PP_ROW_UPSERT);
    pp_row_delete(u, cat);
    assert_int_equal(pp_row_change(&pets, &cat->row), PP_ROW_DELETE);
    assert_int_equal(count(u), 0);
    struct pet_row *dog = add(u, "dog");
    assert_int_equal(pp_row_change(&pets, &dog->row), PP_ROW_UPSERT);
    pp_row_delete(u, dog); /* never was in the database */
    assert_int_equal(pp_row_change(&pets, &dog->row), PP_ROW_SAME);
    pp_arena_free(&a);
}

static void a_deleted_row_comes_back_empty(void **state) {
    (void)state;
    struct pp_arena a;
    struct pp_unit *u = new_unit(&a);
    struct pet_row *cat = load(u, "cat", 4);
    pp_row_delete(u, cat);
    struct pet_row *again = add(u, "cat");
    assert_int_equal(again->legs, 0);
    assert_true(pp_str_eqz(again->name, "cat"));
    assert_int_equal(pp_row_change(&pets, &again->row), PP_ROW_UPSERT);
    again->legs = 4;
    assert_int_equal(pp_row_change(&pets, &again->row), PP_ROW_SAME); /* as in the database again */
    pp_arena_free(&a);
}

static void rollback_puts_everything_back(void **state) {
    (void)state;
    struct pp_arena a;
    struct pp_unit *u = new_unit(&a);
    struct pet_row *cat = load(u, "cat", 4), *dog = load(u, "dog", 4);
    cat->legs = 3; /* an earlier input of the same batch */
    struct pp_unit_mark *m = pp_unit_mark(u);
    cat->legs = 2;
    pp_row_delete(u, dog);
    add(u, "fish");
    pp_unit_rollback(u, m);
    assert_int_equal(cat->legs, 3);
    assert_int_equal(count(u), 2);
    assert_null(pp_row_find(u, 0, &(struct pet_row){.name = PP_STR("fish")}));
    add(u, "bird");
    assert_int_equal(count(u), 3);
    pp_arena_free(&a);
}

static void rollback_of_an_empty_unit(void **state) {
    (void)state;
    struct pp_arena a;
    struct pp_unit *u = new_unit(&a);
    struct pp_unit_mark *m = pp_unit_mark(u);
    add(u, "cat");
    pp_unit_rollback(u, m);
    assert_int_equal(count(u), 0);
    add(u, "dog");
    assert_int_equal(count(u), 1);
    pp_arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_and_added_once),  cmocka_unit_test(changes_are_seen_by_value),
        cmocka_unit_test(a_deleted_row_comes_back_empty), cmocka_unit_test(rollback_puts_everything_back),
        cmocka_unit_test(rollback_of_an_empty_unit),
    };
    return cmocka_run_group_tests_name("unit", tests, NULL, NULL);
}
