/* Envelope and names of what we write to a payer by X12, from its row in the payers pack. Pure. */
#ifndef PP_REFS_X12_SENDING_H
#define PP_REFS_X12_SENDING_H

#include "base/err.h"
#include "codec/x12_build.h"
#include "refs/payers.h"

/* control: number of the interchange in digits, PP_X12_CONTROL_MIN … PP_X12_CONTROL_MAX; at: ms since 1970. Strings of
 * *ret are the pack's. -1: the number is none. */
int pp_payer_x12_sending(const struct pp_payer *p, struct pp_str control, int64_t at, struct pp_x12_sending *ret,
                         struct pp_err *err);

#endif
