/* Who a message is about. The last test is the property that matters most: over ten thousand people with reused and
 * shared numbers, twins and merges, no message is ever linked to the wrong person. */
#include "intake/receive/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct pp_arena arena;
static uint32_t minted;

static struct pp_uuid next_id(void *user) {
    (void)user;
    char name[16];
    snprintf(name, sizeof name, "p%u", minted++);
    return pp_uuid_derive((struct pp_uuid){{9}}, pp_str_z(name));
}

static struct rcv_registry *fresh(void) {
    pp_arena_free(&arena);
    pp_arena_init(&arena, (size_t)1 << 30);
    minted = 0;
    return rcv_registry_new(&arena, next_id, NULL);
}

static struct rcv_key key(enum rcv_key_kind kind, const char *authority, const char *value) {
    return (struct rcv_key){PP_STR("t"), kind, pp_str_z(authority), pp_arena_strz(&arena, value)};
}

struct who {
    const char *mrn, *authority, *order, *birth, *sex, *family;
};

static enum rcv_verdict resolve(struct rcv_registry *g, struct who w, struct pp_uuid *ret) {
    struct rcv_key who[1], about[1];
    struct rcv_subject s = {
        .tenant = PP_STR("t"), .who = who, .about = about, .sex = pp_str_z(w.sex), .family = pp_str_z(w.family)};
    if (w.birth) assert_true(pp_date_parse(pp_str_z(w.birth), &s.birth));
    if (w.mrn) who[s.nwho++] = key(RCV_KEY_MRN, w.authority, w.mrn);
    if (w.order) about[s.nabout++] = key(RCV_KEY_ORDER, w.authority, w.order);
    const char *reason;
    return rcv_resolve(g, &s, ret, &reason);
}

static void a_number_is_one_person(void **state) {
    (void)state;
    struct rcv_registry *g = fresh();
    struct pp_uuid a, b;
    assert_int_equal(resolve(g, (struct who){"1001", "ehr", NULL, "1959-03-12", "f", "KOWALSKI"}, &a), RCV_MINTED);
    assert_int_equal(resolve(g, (struct who){"1001", "ehr", NULL, "1959-03-12", "f", "NOWAK"}, &b),
                     RCV_KNOWN); /* married */
    assert_true(pp_uuid_eq(a, b));
    assert_int_equal(resolve(g, (struct who){"1001", "ehr", NULL, NULL, NULL, NULL}, &b),
                     RCV_KNOWN); /* says nothing else */
    assert_true(pp_uuid_eq(a, b));
}

static void two_senders_may_use_one_number(void **state) {
    (void)state;
    struct rcv_registry *g = fresh();
    struct pp_uuid a, b;
    resolve(g, (struct who){"1001", "ehr", NULL, "1959-03-12", "f", "KOWALSKI"}, &a);
    assert_int_equal(resolve(g, (struct who){"1001", "ris", NULL, "1959-03-12", "f", "KOWALSKI"}, &b), RCV_MINTED);
    assert_false(pp_uuid_eq(a, b)); /* alike, but nothing exact says that they are one */
}

static void contradictions_are_not_linked(void **state) {
    (void)state;
    struct rcv_registry *g = fresh();
    struct pp_uuid a, b;
    resolve(g, (struct who){"1001", "ehr", NULL, "1959-03-12", "f", "KOWALSKI"}, &a);
    assert_int_equal(resolve(g, (struct who){"1001", "ehr", NULL, "1984-07-01", "f", "KOWALSKI"}, &b), RCV_CONFLICT);
    assert_int_equal(resolve(g, (struct who){"1001", "ehr", NULL, NULL, "m", "JONES"}, &b), RCV_CONFLICT);
    assert_int_equal(resolve(g, (struct who){"1001", "ehr", NULL, NULL, "m", "KOWALSKI"}, &b),
                     RCV_KNOWN); /* one of the two: a typing error */
}

static void a_known_order_names_its_person(void **state) {
    (void)state;
    struct rcv_registry *g = fresh();
    struct pp_uuid a, b;
    resolve(g, (struct who){"1001", "ehr", "ORD-1", "1959-03-12", "f", "KOWALSKI"}, &a);
    assert_int_equal(resolve(g, (struct who){NULL, "ehr", "ORD-1", NULL, NULL, NULL}, &b), RCV_KNOWN);
    assert_true(pp_uuid_eq(a, b));
    resolve(g, (struct who){"1002", "ehr", NULL, "1970-01-01", "m", "JONES"}, &b);
    assert_int_equal(resolve(g, (struct who){"1002", "ehr", "ORD-1", "1970-01-01", "m", "JONES"}, &b), RCV_CONFLICT);
    assert_int_equal(resolve(g, (struct who){NULL, "ehr", "ORD-9", NULL, NULL, NULL}, &b), RCV_NOBODY);
}

static void after_a_merge_new_facts_go_to_the_survivor(void **state) {
    (void)state;
    struct rcv_registry *g = fresh();
    struct pp_uuid a, b, c;
    resolve(g, (struct who){"1001", "ehr", "ORD-1", "1959-03-12", "f", "KOWALSKI"}, &a);
    resolve(g, (struct who){"2001", "ehr", NULL, "1959-03-12", "f", "KOWALSKI"}, &b);
    assert_true(rcv_merge(g, b, a));
    assert_false(rcv_merge(g, b, a));
    resolve(g, (struct who){"1001", "ehr", NULL, NULL, NULL, NULL}, &c);
    assert_true(pp_uuid_eq(c, b));
    /* but what is known of the order stands where it stood */
    assert_int_equal(resolve(g, (struct who){"2001", "ehr", "ORD-1", "1959-03-12", "f", "KOWALSKI"}, &c), RCV_KNOWN);
    assert_true(pp_uuid_eq(c, a));
}

static void a_member_id_needs_the_whole_name(void **state) {
    (void)state;
    fresh();
    pp_date d = pp_date_of(1959, 3, 12);
    struct pp_str twin = rcv_member_value(&arena, PP_STR("MA1"), d, PP_STR("Doe"), PP_STR("Ann"));
    assert_false(pp_str_eq(twin, rcv_member_value(&arena, PP_STR("MA1"), d, PP_STR("Doe"), PP_STR("Eve"))));
    assert_true(pp_str_eq(twin, rcv_member_value(&arena, PP_STR("ma1 "), d, PP_STR("DOE"), PP_STR("ann"))));
    assert_true(pp_str_empty(rcv_member_value(&arena, PP_STR("MA1"), 0, PP_STR("Doe"), PP_STR("Ann"))));
    assert_true(pp_str_empty(rcv_member_value(&arena, PP_STR("MA1"), d, PP_STR("Doe"), PP_STR_NONE)));
}

static void a_claim_that_came_first_is_no_obstacle(void **state) {
    (void)state;
    struct rcv_registry *g = fresh();
    struct pp_uuid first, known, both, survivor, retired;
    const char *reason;
    pp_date d = pp_date_of(1959, 3, 12);
    struct rcv_key member = key(RCV_KEY_MEMBER, "*", "");
    member.value = rcv_member_value(&arena, PP_STR("MA1"), d, PP_STR("DOE"), PP_STR("ANN"));
    struct rcv_key who[2] = {member, key(RCV_KEY_MRN, "ehr", "1001")};
    struct rcv_subject s = {.tenant = PP_STR("t"), .who = who, .nwho = 1, .birth = d, .family = PP_STR("DOE")};
    assert_int_equal(rcv_resolve(g, &s, &first, &reason), RCV_MINTED);
    resolve(g, (struct who){"1001", "ehr", NULL, "1959-03-12", "f", "DOE"}, &known);
    assert_false(pp_uuid_eq(first, known));
    s.nwho = 2;
    assert_int_equal(rcv_resolve(g, &s, &both, &reason), RCV_KNOWN);
    assert_true(pp_uuid_eq(both, known));
    assert_true(rcv_registry_take_merge(g, &survivor, &retired));
    assert_true(pp_uuid_eq(survivor, known) && pp_uuid_eq(retired, first));
    assert_false(rcv_registry_take_merge(g, &survivor, &retired));
    s.nwho = 1;
    assert_int_equal(rcv_resolve(g, &s, &both, &reason), RCV_KNOWN);
    assert_true(pp_uuid_eq(both, known));
}

/* ---- ten thousand people ---- */

#define PEOPLE 10000
#define SENDERS 3
#define MESSAGES 60000

struct human {
    int mrn[SENDERS], second_mrn; /* second: registered twice at sender 0, later merged */
    pp_date birth;
    char sex;
    int family, given, member;
};
static struct human people[PEOPLE];
static const char *const authorities[SENDERS] = {"ehr/A/1", "ris/B/2", "LAB"};
static uint32_t seed;

static int rnd(int n) {
    seed = seed * 1664525u + 1013904223u;
    return (int)((seed >> 8) % (uint32_t)n);
}

static void make_people(void) {
    for (int i = 0; i < PEOPLE; i++) {
        struct human *h = &people[i];
        *h = (struct human){.birth = pp_date_of(1930, 1, 1) + rnd(30000),
                            .sex = rnd(2) ? 'f' : 'm',
                            .family = rnd(800),
                            .given = i,
                            .member = i};
        if (i && rnd(50) == 0) { /* a twin: same birth date, family, sex and member id */
            *h = people[i - 1];
            h->given = i;
        }
        h->second_mrn = -1;
        for (int s = 0; s < SENDERS; s++) h->mrn[s] = i * 3 + rnd(2); /* the senders' numbers overlap */
        if (rnd(30) == 0) h->second_mrn = 1000000 + i;
    }
}

/* A number that somebody else had before is given to this person. */
static void reuse_number(int i, int sender) {
    int from = rnd(PEOPLE);
    if (people[from].birth != people[i].birth) people[i].mrn[sender] = people[from].mrn[sender];
}

static enum rcv_verdict send_message(struct rcv_registry *g, int i, int sender, bool with_member, int mrn,
                                     struct pp_uuid *ret) {
    const struct human *h = &people[i];
    char text[32], family[16], given[16];
    struct rcv_key who[2];
    struct rcv_subject s = {
        .tenant = PP_STR("t"), .who = who, .birth = h->birth, .sex = h->sex == 'f' ? PP_STR("f") : PP_STR("m")};
    snprintf(text, sizeof text, "%d", mrn);
    snprintf(family, sizeof family, "F%d", h->family);
    snprintf(given, sizeof given, "G%d", h->given);
    s.family = pp_str_z(family);
    who[s.nwho++] = key(RCV_KEY_MRN, authorities[sender], text);
    snprintf(text, sizeof text, "M%d", h->member);
    if (with_member) {
        who[s.nwho] = key(RCV_KEY_MEMBER, "*", "");
        who[s.nwho++].value = rcv_member_value(&arena, pp_str_z(text), h->birth, s.family, pp_str_z(given));
    }
    const char *reason;
    return rcv_resolve(g, &s, ret, &reason);
}

static int owner_of(struct pp_uuid person, struct pp_uuid *ids, int *owners, int *n) {
    static int buckets[1 << 16], next[PEOPLE * SENDERS * 2];
    if (*n == 0) memset(buckets, -1, sizeof buckets);
    int b = person.b[14] << 8 | person.b[15];
    for (int k = buckets[b]; k >= 0; k = next[k])
        if (pp_uuid_eq(ids[k], person)) return k;
    ids[*n] = person;
    owners[*n] = -1;
    next[*n] = buckets[b];
    buckets[b] = *n;
    return (*n)++;
}

static void nobody_is_ever_taken_for_another(void **state) {
    (void)state;
    struct rcv_registry *g = fresh();
    static struct pp_uuid ids[PEOPLE * SENDERS * 2];
    static int owners[PEOPLE * SENDERS * 2];
    int n = 0, linked = 0, asked = 0, wrong = 0, merges = 0;
    seed = 20261124;
    make_people();
    for (int m = 0; m < MESSAGES; m++) {
        int i = rnd(PEOPLE), sender = rnd(SENDERS);
        if (rnd(200) == 0) reuse_number(i, sender);
        bool second = sender == 0 && people[i].second_mrn >= 0 && rnd(2);
        struct pp_uuid person, other;
        enum rcv_verdict v =
            send_message(g, i, sender, rnd(2), second ? people[i].second_mrn : people[i].mrn[sender], &person);
        if (v == RCV_CONFLICT) {
            asked++;
            continue;
        }
        linked++;
        int k = owner_of(person, ids, owners, &n);
        if (owners[k] < 0)
            owners[k] = i;
        else if (owners[k] != i)
            wrong++;
        if (second && rnd(4) == 0 && send_message(g, i, 0, false, people[i].mrn[0], &other) <= RCV_MINTED &&
            rcv_merge(g, other, person))
            merges++;
    }
    print_message("%d messages linked, %d put to a person, %d merges, %d false links\n", linked, asked, merges, wrong);
    assert_int_equal(wrong, 0);
    assert_true(merges > 50 && asked > 100 && linked > MESSAGES * 9 / 10);
    pp_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_one_person),
        cmocka_unit_test(two_senders_may_use_one_number),
        cmocka_unit_test(contradictions_are_not_linked),
        cmocka_unit_test(a_known_order_names_its_person),
        cmocka_unit_test(after_a_merge_new_facts_go_to_the_survivor),
        cmocka_unit_test(a_member_id_needs_the_whole_name),
        cmocka_unit_test(a_claim_that_came_first_is_no_obstacle),
        cmocka_unit_test(nobody_is_ever_taken_for_another),
    };
    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
