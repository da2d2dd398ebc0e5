/* The checklist: the state of each item from the documents at hand, its task, and what is told about it. */
#include "documents/documents.h"
#include "refs/due.h"
#include "refs/papers.h"

#define ITEMS_MAX 60 /* items in checklist.changed */

static bool is(struct pp_str state, enum ev_checklist_item_state s) {
    return pp_str_eqz(state, ev_checklist_item_state_name(s));
}

bool documents_item_done(const struct documents_item_row *it) {
    return is(it->state, EV_CHECKLIST_ITEM_STATE_ACCEPTED) || is(it->state, EV_CHECKLIST_ITEM_STATE_WAIVED);
}

/* Subscribers get no text that a payer wrote: an item that it asked for goes by the title of the pack, or its code. */
static struct pp_str public_title(struct documents *d, const struct documents_item_row *it) {
    if (pp_uuid_none(it->request_of)) return it->title;
    struct pp_str title = pp_refs_item_title(d->ctx->refs, it->item);
    return title.n ? title : pp_arena_printf(pp_out_arena(d->out), "Document %.*s", PP_FMT(it->code));
}

/* ---- tasks ---- */

static struct pp_uuid task_id(struct documents *d, const struct documents_item_row *it) {
    struct pp_arena *a = pp_out_arena(d->out);
    struct pp_str name = pp_arena_printf(a, "get_document/%d/%.*s", it->line, PP_FMT(it->item));
    if (!pp_uuid_none(it->request_of)) {
        char of[PP_UUID_TEXT + 1];
        pp_uuid_text(it->request_of, of);
        name = pp_arena_printf(a, "%.*s/%s", PP_FMT(name), of);
    }
    return pp_uuid_derive(it->case_id, name);
}

static struct pp_str queue_of(struct documents *d, const struct documents_item_row *it) {
    if (pp_str_eqz(it->source, "staff") || pp_str_eqz(it->source, "outside")) return PP_STR("authorization");
    if (pp_str_eqz(it->source, "patient")) return PP_STR("registration");
    /* What the record or a clinician must bring: who wrote it finishes and signs it. */
    return pp_refs_task_queue(d->ctx->refs, EV_TASK_NEEDED_KIND_GET_DOCUMENT);
}

static void task_settle(struct documents *d, struct documents_item_row *it, struct pp_str outcome) {
    if (!it->task_open) return;
    it->task_open = false;
    struct pp_str by = d->in->kind == PP_IN_COMMAND ? d->in->hdr.actor : PP_STR("documents");
    struct ev_task_settled t = {.task_id = task_id(d, it), .outcome = outcome, .by = by};
    pp_emit(d->out, EV(task_settled, TASK_SETTLED, &t));
}

static void task_open(struct documents *d, struct documents_case_row *c, struct documents_item_row *it, bool again) {
    if (it->task_open && !again) return;
    struct pp_str reason = PP_STR("The payer wants it before it decides");
    if (it->reason.n) reason = it->reason;
    if (!it->due)
        it->due = pp_refs_task_due(d->ctx->refs, EV_TASK_NEEDED_KIND_GET_DOCUMENT, c->urgent, d->ctx->now_ms,
                                   documents_zone(d, c));
    it->owner = queue_of(d, it);
    it->task_open = true;
    struct ev_task_needed t = {.task_id = task_id(d, it),
                               .kind = EV_TASK_NEEDED_KIND_GET_DOCUMENT,
                               .case_id = it->case_id,
                               .line = it->line,
                               .subject = public_title(d, it),
                               .reason = reason,
                               .queue = it->owner,
                               .due = it->due,
                               .owner = EV_TASK_NEEDED_OWNER_DOCUMENTS};
    pp_emit(d->out, EV(task_needed, TASK_NEEDED, &t));
}

/* ---- the one setter of an item's state ---- */

void documents_item_set(struct documents *d, struct documents_case_row *c, struct documents_item_row *it,
                        enum ev_checklist_item_state state, struct pp_uuid document, struct pp_str reason) {
    bool news = !is(it->state, state) || !pp_str_eq(it->reason, reason);
    it->state = pp_str_z(ev_checklist_item_state_name(state));
    it->document_id = document;
    it->reason = reason;
    if (state == EV_CHECKLIST_ITEM_STATE_ACCEPTED)
        task_settle(d, it, PP_STR("The document is there"));
    else if (state == EV_CHECKLIST_ITEM_STATE_WAIVED)
        task_settle(d, it, PP_STR("Waived"));
    else if (it->must)
        task_open(d, c, it, news);
}

void documents_item_drop(struct documents *d, struct documents_item_row *it) {
    task_settle(d, it, PP_STR("No longer wanted"));
    pp_row_delete(d->unit, it);
}

/* ---- states from documents ---- */

static bool fits(const struct documents_item_row *it, const struct documents_document_row *doc) {
    if (!pp_uuid_eq(doc->case_id, it->case_id)) return false;
    /* Asked again means: not what they have already. */
    if (!pp_uuid_none(it->request_of) && doc->sent) return false;
    return pp_str_eq(doc->item, it->item) || (it->code.n && pp_str_eq(doc->type_code, it->code));
}

static pp_date service_date(struct documents *d, const struct documents_item_row *it) {
    pp_date first = 0;
    PP_EACH_ROW(d->unit, DOCUMENTS_LINE, documents_line_row, l) {
        if (!pp_uuid_eq(l->case_id, it->case_id) || !l->active || !l->service_date) continue;
        if (it->line && it->line != l->line) continue;
        if (!first || l->service_date < first) first = l->service_date;
    }
    return first;
}

/* The newest document that is right; else the newest that is wrong, with its fault; else none. */
static void judge(struct documents *d, struct documents_case_row *c, struct documents_item_row *it) {
    const struct documents_document_row *best = NULL;
    const char *best_fault = NULL;
    pp_date service = service_date(d, it), today = pp_zone_date(documents_zone(d, c), d->ctx->now_ms);
    bool refused = it->by_person && is(it->state, EV_CHECKLIST_ITEM_STATE_REJECTED);
    PP_EACH_ROW(d->unit, DOCUMENTS_DOCUMENT, documents_document_row, doc) {
        if (!fits(it, doc)) continue;
        if (refused && pp_uuid_eq(doc->document_id, it->document_id)) continue;
        const char *fault = documents_fault(doc, it, service, today);
        bool better = !best || (best_fault && !fault) || (!best_fault == !fault && doc->received >= best->received);
        if (!better) continue;
        best = doc;
        best_fault = fault;
    }
    if (it->by_person) {
        /* A person's word stands; a right document answers what was asked for again or refused. */
        bool open = refused || is(it->state, EV_CHECKLIST_ITEM_STATE_REQUESTED);
        if (!open || !best || best_fault) return;
        it->by_person = false;
    }
    if (!best)
        documents_item_set(d, c, it, EV_CHECKLIST_ITEM_STATE_MISSING, (struct pp_uuid){{0}}, PP_STR_NONE);
    else if (best_fault)
        documents_item_set(d, c, it, EV_CHECKLIST_ITEM_STATE_REJECTED, best->document_id, pp_str_z(best_fault));
    else
        documents_item_set(d, c, it, EV_CHECKLIST_ITEM_STATE_ACCEPTED, best->document_id, PP_STR_NONE);
}

/* ---- what is told ---- */

static int order(const struct documents_item_row *a, const struct documents_item_row *b) {
    bool ra = !pp_uuid_none(a->request_of), rb = !pp_uuid_none(b->request_of);
    if (ra != rb) return ra - rb; /* what the payer asked for stands behind its list */
    if (a->position != b->position) return a->position < b->position ? -1 : 1;
    return 0;
}

static size_t collect(struct documents *d, struct documents_case_row *c, const struct documents_item_row **items) {
    size_t n = 0;
    PP_EACH_ROW(d->unit, DOCUMENTS_ITEM, documents_item_row, it) {
        if (!pp_uuid_eq(it->case_id, c->case_id) || n == ITEMS_MAX) continue;
        size_t at = n++;
        while (at > 0 && order(it, items[at - 1]) < 0) {
            items[at] = items[at - 1];
            at--;
        }
        items[at] = it;
    }
    return n;
}

static struct ev_checklist_item said(struct documents *d, const struct documents_item_row *it) {
    struct ev_checklist_item e = {.item = it->item,
                                  .line = it->line,
                                  .title = public_title(d, it),
                                  .must = it->must,
                                  .owner = it->task_open ? it->owner : PP_STR_NONE,
                                  .due = it->task_open ? it->due : 0,
                                  .document_id = it->document_id,
                                  .reason = it->reason};
    ev_checklist_item_state_parse(it->state, &e.state);
    return e;
}

static struct pp_uuid digest_of(struct documents_case_row *c, const struct ev_checklist_changed *e) {
    struct pp_buf b;
    struct pp_err err;
    struct ev_checklist_changed same = *e;
    same.version = 0;
    same.case_version = 0;
    pp_buf_init(&b, 64 << 10);
    ev_encode(EV(checklist_changed, CHECKLIST_CHANGED, &same), &b, &err);
    struct pp_uuid u = pp_uuid_derive(c->case_id, pp_buf_str(&b));
    pp_buf_free(&b);
    return u;
}

static void tell(struct documents *d, struct documents_case_row *c) {
    const struct documents_item_row *rows[ITEMS_MAX];
    size_t n = collect(d, c, rows);
    /* A case that wants nothing and never did has no checklist to tell about. */
    if (n == 0 && c->version == 0) return;
    struct ev_checklist_item *items = pp_arena_array(pp_out_arena(d->out), struct ev_checklist_item, n ? n : 1);
    if (!items) return;
    c->complete = true;
    for (size_t i = 0; i < n; i++) {
        items[i] = said(d, rows[i]);
        if (rows[i]->must && !documents_item_done(rows[i])) c->complete = false;
    }
    struct ev_checklist_changed e = {.case_id = c->case_id,
                                     .case_version = c->case_version,
                                     .version = c->version + 1,
                                     .complete = c->complete,
                                     .items = items,
                                     .items_n = n};
    struct pp_uuid digest = digest_of(c, &e);
    if (pp_uuid_eq(digest, c->digest)) return;
    c->digest = digest;
    c->version++;
    pp_emit(d->out, EV(checklist_changed, CHECKLIST_CHANGED, &e));
    struct ev_checklist p = {.case_id = c->case_id,
                             .version = c->version,
                             .complete = c->complete,
                             .items = items,
                             .items_n = n,
                             .as_of = d->ctx->now_ms};
    char key[PP_UUID_TEXT + 1];
    pp_uuid_text(c->case_id, key);
    pp_publish(d->out, EV(checklist, CHECKLIST, &p), pp_arena_strz(pp_out_arena(d->out), key), c->version);
}

void documents_checklist_update(struct documents *d, struct documents_case_row *c) {
    PP_EACH_ROW(d->unit, DOCUMENTS_ITEM, documents_item_row, it)
    if (pp_uuid_eq(it->case_id, c->case_id)) judge(d, c, it);
    tell(d, c);
}

/* ---- item.settle ---- */

static struct documents_item_row *item_named(struct documents *d, const struct ev_item_settle *e) {
    struct documents_item_row *found = NULL;
    PP_EACH_ROW(d->unit, DOCUMENTS_ITEM, documents_item_row, it) {
        if (!pp_uuid_eq(it->case_id, e->case_id) || !pp_str_eq(it->item, e->item)) continue;
        if (e->line && it->line && it->line != e->line) continue;
        /* Of two of the same name the open one is meant. */
        if (!found || (documents_item_done(found) && !documents_item_done(it))) found = it;
    }
    return found;
}

void documents_item_settle(struct documents *d, const struct ev_item_settle *e) {
    struct documents_case_row *c = documents_case(d, e->case_id);
    struct documents_item_row *it = c ? item_named(d, e) : NULL;
    if (!it) {
        pp_reply(d->out, PP_REPLY_NOTFOUND, 0, "no such item on the checklist");
        return;
    }
    if (d->in->hdr.expect_version && d->in->hdr.expect_version != c->version) {
        pp_reply(d->out, PP_REPLY_CONFLICT, c->version, "the checklist has changed: it is version %d now", c->version);
        return;
    }
    static const enum ev_checklist_item_state states[EV_ITEM_SETTLE_ACTION_COUNT] = {
        [EV_ITEM_SETTLE_ACTION_ACCEPT] = EV_CHECKLIST_ITEM_STATE_ACCEPTED,
        [EV_ITEM_SETTLE_ACTION_REJECT] = EV_CHECKLIST_ITEM_STATE_REJECTED,
        [EV_ITEM_SETTLE_ACTION_REQUEST] = EV_CHECKLIST_ITEM_STATE_REQUESTED,
        [EV_ITEM_SETTLE_ACTION_WAIVE] = EV_CHECKLIST_ITEM_STATE_WAIVED};
    bool says_why = e->action == EV_ITEM_SETTLE_ACTION_REJECT || e->action == EV_ITEM_SETTLE_ACTION_WAIVE;
    if (says_why && !e->reason.n) {
        pp_reply(d->out, PP_REPLY_INVALID, c->version, "a reason is needed");
        return;
    }
    if (e->action == EV_ITEM_SETTLE_ACTION_ACCEPT && pp_uuid_none(it->document_id)) {
        pp_reply(d->out, PP_REPLY_INVALID, c->version, "there is no document to accept; waive the item instead");
        return;
    }
    it->by_person = true;
    documents_item_set(d, c, it, states[e->action], it->document_id, e->reason);
    documents_checklist_update(d, c);
    documents_answer_requests(d, c);
    documents_release_when_right(d, c);
    pp_reply(d->out, PP_REPLY_DONE, c->version, "done");
}
