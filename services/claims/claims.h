/* Inside the claims service: what its files offer each other. */
#ifndef CLAIMS_CLAIMS_H
#define CLAIMS_CLAIMS_H

#include "claims/tables.h"
#include "core/service.h"

#define CLAIMS_TABLE_ROWS_MAX 60  /* lines of one claim that a fact tells: schemas/events/claim.matched.json */
#define CLAIMS_MISMATCHES_MAX 60  /* in one event: schemas/events/claim.held.json */
#define CLAIMS_CANDIDATES_MAX 400 /* case lines of one person that are looked at for one claim */

#define CLAIMS_REMITTANCE_WAIT_MS PP_MS_DAY /* an answer may come this long before its claim without being a task */
#define CLAIMS_REMITTANCE_KEEP_MS (30 * PP_MS_DAY) /* then nobody waits for the claim any more */

enum claims_timer {
    CLAIMS_TIMER_REMITTANCE = 1, /* ref = remittance that waits for its claim */
};

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

/* The units of a claim follow its lines: what was denied is given back, what is paid after all is used again. */
void claims_units_as_paid(struct pp_unit *u, struct pp_out *o, const struct claims_claim_row *c);
/* The public snapshot. */
void claims_publish(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c);

/* remittance.c: what payers paid */
void claims_remittance(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o,
                       const struct ev_remittance_reported *e);
/* Those that have waited for this claim. */
void claims_remittances_of(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c);
void claims_remittance_timer(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct pp_uuid id);
/* The claim goes out once more: what the payer said of its earlier content is past. */
void claims_answer_anew(struct pp_out *o, struct claims_claim_row *c);
/* The claim of this number, by this payer before another, a live one before a void one; NULL: none. */
struct claims_claim_row *claims_by_no(struct pp_unit *u, struct pp_str claim_no, struct pp_str payer);

/* denial.c: denials for the authorization, and claims that were not taken for processing */
void claims_denied(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c,
                   const struct claims_remittance_row *r);
void claims_acknowledged(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o,
                         const struct ev_claim_acknowledgement_reported *e);
/* End the tasks, when they are open. */
void claims_settle_denial(struct pp_out *o, struct claims_claim_row *c, const char *outcome, struct pp_str by);
void claims_settle_rejection(struct pp_out *o, struct claims_claim_row *c, const char *outcome, struct pp_str by);

/* command.c */
void claims_appeal_command(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o);
void claims_release_command(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o);
void claims_write_off_command(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o);

pp_decide_fn claims_decide;
pp_check_fn claims_check;
extern const struct pp_service claims_service;
#define CLAIMS_QUERIES 4
extern const struct pp_query claims_queries[CLAIMS_QUERIES];

#endif
