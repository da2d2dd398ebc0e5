/* What the X12 builders (278, 275, 270, 999) have in common: who writes to whom, and how text becomes X12.
 *
 * Text policy. Names, addresses and free text are written in capitals: letters with
 * accents become their base letters, typographic quotes and dashes the plain ones,
 * runs of blanks one blank, a delimiter inside of text a blank. Numbers, codes and
 * identifiers are written as they are, letters included. A value that is too long or
 * too short for its element, that has a character X12 cannot carry, or an identifier
 * with a delimiter in it fails the build with PP_ERR_INVALID and the name of our
 * member ("coverage.member_id is longer than 80 characters"); nothing is cut and
 * nothing invalid is written.
 */
#ifndef PP_CODEC_X12_BUILD_H
#define PP_CODEC_X12_BUILD_H

#include "base/date.h"
#include "codec/x12.h"

#define PP_X12_CONTROL_MIN 1
#define PP_X12_CONTROL_MAX 999999999

/* Sender and receiver of what we write; from the payers pack. */
struct pp_x12_partner {
    struct pp_str sender_type, sender;     /* ISA05 (2 characters), ISA06 (up to 15) */
    struct pp_str receiver_type, receiver; /* ISA07, ISA08 */
    struct pp_str gs_sender, gs_receiver;  /* GS02, GS03, 2 to 15; empty: as ISA06, ISA08 */
    bool production;                       /* ISA15 P, else T */
    bool ack_requested;                    /* ISA14: a TA1 is wanted */
};

struct pp_x12_sending {
    struct pp_x12_partner partner;
    uint32_t control;   /* ISA13 with leading zeros, GS06 without: 1 … 999999999 */
    int64_t at;         /* date and time of the envelope, ms since 1970 UTC */
    struct pp_str zone; /* that they are written in; empty: UTC */
};

/* An organization as a transaction names it. */
struct pp_x12_org {
    struct pp_str name;        /* up to 60 */
    struct pp_str given;       /* not empty: a person, and name is the family name */
    struct pp_str npi;         /* written as XX */
    struct pp_str id_type, id; /* NM108 and NM109 where there is no npi: PI, 46, XV, 24, 34 */
    struct pp_str taxonomy;
    struct pp_str tax_id;
    struct pp_str address, city, state, zip;
    struct pp_str contact, phone; /* phone: digits are taken, ten are needed */
};

#endif
