/* Reads of the documents service. */
#include "documents/documents.h"

/* $1 case, $2 now */
static const char checklist_sql[] =
    "select json_build_object('as_of', $2::text, 'case_id', c.case_id, 'case_no', c.case_no,"
    " 'case_version', c.case_version,"
    " 'version', c.version, 'complete', c.complete, 'withheld', c.withheld, 'rechecking', c.determined <> "
    "c.case_version,"
    " 'packets', c.packets,"
    " 'items', (select coalesce(json_agg(json_build_object('item', i.item, 'line', i.line, 'title', i.title,"
    "  'state', i.state, 'must', i.must, 'purpose', i.purpose, 'source', i.source, 'age_days_max', i.age_days_max,"
    "  'owner', i.owner, 'due', i.due, 'reason', i.reason, 'by_person', i.by_person,"
    "  'asked_by_payer', i.request_of <> '00000000-0000-0000-0000-000000000000', 'document_id', i.document_id)"
    "  order by i.request_of, i.position, i.item), '[]')"
    "  from checklist_item i where i.person = c.person and i.case_id = c.case_id),"
    " 'documents', (select coalesce(json_agg(json_build_object('document_id', d.document_id, 'item', d.item,"
    "  'title', d.title, 'status', d.status, 'signed', d.is_signed, 'authored', d.authored, 'received', d.received,"
    "  'content_type', d.content_type, 'size', d.size, 'sent', d.sent) order by d.received, d.document_id), '[]')"
    "  from document d where d.person = c.person and d.case_id = c.case_id))"
    " from checklist_case c where c.case_id = $1::uuid";

/* $1 document, $2 now; its bytes are in the blob store under the hash. The case is looked at so that its site's policy
 * holds for the document too. */
static const char document_sql[] =
    "select json_build_object('as_of', $2::text, 'document_id', d.document_id, 'case_id', d.case_id, 'sender', "
    "d.sender,"
    " 'document_no', d.document_no, 'parent_no', d.parent_no, 'order_no', d.order_no, 'filler_no', d.filler_no,"
    " 'visit_no', d.visit_no, 'type', json_build_object('system', d.type_system, 'code', d.type_code),"
    " 'item', d.item, 'title', d.title, 'status', d.status, 'signed', d.is_signed, 'sent', d.sent,"
    " 'authored', d.authored, 'received', d.received, 'content_type', d.content_type, 'hash', d.hash, 'size', d.size,"
    " 'waits', (select json_build_object('since', w.since, 'due', w.due) from unmatched w"
    "  where w.person = d.person and w.document_id = d.document_id))"
    " from document d where d.document_id = $1::uuid and (d.case_id is null"
    "  or exists (select 1 from checklist_case c where c.person = d.person and c.case_id = d.case_id))";

#define READERS "registration,ordering,pa,clinician,scheduler,biller,lead,client"

const struct pp_query documents_queries[DOCUMENTS_QUERIES] = {
    {.path = "/v1/cases/{id}/checklist", .roles = READERS, .sql = checklist_sql, .patient_data = true},
    {.path = "/v1/documents/{id}", .roles = READERS, .sql = document_sql, .patient_data = true, .bytes = true},
};
_Static_assert(sizeof documents_queries / sizeof documents_queries[0] == DOCUMENTS_QUERIES, "count in documents.h");
