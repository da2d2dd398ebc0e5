/* Cases and their determinations: what the checklist of a case is made from. */
#include "documents/documents.h"
#include "refs/papers.h"
#include "refs/places.h"

#include <stdio.h>

#define ITEMS_MAX 60 /* items in checklist.changed */

struct documents_case_row *documents_case(struct documents *d, struct pp_uuid case_id) {
    struct documents_case_row key = {.case_id = case_id};
    return pp_row_find(d->unit, DOCUMENTS_CASE, &key);
}

struct pp_str documents_zone(struct documents *d, const struct documents_case_row *c) {
    const struct pp_site *s = pp_refs_site(d->ctx->refs, c->site);
    return s ? s->zone : PP_STR_NONE;
}

bool documents_line_needs(const struct documents_line_row *l) {
    return l->active && (pp_str_eqz(l->coverage, "required") || pp_str_eqz(l->coverage, "notification_only"));
}

/* What a payer sees of a line. A date alone does not count: payers approve a window, and booking the visit must not
 * send the request again. */
static struct pp_str content_of(struct documents *d, const struct ev_case *c, const struct ev_case_line *l) {
    struct pp_buf b;
    pp_buf_init(&b, 512);
    pp_buf_printf(&b, "%.*s|%.*s|", PP_FMT(c->coverages_n ? c->coverages[0].payer : PP_STR_NONE), PP_FMT(l->code));
    for (size_t i = 0; i < l->modifiers_n; i++) pp_buf_printf(&b, "%.*s,", PP_FMT(l->modifiers[i]));
    pp_buf_printf(&b, "|%.*s|%.*s|", PP_FMT(l->units.n ? l->units : PP_STR("1")), PP_FMT(l->unit_type));
    for (size_t i = 0; i < l->diagnoses_n; i++) pp_buf_printf(&b, "%.*s,", PP_FMT(l->diagnoses[i]));
    pp_buf_printf(&b, "|%.*s", PP_FMT(l->place_of_service));
    struct pp_str s = pp_arena_str(pp_out_arena(d->out), pp_buf_str(&b));
    pp_buf_free(&b);
    return s;
}

static void add_number(struct pp_buf *b, struct pp_str no) {
    if (no.n) pp_buf_printf(b, "%.*s\n", PP_FMT(no));
}

static struct pp_str numbers_of(struct documents *d, const struct ev_case *c) {
    struct pp_buf b;
    pp_buf_init(&b, 16384);
    add_number(&b, c->order_no);
    for (size_t i = 0; i < c->lines_n; i++) add_number(&b, c->lines[i].order_no);
    for (size_t i = 0; i < c->visits_n; i++) add_number(&b, c->visits[i].visit_no);
    struct pp_str s = pp_arena_str(pp_out_arena(d->out), pp_buf_str(&b));
    pp_buf_free(&b);
    return s;
}

void documents_case_changed(struct documents *d, const struct ev_case *e) {
    struct documents_case_row key = {.case_id = e->case_id};
    struct documents_case_row *c = pp_row_add(d->unit, DOCUMENTS_CASE, &key);
    if (!c || e->case_version <= c->case_version) return;
    c->case_version = (int32_t)e->case_version;
    c->case_no = e->case_no;
    c->site = e->site;
    c->payer = e->coverages_n ? e->coverages[0].payer : PP_STR_NONE;
    c->urgent = e->urgency == EV_CASE_URGENCY_URGENT || e->urgency == EV_CASE_URGENCY_EMERGENCY;
    c->numbers = numbers_of(d, e);
    c->withdrawn = false;
    for (size_t i = 0; i < e->lines_n; i++) {
        struct documents_line_row lk = {.case_id = e->case_id, .line = (int32_t)e->lines[i].line};
        struct documents_line_row *l = pp_row_add(d->unit, DOCUMENTS_LINE, &lk);
        if (!l) return;
        l->active = e->lines[i].state == EV_CASE_LINE_STATE_ACTIVE;
        l->service_date = e->lines[i].service_date;
        l->content = content_of(d, e, &e->lines[i]);
    }
    documents_match_waiting(d, c);
    documents_checklist_update(d, c);
}

void documents_case_withdrawn(struct documents *d, const struct ev_case_withdrawn *e) {
    struct documents_case_row *c = documents_case(d, e->case_id);
    if (!c) return;
    c->withdrawn = true;
    if (e->case_version > c->case_version) c->case_version = (int32_t)e->case_version;
    PP_EACH_ROW(d->unit, DOCUMENTS_LINE, documents_line_row, l)
    if (pp_uuid_eq(l->case_id, c->case_id)) l->active = false;
    PP_EACH_ROW(d->unit, DOCUMENTS_REQUEST, documents_request_row, r)
    if (pp_uuid_eq(r->case_id, c->case_id)) r->open = false;
    PP_EACH_ROW(d->unit, DOCUMENTS_ITEM, documents_item_row, it)
    if (pp_uuid_eq(it->case_id, c->case_id)) documents_item_drop(d, it);
    documents_checklist_update(d, c);
}

/* ---- the checklist from a determination ---- */

struct wanted {
    const struct ev_required_document *doc;
    int32_t line; /* 0 when more than one line wants it */
    bool must;
    int32_t age_days_max;
};

/* One entry for each document, however many lines want it: the strictest of what they say. */
static size_t gather(const struct ev_requirement_determined *e, struct documents *d, struct wanted *w) {
    size_t n = 0;
    for (size_t i = 0; i < e->lines_n; i++) {
        const struct ev_determined_line *l = &e->lines[i];
        struct documents_line_row lk = {.case_id = e->case_id, .line = (int32_t)l->line};
        const struct documents_line_row *row = pp_row_find(d->unit, DOCUMENTS_LINE, &lk);
        if (!row || !documents_line_needs(row)) continue;
        for (size_t k = 0; k < l->documents_n; k++) {
            const struct ev_required_document *doc = &l->documents[k];
            size_t at = 0;
            while (at < n && !pp_str_eq(w[at].doc->item, doc->item)) at++;
            if (at == ITEMS_MAX) continue;
            if (at == n) {
                w[n++] = (struct wanted){doc, (int32_t)l->line, doc->must, (int32_t)doc->age_days_max};
                continue;
            }
            if (w[at].line != l->line) w[at].line = 0;
            w[at].must = w[at].must || doc->must;
            if (doc->age_days_max && (!w[at].age_days_max || doc->age_days_max < w[at].age_days_max))
                w[at].age_days_max = (int32_t)doc->age_days_max;
        }
    }
    return n;
}

static struct documents_item_row *item_of_list(struct documents *d, struct pp_uuid case_id, struct pp_str item) {
    PP_EACH_ROW(d->unit, DOCUMENTS_ITEM, documents_item_row, it)
    if (pp_uuid_eq(it->case_id, case_id) && pp_uuid_none(it->request_of) && pp_str_eq(it->item, item)) return it;
    return NULL;
}

static void item_want(struct documents *d, struct documents_case_row *c, const struct wanted *w, int32_t position) {
    struct documents_item_row key = {.case_id = c->case_id, .item = w->doc->item, .line = w->line};
    struct documents_item_row *old = item_of_list(d, c->case_id, w->doc->item);
    struct documents_item_row *it = pp_row_add(d->unit, DOCUMENTS_ITEM, &key);
    if (!it) return;
    if (old && old != it) {
        /* Another set of lines wants it now: what was settled stays settled. */
        it->state = old->state;
        it->reason = old->reason;
        it->document_id = old->document_id;
        it->by_person = old->by_person;
        documents_item_drop(d, old);
    }
    it->title = w->doc->title;
    it->purpose = pp_str_z(ev_required_document_purpose_name(w->doc->purpose));
    it->source = pp_str_z(ev_required_document_source_name(w->doc->source));
    it->must = w->must;
    it->age_days_max = w->age_days_max;
    it->position = position;
    it->code = pp_refs_item_loinc(d->ctx->refs, it->item);
}

void documents_determined(struct documents *d, const struct ev_requirement_determined *e) {
    struct documents_case_row *c = documents_case(d, e->case_id);
    if (!c || e->case_version < c->determined || c->withdrawn) return;
    c->determined = (int32_t)e->case_version;
    if (e->payer.n) c->payer = e->payer;
    for (size_t i = 0; i < e->lines_n; i++) {
        struct documents_line_row lk = {.case_id = e->case_id, .line = (int32_t)e->lines[i].line};
        struct documents_line_row *l = pp_row_find(d->unit, DOCUMENTS_LINE, &lk);
        if (!l) continue;
        l->coverage = pp_str_z(ev_determined_line_coverage_name(e->lines[i].coverage));
        /* A line that is no longer to be asked for is forgotten, so that it goes out again when it comes back. */
        if (!documents_line_needs(l)) l->released = PP_STR_NONE;
    }
    struct wanted w[ITEMS_MAX];
    size_t n = gather(e, d, w);
    PP_EACH_ROW(d->unit, DOCUMENTS_ITEM, documents_item_row, it) {
        if (!pp_uuid_eq(it->case_id, c->case_id) || !pp_uuid_none(it->request_of)) continue;
        size_t at = 0;
        while (at < n && !pp_str_eq(w[at].doc->item, it->item)) at++;
        if (at == n) documents_item_drop(d, it);
    }
    for (size_t i = 0; i < n; i++) item_want(d, c, &w[i], (int32_t)i + 1);
    documents_checklist_update(d, c);
    documents_release_when_right(d, c);
}
