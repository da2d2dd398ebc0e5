/* Tables of the chart: what is asked for, for whom, under which coverage and when.
 *
 * A person has demographics and coverages per sender, orders by (sender, order number), visits by (sender, visit
 * number), and cases. A case is one placer order group of one sender, else one order; its lines are numbered once and
 * for ever. Numbers of two senders never mean each other unless a visit names one that only one sender uses here.
 */
#ifndef CHART_TABLES_H
#define CHART_TABLES_H

#include "core/unit.h"

enum chart_table {
    CHART_PATIENT,
    CHART_COVERAGE,
    CHART_ORDER,
    CHART_CASE,
    CHART_LINE,
    CHART_VISIT,
    CHART_CASE_VISIT,
    CHART_UNMATCHED,
    CHART_TASK,
    CHART_MERGE,
    CHART_ELIGIBILITY,
    CHART_TABLE_COUNT
};

struct chart_patient_row { /* as one sender has them */
    struct pp_row row;
    struct pp_str sender;
    struct pp_str mrn, family, given, middle, sex, address_line, city, state, zip, phone;
    pp_date birth_date;
    int64_t reported;
};

struct chart_coverage_row { /* the coverage of one rank, as one sender has it */
    struct pp_row row;
    struct pp_str sender;
    int32_t rank;
    struct pp_str payer; /* id in the directory, found when reported or looked at again; empty = unknown */
    struct pp_str payer_code, payer_name, plan, lob, member_id, group_no;
    struct pp_str subscriber_family, subscriber_given, relation, account;
    pp_date subscriber_birth_date, effective, expires;
    int64_t reported;
    bool ended;
};

struct chart_order_row {
    struct pp_row row;
    struct pp_str sender, order_no;
    struct pp_str filler_no, group_no, visit_no;
    struct pp_uuid case_id;
    int32_t line;
};

struct chart_case_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t case_version;
    struct pp_str case_no, sender, order_no;     /* order_no: group, else order */
    struct pp_str state;                         /* open, withdrawn */
    struct pp_str site, urgency, missing, payer; /* as last emitted */
    struct pp_str ordering_npi, ordering_family, ordering_given, ordering_org;
    struct pp_str performer_npi, performer_family, performer_given, performer_org;
    struct pp_str digest; /* of the snapshot as last emitted */
    int64_t ordered, opened, changed;
    int64_t intake_due; /* 0 = nothing is missing */
};

struct chart_line_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    struct pp_str order_no, state; /* active, cancelled */
    struct pp_str local_code, local_system, local_text;
    struct pp_str code, text;
    struct pp_str how; /* pack, sent, person; empty = unmapped */
    struct pp_str modifiers, units, unit_type, diagnoses, pos, urgency, reason;
    pp_date service_date; /* as ordered */
};

struct chart_visit_row {
    struct pp_row row;
    struct pp_str sender, visit_no;
    struct pp_uuid visit_id;
    struct pp_str state; /* booked, cancelled, no_show, done */
    int64_t start;
    pp_date date;
    struct pp_str zone, site, location, order_no, filler_no;
    struct pp_str provider_npi, provider_family, provider_given, provider_org;
};

struct chart_case_visit_row { /* which visits serve a case; "" = all its lines */
    struct pp_row row;
    struct pp_uuid case_id, visit_id;
    struct pp_str lines;
};

struct chart_unmatched_row { /* a visit that names an order nobody has sent yet */
    struct pp_row row;
    struct pp_uuid visit_id;
    struct pp_str sender, visit_no;
    int64_t since;
    bool task_open;
};

struct chart_task_row { /* open tasks of cases */
    struct pp_row row;
    struct pp_uuid task_id, case_id;
    struct pp_str kind;
    int32_t line;
};

struct chart_merge_row {
    struct pp_row row;
    struct pp_uuid other;
    struct pp_str side; /* survivor, retired: what this person is */
    int64_t at;
};

struct chart_eligibility_row { /* what a payer says of a member number, asked for or not */
    struct pp_row row;
    struct pp_str payer, member_id;
    struct pp_str trace;        /* of the last question; empty: never asked */
    int32_t number;             /* of the last question, counted over the person */
    struct pp_str standing;     /* active, inactive, not_found; empty: nothing said yet */
    struct pp_str plan, reason; /* reason: AAA03 of not_found */
    pp_date plan_from, plan_until;
    int64_t asked, answered;
    bool waiting; /* the question is under way */
};

extern const struct pp_table *const chart_tables[CHART_TABLE_COUNT];

#endif
