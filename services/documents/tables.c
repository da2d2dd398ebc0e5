#include "documents/tables.h"

#define C(member, kind) PP_COL(documents_case_row, member, kind)
static const struct pp_col case_cols[] = {
    C(case_id, UUID), C(case_version, INT), C(case_no, TEXT),   C(site, TEXT),     C(payer, TEXT),
    C(numbers, TEXT), C(urgent, BOOL),      C(withdrawn, BOOL), C(withheld, BOOL), C(determined, INT),
    C(version, INT),  C(digest, UUID),      C(complete, BOOL),  C(packets, INT),
};
#undef C
#define C(member, kind) PP_COL(documents_line_row, member, kind)
static const struct pp_col line_cols[] = {
    C(case_id, UUID), C(line, INT),      C(active, BOOL),   C(service_date, DATE),
    C(content, TEXT), C(coverage, TEXT), C(released, TEXT),
};
#undef C
#define C(member, kind) PP_COL(documents_item_row, member, kind)
static const struct pp_col item_cols[] = {
    C(case_id, UUID), C(item, TEXT),  C(line, INT),  C(request_of, UUID),  C(title, TEXT),     C(purpose, TEXT),
    C(source, TEXT),  C(code, TEXT),  C(must, BOOL), C(age_days_max, INT), C(position, INT),   C(state, TEXT),
    C(reason, TEXT),  C(owner, TEXT), C(due, TIME),  C(document_id, UUID), C(by_person, BOOL), C(task_open, BOOL),
};
#undef C
#define C(member, kind) PP_COL(documents_request_row, member, kind)
static const struct pp_col request_cols[] = {
    C(submission_id, UUID), C(case_id, UUID), C(payer, TEXT), C(reference, TEXT),
    C(asked, TIME),         C(due, TIME),     C(open, BOOL),
};
#undef C
#define C(member, kind) PP_COL(documents_document_row, member, kind)
static const struct pp_col document_cols[] = {
    C(document_id, UUID), C(case_id, UUID),   C(sender, TEXT),       C(document_no, TEXT), C(parent_no, TEXT),
    C(order_no, TEXT),    C(filler_no, TEXT), C(visit_no, TEXT),     C(type_system, TEXT), C(type_code, TEXT),
    C(item, TEXT),        C(title, TEXT),     C(status, TEXT),       C(is_signed, BOOL),   C(sent, BOOL),
    C(authored, TIME),    C(received, TIME),  C(content_type, TEXT), C(hash, TEXT),        C(size, BIGINT),
};
#undef C
#define C(member, kind) PP_COL(documents_unmatched_row, member, kind)
static const struct pp_col unmatched_cols[] = {
    C(document_id, UUID),
    C(since, TIME),
    C(due, TIME),
    C(task_open, BOOL),
};
#undef C

#define TABLE(id, row, key_count)                                                                                      \
    static const struct pp_table id##_table = {"checklist_" #id, sizeof(struct documents_##row##_row),                 \
                                               key_count,        sizeof id##_cols / sizeof id##_cols[0],               \
                                               id##_cols,        false}
TABLE(case, case, 1);
TABLE(line, line, 2);
TABLE(item, item, 4);
#undef TABLE
#define TABLE(id, key_count)                                                                                           \
    static const struct pp_table id##_table = {                                                                        \
        #id, sizeof(struct documents_##id##_row), key_count, sizeof id##_cols / sizeof id##_cols[0], id##_cols, false}
TABLE(request, 1);
TABLE(document, 1);
TABLE(unmatched, 1);
#undef TABLE

const struct pp_table *const documents_tables[DOCUMENTS_TABLE_COUNT] = {
    [DOCUMENTS_CASE] = &case_table,         [DOCUMENTS_LINE] = &line_table,
    [DOCUMENTS_ITEM] = &item_table,         [DOCUMENTS_REQUEST] = &request_table,
    [DOCUMENTS_DOCUMENT] = &document_table, [DOCUMENTS_UNMATCHED] = &unmatched_table,
};
