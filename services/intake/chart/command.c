/* What people say about cases and their lines. */
#include "intake/chart/chart.h"
#include "refs/codes.h"

/* The case of a command, in the version that the person saw; or the answer why not. */
static struct chart_case_row *find_case(struct chart *c, struct pp_uuid case_id) {
    const struct chart_case_row key = {.case_id = case_id};
    struct chart_case_row *k = pp_row_find(c->unit, CHART_CASE, &key);
    int32_t expect = c->in->hdr.expect_version;
    if (!k) {
        pp_reply(c->out, PP_REPLY_NOTFOUND, 0, "There is no such case.");
        return NULL;
    }
    if (expect && expect != k->case_version) {
        pp_reply(c->out, PP_REPLY_CONFLICT, k->case_version, "The case has changed: it is at version %d.",
                 k->case_version);
        return NULL;
    }
    return k;
}

/* Case and active line of a command, or the answer why not. */
static bool find(struct chart *c, struct pp_uuid case_id, int64_t line, struct chart_case_row **ret_k,
                 struct chart_line_row **ret_l) {
    struct chart_case_row *k = find_case(c, case_id);
    if (!k) return false;
    const struct chart_line_row lkey = {.case_id = case_id, .line = (int32_t)line};
    struct chart_line_row *l = line >= 1 && line <= CHART_LINES_MAX ? pp_row_find(c->unit, CHART_LINE, &lkey) : NULL;
    if (!l) {
        pp_reply(c->out, PP_REPLY_NOTFOUND, k->case_version, "There is no such line.");
        return false;
    }
    if (!pp_str_eqz(k->state, "open") || !chart_is_active(l)) {
        pp_reply(c->out, PP_REPLY_CONFLICT, k->case_version, "The line is cancelled.");
        return false;
    }
    *ret_k = k;
    *ret_l = l;
    return true;
}

static void map_code(struct chart *c, const struct ev_line_map_code *e) {
    struct chart_case_row *k;
    struct chart_line_row *l;
    if (!find(c, e->case_id, e->line, &k, &l)) return;
    if (!pp_code_is_procedure(e->code)) {
        pp_reply(c->out, PP_REPLY_INVALID, k->case_version,
                 "This is not a CPT or HCPCS code: five characters, capitals.");
        return;
    }
    const struct pp_code_name *name = pp_refs_code(c->ctx->refs, e->code);
    l->code = e->code;
    l->how = PP_STR("person");
    l->text = name ? name->text : PP_STR_NONE;
    chart_settle(c, k, "mapping");
    pp_reply(c->out, PP_REPLY_DONE, k->case_version, "Line %d is %.*s.", l->line, PP_FMT(l->code));
}

static void drop(struct chart *c, const struct ev_line_drop *e) {
    struct chart_case_row *k;
    struct chart_line_row *l;
    if (!find(c, e->case_id, e->line, &k, &l)) return;
    l->state = PP_STR("cancelled");
    l->reason = c->why = e->reason;
    chart_settle(c, k, "lines");
    pp_reply(c->out, PP_REPLY_DONE, k->case_version, "Line %d is no longer wanted.", l->line);
}

/* What is wrong with a case is put right by other commands; this one says that somebody looked. */
static void settle_merge(struct chart *c, const struct ev_merge_settle *e) {
    const struct chart_case_row *k = find_case(c, e->case_id);
    if (!k) return;
    if (chart_settle_merge(c, k))
        pp_reply(c->out, PP_REPLY_DONE, k->case_version, "The case stands as it is.");
    else
        pp_reply(c->out, PP_REPLY_CONFLICT, k->case_version, "Nobody needs to look at this case after a merge.");
}

void chart_command(struct chart *c) {
    const struct ev *e = c->in->ev;
    if (e->type == EV_LINE_MAP_CODE)
        map_code(c, e->as.line_map_code);
    else if (e->type == EV_LINE_DROP)
        drop(c, e->as.line_drop);
    else if (e->type == EV_MERGE_SETTLE)
        settle_merge(c, e->as.merge_settle);
}
