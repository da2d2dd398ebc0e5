#include "hints.h"

#include <stdlib.h>

static const char *const kinds[CONSOLE_KINDS] = {"case", "task", "visit", "claim"};

bool console_ring_init(struct console_ring *r) {
    *r = (struct console_ring){.slots = calloc(CONSOLE_RING, sizeof *r->slots)};
    return r->slots != NULL;
}

void console_ring_free(struct console_ring *r) {
    free(r->slots);
    *r = (struct console_ring){0};
}

const struct console_hint *console_ring_add(struct console_ring *r, const struct console_hint *h) {
    uint64_t seq = ++r->last;
    struct console_hint *slot = &r->slots[seq % CONSOLE_RING];
    *slot = *h;
    slot->seq = seq;
    return slot;
}

const struct console_hint *console_ring_get(const struct console_ring *r, uint64_t seq) {
    const struct console_hint *slot = &r->slots[seq % CONSOLE_RING];
    return seq && slot->seq == seq ? slot : NULL;
}

bool console_hint_for(const struct console_hint *h, const char *tenant, const char *sites) {
    if (strcmp(h->tenant, tenant) != 0) return false;
    struct pp_str s = pp_str_z(sites);
    if (!h->site[0]) return true;
    while (s.n) {
        struct pp_str one = pp_str_trim(pp_str_split(&s, ','));
        if (pp_str_eqz(one, "*") || pp_str_eqz(one, h->site)) return true;
    }
    return false;
}

void console_hint_text(const struct console_hint *h, uint64_t epoch, struct pp_buf *b) {
    char id[PP_UUID_TEXT + 1], of[PP_UUID_TEXT + 1];
    pp_uuid_text(h->id, id);
    pp_uuid_text(h->case_id, of);
    pp_buf_printf(b, "id: %llu-%llu\nevent: %s\ndata: {\"kind\":\"%s\",\"id\":\"%s\",\"v\":%lld",
                  (unsigned long long)epoch, (unsigned long long)h->seq, h->gone ? "gone" : "row", kinds[h->kind], id,
                  (long long)h->version);
    if (!pp_uuid_none(h->case_id)) pp_buf_printf(b, ",\"case\":\"%s\"", of);
    pp_buf_addz(b, "}\n\n");
}

bool console_ring_resume(const struct console_ring *r, struct pp_str text, uint64_t epoch, uint64_t *ret_next) {
    int64_t e, seq;
    struct pp_str rest = text, head = pp_str_split(&rest, '-');
    if (!pp_str_int(head, &e) || !pp_str_int(rest, &seq) || e < 0 || (uint64_t)e != epoch || seq < 0) return false;
    if ((uint64_t)seq > r->last) return false;
    *ret_next = (uint64_t)seq + 1;
    return (uint64_t)seq == r->last || console_ring_get(r, *ret_next) != NULL;
}
