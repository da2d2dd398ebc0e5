#include "codec/x12_guide.h"

/* Looking things up in the tables of x12_guide.h. */

#define FEW 8 /* codes that are compared one by one */

uint64_t pp_x12_pack_long(const char *p, uint32_t n) {
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (uint32_t i = 0; i < n; i++) h = (h ^ (unsigned char)p[i]) * UINT64_C(0x100000001b3);
    return h | UINT64_C(1) << 63;
}

static int64_t find_code(const struct pp_x12_codes *list, uint64_t v) {
    uint32_t low = 0, high = list->n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (list->code[mid] < v)
            low = mid + 1;
        else
            high = mid;
    }
    return low < list->n && list->code[low] == v ? (int64_t)low : -1;
}

bool pp_x12_codes_have(const struct pp_x12_codes *list, uint64_t packed) {
    if (list->n > FEW) return find_code(list, packed) >= 0;
    for (uint32_t i = 0; i < list->n; i++)
        if (list->code[i] == packed) return true;
    return false;
}

const char *pp_x12_codes_words(const struct pp_x12_codes *list, struct pp_str code) {
    if (!list || !list->words || code.n == 0) return NULL;
    int64_t at = find_code(list, pp_x12_pack(code.s, code.n));
    return at < 0 ? NULL : list->words[at];
}

const struct pp_x12_codes *pp_x12_list(const char *name) {
    for (uint32_t i = 0; i < pp_x12_lists_n; i++)
        if (strcmp(pp_x12_lists[i]->name, name) == 0) return pp_x12_lists[i];
    return NULL;
}

static bool has_version(const struct pp_x12_guide *g, struct pp_str version) {
    for (const char *const *v = g->versions; *v; v++)
        if (pp_str_eqz(version, *v)) return true;
    return false;
}

const struct pp_x12_guide *pp_x12_guide_find(struct pp_str st01, struct pp_str version, struct pp_str bht02,
                                             bool *ret_several) {
    const struct pp_x12_guide *first = NULL, *fits = NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < pp_x12_guides_n; i++) {
        const struct pp_x12_guide *g = pp_x12_guides[i];
        if (!pp_str_eqz(st01, g->st01) || !has_version(g, version)) continue;
        n++;
        if (!first) first = g;
        if (!fits && bht02.n && g->purpose && pp_x12_codes_have(g->purpose, pp_x12_pack(bht02.s, bht02.n))) fits = g;
    }
    if (ret_several) *ret_several = n > 1;
    return fits ? fits : first;
}

const struct pp_x12_guide *pp_x12_guide_named(const char *name) {
    for (uint32_t i = 0; i < pp_x12_guides_n; i++)
        if (strcmp(pp_x12_guides[i]->name, name) == 0) return pp_x12_guides[i];
    return NULL;
}

const uint16_t *pp_x12_guide_uses(const struct pp_x12_guide *g, uint32_t loop, uint32_t id) {
    uint32_t number = g->ids[(uint32_t)(id * g->ids_mult) >> 24];
    if (number == 0xff || g->id_of[number] != id) return NULL;
    uint32_t at = g->first[loop * g->ids_n + number];
    return at ? g->list + at : NULL;
}

const struct pp_x12_dict_segment *pp_x12_dict_find(uint32_t id) {
    uint32_t low = 0, high = pp_x12_dict_n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (pp_x12_dict[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < pp_x12_dict_n && pp_x12_dict[low].id == id ? &pp_x12_dict[low] : NULL;
}

const struct pp_x12_dict_element *pp_x12_element_find(unsigned number) {
    uint32_t low = 0, high = pp_x12_elements_n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (pp_x12_elements[mid].number < number)
            low = mid + 1;
        else
            high = mid;
    }
    return low < pp_x12_elements_n && pp_x12_elements[low].number == number ? &pp_x12_elements[low] : NULL;
}
