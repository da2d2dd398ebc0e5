/* ours FILE…: each file as lines "= name", then "ID element.repetition.component=value" for each value that is not
 * empty, one segment a line; "! code" for each error of the reader that leaves bytes unread. As StaediDump.java does.
 */
#include "codec/x12.h"

#include <stdio.h>

static void put_value(struct pp_str v) {
    for (uint32_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.s[i];
        if (c == ' ' || c == '\n' || c == '\r')
            putchar('_');
        else if (c < 0x80)
            putchar(c);
        else
            printf("%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f)); /* bytes as Latin-1, like the other side */
    }
}

static void put_parts(const struct pp_x12_seg *s, unsigned element, unsigned repetition, struct pp_str v, bool split) {
    for (unsigned k = 1;; k++) {
        struct pp_str part = split ? pp_x12_part(s, v, k) : v;
        if (part.s == NULL) break;
        if (part.n) {
            printf(" %u.%u.%u=", element, repetition, k);
            put_value(part);
        }
        if (!split) break;
    }
}

static void put_segment(const struct pp_x12_seg *s) {
    putchar('\n');
    put_value(s->id);
    bool split = !pp_x12_is(s, "ISA"); /* its values name the separators */
    for (unsigned i = 1; i <= s->n; i++) {
        struct pp_str el = pp_x12_el(s, i);
        for (unsigned r = 1; el.n; r++) {
            struct pp_str one = split && s->d->repetition ? pp_x12_rep(s, el, r) : el;
            if (one.s == NULL) break;
            put_parts(s, i, r, one, split);
            if (!split || !s->d->repetition) break;
        }
    }
}

static void put_findings(const struct pp_x12_event *e) {
    for (uint32_t i = 0; i < e->findings_n; i++)
        if (e->what == PP_X12_PROBLEM && e->findings[i].severity == PP_X12_ERROR &&
            e->findings[i].code <= PP_X12_F_ISA_DELIMITER)
            printf("\n! %u", e->findings[i].code);
}

static int dump(const char *path) {
    static char piece[65536];
    size_t n;
    struct pp_x12_event e;
    struct pp_x12_reader *r = pp_x12_open(NULL);
    FILE *f = fopen(path, "rbe");
    printf("= %s", path);
    if (!r || !f) return -1;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        for (size_t i = 0; i < n;) {
            i += pp_x12_feed(r, piece + i, n - i, &e);
            put_findings(&e);
            if (e.what == PP_X12_SEGMENT) put_segment(e.seg);
        }
    do {
        pp_x12_finish(r, &e);
        put_findings(&e);
        if (e.what == PP_X12_SEGMENT) put_segment(e.seg);
    } while (e.what != PP_X12_NOTHING);
    putchar('\n');
    pp_x12_close(r);
    fclose(f);
    return 0;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (dump(argv[i]) < 0) return 1;
    return 0;
}
