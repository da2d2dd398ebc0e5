/* What people may do with a held claim. */
#include "claims/claims.h"

static struct claims_claim_row *find_claim(struct pp_unit *u, const struct pp_in *in, struct pp_out *o,
                                           struct pp_uuid id) {
    const struct claims_claim_row key = {.claim_id = id};
    struct claims_claim_row *c = pp_row_find(u, CLAIMS_CLAIM, &key);
    if (!c) {
        pp_reply(o, PP_REPLY_NOTFOUND, 0, "no such claim");
        return NULL;
    }
    if (in->hdr.expect_version && in->hdr.expect_version != c->version) {
        pp_reply(o, PP_REPLY_CONFLICT, c->version, "the claim has changed: version %d now", c->version);
        return NULL;
    }
    return c;
}

static struct claims_claim_row *held_claim(struct pp_unit *u, const struct pp_in *in, struct pp_out *o,
                                           struct pp_uuid id) {
    struct claims_claim_row *c = find_claim(u, in, o, id);
    if (!c || pp_str_eqz(c->state, "held")) return c;
    pp_reply(o, PP_REPLY_CONFLICT, c->version, "the claim is %.*s, not held", PP_FMT(c->state));
    return NULL;
}

/* Denied by the payer, or not taken for processing. */
static bool is_refused(const struct claims_claim_row *c) { return c->denial_open || c->rejection_open; }

void claims_release_command(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o) {
    const struct ev_claim_release *cmd = in->ev->as.claim_release;
    struct claims_claim_row *c = held_claim(u, in, o, cmd->claim_id);
    if (!c) return;
    claims_let_go(ctx, u, o, c, in->hdr.actor, cmd->reason);
    claims_rematch(ctx, u, o);
    pp_reply(o, PP_REPLY_DONE, c->version, "released");
}

void claims_write_off_command(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o) {
    const struct ev_claim_write_off *cmd = in->ev->as.claim_write_off;
    struct claims_claim_row *c = find_claim(u, in, o, cmd->claim_id);
    if (!c) return;
    if (!pp_str_eqz(c->state, "held") && !is_refused(c)) {
        pp_reply(o, PP_REPLY_CONFLICT, c->version, "the claim is %.*s, and nobody has refused it", PP_FMT(c->state));
        return;
    }
    c->by = in->hdr.actor;
    c->reason = cmd->reason;
    claims_close(ctx, u, o, c, "written_off", "written off", in->hdr.actor);
    pp_reply(o, PP_REPLY_DONE, c->version, "written off");
}

void claims_appeal_command(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o) {
    const struct ev_claim_appeal *cmd = in->ev->as.claim_appeal;
    struct claims_claim_row *c = find_claim(u, in, o, cmd->claim_id);
    if (!c) return;
    if (!c->denial_open) {
        pp_reply(o, PP_REPLY_CONFLICT, c->version, "no denial of the claim is open");
        return;
    }
    c->by = in->hdr.actor;
    c->reason = cmd->reason;
    c->next_step = PP_STR("Appealed: wait for the payer's new answer");
    claims_settle_denial(o, c, "appealed", in->hdr.actor);
    claims_publish(ctx, u, o, c);
    pp_reply(o, PP_REPLY_DONE, c->version, "kept as appealed");
}
