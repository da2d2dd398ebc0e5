#include "report.h"
#include "refs/places.h"

#include <stdarg.h>
#include <stdio.h>

struct rcv_report *rcv_add_report(const struct rcv_source *src, struct rcv_reading *r, enum rcv_report_kind kind,
                                  const struct rcv_subject *subject, struct ev ev) {
    if (!subject || r->nreports >= RCV_REPORTS_MAX) return NULL;
    struct rcv_report *p = pp_arena_new(src->arena, struct rcv_report);
    if (!p) return NULL;
    *p = (struct rcv_report){.kind = kind, .subject = subject, .ev = ev};
    if (r->last)
        r->last->next = p;
    else
        r->first = p;
    r->last = p;
    r->nreports++;
    return p;
}

void rcv_refuse(const struct rcv_source *src, struct rcv_reading *r, struct pp_str place, const char *fmt, ...) {
    r->nrefusals++;
    if (r->nrefusals > RCV_REFUSALS_MAX) return;
    struct rcv_refusal *p = pp_arena_new(src->arena, struct rcv_refusal);
    if (!p) return;
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    p->place = pp_arena_str(src->arena, place);
    p->reason = pp_arena_strz(src->arena, text);
    if (r->refusals_last)
        r->refusals_last->next = p;
    else
        r->refusals = p;
    r->refusals_last = p;
}

struct rcv_key rcv_key_of(const struct rcv_source *src, enum rcv_key_kind kind, struct pp_str authority,
                          struct pp_str value) {
    authority = pp_str_trim(authority);
    return (struct rcv_key){src->tenant, kind, authority.n ? authority : src->sender, pp_str_trim(value)};
}

void rcv_subject_begin(const struct rcv_source *src, struct rcv_subject_builder *b) {
    memset(b, 0, sizeof *b);
    b->s.tenant = src->tenant;
}

static void add_key(const struct rcv_source *src, struct rcv_key *keys, int *n, enum rcv_key_kind kind,
                    struct pp_str authority, struct pp_str value) {
    struct rcv_key k = rcv_key_of(src, kind, authority, value);
    if (k.value.n && *n < RCV_KEYS_MAX) keys[(*n)++] = k;
}

void rcv_subject_who(const struct rcv_source *src, struct rcv_subject_builder *b, enum rcv_key_kind kind,
                     struct pp_str authority, struct pp_str value) {
    add_key(src, b->who, &b->s.nwho, kind, authority, value);
}

void rcv_subject_about(const struct rcv_source *src, struct rcv_subject_builder *b, enum rcv_key_kind kind,
                       struct pp_str authority, struct pp_str value) {
    add_key(src, b->about, &b->s.nabout, kind, authority, value);
}

static const struct rcv_key *copy_keys(struct pp_arena *a, const struct rcv_key *keys, int n) {
    struct rcv_key *p = pp_arena_array(a, struct rcv_key, n ? n : 1);
    if (p && n) memcpy(p, keys, sizeof *keys * (size_t)n);
    return p;
}

const struct rcv_subject *rcv_subject_end(const struct rcv_source *src, const struct rcv_subject_builder *b) {
    struct rcv_subject *s = pp_arena_new(src->arena, struct rcv_subject);
    if (!s) return NULL;
    *s = b->s;
    s->who = copy_keys(src->arena, b->who, b->s.nwho);
    s->about = copy_keys(src->arena, b->about, b->s.nabout);
    return s->who && s->about ? s : NULL;
}

struct pp_str rcv_zone(const struct rcv_source *src, struct pp_str site) {
    const struct pp_site *s = pp_refs_site(src->refs, site);
    if (!s) s = pp_refs_site_next(src->refs, NULL);
    return s ? s->zone : PP_STR("UTC");
}
