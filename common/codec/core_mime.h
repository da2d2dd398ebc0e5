/* CAQH CORE connectivity over HTTP in its MIME multipart form: the envelope around one X12 payload.
 *
 * A request and an answer are multipart/form-data with one part for each field of the CORE rule and one, Payload, that
 * holds the interchange as it is (binary data of a 275 included). Reading is tolerant: parts in any order, unknown
 * ones ignored, line ends CRLF or LF. Nothing is copied: what is read are views into the body. Pure.
 */
#ifndef PP_CODEC_CORE_MIME_H
#define PP_CODEC_CORE_MIME_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/uuid.h"

#define PP_CORE_PARTS_MAX 40 /* parts of one body that are looked at */
#define PP_CORE_RULE_VERSION "2.2.0"

struct pp_core_envelope {
    struct pp_str payload_type; /* "X12_278_Request_005010X217E1_2" */
    struct pp_str mode;         /* RealTime, Batch */
    struct pp_str payload_id;   /* UUID of this message */
    struct pp_str time_stamp;   /* UTC, YYYY-MM-DDThh:mm:ssZ */
    struct pp_str sender, receiver;
    struct pp_str rule_version;
    struct pp_str error_code, error_message; /* of an answer; "Success" */
    struct pp_str payload;
};

/* Writes the body; boundary: 1 to 70 letters and digits. PP_ERR_INVALID: a field holds a line end, or the payload the
 * boundary. The content type of it is "multipart/form-data; boundary=" with the boundary. */
int pp_core_write(const struct pp_core_envelope *e, struct pp_str boundary, struct pp_buf *ret, struct pp_err *err);
/* A whole request: its boundary and its PayloadID are made from `id`, payload_id of *e does not count; header and body
 * stand in the arena. */
int pp_core_request(const struct pp_core_envelope *e, struct pp_uuid id, struct pp_arena *a,
                    struct pp_str *ret_content_type, struct pp_str *ret_body, struct pp_err *err);
/* -1: no multipart body of this content type, or one that is cut. Fields that are not there are empty. */
int pp_core_read(struct pp_str content_type, struct pp_str body, struct pp_core_envelope *ret, struct pp_err *err);

#endif
