#include "codec/x12.h"

static struct pp_str piece(struct pp_str s, unsigned char sep, unsigned n) {
    if (n == 0 || s.n == 0) return PP_STR_NONE;
    if (sep == 0) return n == 1 ? s : PP_STR_NONE;
    const char *p = s.s, *stop = s.s + s.n;
    for (; n > 1; n--) {
        p = memchr(p, sep, (size_t)(stop - p));
        if (!p) return PP_STR_NONE;
        p++;
    }
    const char *e = memchr(p, sep, (size_t)(stop - p));
    return (struct pp_str){p, (uint32_t)((e ? e : stop) - p)};
}

struct pp_str pp_x12_rep(const struct pp_x12_seg *s, struct pp_str element, unsigned n) {
    return piece(element, s->d->repetition, n);
}
struct pp_str pp_x12_part(const struct pp_x12_seg *s, struct pp_str element, unsigned n) {
    return piece(element, s->d->component, n);
}

void pp_x12_finding_text(const struct pp_x12_finding *f, struct pp_buf *out) {
    if (f->pos.interchange) pp_buf_printf(out, "interchange %u ", f->pos.interchange);
    if (f->pos.group) pp_buf_printf(out, "group %u ", f->pos.group);
    if (f->pos.transaction) pp_buf_printf(out, "transaction %u ", f->pos.transaction);
    if (f->pos.segment) pp_buf_printf(out, "segment %u ", f->pos.segment);
    if (f->loop[0]) pp_buf_printf(out, "loop %s ", f->loop);
    pp_buf_addz(out, f->segment);
    if (f->element) pp_buf_printf(out, "%02u", f->element);
    if (f->element && f->component) pp_buf_printf(out, "-%u", f->component);
    pp_buf_printf(out, "%s(byte %llu): %s", f->segment[0] ? " " : "", (unsigned long long)f->pos.offset, f->text);
    if (f->counted >= 0 && f->said >= 0)
        pp_buf_printf(out, " (says %lld, counted %lld)", (long long)f->said, (long long)f->counted);
    else if (f->counted >= 0)
        pp_buf_printf(out, " (counted %lld)", (long long)f->counted);
}
