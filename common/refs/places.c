#include "refs/set.h"

#include <stdlib.h>

static const struct refs_col site_cols[] = {
    {"site", refs_cell_text, offsetof(struct pp_site, id), 40, true},
    {"name", refs_cell_text, offsetof(struct pp_site, name), 120, true},
    {"state", refs_cell_text, offsetof(struct pp_site, state), 2, true},
    {"zone", refs_cell_text, offsetof(struct pp_site, zone), 40, true},
    {"pos", refs_cell_text, offsetof(struct pp_site, pos), 2, false},
    {"npi", refs_cell_text, offsetof(struct pp_site, npi), 10, false},
    {"organization", refs_cell_text, offsetof(struct pp_site, organization), 120, false},
    {"address", refs_cell_text, offsetof(struct pp_site, address), 120, false},
    {"city", refs_cell_text, offsetof(struct pp_site, city), 80, false},
    {"zip", refs_cell_text, offsetof(struct pp_site, zip), 10, false},
    {"phone", refs_cell_text, offsetof(struct pp_site, phone), 40, false},
};

static int check_site(void *row, const struct pp_pack *pack, struct pp_err *err) {
    const struct pp_site *s = row;
    (void)pack;
    int minutes;
    if (!pp_zone_offset(s->zone, 0, &minutes))
        return pp_err_set(err, PP_ERR_INVALID, "site %.*s: unknown zone", PP_FMT(s->id));
    return 0;
}

static int by_id(const void *a, const void *b) {
    return pp_str_cmp(((const struct pp_site *)a)->id, ((const struct pp_site *)b)->id);
}

static int finish_sites(struct pp_refs *r, struct pp_err *err) {
    struct pp_site *rows = REFS_ROWS(r, REFS_SITES, struct pp_site);
    size_t n = REFS_N(r, REFS_SITES);
    if (n) qsort(rows, n, sizeof *rows, by_id);
    for (size_t i = 1; i < n; i++)
        if (!by_id(&rows[i - 1], &rows[i]))
            return pp_err_set(err, PP_ERR_INVALID, "site %.*s is listed twice", PP_FMT(rows[i].id));
    return 0;
}

const struct refs_kind refs_kind_sites = {
    "sites", sizeof(struct pp_site), site_cols, sizeof site_cols / sizeof *site_cols, check_site, finish_sites};

static const struct refs_col location_cols[] = {
    {"sender", refs_cell_text, offsetof(struct refs_location, sender), 80, true},
    {"location", refs_cell_text, offsetof(struct refs_location, location), 80, true},
    {"site", refs_cell_text, offsetof(struct refs_location, site), 40, true},
};

static int finish_locations(struct pp_refs *r, struct pp_err *err) {
    const struct refs_location *rows = r->lists[REFS_LOCATIONS].rows;
    for (size_t i = 0; i < REFS_N(r, REFS_LOCATIONS); i++)
        if (!pp_refs_site(r, rows[i].site))
            return pp_err_set(err, PP_ERR_INVALID, "location %.*s names site %.*s, which no pack has",
                              PP_FMT(rows[i].location), PP_FMT(rows[i].site));
    return 0;
}

const struct refs_kind refs_kind_locations = {"locations",   sizeof(struct refs_location),
                                              location_cols, sizeof location_cols / sizeof *location_cols,
                                              NULL,          finish_locations};

const struct pp_site *pp_refs_site(const struct pp_refs *r, struct pp_str id) {
    struct pp_site key = {.id = id};
    size_t n = REFS_N(r, REFS_SITES);
    return n ? bsearch(&key, r->lists[REFS_SITES].rows, n, sizeof key, by_id) : NULL;
}

static const struct pp_site *named(const struct pp_refs *r, struct pp_str sender, struct pp_str text) {
    const struct refs_location *rows = r->lists[REFS_LOCATIONS].rows;
    const struct pp_site *best = NULL;
    int best_fit = 0;
    for (size_t i = 0; i < REFS_N(r, REFS_LOCATIONS); i++) {
        if (!pp_str_ieq(rows[i].location, text)) continue;
        int fit = pp_refs_sender_fit(rows[i].sender, sender);
        if (fit <= best_fit) continue;
        best = pp_refs_site(r, rows[i].site);
        best_fit = fit;
    }
    const struct pp_site *sites = r->lists[REFS_SITES].rows;
    for (size_t i = 0; i < REFS_N(r, REFS_SITES) && !best; i++)
        if (pp_str_ieq(sites[i].id, text) || pp_str_ieq(sites[i].name, text)) best = &sites[i];
    return best;
}

const struct pp_site *pp_refs_site_of(const struct pp_refs *r, struct pp_str sender, struct pp_str location) {
    location = pp_str_trim(location);
    const struct pp_site *s = location.n ? named(r, sender, location) : NULL;
    while (!s && location.n) { /* the facility stands last and says more than a room */
        uint32_t at = location.n;
        while (at && location.s[at - 1] != '^') at--;
        struct pp_str part = pp_str_trim((struct pp_str){location.s + at, location.n - at});
        if (part.n) s = named(r, sender, part);
        location.n = at ? at - 1 : 0;
    }
    return s;
}

const struct pp_site *pp_refs_site_next(const struct pp_refs *r, const struct pp_site *prev) {
    const struct pp_site *rows = r->lists[REFS_SITES].rows;
    size_t i = prev ? (size_t)(prev - rows) + 1 : 0;
    return i < REFS_N(r, REFS_SITES) ? &rows[i] : NULL;
}
