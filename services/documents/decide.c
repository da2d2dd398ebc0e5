#include "documents/documents.h"

static void event(struct documents *d) {
    const struct ev *e = d->in->ev;
    switch (e->type) {
    case EV_CASE_OPENED: documents_case_changed(d, e->as.case_opened); break;
    case EV_CASE_CHANGED: documents_case_changed(d, e->as.case_changed); break;
    case EV_CASE_WITHDRAWN: documents_case_withdrawn(d, e->as.case_withdrawn); break;
    case EV_REQUIREMENT_DETERMINED: documents_determined(d, e->as.requirement_determined); break;
    case EV_DOCUMENT_REPORTED: documents_reported(d, e->as.document_reported); break;
    case EV_INFO_REQUESTED: documents_info_requested(d, e->as.info_requested); break;
    /* Rows never move: what the retired side has stays there, and chart asks a person about its open cases. */
    case EV_PATIENT_MERGED: pp_count(d->out, "documents_merges_total", PP_STR_NONE, 1); break;
    default: break;
    }
}

static void command(struct documents *d) {
    const struct ev *e = d->in->ev;
    switch (e->type) {
    case EV_ITEM_SETTLE: documents_item_settle(d, e->as.item_settle); break;
    case EV_PACKET_RELEASE: documents_packet_command(d, e->as.packet_release); break;
    default: pp_reply(d->out, PP_REPLY_INVALID, 0, "documents does not take this command"); break;
    }
}

void documents_decide(const struct pp_ctx *ctx, struct pp_unit *unit, const struct pp_in *in, struct pp_out *out) {
    struct documents d = {ctx, unit, in, out};
    switch (in->kind) {
    case PP_IN_EVENT: event(&d); break;
    case PP_IN_COMMAND: command(&d); break;
    case PP_IN_TIMER:
        if (in->timer_kind == DOCUMENTS_TIMER_UNMATCHED) documents_unmatched_due(&d);
        break;
    case PP_IN_ANSWER: break;
    }
}

bool documents_check(struct pp_unit *unit, struct pp_err *err) {
    PP_EACH_ROW(unit, DOCUMENTS_ITEM, documents_item_row, it) {
        struct documents_case_row key = {.case_id = it->case_id};
        enum ev_checklist_item_state state;
        if (!pp_row_find(unit, DOCUMENTS_CASE, &key))
            return pp_err_set(err, PP_ERR_BUG, "an item without its case") == 0;
        if (!ev_checklist_item_state_parse(it->state, &state) || !it->state.n)
            return pp_err_set(err, PP_ERR_BUG, "an item without a state") == 0;
        if (documents_item_done(it) && it->task_open)
            return pp_err_set(err, PP_ERR_BUG, "a settled item with an open task") == 0;
    }
    PP_EACH_ROW(unit, DOCUMENTS_UNMATCHED, documents_unmatched_row, w) {
        struct documents_document_row key = {.document_id = w->document_id};
        const struct documents_document_row *doc = pp_row_find(unit, DOCUMENTS_DOCUMENT, &key);
        if (!doc || !pp_uuid_none(doc->case_id))
            return pp_err_set(err, PP_ERR_BUG, "a matched document that still waits") == 0;
    }
    return true;
}
