/* Short names of segments, fields and components for people who look at a message: our own words, by the numbering of
 * 2.5.1, for the segments that prior authorization meets. Constant tables; strings live for ever and have no NUL of
 * their own at the end. */
#ifndef PP_CODEC_HL7_NAMES_H
#define PP_CODEC_HL7_NAMES_H

#include "base/str.h"

/* "patient", "insurance", …; empty when the segment is none of ours. */
struct pp_str pp_hl7_segment_name(const char *segment);
/* "family name" of (PID, 5, 1); comp 0 = the field's own name; a component without a name of its own gives the
 * field's. Empty when the field has no name here. */
struct pp_str pp_hl7_field_name(const char *segment, unsigned field, unsigned comp);

#endif
