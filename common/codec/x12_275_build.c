#include "codec/x12_275.h"
#include "codec/x12_build_int.h"

/* 275 with documents. The content goes by its length, so that it may hold any byte. */

static int check(const struct pp_275_request *q, struct pp_err *err) {
    if (!q->payer.name.n) return pp_err_set(err, PP_ERR_INVALID, "payer.name is missing");
    if (!q->submitter.name.n) return pp_err_set(err, PP_ERR_INVALID, "submitter.name is missing");
    if (!q->provider.name.n) return pp_err_set(err, PP_ERR_INVALID, "provider.name is missing");
    if (!q->patient_family.n) return pp_err_set(err, PP_ERR_INVALID, "patient.family is missing");
    if (!q->batch_ref.n) return pp_err_set(err, PP_ERR_INVALID, "batch_ref is missing");
    if (!q->documents_n) return pp_err_set(err, PP_ERR_INVALID, "documents is missing");
    if (q->documents_n > PP_275_DOCUMENTS_MAX)
        return pp_err_set(err, PP_ERR_LIMIT, "more than %d documents", PP_275_DOCUMENTS_MAX);
    for (size_t i = 0; i < q->documents_n; i++) {
        if (!q->documents[i].control.n) return pp_err_set(err, PP_ERR_INVALID, "document.control is missing");
        if (!q->documents[i].bytes.n) return pp_err_set(err, PP_ERR_INVALID, "document.bytes is missing");
    }
    return 0;
}

static void head(struct x12b *b, const struct pp_275_request *q) {
    char date[9], time[5];
    x12b_time(q->sending.zone, q->sending.at, date, time);
    x12b_seg(b, "BGN");
    x12b_z(b, q->answers ? "11" : "02");
    x12b_id(b, q->batch_ref, 1, 50, "batch_ref");
    x12b_z(b, date);
    x12b_z(b, time);
    x12b_put(b);
    x12b_org(b, "PR", &q->payer, false, "payer");
    x12b_org(b, "41", &q->submitter, false, "submitter");
    x12b_org(b, "1P", &q->provider, true, "provider");
    x12b_person(b, "QC", q->patient_family, q->patient_given, PP_STR_NONE, "MI", q->member_id, "patient");
    x12b_ref(b, "1K", q->reference, "reference");
    x12b_ref(b, "EJ", q->trace, "trace");
    x12b_dtp(b, "472", q->service_from, q->service_until);
}

/* CAT02 by what the document is: C-DA, text, picture (a PDF counts as one), else binary. */
static const char *form_of(const struct pp_275_document *d) {
    if (d->cda) return "HL";
    if (pp_str_starts(d->content_type, PP_STR("text/"))) return "TX";
    if (pp_str_starts(d->content_type, PP_STR("image/")) || pp_str_eqz(d->content_type, "application/pdf")) return "IA";
    return "MB";
}

static void base64(struct pp_buf *out, struct pp_str s) {
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)s.s;
    for (uint32_t i = 0; i < s.n; i += 3) {
        uint32_t left = s.n - i, v = (uint32_t)p[i] << 16;
        if (left > 1) v |= (uint32_t)p[i + 1] << 8;
        if (left > 2) v |= p[i + 2];
        char four[4] = {set[v >> 18], set[v >> 12 & 63], left > 1 ? set[v >> 6 & 63] : '=',
                        left > 2 ? set[v & 63] : '='};
        pp_buf_add(out, four, 4);
    }
}

/* The writer refuses delimiters in values; content is the one place that may hold them. */
static void content(struct x12b *b, const struct pp_275_request *q, struct pp_str bytes) {
    struct pp_buf *out = b->w.out;
    if (b->failed || b->w.failed) return;
    if (q->form == PP_275_X316) {
        pp_buf_printf(out, "BDS*B64*%llu*", (unsigned long long)((uint64_t)bytes.n + 2) / 3 * 4);
        base64(out, bytes);
    } else {
        pp_buf_printf(out, "BIN*%u*", bytes.n);
        pp_buf_adds(out, bytes);
    }
    pp_buf_addc(out, (char)b->w.d.segment[0]);
    b->w.segments++;
}

static void document(struct x12b *b, const struct pp_275_request *q, size_t i) {
    const struct pp_275_document *d = &q->documents[i];
    x12b_seg(b, "LX");
    x12b_num(b, (int64_t)i + 1);
    x12b_put(b);
    x12b_seg(b, "TRN");
    x12b_z(b, q->answers ? "2" : "1"); /* 2: the number is the payer's */
    x12b_id(b, d->control, 2, 50, "document.control");
    x12b_put(b);
    if (d->loinc.n) {
        x12b_seg(b, "STC");
        x12b_open(b);
        x12b_z(b, "R4");
        x12b_id(b, d->loinc, 1, 30, "document.loinc");
        x12b_skip(b, 1);
        x12b_z(b, "LOI");
        x12b_close(b);
        x12b_put(b);
    }
    x12b_dtp(b, "368", d->authored, d->authored);
    x12b_seg(b, "CAT");
    x12b_id(b, d->report.n ? d->report : PP_STR("OZ"), 2, 2, "document.report");
    x12b_z(b, form_of(d));
    x12b_put(b);
    x12b_seg(b, "EFI");
    x12b_z(b, "05"); /* personal */
    x12b_text(b, d->file_name, 264, "document.file_name");
    x12b_put(b);
    content(b, q, d->bytes);
}

int pp_275_build(const struct pp_275_request *q, struct pp_buf *ret, struct pp_err *err) {
    struct x12b b;
    pp_buf_reset(ret);
    if (check(q, err) < 0) return -1;
    const char *guide = q->form == PP_275_X316 ? "006020X316" : "005010X211";
    if (x12b_begin(&b, ret, &q->sending, "PI", guide, "275", err) < 0) {
        pp_buf_reset(ret);
        return -1;
    }
    head(&b, q);
    for (size_t i = 0; i < q->documents_n; i++) document(&b, q, i);
    return x12b_end(&b);
}
