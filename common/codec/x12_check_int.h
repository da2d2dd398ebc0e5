/* Inside of the guide checker; included by x12_check*.c only. */
#ifndef PP_CODEC_X12_CHECK_INT_H
#define PP_CODEC_X12_CHECK_INT_H

#include "codec/x12_check.h"

/* One open loop, beside what pp_x12_place tells of it. */
struct x12c_frame {
    uint32_t pos;              /* of the last child */
    uint64_t seen[2], told[2]; /* children that stood; that were told to be missing */
    uint32_t hl;               /* HL01 as it stands; 0 = no HL */
    char hl04;                 /* '0', '1'; 0 = not given */
    bool hl_children;          /* an HL stands below it */
};

/* Sums for SNIP 3, in ten-thousandths. A value that is no number spoils its sum: it is told elsewhere. */
struct x12c_sum {
    int64_t v;
    bool given, bad;
};
struct x12c_sums {
    struct x12c_sum claim, lines;                           /* CLM02; SV1, SV2, SV3 of the claim */
    struct x12c_sum bpr, clp_paid, plb;                     /* of the transaction */
    struct x12c_sum charge, paid, claim_cas, svc_charges;   /* of a CLP */
    struct x12c_sum line_charge, line_paid, line_cas;       /* of an SVC */
    struct pp_x12_pos claim_pos, bpr_pos, clp_pos, svc_pos; /* whom a finding points to */
    int64_t diagnoses, lx;                                  /* of the claim */
    struct pp_x12_pos lx_pos, pointer_pos;                  /* the first that is wrong; ordinal 0 = none */
};

/* Values that a rule compares with later ones: their packed form, for one life of a loop. */
#define X12C_SLOT_VALUES 8
struct x12c_slot {
    uint64_t around; /* segment of the file that opened the loop */
    uint32_t n;
    uint64_t v[X12C_SLOT_VALUES];
};

/* What the findings of a level add up to. */
struct x12c_tally {
    uint32_t errors, warnings, told, untold;
};

struct pp_x12_check {
    struct pp_x12_check_opts opts;
    struct pp_x12_check_handlers h;
    const struct pp_x12_envelope *env;
    const struct pp_x12_event *e;
    const struct pp_x12_seg *s;
    struct pp_x12_place place;
    struct x12c_frame frame[PP_X12_DEPTH_MAX];
    uint64_t facts[PP_X12_FACTS_MAX / 64];
    struct {
        uint32_t segment;
        uint64_t ordinal, offset;
    } fact_at[PP_X12_FACTS_MAX];
    uint32_t counts[PP_X12_COUNTS_MAX];
    struct x12c_slot slot[PP_X12_SLOTS_MAX];
    uint32_t hl_n; /* HL01 of the last HL */
    bool skipping; /* an HL had no place: what follows it up to the next has none either */
    bool lost;     /* the transaction ends without SE: what is missing is not told one by one */
    struct x12c_sums sums;
    struct pp_x12_finding f; /* in the making */
    /* levels */
    bool in_isa, in_gs, in_st, choose; /* choose: BHT02 will tell which guide it is */
    bool gs_unsupported;
    struct pp_x12_pos isa_pos, gs_pos, st_pos, last_pos;
    struct pp_x12_envelope st_env; /* a lost level is told after its envelope has gone */
    struct x12c_tally isa, gs, st;
    uint32_t received, accepted, isa_received, isa_accepted;
};

/* ---- findings (x12_check.c) ---- */
/* Begins an error at the segment in hand; more is set on what it returns, then x12c_tell. */
struct pp_x12_finding *x12c_find(struct pp_x12_check *c, unsigned code, int snip, unsigned element, const char *text);
void x12c_tell(struct pp_x12_check *c);

/* ---- loops (x12_check_walk.c) ---- */
void x12c_walk_begin(struct pp_x12_check *c, const struct pp_x12_guide *g);
/* The segment in hand: finds its place, closes and opens loops, checks its elements. */
void x12c_walk(struct pp_x12_check *c);
/* Closes all loops and the transaction. */
void x12c_walk_end(struct pp_x12_check *c);

/* ---- rules and sums (x12_check_rules.c) ---- */
void x12c_facts(struct pp_x12_check *c, const struct pp_x12_use *use);
void x12c_amount(struct pp_x12_check *c, const struct pp_x12_use *use);
/* The rules of the innermost open loop, which is about to close. */
void x12c_rules(struct pp_x12_check *c, const struct pp_x12_loop *loop);

/* ---- values (x12_check_value.c) ---- */
void x12c_values(struct pp_x12_check *c, const struct pp_x12_form *form);

/* ---- profile (x12_check_profile.c) ---- */
enum pp_x12_lowered x12c_lowered(const struct pp_x12_profile *p, const char *guide, const char *name);

#endif
