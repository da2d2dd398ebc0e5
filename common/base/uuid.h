/* Identifiers: UUIDv7 minted in time order, and UUIDs derived from names.
 *
 * Every id of the platform is a UUID. To people and in URLs it is shown as 26
 * characters of Crockford base32 (lower case); in JSON and SQL as the usual
 * 36-character text. All zero bytes mean "none".
 */
#ifndef PP_BASE_UUID_H
#define PP_BASE_UUID_H

#include "base/str.h"

struct pp_uuid {
    uint8_t b[16];
};

#define PP_UUID_TEXT 36
#define PP_UUID_B32 26
#define PP_HOMES 1024 /* homes per installation; partition = home mod N, N a power of two <= 1024 */

static inline bool pp_uuid_none(struct pp_uuid u) {
    static const struct pp_uuid zero;
    return memcmp(&u, &zero, sizeof u) == 0;
}
static inline bool pp_uuid_eq(struct pp_uuid a, struct pp_uuid b) { return memcmp(&a, &b, sizeof a) == 0; }

/* UUIDv7 (RFC 9562): 48 bits of now_ms, then random bits from the 10 given bytes. */
struct pp_uuid pp_uuid_v7(int64_t now_ms, const uint8_t random[10]);
/* UUIDv8 from SHA-256 of parent's bytes and name: the same parent and name give the same id for ever. */
struct pp_uuid pp_uuid_derive(struct pp_uuid parent, struct pp_str name);
/* The pseudo-person of what belongs to no person: "sender:…", "payer:…", "tenant:…", scoped by tenant. */
struct pp_uuid pp_pseudo_person(struct pp_str tenant, struct pp_str name);
/* Home of a person, 0…1023: the last ten bits of the id, which are random in both kinds of id. */
static inline int pp_home_of(struct pp_uuid person) { return (person.b[14] << 8 | person.b[15]) & (PP_HOMES - 1); }

void pp_uuid_text(struct pp_uuid u, char ret[PP_UUID_TEXT + 1]);
void pp_uuid_b32(struct pp_uuid u, char ret[PP_UUID_B32 + 1]);
/* Accepts the 36-character text or the 26 characters of base32. */
bool pp_uuid_parse(struct pp_str s, struct pp_uuid *ret);

/* Numbers that come back to us (Claim.identifier, TRN02, PWK06) carry the person and a small number
 * unique within the person, with a check character (ISO 7064 MOD 37,36): "PP" + 26 + base32(n) + check,
 * at most PP_TRACE_MAX characters, capitals and digits only. A payer's answer finds its person without a look-up. */
#define PP_TRACE_MAX 36
void pp_trace_make(struct pp_uuid person, uint32_t n, char ret[PP_TRACE_MAX + 1]);
/* False when the text is not ours or the check character does not fit. */
bool pp_trace_parse(struct pp_str s, struct pp_uuid *ret_person, uint32_t *ret_n);

#endif
