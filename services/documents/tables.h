/* Tables of the documents service: the checklist of each case, the documents that arrived, and what waits.
 *
 * A line's coverage is this service's own copy of what requirements decided; released is what went out for the line,
 * so that a packet goes again only when what the payer would see has changed. Documents are bytes by hash in the blob
 * store; here stand their marks only.
 */
#ifndef DOCUMENTS_TABLES_H
#define DOCUMENTS_TABLES_H

#include "core/unit.h"

enum documents_table {
    DOCUMENTS_CASE,
    DOCUMENTS_LINE,
    DOCUMENTS_ITEM,
    DOCUMENTS_REQUEST,
    DOCUMENTS_DOCUMENT,
    DOCUMENTS_UNMATCHED,
    DOCUMENTS_TABLE_COUNT
};

struct documents_case_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t case_version;
    struct pp_str case_no, site, payer;
    struct pp_str numbers; /* order and visit numbers that name the case, each followed by a line feed */
    bool urgent, withdrawn, withheld;
    int32_t determined;    /* case_version the coverages rest on; 0 = not determined yet */
    int32_t version;       /* of the checklist, for people and subscribers */
    struct pp_uuid digest; /* of the checklist as last told */
    bool complete;
    int32_t packets; /* released so far */
};

struct documents_line_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t line;
    bool active;
    pp_date service_date;
    struct pp_str content;  /* what a payer would see of the line */
    struct pp_str coverage; /* ev_determined_line_coverage */
    struct pp_str released; /* content as it went out; empty = never, or no longer wanted */
};

struct documents_item_row {
    struct pp_row row;
    struct pp_uuid case_id;
    struct pp_str item;
    int32_t line;              /* 0 = all lines */
    struct pp_uuid request_of; /* submission whose payer asked for it; none = of the payer's document list */
    struct pp_str title, purpose, source, code;
    bool must;
    int32_t age_days_max, position;
    struct pp_str state, reason, owner;
    int64_t due;
    struct pp_uuid document_id;
    bool by_person; /* the state was set by command and stays */
    bool task_open;
};

struct documents_request_row { /* a payer's request for more */
    struct pp_row row;
    struct pp_uuid submission_id;
    struct pp_uuid case_id;
    struct pp_str payer, reference;
    int64_t asked, due;
    bool open;
};

struct documents_document_row {
    struct pp_row row;
    struct pp_uuid document_id;
    struct pp_uuid case_id;
    struct pp_str sender, document_no, parent_no, order_no, filler_no, visit_no;
    struct pp_str type_system, type_code, item, title, status;
    bool is_signed, sent; /* sent: went out in a packet */
    int64_t authored, received;
    struct pp_str content_type, hash;
    int64_t size;
};

struct documents_unmatched_row { /* came before its order */
    struct pp_row row;
    struct pp_uuid document_id;
    int64_t since, due;
    bool task_open;
};

extern const struct pp_table *const documents_tables[DOCUMENTS_TABLE_COUNT];

#endif
