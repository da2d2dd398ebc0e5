#include "codec/pas_codes.h"
#include "codec/pas.h"

static bool digit(char c) { return c >= '0' && c <= '9'; }

const char *pas_code_system(struct pp_str code) { return code.n && digit(code.s[0]) ? PAS_CPT : PAS_HCPCS; }

const char *pas_modifier_system(struct pp_str m) {
    return m.n == 2 && digit(m.s[0]) && digit(m.s[1]) ? PAS_CPT : PAS_HCPCS;
}

bool pas_is_device(struct pp_str code) { return code.n == 5 && strchr("AEKL", code.s[0]) != NULL; }

struct pp_str pas_service_type(struct pp_str code) {
    static const struct {
        const char *from, *until, *type;
    } sections[] = {
        /* magnetic resonance and CT have a type of their own (62), beside diagnostic X-ray (4) */
        {"70336", "70336", "62"}, {"70450", "70498", "62"}, {"70540", "70559", "62"}, {"71250", "71275", "62"},
        {"71550", "71555", "62"}, {"72125", "72159", "62"}, {"72191", "72198", "62"}, {"73200", "73225", "62"},
        {"73700", "73725", "62"}, {"74150", "74185", "62"}, {"75557", "75574", "62"}, {"10004", "69990", "2"},
        {"70010", "76499", "4"},  {"77261", "77799", "6"},  {"76506", "79999", "4"},  {"80047", "89398", "5"},
        {"97010", "97799", "PT"}, {"90832", "90899", "MH"}, {"G0151", "G0162", "42"}, {"A4206", "A9999", "12"},
        {"E0100", "E8002", "12"}, {"K0001", "K1399", "12"}, {"L0112", "L9900", "12"}, {"Q5101", "Q5199", "88"},
        {"J0120", "J9999", "88"},
    };
    for (size_t i = 0; code.n == 5 && i < sizeof sections / sizeof sections[0]; i++)
        if (pp_str_cmp(code, pp_str_z(sections[i].from)) >= 0 && pp_str_cmp(code, pp_str_z(sections[i].until)) <= 0)
            return pp_str_z(sections[i].type);
    return PP_STR("1");
}

struct pp_str pas_report_type(struct pp_str item) {
    static const struct {
        const char *item, *type;
    } types[] = {
        {"clinical_note", "PY"}, {"prior_treatment", "PY"}, {"medical_necessity", "PY"}, {"imaging_report", "RR"},
        {"lab_result", "LA"},    {"lab_results", "LA"},     {"pathology_report", "LA"},  {"order_signed", "B3"},
        {"signed_order", "B3"},  {"order", "B3"},           {"therapy_notes", "PN"},     {"operative_note", "OB"},
        {"sleep_study", "DG"},   {"discharge_plan", "DS"},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (pp_str_eqz(item, types[i].item)) return pp_str_z(types[i].type);
    return PP_STR("OZ"); /* support data for the request */
}

enum ev_decided_line_outcome pp_pas_outcome(struct pp_str review, struct pp_str reason) {
    static const struct {
        const char *code;
        enum ev_decided_line_outcome outcome;
    } actions[] = {
        {"A1", EV_DECIDED_LINE_OUTCOME_APPROVED},      {"A2", EV_DECIDED_LINE_OUTCOME_PARTIAL},
        {"A3", EV_DECIDED_LINE_OUTCOME_DENIED},        {"A4", EV_DECIDED_LINE_OUTCOME_PENDED},
        {"A6", EV_DECIDED_LINE_OUTCOME_MODIFIED},      {"C", EV_DECIDED_LINE_OUTCOME_CANCELLED},
        {"CT", EV_DECIDED_LINE_OUTCOME_CONTACT_PAYER}, {"NA", EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED},
    };
    /* 0H, "certification not required", comes with "not certified" from payers that have no NA. */
    if (pp_str_eqz(review, "A3") && pp_str_eqz(reason, "0H")) return EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (pp_str_eqz(review, actions[i].code)) return actions[i].outcome;
    return EV_DECIDED_LINE_OUTCOME_UNCLEAR;
}
