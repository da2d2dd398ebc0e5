#include "codec/hl7_batch.h"

void pp_hl7_batch_init(struct pp_hl7_batch *b, struct pp_str file) {
    *b = (struct pp_hl7_batch){.file = file};
    if (file.n >= 3 && memcmp(file.s, "\xef\xbb\xbf", 3) == 0) b->pos = 3;
    b->end = file.n && memchr(file.s, '\r', file.n) ? '\r' : '\n';
}

/* The line at pos without its end; *ret_next is where the next one starts. */
static struct pp_str line_at(const struct pp_hl7_batch *b, uint32_t pos, uint32_t *ret_next) {
    struct pp_str f = b->file;
    const char *e = memchr(f.s + pos, b->end, f.n - pos);
    uint32_t stop = e ? (uint32_t)(e - f.s) : f.n;
    *ret_next = e ? stop + 1 : f.n;
    /* Files that were cut out of an MLLP stream still hold its framing. */
    while (pos < stop && memchr("\n\r\x0b\x1c", f.s[pos], 4)) pos++;
    while (stop > pos && f.s[stop - 1] == '\x1c') stop--;
    return (struct pp_str){f.s + pos, stop - pos};
}

static bool begins(struct pp_str line, const char *id) { return line.n >= 3 && memcmp(line.s, id, 3) == 0; }
static bool is_border(struct pp_str line) {
    return begins(line, "MSH") || begins(line, "BHS") || begins(line, "BTS") || begins(line, "FHS") ||
           begins(line, "FTS");
}

/* Everything up to the next border: of a message, or of noise. */
static struct pp_str take_lines(struct pp_hl7_batch *b, struct pp_str first, uint32_t next) {
    uint32_t start = (uint32_t)(first.s - b->file.s), stop = start + first.n;
    while (next < b->file.n) {
        uint32_t after;
        struct pp_str line = line_at(b, next, &after);
        if (is_border(line)) break;
        if (line.n) stop = (uint32_t)(line.s - b->file.s) + line.n;
        next = after;
    }
    b->pos = next;
    return (struct pp_str){b->file.s + start, stop - start};
}

/* BTS-1 and FTS-1: first field after the name. -1 when it is absent or no number. */
static int64_t trailer_count(struct pp_str line) {
    if (line.n < 5) return -1;
    char sep = line.s[3];
    struct pp_str rest = {line.s + 4, line.n - 4};
    int64_t v;
    return pp_str_int(pp_str_trim(pp_str_split(&rest, sep)), &v) ? v : -1;
}

/* An envelope segment; returns what is wrong with it, or NULL. */
static const char *envelope(struct pp_hl7_batch *b, struct pp_str line) {
    const char *wrong = NULL;
    if (begins(line, "FHS")) {
        wrong = b->file_open || b->messages ? "FHS is not the first segment of the file" : NULL;
        b->file_open = true;
    } else if (begins(line, "BHS")) {
        wrong = b->batch_open ? "BHS inside a batch: the batch before has no BTS" : NULL;
        b->batch_open = true;
        b->in_batch = 0;
        b->batches++;
    } else if (begins(line, "BTS")) {
        int64_t said = trailer_count(line);
        if (!b->batch_open)
            wrong = "BTS without a BHS";
        else if (said >= 0 && said != (int64_t)b->in_batch)
            wrong = "BTS-1 differs from the number of messages in the batch";
        b->batch_open = false;
    } else {
        int64_t said = trailer_count(line);
        if (!b->file_open)
            wrong = "FTS without an FHS";
        else if (said >= 0 && said != (int64_t)b->batches)
            wrong = "FTS-1 differs from the number of batches in the file";
        b->file_open = false;
    }
    return wrong;
}

void pp_hl7_batch_next(struct pp_hl7_batch *b, struct pp_hl7_batch_item *ret) {
    *ret = (struct pp_hl7_batch_item){.what = PP_HL7_BATCH_DONE};
    while (b->pos < b->file.n) {
        uint32_t next;
        struct pp_str line = line_at(b, b->pos, &next);
        ret->bytes = line;
        ret->offset = line.n ? (uint32_t)(line.s - b->file.s) : b->pos;
        b->pos = next;
        if (pp_str_trim(line).n == 0) continue;
        if (begins(line, "MSH")) {
            ret->what = PP_HL7_BATCH_MESSAGE;
            ret->bytes = take_lines(b, line, next);
            ret->number = ++b->messages;
            b->in_batch++;
            return;
        }
        if (!is_border(line)) {
            ret->what = PP_HL7_BATCH_NOISE;
            ret->bytes = take_lines(b, line, next);
            return;
        }
        ret->text = envelope(b, line);
        if (ret->text) {
            ret->what = PP_HL7_BATCH_FAULT;
            return;
        }
    }
    ret->bytes = PP_STR_NONE;
    if ((b->batch_open || b->file_open) && !b->end_told) {
        b->end_told = true;
        ret->what = PP_HL7_BATCH_FAULT;
        ret->offset = b->file.n;
        ret->text = b->batch_open ? "the file ends inside a batch: no BTS" : "the file has no FTS";
    }
}
