/* Typed views of HL7 v2 messages: what prior authorization needs of orders, appointments, documents, results,
 * registrations, referrals and charges, as plain structs.
 *
 * Field numbers are those of 2.5.1; older and newer versions and vendor habits
 * are read where they are clear, and said here. A view reads; it decides nothing:
 * codes stay as sent, times stay local until the caller brings the zone of the
 * site (pp_hl7_ts_instant). Strings are decoded UTF-8 in the message's arena;
 * empty = not sent, or taken away by an explicit null, which pp_hl7_is_deleted
 * tells. What m->profile says of the sender goes before the order of fields given
 * here.
 *
 * Places: a composite value has `at`, the offset of its bytes in pp_hl7_msg.raw,
 * and a struct has `segment`, the position of its segment from 1 (0 = none);
 * pp_hl7_place_at turns an offset into segment, field, repetition and component,
 * pp_hl7_fault_at records a finding there.
 *
 * Every pp_hl7_read_<message> returns 0, or -1 with an error that names segment,
 * field and reason; then nothing of *ret may be used. Lesser findings are added
 * to m->faults: severity 'E' for a part that was left out (an order without a
 * number), 'W' for a value that was ignored (a date that is none).
 */
#ifndef PP_CODEC_HL7_VIEW_H
#define PP_CODEC_HL7_VIEW_H

#include "codec/hl7.h"

/* ---- data types ---- */

struct pp_hl7_id { /* CX, EI, XON: an identifier */
    struct pp_str value;
    struct pp_str authority; /* namespace, else universal id; empty = the sender */
    struct pp_str type;      /* CX-5: MR, AN, VN, SS, …; SS too where CX-4 or CX-6 is USSSA and CX-5 is empty */
    uint32_t at;
};
struct pp_hl7_code { /* CE, CWE */
    struct pp_str code, text, system;
    struct pp_str alt_code, alt_text, alt_system;
    uint32_t at;
};
struct pp_hl7_name { /* XPN */
    struct pp_str family, given, middle, suffix, prefix;
    uint32_t at;
};
struct pp_hl7_provider { /* XCN; several repetitions of one person are read as one */
    struct pp_str id, authority, id_type;
    struct pp_str npi; /* ten digits, where XCN-9 or XCN-13 says that it is one */
    struct pp_hl7_name name;
    uint32_t at;
};
struct pp_hl7_address { /* XAD */
    struct pp_str line, line2, city, state, zip, country;
    uint32_t at;
};
struct pp_hl7_location { /* PL */
    struct pp_str point_of_care, room, bed, facility, building, description;
    uint32_t at;
};

/* ---- MSH ---- */

struct pp_hl7_msh {
    struct pp_str sending_app, sending_facility, receiving_app, receiving_facility; /* first component */
    struct pp_hl7_ts time;
    struct pp_str type, trigger, structure;    /* MSH-9; a missing trigger is taken from EVN-1 */
    struct pp_str control_id;                  /* MSH-10 */
    struct pp_str processing_id, version;      /* first component */
    struct pp_str accept_ack, application_ack; /* MSH-15, MSH-16: AL, NE, ER, SU or empty */
    struct pp_str charset;                     /* MSH-18 as sent */
    bool enhanced;                             /* MSH-15 or MSH-16 is valued */
};

/* What we do with a message type. */
enum pp_hl7_use {
    PP_HL7_USE_NONE,        /* recorded as not used; pp_hl7_unused_why says why */
    PP_HL7_USE_ORDER,       /* ORM^O01, OMG^O19, OMI^O23, OML^O21 */
    PP_HL7_USE_APPOINTMENT, /* SIU^S12-S22, S26 */
    PP_HL7_USE_DOCUMENT,    /* MDM^T02, T04, T06, T08, T10: those with content */
    PP_HL7_USE_RESULT,      /* ORU^R01 */
    PP_HL7_USE_PATIENT,     /* ADT whose PID says who the patient is: A01-A16, A21, A22, A25-A28, A31, A38, A60 … */
    PP_HL7_USE_MERGE,       /* ADT^A18, A30, A34, A36, A39, A40, A47 */
    PP_HL7_USE_REFERRAL,    /* REF^I12-I14, RQA^I08-I11 */
    PP_HL7_USE_CHARGE,      /* DFT^P03, P11: pp_hl7_read_charges; no fact of ours comes of it */
};

/* -1 when MSH-9 or MSH-10 is empty: nobody could answer such a message by its number. */
int pp_hl7_read_msh(struct pp_hl7_msg *m, struct pp_hl7_msh *ret, struct pp_err *err);
/* Does the profile let this message in? -1 with the fault recorded ('E', 203 or 202 of table 0357) when its version or
 * its processing id is sent and is not among those that the profile takes. */
int pp_hl7_admit(struct pp_hl7_msg *m, const struct pp_hl7_msh *msh, struct pp_err *err);
enum pp_hl7_use pp_hl7_use_of(const struct pp_hl7_msh *msh);
/* Why a message of this type is not used: fixed words. */
const char *pp_hl7_unused_why(const struct pp_hl7_msh *msh);

/* ---- patient, visit, insurance ---- */

struct pp_hl7_pid {
    uint32_t segment;
    struct pp_hl7_id *ids; /* PID-3; PID-2 and then PID-4 when PID-3 is empty (2.2 habit, flagged) */
    uint32_t ids_n;
    struct pp_hl7_id
        mrn; /* of ids: type MR, else without a type, else the first that is no SS, DL, PPN, AN, VN, MA, MC, MB */
    struct pp_hl7_id account; /* PID-18 */
    struct pp_hl7_name name;
    struct pp_hl7_ts birth;
    struct pp_str sex; /* F, M, O, U, A, N as sent, upper case */
    struct pp_hl7_address address;
    struct pp_str phone; /* PID-13, first, as text */
};
struct pp_hl7_visit { /* PV1 */
    uint32_t segment;
    bool present;
    struct pp_str patient_class, admission_type, hospital_service, admit_source, disposition, facility;
    struct pp_hl7_location location;
    struct pp_hl7_provider attending, referring, admitting;
    struct pp_hl7_id visit; /* PV1-19 */
    struct pp_hl7_ts admitted, discharged;
};
struct pp_hl7_certification { /* IN3 */
    uint32_t segment;
    struct pp_hl7_id number;         /* IN3-2 */
    struct pp_str required;          /* IN3-4: Y, N */
    struct pp_hl7_ts certified;      /* IN3-6 */
    struct pp_hl7_ts begin, end;     /* IN3-9, 10 */
    struct pp_str days;              /* IN3-11.2: how many; IN3-11.1 says of which kind */
    struct pp_hl7_code refused;      /* IN3-12: why the reviewer does not concur */
    struct pp_hl7_provider reviewer; /* IN3-14 */
    struct pp_str agency;            /* IN3-18 */
    struct pp_str requirement;       /* IN3-20.2: Y when certification is needed before */
};
struct pp_hl7_insurance { /* IN1, IN2, IN3 */
    uint32_t segment;
    int64_t rank;             /* IN1-22 when it is a number, else IN1-1, else the position, from 1 */
    struct pp_hl7_code plan;  /* IN1-2 */
    struct pp_hl7_id company; /* IN1-3, first */
    struct pp_str company_name, group_no, group_name;
    struct pp_hl7_ts effective, expires;
    struct pp_str authorization;
    struct pp_hl7_ts authorization_date; /* IN1-14 */
    struct pp_str authorization_source;
    struct pp_str plan_type;
    struct pp_hl7_name insured;
    struct pp_str relation; /* IN1-17, code */
    struct pp_hl7_ts insured_birth;
    struct pp_str insured_sex;
    struct pp_str precertification;      /* IN1-28 */
    struct pp_str policy_no, insured_id; /* IN1-36, IN1-49 */
    struct pp_str member_id;             /* policy_no, else insured_id, else IN2-61; the profile may prefer another */
    struct pp_str medicare_no, medicaid_case, payor_id, payor_subscriber; /* IN2-6, 8, 25, 26 */
    struct pp_hl7_certification *certifications;                          /* IN3 */
    uint32_t certifications_n;
};
struct pp_hl7_diagnosis { /* DG1 */
    uint32_t segment;
    struct pp_hl7_code code;
    struct pp_str type; /* A, W, F */
    int64_t priority;   /* DG1-15, 0 = not given */
};
/* What stands before the order, the appointment or the document. */
struct pp_hl7_person {
    struct pp_hl7_pid pid;
    struct pp_hl7_visit visit;
    struct pp_hl7_insurance *insurance;
    uint32_t insurance_n;
    struct pp_hl7_diagnosis *diagnoses; /* of the visit, not of an order */
    uint32_t diagnoses_n;
};

/* ---- orders ---- */

struct pp_hl7_order {
    uint32_t segment;         /* where it begins, from 1 */
    struct pp_str control;    /* ORC-1: NW, XO, CA, DC, SC, …; never empty */
    struct pp_hl7_id placer;  /* ORC-2, else OBR-2 */
    struct pp_hl7_id filler;  /* ORC-3, else OBR-3 */
    struct pp_hl7_id group;   /* ORC-4 */
    struct pp_str status;     /* ORC-5 */
    struct pp_hl7_ts ordered; /* ORC-9 */
    struct pp_hl7_ts effective;
    struct pp_hl7_code control_reason; /* ORC-16 */
    struct pp_hl7_provider ordering;   /* ORC-12, else OBR-16 */
    struct pp_str organization;        /* ORC-21, else ORC-17 text */
    struct pp_hl7_location entered_at; /* ORC-13 */
    char kind[4];                      /* OBR, RQD or RXO: the detail segment (PR1 of a referral); "" = none */
    struct pp_hl7_code service;        /* OBR-4, RQD-2 (else 3), RXO-1 */
    struct pp_hl7_code procedure;      /* OBR-44 */
    struct pp_str *modifiers;          /* OBR-45 */
    uint32_t modifiers_n;
    struct pp_str priority; /* TQ1-9, else ORC-7.6, OBR-27.6, OBR-5: S, A, R, T… first letters as sent */
    struct pp_str quantity, quantity_unit; /* TQ1-2, else ORC-7.1, OBR-27.1, RQD-5 */
    struct pp_hl7_ts start;                /* OBR-36, else TQ1-7, ORC-7.4, OBR-27.4, OBR-6, OBR-7 */
    struct pp_hl7_ts until;                /* TQ1-8, ORC-7.5, OBR-27.5 */
    struct pp_str clinical_info;           /* OBR-13 */
    struct pp_hl7_code *reasons;           /* OBR-31 */
    uint32_t reasons_n;
    struct pp_hl7_diagnosis *diagnoses; /* DG1 after the order, by priority */
    uint32_t diagnoses_n;
    struct pp_str notes; /* NTE-3, one line each */
};
struct pp_hl7_orders {
    struct pp_hl7_msh msh;
    struct pp_hl7_person person;
    struct pp_hl7_order *orders;
    uint32_t orders_n;
    uint32_t refused_n; /* left out, each with a fault of severity 'E' */
    uint32_t prior_n;   /* earlier results that a message may carry along; not orders, skipped */
};
/* -1 when there is no patient identifier, or no order that can be used. */
int pp_hl7_read_orders(struct pp_hl7_msg *m, struct pp_hl7_orders *ret, struct pp_err *err);

/* ---- appointments ---- */

enum pp_hl7_start_from {
    PP_HL7_START_NONE,
    PP_HL7_START_TQ1,
    PP_HL7_START_SCH11,
    PP_HL7_START_AIS,
    PP_HL7_START_AIL,
    PP_HL7_START_AIP,
    PP_HL7_START_AIG
};
struct pp_hl7_appointment {
    struct pp_hl7_msh msh;
    struct pp_hl7_person person;                   /* no insurance in a SIU by the standard */
    uint32_t segment;                              /* of SCH */
    struct pp_hl7_id placer, filler;               /* SCH-1, SCH-2 */
    struct pp_hl7_code event_reason, reason, type; /* SCH-6, 7, 8 */
    struct pp_str status;                          /* SCH-25 code, else AIS-10 */
    struct pp_hl7_ts start, end;
    enum pp_hl7_start_from start_from; /* in this order: TQ1-7, SCH-11.4, AIS-4, AIL-6, AIP-6, AIG-8 */
    int64_t minutes;                   /* end - start, else SCH-9 in SCH-10, SCH-11.3, AIS-7 in AIS-8; 0 = unknown */
    struct pp_hl7_id *placer_orders, *filler_orders; /* SCH-26, SCH-27: ORC-2, ORC-3 of the orders */
    uint32_t placer_orders_n, filler_orders_n;
    struct pp_hl7_code *services; /* AIS-3 */
    uint32_t services_n;
    struct pp_hl7_location location; /* AIL-3, first with a value; else SCH-14, PV1-3 */
    struct pp_hl7_provider provider; /* AIP-3, first; else SCH-16, PV1-7 */
    struct pp_hl7_code resource;     /* AIG-3, first */
    struct pp_str notes;
};
/* -1 without a patient identifier or without SCH-1 and SCH-2. */
int pp_hl7_read_appointment(struct pp_hl7_msg *m, struct pp_hl7_appointment *ret, struct pp_err *err);

/* ---- documents and results ---- */

struct pp_hl7_part { /* one OBX of type ED or RP */
    uint32_t segment;
    struct pp_hl7_code what;    /* OBX-3 */
    struct pp_str content_type; /* application/pdf, … ; application/octet-stream when unknown */
    struct pp_str bytes;        /* decoded; empty for a reference */
    struct pp_str reference;    /* RP-1: where the bytes are */
};
struct pp_hl7_observation {
    uint32_t segment;
    struct pp_str set_id, value_type;
    struct pp_hl7_code what;                          /* OBX-3 */
    struct pp_str value, units, range, flags, status; /* OBX-5 as one text, 6, 7, 8, 11 */
};
struct pp_hl7_content {
    struct pp_hl7_part *parts;
    uint32_t parts_n;
    struct pp_hl7_observation *observations; /* all OBX but ED and RP */
    uint32_t observations_n;
    struct pp_str text; /* rendered: what a person would read; UTF-8, lines end with \n */
    /* What is to be kept: the first part with bytes, else the text as text/plain. */
    struct pp_str content_type, bytes;
};
struct pp_hl7_document {
    struct pp_hl7_msh msh;
    struct pp_hl7_person person;
    uint32_t segment;                /* of TXA */
    struct pp_hl7_code type;         /* TXA-2 */
    struct pp_hl7_id number, parent; /* TXA-12, TXA-13 */
    struct pp_hl7_id *placer_orders; /* TXA-14, else ORC-2/OBR-2 of the message */
    uint32_t placer_orders_n;
    struct pp_hl7_id filler;                          /* TXA-15, else ORC-3/OBR-3 */
    struct pp_hl7_provider author;                    /* TXA-9, else TXA-5 */
    struct pp_hl7_provider signer;                    /* TXA-22 */
    struct pp_hl7_ts activity, originated, signed_at; /* TXA-4, 6, 22.15 */
    struct pp_str completion;                         /* TXA-17: AU and LA are safe to send */
    struct pp_str confidentiality, availability;      /* TXA-18, 19 */
    struct pp_str title;                              /* TXA-2 text, else OBX-3 text */
    struct pp_hl7_content content;
};
/* -1 without a patient identifier, TXA-2 or TXA-12, or when no OBX carries content (or its base64 is broken). */
int pp_hl7_read_document(struct pp_hl7_msg *m, struct pp_hl7_document *ret, struct pp_err *err);

struct pp_hl7_result { /* one OBR and what follows it */
    uint32_t segment;
    struct pp_hl7_id placer, filler;
    struct pp_hl7_code service;
    struct pp_str status;                         /* OBR-25 */
    struct pp_hl7_ts observed, reported;          /* OBR-7, OBR-22 */
    struct pp_hl7_provider ordering, interpreter; /* OBR-16, OBR-32 */
    struct pp_hl7_content content;
};
struct pp_hl7_results {
    struct pp_hl7_msh msh;
    struct pp_hl7_person person;
    struct pp_hl7_result *results;
    uint32_t results_n;
    uint32_t refused_n;
};
/* -1 without a patient identifier or without any OBR that has content. */
int pp_hl7_read_results(struct pp_hl7_msg *m, struct pp_hl7_results *ret, struct pp_err *err);

/* ---- registrations ---- */

struct pp_hl7_merge { /* one PID and the MRG after it */
    uint32_t segment; /* of MRG */
    struct pp_hl7_pid survivor;
    struct pp_hl7_id *prior; /* MRG-1 */
    uint32_t prior_n;
    struct pp_hl7_id prior_mrn;     /* chosen as in struct pp_hl7_pid */
    struct pp_hl7_id prior_account; /* MRG-3 */
    struct pp_hl7_name prior_name;  /* MRG-7 */
};
struct pp_hl7_registration {
    struct pp_hl7_msh msh;
    struct pp_hl7_ts recorded;   /* EVN-2 */
    struct pp_hl7_person person; /* of the first PID */
    struct pp_hl7_merge *merges; /* of a merge */
    uint32_t merges_n;
};
/* -1 without a patient identifier; for a merge also without an MRG-1. */
int pp_hl7_read_registration(struct pp_hl7_msg *m, struct pp_hl7_registration *ret, struct pp_err *err);

/* ---- referrals and requests for authorization ---- */

struct pp_hl7_authorization { /* AUT */
    uint32_t segment;
    struct pp_hl7_code plan;             /* AUT-1 */
    struct pp_hl7_code company;          /* AUT-2 */
    struct pp_str company_name;          /* AUT-3 */
    struct pp_hl7_ts effective, expires; /* AUT-4, 5 */
    struct pp_hl7_id number;             /* AUT-6 */
    struct pp_str reimbursement;         /* AUT-7.1, an amount */
    struct pp_str requested, authorized; /* AUT-8, AUT-9: numbers of treatments */
    struct pp_hl7_ts processed;          /* AUT-10 */
};
struct pp_hl7_party { /* PRD */
    uint32_t segment;
    struct pp_hl7_code role; /* PRD-1: RP referring, RT referred to, … */
    struct pp_hl7_name name;
    struct pp_str npi;   /* PRD-7 of type NPI */
    struct pp_hl7_id id; /* PRD-7, first */
};
struct pp_hl7_procedure { /* PR1 and the AUT after it */
    uint32_t segment;
    struct pp_hl7_code code;  /* PR1-3 */
    struct pp_hl7_ts when;    /* PR1-5 */
    struct pp_str *modifiers; /* PR1-16 */
    uint32_t modifiers_n;
    struct pp_hl7_authorization *authorization; /* NULL: none */
};
struct pp_hl7_referral {
    struct pp_hl7_msh msh;
    struct pp_hl7_person person;                                      /* insurance and diagnoses stand there */
    uint32_t segment;                                                 /* of RF1; 0 = there is none */
    struct pp_hl7_code status, priority, type, disposition, category; /* RF1-1 to 5 */
    struct pp_hl7_id number, external;                                /* RF1-6, RF1-11 */
    struct pp_hl7_ts effective, expires, processed;                   /* RF1-7, 8, 9 */
    struct pp_hl7_code *reasons;                                      /* RF1-10 */
    uint32_t reasons_n;
    struct pp_hl7_authorization *authorization; /* of the whole; NULL: none */
    struct pp_hl7_party *parties;
    uint32_t parties_n;
    struct pp_hl7_procedure *procedures;
    uint32_t procedures_n;
    struct pp_str answer, answered_id; /* MSA-1, MSA-2 of RPA and RRI */
    struct pp_str notes;               /* NTE-3 after PV1, one line each */
};
/* REF, RQA, and the answers RPA and RRI. -1 without a patient identifier. */
int pp_hl7_read_referral(struct pp_hl7_msg *m, struct pp_hl7_referral *ret, struct pp_err *err);
/* The party of that role (table 0286); NULL when there is none. */
const struct pp_hl7_party *pp_hl7_party_of(const struct pp_hl7_referral *r, const char *role);

/* ---- charges ---- */

struct pp_hl7_charge { /* FT1 */
    uint32_t segment;
    struct pp_hl7_id transaction;                /* FT1-2 */
    struct pp_hl7_ts when, until;                /* FT1-4, 4.2 */
    struct pp_hl7_ts posted;                     /* FT1-5 */
    struct pp_str type;                          /* FT1-6: CG charge, CD credit, PY payment, AJ adjustment */
    struct pp_hl7_code item;                     /* FT1-7 */
    struct pp_str quantity;                      /* FT1-10 */
    struct pp_str amount, unit_amount, currency; /* FT1-11, 12 */
    struct pp_hl7_code plan;                     /* FT1-14 */
    struct pp_hl7_location location;             /* FT1-16 */
    struct pp_hl7_code *diagnoses;               /* FT1-19 */
    uint32_t diagnoses_n;
    struct pp_hl7_provider performed, ordered; /* FT1-20, 21 */
    struct pp_hl7_id filler;                   /* FT1-23 */
    struct pp_hl7_code procedure;              /* FT1-25, else the PR1-3 that follows */
    struct pp_str *modifiers;                  /* FT1-26, else PR1-16 */
    uint32_t modifiers_n;
};
struct pp_hl7_charges {
    struct pp_hl7_msh msh;
    struct pp_hl7_person person; /* with account, visit, insurance and diagnoses */
    struct pp_hl7_charge *charges;
    uint32_t charges_n;
    uint32_t refused_n; /* left out, each with a fault of severity 'E' */
};
/* -1 without a patient identifier, or without any FT1 that names type, date and code. */
int pp_hl7_read_charges(struct pp_hl7_msg *m, struct pp_hl7_charges *ret, struct pp_err *err);

/* ---- any of them ---- */

union pp_hl7_view {
    struct pp_hl7_orders orders;
    struct pp_hl7_appointment appointment;
    struct pp_hl7_document document;
    struct pp_hl7_results results;
    struct pp_hl7_registration registration; /* of a patient and of a merge */
    struct pp_hl7_referral referral;
    struct pp_hl7_charges charges;
};
/* What the reader of that use says; 0 and *ret untouched for PP_HL7_USE_NONE. */
int pp_hl7_read_view(struct pp_hl7_msg *m, enum pp_hl7_use use, union pp_hl7_view *ret, struct pp_err *err);

/* ---- parts that the views share; all tolerate seg == NULL ---- */

struct pp_hl7_id pp_hl7_id_of(struct pp_hl7_msg *m, struct pp_str rep, bool is_ei);
struct pp_hl7_code pp_hl7_code_of(struct pp_hl7_msg *m, struct pp_str rep);
struct pp_hl7_provider pp_hl7_provider_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field);
struct pp_hl7_location pp_hl7_location_of(struct pp_hl7_msg *m, struct pp_str rep);
struct pp_hl7_name pp_hl7_name_of(struct pp_hl7_msg *m, struct pp_str rep);
/* A time stamp field; a value that is none is a warning and gives an empty stamp. comp 0 = 1. */
struct pp_hl7_ts pp_hl7_ts_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, unsigned comp);
/* All identifiers of a repeating field. NULL and *ret_n 0 when there is none. */
struct pp_hl7_id *pp_hl7_ids_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, bool is_ei,
                                uint32_t *ret_n);
/* All codes of a repeating field that have a code or a text; the same for first components. */
struct pp_hl7_code *pp_hl7_codes_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, uint32_t *ret_n);
struct pp_str *pp_hl7_values_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, uint32_t *ret_n);
/* First repetition of a field. */
static inline struct pp_hl7_code pp_hl7_code_in(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field) {
    return pp_hl7_code_of(m, pp_hl7_rep(m, pp_hl7_field(m, seg, field), 1));
}
static inline struct pp_hl7_id pp_hl7_ei_in(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field) {
    return pp_hl7_id_of(m, pp_hl7_rep(m, pp_hl7_field(m, seg, field), 1), true);
}
static inline struct pp_hl7_id pp_hl7_cx_in(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field) {
    return pp_hl7_id_of(m, pp_hl7_rep(m, pp_hl7_field(m, seg, field), 1), false);
}
static inline struct pp_hl7_location pp_hl7_location_in(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field) {
    return pp_hl7_location_of(m, pp_hl7_rep(m, pp_hl7_field(m, seg, field), 1));
}
/* Ten digits, the last of which is the right check digit of an NPI (ISO 7812 over 80840 and the number). */
bool pp_hl7_npi_valid(struct pp_str s);
/* DG1. */
struct pp_hl7_diagnosis pp_hl7_diagnosis_of(struct pp_hl7_msg *m, struct pp_hl7_seg *seg);
/* PID, PV1, IN1-IN3 and DG1 up to the first order. -1 without PID or without an identifier, and for a message with a
 * second MSH inside: its parts belong to different patients, and pp_hl7_batch splits it. */
int pp_hl7_read_person(struct pp_hl7_msg *m, struct pp_hl7_person *ret, struct pp_err *err);
/* Base64, blanks ignored. False when it is none. */
bool pp_hl7_base64(struct pp_arena *a, struct pp_str text, struct pp_str *ret);
/* Fails with the fault just recorded as 'E'. Returns -1. */
int pp_hl7_refuse(struct pp_hl7_msg *m, struct pp_hl7_seg *seg, unsigned field, unsigned comp, const char *text,
                  struct pp_err *err);

#endif
