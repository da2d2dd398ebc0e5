/* All SQL of the receive role, and its arrays. */
#ifndef INTAKE_RECEIVE_STATEMENTS_H
#define INTAKE_RECEIVE_STATEMENTS_H

#include "io/pg.h"

extern const struct pp_pg_stmt receive_statements[];

/* select_messages: $1 tenants, $2 senders, $3 message ids -> tenant, sender, message_id, hash, read_until */
#define RCV_SELECT_MESSAGES "select_messages"
/* select_registry: $1 tenants, $2 kinds, $3 authorities, $4 values: all that is known of whom these identifiers name,
 * in one statement, since it runs for each batch. Three sorts of rows, told apart by column 0:
 *
 *   0 sort            1 tenant  2 person  3 survivor  4 birth_date  5 kind  6 text       7 text   8 provisional
 *   RCV_ROW_KEY       x         x                                   x       authority    value
 *   RCV_ROW_PERSON    x         x         x           x                     sex          family   x
 *   RCV_ROW_SAID      x         x                                           what         hash
 *
 * Survivors of survivors are among the persons. */
#define RCV_SELECT_REGISTRY "select_registry"
enum rcv_row { RCV_ROW_KEY = 0, RCV_ROW_PERSON = 1, RCV_ROW_SAID = 2 };
#define RCV_INSERT_MESSAGES "insert_messages"
#define RCV_INSERT_IDENTIFIERS "insert_identifiers"
#define RCV_UPSERT_PERSONS "upsert_persons"
#define RCV_UPSERT_SAID "upsert_said"
#define RCV_INSERT_ACKS "insert_acks"
/* select_acks: $1 ids -> 0 id, 1 tenant, 2 sender, 3 file name, 4 hash, 5 made at, of those not yet in their folder. */
#define RCV_SELECT_ACKS "select_acks"
#define RCV_UPDATE_ACKS "update_acks"
/* update_steps: a step of a large file was read; with the last one its state is known. */
#define RCV_UPDATE_STEPS "update_steps"
/* select_early: $1 tenants, $2 authorities, $3 claim numbers; select_early_due: $1 ids -> 0 tenant, 1 sender's unit, 2
 * id, 3 authority, 4 value, 5 type, 6 body, 7 told, 8 person whose claim it is by now, 9 looked. Newest first. */
#define RCV_SELECT_EARLY "select_early"
#define RCV_SELECT_EARLY_DUE "select_early_due"
#define RCV_INSERT_EARLY "insert_early"
#define RCV_CHANGE_EARLY "change_early"

#endif
