#include "codec/x12_build_int.h"
#include <stdio.h>

/* Segments that several transactions have. */

void x12b_hl(struct x12b *b, int64_t number, int64_t parent, const char *level, bool children) {
    x12b_seg(b, "HL");
    x12b_num(b, number);
    if (parent)
        x12b_num(b, parent);
    else
        x12b_skip(b, 1);
    x12b_z(b, level);
    x12b_z(b, children ? "1" : "0");
    x12b_put(b);
}

void x12b_dtp(struct x12b *b, const char *qualifier, pp_date from, pp_date until) {
    if (!from) return;
    bool range = until && until != from;
    x12b_seg(b, "DTP");
    x12b_z(b, qualifier);
    x12b_z(b, range ? "RD8" : "D8");
    x12b_date(b, from);
    if (range) { /* the second date belongs to the same element */
        b->n--;
        x12b_z(b, "-");
        b->n--;
        x12b_date(b, until);
    }
    x12b_put(b);
}

void x12b_ref(struct x12b *b, const char *qualifier, struct pp_str v, const char *member) {
    if (!v.n) return;
    x12b_seg(b, "REF");
    x12b_z(b, qualifier);
    x12b_id(b, v, 1, 50, member);
    x12b_put(b);
}

/* Ten digits of a phone number as people write it; empty when there are not ten. */
static struct pp_str ten_digits(struct pp_str v, char ret[11]) {
    uint32_t n = 0, from = 0;
    char digits[16];
    for (uint32_t i = 0; i < v.n; i++) {
        if (v.s[i] < '0' || v.s[i] > '9') continue;
        if (n == sizeof digits) return PP_STR_NONE;
        digits[n++] = v.s[i];
    }
    if (n == 11 && digits[0] == '1') from = 1; /* country code */
    if (n - from != 10) return PP_STR_NONE;
    memcpy(ret, digits + from, 10);
    ret[10] = '\0';
    return (struct pp_str){ret, 10};
}

static void name(char *ret, size_t size, const char *member, const char *part) {
    snprintf(ret, size, "%s%s%s", member, *member ? "." : "", part);
}

void x12b_address(struct x12b *b, struct pp_str line, struct pp_str city, struct pp_str state, struct pp_str zip,
                  const char *member) {
    char at[64], digits[16];
    uint32_t n = 0;
    if (!line.n || !city.n) return; /* N3 and N4 make sense together only */
    x12b_seg(b, "N3");
    name(at, sizeof at, member, "address");
    x12b_text(b, line, 55, at);
    x12b_put(b);
    for (uint32_t i = 0; i < zip.n && n < sizeof digits; i++)
        if (zip.s[i] != '-' && zip.s[i] != ' ') digits[n++] = zip.s[i];
    x12b_seg(b, "N4");
    name(at, sizeof at, member, "city");
    x12b_text(b, city, 30, at);
    name(at, sizeof at, member, "state");
    x12b_text(b, state, 2, at);
    name(at, sizeof at, member, "zip");
    x12b_id(b, (struct pp_str){digits, n}, 3, 15, at);
    x12b_put(b);
}

void x12b_person(struct x12b *b, const char *role, struct pp_str family, struct pp_str given, struct pp_str middle,
                 const char *id_type, struct pp_str id, const char *member) {
    char at[64];
    x12b_seg(b, "NM1");
    x12b_z(b, role);
    x12b_z(b, "1");
    name(at, sizeof at, member, "family");
    x12b_text(b, family, 60, at);
    name(at, sizeof at, member, "given");
    x12b_text(b, given, 35, at);
    name(at, sizeof at, member, "middle");
    x12b_text(b, middle, 25, at);
    x12b_skip(b, 2);
    if (id.n) {
        x12b_z(b, id_type);
        bool member_no = strcmp(id_type, "MI") == 0;
        name(at, sizeof at, member_no ? "coverage" : member, member_no ? "member_id" : "npi");
        x12b_id(b, id, member_no ? 2 : 10, member_no ? 80 : 10, at);
    }
    x12b_put(b);
}

static void contact(struct x12b *b, const struct pp_x12_org *o, const char *member) {
    char phone[11], at[64];
    struct pp_str digits = ten_digits(o->phone, phone);
    if (!digits.n) return;
    x12b_seg(b, "PER");
    x12b_z(b, "IC");
    name(at, sizeof at, member, "contact");
    x12b_text(b, o->contact, 60, at);
    x12b_z(b, "TE");
    x12b_id(b, digits, 10, 10, member);
    x12b_put(b);
}

void x12b_org(struct x12b *b, const char *role, const struct pp_x12_org *o, bool full, const char *member) {
    char at[64];
    name(at, sizeof at, member, "name");
    x12b_seg(b, "NM1");
    x12b_z(b, role);
    x12b_z(b, o->given.n ? "1" : "2");
    x12b_text(b, o->name, 60, at);
    name(at, sizeof at, member, "given");
    x12b_text(b, o->given, 35, at);
    x12b_skip(b, 3);
    if (o->npi.n) {
        x12b_z(b, "XX");
        name(at, sizeof at, member, "npi");
        x12b_id(b, o->npi, 10, 10, at);
    } else if (o->id.n) {
        name(at, sizeof at, member, "id_type");
        x12b_id(b, o->id_type, 1, 2, at);
        name(at, sizeof at, member, "id");
        x12b_id(b, o->id, 2, 80, at);
        if (!o->id_type.n) x12b_fail(b, at, "has no type");
    }
    x12b_put(b);
    if (!full) return;
    x12b_address(b, o->address, o->city, o->state, o->zip, member);
    contact(b, o, member);
}

void x12b_dmg(struct x12b *b, pp_date birth, const char *sex) {
    if (!birth) return;
    x12b_seg(b, "DMG");
    x12b_z(b, "D8");
    x12b_date(b, birth);
    x12b_z(b, sex);
    x12b_put(b);
}
