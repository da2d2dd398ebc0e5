/* All SQL of the receive role, and its arrays. */
#ifndef INTAKE_RECEIVE_STATEMENTS_H
#define INTAKE_RECEIVE_STATEMENTS_H

#include "io/pg.h"

extern const struct pp_pg_stmt receive_statements[];

/* select_messages: $1 tenants, $2 senders, $3 message ids -> tenant, sender, message_id, hash */
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

#endif
