#include "claims/adjudicate.h"

#include "base/date.h"

struct code_words {
    const char *code, *words;
};

/* Denials that speak of the authorization, in our words. */
static const struct code_words carcs[] = {
    {"15", "the authorization number is missing, wrong, or not for this service or provider"},
    {"38", "not given or authorized by the network or the primary care provider"},
    {"39", "authorization was refused when it was asked for"},
    {"62", "the authorization is missing or exceeded"},
    {"165", "the referral is missing or exceeded"},
    {"197", "no authorization or notification was found"},
    {"198", "more was billed than was authorized"},
    {"210", "authorization was not obtained in time"},
    {"242", "not given by the network or the primary care provider"},
    {"243", "not authorized by the network or the primary care provider"},
    {"284", "the authorization number does not apply to the billed service"},
    {"296", "the authorization number does not apply to this provider"},
};
static const struct code_words rarcs[] = {
    {"M62", "the authorization code is missing or wrong"},
    {"N41", "the request for authorization was denied"},
    {"N54", "the claim does not agree with what was authorized"},
    {"N175", "the approval of the review organization is missing"},
    {"N188", "the approved level of care does not fit the procedure"},
    {"N241", "the approval of the review organization is incomplete"},
    {"N335", "the date of the referral is missing"},
    {"N351", "the service date lies outside of the approved plan"},
    {"N370", "more rental months than were approved"},
    {"N435", "more than the approved number or frequency"},
    {"N475", "the referral form is missing or incomplete"},
    {"N489", "the referral is missing or incomplete"},
    {"N630", "the referral was not authorized"},
    {"N640", "more than the approved number or frequency"},
};

static const char *words(const struct code_words *all, size_t n, struct pp_str code) {
    for (size_t i = 0; i < n; i++)
        if (pp_str_eqz(code, all[i].code)) return all[i].words;
    return NULL;
}
const char *claims_carc_words(struct pp_str carc) { return words(carcs, sizeof carcs / sizeof carcs[0], carc); }
const char *claims_rarc_words(struct pp_str rarc) { return words(rarcs, sizeof rarcs / sizeof rarcs[0], rarc); }

const char *claims_outcome_name(enum claims_outcome o) {
    static const char *const names[] = {"paid", "reduced", "denied"};
    return names[o];
}

/* Price of the contract, earlier payers, interest and withholds; and the patient's share. */
static bool is_plain(struct pp_str group, struct pp_str reason) {
    static const char *const price[] = {"23", "24", "44", "45", "90", "94", "104", "105", "131", "144", "237", "253"};
    static const char *const patient[] = {"1", "2", "3", "45", "66", "187", "241"};
    bool pr = pp_str_eqz(group, "PR");
    const char *const *list = pr ? patient : price;
    size_t n = pr ? sizeof patient / sizeof patient[0] : sizeof price / sizeof price[0];
    for (size_t i = 0; i < n; i++)
        if (pp_str_eqz(reason, list[i])) return true;
    return false;
}

/* The adjustment that decides: one about the authorization before any other that is not plain. False: none. */
static bool deciding(struct pp_str all, struct pp_str *group, struct pp_str *reason) {
    bool found = false;
    while (all.n) {
        struct pp_str amount = pp_str_split(&all, ','), code = pp_str_split(&amount, '=');
        struct pp_str g = pp_str_split(&code, '-');
        int64_t v = 0;
        bool nothing = amount.n && pp_dec_parse(amount, &v) && v == 0;
        if (nothing || is_plain(g, code)) continue;
        if (claims_carc_words(code)) {
            *group = g, *reason = code;
            return true;
        }
        if (!found) *group = g, *reason = code;
        found = true;
    }
    return found;
}

static struct pp_str deciding_remark(struct pp_str all) {
    struct pp_str first = PP_STR_NONE;
    while (all.n) {
        struct pp_str one = pp_str_split(&all, ',');
        if (claims_rarc_words(one)) return one;
        if (!first.n) first = one;
    }
    return first;
}

void claims_adjudicate(struct pp_str adjustments, struct pp_str remarks, int64_t charge, int64_t paid,
                       struct claims_adjudged *ret) {
    *ret = (struct claims_adjudged){.outcome = CLAIMS_PAID};
    if (charge <= 0 || !deciding(adjustments, &ret->group, &ret->carc)) return;
    ret->outcome = paid > 0 ? CLAIMS_REDUCED : CLAIMS_DENIED;
    ret->rarc = deciding_remark(remarks);
    ret->authorization = claims_carc_words(ret->carc) || claims_rarc_words(ret->rarc);
}

void claims_adjudicate_claim(const struct claims_adjudged *claim, struct claims_adjudged *line) {
    if (claim->outcome != CLAIMS_DENIED || line->outcome == CLAIMS_DENIED) return;
    bool own = line->carc.n > 0;
    line->outcome = CLAIMS_DENIED;
    if (own) return;
    line->group = claim->group;
    line->carc = claim->carc;
    line->rarc = claim->rarc;
    line->authorization = claim->authorization;
}

enum claims_status claims_status_of(struct pp_str clp02) {
    static const struct {
        const char *code;
        enum claims_status status;
    } all[] = {{"2", CLAIMS_STATUS_FURTHER},    {"3", CLAIMS_STATUS_FURTHER},  {"20", CLAIMS_STATUS_FURTHER},
               {"21", CLAIMS_STATUS_FURTHER},   {"4", CLAIMS_STATUS_DENIED},   {"22", CLAIMS_STATUS_REVERSAL},
               {"23", CLAIMS_STATUS_FORWARDED}, {"25", CLAIMS_STATUS_ESTIMATE}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (pp_str_eqz(clp02, all[i].code)) return all[i].status;
    return CLAIMS_STATUS_PROCESSED;
}
