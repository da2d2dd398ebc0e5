/* X12 to facts. A file is looked at first (x12_plan.h): what is refused, what the sender is answered, which pieces are
 * left. Then the pieces are read: claims (from_x12_claims.c), what became of claims and coverages (from_x12_paid.c),
 * and what payers answer to our requests (from_x12_payer.c). */
#include "from_x12.h"
#include "base/hash.h"
#include "refs/payers.h"

#define PIECE_ROOM ((size_t)256 << 20) /* a piece may be as large as a file that cannot be cut */

struct readers { /* of the pieces; every one gets every event and takes what is its own */
    struct pp_x12_reader *reader;
    struct pp_x12_837 *claims;
    struct pp_x12_835 *remittances;
    struct pp_x12_277 *statuses;
    struct pp_x12_271 *benefits;
    struct rcv_x12_payer *answers;
    struct rcv_x12_items items;
    struct pp_buf bytes;
    bool failed;
};

/* What a view refuses now it has refused before, but for what was too large then. */
static void refused(struct rcv_x12_items *rd, bool is, const struct pp_x12_finding *f, uint32_t n) {
    struct pp_buf text;
    rd->any = true;
    for (uint32_t i = 0; is && i < n; i++) {
        if (f[i].severity != PP_X12_ERROR) continue;
        pp_buf_init(&text, 512);
        pp_x12_finding_text(&f[i], &text);
        rcv_refuse(rd->src, rd->r, PP_STR_NONE, "%.*s", PP_FMT(pp_buf_str(&text)));
        pp_buf_free(&text);
    }
}

static void on_claims(void *user, const struct pp_837_verdict *v) {
    if (v->outcome != PP_837_NOT_OURS) refused(user, v->outcome == PP_837_REFUSED, v->findings, v->findings_n);
}

static int on_transaction(void *user, const struct pp_x12_view_verdict *v) {
    refused(user, v->outcome == PP_X12_VIEW_REFUSED, v->findings, v->findings_n);
    return 0;
}

static bool open_readers(struct readers *rs, const struct rcv_source *src, struct pp_str payer, struct rcv_reading *r) {
    struct rcv_x12_items *it = &rs->items;
    *it = (struct rcv_x12_items){.src = src, .r = r, .payer = payer};
    const struct pp_payer *p = payer.n ? NULL : pp_refs_payer(src->refs, src->sender); /* an exchange folder */
    if (p) it->payer = p->id;
    struct pp_837_handlers claims = {
        .claim = rcv_x12_on_claim, .transaction = on_claims, .user = it, .institutional = true, .partial = true};
    struct pp_835_handlers remittances = {
        .claim = rcv_x12_on_remittance, .provider = rcv_x12_on_provider, .transaction = on_transaction, .user = it};
    struct pp_277_handlers statuses = {.status = rcv_x12_on_status, .transaction = on_transaction, .user = it};
    struct pp_271_handlers benefits = {.person = rcv_x12_on_benefits, .transaction = on_transaction, .user = it};
    pp_buf_init(&rs->bytes, PIECE_ROOM);
    rs->reader = pp_x12_open(NULL);
    rs->claims = pp_x12_837_open(&claims, 0);
    rs->remittances = pp_x12_835_open(&remittances, 0);
    rs->statuses = pp_x12_277_open(&statuses, 0);
    rs->benefits = pp_x12_271_open(&benefits, 0);
    rs->answers = rcv_x12_payer_open(src, payer, r);
    return rs->reader && rs->claims && rs->remittances && rs->statuses && rs->benefits && rs->answers;
}

static void close_readers(struct readers *rs) {
    pp_x12_close(rs->reader);
    pp_x12_837_close(rs->claims);
    pp_x12_835_close(rs->remittances);
    pp_x12_277_close(rs->statuses);
    pp_x12_271_close(rs->benefits);
    rcv_x12_payer_close(rs->answers);
    pp_buf_free(&rs->bytes);
}

static void event(struct readers *rs, const struct pp_x12_event *e) {
    if (pp_x12_837_event(rs->claims, rs->reader, e) < 0 || pp_x12_835_event(rs->remittances, rs->reader, e) < 0 ||
        pp_x12_277_event(rs->statuses, rs->reader, e) < 0 || pp_x12_271_event(rs->benefits, rs->reader, e) < 0)
        rs->failed = true;
    rcv_x12_payer_event(rs->answers, rs->reader, e);
}

static void read_bytes(struct readers *rs, struct pp_str bytes) {
    struct pp_x12_event e;
    for (uint32_t i = 0; i < bytes.n && !rs->failed;) {
        i += (uint32_t)pp_x12_feed(rs->reader, bytes.s + i, bytes.n - i, &e);
        event(rs, &e);
    }
}

int rcv_x12_read_pieces(const struct rcv_source *src, struct pp_str payer, const struct rcv_x12_plan *plan,
                        const struct rcv_x12_result *found, struct pp_str file, uint32_t max, uint32_t *next,
                        struct rcv_reading *r) {
    struct readers rs = {0};
    uint32_t items = 0;
    struct pp_x12_event e;
    bool ok = open_readers(&rs, src, payer, r);
    while (ok && *next < found->pieces_n && (items == 0 || items + found->pieces[*next].items <= max)) {
        const struct rcv_x12_piece *piece = &found->pieces[(*next)++];
        pp_buf_reset(&rs.bytes);
        rcv_x12_piece_bytes(plan, piece, file, &rs.bytes);
        read_bytes(&rs, pp_buf_str(&rs.bytes));
        items += piece->items ? piece->items : 1;
        ok = !rs.failed && !rs.bytes.failed;
    }
    for (bool end = !ok; !end; end = e.what == PP_X12_NOTHING) {
        pp_x12_finish(rs.reader, &e);
        event(&rs, &e);
    }
    ok = ok && !rs.failed && !pp_arena_failed(src->arena);
    close_readers(&rs);
    return ok ? 0 : -1;
}

static uint32_t control_of(struct pp_str file) {
    uint8_t hash[PP_SHA256_BYTES];
    uint32_t v = 0;
    pp_sha256(file, hash);
    for (int i = 0; i < 4; i++) v = v << 8 | hash[i];
    return v % PP_X12_CONTROL_MAX + 1;
}

void rcv_x12_take_result(const struct rcv_source *src, const struct rcv_x12_result *found, struct rcv_reading *r) {
    memset(r, 0, sizeof *r);
    for (uint32_t i = 0; i < found->refusals_n; i++)
        rcv_refuse(src, r, pp_str_z(found->refusals[i].place), "%s", found->refusals[i].reason);
    r->nrefusals += (int)(found->refusals_all - found->refusals_n);
    r->type = pp_arena_strz(src->arena, found->type);
    r->ack = pp_arena_str(src->arena, found->ack);
    r->notes = pp_arena_str(src->arena, found->notes);
    r->transactions = found->transactions;
    r->accepted = found->accepted;
    r->warnings = found->warnings;
    r->not_used = !found->used && !r->nrefusals;
}

struct rcv_x12_plan *rcv_x12_plan_of(const struct rcv_source *src, struct pp_str file) {
    return rcv_x12_plan_open(pp_refs_x12_sender(src->refs, src->sender), control_of(file), src->received_ms);
}

void rcv_read_x12(const struct rcv_source *src, struct pp_str payer, struct pp_str bytes, struct rcv_reading *r) {
    const struct rcv_x12_result *found;
    uint32_t next = 0;
    memset(r, 0, sizeof *r);
    struct rcv_x12_plan *plan = rcv_x12_plan_of(src, bytes);
    if (plan) rcv_x12_plan_feed(plan, bytes);
    if (!plan || rcv_x12_plan_end(plan, &found) < 0) {
        rcv_refuse(src, r, PP_STR_NONE, "the file is too large to be read at once");
        rcv_x12_plan_close(plan);
        return;
    }
    rcv_x12_take_result(src, found, r);
    if (rcv_x12_read_pieces(src, payer, plan, found, bytes, UINT32_MAX, &next, r) < 0)
        rcv_refuse(src, r, PP_STR_NONE, "the file is too large to be read at once");
    r->not_used = !r->nreports && !r->nrefusals && !r->provider_adjustments;
    rcv_x12_plan_close(plan);
}
