/* Commands that wait so that they can be taken back (docs/runtime.md, "Commands that wait").
 *
 * A command given with hold_s is not decided when it is read: it becomes a row of held_command, in the batch's
 * transaction. After that time, in real time, the row is given to the decider as an input of its own and goes away in
 * the same transaction. command.undo takes the row away before that. Whoever reads a command's result finds "held"
 * while the row is there, and "undone" when it was taken back. */
#ifndef PP_SERVICE_HELD_H
#define PP_SERVICE_HELD_H

#include "service/engine_int.h"

#define HELD_EACH 20 /* taken in one turn */

int held_prepare(struct pp_engine *e, struct pp_err *err);

/* ---- the clock ---- */
/* In the open segment: asks for commands whose time is over, and queues them. */
void held_ask(struct pp_engine *e);

/* ---- within a batch ---- */
/* In load(): the commands of these persons that wait. */
void held_load(struct pp_batch *b, const struct pp_str *persons);
/* The command waits already, or was taken back or decided in this batch: a repeat. */
bool held_known(const struct pp_batch *b, const struct pp_input *in);
int held_keep(struct pp_batch *b, struct pp_input *in, struct pp_err *err);
/* Of a PP_INPUT_HELD. False: it was taken back since it was queued. */
bool held_take(struct pp_batch *b, const struct pp_input *in);
/* Takes a command back, when the actor of `in` may. Says in words why not. */
enum pp_reply_status held_undo(struct pp_batch *b, const struct pp_input *in, struct pp_str command_id,
                               const char **ret_words);
void held_write(struct pp_engine *e, struct pp_batch *b); /* in the transaction */

#endif
