/* What the files of this service share. Everything here is pure: rows, one input, the time, effects. */
#ifndef DOCUMENTS_DOCUMENTS_H
#define DOCUMENTS_DOCUMENTS_H

#include "core/service.h"
#include "documents/tables.h"

enum documents_timer { DOCUMENTS_TIMER_UNMATCHED = 1 };

#define DOCUMENTS_UNMATCHED_MS (2 * PP_MS_DAY) /* a document waits so long for its order before a person is asked */

/* One decision: what every function of this service works with. */
struct documents {
    const struct pp_ctx *ctx;
    struct pp_unit *unit;
    const struct pp_in *in;
    struct pp_out *out;
};

/* case.c */
struct documents_case_row *documents_case(struct documents *d, struct pp_uuid case_id);
void documents_case_changed(struct documents *d, const struct ev_case *c);
void documents_case_withdrawn(struct documents *d, const struct ev_case_withdrawn *e);
void documents_determined(struct documents *d, const struct ev_requirement_determined *e);
/* The line is active and its coverage asks for a request to the payer. */
bool documents_line_needs(const struct documents_line_row *l);
struct pp_str documents_zone(struct documents *d, const struct documents_case_row *c);

/* document.c */
void documents_reported(struct documents *d, const struct ev_document_reported *e);
void documents_match_waiting(struct documents *d, struct documents_case_row *c);
void documents_unmatched_due(struct documents *d);
/* NULL: the document is right for the item; else why not, in words for people. */
const char *documents_fault(const struct documents_document_row *doc, const struct documents_item_row *it,
                            pp_date service, pp_date today);

/* checklist.c: states of the items, their tasks, and what is told about them. */
void documents_item_set(struct documents *d, struct documents_case_row *c, struct documents_item_row *it,
                        enum ev_checklist_item_state state, struct pp_uuid document, struct pp_str reason);
void documents_item_drop(struct documents *d, struct documents_item_row *it);
bool documents_item_done(const struct documents_item_row *it);
void documents_checklist_update(struct documents *d, struct documents_case_row *c);
void documents_item_settle(struct documents *d, const struct ev_item_settle *e);

/* packet.c */
void documents_release_when_right(struct documents *d, struct documents_case_row *c);
void documents_packet_command(struct documents *d, const struct ev_packet_release *e);

/* request.c */
void documents_info_requested(struct documents *d, const struct ev_info_requested *e);
void documents_answer_requests(struct documents *d, struct documents_case_row *c);

void documents_decide(const struct pp_ctx *ctx, struct pp_unit *unit, const struct pp_in *in, struct pp_out *out);
bool documents_check(struct pp_unit *unit, struct pp_err *err);

#define DOCUMENTS_QUERIES 2
extern const struct pp_query documents_queries[DOCUMENTS_QUERIES];
extern const struct pp_service documents_service;

#endif
