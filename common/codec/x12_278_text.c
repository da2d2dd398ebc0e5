#include "codec/x12_278_int.h"

/* Codes in words of our own, for people. The codes stand beside them: a word is a help, never the answer. */

struct word {
    char code[3];
    const char *text;
};

static const char *find(const struct word *words, size_t n, struct pp_str code) {
    for (size_t i = 0; i < n; i++)
        if (pp_str_eqz(code, words[i].code)) return words[i].text;
    return NULL;
}

const char *x278_aaa_words(struct pp_str code) {
    static const struct word words[] = {
        {"04", "the quantity is over the allowed one"},
        {"15", "something that is required is missing"},
        {"33", "input errors"},
        {"35", "out of network"},
        {"41", "access is restricted"},
        {"42", "the payer cannot answer now"},
        {"43", "the provider's number is missing or wrong"},
        {"44", "the provider's name is missing or wrong"},
        {"45", "the provider's specialty is missing or wrong"},
        {"46", "the provider's phone number is missing or wrong"},
        {"47", "the provider's state is missing or wrong"},
        {"49", "the provider is not the primary care provider"},
        {"50", "the provider may not inquire"},
        {"51", "the provider is not on file"},
        {"52", "the service dates are outside of the provider's enrolment"},
        {"56", "a date does not fit"},
        {"57", "the service dates are missing or wrong"},
        {"58", "the date of birth is missing or wrong"},
        {"60", "the date of birth is after the service"},
        {"61", "the date of death is before the service"},
        {"62", "the service date is outside of what may be asked"},
        {"64", "the patient's number is missing or wrong"},
        {"65", "the patient's name is missing or wrong"},
        {"66", "the patient's sex is missing or wrong"},
        {"67", "the patient was not found"},
        {"68", "the patient's number is used twice"},
        {"71", "the patient's date of birth is another one"},
        {"72", "the member number is missing or wrong"},
        {"73", "the subscriber's name is missing or wrong"},
        {"74", "the subscriber's sex is missing or wrong"},
        {"75", "the subscriber was not found"},
        {"76", "the member number is used twice"},
        {"77", "the subscriber was found, the patient was not"},
        {"78", "the subscriber is not in the plan"},
        {"79", "the participant's number is wrong"},
        {"80", "no answer was received"},
        {"95", "the patient is not eligible"},
        {"97", "the provider's address is missing or wrong"},
        {"AA", "the authorization number was not found"},
        {"T4", "the payer is missing or wrong"},
        {"T5", "data for the certification are missing"},
    };
    const char *w = find(words, sizeof words / sizeof *words, code);
    return w ? w : "reason not known to us";
}

const char *x278_followup_words(struct pp_str code) {
    static const struct word words[] = {
        {"C", "correct it and send it again"},  {"N", "may not be sent again"},
        {"P", "send the same again"},           {"R", "may be sent again"},
        {"S", "may not be asked again"},        {"W", "wait 30 days, then send again"},
        {"X", "wait 10 days, then send again"}, {"Y", "do not send again: an answer will follow"},
    };
    const char *w = find(words, sizeof words / sizeof *words, code);
    return w ? w : "";
}

const char *x278_reason_words(struct pp_str code) {
    static const struct word words[] = {
        {"01", "the price authorization has expired"},
        {"02", "a price authorization is no longer needed"},
        {"03", "the product is not on the price authorization"},
        {"04", "the quantity is over the allowed one"},
        {"05", "the special cost is wrong"},
        {"06", "no credit"},
        {"07", "cancelled for administrative reasons"},
        {"09", "out of network"},
        {"0A", "the testing is not included"},
        {"0B", "sent on to an external reviewer; the decision will come"},
        {"0C", "access is restricted"},
        {"0D", "the primary care provider must authorize it"},
        {"0E", "the provider is not the primary care provider"},
        {"0F", "not medically necessary"},
        {"0G", "the level of care is not appropriate"},
        {"0H", "certification is not required"},
        {"0J", "another organization certifies it"},
        {"0K", "this is a primary care service"},
        {"0L", "over the plan's maximum"},
        {"0M", "not covered"},
        {"0N", "there is no prior approval"},
        {"0P", "the information that was asked for was not received"},
        {"0Q", "a duplicate of an earlier request"},
        {"0R", "does not fit the diagnosis"},
        {"0S", "a condition that existed before"},
        {"0T", "experimental or investigational"},
        {"0U", "more information about the patient is needed"},
        {"0V", "needs medical review"},
        {"0W", "the disposition is pending"},
        {"0X", "not for this type of provider"},
        {"0Y", "not for the patient's age"},
        {"0Z", "not for the patient's sex"},
        {"10", "the delivery pattern does not fit"},
        {"12", "restricted to a certain provider"},
        {"13", "authorized for another provider"},
        {"14", "the guidelines were not followed"},
        {"15", "outside of the area"},
        {"16", "not for this type of facility"},
        {"17", "outside of the time limits"},
        {"18", "the notification was received"},
        {"19", "cosmetic"},
        {"20", "once in a lifetime"},
        {"25", "not considered because of other errors"},
        {"26", "the provider's role is missing"},
    };
    return find(words, sizeof words / sizeof *words, code);
}
