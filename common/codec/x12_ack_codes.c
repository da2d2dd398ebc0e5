#include "codec/x12_ack.h"
#include "codec/x12_check.h"

/* Codes of a 999 and a TA1 for findings of the reader and of views; the checker brings its own (ik304, ik403). */

static bool of_envelope(const struct pp_x12_finding *f) {
    switch (f->code) {
    case PP_X12_F_NO_SE:
    case PP_X12_F_SE_COUNT:
    case PP_X12_F_SE_CONTROL:
    case PP_X12_F_DUPLICATE_ST:
    case PP_X12_F_CONTROL_FORM:
    case PP_X12_F_FUNCTION:
    case PP_X12_V_GUIDE_UNKNOWN:
    case PP_X12_F_GUIDE_UNKNOWN:
    case PP_X12_F_GROUP_UNKNOWN:
    case PP_X12_F_TRUNCATED: return true;
    default: return false;
    }
}

const char *pp_ack_ik304(const struct pp_x12_finding *f) {
    if (f->ik304[0]) return f->ik304;
    if (f->ik403[0] || of_envelope(f)) return "";
    if (f->code == PP_X12_F_SEGMENT_ID) return "1"; /* unrecognized */
    if (f->code == PP_X12_F_UNEXPECTED || f->code == PP_X12_V_LOOP) return "2";
    if (f->code == PP_X12_V_REPEAT) return f->element ? "" : "5";
    if (f->element) return "";
    return f->value == PP_X12_VALUE_MISSING ? "3" : "8";
}

const char *pp_ack_ik403(const struct pp_x12_finding *f) {
    if (f->ik403[0]) return f->ik403;
    if (f->ik304[0] || !f->element || of_envelope(f)) return "";
    switch (f->value) {
    case PP_X12_VALUE_MISSING: return "1";
    case PP_X12_VALUE_TOO_SHORT: return "4";
    case PP_X12_VALUE_TOO_LONG: return "5";
    case PP_X12_VALUE_NOT_NUMBER: return "6"; /* invalid character */
    case PP_X12_VALUE_NOT_CODE: return "7";
    case PP_X12_VALUE_NOT_DATE: return "8";
    case PP_X12_VALUE_NONE:
    case PP_X12_VALUE_OTHER:
    case PP_X12_VALUE_COUNT: break;
    }
    return f->code == PP_X12_F_ELEMENT_COUNT ? "3" : "7";
}

const char *pp_ack_ik502(const struct pp_x12_finding *f) {
    switch (f->code) {
    case PP_X12_F_NO_SE:
    case PP_X12_F_TRUNCATED: return "2";
    case PP_X12_F_SE_CONTROL: return "3";
    case PP_X12_F_SE_COUNT: return "4";
    case PP_X12_F_FUNCTION: return "6";
    case PP_X12_F_CONTROL_FORM: return "7";
    case PP_X12_F_DUPLICATE_ST: return "23";
    case PP_X12_V_GUIDE_UNKNOWN:
    case PP_X12_F_GUIDE_UNKNOWN: return "I6"; /* this guide is not supported */
    default: break;
    }
    if (f->not_in_directory) return "5";
    return f->snip >= 2 ? "I5" : "5"; /* segments in error, by the guide or by X12 itself */
}

const char *pp_ack_ak905(const struct pp_x12_finding *f) {
    switch (f->code) {
    case PP_X12_F_NO_GE: return "3";
    case PP_X12_F_GE_CONTROL: return "4";
    case PP_X12_F_GE_COUNT: return "5";
    case PP_X12_F_CONTROL_FORM: return "6";
    case PP_X12_F_FUNCTION: return "1";
    case PP_X12_F_GROUP_UNKNOWN: return "2";
    default: return "";
    }
}

const char *pp_ack_ta105(const struct pp_x12_finding *f) {
    switch (f->code) {
    case PP_X12_F_IEA_CONTROL: return "001";
    case PP_X12_F_ISA_DELIMITER: return f->element == 16 ? "027" : "026";
    case PP_X12_F_CONTROL_FORM: return "018";
    case PP_X12_F_IEA_COUNT: return "021";
    case PP_X12_F_NO_IEA:
    case PP_X12_F_TRUNCATED: return "023";
    case PP_X12_F_UNEXPECTED:
    case PP_X12_F_ISA_FORM: return "022";
    default: return "024";
    }
}
