#include "service/rid.h"

#include <stdio.h>
#include <stdlib.h>

int pp_rid_text(const struct pp_rid *r, char ret[PP_RID_TEXT_MAX]) {
    return snprintf(ret, PP_RID_TEXT_MAX, "%u-%u-%u-%u-%llu", r->source, r->shard, r->incarnation, r->dest,
                    (unsigned long long)r->seq);
}

bool pp_rid_parse(struct pp_str s, struct pp_rid *ret) {
    static const uint64_t most[5] = {UINT16_MAX, UINT16_MAX, UINT32_MAX, UINT16_MAX, INT64_MAX};
    uint64_t v[5];
    const char *p = s.s, *end = s.s + s.n;
    for (int i = 0; i < 5; i++) {
        if (i > 0 && (p == end || *p++ != '-')) return false;
        if (p == end || *p < '0' || *p > '9') return false;
        v[i] = 0;
        for (; p < end && *p >= '0' && *p <= '9'; p++) {
            v[i] = v[i] * 10 + (uint64_t)(*p - '0');
            if (v[i] > most[i]) return false;
        }
    }
    if (p != end || v[0] == 0 || v[2] == 0 || v[4] == 0) return false;
    *ret = (struct pp_rid){(uint16_t)v[0], (uint16_t)v[1], (uint32_t)v[2], (uint16_t)v[3], v[4]};
    return true;
}

/* ---- seen ---- */

static size_t place(const struct pp_seen *s, uint16_t source, uint16_t shard) {
    size_t i = (((size_t)source << 16 | shard) * 2654435761u) & (s->cap - 1);
    while (s->slots[i].incarnation && (s->slots[i].source != source || s->slots[i].shard != shard))
        i = (i + 1) & (s->cap - 1);
    return i;
}

static const struct pp_seen_slot *find(const struct pp_seen *s, const struct pp_rid *r) {
    if (!s->cap) return NULL;
    const struct pp_seen_slot *slot = &s->slots[place(s, r->source, r->shard)];
    return slot->incarnation ? slot : NULL;
}

enum pp_seen_verdict pp_seen_look(const struct pp_seen *s, const struct pp_rid *r) {
    const struct pp_seen_slot *k = find(s, r);
    uint32_t incarnation = k ? k->incarnation : 1;
    uint64_t seq = k ? k->seq : 0;
    if (r->incarnation < incarnation) return PP_SEEN_REPEAT;
    if (r->incarnation > incarnation) return PP_SEEN_INCARNATION;
    if (r->seq <= seq) return PP_SEEN_REPEAT;
    return r->seq == seq + 1 ? PP_SEEN_NEXT : PP_SEEN_GAP;
}

enum pp_seen_verdict pp_seen_look_incarnation(const struct pp_seen *s, const struct pp_rid *r, uint64_t last_old) {
    const struct pp_seen_slot *k = find(s, r);
    uint32_t incarnation = k ? k->incarnation : 1;
    uint64_t seq = k ? k->seq : 0;
    if (r->incarnation <= incarnation) return pp_seen_look(s, r);
    if (r->incarnation != incarnation + 1 || r->seq != 1) return PP_SEEN_INCARNATION;
    return seq >= last_old ? PP_SEEN_NEXT : PP_SEEN_GAP;
}

static bool grow(struct pp_seen *s) {
    struct pp_seen old = *s;
    s->cap = old.cap ? old.cap * 2 : 64;
    s->slots = calloc(s->cap, sizeof *s->slots);
    if (!s->slots) {
        *s = old;
        return false;
    }
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].incarnation) s->slots[place(s, old.slots[i].source, old.slots[i].shard)] = old.slots[i];
    free(old.slots);
    return true;
}

bool pp_seen_set(struct pp_seen *s, const struct pp_rid *r, bool dirty) {
    if ((s->n + 1) * 2 > s->cap && !grow(s)) return false;
    struct pp_seen_slot *k = &s->slots[place(s, r->source, r->shard)];
    if (!k->incarnation) s->n++;
    *k = (struct pp_seen_slot){r->source, r->shard, r->incarnation, r->seq, dirty};
    return true;
}

void pp_seen_free(struct pp_seen *s) {
    free(s->slots);
    *s = (struct pp_seen){0};
}
