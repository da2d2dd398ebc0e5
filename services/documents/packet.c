/* The packet: whether it is right, when it goes, and with which documents. */
#include "documents/documents.h"

#define DOCUMENTS_MAX 60 /* in packet.released */
#define LINES_MAX 40

static bool goes_with_request(const struct documents_item_row *it) {
    return pp_str_eqz(it->purpose, "withpa") || !it->purpose.n;
}

/* Every must-have of the payer's list that goes with the request is there or waived. */
static bool complete(struct documents *d, const struct documents_case_row *c) {
    PP_EACH_ROW(d->unit, DOCUMENTS_ITEM, documents_item_row, it) {
        if (!pp_uuid_eq(it->case_id, c->case_id) || !pp_uuid_none(it->request_of)) continue;
        if (it->must && goes_with_request(it) && !documents_item_done(it)) return false;
    }
    return true;
}

static size_t lines_of(struct documents *d, const struct documents_case_row *c, int64_t *ret, bool *ret_news) {
    size_t n = 0;
    *ret_news = false;
    PP_EACH_ROW(d->unit, DOCUMENTS_LINE, documents_line_row, l) {
        if (!pp_uuid_eq(l->case_id, c->case_id) || !documents_line_needs(l) || n == LINES_MAX) continue;
        ret[n++] = l->line;
        if (!pp_str_eq(l->content, l->released)) *ret_news = true;
    }
    return n;
}

static void add_document(struct documents *d, const struct documents_item_row *it, struct ev_packet_document *docs,
                         size_t *n) {
    struct documents_document_row key = {.document_id = it->document_id};
    struct documents_document_row *doc = pp_row_find(d->unit, DOCUMENTS_DOCUMENT, &key);
    if (!doc || *n == DOCUMENTS_MAX) return;
    for (size_t i = 0; i < *n; i++)
        if (pp_uuid_eq(docs[i].document_id, doc->document_id)) return;
    char control[PP_UUID_B32 + 1];
    pp_uuid_b32(doc->document_id, control);
    docs[(*n)++] = (struct ev_packet_document){.document_id = doc->document_id,
                                               .item = it->item,
                                               .title = it->title,
                                               .hash = doc->hash,
                                               .content_type = doc->content_type,
                                               .authored = doc->authored ? pp_zone_date(PP_STR_NONE, doc->authored) : 0,
                                               .control_no = pp_arena_strz(pp_out_arena(d->out), control)};
    doc->sent = true;
}

static void release(struct documents *d, struct documents_case_row *c, struct pp_str by, struct pp_uuid request_of,
                    const int64_t *lines, size_t lines_n) {
    struct ev_packet_document docs[DOCUMENTS_MAX];
    struct pp_arena *a = pp_out_arena(d->out);
    size_t n = 0;
    PP_EACH_ROW(d->unit, DOCUMENTS_ITEM, documents_item_row, it) {
        if (!pp_uuid_eq(it->case_id, c->case_id) || !pp_uuid_eq(it->request_of, request_of)) continue;
        if (goes_with_request(it) && pp_str_eqz(it->state, "accepted")) add_document(d, it, docs, &n);
    }
    c->packets++;
    struct ev_packet_released e = {.case_id = c->case_id,
                                   .case_version = c->case_version,
                                   .packet_id = pp_uuid_derive(c->case_id, pp_arena_printf(a, "packet/%d", c->packets)),
                                   .released_by = by,
                                   .lines = pp_arena_array(a, int64_t, lines_n ? lines_n : 1),
                                   .lines_n = lines_n,
                                   .documents = docs,
                                   .documents_n = n,
                                   .info_request_of = request_of};
    if (!e.lines) return;
    memcpy(e.lines, lines, lines_n * sizeof *lines);
    pp_emit(d->out, EV(packet_released, PACKET_RELEASED, &e));
    PP_EACH_ROW(d->unit, DOCUMENTS_LINE, documents_line_row, l)
    if (pp_uuid_eq(l->case_id, c->case_id) && documents_line_needs(l)) l->released = l->content;
}

void documents_release_when_right(struct documents *d, struct documents_case_row *c) {
    int64_t lines[LINES_MAX];
    bool news;
    size_t n = lines_of(d, c, lines, &news);
    if (c->withdrawn || c->withheld || !n || !news) return;
    /* A determination that rests on an older version says nothing about this one: wait for the new one. */
    if (c->determined != c->case_version || !complete(d, c)) return;
    release(d, c, PP_STR("policy:complete"), (struct pp_uuid){{0}}, lines, n);
}

void documents_answer_requests(struct documents *d, struct documents_case_row *c) {
    if (c->withdrawn || c->withheld) return;
    PP_EACH_ROW(d->unit, DOCUMENTS_REQUEST, documents_request_row, r) {
        if (!r->open || !pp_uuid_eq(r->case_id, c->case_id)) continue;
        bool all = true;
        PP_EACH_ROW(d->unit, DOCUMENTS_ITEM, documents_item_row, it)
        if (pp_uuid_eq(it->request_of, r->submission_id) && it->must && !documents_item_done(it)) all = false;
        if (!all) continue;
        int64_t lines[LINES_MAX];
        bool news;
        size_t n = lines_of(d, c, lines, &news);
        r->open = false;
        release(d, c, PP_STR("policy:complete"), r->submission_id, lines, n);
    }
}

void documents_packet_command(struct documents *d, const struct ev_packet_release *e) {
    struct documents_case_row *c = documents_case(d, e->case_id);
    if (!c) {
        pp_reply(d->out, PP_REPLY_NOTFOUND, 0, "no such case");
        return;
    }
    if (d->in->hdr.expect_version && d->in->hdr.expect_version != c->version) {
        pp_reply(d->out, PP_REPLY_CONFLICT, c->version, "the checklist has changed: it is version %d now", c->version);
        return;
    }
    if (e->action == EV_PACKET_RELEASE_ACTION_WITHHOLD) {
        c->withheld = true;
        pp_reply(d->out, PP_REPLY_DONE, c->version, "the packet is held back until it is released by hand");
        return;
    }
    int64_t lines[LINES_MAX];
    bool news;
    size_t n = lines_of(d, c, lines, &news);
    if (c->withdrawn || !n) {
        pp_reply(d->out, PP_REPLY_INVALID, c->version, "no line of this case is to be asked for");
    } else if (c->determined != c->case_version) {
        pp_reply(d->out, PP_REPLY_CONFLICT, c->version, "the requirement is being checked again");
    } else if (!complete(d, c) && !e->reason.n) {
        pp_reply(d->out, PP_REPLY_INVALID, c->version, "must-have documents are missing; say why it shall go without");
    } else {
        c->withheld = false;
        if (news) release(d, c, d->in->hdr.actor, (struct pp_uuid){{0}}, lines, n);
        documents_answer_requests(d, c);
        pp_reply(d->out, PP_REPLY_DONE, c->version, news ? "released" : "it went out before and has not changed");
    }
}
