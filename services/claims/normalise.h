/* The same number, written differently: how claim and authorization numbers, member ids and codes are made comparable.
 * Pure. Rules of x12.org REF*G1 use and of the field: people put placeholders where a number is demanded. */
#ifndef CLAIMS_NORMALISE_H
#define CLAIMS_NORMALISE_H

#include "base/arena.h"

/* Upper case without blanks, hyphens, dots and slashes; leading zeros dropped. Empty for a placeholder (NPN, NONE, NA,
 * N/A, PENDING, NOTREQUIRED, one digit or letter repeated): a placeholder never finds an authorization. */
struct pp_str claims_number(struct pp_str as_sent, struct pp_arena *a);
/* True when the text is there but means "no number". */
bool claims_number_placeholder(struct pp_str as_sent, struct pp_arena *a);
/* Member id: upper case, letters and digits only; leading zeros stay, they are part of some payers' ids. */
struct pp_str claims_member(struct pp_str as_sent, struct pp_arena *a);
/* Diagnosis: upper case, no dot. */
struct pp_str claims_diagnosis(struct pp_str as_sent, struct pp_arena *a);
/* True when the comma separated list holds the item (exact). */
bool claims_list_has(struct pp_str list, struct pp_str item);
/* At most max bytes, whole UTF-8 characters. */
struct pp_str claims_cut(struct pp_str v, uint32_t max);
/* Joins with commas. */
struct pp_str claims_list_join(const struct pp_str *items, size_t n, struct pp_arena *a);

#endif
