/* One transaction being written. Included by x12_*.c only.
 *
 * Each value names the member of ours that it comes from, so that what cannot be written can be told to people. After
 * the first failure nothing more is written. */
#ifndef PP_CODEC_X12_BUILD_INT_H
#define PP_CODEC_X12_BUILD_INT_H

#include "codec/x12_build.h"

#define X12B_TEXT_MAX 2048
#define X12B_ELEMENTS_MAX 40

struct x12b {
    struct pp_x12_writer w;
    struct pp_x12_envelope env;
    struct pp_err *err;
    bool failed;
    const char *of; /* prefix of member names: "patient", "line 3"; may be NULL */
    /* the segment in hand */
    char id[4];
    char text[X12B_TEXT_MAX];
    uint32_t used, at[X12B_ELEMENTS_MAX + 1], n;
    bool in_composite;
};

/* Fills b->env from s and writes ISA, GS and ST. at: see pp_x12_sending. -1: a member of s cannot be written. */
int x12b_begin(struct x12b *b, struct pp_buf *out, const struct pp_x12_sending *s, const char *function,
               const char *guide, const char *set, struct pp_err *err);
/* SE, GE and IEA; empties out on failure. */
int x12b_end(struct x12b *b);
/* Writes the envelope of s into e. -1 with the member's name. */
int x12b_envelope(const struct pp_x12_sending *s, struct pp_x12_envelope *e, struct pp_err *err);

int x12b_fail(struct x12b *b, const char *member, const char *what);
void x12b_seg(struct x12b *b, const char *id);
/* Elements, one after the other. A z is a code of ours. */
void x12b_z(struct x12b *b, const char *code);
void x12b_num(struct x12b *b, int64_t v);
void x12b_skip(struct x12b *b, unsigned n);
/* An identifier or code as it is: min to max characters when it is there. */
void x12b_id(struct x12b *b, struct pp_str v, uint32_t min, uint32_t max, const char *member);
/* Text in capitals. */
void x12b_text(struct x12b *b, struct pp_str v, uint32_t max, const char *member);
/* A decimal number in its shortest form, at most max digits. */
void x12b_dec(struct x12b *b, struct pp_str v, uint32_t max, const char *member);
void x12b_date(struct x12b *b, pp_date d);
/* Until x12b_close the elements are components of one element. */
void x12b_open(struct x12b *b);
void x12b_close(struct x12b *b);
/* Writes the segment; trailing empty elements and components are dropped. */
void x12b_put(struct x12b *b);

/* Whole segments. */
void x12b_hl(struct x12b *b, int64_t number, int64_t parent, const char *level, bool children);
/* DTP with D8, or RD8 when until is another day; nothing without a date. */
void x12b_dtp(struct x12b *b, const char *qualifier, pp_date from, pp_date until);
void x12b_ref(struct x12b *b, const char *qualifier, struct pp_str v, const char *member);
/* NM1 with name and identifier, then N3, N4, PER and PRV as far as they are known and `full`. */
void x12b_org(struct x12b *b, const char *role, const struct pp_x12_org *o, bool full, const char *member);
/* NM1 of a person; id may be empty: MI a member number, XX an NPI. */
void x12b_person(struct x12b *b, const char *role, struct pp_str family, struct pp_str given, struct pp_str middle,
                 const char *id_type, struct pp_str id, const char *member);
void x12b_address(struct x12b *b, struct pp_str line, struct pp_str city, struct pp_str state, struct pp_str zip,
                  const char *member);
void x12b_dmg(struct x12b *b, pp_date birth, const char *sex);
/* Local date and time of an instant: CCYYMMDD and HHMM. */
void x12b_time(struct pp_str zone, int64_t ms, char ret_date[9], char ret_time[5]);

#endif
