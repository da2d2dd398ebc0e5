/* Inside of the 278 view; included by x12_278*.c only. */
#ifndef PP_CODEC_X12_278_INT_H
#define PP_CODEC_X12_278_INT_H

#include "codec/x12_278.h"
#include "codec/x12_view_int.h"

enum x278_depth { AT_HEAD, AT_UMO, AT_REQUESTER, AT_SUBSCRIBER, AT_DEPENDENT, AT_EVENT, AT_LINE, DEPTHS };

struct x278_item {
    struct pp_278 review;
    struct x278_item *next;
};

struct pp_x12_278 {
    struct x12v v; /* first: x12v_kind's functions get its address */
    struct pp_278_handlers h;
    struct pp_278 now; /* context, and the event in hand */
    enum x278_depth depth;
    int64_t hl_at[DEPTHS];       /* HL01 of the open level */
    bool given;                  /* an event of the open subscriber or dependent was taken */
    struct pp_278_level *level;  /* event or line in hand; NULL = above */
    struct pp_x12_party *party;  /* that N3, N4, REF, PER, PRV speak of; NULL = none */
    struct pp_x12_party ignored; /* of a party that is not kept */
    struct pp_278_level lines[PP_278_LINES_MAX];
    uint32_t lines_n;
    struct pp_x12_party providers[PP_278_PROVIDERS_MAX]; /* of the level in hand */
    struct pp_x12_aaa aaa[PP_278_AAA_MAX];
    uint32_t aaa_n, aaa_mark[DEPTHS]; /* AAA that stood when the level began */
    struct x278_item *first, **last;
};

/* x12_278_read.c: a segment of an event or line. */
void x278_level_segment(struct pp_x12_278 *v);

/* x12_278_text.c: codes in words of ours; AAA03, AAA04 (may be ""), HCR03 (NULL when we have none). */
const char *x278_aaa_words(struct pp_str code);
const char *x278_followup_words(struct pp_str code);
const char *x278_reason_words(struct pp_str code);

#endif
