/* The documentation axis: the checklist and the packet. */
#include "status/status.h"

static void copy_item(struct status_work *w, struct status_case_row *c, const struct ev_checklist_item *in) {
    const struct status_item_row key = {.case_id = c->case_id, .line = (int32_t)in->line, .item = in->item};
    struct status_item_row *r = pp_row_add(w->u, STATUS_ITEM, &key);
    if (!r) return;
    const char *state = ev_checklist_item_state_name(in->state);
    if (!pp_str_eqz(r->state, state))
        status_event(w, c, "documents", in->line, in->state == EV_CHECKLIST_ITEM_STATE_ACCEPTED ? "clear" : "act",
                     PP_STR_NONE, in->reason, PP_STR_NONE, "%.*s: %s", PP_FMT(in->title), state);
    r->title = in->title;
    r->state = pp_str_z(state);
    r->owner = in->owner;
    r->reason = in->reason;
    r->must = in->must;
    r->due = in->due;
    r->document_id = in->document_id;
}

static bool item_done(const struct status_item_row *r) {
    return pp_str_eqz(r->state, "accepted") || pp_str_eqz(r->state, "waived");
}

void status_checklist(struct status_work *w, const struct ev_checklist_changed *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    if (!c || e->version <= c->checklist_version) return;
    for (size_t i = 0; i < e->items_n; i++) copy_item(w, c, &e->items[i]);
    PP_EACH_ROW(w->u, STATUS_ITEM, status_item_row, r) { /* an item that is no longer asked for */
        bool kept = !pp_uuid_eq(r->case_id, e->case_id);
        for (size_t i = 0; i < e->items_n && !kept; i++)
            kept = r->line == e->items[i].line && pp_str_eq(r->item, e->items[i].item);
        if (!kept) pp_row_delete(w->u, r);
    }
    c->checklist_version = (int32_t)e->version;
    c->checklist_known = true;
    c->checklist_complete = e->complete;
    c->items_must = c->items_done = 0;
    c->items_due = 0;
    c->items_open = PP_STR_NONE;
    PP_EACH_ROW(w->u, STATUS_ITEM, status_item_row, r) {
        if (!pp_uuid_eq(r->case_id, e->case_id) || !r->must) continue;
        c->items_must++;
        if (item_done(r)) {
            c->items_done++;
            continue;
        }
        c->items_open =
            c->items_open.n ? pp_arena_printf(w->a, "%.*s, %.*s", PP_FMT(c->items_open), PP_FMT(r->title)) : r->title;
        if (r->due && (!c->items_due || r->due < c->items_due)) c->items_due = r->due;
    }
    status_refresh(w, e->case_id);
}

void status_packet(struct status_work *w, const struct ev_packet_released *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    if (!c) return;
    bool policy = pp_str_starts(e->released_by, PP_STR("policy:"));
    status_event(w, c, "documents", 0, "go", policy ? PP_STR_NONE : e->released_by, PP_STR_NONE, e->released_by,
                 "The packet with %zu document%s may go to the payer", e->documents_n, e->documents_n == 1 ? "" : "s");
    if (!c->released)
        status_measure(w, c, "document", c->determined ? c->determined : c->opened, w->at, PP_STR("released"), 1,
                       false);
    c->released = w->at;
    c->released_by = e->released_by;
    status_refresh(w, e->case_id);
}
