/* Inside the claims service: what its files offer each other. */
#ifndef CLAIMS_CLAIMS_H
#define CLAIMS_CLAIMS_H

#include "claims/tables.h"
#include "core/service.h"

#define CLAIMS_TABLE_ROWS_MAX 60  /* lines of one claim */
#define CLAIMS_MISMATCHES_MAX 60  /* in one event: schemas/events/claim.held.json */
#define CLAIMS_CANDIDATES_MAX 400 /* case lines of one person that are looked at for one claim */

/* copy.c: what other services decided */
void claims_case(struct pp_unit *u, struct pp_out *o, const struct ev_case *c);
void claims_case_withdrawn(struct pp_unit *u, const struct ev_case_withdrawn *w);
void claims_determined(struct pp_unit *u, struct pp_out *o, const struct ev_requirement_determined *d);
void claims_decided(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o,
                    const struct ev_authorization_decided *d);

/* claim.c: claims themselves */
void claims_reported(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, const struct ev_claim_reported *r);
/* Compares every held claim again; says something only where the answer changed. */
void claims_rematch(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o);
void claims_merged(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, const struct ev_patient_merged *m);

/* settle.c: what follows from a comparison */
/* The task to look at a held claim whose record was merged away; ends when its order is found or it is not held. */
void claims_ask_merge(const struct pp_ctx *ctx, struct pp_out *o, struct claims_claim_row *c);
void claims_hold(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c);
void claims_let_go(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c,
                   struct pp_str by, struct pp_str reason);
void claims_close(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c,
                  const char *state, const char *outcome, struct pp_str by);
void claims_emit_matched(struct pp_unit *u, struct pp_out *o, const struct claims_claim_row *c);
/* Gives back what a claim has used. */
void claims_give_back(struct pp_unit *u, struct pp_out *o, struct pp_uuid claim_id);

/* command.c */
void claims_release_command(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o);
void claims_write_off_command(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o);

pp_decide_fn claims_decide;
pp_check_fn claims_check;
extern const struct pp_service claims_service;
#define CLAIMS_QUERIES 4
extern const struct pp_query claims_queries[CLAIMS_QUERIES];

#endif
