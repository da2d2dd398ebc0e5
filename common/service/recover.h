/* Applying inputs a second time, after the database was restored from a backup (docs/recovery.md).
 *
 * `priorpath recover` notes for each partition up to where inputs may have been applied before, and which facts the
 * lost incarnation had put on the log since. While such a partition catches up:
 *   - each input is applied at the time at which it was decided then, and timers in between at theirs; a batch ends
 *     before an input that something may come before which is not queued yet;
 *   - inputs of two topics come in the order of their broker times, raw messages of all partitions in the order of
 * then;
 *   - a fact that stands on the log already (same person, type, subject, cause and body) is not said again;
 *   - calls begin in doubt: the payer is asked before anything is sent, and what came after his answer waits for it.
 * All of it is rows, changed in the batch's own transaction: a crash in between goes on where it was.
 */
#ifndef PP_SERVICE_RECOVER_H
#define PP_SERVICE_RECOVER_H

#include "service/engine_int.h"

#define RECOVER_QUEUE_MAX 256               /* inputs in the queue while a partition catches up */
#define RECOVER_WAIT_MS 30000               /* real, for an answer that came before and does not come again */
#define RECOVER_SKEW_MS 60000               /* by which clocks of two services may differ */
#define RECOVER_ARENA_MAX ((size_t)1 << 30) /* facts of one partition, in memory */

int recover_prepare(struct pp_engine *e, struct pp_err *err);
/* In the takeover's segment: reads what is noted for the partitions. */
void recover_ask(struct pp_engine *e, const struct pp_str *parts);
void recover_forget(struct shard *sh); /* also inputs that are held back */
/* Lets held inputs go. */
void recover_unhold(struct pp_engine *e);

/* The partition applies inputs that may have been applied before. */
bool recover_active(const struct shard *sh);
bool recover_any(const struct pp_engine *e);
/* Was `offset` of the topic reached by the lost incarnation, and is that known? Then it is no alarm. */
bool recover_covers(const struct shard *sh, int topic, int64_t offset);

/* Takes the input, to queue it when its turn has come. False: queue it yourself. */
bool recover_hold(struct pp_engine *e, struct pp_input *in);
/* An input, or what is under way at the takeover: the call goes out, or (`goes` false) is taken back. */
void recover_called(struct shard *sh, uint16_t kind, struct pp_uuid ref, bool goes);
/* The input in the queue behind which the answer of a call stands; NULL: it goes first. */
struct pp_input *recover_answer_after(struct pp_engine *e, const struct pp_input *answer);
/* Inputs wait for an answer of a call that had come before them then; bounded by RECOVER_WAIT_MS. */
bool recover_waits(struct pp_engine *e, const struct pp_input *in);
/* The input is decided at a time of its own. */
bool recover_replays(const struct shard *sh, const struct pp_input *in);
/* It may stand in a batch behind others: all that was due before it has been given, or is queued before it. */
bool recover_fits(const struct pp_engine *e, const struct pp_input *in);
/* Time at which such an input is decided. */
int64_t recover_now(struct pp_engine *e, const struct pp_input *in, int64_t now_ms);
/* Until when timers of the partition may fire before the queue goes on. */
int64_t recover_timers_until(struct pp_engine *e, struct shard *sh, int64_t now_ms);
/* The same for held commands, in real time. */
int64_t recover_held_until(struct pp_engine *e, struct shard *sh, int64_t now_ms);
/* What was asked for and comes only after the next input: it is asked for again, nothing goes past it. */
bool recover_timer_later(struct shard *sh, int64_t due_ms);
bool recover_held_later(struct shard *sh, int64_t goes_ms);
/* Something at that time was set, or may not have been told. */
void recover_timer_at(struct shard *sh, int64_t ms);
void recover_held_at(struct shard *sh, int64_t ms);
/* After an input was applied: timers that it set may come before the next one. */
void recover_applied(struct pp_batch *b, const struct pp_input *in);
/* Timers or held commands must be asked for before the next input. */
bool recover_wants_timers(const struct pp_engine *e);

/* True: the fact stands on the log already and must not be said. */
bool recover_said(struct pp_batch *b, struct pp_input *in, const struct pp_effect *x);
void recover_write(struct pp_engine *e);     /* in the transaction */
void recover_committed(struct pp_engine *e); /* after it */

#endif
