/* A payer's request for more: items of their own, with the payer's date. */
#include "documents/documents.h"
#include "refs/papers.h"

static void want(struct documents *d, struct documents_case_row *c, const struct ev_info_requested *e,
                 const struct ev_wanted_item *w, int32_t position) {
    const struct pp_refs *refs = d->ctx->refs;
    bool loinc = pp_str_eqz(w->system, "http://loinc.org");
    struct pp_str item = pp_refs_doctype(refs, PP_STR_NONE, loinc ? PP_STR("LN") : w->system, w->code, w->title);
    if (!item.n) item = w->code;
    struct documents_item_row key = {
        .case_id = c->case_id, .item = item, .line = (int32_t)w->line, .request_of = e->submission_id};
    struct documents_item_row *it = pp_row_add(d->unit, DOCUMENTS_ITEM, &key);
    if (!it) return;
    struct pp_str title = w->title.n ? w->title : pp_refs_item_title(refs, item);
    if (!title.n) title = pp_arena_printf(pp_out_arena(d->out), "Document %.*s", PP_FMT(w->code));
    it->title = title;
    it->purpose = PP_STR("withpa");
    it->source = PP_STR("ehr");
    it->code = w->code;
    it->must = true;
    it->position = position;
    it->due = e->due;
}

void documents_info_requested(struct documents *d, const struct ev_info_requested *e) {
    struct documents_case_row *c = documents_case(d, e->case_id);
    if (!c || c->withdrawn) return;
    struct documents_request_row key = {.submission_id = e->submission_id};
    struct documents_request_row *r = pp_row_add(d->unit, DOCUMENTS_REQUEST, &key);
    if (!r) return;
    r->case_id = e->case_id;
    r->payer = e->payer;
    r->reference = e->reference;
    r->asked = d->ctx->now_ms;
    r->due = e->due;
    r->open = true;
    for (size_t i = 0; i < e->items_n; i++) want(d, c, e, &e->items[i], (int32_t)i + 1);
    documents_checklist_update(d, c);
    documents_answer_requests(d, c);
}
