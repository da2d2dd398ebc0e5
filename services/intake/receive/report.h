/* What a message says, as facts that are ready but for the person. Pure.
 *
 * One inbound message becomes a list of reports: each has a subject (who and what it is about, exact identifiers) and a
 * fact. A message that cannot be used becomes a refusal with place and reason; one that we do not use says so. Both are
 * kept and answered; neither stops anybody else's message.
 */
#ifndef INTAKE_RECEIVE_REPORT_H
#define INTAKE_RECEIVE_REPORT_H

#include "base/err.h"
#include "ev.h"
#include "identity.h"
#include "refs/refs.h"

#define RCV_REPORTS_MAX 4096 /* facts of one message or file */
#define RCV_REFUSALS_MAX 256 /* parts refused of one message or file; more are counted */

struct rcv_source { /* what is known before the message is read */
    struct pp_str tenant, sender;
    const struct pp_refs *refs;
    int64_t now_ms;
    int64_t received_ms; /* at the door: the same however often it is read */
    struct pp_arena *arena;
};

enum rcv_report_kind {
    RCV_FACT,  /* resolve the subject, emit the fact under its person */
    RCV_MERGE, /* resolve both subjects, merge, tell both */
    RCV_PAYER, /* a payer's message: the trace names the person, else the payer's pseudo-person */
};

struct rcv_report {
    enum rcv_report_kind kind;
    const struct rcv_subject *subject;
    const struct rcv_subject *retired; /* MERGE */
    struct ev ev;
    struct pp_uuid person; /* FACT: a number of ours in the message holds it; none: by the subject */
    bool alone;            /* of many in a file: what is wrong with it holds up nothing else */
    struct rcv_key waits;  /* FACT about nobody yet: it waits until this number is known; value empty: refused */
    /* A fact that repeats what was said before under the same key need not be said again. Empty: always said. */
    struct pp_str said_key;
    /* Bytes that must be in the blob store before the fact is; the fact already carries their hash. */
    struct pp_str blob;
    struct rcv_report *next;
};

struct rcv_refusal {
    struct pp_str place, reason; /* never the sender's data */
    struct rcv_refusal *next;
};

struct rcv_reading {
    struct pp_str type; /* "ORM^O01", "837", "Bundle/ServiceRequest" */
    struct rcv_report *first, *last;
    int nreports;
    struct rcv_refusal *refusals, *refusals_last;
    int nrefusals;
    bool not_used;              /* understood, but nothing of it concerns us */
    struct pp_str not_used_why; /* fixed words; may be empty */
    /* X12: what the sender is answered (999, TA1), and findings that refused nothing. */
    struct pp_str ack, notes;
    uint32_t transactions, accepted, warnings;
    uint32_t provider_adjustments; /* PLB: about no person, kept with the message */
};

/* Readers; each fills *r. A refusal of the whole message leaves no report. */
void rcv_read_hl7(const struct rcv_source *src, struct pp_str bytes, struct rcv_reading *r);
/* payer: whose way it came by; empty: the envelope says from whom it is. For files that fit into the arena: larger ones
 * go through x12_plan.h. */
void rcv_read_x12(const struct rcv_source *src, struct pp_str payer, struct pp_str bytes, struct rcv_reading *r);
void rcv_read_fhir(const struct rcv_source *src, struct pp_str bytes, struct rcv_reading *r);
/* payer: id of the payer whose call-back it is. */
void rcv_read_payer(const struct rcv_source *src, struct pp_str payer, struct pp_str content_type, struct pp_str bytes,
                    struct rcv_reading *r);

/* For the readers. */
/* A trace number of ours in a text, and its person: it has a check character, so what looks like one is one. */
struct pp_str rcv_find_trace(struct pp_str text, struct pp_uuid *ret_person);
struct rcv_report *rcv_add_report(const struct rcv_source *src, struct rcv_reading *r, enum rcv_report_kind kind,
                                  const struct rcv_subject *subject, struct ev ev);
void rcv_refuse(const struct rcv_source *src, struct rcv_reading *r, struct pp_str place, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Identifier with the sender in place of an empty authority; value trimmed and, for numbers, as sent. */
struct rcv_key rcv_key_of(const struct rcv_source *src, enum rcv_key_kind kind, struct pp_str authority,
                          struct pp_str value);

/* A subject under construction. */
struct rcv_subject_builder {
    struct rcv_key who[RCV_KEYS_MAX], about[RCV_KEYS_MAX];
    struct rcv_subject s;
};
void rcv_subject_begin(const struct rcv_source *src, struct rcv_subject_builder *b);
/* Empty values and keys beyond RCV_KEYS_MAX are left out. */
void rcv_subject_who(const struct rcv_source *src, struct rcv_subject_builder *b, enum rcv_key_kind kind,
                     struct pp_str authority, struct pp_str value);
void rcv_subject_about(const struct rcv_source *src, struct rcv_subject_builder *b, enum rcv_key_kind kind,
                       struct pp_str authority, struct pp_str value);
/* Copy in the arena; NULL when it is full. */
const struct rcv_subject *rcv_subject_end(const struct rcv_source *src, const struct rcv_subject_builder *b);

/* The site's zone, else that of the first site. */
struct pp_str rcv_zone(const struct rcv_source *src, struct pp_str site);

#endif
