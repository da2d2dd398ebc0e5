/* Reading FHIR JSON: small, total helpers over jansson.
 *
 * Every helper accepts NULL and what is of another type and then finds nothing,
 * so that a reader is a list of questions and not a tree of checks: payers leave
 * out what the guide demands, and a client must parse tolerantly. Strings point
 * into the document and live as long as it does.
 */
#ifndef PP_CODEC_FHIR_READ_H
#define PP_CODEC_FHIR_READ_H

#include "base/arena.h"
#include "base/date.h"
#include "base/err.h"
#include <jansson.h>

#define PP_FHIR_BYTES_MAX (32u << 20) /* of one document that is read */

/* Parses bytes; NULL with the place in *err. json_decref ends it. */
json_t *pp_fhir_parse(struct pp_str bytes, struct pp_err *err);

bool pp_fhir_is(const json_t *resource, const char *type);
struct pp_str pp_fhir_text(const json_t *v); /* of a JSON string, else empty */
struct pp_str pp_fhir_str(const json_t *o, const char *key);
const json_t *pp_fhir_at(const json_t *o, const char *key, size_t i); /* element i of an array member */
size_t pp_fhir_count(const json_t *o, const char *key);               /* elements of an array member, else 0 */
int64_t pp_fhir_int(const json_t *o, const char *key); /* integer, also when written as a string; else 0 */
/* A number as decimal text. jansson holds a double; rounding it to millionths gives back every decimal of up to
 * twelve digits before and six after the point, which is what a quantity may have here. Empty when it is no number. */
struct pp_str pp_fhir_dec(const json_t *o, const char *key, struct pp_arena *a);
pp_date pp_fhir_date(const json_t *o, const char *key); /* date, or the day of a dateTime; else 0 */
/* dateTime as instant; a date alone is its last minute in the zone. */
int64_t pp_fhir_time(const json_t *o, const char *key, struct pp_str zone);

/* First coding with this system (NULL: any) that has a code. */
struct pp_str pp_fhir_code(const json_t *concept, const char *system);
/* First coding that has a code: its system, empty when it has none. */
struct pp_str pp_fhir_system(const json_t *concept);
/* Extension by url, next after `prev` (NULL: the first). */
const json_t *pp_fhir_ext(const json_t *o, const char *url, const json_t *prev);

/* Resource in a Bundle that a reference {"reference": …} names: the same fullUrl, or one that ends in "Type/id", or
 * the resource's own type and id; "#id" is looked for in `from`.contained. NULL: not there. */
const json_t *pp_fhir_resolve(const json_t *bundle, const json_t *from, const json_t *reference);
/* Next resource of a type in a Bundle after `*index`; NULL at the end. Start with *index = 0. */
const json_t *pp_fhir_entry(const json_t *bundle, const char *type, size_t *index);

/* What an OperationOutcome says, by codes and places: "invalid MSG_PARAM at Claim.item[0]; …", at most 300 bytes. Its
 * free text is left out, because it goes into logs and tasks and servers quote values in it. Empty when it is none. */
struct pp_str pp_fhir_outcome(const json_t *resource, struct pp_arena *a);

#endif
