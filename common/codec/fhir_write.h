/* Writing FHIR JSON in one pass into a buffer.
 *
 * jansson turns 0.10 into 0.10000000000000001; the requests that we send carry
 * decimals exactly as their text, so they are written here, not built as a tree.
 * The writer keeps commas right and leaves out what is not given: an empty
 * string, a zero date, a zero instant write nothing. The caller closes what it
 * opens; pp_fw_ok says at the end whether all fitted and everything is closed.
 */
#ifndef PP_CODEC_FHIR_WRITE_H
#define PP_CODEC_FHIR_WRITE_H

#include "base/buf.h"
#include "base/date.h"
#include "base/uuid.h"

#define PP_FW_DEPTH_MAX 32

struct pp_fw {
    struct pp_buf *b;
    int depth;
    bool first[PP_FW_DEPTH_MAX]; /* nothing written yet at this depth */
    char close[PP_FW_DEPTH_MAX]; /* what ends this depth */
    bool broken;                 /* deeper than PP_FW_DEPTH_MAX, or closed once too often */
};

void pp_fw_init(struct pp_fw *w, struct pp_buf *b);
/* Nothing failed and everything that was opened is closed. */
bool pp_fw_ok(const struct pp_fw *w);

/* key NULL: an element of the array that is open, or the outermost value. */
void pp_fw_object(struct pp_fw *w, const char *key);
void pp_fw_array(struct pp_fw *w, const char *key);
void pp_fw_end(struct pp_fw *w);

void pp_fw_str(struct pp_fw *w, const char *key, struct pp_str v);
void pp_fw_z(struct pp_fw *w, const char *key, const char *v);
void pp_fw_int(struct pp_fw *w, const char *key, int64_t v);
void pp_fw_bool(struct pp_fw *w, const char *key, bool v);
/* A decimal as its text, digit for digit. Text that is no decimal writes nothing. */
void pp_fw_dec(struct pp_fw *w, const char *key, struct pp_str v);
void pp_fw_date(struct pp_fw *w, const char *key, pp_date d);
void pp_fw_time(struct pp_fw *w, const char *key, int64_t ms);
/* Bytes as base64 (RFC 4648, padded), as FHIR's base64Binary wants them. */
void pp_fw_base64(struct pp_fw *w, const char *key, struct pp_str bytes);

/* {"reference":"urn:uuid:…"} */
void pp_fw_ref(struct pp_fw *w, const char *key, struct pp_uuid id);
/* "urn:uuid:…" */
void pp_fw_urn(struct pp_fw *w, const char *key, struct pp_uuid id);
/* CodeableConcept with one coding; writes nothing when there is no code. */
void pp_fw_concept(struct pp_fw *w, const char *key, const char *system, struct pp_str code);
/* Identifier; type is a code of HL7 table 0203 or NULL. Writes nothing when there is no value. */
void pp_fw_identifier(struct pp_fw *w, const char *key, const char *type, struct pp_str system, struct pp_str value);

/* Extensions, as elements of an open "extension" array. */
void pp_fw_ext_concept(struct pp_fw *w, const char *url, const char *system, struct pp_str code);
void pp_fw_ext_str(struct pp_fw *w, const char *url, struct pp_str v);
void pp_fw_ext_code(struct pp_fw *w, const char *url, const char *v);
void pp_fw_ext_bool(struct pp_fw *w, const char *url, bool v);
void pp_fw_ext_ref(struct pp_fw *w, const char *url, struct pp_uuid id);

#endif
