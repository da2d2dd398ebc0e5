/* What people may do with a held claim. */
#include "claims/claims.h"

static struct claims_claim_row *held_claim(struct pp_unit *u, const struct pp_in *in, struct pp_out *o,
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
    if (!pp_str_eqz(c->state, "held")) {
        pp_reply(o, PP_REPLY_CONFLICT, c->version, "the claim is %.*s, not held", PP_FMT(c->state));
        return NULL;
    }
    return c;
}

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
    struct claims_claim_row *c = held_claim(u, in, o, cmd->claim_id);
    if (!c) return;
    c->by = in->hdr.actor;
    c->reason = cmd->reason;
    claims_close(ctx, u, o, c, "written_off", "written off", in->hdr.actor);
    pp_reply(o, PP_REPLY_DONE, c->version, "written off");
}
