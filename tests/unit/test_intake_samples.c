/* Other people's messages through receive: every file flows or is refused with a precise reason, one line for each.
 * Needs a folder of samples (PP_SAMPLES, else ../shared/samples) and skips without it. */
#include "intake/receive/report.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "codec/hl7_batch.h"

#define FILE_BYTES_MAX (8 << 20)
#define PATH_BYTES 1024

static struct pp_refs *refs;
static int files, flowed, refused, not_used;

static const char *root(void) {
    const char *env = getenv("PP_SAMPLES");
    return env ? env : "../shared/samples";
}

static char *read_file(const char *path, size_t *ret_n) {
    FILE *f = fopen(path, "rb");
    char *p = f ? malloc(FILE_BYTES_MAX) : NULL;
    *ret_n = p ? fread(p, 1, FILE_BYTES_MAX - 1, f) : 0;
    if (p) p[*ret_n] = '\0';
    if (f) fclose(f);
    return p;
}

/* Every fact must be one that the log would take. */
static void check_facts(const char *name, const struct rcv_reading *r) {
    for (const struct rcv_report *p = r->first; p; p = p->next) {
        struct pp_buf b;
        struct pp_err err;
        if (p->kind == RCV_MERGE) continue; /* its two persons are filled in by the shell */
        pp_buf_init(&b, 1 << 20);
        if (ev_encode(&p->ev, &b, &err) < 0)
            fail_msg("%s: %s cannot be written: %s", name, ev_type_name(p->ev.type), err.msg);
        pp_buf_free(&b);
        assert_true(p->subject->nwho || p->subject->nabout || p->kind == RCV_PAYER);
    }
    for (const struct rcv_refusal *q = r->refusals; q; q = q->next) assert_true(q->reason.n > 5);
}

static void tell(const char *name, const struct rcv_reading *r) {
    files++;
    if (r->nrefusals)
        refused++;
    else if (r->not_used)
        not_used++;
    else
        flowed++;
    const char *what = r->nrefusals && r->nreports ? "in part"
                       : r->nrefusals              ? "refused"
                       : r->not_used               ? "not used"
                                                   : "flows";
    struct pp_str place = r->nrefusals ? r->refusals->place : PP_STR_NONE,
                  reason = r->nrefusals ? r->refusals->reason : PP_STR_NONE;
    print_message("%-9s %-52s %-12.*s %2d facts  %.*s%s%.*s\n", what, name, PP_FMT(r->type), r->nreports, PP_FMT(place),
                  place.n ? ": " : "", PP_FMT(reason));
}

typedef void reader(const struct rcv_source *src, struct pp_str bytes, struct rcv_reading *r);

static void run_one(const char *name, struct pp_str bytes, reader *read) {
    struct pp_arena a;
    struct rcv_reading r;
    pp_arena_init(&a, 256 << 20);
    struct rcv_source src = {PP_STR("t"), PP_STR("sample"), refs, INT64_C(1764000000000), INT64_C(1764000000000), &a};
    read(&src, bytes, &r);
    assert_false(pp_arena_failed(&a));
    assert_true(r.nreports || r.nrefusals || r.not_used || pp_str_ends(r.type, PP_STR("R01")));
    check_facts(name, &r);
    tell(name, &r);
    pp_arena_free(&a);
}

static void run_hl7(const char *name, struct pp_str bytes) {
    struct pp_hl7_batch batch;
    struct pp_hl7_batch_item item;
    pp_hl7_batch_init(&batch, bytes);
    for (int n = 0; pp_hl7_batch_next(&batch, &item), item.what != PP_HL7_BATCH_DONE;)
        if (item.what == PP_HL7_BATCH_MESSAGE && n++ < 5) run_one(name, item.bytes, rcv_read_hl7);
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static void run_folder(const char *folder, reader *read) {
    char dir[PATH_BYTES], path[PATH_BYTES * 2];
    struct dirent **names;
    snprintf(dir, sizeof dir, "%s/%s", root(), folder);
    int n = scandir(dir, &names, NULL, by_name);
    for (int i = 0; i < n; i++) {
        struct stat st;
        size_t size;
        snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            char *bytes = read_file(path, &size);
            assert_non_null(bytes);
            if (read == rcv_read_hl7)
                run_hl7(names[i]->d_name, (struct pp_str){bytes, (uint32_t)size});
            else
                run_one(names[i]->d_name, (struct pp_str){bytes, (uint32_t)size}, read);
            free(bytes);
        }
        free(names[i]);
    }
    if (n >= 0) free(names);
}

static void read_x12(const struct rcv_source *src, struct pp_str bytes, struct rcv_reading *r) {
    rcv_read_x12(src, PP_STR_NONE, bytes, r);
}

static void samples(void **state) {
    (void)state;
    struct stat st;
    if (stat(root(), &st) < 0) {
        print_message("no samples here\n");
        skip();
    }
    refs = pp_refs_empty();
    static const char *const hl7[] = {"hl7v2/ORM", "hl7v2/OMG", "hl7v2/OML",     "hl7v2/SIU", "hl7v2/MDM",
                                      "hl7v2/ORU", "hl7v2/ADT", "hl7v2/torture", "hl7v2/DFT"};
    static const char *const fhir[] = {"fhir/ehr", "fhir/crd-2.0.1/examples", "fhir/pas_2.2.1/examples"};
    for (size_t i = 0; i < sizeof hl7 / sizeof hl7[0]; i++) run_folder(hl7[i], rcv_read_hl7);
    for (size_t i = 0; i < sizeof fhir / sizeof fhir[0]; i++) run_folder(fhir[i], rcv_read_fhir);
    run_folder("x12/837p", read_x12);
    run_folder("x12/torture", read_x12);
    print_message("%d messages: %d flow, %d refused at least in part, %d not used\n", files, flowed, refused, not_used);
    assert_true(files > 100 && flowed > 50);
    pp_refs_free(refs);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples)};
    return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
