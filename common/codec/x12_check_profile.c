#include "codec/x12_check_int.h"
#include <stdio.h>

/* Names of reasons, and what a partner's profile makes of them. */

static const struct {
    uint16_t code;
    const char *name;
} names[] = {
    {PP_X12_F_NO_ISA, "no-isa"},
    {PP_X12_F_ENCODING, "encoding"},
    {PP_X12_F_ISA_FORM, "isa-form"},
    {PP_X12_F_ISA_REPAIRED, "isa-repaired"},
    {PP_X12_F_ISA_DELIMITER, "isa-delimiter"},
    {PP_X12_F_ISA_BLANK, "isa-blank"},
    {PP_X12_F_ISA_REPETITION, "isa-repetition"},
    {PP_X12_F_BOM, "byte-order-mark"},
    {PP_X12_F_LINE_BREAKS, "line-breaks"},
    {PP_X12_F_INDENTED, "indented"},
    {PP_X12_F_EMPTY_SEGMENT, "empty-segment"},
    {PP_X12_F_SEGMENT_ID, "segment-id"},
    {PP_X12_F_SEGMENT_SIZE, "segment-size"},
    {PP_X12_F_ELEMENT_COUNT, "element-count"},
    {PP_X12_F_BINARY_LENGTH, "binary-length"},
    {PP_X12_F_UNEXPECTED, "unexpected"},
    {PP_X12_F_NO_IEA, "no-iea"},
    {PP_X12_F_NO_GE, "no-ge"},
    {PP_X12_F_NO_SE, "no-se"},
    {PP_X12_F_IEA_COUNT, "iea-count"},
    {PP_X12_F_GE_COUNT, "ge-count"},
    {PP_X12_F_SE_COUNT, "se-count"},
    {PP_X12_F_IEA_CONTROL, "iea-control"},
    {PP_X12_F_GE_CONTROL, "ge-control"},
    {PP_X12_F_SE_CONTROL, "se-control"},
    {PP_X12_F_CONTROL_FORM, "control-form"},
    {PP_X12_F_DUPLICATE_ST, "duplicate-st"},
    {PP_X12_F_FUNCTION, "function"},
    {PP_X12_F_TRUNCATED, "truncated"},
    {PP_X12_F_GROUP_UNKNOWN, "group-unknown"},
    {PP_X12_F_GUIDE_UNKNOWN, "guide-unknown"},
    {PP_X12_F_GUIDE_DIFFERS, "guide-differs"},
    {PP_X12_F_GUIDE_INTEGRITY, "guide-integrity-only"},
    {PP_X12_F_SEGMENT_UNKNOWN, "segment-unknown"},
    {PP_X12_F_SEGMENT_NOT_IN_GUIDE, "segment-not-in-guide"},
    {PP_X12_F_SEGMENT_UNEXPECTED, "segment-unexpected"},
    {PP_X12_F_SEGMENT_ORDER, "segment-order"},
    {PP_X12_F_SEGMENT_MISSING, "segment-missing"},
    {PP_X12_F_SEGMENT_REPEATS, "segment-repeats"},
    {PP_X12_F_LOOP_MISSING, "loop-missing"},
    {PP_X12_F_LOOP_REPEATS, "loop-repeats"},
    {PP_X12_F_HL_NUMBER, "hl-number"},
    {PP_X12_F_HL_PARENT, "hl-parent"},
    {PP_X12_F_HL_CHILDREN, "hl-children"},
    {PP_X12_F_ELEMENT_MISSING, "element-missing"},
    {PP_X12_F_ELEMENT_NOT_USED, "element-not-used"},
    {PP_X12_F_ELEMENTS_TOO_MANY, "elements-too-many"},
    {PP_X12_F_COMPONENTS_TOO_MANY, "components-too-many"},
    {PP_X12_F_REPETITIONS_TOO_MANY, "repetitions-too-many"},
    {PP_X12_F_TOO_SHORT, "too-short"},
    {PP_X12_F_TOO_LONG, "too-long"},
    {PP_X12_F_CHARACTER, "character"},
    {PP_X12_F_NUMBER, "number"},
    {PP_X12_F_DATE, "date"},
    {PP_X12_F_TIME, "time"},
    {PP_X12_F_BLANKS, "blanks"},
    {PP_X12_F_TRAILING, "trailing"},
    {PP_X12_F_NOTE, "syntax-note"},
    {PP_X12_F_CODE, "code"},
    {PP_X12_F_CODE_LIST, "code-list"},
};
#define NAMES (sizeof names / sizeof *names)

const char *pp_x12_code_name(unsigned code) {
    for (size_t i = 0; i < NAMES; i++)
        if (names[i].code == code) return names[i].name;
    return NULL;
}

static bool rules_have(const struct pp_x12_rule *rules, uint32_t n, struct pp_str name) {
    for (uint32_t i = 0; i < n; i++)
        if (pp_str_eqz(name, rules[i].name)) return true;
    return false;
}

static bool guide_has(const struct pp_x12_guide *g, struct pp_str name) {
    for (uint32_t i = 0; i < g->loops_n; i++)
        if (rules_have(g->loops[i].rules, g->loops[i].rules_n, name)) return true;
    for (uint32_t i = 0; i < g->uses_n; i++)
        if (rules_have(g->uses[i].rules, g->uses[i].rules_n, name)) return true;
    return false;
}

/* Is this the name of a code, or of a rule of the guide (any guide when it is empty)? */
static bool known(struct pp_str guide, struct pp_str name) {
    bool found = false, has_guide = guide.n == 0;
    for (size_t i = 0; i < NAMES; i++) found = found || pp_str_eqz(name, names[i].name);
    for (uint32_t i = 0; i < pp_x12_guides_n; i++) {
        const struct pp_x12_guide *g = pp_x12_guides[i];
        if (guide.n && !pp_str_eqz(guide, g->name)) continue;
        has_guide = true;
        found = found || guide_has(g, name);
    }
    return found && has_guide;
}

static void copy(char *ret, size_t size, struct pp_str v) { snprintf(ret, size, "%.*s", PP_FMT(v)); }

int pp_x12_profile_parse(struct pp_x12_profile *p, struct pp_str text, struct pp_err *err) {
    p->n = 0;
    for (unsigned number = 1; text.n; number++) {
        struct pp_str line = pp_str_split(&text, '\n');
        line = pp_str_trim(pp_str_split(&line, '#'));
        if (line.n == 0) continue;
        struct pp_str to = line, name = pp_str_trim(pp_str_split(&to, ':')), guide = PP_STR_NONE;
        to = pp_str_trim(to);
        if (memchr(name.s, '/', name.n)) guide = pp_str_split(&name, '/');
        uint8_t lowered = pp_str_eqz(to, "warning") ? PP_X12_LOWER_WARNING
                          : pp_str_eqz(to, "off")   ? PP_X12_LOWER_OFF
                                                    : 0;
        if (!lowered) return pp_err_set(err, PP_ERR_INVALID, "line %u: NAME: warning, or NAME: off, is wanted", number);
        if (!known(guide, name))
            return pp_err_set(err, PP_ERR_INVALID, "line %u: no guide, rule or reason is called so", number);
        if (p->n == PP_X12_PROFILE_LINES_MAX)
            return pp_err_set(err, PP_ERR_LIMIT, "line %u: more than %d lines", number, PP_X12_PROFILE_LINES_MAX);
        copy(p->line[p->n].guide, sizeof p->line->guide, guide);
        copy(p->line[p->n].name, sizeof p->line->name, name);
        p->line[p->n++].to = lowered;
    }
    return 0;
}

enum pp_x12_lowered x12c_lowered(const struct pp_x12_profile *p, const char *guide, const char *name) {
    enum pp_x12_lowered ret = PP_X12_AS_IS;
    for (uint32_t i = 0; p && name && i < p->n; i++)
        if (strcmp(p->line[i].name, name) == 0 && (!p->line[i].guide[0] || strcmp(p->line[i].guide, guide) == 0))
            ret = (enum pp_x12_lowered)p->line[i].to;
    return ret;
}
