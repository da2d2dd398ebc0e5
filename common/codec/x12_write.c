#include "codec/x12.h"
#include <stdio.h>

void pp_x12_write_begin(struct pp_x12_writer *w, struct pp_buf *out) {
    *w = (struct pp_x12_writer){.out = out, .d = {'*', ':', '^', {'~'}, 1}};
}

static bool clean(const struct pp_x12_writer *w, struct pp_str v) {
    for (uint32_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.s[i];
        if (c < 0x20 || c == 0x7f || c == w->d.element || c == w->d.segment[0]) return false;
    }
    return true;
}

static void segment(struct pp_x12_writer *w, const char *id, const struct pp_str *elements, size_t n) {
    while (n && elements[n - 1].n == 0) n--;
    pp_buf_addz(w->out, id);
    for (size_t i = 0; i < n; i++) {
        if (!clean(w, elements[i])) w->failed = true;
        pp_buf_addc(w->out, (char)w->d.element);
        pp_buf_adds(w->out, elements[i]);
    }
    pp_buf_add(w->out, w->d.segment, w->d.segment_n);
    w->segments++;
}

/* A level may be opened only right inside of the one above it. */
static bool enter(struct pp_x12_writer *w, uint8_t from) {
    if (w->level != from)
        w->failed = true;
    else
        w->level++;
    return !w->failed;
}

static void keep(char *ret, size_t size, const char *v) { snprintf(ret, size, "%s", v); }

void pp_x12_write_isa(struct pp_x12_writer *w, const struct pp_x12_envelope *e) {
    struct pp_str all[] = {pp_str_z(e->isa05), pp_str_z(e->isa06), pp_str_z(e->isa07), pp_str_z(e->isa08),
                           pp_str_z(e->isa09), pp_str_z(e->isa10), pp_str_z(e->isa12), pp_str_z(e->isa13),
                           pp_str_z(e->isa14), pp_str_z(e->isa15)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].n == 0 || !clean(w, all[i])) w->failed = true;
    if (!enter(w, 0) || strlen(e->isa13) != 9 || strlen(e->isa09) != 6 || strlen(e->isa10) != 4 ||
        strlen(e->isa12) != 5 || strlen(e->isa05) != 2 || strlen(e->isa07) != 2) {
        w->failed = true;
        return;
    }
    pp_buf_printf(w->out, "ISA*00*          *00*          *%s*%-15s*%s*%-15s*%s*%s*%c*%s*%s*%s*%s*%c~", e->isa05,
                  e->isa06, e->isa07, e->isa08, e->isa09, e->isa10, w->d.repetition, e->isa12, e->isa13, e->isa14,
                  e->isa15, w->d.component);
    keep(w->isa13, sizeof w->isa13, e->isa13);
    w->groups = 0;
}

void pp_x12_write_gs(struct pp_x12_writer *w, const struct pp_x12_envelope *e) {
    const struct pp_str el[] = {pp_str_z(e->gs01), pp_str_z(e->gs02), pp_str_z(e->gs03), pp_str_z(e->gs04),
                                pp_str_z(e->gs05), pp_str_z(e->gs06), pp_str_z(e->gs07), pp_str_z(e->gs08)};
    for (size_t i = 0; i < 8; i++)
        if (el[i].n == 0) w->failed = true;
    if (!enter(w, 1)) return;
    segment(w, "GS", el, 8);
    keep(w->gs06, sizeof w->gs06, e->gs06);
    w->groups++;
    w->transactions = 0;
}

void pp_x12_write_st(struct pp_x12_writer *w, const struct pp_x12_envelope *e) {
    const struct pp_str el[] = {pp_str_z(e->st01), pp_str_z(e->st02), pp_str_z(e->st03)};
    if (el[0].n == 0 || el[1].n < 4) w->failed = true;
    if (!enter(w, 2)) return;
    w->segments = 0;
    segment(w, "ST", el, 3);
    keep(w->st02, sizeof w->st02, e->st02);
    w->transactions++;
}

void pp_x12_write(struct pp_x12_writer *w, const char *id, const struct pp_str *elements, size_t n) {
    if (w->level != 3) w->failed = true;
    if (!w->failed) segment(w, id, elements, n);
}

void pp_x12_write_ta1(struct pp_x12_writer *w, const struct pp_str elements[5]) {
    if (w->level != 1 || w->groups) w->failed = true;
    if (!w->failed) segment(w, "TA1", elements, 5);
}

static void trailer(struct pp_x12_writer *w, const char *id, uint32_t count, const char *control) {
    char text[12];
    snprintf(text, sizeof text, "%u", count);
    const struct pp_str el[] = {pp_str_z(text), pp_str_z(control)};
    segment(w, id, el, 2);
    w->level--;
}

void pp_x12_write_se(struct pp_x12_writer *w) {
    if (w->level != 3) w->failed = true;
    if (!w->failed) trailer(w, "SE", w->segments + 1, w->st02);
}

void pp_x12_write_ge(struct pp_x12_writer *w) {
    if (w->level != 2) w->failed = true;
    if (!w->failed) trailer(w, "GE", w->transactions, w->gs06);
}

int pp_x12_write_iea(struct pp_x12_writer *w, struct pp_err *err) {
    if (w->level != 1) w->failed = true;
    if (!w->failed) trailer(w, "IEA", w->groups, w->isa13);
    if (w->failed)
        return pp_err_set(err, PP_ERR_BUG, "the interchange was not written in order, or a value holds a delimiter");
    if (w->out->failed) return pp_err_set(err, PP_ERR_LIMIT, "the interchange is larger than its limit");
    return 0;
}
