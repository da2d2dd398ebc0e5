#include "trace_say.h"

static const char *text(const json_t *j, const char *name) {
    const char *s = json_string_value(json_object_get(j, name));
    return s ? s : "";
}
static long long number(const json_t *j, const char *name) { return json_integer_value(json_object_get(j, name)); }
static const json_t *list(const json_t *j, const char *name) { return json_object_get(j, name); }
static bool yes(const json_t *j, const char *name) { return json_is_true(json_object_get(j, name)); }

/* ", by word, "when not empty. */
static void also(struct pp_buf *b, const char *before, const char *s) {
    if (*s) pp_buf_printf(b, "%s%s", before, s);
}

static const char *each(size_t i) { return i ? "; " : ""; }

/* ---- what was reported ---- */

static void say_order(const json_t *j, struct pp_buf *b) {
    const json_t *service = json_object_get(j, "service"), *code = json_object_get(service, "code");
    pp_buf_printf(b, "order %s is %s: %s", text(j, "order_no"), *text(j, "action") ? text(j, "action") : "reported",
                  text(code, "code"));
    also(b, ", ", text(j, "priority"));
    also(b, ", for ", text(service, "service_date"));
    also(b, ", at ", text(j, "site"));
}
static void say_visit(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "appointment %s: %s", text(j, "visit_no"), text(j, "action"));
    also(b, ", on ", text(j, "date"));
    also(b, ", for order ", text(j, "order_no"));
}
static void say_document(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "document of type %s, %s%s", text(json_object_get(j, "type"), "code"), text(j, "status"),
                  yes(j, "signed") ? ", signed" : "");
    also(b, ", for order ", text(j, "order_no"));
}
static void say_claim(const json_t *j, struct pp_buf *b) {
    size_t i;
    json_t *l;
    pp_buf_printf(b, "claim %s with %zu lines", text(j, "claim_no"), json_array_size(list(j, "lines")));
    json_array_foreach(list(j, "lines"), i, l)
        pp_buf_printf(b, "%s%s x %s", i ? ", " : ": ", text(l, "code"), *text(l, "units") ? text(l, "units") : "1");
    also(b, ", authorization ", text(j, "authorization"));
}
static void say_payer_answer(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "%s sent a %s by %s", text(j, "payer"), text(j, "kind"), text(j, "channel"));
    also(b, " about ", text(j, "trace"));
}
static void say_interchange_sent(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "X12 %s %s goes to %s", text(j, "kind"), text(j, "control"), text(j, "payer"));
}
static void say_interchange_answered(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "%s of %s: X12 %s %s %s", text(j, "source"), text(j, "payer"), text(j, "kind"), text(j, "control"),
                  text(j, "verdict"));
    also(b, ", code ", text(j, "code"));
    also(b, " at ", text(j, "element"));
}
static void say_coverage(const json_t *j, struct pp_buf *b) {
    const json_t *c = json_object_get(j, "coverage");
    pp_buf_printf(b, "coverage %lld: payer %s%s", number(c, "rank"), text(c, "payer_code"),
                  yes(j, "ended") ? ", ended" : "");
}

/* ---- what was decided ---- */

static void say_case(const json_t *j, struct pp_buf *b) {
    size_t i;
    json_t *l;
    pp_buf_printf(b, "case %s, version %lld (%s):", text(j, "case_no"), number(j, "case_version"), text(j, "change"));
    json_array_foreach(list(j, "lines"), i, l)
        pp_buf_printf(b, "%s line %lld %s%s", i ? "," : "", number(l, "line"),
                      *text(l, "code") ? text(l, "code") : "without a mapped code",
                      strcmp(text(l, "state"), "cancelled") == 0 ? " cancelled" : "");
    json_array_foreach(list(j, "missing"), i, l)
        pp_buf_printf(b, "%s%s", i ? ", " : "; missing: ", json_string_value(l));
}
static void say_requirement(const json_t *j, struct pp_buf *b) {
    size_t i;
    json_t *l;
    pp_buf_printf(b, "on version %lld: ", number(j, "case_version"));
    json_array_foreach(list(j, "lines"), i, l) {
        pp_buf_printf(b, "%sline %lld %s", each(i), number(l, "line"), text(l, "coverage"));
        also(b, ", ", text(l, "reason"));
    }
}
static void say_checklist(const json_t *j, struct pp_buf *b) {
    size_t i;
    json_t *l;
    pp_buf_printf(b, "checklist %s", yes(j, "complete") ? "complete" : "not complete");
    json_array_foreach(list(j, "items"), i, l)
        pp_buf_printf(b, "%s%s %s", i ? ", " : ": ", text(l, "item"), text(l, "state"));
}
static void say_packet(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "packet released by %s with %zu documents", text(j, "released_by"),
                  json_array_size(list(j, "documents")));
}
static void say_started(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "%s request to %s by %s", text(j, "kind"), text(j, "payer"), text(j, "channel"));
}
static void say_decided(const json_t *j, struct pp_buf *b) {
    size_t i;
    json_t *l;
    pp_buf_printf(b, "%s%s: ", text(j, "payer"),
                  strcmp(text(j, "decided_by"), "person") == 0 ? " (recorded by a person)" : "");
    json_array_foreach(list(j, "lines"), i, l) {
        pp_buf_printf(b, "%sline %lld %s", each(i), number(l, "line"), text(l, "outcome"));
        also(b, ", number ", text(l, "authorization"));
        also(b, ", from ", text(l, "valid_from"));
        also(b, " until ", text(l, "valid_until"));
        also(b, ", units ", text(l, "units"));
        also(b, ", ", text(l, "reason"));
    }
}
static void say_info(const json_t *j, struct pp_buf *b) {
    size_t i;
    json_t *l;
    pp_buf_printf(b, "%s asks for", text(j, "payer"));
    json_array_foreach(list(j, "items"), i, l)
        pp_buf_printf(b, "%s %s", i ? "," : "", *text(l, "title") ? text(l, "title") : text(l, "code"));
    also(b, ", until ", text(j, "due"));
}
static void say_payer_and_reason(const json_t *j, struct pp_buf *b) {
    pp_buf_addz(b, text(j, "payer"));
    also(b, ": ", text(j, "reason"));
    also(b, ", reference ", text(j, "payer_ref"));
}
static void say_mismatches(const json_t *j, struct pp_buf *b) {
    size_t i;
    json_t *l;
    json_array_foreach(list(j, "mismatches"), i, l)
        pp_buf_printf(b, "%s%s: claim %s, authorized %s", i ? "; " : ": ", text(l, "reason"), text(l, "claim_value"),
                      text(l, "auth_value"));
}
static void say_matched(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "claim %s compared: %s", text(j, "claim_no"), text(j, "result"));
    say_mismatches(j, b);
}
static void say_held(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "claim %s is held", text(j, "claim_no"));
    also(b, ", forecast CARC ", text(j, "carc"));
    say_mismatches(j, b);
}
static void say_released(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "claim %s can go, by %s", text(j, "claim_no"), text(j, "by"));
    also(b, ", number ", text(j, "authorization"));
}
static void say_used(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "line %lld: %s units used, %s in all", number(j, "line"), text(j, "units"), text(j, "used"));
}
static void say_task(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "%s for %s: %s", text(j, "kind"), text(j, "queue"), text(j, "reason"));
    also(b, ", until ", text(j, "due"));
}
static void say_settled(const json_t *j, struct pp_buf *b) {
    pp_buf_addz(b, text(j, "outcome"));
    also(b, ", by ", text(j, "by"));
}

/* ---- what subscribers hear ---- */

static void say_readiness(const json_t *j, struct pp_buf *b) {
    size_t i;
    json_t *l;
    pp_buf_printf(b, "appointment %s is %s", text(j, "visit_no"), text(j, "colour"));
    also(b, ", ", text(j, "word"));
    json_array_foreach(list(j, "reasons"), i, l)
        also(b, i ? "; " : ": ", json_is_string(l) ? json_string_value(l) : text(l, "text"));
    also(b, ", next: ", text(j, "next_step"));
}
static void say_case_status(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "%s: %s", text(j, "stage"), text(j, "headline"));
    also(b, ", next: ", text(j, "next_step"));
    also(b, " (", text(j, "next_owner"));
    if (*text(j, "next_owner")) pp_buf_addc(b, ')');
}
static void say_authorization(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "%s %s: %s authorized, %s scheduled, %s used", text(j, "authorization"), text(j, "state"),
                  text(j, "units_authorized"), text(j, "units_scheduled"), text(j, "units_used"));
}
static void say_claim_status(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "claim %s %s", text(j, "claim_no"), text(j, "state"));
    also(b, ", forecast CARC ", text(j, "carc"));
    also(b, ", next: ", text(j, "next_step"));
}
static void say_public_task(const json_t *j, struct pp_buf *b) {
    pp_buf_printf(b, "%s %s, for %s", text(j, "kind"), text(j, "state"), text(j, "queue"));
    also(b, ", with ", text(j, "assignee"));
}
static void say_notice(const json_t *j, struct pp_buf *b) { pp_buf_addz(b, text(j, "text")); }

static const struct {
    const char *type;
    void (*say)(const json_t *j, struct pp_buf *b);
} words[] = {
    {"order.reported", say_order},
    {"visit.reported", say_visit},
    {"document.reported", say_document},
    {"claim.reported", say_claim},
    {"payer-answer.reported", say_payer_answer},
    {"coverage.reported", say_coverage},
    {"case.opened", say_case},
    {"case.changed", say_case},
    {"requirement.determined", say_requirement},
    {"checklist.changed", say_checklist},
    {"packet.released", say_packet},
    {"submission.started", say_started},
    {"submission.acknowledged", say_payer_and_reason},
    {"submission.rejected", say_payer_and_reason},
    {"submission.delayed", say_payer_and_reason},
    {"submission.cancelled", say_payer_and_reason},
    {"interchange.sent", say_interchange_sent},
    {"interchange.answered", say_interchange_answered},
    {"info.requested", say_info},
    {"authorization.decided", say_decided},
    {"claim.matched", say_matched},
    {"claim.held", say_held},
    {"claim.released", say_released},
    {"units.used", say_used},
    {"task.needed", say_task},
    {"task.settled", say_settled},
    {"readiness", say_readiness},
    {"case-status", say_case_status},
    {"authorization", say_authorization},
    {"claim-status", say_claim_status},
    {"checklist", say_checklist},
    {"task", say_public_task},
    {"notice", say_notice},
};

void trace_say(const char *type, const json_t *body, struct pp_buf *out) {
    if (!body) {
        pp_buf_addz(out, "withdrawn");
        return;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(type, words[i].type) == 0) words[i].say(body, out);
}

void trace_proof(const char *type, const json_t *body, struct pp_buf *out) {
    size_t i;
    json_t *l;
    if (strcmp(type, "requirement.determined") == 0) {
        json_array_foreach(list(body, "lines"), i, l) {
            pp_buf_printf(out, "%sline %lld ", each(i), number(l, "line"));
            pp_buf_addz(out, *text(l, "proof") ? text(l, "proof") : "no proof");
            also(out, ", rule ", text(l, "rule"));
        }
        also(out, "; pack ", text(body, "pack"));
    } else if (strcmp(type, "authorization.decided") == 0) {
        also(out, "trace ", text(body, "trace"));
        also(out, ", evidence ", text(body, "evidence"));
        json_array_foreach(list(body, "lines"), i, l) also(out, ", review code ", text(l, "review_code"));
    } else if (strcmp(type, "payer-answer.reported") == 0 || strcmp(type, "document.reported") == 0) {
        also(out, "bytes ", text(body, "hash"));
    } else if (strcmp(type, "claim.matched") == 0) {
        json_array_foreach(list(body, "lines"), i, l) {
            pp_buf_printf(out, "%sline %lld %s", each(i), number(l, "claim_line"), text(l, "result"));
            also(out, ", number ", text(l, "authorization"));
            also(out, ", ", text(l, "proof"));
        }
    } else if (strcmp(type, "submission.started") == 0) {
        also(out, strcmp(text(body, "channel"), "x12") == 0 ? "TRN02 " : "Claim.identifier ", text(body, "trace"));
    } else if (strcmp(type, "interchange.answered") == 0) {
        also(out, "bytes ", text(body, "hash"));
    }
}
