/* Who a message is about: exact identifiers to persons. Pure.
 *
 * Rules (ARCHITECTURE.md, "Identity"):
 * - Only exact identifiers link. Nothing is linked by likeness.
 * - An identifier is scoped by its assigning authority; an empty authority is the sender.
 * - A medical record number whose birth date, or both sex and family name, contradicts what is known of the person is
 *   not linked: the fact waits and a person is asked "same person?". So it is when two identifiers name two people.
 * - A member id never identifies a person alone: it counts together with birth date, family and given name, all exact.
 * - Somebody known by a member id only (a claim that came first) is provisional: when a record number comes with the
 * same exact member id, birth date and name, the two are merged by themselves, since the sender has said that they are
 * one.
 * - A fact that names a known order, appointment, claim or document goes to that number's person, also after a merge.
 *
 * A registry holds what one batch needs: rows looked up before, and what the batch adds. It lives in the batch's arena.
 */
#ifndef INTAKE_RECEIVE_IDENTITY_H
#define INTAKE_RECEIVE_IDENTITY_H

#include "base/arena.h"
#include "base/date.h"
#include "base/uuid.h"

enum rcv_key_kind { /* stored as a number: never renumber */
                    RCV_KEY_MRN = 1,
                    RCV_KEY_MEMBER = 2, /* value: member id | birth date | family | given */
                    RCV_KEY_ACCOUNT = 3,
                    RCV_KEY_ORDER = 4,
                    RCV_KEY_APPOINTMENT = 5,
                    RCV_KEY_CLAIM = 6,
                    RCV_KEY_DOCUMENT = 7,
};

struct rcv_key {
    struct pp_str tenant;
    enum rcv_key_kind kind;
    struct pp_str authority; /* never empty: the sender stands in */
    struct pp_str value;
};

struct rcv_person {
    struct pp_str tenant;
    struct pp_uuid id;
    struct pp_uuid survivor; /* none: not merged away */
    pp_date birth;
    struct pp_str sex;    /* "f", "m", "o", "u", "" */
    struct pp_str family; /* upper case */
    bool provisional;     /* known by a member id only, as from a claim that came first */
    bool changed;         /* to be written */
};

/* What a message says about the person it concerns. */
#define RCV_KEYS_MAX 48
struct rcv_subject {
    struct pp_str tenant;
    const struct rcv_key *who;
    int nwho; /* MRN, member, account */
    const struct rcv_key *about;
    int nabout; /* numbers of things: order, appointment, claim, document */
    pp_date birth;
    struct pp_str sex, family; /* family in upper case */
    bool known_only;           /* nobody is minted and nothing is linked: the message knows the person second hand */
};

enum rcv_verdict {
    RCV_KNOWN,    /* person is set */
    RCV_MINTED,   /* a new person was made */
    RCV_CONFLICT, /* reason says why; person is the one that was found first, for the task */
    RCV_NOBODY,   /* no identifier at all, or known_only and nobody is known */
};

struct rcv_registry;
/* new_id gives a fresh UUIDv7. */
struct rcv_registry *rcv_registry_new(struct pp_arena *a, struct pp_uuid (*new_id)(void *user), void *user);
/* From the database. */
void rcv_registry_know_key(struct rcv_registry *g, struct rcv_key key, struct pp_uuid person);
void rcv_registry_know_person(struct rcv_registry *g, struct rcv_person p);

/* Finds or mints the person and links the identifiers that are new. On RCV_CONFLICT and RCV_NOBODY nothing is linked.
 * ret_reason: fixed words, no patient data. */
enum rcv_verdict rcv_resolve(struct rcv_registry *g, const struct rcv_subject *s, struct pp_uuid *ret_person,
                             const char **ret_reason);

/* Merge (A40): retired becomes survivor. Identifiers of the retired person name the survivor from now on; numbers of
 * things stay where they are. False when the two are the same person already. */
bool rcv_merge(struct rcv_registry *g, struct pp_uuid survivor, struct pp_uuid retired);

/* Merges of provisional persons that rcv_resolve made, oldest first: each is said to both sides. False when there is
 * none left. */
bool rcv_registry_take_merge(struct rcv_registry *g, struct pp_uuid *ret_survivor, struct pp_uuid *ret_retired);

/* What the batch added or changed, in order; pass NULL first. */
struct rcv_link {
    struct rcv_key key;
    struct pp_uuid person;
    bool known;   /* stands in the database already */
    bool changed; /* to be written (new, or moved by a merge) */
    struct rcv_link *next, *bucket_next;
};
const struct rcv_link *rcv_registry_link_next(const struct rcv_registry *g, const struct rcv_link *prev);
const struct rcv_person *rcv_registry_person_next(const struct rcv_registry *g, const struct rcv_person *prev);
const struct rcv_person *rcv_registry_person(const struct rcv_registry *g, struct pp_uuid id);

/* The value of a RCV_KEY_MEMBER, or empty when one of the four parts is missing. */
struct pp_str rcv_member_value(struct pp_arena *a, struct pp_str member_id, pp_date birth, struct pp_str family,
                               struct pp_str given);
struct pp_str rcv_upper(struct pp_arena *a, struct pp_str s);

#endif
