/* The compiled guides, code lists and dictionary as tables: what the checker takes for granted holds for all of them.
 */
#include "codec/x12_guide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void check_form(const struct pp_x12_form *f, bool composite) {
    assert_non_null(f);
    assert_true(f->n >= 1 && f->n <= 64);
    uint64_t all = f->n == 64 ? UINT64_MAX : (UINT64_C(1) << f->n) - 1;
    assert_true(((f->mandatory | f->required | f->unused) & ~all) == 0);
    assert_true((f->mandatory & ~f->required) == 0);
    assert_true((f->required & f->unused) == 0);
    for (unsigned i = 0; i < f->n; i++) {
        const struct pp_x12_el_use *u = &f->el[i];
        assert_int_equal(u->usage == PP_X12_REQUIRED, (f->required >> i & 1) != 0);
        assert_int_equal(u->usage == PP_X12_NOT_USED, (f->unused >> i & 1) != 0);
        assert_true(u->repeat >= 1);
        if (u->type == PP_X12_T_COMPOSITE) {
            assert_false(composite); /* no composite inside of one */
            assert_int_equal(u->look, PP_X12_LOOK_COMPOSITE);
            assert_true(u->parts->n <= 16);
            check_form(u->parts, true);
            continue;
        }
        const struct pp_x12_dict_element *d = pp_x12_element_find(u->number);
        assert_non_null(d);
        assert_int_equal(d->type, u->type);
        assert_true(u->min >= d->min && u->min + u->span <= d->max);
        assert_int_equal(u->look == PP_X12_LOOK_CODES, u->codes != NULL);
        assert_true(u->by <= f->n);
    }
    for (unsigned i = 0; i < f->notes_n; i++) {
        assert_true((f->notes[i].all & ~all) == 0);
        assert_true(f->notes[i].all >> (f->notes[i].first - 1) & 1);
        assert_true(f->notes[i].rest == (f->notes[i].all & ~(UINT64_C(1) << (f->notes[i].first - 1))));
    }
}

static void check_codes(const struct pp_x12_codes *list) {
    for (uint32_t i = 0; i < list->n; i++) {
        assert_true(pp_x12_codes_have(list, list->code[i]));
        assert_true(i == 0 || list->code[i - 1] < list->code[i]);
    }
    assert_false(pp_x12_codes_have(list, pp_x12_pack("\x01\x02", 2)));
}

static void check_rule(const struct pp_x12_rule *r) {
    static const uint64_t none[PP_X12_FACTS_MAX / 64];
    assert_true(r->snip >= 2 && r->snip <= 5);
    assert_true(r->name[0] && r->text[0]);
    assert_int_equal(r->holds == NULL, r->balance != PP_X12_BALANCE_NONE);
    assert_true(r->place.segment[0] != 0);
    if (r->holds) (void)r->holds(none); /* it can be asked */
}

static void check_use(const struct pp_x12_guide *g, const struct pp_x12_use *u) {
    const struct pp_x12_loop *loop = &g->loops[u->loop];
    const struct pp_x12_dict_segment *d = pp_x12_dict_find(u->id);
    assert_non_null(d);
    assert_non_null(d->form);
    assert_int_equal(d->form->n, u->form->n);
    assert_true(&g->uses[loop->child + u->child] == u);
    assert_true(u->child < PP_X12_CHILDREN_MAX);
    check_form(u->form, false);
    if (u->key_codes) check_codes(u->key_codes);
    if (u->max != 1) assert_true(u->counter >= loop->counters_from && u->counter < loop->counters_to);
    if (u->opens != PP_X12_GUIDE_NONE) {
        assert_true(&g->uses[g->loops[u->opens].opener] == u);
        assert_int_equal(g->loops[u->opens].parent, u->loop);
    }
    for (unsigned i = 0; i < u->facts_n; i++) assert_true(u->facts[i].bit < PP_X12_FACTS_MAX);
    for (unsigned i = 0; i < u->rules_n; i++) check_rule(&u->rules[i]);
    /* it is found by its loop and id */
    bool found = false;
    for (const uint16_t *at = pp_x12_guide_uses(g, u->loop, u->id); at && *at != PP_X12_GUIDE_NONE; at++)
        found = found || &g->uses[*at] == u;
    assert_true(found);
    assert_non_null(u->name);
}

static void guides(void **state) {
    (void)state;
    assert_true(pp_x12_guides_n >= 17);
    for (uint32_t i = 0; i < pp_x12_guides_n; i++) {
        const struct pp_x12_guide *g = pp_x12_guides[i];
        assert_true(pp_x12_guide_named(g->name) == g);
        assert_true(g->versions[0] && g->source[0]);
        for (uint32_t l = 0; l < g->loops_n; l++) {
            const struct pp_x12_loop *loop = &g->loops[l];
            assert_true(loop->depth < PP_X12_DEPTH_MAX);
            assert_int_equal(l == 0, loop->parent == PP_X12_GUIDE_NONE);
            if (l) assert_int_equal(loop->depth, g->loops[loop->parent].depth + 1);
            /* what a loop keeps does not touch what the loops around it keep */
            if (l) assert_true(loop->facts_from >= g->loops[loop->parent].facts_to);
            if (l) assert_true(loop->counters_from >= g->loops[loop->parent].counters_to);
            assert_true(loop->facts_to <= PP_X12_FACTS_MAX && loop->counters_to <= PP_X12_COUNTS_MAX);
            for (uint32_t k = 1; k < loop->children_n; k++)
                assert_true(g->uses[loop->child + k - 1].pos <= g->uses[loop->child + k].pos);
            for (uint32_t k = 0; k < loop->rules_n; k++) check_rule(&loop->rules[k]);
        }
        for (uint32_t k = 0; k < g->uses_n; k++) check_use(g, &g->uses[k]);
        assert_null(pp_x12_guide_uses(g, 0, 'Q' | 'Q' << 8));
    }
}

static void dictionary(void **state) {
    (void)state;
    for (uint32_t i = 0; i < pp_x12_dict_n; i++) {
        assert_true(i == 0 || pp_x12_dict[i - 1].id < pp_x12_dict[i].id);
        assert_true(pp_x12_dict_find(pp_x12_dict[i].id) == &pp_x12_dict[i]);
        if (pp_x12_dict[i].form) check_form(pp_x12_dict[i].form, false);
    }
    assert_null(pp_x12_dict_find('Q' | 'Q' << 8 | 'Q' << 16));
    for (uint32_t i = 1; i < pp_x12_elements_n; i++)
        assert_true(pp_x12_elements[i - 1].number < pp_x12_elements[i].number);
    assert_null(pp_x12_element_find(0));
    assert_null(pp_x12_element_find(65535));
}

static void lists(void **state) {
    (void)state;
    for (uint32_t i = 0; i < pp_x12_lists_n; i++) {
        assert_true(pp_x12_list(pp_x12_lists[i]->name) == pp_x12_lists[i]);
        check_codes(pp_x12_lists[i]);
    }
    assert_null(pp_x12_list("no-such-list"));
    assert_non_null(pp_x12_codes_words(pp_x12_list("review-actions"), PP_STR("A1")));
    assert_null(pp_x12_codes_words(pp_x12_list("review-actions"), PP_STR("ZZ")));
    assert_null(pp_x12_codes_words(NULL, PP_STR("A1")));
}

static void packing(void **state) {
    (void)state;
    char exact[12] = "ABCDEFGHIJK";
    uint64_t seen[12];
    for (uint32_t n = 0; n < 12; n++) {
        seen[n] = pp_x12_pack(exact, n);
        for (uint32_t k = 0; k < n; k++) assert_true(seen[k] != seen[n]);
        for (uint32_t k = 0; k < n && n <= 8; k++) assert_int_equal((unsigned char)exact[k], seen[n] >> (8 * k) & 0xff);
        assert_int_equal(seen[n] >> 63, n > 8); /* a hash is no packed text */
    }
    assert_true(pp_x12_pack("005010X217", 10) != pp_x12_pack("005010X222", 10));
}

static void finding_guides(void **state) {
    (void)state;
    static const struct {
        const char *st01, *version, *bht02, *name;
        bool several;
    } find[] = {
        {"278", "005010X217", "13", "278-request", true},  {"278", "005010X217", "36", "278-request", true},
        {"278", "005010X217", "11", "278-response", true}, {"278", "005010X215", "28", "278-inquiry", true},
        {"837", "005010X222A1", "", "837p", false},        {"837", "005010X222", "", "837p", false},
        {"837", "005010X223A2", "", "837i", false},        {"837", "005010X217", "", NULL, false},
        {"837", "004010X098A1", "", NULL, false},          {"", "", "", NULL, false},
    };
    for (size_t i = 0; i < sizeof find / sizeof *find; i++) {
        bool several;
        const struct pp_x12_guide *g =
            pp_x12_guide_find(pp_str_z(find[i].st01), pp_str_z(find[i].version), pp_str_z(find[i].bht02), &several);
        assert_int_equal(g == NULL, find[i].name == NULL);
        if (g) assert_string_equal(g->name, find[i].name);
        assert_int_equal(several, find[i].several);
    }
    assert_null(pp_x12_guide_named("no-such-guide"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guides),  cmocka_unit_test(dictionary),     cmocka_unit_test(lists),
        cmocka_unit_test(packing), cmocka_unit_test(finding_guides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
