#include "service/recover.h"

#include "base/hash.h"
#include "core/service.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/metrics.h"

#include <stdlib.h>

static const struct pp_pg_stmt statements[] = {
    {"recover_shards", "select part, until_0, until_1 from recovery where part = any($1::int[])"},
    {"recover_facts", "select part, dest, seq, person, type, subject, cause, body, at, incarnation from recovery_fact "
                      "where part = any($1::int[]) order by part, at, dest, seq"},
    {"recover_matched",
     "delete from recovery_fact f using unnest($1::int[], $2::int[], $3::int[], $4::bigint[]) x(part, dest, "
     "incarnation, seq) "
     "where f.part = x.part and f.dest = x.dest and f.incarnation = x.incarnation and f.seq = x.seq"},
    {"recover_calls", "select part, kind, ref from job where part = any($1::int[]) and state <> 'done' and exists "
                      "(select from recovery r where r.part = job.part)"},
    /* Answers of calls may still come: their facts stay known. */
    {"recover_rest", "delete from recovery_fact where part = any($1::int[]) and cause not like 'call:%'"},
    {"recover_done", "delete from recovery where part = any($1::int[])"},
    {NULL, NULL}};

struct fact {          /* on the log already */
    struct fact *next; /* of the same bucket, in the order they were said */
    struct pp_str person, type, subject, cause;
    uint8_t body[PP_SHA256_BYTES];
    int64_t time_ms, seq;
    int dest, incarnation;
    bool matched;
    bool reads;                /* the call only reads what is here: it took no time */
    bool called;               /* the call whose answer led to it is under way again */
    bool answered;             /* the answer that led to it has come again, or will not */
    struct fact *calls_next;   /* of those that answers of calls led to, in the order of then */
    struct fact *matched_next; /* in the open batch */
};
#define BUCKETS 4096
#define CALL_CAUSE (PP_UUID_TEXT + sizeof "call:65535:")

struct held {
    struct pp_input *first, *last;
    int64_t taken; /* offset behind the last one */
};

struct replay { /* of one partition */
    bool active;
    int64_t until[PP_APP_TOPICS_MAX];
    struct pp_arena arena;
    struct fact *buckets[BUCKETS], *ends[BUCKETS];
    struct held held[PP_APP_TOPICS_MAX];
    int64_t last_ms;               /* time of the last decision */
    int64_t asked_ms;              /* all timers up to here were given to the decider, or are queued */
    int64_t head_ms;               /* those up to here go before the next input */
    int64_t held_ms, held_head_ms; /* the same of held commands, in real time */
    bool finishing;
    struct fact *calls, **calls_end; /* that answers may lead to again */
    int64_t waits_ms;                /* since when inputs wait for answers; 0: they do not */
    struct fact *fresh;              /* matched in the open batch */
    int nmatched, nsaid, nleft;
};

int recover_prepare(struct pp_engine *e, struct pp_err *err) {
    for (const struct pp_pg_stmt *s = statements; s->name; s++)
        if (pp_pg_prepare(e->pg, s->name, s->sql, err) < 0) return -1;
    return 0;
}

/* ---- what is noted ---- */

static struct replay *replay_of(struct shard *sh) {
    if (sh->replay) return sh->replay;
    sh->replay = calloc(1, sizeof *sh->replay);
    if (!sh->replay) abort(); /* without it facts would be said twice */
    pp_arena_init(&sh->replay->arena, RECOVER_ARENA_MAX);
    sh->replay->calls_end = &sh->replay->calls;
    return sh->replay;
}

static unsigned bucket_of(struct pp_str cause) {
    uint32_t h = 2166136261u;
    for (uint32_t i = 0; i < cause.n; i++) h = (h ^ (unsigned char)cause.s[i]) * 16777619u;
    return h % BUCKETS;
}

static void on_shards(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        struct shard *sh = &e->shards[pp_rows_int(r, i, 0)];
        struct replay *rp = replay_of(sh);
        rp->active = true;
        for (int t = 0; t < PP_APP_TOPICS_MAX; t++) {
            rp->until[t] = pp_rows_int(r, i, 1 + t);
            rp->held[t].taken = sh->next[t];
        }
        sh->dirty = true; /* a batch comes also when there is nothing to catch up with, and says so */
        pp_log(PP_LOG_INFO, "partition catches up after a restore", "partition", PP_I(sh->part), "from",
               PP_I(sh->next[0]), "until", PP_I(rp->until[0]), NULL);
    }
}

static bool call_reads(const struct pp_engine *e, struct pp_str cause) {
    int64_t kind = 0;
    const uint32_t skip = sizeof "call:" - 1;
    struct pp_str text = {cause.s + skip, cause.n - skip};
    const char *end = memchr(text.s, ':', text.n);
    if (!end || !pp_str_int((struct pp_str){text.s, (uint32_t)(end - text.s)}, &kind)) return false;
    for (int i = 0; i < e->ncalls; i++)
        if (e->calls[i].kind == kind) return !e->calls[i].build;
    return false;
}

static void on_facts(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        struct replay *rp = replay_of(&e->shards[pp_rows_int(r, i, 0)]);
        struct fact *f = pp_arena_new(&rp->arena, struct fact);
        struct pp_str body = pp_rows_str(r, i, 7);
        if (!f) abort();
        *f = (struct fact){.dest = (int)pp_rows_int(r, i, 1),
                           .incarnation = (int)pp_rows_int(r, i, 9),
                           .seq = pp_rows_int(r, i, 2),
                           .person = pp_arena_str(&rp->arena, pp_rows_str(r, i, 3)),
                           .type = pp_arena_str(&rp->arena, pp_rows_str(r, i, 4)),
                           .subject = pp_arena_str(&rp->arena, pp_rows_str(r, i, 5)),
                           .cause = pp_arena_str(&rp->arena, pp_rows_str(r, i, 6)),
                           .time_ms = pp_rows_time(r, i, 8)};
        if (pp_arena_failed(&rp->arena)) abort();
        memcpy(f->body, body.s, body.n < sizeof f->body ? body.n : sizeof f->body);
        unsigned k = bucket_of(f->cause);
        if (rp->ends[k])
            rp->ends[k]->next = f;
        else
            rp->buckets[k] = f;
        rp->ends[k] = f;
        rp->nleft++;
        if (!pp_str_starts(f->cause, PP_STR("call:"))) continue;
        f->reads = call_reads(e, f->cause);
        *rp->calls_end = f;
        rp->calls_end = &f->calls_next;
    }
}

static void on_calls(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int i = 0; r && i < pp_rows_n(r); i++)
        recover_called(&e->shards[pp_rows_int(r, i, 0)], (uint16_t)pp_rows_int(r, i, 1), pp_rows_uuid(r, i, 2), true);
}

void recover_ask(struct pp_engine *e, const struct pp_str *parts) {
    for (int i = 0; i < e->nparts; i++) recover_forget(&e->shards[e->parts[i]]);
    pp_pg_exec(e->pg, "recover_shards", parts, 1, on_shards, e);
    pp_pg_exec(e->pg, "recover_facts", parts, 1, on_facts, e);
    pp_pg_exec(e->pg, "recover_calls", parts, 1, on_calls, e);
}

static void unhold(struct pp_engine *e, struct shard *sh) {
    for (int t = 0; sh->replay && t < PP_APP_TOPICS_MAX; t++) {
        struct held *h = &sh->replay->held[t];
        for (struct pp_input *in; (in = h->first);) {
            h->first = in->next;
            take_free(e, in);
        }
        h->last = NULL;
    }
}

void recover_unhold(struct pp_engine *e) {
    for (int i = 0; i < e->partitions; i++) unhold(e, &e->shards[i]);
}

void recover_forget(struct shard *sh) {
    if (!sh->replay) return;
    unhold(sh->e, sh);
    pp_arena_free(&sh->replay->arena);
    free(sh->replay);
    sh->replay = NULL;
}

bool recover_active(const struct shard *sh) { return sh->replay && sh->replay->active; }

bool recover_any(const struct pp_engine *e) {
    for (int i = 0; i < e->partitions; i++)
        if (e->shards[i].owned && recover_active(&e->shards[i])) return true;
    return false;
}

bool recover_covers(const struct shard *sh, int topic, int64_t offset) {
    return recover_active(sh) && offset <= sh->replay->until[topic];
}

/* ---- time ---- */

/* The first from `f` on, in its bucket, that this cause led to and that was not decided again yet. */
static struct fact *of_cause(struct fact *f, struct pp_str cause) {
    while (f && (f->matched || !pp_str_eq(f->cause, cause))) f = f->next;
    return f;
}

static struct fact *first_of_cause(const struct replay *rp, struct pp_str cause) {
    return of_cause(rp->buckets[bucket_of(cause)], cause);
}

static int64_t decided_then(const struct replay *rp, const struct pp_input *in) {
    if (in->kind == PP_INPUT_RECORD && in->hdr.hold_ms > 0) return in->hdr.time_ms; /* its facts came later */
    const struct fact *f = in->hdr.event_id.n ? first_of_cause(rp, in->hdr.event_id) : NULL;
    return f ? f->time_ms : in->hdr.time_ms;
}

/* ---- answers of calls ---- */

static struct fact *unanswered(const struct replay *rp, struct pp_str cause) {
    struct fact *f = first_of_cause(rp, cause);
    while (f && f->answered) f = of_cause(f->next, cause);
    return f;
}

/* One answer led to all facts of its time. */
static struct fact *same_answer(struct fact *f, const struct fact *first) {
    while (f && (f->time_ms != first->time_ms || !pp_str_eq(f->cause, first->cause))) f = f->next;
    return f;
}

static void answered(struct fact *first) {
    for (struct fact *f = first; f; f = same_answer(f->next, first)) f->answered = true;
}

static void called(struct replay *rp, struct pp_str cause, bool called) {
    struct fact *first = unanswered(rp, cause);
    for (struct fact *f = first; f; f = same_answer(f->next, first)) f->called = called;
}

static struct pp_str cause_of_call(uint16_t kind, struct pp_uuid ref, char ret[CALL_CAUSE]) {
    char text[PP_UUID_TEXT + 1];
    pp_uuid_text(ref, text);
    snprintf(ret, CALL_CAUSE, "call:%u:%s", kind, text);
    return pp_str_z(ret);
}

void recover_called(struct shard *sh, uint16_t kind, struct pp_uuid ref, bool goes) {
    char cause[CALL_CAUSE];
    if (sh->replay) called(sh->replay, cause_of_call(kind, ref, cause), goes);
}

/* Was the record decided before the answer came? At the same time the numbers of the facts tell, where both said
 * something to the same partition; else the answer goes first. */
static bool before(const struct replay *rp, const struct pp_input *in, struct fact *answer) {
    int64_t then = decided_then(rp, in);
    const struct fact *own = in->hdr.event_id.n ? first_of_cause(rp, in->hdr.event_id) : NULL;
    if (!own && answer->reads) return false; /* it said nothing: that may be because the answer was there */
    if (then != answer->time_ms) return then < answer->time_ms;
    for (; own; own = of_cause(own->next, in->hdr.event_id))
        for (const struct fact *b = answer; b; b = same_answer(b->next, answer))
            if (own->time_ms == then && own->dest == b->dest && own->incarnation == b->incarnation)
                return own->seq < b->seq;
    return false;
}

struct pp_input *recover_answer_after(struct pp_engine *e, const struct pp_input *answer) {
    const struct shard *sh = &e->shards[answer->shard];
    struct pp_input *last = NULL;
    char cause[CALL_CAUSE];
    if (!recover_active(sh)) return NULL;
    struct fact *f = unanswered(sh->replay, cause_of_call(answer->code, answer->ref, cause));
    for (struct pp_input *in = f ? e->queue : NULL; in; in = in->next) {
        if (in->shard != answer->shard || in->skip) continue;
        if (in->kind == PP_INPUT_RECORD && !before(sh->replay, in, f)) break; /* it waits for the answer */
        if (in->kind == PP_INPUT_RECORD || (in->kind == PP_INPUT_TIMER && in->due_ms < f->time_ms)) last = in;
    }
    return last;
}

static bool is_open(const struct fact *f) { return f && !f->matched && !f->answered; }

/* From `at` on, the first that was there before `ms` and has not come again; NULL: none. Leaves others out for good. */
static struct fact *outstanding(struct replay *rp, struct fact **at, int64_t ms) {
    while (*at && !is_open(*at)) {
        if (rp->calls_end == &(*at)->calls_next) rp->calls_end = at;
        *at = (*at)->calls_next;
    }
    return *at && (*at)->time_ms <= ms ? *at : NULL;
}

/* An answer that came before `ms` comes first: timers are asked for up to it, and one of them may call. */
static int64_t before_answer(struct replay *rp, int64_t ms) {
    struct fact *f;
    for (struct fact **at = &rp->calls; (f = outstanding(rp, at, ms)); at = &f->calls_next)
        if (f->called || f->time_ms > rp->asked_ms) return f->time_ms;
    return ms;
}

/* Up to when answers may come before the record. */
static int64_t answers_until(const struct replay *rp, const struct pp_input *in) {
    bool silent = in->hdr.event_id.n && !first_of_cause(rp, in->hdr.event_id); /* when it was decided is not known */
    return decided_then(rp, in) + (silent ? RECOVER_SKEW_MS : 0);
}

/* All that comes before the input has been applied. A call that nothing has begun by then does not go out again. */
static struct fact *awaited(struct replay *rp, const struct pp_input *in) {
    struct fact *f;
    int64_t then = decided_then(rp, in), until = answers_until(rp, in);
    for (struct fact **at = &rp->calls; (f = outstanding(rp, at, until)); at = f->answered ? at : &f->calls_next) {
        if (f->called && !before(rp, in, f)) return f;
        f->answered = !f->called && f->time_ms < then - RECOVER_SKEW_MS && f->time_ms <= rp->asked_ms;
    }
    return NULL;
}

/* Something that stands before the input may call, and its answer may come before the input. */
static bool may_call(struct replay *rp, const struct pp_input *in) {
    int64_t until = answers_until(rp, in);
    struct fact *f = outstanding(rp, &rp->calls, until);
    while (f && (f->called || before(rp, in, f))) f = outstanding(rp, &f->calls_next, until);
    return f;
}

bool recover_waits(struct pp_engine *e, const struct pp_input *in) {
    struct shard *sh = &e->shards[in->shard];
    if (in->kind != PP_INPUT_RECORD || in->skip || !sh->owned || !recover_active(sh)) return false;
    struct replay *rp = sh->replay;
    struct fact *f = awaited(rp, in);
    if (!f) {
        rp->waits_ms = 0;
        return false;
    }
    int64_t now = pp_mono_ms();
    if (!rp->waits_ms) rp->waits_ms = now;
    if (now - rp->waits_ms < RECOVER_WAIT_MS) return true;
    pp_log(PP_LOG_WARN, "an answer of before the restore does not come again", "partition", PP_I(sh->part), "call",
           PP_V(f->cause), NULL);
    answered(f);
    rp->waits_ms = 0;
    return true; /* for the next one there may be another wait */
}

/* ---- order ---- */

static bool has_held(const struct replay *rp) {
    for (int t = 0; t < PP_APP_TOPICS_MAX; t++)
        if (rp->held[t].first) return true;
    return false;
}

static bool earlier(const struct pp_input *a, const struct pp_input *b, const struct replay *ra,
                    const struct replay *rb) {
    /* Of one person both are in one partition; commands and facts are told apart by the broker's time alone. */
    if (ra == rb) return a->record.time_ms < b->record.time_ms;
    int64_t ta = decided_then(ra, a), tb = decided_then(rb, b);
    return ta != tb ? ta < tb : a->record.time_ms < b->record.time_ms;
}

/* Where the input stands that comes next, among the partitions `from` to `to`; NULL: not known yet. */
static struct held *next_held(struct pp_engine *e, int from, int to) {
    struct held *best = NULL;
    const struct replay *of = NULL;
    for (int i = from; i <= to; i++) {
        struct replay *rp = e->shards[i].replay;
        if (!rp || !(rp->active || has_held(rp))) continue;
        for (int t = 0; t < e->ntopics; t++) {
            struct held *h = &rp->held[t];
            if (!h->first && h->taken < rp->until[t]) return NULL; /* it may have an earlier one */
            if (!h->first || (best && !earlier(h->first, best->first, rp, of))) continue;
            best = h;
            of = rp;
        }
    }
    return best;
}

/* What persons are called is decided across partitions: where the input is raw messages, all of them go in one order.
 */
bool recover_hold(struct pp_engine *e, struct pp_input *in) {
    struct shard *sh = &e->shards[in->shard];
    bool together = !e->app->sequenced[0];
    if (!sh->replay || !(sh->replay->active || has_held(sh->replay))) return false;
    struct held *h = &sh->replay->held[in->topic];
    in->next = NULL;
    if (h->first)
        h->last->next = in;
    else
        h->first = in;
    h->last = in;
    h->taken = in->offset + 1;
    while ((h = next_held(e, together ? 0 : sh->part, together ? e->partitions - 1 : sh->part))) {
        struct pp_input *first = h->first;
        h->first = first->next;
        take_push(e, first);
    }
    return true;
}

bool recover_replays(const struct shard *sh, const struct pp_input *in) {
    return sh->owned && sh->replay && !in->skip && (sh->replay->active || in->kind == PP_INPUT_CALL);
}

bool recover_fits(const struct pp_engine *e, const struct pp_input *in) {
    const struct shard *sh = &e->shards[in->shard];
    struct replay *rp = sh->replay;
    if (in->kind != PP_INPUT_RECORD || in->skip || !recover_active(sh)) return true;
    int64_t then = decided_then(rp, in);
    return !may_call(rp, in) && then <= rp->asked_ms && (e->ntopics < 2 || in->record.time_ms <= rp->held_ms);
}

/* What is to come from `ms` on must be asked for once more before an input of that time. */
void recover_timer_at(struct shard *sh, int64_t ms) {
    if (recover_active(sh) && ms <= sh->replay->asked_ms) sh->replay->asked_ms = ms - 1;
}

void recover_held_at(struct shard *sh, int64_t ms) {
    if (recover_active(sh) && ms <= sh->replay->held_ms) sh->replay->held_ms = ms - 1;
}

bool recover_timer_later(struct shard *sh, int64_t due_ms) {
    if (!recover_active(sh) || due_ms <= sh->replay->head_ms) return false;
    recover_timer_at(sh, due_ms);
    return true;
}

bool recover_held_later(struct shard *sh, int64_t goes_ms) {
    if (!recover_active(sh) || goes_ms <= sh->replay->held_head_ms) return false;
    recover_held_at(sh, goes_ms);
    return true;
}

void recover_applied(struct pp_batch *b, const struct pp_input *in) {
    struct shard *sh = &b->e->shards[in->shard];
    if (!recover_active(sh)) return;
    for (const struct timer_change *t = b->timers_all; t; t = t->all)
        if (t->shard == in->shard && t->due_ms > 0) recover_timer_at(sh, t->due_ms);
}

int64_t recover_now(struct pp_engine *e, const struct pp_input *in, int64_t now_ms) {
    struct replay *rp = e->shards[in->shard].replay;
    if (!rp) return now_ms;
    int64_t then = decided_then(rp, in);
    if (in->kind == PP_INPUT_TIMER || in->kind == PP_INPUT_CALL) {
        struct pp_str cause = effects_cause(&e->batch, in);
        struct fact *f = in->kind == PP_INPUT_CALL ? unanswered(rp, cause) : first_of_cause(rp, cause);
        if (f && in->kind == PP_INPUT_CALL) {
            answered(f);
            called(rp, cause, jobs_goes_on(in->job));
        }
        then = f ? f->time_ms : in->kind == PP_INPUT_TIMER ? in->due_ms : now_ms;
        if (!rp->active && !f) return now_ms;
    } else if (!rp->active) {
        return now_ms;
    } else if (in->hdr.event_id.n && then > 0 && then <= now_ms && first_of_cause(rp, in->hdr.event_id)) {
        return rp->last_ms = then; /* known: where clocks differ it lies before the record it answers */
    }
    if (then > now_ms || then == 0) then = now_ms;
    if (in->kind == PP_INPUT_CALL)
        return then; /* its answer comes when it comes: the others' time does not follow it */
    if (then < rp->last_ms) then = rp->last_ms;
    return rp->last_ms = then;
}

static const struct pp_input *next_record(const struct pp_input *in, int part) {
    while (in && (in->shard != part || in->skip || in->kind != PP_INPUT_RECORD)) in = in->next;
    return in;
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

int64_t recover_timers_until(struct pp_engine *e, struct shard *sh, int64_t now_ms) {
    struct replay *rp = sh->replay;
    if (!recover_active(sh)) return now_ms;
    const struct pp_input *in = next_record(e->queue, sh->part);
    int64_t last = in ? decided_then(rp, in) : rp->last_ms;
    rp->head_ms = least(before_answer(rp, last), now_ms);
    for (in = in ? next_record(in->next, sh->part) : NULL; in; in = next_record(in->next, sh->part))
        if (decided_then(rp, in) > last) last = decided_then(rp, in);
    last = least(before_answer(rp, last), now_ms);
    if (last > rp->asked_ms) rp->asked_ms = last;
    return last;
}

int64_t recover_held_until(struct pp_engine *e, struct shard *sh, int64_t now_ms) {
    struct replay *rp = sh->replay;
    if (!recover_active(sh)) return now_ms;
    const struct pp_input *in = next_record(e->queue, sh->part);
    if (in) rp->held_head_ms = in->record.time_ms;
    for (; in; in = next_record(in->next, sh->part))
        if (in->record.time_ms > rp->held_ms) rp->held_ms = in->record.time_ms;
    return rp->held_ms;
}

bool recover_wants_timers(const struct pp_engine *e) {
    const struct pp_input *in = e->queue;
    while (in && in->skip) in = in->next;
    if (!in || in->kind != PP_INPUT_RECORD || !recover_active(&e->shards[in->shard])) return false;
    struct replay *rp = e->shards[in->shard].replay;
    int64_t then = before_answer(rp, decided_then(rp, in)), now = pp_clock_now_ms();
    return (then > now ? now : then) > rp->asked_ms || (e->ntopics > 1 && in->record.time_ms > rp->held_ms);
}

/* ---- facts ---- */

bool recover_said(struct pp_batch *b, struct pp_input *in, const struct pp_effect *x) {
    struct shard *sh = &b->e->shards[in->shard];
    struct replay *rp = sh->replay;
    struct pp_str cause = effects_cause(b, in), type = pp_str_z(ev_type_name(x->type));
    uint8_t body[PP_SHA256_BYTES];
    char person[PP_UUID_TEXT + 1];
    if (!rp || (!rp->active && in->kind != PP_INPUT_CALL)) return false;
    pp_sha256(x->body, body);
    pp_uuid_text(x->person, person);
    for (struct fact *f = rp->buckets[bucket_of(cause)]; f; f = f->next) {
        if (f->matched || !pp_str_eq(f->cause, cause) || !pp_str_eq(f->type, type) ||
            !pp_str_eq(f->subject, x->subject))
            continue;
        if (!pp_str_eqz(f->person, person) || memcmp(f->body, body, sizeof body) != 0) continue;
        f->matched = true;
        f->matched_next = rp->fresh;
        rp->fresh = f;
        rp->nmatched++;
        rp->nleft--;
        return true;
    }
    if (rp->active) rp->nsaid++;
    return false;
}

static bool caught_up(const struct pp_engine *e, const struct shard *sh) {
    for (int t = 0; t < e->ntopics; t++)
        if (sh->next[t] < sh->replay->until[t]) return false;
    return true;
}

void recover_write(struct pp_engine *e) {
    struct pp_array *a = e->arrays;
    struct pp_str p[4];
    static const enum pp_pg_type types[] = {PP_PG_INT4, PP_PG_INT4, PP_PG_INT4, PP_PG_INT8};
    for (int i = 0; i < 4; i++) pp_array_begin(&a[i], types[i]);
    pp_array_begin(&a[4], PP_PG_INT4);
    for (int i = 0; i < e->partitions; i++) {
        struct shard *sh = &e->shards[i];
        struct replay *rp = sh->in_batch ? sh->replay : NULL;
        if (!rp) continue;
        for (const struct fact *f = rp->fresh; f; f = f->matched_next) {
            pp_array_i4(&a[0], i);
            pp_array_i4(&a[1], f->dest);
            pp_array_i4(&a[2], f->incarnation);
            pp_array_i8(&a[3], f->seq);
        }
        rp->fresh = NULL; /* a batch that is thrown away ends in a takeover, which reads all anew */
        if (!rp->active || !caught_up(e, sh)) continue;
        rp->finishing = true;
        pp_array_i4(&a[4], i);
    }
    for (int i = 0; i < 4; i++) p[i] = pp_array_param(&a[i]);
    if (a[0].n) pp_pg_exec(e->pg, "recover_matched", p, 4, NULL, NULL);
    p[0] = pp_array_param(&a[4]);
    if (a[4].n == 0) return;
    pp_pg_exec(e->pg, "recover_rest", p, 1, NULL, NULL);
    pp_pg_exec(e->pg, "recover_done", p, 1, NULL, NULL);
}

void recover_committed(struct pp_engine *e) {
    for (int i = 0; i < e->partitions; i++) {
        struct replay *rp = e->shards[i].replay;
        if (!rp || !rp->finishing) continue;
        rp->finishing = rp->active = false;
        pp_log(PP_LOG_INFO, "partition has caught up after a restore", "partition", PP_I(i), "facts known",
               PP_I(rp->nmatched), "facts said", PP_I(rp->nsaid), "facts not decided again", PP_I(rp->nleft), NULL);
        pp_metric_add("pp_partitions_recovered_total", NULL, 1);
    }
}
