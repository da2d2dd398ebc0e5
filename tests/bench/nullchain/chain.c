/* The null chain: six services on the real runtime whose deciders only upsert one row and emit one fact, in the
 * fan-out of a real order: each reads what the catalogue lets it read and says one fact on its turn.
 *
 *   bench-chain SERVICE [--setting=value …]      SERVICE: chart, requirements, documents, submission, claims, status
 *
 * order.reported (written by loadgen) -> case.opened -> requirement.determined -> packet.released ->
 * authorization.decided -> claim.released: six records a case, fifteen applications. The bodies are about as large as
 * real ones, and are decoded and encoded like real ones.
 */
#include "service/runtime.h"

#include <stdio.h>
#include <string.h>

struct step_row {
    struct pp_row row;
    struct pp_uuid case_id;
    int32_t n;
    struct pp_str state;
    int64_t at;
};
static const struct pp_col cols[] = {PP_COL(step_row, case_id, UUID), PP_COL(step_row, n, INT),
                                     PP_COL(step_row, state, TEXT), PP_COL(step_row, at, TIME)};
static const struct pp_table step = {
    .name = "step", .row_size = sizeof(struct step_row), .keys = 0, .ncols = 4, .cols = cols};
static const struct pp_table *const tables[] = {&step};
static const char *const migrations[] = {
    "create table step (tenant text not null, person uuid not null, home int2 not null, case_id uuid, "
    "n int not null default 0, state text not null default '', at timestamptz, primary key (person));",
    NULL};

static const struct ev_provider doctor = {.npi = {"1003900101", 10}, .family = {"ABARA", 5}, .given = {"NADIA", 5}};

/* ---- one fact each, about as large as a real one ---- */

static void open_case(const struct pp_ctx *c, const struct pp_in *in, struct step_row *r, struct pp_out *o) {
    const struct ev_order_reported *q = in->ev->as.order_reported;
    struct pp_str dx[] = {PP_STR("M54.16"), PP_STR("M51.26")};
    struct ev_coverage cover = {.rank = 1,
                                .payer = PP_STR("meridian"),
                                .payer_code = PP_STR("MERID"),
                                .payer_name = PP_STR("Meridian Advantage"),
                                .plan = PP_STR("HMO"),
                                .member_id = PP_STR("ME00004821"),
                                .group_no = PP_STR("GMERID"),
                                .subscriber_family = PP_STR("KOWALSKI"),
                                .subscriber_given = PP_STR("ANNA")};
    struct ev_case_line line = {.line = 1,
                                .order_no = q->order_no,
                                .state = EV_CASE_LINE_STATE_ACTIVE,
                                .local = q->service.code,
                                .code = PP_STR("72148"),
                                .text = PP_STR("MRI lumbar spine"),
                                .units = PP_STR("1"),
                                .diagnoses = dx,
                                .diagnoses_n = 2};
    struct ev_case k = {.case_id = r->case_id,
                        .case_version = 1,
                        .case_no = PP_STR("C-6259432"),
                        .order_no = q->order_no,
                        .sender = q->sender,
                        .change = PP_STR("opened"),
                        .ordered_at = c->now_ms,
                        .urgency = EV_CASE_URGENCY_ROUTINE,
                        .site = PP_STR("lks"),
                        .state = PP_STR("IL"),
                        .ordering = doctor,
                        .patient = {.mrn = PP_STR("4821"),
                                    .family = PP_STR("KOWALSKI"),
                                    .given = PP_STR("ANNA"),
                                    .address_line = PP_STR("12 Invented Street"),
                                    .city = PP_STR("Chicago"),
                                    .state = PP_STR("IL"),
                                    .zip = PP_STR("60611"),
                                    .phone = PP_STR("+1 312 555 0199")},
                        .coverages = &cover,
                        .coverages_n = 1,
                        .lines = &line,
                        .lines_n = 1};
    struct ev ev = {.type = EV_CASE_OPENED, .as.case_opened = &k};
    pp_emit(o, &ev);
}

static void determine(struct step_row *r, struct pp_out *o) {
    struct ev_determined_line line = {
        .line = 1,
        .coverage = EV_DETERMINED_LINE_COVERAGE_REQUIRED,
        .rule = PP_STR("MER-IMG-SPINE"),
        .rule_text = PP_STR("Meridian Advantage asks for authorization for MRI of the spine, except in an emergency."),
        .proof = PP_STR("rules 2026.11 MER-IMG-SPINE"),
        .reason = PP_STR("On the payer's list since 2026-01-01")};
    struct ev_requirement_determined d = {.case_id = r->case_id,
                                          .case_version = 1,
                                          .determination_id = r->case_id,
                                          .payer = PP_STR("meridian"),
                                          .channel = EV_REQUIREMENT_DETERMINED_CHANNEL_FHIR,
                                          .pack = PP_STR("rules 2026.11 0123456789abcdef0123456789abcdef"),
                                          .lines = &line,
                                          .lines_n = 1};
    struct ev ev = ev_of_requirement_determined(&d);
    pp_emit(o, &ev);
}

static void release(struct step_row *r, struct pp_out *o) {
    int64_t one = 1;
    struct ev_packet_document doc = {.document_id = r->case_id,
                                     .item = PP_STR("clinical_note"),
                                     .title = PP_STR("Progress note"),
                                     .hash = PP_STR("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
                                     .content_type = PP_STR("text/plain")};
    struct ev_packet_released p = {.case_id = r->case_id,
                                   .case_version = 1,
                                   .packet_id = r->case_id,
                                   .released_by = PP_STR("policy:complete"),
                                   .lines = &one,
                                   .lines_n = 1,
                                   .documents = &doc,
                                   .documents_n = 1};
    struct ev ev = ev_of_packet_released(&p);
    pp_emit(o, &ev);
}

static void authorize(const struct pp_ctx *c, struct step_row *r, struct pp_out *o) {
    (void)c;
    struct ev_decided_line line = {.line = 1,
                                   .outcome = EV_DECIDED_LINE_OUTCOME_APPROVED,
                                   .review_code = PP_STR("A1"),
                                   .authorization = PP_STR("AUTH-20260001"),
                                   .units = PP_STR("1")};
    struct ev_authorization_decided d = {.case_id = r->case_id,
                                         .case_version = 1,
                                         .submission_id = r->case_id,
                                         .payer = PP_STR("meridian"),
                                         .channel = EV_AUTHORIZATION_DECIDED_CHANNEL_FHIR,
                                         .trace = PP_STR("01234567890123456789012345678901"),
                                         .lines = &line,
                                         .lines_n = 1};
    struct ev ev = ev_of_authorization_decided(&d);
    pp_emit(o, &ev);
}

static void bill(struct step_row *r, struct pp_out *o) {
    struct ev_claim_released d = {.claim_id = r->case_id,
                                  .claim_no = PP_STR("CLM-20260001"),
                                  .case_id = r->case_id,
                                  .authorization = PP_STR("AUTH-20260001"),
                                  .by = PP_STR("policy:matched")};
    struct ev ev = ev_of_claim_released(&d);
    pp_emit(o, &ev);
}

/* ---- the one decider ---- */

static enum ev_type turn; /* the type on which this service says its fact; EV_NONE: status, a leaf */

static void decide(const struct pp_ctx *c, struct pp_unit *u, const struct pp_in *in, struct pp_out *o) {
    struct step_row key = {0};
    if (in->kind != PP_IN_EVENT) return;
    struct step_row *r = pp_row_add(u, 0, &key);
    if (!r) return;
    if (pp_uuid_none(r->case_id)) r->case_id = pp_uuid_derive(in->hdr.person, PP_STR("case"));
    r->n++;
    r->at = c->now_ms;
    r->state = pp_str_z(ev_type_name(in->ev->type));
    if (in->ev->type != turn) return;
    switch (in->ev->type) {
    case EV_ORDER_REPORTED: open_case(c, in, r, o); break;
    case EV_CASE_OPENED: determine(r, o); break;
    case EV_REQUIREMENT_DETERMINED: release(r, o); break;
    case EV_PACKET_RELEASED: authorize(c, r, o); break;
    case EV_AUTHORIZATION_DECIDED: bill(r, o); break;
    default: break;
    }
}

/* ---- the six ---- */

static const enum ev_type reads_chart[] = {EV_ORDER_REPORTED};
static const enum ev_type reads_requirements[] = {EV_CASE_OPENED};
static const enum ev_type reads_documents[] = {EV_CASE_OPENED, EV_REQUIREMENT_DETERMINED};
static const enum ev_type reads_submission[] = {EV_CASE_OPENED, EV_REQUIREMENT_DETERMINED, EV_PACKET_RELEASED};
static const enum ev_type reads_claims[] = {EV_CASE_OPENED, EV_REQUIREMENT_DETERMINED, EV_AUTHORIZATION_DECIDED};
static const enum ev_type reads_status[] = {EV_CASE_OPENED, EV_REQUIREMENT_DETERMINED, EV_PACKET_RELEASED,
                                            EV_AUTHORIZATION_DECIDED, EV_CLAIM_RELEASED};
#define READS(r) r, sizeof r / sizeof *r
static const struct {
    const char *name;
    uint16_t source_no;
    enum ev_type turn;
    const enum ev_type *reads;
    int nreads;
} six[] = {{"chart", 2, EV_ORDER_REPORTED, READS(reads_chart)},
           {"requirements", 3, EV_CASE_OPENED, READS(reads_requirements)},
           {"documents", 4, EV_REQUIREMENT_DETERMINED, READS(reads_documents)},
           {"submission", 5, EV_PACKET_RELEASED, READS(reads_submission)},
           {"claims", 6, EV_AUTHORIZATION_DECIDED, READS(reads_claims)},
           {"status", 7, EV_NONE, READS(reads_status)}};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof six / sizeof *six; i++) {
        if (strcmp(argv[1], six[i].name) != 0) continue;
        struct pp_service service = {.name = six[i].name,
                                     .source_no = six[i].source_no,
                                     .tables = tables,
                                     .ntables = 1,
                                     .reads = six[i].reads,
                                     .nreads = six[i].nreads,
                                     .decide = decide,
                                     .migrations = migrations};
        turn = six[i].turn;
        return pp_service_main(&service, argc - 1, argv + 1);
    }
    fprintf(stderr, "usage: bench-chain chart|requirements|documents|submission|claims|status [--setting=value …]\n");
    return 2;
}
