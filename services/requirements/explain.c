/* The way to a finding as JSON, for the proof page. */
#include "core/codec.h"
#include "requirements/requirements.h"

#define EXPLAIN_MAX ((size_t)32 * 1024)
#define LIST_SHOWN 60 /* characters of a long list of codes or states */

static void member(struct pp_buf *b, const char *name, struct pp_str v) {
    if (!v.n) return;
    if (b->p[b->n - 1] != '{') pp_buf_addc(b, ',');
    pp_buf_printf(b, "\"%s\":", name);
    if (!pp_json_string(b, v)) pp_buf_addz(b, "\"\"");
}

static struct pp_str kept(struct req *c, struct pp_buf *b) {
    struct pp_str s = b->failed ? PP_STR_NONE : pp_arena_str(pp_out_arena(c->out), pp_buf_str(b));
    pp_buf_free(b);
    return s;
}

struct pp_str req_explain_facts(struct req *c, const struct pp_rule_facts *f) {
    struct pp_buf b;
    char date[11];
    pp_date_text(f->date, date);
    pp_buf_init(&b, EXPLAIN_MAX);
    pp_buf_addc(&b, '{');
    member(&b, "code", f->code);
    member(&b, "payer", f->payer);
    member(&b, "plan", f->plan);
    if (f->lob != EV_COVERAGE_LOB_NONE) member(&b, "line_of_business", pp_str_z(ev_coverage_lob_name(f->lob)));
    member(&b, "service_date", pp_str_z(date));
    member(&b, "place_of_service", f->pos);
    member(&b, "site_state", f->site_state);
    member(&b, "patient_state", f->patient_state);
    member(&b, "modifiers", req_join(c, f->modifiers, f->modifiers_n));
    member(&b, "diagnoses", req_join(c, f->diagnoses, f->diagnoses_n));
    if (f->urgency != EV_CASE_URGENCY_NONE) member(&b, "urgency", pp_str_z(ev_case_urgency_name(f->urgency)));
    pp_buf_addc(&b, '}');
    return kept(c, &b);
}

/* A list of fifty codes says less than its beginning and where it goes on. */
static struct pp_str shown(struct req *c, struct pp_str v) {
    if (v.n <= LIST_SHOWN) return v;
    return pp_arena_printf(pp_out_arena(c->out), "%.*s...", LIST_SHOWN, v.s);
}

static void condition(struct req *c, struct pp_buf *b, const struct pp_rule_cond *d) {
    static const char *const fits[] = {[PP_FIT_NO] = "no", [PP_FIT_YES] = "yes", [PP_FIT_UNSAID] = "unsaid"};
    pp_buf_addc(b, '{');
    member(b, "condition", pp_str_z(d->name));
    member(b, "want", shown(c, d->want));
    member(b, "have", shown(c, d->have));
    member(b, "fits", pp_str_z(fits[d->fit]));
    pp_buf_addc(b, '}');
}

static void considered(struct req *c, struct pp_buf *b, const struct pp_considered *r) {
    static const char *const fits[] = {[PP_FIT_NO] = "no", [PP_FIT_YES] = "yes", [PP_FIT_UNSAID] = "unsaid"};
    pp_buf_addc(b, '{');
    member(b, "rule", r->rule->id);
    member(b, "says", pp_str_z(ev_determined_line_coverage_name(r->rule->outcome)));
    member(b, "text", r->rule->text);
    member(b, "source", r->rule->source);
    member(b, "fits", pp_str_z(fits[r->fit]));
    pp_buf_printf(b, ",\"decided\":%s,\"rank\":%d,\"conditions\":[", r->decided ? "true" : "false", r->rule->rank);
    for (int i = 0; i < r->nconds; i++) {
        if (i) pp_buf_addc(b, ',');
        condition(c, b, &r->conds[i]);
    }
    pp_buf_addz(b, "]}");
}

struct pp_str req_explain_rules(struct req *c, const struct pp_rule_verdict *v) {
    struct pp_buf b;
    pp_buf_init(&b, EXPLAIN_MAX);
    pp_buf_addc(&b, '[');
    for (size_t i = 0; i < v->considered_n && i < REQ_EXPLAINED_MAX; i++) {
        if (i) pp_buf_addc(&b, ',');
        considered(c, &b, &v->considered[i]);
    }
    pp_buf_addc(&b, ']');
    return kept(c, &b);
}
