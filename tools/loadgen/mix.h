/* A named mix of cases: what a case is, how often it comes, and the HL7 v2 messages of its steps. */
#ifndef LOADGEN_MIX_H
#define LOADGEN_MIX_H

#include "base/buf.h"
#include "base/err.h"

#define MIX_KINDS_MAX 32
#define MIX_DOCS_MAX 3
struct mix_kind {
    int weight;
    char name[32], payer[16], code[16], text[64], dx[16], units[16];
    char docs[MIX_DOCS_MAX][64]; /* LOINC:title */
    int ndocs;
    bool visit, claim;
};
struct mix {
    struct mix_kind kind[MIX_KINDS_MAX];
    int n, weights;
};
/* Tab separated, first line the names of the columns: weight name payer code text dx units docs visit claim. */
int mix_load(const char *file, struct mix *ret, struct pp_err *err);
/* The kind of case number i: in turns by weight, the same for every run. */
const struct mix_kind *mix_kind_of(const struct mix *m, int64_t i);
/* Order, documents, visit, and with `claims` the claim, which is no HL7 v2 but X12 837P. */
int mix_steps(const struct mix_kind *k, bool claims);
bool mix_is_claim(const struct mix_kind *k, int step);
/* Message of step 0 … mix_steps-1 of case i. `run` (a short word) keeps runs apart; ret_id: MSH-10, of a claim its
 * number (CLM01). */
#define MIX_ID_BYTES 21
void mix_message(const struct mix_kind *k, const char *run, int64_t i, int step, struct pp_buf *out,
                 char ret_id[MIX_ID_BYTES]);

#endif
