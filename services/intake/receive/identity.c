#include "identity.h"

#define BUCKETS 4096 /* a power of two, about twice the keys of a full batch */
#define MERGE_CHAIN_MAX 16

struct person_node {
    struct rcv_person p; /* first: handed out as struct rcv_person */
    struct person_node *next, *bucket_next;
};

struct merge {
    struct pp_uuid survivor, retired;
    struct merge *next;
};

struct rcv_registry {
    struct merge *merges, *merges_last; /* not yet taken */
    struct pp_arena *arena;
    struct pp_uuid (*new_id)(void *user);
    void *user;
    struct rcv_link *links, *links_last;
    struct person_node *persons, *persons_last;
    struct rcv_link *link_bucket[BUCKETS];
    struct person_node *person_bucket[BUCKETS];
};

struct rcv_registry *rcv_registry_new(struct pp_arena *a, struct pp_uuid (*new_id)(void *user), void *user) {
    struct rcv_registry *g = pp_arena_new(a, struct rcv_registry);
    if (!g) return NULL;
    g->arena = a;
    g->new_id = new_id;
    g->user = user;
    return g;
}

/* ---- the two indexes ---- */

static uint32_t mix(uint32_t h, struct pp_str s) { /* FNV-1a */
    for (uint32_t i = 0; i < s.n; i++) h = (h ^ (uint8_t)s.s[i]) * 16777619u;
    return (h ^ 0xff) * 16777619u;
}

static uint32_t key_bucket(const struct rcv_key *k) {
    uint32_t h = 2166136261u ^ (uint32_t)k->kind;
    return mix(mix(mix(h, k->tenant), k->authority), k->value) & (BUCKETS - 1);
}

static uint32_t person_bucket(struct pp_uuid id) {
    return (uint32_t)(id.b[13] << 16 | id.b[14] << 8 | id.b[15]) & (BUCKETS - 1);
}

static bool key_eq(const struct rcv_key *a, const struct rcv_key *b) {
    return a->kind == b->kind && pp_str_eq(a->value, b->value) && pp_str_eq(a->authority, b->authority) &&
           pp_str_eq(a->tenant, b->tenant);
}

static struct rcv_link *find_link(const struct rcv_registry *g, const struct rcv_key *k) {
    for (struct rcv_link *l = g->link_bucket[key_bucket(k)]; l; l = l->bucket_next)
        if (key_eq(&l->key, k)) return l;
    return NULL;
}

static struct rcv_link *add_link(struct rcv_registry *g, struct rcv_key key, struct pp_uuid person) {
    struct rcv_link *l = pp_arena_new(g->arena, struct rcv_link);
    if (!l) return NULL; /* the arena remembers; the batch is started again, smaller */
    uint32_t b = key_bucket(&key);
    *l = (struct rcv_link){.key = key, .person = person, .bucket_next = g->link_bucket[b]};
    g->link_bucket[b] = l;
    if (g->links_last)
        g->links_last->next = l;
    else
        g->links = l;
    g->links_last = l;
    return l;
}

static struct rcv_person *find_person(const struct rcv_registry *g, struct pp_uuid id) {
    for (struct person_node *n = g->person_bucket[person_bucket(id)]; n; n = n->bucket_next)
        if (pp_uuid_eq(n->p.id, id)) return &n->p;
    return NULL;
}

static struct rcv_person *add_person(struct rcv_registry *g, struct rcv_person p) {
    struct person_node *n = pp_arena_new(g->arena, struct person_node);
    if (!n) return NULL;
    uint32_t b = person_bucket(p.id);
    *n = (struct person_node){.p = p, .bucket_next = g->person_bucket[b]};
    g->person_bucket[b] = n;
    if (g->persons_last)
        g->persons_last->next = n;
    else
        g->persons = n;
    g->persons_last = n;
    return &n->p;
}

void rcv_registry_know_key(struct rcv_registry *g, struct rcv_key key, struct pp_uuid person) {
    if (find_link(g, &key)) return;
    struct rcv_link *l = add_link(g, key, person);
    if (l) l->known = true;
}

void rcv_registry_know_person(struct rcv_registry *g, struct rcv_person p) {
    if (!find_person(g, p.id)) add_person(g, p);
}

const struct rcv_link *rcv_registry_link_next(const struct rcv_registry *g, const struct rcv_link *prev) {
    const struct rcv_link *l = prev ? prev->next : g->links;
    while (l && !l->changed) l = l->next;
    return l;
}

const struct rcv_person *rcv_registry_person_next(const struct rcv_registry *g, const struct rcv_person *prev) {
    const struct person_node *n = prev ? ((const struct person_node *)(const void *)prev)->next : g->persons;
    while (n && !n->p.changed) n = n->next;
    return n ? &n->p : NULL;
}

const struct rcv_person *rcv_registry_person(const struct rcv_registry *g, struct pp_uuid id) {
    return find_person(g, id);
}

/* ---- resolving ---- */

/* The person that survives all merges. */
static struct pp_uuid canonical(const struct rcv_registry *g, struct pp_uuid id) {
    for (int i = 0; i < MERGE_CHAIN_MAX; i++) {
        const struct rcv_person *p = find_person(g, id);
        if (!p || pp_uuid_none(p->survivor)) break;
        id = p->survivor;
    }
    return id;
}

static bool contradicts(const struct rcv_person *p, const struct rcv_subject *s) {
    if (p->birth && s->birth && p->birth != s->birth) return true;
    bool sex =
        p->sex.n && s->sex.n && !pp_str_eq(p->sex, s->sex) && !pp_str_eqz(p->sex, "u") && !pp_str_eqz(s->sex, "u");
    bool family = p->family.n && s->family.n && !pp_str_eq(p->family, s->family);
    return sex && family;
}

/* An account is often a family's: it counts only where birth date and family name both agree. */
static bool account_fits(const struct rcv_person *p, const struct rcv_subject *s) {
    return p && p->birth && p->birth == s->birth && p->family.n && pp_str_eq(p->family, s->family);
}

/* Learns what was not known before; never overwrites. */
static void complete(struct rcv_registry *g, struct rcv_person *p, const struct rcv_subject *s) {
    if (!p->birth && s->birth) {
        p->birth = s->birth;
        p->changed = true;
    }
    if (!p->sex.n && s->sex.n) {
        p->sex = pp_arena_str(g->arena, s->sex);
        p->changed = true;
    }
    if (!p->family.n && s->family.n) {
        p->family = pp_arena_str(g->arena, s->family);
        p->changed = true;
    }
}

/* Of two people that one message names, a provisional one gives way. False: both are known in their own right. */
static bool merge_provisional(struct rcv_registry *g, struct pp_uuid *keep, struct pp_uuid other) {
    const struct rcv_person *a = find_person(g, *keep), *b = find_person(g, other);
    if (!a || !b || (!a->provisional && !b->provisional)) return false;
    struct pp_uuid retired = b->provisional ? other : *keep;
    struct merge *m = pp_arena_new(g->arena, struct merge);
    if (!m) return false;
    if (!b->provisional) *keep = other;
    *m = (struct merge){.survivor = *keep, .retired = retired};
    if (g->merges_last)
        g->merges_last->next = m;
    else
        g->merges = m;
    g->merges_last = m;
    return rcv_merge(g, *keep, retired);
}

bool rcv_registry_take_merge(struct rcv_registry *g, struct pp_uuid *ret_survivor, struct pp_uuid *ret_retired) {
    struct merge *m = g->merges;
    if (!m) return false;
    g->merges = m->next;
    if (!g->merges) g->merges_last = NULL;
    *ret_survivor = m->survivor;
    *ret_retired = m->retired;
    return true;
}

/* The one person that the identifiers name. RCV_NOBODY when they name none yet. */
static enum rcv_verdict find_by_identifiers(struct rcv_registry *g, const struct rcv_subject *s, struct pp_uuid *ret,
                                            const char **ret_reason) {
    bool found = false;
    for (int i = 0; i < s->nwho; i++) {
        const struct rcv_link *l = find_link(g, &s->who[i]);
        if (!l) continue;
        struct pp_uuid id = canonical(g, l->person);
        const struct rcv_person *p = find_person(g, id);
        if (s->who[i].kind == RCV_KEY_ACCOUNT && !account_fits(p, s)) continue;
        if (p && contradicts(p, s)) {
            *ret = id;
            *ret_reason = "the identifier belongs to a person with another birth date, or another sex and family name";
            return RCV_CONFLICT;
        }
        if (found && !pp_uuid_eq(*ret, id)) {
            if (merge_provisional(g, ret, id)) continue;
            *ret_reason = "two identifiers in the message name two people";
            return RCV_CONFLICT;
        }
        *ret = id;
        found = true;
    }
    return found ? RCV_KNOWN : RCV_NOBODY;
}

/* The person at whose home the named things stand. RCV_NOBODY when none of them is known. */
static enum rcv_verdict find_by_numbers(const struct rcv_registry *g, const struct rcv_subject *s, struct pp_uuid *ret,
                                        const char **ret_reason) {
    bool found = false;
    for (int i = 0; i < s->nabout; i++) {
        const struct rcv_link *l = find_link(g, &s->about[i]);
        if (!l) continue;
        if (found && !pp_uuid_eq(canonical(g, *ret), canonical(g, l->person))) {
            *ret_reason = "two numbers in the message belong to two people";
            return RCV_CONFLICT;
        }
        if (!found) *ret = l->person;
        found = true;
    }
    return found ? RCV_KNOWN : RCV_NOBODY;
}

static bool has_record_number(const struct rcv_subject *s) {
    for (int i = 0; i < s->nwho; i++)
        if (s->who[i].kind == RCV_KEY_MRN) return true;
    return false;
}

static void link_all(struct rcv_registry *g, const struct rcv_key *keys, int n, struct pp_uuid person) {
    for (int i = 0; i < n; i++) {
        if (find_link(g, &keys[i])) continue;
        struct rcv_link *l = add_link(g, keys[i], person);
        if (l) l->changed = true;
    }
}

enum rcv_verdict rcv_resolve(struct rcv_registry *g, const struct rcv_subject *s, struct pp_uuid *ret_person,
                             const char **ret_reason) {
    struct pp_uuid who = {{0}}, home = {{0}};
    *ret_reason = "";
    enum rcv_verdict by_id = find_by_identifiers(g, s, &who, ret_reason);
    if (by_id == RCV_CONFLICT) {
        *ret_person = who;
        return RCV_CONFLICT;
    }
    enum rcv_verdict by_number = find_by_numbers(g, s, &home, ret_reason);
    if (by_number == RCV_CONFLICT) {
        *ret_person = home;
        return RCV_CONFLICT;
    }
    if (by_number == RCV_KNOWN) {
        struct pp_uuid owner = canonical(g, home);
        const struct rcv_person *p = find_person(g, owner);
        if ((by_id == RCV_KNOWN && !pp_uuid_eq(owner, who)) || (by_id == RCV_NOBODY && p && contradicts(p, s))) {
            *ret_person = owner;
            *ret_reason = "the number belongs to another person than the identifiers";
            return RCV_CONFLICT;
        }
        who = owner;
    }
    enum rcv_verdict verdict = RCV_KNOWN;
    if (by_id == RCV_NOBODY && by_number == RCV_NOBODY) {
        if (s->nwho == 0 || s->known_only) {
            *ret_reason = s->known_only ? "nobody is known by what the message says" : "no patient identifier";
            return RCV_NOBODY;
        }
        who = g->new_id(g->user);
        if (!add_person(g, (struct rcv_person){.tenant = s->tenant, .id = who, .provisional = true, .changed = true}))
            return RCV_NOBODY;
        verdict = RCV_MINTED;
    }
    if (s->known_only) {
        *ret_person = by_number == RCV_KNOWN ? home : who;
        return RCV_KNOWN;
    }
    struct rcv_person *p = find_person(g, who);
    if (p) complete(g, p, s);
    if (p && p->provisional && has_record_number(s)) {
        p->provisional = false;
        p->changed = true;
    }
    link_all(g, s->who, s->nwho, who);
    struct pp_uuid at = by_number == RCV_KNOWN ? home : who;
    link_all(g, s->about, s->nabout, at);
    *ret_person = at;
    return verdict;
}

bool rcv_merge(struct rcv_registry *g, struct pp_uuid survivor, struct pp_uuid retired) {
    survivor = canonical(g, survivor);
    retired = canonical(g, retired);
    struct rcv_person *p = find_person(g, retired);
    if (!p || pp_uuid_eq(survivor, retired)) return false;
    p->survivor = survivor;
    p->changed = true;
    return true;
}

/* ---- values ---- */

struct pp_str rcv_upper(struct pp_arena *a, struct pp_str s) {
    s = pp_str_trim(s);
    if (!s.n) return PP_STR_NONE;
    char *p = pp_arena_alloc(a, (size_t)s.n + 1);
    if (!p) return PP_STR_NONE;
    for (uint32_t i = 0; i < s.n; i++) p[i] = s.s[i] >= 'a' && s.s[i] <= 'z' ? (char)(s.s[i] - 'a' + 'A') : s.s[i];
    return (struct pp_str){p, s.n};
}

struct pp_str rcv_member_value(struct pp_arena *a, struct pp_str member_id, pp_date birth, struct pp_str family,
                               struct pp_str given) {
    struct pp_str m = rcv_upper(a, member_id), f = rcv_upper(a, family), g = rcv_upper(a, given);
    if (!m.n || !birth || !f.n || !g.n) return PP_STR_NONE;
    char date[11];
    pp_date_text(birth, date);
    return pp_arena_printf(a, "%.*s|%s|%.*s|%.*s", PP_FMT(m), date, PP_FMT(f), PP_FMT(g));
}
