/* Notes and call records of people, and messages nobody could use. */
#include "status/status.h"

void status_note(struct status_work *w, const struct ev_note_add *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    if (!c) {
        pp_reply(w->o, PP_REPLY_NOTFOUND, 0, "no such case");
        return;
    }
    static const char *const sentences[] = {[EV_NOTE_ADD_KIND_NOTE] = "Note",
                                            [EV_NOTE_ADD_KIND_CALL] = "Call with",
                                            [EV_NOTE_ADD_KIND_PORTAL] = "Looked up in the portal of",
                                            [EV_NOTE_ADD_KIND_FAX] = "Fax to"};
    const char *what =
        e->kind < sizeof sentences / sizeof sentences[0] && sentences[e->kind] ? sentences[e->kind] : "Note";
    struct pp_str whom = e->kind == EV_NOTE_ADD_KIND_NOTE ? PP_STR_NONE : e->contact.n ? e->contact : c->payer_name;
    status_event(w, c, "contact", 0, "go", w->in->hdr.actor, e->text, e->reference, whom.n ? "%s %.*s" : "%s%.*s", what,
                 PP_FMT(whom));
    status_publish_case(w, c);
    pp_reply(w->o, PP_REPLY_DONE, c->version, "kept as entry %d", c->event_seq);
}

void status_quarantined(struct status_work *w, const struct ev_message_quarantined *e) {
    const struct status_quarantine_row key = {.record = w->in->hdr.event_id};
    struct status_quarantine_row *q = pp_row_add(w->u, STATUS_QUARANTINE, &key);
    if (!q) return;
    q->at = w->at;
    q->sender = e->sender;
    q->message_id = e->message_id;
    q->format = pp_str_z(ev_message_quarantined_format_name(e->format));
    q->type = e->type;
    q->place = e->place;
    q->reason = e->reason;
    q->hash = e->hash;
}
