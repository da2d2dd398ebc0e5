/* Documents that arrive: whose they are, which item they are, and whether they are right. */
#include "documents/documents.h"
#include "refs/due.h"
#include "refs/papers.h"

/* Results of a diagnostic service are final when the service says so; everything else is right when it is signed. */
static bool needs_signature(const struct documents_item_row *it) {
    static const char *const results[] = {"imaging_report", "prior_imaging", "lab_result", "sleep_study"};
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        if (pp_str_eqz(it->item, results[i])) return false;
    /* A record from outside comes as a scan; its signature is on the paper and not in our message. */
    return !pp_str_eqz(it->source, "outside") && !pp_str_eqz(it->source, "patient");
}

const char *documents_fault(const struct documents_document_row *doc, const struct documents_item_row *it,
                            pp_date service, pp_date today) {
    if (pp_str_eqz(doc->status, "cancelled")) return "The document was cancelled by its author";
    if (pp_str_eqz(doc->status, "preliminary")) return "The document is preliminary, not final";
    bool is_signed = doc->is_signed || pp_str_eqz(doc->status, "authenticated");
    if (!is_signed && needs_signature(it)) return "The document is not signed";
    if (!is_signed && pp_str_eqz(doc->status, "unknown")) return "It is not known whether the document is final";
    if (!doc->hash.n || doc->size == 0) return "The document is empty";
    if (it->age_days_max > 0) {
        if (!doc->authored) return "The document has no date, and the payer limits its age";
        pp_date written = pp_zone_date(PP_STR_NONE, doc->authored);
        pp_date at = service > today ? service : today;
        if (at - written > it->age_days_max) return "The document is older than the payer accepts";
        if (written > today + 1) return "The date of the document lies in the future";
    }
    return NULL;
}

static bool names(struct pp_str numbers, struct pp_str no) {
    while (no.n && numbers.n)
        if (pp_str_eq(pp_str_split(&numbers, '\n'), no)) return true;
    return false;
}

static bool is_of(const struct documents_document_row *doc, const struct documents_case_row *c) {
    return names(c->numbers, doc->order_no) || names(c->numbers, doc->filler_no) || names(c->numbers, doc->visit_no);
}

/* A document that replaces or completes another belongs to the case of that one. */
static struct pp_uuid case_of_parent(struct documents *d, const struct documents_document_row *doc) {
    if (!doc->parent_no.n) return (struct pp_uuid){{0}};
    PP_EACH_ROW(d->unit, DOCUMENTS_DOCUMENT, documents_document_row, p)
    if (pp_str_eq(p->sender, doc->sender) && pp_str_eq(p->document_no, doc->parent_no)) return p->case_id;
    return (struct pp_uuid){{0}};
}

static struct documents_case_row *find_case(struct documents *d, const struct documents_document_row *doc) {
    struct documents_case_row *best = NULL;
    PP_EACH_ROW(d->unit, DOCUMENTS_CASE, documents_case_row, c)
    if (is_of(doc, c) && (!best || best->withdrawn || !c->withdrawn)) best = c;
    return best ? best : documents_case(d, case_of_parent(d, doc));
}

static struct pp_uuid unmatched_task(const struct documents_document_row *doc) {
    return pp_uuid_derive(doc->document_id, PP_STR("unmatched"));
}

static void waiting_done(struct documents *d, const struct documents_document_row *doc) {
    struct documents_unmatched_row key = {.document_id = doc->document_id};
    struct documents_unmatched_row *w = pp_row_find(d->unit, DOCUMENTS_UNMATCHED, &key);
    if (!w) return;
    if (w->task_open) {
        struct ev_task_settled t = {
            .task_id = unmatched_task(doc), .outcome = PP_STR("The order arrived"), .by = PP_STR("documents")};
        pp_emit(d->out, EV(task_settled, TASK_SETTLED, &t));
    }
    pp_timer(d->out, DOCUMENTS_TIMER_UNMATCHED, doc->document_id, 0);
    pp_row_delete(d->unit, w);
}

static void wait_for_order(struct documents *d, const struct documents_document_row *doc) {
    struct documents_unmatched_row key = {.document_id = doc->document_id};
    struct documents_unmatched_row *w = pp_row_add(d->unit, DOCUMENTS_UNMATCHED, &key);
    if (!w || w->since) return;
    w->since = d->ctx->now_ms;
    w->due = d->ctx->now_ms + DOCUMENTS_UNMATCHED_MS;
    pp_timer(d->out, DOCUMENTS_TIMER_UNMATCHED, doc->document_id, w->due);
    pp_count(d->out, "documents_unmatched_total", PP_STR_NONE, 1);
}

void documents_unmatched_due(struct documents *d) {
    struct documents_unmatched_row key = {.document_id = d->in->ref};
    struct documents_unmatched_row *w = pp_row_find(d->unit, DOCUMENTS_UNMATCHED, &key);
    struct documents_document_row dk = {.document_id = d->in->ref};
    const struct documents_document_row *doc = pp_row_find(d->unit, DOCUMENTS_DOCUMENT, &dk);
    if (!w || !doc || w->task_open) return;
    w->task_open = true;
    struct ev_task_needed t = {
        .task_id = unmatched_task(doc),
        .kind = EV_TASK_NEEDED_KIND_UNMATCHED,
        .subject = pp_arena_printf(pp_out_arena(d->out), "document %.*s", PP_FMT(doc->document_no)),
        .reason = PP_STR("A document came and no order with its numbers is known"),
        .queue = pp_refs_task_queue(d->ctx->refs, EV_TASK_NEEDED_KIND_UNMATCHED),
        .due = pp_refs_task_due(d->ctx->refs, EV_TASK_NEEDED_KIND_UNMATCHED, false, d->ctx->now_ms, PP_STR_NONE),
        .owner = EV_TASK_NEEDED_OWNER_DOCUMENTS};
    pp_emit(d->out, EV(task_needed, TASK_NEEDED, &t));
}

void documents_match_waiting(struct documents *d, struct documents_case_row *c) {
    PP_EACH_ROW(d->unit, DOCUMENTS_UNMATCHED, documents_unmatched_row, w) {
        struct documents_document_row key = {.document_id = w->document_id};
        struct documents_document_row *doc = pp_row_find(d->unit, DOCUMENTS_DOCUMENT, &key);
        if (!doc || !is_of(doc, c)) continue;
        doc->case_id = c->case_id;
        waiting_done(d, doc);
    }
}

void documents_reported(struct documents *d, const struct ev_document_reported *e) {
    struct pp_str name =
        pp_arena_printf(pp_out_arena(d->out), "document/%.*s/%.*s", PP_FMT(e->sender), PP_FMT(e->document_no));
    struct documents_document_row key = {.document_id = pp_uuid_derive(pp_unit_person(d->unit), name)};
    struct documents_document_row *doc = pp_row_add(d->unit, DOCUMENTS_DOCUMENT, &key);
    if (!doc) return;
    /* Other bytes under the same number are another state of the document: it has not been sent in that form. */
    if (!pp_str_eq(doc->hash, e->hash)) doc->sent = false;
    doc->sender = e->sender;
    doc->document_no = e->document_no;
    doc->parent_no = e->parent_no;
    if (e->order_no.n) doc->order_no = e->order_no;
    if (e->filler_no.n) doc->filler_no = e->filler_no;
    if (e->visit_no.n) doc->visit_no = e->visit_no;
    doc->type_system = e->type.system;
    doc->type_code = e->type.code;
    doc->item = pp_refs_doctype(d->ctx->refs, e->sender, e->type.system, e->type.code, e->title);
    doc->title = e->title.n ? e->title : e->type.text;
    doc->status = pp_str_z(ev_document_reported_status_name(e->status));
    doc->is_signed = e->signed_;
    doc->authored = e->authored;
    doc->received = d->ctx->now_ms;
    doc->content_type = e->content_type;
    doc->hash = e->hash;
    doc->size = e->size;
    if (!doc->item.n) pp_count(d->out, "documents_untyped_total", PP_STR_NONE, 1);
    struct documents_case_row *c = pp_uuid_none(doc->case_id) ? find_case(d, doc) : documents_case(d, doc->case_id);
    if (!c) {
        wait_for_order(d, doc);
        return;
    }
    doc->case_id = c->case_id;
    waiting_done(d, doc);
    documents_checklist_update(d, c);
    documents_answer_requests(d, c);
    documents_release_when_right(d, c);
}
