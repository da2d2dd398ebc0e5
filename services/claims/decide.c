#include "claims/claims.h"

static void on_event(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o) {
    switch (in->ev->type) {
    case EV_CLAIM_REPORTED: claims_reported(ctx, u, o, in->ev->as.claim_reported); return;
    case EV_CASE_OPENED: claims_case(u, o, in->ev->as.case_opened); break;
    case EV_CASE_CHANGED: claims_case(u, o, in->ev->as.case_changed); break;
    case EV_CASE_WITHDRAWN: claims_case_withdrawn(u, in->ev->as.case_withdrawn); break;
    case EV_REQUIREMENT_DETERMINED: claims_determined(u, o, in->ev->as.requirement_determined); break;
    case EV_AUTHORIZATION_DECIDED: claims_decided(ctx, u, o, in->ev->as.authorization_decided); break;
    case EV_REMITTANCE_REPORTED: claims_remittance(ctx, u, o, in->ev->as.remittance_reported); return;
    case EV_CLAIM_ACKNOWLEDGEMENT_REPORTED:
        claims_acknowledged(ctx, u, o, in->ev->as.claim_acknowledgement_reported);
        return;
    case EV_PATIENT_MERGED: claims_merged(ctx, u, o, in->ev->as.patient_merged); return;
    default: return;
    }
    claims_rematch(ctx, u, o);
}

void claims_decide(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o) {
    switch (in->kind) {
    case PP_IN_EVENT: on_event(ctx, u, in, o); return;
    case PP_IN_COMMAND:
        if (in->ev->type == EV_CLAIM_RELEASE)
            claims_release_command(ctx, u, in, o);
        else if (in->ev->type == EV_CLAIM_WRITE_OFF)
            claims_write_off_command(ctx, u, in, o);
        else if (in->ev->type == EV_CLAIM_APPEAL)
            claims_appeal_command(ctx, u, in, o);
        return;
    case PP_IN_TIMER:
        if (in->timer_kind == CLAIMS_TIMER_REMITTANCE) claims_remittance_timer(ctx, u, o, in->ref);
        return;
    case PP_IN_ANSWER: return; /* claims calls nobody */
    }
}

/* A released claim holds no open task; only released claims use units. */
bool claims_check(struct pp_unit *u, struct pp_err *err) {
    PP_EACH_ROW(u, CLAIMS_CLAIM, claims_claim_row, c) {
        if (c->task_open != pp_str_eqz(c->state, "held"))
            return pp_err_set(err, PP_ERR_BUG, "a claim in state %.*s has task_open %d", PP_FMT(c->state),
                              c->task_open),
                   false;
        if (c->merge_open && !c->task_open)
            return pp_err_set(err, PP_ERR_BUG, "a claim that is not held is looked at after a merge"), false;
        if (c->denial_open && !pp_str_eqz(c->outcome, "denied") && !pp_str_eqz(c->outcome, "reduced"))
            return pp_err_set(err, PP_ERR_BUG, "a denial is open and the payer has denied nothing"), false;
        if (c->rejection_open && (!pp_str_eqz(c->acknowledgement, "rejected") || c->outcome.n))
            return pp_err_set(err, PP_ERR_BUG, "a rejection is open and the claim was taken"), false;
    }
    PP_EACH_ROW(u, CLAIMS_USED, claims_used_row, r) {
        const struct claims_claim_row key = {.claim_id = r->claim_id};
        const struct claims_claim_row *c = pp_row_find(u, CLAIMS_CLAIM, &key);
        if (!c || !pp_str_eqz(c->state, "released"))
            return pp_err_set(err, PP_ERR_BUG, "units used by a claim that is not released"), false;
    }
    return true;
}
