/* Identity of log records, and what a reader remembers of each writer. Pure. */
#ifndef PP_SERVICE_RID_H
#define PP_SERVICE_RID_H

#include "core/hdr.h"

#define PP_RID_TEXT_MAX 64
/* "<source>-<shard>-<incarnation>-<destination>-<sequence>" */
int pp_rid_text(const struct pp_rid *r, char ret[PP_RID_TEXT_MAX]);
bool pp_rid_parse(struct pp_str s, struct pp_rid *ret);

/* Last sequence of each writer (source, shard) that one partition has seen. */
struct pp_seen_slot {
    uint16_t source, shard;
    uint32_t incarnation; /* 0 = free slot */
    uint64_t seq;
    bool dirty; /* changed since the last commit */
};
struct pp_seen {
    struct pp_seen_slot *slots;
    size_t cap, n;
};
enum pp_seen_verdict {
    PP_SEEN_NEXT,        /* apply it */
    PP_SEEN_REPEAT,      /* skip it */
    PP_SEEN_GAP,         /* something was lost */
    PP_SEEN_INCARNATION, /* a new incarnation that nobody announced */
};
/* What a record is, by what was seen so far. Changes nothing. */
enum pp_seen_verdict pp_seen_look(const struct pp_seen *s, const struct pp_rid *r);
/* A record that begins an incarnation: `last_old` is the last sequence of the old one for this partition. */
enum pp_seen_verdict pp_seen_look_incarnation(const struct pp_seen *s, const struct pp_rid *r, uint64_t last_old);
/* Remembers it. False: no memory. */
bool pp_seen_set(struct pp_seen *s, const struct pp_rid *r, bool dirty);
void pp_seen_free(struct pp_seen *s);

#endif
