/* What our checker says of a file, for compare.py: transaction, segment, element, code of a 999, name; one line each.
 * Balances and situational rules are left out: pyx12 has none but
 * that lines are numbered. */
#include "codec/x12_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (16u << 20)

static unsigned transactions;

static void tell(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    (void)user;
    (void)e;
    if (f->severity != PP_X12_ERROR || !f->pos.transaction || f->snip == 3) return;
    if (f->snip == 4 && strcmp(f->segment, "LX") != 0) return;
    if (strcmp(f->segment, "SE") == 0 || strcmp(f->segment, "ST") == 0) return; /* pyx12 tells them in IK5 */
    printf("%u\t%u\t%s\t%u\t%u\t%s\t%s\n", transactions + 1, f->pos.segment, f->segment[0] ? f->segment : "-",
           f->element, f->component, f->ik403[0] ? f->ik403 : f->ik304, f->name ? f->name : pp_x12_code_name(f->code));
}

static void count(void *user, const struct pp_x12_verdict *v) {
    (void)user;
    transactions += v->of == PP_X12_OF_TRANSACTION;
}

int main(int argc, char **argv) {
    static const struct pp_x12_check_handlers h = {.finding = tell, .verdict = count};
    static const struct pp_x12_check_opts opts = {.findings_max = 1u << 20};
    char *bytes = malloc(FILE_MAX);
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_check *c = pp_x12_check_open(&opts, &h);
    struct pp_x12_event e;
    if (!bytes || !f || !r || !c) return 2;
    size_t n = fread(bytes, 1, FILE_MAX, f);
    fclose(f);
    for (size_t i = 0; i < n;) {
        i += pp_x12_feed(r, bytes + i, n - i, &e);
        pp_x12_check_event(c, r, &e);
    }
    do {
        pp_x12_finish(r, &e);
        pp_x12_check_event(c, r, &e);
    } while (e.what != PP_X12_NOTHING);
    pp_x12_check_close(c);
    pp_x12_close(r);
    free(bytes);
    return 0;
}
