#include "refs/x12_sending.h"

int pp_payer_x12_sending(const struct pp_payer *p, struct pp_str control, int64_t at, struct pp_x12_sending *ret,
                         struct pp_err *err) {
    int64_t v;
    if (!pp_str_int(control, &v) || v < PP_X12_CONTROL_MIN || v > PP_X12_CONTROL_MAX)
        return pp_err_set(err, PP_ERR_INVALID, "the request has no interchange number");
    *ret = (struct pp_x12_sending){.partner = {.sender_type = p->isa_sender_type,
                                               .sender = p->isa_sender,
                                               .receiver_type = p->isa_receiver_type,
                                               .receiver = p->isa_receiver,
                                               .gs_sender = p->gs_sender,
                                               .gs_receiver = p->gs_receiver,
                                               .production = pp_str_eqz(p->x12_usage, "P")},
                                   .control = (uint32_t)v,
                                   .at = at,
                                   .zone = p->zone};
    return 0;
}
