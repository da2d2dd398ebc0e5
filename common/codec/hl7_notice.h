/* What we tell an ordering or scheduling system of an authorization, and how we answer a request for one.
 *
 * HL7 has no code for "authorization is pending" in an order. What it has is used, and nothing of the order itself is
 * claimed to have changed:
 *   ORM^O01 with ORC-1 SC (status changed) to the system that placed the order. IN3-4 says whether certification is
 *     required, IN3-2 the certification number, IN3-6 when it was certified, IN3-9 and 10 its begin and end, IN3-11 how
 *     many days, IN3-12 why it was refused, IN1-14 the same number with date and source; ORC-25 is our status with our
 *     own coding system, ORC-16 its reason, NTE what a person reads. One message for each order: the standard has one
 *     insurance group for the patient.
 *   The same ORM^O01 without anything of the patient, for whoever knows the order's number and no more
 *     (pp_hl7_notice_state): what IN1 and IN3 would say stands in OBX then, since insurance segments belong to a PID.
 *   RPA^I08 to the system that asked by RQA^I08: MSA, RF1-1 (table 0283), PRD of the requester, and AUT after the PR1.
 * Pure; sending is somebody else's work. What is written here is read by pp_hl7_read_orders and pp_hl7_read_referral.
 */
#ifndef PP_CODEC_HL7_NOTICE_H
#define PP_CODEC_HL7_NOTICE_H

#include "codec/hl7_view.h"
#include "codec/hl7_write.h"

enum pp_hl7_notice_status {
    PP_HL7_NOTICE_NOT_REQUIRED,
    PP_HL7_NOTICE_PENDING,
    PP_HL7_NOTICE_APPROVED,
    PP_HL7_NOTICE_MODIFIED, /* approved, with other limits than asked for */
    PP_HL7_NOTICE_DENIED,
    PP_HL7_NOTICE_CANCELLED,
    PP_HL7_NOTICE_STATUS_COUNT,
};

struct pp_hl7_notice {
    const struct pp_hl7_delims *delims; /* NULL: the usual ones */
    struct pp_str sending_app, sending_facility, receiving_app, receiving_facility;
    struct pp_str control_id;    /* of this message; must */
    struct pp_str time;          /* YYYYMMDDHHMMSS[+-ZZZZ]; must */
    struct pp_str processing_id; /* must: P, T, D */
    struct pp_str answers;       /* MSH-10 of the request; RPA only, must */
    struct pp_hl7_id patient;    /* must */
    struct pp_str family, given; /* must */
    pp_date birth;
    struct pp_str sex, account;
    struct pp_hl7_id company; /* payer; IN1-3 and AUT-2; must */
    struct pp_str company_name, plan, member_id;
    struct pp_hl7_id placer, filler; /* of the order: one of them, must. Of a request: placer is RF1-6 */
    struct pp_hl7_code service;      /* must */
    struct pp_str npi, provider_family, provider_given; /* of the requester; RPA needs a name */
    enum pp_hl7_notice_status status;
    struct pp_str number; /* of the authorization */
    pp_date decided, begin, end;
    struct pp_str requested, authorized; /* numbers of treatments */
    struct pp_hl7_code reason;           /* of a denial or a change */
    struct pp_str text;                  /* for people; no more than one paragraph */
};

/* "approved", … : the code of ORC-25, system PRIORPATH. */
const char *pp_hl7_notice_status_name(enum pp_hl7_notice_status status);
/* Append one message, CR after each segment. -1 when something is missing (the error says what), or the buffer is full;
 * then out is as it was. */
int pp_hl7_notice_order(const struct pp_hl7_notice *n, struct pp_buf *out, struct pp_err *err);
int pp_hl7_notice_answer(const struct pp_hl7_notice *n, struct pp_buf *out, struct pp_err *err);

/* What is known of an authorization without knowing the patient, as the public topic pa.authorization.v1 says it. */
struct pp_hl7_state {
    const struct pp_hl7_delims *delims; /* NULL: the usual ones */
    struct pp_str sending_app, sending_facility, receiving_app, receiving_facility;
    struct pp_str control_id, time, processing_id; /* as above; must */
    struct pp_str order_no;                        /* ORC-2: of the order, or of its group; must */
    struct pp_hl7_code service;                    /* OBR-4; a text stands in where there is no code */
    struct pp_str state;                           /* ORC-25, system PRIORPATH; must */
    struct pp_str case_no, line, number, payer;    /* each an OBX-5; empty ones are left out */
    pp_date valid_from, valid_until;
    struct pp_str units_authorized, units_scheduled, units_used, unit_type;
};
/* ORM^O01: MSH, ORC (SC), OBR and an OBX for each thing known: case, line, authorization, payer, valid-from,
 * valid-until, units-authorized, units-scheduled, units-used (OBX-3, system PRIORPATH). As above. */
int pp_hl7_notice_state(const struct pp_hl7_state *n, struct pp_buf *out, struct pp_err *err);

#endif
